/* SPDX-License-Identifier: MIT */
/*
 * Removal of dead values in one walk from the last use to the first: what no effect and no snapshot needs. Loads stay (they
 * may fault), and so do `fp` operations (sticky flags). Also gives every argument its final value and counts uses.
 */
#include "tcg/builder_state.h"
#include "tcg/opt/fold_rules.h"

static bool has_effect(const IrRegion *r, const IrInsn *i, uint32_t traits)
{
    enum {
        EFFECTS = IR_TRAIT_FP | IR_TRAIT_FPENV | IR_TRAIT_LOAD | IR_TRAIT_STORE | IR_TRAIT_RMW | IR_TRAIT_FENCE |
                  IR_TRAIT_TERM | IR_TRAIT_POLL
    };
    if (traits & IR_TRAIT_CALL) {
        return r->helpers[i->aux].effects != HELPER_PURE;
    }
    return (traits & EFFECTS && i->op != IR_FP_GET_FLAGS_I32) || i->op == IR_PUT_INDEXED_I64;
}

static void count_use(IrBuilder *b, uint32_t id)
{
    IrInsn *i = build_insn(b, id);
    i->uses = (uint16_t)(i->uses + (i->uses != UINT16_MAX));
}

/* Arguments along edges back are used above where they are made: taken as needed. */
static void mark_back_edges(IrBuilder *b, uint32_t block)
{
    IrRegion *r = b->r;
    const IrBlock *k = &r->blocks[block];
    for (uint32_t p = 0; p < k->npreds; p++) {
        if (b->blocks[r->extra[k->first_pred + p]].rpo < b->blocks[block].rpo) {
            continue;
        }
        for (uint32_t id = k->first; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
            build_mark(b, build_resolve(b, r->extra[build_insn(b, id)->arg[0] + p]));
        }
    }
}

/* A comparison right behind, which is wanted, raises what i does, or is made to: a quiet one raises for signalling NaNs alone. */
static bool is_raised_behind(IrBuilder *b, const IrInsn *i)
{
    enum { EQ, LT, LE, LTQ, LEQ, KINDS };
    unsigned first = i->op >= IR_FCMP_EQ_F64 ? IR_FCMP_EQ_F64 : IR_FCMP_EQ_F32, kind = i->op - first;
    uint32_t x = build_resolve(b, i->arg[0]), y = build_resolve(b, i->arg[1]), next = i->next;
    bool is_loud = kind == LT || kind == LE;
    if (i->op < IR_FCMP_EQ_F32 || kind >= KINDS) {
        return false;
    }
    for (; next && ir_op_info[op_of(b, next)].traits & (IR_TRAIT_PURE | IR_TRAIT_FP); next = build_insn(b, next)->next) {
        IrInsn *k = build_insn(b, next);
        unsigned other = k->op - first;
        bool is_same = (k->arg[0] == x && k->arg[1] == y) || (k->arg[0] == y && k->arg[1] == x);
        if (other < KINDS && is_same && !(is_loud && other == EQ)) {
            k->op = (uint16_t)(is_loud && other >= LTQ ? k->op - (LTQ - LT) : k->op);
            return true;
        }
    }
    return false;
}

static void sweep_block(IrBuilder *b, uint32_t block)
{
    IrRegion *r = b->r;
    uint32_t prev;
    for (uint32_t id = r->blocks[block].last; id; id = prev) {
        IrInsn *i = build_insn(b, id);
        uint32_t traits = ir_op_info[i->op].traits;
        prev = i->prev;
        if (!i->uses && !(i->flags & IR_FLAG_MARK) && (!has_effect(r, i, traits) || is_raised_behind(b, i))) {
            build_replace(b, id, 0);
            continue;
        }
        i->flags &= (uint8_t)~IR_FLAG_MARK;
        uint32_t *arg = traits & (IR_TRAIT_PHI | IR_TRAIT_CALL) ? &r->extra[i->arg[0]] : i->arg;
        for (uint32_t a = 0; a < i->nargs; a++) {
            arg[a] = build_resolve(b, arg[a]);
            count_use(b, arg[a]);
        }
        if (traits & IR_TRAIT_EXIT) {
            const IrSnapshot *s = &r->snaps[i->snap];
            for (uint32_t e = 0; e < s->count; e++) {
                count_use(b, r->snap_entries[s->first + e].value);
            }
        }
    }
}

void dead_remove(IrBuilder *b)
{
    for (uint32_t i = 0; i < b->norder; i++) {
        mark_back_edges(b, b->order[i]);
    }
    for (uint32_t i = b->norder; i-- > 0;) {
        sweep_block(b, b->order[i]);
    }
}
