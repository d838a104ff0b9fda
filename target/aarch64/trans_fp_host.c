/* SPDX-License-Identifier: MIT */
/*
 * Scalar floating point of singles and doubles by operations of the IR that have Arm's rules (fpu_vec.h), where FPCR asks for nothing odd: its
 * rounding mode is MXCSR's, its flags are MXCSR's.
 */
#include "target/aarch64/trans.h"

/* A value of either size. */
typedef struct Scalar {
    bool is_double;
    F32 s;
    F64 d;
} Scalar;

bool a64_fp_is_host(const A64Trans *t, unsigned size) { return size >= 2 && !(t->t->ctx & A64_CTX_FP_ODD); }

static Scalar get(A64Trans *t, unsigned size, unsigned r)
{
    V128 v = a64_get_v(t, r);
    Scalar x = { .is_double = size == 3 };
    if (x.is_double)
        x.d = ir_vlow64_f64(t->b, v);
    else
        x.s = ir_vlow32_f32(t->b, v);
    return x;
}

static void put(A64Trans *t, unsigned r, Scalar x)
{
    V128 v = x.is_double ? ir_vfrom64_v128(t->b, x.d) : ir_vfrom32_v128(t->b, x.s);
    a64_put_v(t, r, v);
}

static Scalar negate(A64Trans *t, Scalar x)
{
    if (x.is_double)
        x.d = ir_fneg_f64(t->b, x.d);
    else
        x.s = ir_fneg_f32(t->b, x.s);
    return x;
}

static I32 is_equal(A64Trans *t, Scalar x, Scalar y)
{
    return x.is_double ? ir_fcmp_eq_f64(t->b, x.d, y.d) : ir_fcmp_eq_f32(t->b, x.s, y.s);
}

/* Raises invalid for any NaN. */
static I32 is_less(A64Trans *t, Scalar x, Scalar y)
{
    return x.is_double ? ir_fcmp_lt_f64(t->b, x.d, y.d) : ir_fcmp_lt_f32(t->b, x.s, y.s);
}

/* ---- arithmetic */

static Scalar compute(A64Trans *t, A64FpOp op, Scalar x, Scalar y)
{
    IrBuilder *b = t->b;
    Scalar r = { .is_double = x.is_double };
    switch (op) {
    case A64_FP_ADD:
        r.is_double ? (void)(r.d = ir_nfadd_f64(b, x.d, y.d)) : (void)(r.s = ir_nfadd_f32(b, x.s, y.s));
        return r;
    case A64_FP_SUB:
        r.is_double ? (void)(r.d = ir_nfsub_f64(b, x.d, y.d)) : (void)(r.s = ir_nfsub_f32(b, x.s, y.s));
        return r;
    case A64_FP_MUL:
    case A64_FP_NMUL:
        r.is_double ? (void)(r.d = ir_nfmul_f64(b, x.d, y.d)) : (void)(r.s = ir_nfmul_f32(b, x.s, y.s));
        return op == A64_FP_NMUL ? negate(t, r) : r;
    case A64_FP_DIV:
        r.is_double ? (void)(r.d = ir_nfdiv_f64(b, x.d, y.d)) : (void)(r.s = ir_nfdiv_f32(b, x.s, y.s));
        return r;
    default: /* square root */
        r.is_double ? (void)(r.d = ir_nfsqrt_f64(b, x.d)) : (void)(r.s = ir_nfsqrt_f32(b, x.s));
        return r;
    }
}

bool a64_fp_host_arith(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op)
{
    bool is_known = op <= A64_FP_SQRT;
    if (!is_known || !a64_fp_is_host(t, size))
        return false;
    Scalar x = get(t, size, o->rn), y = op == A64_FP_SQRT ? x : get(t, size, o->rm);
    Scalar r = compute(t, op, x, y);
    put(t, o->rd, r);
    return true;
}

bool a64_fp_host_fma(A64Trans *t, const A64Ops *o, unsigned size, bool neg_product, bool neg_sum)
{
    if (!a64_fp_is_host(t, size))
        return false;
    Scalar x = get(t, size, o->rn), y = get(t, size, o->rm), z = get(t, size, o->ra), r = { .is_double = size == 3 };
    x = neg_product ? negate(t, x) : x;
    z = neg_sum ? negate(t, z) : z;
    if (r.is_double)
        r.d = ir_nfma_f64(t->b, x.d, y.d, z.d);
    else
        r.s = ir_nfma_f32(t->b, x.s, y.s, z.s);
    put(t, o->rd, r);
    return true;
}

/* ---- comparison: less N, equal ZC, greater C, unordered CV */

static CC flags_of(A64Trans *t, Scalar x, Scalar y, bool is_signaling)
{
    is_signaling ? is_less(t, x, y) : is_equal(t, x, y); /* for the sticky flags */
    return x.is_double ? ir_cc_fcmp_f64(t->b, x.d, y.d) : ir_cc_fcmp_f32(t->b, x.s, y.s);
}

/* A half is the same number as a single; widening a signalling NaN raises what comparing it would. */
static Scalar get_any(A64Trans *t, unsigned size, unsigned r)
{
    if (size >= 2)
        return get(t, size, r);
    V128 v = a64_get_v(t, r);
    v = a64_keep_low(t, 2, v);
    V128 wide = ir_vf16_to_f32_v128(t->b, v);
    return (Scalar){ .s = ir_vlow32_f32(t->b, wide) };
}

bool a64_fp_host_compare(A64Trans *t, const A64Ops *o, unsigned size, bool is_zero, bool is_signaling, CC *out)
{
    if (t->t->ctx & A64_CTX_FP_ODD)
        return false;
    Scalar x = get_any(t, size, o->rn), zero = { .is_double = size == 3 };
    if (zero.is_double)
        zero.d = ir_const_f64(t->b, 0);
    else
        zero.s = ir_const_f32(t->b, 0);
    Scalar y = is_zero ? zero : get_any(t, size, o->rm);
    *out = flags_of(t, x, y, is_signaling);
    return true;
}

/* ---- integers, and numbers with a fixed point: scaled by a power of two, which is exact */

static Scalar power_of_two(A64Trans *t, bool is_double, int exponent)
{
    Scalar r = { .is_double = is_double };
    if (is_double)
        r.d = ir_const_f64(t->b, (uint64_t)(a64_bias(3) + exponent) << a64_frac_bits[3]);
    else
        r.s = ir_const_f32(t->b, (uint32_t)(a64_bias(2) + exponent) << a64_frac_bits[2]);
    return r;
}

/* Not of what is too large for any integer already: that may overflow. */
static Scalar scale_up(A64Trans *t, Scalar x, int fraction)
{
    IrBuilder *b = t->b;
    Scalar limit = power_of_two(t, x.is_double, 64), by = power_of_two(t, x.is_double, fraction), one = power_of_two(t, x.is_double, 0);
    if (x.is_double) {
        F64 magnitude = ir_fabs_f64(b, x.d);
        I32 is_small = ir_fcmp_ltq_f64(b, magnitude, limit.d);
        by.d = ir_select_f64(b, is_small, by.d, one.d);
    } else {
        F32 magnitude = ir_fabs_f32(b, x.s);
        I32 is_small = ir_fcmp_ltq_f32(b, magnitude, limit.s);
        by.s = ir_select_f32(b, is_small, by.s, one.s);
    }
    return compute(t, A64_FP_MUL, x, by);
}

bool a64_fp_host_from_int(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction)
{
    IrBuilder *b = t->b;
    if (!a64_fp_is_host(t, size))
        return false;
    I64 x = a64_get_x(t, o->rn);
    I32 w = ir_trunc_i32(b, x);
    Scalar r = { .is_double = size == 3 };
    if (r.is_double && o->sf)
        r.d = is_unsigned ? ir_i64_u_to_f64_f64(b, x) : ir_i64_s_to_f64_f64(b, x);
    else if (r.is_double)
        r.d = is_unsigned ? ir_i32_u_to_f64_f64(b, w) : ir_i32_s_to_f64_f64(b, w);
    else if (o->sf)
        r.s = is_unsigned ? ir_i64_u_to_f32_f32(b, x) : ir_i64_s_to_f32_f32(b, x);
    else
        r.s = is_unsigned ? ir_i32_u_to_f32_f32(b, w) : ir_i32_s_to_f32_f32(b, w);
    if (fraction)
        r = compute(t, A64_FP_MUL, r, power_of_two(t, r.is_double, -(int)fraction));
    put(t, o->rd, r);
    return true;
}

static I64 to_integer(A64Trans *t, const A64Ops *o, Scalar x, bool is_unsigned, int round)
{
    IrBuilder *b = t->b;
    if (o->sf) {
        if (x.is_double)
            return is_unsigned ? ir_f64_to_i64_u_i64(b, x.d, round) : ir_f64_to_i64_s_i64(b, x.d, round);
        return is_unsigned ? ir_f32_to_i64_u_i64(b, x.s, round) : ir_f32_to_i64_s_i64(b, x.s, round);
    }
    I32 w;
    if (x.is_double)
        w = is_unsigned ? ir_f64_to_i32_u_i32(b, x.d, round) : ir_f64_to_i32_s_i32(b, x.d, round);
    else
        w = is_unsigned ? ir_f32_to_i32_u_i32(b, x.s, round) : ir_f32_to_i32_s_i32(b, x.s, round);
    return ir_zext_i64(b, w);
}

/* A NaN becomes 0; the IR's conversion raises invalid for it. */
bool a64_fp_host_to_int(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction, A64Round round)
{
    static const uint8_t modes[] = { [A64_RN] = IR_RNE, [A64_RP] = IR_RUP, [A64_RM] = IR_RDN, [A64_RZ] = IR_RTZ, [A64_RA] = IR_RMM };
    if (!a64_fp_is_host(t, size))
        return false;
    Scalar x = get(t, size, o->rn);
    if (fraction)
        x = scale_up(t, x, (int)fraction);
    I64 v = to_integer(t, o, x, is_unsigned, modes[round]), zero = ir_const_i64(t->b, 0);
    I32 is_number = is_equal(t, x, x);
    I64 r = ir_select_i64(t->b, is_number, v, zero);
    a64_put_x(t, o->rd, r);
    return true;
}
