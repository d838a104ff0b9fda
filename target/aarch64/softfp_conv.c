/* SPDX-License-Identifier: MIT */
/* Conversions, rounding to integers, estimates of softfp.h. */
#include "target/aarch64/cpu.h"
#include "target/aarch64/softfp.h"

typedef unsigned __int128 U128;

/* ---- between formats (FPConvert) */

static uint64_t convert_nan(A64Fp *f, unsigned to, unsigned from, const A64Num *n)
{
    bool is_alternative = to == 1 && (f->fpcr & A64_FPCR_AHP);
    uint64_t sign = a64_fp_zero(to, n->sign), frac = n->bits & ((1ull << a64_frac_bits[from]) - 1);
    if (n->class == A64_SNAN || is_alternative)
        f->flags |= A64_IOC;
    if (is_alternative)
        return sign;
    if (f->fpcr & A64_FPCR_DN)
        return a64_fp_default_nan(to);
    int shift = a64_frac_bits[to] - a64_frac_bits[from];
    frac = shift >= 0 ? frac << shift : frac >> -shift;
    return sign | a64_fp_default_nan(to) | frac;
}

uint64_t a64_fp_convert(A64Fp *f, unsigned to, unsigned from, uint64_t a, A64Round round)
{
    A64Num n = a64_fp_unpack(f, from, a & (~0ull >> (64 - (8u << from))), true);
    bool is_alternative = to == 1 && (f->fpcr & A64_FPCR_AHP);
    switch (n.class) {
    case A64_QNAN:
    case A64_SNAN:
        return convert_nan(f, to, from, &n);
    case A64_INFINITY:
        f->flags |= is_alternative ? A64_IOC : 0;
        return is_alternative ? (uint64_t)n.sign << 15 | 0x7fff : a64_fp_infinity(to, n.sign);
    case A64_ZERO:
        return a64_fp_zero(to, n.sign);
    default:
        return a64_fp_round(f, to, round, true, n.sign, n.exp, n.sig, false);
    }
}

/* ---- integers */

/* The magnitude of sig * 2^(exp - 63 + fraction), rounded; at most 2^127. */
static U128 to_integer(const A64Num *n, unsigned fraction, A64Round round, bool *is_inexact)
{
    int point = n->exp - 63 + (int)fraction;
    if (point >= 0)
        return point > 63 ? (U128)1 << 127 : (U128)n->sig << point;
    unsigned shift = (unsigned)-point;
    uint64_t kept = shift > 63 ? 0 : n->sig >> shift;
    bool half = shift <= 64 && (n->sig >> (shift - 1) & 1);
    bool rest = shift > 64 || (n->sig & ((1ull << (shift - 1)) - 1)) != 0;
    *is_inexact = half || rest;
    return (U128)kept + a64_fp_rounds_up(round, n->sign, kept & 1, half, rest);
}

uint64_t a64_fp_to_fixed(A64Fp *f, unsigned size, uint64_t a, unsigned bits, bool is_unsigned, unsigned fraction, A64Round round)
{
    A64Num n = a64_fp_unpack(f, size, a & (~0ull >> (64 - (8u << size))), false);
    uint64_t mask = ~0ull >> (64 - bits);
    bool is_inexact = false;
    if (n.class >= A64_QNAN) {
        f->flags |= A64_IOC;
        return 0;
    }
    if (n.class == A64_ZERO)
        return 0;
    U128 v = n.class == A64_INFINITY ? (U128)1 << 127 : to_integer(&n, fraction, a64_fp_mode(f, round), &is_inexact);
    U128 limit = is_unsigned ? (n.sign ? 0 : mask) : (U128)(mask >> 1) + n.sign;
    if (v > limit) {
        f->flags |= A64_IOC;
        v = limit;
    } else if (is_inexact) {
        f->flags |= A64_IXC;
    }
    return (n.sign ? -(uint64_t)v : (uint64_t)v) & mask;
}

uint64_t a64_fp_from_fixed(A64Fp *f, unsigned size, uint64_t a, unsigned bits, bool is_unsigned, unsigned fraction)
{
    a &= ~0ull >> (64 - bits);
    bool sign = !is_unsigned && (a >> (bits - 1) & 1);
    uint64_t v = sign ? -(a | (bits == 64 ? 0 : ~0ull << bits)) : a;
    if (v == 0)
        return 0;
    int shift = __builtin_clzll(v);
    return a64_fp_round(f, size, A64_RFPCR, false, sign, 63 - shift - (int)fraction, v << shift, false);
}

uint32_t a64_fp_to_js(A64Fp *f, uint64_t a, bool *is_exact)
{
    A64Num n = a64_fp_unpack(f, 3, a, false);
    bool is_inexact = false;
    *is_exact = false;
    if (n.class >= A64_INFINITY) {
        f->flags |= A64_IOC;
        return 0;
    }
    if (n.class == A64_ZERO) {
        *is_exact = !n.sign && !(f->flags & A64_IDC);
        return 0;
    }
    int point = n.exp - 63;
    U128 v = to_integer(&n, 0, A64_RZ, &is_inexact);
    uint32_t low = point >= 0 ? (point > 63 ? 0 : (uint32_t)(n.sig << point)) : (uint32_t)v;
    if (v > (U128)0x7fffffff + n.sign)
        f->flags |= A64_IOC;
    else if (is_inexact)
        f->flags |= A64_IXC;
    else
        *is_exact = true;
    return n.sign ? -low : low;
}

/* ---- to an integral value (FPRoundInt) */

static uint64_t from_integer(A64Fp *f, unsigned size, bool sign, U128 v)
{
    if (v == 0)
        return a64_fp_zero(size, sign);
    uint64_t high = (uint64_t)(v >> 64);
    int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)v);
    v <<= shift;
    return a64_fp_round(f, size, A64_RZ, true, sign, 127 - shift, (uint64_t)(v >> 64), false);
}

uint64_t a64_fp_round_to_int(A64Fp *f, unsigned size, uint64_t a, A64Round round, bool is_exact)
{
    A64Num n = a64_fp_unpack(f, size, a, false);
    bool is_inexact = false;
    if (n.class >= A64_QNAN)
        return a64_fp_process_nan(f, size, &n);
    if (n.class == A64_ZERO)
        return a64_fp_zero(size, n.sign);
    if (n.class == A64_INFINITY || n.exp >= 63)
        return a;
    U128 v = to_integer(&n, 0, a64_fp_mode(f, round), &is_inexact);
    if (is_inexact && is_exact)
        f->flags |= A64_IXC;
    return from_integer(f, size, n.sign, v);
}

/* To an integer of `bits`; what does not fit becomes the most negative one (FPRoundIntN). */
uint64_t a64_fp_round_to_size(A64Fp *f, unsigned size, uint64_t a, unsigned bits, A64Round round)
{
    A64Num n = a64_fp_unpack(f, size, a, false);
    bool is_inexact = false;
    if (n.class == A64_ZERO)
        return a64_fp_zero(size, n.sign);
    U128 v = n.class == A64_FINITE ? to_integer(&n, 0, a64_fp_mode(f, round), &is_inexact) : (U128)1 << 127;
    U128 half = (U128)1 << (bits - 1);
    if (v > (n.sign ? half : half - 1)) {
        f->flags |= A64_IOC;
        return from_integer(f, size, true, half);
    }
    f->flags |= is_inexact ? A64_IXC : 0;
    return from_integer(f, size, n.sign, v);
}

/* ---- estimates (RecipEstimate, RecipSqrtEstimate) */

static unsigned recip_table(unsigned a) /* 256 <= a < 512 */
{
    a = a * 2 + 1;
    return ((1u << 19) / a + 1) / 2;
}

static unsigned rsqrt_table(unsigned a) /* 128 <= a < 512 */
{
    a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
    uint64_t b = 512;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (unsigned)(b + 1) / 2;
}

uint32_t a64_recip_estimate(uint32_t v) { return v >> 31 ? recip_table(v >> 23) << 23 : ~0u; }
uint32_t a64_rsqrt_estimate(uint32_t v) { return v >> 30 ? rsqrt_table(v >> 23) << 23 : ~0u; }

static uint64_t assemble(unsigned size, bool sign, int exp, uint64_t frac52)
{
    return (uint64_t)sign << ((8u << size) - 1) | (uint64_t)exp << a64_frac_bits[size] | frac52 >> (52 - a64_frac_bits[size]);
}

static uint64_t recip(A64Fp *f, unsigned size, const A64Num *n)
{
    int bias = a64_bias(size);
    if (n->exp < -bias - 1) { /* the result is too large */
        A64Round round = a64_fp_mode(f, A64_RFPCR);
        bool to_infinity = round == A64_RN || (round == A64_RP && !n->sign) || (round == A64_RM && n->sign);
        f->flags |= A64_OFC | A64_IXC;
        return to_infinity ? a64_fp_infinity(size, n->sign) : a64_fp_largest(size, n->sign);
    }
    bool flushes = f->fpcr & (size == 1 ? A64_FPCR_FZ16 : A64_FPCR_FZ);
    if (flushes && n->exp >= bias - 1) {
        f->flags |= A64_UFC;
        return a64_fp_zero(size, n->sign);
    }
    uint64_t frac = (uint64_t)(recip_table((unsigned)(n->sig >> 55)) & 0xff) << 44;
    int exp = 2 * bias - 1 - (n->exp + bias);
    if (exp == 0) {
        frac = 1ull << 51 | frac >> 1;
    } else if (exp == -1) {
        frac = 1ull << 50 | frac >> 2;
        exp = 0;
    }
    return assemble(size, n->sign, exp, frac);
}

static uint64_t recip_exponent(A64Fp *f, unsigned size, const A64Num *n)
{
    uint64_t top = (1ull << a64_exp_bits[size]) - 1, exp = n->bits >> a64_frac_bits[size] & top;
    uint64_t sign = (uint64_t)n->sign << ((8u << size) - 1);
    return sign | (exp == 0 ? top - 1 : exp ^ top) << a64_frac_bits[size];
}

uint64_t a64_fp_estimate(A64Fp *f, A64FpOp op, unsigned size, uint64_t a)
{
    A64Num n = a64_fp_unpack(f, size, a, false);
    if (n.class >= A64_QNAN)
        return a64_fp_process_nan(f, size, &n);
    if (op == A64_FP_RECPX)
        return recip_exponent(f, size, &n);
    if (n.class == A64_ZERO) {
        f->flags |= A64_DZC;
        return a64_fp_infinity(size, n.sign);
    }
    if (op == A64_FP_RECPE)
        return n.class == A64_INFINITY ? a64_fp_zero(size, n.sign) : recip(f, size, &n);
    if (n.sign) {
        f->flags |= A64_IOC;
        return a64_fp_default_nan(size);
    }
    if (n.class == A64_INFINITY)
        return a64_fp_zero(size, false);
    int bias = a64_bias(size), exp = n.exp + bias;
    unsigned scaled = exp & 1 ? (unsigned)(n.sig >> 56) : (unsigned)(n.sig >> 55);
    int result = (3 * bias - 1 - exp) >> 1;
    return assemble(size, false, result, (uint64_t)(rsqrt_table(scaled) & 0xff) << 44);
}
