/* SPDX-License-Identifier: MIT */
/*
 * The arena: its reservation, pages of it, and what else in the address space is ours. Objects smaller than a page: hostmem_small.c.
 * hostmem_init is reached before the C library is up (its own thread-local block comes from here, see early_allocate in
 * hostmem_small.c): no errno, no TLS, no string functions in what it calls.
 */
#include "util/hostmem.h"

#include <elf.h>
#include <errno.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "util/assert.h"
#include "util/lock.h"
#include "util/sys.h"

#define PAGE 4096ull
#define HOSTMEM_SIZE (16ull << 30)
#define HOSTMEM_MIN_SIZE (32ull << 20)
#define STACK_RESERVE (16ull << 20) /* below the host stack pointer at start; the kernel keeps a gap of 1 MiB itself */
#define ADDRESS_END (1ull << 47)
#define PLACE_STEP (1ull << 30)

enum { MAX_EXTENTS = 32768, MAX_INTERVALS = 8 };

/* Free pages: [page, page + count), sorted, never adjacent. Changed by whole stores in an order that leaves nothing worse than two that overlap
 * or are equal, should the owner of the lock die: repair() makes them one. */
typedef struct Extent {
    _Alignas(8) uint32_t page;
    uint32_t count;
} Extent;

static struct {
    Lock lock;
    uint64_t base, size;
    Extent *extents;            /* at the start of the arena; guarded by: lock */
    unsigned nextents;          /* guarded by: lock */
    HostInterval intervals[MAX_INTERVALS]; /* sorted; constant after hostmem_find_intervals */
    unsigned nintervals;
    uint64_t stack_pointer;     /* at the first call */
    uint64_t rlimits[3];        /* soft limits as they were at start: RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK */
} arena;

extern const char __ehdr_start[], _end[];
extern char **environ;

static void repair(Lock *l);

static NORETURN void die(const char *message)
{
    size_t n = 0;
    while (message[n]) {
        n++;
    }
    sys_call3(SYS_write, 2, SYS_PTR(message), n);
    sys_call1(SYS_exit_group, 1);
    __builtin_unreachable();
}

static int64_t map_fixed(uint64_t addr, uint64_t size, int prot, int flags)
{
    return sys_call(SYS_mmap, addr, size, (uint64_t)prot, (uint64_t)(flags | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE),
                    SYS_INT(-1), 0);
}

/* Reserves `size` bytes at `addr` or nowhere (kernels before 4.17 take MAP_FIXED_NOREPLACE for a hint). */
static int64_t reserve_at(uint64_t addr, uint64_t size)
{
    int64_t r = map_fixed(addr, size, PROT_NONE, MAP_FIXED_NOREPLACE);
    if (r >= 0 && (uint64_t)r != addr) {
        sys_call2(SYS_munmap, (uint64_t)r, size);
        return -EEXIST;
    }
    return r;
}

/* The soft limits bound the guest, whose share we count ourselves; ours is bounded by the hard ones. */
static void raise_limits(void)
{
    static const int resources[3] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t limit[2] = {RLIM_INFINITY, RLIM_INFINITY};
        sys_call4(SYS_prlimit64, 0, (uint64_t)resources[i], 0, SYS_PTR(limit));
        arena.rlimits[i] = limit[0];
        if (limit[0] != limit[1] && resources[i] != RLIMIT_STACK) {
            limit[0] = limit[1];
            sys_call4(SYS_prlimit64, 0, (uint64_t)resources[i], SYS_PTR(limit), 0);
        }
    }
}

static bool reserve_arena(uint64_t top, uint64_t size)
{
    for (uint64_t end = ALIGN_DOWN(top, 2ull << 20); end > size + PLACE_STEP && end > top / 2; end -= PLACE_STEP) {
        int64_t r = reserve_at(end - size, size);
        if (r >= 0) {
            arena.base = end - size;
            arena.size = size;
            return true;
        }
        if (r != -EEXIST) {
            return false;
        }
    }
    return false;
}

void hostmem_init(void)
{
    if (LIKELY(arena.base)) {
        return;
    }
    arena.stack_pointer = SYS_PTR(__builtin_frame_address(0));
    raise_limits();
    uint64_t size = HOSTMEM_SIZE, limit[2] = {RLIM_INFINITY, RLIM_INFINITY};
    sys_call4(SYS_prlimit64, 0, RLIMIT_AS, 0, SYS_PTR(limit));
    while (size > limit[0] / 4 && size > HOSTMEM_MIN_SIZE) {
        size /= 2; /* leave the guest its share */
    }
    while (!reserve_arena(arena.stack_pointer - STACK_RESERVE - (1ull << 20), size)) {
        size /= 2;
        if (size < HOSTMEM_MIN_SIZE) {
            die("lyre: cannot reserve memory: the limit on address space (ulimit -v) is too small\n");
        }
    }
    sys_call3(SYS_madvise, arena.base, size, MADV_NOHUGEPAGE);
    uint64_t table = ALIGN_UP(MAX_EXTENTS * sizeof(Extent), PAGE);
    if (sys_call3(SYS_mprotect, arena.base, table, PROT_READ | PROT_WRITE) < 0) {
        die("lyre: no memory\n");
    }
    arena.extents = (Extent *)(uintptr_t)arena.base;
    arena.extents[0].page = (uint32_t)(table / PAGE);
    arena.extents[0].count = (uint32_t)((size - table) / PAGE);
    arena.nextents = 1;
    arena.lock.repair = repair;
}

/* ---- pages */

static void extent_put(unsigned i, Extent e) { __atomic_store(&arena.extents[i], &e, __ATOMIC_RELEASE); }
static void extent_count(unsigned n) { __atomic_store_n(&arena.nextents, n, __ATOMIC_RELEASE); }

static void extent_remove(unsigned i)
{
    for (; i + 1 < arena.nextents; i++) {
        extent_put(i, arena.extents[i + 1]);
    }
    extent_count(arena.nextents - 1);
}

static void extent_insert(unsigned i, uint32_t page, uint32_t count)
{
    if (arena.nextents == MAX_EXTENTS) {
        return; /* these pages are lost: far beyond any real fragmentation */
    }
    unsigned n = arena.nextents;
    extent_put(n, n > i ? arena.extents[n - 1] : (Extent){page, count});
    extent_count(n + 1);
    for (unsigned j = n; j > i; j--) {
        extent_put(j, arena.extents[j - 1]);
    }
    extent_put(i, (Extent){page, count});
}

/* The owner of the lock died at its work: what is listed is free, but perhaps listed twice. */
static void repair(Lock *l)
{
    Extent *e = arena.extents;
    unsigned n = 0;
    for (unsigned i = 0; i < arena.nextents; i++) {
        uint32_t end = e[i].page + e[i].count;
        if (n > 0 && e[i].page <= e[n - 1].page + e[n - 1].count) {
            uint32_t before = e[n - 1].page + e[n - 1].count;
            e[n - 1].count = (end > before ? end : before) - e[n - 1].page;
        } else {
            e[n++] = e[i];
        }
    }
    arena.nextents = n;
}

/* First fit; the first page number is a multiple of `align` pages of address. 0 when there is none. */
static uint64_t take_pages(uint64_t size, uint64_t align)
{
    hostmem_init();
    uint64_t found = 0;
    lock_acquire(&arena.lock);
    for (unsigned i = 0; i < arena.nextents; i++) {
        Extent *e = &arena.extents[i];
        uint64_t start = arena.base + e->page * PAGE, end = start + e->count * PAGE;
        uint64_t at = ALIGN_UP(start, align);
        if (at + size < at || at + size > end) {
            continue;
        }
        uint32_t before = (uint32_t)((at - start) / PAGE), after = (uint32_t)((end - at - size) / PAGE);
        uint32_t after_page = (uint32_t)((at + size - arena.base) / PAGE);
        if (before) {
            extent_put(i, (Extent){e->page, before});
            if (after) {
                extent_insert(i + 1, after_page, after);
            }
        } else if (after) {
            extent_put(i, (Extent){after_page, after});
        } else {
            extent_remove(i);
        }
        found = at;
        break;
    }
    lock_release(&arena.lock);
    return found;
}

static void give_pages(uint64_t addr, uint64_t size)
{
    uint32_t page = (uint32_t)((addr - arena.base) / PAGE), count = (uint32_t)(size / PAGE);
    lock_acquire(&arena.lock);
    unsigned lo = 0, hi = arena.nextents;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (arena.extents[mid].page < page) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Extent *next = lo < arena.nextents ? &arena.extents[lo] : NULL;
    Extent *prev = lo > 0 ? &arena.extents[lo - 1] : NULL;
    bool joins_prev = prev && prev->page + prev->count == page;
    bool joins_next = next && page + count == next->page;
    if (joins_prev) {
        extent_put(lo - 1, (Extent){prev->page, prev->count + count + (joins_next ? next->count : 0)});
        if (joins_next) {
            extent_remove(lo);
        }
    } else if (joins_next) {
        extent_put(lo, (Extent){page, count + next->count});
    } else {
        extent_insert(lo, page, count);
    }
    lock_release(&arena.lock);
}

void *hostmem_pages_alloc(size_t size)
{
    uint64_t bytes = ALIGN_UP((uint64_t)size, PAGE);
    if (bytes == 0 || bytes < size) {
        return NULL;
    }
    uint64_t p = take_pages(bytes, PAGE);
    if (p && sys_call3(SYS_mprotect, p, bytes, PROT_READ | PROT_WRITE) < 0) {
        give_pages(p, bytes);
        return NULL;
    }
    return (void *)(uintptr_t)p;
}

void hostmem_populate(const void *from, const void *to)
{
    uint64_t start = ALIGN_DOWN((uint64_t)(uintptr_t)from, PAGE), end = ALIGN_UP((uint64_t)(uintptr_t)to, PAGE);
    sys_call3(SYS_madvise, start, end - start, MADV_POPULATE_WRITE);
}

void *hostmem_guarded_alloc(size_t size)
{
    uint64_t bytes = ALIGN_UP((uint64_t)size, PAGE);
    if (bytes == 0 || bytes < size) {
        return NULL;
    }
    uint64_t p = take_pages(bytes + 2 * PAGE, PAGE);
    if (!p) {
        return NULL;
    }
    if (sys_call3(SYS_mprotect, p + PAGE, bytes, PROT_READ | PROT_WRITE) < 0) {
        give_pages(p, bytes + 2 * PAGE);
        return NULL;
    }
    return (void *)(uintptr_t)(p + PAGE);
}

void *hostmem_reserve(size_t size, size_t align)
{
    uint64_t bytes = ALIGN_UP((uint64_t)size, PAGE);
    if (bytes == 0 || bytes < size) {
        return NULL;
    }
    return (void *)(uintptr_t)take_pages(bytes, align < PAGE ? PAGE : align);
}

void hostmem_pages_free(void *p, size_t size)
{
    if (!p) {
        return;
    }
    uint64_t addr = SYS_PTR(p), bytes = ALIGN_UP((uint64_t)size, PAGE);
    lyre_assert(addr % PAGE == 0 && addr >= arena.base && addr + bytes <= arena.base + arena.size);
    /* fresh and inaccessible again, in one call; memory goes back to the system */
    if (map_fixed(addr, bytes, PROT_NONE, MAP_FIXED) != (int64_t)addr) {
        /* another process has set a limit on address space that we are beyond: nothing may be mapped any more, not even in place */
        int64_t r = sys_call3(SYS_madvise, addr, bytes, MADV_DONTNEED);
        lyre_assert(r == 0);
        sys_call3(SYS_mprotect, addr, bytes, PROT_NONE);
    }
    give_pages(addr, bytes);
}

void hostmem_guarded_free(void *p, size_t size)
{
    if (p) {
        hostmem_pages_free((char *)p - PAGE, ALIGN_UP(size, PAGE) + 2 * PAGE);
    }
}

void hostmem_break_pages(uint32_t owner) { lock_break(&arena.lock, owner); }
void hostmem_lock_pages(void) { lock_acquire(&arena.lock); }
void hostmem_unlock_pages(void) { lock_release(&arena.lock); }

uint64_t hostmem_size(void) { return arena.size; }
uint64_t hostmem_start_limit(unsigned which) { return arena.rlimits[which]; }

/* ---- what is ours */

/* What earlier ones have is left to them. */
static void interval_add(uint64_t start, uint64_t end, const char *what)
{
    unsigned i = arena.nintervals;
    while (i > 0 && arena.intervals[i - 1].start > start) {
        i--;
    }
    if (i > 0 && arena.intervals[i - 1].end > start) {
        start = arena.intervals[i - 1].end;
    }
    if (i < arena.nintervals && arena.intervals[i].start < end) {
        end = arena.intervals[i].start;
    }
    if (arena.nintervals == MAX_INTERVALS || start >= end) {
        return;
    }
    for (unsigned j = arena.nintervals; j > i; j--) {
        arena.intervals[j] = arena.intervals[j - 1];
    }
    arena.intervals[i] = (HostInterval){start, end, what};
    arena.nintervals++;
}

/* The kernel's word on a page, without reading it: msync(2) fails for what is not mapped, and has nothing to do else. */
static bool is_mapped(uint64_t addr) { return sys_call3(SYS_msync, addr, PAGE, 1 /* MS_ASYNC */) != -ENOMEM; }

/* What is mapped, from the mapped page at addr on upwards or downwards. There is nothing of the guest yet: what lies next to ours is also ours. */
static uint64_t mapped_edge(uint64_t addr, bool is_up)
{
    enum { MAX_PAGES = 64 };
    for (unsigned i = 0; i < MAX_PAGES && is_mapped(is_up ? addr : addr - PAGE); i++) {
        addr += is_up ? PAGE : -PAGE;
    }
    return addr;
}

/* From the auxiliary vector, as /proc/self/maps is dear and may be missing: the vDSO's pages and the kernel's data pages before them, and the
 * stack, which ends with the program's name. */
void hostmem_find_intervals(void)
{
    if (arena.nintervals) {
        return;
    }
    hostmem_init();
    interval_add(arena.base, arena.base + arena.size, "arena");
    interval_add(ALIGN_DOWN(SYS_PTR(__ehdr_start), PAGE), ALIGN_UP(SYS_PTR(_end), PAGE), "image");
    char **e = environ;
    uint64_t last = SYS_PTR(e);
    for (; *e; e++) {
        last = SYS_PTR(*e) > last ? SYS_PTR(*e) : last;
    }
    for (const uint64_t *a = (const uint64_t *)(e + 1); a[0] != AT_NULL; a += 2) {
        if (a[0] == AT_SYSINFO_EHDR) {
            interval_add(mapped_edge(a[1], false), mapped_edge(a[1], true), "vdso");
        } else if (a[0] == AT_EXECFN && a[1] > last) {
            last = a[1];
        }
    }
    interval_add(arena.stack_pointer - STACK_RESERVE, mapped_edge(ALIGN_DOWN(last, PAGE), true), "stack");
}

bool hostmem_overlaps(uint64_t addr, uint64_t size)
{
    uint64_t end = addr + size;
    if (UNLIKELY(end < addr)) {
        return true;
    }
    for (unsigned i = 0; i < arena.nintervals && end > arena.intervals[i].start; i++) {
        if (addr < arena.intervals[i].end) {
            return true;
        }
    }
    return false;
}

unsigned hostmem_intervals(HostInterval *out, unsigned max)
{
    unsigned n = arena.nintervals < max ? arena.nintervals : max;
    for (unsigned i = 0; i < n; i++) {
        out[i] = arena.intervals[i];
    }
    return n;
}
