/* SPDX-License-Identifier: MIT */
/*
 * Zfh, Zfhmin (RV unpriv. 23). Add, subtract, multiply, divide and square root run in single
 * precision and are rounded again: harmless, since 24 >= 2 * 11 + 2 bits. Fused, from-integer and
 * from-double operations are not so and use softfp.c.
 */
#include "target/riscv/trans.h"

static const uint64_t box = 0xffffffffffff0000ull;
static const uint32_t canonical_h = 0x7e00;

static I64 get_bits(RvTrans *t, unsigned r)
{
    F64 wide = rv_get_d(t, r);
    return ir_bits_f64_i64(t->b, wide);
}

I32 rv_get_h(RvTrans *t, unsigned r)
{
    IrBuilder *b = t->b;
    I64 bits = get_bits(t, r);
    I64 limit = ir_const_i64(b, box);
    I32 is_boxed = ir_cmp_ule_i64(b, limit, bits);
    I32 low = ir_trunc_i32(b, bits);
    I32 half = ir_zext16_i32(b, low);
    I32 nan = ir_const_i32(b, canonical_h);
    return ir_select_i32(b, is_boxed, half, nan);
}

void rv_put_h(RvTrans *t, unsigned r, I32 v)
{
    IrBuilder *b = t->b;
    I64 wide = ir_zext_i64(b, v);
    I64 half = ir_zext16_i64(b, wide);
    I64 upper = ir_const_i64(b, box);
    I64 bits = ir_or_i64(b, half, upper);
    F64 boxed = ir_f64_bits_f64(b, bits);
    rv_put_d(t, r, boxed);
}

F32 rv_get_h_f32(RvTrans *t, unsigned r)
{
    I32 half = rv_get_h(t, r);
    return ir_f16_to_f32_f32(t->b, half);
}

void rv_put_h_f32(RvTrans *t, unsigned r, F32 v)
{
    F32 c = ir_fcanon_f32(t->b, v);
    I32 half = ir_f32_to_f16_i32(t->b, c);
    rv_put_h(t, r, half);
}

static void soft(RvTrans *t, unsigned rd, I64 a, I64 b, I64 c, uint32_t what)
{
    I64 r = rv_soft(t, a, b, c, what);
    I32 half = ir_trunc_i32(t->b, r);
    rv_put_h(t, rd, half);
}

static I64 get_h_wide(RvTrans *t, unsigned r)
{
    I32 half = rv_get_h(t, r);
    return ir_zext_i64(t->b, half);
}

/* The mode for softfp.c, which does not know the dynamic one: then frm itself decides, RNE in
 * context RNE. */
static bool static_mode(RvTrans *t, unsigned rm, unsigned *mode)
{
    if (rv_rounding(t, rm, mode) == RV_ROUND_STATIC)
        return true;
    *mode = IR_RNE;
    return (t->ctx & RV_CTX_FRM_MASK) == RV_CTX_FRM_RNE;
}

/* A software operation in the instruction's mode. In context HOST a dynamic mode is known at run
 * time only: the operation word is completed from the slot frm. */
static void soft_rounded(RvTrans *t, const RvOps *o, I64 a, I64 b, I64 c, SoftOp op, unsigned from)
{
    unsigned mode;
    if (static_mode(t, o->rm, &mode)) {
        soft(t, o->rd, a, b, c, SOFT_WHAT(SOFT_H, op, mode, from));
        return;
    }
    I32 frm = ir_get_i32(t->b, RV_SLOT_FRM);
    I32 count = ir_const_i32(t->b, 8);
    I32 shifted = ir_shl_i32(t->b, frm, count);
    I32 rest = ir_const_i32(t->b, SOFT_WHAT(SOFT_H, op, 0, from));
    I32 what = ir_or_i32(t->b, shifted, rest);
    uint32_t args[4] = { a.id, b.id, c.id, what.id };
    I64 r = (I64){ ir_call(t->b, RV_HELPER_soft_fp, 4, args) };
    I32 half = ir_trunc_i32(t->b, r);
    rv_put_h(t, o->rd, half);
}

void trans_fload_h(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    I32 v = ir_load_i32(t->b, addr, o->imm, MEM_16);
    rv_put_h(t, o->rd, v);
}

void trans_fstore_h(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    I64 v = get_bits(t, o->rs2);
    ir_store_i64(t->b, addr, o->imm, v, MEM_16);
}

static F32 native_h(IrBuilder *b, SoftOp op, F32 x, F32 y)
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

void trans_farith_h(RvTrans *t, const RvOps *o, SoftOp op)
{
    unsigned mode;
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_STATIC) {
        I64 a = get_h_wide(t, o->rs1), b = op == SOFT_SQRT ? a : get_h_wide(t, o->rs2);
        soft(t, o->rd, a, b, b, SOFT_WHAT(SOFT_H, op, mode, 0));
        return;
    }
    F32 x = rv_get_h_f32(t, o->rs1);
    F32 y = op == SOFT_SQRT ? x : rv_get_h_f32(t, o->rs2);
    F32 r = native_h(t->b, op, x, y);
    rv_put_h_f32(t, o->rd, r);
}

static I64 flip_sign(RvTrans *t, I64 v)
{
    I64 sign = ir_const_i64(t->b, 0x8000);
    return ir_xor_i64(t->b, v, sign);
}

void trans_fma_h(RvTrans *t, const RvOps *o, unsigned negate)
{
    I64 a = get_h_wide(t, o->rs1), b = get_h_wide(t, o->rs2), c = get_h_wide(t, o->rs3);
    if (negate & RV_FMA_NEG_A)
        a = flip_sign(t, a);
    if (negate & RV_FMA_NEG_C)
        c = flip_sign(t, c);
    soft_rounded(t, o, a, b, c, SOFT_FMA, 0);
}

void trans_fsgn_h(RvTrans *t, const RvOps *o, enum RvSign how)
{
    IrBuilder *b = t->b;
    I32 x = rv_get_h(t, o->rs1), y = rv_get_h(t, o->rs2);
    I32 sign = ir_const_i32(b, 0x8000), rest = ir_const_i32(b, 0x7fff);
    I32 ys = ir_and_i32(b, y, sign);
    if (how == RV_FSGNJN)
        ys = ir_xor_i32(b, ys, sign);
    I32 kept = how == RV_FSGNJX ? x : ir_and_i32(b, x, rest);
    I32 r = ir_xor_i32(b, kept, ys);
    rv_put_h(t, o->rd, r);
}

void trans_fminmax_h(RvTrans *t, const RvOps *o, RvFp2S *op)
{
    F32 x = rv_get_h_f32(t, o->rs1), y = rv_get_h_f32(t, o->rs2);
    F32 r = op(t->b, x, y);
    rv_put_h_f32(t, o->rd, r);
}

void trans_fcmp_h(RvTrans *t, const RvOps *o, RvFcmpS *op)
{
    F32 x = rv_get_h_f32(t, o->rs1), y = rv_get_h_f32(t, o->rs2);
    I32 c = op(t->b, x, y);
    I64 r = ir_zext_i64(t->b, c);
    rv_put_x(t, o->rd, r);
}

void trans_fclass_h(RvTrans *t, const RvOps *o)
{
    I64 bits = get_h_wide(t, o->rs1);
    I32 format = ir_const_i32(t->b, SOFT_H);
    uint32_t args[2] = { bits.id, format.id };
    rv_put_x(t, o->rd, (I64){ ir_call(t->b, RV_HELPER_fclass, 2, args) });
}

void trans_fcvt_int_h(RvTrans *t, const RvOps *o, RvToL_S *op)
{
    F32 x = rv_get_h_f32(t, o->rs1);
    I64 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_x(t, o->rd, r);
}

void trans_fcvt_int_h_w(RvTrans *t, const RvOps *o, RvToW_S *op)
{
    F32 x = rv_get_h_f32(t, o->rs1);
    I32 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_w(t, o->rd, r);
}

void trans_fcvt_h_int(RvTrans *t, const RvOps *o, SoftInt kind)
{
    I64 x = rv_get_x(t, o->rs1);
    soft_rounded(t, o, x, x, x, SOFT_FROM_INT, kind);
}

void trans_fcvt_s_h(RvTrans *t, const RvOps *o)
{
    F32 x = rv_get_h_f32(t, o->rs1);
    F32 r = ir_fcanon_f32(t->b, x);
    rv_put_s(t, o->rd, r);
}

void trans_fcvt_d_h(RvTrans *t, const RvOps *o)
{
    F32 x = rv_get_h_f32(t, o->rs1);
    F64 wide = ir_f32_to_f64_f64(t->b, x);
    F64 r = ir_fcanon_f64(t->b, wide);
    rv_put_d(t, o->rd, r);
}

/* A signalling NaN must still raise invalid, so the NaN is made canonical after the conversion. */
void trans_fcvt_h_s(RvTrans *t, const RvOps *o)
{
    IrBuilder *b = t->b;
    unsigned mode;
    F32 x = rv_get_s(t, o->rs1);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_STATIC) {
        I32 bits = ir_bits_f32_i32(b, x);
        I64 a = ir_zext_i64(b, bits);
        soft(t, o->rd, a, a, a, SOFT_WHAT(SOFT_H, SOFT_CONVERT, mode, SOFT_S));
        return;
    }
    I32 half = ir_f32_to_f16_i32(b, x);
    I32 rest = ir_const_i32(b, 0x7fff), inf = ir_const_i32(b, 0x7c00),
        nan = ir_const_i32(b, canonical_h);
    I32 magnitude = ir_and_i32(b, half, rest);
    I32 is_nan = ir_cmp_ult_i32(b, inf, magnitude);
    I32 r = ir_select_i32(b, is_nan, nan, half);
    rv_put_h(t, o->rd, r);
}

void trans_fcvt_h_d(RvTrans *t, const RvOps *o)
{
    I64 a = get_bits(t, o->rs1);
    soft_rounded(t, o, a, a, a, SOFT_CONVERT, SOFT_D);
}

void trans_fmv_x_h(RvTrans *t, const RvOps *o)
{
    I64 bits = get_bits(t, o->rs1);
    I64 r = ir_sext16_i64(t->b, bits);
    rv_put_x(t, o->rd, r);
}

void trans_fmv_h_x(RvTrans *t, const RvOps *o)
{
    I32 w = rv_get_w(t, o->rs1);
    rv_put_h(t, o->rd, w);
}
