/* SPDX-License-Identifier: MIT */
/* Zfa (RV unpriv. 24): constants, rounding to integral values, fcvtmod. Its min, max and compares
 * are rows on trans_f.c, trans_d.c. */
#include "target/riscv/trans.h"

/* Table 34 as doubles; entry 1 is the format's minimum normal number. All others are exact in
 * single precision. */
/* clang-format off */
static const double constants[32] = {
    -1.0, 0, 0x1p-16, 0x1p-15, 0x1p-8, 0x1p-7, 0.0625, 0.125, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875,
    1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 8.0, 16.0, 128.0, 256.0, 32768.0, 65536.0, __builtin_inf(), __builtin_nan(""),
};
/* clang-format on */
enum { FLI_MIN = 1 };

static uint64_t constant_bits(SoftFormat format, unsigned index)
{
    static const uint64_t min_normal[] = {
        [SOFT_H] = 0x0400, [SOFT_S] = 0x00800000, [SOFT_D] = 0x0010000000000000
    };
    if (index == FLI_MIN)
        return min_normal[format];
    union {
        double d;
        uint64_t u;
    } v = { .d = constants[index] };
    uint32_t unused = 0;
    return softfp_run(SOFT_WHAT(format, SOFT_CONVERT, IR_RNE, SOFT_D), v.u, 0, 0, &unused);
}

void trans_fli_s(RvTrans *t, const RvOps *o)
{
    F32 v = ir_const_f32(t->b, (uint32_t)constant_bits(SOFT_S, (unsigned)o->imm));
    rv_put_s(t, o->rd, v);
}

void trans_fli_d(RvTrans *t, const RvOps *o)
{
    F64 v = ir_const_f64(t->b, constant_bits(SOFT_D, (unsigned)o->imm));
    rv_put_d(t, o->rd, v);
}

void trans_fli_h(RvTrans *t, const RvOps *o)
{
    I32 v = ir_const_i32(t->b, (uint32_t)constant_bits(SOFT_H, (unsigned)o->imm));
    rv_put_h(t, o->rd, v);
}

void trans_fround_s(RvTrans *t, const RvOps *o, RvRoundS *op)
{
    F32 x = rv_get_s(t, o->rs1);
    F32 rounded = op(t->b, x, rv_rounding_aux(t, o->rm));
    F32 r = ir_fcanon_f32(t->b, rounded);
    rv_put_s(t, o->rd, r);
}

void trans_fround_d(RvTrans *t, const RvOps *o, RvRoundD *op)
{
    F64 x = rv_get_d(t, o->rs1);
    F64 rounded = op(t->b, x, rv_rounding_aux(t, o->rm));
    F64 r = ir_fcanon_f64(t->b, rounded);
    rv_put_d(t, o->rd, r);
}

void trans_fround_h(RvTrans *t, const RvOps *o, RvRoundS *op)
{
    F32 x = rv_get_h_f32(t, o->rs1);
    F32 r = op(t->b, x, rv_rounding_aux(t, o->rm));
    rv_put_h_f32(t, o->rd, r);
}

void trans_fcvtmod_w_d(RvTrans *t, const RvOps *o)
{
    F64 x = rv_get_d(t, o->rs1);
    I64 bits = ir_bits_f64_i64(t->b, x);
    uint32_t args[1] = { bits.id };
    rv_put_x(t, o->rd, (I64){ ir_call(t->b, RV_HELPER_fcvtmod, 1, args) });
}
