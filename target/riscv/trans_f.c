/* SPDX-License-Identifier: MIT */
/*
 * F (RV unpriv. 20) and what the FP chapters share. Arithmetic in the dynamic mode is one IR
 * operation and an fcanon; a static mode that may differ from MXCSR's, and ties away, go through
 * softfp.c.
 */
#include "target/riscv/trans.h"

RvRounding rv_rounding(const RvTrans *t, unsigned rm, unsigned *mode)
{
    uint32_t ctx = t->ctx & RV_CTX_FRM_MASK;
    if (rm == IR_RDYN && ctx != RV_CTX_FRM_RMM)
        return RV_ROUND_DYNAMIC;
    if (rm == IR_RNE && ctx == RV_CTX_FRM_RNE)
        return RV_ROUND_DYNAMIC;
    *mode = rm == IR_RDYN ? IR_RMM : rm;
    return RV_ROUND_STATIC;
}

int rv_rounding_aux(const RvTrans *t, unsigned rm)
{
    unsigned mode;
    return rv_rounding(t, rm, &mode) == RV_ROUND_DYNAMIC ? IR_RDYN : (int)mode;
}

I64 rv_soft(RvTrans *t, I64 a, I64 b, I64 c, uint32_t what)
{
    I32 w = ir_const_i32(t->b, what);
    uint32_t args[4] = { a.id, b.id, c.id, w.id };
    return (I64){ ir_call(t->b, RV_HELPER_soft_fp, 4, args) };
}

static I64 bits_of_s(RvTrans *t, F32 v)
{
    I32 w = ir_bits_f32_i32(t->b, v);
    return ir_zext_i64(t->b, w);
}

static void put_s_bits(RvTrans *t, unsigned r, I64 bits)
{
    I32 w = ir_trunc_i32(t->b, bits);
    F32 v = ir_f32_bits_f32(t->b, w);
    rv_put_s(t, r, v);
}

static void put_s_canonical(RvTrans *t, unsigned r, F32 v)
{
    F32 c = ir_fcanon_f32(t->b, v);
    rv_put_s(t, r, c);
}

void trans_fload_s(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    F32 v = ir_load_f32(t->b, addr, o->imm, MEM_32);
    rv_put_s(t, o->rd, v);
}

/* The low half as it is: no boxing is asked for. */
static I32 low_word(RvTrans *t, unsigned r)
{
    F64 wide = rv_get_d(t, r);
    I64 bits = ir_bits_f64_i64(t->b, wide);
    return ir_trunc_i32(t->b, bits);
}

void trans_fstore_s(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    I32 v = low_word(t, o->rs2);
    ir_store_i32(t->b, addr, o->imm, v, MEM_32);
}

static F32 native_s(IrBuilder *b, SoftOp op, F32 x, F32 y)
{
    switch (op) {
    case SOFT_ADD:
        return ir_fadd_f32(b, x, y);
    case SOFT_SUB:
        return ir_fsub_f32(b, x, y);
    case SOFT_MUL:
        return ir_fmul_f32(b, x, y);
    case SOFT_DIV:
        return ir_fdiv_f32(b, x, y);
    default:
        return ir_fsqrt_f32(b, x);
    }
}

void trans_farith_s(RvTrans *t, const RvOps *o, SoftOp op)
{
    unsigned mode;
    F32 x = rv_get_s(t, o->rs1);
    F32 y = op == SOFT_SQRT ? x : rv_get_s(t, o->rs2);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_DYNAMIC) {
        F32 r = native_s(t->b, op, x, y);
        put_s_canonical(t, o->rd, r);
        return;
    }
    I64 a = bits_of_s(t, x), b = bits_of_s(t, y);
    I64 r = rv_soft(t, a, b, b, SOFT_WHAT(SOFT_S, op, mode, 0));
    put_s_bits(t, o->rd, r);
}

void trans_fma_s(RvTrans *t, const RvOps *o, unsigned negate)
{
    unsigned mode;
    F32 x = rv_get_s(t, o->rs1), y = rv_get_s(t, o->rs2), z = rv_get_s(t, o->rs3);
    if (negate & RV_FMA_NEG_A)
        x = ir_fneg_f32(t->b, x);
    if (negate & RV_FMA_NEG_C)
        z = ir_fneg_f32(t->b, z);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_DYNAMIC) {
        F32 r = ir_fma_f32(t->b, x, y, z);
        put_s_canonical(t, o->rd, r);
        return;
    }
    I64 a = bits_of_s(t, x), b = bits_of_s(t, y), c = bits_of_s(t, z);
    I64 r = rv_soft(t, a, b, c, SOFT_WHAT(SOFT_S, SOFT_FMA, mode, 0));
    put_s_bits(t, o->rd, r);
}

void trans_fsgn_s(RvTrans *t, const RvOps *o, enum RvSign how)
{
    IrBuilder *b = t->b;
    F32 x = rv_get_s(t, o->rs1), y = rv_get_s(t, o->rs2), r;
    if (o->rs1 == o->rs2) { /* fmv, fneg, fabs */
        r = how == RV_FSGNJ ? x : how == RV_FSGNJN ? ir_fneg_f32(b, x) : ir_fabs_f32(b, x);
    } else if (how == RV_FSGNJX) {
        I32 sign = ir_const_i32(b, 1u << 31);
        I32 xb = ir_bits_f32_i32(b, x), yb = ir_bits_f32_i32(b, y);
        I32 ys = ir_and_i32(b, yb, sign);
        I32 rb = ir_xor_i32(b, xb, ys);
        r = ir_f32_bits_f32(b, rb);
    } else {
        F32 from = how == RV_FSGNJN ? ir_fneg_f32(b, y) : y;
        r = ir_fcopysign_f32(b, x, from);
    }
    rv_put_s(t, o->rd, r);
}

void trans_fminmax_s(RvTrans *t, const RvOps *o, RvFp2S *op)
{
    F32 x = rv_get_s(t, o->rs1), y = rv_get_s(t, o->rs2);
    F32 r = op(t->b, x, y);
    put_s_canonical(t, o->rd, r);
}

void trans_fcmp_s(RvTrans *t, const RvOps *o, RvFcmpS *op)
{
    F32 x = rv_get_s(t, o->rs1), y = rv_get_s(t, o->rs2);
    I32 c = op(t->b, x, y);
    I64 r = ir_zext_i64(t->b, c);
    rv_put_x(t, o->rd, r);
}

void trans_fclass_s(RvTrans *t, const RvOps *o)
{
    F32 x = rv_get_s(t, o->rs1);
    I64 bits = bits_of_s(t, x);
    I32 format = ir_const_i32(t->b, SOFT_S);
    uint32_t args[2] = { bits.id, format.id };
    rv_put_x(t, o->rd, (I64){ ir_call(t->b, RV_HELPER_fclass, 2, args) });
}

void trans_fcvt_int_s(RvTrans *t, const RvOps *o, RvToL_S *op)
{
    F32 x = rv_get_s(t, o->rs1);
    I64 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_x(t, o->rd, r);
}

/* 32-bit results are sign-extended, unsigned ones too (RV unpriv. 20.7). */
void trans_fcvt_int_s_w(RvTrans *t, const RvOps *o, RvToW_S *op)
{
    F32 x = rv_get_s(t, o->rs1);
    I32 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_w(t, o->rd, r);
}

static void s_from_int(RvTrans *t, const RvOps *o, I64 x, SoftInt kind, unsigned mode)
{
    I64 r = rv_soft(t, x, x, x, SOFT_WHAT(SOFT_S, SOFT_FROM_INT, mode, kind));
    put_s_bits(t, o->rd, r);
}

void trans_fcvt_s_int(RvTrans *t, const RvOps *o, RvFromL_S *op, SoftInt kind)
{
    unsigned mode;
    I64 x = rv_get_x(t, o->rs1);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_STATIC) {
        s_from_int(t, o, x, kind, mode);
        return;
    }
    F32 r = op(t->b, x);
    rv_put_s(t, o->rd, r);
}

void trans_fcvt_s_int_w(RvTrans *t, const RvOps *o, RvFromW_S *op, SoftInt kind)
{
    unsigned mode;
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_STATIC) {
        I64 wide = rv_get_x(t, o->rs1);
        s_from_int(t, o, wide, kind, mode);
        return;
    }
    I32 x = rv_get_w(t, o->rs1);
    F32 r = op(t->b, x);
    rv_put_s(t, o->rd, r);
}

void trans_fmv_x_w(RvTrans *t, const RvOps *o)
{
    I32 v = low_word(t, o->rs1);
    rv_put_w(t, o->rd, v);
}

void trans_fmv_w_x(RvTrans *t, const RvOps *o)
{
    I32 w = rv_get_w(t, o->rs1);
    F32 v = ir_f32_bits_f32(t->b, w);
    rv_put_s(t, o->rd, v);
}
