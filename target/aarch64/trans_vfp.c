/* SPDX-License-Identifier: MIT */
/* AdvSIMD floating point (Arm ARM C4.1.96). Lanes that are not part of the result must not raise flags: they are given as zeros, or as ones
 * where zero would be divided by. */
#include "target/aarch64/trans.h"

V128 a64_call_vfp(A64Trans *t, uint32_t what, V128 d, V128 n, V128 m)
{
    I32 w = ir_const_i32(t->b, what);
    uint32_t args[] = { d.id, n.id, m.id, w.id };
    return (V128){ ir_call(t->b, t->t->ctx & A64_CTX_FP_ODD ? A64_HELPER_vfp_odd : A64_HELPER_vfp, 4, args) };
}

/* The active bytes of a register; 1.0 elsewhere. */
static V128 operand(A64Trans *t, unsigned size, unsigned bytes, V128 v)
{
    if (bytes == 16)
        return v;
    uint64_t one = (uint64_t)a64_bias(size) << a64_frac_bits[size];
    V128Bits fill = { .u64 = { one, one } };
    for (unsigned bits = 8u << size; bits < 64; bits *= 2)
        fill.u64[0] = fill.u64[1] |= fill.u64[1] << bits;
    fill.u64[0] = bytes == 8 ? 0 : fill.u64[0] & ~0ull << 8 * bytes;
    V128 low = a64_keep_low(t, bytes, v), rest = ir_const_v128(t->b, fill);
    return ir_vor_v128(t->b, low, rest);
}

V128 a64_fp_lanes(A64Trans *t, uint32_t what, unsigned bytes, V128 d, V128 n, V128 m)
{
    unsigned op = what & 0xff, size = what >> 8 & 3, arg = what >> 16;
    V128 x = operand(t, size, bytes, n), y = operand(t, size, bytes, m), z = operand(t, size, bytes, d), r;
    if (op >= A64_FP_CONVERT || !a64_vfp_host(t, (A64FpOp)op, size, arg, z, x, y, &r))
        r = a64_call_vfp(t, what, z, x, y);
    return a64_keep_low(t, bytes, r);
}

static unsigned whole(const A64Ops *o) { return o->q ? 16 : 8; }
static unsigned low_lane(const A64Ops *o) { return 1u << o->size; }

/* ---- three registers */

static void fp3(A64Trans *t, const A64Ops *o, A64FpOp op, unsigned bytes)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(op, o->size, 0), bytes, n, n, m);
    a64_put_v(t, o->rd, r);
}

void trans_vfp3(A64Trans *t, const A64Ops *o, A64FpOp op) { fp3(t, o, op, whole(o)); }
void trans_sfp3(A64Trans *t, const A64Ops *o, A64FpOp op) { fp3(t, o, op, low_lane(o)); }

void trans_vfp3_pair(A64Trans *t, const A64Ops *o, A64FpOp op)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    if (!o->q)
        n = m = ir_vziplo64_v128(t->b, n, m);
    V128 even = a64_uzp(t, o->size, false, n, m), odd = a64_uzp(t, o->size, true, n, m);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(op, o->size, 0), whole(o), even, even, odd);
    a64_put_v(t, o->rd, r);
}

static V128 negate(A64Trans *t, unsigned size, V128 v)
{
    V128 signs = a64_splat(t, size, 1ull << ((8u << size) - 1));
    return ir_vxor_v128(t->b, v, signs);
}

static void multiply_add(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg, unsigned bytes, V128 m)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    if (is_neg)
        n = negate(t, size, n);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(A64_FP_FMA, size, 0), bytes, d, n, m);
    a64_put_v(t, o->rd, r);
}

void trans_vfmla(A64Trans *t, const A64Ops *o, bool is_neg)
{
    V128 m = a64_get_v(t, o->rm);
    multiply_add(t, o, o->size, is_neg, whole(o), m);
}

static V128 element(A64Trans *t, const A64Ops *o, unsigned size)
{
    V128 m = a64_get_v(t, o->rm);
    return a64_duplicate(t, size, o->index, m);
}

void trans_vfmla_element(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg)
{
    V128 m = element(t, o, size);
    multiply_add(t, o, size, is_neg, whole(o), m);
}

void trans_sfmla_element(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg)
{
    V128 m = element(t, o, size);
    multiply_add(t, o, size, is_neg, 1u << size, m);
}

static void fp3_element(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op, unsigned bytes)
{
    V128 n = a64_get_v(t, o->rn), m = element(t, o, size);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(op, size, 0), bytes, n, n, m);
    a64_put_v(t, o->rd, r);
}

void trans_vfp3_element(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op) { fp3_element(t, o, size, op, whole(o)); }
void trans_sfp3_element(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op) { fp3_element(t, o, size, op, 1u << size); }

/* ---- two registers */

static void fp2(A64Trans *t, const A64Ops *o, uint32_t what, unsigned bytes)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = a64_fp_lanes(t, what, bytes, n, n, n);
    a64_put_v(t, o->rd, r);
}

void trans_vfp2(A64Trans *t, const A64Ops *o, A64FpOp op, unsigned arg) { fp2(t, o, A64_FP_WHAT(op, o->size, arg), whole(o)); }
void trans_sfp2(A64Trans *t, const A64Ops *o, A64FpOp op, unsigned arg) { fp2(t, o, A64_FP_WHAT(op, o->size, arg), low_lane(o)); }

/* Integers as wide as the lanes. */
static uint32_t fixed(unsigned op, unsigned size, bool is_unsigned, unsigned fraction, A64Round round)
{
    return A64_FP_WHAT(op, size, A64_FIXED(size == 3, is_unsigned, fraction, round) | (size == 1 ? 1u << 13 : 0));
}

static void convert(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction, A64Round round, unsigned bytes)
{
    V128 n = a64_get_v(t, o->rn), r;
    V128 x = a64_keep_low(t, bytes, n);
    if (!a64_vfp_host_to_int(t, size, is_unsigned, fraction, round, x, &r))
        r = a64_call_vfp(t, fixed(A64_FP_TO_FIXED, size, is_unsigned, fraction, round), x, x, x);
    a64_put_v(t, o->rd, r);
}

void trans_vfcvt_int(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Round round)
{
    convert(t, o, o->size, is_unsigned, 0, round, whole(o));
}
void trans_sfcvt_int(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Round round)
{
    convert(t, o, o->size, is_unsigned, 0, round, low_lane(o));
}
static void from_integers(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction, unsigned bytes)
{
    V128 n = a64_get_v(t, o->rn), r;
    V128 x = a64_keep_low(t, bytes, n);
    if (!a64_vfp_host_from_int(t, size, is_unsigned, fraction, x, &r))
        r = a64_call_vfp(t, fixed(A64_FP_FROM_FIXED, size, is_unsigned, fraction, 0), x, x, x);
    a64_put_v(t, o->rd, r);
}
void trans_vcvtf(A64Trans *t, const A64Ops *o, bool is_unsigned) { from_integers(t, o, o->size, is_unsigned, 0, whole(o)); }
void trans_scvtf(A64Trans *t, const A64Ops *o, bool is_unsigned) { from_integers(t, o, o->size, is_unsigned, 0, low_lane(o)); }

static void compare_zero(A64Trans *t, const A64Ops *o, A64FpOp op, bool is_swapped, unsigned bytes)
{
    V128 n = a64_get_v(t, o->rn), zero = a64_zero_v(t);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(op, o->size, 0), bytes, n, is_swapped ? zero : n, is_swapped ? n : zero);
    a64_put_v(t, o->rd, r);
}

void trans_vfcmp_zero(A64Trans *t, const A64Ops *o, A64FpOp op, bool is_swapped) { compare_zero(t, o, op, is_swapped, whole(o)); }
void trans_sfcmp_zero(A64Trans *t, const A64Ops *o, A64FpOp op, bool is_swapped) { compare_zero(t, o, op, is_swapped, low_lane(o)); }

void trans_vfp_sign(A64Trans *t, const A64Ops *o, bool is_neg)
{
    V128 n = a64_get_v(t, o->rn), signs = a64_splat(t, o->size, 1ull << ((8u << o->size) - 1));
    V128 r = is_neg ? ir_vxor_v128(t->b, n, signs) : ir_vandn_v128(t->b, n, signs);
    a64_put_q(t, o, r);
}

void trans_estimate_u(A64Trans *t, const A64Ops *o, bool is_rsqrt) { fp2(t, o, A64_FP_WHAT(A64_FP_ESTIMATE_U, 2, is_rsqrt), whole(o)); }

/* ---- widths */

V128 a64_fp_change_width(A64Trans *t, unsigned to, unsigned from, A64Round round, V128 n)
{
    V128 r;
    if (a64_vfp_host_resize(t, to, from, round, n, &r))
        return r;
    I32 what = ir_const_i32(t->b, A64_FP_WHAT(A64_FP_CONVERT, to, from | (unsigned)round << 8));
    uint32_t args[] = { n.id, what.id };
    return (V128){ ir_call(t->b, A64_HELPER_vfp_convert, 2, args) };
}

void trans_fcvtl(A64Trans *t, const A64Ops *o, unsigned to)
{
    V128 n = a64_get_v(t, o->rn);
    if (o->q)
        n = ir_vziphi64_v128(t->b, n, n);
    V128 r = a64_fp_change_width(t, to, to - 1, A64_RFPCR, n);
    a64_put_v(t, o->rd, r);
}

/* to: 0 is BF16, which singles become. */
void trans_fcvtn(A64Trans *t, const A64Ops *o, unsigned to, A64Round round)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = a64_fp_change_width(t, to, to ? to + 1 : 2, round, n);
    if (o->q) {
        V128 d = a64_get_v(t, o->rd);
        r = ir_vziplo64_v128(t->b, d, r);
    }
    a64_put_v(t, o->rd, r);
}

void trans_fcvtxn_scalar(A64Trans *t, const A64Ops *o)
{
    I64 n = a64_get_fp(t, 3, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_CONVERT, 2, 3 | A64_RODD << 8), n, n, n);
    a64_put_fp(t, 2, o->rd, r);
}

/* Lanes by the immediate, and bits behind the point. */
static unsigned fraction_of(const A64Ops *o, unsigned *size)
{
    *size = 31u - (unsigned)__builtin_clz((unsigned)o->imm >> 3);
    return (16u << *size) - (unsigned)o->imm;
}

static void from_fixed_point(A64Trans *t, const A64Ops *o, bool is_unsigned, bool is_scalar)
{
    unsigned size, fraction = fraction_of(o, &size);
    from_integers(t, o, size, is_unsigned, fraction, is_scalar ? 1u << size : whole(o));
}

static void to_fixed_point(A64Trans *t, const A64Ops *o, bool is_unsigned, bool is_scalar)
{
    unsigned size, fraction = fraction_of(o, &size);
    convert(t, o, size, is_unsigned, fraction, A64_RZ, is_scalar ? 1u << size : whole(o));
}

void trans_vcvtf_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned) { from_fixed_point(t, o, is_unsigned, false); }
void trans_scvtf_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned) { from_fixed_point(t, o, is_unsigned, true); }
void trans_vfcvt_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned) { to_fixed_point(t, o, is_unsigned, false); }
void trans_sfcvt_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned) { to_fixed_point(t, o, is_unsigned, true); }

/* ---- pairs, all lanes */

void trans_fp_pair_scalar(A64Trans *t, const A64Ops *o, A64FpOp op)
{
    V128 n = a64_get_v(t, o->rn);
    V128 next = ir_vext_v128(t->b, n, n, 1 << o->size);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(op, o->size, 0), low_lane(o), n, n, next);
    a64_put_v(t, o->rd, r);
}

/* Reduce() of the manual: neighbours first. */
void trans_fp_across(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op)
{
    V128 v = a64_get_v(t, o->rn);
    for (unsigned bytes = size == 2 || o->q ? 8 : 4; bytes >= 1u << size; bytes /= 2) {
        V128 even = a64_uzp(t, size, false, v, v), odd = a64_uzp(t, size, true, v, v);
        v = a64_fp_lanes(t, A64_FP_WHAT(op, size, 0), bytes, even, even, odd);
    }
    a64_put_v(t, o->rd, v);
}

/* ---- FHM: singles plus products of halves, rounded once: a product of halves is exact as a single */

static void half_products(A64Trans *t, const A64Ops *o, bool is_high, bool is_neg, V128 m)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    if (is_neg)
        n = negate(t, 1, n);
    unsigned bytes = whole(o);
    if (is_high) {
        n = ir_vext_v128(t->b, n, n, (int)bytes / 2);
        m = ir_vext_v128(t->b, m, m, (int)bytes / 2);
    }
    n = a64_keep_low(t, bytes / 2, n);
    m = a64_keep_low(t, bytes / 2, m);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(A64_FP_FMLAL, 2, 0), bytes, d, a64_widen(t, 1, true, false, n), a64_widen(t, 1, true, false, m));
    a64_put_v(t, o->rd, r);
}

void trans_fmlal(A64Trans *t, const A64Ops *o, bool is_high, bool is_neg)
{
    V128 m = a64_get_v(t, o->rm);
    half_products(t, o, is_high, is_neg, m);
}

void trans_fmlal_element(A64Trans *t, const A64Ops *o, bool is_high, bool is_neg)
{
    V128 m = element(t, o, 1);
    half_products(t, o, is_high, is_neg, m);
}

/* ---- FCMA: even lanes are real parts, odd ones imaginary */

static V128 even_mask(A64Trans *t, unsigned size)
{
    return a64_splat(t, size == 3 ? 3 : size + 1, size == 3 ? 0 : ~0ull >> (64 - (8u << size)));
}

/* Signs of even or odd lanes. */
static V128 sign_lanes(A64Trans *t, unsigned size, bool even, bool odd)
{
    uint64_t sign = 1ull << ((8u << size) - 1);
    if (size == 3)
        return ir_const_v128(t->b, (V128Bits){ .u64 = { even ? sign : 0, odd ? sign : 0 } });
    return a64_splat(t, size + 1, (even ? sign : 0) | (odd ? sign << (8u << size) : 0));
}

static V128 merge_parts(A64Trans *t, unsigned size, V128 even, V128 odd)
{
    V128 mask = size == 3 ? ir_const_v128(t->b, (V128Bits){ .u64 = { ~0ull, 0 } }) : even_mask(t, size);
    V128 x = ir_vand_v128(t->b, even, mask), y = ir_vandn_v128(t->b, odd, mask);
    return ir_vor_v128(t->b, x, y);
}

static V128 exchange_parts(A64Trans *t, unsigned size, V128 v)
{
    V128Bits at;
    for (unsigned i = 0; i < 16; i++)
        at.u8[i] = (uint8_t)(i ^ 1u << size);
    V128 control = ir_const_v128(t->b, at);
    return ir_vshuf8_v128(t->b, v, control);
}

/* d + n's real (rotations 0, 180) or imaginary part times m, turned by 90 degrees each. */
static void complex_multiply(A64Trans *t, const A64Ops *o, unsigned size, unsigned bytes, V128 m)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), part, factor;
    V128 other = exchange_parts(t, size, n), crossed = exchange_parts(t, size, m);
    if (o->rot & 1) {
        part = merge_parts(t, size, other, n);
        factor = crossed;
    } else {
        part = merge_parts(t, size, n, other);
        factor = m;
    }
    V128 signs = sign_lanes(t, size, o->rot == 1 || o->rot == 2, o->rot == 2 || o->rot == 3);
    factor = ir_vxor_v128(t->b, factor, signs);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(A64_FP_FMA, size, 0), bytes, d, part, factor);
    a64_put_v(t, o->rd, r);
}

void trans_fcmla(A64Trans *t, const A64Ops *o)
{
    V128 m = a64_get_v(t, o->rm);
    complex_multiply(t, o, o->size, whole(o), m);
}

void trans_fcmla_element(A64Trans *t, const A64Ops *o, unsigned size)
{
    V128 m = a64_get_v(t, o->rm);
    m = a64_duplicate(t, size + 1, o->index, m);
    complex_multiply(t, o, size, size == 2 ? 16 : whole(o), m);
}

void trans_fcadd(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 turned = exchange_parts(t, o->size, m), signs = sign_lanes(t, o->size, !o->rot, o->rot);
    turned = ir_vxor_v128(t->b, turned, signs);
    V128 r = a64_fp_lanes(t, A64_FP_WHAT(A64_FP_ADD, o->size, 0), whole(o), n, n, turned);
    a64_put_v(t, o->rd, r);
}
