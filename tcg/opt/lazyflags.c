/* SPDX-License-Identifier: MIT */
/*
 * Flags that go round a loop only for the sake of snapshots: the phi becomes phis of the operands that the flags are made of, which mostly
 * exist already (the loop's variable and its limit), so that the loop computes no flags. With flags(x, y) of the operands outside, and any
 * values there, phi(v, flags(a, b)) is flags(phi(x, a), phi(y, b)) ^ phi(v ^ flags(x, y), 0).
 */
#include "tcg/builder_state.h"
#include "tcg/opt/fold_rules.h"
#include "util/arena.h"

static uint32_t phi_arg(const IrBuilder *b, uint32_t phi, uint32_t i)
{
    return build_resolve(b, b->r->extra[build_insn(b, phi)->arg[0] + i]);
}

static bool is_inside(const IrBuilder *b, uint32_t head, uint32_t p)
{
    uint32_t pred = b->r->extra[b->r->blocks[head].first_pred + p];
    return b->blocks[pred].rpo >= b->blocks[head].rpo;
}

static bool makes_flags(IrOp op) { return op == IR_CC_SUB_I32 || op == IR_CC_SUB_I64 || op == IR_CC_ADD_I32 || op == IR_CC_ADD_I64; }

/* ---- insertion */

static uint32_t insert(IrBuilder *b, IrOp op, uint32_t next, uint32_t x, uint32_t y)
{
    uint32_t id = build_insert_before(b, op, next);
    build_insn(b, id)->arg[0] = x;
    build_insn(b, id)->arg[1] = y;
    return id;
}

/* ---- one phi */

/* The operation whose flags come round, the same wherever they do; 0: something else does. */
static uint32_t round_flags(const IrBuilder *b, uint32_t phi)
{
    uint32_t head = build_insn(b, phi)->block, found = 0;
    for (uint32_t i = 0; i < build_insn(b, phi)->nargs; i++) {
        uint32_t v = phi_arg(b, phi, i);
        if (!is_inside(b, head, i) || v == phi) {
            continue;
        }
        if (!makes_flags(op_of(b, v)) || (found && found != v)) {
            return 0;
        }
        found = v;
    }
    return found;
}

/* A phi of the header that has `v` wherever it comes from inside. */
static uint32_t find_phi(const IrBuilder *b, uint32_t like, uint32_t v)
{
    uint32_t head = build_insn(b, like)->block;
    for (uint32_t id = b->r->blocks[head].first; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
        bool is_it = id != like && build_insn(b, id)->type == build_insn(b, v)->type;
        for (uint32_t i = 0; i < build_insn(b, id)->nargs && is_it; i++) {
            is_it = !is_inside(b, head, i) || phi_arg(b, id, i) == v;
        }
        if (is_it) {
            return id;
        }
    }
    return 0;
}

/* What stands for operand v of the operation at the header: itself where it does not change in the loop, the phi that it has already, else a
 * new one, zero outside. */
static uint32_t operand_at_head(IrBuilder *b, uint32_t phi, uint32_t v)
{
    uint32_t head = build_insn(b, phi)->block;
    bool is_const = ir_has_trait(build_insn(b, v), IR_TRAIT_FLOAT);
    uint32_t block = is_const ? 0 : build_insn(b, v)->block;
    if (is_const || (block != head && flow_dominates(b, block, head))) {
        return v;
    }
    uint32_t found = find_phi(b, phi, v);
    if (found) {
        return found;
    }
    bool is_wide = build_insn(b, v)->type == IR_I64;
    uint32_t zero = make_const(b, is_wide, 0), new = build_phi_like(b, phi, (IrType)build_insn(b, v)->type);
    for (uint32_t i = 0; i < build_insn(b, new)->nargs; i++) {
        uint32_t in = !is_inside(b, head, i) ? zero : phi_arg(b, phi, i) == phi ? new : v;
        b->r->extra[build_insn(b, new)->arg[0] + i] = in;
    }
    return new;
}

/* The operand on the edge from outside. */
static uint32_t outside(const IrBuilder *b, uint32_t head, uint32_t v, uint32_t i)
{
    bool is_phi = ir_has_trait(build_insn(b, v), IR_TRAIT_PHI) && build_insn(b, v)->block == head;
    return is_phi ? phi_arg(b, v, i) : v;
}

static void make_lazy(IrBuilder *b, uint32_t phi, uint32_t flags)
{
    uint32_t head = build_insn(b, phi)->block;
    IrOp op = op_of(b, flags);
    uint32_t arg[2] = { build_resolve(b, arg_of(b, flags, 0)), build_resolve(b, arg_of(b, flags, 1)) };
    uint32_t x = operand_at_head(b, phi, arg[0]), y = operand_at_head(b, phi, arg[1]), zero = make_const(b, false, 0);
    uint32_t change = build_phi_like(b, phi, IR_I32);
    for (uint32_t i = 0; i < build_insn(b, phi)->nargs; i++) {
        uint32_t in = zero;
        if (!is_inside(b, head, i)) {
            uint32_t pred = b->r->extra[b->r->blocks[head].first_pred + i], last = b->r->blocks[pred].last;
            uint32_t before = insert(b, op, last, outside(b, head, x, i), outside(b, head, y, i));
            uint32_t old = insert(b, IR_CC_PACK_I32, last, phi_arg(b, phi, i), 0), made = insert(b, IR_CC_PACK_I32, last, before, 0);
            in = insert(b, IR_XOR_I32, last, old, made);
        } else if (phi_arg(b, phi, i) == phi) {
            in = change;
        }
        b->r->extra[build_insn(b, change)->arg[0] + i] = in;
    }
    uint32_t next = b->r->blocks[head].first;
    while (ir_has_trait(build_insn(b, next), IR_TRAIT_PHI | IR_TRAIT_SLOTIN)) {
        next = build_insn(b, next)->next;
    }
    uint32_t made = insert(b, op, next, x, y);
    uint32_t bits = insert(b, IR_CC_PACK_I32, next, made, 0);
    uint32_t both = insert(b, IR_XOR_I32, next, bits, change);
    build_replace(b, phi, insert(b, IR_CC_MAKE_I32, next, both, 0));
}

/* ---- the pass: before snapshots are listed, so every argument is another use */

static void mark_used(IrBuilder *b, uint8_t *is_used)
{
    for (uint32_t k = 0; k < b->norder; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = build_insn(b, id)->next) {
            const IrInsn *i = build_insn(b, id);
            if (ir_has_trait(i, IR_TRAIT_CALL)) {
                continue; /* none takes flags */
            }
            for (unsigned a = 0; a < i->nargs; a++) {
                uint32_t v = ir_has_trait(i, IR_TRAIT_PHI) ? phi_arg(b, id, a) : build_resolve(b, i->arg[a]);
                is_used[v] |= v != id;
            }
        }
    }
}

void lazy_flags(IrBuilder *b)
{
    uint8_t *is_used = NULL;
    uint32_t nvalues = b->r->ninsns;
    for (uint32_t k = 0; k < b->norder; k++) {
        uint32_t head = b->order[k], next;
        if (b->r->blocks[head].loop_head != head) {
            continue;
        }
        for (uint32_t id = b->r->blocks[head].first; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = next) {
            next = build_insn(b, id)->next;
            uint32_t flags = build_insn(b, id)->op == IR_PHI_CC && id < nvalues ? round_flags(b, id) : 0;
            if (flags && !is_used) {
                is_used = arena_alloc0(b->arena, nvalues);
                mark_used(b, is_used);
            }
            if (flags && !is_used[id]) {
                make_lazy(b, id, flags);
            }
        }
    }
}
