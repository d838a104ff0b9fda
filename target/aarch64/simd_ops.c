/* SPDX-License-Identifier: MIT */
/* AdvSIMD operations on whole vectors, made of IR vector operations. Rows name them. */
#include "target/aarch64/trans.h"
#include "util/assert.h"

typedef V128 Binary(IrBuilder *b, V128 x, V128 y);
typedef V128 Shift(IrBuilder *b, V128 x, int count);

/* ---- small parts */

V128 a64_splat(A64Trans *t, unsigned size, uint64_t v)
{
    for (unsigned bits = 8u << size; bits < 64; bits *= 2)
        v = (v & (~0ull >> (64 - bits))) | v << bits;
    return ir_const_v128(t->b, (V128Bits){ .u64 = { v, v } });
}

static V128 all_ones(A64Trans *t) { return a64_splat(t, 3, ~0ull); }

static V128 invert(A64Trans *t, V128 v)
{
    V128 ones = all_ones(t);
    return ir_vxor_v128(t->b, v, ones);
}

static uint64_t sign_bit(unsigned size) { return 1ull << ((8u << size) - 1); }

static V128 flip_signs(A64Trans *t, unsigned size, V128 v)
{
    V128 signs = a64_splat(t, size, sign_bit(size));
    return ir_vxor_v128(t->b, v, signs);
}

/* Lanes of bytes by shifting halfwords: bits that came from the neighbour are masked out. */
static V128 shift_bytes(A64Trans *t, unsigned kind, V128 v, unsigned count)
{
    V128 mask = a64_splat(t, 0, kind == 0 ? 0xffu << count & 0xff : 0xffu >> count);
    if (kind == 2) {
        V128 flipped = flip_signs(t, 0, v);
        V128 down = ir_vshr16_v128(t->b, flipped, (int)count);
        V128 kept = ir_vand_v128(t->b, down, mask), bias = a64_splat(t, 0, 0x80u >> count);
        return ir_vsub8_v128(t->b, kept, bias);
    }
    V128 moved = kind == 0 ? ir_vshl16_v128(t->b, v, (int)count) : ir_vshr16_v128(t->b, v, (int)count);
    return ir_vand_v128(t->b, moved, mask);
}

V128 a64_shift_v(A64Trans *t, unsigned size, unsigned kind, V128 v, unsigned count)
{
    static Shift *const fns[3][4] = {
        { NULL, ir_vshl16_v128, ir_vshl32_v128, ir_vshl64_v128 },
        { NULL, ir_vshr16_v128, ir_vshr32_v128, ir_vshr64_v128 },
        { NULL, ir_vsar16_v128, ir_vsar32_v128, NULL },
    };
    unsigned bits = 8u << size;
    if (count == 0)
        return v;
    if (count >= bits && kind != 2)
        return a64_zero_v(t);
    count = count >= bits ? bits - 1 : count;
    if (size == 0)
        return shift_bytes(t, kind, v, count);
    if (fns[kind][size])
        return fns[kind][size](t->b, v, (int)count);
    V128 zero = a64_zero_v(t);
    V128 sign = ir_vcmpgt64_v128(t->b, zero, v), down = ir_vshr64_v128(t->b, v, (int)count);
    V128 fill = ir_vshl64_v128(t->b, sign, (int)(64 - count));
    return ir_vor_v128(t->b, down, fill);
}

V128 a64_keep_low(A64Trans *t, unsigned bytes, V128 v)
{
    if (bytes == 16)
        return v;
    if (bytes == 8) {
        F64 low = ir_vlow64_f64(t->b, v);
        return ir_vfrom64_v128(t->b, low);
    }
    V128 mask = ir_const_v128(t->b, (V128Bits){ .u64 = { ~0ull >> (64 - 8 * bytes), 0 } });
    return ir_vand_v128(t->b, v, mask);
}

I64 a64_get_lane(A64Trans *t, unsigned size, unsigned lane, V128 v)
{
    if (size == 3)
        return ir_vextract64_i64(t->b, v, (int)lane);
    I32 x = size == 0   ? ir_vextract8_i32(t->b, v, (int)lane)
            : size == 1 ? ir_vextract16_i32(t->b, v, (int)lane)
                        : ir_vextract32_i32(t->b, v, (int)lane);
    return ir_zext_i64(t->b, x);
}

V128 a64_set_lane(A64Trans *t, unsigned size, unsigned lane, V128 v, I64 x)
{
    if (size == 3)
        return ir_vinsert64_v128(t->b, v, x, (int)lane);
    I32 n = ir_trunc_i32(t->b, x);
    return size == 0   ? ir_vinsert8_v128(t->b, v, n, (int)lane)
           : size == 1 ? ir_vinsert16_v128(t->b, v, n, (int)lane)
                       : ir_vinsert32_v128(t->b, v, n, (int)lane);
}

V128 a64_duplicate(A64Trans *t, unsigned size, unsigned lane, V128 v)
{
    V128Bits at;
    for (unsigned i = 0; i < 16; i++)
        at.u8[i] = (uint8_t)((lane << size) + (i & ((1u << size) - 1)));
    V128 control = ir_const_v128(t->b, at);
    return ir_vshuf8_v128(t->b, v, control);
}

/* Lanes of half the register, twice as wide. */
V128 a64_widen(A64Trans *t, unsigned size, bool is_unsigned, bool is_high, V128 v)
{
    static Binary *const greater[] = { ir_vcmpgt8_v128, ir_vcmpgt16_v128, ir_vcmpgt32_v128 };
    static Binary *const zip[2][3] = { { ir_vziplo8_v128, ir_vziplo16_v128, ir_vziplo32_v128 },
                                       { ir_vziphi8_v128, ir_vziphi16_v128, ir_vziphi32_v128 } };
    V128 zero = a64_zero_v(t);
    V128 upper = is_unsigned ? zero : greater[size](t->b, zero, v);
    return zip[is_high][size](t->b, v, upper);
}

/* Even (odd) lanes of n, then of m. */
V128 a64_uzp(A64Trans *t, unsigned size, bool is_odd, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    if (size == 3)
        return is_odd ? ir_vziphi64_v128(b, n, m) : ir_vziplo64_v128(b, n, m);
    if (size == 0) {
        V128 mask = a64_splat(t, 1, 0xff);
        V128 x = is_odd ? ir_vshr16_v128(b, n, 8) : ir_vand_v128(b, n, mask);
        V128 y = is_odd ? ir_vshr16_v128(b, m, 8) : ir_vand_v128(b, m, mask);
        return ir_vpack_su16_v128(b, x, y);
    }
    if (size == 1) {
        V128 x = is_odd ? n : ir_vshl32_v128(b, n, 16), y = is_odd ? m : ir_vshl32_v128(b, m, 16);
        V128 xs = ir_vsar32_v128(b, x, 16), ys = ir_vsar32_v128(b, y, 16);
        return ir_vpack_ss32_v128(b, xs, ys);
    }
    V128Bits even = { .u64 = { 0x0b0a090803020100, 0x0b0a090803020100 } }, odd = { .u64 = { 0x0f0e0d0c07060504, 0x0f0e0d0c07060504 } };
    V128 control = ir_const_v128(b, is_odd ? odd : even);
    V128 x = ir_vshuf8_v128(b, n, control), y = ir_vshuf8_v128(b, m, control);
    return ir_vziplo64_v128(b, x, y);
}

/* ---- addition, multiplication */

V128 a64_vadd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    static Binary *const fn[] = { ir_vadd8_v128, ir_vadd16_v128, ir_vadd32_v128, ir_vadd64_v128 };
    return fn[size](t->b, n, m);
}

V128 a64_vsub(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    static Binary *const fn[] = { ir_vsub8_v128, ir_vsub16_v128, ir_vsub32_v128, ir_vsub64_v128 };
    return fn[size](t->b, n, m);
}

V128 a64_vmul(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    IrBuilder *b = t->b;
    if (size)
        return size == 1 ? ir_vmul16_v128(b, n, m) : ir_vmul32_v128(b, n, m);
    V128 mask = a64_splat(t, 1, 0xff);
    V128 nh = ir_vshr16_v128(b, n, 8), mh = ir_vshr16_v128(b, m, 8);
    V128 even = ir_vmul16_v128(b, n, m), odd = ir_vmul16_v128(b, nh, mh);
    V128 low = ir_vand_v128(b, even, mask), high = ir_vshl16_v128(b, odd, 8);
    return ir_vor_v128(b, low, high);
}

V128 a64_mla(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_vmul(t, size, d, n, m);
    return a64_vadd(t, size, d, d, product);
}

V128 a64_mls(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_vmul(t, size, d, n, m);
    return a64_vsub(t, size, d, d, product);
}

/* Of lanes that were widened to `size`. */
V128 a64_mull(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    if (size == 3)
        return t->is_unsigned ? ir_vmule_u32_v128(t->b, n, m) : ir_vmule_s32_v128(t->b, n, m);
    return a64_vmul(t, size, d, n, m);
}

V128 a64_mlal(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_mull(t, size, d, n, m);
    return a64_vadd(t, size, d, d, product);
}

V128 a64_mlsl(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 product = a64_mull(t, size, d, n, m);
    return a64_vsub(t, size, d, d, product);
}

/* ---- halving: a + b = (a & b) * 2 + (a ^ b) = (a | b) * 2 - (a ^ b); a - b = (a ^ b) - (~a & b) * 2. Signed ones by unsigned ones of the
 * values with their signs flipped. */

static V128 half_difference(A64Trans *t, unsigned size, V128 n, V128 m)
{
    V128 differ = ir_vxor_v128(t->b, n, m);
    return a64_shift_v(t, size, 1, differ, 1);
}

V128 a64_uhadd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 both = ir_vand_v128(t->b, n, m), half = half_difference(t, size, n, m);
    return a64_vadd(t, size, d, both, half);
}

V128 a64_urhadd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    if (size < 2)
        return size ? ir_vavg_u16_v128(t->b, n, m) : ir_vavg_u8_v128(t->b, n, m);
    V128 any = ir_vor_v128(t->b, n, m), half = half_difference(t, size, n, m);
    return a64_vsub(t, size, d, any, half);
}

V128 a64_uhsub(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 borrow = ir_vandn_v128(t->b, m, n), half = half_difference(t, size, n, m);
    return a64_vsub(t, size, d, half, borrow);
}

V128 a64_shadd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 x = flip_signs(t, size, n), y = flip_signs(t, size, m);
    V128 r = a64_uhadd(t, size, d, x, y);
    return flip_signs(t, size, r);
}

V128 a64_srhadd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 x = flip_signs(t, size, n), y = flip_signs(t, size, m);
    V128 r = a64_urhadd(t, size, d, x, y);
    return flip_signs(t, size, r);
}

V128 a64_shsub(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 x = flip_signs(t, size, n), y = flip_signs(t, size, m);
    return a64_uhsub(t, size, d, x, y);
}

/* ---- minima, maxima, differences */

#define MINMAX(name)                                                                                     \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)                                  \
    {                                                                                                    \
        static Binary *const fn[] = { ir_v##name##8_v128, ir_v##name##16_v128, ir_v##name##32_v128 };    \
        return fn[size](t->b, n, m);                                                                     \
    }
MINMAX(smax)
MINMAX(smin)
MINMAX(umax)
MINMAX(umin)
#undef MINMAX

/* On 64-bit lanes (the widening forms): of values whose difference does not overflow. */
static V128 wide_difference(A64Trans *t, V128 n, V128 m)
{
    V128 difference = ir_vsub64_v128(t->b, n, m);
    return a64_vabs(t, 3, n, difference);
}

V128 a64_sabd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    if (size == 3)
        return wide_difference(t, n, m);
    V128 high = a64_smax(t, size, d, n, m), low = a64_smin(t, size, d, n, m);
    return a64_vsub(t, size, d, high, low);
}

V128 a64_uabd(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 high = a64_umax(t, size, d, n, m), low = a64_umin(t, size, d, n, m);
    return a64_vsub(t, size, d, high, low);
}

V128 a64_saba(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 difference = a64_sabd(t, size, d, n, m);
    return a64_vadd(t, size, d, d, difference);
}

V128 a64_uaba(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 difference = a64_uabd(t, size, d, n, m);
    return a64_vadd(t, size, d, d, difference);
}

/* ---- comparisons */

V128 a64_cmgt(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    static Binary *const fn[] = { ir_vcmpgt8_v128, ir_vcmpgt16_v128, ir_vcmpgt32_v128, ir_vcmpgt64_v128 };
    return fn[size](t->b, n, m);
}

V128 a64_cmeq(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    static Binary *const fn[] = { ir_vcmpeq8_v128, ir_vcmpeq16_v128, ir_vcmpeq32_v128, ir_vcmpeq64_v128 };
    return fn[size](t->b, n, m);
}

V128 a64_cmge(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 less = a64_cmgt(t, size, d, m, n);
    return invert(t, less);
}

V128 a64_cmhi(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 x = flip_signs(t, size, n), y = flip_signs(t, size, m);
    return a64_cmgt(t, size, d, x, y);
}

V128 a64_cmhs(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    if (size == 3) {
        V128 lower = a64_cmhi(t, size, d, m, n);
        return invert(t, lower);
    }
    V128 larger = a64_umax(t, size, d, n, m);
    return a64_cmeq(t, size, d, larger, n);
}

V128 a64_cmtst(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)
{
    V128 common = ir_vand_v128(t->b, n, m), zero = a64_zero_v(t);
    V128 none = a64_cmeq(t, size, d, common, zero);
    return invert(t, none);
}

V128 a64_cmgt0(A64Trans *t, unsigned size, V128 d, V128 n) { return a64_cmgt(t, size, d, n, a64_zero_v(t)); }
V128 a64_cmge0(A64Trans *t, unsigned size, V128 d, V128 n) { return a64_cmge(t, size, d, n, a64_zero_v(t)); }
V128 a64_cmeq0(A64Trans *t, unsigned size, V128 d, V128 n) { return a64_cmeq(t, size, d, n, a64_zero_v(t)); }
V128 a64_cmle0(A64Trans *t, unsigned size, V128 d, V128 n) { return a64_cmge(t, size, d, a64_zero_v(t), n); }
V128 a64_cmlt0(A64Trans *t, unsigned size, V128 d, V128 n) { return a64_cmgt(t, size, d, a64_zero_v(t), n); }

/* ---- one operand */

V128 a64_vneg(A64Trans *t, unsigned size, V128 d, V128 n) { return a64_vsub(t, size, d, a64_zero_v(t), n); }

V128 a64_vabs(A64Trans *t, unsigned size, V128 d, V128 n)
{
    if (size < 3)
        return size == 0 ? ir_vabs8_v128(t->b, n) : size == 1 ? ir_vabs16_v128(t->b, n) : ir_vabs32_v128(t->b, n);
    V128 sign = a64_cmlt0(t, size, d, n);
    V128 flipped = ir_vxor_v128(t->b, n, sign);
    return ir_vsub64_v128(t->b, flipped, sign);
}

/* Each byte by its two nibbles: the sum of table[low] and high[high nibble]. */
static V128 by_nibbles(A64Trans *t, V128 n, V128Bits low, V128Bits high)
{
    IrBuilder *b = t->b;
    V128 mask = a64_splat(t, 0, 15), low_table = ir_const_v128(b, low), high_table = ir_const_v128(b, high);
    V128 x = ir_vand_v128(b, n, mask), down = ir_vshr16_v128(b, n, 4);
    V128 y = ir_vand_v128(b, down, mask);
    V128 from_low = ir_vshuf8_v128(b, low_table, x), from_high = ir_vshuf8_v128(b, high_table, y);
    return ir_vadd8_v128(b, from_low, from_high);
}

V128 a64_vcnt(A64Trans *t, unsigned size, V128 d, V128 n)
{
    static const V128Bits count = { .u64 = { 0x0302020102010100, 0x0403030203020201 } };
    return by_nibbles(t, n, count, count);
}

V128 a64_vrbit(A64Trans *t, unsigned size, V128 d, V128 n)
{
    static const V128Bits low = { .u64 = { 0xe060a020c0408000, 0xf070b030d0509010 } };
    static const V128Bits high = { .u64 = { 0x0e060a020c040800, 0x0f070b030d050901 } };
    return by_nibbles(t, n, low, high);
}

V128 a64_vnot(A64Trans *t, unsigned size, V128 d, V128 n) { return invert(t, n); }

/* ---- logic */

V128 a64_vand(A64Trans *t, V128 d, V128 n, V128 m) { return ir_vand_v128(t->b, n, m); }
V128 a64_vbic(A64Trans *t, V128 d, V128 n, V128 m) { return ir_vandn_v128(t->b, n, m); }
V128 a64_vorr(A64Trans *t, V128 d, V128 n, V128 m) { return ir_vor_v128(t->b, n, m); }
V128 a64_veor(A64Trans *t, V128 d, V128 n, V128 m) { return ir_vxor_v128(t->b, n, m); }

V128 a64_vorn(A64Trans *t, V128 d, V128 n, V128 m)
{
    V128 inverted = invert(t, m);
    return ir_vor_v128(t->b, n, inverted);
}

/* x where the mask is set, else y. */
static V128 select_bits(A64Trans *t, V128 mask, V128 x, V128 y)
{
    V128 from_x = ir_vand_v128(t->b, x, mask), from_y = ir_vandn_v128(t->b, y, mask);
    return ir_vor_v128(t->b, from_x, from_y);
}

V128 a64_vbsl(A64Trans *t, V128 d, V128 n, V128 m) { return select_bits(t, d, n, m); }
V128 a64_vbit(A64Trans *t, V128 d, V128 n, V128 m) { return select_bits(t, m, n, d); }
V128 a64_vbif(A64Trans *t, V128 d, V128 n, V128 m) { return select_bits(t, m, d, n); }
