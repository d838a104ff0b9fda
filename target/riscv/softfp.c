/* SPDX-License-Identifier: MIT */
/* See softfp.h. A number is taken apart, worked on exactly in up to 128 bits plus a sticky bit, and
 * rounded once. */
#include "target/riscv/softfp.h"

#include <stdbool.h>

#include "tcg/fpu.h"
#include "tcg/ir.h"

typedef unsigned __int128 u128;

typedef struct Shape {
    uint8_t precision; /* bits of the significand with its leading one */
    uint8_t width;
    int16_t emin, emax;
} Shape;
static const Shape shapes[] = {
    [SOFT_H] = { 11, 16, -14, 15 },
    [SOFT_S] = { 24, 32, -126, 127 },
    [SOFT_D] = { 53, 64, -1022, 1023 },
};

typedef enum Class { ZERO, FINITE, INF, QNAN, SNAN } Class;

/* FINITE: (-1)^sign * sig * 2^(exp - 63), the top bit of sig set. */
typedef struct Parts {
    uint64_t sig;
    int exp;
    bool sign;
    uint8_t cls;
} Parts;

typedef struct Env {
    const Shape *shape;
    int rm;
    uint32_t flags;
} Env;

static uint64_t sign_bit(const Shape *s, bool sign) { return (uint64_t)sign << (s->width - 1); }
static uint64_t infinity(const Shape *s, bool sign)
{
    return sign_bit(s, sign) | (uint64_t)(2 * s->emax + 1) << (s->precision - 1);
}
static uint64_t canonical_nan(const Shape *s)
{
    return infinity(s, false) | 1ull << (s->precision - 2);
}

static Parts take_apart(const Shape *s, uint64_t bits)
{
    unsigned frac_bits = s->precision - 1u;
    uint64_t frac = bits & ((1ull << frac_bits) - 1);
    int biased = (int)(bits >> frac_bits) & (2 * s->emax + 1);
    Parts p = { .sign = bits >> (s->width - 1) & 1 };
    if (biased == 2 * s->emax + 1) {
        p.cls = !frac ? INF : frac >> (frac_bits - 1) ? QNAN : SNAN;
    } else if (biased) {
        p.cls = FINITE;
        p.exp = biased - s->emax;
        p.sig = (frac | 1ull << frac_bits) << (63 - frac_bits);
    } else if (frac) {
        int zeros = __builtin_clzll(frac);
        p.cls = FINITE;
        p.sig = frac << zeros;
        p.exp = s->emin + 63 - (int)frac_bits - zeros;
    }
    return p;
}

/* sig with its low `shift` bits (1..127) rounded off. */
static uint64_t round_off(u128 sig, int shift, int rm, bool sign, bool *inexact)
{
    u128 rest = sig & (((u128)1 << shift) - 1), half = (u128)1 << (shift - 1);
    uint64_t q = (uint64_t)(sig >> shift);
    bool up = false;
    *inexact = rest != 0;
    switch (rm) {
    case IR_RNE:
        up = rest > half || (rest == half && (q & 1));
        break;
    case IR_RMM:
        up = rest >= half;
        break;
    case IR_RDN:
        up = sign && rest;
        break;
    case IR_RUP:
        up = !sign && rest;
        break;
    }
    return q + up;
}

static uint64_t overflow(Env *e, bool sign)
{
    e->flags |= MXCSR_OVERFLOW | MXCSR_INEXACT;
    uint64_t inf = infinity(e->shape, sign);
    bool to_max = e->rm == IR_RTZ || (e->rm == IR_RDN && !sign) || (e->rm == IR_RUP && sign);
    return to_max ? inf - 1 : inf;
}

/* v >> n; what falls out stays as the lowest bit. */
static u128 shift_jam(u128 v, int n)
{
    if (n == 0)
        return v;
    if (n > 127)
        return v != 0;
    return v >> n | ((v & (((u128)1 << n) - 1)) != 0);
}

/* sig: top bit (127) set, lowest bit sticky; value = sig * 2^(exp - 127). */
static uint64_t put_together(Env *e, bool sign, int exp, u128 sig)
{
    const Shape *s = e->shape;
    int shift = 128 - s->precision;
    bool inexact;
    if (exp >= s->emin) {
        uint64_t q = round_off(sig, shift, e->rm, sign, &inexact);
        if (q >> s->precision) {
            q >>= 1;
            exp++;
        }
        if (exp > s->emax)
            return overflow(e, sign);
        e->flags |= inexact ? MXCSR_INEXACT : 0;
        return sign_bit(s, sign) + ((uint64_t)(exp + s->emax - 1) << (s->precision - 1)) + q;
    }
    bool unused;
    bool is_tiny =
        exp < s->emin - 1 || !(round_off(sig, shift, e->rm, sign, &unused) >> s->precision);
    shift += s->emin - exp;
    if (shift > 127) {
        sig = shift_jam(sig, shift - 127);
        shift = 127;
    }
    uint64_t q = round_off(sig, shift, e->rm, sign, &inexact);
    if (inexact)
        e->flags |= MXCSR_INEXACT | (is_tiny ? MXCSR_UNDERFLOW : 0);
    return sign_bit(s, sign) + q;
}

/* The same for any non-zero sig. */
static uint64_t normalise(Env *e, bool sign, int exp, u128 sig)
{
    uint64_t high = (uint64_t)(sig >> 64);
    int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sig);
    return put_together(e, sign, exp - zeros, sig << zeros);
}

static uint64_t invalid(Env *e)
{
    e->flags |= MXCSR_INVALID;
    return canonical_nan(e->shape);
}

static bool is_nan(Parts p) { return p.cls >= QNAN; }
static uint64_t nan_result(Env *e, Parts a, Parts b, Parts c)
{
    bool is_signalling = a.cls == SNAN || b.cls == SNAN || c.cls == SNAN;
    return is_signalling ? invalid(e) : canonical_nan(e->shape);
}

/* Sum of two finite numbers as 128-bit significands with two free top bits: value = sig * 2^(exp -
 * 125). */
static uint64_t add_wide(Env *e, bool sign_a, int exp_a, u128 a, bool sign_b, int exp_b, u128 b)
{
    if (exp_a < exp_b || (exp_a == exp_b && a < b)) {
        bool s = sign_a;
        int x = exp_a;
        u128 v = a;
        sign_a = sign_b, exp_a = exp_b, a = b;
        sign_b = s, exp_b = x, b = v;
    }
    b = shift_jam(b, exp_a - exp_b > 127 ? 128 : exp_a - exp_b);
    if (sign_a == sign_b)
        return normalise(e, sign_a, exp_a + 2, a + b);
    if (a == b)
        return sign_bit(e->shape, e->rm == IR_RDN);
    return a > b ? normalise(e, sign_a, exp_a + 2, a - b) : normalise(e, sign_b, exp_a + 2, b - a);
}

static uint64_t zero_sum(Env *e, bool sign_a, bool sign_b)
{
    return sign_bit(e->shape, sign_a == sign_b ? sign_a : e->rm == IR_RDN);
}

static uint64_t repack(Env *e, Parts p)
{
    return put_together(e, p.sign, p.exp, (u128)p.sig << 64);
}

static uint64_t add(Env *e, Parts a, Parts b)
{
    if (is_nan(a) || is_nan(b))
        return nan_result(e, a, b, a);
    if (a.cls == INF || b.cls == INF) {
        if (a.cls == b.cls && a.sign != b.sign)
            return invalid(e);
        return infinity(e->shape, a.cls == INF ? a.sign : b.sign);
    }
    if (a.cls == ZERO)
        return b.cls == ZERO ? zero_sum(e, a.sign, b.sign) : repack(e, b);
    if (b.cls == ZERO)
        return repack(e, a);
    return add_wide(e, a.sign, a.exp, (u128)a.sig << 62, b.sign, b.exp, (u128)b.sig << 62);
}

static uint64_t mul(Env *e, Parts a, Parts b)
{
    bool sign = a.sign ^ b.sign;
    if (is_nan(a) || is_nan(b))
        return nan_result(e, a, b, a);
    if (a.cls == INF || b.cls == INF)
        return a.cls == ZERO || b.cls == ZERO ? invalid(e) : infinity(e->shape, sign);
    if (a.cls == ZERO || b.cls == ZERO)
        return sign_bit(e->shape, sign);
    return normalise(e, sign, a.exp + b.exp + 1, (u128)a.sig * b.sig);
}

static uint64_t divide(Env *e, Parts a, Parts b)
{
    bool sign = a.sign ^ b.sign;
    if (is_nan(a) || is_nan(b))
        return nan_result(e, a, b, a);
    if (a.cls == b.cls && a.cls != FINITE)
        return invalid(e);
    if (a.cls == INF || b.cls == ZERO) {
        if (a.cls != INF)
            e->flags |= MXCSR_DIVZERO;
        return infinity(e->shape, sign);
    }
    if (a.cls == ZERO || b.cls == INF)
        return sign_bit(e->shape, sign);
    u128 n = (u128)a.sig << 63;
    u128 q = n / b.sig; /* 63 or 64 bits */
    bool rest = n % b.sig != 0;
    return normalise(e, sign, a.exp - b.exp + 63, q << 1 | rest);
}

static uint64_t square_root(Env *e, Parts a)
{
    if (is_nan(a))
        return nan_result(e, a, a, a);
    if (a.cls == ZERO)
        return sign_bit(e->shape, a.sign);
    if (a.sign)
        return invalid(e);
    if (a.cls == INF)
        return infinity(e->shape, false);
    int odd = a.exp & 1;
    u128 n = (u128)a.sig << (63 + odd), root = 0; /* value = n * 2^(exp - odd - 126) */
    for (int i = 63; i >= 0; i--) {
        u128 t = root | (u128)1 << i;
        if (t * t <= n)
            root = t;
    }
    bool rest = root * root != n;
    return normalise(e, false, (a.exp - odd) / 2 + 63, root << 1 | rest);
}

static uint64_t fma3(Env *e, Parts a, Parts b, Parts c)
{
    bool sign = a.sign ^ b.sign;
    if ((a.cls == INF && b.cls == ZERO) || (a.cls == ZERO && b.cls == INF))
        return invalid(e); /* even where c is a quiet NaN */
    if (is_nan(a) || is_nan(b) || is_nan(c))
        return nan_result(e, a, b, c);
    if (a.cls == INF || b.cls == INF)
        return c.cls == INF && c.sign != sign ? invalid(e) : infinity(e->shape, sign);
    if (c.cls == INF)
        return infinity(e->shape, c.sign);
    if (a.cls == ZERO || b.cls == ZERO)
        return c.cls == ZERO ? zero_sum(e, sign, c.sign) : repack(e, c);
    u128 product = (u128)(a.sig >> 11) * (b.sig >> 11)
                   << 20; /* at most 126 bits; significands have 53 */
    int exp = a.exp + b.exp + 1;
    if (c.cls == ZERO)
        return normalise(e, sign, exp + 2, product);
    return add_wide(e, sign, exp, product, c.sign, c.exp, (u128)c.sig << 62);
}

static uint64_t convert(Env *e, const Shape *from, uint64_t bits)
{
    Parts p = take_apart(from, bits);
    switch ((Class)p.cls) {
    case ZERO:
        return sign_bit(e->shape, p.sign);
    case INF:
        return infinity(e->shape, p.sign);
    case FINITE:
        return repack(e, p);
    default:
        return nan_result(e, p, p, p);
    }
}

static uint64_t from_int(Env *e, SoftInt kind, uint64_t v)
{
    bool is_signed = kind == SOFT_I32 || kind == SOFT_I64;
    if (kind == SOFT_I32)
        v = (uint64_t)(int32_t)v;
    else if (kind == SOFT_U32)
        v = (uint32_t)v;
    bool sign = is_signed && (int64_t)v < 0;
    if (!v)
        return 0;
    return normalise(e, sign, 127, sign ? -v : v);
}

uint64_t softfp_run(uint32_t what, uint64_t a, uint64_t b, uint64_t c, uint32_t *flags)
{
    Env e = { .shape = &shapes[what & 15], .rm = what >> 8 & 15 };
    SoftOp op = what >> 4 & 15;
    unsigned from = what >> 12 & 15;
    Parts pa = take_apart(e.shape, a), pb = take_apart(e.shape, b), pc = take_apart(e.shape, c);
    uint64_t r = 0;
    switch (op) {
    case SOFT_ADD:
        r = add(&e, pa, pb);
        break;
    case SOFT_SUB:
        pb.sign = !pb.sign;
        r = add(&e, pa, pb);
        break;
    case SOFT_MUL:
        r = mul(&e, pa, pb);
        break;
    case SOFT_DIV:
        r = divide(&e, pa, pb);
        break;
    case SOFT_SQRT:
        r = square_root(&e, pa);
        break;
    case SOFT_FMA:
        r = fma3(&e, pa, pb, pc);
        break;
    case SOFT_CONVERT:
        r = convert(&e, &shapes[from], a);
        break;
    case SOFT_FROM_INT:
        r = from_int(&e, from, a);
        break;
    }
    *flags |= e.flags;
    return r;
}
