/* SPDX-License-Identifier: MIT */
/* The interval map of an address space: a sorted array of areas that never overlap. All of it is guarded by Mm.lock. */
#ifndef LYRE_LINUX_USER_MM_MAP_H
#define LYRE_LINUX_USER_MM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MM_PAGE = 4096 };

typedef enum MmAreaFlags {
    AREA_SHARED = 1,
    AREA_FILE = 2,      /* dev, ino, offset name a file */
    AREA_CODE = 4,      /* translations were made of these bytes, or of an alias: not writable on the host until a write is noticed */
    AREA_GROWSDOWN = 8, /* grows on faults below */
    AREA_STACK = 16,
    AREA_BRK = 32,
    AREA_SHM = 64,      /* System V: ino is the id */
    AREA_HOST = 128,    /* memory of ours: never the guest's */
    AREA_FOREIGN = 256, /* mapped by the kernel on its own (AIO ring, ...) */
    AREA_HUGETLB = 512,
    AREA_SEALED = 1024, /* mseal: neither unmapped, moved, replaced nor protected otherwise */
    AREA_VDSO = 2048,
    AREA_GUARDED = 4096, /* Mm.prot_guard was among its PROT_* */
} MmAreaFlags;

/* Identity of shared memory: dev and ino of a file, MM_DEV_ANON and a serial number, MM_DEV_SHM and an id; 0, 0: private, anonymous. */
#define MM_DEV_ANON (~0ull)
#define MM_DEV_SHM (~1ull)

typedef struct MmArea {
    uint64_t start, end;
    uint32_t prot;  /* PROT_* as the guest sees it */
    uint32_t flags; /* MmAreaFlags */
    uint64_t dev, ino, offset;
} MmArea;

typedef struct MmMap {
    MmArea *areas;
    unsigned n, cap;
    uint64_t total_pages;     /* for RLIMIT_AS */
    uint64_t data_pages;      /* private and writable: for RLIMIT_DATA */
    _Atomic uint64_t protected_pages; /* AREA_CODE and writable for the guest; read without the lock */
    uint64_t hint_size, hint_top; /* no gap of hint_size or more between hint_top and the base of mmap */
} MmMap;

void mm_map_init(MmMap *m);
void mm_map_finish(MmMap *m);

/* Makes sure that `extra` areas more fit; false: no memory. A change of a range makes at most two. */
bool mm_map_room(MmMap *m, unsigned extra);

/* Index of the first area that ends above addr (m->n if none). */
unsigned mm_map_lower(const MmMap *m, uint64_t addr);
MmArea *mm_map_find(const MmMap *m, uint64_t addr);
bool mm_map_is_free(const MmMap *m, uint64_t start, uint64_t end);
/* Whether any area in the range has one of the flags. */
bool mm_map_has(const MmMap *m, uint64_t start, uint64_t end, uint32_t flags);

/* Room must have been made for all that follow. */
void mm_map_insert(MmMap *m, MmArea area); /* the range must be free */
void mm_map_remove(MmMap *m, uint64_t start, uint64_t end); /* not what is AREA_HOST */
/* Changes [start, end), which must be mapped throughout. */
void mm_map_set_prot(MmMap *m, uint64_t start, uint64_t end, uint32_t prot);
void mm_map_set_flags(MmMap *m, uint64_t start, uint64_t end, uint32_t clear, uint32_t set);

/* Highest free range of `size` bytes between bottom and top; 0 when there is none. */
uint64_t mm_map_gap_below(MmMap *m, uint64_t bottom, uint64_t top, uint64_t size, uint64_t align);
/* Lowest one. */
uint64_t mm_map_gap_above(const MmMap *m, uint64_t bottom, uint64_t top, uint64_t size, uint64_t align);

#endif
