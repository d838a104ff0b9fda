/* SPDX-License-Identifier: MIT */
/*
 * Memory of translated code. An arena has three parts of equal shape: code, data rows, and descriptors (`meta`), each cut into
 * segments that are filled one after the other and recycled oldest first. Regions stand in a segment in address order.
 * With -x move, what runs is a copy in a second arena at the same offsets, far away; the first holds traps.
 */
#ifndef LYRE_TCG_CODECACHE_H
#define LYRE_TCG_CODECACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcg/code.h"
#include "tcg/exec.h"

enum { CACHE_SEGMENTS = 16 };

struct Region;
/* Regions are many and small: what leads from one descriptor to another is a distance from the cache's base (codecache_at), 0: nowhere. */

/* A reference from a region to another: one per link row, then one per inline cache. In the target's list while connected. */
typedef struct OutRef {
    uint32_t next, prev; /* prev: the field that leads here, of another reference or the target's `incoming` */
    uint32_t from, to;   /* to: 0 when not connected */
} OutRef;

/* A page of guest code that a region depends on, in the page index (smc.h). */
typedef struct PageNode {
    struct PageNode *next, **pprev;
    struct Region *region;
} PageNode;

/* A descriptor. It is followed by its references, entries, sources, pages, and its side table: region_refs() and so on. */
typedef struct Region {
    RegionKey key;
    uint8_t *code, *data;
    uint32_t code_size, data_size, side_size, nrows;
    uint32_t link_stubs; /* code offset of the first link's stub */
    uint32_t guest_insns;
    uint32_t incoming;   /* guarded by: publish */
    uint16_t nlinks, nics, nentries, nsources, npages;
    uint8_t tier;        /* 1 or 2 */
    bool is_retired;     /* guarded by: publish */
} Region;

static inline OutRef *region_refs(const Region *r) { return (OutRef *)(r + 1); }
static inline CodeEntry *region_entries(const Region *r) { return (CodeEntry *)(region_refs(r) + r->nlinks + r->nics); }
static inline IrSource *region_ranges(const Region *r) { return (IrSource *)(region_entries(r) + r->nentries); } /* of guest code */
static inline PageNode *region_pages(const Region *r) { return (PageNode *)(region_ranges(r) + r->nsources); }
static inline uint8_t *region_side(const Region *r) { return (uint8_t *)(region_pages(r) + r->npages); }

typedef enum SegmentState { SEGMENT_FREE, SEGMENT_IN_USE, SEGMENT_DRAINING } SegmentState;
typedef struct Segment {
    uint8_t *code, *data, *meta; /* where regions run; meta's end holds the index of regions, growing downwards */
    uint32_t code_used, data_used, meta_used;
    uint32_t code_there, data_there, meta_there; /* bytes whose pages were asked for */
    _Atomic uint32_t nregions;
    uint32_t generation;         /* counts recyclings */
    SegmentState state;
    uint64_t drain_epoch;
} Segment;

typedef struct CodeCache {
    uint8_t *base;               /* of the arena in which regions run */
    size_t size;                 /* of code and data */
    void *reserved; size_t reserved_size;
    intptr_t moved_by;           /* -x move: distance from the place of assembly to the place of running, else 0 */
    uint32_t segment_code, segment_data, segment_meta, nsegments;
    uint32_t current;
    Segment segments[CACHE_SEGMENTS];
} CodeCache;

/* false: no address space. */
bool codecache_init(CodeCache *c, const TcgSettings *settings);
void codecache_finish(CodeCache *c);

typedef struct RegionSize {
    uint32_t code, data, side, nlinks, nics, nentries, nsources, npages;
} RegionSize;
/* Whether a region of that size fits into an empty segment. */
bool codecache_can_hold(const CodeCache *c, const RegionSize *size);
/* Space in the current segment, descriptor filled with addresses and counts; not findable yet. NULL: segment is full. */
Region *codecache_reserve(CodeCache *c, const RegionSize *size);
/* Begins to bring in the memory of the next region: a hint, that takes no lock. */
void codecache_prefetch(const CodeCache *c);
/* Makes the reserved region findable by address. */
void codecache_commit(CodeCache *c, const Region *r);
/* Recycles the oldest segment. The caller holds `publish` (released meanwhile) and is offline. */
void codecache_make_room(Tcg *t);

/* Drops all code when the lists that connect it cannot be trusted: a thread died while it held `publish`. The caller holds it now. */
void codecache_rebuild(Tcg *t);

/* Async-signal-safe, for an online thread: the region whose code or data holds the address, or NULL. */
Region *codecache_find_code(const CodeCache *c, const void *host_pc);
Region *codecache_find_data(const CodeCache *c, const void *row);
static inline void *codecache_at(const CodeCache *c, uint32_t at) { return at ? c->base + at : NULL; }
static inline uint32_t codecache_offset(const CodeCache *c, const void *p) { return (uint32_t)((const uint8_t *)p - c->base); }
static inline bool codecache_has(const CodeCache *c, const void *p)
{
    return (uintptr_t)p - (uintptr_t)c->base < c->size;
}
/* The segment of a data row, whose generation tells later whether it was recycled since. false: no row of the cache's. */
bool codecache_segment(const CodeCache *c, const void *row, uint32_t *segment);

/* Takes the region out of map, page index and reference lists. Whoever holds its address may finish. Publish is held. The caller
 * advances the epoch where stale code would be wrong. */
void region_retire(Tcg *t, Region *r);
/* Calls fn for each region that is not retired. */
void codecache_for_each(Tcg *t, void (*fn)(Tcg *t, Region *r, void *opaque), void *opaque);

static inline LinkRow *region_links(const Region *r) { return code_links(r->data); }
static inline IcRow *region_ics(const Region *r) { return (IcRow *)(region_links(r) + r->nlinks); }

#endif
