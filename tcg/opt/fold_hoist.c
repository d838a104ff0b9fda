/* SPDX-License-Identifier: MIT */
/*
 * Bitwise operations of extended 32-bit values work on the 32 bits and extend the result: an extension that only snapshots want costs
 * nothing, and rotations show themselves. Rotations of two shifts.
 */
#include "tcg/opt/fold_rules.h"

#include "tcg/builder_state.h"

/* What the upper half of a wide value is made of. */
typedef enum Upper { UPPER_OTHER = 0, UPPER_SIGN = 1, UPPER_ZERO = 2 } Upper;

/* How v follows from its low half (both when its sign bit is known to be clear). */
static unsigned upper_of(const IrBuilder *b, uint32_t v)
{
    uint64_t c;
    if (get_const(b, v, &c)) {
        return (c == (uint64_t)(int32_t)c ? UPPER_SIGN : 0) | (c == (uint32_t)c ? UPPER_ZERO : 0);
    }
    switch (op_of(b, v)) {
    case IR_SEXT_I64:
    case IR_SEXT32_I64:
        return UPPER_SIGN;
    case IR_ZEXT_I64:
    case IR_ZEXT32_I64:
        return known_width(b, v) < 32 ? UPPER_SIGN | UPPER_ZERO : UPPER_ZERO;
    default:
        return UPPER_OTHER;
    }
}

static bool is_extension(const IrBuilder *b, uint32_t v)
{
    IrOp op = op_of(b, v);
    return op == IR_SEXT_I64 || op == IR_ZEXT_I64;
}

uint32_t hoist_extension(IrBuilder *b, IrInsn *n)
{
    uint32_t x = n->arg[0], y = n->arg[1];
    if (!is_wide_op(n) || (!is_extension(b, x) && !is_extension(b, y))) {
        return 0;
    }
    unsigned upper = upper_of(b, x) & upper_of(b, y);
    if (!upper) {
        return 0;
    }
    IrOp op = n->op == IR_AND_I64 ? IR_AND_I32 : n->op == IR_OR_I64 ? IR_OR_I32 : n->op == IR_XOR_I64 ? IR_XOR_I32 : IR_ANDN_I32;
    if (op == IR_ANDN_I32 && upper != UPPER_SIGN) {
        return 0;
    }
    uint32_t low_x = build1(b, IR_TRUNC_I32, x);
    uint32_t low_y = build1(b, IR_TRUNC_I32, y);
    uint32_t low = build2(b, op, low_x, low_y);
    return build1(b, upper & UPPER_ZERO ? IR_ZEXT_I64 : IR_SEXT_I64, low);
}

/* x << c | x >> (width - c) */
uint32_t fold_to_rotate(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    unsigned width = is_wide ? 64 : 32;
    for (int k = 0; k < 2; k++) {
        IrInsn l = *build_insn(b, n->arg[k]), r = *build_insn(b, n->arg[1 - k]);
        uint64_t c, d;
        if (l.op == PICK(is_wide, SHL) && r.op == PICK(is_wide, SHR) && l.arg[0] == r.arg[0] && get_const(b, l.arg[1], &c) &&
            get_const(b, r.arg[1], &d) && c && d && c + d == width) {
            return again(n, PICK(is_wide, ROTL), l.arg[0], l.arg[1]);
        }
    }
    return 0;
}
