/* SPDX-License-Identifier: MIT */
/* Lanes one by one, by the functions of fpu.h: what the interpreter does, and where inline code leads whose result may need more. */
#include "tcg/fpu_vec.h"

#include <string.h>

#include "tcg/fpu.h"

static const uint8_t frac_bits[] = { 0, 10, 23, 52 };
static uint64_t mask_of(unsigned size) { return ~0ull >> (64 - (8u << size)); }
static uint64_t sign_of(unsigned size) { return 1ull << ((8u << size) - 1); }
static uint64_t quiet_of(unsigned size) { return 1ull << (frac_bits[size] - 1); }
static uint64_t least_normal(unsigned size) { return 1ull << frac_bits[size]; }
static uint64_t infinity_of(unsigned size) { return (sign_of(size) - 1) & ~(least_normal(size) - 1); }
static uint64_t magnitude(unsigned size, uint64_t v) { return v & (sign_of(size) - 1); }
static bool is_nan(unsigned size, uint64_t v) { return magnitude(size, v) > infinity_of(size); }
static bool is_signaling(unsigned size, uint64_t v) { return is_nan(size, v) && !(v & quiet_of(size)); }

static uint64_t get_lane(const V128Bits *v, unsigned size, unsigned i)
{
    uint64_t x = 0;
    memcpy(&x, v->u8 + (i << size), 1u << size);
    return x;
}

static void set_lane(V128Bits *v, unsigned size, unsigned i, uint64_t x) { memcpy(v->u8 + (i << size), &x, 1u << size); }

/* ---- one lane, as the host has it. Halves by singles, which have enough bits for one rounding to show (2 * 11 + 2), but for fma */

static uint64_t plain32(FpuVecOp op, uint32_t a, uint32_t b, uint32_t c)
{
    switch (op) {
    case FPU_ADD: return fpu_add32(a, b);
    case FPU_SUB: return fpu_sub32(a, b);
    case FPU_MUL: return fpu_mul32(a, b);
    case FPU_DIV: return fpu_div32(a, b);
    case FPU_SQRT: return fpu_sqrt32(a);
    case FPU_FMA: return fpu_fma32(a, b, c);
    case FPU_MIN:
    case FPU_MINNUM: return fpu_min32(a, b);
    case FPU_MAX:
    case FPU_MAXNUM: return fpu_max32(a, b);
    default: return fpu_f32_to_f16(a);
    }
}

static uint64_t plain64(FpuVecOp op, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case FPU_ADD: return fpu_add64(a, b);
    case FPU_SUB: return fpu_sub64(a, b);
    case FPU_MUL: return fpu_mul64(a, b);
    case FPU_DIV: return fpu_div64(a, b);
    case FPU_SQRT: return fpu_sqrt64(a);
    case FPU_FMA: return fpu_fma64(a, b, c);
    case FPU_MIN:
    case FPU_MINNUM: return fpu_min64(a, b);
    case FPU_MAX:
    case FPU_MAXNUM: return fpu_max64(a, b);
    default: return fpu_f64_to_f32(a);
    }
}

static uint64_t plain(FpuVecOp op, unsigned size, uint64_t a, uint64_t b, uint64_t c)
{
    if (size == 3) {
        return plain64(op, a, b, c);
    }
    if (size == 2) {
        return plain32(op, (uint32_t)a, (uint32_t)b, (uint32_t)c);
    }
    if (op == FPU_FMA) {
        return fpu_fma16((uint32_t)a, (uint32_t)b, (uint32_t)c);
    }
    uint32_t x = fpu_f16_to_f32((uint32_t)a), y = fpu_f16_to_f32((uint32_t)b);
    return fpu_f32_to_f16((uint32_t)plain32(op, x, y, 0));
}

/* ---- NaNs */

static bool is_infinity_times_zero(unsigned size, uint64_t a, uint64_t b)
{
    uint64_t x = magnitude(size, a), y = magnitude(size, b), inf = infinity_of(size);
    return (x == inf && y == 0) || (x == 0 && y == inf);
}

/* The NaN that the arguments in v make; 0: none is one. */
static uint64_t propagate(unsigned size, const uint64_t *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (is_signaling(size, v[i])) {
            fpu_raise(MXCSR_INVALID);
            return v[i] | quiet_of(size);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        if (is_nan(size, v[i])) {
            return v[i];
        }
    }
    return 0;
}

static uint64_t nan_of_arguments(FpuVecOp op, unsigned size, uint64_t a, uint64_t b, uint64_t c)
{
    if (op == FPU_FMA) {
        if (is_nan(size, c) && !is_signaling(size, c) && is_infinity_times_zero(size, a, b)) {
            fpu_raise(MXCSR_INVALID);
            return infinity_of(size) | quiet_of(size);
        }
        return propagate(size, (uint64_t[]){ c, a, b }, 3);
    }
    bool a_nan = is_nan(size, a), b_nan = is_nan(size, b);
    if ((op == FPU_MINNUM || op == FPU_MAXNUM) && a_nan != b_nan && !is_signaling(size, a_nan ? a : b)) {
        return a_nan ? b : a;
    }
    return propagate(size, (uint64_t[]){ a, b }, op == FPU_SQRT ? 1 : 2);
}

/* ---- tininess: the host finds it after rounding. The least normal number may have been rounded up; then cutting gives less. */

static void check_tiny(FpuVecOp op, unsigned size, unsigned result_size, uint64_t r, uint64_t a, uint64_t b, uint64_t c)
{
    if (magnitude(result_size, r) != least_normal(result_size)) {
        return;
    }
    uint32_t mxcsr = fpu_get_mxcsr();
    fpu_set_mxcsr(mxcsr | MXCSR_ROUND);
    uint64_t cut = plain(op, size, a, b, c);
    fpu_set_mxcsr(mxcsr);
    if (magnitude(result_size, cut) < least_normal(result_size)) {
        fpu_raise(MXCSR_UNDERFLOW | MXCSR_INEXACT);
    }
}

uint64_t fpu_vec_lane(FpuVecOp op, unsigned size, uint64_t a, uint64_t b, uint64_t c)
{
    bool is_unary = op == FPU_SQRT;
    if (is_nan(size, a) || (!is_unary && is_nan(size, b)) || (op == FPU_FMA && is_nan(size, c))) {
        return nan_of_arguments(op, size, a, b, c);
    }
    uint64_t r = plain(op, size, a, b, c);
    if (is_nan(size, r)) {
        return infinity_of(size) | quiet_of(size);
    }
    check_tiny(op, size, size, r, a, b, c);
    return r;
}

static uint64_t narrow(unsigned size, uint64_t a)
{
    unsigned to = size - 1;
    if (is_nan(size, a)) {
        fpu_raise(is_signaling(size, a) ? MXCSR_INVALID : 0);
        uint64_t sign = a & sign_of(size) ? sign_of(to) : 0, payload = (a & (least_normal(size) - 1)) >> (frac_bits[size] - frac_bits[to]);
        return sign | infinity_of(to) | quiet_of(to) | payload;
    }
    uint64_t r = plain(FPU_NARROW, size, a, 0, 0);
    check_tiny(FPU_NARROW, size, to, r, a, 0, 0);
    return r;
}

static uint64_t to_int(unsigned size, uint64_t a, bool is_unsigned, int rm)
{
    if (is_nan(size, a)) {
        fpu_raise(MXCSR_INVALID);
        return 0;
    }
    if (size == 3) {
        return is_unsigned ? fpu_f64_to_i64_u(a, rm) : fpu_f64_to_i64_s(a, rm);
    }
    return is_unsigned ? fpu_f32_to_i32_u((uint32_t)a, rm) : fpu_f32_to_i32_s((uint32_t)a, rm);
}

V128Bits fpu_vec(FpuVecOp op, unsigned size, int rm, V128Bits a, V128Bits b, V128Bits c)
{
    V128Bits r = { .u64 = { 0, 0 } };
    for (unsigned i = 0; i < 16u >> size; i++) {
        uint64_t x = get_lane(&a, size, i), y = get_lane(&b, size, i), z = get_lane(&c, size, i);
        switch (op) {
        case FPU_TO_INT_S:
        case FPU_TO_INT_U: set_lane(&r, size, i, to_int(size, x, op == FPU_TO_INT_U, rm)); break;
        case FPU_NARROW: set_lane(&r, size - 1, i, narrow(size, x)); break;
        default: set_lane(&r, size, i, fpu_vec_lane(op, size, x, y, z));
        }
    }
    return r;
}

/* ---- what the host does as it should be */

V128Bits fpu_vec_compare(FpuVecCompare op, unsigned size, V128Bits a, V128Bits b)
{
    V128Bits r;
    for (unsigned i = 0; i < 16u >> size; i++) {
        uint64_t x = get_lane(&a, size, i), y = get_lane(&b, size, i);
        if (size == 1) {
            x = fpu_f16_to_f32((uint32_t)x);
            y = fpu_f16_to_f32((uint32_t)y);
        }
        bool is_true;
        if (size == 3) {
            is_true = op == FPU_EQ ? fpu_eq64(x, y) : op == FPU_GE ? fpu_le64(y, x) : fpu_lt64(y, x);
        } else {
            uint32_t u = (uint32_t)x, v = (uint32_t)y;
            is_true = op == FPU_EQ ? fpu_eq32(u, v) : op == FPU_GE ? fpu_le32(v, u) : fpu_lt32(v, u);
        }
        set_lane(&r, size, i, is_true ? mask_of(size) : 0);
    }
    return r;
}

static uint64_t round_lane(unsigned size, uint64_t a, int rm, int is_exact)
{
    if (is_nan(size, a)) {
        fpu_raise(is_signaling(size, a) ? MXCSR_INVALID : 0);
        return a | quiet_of(size);
    }
    if (size == 3) {
        return is_exact ? fpu_rint64(a, rm) : fpu_round64(a, rm);
    }
    uint32_t x = size == 1 ? fpu_f16_to_f32((uint32_t)a) : (uint32_t)a;
    x = is_exact ? fpu_rint32(x, rm) : fpu_round32(x, rm);
    return size == 1 ? fpu_f32_to_f16(x) : x;
}

V128Bits fpu_vec_round(unsigned size, V128Bits a, int rm, int is_exact)
{
    for (unsigned i = 0; i < 16u >> size; i++) {
        set_lane(&a, size, i, round_lane(size, get_lane(&a, size, i), rm, is_exact));
    }
    return a;
}

V128Bits fpu_vec_from_int(V128Bits a, int is_unsigned)
{
    for (unsigned i = 0; i < 4; i++) {
        a.u32[i] = is_unsigned ? fpu_i32_u_to_f32(a.u32[i]) : fpu_i32_s_to_f32(a.u32[i]);
    }
    return a;
}

V128Bits fpu_vec_widen(unsigned size, V128Bits a)
{
    V128Bits r;
    unsigned shift = (unsigned)(frac_bits[size + 1] - frac_bits[size]);
    for (unsigned i = 0; i < 8u >> size; i++) {
        uint64_t x = get_lane(&a, size, i), y;
        if (is_nan(size, x)) {
            fpu_raise(is_signaling(size, x) ? MXCSR_INVALID : 0);
            y = (x & sign_of(size) ? sign_of(size + 1) : 0) | infinity_of(size + 1) | quiet_of(size + 1) | (x & (least_normal(size) - 1)) << shift;
        } else {
            y = size == 2 ? fpu_f32_to_f64((uint32_t)x) : fpu_f16_to_f32((uint32_t)x);
        }
        set_lane(&r, size + 1, i, y);
    }
    return r;
}
