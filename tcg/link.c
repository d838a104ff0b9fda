/* SPDX-License-Identifier: MIT */
/* Linking and unlinking of published code. */
#include "tcg/link.h"

#include "tcg/tramp.h"
#include "util/assert.h"

/* One aligned 4-byte store: other threads run the code meanwhile and see the old target or the new one. */
static void patch_rel32(uint8_t *field, const void *target)
{
    intptr_t distance = (intptr_t)((const uint8_t *)target - (field + 4));
    lyre_assert(distance == (int32_t)distance && ((uintptr_t)field & 3) == 0);
    __atomic_store_n((int32_t *)field, (int32_t)distance, __ATOMIC_RELEASE);
}

static void set_link(const Region *r, const LinkRow *row, const void *target) { patch_rel32(r->code + row->site, target); }

static void unlink_row(const Region *r, uint32_t n)
{
    set_link(r, &region_links(r)[n], r->code + r->link_stubs + n * LINK_STUB_SIZE);
}

static OutRef *ref_at(const CodeCache *c, uint32_t at) { return codecache_at(c, at); }

/* The target's list of references: what leads to one is the field before it. */
static void set_next(CodeCache *c, uint32_t *field, uint32_t at)
{
    *field = at;
    if (at) {
        ref_at(c, at)->prev = codecache_offset(c, field);
    }
}

static void connect(CodeCache *c, OutRef *ref, Region *to)
{
    ref->to = codecache_offset(c, to);
    set_next(c, &ref->next, to->incoming);
    set_next(c, &to->incoming, codecache_offset(c, ref));
}

static void disconnect(CodeCache *c, OutRef *ref)
{
    set_next(c, codecache_at(c, ref->prev), ref->next);
    ref->to = 0;
}

void link_connect(Tcg *t, Region *from, LinkRow *row, Region *to, void *code)
{
    OutRef *ref = &region_refs(from)[row - region_links(from)];
    if (ref->to || from->is_retired || to->is_retired) {
        return;
    }
    connect(&t->cache, ref, to);
    set_link(from, row, code);
    t->shared.links++;
}

void link_fill_ic(Tcg *t, Region *from, IcRow *row, uint64_t pc, Region *to, void *code)
{
    OutRef *ref = &region_refs(from)[from->nlinks + (row - region_ics(from))];
    if (row->key != ~0ull || ref->to || from->is_retired || to->is_retired) {
        return;
    }
    connect(&t->cache, ref, to);
    __atomic_store_n(&row->target, code, __ATOMIC_RELAXED);
    __atomic_store_n(&row->key, pc, __ATOMIC_RELEASE);
    t->shared.ic_fills++;
}

/* A cache keeps its key for good: a reader may have compared it already. What becomes invalid is sent to the table. */
static void retarget(Tcg *t, OutRef *ref)
{
    CodeCache *c = &t->cache;
    Region *from = codecache_at(c, ref->from), *to;
    uint32_t i = (uint32_t)(ref - region_refs(from));
    disconnect(c, ref);
    if (i < from->nlinks) {
        const LinkRow *row = &region_links(from)[i];
        void *code = map_find_region(&t->map, (RegionKey){ row->pc, row->ctx }, &to);
        if (code) {
            set_link(from, row, code);
            connect(c, ref, to);
        } else {
            unlink_row(from, i);
        }
        return;
    }
    IcRow *row = &region_ics(from)[i - from->nlinks];
    /* an inline cache leads to its site's context; exits to another one have none */
    void *code = map_find_region(&t->map, (RegionKey){ row->key & t->target->pc_mask, from->key.ctx }, &to);
    __atomic_store_n(&row->target, code ? code : (void *)tramp_relookup, __ATOMIC_RELEASE);
    if (code) {
        connect(c, ref, to);
    }
}

void link_retarget_incoming(Tcg *t, Region *r)
{
    while (r->incoming) {
        retarget(t, ref_at(&t->cache, r->incoming));
    }
}

void link_drop_outgoing(Tcg *t, Region *r)
{
    OutRef *refs = region_refs(r);
    for (uint32_t i = 0; i < (uint32_t)r->nlinks + r->nics; i++) {
        if (!refs[i].to) {
            continue;
        }
        disconnect(&t->cache, &refs[i]);
        if (i < r->nlinks) {
            unlink_row(r, i);
        } else {
            __atomic_store_n(&region_ics(r)[i - r->nlinks].target, (void *)tramp_relookup, __ATOMIC_RELEASE);
        }
    }
}
