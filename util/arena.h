/* SPDX-License-Identifier: MIT */
/* A bump allocator that is reset at once: the memory of one translation. Not thread safe. Chunks come from host_alloc. */
#ifndef LYRE_UTIL_ARENA_H
#define LYRE_UTIL_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *a);
void arena_reset(Arena *a); /* keeps the largest chunk */
/* 16-byte aligned, not zeroed; never NULL. */
void *arena_alloc(Arena *a, size_t size);
void *arena_alloc0(Arena *a, size_t size);
/* Grows an array of `elem` bytes per element to at least `need` elements; in place when it is the last allocation. */
void *arena_grow(Arena *a, void *old, size_t elem, uint32_t *cap, uint32_t need);

#endif
