/* SPDX-License-Identifier: MIT */
/* Arithmetic and comparison of softfp.h; conversions and estimates are in softfp_conv.c. */
#include "target/aarch64/softfp.h"

#include "target/aarch64/cpu.h"

typedef unsigned __int128 U128;

const uint8_t a64_exp_bits[4] = { 8, 5, 8, 11 }, a64_frac_bits[4] = { 7, 10, 23, 52 };

/* ---- taking apart, putting together */

static uint64_t sign_of(unsigned size, bool sign) { return (uint64_t)sign << (a64_exp_bits[size] + a64_frac_bits[size]); }
uint64_t a64_fp_zero(unsigned size, bool sign) { return sign_of(size, sign); }
static uint64_t max_exp(unsigned size) { return ((1ull << a64_exp_bits[size]) - 1) << a64_frac_bits[size]; }
uint64_t a64_fp_infinity(unsigned size, bool sign) { return sign_of(size, sign) | max_exp(size); }
uint64_t a64_fp_largest(unsigned size, bool sign) { return a64_fp_infinity(size, sign) - 1; }
static uint64_t quiet_bit(unsigned size) { return 1ull << (a64_frac_bits[size] - 1); }
uint64_t a64_fp_default_nan(unsigned size) { return max_exp(size) | quiet_bit(size); }

static bool flushes(const A64Fp *f, unsigned size, bool is_conversion)
{
    return size == 1 ? (f->fpcr & A64_FPCR_FZ16) && !is_conversion : (f->fpcr & A64_FPCR_FZ) != 0;
}

A64Num a64_fp_unpack(A64Fp *f, unsigned size, uint64_t bits, bool is_conversion)
{
    unsigned fb = a64_frac_bits[size];
    uint64_t frac = bits & ((1ull << fb) - 1);
    int exp = (int)(bits >> fb & ((1u << a64_exp_bits[size]) - 1)), top = (1 << a64_exp_bits[size]) - 1;
    A64Num n = { .sign = bits >> ((8u << size) - 1) & 1, .bits = bits };
    bool is_alternative = size == 1 && is_conversion && (f->fpcr & A64_FPCR_AHP);
    if (exp == 0 && frac && flushes(f, size, is_conversion)) {
        f->flags |= size == 1 ? 0 : A64_IDC;
        frac = 0;
    }
    if (exp == 0 && frac == 0) {
        n.class = A64_ZERO;
    } else if (exp == top && !is_alternative) {
        n.class = frac == 0 ? A64_INFINITY : frac & quiet_bit(size) ? A64_QNAN : A64_SNAN;
    } else {
        n.class = A64_FINITE;
        n.sig = exp ? (frac | 1ull << fb) << (63 - fb) : frac << (63 - fb);
        n.exp = (exp ? exp : 1) - a64_bias(size);
        int shift = __builtin_clzll(n.sig);
        n.sig <<= shift;
        n.exp -= shift;
    }
    return n;
}

bool a64_fp_rounds_up(A64Round round, bool sign, bool odd, bool half, bool rest)
{
    switch (round) {
    case A64_RN: return half && (rest || odd);
    case A64_RP: return !sign && (half || rest);
    case A64_RM: return sign && (half || rest);
    case A64_RA: return half;
    default: return false;
    }
}

static uint64_t overflow(A64Fp *f, unsigned size, A64Round round, bool is_conversion, bool sign)
{
    if (size == 1 && is_conversion && (f->fpcr & A64_FPCR_AHP)) {
        f->flags |= A64_IOC;
        return sign_of(1, sign) | 0x7fff;
    }
    bool to_infinity = round == A64_RN || round == A64_RA || (round == A64_RP && !sign) || (round == A64_RM && sign);
    f->flags |= A64_OFC | A64_IXC;
    return to_infinity ? a64_fp_infinity(size, sign) : a64_fp_largest(size, sign);
}

uint64_t a64_fp_round(A64Fp *f, unsigned size, A64Round round, bool is_conversion, bool sign, int exp, uint64_t sig, bool sticky)
{
    unsigned fb = a64_frac_bits[size], drop = 63 - fb;
    int bias = a64_bias(size), low = 1 - bias;
    bool is_tiny = exp < low;
    round = a64_fp_mode(f, round);
    if (is_tiny && flushes(f, size, is_conversion)) {
        f->flags |= A64_UFC;
        return a64_fp_zero(size, sign);
    }
    if (is_tiny) {
        unsigned shift = (unsigned)(low - exp);
        sticky |= shift > 63 ? sig != 0 : (sig & ((1ull << shift) - 1)) != 0;
        sig = shift > 63 ? 0 : sig >> shift;
        exp = low;
    }
    uint64_t kept = sig >> drop;
    bool half = sig >> (drop - 1) & 1, rest = sticky || (sig & ((1ull << (drop - 1)) - 1));
    bool is_inexact = half || rest;
    if (is_tiny && is_inexact)
        f->flags |= A64_UFC;
    if (round == A64_RODD)
        kept |= is_inexact;
    else
        kept += a64_fp_rounds_up(round, sign, kept & 1, half, rest);
    /* the hidden bit, or a carry into it, adds itself to the exponent field */
    uint64_t field = (uint64_t)(exp + bias - 1) << fb;
    uint64_t bits = field + kept;
    int top = (1 << a64_exp_bits[size]) - 1;
    bool is_alternative = size == 1 && is_conversion && (f->fpcr & A64_FPCR_AHP);
    if (bits >> fb >= (uint64_t)(is_alternative ? top + 1 : top))
        return overflow(f, size, round, is_conversion, sign);
    f->flags |= is_inexact ? A64_IXC : 0;
    return sign_of(size, sign) | bits;
}

/* ---- NaNs */

uint64_t a64_fp_process_nan(A64Fp *f, unsigned size, const A64Num *n)
{
    f->flags |= n->class == A64_SNAN ? A64_IOC : 0;
    return f->fpcr & A64_FPCR_DN ? a64_fp_default_nan(size) : n->bits | quiet_bit(size);
}

/* The first signalling one of n operands, else the first quiet one; false: no NaN. */
static bool process_nans(A64Fp *f, unsigned size, const A64Num *const ops[], unsigned n, uint64_t *out)
{
    for (A64Class class = A64_SNAN; class >= A64_QNAN; class--) {
        for (unsigned i = 0; i < n; i++) {
            if (ops[i]->class == class) {
                *out = a64_fp_process_nan(f, size, ops[i]);
                return true;
            }
        }
    }
    return false;
}

static uint64_t invalid(A64Fp *f, unsigned size)
{
    f->flags |= A64_IOC;
    return a64_fp_default_nan(size);
}

/* ---- sums: of two terms of 126 bits, so that a carry has room */

typedef struct Term {
    bool sign;
    int exp;  /* of bit 125 */
    U128 sig; /* 0: zero */
} Term;

static U128 shift_sticky(U128 v, unsigned n)
{
    if (n == 0)
        return v;
    if (n > 127)
        return v != 0;
    return v >> n | ((v & (((U128)1 << n) - 1)) != 0);
}

static uint64_t round_wide(A64Fp *f, unsigned size, A64Round round, bool sign, int exp, U128 sig)
{
    uint64_t high = (uint64_t)(sig >> 64);
    int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sig);
    sig <<= shift;
    return a64_fp_round(f, size, round, false, sign, exp + 2 - shift, (uint64_t)(sig >> 64), (uint64_t)sig != 0);
}

static uint64_t sum(A64Fp *f, unsigned size, Term x, Term y, int scale)
{
    A64Round round = a64_fp_mode(f, A64_RFPCR);
    if (x.sig == 0 || (y.sig != 0 && y.exp > x.exp)) {
        Term t = x;
        x = y;
        y = t;
    }
    if (x.sig == 0) /* both are zero */
        return a64_fp_zero(size, x.sign == y.sign ? x.sign : round == A64_RM);
    U128 other = y.sig ? shift_sticky(y.sig, (unsigned)(x.exp - y.exp)) : 0, r;
    bool sign = x.sign;
    if (x.sign == y.sign || y.sig == 0) {
        r = x.sig + other;
    } else if (x.sig >= other) {
        r = x.sig - other;
    } else {
        r = other - x.sig;
        sign = y.sign;
    }
    return r ? round_wide(f, size, round, sign, x.exp + scale, r) : a64_fp_zero(size, round == A64_RM);
}

static Term term_of(const A64Num *n)
{
    return (Term){ .sign = n->sign, .exp = n->exp, .sig = n->class == A64_FINITE ? (U128)n->sig << 62 : 0 };
}

/* The product of 64-bit significands; its low bits are zero: they have at most 53 bits each. */
static Term product_of(const A64Num *a, const A64Num *b)
{
    U128 p = (U128)a->sig * b->sig;
    bool is_zero = a->class == A64_ZERO || b->class == A64_ZERO;
    return (Term){ .sign = a->sign ^ b->sign, .exp = a->exp + b->exp - 1 + 2, .sig = is_zero ? 0 : p >> 2 };
}

static uint64_t add(A64Fp *f, unsigned size, uint64_t a, uint64_t b, bool is_sub)
{
    A64Num x = a64_fp_unpack(f, size, a, false), y = a64_fp_unpack(f, size, b, false);
    const A64Num *const ops[] = { &x, &y };
    uint64_t r;
    if (process_nans(f, size, ops, 2, &r))
        return r;
    y.sign ^= is_sub;
    if (x.class == A64_INFINITY || y.class == A64_INFINITY) {
        if (x.class == y.class && x.sign != y.sign)
            return invalid(f, size);
        return a64_fp_infinity(size, x.class == A64_INFINITY ? x.sign : y.sign);
    }
    return sum(f, size, term_of(&x), term_of(&y), 0);
}

static uint64_t multiply(A64Fp *f, unsigned size, uint64_t a, uint64_t b, bool is_extended)
{
    A64Num x = a64_fp_unpack(f, size, a, false), y = a64_fp_unpack(f, size, b, false);
    const A64Num *const ops[] = { &x, &y };
    uint64_t r;
    if (process_nans(f, size, ops, 2, &r))
        return r;
    bool sign = x.sign ^ y.sign, has_infinity = x.class == A64_INFINITY || y.class == A64_INFINITY;
    bool has_zero = x.class == A64_ZERO || y.class == A64_ZERO;
    if (has_infinity && has_zero) /* FMULX: 2 */
        return is_extended ? sign_of(size, sign) | (uint64_t)(a64_bias(size) + 1) << a64_frac_bits[size] : invalid(f, size);
    if (has_infinity)
        return a64_fp_infinity(size, sign);
    if (has_zero)
        return a64_fp_zero(size, sign);
    Term p = product_of(&x, &y);
    return round_wide(f, size, a64_fp_mode(f, A64_RFPCR), sign, p.exp, p.sig);
}

/* c + a * b; NaNs of c come first (FPMulAdd). scale: of the result, FRSQRTS. */
static uint64_t multiply_add(A64Fp *f, unsigned size, uint64_t a, uint64_t b, uint64_t c)
{
    A64Num x = a64_fp_unpack(f, size, a, false), y = a64_fp_unpack(f, size, b, false), z = a64_fp_unpack(f, size, c, false);
    const A64Num *const ops[] = { &z, &x, &y };
    bool is_bad = (x.class == A64_INFINITY && y.class == A64_ZERO) || (x.class == A64_ZERO && y.class == A64_INFINITY);
    uint64_t r;
    bool has_nan = process_nans(f, size, ops, 3, &r);
    if (is_bad && (!has_nan || z.class == A64_QNAN))
        return invalid(f, size);
    if (has_nan)
        return r;
    bool sign = x.sign ^ y.sign, has_infinity = x.class == A64_INFINITY || y.class == A64_INFINITY;
    if (z.class == A64_INFINITY && has_infinity && z.sign != sign)
        return invalid(f, size);
    if (z.class == A64_INFINITY || has_infinity)
        return a64_fp_infinity(size, has_infinity ? sign : z.sign);
    Term p = x.class == A64_FINITE && y.class == A64_FINITE ? product_of(&x, &y) : (Term){ .sign = sign };
    return sum(f, size, p, term_of(&z), 0);
}

uint64_t a64_fp_multiply_halves(A64Fp *f, uint64_t a, uint64_t b, uint64_t c)
{
    A64Num x = a64_fp_unpack(f, 1, a & 0xffff, false), y = a64_fp_unpack(f, 1, b & 0xffff, false);
    A64Num z = a64_fp_unpack(f, 2, c & 0xffffffff, false), *const halves[] = { &x, &y };
    const A64Num *const ops[] = { &z, &x, &y };
    bool is_bad = (x.class == A64_INFINITY && y.class == A64_ZERO) || (x.class == A64_ZERO && y.class == A64_INFINITY);
    uint64_t r;
    for (unsigned i = 0; i < 2; i++) /* NaNs as singles */
        if (halves[i]->class >= A64_QNAN)
            halves[i]->bits = (uint64_t)halves[i]->sign << 31 | max_exp(2) | (halves[i]->bits & 0x3ff) << 13;
    bool has_nan = process_nans(f, 2, ops, 3, &r);
    if (is_bad && (!has_nan || z.class == A64_QNAN))
        return invalid(f, 2);
    if (has_nan)
        return r;
    bool sign = x.sign ^ y.sign, has_infinity = x.class == A64_INFINITY || y.class == A64_INFINITY;
    if (z.class == A64_INFINITY && has_infinity && z.sign != sign)
        return invalid(f, 2);
    if (z.class == A64_INFINITY || has_infinity)
        return a64_fp_infinity(2, has_infinity ? sign : z.sign);
    Term p = x.class == A64_FINITE && y.class == A64_FINITE ? product_of(&x, &y) : (Term){ .sign = sign };
    return sum(f, 2, p, term_of(&z), 0);
}

static uint64_t divide(A64Fp *f, unsigned size, uint64_t a, uint64_t b)
{
    A64Num x = a64_fp_unpack(f, size, a, false), y = a64_fp_unpack(f, size, b, false);
    const A64Num *const ops[] = { &x, &y };
    uint64_t r;
    if (process_nans(f, size, ops, 2, &r))
        return r;
    bool sign = x.sign ^ y.sign;
    if (x.class == y.class && x.class != A64_FINITE)
        return invalid(f, size);
    if (x.class == A64_INFINITY || y.class == A64_ZERO) {
        f->flags |= x.class != A64_INFINITY ? A64_DZC : 0;
        return a64_fp_infinity(size, sign);
    }
    if (x.class == A64_ZERO || y.class == A64_INFINITY)
        return a64_fp_zero(size, sign);
    U128 n = (U128)x.sig << 62, q = n / y.sig;
    bool sticky = n % y.sig != 0;
    int shift = __builtin_clzll((uint64_t)q); /* q < 2^63 */
    return a64_fp_round(f, size, A64_RFPCR, false, sign, x.exp - y.exp + 1 - shift, (uint64_t)q << shift, sticky);
}

static uint64_t square_root(A64Fp *f, unsigned size, uint64_t a)
{
    A64Num x = a64_fp_unpack(f, size, a, false);
    if (x.class >= A64_QNAN)
        return a64_fp_process_nan(f, size, &x);
    if (x.class == A64_ZERO)
        return a64_fp_zero(size, x.sign);
    if (x.sign)
        return invalid(f, size);
    if (x.class == A64_INFINITY)
        return a64_fp_infinity(size, false);
    bool is_odd = x.exp & 1;
    U128 rest = (U128)x.sig << (is_odd ? 64 : 63), root = 0; /* [1, 4) * 2^126: its root has 64 bits */
    for (int bit = 63; bit >= 0; bit--) {
        U128 trial = root | (U128)1 << bit;
        if (trial * trial <= rest)
            root = trial;
    }
    bool sticky = root * root != rest;
    return a64_fp_round(f, size, A64_RFPCR, false, false, (x.exp - is_odd) / 2, (uint64_t)root, sticky);
}

/* ---- steps: 2 - a * b, (3 - a * b) / 2, fused */
static uint64_t step(A64Fp *f, unsigned size, uint64_t a, uint64_t b, bool is_rsqrt)
{
    A64Num x = a64_fp_unpack(f, size, a ^ sign_of(size, true), false), y = a64_fp_unpack(f, size, b, false);
    const A64Num *const ops[] = { &x, &y };
    uint64_t r;
    if (process_nans(f, size, ops, 2, &r))
        return r;
    bool has_infinity = x.class == A64_INFINITY || y.class == A64_INFINITY, has_zero = x.class == A64_ZERO || y.class == A64_ZERO;
    if (has_infinity && has_zero) /* 1.5 or 2 */
        return is_rsqrt ? (uint64_t)a64_bias(size) << a64_frac_bits[size] | quiet_bit(size)
                        : (uint64_t)(a64_bias(size) + 1) << a64_frac_bits[size];
    if (has_infinity)
        return a64_fp_infinity(size, x.sign ^ y.sign);
    Term p = has_zero ? (Term){ .sign = x.sign ^ y.sign } : product_of(&x, &y);
    Term c = { .exp = 1, .sig = (U128)(is_rsqrt ? 3 : 2) << 124 };
    return sum(f, size, p, c, is_rsqrt ? -1 : 0);
}

/* ---- comparison */

/* -1, 0, 1; 2: unordered */
static int order(const A64Num *x, const A64Num *y)
{
    if (x->class >= A64_QNAN || y->class >= A64_QNAN)
        return 2;
    if (x->class == A64_ZERO && y->class == A64_ZERO)
        return 0;
    if (x->class == A64_ZERO || (y->class != A64_ZERO && x->sign != y->sign))
        return x->class == A64_ZERO ? (y->sign ? 1 : -1) : x->sign ? -1 : 1;
    if (y->class == A64_ZERO)
        return x->sign ? -1 : 1;
    int r = x->bits == y->bits ? 0 : x->bits < y->bits ? -1 : 1;
    return x->sign ? -r : r;
}

unsigned a64_fp_compare(A64Fp *f, unsigned size, uint64_t a, uint64_t b, bool is_signaling)
{
    static const uint8_t nzcv[] = { 8, 6, 2, 3 };
    A64Num x = a64_fp_unpack(f, size, a, false), y = a64_fp_unpack(f, size, b, false);
    int r = order(&x, &y);
    if (r == 2 && (is_signaling || x.class == A64_SNAN || y.class == A64_SNAN))
        f->flags |= A64_IOC;
    return nzcv[r + 1];
}

static uint64_t compare_mask(A64Fp *f, A64FpOp op, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t ones = ~0ull >> (64 - (8u << size)), magnitude = ones >> 1;
    if (op >= A64_FP_ACGE) {
        a &= magnitude;
        b &= magnitude;
    }
    unsigned r = a64_fp_compare(f, size, a, b, op != A64_FP_CMEQ);
    bool is_true = op == A64_FP_CMEQ ? r == 6 : op == A64_FP_CMGE || op == A64_FP_ACGE ? r == 6 || r == 2 : r == 2;
    return is_true ? ones : 0;
}

static uint64_t minmax(A64Fp *f, A64FpOp op, unsigned size, uint64_t a, uint64_t b)
{
    bool is_max = op == A64_FP_MAX || op == A64_FP_MAXNM, is_number = op == A64_FP_MAXNM || op == A64_FP_MINNM;
    A64Num x = a64_fp_unpack(f, size, a, false), y = a64_fp_unpack(f, size, b, false);
    const A64Num *const ops[] = { &x, &y };
    uint64_t r;
    if (is_number && x.class == A64_QNAN && y.class < A64_QNAN)
        return y.class == A64_ZERO ? a64_fp_zero(size, y.sign) : b;
    if (is_number && y.class == A64_QNAN && x.class < A64_QNAN)
        return x.class == A64_ZERO ? a64_fp_zero(size, x.sign) : a;
    if (process_nans(f, size, ops, 2, &r))
        return r;
    int c = order(&x, &y);
    if (c == 0 && x.class == A64_ZERO)
        return a64_fp_zero(size, is_max ? x.sign && y.sign : x.sign || y.sign);
    const A64Num *best = (is_max ? c >= 0 : c <= 0) ? &x : &y;
    return best->class == A64_ZERO ? a64_fp_zero(size, best->sign) : best->bits;
}

uint64_t a64_fp_arith(A64Fp *f, A64FpOp op, unsigned size, unsigned arg, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t mask = ~0ull >> (64 - (8u << size)), r;
    a &= mask;
    b &= mask;
    c &= mask;
    switch (op) {
    case A64_FP_ADD: return add(f, size, a, b, false);
    case A64_FP_SUB: return add(f, size, a, b, true);
    case A64_FP_MUL: return multiply(f, size, a, b, false);
    case A64_FP_NMUL: return multiply(f, size, a, b, false) ^ sign_of(size, true);
    case A64_FP_MULX: return multiply(f, size, a, b, true);
    case A64_FP_DIV: return divide(f, size, a, b);
    case A64_FP_SQRT: return square_root(f, size, a);
    case A64_FP_FMA: return multiply_add(f, size, a, b, c);
    case A64_FP_ABD:
        r = add(f, size, a, b, true);
        return r & ~sign_of(size, true);
    case A64_FP_MAX: case A64_FP_MIN: case A64_FP_MAXNM: case A64_FP_MINNM: return minmax(f, op, size, a, b);
    case A64_FP_RECPS: return step(f, size, a, b, false);
    case A64_FP_RSQRTS: return step(f, size, a, b, true);
    case A64_FP_CMEQ: case A64_FP_CMGE: case A64_FP_CMGT: case A64_FP_ACGE: case A64_FP_ACGT: return compare_mask(f, op, size, a, b);
    case A64_FP_RINT: return a64_fp_round_to_int(f, size, a, arg & 7, arg >> 3);
    case A64_FP_RINT_INT: return a64_fp_round_to_size(f, size, a, arg & 1 ? 64 : 32, arg & 2 ? A64_RFPCR : A64_RZ);
    default: return a64_fp_estimate(f, op, size, a);
    }
}
