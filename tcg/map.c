/* SPDX-License-Identifier: MIT */
/* The lock-free map from region keys to code. */
#include "tcg/map.h"

#include "tcg/epoch.h"
#include "util/assert.h"
#include "util/hostmem.h"

enum { FIRST_BITS = 9 }; /* three pages, which small programs do not touch all of */

struct MapEntry {
    _Atomic uint64_t pc;
    _Atomic uint32_t ctx;
    _Atomic uint32_t is_used; /* key is valid: stored after it, with release */
    _Atomic uint32_t code;    /* distance from the code cache's base, + 1; 0: none */
    uint32_t region;          /* the same of its region; guarded by: publish */
};

struct MapTable {
    uint32_t bits;
    uint32_t used;      /* entries with a key */
    uint64_t epoch;     /* retired tables: free when reached */
    MapTable *next;
    size_t size;        /* of the allocation */
    MapEntry entries[];
};

static uint32_t distance(const CodeMap *m, const void *p) { return p ? (uint32_t)((const uint8_t *)p - m->base) + 1 : 0; }
static void *at_distance(const CodeMap *m, uint32_t d) { return d ? m->base + (d - 1) : NULL; }
static void *code_of(const CodeMap *m, const MapEntry *e, memory_order order) { return at_distance(m, atomic_load_explicit(&e->code, order)); }

static MapTable *table_new(uint32_t bits, bool is_needed)
{
    size_t size = ALIGN_UP(sizeof(MapTable) + (sizeof(MapEntry) << bits), (size_t)4096);
    MapTable *table = hostmem_pages_alloc(size);
    if (table && is_needed) {
        hostmem_populate(table, (uint8_t *)table + size);
    }
    if (table) {
        table->bits = bits;
        table->size = size;
    }
    return table;
}

bool map_init(CodeMap *m, uint8_t *base)
{
    m->base = base;
    atomic_store(&m->table, table_new(FIRST_BITS, false));
    return atomic_load(&m->table) != NULL;
}

void map_finish(CodeMap *m)
{
    MapTable *table = atomic_load(&m->table);
    hostmem_pages_free(table, table ? table->size : 0);
    for (MapTable *next; m->retired; m->retired = next) {
        next = m->retired->next;
        hostmem_pages_free(m->retired, m->retired->size);
    }
}

static uint32_t hash_key(RegionKey key, uint32_t bits)
{
    uint64_t h = (key.pc ^ (uint64_t)key.ctx << 40) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(h >> (64 - bits));
}

static bool is_used(const MapEntry *e) { return atomic_load_explicit(&e->is_used, memory_order_acquire); }

/* The entry of the key, or the free entry where it would be inserted. Never full: a quarter stays free. A reader without the lock must look
 * again before it believes a free entry's code: another key may have come there meanwhile. */
static const MapEntry *probe(const MapTable *table, RegionKey key)
{
    uint32_t mask = (1u << table->bits) - 1;
    for (uint32_t i = hash_key(key, table->bits);; i = (i + 1) & mask) {
        const MapEntry *e = &table->entries[i];
        if (!is_used(e) || (atomic_load_explicit(&e->pc, memory_order_relaxed) == key.pc &&
                            atomic_load_explicit(&e->ctx, memory_order_relaxed) == key.ctx)) {
            return e;
        }
    }
}

void *map_find(const CodeMap *m, RegionKey key)
{
    const MapTable *table = atomic_load_explicit(&m->table, memory_order_acquire);
    const MapEntry *e = probe(table, key);
    bool is_found = is_used(e) && atomic_load_explicit(&e->pc, memory_order_relaxed) == key.pc &&
                    atomic_load_explicit(&e->ctx, memory_order_relaxed) == key.ctx;
    return is_found ? code_of(m, e, memory_order_acquire) : NULL;
}

void *map_find_region(const CodeMap *m, RegionKey key, Region **region)
{
    const MapEntry *e = probe(atomic_load_explicit(&m->table, memory_order_relaxed), key);
    *region = at_distance(m, e->region);
    return code_of(m, e, memory_order_relaxed);
}

MapEntry *map_place(const CodeMap *m, RegionKey key)
{
    return (MapEntry *)probe(atomic_load_explicit(&m->table, memory_order_relaxed), key);
}

Region *map_region_at(const CodeMap *m, const MapEntry *place) { return at_distance(m, place->region); }

static void fill(MapTable *table, MapEntry *e, RegionKey key, uint32_t code, uint32_t region)
{
    e->region = region;
    atomic_store_explicit(&e->code, code, memory_order_release);
    if (!is_used(e)) {
        atomic_store_explicit(&e->pc, key.pc, memory_order_relaxed);
        atomic_store_explicit(&e->ctx, key.ctx, memory_order_relaxed);
        atomic_store_explicit(&e->is_used, 1, memory_order_release);
        table->used++;
    }
}

static void free_reached(Tcg *t)
{
    for (MapTable **at = &t->map.retired, *table; (table = *at);) {
        if (epoch_is_reached(t, table->epoch)) {
            *at = table->next;
            hostmem_pages_free(table, table->size);
        } else {
            at = &table->next;
        }
    }
}

/* A new table with the keys that have code, not half full with `more` of them. False: no memory. */
static bool rebuild(Tcg *t, MapTable *old, uint32_t more)
{
    uint32_t bits = FIRST_BITS;
    while ((7ull << bits) / 16 < t->map.live + more) {
        bits++;
    }
    MapTable *table = table_new(bits, true);
    if (!table) {
        return false;
    }
    for (uint32_t i = 0; i < 1u << old->bits; i++) {
        const MapEntry *e = &old->entries[i];
        uint32_t code = atomic_load_explicit(&e->code, memory_order_relaxed);
        if (code) {
            RegionKey key = { atomic_load_explicit(&e->pc, memory_order_relaxed),
                              atomic_load_explicit(&e->ctx, memory_order_relaxed) };
            fill(table, (MapEntry *)probe(table, key), key, code, e->region);
        }
    }
    atomic_store_explicit(&t->map.table, table, memory_order_release);
    old->epoch = epoch_advance(t);
    old->next = t->map.retired;
    t->map.retired = old;
    return true;
}

bool map_reserve(Tcg *t, uint32_t nkeys)
{
    MapTable *table = atomic_load_explicit(&t->map.table, memory_order_relaxed);
    if ((table->used + nkeys) * 4ull <= 3ull << table->bits) {
        return true;
    }
    free_reached(t);
    return rebuild(t, table, nkeys);
}

void map_put(Tcg *t, MapEntry *place, RegionKey key, void *code, Region *region)
{
    MapTable *table = atomic_load_explicit(&t->map.table, memory_order_relaxed);
    lyre_assert(is_used(place) || (table->used + 1) * 4ull <= 3ull << table->bits);
    t->map.live += !atomic_load_explicit(&place->code, memory_order_relaxed);
    fill(table, place, key, distance(&t->map, code), distance(&t->map, region));
}

void map_remove(Tcg *t, RegionKey key)
{
    MapEntry *e = map_place(&t->map, key);
    if (is_used(e)) {
        t->map.live -= atomic_load_explicit(&e->code, memory_order_relaxed) != 0;
        e->region = 0;
        atomic_store_explicit(&e->code, 0, memory_order_release);
    }
}

void map_clear(Tcg *t)
{
    MapTable *table = atomic_load_explicit(&t->map.table, memory_order_relaxed);
    table->used = 0;
    for (uint32_t i = 0; i < 1u << table->bits; i++) {
        MapEntry *e = &table->entries[i];
        table->used += is_used(e);
        e->region = 0;
        atomic_store_explicit(&e->code, 0, memory_order_release);
    }
    t->map.live = 0;
    t->map.retired = NULL; /* what readers may still hold is leaked */
}
