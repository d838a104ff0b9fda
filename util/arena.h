/* SPDX-License-Identifier: MIT */
/* A bump allocator that is reset at once: the memory of one translation. Not thread safe. Chunks come from host_alloc. */
#ifndef LYRE_UTIL_ARENA_H
#define LYRE_UTIL_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/compiler.h"

typedef struct Arena {
    uint8_t *at, *end;         /* free part of the newest chunk */
    struct ArenaChunk *chunks; /* newest (largest) first */
} Arena;

Arena *arena_new(void);
void arena_free(Arena *a);
void arena_reset(Arena *a); /* keeps the largest chunk */
void *arena_alloc_slow(Arena *a, size_t size);
void *arena_grow_slow(Arena *a, void *old, size_t elem, uint32_t *cap, uint32_t need);

/* 16-byte aligned, not zeroed; never NULL. */
static inline void *arena_alloc(Arena *a, size_t size)
{
    size = ALIGN_UP(size, 16);
    if (UNLIKELY((size_t)(a->end - a->at) < size)) {
        return arena_alloc_slow(a, size);
    }
    void *p = a->at;
    a->at += size;
    return p;
}

static inline void *arena_alloc0(Arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

/* Grows an array of `elem` bytes per element to at least `need` elements; in place when it is the last allocation. */
static inline void *arena_grow(Arena *a, void *old, size_t elem, uint32_t *cap, uint32_t need)
{
    return LIKELY(need <= *cap) ? old : arena_grow_slow(a, old, elem, cap, need);
}

#endif
