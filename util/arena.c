/* SPDX-License-Identifier: MIT */
/* Bump allocator of one translation. Its chunks can be freed by others when its owner was killed anywhere. */
#include "util/arena.h"

#include <stdbool.h>
#include <string.h>

#include "util/assert.h"
#include "util/hostmem.h"

enum { FIRST_CHUNK = 256 * 1024 /* touched as it is used */, MIN_ELEMENTS = 64 };

typedef struct ArenaChunk {
    struct ArenaChunk *next;
    size_t size; /* of data */
    _Alignas(16) uint8_t data[];
} Chunk;

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

static void begin_chunk(Arena *a)
{
    a->at = a->chunks->data;
    a->end = a->chunks->data + a->chunks->size;
}

void arena_reset(Arena *a)
{
    if (a->chunks) {
        Chunk *rest = a->chunks->next;
        a->chunks->next = NULL;
        in_order();
        free_chunks(rest);
        begin_chunk(a);
    }
}

void *arena_alloc_slow(Arena *a, size_t size)
{
    size_t chunk = a->chunks ? a->chunks->size * 2 : FIRST_CHUNK;
    while (chunk < size) {
        chunk *= 2;
    }
    Chunk *c = host_alloc(sizeof(Chunk) + chunk);
    c->size = chunk;
    c->next = a->chunks;
    in_order();
    a->chunks = c;
    begin_chunk(a);
    a->at += size;
    return c->data;
}

void *arena_grow_slow(Arena *a, void *old, size_t elem, uint32_t *cap, uint32_t need)
{
    uint32_t new_cap = *cap ? *cap * 2 : MIN_ELEMENTS;
    new_cap = new_cap < need ? need + need / 2 : new_cap;
    size_t old_size = ALIGN_UP((size_t)*cap * elem, 16), new_size = ALIGN_UP((size_t)new_cap * elem, 16);
    *cap = new_cap;
    bool is_last = old && (uint8_t *)old + old_size == a->at;
    if (is_last && (size_t)(a->end - a->at) >= new_size - old_size) {
        a->at += new_size - old_size;
        return old;
    }
    void *p = arena_alloc(a, new_size);
    if (old) {
        memcpy(p, old, old_size);
    }
    return p;
}
