/* SPDX-License-Identifier: MIT */
/*
 * Scalar floating point on the host's SSE unit, through volatile assembly so that nothing is folded or moved and the flags
 * land in MXCSR. What SSE has no instruction for is done on integers. Fused multiply-add and halves without
 * instructions: fpu_soft.c.
 */
#include "tcg/fpu.h"

#include <stdbool.h>

#include "tcg/ir.h"

static bool has_fma, has_f16c;

void fpu_use_hardware(bool fma, bool f16c)
{
    has_fma = fma;
    has_f16c = f16c;
}

/* ---- MXCSR */

uint32_t fpu_get_mxcsr(void)
{
    uint32_t m;
    __asm__ volatile("stmxcsr %0" : "=m"(m));
    return m;
}

/* Another value can take hundreds of cycles to load. */
void fpu_set_mxcsr(uint32_t m)
{
    if (fpu_get_mxcsr() != m) {
        __asm__ volatile("ldmxcsr %0" : : "m"(m));
    }
}

void fpu_leave_guest(uint32_t host)
{
    if ((fpu_get_mxcsr() ^ host) & ~(uint32_t)MXCSR_FLAGS) {
        fpu_set_mxcsr(host);
    }
}

void fpu_raise(uint32_t flags)
{
    fpu_set_mxcsr(fpu_get_mxcsr() | flags);
}

uint32_t fpu_get_flags(void)
{
    return fpu_get_mxcsr() & MXCSR_FLAGS;
}

void fpu_set_flags(uint32_t flags)
{
    fpu_set_mxcsr((fpu_get_mxcsr() & ~(uint32_t)MXCSR_FLAGS) | (flags & MXCSR_FLAGS));
}

void fpu_set_round(uint32_t rm)
{
    static const uint8_t control[4] = { [IR_RNE] = 0, [IR_RDN] = 1, [IR_RUP] = 2, [IR_RTZ] = 3 };
    fpu_set_mxcsr((fpu_get_mxcsr() & ~(uint32_t)MXCSR_ROUND) | (uint32_t)control[rm & 3] << MXCSR_ROUND_SHIFT);
}

int fpu_get_round(void)
{
    static const uint8_t mode[4] = { IR_RNE, IR_RDN, IR_RUP, IR_RTZ };
    return mode[fpu_get_mxcsr() >> MXCSR_ROUND_SHIFT & 3];
}

/* ---- arithmetic */

static inline float f32_of(uint32_t a)
{
    return (union { uint32_t u; float f; }){ .u = a }.f;
}

static inline double f64_of(uint64_t a)
{
    return (union { uint64_t u; double f; }){ .u = a }.f;
}

static inline uint32_t bits32(float f)
{
    return (union { float f; uint32_t u; }){ .f = f }.u;
}

static inline uint64_t bits64(double f)
{
    return (union { double f; uint64_t u; }){ .f = f }.u;
}

#define BINARY(name, insn)                                      \
    uint32_t fpu_##name##32(uint32_t a, uint32_t b)             \
    {                                                           \
        float r = f32_of(a);                                    \
        __asm__ volatile(insn "ss %1, %0" : "+x"(r) : "x"(f32_of(b))); \
        return bits32(r);                                       \
    }                                                           \
    uint64_t fpu_##name##64(uint64_t a, uint64_t b)             \
    {                                                           \
        double r = f64_of(a);                                   \
        __asm__ volatile(insn "sd %1, %0" : "+x"(r) : "x"(f64_of(b))); \
        return bits64(r);                                       \
    }
BINARY(add, "add")
BINARY(sub, "sub")
BINARY(mul, "mul")
BINARY(div, "div")
#undef BINARY

uint32_t fpu_sqrt32(uint32_t a)
{
    float r;
    __asm__ volatile("sqrtss %1, %0" : "=x"(r) : "x"(f32_of(a)));
    return bits32(r);
}

uint64_t fpu_sqrt64(uint64_t a)
{
    double r;
    __asm__ volatile("sqrtsd %1, %0" : "=x"(r) : "x"(f64_of(a)));
    return bits64(r);
}

static bool is_nan32(uint32_t a) { return (a & 0x7fffffffu) > 0x7f800000u; }
static bool is_nan64(uint64_t a) { return (a & 0x7fffffffffffffffull) > 0x7ff0000000000000ull; }
static bool is_signaling32(uint32_t a) { return is_nan32(a) && !(a & 0x00400000u); }
static bool is_signaling64(uint64_t a) { return is_nan64(a) && !(a & 0x0008000000000000ull); }

static bool is_inf_times_zero32(uint32_t a, uint32_t b)
{
    return (a << 1 == 0xff000000u && b << 1 == 0) || (b << 1 == 0xff000000u && a << 1 == 0);
}

static bool is_inf_times_zero64(uint64_t a, uint64_t b)
{
    const uint64_t inf = 0xffe0000000000000ull;
    return (a << 1 == inf && b << 1 == 0) || (b << 1 == inf && a << 1 == 0);
}

uint32_t fpu_fma32(uint32_t a, uint32_t b, uint32_t c)
{
    if (!has_fma) {
        return fpu_soft_fma32(a, b, c);
    }
    float r = f32_of(a);
    __asm__ volatile("vfmadd213ss %2, %1, %0" : "+x"(r) : "x"(f32_of(b)), "x"(f32_of(c)));
    if (is_nan32(c) && is_inf_times_zero32(a, b)) {
        fpu_raise(MXCSR_INVALID);
    }
    return bits32(r);
}

uint64_t fpu_fma64(uint64_t a, uint64_t b, uint64_t c)
{
    if (!has_fma) {
        return fpu_soft_fma64(a, b, c);
    }
    double r = f64_of(a);
    __asm__ volatile("vfmadd213sd %2, %1, %0" : "+x"(r) : "x"(f64_of(b)), "x"(f64_of(c)));
    if (is_nan64(c) && is_inf_times_zero64(a, b)) {
        fpu_raise(MXCSR_INVALID);
    }
    return bits64(r);
}

/* ---- minimum and maximum */

enum { QUIET_NAN32 = 0x7fc00000 };
#define QUIET_NAN64 0x7ff8000000000000ull

/* Order of numbers as integers: -0 below +0. */
static int32_t rank32(uint32_t a) { return (int32_t)(a ^ ((uint32_t)((int32_t)a >> 31) >> 1)); }
static int64_t rank64(uint64_t a) { return (int64_t)(a ^ ((uint64_t)((int64_t)a >> 63) >> 1)); }

static uint32_t pick32(uint32_t a, uint32_t b, bool is_max, bool is_number)
{
    if (is_signaling32(a) || is_signaling32(b)) {
        fpu_raise(MXCSR_INVALID);
    }
    if (is_nan32(a) || is_nan32(b)) {
        bool both = is_nan32(a) && is_nan32(b);
        return both || !is_number ? QUIET_NAN32 : is_nan32(a) ? b : a;
    }
    return (rank32(a) < rank32(b)) != is_max ? a : b;
}

static uint64_t pick64(uint64_t a, uint64_t b, bool is_max, bool is_number)
{
    if (is_signaling64(a) || is_signaling64(b)) {
        fpu_raise(MXCSR_INVALID);
    }
    if (is_nan64(a) || is_nan64(b)) {
        bool both = is_nan64(a) && is_nan64(b);
        return both || !is_number ? QUIET_NAN64 : is_nan64(a) ? b : a;
    }
    return (rank64(a) < rank64(b)) != is_max ? a : b;
}

uint32_t fpu_minnum32(uint32_t a, uint32_t b) { return pick32(a, b, false, true); }
uint32_t fpu_maxnum32(uint32_t a, uint32_t b) { return pick32(a, b, true, true); }
uint32_t fpu_min32(uint32_t a, uint32_t b) { return pick32(a, b, false, false); }
uint32_t fpu_max32(uint32_t a, uint32_t b) { return pick32(a, b, true, false); }
uint64_t fpu_minnum64(uint64_t a, uint64_t b) { return pick64(a, b, false, true); }
uint64_t fpu_maxnum64(uint64_t a, uint64_t b) { return pick64(a, b, true, true); }
uint64_t fpu_min64(uint64_t a, uint64_t b) { return pick64(a, b, false, false); }
uint64_t fpu_max64(uint64_t a, uint64_t b) { return pick64(a, b, true, false); }

/* ---- comparisons: (u)comis sets CF, ZF, PF; "above" is false when unordered */

#define COMPARE(name, insn, suffix, set, x, y, bits, of)                                                        \
    uint32_t fpu_##name##bits(uint##bits##_t a, uint##bits##_t b)                                               \
    {                                                                                                           \
        uint8_t r;                                                                                              \
        __asm__ volatile(insn suffix " %2, %1\n\t" set " %0" : "=q"(r) : "x"(of(x)), "x"(of(y)) : "cc");        \
        return r;                                                                                               \
    }
COMPARE(lt, "comis", "s", "seta", b, a, 32, f32_of)
COMPARE(le, "comis", "s", "setae", b, a, 32, f32_of)
COMPARE(ltq, "ucomis", "s", "seta", b, a, 32, f32_of)
COMPARE(leq, "ucomis", "s", "setae", b, a, 32, f32_of)
COMPARE(lt, "comis", "d", "seta", b, a, 64, f64_of)
COMPARE(le, "comis", "d", "setae", b, a, 64, f64_of)
COMPARE(ltq, "ucomis", "d", "seta", b, a, 64, f64_of)
COMPARE(leq, "ucomis", "d", "setae", b, a, 64, f64_of)
#undef COMPARE

uint32_t fpu_eq32(uint32_t a, uint32_t b)
{
    uint8_t e, np;
    __asm__ volatile("ucomiss %3, %2\n\tsete %0\n\tsetnp %1" : "=&q"(e), "=&q"(np) : "x"(f32_of(a)), "x"(f32_of(b)) : "cc");
    return e & np;
}

uint32_t fpu_eq64(uint64_t a, uint64_t b)
{
    uint8_t e, np;
    __asm__ volatile("ucomisd %3, %2\n\tsete %0\n\tsetnp %1" : "=&q"(e), "=&q"(np) : "x"(f64_of(a)), "x"(f64_of(b)) : "cc");
    return e & np;
}

/* ---- to integers */

static bool rounds_up(int rm, bool sign, uint64_t whole, uint64_t rest, uint64_t half)
{
    switch (rm) {
    case IR_RNE:
        return rest > half || (rest == half && (whole & 1));
    case IR_RDN:
        return sign && rest;
    case IR_RUP:
        return !sign && rest;
    case IR_RMM:
        return rest >= half;
    default:
        return false;
    }
}

/* a is a double; width is 32 or 64. */
static uint64_t to_integer(uint64_t a, int rm, bool is_signed, unsigned width)
{
    bool sign = a >> 63;
    int e = (int)(a >> 52 & 0x7ff) - 1023;
    uint64_t mant = (a & 0xfffffffffffffull) | (e > -1023 ? 1ull << 52 : 0);
    uint64_t max = is_signed ? UINT64_MAX >> (65 - width) : UINT64_MAX >> (64 - width);
    uint64_t min = is_signed ? ~max : 0; /* as a 64-bit two's complement number */
    if (e >= 64) {
        fpu_raise(MXCSR_INVALID);
        return sign && !is_nan64(a) ? min : max;
    }
    uint64_t whole, rest = 0;
    if (e >= 52) {
        whole = mant << (e - 52);
    } else {
        int shift = 52 - e;
        uint64_t half = shift > 53 ? UINT64_MAX : 1ull << (shift - 1);
        whole = shift > 53 ? 0 : mant >> shift;
        rest = shift > 53 ? mant : mant & (2 * half - 1);
        whole += rounds_up(rm == IR_RDYN ? fpu_get_round() : rm, sign, whole, rest, half);
    }
    if (whole > (sign ? -min : max)) {
        fpu_raise(MXCSR_INVALID);
        return sign ? min : max;
    }
    if (rest) {
        fpu_raise(MXCSR_INEXACT);
    }
    return sign ? -whole : whole;
}

uint32_t fpu_f64_to_i32_s(uint64_t a, int rm) { return (uint32_t)to_integer(a, rm, true, 32); }
uint32_t fpu_f64_to_i32_u(uint64_t a, int rm) { return (uint32_t)to_integer(a, rm, false, 32); }
uint64_t fpu_f64_to_i64_s(uint64_t a, int rm) { return to_integer(a, rm, true, 64); }
uint64_t fpu_f64_to_i64_u(uint64_t a, int rm) { return to_integer(a, rm, false, 64); }
/* widening is exact; a signalling NaN raises the invalid that is due anyway */
uint32_t fpu_f32_to_i32_s(uint32_t a, int rm) { return fpu_f64_to_i32_s(fpu_f32_to_f64(a), rm); }
uint32_t fpu_f32_to_i32_u(uint32_t a, int rm) { return fpu_f64_to_i32_u(fpu_f32_to_f64(a), rm); }
uint64_t fpu_f32_to_i64_s(uint32_t a, int rm) { return fpu_f64_to_i64_s(fpu_f32_to_f64(a), rm); }
uint64_t fpu_f32_to_i64_u(uint32_t a, int rm) { return fpu_f64_to_i64_u(fpu_f32_to_f64(a), rm); }

/* ---- from integers, between formats */

uint32_t fpu_i32_s_to_f32(uint32_t a) { return fpu_i64_s_to_f32((uint64_t)(int32_t)a); }
uint32_t fpu_i32_u_to_f32(uint32_t a) { return fpu_i64_s_to_f32(a); }
uint64_t fpu_i32_s_to_f64(uint32_t a) { return fpu_i64_s_to_f64((uint64_t)(int32_t)a); }
uint64_t fpu_i32_u_to_f64(uint32_t a) { return fpu_i64_s_to_f64(a); }

uint32_t fpu_i64_s_to_f32(uint64_t a)
{
    float r;
    __asm__ volatile("pxor %0, %0\n\tcvtsi2ssq %1, %0" : "=&x"(r) : "r"(a));
    return bits32(r);
}

uint64_t fpu_i64_s_to_f64(uint64_t a)
{
    double r;
    __asm__ volatile("pxor %0, %0\n\tcvtsi2sdq %1, %0" : "=&x"(r) : "r"(a));
    return bits64(r);
}

/* Above the signed range: half of it with the lost bit kept sticky, then doubled exactly. */
uint32_t fpu_i64_u_to_f32(uint64_t a)
{
    if ((int64_t)a >= 0) {
        return fpu_i64_s_to_f32(a);
    }
    uint32_t half = fpu_i64_s_to_f32(a >> 1 | (a & 1));
    return fpu_add32(half, half);
}

uint64_t fpu_i64_u_to_f64(uint64_t a)
{
    if ((int64_t)a >= 0) {
        return fpu_i64_s_to_f64(a);
    }
    uint64_t half = fpu_i64_s_to_f64(a >> 1 | (a & 1));
    return fpu_add64(half, half);
}

uint64_t fpu_f32_to_f64(uint32_t a)
{
    double r;
    __asm__ volatile("pxor %0, %0\n\tcvtss2sd %1, %0" : "=&x"(r) : "x"(f32_of(a)));
    return bits64(r);
}

uint32_t fpu_f64_to_f32(uint64_t a)
{
    float r;
    __asm__ volatile("pxor %0, %0\n\tcvtsd2ss %1, %0" : "=&x"(r) : "x"(f64_of(a)));
    return bits32(r);
}

uint32_t fpu_f16_to_f32(uint32_t a)
{
    if (!has_f16c) {
        return fpu_soft_f16_to_f32(a);
    }
    float r;
    __asm__ volatile("vmovd %1, %0\n\tvcvtph2ps %0, %0" : "=x"(r) : "r"(a & 0xffff));
    return bits32(r);
}

uint32_t fpu_f32_to_f16(uint32_t a)
{
    if (!has_f16c) {
        return fpu_soft_f32_to_f16(a);
    }
    uint32_t r;
    float tmp = f32_of(a);
    __asm__ volatile("vmovq %1, %1\n\tvcvtps2ph $4, %1, %1\n\tvmovd %1, %0" : "=r"(r), "+x"(tmp));
    return r & 0xffff;
}

/* ---- to integral values */

/* Format by its number of fraction bits and its exponent bias; a has the bits. */
static uint64_t to_integral(uint64_t a, int rm, bool is_exact, int frac, int bias)
{
    uint64_t sign_bit = 1ull << (frac == 52 ? 63 : 31), magnitude = a & (sign_bit - 1);
    uint64_t inf = (2ull * (unsigned)bias + 1) << frac;
    bool sign = a & sign_bit;
    int e = (int)(magnitude >> frac) - bias;
    if (e >= frac) {
        if (magnitude > inf) {
            if (!(a >> (frac - 1) & 1)) {
                fpu_raise(MXCSR_INVALID);
            }
            return a | 1ull << (frac - 1);
        }
        return a;
    }
    rm = rm == IR_RDYN ? fpu_get_round() : rm;
    uint64_t result, rest;
    if (e < 0) {
        uint64_t one = (uint64_t)bias << frac, half = one - (1ull << frac);
        rest = magnitude;
        result = rounds_up(rm, sign, 0, magnitude, half) ? one : 0;
    } else {
        uint64_t unit = 1ull << (frac - e);
        rest = magnitude & (unit - 1);
        result = magnitude - rest;
        uint64_t odd = e == 0 ? 1 : magnitude >> (frac - e) & 1; /* the lowest whole bit; implicit below 2 */
        result += rounds_up(rm, sign, odd, rest, unit / 2) ? unit : 0;
    }
    if (rest && is_exact) {
        fpu_raise(MXCSR_INEXACT);
    }
    return result | (sign ? sign_bit : 0);
}

uint32_t fpu_round32(uint32_t a, int rm) { return (uint32_t)to_integral(a, rm, false, 23, 127); }
uint64_t fpu_round64(uint64_t a, int rm) { return to_integral(a, rm, false, 52, 1023); }
uint32_t fpu_rint32(uint32_t a, int rm) { return (uint32_t)to_integral(a, rm, true, 23, 127); }
uint64_t fpu_rint64(uint64_t a, int rm) { return to_integral(a, rm, true, 52, 1023); }
