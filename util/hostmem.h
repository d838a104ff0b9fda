/* SPDX-License-Identifier: MIT */
/*
 * The host range: one reserved arena near the top of the address space from which all of Lyre's own memory comes (heap,
 * stacks, states, tables, code). malloc and friends of the C library are replaced by it.
 */
#ifndef LYRE_UTIL_HOSTMEM_H
#define LYRE_UTIL_HOSTMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/compiler.h"

/* Reserves the arena (PROT_NONE, MAP_NORESERVE). Called once before anything else; also safe to be reached lazily
 * from the first malloc. Size is fixed at build time (HOSTMEM_SIZE). */
void hostmem_init(void);

/* Page-granular, zeroed, read-write memory; returns NULL when the arena or the system has none left. */
void *hostmem_pages_alloc(size_t size);
/* The same with an inaccessible guard page at each end. */
void *hostmem_guarded_alloc(size_t size);
/* Brings in pages of either that will be written soon, for half the price of faults. Linux before 5.14 has no such thing: then faults do it. */
void hostmem_populate(const void *from, const void *to);
/* Reserves address space only; the caller makes it accessible with mprotect. */
void *hostmem_reserve(size_t size, size_t align);
void hostmem_pages_free(void *p, size_t size);
void hostmem_guarded_free(void *p, size_t size); /* both as they were for hostmem_guarded_alloc */

/* General small objects; lock is a futex, async-signal-unsafe, usable in raw-cloned children.
 * malloc, calloc, realloc, free, aligned_alloc, posix_memalign of the program are these. host_alloc kills the
 * process with a clear message when no memory is left. Memory is zeroed. */
void *host_alloc(size_t size);
NORETURN void host_none_left(void); /* kills the process as the kernel does when it has no memory left, and says so */
void host_free(void *p);

/* Whether [addr, addr + size) touches memory of ours: arena, image, host stack, vDSO, vvar. */
bool hostmem_overlaps(uint64_t addr, uint64_t size);

/* The intervals, sorted, for the layout of guest memory: returns their number, at most max. */
typedef struct HostInterval {
    uint64_t start, end; /* end is exclusive */
    const char *what;
} HostInterval;
unsigned hostmem_intervals(HostInterval *out, unsigned max);
/* Fills the list above: once, early in main. Until then only the arena is known to be ours, and hostmem_overlaps says false. */
void hostmem_find_intervals(void);

/* Bytes of address space reserved: 16 GiB, less under a limit on address space. */
uint64_t hostmem_size(void);

/* Soft RLIMIT_AS (0), RLIMIT_DATA (1) and RLIMIT_STACK (2) as they were before we raised the first two to the hard limits. */
uint64_t hostmem_start_limit(unsigned which);

/* Held over fork; released on both sides. */
void hostmem_lock_all(void);
void hostmem_unlock_all(void);
/* A process that shared our memory is dead: its locks are broken. */
void hostmem_break_locks(uint32_t owner);
/* The part of hostmem.c in these. */
void hostmem_break_pages(uint32_t owner);
void hostmem_lock_pages(void);
void hostmem_unlock_pages(void);

#endif
