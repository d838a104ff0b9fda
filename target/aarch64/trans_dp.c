/* SPDX-License-Identifier: MIT */
/* Arithmetic, logic, conditional select and compare, flag manipulation (Arm ARM C4.1.92, C4.1.95). */
#include "target/aarch64/trans.h"

static CC make_cc(A64Trans *t, unsigned nzcv)
{
    I32 bits = ir_const_i32(t->b, nzcv);
    return ir_cc_make_i32(t->b, bits);
}

I32 a64_condition(A64Trans *t, unsigned cond)
{
    if (cond >= 14)
        return ir_const_i32(t->b, 1);
    CC cc = a64_get_cc(t);
    return ir_cc_test_i32(t->b, cc, (int)cond);
}

static I64 op2(A64Trans *t, bool sf, A64Alu32 *w, A64Alu64 *x, I64 a, I64 b)
{
    if (sf)
        return x(t->b, a, b);
    I32 an = ir_trunc_i32(t->b, a);
    I32 bn = ir_trunc_i32(t->b, b);
    I32 r = w(t->b, an, bn);
    return ir_zext_i64(t->b, r);
}

I64 a64_shift(A64Trans *t, bool sf, unsigned kind, I64 x, unsigned amount)
{
    static A64Alu32 *const w[] = { ir_shl_i32, ir_shr_i32, ir_sar_i32, ir_rotr_i32 };
    static A64Alu64 *const f[] = { ir_shl_i64, ir_shr_i64, ir_sar_i64, ir_rotr_i64 };
    if (!amount)
        return x;
    I64 count = ir_const_i64(t->b, amount);
    return op2(t, sf, w[kind], f[kind], x, count);
}

I64 a64_extend(A64Trans *t, unsigned option, I64 x, unsigned amount)
{
    static A64Unary64 *const extend[] = { ir_zext8_i64, ir_zext16_i64, ir_zext32_i64, NULL,
                                          ir_sext8_i64, ir_sext16_i64, ir_sext32_i64, NULL };
    if (extend[option])
        x = extend[option](t->b, x);
    return a64_shift(t, true, 0, x, amount);
}

static void put_r(A64Trans *t, bool sf, unsigned r, I64 v)
{
    if (!sf)
        v = ir_zext32_i64(t->b, v);
    a64_put_x(t, r, v);
}

/* ---- addresses */

void trans_adr(A64Trans *t, const A64Ops *o)
{
    I64 v = ir_const_i64(t->b, t->pc + (uint64_t)(int64_t)o->imm);
    a64_put_x(t, o->rd, v);
}

void trans_adrp(A64Trans *t, const A64Ops *o)
{
    I64 v = ir_const_i64(t->b, (t->pc & ~0xfffull) + ((uint64_t)(int64_t)o->imm << 12));
    a64_put_x(t, o->rd, v);
}

/* ---- addition and subtraction */

static CC flags_of_sum(A64Trans *t, bool sf, bool is_sub, I64 x, I64 y)
{
    if (sf)
        return is_sub ? ir_cc_sub_i64(t->b, x, y) : ir_cc_add_i64(t->b, x, y);
    I32 xn = ir_trunc_i32(t->b, x);
    I32 yn = ir_trunc_i32(t->b, y);
    return is_sub ? ir_cc_sub_i32(t->b, xn, yn) : ir_cc_add_i32(t->b, xn, yn);
}

static I64 sum(A64Trans *t, bool sf, bool is_sub, bool has_flags, I64 x, I64 y)
{
    I64 r = is_sub ? op2(t, sf, OP(sub), x, y) : op2(t, sf, OP(add), x, y);
    if (has_flags) {
        CC cc = flags_of_sum(t, sf, is_sub, x, y);
        a64_put_cc(t, cc);
    }
    return r;
}

/* The forms with flags write to zr where the others write to sp. */
static void put_sum(A64Trans *t, const A64Ops *o, bool has_flags, I64 r)
{
    if (has_flags)
        a64_put_x(t, o->rd, r);
    else
        a64_put_sp(t, o->rd, r);
}

void trans_addsub_imm(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags)
{
    I64 x = a64_get_sp(t, o->rn);
    I64 y = ir_const_i64(t->b, (uint64_t)o->imm << (o->shift ? 12 : 0));
    I64 r = sum(t, o->sf, is_sub, has_flags, x, y);
    put_sum(t, o, has_flags, r);
}

void trans_addsub(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags)
{
    I64 x = a64_get_x(t, o->rn);
    I64 y = a64_get_x(t, o->rm);
    y = a64_shift(t, o->sf, o->shift, y, o->amount);
    I64 r = sum(t, o->sf, is_sub, has_flags, x, y);
    a64_put_x(t, o->rd, r);
}

void trans_addsub_ext(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags)
{
    I64 x = a64_get_sp(t, o->rn);
    I64 y = a64_get_x(t, o->rm);
    y = a64_extend(t, o->opt, y, o->amount);
    I64 r = sum(t, o->sf, is_sub, has_flags, x, y);
    put_sum(t, o, has_flags, r);
}

static I64 sum_of_three(IrBuilder *b, I64 x, I64 y, I32 carry)
{
    I64 wide = ir_zext_i64(b, carry);
    I64 part = ir_add_i64(b, x, y);
    return ir_add_i64(b, part, wide);
}

/* x + y + C, or x + ~y + C. */
void trans_adc(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags)
{
    IrBuilder *b = t->b;
    I64 x = a64_get_x(t, o->rn), y = a64_get_x(t, o->rm);
    CC cc = a64_get_cc(t);
    I32 carry = ir_cc_bit_i32(b, cc, IR_CC_C);
    if (is_sub) {
        I64 ones = ir_const_i64(b, ~0ull);
        y = ir_xor_i64(b, y, ones);
    }
    bool is_bit = o->rn == 31 && o->rm == 31 && !is_sub && !has_flags; /* the carry itself */
    I64 r = is_bit ? ir_zext_i64(b, carry) : o->sf ? ir_adc_i64(b, x, y, carry) : sum_of_three(b, x, y, carry);
    if (has_flags) {
        I32 xn = ir_trunc_i32(b, x), yn = ir_trunc_i32(b, y);
        CC flags = o->sf ? ir_cc_adc_i64(b, x, y, carry) : ir_cc_adc_i32(b, xn, yn, carry);
        a64_put_cc(t, flags);
    }
    put_r(t, o->sf, o->rd, r);
}

/* ---- logic */

static void set_logic_flags(A64Trans *t, bool sf, I64 r)
{
    I32 low = ir_trunc_i32(t->b, r);
    CC cc = sf ? ir_cc_logic_i64(t->b, r) : ir_cc_logic_i32(t->b, low);
    a64_put_cc(t, cc);
}

uint64_t a64_bitmask(unsigned n_immr_imms, bool sf)
{
    unsigned imms = n_immr_imms & 63, immr = n_immr_imms >> 6 & 63, n = n_immr_imms >> 12;
    unsigned size = n ? 64 : 1u << (31 - __builtin_clz(~imms & 63));
    unsigned ones = (imms & (size - 1)) + 1, rotate = immr & (size - 1);
    uint64_t all = ~0ull >> (64 - size), v = ~0ull >> (64 - ones);
    if (rotate)
        v = (v >> rotate | v << (size - rotate)) & all;
    for (; size < 64; size *= 2)
        v |= v << size;
    return sf ? v : (uint32_t)v;
}

void trans_logic_imm(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x, bool has_flags)
{
    I64 a = a64_get_x(t, o->rn);
    I64 mask = ir_const_i64(t->b, a64_bitmask((unsigned)o->imm, o->sf));
    I64 r = op2(t, o->sf, w, x, a, mask);
    if (has_flags) {
        set_logic_flags(t, o->sf, r);
        a64_put_x(t, o->rd, r);
    } else {
        a64_put_sp(t, o->rd, r);
    }
}

void trans_logic(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x, bool is_inverted, bool has_flags)
{
    I64 a = a64_get_x(t, o->rn), b = a64_get_x(t, o->rm);
    b = a64_shift(t, o->sf, o->shift, b, o->amount);
    if (is_inverted && x == ir_and_i64) {
        w = ir_andn_i32;
        x = ir_andn_i64;
    } else if (is_inverted) {
        I64 ones = ir_const_i64(t->b, ~0ull);
        b = ir_xor_i64(t->b, b, ones);
    }
    I64 r = op2(t, o->sf, w, x, a, b);
    if (has_flags)
        set_logic_flags(t, o->sf, r);
    a64_put_x(t, o->rd, r);
}

/* ---- other arithmetic */

void trans_alu(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x)
{
    I64 a = a64_get_x(t, o->rn), b = a64_get_x(t, o->rm);
    I64 r = op2(t, o->sf, w, x, a, b);
    a64_put_x(t, o->rd, r);
}

void trans_alu_imm(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x)
{
    I64 a = a64_get_x(t, o->rn), b = ir_const_i64(t->b, (uint64_t)(int64_t)o->imm);
    I64 r = op2(t, o->sf, w, x, a, b);
    a64_put_x(t, o->rd, r);
}

void trans_unary(A64Trans *t, const A64Ops *o, A64Unary32 *w, A64Unary64 *x)
{
    if (o->sf) {
        I64 a = a64_get_x(t, o->rn);
        I64 r = x(t->b, a);
        a64_put_x(t, o->rd, r);
    } else {
        I32 a = a64_get_w(t, o->rn);
        I32 r = w(t->b, a);
        a64_put_w(t, o->rd, r);
    }
}

/* Division by zero gives zero; the most negative by -1 itself, as the IR has it. */
void trans_div(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x)
{
    I64 a = a64_get_x(t, o->rn), b = a64_get_x(t, o->rm), zero = ir_const_i64(t->b, 0);
    I64 divisor = o->sf ? b : ir_zext32_i64(t->b, b);
    I32 is_zero = ir_cmp_eq_i64(t->b, divisor, zero);
    I64 quotient = op2(t, o->sf, w, x, a, b);
    I64 r = ir_select_i64(t->b, is_zero, zero, quotient);
    a64_put_x(t, o->rd, r);
}

void trans_madd(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x)
{
    I64 a = a64_get_x(t, o->rn), b = a64_get_x(t, o->rm), c = a64_get_x(t, o->ra);
    I64 product = op2(t, o->sf, OP(mul), a, b);
    I64 r = op2(t, o->sf, w, x, c, product);
    a64_put_x(t, o->rd, r);
}

void trans_maddl(A64Trans *t, const A64Ops *o, I64 (*extend)(IrBuilder *, I32), A64Alu64 *x)
{
    I32 a = a64_get_w(t, o->rn), b = a64_get_w(t, o->rm);
    I64 wide_a = extend(t->b, a), wide_b = extend(t->b, b), c = a64_get_x(t, o->ra);
    I64 product = ir_mul_i64(t->b, wide_a, wide_b);
    I64 r = x(t->b, c, product);
    a64_put_x(t, o->rd, r);
}

void trans_mulh(A64Trans *t, const A64Ops *o, A64Alu64 *mul2)
{
    I64 a = a64_get_x(t, o->rn), b = a64_get_x(t, o->rm);
    I64 low = mul2(t->b, a, b);
    I64 r = ir_result_i64(t->b, low, 1);
    a64_put_x(t, o->rd, r);
}

/* ---- conditions */

void trans_csel(A64Trans *t, const A64Ops *o, enum A64Select kind)
{
    I64 a = a64_get_x(t, o->rn), b = a64_get_x(t, o->rm), zero = ir_const_i64(t->b, 0);
    I64 one = ir_const_i64(t->b, 1), ones = ir_const_i64(t->b, ~0ull);
    I64 other = kind == A64_PICK_INC   ? ir_add_i64(t->b, b, one)
                : kind == A64_PICK_INV ? ir_xor_i64(t->b, b, ones)
                : kind == A64_PICK_NEG ? ir_sub_i64(t->b, zero, b)
                                    : b;
    I32 cond = a64_condition(t, o->cond);
    if (o->sf) {
        I64 r = ir_select_i64(t->b, cond, a, other);
        a64_put_x(t, o->rd, r);
    } else {
        I32 x = ir_trunc_i32(t->b, a), y = ir_trunc_i32(t->b, other);
        I32 r = ir_select_i32(t->b, cond, x, y);
        a64_put_w(t, o->rd, r);
    }
}

static void conditional_compare(A64Trans *t, const A64Ops *o, bool is_sub, I64 y)
{
    I64 x = a64_get_x(t, o->rn);
    CC otherwise = make_cc(t, o->nzcv);
    CC cc = flags_of_sum(t, o->sf, is_sub, x, y);
    if (o->cond < 14) {
        I32 cond = a64_condition(t, o->cond);
        cc = ir_select_cc(t->b, cond, cc, otherwise);
    }
    a64_put_cc(t, cc);
}

void trans_ccmp(A64Trans *t, const A64Ops *o, bool is_sub)
{
    I64 y = a64_get_x(t, o->rm);
    conditional_compare(t, o, is_sub, y);
}

void trans_ccmp_imm(A64Trans *t, const A64Ops *o, bool is_sub)
{
    I64 y = ir_const_i64(t->b, (uint64_t)o->imm);
    conditional_compare(t, o, is_sub, y);
}

/* ---- flags as bits (FlagM) */

static I32 get_nzcv(A64Trans *t)
{
    CC cc = a64_get_cc(t);
    return ir_cc_pack_i32(t->b, cc);
}

static void put_nzcv(A64Trans *t, I32 bits)
{
    CC cc = ir_cc_make_i32(t->b, bits);
    a64_put_cc(t, cc);
}

void trans_rmif(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    I64 x = a64_get_x(t, o->rn), count = ir_const_i64(b, o->amount);
    I64 rotated = ir_rotr_i64(b, x, count);
    I32 low = ir_trunc_i32(b, rotated), mask = ir_const_i32(b, o->nzcv), keep = ir_const_i32(b, 15u & ~o->nzcv);
    I32 old = get_nzcv(t);
    I32 from_old = ir_and_i32(b, old, keep), from_new = ir_and_i32(b, low, mask);
    I32 bits = ir_or_i32(b, from_old, from_new);
    put_nzcv(t, bits);
}

/* N and Z by the low bits, V where the bit above differs from the sign, C stays. */
void trans_setf(A64Trans *t, const A64Ops *o, unsigned bits)
{
    IrBuilder *b = t->b;
    I32 x = a64_get_w(t, o->rn), up = ir_const_i32(b, 32 - bits);
    I32 top = ir_shl_i32(b, x, up);
    CC nz = ir_cc_logic_i32(b, top);
    I32 new = ir_cc_pack_i32(b, nz), old = get_nzcv(t), two = ir_const_i32(b, 2), one = ir_const_i32(b, 1);
    I32 sign_at = ir_const_i32(b, bits - 1), above_at = ir_const_i32(b, bits);
    I32 sign = ir_shr_i32(b, x, sign_at), above = ir_shr_i32(b, x, above_at);
    I32 differ = ir_xor_i32(b, sign, above);
    I32 v = ir_and_i32(b, differ, one), c = ir_and_i32(b, old, two);
    I32 nzc = ir_or_i32(b, new, c);
    I32 all = ir_or_i32(b, nzc, v);
    put_nzcv(t, all);
}

void trans_cfinv(A64Trans *t, const A64Ops *o)
{
    I32 old = get_nzcv(t), c = ir_const_i32(t->b, 2);
    I32 bits = ir_xor_i32(t->b, old, c);
    put_nzcv(t, bits);
}

/* The outcome of a function of the four old flags, from a table of 16 nibbles. */
static void map_flags(A64Trans *t, uint64_t table)
{
    IrBuilder *b = t->b;
    I32 old = get_nzcv(t), two = ir_const_i32(b, 2);
    I32 at = ir_shl_i32(b, old, two);
    I64 wide = ir_zext_i64(b, at), nibbles = ir_const_i64(b, table);
    I64 shifted = ir_shr_i64(b, nibbles, wide);
    I32 low = ir_trunc_i32(b, shifted), mask = ir_const_i32(b, 15);
    I32 bits = ir_and_i32(b, low, mask);
    put_nzcv(t, bits);
}

void trans_xaflag(A64Trans *t, const A64Ops *o)
{
    uint64_t table = 0;
    for (unsigned f = 0; f < 16; f++) {
        bool z = f & 4, c = f & 2;
        uint64_t bits = (!c && !z ? 8 : 0) | (z && c ? 4 : 0) | (c || z ? 2 : 0) | (!c && z ? 1 : 0);
        table |= bits << 4 * f;
    }
    map_flags(t, table);
}

void trans_axflag(A64Trans *t, const A64Ops *o)
{
    uint64_t table = 0;
    for (unsigned f = 0; f < 16; f++) {
        bool z = f & 4, c = f & 2, v = f & 1;
        uint64_t bits = (z || v ? 4 : 0) | (c && !v ? 2 : 0);
        table |= bits << 4 * f;
    }
    map_flags(t, table);
}
