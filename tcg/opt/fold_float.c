/* SPDX-License-Identifier: MIT */
/* Rules of moves between classes, NaN boxing, sign operations, canonical NaNs. */
#include "tcg/opt/fold_rules.h"

/* bits of bits */
uint32_t fold_bits(IrBuilder *b, IrInsn *n)
{
    static const uint16_t inverse[][2] = { { IR_BITS_F32_I32, IR_F32_BITS_F32 },
                                           { IR_BITS_F64_I64, IR_F64_BITS_F64 },
                                           { IR_F32_BITS_F32, IR_BITS_F32_I32 },
                                           { IR_F64_BITS_F64, IR_BITS_F64_I64 } };
    for (unsigned i = 0; i < 4; i++) {
        if (inverse[i][0] == n->op && inverse[i][1] == op_of(b, n->arg[0])) {
            return arg_of(b, n->arg[0], 0);
        }
    }
    return 0;
}

uint32_t fold_box(IrBuilder *b, IrInsn *n)
{
    b->has_box = true;
    return op_of(b, n->arg[0]) == IR_BOX_F64 ? arg_of(b, n->arg[0], 0) : 0;
}

uint32_t fold_sign(IrBuilder *b, IrInsn *n)
{
    bool is_wide = ir_op_info[n->op].result[0] == IR_F64;
    IrOp neg = is_wide ? IR_FNEG_F64 : IR_FNEG_F32, abs = is_wide ? IR_FABS_F64 : IR_FABS_F32;
    uint32_t x = n->arg[0];
    IrOp inner = op_of(b, x);
    if (n->op == neg) {
        return inner == neg ? arg_of(b, x, 0) : 0;
    }
    if (n->op == abs) {
        return inner == abs ? x : inner == neg ? again(n, abs, arg_of(b, x, 0), 0) : 0;
    }
    uint32_t y = n->arg[1]; /* copysign */
    if (x == y) {
        return x;
    }
    if (op_of(b, y) == neg && arg_of(b, y, 0) == x) {
        return y;
    }
    const IrInsn *c = build_insn(b, y);
    if (c->op == IR_CONST_F32 || c->op == IR_CONST_F64) {
        bool is_negative = c->imm >> (is_wide ? 63 : 31);
        x = build1(b, abs, x);
        return is_negative ? build1(b, neg, x) : x;
    }
    return inner == neg || inner == abs ? again(n, n->op, arg_of(b, x, 0), y) : 0;
}

bool fold_is_quiet(const IrBuilder *b, uint32_t v)
{
    const IrInsn *i = build_insn(b, v);
    return ir_has_trait(i, IR_TRAIT_FP) || i->op == IR_FCANON_F32 || i->op == IR_FCANON_F64;
}

uint32_t fold_canon(IrBuilder *b, IrInsn *n)
{
    b->has_canon = true;
    switch (op_of(b, n->arg[0])) {
    case IR_FCANON_F32:
    case IR_FCANON_F64:
    case IR_I32_S_TO_F32_F32: /* never a NaN */
    case IR_I32_U_TO_F32_F32:
    case IR_I64_S_TO_F32_F32:
    case IR_I64_U_TO_F32_F32:
    case IR_I32_S_TO_F64_F64:
    case IR_I32_U_TO_F64_F64:
    case IR_I64_S_TO_F64_F64:
    case IR_I64_U_TO_F64_F64:
        return n->arg[0];
    default:
        return 0;
    }
}

/* What an operation may read instead of v when it does not look at the payload of a NaN. */
static uint32_t strip_canon(IrBuilder *b, uint32_t v)
{
    IrInsn i = *build_insn(b, v);
    switch (i.op) {
    case IR_FCANON_F32:
    case IR_FCANON_F64:
        return fold_is_quiet(b, i.arg[0]) ? i.arg[0] : v;
    case IR_FNEG_F32:
    case IR_FNEG_F64:
    case IR_FABS_F32:
    case IR_FABS_F64: {
        uint32_t x = strip_canon(b, i.arg[0]);
        return x != i.arg[0] ? build1(b, i.op, x) : v;
    }
    default:
        return v;
    }
}

/* Arithmetic, comparisons and conversions: payloads of NaN inputs do not count. */
uint32_t fold_float(IrBuilder *b, IrInsn *n)
{
    for (unsigned a = 0; a < n->nargs; a++) {
        n->arg[a] = strip_canon(b, n->arg[a]);
    }
    return 0;
}
