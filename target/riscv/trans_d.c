/* SPDX-License-Identifier: MIT */
/* D (RV unpriv. 21): as trans_f.c, on whole registers. */
#include "target/riscv/trans.h"

static void put_d_canonical(RvTrans *t, unsigned r, F64 v)
{
    F64 c = ir_fcanon_f64(t->b, v);
    rv_put_d(t, r, c);
}

static I64 get_d_bits(RvTrans *t, unsigned r)
{
    F64 v = rv_get_d(t, r);
    return ir_bits_f64_i64(t->b, v);
}

static void put_d_bits(RvTrans *t, unsigned r, I64 bits)
{
    F64 v = ir_f64_bits_f64(t->b, bits);
    rv_put_d(t, r, v);
}

void trans_fload_d(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    F64 v = ir_load_f64(t->b, addr, o->imm, MEM_64);
    rv_put_d(t, o->rd, v);
}

void trans_fstore_d(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    F64 v = rv_get_d(t, o->rs2);
    ir_store_f64(t->b, addr, o->imm, v, MEM_64);
}

static F64 native_d(IrBuilder *b, SoftOp op, F64 x, F64 y)
{
    switch (op) {
    case SOFT_ADD:
        return ir_fadd_f64(b, x, y);
    case SOFT_SUB:
        return ir_fsub_f64(b, x, y);
    case SOFT_MUL:
        return ir_fmul_f64(b, x, y);
    case SOFT_DIV:
        return ir_fdiv_f64(b, x, y);
    default:
        return ir_fsqrt_f64(b, x);
    }
}

void trans_farith_d(RvTrans *t, const RvOps *o, SoftOp op)
{
    unsigned mode;
    F64 x = rv_get_d(t, o->rs1);
    F64 y = op == SOFT_SQRT ? x : rv_get_d(t, o->rs2);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_DYNAMIC) {
        F64 r = native_d(t->b, op, x, y);
        put_d_canonical(t, o->rd, r);
        return;
    }
    I64 a = ir_bits_f64_i64(t->b, x), b = ir_bits_f64_i64(t->b, y);
    I64 r = rv_soft(t, a, b, b, SOFT_WHAT(SOFT_D, op, mode, 0));
    put_d_bits(t, o->rd, r);
}

void trans_fma_d(RvTrans *t, const RvOps *o, unsigned negate)
{
    unsigned mode;
    F64 x = rv_get_d(t, o->rs1), y = rv_get_d(t, o->rs2), z = rv_get_d(t, o->rs3);
    if (negate & RV_FMA_NEG_A)
        x = ir_fneg_f64(t->b, x);
    if (negate & RV_FMA_NEG_C)
        z = ir_fneg_f64(t->b, z);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_DYNAMIC) {
        F64 r = ir_fma_f64(t->b, x, y, z);
        put_d_canonical(t, o->rd, r);
        return;
    }
    I64 a = ir_bits_f64_i64(t->b, x), b = ir_bits_f64_i64(t->b, y), c = ir_bits_f64_i64(t->b, z);
    I64 r = rv_soft(t, a, b, c, SOFT_WHAT(SOFT_D, SOFT_FMA, mode, 0));
    put_d_bits(t, o->rd, r);
}

void trans_fsgn_d(RvTrans *t, const RvOps *o, enum RvSign how)
{
    IrBuilder *b = t->b;
    F64 x = rv_get_d(t, o->rs1), y = rv_get_d(t, o->rs2), r;
    if (o->rs1 == o->rs2) { /* fmv, fneg, fabs */
        r = how == RV_FSGNJ ? x : how == RV_FSGNJN ? ir_fneg_f64(b, x) : ir_fabs_f64(b, x);
    } else if (how == RV_FSGNJX) {
        I64 sign = ir_const_i64(b, 1ull << 63);
        I64 xb = ir_bits_f64_i64(b, x), yb = ir_bits_f64_i64(b, y);
        I64 ys = ir_and_i64(b, yb, sign);
        I64 rb = ir_xor_i64(b, xb, ys);
        r = ir_f64_bits_f64(b, rb);
    } else {
        F64 from = how == RV_FSGNJN ? ir_fneg_f64(b, y) : y;
        r = ir_fcopysign_f64(b, x, from);
    }
    rv_put_d(t, o->rd, r);
}

void trans_fminmax_d(RvTrans *t, const RvOps *o, RvFp2D *op)
{
    F64 x = rv_get_d(t, o->rs1), y = rv_get_d(t, o->rs2);
    F64 r = op(t->b, x, y);
    put_d_canonical(t, o->rd, r);
}

void trans_fcmp_d(RvTrans *t, const RvOps *o, RvFcmpD *op)
{
    F64 x = rv_get_d(t, o->rs1), y = rv_get_d(t, o->rs2);
    I32 c = op(t->b, x, y);
    I64 r = ir_zext_i64(t->b, c);
    rv_put_x(t, o->rd, r);
}

void trans_fclass_d(RvTrans *t, const RvOps *o)
{
    I64 bits = get_d_bits(t, o->rs1);
    I32 format = ir_const_i32(t->b, SOFT_D);
    uint32_t args[2] = { bits.id, format.id };
    rv_put_x(t, o->rd, (I64){ ir_call(t->b, RV_HELPER_fclass, 2, args) });
}

void trans_fcvt_int_d(RvTrans *t, const RvOps *o, RvToL_D *op)
{
    F64 x = rv_get_d(t, o->rs1);
    I64 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_x(t, o->rd, r);
}

void trans_fcvt_int_d_w(RvTrans *t, const RvOps *o, RvToW_D *op)
{
    F64 x = rv_get_d(t, o->rs1);
    I32 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_w(t, o->rd, r);
}

void trans_fcvt_d_int(RvTrans *t, const RvOps *o, RvFromL_D *op, SoftInt kind)
{
    unsigned mode;
    I64 x = rv_get_x(t, o->rs1);
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_STATIC) {
        I64 bits = rv_soft(t, x, x, x, SOFT_WHAT(SOFT_D, SOFT_FROM_INT, mode, kind));
        put_d_bits(t, o->rd, bits);
        return;
    }
    F64 r = op(t->b, x);
    rv_put_d(t, o->rd, r);
}

/* Exact: no rounding mode matters. */
void trans_fcvt_d_int_w(RvTrans *t, const RvOps *o, RvFromW_D *op, SoftInt kind)
{
    I32 x = rv_get_w(t, o->rs1);
    F64 r = op(t->b, x);
    rv_put_d(t, o->rd, r);
}

void trans_fcvt_s_d(RvTrans *t, const RvOps *o)
{
    unsigned mode;
    F64 x = rv_get_d(t, o->rs1);
    F32 r;
    if (rv_rounding(t, o->rm, &mode) == RV_ROUND_DYNAMIC) {
        F32 narrow = ir_f64_to_f32_f32(t->b, x);
        r = ir_fcanon_f32(t->b, narrow);
    } else {
        I64 bits = ir_bits_f64_i64(t->b, x);
        I64 soft = rv_soft(t, bits, bits, bits, SOFT_WHAT(SOFT_S, SOFT_CONVERT, mode, SOFT_D));
        I32 w = ir_trunc_i32(t->b, soft);
        r = ir_f32_bits_f32(t->b, w);
    }
    rv_put_s(t, o->rd, r);
}

void trans_fcvt_d_s(RvTrans *t, const RvOps *o)
{
    F32 x = rv_get_s(t, o->rs1);
    F64 r = ir_f32_to_f64_f64(t->b, x);
    put_d_canonical(t, o->rd, r);
}

void trans_fmv_x_d(RvTrans *t, const RvOps *o)
{
    I64 v = get_d_bits(t, o->rs1);
    rv_put_x(t, o->rd, v);
}

void trans_fmv_d_x(RvTrans *t, const RvOps *o)
{
    I64 v = rv_get_x(t, o->rs1);
    put_d_bits(t, o->rd, v);
}
