/* SPDX-License-Identifier: MIT */
/* AdvSIMD operations that look into lanes: dot products, counts of leading bits, shifts by counts in lanes, polynomials. */
#include "target/aarch64/trans.h"

/* ---- dot products: of even and of odd bytes, as halfwords whose neighbours are multiplied and added at once */

static V128 even_bytes(A64Trans *t, bool is_signed, V128 v)
{
    V128 up = ir_vshl16_v128(t->b, v, 8);
    return is_signed ? ir_vsar16_v128(t->b, up, 8) : ir_vshr16_v128(t->b, up, 8);
}

static V128 odd_bytes(A64Trans *t, bool is_signed, V128 v)
{
    return is_signed ? ir_vsar16_v128(t->b, v, 8) : ir_vshr16_v128(t->b, v, 8);
}

static V128 dot(A64Trans *t, bool n_signed, bool m_signed, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 n_even = even_bytes(t, n_signed, n), m_even = even_bytes(t, m_signed, m);
    V128 n_odd = odd_bytes(t, n_signed, n), m_odd = odd_bytes(t, m_signed, m);
    V128 even = ir_vmadd_s16_v128(b, n_even, m_even), odd = ir_vmadd_s16_v128(b, n_odd, m_odd);
    return ir_vadd32_v128(b, even, odd);
}

/* Each half of n with both halves of m. */
static V128 matrix(A64Trans *t, bool n_signed, bool m_signed, V128 d, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 first = ir_vziplo64_v128(b, n, n), second = ir_vziphi64_v128(b, n, n);
    V128 x = dot(t, n_signed, m_signed, first, m), y = dot(t, n_signed, m_signed, second, m);
    V128 low = a64_uzp(t, 2, false, x, y), high = a64_uzp(t, 2, true, x, y);
    V128 sum = ir_vadd32_v128(b, low, high);
    return ir_vadd32_v128(b, d, sum);
}

#define DOT(name, n_signed, m_signed)                                                \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)              \
    {                                                                                \
        V128 r = dot(t, n_signed, m_signed, n, m);                                   \
        return ir_vadd32_v128(t->b, d, r);                                           \
    }
DOT(sdot, true, true)
DOT(udot, false, false)
DOT(usdot, false, true)
DOT(sudot, true, false)
#undef DOT

V128 a64_smmla(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return matrix(t, true, true, d, n, m); }
V128 a64_ummla(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return matrix(t, false, false, d, n, m); }
V128 a64_usmmla(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return matrix(t, false, true, d, n, m); }

/* ---- counts of leading zeros: of nibbles by a table, then the upper part's, and the lower one's where the upper is all zeros */

static V128 join_counts(A64Trans *t, unsigned size, unsigned half_bits, V128 high, V128 low)
{
    V128 all = a64_splat(t, size, half_bits);
    V128 is_all = a64_cmeq(t, size, high, high, all);
    V128 more = ir_vand_v128(t->b, low, is_all);
    return a64_vadd(t, size, high, high, more);
}

V128 a64_vclz(A64Trans *t, unsigned size, V128 d, V128 n)
{
    IrBuilder *b = t->b;
    V128 table = ir_const_v128(b, (V128Bits){ .u64 = { 0x0101010102020304, 0 } }), mask = a64_splat(t, 0, 15);
    V128 down = ir_vshr16_v128(b, n, 4), low = ir_vand_v128(b, n, mask);
    V128 high = ir_vand_v128(b, down, mask);
    V128 low_count = ir_vshuf8_v128(b, table, low), high_count = ir_vshuf8_v128(b, table, high);
    V128 r = join_counts(t, 0, 4, high_count, low_count);
    for (unsigned s = 1; s <= size; s++) {
        unsigned half = 4u << s;
        V128 half_mask = a64_splat(t, s, (1ull << half) - 1), upper = a64_shift_v(t, s, 1, r, half), lower = ir_vand_v128(b, r, half_mask);
        r = join_counts(t, s, half, upper, lower);
    }
    return r;
}

/* Bits equal to the sign, without it. */
V128 a64_vcls(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 down = a64_shift_v(t, size, 2, n, 1), one = a64_splat(t, size, 1);
    V128 changes = ir_vxor_v128(t->b, n, down);
    V128 count = a64_vclz(t, size, d, changes);
    return a64_vsub(t, size, d, count, one);
}

/* ---- shifts by the signed low byte of a lane: to the right where it is negative */

static V128 low_byte(A64Trans *t, unsigned size, V128 m)
{
    V128 up = a64_shift_v(t, size, 0, m, (8u << size) - 8);
    return a64_shift_v(t, size, 2, up, (8u << size) - 8);
}

static V128 shift_lanes(A64Trans *t, unsigned size, bool is_right, V128 v, V128 count)
{
    if (is_right)
        return size == 3 ? ir_vshrv64_v128(t->b, v, count) : ir_vshrv32_v128(t->b, v, count);
    return size == 3 ? ir_vshlv64_v128(t->b, v, count) : ir_vshlv32_v128(t->b, v, count);
}

/* Bytes and halfwords: even and odd lanes as lanes of twice the size, whose low byte is theirs. */
static V128 by_wider(A64Trans *t, unsigned size, bool is_signed, V128 d, V128 n, V128 m)
{
    unsigned wide = size + 1, half = 8u << size;
    V128 mask = a64_splat(t, wide, (1ull << half) - 1), up = a64_shift_v(t, wide, 0, n, half);
    V128 even = is_signed ? a64_shift_v(t, wide, 2, up, half) : ir_vand_v128(t->b, n, mask);
    V128 odd = a64_shift_v(t, wide, is_signed ? 2 : 1, n, half), odd_count = a64_shift_v(t, wide, 1, m, half);
    V128 low = is_signed ? a64_sshl(t, wide, d, even, m) : a64_ushl(t, wide, d, even, m);
    V128 high = is_signed ? a64_sshl(t, wide, d, odd, odd_count) : a64_ushl(t, wide, d, odd, odd_count);
    V128 low_part = ir_vand_v128(t->b, low, mask), high_part = a64_shift_v(t, wide, 0, high, half);
    return ir_vor_v128(t->b, low_part, high_part);
}

/* A count that is too large gives 0: of the two shifts at most one gives something else, or both do nothing. */
V128 a64_ushl(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    if (size < 2)
        return by_wider(t, size, false, d, n, m);
    V128 count = low_byte(t, size, m);
    V128 back = a64_vneg(t, size, count, count), left = shift_lanes(t, size, false, n, count);
    V128 right = shift_lanes(t, size, true, n, back);
    return ir_vor_v128(t->b, left, right);
}

/* To the right: of the value with its sign taken out, which is put in again. */
V128 a64_sshl(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    if (size < 2)
        return by_wider(t, size, true, d, n, m);
    V128 count = low_byte(t, size, m), sign = a64_cmlt0(t, size, n, n);
    V128 back = a64_vneg(t, size, count, count), positive = ir_vxor_v128(t->b, n, sign), is_right = a64_cmlt0(t, size, count, count);
    V128 left = shift_lanes(t, size, false, n, count), down = shift_lanes(t, size, true, positive, back);
    V128 right = ir_vxor_v128(t->b, down, sign);
    V128 from_right = ir_vand_v128(t->b, right, is_right), from_left = ir_vandn_v128(t->b, left, is_right);
    return ir_vor_v128(t->b, from_right, from_left);
}

/* To the right and rounded: the last bit that is shifted out is added. That of a shift by one less is the lowest. */
static V128 rounded(A64Trans *t, unsigned size, V128 d, V128 n, V128 m, V128 (*shl)(A64Trans *, unsigned, V128, V128, V128))
{
    V128 one = a64_splat(t, size, 1), sign = size ? a64_shift_v(t, size, 0, m, (8u << size) - 8) : m;
    V128 is_right = a64_cmlt0(t, size, sign, sign), one_less = a64_vadd(t, size, m, m, one);
    V128 r = shl(t, size, d, n, m), lost = shl(t, size, d, n, one_less);
    V128 last = ir_vand_v128(t->b, lost, one);
    V128 more = ir_vand_v128(t->b, last, is_right);
    return a64_vadd(t, size, r, r, more);
}

V128 a64_srshl(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return rounded(t, size, d, n, m, a64_sshl); }
V128 a64_urshl(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return rounded(t, size, d, n, m, a64_ushl); }

/* ---- polynomials: for each bit of m's low byte n, shifted */

V128 a64_multiply_polynomials(A64Trans *t, unsigned size, V128 n, V128 m)
{
    V128 r = a64_zero_v(t);
    for (unsigned i = 0; i < 8; i++) {
        V128 bit = a64_splat(t, size, 1ull << i), part = ir_vand_v128(t->b, m, bit), shifted = a64_shift_v(t, size, 0, n, i);
        V128 is_set = a64_cmeq(t, size, n, part, bit);
        V128 term = ir_vand_v128(t->b, shifted, is_set);
        r = ir_vxor_v128(t->b, r, term);
    }
    return r;
}

V128 a64_pmul(A64Trans *t, V128 d, V128 n, V128 m) { return a64_multiply_polynomials(t, 0, n, m); }
