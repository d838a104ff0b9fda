/* SPDX-License-Identifier: MIT */
/* Zba, Zbb, Zbs, Zbc (RV unpriv. 28): what is no single IR operation. */
#include "target/riscv/trans.h"

static void shift_add(RvTrans *t, const RvOps *o, I64 x, unsigned shift)
{
    I64 count = ir_const_i64(t->b, shift);
    I64 shifted = ir_shl_i64(t->b, x, count);
    I64 y = rv_get_x(t, o->rs2);
    I64 r = ir_add_i64(t->b, y, shifted);
    rv_put_x(t, o->rd, r);
}

void trans_shift_add(RvTrans *t, const RvOps *o, unsigned shift)
{
    I64 x = rv_get_x(t, o->rs1);
    shift_add(t, o, x, shift);
}

void trans_shift_add_uw(RvTrans *t, const RvOps *o, unsigned shift)
{
    I64 wide = rv_get_x(t, o->rs1);
    I64 x = ir_zext32_i64(t->b, wide);
    shift_add(t, o, x, shift);
}

I64 rv_slli_uw(IrBuilder *b, I64 x, I64 count)
{
    I64 narrow = ir_zext32_i64(b, x);
    return ir_shl_i64(b, narrow, count);
}

I64 rv_not(IrBuilder *b, I64 x)
{
    I64 ones = ir_const_i64(b, ~0ull);
    return ir_xor_i64(b, x, ones);
}

I64 rv_orn(IrBuilder *b, I64 x, I64 y)
{
    I64 n = rv_not(b, y);
    return ir_or_i64(b, x, n);
}

I64 rv_xnor(IrBuilder *b, I64 x, I64 y)
{
    I64 r = ir_xor_i64(b, x, y);
    return rv_not(b, r);
}

/* Bytes other than zero become 0xff: each byte's top bit tells (no carry crosses a byte), then
 * spreads. */
I64 rv_orc_b(IrBuilder *b, I64 x)
{
    I64 low7 = ir_const_i64(b, 0x7f7f7f7f7f7f7f7full);
    I64 low = ir_and_i64(b, x, low7);
    I64 sum = ir_add_i64(b, low, low7);
    I64 any = ir_or_i64(b, sum, x);
    I64 top = ir_andn_i64(b, any, low7);
    I64 seven = ir_const_i64(b, 7);
    I64 unit = ir_shr_i64(b, top, seven);
    I64 rest = ir_sub_i64(b, top, unit);
    return ir_or_i64(b, rest, top);
}

static I64 single_bit(IrBuilder *b, I64 index)
{
    I64 one = ir_const_i64(b, 1);
    return ir_shl_i64(b, one, index);
}

I64 rv_bclr(IrBuilder *b, I64 x, I64 index)
{
    I64 bit = single_bit(b, index);
    return ir_andn_i64(b, x, bit);
}

I64 rv_bset(IrBuilder *b, I64 x, I64 index)
{
    I64 bit = single_bit(b, index);
    return ir_or_i64(b, x, bit);
}

I64 rv_binv(IrBuilder *b, I64 x, I64 index)
{
    I64 bit = single_bit(b, index);
    return ir_xor_i64(b, x, bit);
}

I64 rv_bext(IrBuilder *b, I64 x, I64 index)
{
    I64 shifted = ir_shr_i64(b, x, index);
    I64 one = ir_const_i64(b, 1);
    return ir_and_i64(b, shifted, one);
}

/* Bits 126..63 of the carry-less product. */
I64 rv_clmulr(IrBuilder *b, I64 x, I64 y)
{
    I64 high = ir_clmulh_i64(b, x, y);
    I64 low = ir_clmul_i64(b, x, y);
    I64 one = ir_const_i64(b, 1);
    I64 n63 = ir_const_i64(b, 63);
    I64 upper = ir_shl_i64(b, high, one);
    I64 lower = ir_shr_i64(b, low, n63);
    return ir_or_i64(b, upper, lower);
}
