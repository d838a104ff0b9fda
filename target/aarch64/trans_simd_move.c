/* SPDX-License-Identifier: MIT */
/* AdvSIMD: copies between lanes and registers, permutations, immediates, shifts by immediates (Arm ARM C4.1.96). */
#include "target/aarch64/trans.h"

/* ---- copies: imm5 has its lowest set bit at the lane's size, the lane's number above */

static unsigned imm5_size(const A64Ops *o) { return (unsigned)__builtin_ctz((unsigned)o->imm); }
static unsigned imm5_lane(const A64Ops *o) { return (unsigned)o->imm >> (imm5_size(o) + 1); }

void trans_dup_element(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = a64_duplicate(t, imm5_size(o), imm5_lane(o), n);
    a64_put_q(t, o, r);
}

void trans_dup_scalar(A64Trans *t, const A64Ops *o)
{
    unsigned size = imm5_size(o);
    V128 n = a64_get_v(t, o->rn);
    V128 r;
    if (size == 3 && imm5_lane(o) == 1) {
        V128 zero = ir_const_v128(t->b, (V128Bits){ .u64 = { 0, 0 } });
        r = ir_vext_v128(t->b, n, zero, 8);
    } else {
        V128 moved = a64_duplicate(t, size, imm5_lane(o), n);
        r = a64_keep_low(t, 1u << size, moved);
    }
    a64_put_v(t, o->rd, r);
}

void trans_dup_general(A64Trans *t, const A64Ops *o)
{
    unsigned size = imm5_size(o);
    I64 x = a64_get_x(t, o->rn);
    I32 w = ir_trunc_i32(t->b, x);
    V128 r = size == 0   ? ir_vsplat8_v128(t->b, w)
             : size == 1 ? ir_vsplat16_v128(t->b, w)
             : size == 2 ? ir_vsplat32_v128(t->b, w)
                         : ir_vsplat64_v128(t->b, x);
    a64_put_q(t, o, r);
}

void trans_umov(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    I64 x = a64_get_lane(t, imm5_size(o), imm5_lane(o), n);
    a64_put_x(t, o->rd, x);
}

void trans_smov(A64Trans *t, const A64Ops *o)
{
    static A64Unary64 *const extend[] = { ir_sext8_i64, ir_sext16_i64, ir_sext32_i64 };
    V128 n = a64_get_v(t, o->rn);
    I64 x = a64_get_lane(t, imm5_size(o), imm5_lane(o), n);
    x = extend[imm5_size(o)](t->b, x);
    if (!o->q)
        x = ir_zext32_i64(t->b, x);
    a64_put_x(t, o->rd, x);
}

void trans_ins_general(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd);
    I64 x = a64_get_x(t, o->rn);
    V128 r = a64_set_lane(t, imm5_size(o), imm5_lane(o), d, x);
    a64_put_v(t, o->rd, r);
}

void trans_ins_element(A64Trans *t, const A64Ops *o)
{
    unsigned size = imm5_size(o);
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    I64 x = a64_get_lane(t, size, (unsigned)o->index >> size, n);
    V128 r = a64_set_lane(t, size, imm5_lane(o), d, x);
    a64_put_v(t, o->rd, r);
}

/* ---- permutations */

void trans_rev(A64Trans *t, const A64Ops *o, unsigned container)
{
    V128Bits at;
    unsigned flip = (1u << container) - (1u << o->size); /* turns round the lanes in a container */
    for (unsigned i = 0; i < 16; i++)
        at.u8[i] = (uint8_t)(i ^ flip);
    V128 n = a64_get_v(t, o->rn), control = ir_const_v128(t->b, at);
    V128 r = ir_vshuf8_v128(t->b, n, control);
    a64_put_q(t, o, r);
}

void trans_ext(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    if (!o->q)
        n = m = ir_vziplo64_v128(t->b, n, m);
    V128 r = ir_vext_v128(t->b, n, m, o->imm);
    a64_put_q(t, o, r);
}

/* An index of 16 or more has its top bit set by saturation, which makes the shuffle give 0. */
void trans_tbl(A64Trans *t, const A64Ops *o, bool is_tbx)
{
    IrBuilder *b = t->b;
    V128 index = a64_get_v(t, o->rm), bias = a64_splat(t, 0, 0x70), sixteen = a64_splat(t, 0, 16);
    V128 r = a64_zero_v(t), rest = index;
    for (unsigned i = 0; i <= o->len; i++) {
        V128 table = a64_get_v(t, (o->rn + i) & 31);
        V128 control = ir_vadds_u8_v128(b, rest, bias);
        V128 found = ir_vshuf8_v128(b, table, control);
        r = i ? ir_vor_v128(b, r, found) : found;
        rest = ir_vsub8_v128(b, rest, sixteen);
    }
    if (is_tbx) {
        V128 limit = a64_splat(t, 0, 16u * (o->len + 1u)), d = a64_get_v(t, o->rd);
        V128 is_outside = a64_cmhs(t, 0, index, index, limit);
        V128 kept = ir_vand_v128(b, d, is_outside);
        r = ir_vor_v128(b, r, kept);
    }
    a64_put_q(t, o, r);
}

void trans_uzp(A64Trans *t, const A64Ops *o, bool is_odd)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    if (!o->q)
        n = m = ir_vziplo64_v128(t->b, n, m);
    V128 r = a64_uzp(t, o->size, is_odd, n, m);
    a64_put_q(t, o, r);
}

void trans_trn(A64Trans *t, const A64Ops *o, bool is_odd)
{
    IrBuilder *b = t->b;
    unsigned wide = o->size + 1u, bits = 8u << o->size;
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm), r;
    if (o->size == 3) {
        r = is_odd ? ir_vziphi64_v128(b, n, m) : ir_vziplo64_v128(b, n, m);
    } else {
        V128 low = a64_splat(t, wide, (1ull << bits) - 1);
        V128 x = is_odd ? a64_shift_v(t, wide, 1, n, bits) : ir_vand_v128(b, n, low);
        V128 y = is_odd ? ir_vandn_v128(b, m, low) : a64_shift_v(t, wide, 0, m, bits);
        r = ir_vor_v128(b, x, y);
    }
    a64_put_q(t, o, r);
}

void trans_zip(A64Trans *t, const A64Ops *o, bool is_high)
{
    typedef V128 Zip(IrBuilder *b, V128 x, V128 y);
    static Zip *const low[] = { ir_vziplo8_v128, ir_vziplo16_v128, ir_vziplo32_v128, ir_vziplo64_v128 };
    static Zip *const high[] = { ir_vziphi8_v128, ir_vziphi16_v128, ir_vziphi32_v128, ir_vziphi64_v128 };
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = (o->q && is_high ? high : low)[o->size](t->b, n, m);
    if (!o->q && is_high)
        r = ir_vziphi64_v128(t->b, r, r);
    a64_put_q(t, o, r);
}

/* ---- immediates */

static uint64_t repeat(uint64_t v, unsigned bits)
{
    for (; bits < 64; bits *= 2)
        v |= v << bits;
    return v;
}

uint64_t a64_expand_imm(unsigned cmode, bool op, unsigned imm)
{
    uint64_t v = 0;
    switch (cmode >> 1) {
    case 0: case 1: case 2: case 3:
        return repeat((uint64_t)imm << 8 * (cmode >> 1), 32);
    case 4: case 5:
        return repeat((uint64_t)imm << 8 * (cmode >> 1 & 1), 16);
    case 6: /* ones shifted in */
        return repeat(cmode & 1 ? (uint64_t)imm << 16 | 0xffff : (uint64_t)imm << 8 | 0xff, 32);
    default:
        if (!op)
            return repeat(imm, 8);
        for (unsigned i = 0; i < 8; i++)
            v |= imm >> i & 1 ? 0xffull << 8 * i : 0;
        return v;
    }
}

uint64_t a64_expand_fp(unsigned size, unsigned imm)
{
    static const uint8_t exp_bits[] = { 0, 5, 8, 11 };
    unsigned bits = 8u << size, exp = exp_bits[size], frac = bits - 1 - exp;
    uint64_t sign = imm >> 7, b = imm >> 6 & 1;
    uint64_t e = (b ^ 1) << (exp - 1) | (b ? ((1ull << (exp - 3)) - 1) << 2 : 0) | (imm >> 4 & 3);
    return sign << (bits - 1) | e << frac | (uint64_t)(imm & 15) << (frac - 4);
}

static void put_immediate(A64Trans *t, const A64Ops *o, uint64_t v)
{
    V128 r = ir_const_v128(t->b, (V128Bits){ .u64 = { v, o->q ? v : 0 } });
    a64_put_v(t, o->rd, r);
}

void trans_modimm(A64Trans *t, const A64Ops *o) { put_immediate(t, o, a64_expand_imm(o->cmode, false, (unsigned)o->imm)); }
void trans_modimm_not(A64Trans *t, const A64Ops *o) { put_immediate(t, o, ~a64_expand_imm(o->cmode, false, (unsigned)o->imm)); }
void trans_modimm_64(A64Trans *t, const A64Ops *o) { put_immediate(t, o, a64_expand_imm(14, true, (unsigned)o->imm)); }
void trans_modimm_f16(A64Trans *t, const A64Ops *o) { put_immediate(t, o, repeat(a64_expand_fp(1, (unsigned)o->imm), 16)); }
void trans_modimm_f32(A64Trans *t, const A64Ops *o) { put_immediate(t, o, repeat(a64_expand_fp(2, (unsigned)o->imm), 32)); }

void trans_modimm_f64(A64Trans *t, const A64Ops *o)
{
    V128 r = a64_splat(t, 3, a64_expand_fp(3, (unsigned)o->imm));
    a64_put_v(t, o->rd, r);
}

void trans_modimm_or(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), v = a64_splat(t, 3, a64_expand_imm(o->cmode, false, (unsigned)o->imm));
    V128 r = ir_vor_v128(t->b, d, v);
    a64_put_q(t, o, r);
}

void trans_modimm_bic(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), v = a64_splat(t, 3, a64_expand_imm(o->cmode, false, (unsigned)o->imm));
    V128 r = ir_vandn_v128(t->b, d, v);
    a64_put_q(t, o, r);
}

/* ---- shifts: immh:immb is the lane's width plus the count, or twice the width less the count */

static unsigned shift_size(const A64Ops *o) { return 31u - (unsigned)__builtin_clz((unsigned)o->imm >> 3); }
static unsigned right_count(const A64Ops *o) { return (16u << shift_size(o)) - (unsigned)o->imm; }
static unsigned left_count(const A64Ops *o) { return (unsigned)o->imm - (8u << shift_size(o)); }

/* Scalar forms have bits 28:24 all set. */
static void put_shifted(A64Trans *t, const A64Ops *o, V128 v)
{
    if (t->insn->raw >> 28 & 1) {
        V128 low = a64_keep_low(t, 1u << shift_size(o), v);
        a64_put_v(t, o->rd, low);
    } else {
        a64_put_q(t, o, v);
    }
}

void trans_shr(A64Trans *t, const A64Ops *o, bool is_unsigned, bool is_rounded, bool is_added)
{
    unsigned size = shift_size(o), count = right_count(o);
    V128 n = a64_get_v(t, o->rn), d = a64_get_v(t, o->rd);
    V128 r;
    if (count == 8u << size && !is_unsigned && is_rounded) { /* the sign and its rounding cancel out */
        r = a64_zero_v(t);
    } else {
        r = a64_shift_v(t, size, is_unsigned ? 1 : 2, n, count);
        if (is_rounded) {
            V128 last = a64_shift_v(t, size, 1, n, count - 1), one = a64_splat(t, size, 1);
            V128 bit = ir_vand_v128(t->b, last, one);
            r = a64_vadd(t, size, r, r, bit);
        }
    }
    if (is_added)
        r = a64_vadd(t, size, d, d, r);
    put_shifted(t, o, r);
}

void trans_shl(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = a64_shift_v(t, shift_size(o), 0, n, left_count(o));
    put_shifted(t, o, r);
}

/* The bits that the shift leaves free are the destination's. */
static void insert_shifted(A64Trans *t, const A64Ops *o, V128 moved, uint64_t mask)
{
    V128 d = a64_get_v(t, o->rd), m = a64_splat(t, shift_size(o), mask);
    V128 kept = ir_vandn_v128(t->b, d, m);
    V128 r = ir_vor_v128(t->b, kept, moved);
    put_shifted(t, o, r);
}

void trans_sli(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    V128 moved = a64_shift_v(t, shift_size(o), 0, n, left_count(o));
    insert_shifted(t, o, moved, ~0ull << left_count(o));
}

void trans_sri(A64Trans *t, const A64Ops *o)
{
    unsigned bits = 8u << shift_size(o), count = right_count(o);
    V128 n = a64_get_v(t, o->rn);
    V128 moved = a64_shift_v(t, shift_size(o), 1, n, count);
    insert_shifted(t, o, moved, count == bits ? 0 : (~0ull >> (64 - bits)) >> count);
}

void trans_qshl(A64Trans *t, const A64Ops *o, enum A64Narrow kind)
{
    unsigned size = shift_size(o);
    bool is_scalar = t->insn->raw >> 28 & 1;
    V128 n = a64_get_v(t, o->rn);
    t->active = is_scalar ? (uint8_t)(1u << size) : o->q ? 16 : 8;
    V128 r = a64_qshl_const(t, size, kind, n, left_count(o));
    put_shifted(t, o, r);
}

void trans_shll(A64Trans *t, const A64Ops *o, bool is_unsigned)
{
    unsigned size = shift_size(o);
    V128 n = a64_get_v(t, o->rn);
    V128 wide = a64_widen(t, size, is_unsigned, o->q, n);
    V128 r = a64_shift_v(t, size + 1, 0, wide, left_count(o));
    a64_put_v(t, o->rd, r);
}

void trans_shll_size(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    V128 wide = a64_widen(t, o->size, true, o->q, n);
    V128 r = a64_shift_v(t, o->size + 1u, 0, wide, 8u << o->size);
    a64_put_v(t, o->rd, r);
}
