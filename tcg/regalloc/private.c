/* SPDX-License-Identifier: MIT */
/*
 * Blocks on edges back whose work harms no other way: what they write, the way out of the loop does not read. A back end may do it in
 * front of the branch, and needs no jump.
 */
#include "tcg/regalloc/alloc.h"

/* Whether value v is in `loc` where the branch is left, or where the other way begins, or owns that spill slot. */
static bool holds(const Ra *ra, uint32_t v, uint32_t left, uint32_t begin, Loc loc)
{
    bool owns_slot = loc.kind == LOC_SPILL && ra->parts[v].slot == loc.index + 1u;
    return owns_slot || ra_is_same(ra_part_at(ra, v, left)->loc, loc) || ra_is_same(ra_part_at(ra, v, begin)->loc, loc);
}

static bool is_read(const Ra *ra, uint32_t pred, uint32_t other, Loc loc)
{
    uint32_t left = 2 * ra->m->blocks[pred].end - 1, begin = 2 * ra->m->blocks[other].first;
    for (uint32_t w = 0; w < ra->words; w++) {
        for (uint64_t bits = ra->live_in[(size_t)other * ra->words + w]; bits; bits &= bits - 1) {
            if (holds(ra, w * 64 + (uint32_t)__builtin_ctzll(bits), left, begin, loc)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_private(const Ra *ra, uint32_t block, uint32_t pred, uint32_t other)
{
    const MRegion *m = ra->m;
    const MBlock *b = &m->blocks[block];
    for (uint32_t i = b->first; i < b->end; i++) {
        for (uint32_t k = ra->pending_head ? ra->pending_head[i] : 0; k; k = ra->pending[k].next) {
            if (is_read(ra, pred, other, ra->pending[k].dst)) {
                return false;
            }
        }
        const MInsn *insn = &m->insns[i];
        for (unsigned n = 0; n < insn->nops; n++) {
            const MOperand *o = &m->operands[insn->first_op + n];
            bool is_def = o->role == M_DEF || o->role == M_DEF_EARLY;
            if (insn->clobbers[M_GPR] || insn->clobbers[M_VEC] || (is_def && is_read(ra, pred, other, ra_part_at(ra, o->vreg, 2 * i + 1)->loc))) {
                return false;
            }
        }
    }
    return true;
}

void ra_find_private(Ra *ra)
{
    const MRegion *m = ra->m;
    for (uint32_t id = 2; id < m->nblocks && !ra->is_single; id++) {
        const MBlock *b = &m->blocks[id];
        uint32_t pred = b->npreds == 1 ? m->preds[b->first_pred] : 0;
        if (!pred || b->is_entry || b->nsucc != 1 || b->succ[0] > pred || m->blocks[pred].nsucc != 2) {
            continue;
        }
        const MBlock *p = &m->blocks[pred];
        if (is_private(ra, id, pred, p->succ[p->succ[0] == id])) {
            ra->out->is_private = ra->out->is_private ? ra->out->is_private : arena_alloc0(ra->arena, m->nblocks);
            ra->out->is_private[id] = true;
        }
    }
}
