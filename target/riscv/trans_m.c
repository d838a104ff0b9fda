/* SPDX-License-Identifier: MIT */
/* M (RV unpriv. 12): what is no single IR operation. Division by zero and overflow are the IR's own
 * rules. */
#include "target/riscv/trans.h"

I64 rv_mulh(IrBuilder *b, I64 x, I64 y)
{
    I64 low = ir_mul2_s_i64(b, x, y);
    return ir_result_i64(b, low, 1);
}

I64 rv_mulhu(IrBuilder *b, I64 x, I64 y)
{
    I64 low = ir_mul2_u_i64(b, x, y);
    return ir_result_i64(b, low, 1);
}

/* Signed times unsigned: the unsigned high half, less y where x is negative. */
I64 rv_mulhsu(IrBuilder *b, I64 x, I64 y)
{
    I64 high = rv_mulhu(b, x, y);
    I64 count = ir_const_i64(b, 63);
    I64 sign = ir_sar_i64(b, x, count);
    I64 excess = ir_and_i64(b, sign, y);
    return ir_sub_i64(b, high, excess);
}
