/* SPDX-License-Identifier: MIT */
/* The interface of hostmem.h on top of the C library, for tests and tools that run no guest. */
#include <stdlib.h>
#include <sys/mman.h>

#include "util/assert.h"
#include "util/hostmem.h"

enum { PAGE = 4096 };

void hostmem_init(void) {}

static void *map(size_t size, int prot)
{
    void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void *hostmem_pages_alloc(size_t size) { return map(size, PROT_READ | PROT_WRITE); }

void hostmem_populate(const void *from, const void *to)
{
    uintptr_t start = ALIGN_DOWN((uintptr_t)from, (uintptr_t)PAGE);
    madvise((void *)start, (uintptr_t)to - start, MADV_POPULATE_WRITE);
}

void *hostmem_guarded_alloc(size_t size)
{
    char *p = map(size + 2 * PAGE, PROT_NONE);
    if (!p || mprotect(p + PAGE, size, PROT_READ | PROT_WRITE)) {
        return NULL;
    }
    return p + PAGE;
}

void *hostmem_reserve(size_t size, size_t align)
{
    char *p = map(size + align, PROT_NONE);
    return p ? (void *)ALIGN_UP((uintptr_t)p, align) : NULL;
}

void hostmem_pages_free(void *p, size_t size) { munmap(p, size); }
void hostmem_guarded_free(void *p, size_t size) { munmap((char *)p - PAGE, size + 2 * PAGE); }

void *host_alloc(size_t size)
{
    void *p = calloc(1, size);
    lyre_assert(p);
    return p;
}

void host_free(void *p) { free(p); }

bool hostmem_overlaps(uint64_t addr, uint64_t size) { return false; }
unsigned hostmem_intervals(HostInterval *out, unsigned max) { return 0; }
void hostmem_find_intervals(void) {}
uint64_t hostmem_size(void) { return 1ull << 46; }
uint64_t hostmem_start_limit(unsigned which) { return UINT64_MAX; }
void hostmem_lock_all(void) {}
void hostmem_unlock_all(void) {}
