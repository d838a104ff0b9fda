/* SPDX-License-Identifier: MIT */
/* AdvSIMD operations that saturate. What saturates in the active part of the result goes into FPSR.QC, a slot that is a vector: any bit of
 * it set. */
#include "target/aarch64/trans.h"

static void note_saturation(A64Trans *t, V128 mask)
{
    V128 active = a64_keep_low(t, t->active, mask), old = ir_get_v128(t->b, A64_SLOT_QC);
    V128 sticky = ir_vor_v128(t->b, old, active);
    ir_put_v128(t->b, A64_SLOT_QC, sticky);
}

/* ---- sums and differences. Halfwords and bytes have operations of their own: it saturated where the plain result differs. */

typedef V128 Binary(IrBuilder *b, V128 x, V128 y);

static V128 by_difference(A64Trans *t, unsigned size, V128 r, V128 wrapped)
{
    V128 differ = ir_vxor_v128(t->b, r, wrapped);
    note_saturation(t, differ);
    return r;
}

/* x where the mask is set, else y. */
static V128 choose(A64Trans *t, V128 mask, V128 x, V128 y)
{
    V128 from_x = ir_vand_v128(t->b, x, mask), from_y = ir_vandn_v128(t->b, y, mask);
    return ir_vor_v128(t->b, from_x, from_y);
}

/* The largest value, or the lowest where v is negative. */
static V128 limit_of(A64Trans *t, unsigned size, V128 v)
{
    V128 sign = a64_shift_v(t, size, 2, v, 8u << size), largest = a64_splat(t, size, (1ull << ((8u << size) - 1)) - 1);
    return ir_vxor_v128(t->b, sign, largest);
}

/* Words and more: a sum overflows where its sign is neither's, a difference where the signs differ and its sign is not n's. */
static V128 wide_signed(A64Trans *t, unsigned size, bool is_sub, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 r = is_sub ? a64_vsub(t, size, n, n, m) : a64_vadd(t, size, n, n, m);
    V128 signs = ir_vxor_v128(b, n, m), changed = ir_vxor_v128(b, n, r);
    V128 top = is_sub ? ir_vand_v128(b, changed, signs) : ir_vandn_v128(b, changed, signs);
    V128 mask = a64_shift_v(t, size, 2, top, 8u << size), limit = limit_of(t, size, n);
    note_saturation(t, mask);
    return choose(t, mask, limit, r);
}

static V128 wide_unsigned(A64Trans *t, unsigned size, bool is_sub, V128 n, V128 m)
{
    V128 r = is_sub ? a64_vsub(t, size, n, n, m) : a64_vadd(t, size, n, n, m);
    V128 mask = is_sub ? a64_cmhi(t, size, n, m, n) : a64_cmhi(t, size, n, n, r);
    note_saturation(t, mask);
    return is_sub ? ir_vandn_v128(t->b, r, mask) : ir_vor_v128(t->b, r, mask);
}

#define ADDSUB(name, ir, plain, wide, is_sub)                                                                       \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)                                             \
    {                                                                                                               \
        if (size > 1)                                                                                               \
            return wide(t, size, is_sub, n, m);                                                                     \
        V128 r = size ? ir_##ir##16_v128(t->b, n, m) : ir_##ir##8_v128(t->b, n, m), wrapped = plain(t, size, n, n, m); \
        return by_difference(t, size, r, wrapped);                                                                  \
    }
ADDSUB(sqadd, vadds_s, a64_vadd, wide_signed, false)
ADDSUB(uqadd, vadds_u, a64_vadd, wide_unsigned, false)
ADDSUB(sqsub, vsubs_s, a64_vsub, wide_signed, true)
ADDSUB(uqsub, vsubs_u, a64_vsub, wide_unsigned, true)
#undef ADDSUB

/* ---- doubled products: only the lowest value with itself is too large, and gives the lowest by wrapping */

static V128 fix_lowest(A64Trans *t, unsigned size, V128 r, V128 is_lowest)
{
    note_saturation(t, is_lowest);
    return ir_vxor_v128(t->b, r, is_lowest);
}

/* Of widened lanes. */
V128 a64_sqdmull(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_mull(t, size, d, n, m), square = a64_splat(t, size, 1ull << ((8u << size) - 2));
    V128 is_lowest = a64_cmeq(t, size, d, product, square), doubled = a64_vadd(t, size, d, product, product);
    return fix_lowest(t, size, doubled, is_lowest);
}

V128 a64_sqdmlal(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_sqdmull(t, size, d, n, m);
    return a64_sqadd(t, size, d, d, product);
}

V128 a64_sqdmlsl(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_sqdmull(t, size, d, n, m);
    return a64_sqsub(t, size, d, d, product);
}

/* High words of doubled products: even and odd lanes by themselves. */
static V128 doubled_high_words(A64Trans *t, bool is_rounded, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 n_odd = ir_vshr64_v128(b, n, 32), m_odd = ir_vshr64_v128(b, m, 32);
    V128 even = ir_vmule_s32_v128(b, n, m), odd = ir_vmule_s32_v128(b, n_odd, m_odd);
    if (is_rounded) {
        V128 half = a64_splat(t, 3, 1ull << 30);
        even = ir_vadd64_v128(b, even, half);
        odd = ir_vadd64_v128(b, odd, half);
    }
    V128 low_mask = a64_splat(t, 3, 0xffffffff), low = ir_vshr64_v128(b, even, 31), high = ir_vshl64_v128(b, odd, 1);
    return choose(t, low_mask, low, high);
}

static V128 doubled_high(A64Trans *t, unsigned size, bool is_rounded, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 lowest = a64_splat(t, size, 1ull << ((8u << size) - 1)), r;
    if (size == 2) {
        r = doubled_high_words(t, is_rounded, n, m);
    } else if (is_rounded) {
        r = ir_vmulhr_s16_v128(b, n, m);
    } else {
        V128 high = ir_vmulh_s16_v128(b, n, m), low = ir_vmul16_v128(b, n, m);
        V128 up = ir_vshl16_v128(b, high, 1), last = ir_vshr16_v128(b, low, 15);
        r = ir_vor_v128(b, up, last);
    }
    V128 n_lowest = a64_cmeq(t, size, n, n, lowest), m_lowest = a64_cmeq(t, size, n, m, lowest);
    V128 both = ir_vand_v128(b, n_lowest, m_lowest);
    return fix_lowest(t, size, r, both);
}

V128 a64_sqdmulh(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return doubled_high(t, size, false, n, m); }
V128 a64_sqrdmulh(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return doubled_high(t, size, true, n, m); }

/* ---- shifts to the left by a constant: it saturated where shifting back gives something else */

static V128 shift_signed(A64Trans *t, unsigned size, V128 n, unsigned count)
{
    V128 r = a64_shift_v(t, size, 0, n, count);
    V128 back = a64_shift_v(t, size, 2, r, count), limit = limit_of(t, size, n);
    V128 fits = a64_cmeq(t, size, n, back, n);
    note_saturation(t, a64_vnot(t, size, fits, fits));
    return choose(t, fits, r, limit);
}

static V128 shift_unsigned(A64Trans *t, unsigned size, V128 n, unsigned count)
{
    V128 r = a64_shift_v(t, size, 0, n, count);
    V128 back = a64_shift_v(t, size, 1, r, count);
    V128 fits = a64_cmeq(t, size, n, back, n);
    V128 mask = a64_vnot(t, size, fits, fits);
    note_saturation(t, mask);
    return ir_vor_v128(t->b, r, mask);
}

/* Of signed values, to unsigned ones: negative ones give 0. */
static V128 shift_to_unsigned(A64Trans *t, unsigned size, V128 n, unsigned count)
{
    V128 sign = a64_cmlt0(t, size, n, n);
    V128 positive = ir_vandn_v128(t->b, n, sign);
    note_saturation(t, sign);
    return shift_unsigned(t, size, positive, count);
}

V128 a64_qshl_const(A64Trans *t, unsigned size, enum A64Narrow kind, V128 n, unsigned count)
{
    return kind == A64_NARROW_S ? shift_signed(t, size, n, count)
           : kind == A64_NARROW_U ? shift_unsigned(t, size, n, count)
                                  : shift_to_unsigned(t, size, n, count);
}

/* ---- shifts by lanes: as above, but what goes to the right fits */

static V128 shift_by_lanes(A64Trans *t, unsigned size, bool is_signed, V128 n, V128 m, V128 r)
{
    V128 down = a64_vneg(t, size, m, m), back = is_signed ? a64_sshl(t, size, n, r, down) : a64_ushl(t, size, n, r, down);
    V128 sign = a64_shift_v(t, size, 0, m, (8u << size) - 8), is_right = a64_cmlt0(t, size, sign, sign);
    V128 is_same = a64_cmeq(t, size, n, back, n), fits = ir_vor_v128(t->b, is_same, is_right);
    V128 mask = a64_vnot(t, size, fits, fits);
    note_saturation(t, mask);
    if (!is_signed)
        return ir_vor_v128(t->b, r, mask);
    V128 limit = limit_of(t, size, n);
    return choose(t, fits, r, limit);
}

#define SHIFT(name, plain, is_signed)                                 \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) \
    {                                                                 \
        V128 r = plain(t, size, d, n, m);                             \
        return shift_by_lanes(t, size, is_signed, n, m, r);           \
    }
SHIFT(sqshl, a64_sshl, true)
SHIFT(uqshl, a64_ushl, false)
SHIFT(sqrshl, a64_srshl, true)
SHIFT(uqrshl, a64_urshl, false)
#undef SHIFT

/* ---- (d * 2^bits + 2 n m + 2^(bits - 1)) / 2^bits, all of it halved so that it fits into twice the width */

/* Low or high half of the lanes of products of halfwords. */
static V128 mla_halfwords(A64Trans *t, bool is_sub, bool is_high, V128 d, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 low = ir_vmul16_v128(b, n, m), high = ir_vmulh_s16_v128(b, n, m), zero = a64_zero_v(t), round = a64_splat(t, 2, 1 << 14);
    V128 product = is_high ? ir_vziphi16_v128(b, low, high) : ir_vziplo16_v128(b, low, high);
    V128 up = is_high ? ir_vziphi16_v128(b, zero, d) : ir_vziplo16_v128(b, zero, d);
    V128 term = ir_vsar32_v128(b, up, 1);
    V128 sum = is_sub ? ir_vsub32_v128(b, term, product) : ir_vadd32_v128(b, term, product);
    V128 biased = ir_vadd32_v128(b, sum, round);
    return ir_vsar32_v128(b, biased, 15);
}

static V128 rdm_halfwords(A64Trans *t, bool is_sub, V128 d, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 low = mla_halfwords(t, is_sub, false, d, n, m), high = mla_halfwords(t, is_sub, true, d, n, m);
    V128 low_up = ir_vshl32_v128(b, low, 16), high_up = ir_vshl32_v128(b, high, 16);
    V128 low_cut = ir_vsar32_v128(b, low_up, 16), high_cut = ir_vsar32_v128(b, high_up, 16);
    V128 wrapped = ir_vpack_ss32_v128(b, low_cut, high_cut), r = ir_vpack_ss32_v128(b, low, high);
    return by_difference(t, 1, r, wrapped);
}

/* Of the even lanes, in 64 bits before the shift by 31. */
static V128 mla_words(A64Trans *t, bool is_sub, V128 d, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 quarter = a64_splat(t, 2, 1 << 30), round = a64_splat(t, 3, 1 << 30);
    V128 product = ir_vmule_s32_v128(b, n, m), half = ir_vmule_s32_v128(b, d, quarter);
    V128 term = ir_vshl64_v128(b, half, 1);
    V128 sum = is_sub ? ir_vsub64_v128(b, term, product) : ir_vadd64_v128(b, term, product);
    return ir_vadd64_v128(b, sum, round);
}

/* It saturates where the sign of the 32 bits that are left is not that of the sum. */
static V128 rdm_words(A64Trans *t, bool is_sub, V128 d, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    V128 lowest = a64_splat(t, 3, 0xffffffff);
    V128 odd_d = ir_vshr64_v128(b, d, 32), odd_n = ir_vshr64_v128(b, n, 32), odd_m = ir_vshr64_v128(b, m, 32);
    V128 even = mla_words(t, is_sub, d, n, m), odd = mla_words(t, is_sub, odd_d, odd_n, odd_m);
    V128 even_down = ir_vshr64_v128(b, even, 31), odd_down = ir_vshr64_v128(b, odd, 31);
    V128 even_part = ir_vand_v128(b, even_down, lowest), odd_part = ir_vshl64_v128(b, odd_down, 32);
    V128 r = ir_vor_v128(b, even_part, odd_part);
    V128 even_top = ir_vshr64_v128(b, even, 32), odd_top = ir_vandn_v128(b, odd, lowest);
    V128 top = ir_vor_v128(b, even_top, odd_top);
    V128 differ = ir_vxor_v128(b, r, top), limit = limit_of(t, 2, top);
    V128 mask = ir_vsar32_v128(b, differ, 31);
    note_saturation(t, mask);
    return choose(t, mask, limit, r);
}

static V128 rdm(A64Trans *t, unsigned size, bool is_sub, V128 d, V128 n, V128 m)
{
    return size == 1 ? rdm_halfwords(t, is_sub, d, n, m) : rdm_words(t, is_sub, d, n, m);
}

V128 a64_sqrdmlah(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return rdm(t, size, false, d, n, m); }
V128 a64_sqrdmlsh(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return rdm(t, size, true, d, n, m); }

/* ---- of mixed signs: with its sign bit changed, a value counts from the lowest one as the other kind of number does from 0 */

static V128 change_sign_bit(A64Trans *t, unsigned size, V128 v)
{
    V128 signs = a64_splat(t, size, 1ull << ((8u << size) - 1));
    return ir_vxor_v128(t->b, v, signs);
}

V128 a64_suqadd(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 biased = change_sign_bit(t, size, d);
    V128 sum = a64_uqadd(t, size, d, biased, n);
    return change_sign_bit(t, size, sum);
}

V128 a64_usqadd(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 biased = change_sign_bit(t, size, d);
    V128 sum = a64_sqadd(t, size, d, biased, n);
    return change_sign_bit(t, size, sum);
}

/* ---- one operand */

/* The most negative value becomes the largest. */
static V128 saturate_minimum(A64Trans *t, unsigned size, V128 n, V128 r)
{
    V128 lowest = a64_splat(t, size, 1ull << ((8u << size) - 1));
    V128 mask = a64_cmeq(t, size, n, n, lowest);
    note_saturation(t, mask);
    return ir_vxor_v128(t->b, r, mask);
}

V128 a64_sqabs(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 r = a64_vabs(t, size, d, n);
    return saturate_minimum(t, size, n, r);
}

V128 a64_sqneg(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 r = a64_vneg(t, size, d, n);
    return saturate_minimum(t, size, n, r);
}

/* ---- narrowing */

/* Doublewords: by their high words. */
static V128 narrow_doublewords(A64Trans *t, unsigned kind, V128 v)
{
    IrBuilder *b = t->b;
    V128 zero = a64_zero_v(t), low = a64_uzp(t, 2, false, v, zero), high = a64_uzp(t, 2, true, v, zero);
    if (kind == A64_NARROW_S) {
        V128 sign = ir_vsar32_v128(b, low, 31), limit = limit_of(t, 2, high);
        V128 fits = ir_vcmpeq32_v128(b, sign, high);
        note_saturation(t, a64_vnot(t, 2, fits, fits));
        return choose(t, fits, low, limit);
    }
    V128 is_zero = ir_vcmpeq32_v128(b, high, zero);
    V128 mask = a64_vnot(t, 2, is_zero, is_zero);
    note_saturation(t, mask);
    V128 r = ir_vor_v128(b, low, mask);
    if (kind == A64_NARROW_U)
        return r;
    V128 is_negative = ir_vcmpgt32_v128(b, zero, high);
    return ir_vandn_v128(b, r, is_negative);
}

static V128 narrow_saturating(A64Trans *t, unsigned size, unsigned kind, V128 v)
{
    IrBuilder *b = t->b;
    V128 zero = a64_zero_v(t), r;
    if (size == 2)
        return narrow_doublewords(t, kind, v);
    if (kind == A64_NARROW_S) {
        r = size ? ir_vpack_ss32_v128(b, v, zero) : ir_vpack_ss16_v128(b, v, zero);
    } else {
        V128 limit = a64_splat(t, size + 1, size ? 0xffff : 0xff);
        V128 bounded = kind == A64_NARROW_U ? a64_umin(t, size + 1, v, v, limit) : v;
        r = size ? ir_vpack_su32_v128(b, bounded, zero) : ir_vpack_su16_v128(b, bounded, zero);
    }
    V128 back = a64_widen(t, size, kind != A64_NARROW_S, false, r);
    V128 differ = ir_vxor_v128(b, back, v);
    note_saturation(t, differ);
    return r;
}

V128 a64_narrow(A64Trans *t, unsigned size, unsigned kind, V128 v)
{
    return kind == A64_NARROW ? a64_uzp(t, size, false, v, v) : narrow_saturating(t, size, kind, v);
}
