/* SPDX-License-Identifier: MIT */
/* Scalar floating point that only moves bits: copies, immediates, signs, selection (Arm ARM C4.1.97). size: log2 of bytes. */
#include "target/aarch64/trans.h"

I64 a64_get_fp(A64Trans *t, unsigned size, unsigned r)
{
    V128 v = a64_get_v(t, r);
    return ir_vextract64_i64(t->b, v, 0);
}

void a64_put_fp(A64Trans *t, unsigned size, unsigned r, I64 v)
{
    if (size == 3) {
        F64 x = ir_f64_bits_f64(t->b, v);
        V128 wide = ir_vfrom64_v128(t->b, x);
        a64_put_v(t, r, wide);
    } else {
        I64 zero = ir_const_i64(t->b, 0);
        V128 wide = ir_vpack64_v128(t->b, v, zero);
        a64_put_v(t, r, wide);
    }
}

static I64 keep(A64Trans *t, unsigned size, I64 v)
{
    return size == 1 ? ir_zext16_i64(t->b, v) : size == 2 ? ir_zext32_i64(t->b, v) : v;
}

void trans_fp_move(A64Trans *t, const A64Ops *o, unsigned size)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = a64_keep_low(t, 1u << size, n);
    a64_put_v(t, o->rd, r);
}

void trans_fp_sign(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg)
{
    V128 n = a64_get_v(t, o->rn), sign = a64_splat(t, size, 1ull << ((8u << size) - 1));
    V128 r = is_neg ? ir_vxor_v128(t->b, n, sign) : ir_vandn_v128(t->b, n, sign);
    r = a64_keep_low(t, 1u << size, r);
    a64_put_v(t, o->rd, r);
}

void trans_fmov_imm(A64Trans *t, const A64Ops *o, unsigned size)
{
    V128 v = ir_const_v128(t->b, (V128Bits){ .u64 = { a64_expand_fp(size, (unsigned)o->imm), 0 } });
    a64_put_v(t, o->rd, v);
}

void trans_fcsel(A64Trans *t, const A64Ops *o, unsigned size)
{
    I64 n = a64_get_fp(t, size, o->rn), m = a64_get_fp(t, size, o->rm);
    I32 cond = a64_condition(t, o->cond);
    I64 r = ir_select_i64(t->b, cond, n, m);
    r = keep(t, size, r);
    a64_put_fp(t, size, o->rd, r);
}

/* ---- from and to general registers */

void trans_fmov_to(A64Trans *t, const A64Ops *o, unsigned size)
{
    I64 n = a64_get_fp(t, size, o->rn);
    I64 r = keep(t, size, n);
    a64_put_x(t, o->rd, r);
}

void trans_fmov_from(A64Trans *t, const A64Ops *o, unsigned size)
{
    I64 n = a64_get_x(t, o->rn);
    I64 r = keep(t, size, n);
    a64_put_fp(t, size, o->rd, r);
}

void trans_fmov_to_high(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    I64 r = ir_vextract64_i64(t->b, n, 1);
    a64_put_x(t, o->rd, r);
}

void trans_fmov_from_high(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd);
    I64 n = a64_get_x(t, o->rn);
    V128 r = ir_vinsert64_v128(t->b, d, n, 1);
    a64_put_v(t, o->rd, r);
}
