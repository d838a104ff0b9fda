/* SPDX-License-Identifier: MIT */
/*
 * Live sets of regions of several blocks, by iteration, so that irreducible graphs are no matter;
 * and which values a loop uses again when it comes round.
 */
#include "tcg/regalloc/alloc.h"

static uint64_t *row(const Ra *ra, uint64_t *sets, uint32_t block)
{
    return &sets[(size_t)block * ra->words];
}

static void local_sets(Ra *ra, uint32_t id, uint64_t *kill, uint64_t *gen, uint64_t *in)
{
    const MRegion *m = ra->m;
    const MBlock *b = &m->blocks[id];
    for (uint32_t i = b->end; i-- > b->first;) {
        const MInsn *insn = &m->insns[i];
        const MOperand *ops = &m->operands[insn->first_op];
        /* First: a snapshot may name the insn's own tied result. */
        const MSnapshot *s = &m->snaps[insn->snap];
        for (uint32_t e = 0; insn->snap && e < s->count; e++) {
            const MSnapEntry *entry = &m->snap_entries[s->first + e];
            if (!ra_is_const(entry->recipe)) {
                ra_set(in, entry->vreg);
            }
        }
        for (unsigned k = 0; k < insn->nops; k++) {
            if (ops[k].vreg && ops[k].role > M_USE_LATE) {
                ra_set(kill, ops[k].vreg);
                ra_clear(gen, ops[k].vreg);
                ra_clear(in, ops[k].vreg);
            }
        }
        for (unsigned k = 0; k < insn->nops; k++) {
            if (ops[k].vreg && ops[k].role <= M_USE_LATE) {
                ra_set(gen, ops[k].vreg);
                ra_set(in, ops[k].vreg);
            }
        }
    }
}

/* out of the block |= what its successor wants on this edge. */
static void add_successor(Ra *ra, uint32_t id, uint32_t succ, uint64_t *out, uint64_t *tmp)
{
    const MRegion *m = ra->m;
    const MBlock *s = &m->blocks[succ];
    const uint64_t *in = row(ra, ra->live_in, succ);
    for (uint32_t k = 0; k < ra->words; k++) {
        tmp[k] = in[k];
    }
    uint32_t pred = 0;
    while (s->nphis && m->preds[s->first_pred + pred] != id) {
        pred++;
    }
    for (uint32_t k = 0; k < s->nphis; k++) {
        ra_clear(tmp, m->phis[s->first_phi + k].dest);
    }
    for (uint32_t k = 0; k < s->nphis; k++) {
        const MPhi *phi = &m->phis[s->first_phi + k];
        uint32_t v = m->phi_srcs[phi->first_src + pred];
        if (v && ra_has(in, phi->dest)) {
            ra_set(tmp, v);
        }
    }
    for (uint32_t k = 0; k < ra->words; k++) {
        out[k] |= tmp[k];
    }
}

void ra_build_live_out(Ra *ra, uint32_t id)
{
    const MBlock *b = &ra->m->blocks[id];
    uint64_t *out = row(ra, ra->live_out, id);
    for (uint32_t s = 0; s < b->nsucc; s++) {
        add_successor(ra, id, b->succ[s], out, ra->scratch_set);
    }
}

static bool update_block(Ra *ra, uint32_t id, const uint64_t *kill)
{
    uint64_t *in = row(ra, ra->live_in, id), *out = row(ra, ra->live_out, id);
    ra_build_live_out(ra, id);
    bool is_changed = false;
    for (uint32_t k = 0; k < ra->words; k++) {
        uint64_t now = in[k] | (out[k] & ~kill[k]);
        is_changed |= now != in[k];
        in[k] = now;
    }
    return is_changed;
}

/* A value that is live round a loop and used in it is used again after the loop's end. */
static void mark_loop(Ra *ra, uint32_t head, uint64_t *gen)
{
    const MBlock *h = &ra->m->blocks[head];
    uint64_t **mark = &ra->loop_marks[h->loop_end];
    if (!*mark) {
        *mark = arena_alloc0(ra->arena, sizeof(uint64_t) * ra->words);
    }
    const uint64_t *in = row(ra, ra->live_in, head), *out = row(ra, ra->live_out, h->loop_end);
    for (uint32_t b = head; b <= h->loop_end; b++) {
        const uint64_t *g = row(ra, gen, b);
        for (uint32_t k = 0; k < ra->words; k++) {
            (*mark)[k] |= in[k] & out[k] & g[k];
        }
    }
    for (uint32_t k = 0; k < h->nphis; k++) {
        ra_clear(*mark, ra->m->phis[h->first_phi + k].dest);
    }
}

static bool has_back_edge(const MRegion *m)
{
    for (uint32_t b = 1; b < m->nblocks; b++) {
        for (uint32_t s = 0; s < m->blocks[b].nsucc; s++) {
            if (m->blocks[b].succ[s] <= b) {
                return true;
            }
        }
    }
    return false;
}

void ra_build_live_sets(Ra *ra)
{
    MRegion *m = ra->m;
    ra->words = (m->nvregs + 63) / 64;
    size_t size = sizeof(uint64_t) * ra->words * m->nblocks;
    ra->live_in = arena_alloc0(ra->arena, size);
    ra->live_out = arena_alloc0(ra->arena, size);
    ra->loop_marks = arena_alloc0(ra->arena, sizeof(uint64_t *) * m->nblocks);
    ra->scratch_set = arena_alloc(ra->arena, sizeof(uint64_t) * ra->words);
    if (!has_back_edge(m)) {
        return; /* the walk meets each block after its successors */
    }
    uint64_t *gen = arena_alloc0(ra->arena, size), *kill = arena_alloc0(ra->arena, size);
    for (uint32_t b = 1; b < m->nblocks; b++) {
        local_sets(ra, b, row(ra, kill, b), row(ra, gen, b), row(ra, ra->live_in, b));
    }
    bool is_changed = true;
    while (is_changed) {
        is_changed = false;
        for (uint32_t b = m->nblocks; b-- > 1;) {
            is_changed |= update_block(ra, b, row(ra, kill, b));
        }
    }
    for (uint32_t b = 1; b < m->nblocks; b++) {
        if (m->blocks[b].loop_end) {
            mark_loop(ra, b, gen);
        }
    }
}
