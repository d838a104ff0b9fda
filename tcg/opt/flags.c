/* SPDX-License-Identifier: MIT */
/*
 * Sticky flags saved and restored round comparisons: RISC-V compilers write `frflags; flt; fsflags` for a quiet comparison
 * (isless, and the test before sqrt). The comparison becomes one that raises nothing, and the flags are not written.
 */
#include "tcg/fpu.h"
#include "tcg/ir_eval.h"
#include "tcg/opt/fold_rules.h"

enum { MAX_VISITS = 600, KEPT = MXCSR_FLAGS & ~MXCSR_DENORMAL };

typedef struct Walk {
    const IrBuilder *b;
    uint32_t leaf; /* the fp_get_flags that all comes from */
    unsigned visits;
    bool is_linear; /* only moves and masks bits: each bit of the result follows from one bit */
} Walk;

/* The value v when the leaf's is `flags`. */
static IrValue value_of(Walk *w, uint32_t v, uint32_t flags)
{
    IrValue in[3] = { { .u64 = 0 } }, out[3] = { { .u64 = 0 } };
    const IrInsn *i = build_insn(w->b, v);
    if (++w->visits > MAX_VISITS) {
        w->is_linear = false;
    }
    if (!w->is_linear) {
        return out[0];
    }
    switch (i->op) {
    case IR_CONST_I32:
    case IR_CONST_I64:
        return (IrValue){ .u64 = i->imm };
    case IR_FP_GET_FLAGS_I32:
        w->is_linear = !w->leaf || w->leaf == v;
        w->leaf = v;
        return (IrValue){ .u64 = flags };
    case IR_AND_I32: case IR_AND_I64: case IR_SHL_I32: case IR_SHL_I64: case IR_SHR_I32: case IR_SHR_I64: {
        uint64_t c;
        w->is_linear = get_const(w->b, i->arg[1], &c);
        break;
    }
    case IR_OR_I32: case IR_OR_I64: case IR_ZEXT_I64: case IR_SEXT_I64: case IR_TRUNC_I32: case IR_ZEXT8_I32: case IR_ZEXT8_I64:
    case IR_ZEXT16_I32: case IR_ZEXT16_I64: case IR_ZEXT32_I64:
        break;
    default:
        w->is_linear = false;
        return out[0];
    }
    for (unsigned a = 0; a < i->nargs; a++) {
        in[a] = value_of(w, i->arg[a], flags);
    }
    w->is_linear = w->is_linear && ir_eval(i->op, in, i->aux, out);
    return out[0];
}

/* The fp_get_flags whose flags x holds, each at its place; 0: none. */
static uint32_t saved_flags(const IrBuilder *b, uint32_t x)
{
    Walk w = { .b = b, .is_linear = true };
    for (uint32_t bits = KEPT << 1 | 1; bits; bits &= bits - 1) {
        uint32_t flag = (bits & -bits) >> 1; /* none, then each */
        w.visits = 0;
        if ((value_of(&w, x, flag).u32 & KEPT) != flag || !w.is_linear) {
            return 0;
        }
    }
    return w.leaf;
}

static IrOp quiet_compare(IrOp op)
{
    switch (op) {
    case IR_FCMP_LT_F32:
        return IR_FCMP_LTQ_F32;
    case IR_FCMP_LE_F32:
        return IR_FCMP_LEQ_F32;
    case IR_FCMP_LT_F64:
        return IR_FCMP_LTQ_F64;
    case IR_FCMP_LE_F64:
        return IR_FCMP_LEQ_F64;
    case IR_FCMP_EQ_F32: case IR_FCMP_LTQ_F32: case IR_FCMP_LEQ_F32:
    case IR_FCMP_EQ_F64: case IR_FCMP_LTQ_F64: case IR_FCMP_LEQ_F64:
        return op;
    default:
        return IR_OP_INVALID;
    }
}

/* Makes a comparison that raises nothing: quiet, and of no signalling NaN. */
static void silence(IrBuilder *b, uint32_t compare)
{
    build_insn(b, compare)->op = (uint16_t)quiet_compare((IrOp)build_insn(b, compare)->op);
    for (unsigned a = 0; a < 2; a++) {
        uint32_t x = build_insn(b, compare)->arg[a];
        if (!fold_is_quiet(b, x)) {
            uint32_t canon = build_insert_before(b, build_insn(b, x)->type == IR_F32 ? IR_FCANON_F32 : IR_FCANON_F64, compare);
            build_insn(b, canon)->arg[0] = x;
            build_insn(b, compare)->arg[a] = canon;
            b->has_canon = true;
        }
    }
}

bool flags_fold_set(IrBuilder *b, uint32_t *x)
{
    uint32_t get = b->settings.is_quick ? 0 : saved_flags(b, *x);
    if (!get) {
        return false;
    }
    *x = get;
    if (get != b->flags_get || b->nfp_ops > FP_OPS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < b->nfp_ops; i++) {
        if (!quiet_compare((IrOp)build_insn(b, b->fp_ops[i])->op)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < b->nfp_ops; i++) {
        silence(b, b->fp_ops[i]);
    }
    b->nfp_ops = 0;
    return true;
}
