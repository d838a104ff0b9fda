/* SPDX-License-Identifier: MIT */
/*
 * Where canonical NaNs are made. The builder leaves fcanon beside each result; snapshots redo it from the raw value and arithmetic looks
 * through it, so it costs only where something else reads it:
 *   readers behind the loop get an fcanon of their own there; one of a value from before the loop is made before it;
 *   where one must be made for a reader nearby, all that comes after reads it too, and the raw value ends there.
 */
#include "tcg/builder_state.h"
#include "tcg/opt/fold.h"
#include "tcg/opt/guard.h"
#include "util/arena.h"

static bool is_canon(const IrInsn *i) { return i->op == IR_FCANON_F32 || i->op == IR_FCANON_F64; }

/* Operations that need the canonical value in a register. Sign operations and boxes may be looked through themselves. */
static bool needs_canonical(const IrInsn *i)
{
    static const uint16_t through[] = { IR_FCANON_F32, IR_FCANON_F64, IR_BOX_F64, IR_FNEG_F32, IR_FNEG_F64, IR_FABS_F32, IR_FABS_F64 };
    if (ir_has_trait(i, IR_TRAIT_PHI) || fold_ignores_payload((IrOp)i->op)) {
        return false;
    }
    for (unsigned k = 0; k < sizeof through / sizeof through[0]; k++) {
        if (i->op == through[k]) {
            return false;
        }
    }
    return true;
}

static bool is_in_loop_of(const IrBuilder *b, uint32_t block, uint32_t other)
{
    uint32_t head = b->r->blocks[other].loop_head;
    for (uint32_t l = b->r->blocks[block].loop_head; l; l = b->blocks[l].outer_loop) {
        if (l == head) {
            return true;
        }
    }
    return !head;
}

/* A new fcanon of the same value in front of `user`. */
static uint32_t copy_canon(IrBuilder *b, uint32_t canon, uint32_t user)
{
    uint32_t id = build_insert_before(b, (IrOp)build_insn(b, canon)->op, user);
    build_insn(b, id)->arg[0] = build_resolve(b, build_insn(b, canon)->arg[0]);
    return id;
}

static bool is_behind_loop(const IrBuilder *b, uint32_t block, uint32_t canon)
{
    const IrInsn *i = build_insn(b, canon);
    return is_canon(i) && i->block != block && !is_in_loop_of(b, block, i->block) &&
           b->r->blocks[block].loop_depth <= b->r->blocks[i->block].loop_depth;
}

/* Values of phis: made at the end of the predecessor, or on the edge where that is still in the loop. */
static void sink_to_phis(IrBuilder *b, Guards *edges, uint32_t block)
{
    const uint32_t first_pred = b->r->blocks[block].first_pred, npreds = b->r->blocks[block].npreds;
    for (uint32_t id = b->r->blocks[block].first; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
        for (uint32_t p = 0; p < npreds; p++) {
            uint32_t at = build_insn(b, id)->arg[0] + p, pred = b->r->extra[first_pred + p];
            uint32_t v = build_resolve(b, b->r->extra[at]);
            if (!is_behind_loop(b, block, v)) {
                continue;
            }
            bool is_inside = is_in_loop_of(b, pred, build_insn(b, v)->block);
            if (is_inside && edges) {
                pred = guards_edge(edges, block, p);
            }
            if (!is_inside || edges) {
                uint32_t copy = copy_canon(b, v, b->r->blocks[pred].last);
                b->r->extra[at] = copy;
            }
        }
    }
}

/* Of a value that may signal it takes several operations: out of loops. */
static void hoist(IrBuilder *b, uint32_t id)
{
    IrInsn *i = build_insn(b, id);
    uint32_t v = build_resolve(b, i->arg[0]);
    const IrInsn *of = build_insn(b, v);
    if (of->block && !fold_is_quiet(b, v) && b->r->blocks[of->block].loop_depth < b->r->blocks[i->block].loop_depth) {
        uint32_t next = of->next;
        while (ir_has_trait(build_insn(b, next), IR_TRAIT_PHI | IR_TRAIT_SLOTIN)) {
            next = build_insn(b, next)->next;
        }
        uint32_t copy = copy_canon(b, id, next);
        build_replace(b, id, copy);
    }
}

void canon_sink(IrBuilder *b, bool may_split)
{
    Guards edges;
    guards_init(&edges, b);
    for (uint32_t k = 0; k < b->norder && b->has_canon; k++) {
        uint32_t block = b->order[k];
        sink_to_phis(b, may_split ? &edges : NULL, block);
        uint32_t next;
        for (uint32_t id = b->r->blocks[block].first; id; id = next) {
            next = build_insn(b, id)->next;
            if (is_canon(build_insn(b, id))) {
                hoist(b, id);
                continue;
            }
            if (ir_has_trait(build_insn(b, id), IR_TRAIT_CALL) || !needs_canonical(build_insn(b, id))) {
                continue;
            }
            for (unsigned a = 0; a < build_insn(b, id)->nargs; a++) {
                uint32_t v = build_resolve(b, build_insn(b, id)->arg[a]);
                if (is_behind_loop(b, block, v)) {
                    uint32_t copy = copy_canon(b, v, id);
                    build_insn(b, id)->arg[a] = copy;
                }
            }
        }
    }
    guards_build(&edges);
}

/* Phis need an input, if not behind the loop that makes it. */
static void mark(const IrBuilder *b, uint32_t v, uint32_t user)
{
    IrInsn *c = build_insn(b, build_resolve(b, v));
    c->flags |= is_canon(c) && is_in_loop_of(b, user, c->block) ? IR_FLAG_KEPT : 0;
}

void canon_mark(IrBuilder *b, bool has_phis)
{
    for (uint32_t k = 0; k < b->norder && b->has_canon; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = build_insn(b, id)->next) {
            const IrInsn *i = build_insn(b, id);
            bool is_phi = ir_has_trait(i, IR_TRAIT_PHI), is_wanted = is_phi ? has_phis : needs_canonical(i);
            const uint32_t *arg = is_phi ? &b->r->extra[i->arg[0]] : i->arg;
            for (unsigned a = 0; a < i->nargs && is_wanted && !ir_has_trait(i, IR_TRAIT_CALL); a++) {
                mark(b, arg[a], b->order[k]);
            }
        }
    }
}

/* In reverse post-order, so that what stands behind an fcanon is seen after it: its block dominates each reader of the raw value. */
void canon_share(IrBuilder *b)
{
    if (!b->has_canon) {
        return;
    }
    uint32_t n = b->r->ninsns;
    uint32_t *made = arena_alloc0(b->arena, n * sizeof(uint32_t)); /* by raw value */
    for (uint32_t k = 0; k < b->norder; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = build_insn(b, id)->next) {
            IrInsn *i = build_insn(b, id);
            if (is_canon(i)) {
                uint32_t raw = build_resolve(b, i->arg[0]);
                if (i->flags & IR_FLAG_KEPT && build_insn(b, raw)->block == i->block && !made[raw]) {
                    made[raw] = id;
                } else if (made[raw] && made[raw] != id) {
                    i->arg[0] = made[raw];
                }
                continue;
            }
            for (unsigned a = 0; a < i->nargs && !ir_has_trait(i, IR_TRAIT_PHI | IR_TRAIT_CALL); a++) {
                uint32_t v = build_resolve(b, i->arg[a]);
                i->arg[a] = made[v] ? made[v] : i->arg[a];
            }
        }
    }
    for (uint32_t k = 0; k < b->norder; k++) {
        uint32_t id = b->r->blocks[b->order[k]].first;
        for (; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
            uint32_t *arg = &b->r->extra[build_insn(b, id)->arg[0]];
            for (uint32_t a = 0; a < build_insn(b, id)->nargs; a++) {
                uint32_t v = build_resolve(b, arg[a]);
                arg[a] = made[v] ? made[v] : arg[a];
            }
        }
    }
}
