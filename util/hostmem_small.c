/* SPDX-License-Identifier: MIT */
/*
 * Objects in the arena: size classes with a 16-byte header before each object; larger ones take whole pages. malloc and its family are
 * these, and the C library gets no brk heap: sbrk fails and its first thread-local block comes from here.
 */
#include "util/hostmem.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/assert.h"
#include "util/lock.h"
#include "util/sys.h"

enum {
    PAGE = 4096,
    SLAB = 128 * 1024, /* taken from the pages at a time */
    SMALL_MAX = 32 * 1024,
    NCLASSES = 41,
    EARLY_SIZE = 16 * 1024,
};
#define MAGIC_USED 0x4c797265u /* "Lyre" */
#define MAGIC_FREE 0x66726565u
#define CLASS_LARGE 0xfffffffeu
#define CLASS_ALIGNED 0xffffffffu /* `size` is the distance back to the real object */

typedef struct Header {
    uint64_t size; /* large: bytes of the mapping; small: unused */
    uint32_t class;
    uint32_t magic;
} Header;

typedef struct FreeObject {
    struct FreeObject *next;
} FreeObject;

/* Changed in an order that loses an object at worst, should the owner of the lock die. */
static struct {
    Lock lock;
    FreeObject *free[NCLASSES]; /* guarded by: lock */
    char *slab;                 /* never used memory, zero; guarded by: lock */
    size_t slab_left;           /* guarded by: lock */
} heap;

/* Classes: 16..128 by 16, then four to a doubling up to SMALL_MAX. */
static unsigned class_of(size_t size)
{
    if (size <= 128) {
        return size ? (unsigned)((size - 1) / 16) : 0;
    }
    unsigned log = 63 - (unsigned)__builtin_clzll(size - 1); /* 2^log < size <= 2^(log+1) */
    return 8 + (log - 7) * 4 + (unsigned)((size - 1 - (1ull << log)) >> (log - 2));
}

static size_t class_size(unsigned c)
{
    if (c < 8) {
        return (c + 1) * 16;
    }
    unsigned log = 7 + (c - 8) / 4;
    return (1ull << log) + ((c - 8) % 4 + 1) * (1ull << (log - 2));
}

static Header *header_of(const void *p)
{
    Header *h = (Header *)(uintptr_t)((uintptr_t)p - sizeof(Header));
    lyre_assert(h->magic == MAGIC_USED);
    return h;
}

static void *alloc_large(size_t size)
{
    if (size > SIZE_MAX - 2 * PAGE) {
        return NULL;
    }
    size_t bytes = ALIGN_UP(size + sizeof(Header), PAGE);
    Header *h = hostmem_pages_alloc(bytes);
    if (!h) {
        return NULL;
    }
    *h = (Header){bytes, CLASS_LARGE, MAGIC_USED};
    return h + 1;
}

/* A new object of never used memory, or NULL. Lock held. */
static Header *carve(size_t bytes)
{
    if (heap.slab_left < bytes) {
        char *slab = hostmem_pages_alloc(SLAB);
        if (!slab) {
            return NULL;
        }
        if (slab != heap.slab + heap.slab_left) {
            heap.slab_left = 0; /* what was left of the old one is lost: less than an object */
            in_order();
            heap.slab = slab;
            in_order();
        }
        heap.slab_left += SLAB;
    }
    Header *h = (Header *)(void *)heap.slab;
    heap.slab_left -= bytes;
    in_order();
    heap.slab += bytes;
    return h;
}

static void *alloc(size_t size, bool is_zeroed)
{
    if (size > SMALL_MAX) {
        return alloc_large(size);
    }
    unsigned c = class_of(size);
    lock_acquire(&heap.lock);
    FreeObject *o = heap.free[c];
    Header *h;
    if (o) {
        heap.free[c] = o->next;
        h = (Header *)(void *)o - 1;
        lyre_assert(h->magic == MAGIC_FREE && h->class == c);
    } else {
        h = carve(class_size(c) + sizeof(Header));
    }
    lock_release(&heap.lock);
    if (!h) {
        return NULL;
    }
    *h = (Header){0, c, MAGIC_USED};
    if (o && is_zeroed) {
        memset(h + 1, 0, class_size(c));
    }
    return h + 1;
}

void host_none_left(void)
{
    static const char message[] = "lyre: out of memory\n";
    sys_call3(SYS_write, 2, SYS_PTR(message), sizeof(message) - 1);
    sys_call2(SYS_kill, (uint64_t)sys_call1(SYS_getpid, 0), SIGKILL);
    sys_call1(SYS_exit_group, 128 + SIGKILL); /* the first process of a namespace is not killed by itself */
    __builtin_unreachable();
}

void *host_alloc(size_t size)
{
    void *p = alloc(size, true);
    if (UNLIKELY(!p)) {
        host_none_left();
    }
    return p;
}

void host_free(void *p)
{
    if (!p) {
        return;
    }
    Header *h = header_of(p);
    if (h->class == CLASS_ALIGNED) {
        h->magic = 0;
        p = (char *)p - h->size;
        h = header_of(p);
    }
    if (h->class == CLASS_LARGE) {
        hostmem_pages_free(h, h->size);
        return;
    }
    lyre_assert(h->class < NCLASSES);
    FreeObject *o = p;
    lock_acquire(&heap.lock);
    h->magic = MAGIC_FREE;
    o->next = heap.free[h->class];
    in_order();
    heap.free[h->class] = o;
    lock_release(&heap.lock);
}

void hostmem_lock_all(void)
{
    lock_acquire(&heap.lock);
    hostmem_lock_pages();
}

void hostmem_unlock_all(void)
{
    hostmem_unlock_pages();
    lock_release(&heap.lock);
}

void hostmem_break_locks(uint32_t owner)
{
    hostmem_break_pages(owner);
    lock_break(&heap.lock, owner);
}

/* ---- the C library's interface */

static void *or_enomem(void *p)
{
    if (UNLIKELY(!p)) {
        errno = ENOMEM;
    }
    return p;
}

void *malloc(size_t size) { return or_enomem(alloc(size, false)); }
void free(void *p) { host_free(p); }

void *calloc(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        return or_enomem(NULL);
    }
    return or_enomem(alloc(bytes, true));
}

size_t malloc_usable_size(void *p)
{
    if (!p) {
        return 0;
    }
    Header *h = header_of(p);
    if (h->class == CLASS_ALIGNED) {
        size_t distance = h->size;
        return malloc_usable_size((char *)p - distance) - distance;
    }
    return h->class == CLASS_LARGE ? h->size - sizeof(Header) : class_size(h->class);
}

void *realloc(void *old, size_t size)
{
    size_t have = malloc_usable_size(old);
    if (old && size <= have && (size > have / 2 || have <= 64)) {
        return old;
    }
    if (old && size == 0) {
        host_free(old);
        return NULL;
    }
    void *p = malloc(size);
    if (p && old) {
        memcpy(p, old, have < size ? have : size);
        host_free(old);
    }
    return p;
}

static void *alloc_aligned(size_t align, size_t size)
{
    if (align <= 16) {
        return alloc(size, false);
    }
    if (align & (align - 1) || size > SIZE_MAX - align - sizeof(Header)) {
        return NULL;
    }
    char *p = alloc(size + align + sizeof(Header), false);
    if (!p || (uintptr_t)p % align == 0) {
        return p;
    }
    char *q = (char *)ALIGN_UP((uintptr_t)p + sizeof(Header), align);
    *((Header *)(void *)q - 1) = (Header){(uint64_t)(q - p), CLASS_ALIGNED, MAGIC_USED};
    return q;
}

void *aligned_alloc(size_t align, size_t size) { return or_enomem(alloc_aligned(align, size)); }
void *memalign(size_t align, size_t size) { return or_enomem(alloc_aligned(align, size)); }
void *valloc(size_t size) { return or_enomem(alloc_aligned(PAGE, size)); }
void *pvalloc(size_t size) { return or_enomem(alloc_aligned(PAGE, ALIGN_UP(size, PAGE))); }

int posix_memalign(void **out, size_t align, size_t size)
{
    if (align < sizeof(void *) || align & (align - 1)) {
        return EINVAL;
    }
    void *p = alloc_aligned(align, size);
    if (!p) {
        return ENOMEM;
    }
    *out = p;
    return 0;
}

/* No heap by brk, ever: the guest's program break must find those addresses free. */
int brk(void *addr)
{
    errno = ENOMEM;
    return -1;
}

void *sbrk(intptr_t increment)
{
    errno = ENOMEM;
    return (void *)-1;
}

int __brk(void *addr);
int __brk(void *addr) { return brk(addr); }
void *__sbrk(intptr_t increment);
void *__sbrk(intptr_t increment) { return sbrk(increment); }
void *__curbrk;

/* glibc takes its first thread-local block (and stack protector's) by this, before thread-local storage and string functions work;
 * its own version uses the brk heap. */
void *_dl_early_allocate(size_t size);
void *_dl_early_allocate(size_t size)
{
    static _Alignas(64) char block[EARLY_SIZE];
    static size_t used;
    size = ALIGN_UP(size, 64);
    if (size > sizeof(block) - used) {
        return hostmem_pages_alloc(size);
    }
    used += size;
    return block + used - size;
}
