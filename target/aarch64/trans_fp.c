/* SPDX-License-Identifier: MIT */
/* Scalar floating point (Arm ARM C4.1.97); what only moves bits is in trans_fp_move.c. */
#include "target/aarch64/trans.h"

/* ---- calls */

static bool is_odd(const A64Trans *t) { return t->t->ctx & A64_CTX_FP_ODD; }

I64 a64_call_fp(A64Trans *t, uint32_t what, I64 a, I64 b, I64 c)
{
    I32 w = ir_const_i32(t->b, what);
    uint32_t args[] = { a.id, b.id, c.id, w.id };
    return (I64){ ir_call(t->b, is_odd(t) ? A64_HELPER_fp_odd : A64_HELPER_fp, 4, args) };
}

/* By the operations on vectors, on the low lane: what the host does of scalars has no operations of its own but for the commonest (trans_fp_host.c).
 * Where FPCR is odd one value goes to the helper. */
static bool low_lane(A64Trans *t, uint32_t what, unsigned size, unsigned rd, V128 d, V128 n, V128 m)
{
    if (is_odd(t))
        return false;
    V128 r = a64_fp_lanes(t, what, 1u << size, d, n, m);
    a64_put_v(t, rd, r);
    return true;
}

static I64 sign_mask(A64Trans *t, unsigned size) { return ir_const_i64(t->b, 1ull << ((8u << size) - 1)); }

/* ---- arithmetic */

void trans_fp2(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op)
{
    if (a64_fp_host_arith(t, o, size, op))
        return;
    V128 x = a64_get_v(t, o->rn), y = a64_get_v(t, o->rm);
    bool is_neg = op == A64_FP_NMUL;
    if (low_lane(t, A64_FP_WHAT(is_neg ? A64_FP_MUL : op, size, 0), size, o->rd, x, x, y)) {
        if (is_neg)
            trans_fp_sign(t, &(A64Ops){ .rd = o->rd, .rn = o->rd }, size, true);
        return;
    }
    I64 n = a64_get_fp(t, size, o->rn), m = a64_get_fp(t, size, o->rm);
    I64 r = a64_call_fp(t, A64_FP_WHAT(op, size, 0), n, m, m);
    a64_put_fp(t, size, o->rd, r);
}

void trans_fp1(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op)
{
    if (a64_fp_host_arith(t, o, size, op))
        return;
    V128 x = a64_get_v(t, o->rn);
    if (low_lane(t, A64_FP_WHAT(op, size, 0), size, o->rd, x, x, x))
        return;
    I64 n = a64_get_fp(t, size, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(op, size, 0), n, n, n);
    a64_put_fp(t, size, o->rd, r);
}

/* neg_product, neg_sum: n, a is negated first. */
void trans_fma(A64Trans *t, const A64Ops *o, unsigned size, bool neg_product, bool neg_sum)
{
    if (a64_fp_host_fma(t, o, size, neg_product, neg_sum))
        return;
    if (!is_odd(t)) {
        V128 signs = a64_splat(t, size, 1ull << ((8u << size) - 1)), x = a64_get_v(t, o->rn), y = a64_get_v(t, o->rm), z = a64_get_v(t, o->ra);
        x = neg_product ? ir_vxor_v128(t->b, x, signs) : x;
        z = neg_sum ? ir_vxor_v128(t->b, z, signs) : z;
        low_lane(t, A64_FP_WHAT(A64_FP_FMA, size, 0), size, o->rd, z, x, y);
        return;
    }
    I64 n = a64_get_fp(t, size, o->rn), m = a64_get_fp(t, size, o->rm), a = a64_get_fp(t, size, o->ra), sign = sign_mask(t, size);
    if (neg_product)
        n = ir_xor_i64(t->b, n, sign);
    if (neg_sum)
        a = ir_xor_i64(t->b, a, sign);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_FMA, size, 0), n, m, a);
    a64_put_fp(t, size, o->rd, r);
}

void trans_frint(A64Trans *t, const A64Ops *o, unsigned size, unsigned round)
{
    V128 x = a64_get_v(t, o->rn);
    if (low_lane(t, A64_FP_WHAT(A64_FP_RINT, size, round), size, o->rd, x, x, x))
        return;
    I64 n = a64_get_fp(t, size, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_RINT, size, round), n, n, n);
    a64_put_fp(t, size, o->rd, r);
}

void trans_frint_int(A64Trans *t, const A64Ops *o, unsigned size, unsigned arg)
{
    V128 x = a64_get_v(t, o->rn);
    if (low_lane(t, A64_FP_WHAT(A64_FP_RINT_INT, size, arg), size, o->rd, x, x, x))
        return;
    I64 n = a64_get_fp(t, size, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_RINT_INT, size, arg), n, n, n);
    a64_put_fp(t, size, o->rd, r);
}

/* The low double with what a single has no room for as one bit (rounding to odd): it may be rounded again. Multiples of 2^-1074 below 2^-126 are
 * too small for that, but for halves they are all the same. */
static V128 round_to_odd(A64Trans *t, V128 v)
{
    IrBuilder *b = t->b;
    V128 rest = a64_splat(t, 3, (1ull << 29) - 1);
    V128 lost = ir_vand_v128(b, v, rest), kept = ir_vandn_v128(b, v, rest);
    V128 carry = ir_vadd64_v128(b, lost, rest);
    V128 sticky = ir_vandn_v128(b, carry, rest);
    return ir_vor_v128(b, kept, sticky);
}

/* To and from halves by way of singles. */
void trans_fcvt(A64Trans *t, const A64Ops *o, unsigned to, unsigned from)
{
    if (!is_odd(t)) {
        V128 v = a64_get_v(t, o->rn);
        v = a64_keep_low(t, 1u << from, v);
        if (from == 3 && to == 1)
            v = a64_fp_change_width(t, 2, 3, A64_RFPCR, round_to_odd(t, v));
        if (from == 1 && to == 3)
            v = a64_fp_change_width(t, 2, 1, A64_RFPCR, v);
        v = a64_fp_change_width(t, to, to > from ? to - 1 : to + 1, A64_RFPCR, v);
        a64_put_v(t, o->rd, v);
        return;
    }
    I64 n = a64_get_fp(t, from, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_CONVERT, to, from | A64_RFPCR << 8), n, n, n);
    a64_put_fp(t, to, o->rd, r);
}

/* ---- comparison */

static CC compare(A64Trans *t, unsigned size, I64 n, I64 m, bool is_signaling)
{
    I64 nzcv = a64_call_fp(t, A64_FP_WHAT(A64_FP_COMPARE, size, is_signaling), n, m, m);
    I32 bits = ir_trunc_i32(t->b, nzcv);
    return ir_cc_make_i32(t->b, bits);
}

static CC compare_registers(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling)
{
    CC cc;
    if (a64_fp_host_compare(t, o, size, false, is_signaling, &cc))
        return cc;
    I64 n = a64_get_fp(t, size, o->rn), m = a64_get_fp(t, size, o->rm);
    return compare(t, size, n, m, is_signaling);
}

void trans_fcmp(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling)
{
    CC cc = compare_registers(t, o, size, is_signaling);
    a64_put_cc(t, cc);
}

void trans_fcmp_zero(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling)
{
    CC cc;
    if (!a64_fp_host_compare(t, o, size, true, is_signaling, &cc)) {
        I64 n = a64_get_fp(t, size, o->rn), zero = ir_const_i64(t->b, 0);
        cc = compare(t, size, n, zero, is_signaling);
    }
    a64_put_cc(t, cc);
}

/* The comparison, and the flags that it may raise, happen only where the condition holds. */
void trans_fccmp(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling)
{
    IrBuilder *b = t->b;
    I32 cond = a64_condition(t, o->cond);
    uint32_t yes = ir_block_new(b, t->pc, false), no = ir_block_new(b, t->pc, false), join = ir_block_new(b, t->next, false);
    ir_br(b, cond, yes, no);
    ir_block_begin(b, yes, 0);
    CC cc = compare_registers(t, o, size, is_signaling);
    a64_put_cc(t, cc);
    ir_goto(b, join);
    ir_block_begin(b, no, 0);
    ir_insn_commit(b);
    I32 bits = ir_const_i32(b, o->nzcv);
    CC given = ir_cc_make_i32(b, bits);
    a64_put_cc(t, given);
    ir_goto(b, join);
    ir_block_begin(b, join, 0);
}

/* ---- integers */

static I64 to_fixed(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction, A64Round round)
{
    I64 n = a64_get_fp(t, size, o->rn);
    return a64_call_fp(t, A64_FP_WHAT(A64_FP_TO_FIXED, size, A64_FIXED(o->sf, is_unsigned, fraction, round)), n, n, n);
}

void trans_fcvt_int(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, A64Round round)
{
    if (a64_fp_host_to_int(t, o, size, is_unsigned, 0, round))
        return;
    I64 r = to_fixed(t, o, size, is_unsigned, 0, round);
    a64_put_x(t, o->rd, r);
}

void trans_fcvt_fixed(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned)
{
    unsigned fraction = 64u - (unsigned)o->imm;
    if (a64_fp_host_to_int(t, o, size, is_unsigned, fraction, A64_RZ))
        return;
    I64 r = to_fixed(t, o, size, is_unsigned, fraction, A64_RZ);
    a64_put_x(t, o->rd, r);
}

static void from_fixed(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction)
{
    I64 n = a64_get_x(t, o->rn);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_FROM_FIXED, size, A64_FIXED(o->sf, is_unsigned, fraction, 0)), n, n, n);
    a64_put_fp(t, size, o->rd, r);
}

void trans_cvtf(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned)
{
    if (!a64_fp_host_from_int(t, o, size, is_unsigned, 0))
        from_fixed(t, o, size, is_unsigned, 0);
}

void trans_cvtf_fixed(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned)
{
    unsigned fraction = 64u - (unsigned)o->imm;
    if (!a64_fp_host_from_int(t, o, size, is_unsigned, fraction))
        from_fixed(t, o, size, is_unsigned, fraction);
}

/* The low 32 bits of the integer: its magnitude is the significand, shifted. */
static I32 low_integer_bits(A64Trans *t, I64 n)
{
    IrBuilder *b = t->b;
    I64 fb = ir_const_i64(b, 52), fraction = ir_const_i64(b, (1ull << 52) - 1), hidden = ir_const_i64(b, 1ull << 52), top = ir_const_i64(b, 0x7ff);
    I64 zero = ir_const_i64(b, 0), bias = ir_const_i64(b, 1023 + 52), sixty_four = ir_const_i64(b, 64);
    I64 high = ir_shr_i64(b, n, fb), bits = ir_and_i64(b, n, fraction);
    I64 exponent = ir_and_i64(b, high, top), significand = ir_or_i64(b, bits, hidden);
    I64 left = ir_sub_i64(b, exponent, bias);
    I64 right = ir_sub_i64(b, zero, left);
    I64 up = ir_shl_i64(b, significand, left), down = ir_shr_i64(b, significand, right);
    I32 is_up = ir_cmp_ult_i64(b, left, sixty_four), is_down = ir_cmp_ult_i64(b, right, sixty_four);
    up = ir_select_i64(b, is_up, up, zero);
    I64 magnitude = ir_select_i64(b, is_down, down, up);
    I64 minus = ir_sub_i64(b, zero, magnitude);
    I32 is_negative = ir_cmp_slt_i64(b, n, zero);
    I64 r = ir_select_i64(b, is_negative, minus, magnitude);
    return ir_trunc_i32(b, r);
}

/* The flags are those of a conversion that saturates. What the integer is again tells whether it was exact; -0 is not. */
static void host_fjcvtzs(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    I64 n = a64_get_fp(t, 3, o->rn);
    F64 x = ir_f64_bits_f64(b, n);
    ir_f64_to_i32_s_i32(b, x, IR_RTZ);
    I32 r = low_integer_bits(t, n);
    F64 again = ir_i32_s_to_f64_f64(b, r);
    I64 again_bits = ir_bits_f64_i64(b, again);
    I32 is_exact = ir_cmp_eq_i64(b, again_bits, n), two = ir_const_i32(b, 2);
    I32 z = ir_shl_i32(b, is_exact, two);
    CC cc = ir_cc_make_i32(b, z);
    I64 low = ir_zext_i64(b, r);
    a64_put_x(t, o->rd, low);
    a64_put_cc(t, cc);
}

void trans_fjcvtzs(A64Trans *t, const A64Ops *o)
{
    if (!is_odd(t)) {
        host_fjcvtzs(t, o);
        return;
    }
    I64 n = a64_get_fp(t, 3, o->rn), count = ir_const_i64(t->b, 30);
    I64 r = a64_call_fp(t, A64_FP_WHAT(A64_FP_JS, 3, 0), n, n, n);
    I64 down = ir_shr_i64(t->b, r, count), low = ir_zext32_i64(t->b, r);
    I32 bits = ir_trunc_i32(t->b, down), z = ir_const_i32(t->b, 4);
    I32 nzcv = ir_and_i32(t->b, bits, z);
    CC cc = ir_cc_make_i32(t->b, nzcv);
    a64_put_x(t, o->rd, low);
    a64_put_cc(t, cc);
}
