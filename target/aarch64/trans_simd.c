/* SPDX-License-Identifier: MIT */
/* AdvSIMD: how operands reach an operation and what becomes of its result (Arm ARM C4.1.96). The operations are in simd_ops.c, simd_sat.c. */
#include "target/aarch64/trans.h"

void a64_put_q(A64Trans *t, const A64Ops *o, V128 v)
{
    V128 r = o->q ? v : a64_keep_low(t, 8, v);
    a64_put_v(t, o->rd, r);
}

/* The half that a widening operation reads, or a narrowing one writes, is the upper one where q is set: "the 2 forms". */
static void put_half(A64Trans *t, const A64Ops *o, V128 v)
{
    if (o->q) {
        V128 old = a64_get_v(t, o->rd);
        V128 both = ir_vziplo64_v128(t->b, old, v);
        a64_put_v(t, o->rd, both);
    } else {
        V128 low = a64_keep_low(t, 8, v);
        a64_put_v(t, o->rd, low);
    }
}

static void put_low(A64Trans *t, const A64Ops *o, unsigned size, V128 v)
{
    V128 r = a64_keep_low(t, 1u << size, v);
    a64_put_v(t, o->rd, r);
}

/* ---- three registers */

void trans_v3(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    t->active = o->q ? 16 : 8;
    V128 r = fn(t, o->size, d, n, m);
    a64_put_q(t, o, r);
}

void trans_s3(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    t->active = (uint8_t)(1u << o->size);
    V128 r = fn(t, o->size, d, n, m);
    put_low(t, o, o->size, r);
}

/* Neighbours of n, then of m. */
void trans_p3(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    if (!o->q)
        n = m = ir_vziplo64_v128(t->b, n, m);
    V128 even = a64_uzp(t, o->size, false, n, m), odd = a64_uzp(t, o->size, true, n, m);
    V128 r = fn(t, o->size, even, even, odd);
    a64_put_q(t, o, r);
}

static void long_operation(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn, unsigned size, V128 m)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    V128 x = a64_widen(t, size, is_unsigned, o->q, n), y = a64_widen(t, size, is_unsigned, o->q, m);
    t->active = 16;
    t->is_unsigned = is_unsigned;
    V128 r = fn(t, size + 1, d, x, y);
    a64_put_v(t, o->rd, r);
}

void trans_l3(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn)
{
    V128 m = a64_get_v(t, o->rm);
    long_operation(t, o, is_unsigned, fn, o->size, m);
}

void trans_w3(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 y = a64_widen(t, o->size, is_unsigned, o->q, m);
    V128 r = fn(t, o->size + 1u, n, n, y);
    a64_put_v(t, o->rd, r);
}

static void scalar_long(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size, V128 m)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    V128 x = a64_widen(t, size, false, false, n), y = a64_widen(t, size, false, false, m);
    t->active = (uint8_t)(2u << size);
    V128 r = fn(t, size + 1, d, x, y);
    put_low(t, o, size + 1, r);
}

void trans_sl3(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 m = a64_get_v(t, o->rm);
    scalar_long(t, o, fn, o->size, m);
}

void trans_logic3(A64Trans *t, const A64Ops *o, A64Logic *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = fn(t, d, n, m);
    a64_put_q(t, o, r);
}

void trans_dot(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = fn(t, 2, d, n, m);
    a64_put_q(t, o, r);
}

void trans_mmla(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = fn(t, 2, d, n, m);
    a64_put_v(t, o->rd, r);
}

/* ---- the last operand is one lane */

static V128 element(A64Trans *t, const A64Ops *o, unsigned size)
{
    V128 m = a64_get_v(t, o->rm);
    return a64_duplicate(t, size, o->index, m);
}

void trans_e3(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = element(t, o, size);
    t->active = o->q ? 16 : 8;
    V128 r = fn(t, size, d, n, m);
    a64_put_q(t, o, r);
}

void trans_se3(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = element(t, o, size);
    t->active = (uint8_t)(1u << size);
    V128 r = fn(t, size, d, n, m);
    put_low(t, o, size, r);
}

void trans_el3(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn, unsigned size)
{
    V128 m = element(t, o, size);
    long_operation(t, o, is_unsigned, fn, size, m);
}

void trans_sel3(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size)
{
    V128 m = element(t, o, size);
    scalar_long(t, o, fn, size, m);
}

void trans_dot_element(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = element(t, o, 2);
    V128 r = fn(t, 2, d, n, m);
    a64_put_q(t, o, r);
}

/* ---- two registers */

void trans_v2(A64Trans *t, const A64Ops *o, A64Vec2 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    t->active = o->q ? 16 : 8;
    V128 r = fn(t, o->size, d, n);
    a64_put_q(t, o, r);
}

void trans_s2(A64Trans *t, const A64Ops *o, unsigned size, A64Vec2 *fn)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    t->active = (uint8_t)(1u << size);
    V128 r = fn(t, size, d, n);
    put_low(t, o, size, r);
}

void trans_byte2(A64Trans *t, const A64Ops *o, A64Vec2 *fn)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = fn(t, 0, n, n);
    a64_put_q(t, o, r);
}

/* ---- narrowing */

/* The upper halves of the sums. */
void trans_addhn(A64Trans *t, const A64Ops *o, bool is_sub, bool is_rounded)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    unsigned wide = o->size + 1u;
    V128 r = is_sub ? a64_vsub(t, wide, n, n, m) : a64_vadd(t, wide, n, n, m);
    if (is_rounded) {
        V128 half = a64_splat(t, wide, 1ull << ((8u << o->size) - 1));
        r = a64_vadd(t, wide, r, r, half);
    }
    V128 high = a64_uzp(t, o->size, true, r, r);
    put_half(t, o, high);
}

void trans_narrow(A64Trans *t, const A64Ops *o, unsigned kind)
{
    V128 n = a64_get_v(t, o->rn);
    t->active = 16;
    V128 r = a64_narrow(t, o->size, kind, n);
    put_half(t, o, r);
}

void trans_narrow_scalar(A64Trans *t, const A64Ops *o, unsigned kind)
{
    V128 n = a64_get_v(t, o->rn);
    t->active = (uint8_t)(o->size == 2 ? 4 : 2u << o->size);
    V128 r = a64_narrow(t, o->size, kind, n);
    put_low(t, o, o->size, r);
}

void trans_shrn(A64Trans *t, const A64Ops *o, unsigned kind, bool is_rounded)
{
    unsigned size = 31u - (unsigned)__builtin_clz((unsigned)o->imm >> 3), wide = size + 1;
    unsigned count = (16u << size) - (unsigned)o->imm;
    bool is_scalar = t->insn->raw >> 28 & 1;
    V128 n = a64_get_v(t, o->rn);
    unsigned shift = kind == A64_NARROW_U || kind == A64_NARROW ? 1 : 2;
    V128 r = a64_shift_v(t, wide, shift, n, count);
    if (is_rounded) {
        V128 last = a64_shift_v(t, wide, 1, n, count - 1), one = a64_splat(t, wide, 1);
        V128 bit = ir_vand_v128(t->b, last, one);
        r = a64_vadd(t, wide, r, r, bit);
    }
    t->active = is_scalar ? (uint8_t)(size == 2 ? 4 : 2u << size) : 16;
    r = a64_narrow(t, size, kind, r);
    if (is_scalar)
        put_low(t, o, size, r);
    else
        put_half(t, o, r);
}

/* ---- pairs and sums */

void trans_addp_scalar(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    V128 high = ir_vziphi64_v128(t->b, n, n);
    V128 sum = ir_vadd64_v128(t->b, n, high);
    put_low(t, o, 3, sum);
}

/* Neighbours, widened and added. */
static V128 add_long_pairs(A64Trans *t, unsigned size, bool is_unsigned, V128 n)
{
    unsigned bits = 8u << size, kind = is_unsigned ? 1 : 2;
    V128 up = a64_shift_v(t, size + 1, 0, n, bits);
    V128 even = a64_shift_v(t, size + 1, kind, up, bits), odd = a64_shift_v(t, size + 1, kind, n, bits);
    return a64_vadd(t, size + 1, n, even, odd);
}

void trans_addlp(A64Trans *t, const A64Ops *o, bool is_unsigned, bool is_added)
{
    V128 n = a64_get_v(t, o->rn), d = a64_get_v(t, o->rd);
    V128 r = add_long_pairs(t, o->size, is_unsigned, n);
    if (is_added)
        r = a64_vadd(t, o->size + 1u, d, d, r);
    a64_put_q(t, o, r);
}

/* Folds the register with itself, rotated, until all lanes are the result. */
static V128 fold_lanes(A64Trans *t, unsigned size, unsigned bytes, A64Vec3 *fn, V128 v)
{
    for (unsigned step = bytes / 2; step >= 1u << size; step /= 2) {
        V128 rotated = ir_vext_v128(t->b, v, v, (int)step);
        v = fn(t, size, v, v, rotated);
    }
    return v;
}

void trans_across(A64Trans *t, const A64Ops *o, A64Vec3 *fn)
{
    V128 n = a64_get_v(t, o->rn);
    if (!o->q)
        n = ir_vziplo64_v128(t->b, n, n);
    V128 r = fold_lanes(t, o->size, o->q ? 16 : 8, fn, n);
    put_low(t, o, o->size, r);
}

void trans_addlv(A64Trans *t, const A64Ops *o, bool is_unsigned)
{
    V128 n = a64_get_v(t, o->rn);
    if (!o->q)
        n = ir_vziplo64_v128(t->b, n, n);
    V128 pairs = add_long_pairs(t, o->size, is_unsigned, n);
    V128 r = fold_lanes(t, o->size + 1u, o->q ? 16 : 8, a64_vadd, pairs);
    put_low(t, o, o->size + 1u, r);
}

/* ---- polynomials */

void trans_pmull8(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 x = a64_widen(t, 0, true, o->q, n), y = a64_widen(t, 0, true, o->q, m);
    V128 r = a64_multiply_polynomials(t, 1, x, y);
    a64_put_v(t, o->rd, r);
}

void trans_pmull64(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = ir_vclmul_v128(t->b, n, m, o->q ? 3 : 0);
    a64_put_v(t, o->rd, r);
}
