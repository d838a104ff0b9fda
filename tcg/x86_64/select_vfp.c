/* SPDX-License-Identifier: MIT */
/* Instruction selection: floating point on vectors. What the host does as fpu_vec.h says is made of its operations here; what may need a
 * second look is a composite (emit_vec.c). Halves go by singles (F16C). */
#include "tcg/code.h"
#include "tcg/fpu_vec.h"
#include "tcg/x86_64/calls.h"
#include "tcg/x86_64/select.h"

static unsigned log_of(unsigned size) { return size == 8 ? 3 : size == 4 ? 2 : 1; }

static bool is_half(const SelRow *row) { return row->size == 2; }

static bool arithmetic_calls(const SelRow *row)
{
    return is_half(row) ? !host_features.f16c : row->x == FPU_FMA && !host_features.fma;
}

static bool conversion_calls(const IrInsn *i, const SelRow *row)
{
    bool is_narrow = row->x == FPU_NARROW;
    return is_narrow ? row->size == 4 && !host_features.f16c : i->aux == IR_RMM;
}

static void call3(Sel *s, uint32_t id, const IrInsn *i, void *fn, unsigned nargs, uint32_t what)
{
    uint32_t args[4];
    for (unsigned n = 0; n < nargs; n++) {
        args[n] = sel_reg(s, i->arg[n < i->nargs ? n : 0]);
    }
    args[nargs] = sel_const_reg(s, what, 4);
    sel_call(s, fn, true, IR_V128, sel_def(s, id), nargs + 1, args);
}

/* row->x: FpuVecOp; row->size: bytes of a lane. */
static void select_arithmetic(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    bool is_fma = row->x == FPU_FMA;
    if (arithmetic_calls(row)) {
        call3(s, id, i, (void *)call_vec_fp, 3, CALL_VEC_FP(row->x, log_of(row->size), 0));
        return;
    }
    SelArg args[5] = { sel_arg_reg(sel_def(s, id)) };
    unsigned n = 1;
    for (; n <= 2u + is_fma; n++) {
        args[n] = sel_arg_reg(sel_reg(s, i->arg[n - 1 < i->nargs ? n - 1 : 0]));
    }
    args[n++] = sel_arg_reg(sel_new(s, M_VEC, 16));
    sel_emit(s, is_fma ? MOP_VFP3 : MOP_VFP2, row->size, n, args)->cond = row->x;
}

/* Scalars. Without the host's FMA by C, on bits. */
static void select_scalar(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    bool is_fma = row->x == FPU_FMA;
    uint32_t d = sel_def(s, id), v[3];
    for (unsigned n = 0; n < 2u + is_fma; n++) {
        v[n] = sel_reg(s, i->arg[n < i->nargs ? n : 0]);
    }
    SelArg args[] = { sel_arg_reg(d), sel_arg_reg(v[0]), sel_arg_reg(v[1]), sel_arg_reg(v[2 * is_fma]) };
    if (!is_fma || host_features.fma) {
        sel_emit(s, is_fma ? MOP_SFP3 : MOP_SFP2, row->size, 3 + is_fma, args)->cond = row->x;
        return;
    }
    uint32_t bits[4], t = sel_new(s, M_GPR, row->size);
    for (unsigned n = 0; n < 3; n++) {
        bits[n] = sel_new(s, M_GPR, row->size);
        sel_emit2(s, MOP_MOVD_R, row->size, bits[n], sel_arg_reg(v[n]));
    }
    bits[3] = sel_const_reg(s, row->x, 4);
    sel_call(s, row->size == 8 ? (void *)call_lane64 : (void *)call_lane32, true, row->size == 8 ? IR_I64 : IR_I32, t, 4, bits);
    sel_emit2(s, MOP_MOVD, row->size, d, sel_arg_reg(t));
}

static void select_conversion(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (conversion_calls(i, row)) {
        call3(s, id, i, (void *)call_vec_fp, 3, CALL_VEC_FP(row->x, log_of(row->size), i->aux));
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]);
    MInsn *c = sel_emit3(s, MOP_VCVT, row->size, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(a));
    c->cond = row->x;
    c->imm = (unsigned)i->aux;
}

/* ---- halves */

static uint32_t widen_half(Sel *s, uint32_t a, bool is_high)
{
    uint32_t t = a, u = sel_new(s, M_VEC, 16);
    if (is_high) {
        t = sel_new(s, M_VEC, 16);
        sel_emit2(s, MOP_PSRLDQ, 16, t, sel_arg_reg(a))->imm = 8;
    }
    sel_emit2(s, MOP_VCVTPH2PS, 16, u, sel_arg_reg(t));
    return u;
}

static void select_from_half(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), d = sel_def(s, id);
    if (!host_features.f16c) {
        uint32_t args[] = { a };
        sel_call(s, (void *)call_vec_widen, true, IR_V128, d, 1, args);
        return;
    }
    sel_emit2(s, MOP_VCVTPH2PS, 16, d, sel_arg_reg(a));
}

/* ---- comparisons: row->x: FpuVecCompare. ge, gt the other way round */

static void compare(Sel *s, unsigned op, unsigned size, uint32_t d, uint32_t a, uint32_t b)
{
    static const uint8_t predicates[] = { [FPU_EQ] = 0, [FPU_GE] = 2, [FPU_GT] = 1 };
    uint32_t x = op == FPU_EQ ? a : b, y = op == FPU_EQ ? b : a;
    sel_emit3(s, MOP_CMPP, size, d, sel_arg_reg(x), sel_arg_reg(y))->imm = predicates[op];
}

static void select_compare(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (is_half(row) && !host_features.f16c) {
        call3(s, id, i, (void *)call_vec_compare, 2, row->x);
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]), d = sel_def(s, id);
    if (!is_half(row)) {
        compare(s, row->x, row->size, d, a, b);
        return;
    }
    uint32_t part[2] = { sel_new(s, M_VEC, 16), sel_new(s, M_VEC, 16) };
    for (unsigned high = 0; high < 2; high++) {
        uint32_t x = widen_half(s, a, high), y = widen_half(s, b, high);
        compare(s, row->x, 4, part[high], x, y);
    }
    sel_emit3(s, MOP_PACKSSDW, 16, d, sel_arg_reg(part[0]), sel_arg_reg(part[1]));
}

/* ---- rounding: row->x: bit 3 of ROUNDPS, no inexact */

static void select_round(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static const uint8_t modes[] = { [IR_RNE] = 0, [IR_RTZ] = 3, [IR_RDN] = 1, [IR_RUP] = 2, [IR_RDYN] = 4 };
    if (i->aux == IR_RMM || (is_half(row) && !host_features.f16c)) {
        call3(s, id, i, (void *)call_vec_round, 1, log_of(row->size) | (uint32_t)i->aux << 8 | (uint32_t)!row->x << 16);
        return;
    }
    unsigned mode = modes[i->aux] | row->x;
    uint32_t a = sel_reg(s, i->arg[0]), d = sel_def(s, id);
    if (!is_half(row)) {
        sel_emit2(s, row->size == 8 ? MOP_ROUNDPD : MOP_ROUNDPS, 16, d, sel_arg_reg(a))->imm = mode;
        return;
    }
    uint32_t part[2];
    for (unsigned high = 0; high < 2; high++) {
        uint32_t t = sel_new(s, M_VEC, 16), wide = widen_half(s, a, high);
        part[high] = sel_new(s, M_VEC, 16);
        sel_emit2(s, MOP_ROUNDPS, 16, t, sel_arg_reg(wide))->imm = mode;
        sel_emit2(s, MOP_VCVTPS2PH, 16, part[high], sel_arg_reg(t))->imm = 4;
    }
    sel_emit3(s, MOP_PUNPCKLQDQ, 16, d, sel_arg_reg(part[0]), sel_arg_reg(part[1]));
}

/* ---- from integers */

static void select_from_signed(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    sel_emit2(s, MOP_CVTDQ2PS, 16, sel_def(s, id), sel_arg_reg(sel_reg(s, i->arg[0])));
}

/* Upper and lower halves by themselves, which is exact; their sum is what is rounded. */
static void select_from_unsigned(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), t[6], scale = sel_new(s, M_VEC, 16);
    for (unsigned n = 0; n < 6; n++) {
        t[n] = sel_new(s, M_VEC, 16);
    }
    sel_emit2(s, MOP_MOVV, 16, scale, sel_arg_const(0x4780000047800000)); /* 2^16 */
    sel_emit2(s, MOP_PSRLD, 16, t[0], sel_arg_reg(a))->imm = 16;
    sel_emit3(s, MOP_PAND, 16, t[1], sel_arg_reg(a), sel_arg_const(0x0000ffff0000ffff));
    sel_emit2(s, MOP_CVTDQ2PS, 16, t[2], sel_arg_reg(t[0]));
    sel_emit2(s, MOP_CVTDQ2PS, 16, t[3], sel_arg_reg(t[1]));
    sel_emit3(s, MOP_MULP, 4, t[4], sel_arg_reg(t[2]), sel_arg_reg(scale));
    sel_emit3(s, MOP_ADDP, 4, sel_def(s, id), sel_arg_reg(t[4]), sel_arg_reg(t[3]));
}

static void select_widen(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    sel_emit2(s, MOP_CVTPS2PD, 16, sel_def(s, id), sel_arg_reg(sel_reg(s, i->arg[0])));
}

bool sel_vfp_calls(const IrInsn *i)
{
    const SelRow *row = sel_row(i->op);
    if (!row) {
        return false;
    }
    return (row->fn == select_arithmetic && arithmetic_calls(row)) || (row->fn == select_conversion && conversion_calls(i, row)) ||
           (row->fn == select_from_half && !host_features.f16c) || (row->fn == select_compare && is_half(row) && !host_features.f16c) ||
           (row->fn == select_round && (i->aux == IR_RMM || (is_half(row) && !host_features.f16c)));
}

#define SCALARS(name, x) { IR_##name##_F32, { select_scalar, 0, 4, x } }, { IR_##name##_F64, { select_scalar, 0, 8, x } }
#define LANES(name, fn, x) \
    { IR_##name##16_V128, { fn, 0, 2, x } }, { IR_##name##32_V128, { fn, 0, 4, x } }, { IR_##name##64_V128, { fn, 0, 8, x } }

const SelEntry sel_vfp_rows[] = {
    SCALARS(NFADD, FPU_ADD),
    SCALARS(NFSUB, FPU_SUB),
    SCALARS(NFMUL, FPU_MUL),
    SCALARS(NFDIV, FPU_DIV),
    SCALARS(NFSQRT, FPU_SQRT),
    SCALARS(NFMA, FPU_FMA),
    LANES(VFADD, select_arithmetic, FPU_ADD),
    LANES(VFSUB, select_arithmetic, FPU_SUB),
    LANES(VFMUL, select_arithmetic, FPU_MUL),
    LANES(VFDIV, select_arithmetic, FPU_DIV),
    LANES(VFSQRT, select_arithmetic, FPU_SQRT),
    LANES(VFMA, select_arithmetic, FPU_FMA),
    LANES(VFMIN, select_arithmetic, FPU_MIN),
    LANES(VFMAX, select_arithmetic, FPU_MAX),
    LANES(VFMINNUM, select_arithmetic, FPU_MINNUM),
    LANES(VFMAXNUM, select_arithmetic, FPU_MAXNUM),
    LANES(VFCMP_EQ, select_compare, FPU_EQ),
    LANES(VFCMP_GE, select_compare, FPU_GE),
    LANES(VFCMP_GT, select_compare, FPU_GT),
    LANES(VFROUND, select_round, 8),
    LANES(VFRINT, select_round, 0),
    { IR_VF32_TO_I32_S_V128, { select_conversion, 0, 4, FPU_TO_INT_S } },
    { IR_VF32_TO_I32_U_V128, { select_conversion, 0, 4, FPU_TO_INT_U } },
    { IR_VF32_TO_F16_V128, { select_conversion, 0, 4, FPU_NARROW } },
    { IR_VF64_TO_F32_V128, { select_conversion, 0, 8, FPU_NARROW } },
    { IR_VI32_S_TO_F32_V128, { select_from_signed, 0, 4, 0 } },
    { IR_VI32_U_TO_F32_V128, { select_from_unsigned, 0, 4, 0 } },
    { IR_VF16_TO_F32_V128, { select_from_half, 0, 2, 0 } },
    { IR_VF32_TO_F64_V128, { select_widen, 0, 4, 0 } },
    { 0 },
};
