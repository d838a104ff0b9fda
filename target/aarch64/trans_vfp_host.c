/* SPDX-License-Identifier: MIT */
/* Floating point on vectors by operations of the IR, where FPCR asks for nothing odd: they have Arm's rules (fpu_vec.h). false: by helper. */
#include "target/aarch64/trans.h"

typedef V128 Op1(IrBuilder *b, V128 x);
typedef V128 Op2(IrBuilder *b, V128 x, V128 y);
typedef V128 Op3(IrBuilder *b, V128 x, V128 y, V128 z);
typedef V128 OpRound(IrBuilder *b, V128 x, int rm);
#define SIZES(name) { ir_##name##16_v128, ir_##name##32_v128, ir_##name##64_v128 }

static const uint8_t round_modes[] = { [A64_RN] = IR_RNE, [A64_RP] = IR_RUP, [A64_RM] = IR_RDN, [A64_RZ] = IR_RTZ, [A64_RA] = IR_RMM, [A64_RFPCR] = IR_RDYN };

static bool is_odd(const A64Trans *t) { return t->t->ctx & A64_CTX_FP_ODD; }

static V128 without_sign(A64Trans *t, unsigned size, V128 v)
{
    V128 signs = a64_splat(t, size, 1ull << ((8u << size) - 1));
    return ir_vandn_v128(t->b, v, signs);
}

static bool binary(A64Trans *t, A64FpOp op, unsigned size, V128 x, V128 y, V128 *out)
{
    static Op2 *const ops[][3] = {
        [A64_FP_ADD] = SIZES(vfadd), [A64_FP_SUB] = SIZES(vfsub), [A64_FP_MUL] = SIZES(vfmul), [A64_FP_DIV] = SIZES(vfdiv),
        [A64_FP_MAX] = SIZES(vfmax), [A64_FP_MIN] = SIZES(vfmin), [A64_FP_MAXNM] = SIZES(vfmaxnum), [A64_FP_MINNM] = SIZES(vfminnum),
        [A64_FP_ABD] = SIZES(vfsub),
        [A64_FP_CMEQ] = SIZES(vfcmp_eq), [A64_FP_CMGE] = SIZES(vfcmp_ge), [A64_FP_CMGT] = SIZES(vfcmp_gt),
        [A64_FP_ACGE] = SIZES(vfcmp_ge), [A64_FP_ACGT] = SIZES(vfcmp_gt),
    };
    if (op > A64_FP_ACGT || !ops[op][size - 1])
        return false;
    if (op == A64_FP_ACGE || op == A64_FP_ACGT) {
        x = without_sign(t, size, x);
        y = without_sign(t, size, y);
    }
    *out = ops[op][size - 1](t->b, x, y);
    if (op == A64_FP_ABD)
        *out = without_sign(t, size, *out);
    return true;
}

/* x where the mask is set, else y. */
static V128 choose(A64Trans *t, V128 mask, V128 x, V128 y)
{
    V128 from_x = ir_vand_v128(t->b, x, mask), from_y = ir_vandn_v128(t->b, y, mask);
    return ir_vor_v128(t->b, from_x, from_y);
}

/* Ties away from zero: the magnitude is cut, and 1 added where a half or more was lost. That is exact; what has no fraction (NaNs too) is left
 * to a last rounding, which makes signalling NaNs quiet. */
static V128 round_ties_away(A64Trans *t, unsigned size, V128 x)
{
    IrBuilder *b = t->b;
    unsigned fb = a64_frac_bits[size], bias = (unsigned)a64_bias(size);
    V128 sign = a64_splat(t, size, 1ull << ((8u << size) - 1)), limit = a64_splat(t, size, (uint64_t)(bias + fb) << fb);
    V128 below_half = a64_splat(t, size, ((uint64_t)(bias - 1) << fb) - 1), one = a64_splat(t, size, (uint64_t)bias << fb);
    V128 magnitude = ir_vandn_v128(b, x, sign), signs = ir_vand_v128(b, x, sign);
    V128 has_fraction = a64_cmgt(t, size, x, limit, magnitude);
    V128 small = ir_vand_v128(b, magnitude, has_fraction);
    V128 cut = size == 3 ? ir_vfround64_v128(b, small, IR_RTZ) : ir_vfround32_v128(b, small, IR_RTZ);
    V128 lost = size == 3 ? ir_vfsub64_v128(b, small, cut) : ir_vfsub32_v128(b, small, cut);
    V128 is_half = a64_cmgt(t, size, x, lost, below_half);
    V128 more = ir_vand_v128(b, is_half, one);
    V128 rounded = size == 3 ? ir_vfadd64_v128(b, cut, more) : ir_vfadd32_v128(b, cut, more);
    V128 r = choose(t, has_fraction, rounded, magnitude);
    r = ir_vor_v128(b, r, signs);
    return size == 3 ? ir_vfround64_v128(b, r, IR_RTZ) : ir_vfround32_v128(b, r, IR_RTZ);
}

/* arg: A64Round, 8: inexact is raised */
static V128 round_to_integral(A64Trans *t, unsigned size, unsigned arg, V128 x)
{
    static OpRound *const ops[2][3] = { SIZES(vfround), SIZES(vfrint) };
    if ((arg & 7) == A64_RA && size > 1)
        return round_ties_away(t, size, x);
    return ops[arg >> 3 & 1][size - 1](t->b, x, round_modes[arg & 7]);
}

/* Lanes of zero times infinity, which FMULX and FRECPS give a number. */
static V128 zero_by_infinity(A64Trans *t, unsigned size, V128 x, V128 y)
{
    IrBuilder *b = t->b;
    V128 a = without_sign(t, size, x), c = without_sign(t, size, y), zero = a64_zero_v(t);
    V128 infinity = a64_splat(t, size, (2 * (uint64_t)a64_bias(size) + 1) << a64_frac_bits[size]);
    V128 a_zero = a64_cmeq(t, size, a, a, zero), c_zero = a64_cmeq(t, size, a, c, zero);
    V128 a_infinite = a64_cmeq(t, size, a, a, infinity), c_infinite = a64_cmeq(t, size, a, c, infinity);
    V128 one_way = ir_vand_v128(b, a_zero, c_infinite), other_way = ir_vand_v128(b, a_infinite, c_zero);
    return ir_vor_v128(b, one_way, other_way);
}

/* x with the magnitude given where the mask is set. */
static V128 with_magnitude(A64Trans *t, unsigned size, V128 mask, V128 x, uint64_t magnitude)
{
    V128 bits = a64_splat(t, size, (1ull << ((8u << size) - 1)) - 1), value = a64_splat(t, size, magnitude);
    V128 which = ir_vand_v128(t->b, mask, bits);
    return choose(t, which, value, x);
}

/* 2 with the sign of the product, else the product. */
static V128 multiply_extended(A64Trans *t, unsigned size, V128 x, V128 y)
{
    static Op2 *const mul[] = SIZES(vfmul);
    uint64_t bias = (uint64_t)a64_bias(size);
    V128 mask = zero_by_infinity(t, size, x, y);
    V128 a = with_magnitude(t, size, mask, x, (bias + 1) << a64_frac_bits[size]), c = with_magnitude(t, size, mask, y, bias << a64_frac_bits[size]);
    return mul[size - 1](t->b, a, c);
}

/* 2 - x * y */
static V128 reciprocal_step(A64Trans *t, unsigned size, V128 x, V128 y)
{
    static Op3 *const fma[] = SIZES(vfma);
    V128 mask = zero_by_infinity(t, size, x, y), signs = a64_splat(t, size, 1ull << ((8u << size) - 1));
    V128 two = a64_splat(t, size, ((uint64_t)a64_bias(size) + 1) << a64_frac_bits[size]);
    V128 a = ir_vandn_v128(t->b, x, mask), c = ir_vandn_v128(t->b, y, mask);
    V128 minus = ir_vxor_v128(t->b, a, signs);
    return fma[size - 1](t->b, minus, c, two);
}

/* (3 - x * y) / 2, as 1.5 - x * y / 2: one factor is halved, where that is exact. Where none can be, x * y is so small that half of it or all
 * of it make the same difference. Infinities and NaNs stay. */
static V128 rsqrt_step(A64Trans *t, unsigned size, V128 x, V128 y)
{
    static Op3 *const fma[] = SIZES(vfma);
    IrBuilder *b = t->b;
    uint64_t fb = a64_frac_bits[size], bias = (uint64_t)a64_bias(size);
    V128 mask = zero_by_infinity(t, size, x, y), signs = a64_splat(t, size, 1ull << ((8u << size) - 1));
    V128 infinity = a64_splat(t, size, (2 * bias + 1) << fb), below_one = a64_splat(t, size, (bias << fb) - 1);
    V128 denormal = a64_splat(t, size, (2ull << fb) - 1), half = a64_splat(t, size, 1ull << fb);
    V128 c = a64_splat(t, size, (bias << fb) | 1ull << (fb - 1)); /* 1.5 */
    V128 a = ir_vandn_v128(b, x, mask), d = ir_vandn_v128(b, y, mask);
    V128 a_size = without_sign(t, size, a), d_size = without_sign(t, size, d);
    V128 a_large = a64_cmgt(t, size, a, a_size, below_one), a_finite = a64_cmgt(t, size, a, infinity, a_size);
    V128 d_normal = a64_cmgt(t, size, d, d_size, denormal), d_finite = a64_cmgt(t, size, d, infinity, d_size);
    V128 halve_a = ir_vand_v128(b, a_large, a_finite), d_can = ir_vand_v128(b, d_normal, d_finite), halve_d = ir_vandn_v128(b, d_can, halve_a);
    V128 from_a = ir_vand_v128(b, halve_a, half), from_d = ir_vand_v128(b, halve_d, half);
    a = a64_vsub(t, size, a, a, from_a);
    d = a64_vsub(t, size, d, d, from_d);
    V128 minus = ir_vxor_v128(b, a, signs);
    return fma[size - 1](b, minus, d, c);
}

/* Raises invalid where the mask of lanes of 32 or 64 bits is set: there it is a NaN. */
static void raise_invalid(A64Trans *t, V128 mask)
{
    V128 zero = a64_zero_v(t);
    ir_vfcmp_gt32_v128(t->b, mask, zero);
}

/* FRINT32, FRINT64: what is no integer of that size becomes the most negative one, which is invalid and not inexact. */
static V128 round_to_int_size(A64Trans *t, unsigned size, unsigned arg, V128 x)
{
    static OpRound *const rounds[][3] = { SIZES(vfround), SIZES(vfrint) };
    IrBuilder *b = t->b;
    int rm = arg & 2 ? IR_RDYN : IR_RTZ;
    uint64_t power = ((uint64_t)a64_bias(size) + (arg & 1 ? 63 : 31)) << a64_frac_bits[size];
    V128 limit = a64_splat(t, size, power), lowest = a64_splat(t, size, power | 1ull << ((8u << size) - 1)), ones = a64_splat(t, 3, ~0ull);
    V128 whole = rounds[0][size - 1](b, x, rm);
    V128 magnitude = without_sign(t, size, whole);
    V128 is_small = a64_cmgt(t, size, x, limit, magnitude), is_lowest = a64_cmeq(t, size, x, whole, lowest);
    V128 fits = ir_vor_v128(b, is_small, is_lowest);
    V128 kept = ir_vand_v128(b, x, fits), bad = ir_vxor_v128(b, fits, ones);
    V128 r = rounds[1][size - 1](b, kept, rm);
    raise_invalid(t, bad);
    return choose(t, fits, r, lowest);
}

/* FRECPX: the exponent's complement; the largest for zeros and denormals. NaNs become quiet. */
static V128 reciprocal_exponent(A64Trans *t, unsigned size, V128 x)
{
    static OpRound *const round[] = SIZES(vfround);
    IrBuilder *b = t->b;
    uint64_t fb = a64_frac_bits[size], top = 2 * (uint64_t)a64_bias(size) + 1, sign = 1ull << ((8u << size) - 1);
    V128 infinity = a64_splat(t, size, top << fb), largest = a64_splat(t, size, (top - 1) << fb), zero = a64_zero_v(t), signs = a64_splat(t, size, sign);
    V128 magnitude = without_sign(t, size, x), exponent = ir_vand_v128(b, x, infinity), sign_bits = ir_vand_v128(b, x, signs);
    V128 is_nan = a64_cmgt(t, size, x, magnitude, infinity), is_least = a64_cmeq(t, size, x, exponent, zero);
    V128 turned = ir_vxor_v128(b, exponent, infinity), nans = ir_vand_v128(b, x, is_nan);
    V128 r = choose(t, is_least, largest, turned), quiet = round[size - 1](b, nans, IR_RTZ);
    r = ir_vor_v128(b, r, sign_bits);
    return choose(t, is_nan, quiet, r);
}

bool a64_vfp_host(A64Trans *t, A64FpOp op, unsigned size, unsigned arg, V128 d, V128 n, V128 m, V128 *out)
{
    static Op1 *const sqrt[] = SIZES(vfsqrt);
    static Op3 *const fma[] = SIZES(vfma);
    if (is_odd(t))
        return false;
    switch (op) {
    case A64_FP_SQRT: *out = sqrt[size - 1](t->b, n); return true;
    case A64_FP_MULX: *out = multiply_extended(t, size, n, m); return true;
    case A64_FP_RECPS: *out = reciprocal_step(t, size, n, m); return true;
    case A64_FP_RSQRTS: *out = rsqrt_step(t, size, n, m); return true;
    case A64_FP_RECPX: *out = reciprocal_exponent(t, size, n); return true;
    case A64_FP_RINT_INT: *out = round_to_int_size(t, size, arg, n); return true;
    case A64_FP_FMA: *out = fma[size - 1](t->b, n, m, d); return true;
    case A64_FP_RINT: *out = round_to_integral(t, size, arg, n); return true;
    default: return binary(t, op, size, n, m, out);
    }
}

/* ---- conversions */

static V128 pair(A64Trans *t, V128 v, I64 (*fn)(A64Trans *t, I64 x, unsigned arg), unsigned arg)
{
    I64 low = a64_get_lane(t, 3, 0, v), high = a64_get_lane(t, 3, 1, v);
    I64 x = fn(t, low, arg), y = fn(t, high, arg);
    return ir_vpack64_v128(t->b, x, y);
}

/* arg: IrRound << 1 | unsigned. A NaN becomes 0. */
static I64 double_to_int(A64Trans *t, I64 bits, unsigned arg)
{
    F64 x = ir_f64_bits_f64(t->b, bits);
    I64 v = arg & 1 ? ir_f64_to_i64_u_i64(t->b, x, (int)(arg >> 1)) : ir_f64_to_i64_s_i64(t->b, x, (int)(arg >> 1)), zero = ir_const_i64(t->b, 0);
    I32 is_number = ir_fcmp_eq_f64(t->b, x, x);
    return ir_select_i64(t->b, is_number, v, zero);
}

static I64 int_to_double(A64Trans *t, I64 v, unsigned is_unsigned)
{
    F64 x = is_unsigned ? ir_i64_u_to_f64_f64(t->b, v) : ir_i64_s_to_f64_f64(t->b, v);
    return ir_bits_f64_i64(t->b, x);
}

/* By 2^fraction, which is exact; not of what is too large for any integer already: that may overflow. */
static V128 scale_up(A64Trans *t, unsigned size, unsigned fraction, V128 n)
{
    uint64_t bias = (uint64_t)a64_bias(size), fb = a64_frac_bits[size];
    V128 magnitude = without_sign(t, size, n), limit = a64_splat(t, size, (bias + (8u << size)) << fb);
    V128 is_small = a64_cmgt(t, size, n, limit, magnitude), by = a64_splat(t, size, (bias + fraction) << fb), one = a64_splat(t, size, bias << fb);
    V128 factor = choose(t, is_small, by, one);
    return size == 3 ? ir_vfmul64_v128(t->b, n, factor) : ir_vfmul32_v128(t->b, n, factor);
}

bool a64_vfp_host_to_int(A64Trans *t, unsigned size, bool is_unsigned, unsigned fraction, A64Round round, V128 n, V128 *out)
{
    int rm = round_modes[round];
    if (is_odd(t) || size == 1)
        return false;
    if (fraction)
        n = scale_up(t, size, fraction, n);
    if (round == A64_RA) { /* rounded first; the inexactness is another rounding's. What does not fit has no fraction */
        V128 whole = round_ties_away(t, size, n), inexact = n;
        if (is_unsigned) { /* but negative ones are invalid alone */
            V128 minus_zero = a64_splat(t, size, 1ull << ((8u << size) - 1)), zero = a64_zero_v(t);
            V128 is_negative = a64_cmgt(t, size, n, zero, whole), is_zero = a64_cmeq(t, size, n, whole, minus_zero);
            V128 is_invalid = ir_vandn_v128(t->b, is_negative, is_zero);
            inexact = ir_vandn_v128(t->b, n, is_invalid);
        }
        size == 3 ? ir_vfrint64_v128(t->b, inexact, IR_RTZ) : ir_vfrint32_v128(t->b, inexact, IR_RTZ);
        n = whole;
        rm = IR_RTZ;
    }
    if (size == 3)
        *out = pair(t, n, double_to_int, (unsigned)rm << 1 | is_unsigned);
    else
        *out = is_unsigned ? ir_vf32_to_i32_u_v128(t->b, n, rm) : ir_vf32_to_i32_s_v128(t->b, n, rm);
    return true;
}

/* Divided by 2^fraction, which is exact. */
bool a64_vfp_host_from_int(A64Trans *t, unsigned size, bool is_unsigned, unsigned fraction, V128 n, V128 *out)
{
    if (is_odd(t) || size == 1)
        return false;
    V128 r;
    if (size == 3)
        r = pair(t, n, int_to_double, is_unsigned);
    else
        r = is_unsigned ? ir_vi32_u_to_f32_v128(t->b, n) : ir_vi32_s_to_f32_v128(t->b, n);
    if (fraction) {
        uint64_t exp = (uint64_t)a64_bias(size) - fraction;
        V128 scale = a64_splat(t, size, exp << a64_frac_bits[size]);
        r = size == 3 ? ir_vfmul64_v128(t->b, r, scale) : ir_vfmul32_v128(t->b, r, scale);
    }
    *out = r;
    return true;
}

/* Between neighbouring sizes, in the low half; the rest of a narrow result is zero. */
bool a64_vfp_host_resize(A64Trans *t, unsigned to, unsigned from, A64Round round, V128 n, V128 *out)
{
    if (is_odd(t) || to == 0 || round != A64_RFPCR)
        return false;
    if (to > from)
        *out = to == 3 ? ir_vf32_to_f64_v128(t->b, n) : ir_vf16_to_f32_v128(t->b, n);
    else
        *out = to == 2 ? ir_vf64_to_f32_v128(t->b, n) : ir_vf32_to_f16_v128(t->b, n);
    return true;
}
