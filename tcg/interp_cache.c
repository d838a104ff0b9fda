/* SPDX-License-Identifier: MIT */
/* Running by the IR interpreter: whole regions from a cache of their IR, or one instruction. */
#include "tcg/interp_cache.h"

#include <string.h>

#include "tcg/interp.h"
#include "tcg/translate.h"
#include "util/arena.h"
#include "util/hostmem.h"

enum {
    CACHE_BITS = 16,
    MAX_REGIONS = 1 << (CACHE_BITS - 1),
    MAX_BYTES = 64 << 20, /* of IR */
    MAX_INSNS = 64,
};

typedef struct InterpEntry {
    RegionKey key;
    const IrRegion *region; /* NULL: free */
} InterpEntry;

/* A thread's own: nothing to lock. Emptied as a whole, when code was invalidated or it is full. */
struct InterpCache {
    struct Arena *arena;
    uint64_t seen_invalidations;
    uint32_t n;
    size_t bytes;
    InterpEntry entries[1 << CACHE_BITS];
};

void interp_cache_free(InterpCache *c)
{
    if (c) {
        arena_free(c->arena);
        host_free(c);
    }
}

static InterpCache *cache_of(TcgThread *th)
{
    if (!th->interp) {
        th->interp = host_alloc(sizeof *th->interp);
        th->interp->arena = arena_new();
    }
    InterpCache *c = th->interp;
    uint64_t invalidations = atomic_load(&th->tcg->interp_invalidations);
    if (c->seen_invalidations != invalidations || c->n == MAX_REGIONS || c->bytes > MAX_BYTES) {
        c->seen_invalidations = invalidations;
        c->n = 0;
        c->bytes = 0;
        memset(c->entries, 0, sizeof c->entries);
        arena_reset(c->arena);
    }
    return c;
}

static InterpEntry *find(InterpCache *c, RegionKey key)
{
    uint32_t i = (uint32_t)((key.pc ^ (uint64_t)key.ctx << 40) * 0x9e3779b97f4a7c15ull >> (64 - CACHE_BITS));
    while (c->entries[i].region && (c->entries[i].key.pc != key.pc || c->entries[i].key.ctx != key.ctx)) {
        i = (i + 1) & ((1 << CACHE_BITS) - 1);
    }
    return &c->entries[i];
}

/* ---- pages */

static uint32_t page_bit(uint64_t page)
{
    return (uint32_t)(page * 0x9e3779b97f4a7c15ull >> 50) % (INTERP_PAGE_WORDS * 64);
}

static void note_pages(Tcg *t, const IrSource *s)
{
    for (uint64_t page = s->start >> SMC_PAGE_BITS; page <= (s->end - 1) >> SMC_PAGE_BITS; page++) {
        uint32_t bit = page_bit(page);
        atomic_fetch_or(&t->interp_pages[bit / 64], 1ull << bit % 64);
    }
}

void interp_cache_invalidate(Tcg *t, uint64_t start, uint64_t end)
{
    uint64_t page = start >> SMC_PAGE_BITS, last = (end - 1) >> SMC_PAGE_BITS;
    bool is_hit = last - page >= INTERP_PAGE_WORDS * 64;
    for (; page <= last && !is_hit; page++) {
        uint32_t bit = page_bit(page);
        is_hit = atomic_load(&t->interp_pages[bit / 64]) >> bit % 64 & 1;
    }
    if (is_hit) {
        atomic_fetch_add(&t->interp_invalidations, 1);
    }
}

/* The pages must report writes before their bytes are trusted from one run to the next. */
static bool protect(TcgThread *th)
{
    Former *f = &th->translator->former;
    IrSource sources[FORM_MAX_BLOCKS];
    uint32_t n = region_sources(f, sources);
    for (uint32_t i = 0; i < n; i++) {
        note_pages(th->tcg, &sources[i]);
    }
    return region_protect(f, sources, n) && region_is_unchanged(f);
}

/* ---- running */

static void *keep(InterpCache *c, const void *array, size_t elem, uint32_t n)
{
    size_t size = elem * n;
    c->bytes += size;
    return size ? memcpy(arena_alloc(c->arena, size), array, size) : NULL;
}

/* A copy without the room to grow that the builder leaves. */
static const IrRegion *keep_region(InterpCache *c, const IrRegion *r)
{
    IrRegion *copy = keep(c, r, sizeof *r, 1);
    copy->insns = keep(c, r->insns, sizeof *r->insns, r->ninsns);
    copy->blocks = keep(c, r->blocks, sizeof *r->blocks, r->nblocks);
    copy->snaps = keep(c, r->snaps, sizeof *r->snaps, r->nsnaps);
    copy->snap_entries = keep(c, r->snap_entries, sizeof *r->snap_entries, r->nsnap_entries);
    copy->extra = keep(c, r->extra, sizeof *r->extra, r->nextra);
    copy->pool = keep(c, r->pool, sizeof *r->pool, r->npool);
    return copy;
}

/* What ends a region and is no matter of the caller. A computed target may have bits that no pc has. */
static TcgEvent outward(TcgThread *th, TcgEvent event)
{
    tcg_arrive(th);
    return event >= TCG_EVENT_LINK ? TCG_EVENT_NONE : event;
}

TcgEvent interp_step_region(TcgThread *th)
{
    CpuState *s = th->state;
    InterpCache *c = cache_of(th);
    RegionKey key = { s->pc, s->ctx };
    InterpEntry *e = find(c, key);
    if (!e->region) {
        IrRegion r;
        unsigned max = th->tcg->settings.one_insn ? 1 : MAX_INSNS;
        if (!translate_to_ir(th, key, SHAPE_TRACE, max, &r)) {
            return TCG_EVENT_FETCH_FAULT;
        }
        if (!protect(th)) {
            return interp_step_insn(th);
        }
        if (atomic_load(&th->tcg->interp_invalidations) != c->seen_invalidations) {
            return TCG_EVENT_NONE; /* what was read may be old by now */
        }
        *e = (InterpEntry){ key, keep_region(c, &r) };
        c->n++;
    }
    return outward(th, interp_run(e->region, 1, s, &th->stop));
}

TcgEvent interp_step_insn(TcgThread *th)
{
    CpuState *s = th->state;
    IrRegion r;
    region_forget_bytes(&translator_of(th)->former);
    if (!translate_to_ir(th, (RegionKey){ s->pc, s->ctx }, SHAPE_BLOCK, 1, &r)) {
        return TCG_EVENT_FETCH_FAULT;
    }
    return outward(th, interp_run(&r, 1, s, &th->stop));
}
