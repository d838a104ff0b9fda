/* SPDX-License-Identifier: MIT */
/* BF16: dot products by helper (they round as nothing else does), the rest as operations on singles (Arm ARM C7.2, "BF..."). */
#include "target/aarch64/trans.h"
#include "target/aarch64/vec.h"

static V128 dot(A64Trans *t, A64CryptoOp op, V128 d, V128 n, V128 m)
{
    I32 w = ir_const_i32(t->b, op);
    uint32_t args[] = { d.id, n.id, m.id, w.id };
    return (V128){ ir_call(t->b, A64_HELPER_crypto, 4, args) };
}

void trans_bfdot(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = dot(t, A64_CRYPTO_BFDOT, d, n, m);
    a64_put_q(t, o, r);
}

void trans_bfdot_element(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 pair = a64_duplicate(t, 2, o->index, m);
    V128 r = dot(t, A64_CRYPTO_BFDOT, d, n, pair);
    a64_put_q(t, o, r);
}

void trans_bfmmla(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = dot(t, A64_CRYPTO_BFMMLA, d, n, m);
    a64_put_v(t, o->rd, r);
}

/* Even or odd BF16 lanes as the singles that they are. */
static V128 singles(A64Trans *t, bool is_top, V128 v)
{
    V128 mask = a64_splat(t, 2, 0xffff0000);
    return is_top ? ir_vand_v128(t->b, v, mask) : ir_vshl32_v128(t->b, v, 16);
}

static void multiply_long(A64Trans *t, const A64Ops *o, bool is_top, V128 factor)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    V128 x = singles(t, is_top, n);
    V128 r;
    if (!a64_vfp_host(t, A64_FP_FMA, 2, 0, d, x, factor, &r))
        r = a64_call_vfp(t, A64_FP_WHAT(A64_FP_FMA, 2, 0), d, x, factor);
    a64_put_v(t, o->rd, r);
}

void trans_bfmlal(A64Trans *t, const A64Ops *o, bool is_top)
{
    V128 m = a64_get_v(t, o->rm);
    V128 factor = singles(t, is_top, m);
    multiply_long(t, o, is_top, factor);
}

void trans_bfmlal_element(A64Trans *t, const A64Ops *o, bool is_top)
{
    V128 m = a64_get_v(t, o->rm);
    V128 all = a64_duplicate(t, 1, o->index, m);
    V128 factor = singles(t, true, all);
    multiply_long(t, o, is_top, factor);
}

void trans_bfcvt(A64Trans *t, const A64Ops *o)
{
    I64 n = a64_get_fp(t, 2, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_CONVERT, 0, 2 | A64_RFPCR << 8), n, n, n);
    a64_put_fp(t, 1, o->rd, r);
}

void trans_bfcvtn(A64Trans *t, const A64Ops *o) { trans_fcvtn(t, o, 0, A64_RFPCR); }
