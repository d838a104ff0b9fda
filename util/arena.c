/* SPDX-License-Identifier: MIT */
/* Bump allocator of one translation. */
#include "util/arena.h"

#include <stdbool.h>
#include <string.h>

#include "util/assert.h"
#include "util/hostmem.h"

enum { FIRST_CHUNK = 64 * 1024 };

typedef struct Chunk {
    struct Chunk *next;
    size_t size; /* of data */
    _Alignas(16) uint8_t data[];
} Chunk;

struct Arena {
    Chunk *chunks; /* newest (largest) first */
    size_t used;   /* of the newest */
};

Arena *arena_new(void)
{
    return host_alloc(sizeof(Arena));
}

static void free_chunks(Chunk *c)
{
    while (c) {
        Chunk *next = c->next;
        host_free(c);
        c = next;
    }
}

void arena_free(Arena *a)
{
    if (a) {
        free_chunks(a->chunks);
        host_free(a);
    }
}

void arena_reset(Arena *a)
{
    if (a->chunks) {
        free_chunks(a->chunks->next);
        a->chunks->next = NULL;
    }
    a->used = 0;
}

static void *alloc_slow(Arena *a, size_t size)
{
    size_t chunk = a->chunks ? a->chunks->size * 2 : FIRST_CHUNK;
    while (chunk < size) {
        chunk *= 2;
    }
    Chunk *c = host_alloc(sizeof(Chunk) + chunk);
    c->size = chunk;
    c->next = a->chunks;
    a->chunks = c;
    a->used = size;
    return c->data;
}

void *arena_alloc(Arena *a, size_t size)
{
    size = ALIGN_UP(size, 16);
    if (UNLIKELY(!a->chunks || a->chunks->size - a->used < size)) {
        return alloc_slow(a, size);
    }
    void *p = a->chunks->data + a->used;
    a->used += size;
    return p;
}

void *arena_alloc0(Arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

void *arena_grow(Arena *a, void *old, size_t elem, uint32_t *cap, uint32_t need)
{
    if (need <= *cap) {
        return old;
    }
    uint32_t new_cap = *cap ? *cap * 2 : 64;
    while (new_cap < need) {
        new_cap *= 2;
    }
    size_t old_size = ALIGN_UP((size_t)*cap * elem, 16), new_size = ALIGN_UP((size_t)new_cap * elem, 16);
    *cap = new_cap;
    bool is_last = old && (uint8_t *)old + old_size == a->chunks->data + a->used;
    if (is_last && a->chunks->size - a->used >= new_size - old_size) {
        a->used += new_size - old_size;
        return old;
    }
    void *p = arena_alloc(a, new_size);
    if (old) {
        memcpy(p, old, old_size);
    }
    return p;
}
