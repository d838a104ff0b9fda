/* SPDX-License-Identifier: MIT */
/*
 * Fused multiply-add and half precision on integers, exact with flags and the four rounding modes, for hosts without FMA or
 * F16C and for the f16 forms that have no instruction. IEEE 754-2019 5.4.1, 7; tininess is detected after rounding, as SSE does.
 */
#include <stdbool.h>

#include "tcg/fpu.h"
#include "tcg/ir.h"

typedef unsigned __int128 u128;

typedef struct Format {
    int frac, bias; /* fraction bits, exponent bias */
} Format;
static const Format F16 = { 10, 15 }, F32_FORMAT = { 23, 127 }, F64_FORMAT = { 52, 1023 };

typedef enum Class { ZERO, NUMBER, INFINITE, QUIET, SIGNALING } Class;

/* value = mant * 2^(exp - 63), mant has bit 63 set (numbers) */
typedef struct Parts {
    Class cls;
    bool sign;
    int exp;
    uint64_t mant;
} Parts;

static int exp_max(Format f)
{
    return 2 * f.bias + 1;
}

static int sign_shift(Format f)
{
    return f.frac == 52 ? 63 : f.frac == 23 ? 31 : 15;
}

static Parts unpack(uint64_t a, Format f)
{
    Parts p = { .sign = a >> sign_shift(f) & 1 };
    int e = (int)(a >> f.frac) & exp_max(f);
    uint64_t frac = a & ((1ull << f.frac) - 1);
    if (e == exp_max(f)) {
        p.cls = !frac ? INFINITE : frac >> (f.frac - 1) ? QUIET : SIGNALING;
    } else if (e == 0 && frac == 0) {
        p.cls = ZERO;
    } else {
        int lead = e ? 63 - f.frac : __builtin_clzll(frac);
        p.cls = NUMBER;
        p.mant = (frac | (e ? 1ull << f.frac : 0)) << lead;
        p.exp = (e ? e : 1) - f.bias + 63 - f.frac - lead;
    }
    return p;
}

static uint64_t with_sign(bool sign, uint64_t magnitude, Format f)
{
    return (uint64_t)sign << sign_shift(f) | magnitude;
}

static uint64_t quiet_nan(Format f)
{
    return ((uint64_t)exp_max(f) << 1 | 1) << (f.frac - 1);
}

static uint64_t infinity(bool sign, Format f)
{
    return with_sign(sign, (uint64_t)exp_max(f) << f.frac, f);
}

static bool rounds_away(int rm, bool sign, uint64_t mant, uint64_t rest, uint64_t half)
{
    switch (rm) {
    case IR_RNE:
        return rest > half || (rest == half && (mant & 1));
    case IR_RDN:
        return sign && rest;
    case IR_RUP:
        return !sign && rest;
    default:
        return false;
    }
}

/* mant >> shift, rounded; shift 1..64 and more. */
static uint64_t round_shift(int rm, bool sign, uint64_t mant, int shift, bool *is_inexact)
{
    if (shift > 64) { /* below a quarter of the last place */
        *is_inexact = true;
        return rounds_away(rm, sign, 0, 1, 2);
    }
    uint64_t whole = shift == 64 ? 0 : mant >> shift;
    uint64_t half = 1ull << (shift - 1), rest = mant & (half | (half - 1));
    *is_inexact = rest != 0;
    return whole + rounds_away(rm, sign, whole, rest, half);
}

static uint64_t overflow(int rm, bool sign, Format f)
{
    fpu_raise(MXCSR_OVERFLOW | MXCSR_INEXACT);
    bool to_max = rm == IR_RTZ || (rm == IR_RDN && !sign) || (rm == IR_RUP && sign);
    return infinity(sign, f) - to_max;
}

/* mant has bit 63 set, its lowest bit stands for all that was lost; value = mant * 2^(exp - 63). */
static uint64_t round_pack(bool sign, int exp, uint64_t mant, Format f)
{
    int rm = fpu_get_round(), shift = 63 - f.frac, biased = exp + f.bias;
    bool is_inexact;
    uint64_t r = round_shift(rm, sign, mant, shift, &is_inexact);
    if (biased >= 1) {
        uint64_t magnitude = r + ((uint64_t)(biased - 1) << f.frac); /* a carry goes into the exponent */
        if (magnitude >> f.frac >= (uint64_t)exp_max(f)) {
            return overflow(rm, sign, f);
        }
        if (is_inexact) {
            fpu_raise(MXCSR_INEXACT);
        }
        return with_sign(sign, magnitude, f);
    }
    bool is_tiny = biased < 0 || r >> f.frac < 2;
    r = round_shift(rm, sign, mant, shift + 1 - biased, &is_inexact);
    if (is_inexact) {
        fpu_raise(MXCSR_INEXACT | (is_tiny ? MXCSR_UNDERFLOW : 0));
    }
    return with_sign(sign, r, f);
}

static u128 shift_jam(u128 v, int shift)
{
    if (shift == 0) {
        return v;
    }
    if (shift >= 128) {
        return v != 0;
    }
    return v >> shift | ((v << (128 - shift)) != 0);
}

/* product * 2^(exp - 126) + c, both numbers; product below 2^127. */
static uint64_t add_product(bool sign, int exp, u128 product, Parts c, Format f)
{
    u128 addend = (u128)c.mant << 63; /* * 2^(c.exp - 126) */
    int diff = exp - c.exp;
    int top = diff > 0 ? exp : c.exp;
    product = shift_jam(product, diff < 0 ? -diff : 0);
    addend = shift_jam(addend, diff > 0 ? diff : 0);
    u128 sum;
    if (sign == c.sign) {
        sum = product + addend;
    } else if (product >= addend) {
        sum = product - addend;
    } else {
        sum = addend - product;
        sign = c.sign;
    }
    if (sum == 0) {
        return with_sign(fpu_get_round() == IR_RDN, 0, f);
    }
    int lead = sum >> 64 ? __builtin_clzll((uint64_t)(sum >> 64)) : 64 + __builtin_clzll((uint64_t)sum);
    sum <<= lead;
    return round_pack(sign, top + 1 - lead, (uint64_t)(sum >> 64) | ((uint64_t)sum != 0), f);
}

static uint64_t soft_fma(uint64_t a, uint64_t b, uint64_t c, Format f)
{
    Parts x = unpack(a, f), y = unpack(b, f), z = unpack(c, f);
    bool sign = x.sign ^ y.sign;
    bool is_undefined = (x.cls == INFINITE && y.cls == ZERO) || (x.cls == ZERO && y.cls == INFINITE);
    bool is_product_inf = (x.cls == INFINITE || y.cls == INFINITE) && !is_undefined;
    bool has_nan = x.cls >= QUIET || y.cls >= QUIET || z.cls >= QUIET;
    if (x.cls == SIGNALING || y.cls == SIGNALING || z.cls == SIGNALING || is_undefined ||
        (!has_nan && is_product_inf && z.cls == INFINITE && z.sign != sign)) {
        fpu_raise(MXCSR_INVALID);
        return quiet_nan(f);
    }
    if (has_nan) {
        return quiet_nan(f);
    }
    if (is_product_inf || z.cls == INFINITE) {
        return infinity(is_product_inf ? sign : z.sign, f);
    }
    if (x.cls == ZERO || y.cls == ZERO) {
        if (z.cls == NUMBER) {
            return c;
        }
        return with_sign(sign == z.sign ? sign : fpu_get_round() == IR_RDN, 0, f);
    }
    u128 product = (u128)x.mant * y.mant; /* bit 127 or 126 is the highest; bit 0 is clear: at most 106 bits count */
    int exp = x.exp + y.exp + 1;
    product >>= 1; /* * 2^(exp - 126) */
    if (z.cls == ZERO) {
        int lead = product >> 126 ? 1 : 2;
        product <<= lead;
        return round_pack(sign, exp + 1 - lead, (uint64_t)(product >> 64) | ((uint64_t)product != 0), f);
    }
    return add_product(sign, exp, product, z, f);
}

uint32_t fpu_soft_fma32(uint32_t a, uint32_t b, uint32_t c) { return (uint32_t)soft_fma(a, b, c, F32_FORMAT); }
uint64_t fpu_soft_fma64(uint64_t a, uint64_t b, uint64_t c) { return soft_fma(a, b, c, F64_FORMAT); }
uint32_t fpu_fma16(uint32_t a, uint32_t b, uint32_t c) { return (uint32_t)soft_fma(a, b, c, F16); }

static uint64_t convert(uint64_t a, Format from, Format to)
{
    Parts p = unpack(a, from);
    switch (p.cls) {
    case ZERO:
        return with_sign(p.sign, 0, to);
    case INFINITE:
        return infinity(p.sign, to);
    case NUMBER:
        return round_pack(p.sign, p.exp, p.mant, to);
    case SIGNALING:
        fpu_raise(MXCSR_INVALID);
        return quiet_nan(to);
    default:
        return quiet_nan(to);
    }
}

uint32_t fpu_soft_f32_to_f16(uint32_t a) { return (uint32_t)convert(a, F32_FORMAT, F16); }
uint32_t fpu_soft_f16_to_f32(uint32_t a) { return (uint32_t)convert(a & 0xffff, F16, F32_FORMAT); }
uint32_t fpu_f64_to_f16(uint64_t a) { return (uint32_t)convert(a, F64_FORMAT, F16); }
