/* SPDX-License-Identifier: MIT */
/* Wide moves, bit fields, extract, bit and byte reversal, counts (Arm ARM C4.1.92, C4.1.95). */
#include "target/aarch64/trans.h"

static void put_const(A64Trans *t, const A64Ops *o, uint64_t v)
{
    I64 c = ir_const_i64(t->b, o->sf ? v : (uint32_t)v);
    a64_put_x(t, o->rd, c);
}

/* Registers are 64 bits wide here; of those of 32-bit instructions the low half counts. */
static void put_sized(A64Trans *t, const A64Ops *o, I64 v)
{
    if (!o->sf)
        v = ir_zext32_i64(t->b, v);
    a64_put_x(t, o->rd, v);
}

void trans_movz(A64Trans *t, const A64Ops *o) { put_const(t, o, (uint64_t)o->imm << 16 * o->shift); }
void trans_movn(A64Trans *t, const A64Ops *o) { put_const(t, o, ~((uint64_t)o->imm << 16 * o->shift)); }

void trans_movk(A64Trans *t, const A64Ops *o)
{
    I64 old = a64_get_x(t, o->rd), keep = ir_const_i64(t->b, ~(0xffffull << 16 * o->shift));
    I64 new = ir_const_i64(t->b, (uint64_t)o->imm << 16 * o->shift);
    I64 kept = ir_and_i64(t->b, old, keep);
    I64 r = ir_or_i64(t->b, kept, new);
    put_sized(t, o, r);
}

/* ---- bit fields */

static I64 shift_const(A64Trans *t, A64Alu64 *op, I64 x, unsigned count)
{
    I64 c = ir_const_i64(t->b, count);
    return count ? op(t->b, x, c) : x;
}

/* The field of `width` bits at `from`, moved to the bottom, extended. */
static I64 extract_field(A64Trans *t, I64 x, unsigned from, unsigned width, bool is_signed)
{
    if (is_signed && from == 0) {
        switch (width) {
        case 8: return ir_sext8_i64(t->b, x);
        case 16: return ir_sext16_i64(t->b, x);
        case 32: return ir_sext32_i64(t->b, x);
        }
    }
    if (is_signed) {
        I64 up = shift_const(t, ir_shl_i64, x, 64 - from - width);
        return shift_const(t, ir_sar_i64, up, 64 - width);
    }
    I64 down = shift_const(t, ir_shr_i64, x, from);
    if (from + width == 64)
        return down;
    I64 mask = ir_const_i64(t->b, (1ull << width) - 1);
    return ir_and_i64(t->b, down, mask);
}

/* sbfm and ubfm: extract downwards, or put a field further up, extended (C6.2.271, C6.2.396). */
static void bitfield(A64Trans *t, const A64Ops *o, bool is_signed)
{
    I64 x = a64_get_x(t, o->rn), r;
    unsigned bits = o->sf ? 64 : 32;
    if (!o->sf && o->imms == 31) { /* a shift to the right */
        r = a64_shift(t, false, is_signed ? 2 : 1, x, o->immr);
    } else if (o->imms >= o->immr) {
        r = extract_field(t, x, o->immr, o->imms - o->immr + 1u, is_signed);
    } else {
        r = extract_field(t, x, 0, o->imms + 1u, is_signed);
        r = shift_const(t, ir_shl_i64, r, bits - o->immr);
    }
    put_sized(t, o, r);
}

void trans_sbfm(A64Trans *t, const A64Ops *o) { bitfield(t, o, true); }
void trans_ubfm(A64Trans *t, const A64Ops *o) { bitfield(t, o, false); }

void trans_bfm(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    I64 x = a64_get_x(t, o->rn), old = a64_get_x(t, o->rd);
    unsigned bits = o->sf ? 64 : 32, width, at;
    if (o->imms >= o->immr) {
        width = o->imms - o->immr + 1u;
        at = 0;
        x = shift_const(t, ir_shr_i64, x, o->immr);
    } else {
        width = o->imms + 1u;
        at = bits - o->immr;
        x = shift_const(t, ir_shl_i64, x, at);
    }
    uint64_t mask = (~0ull >> (64 - width)) << at;
    I64 m = ir_const_i64(b, mask), keep = ir_const_i64(b, ~mask);
    I64 new = ir_and_i64(b, x, m), kept = ir_and_i64(b, old, keep);
    I64 r = ir_or_i64(b, new, kept);
    put_sized(t, o, r);
}

void trans_extr(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    if (o->rn == o->rm) {
        I64 v = a64_get_x(t, o->rn);
        I64 r = a64_shift(t, o->sf, 3, v, o->imms);
        put_sized(t, o, r);
    } else if (o->sf) {
        I64 low = a64_get_x(t, o->rm), high = a64_get_x(t, o->rn);
        if (o->imms) {
            low = shift_const(t, ir_shr_i64, low, o->imms);
            high = shift_const(t, ir_shl_i64, high, 64u - o->imms);
            low = ir_or_i64(b, low, high);
        }
        a64_put_x(t, o->rd, low);
    } else {
        I64 low = a64_get_x(t, o->rm), high = a64_get_x(t, o->rn);
        I64 narrow = ir_zext32_i64(b, low), up = shift_const(t, ir_shl_i64, high, 32);
        I64 both = ir_or_i64(b, narrow, up);
        I64 r = shift_const(t, ir_shr_i64, both, o->imms);
        put_sized(t, o, r);
    }
}

/* ---- reversal, counts */

/* Exchanges neighbouring groups of `n` bits; mask: the lower ones. */
static I64 exchange(A64Trans *t, I64 x, unsigned n, uint64_t mask)
{
    IrBuilder *b = t->b;
    I64 m = ir_const_i64(b, mask), down = shift_const(t, ir_shr_i64, x, n);
    I64 upper = ir_and_i64(b, down, m), lower = ir_and_i64(b, x, m);
    I64 up = shift_const(t, ir_shl_i64, lower, n);
    return ir_or_i64(b, upper, up);
}

void trans_rbit(A64Trans *t, const A64Ops *o)
{
    I64 x = a64_get_x(t, o->rn);
    if (!o->sf)
        x = shift_const(t, ir_shl_i64, x, 32);
    x = exchange(t, x, 1, 0x5555555555555555);
    x = exchange(t, x, 2, 0x3333333333333333);
    x = exchange(t, x, 4, 0x0f0f0f0f0f0f0f0f);
    x = ir_bswap_i64(t->b, x);
    a64_put_x(t, o->rd, x);
}

void trans_rev16(A64Trans *t, const A64Ops *o)
{
    I64 x = a64_get_x(t, o->rn);
    x = exchange(t, x, 8, 0x00ff00ff00ff00ff);
    put_sized(t, o, x);
}

void trans_rev_w(A64Trans *t, const A64Ops *o)
{
    I32 x = a64_get_w(t, o->rn);
    I32 r = ir_bswap_i32(t->b, x);
    a64_put_w(t, o->rd, r);
}

void trans_rev_x(A64Trans *t, const A64Ops *o)
{
    I64 x = a64_get_x(t, o->rn);
    I64 r = ir_bswap_i64(t->b, x);
    a64_put_x(t, o->rd, r);
}

void trans_rev32(A64Trans *t, const A64Ops *o)
{
    I64 x = a64_get_x(t, o->rn), half = ir_const_i64(t->b, 32);
    I64 swapped = ir_bswap_i64(t->b, x);
    I64 r = ir_rotr_i64(t->b, swapped, half);
    a64_put_x(t, o->rd, r);
}

/* Bits below the sign that equal it: zeros above the first change, after a shift by one. */
void trans_cls(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    I64 x = a64_get_x(t, o->rn), one = ir_const_i64(b, 1);
    if (!o->sf)
        x = shift_const(t, ir_shl_i64, x, 32);
    I64 sign = shift_const(t, ir_sar_i64, x, 63);
    I64 changes = ir_xor_i64(b, x, sign);
    I64 up = ir_shl_i64(b, changes, one);
    I64 stop = ir_const_i64(b, o->sf ? 1 : 1ull << 32);
    I64 bounded = ir_or_i64(b, up, stop);
    I64 r = ir_clz_i64(b, bounded);
    a64_put_x(t, o->rd, r);
}

void trans_abs(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    I64 x = a64_get_x(t, o->rn), zero = ir_const_i64(b, 0);
    if (!o->sf)
        x = ir_sext32_i64(b, x);
    I64 negated = ir_sub_i64(b, zero, x);
    I64 r = ir_smax_i64(b, x, negated);
    if (o->sf) { /* the most negative stays */
        I32 is_negative = ir_cmp_slt_i64(b, x, zero);
        r = ir_select_i64(b, is_negative, negated, x);
    }
    put_sized(t, o, r);
}
