/* SPDX-License-Identifier: MIT */
/* Moves between the pieces of a value: within a block, along edges, and into phis. */
#include "tcg/regalloc/alloc.h"

#include <string.h>

void ra_add_move(Ra *ra, uint32_t at, uint8_t phase, Loc dst, Loc src, uint8_t size)
{
    if (ra_is_same(dst, src)) {
        return;
    }
    lyre_assert(src.kind != LOC_NONE && dst.kind != LOC_NONE && dst.kind != LOC_HOME);
    if (!ra->pending_head) {
        ra->pending_head = arena_alloc0(ra->arena, sizeof(uint32_t) * (ra->m->ninsns + 1));
        ra->npending = 1;
    }
    ra->pending =
        arena_grow(ra->arena, ra->pending, sizeof(Pending), &ra->cap_pending, ra->npending + 1);
    ra->pending[ra->npending] = (Pending){ dst, src, ra->pending_head[at], phase, size };
    ra->pending_head[at] = ra->npending++;
}

/* Into memory: the value is there since its definition, unless it is stored late. */
static bool needs_move(const Ra *ra, uint32_t v, const Part *a, const Part *b)
{
    if (!(b->flags & PART_IS_MEM)) {
        return true;
    }
    return ra->parts[v].flags & PART_IS_STORED_LATE && !(a->flags & PART_IS_MEM);
}

/* Between pieces that adjoin inside a block. */
static void resolve_splits(Ra *ra)
{
    for (uint32_t k = 0; k < ra->nsplit; k++) {
        uint32_t v = ra->split[k];
        for (uint32_t p = v; ra->parts[p].next; p = ra->parts[p].next) {
            const Part *a = &ra->parts[p], *b = &ra->parts[a->next];
            if (a->end != b->begin || !needs_move(ra, v, a, b)) {
                continue;
            }
            if (ra->m->blocks[ra_block_at(ra, b->begin)].first * 2 == b->begin) {
                continue; /* along edges */
            }
            /* At an odd position (into memory) the value is moved before the insn, from where it
             * was there. */
            Loc src = b->begin & 1 ? ra_part_at(ra, v, b->begin - 2)->loc : a->loc;
            ra_add_move(ra, b->begin / 2, 1, b->loc, src, ra->m->vregs[v].size);
        }
    }
}

static void add_edge_move(Ra *ra, uint32_t pred, uint32_t succ, Loc dst, Loc src, uint8_t size)
{
    const MBlock *p = &ra->m->blocks[pred], *s = &ra->m->blocks[succ];
    if (p->nsucc == 1) {
        ra_add_move(ra, p->end - 1, 2, dst, src, size);
    } else {
        lyre_assert(s->npreds == 1);
        ra_add_move(ra, s->first + 1, 0, dst, src, size);
    }
}

static void resolve_value(Ra *ra, uint32_t pred, uint32_t succ, uint32_t v)
{
    const Part *a = ra_part_at(ra, v, 2 * ra->m->blocks[pred].end - 1);
    const Part *b = ra_part_at(ra, v, 2 * ra->m->blocks[succ].first);
    if (a != b && needs_move(ra, v, a, b)) {
        add_edge_move(ra, pred, succ, b->loc, a->loc, ra->m->vregs[v].size);
    }
}

/* Whether the value has been in that spill slot since its definition. */
static bool is_stored_at(const Ra *ra, uint32_t v, Loc slot)
{
    const Part *p = &ra->parts[v];
    return (p->flags & (PART_IS_SPILLED | PART_IS_STORED_LATE)) == PART_IS_SPILLED &&
           slot.kind == LOC_SPILL && p->slot == slot.index + 1u;
}

static void resolve_phis(Ra *ra, uint32_t pred, unsigned nth, uint32_t succ)
{
    const MRegion *m = ra->m;
    const MBlock *s = &m->blocks[succ];
    for (uint32_t k = 0; k < s->nphis; k++) {
        const MPhi *phi = &m->phis[s->first_phi + k];
        uint32_t v = m->phi_srcs[phi->first_src + nth];
        if (v && ra->phi_of[phi->dest]) {
            const Part *src = ra_part_at(ra, v, 2 * m->blocks[pred].end - 1);
            const Part *dest = &ra->parts[phi->dest];
            if (!(dest->flags & PART_IS_MEM) || !is_stored_at(ra, v, dest->loc)) {
                add_edge_move(ra, pred, succ, dest->loc, src->loc, m->vregs[v].size);
            }
        }
    }
}

static void resolve_edges(Ra *ra)
{
    const MRegion *m = ra->m;
    uint64_t *split = arena_alloc0(ra->arena, sizeof(uint64_t) * ra->words);
    for (uint32_t k = 0; k < ra->nsplit; k++) {
        ra_set(split, ra->split[k]);
    }
    for (uint32_t b = 1; b < m->nblocks; b++) {
        const MBlock *s = &m->blocks[b];
        for (uint32_t k = 0; k < s->npreds && (s->nphis || ra->nsplit); k++) {
            uint32_t pred = m->preds[s->first_pred + k];
            for (uint32_t w = 0; w < ra->words; w++) {
                uint64_t bits = split[w] & ra->live_in[(size_t)b * ra->words + w];
                for (; bits; bits &= bits - 1) {
                    uint32_t v = w * 64 + __builtin_ctzll(bits);
                    if (ra->parts[v].begin < 2 * s->first) { /* no phi of this block */
                        resolve_value(ra, pred, b, v);
                    }
                }
            }
            resolve_phis(ra, pred, k, b);
        }
    }
}

void ra_resolve(Ra *ra)
{
    if (ra->nsplit) {
        resolve_splits(ra);
    }
    if (!ra->is_single) {
        resolve_edges(ra);
    }
}
