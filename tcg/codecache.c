/* SPDX-License-Identifier: MIT */
/* Segments of the code cache: reserving, finding by address, recycling. */
#include "tcg/codecache.h"

#include <string.h>
#include <sys/mman.h>

#include "tcg/epoch.h"
#include "tcg/link.h"
#include "util/assert.h"
#include "util/compiler.h"
#include "util/hostmem.h"

#define DEFAULT_SIZE (96ull << 20) /* code 64 MiB, data 32 MiB */
#define MAX_SIZE (1ull << 30) /* rel32 reaches all of it; offsets in it and its descriptors, 4/3 as large, fit into 32 bits */
#define MOVE_DISTANCE ((5ull << 30) + 0x10000) /* more than rel32 reaches */
enum {
    PAGE = 4096,
    MIN_SIZE = 48 << 10,
    MIN_SEGMENT_CODE = 16 << 10,
    CODE_ALIGN = 32,
    DATA_ALIGN = 16,
    META_ALIGN = 8,
    POPULATE_MIN = 8 << 10, POPULATE_MAX = 64 << 10,
};

static bool map_part(uint8_t *at, size_t size, int prot)
{
    if (mprotect(at, size, prot)) {
        return false;
    }
    madvise(at, size, MADV_NOHUGEPAGE); /* a huge page at the first region would cost 2 MiB of memory */
    return true;
}

bool codecache_init(CodeCache *c, const TcgSettings *settings)
{
    uint64_t total = settings->cache_size ? settings->cache_size : DEFAULT_SIZE;
    total = total < MIN_SIZE ? MIN_SIZE : total > MAX_SIZE ? MAX_SIZE : ALIGN_UP(total, 3ull * PAGE);
    size_t code = ALIGN_UP(total / 3 * 2, (size_t)PAGE), data = ALIGN_UP(total / 3, (size_t)PAGE);
    c->size = code + data;
    uint32_t n = (uint32_t)(code / MIN_SEGMENT_CODE);
    c->nsegments = n < 2 ? 2 : n > CACHE_SEGMENTS ? CACHE_SEGMENTS : n;
    c->segment_code = ALIGN_DOWN((uint32_t)(code / c->nsegments), 64u);
    c->segment_data = ALIGN_DOWN((uint32_t)(data / c->nsegments), 64u);
    c->segment_meta = 2 * c->segment_code;
    size_t meta = ALIGN_UP((size_t)c->segment_meta * c->nsegments, (size_t)PAGE);

    size_t distance = settings->is_moved ? MOVE_DISTANCE : 0;
    c->reserved_size = c->size + distance + meta;
    c->reserved = hostmem_reserve(c->reserved_size, PAGE);
    if (!c->reserved) {
        return false;
    }
    c->moved_by = (intptr_t)distance;
    c->base = (uint8_t *)c->reserved + distance;
    uint8_t *meta_base = c->base + c->size;
    if (!map_part(c->base, code, PROT_READ | PROT_WRITE | PROT_EXEC) || !map_part(c->base + code, data, PROT_READ | PROT_WRITE) ||
        !map_part(meta_base, meta, PROT_READ | PROT_WRITE)) {
        return false;
    }
    if (distance && (!map_part(c->reserved, code, PROT_READ | PROT_WRITE | PROT_EXEC) ||
                     !map_part((uint8_t *)c->reserved + code, data, PROT_READ | PROT_WRITE))) {
        return false;
    }
    for (uint32_t i = 0; i < c->nsegments; i++) {
        c->segments[i] = (Segment){ .code = c->base + (size_t)i * c->segment_code,
                                    .data = c->base + code + (size_t)i * c->segment_data,
                                    .meta = meta_base + (size_t)i * c->segment_meta };
    }
    c->segments[0].state = SEGMENT_IN_USE;
    return true;
}

void codecache_finish(CodeCache *c)
{
    hostmem_pages_free(c->reserved, c->reserved_size);
}

/* ---- reserving */

/* Bytes of a descriptor with what follows it. */
static uint32_t meta_size(const RegionSize *s)
{
    _Static_assert((sizeof(Region) | sizeof(OutRef) | sizeof(CodeEntry) | sizeof(IrSource) | sizeof(PageNode)) % META_ALIGN == 0,
                   "one can follow the other");
    size_t size = sizeof(Region) + (s->nlinks + s->nics) * sizeof(OutRef) + s->nentries * sizeof(CodeEntry) +
                  s->nsources * sizeof(IrSource) + s->npages * sizeof(PageNode) + s->side;
    return (uint32_t)ALIGN_UP(size, (size_t)META_ALIGN);
}

static uint32_t *index_end(const CodeCache *c, const Segment *seg)
{
    return (uint32_t *)(seg->meta + c->segment_meta);
}

static bool fits(const CodeCache *c, const Segment *seg, const RegionSize *s, uint32_t meta)
{
    uint32_t n = atomic_load_explicit(&seg->nregions, memory_order_relaxed);
    return (uint64_t)seg->code_used + s->code <= c->segment_code && (uint64_t)seg->data_used + s->data <= c->segment_data &&
           (uint64_t)seg->meta_used + meta + (n + 1) * sizeof(uint32_t) <= c->segment_meta;
}

bool codecache_can_hold(const CodeCache *c, const RegionSize *s)
{
    static const Segment empty;
    return fits(c, &empty, s, meta_size(s));
}

/* Asks for pages some at a time, half as many as there are: each on its own, by a fault, cost more than the rest of publishing. */
static void populate(uint8_t *base, uint32_t *there, uint32_t end, uint32_t limit)
{
    if (LIKELY(end <= *there)) {
        return;
    }
    uint32_t step = *there / 2, next;
    step = step < POPULATE_MIN ? POPULATE_MIN : step > POPULATE_MAX ? POPULATE_MAX : step;
    next = ALIGN_UP(end > *there + step ? end : *there + step, (uint32_t)PAGE);
    next = next < limit ? next : limit;
    hostmem_populate(base + *there, base + next);
    *there = next;
}

void codecache_prefetch(const CodeCache *c)
{
    enum { LINE = 64, CODE_LINES = 3, META_LINES = 4 };
    const Segment *seg = &c->segments[c->current];
    for (unsigned i = 0; i < CODE_LINES; i++) {
        __builtin_prefetch(seg->code + seg->code_used + i * LINE, 1);
    }
    for (unsigned i = 0; i < META_LINES; i++) {
        __builtin_prefetch(seg->meta + seg->meta_used + i * LINE, 1);
    }
    __builtin_prefetch(seg->data + seg->data_used, 1);
}

Region *codecache_reserve(CodeCache *c, const RegionSize *s)
{
    Segment *seg = &c->segments[c->current];
    uint32_t meta = meta_size(s);
    if (seg->state != SEGMENT_IN_USE || !fits(c, seg, s, meta)) {
        return NULL;
    }
    populate(seg->code, &seg->code_there, seg->code_used + s->code, c->segment_code);
    populate(seg->data, &seg->data_there, seg->data_used + s->data, c->segment_data);
    populate(seg->meta, &seg->meta_there, seg->meta_used + meta, c->segment_meta);
    lyre_assert((s->nlinks | s->nics | s->nentries | s->nsources | s->npages) <= UINT16_MAX);
    Region *r = (Region *)(seg->meta + seg->meta_used);
    *r = (Region){
        .code = seg->code + seg->code_used,
        .data = seg->data + seg->data_used,
        .code_size = s->code, .data_size = s->data, .side_size = s->side,
        .nlinks = (uint16_t)s->nlinks, .nics = (uint16_t)s->nics, .nentries = (uint16_t)s->nentries,
        .nsources = (uint16_t)s->nsources, .npages = (uint16_t)s->npages,
    };
    OutRef *refs = region_refs(r);
    for (uint32_t i = 0; i < s->nlinks + s->nics; i++) {
        refs[i].from = codecache_offset(c, r);
        refs[i].to = 0;
    }
    return r;
}

void codecache_commit(CodeCache *c, const Region *r)
{
    Segment *seg = &c->segments[c->current];
    uint32_t n = atomic_load_explicit(&seg->nregions, memory_order_relaxed);
    const uint8_t *end = region_side(r) + r->side_size;
    index_end(c, seg)[-1 - (int64_t)n] = (uint32_t)((const uint8_t *)r - seg->meta);
    seg->code_used = ALIGN_UP(seg->code_used + r->code_size, (uint32_t)CODE_ALIGN);
    seg->data_used = ALIGN_UP(seg->data_used + r->data_size, (uint32_t)DATA_ALIGN);
    seg->meta_used = ALIGN_UP((uint32_t)(end - seg->meta), (uint32_t)META_ALIGN);
    atomic_store_explicit(&seg->nregions, n + 1, memory_order_release);
}

/* ---- finding */

static Region *region_at(const CodeCache *c, const Segment *seg, uint32_t i)
{
    return (Region *)(seg->meta + index_end(c, seg)[-1 - (int64_t)i]);
}

/* The last region of the segment that begins at or before the address. */
static Region *find_in(const CodeCache *c, const Segment *seg, const uint8_t *p, bool is_data)
{
    uint32_t low = 0, high = atomic_load_explicit(&seg->nregions, memory_order_acquire);
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        const Region *r = region_at(c, seg, mid);
        if ((is_data ? r->data : r->code) <= p) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0) {
        return NULL;
    }
    Region *r = region_at(c, seg, low - 1);
    size_t offset = (size_t)(p - (is_data ? r->data : r->code));
    return offset < (is_data ? r->data_size : r->code_size) ? r : NULL;
}

Region *codecache_find_code(const CodeCache *c, const void *host_pc)
{
    uintptr_t offset = (uintptr_t)host_pc - (uintptr_t)c->segments[0].code;
    uint32_t i = (uint32_t)(offset / c->segment_code);
    return offset < c->size && i < c->nsegments ? find_in(c, &c->segments[i], host_pc, false) : NULL;
}

bool codecache_segment(const CodeCache *c, const void *row, uint32_t *segment)
{
    uintptr_t offset = (uintptr_t)row - (uintptr_t)c->segments[0].data;
    *segment = (uint32_t)(offset / c->segment_data);
    return offset < c->size && *segment < c->nsegments;
}

Region *codecache_find_data(const CodeCache *c, const void *row)
{
    uint32_t i;
    return codecache_segment(c, row, &i) ? find_in(c, &c->segments[i], row, true) : NULL;
}

/* ---- retiring */

void region_retire(Tcg *t, Region *r)
{
    if (r->is_retired) {
        return;
    }
    const CodeEntry *entries = region_entries(r);
    r->is_retired = true;
    for (uint32_t i = 0; i < r->nentries; i++) {
        Region *now;
        map_find_region(&t->map, entries[i].key, &now);
        if (now == r) {
            map_remove(t, entries[i].key);
        }
    }
    link_retarget_incoming(t, r);
    link_drop_outgoing(t, r);
    smc_remove(r);
    t->shared.retired++;
}

void codecache_for_each(Tcg *t, void (*fn)(Tcg *t, Region *r, void *opaque), void *opaque)
{
    CodeCache *c = &t->cache;
    for (uint32_t s = 0; s < c->nsegments; s++) {
        const Segment *seg = &c->segments[s];
        uint32_t n = atomic_load_explicit(&seg->nregions, memory_order_relaxed);
        for (uint32_t i = 0; i < n; i++) {
            Region *r = region_at(c, seg, i);
            if (!r->is_retired) {
                fn(t, r, opaque);
            }
        }
    }
}

static void segment_recycle(const CodeCache *c, Segment *seg)
{
    seg->code_used = seg->data_used = seg->meta_used = 0;
    atomic_store_explicit(&seg->nregions, 0, memory_order_release);
    seg->generation++;
    seg->state = SEGMENT_IN_USE;
}

/* Several threads may wait for the same segment: the first to come back recycles it. */
void codecache_make_room(Tcg *t)
{
    CodeCache *c = &t->cache;
    uint32_t next = (c->current + 1) % c->nsegments;
    Segment *seg = &c->segments[next];
    if (seg->state == SEGMENT_IN_USE) {
        uint32_t n = atomic_load_explicit(&seg->nregions, memory_order_relaxed);
        for (uint32_t i = 0; i < n; i++) {
            region_retire(t, region_at(c, seg, i));
        }
        seg->state = SEGMENT_DRAINING;
        seg->drain_epoch = epoch_advance(t);
        t->shared.evictions++;
    }
    if (seg->state == SEGMENT_DRAINING) {
        uint64_t epoch = seg->drain_epoch;
        lock_release(&t->publish);
        epoch_wait(t, epoch);
        lock_acquire(&t->publish);
        if (c->current == next || seg->state != SEGMENT_DRAINING || seg->drain_epoch != epoch) {
            return;
        }
    }
    segment_recycle(c, seg);
    c->current = next;
}

/* Old code goes on running, and through its links into other old code, until its threads see the epoch; nothing leads there anew. */
void codecache_rebuild(Tcg *t)
{
    CodeCache *c = &t->cache;
    map_clear(t);
    memset(&t->pages, 0, sizeof t->pages);
    uint64_t epoch = epoch_advance(t);
    for (uint32_t s = 0; s < c->nsegments; s++) {
        Segment *seg = &c->segments[s];
        uint32_t n = atomic_load_explicit(&seg->nregions, memory_order_relaxed);
        for (uint32_t i = 0; i < n; i++) {
            region_at(c, seg, i)->is_retired = true;
        }
        seg->generation++;
        if (seg->state != SEGMENT_FREE) {
            seg->state = SEGMENT_DRAINING;
            seg->drain_epoch = epoch;
        }
    }
    epoch_kick(t, epoch);
}
