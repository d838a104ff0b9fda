/* SPDX-License-Identifier: MIT */
/* The folder's driver: constants through the generated evaluator, canonical order of arguments, then the op's rule. */
#include "tcg/opt/fold.h"

#include "tcg/ir_eval.h"
#include "tcg/opt/fold_rules.h"
#include "util/compiler.h"

#define BOTH(name, rule) [IR_##name##_I32] = (rule), [IR_##name##_I64] = (rule)
#define FLOATS(name, rule) [IR_##name##_F32] = (rule), [IR_##name##_F64] = (rule)

static FoldRule *const rules[IR_OP_COUNT] = {
    BOTH(ADD, fold_add),
    BOTH(SUB, fold_sub),
    BOTH(MUL, fold_mul),
    BOTH(AND, fold_and),
    BOTH(OR, fold_or),
    BOTH(XOR, fold_xor),
    BOTH(ANDN, fold_andn),
    BOTH(SHL, fold_shl),
    BOTH(SHR, fold_shr),
    BOTH(SAR, fold_sar),
    BOTH(ROTL, fold_rotate),
    BOTH(ROTR, fold_rotate),
    BOTH(SMIN, fold_minmax),
    BOTH(SMAX, fold_minmax),
    BOTH(UMIN, fold_minmax),
    BOTH(UMAX, fold_minmax),
    BOTH(DIV_S, fold_div),
    BOTH(DIV_U, fold_div),
    BOTH(REM_S, fold_rem),
    BOTH(REM_U, fold_rem),
    BOTH(SEXT8, fold_extend),
    BOTH(SEXT16, fold_extend),
    BOTH(ZEXT8, fold_extend),
    BOTH(ZEXT16, fold_extend),
    [IR_SEXT32_I64] = fold_extend,
    [IR_ZEXT32_I64] = fold_extend,
    [IR_SEXT_I64] = fold_extend32,
    [IR_ZEXT_I64] = fold_extend32,
    [IR_TRUNC_I32] = fold_trunc,
    [IR_MUL2_S_I64] = fold_mul2,
    [IR_MUL2_U_I64] = fold_mul2,
    [IR_RESULT_I64] = fold_result,
    BOTH(CMP_EQ, fold_compare),
    BOTH(CMP_NE, fold_compare),
    BOTH(CMP_SLT, fold_compare),
    BOTH(CMP_SLE, fold_compare),
    BOTH(CMP_ULT, fold_compare),
    BOTH(CMP_ULE, fold_compare),
    BOTH(SELECT, fold_select),
    FLOATS(SELECT, fold_select),
    [IR_SELECT_CC] = fold_select,
    [IR_CC_TEST_I32] = fold_cc_test,
    [IR_CC_BIT_I32] = fold_cc_bit,
    [IR_CC_PACK_I32] = fold_cc_move,
    [IR_CC_MAKE_I32] = fold_cc_move,
    [IR_BITS_F32_I32] = fold_bits,
    [IR_BITS_F64_I64] = fold_bits,
    [IR_F32_BITS_F32] = fold_bits,
    [IR_F64_BITS_F64] = fold_bits,
    [IR_UNBOX_F32] = fold_box,
    FLOATS(FNEG, fold_sign),
    FLOATS(FABS, fold_sign),
    FLOATS(FCOPYSIGN, fold_sign),
    FLOATS(FCANON, fold_canon),
    FLOATS(FADD, fold_float),
    FLOATS(FSUB, fold_float),
    FLOATS(FMUL, fold_float),
    FLOATS(FDIV, fold_float),
    FLOATS(FSQRT, fold_float),
    FLOATS(FMA, fold_float),
    FLOATS(FMINNUM, fold_float),
    FLOATS(FMAXNUM, fold_float),
    FLOATS(FMIN, fold_float),
    FLOATS(FMAX, fold_float),
    FLOATS(FCMP_EQ, fold_float),
    FLOATS(FCMP_LT, fold_float),
    FLOATS(FCMP_LE, fold_float),
    FLOATS(FCMP_LTQ, fold_float),
    FLOATS(FCMP_LEQ, fold_float),
    FLOATS(FROUND, fold_float),
    FLOATS(FRINT, fold_float),
    [IR_F32_TO_I32_S_I32] = fold_float,
    [IR_F32_TO_I32_U_I32] = fold_float,
    [IR_F32_TO_I64_S_I64] = fold_float,
    [IR_F32_TO_I64_U_I64] = fold_float,
    [IR_F64_TO_I32_S_I32] = fold_float,
    [IR_F64_TO_I32_U_I32] = fold_float,
    [IR_F64_TO_I64_S_I64] = fold_float,
    [IR_F64_TO_I64_U_I64] = fold_float,
    [IR_F32_TO_F64_F64] = fold_float,
    [IR_F64_TO_F32_F32] = fold_float,
    [IR_VAND_V128] = fold_vector,
    [IR_VOR_V128] = fold_vector,
    [IR_VXOR_V128] = fold_vector,
    [IR_VLOW32_F32] = fold_vector,
    [IR_VLOW64_F64] = fold_vector,
    [IR_VEXTRACT64_I64] = fold_vector,
    [IR_VSHUF8_V128] = fold_shuffle,
    [IR_VANDN_V128] = fold_vandn,
    [IR_VFROM64_V128] = fold_from_half,
    [IR_VMULE_U32_V128] = fold_mul_even,
    [IR_VMULE_S32_V128] = fold_mul_even,
    [IR_VZIPLO64_V128] = fold_zip64,
    [IR_VZIPHI64_V128] = fold_zip64,
};

bool fold_ignores_payload(IrOp op)
{
    return rules[op] == fold_float;
}

static bool is_any_const(const IrBuilder *b, uint32_t v)
{
    return ir_has_trait(build_insn(b, v), IR_TRAIT_FLOAT);
}

static IrValue const_value(const IrBuilder *b, uint32_t v)
{
    const IrInsn *i = build_insn(b, v);
    return i->op == IR_CONST_V128 ? (IrValue){ .v = b->r->pool[i->imm] } : (IrValue){ .u64 = i->imm };
}

uint32_t fold_constants(IrBuilder *b, const IrInsn *n)
{
    IrValue in[3], out[3];
    for (unsigned a = 0; a < n->nargs; a++) {
        in[a] = const_value(b, n->arg[a]);
    }
    const IrOpInfo *info = &ir_op_info[n->op];
    if (info->nresults != 1 || info->result[0] == IR_CC || !ir_eval(n->op, in, n->aux, out)) {
        return 0;
    }
    switch (info->result[0]) {
    case IR_I32:
        return build_const(b, IR_CONST_I32, out[0].u32);
    case IR_I64:
        return build_const(b, IR_CONST_I64, out[0].u64);
    case IR_F32:
        return build_const(b, IR_CONST_F32, out[0].u32);
    case IR_F64:
        return build_const(b, IR_CONST_F64, out[0].u64);
    default:
        return ir_const_v128(b, out[0].v).id;
    }
}

bool fold_integers(IrOp op, uint64_t x, uint64_t y, uint64_t *out)
{
    IrValue in[2] = { { .u64 = x }, { .u64 = y } }, value[3];
    const IrOpInfo *info = &ir_op_info[op];
    bool is_integer = info->nresults == 1 && (info->result[0] == IR_I32 || info->result[0] == IR_I64);
    if (!is_integer || !ir_eval(op, in, 0, value)) {
        return false;
    }
    *out = info->result[0] == IR_I32 ? value[0].u32 : value[0].u64;
    return true;
}

uint32_t fold(IrBuilder *b, IrInsn *n)
{
    for (;;) {
        uint32_t traits = ir_op_info[n->op].traits;
        bool is_const0 = n->nargs && is_any_const(b, n->arg[0]);
        if (UNLIKELY(is_const0) && traits & IR_TRAIT_PURE && (n->nargs < 2 || is_any_const(b, n->arg[1])) &&
            (n->nargs < 3 || is_any_const(b, n->arg[2]))) {
            uint32_t v = fold_constants(b, n);
            if (v) {
                return v;
            }
        }
        if (traits & IR_TRAIT_COMM && (is_const0 || (n->arg[0] > n->arg[1] && !is_any_const(b, n->arg[1])))) {
            uint32_t x = n->arg[0];
            n->arg[0] = n->arg[1];
            n->arg[1] = x;
        }
        FoldRule *rule = rules[n->op];
        uint32_t v = rule ? rule(b, n) : 0;
        if (v != FOLD_AGAIN) {
            return v;
        }
    }
}
