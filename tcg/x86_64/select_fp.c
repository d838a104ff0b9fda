/* SPDX-License-Identifier: MIT */
/*
 * Instruction selection: scalar floating point. What has no inline form calls C (calls.h). fcanon is lazy: arithmetic reads what it
 * was made of, rows of the side table redo it, only other users want it in a register.
 */
#include "tcg/x86_64/select.h"

#include <stddef.h>

#include "tcg/code.h"
#include "tcg/state.h"
#include "tcg/x86_64/calls.h"

static const uint64_t sign_bits[] = { [4] = 0x80000000u, [8] = 0x8000000000000000ull };

/* Operations whose NaN results are quiet: without their fcanon other arithmetic sees a NaN all the same. */
static bool is_arithmetic(unsigned op)
{
    return (op >= IR_FADD_F32 && op <= IR_FMA_F64) || op == IR_F32_TO_F64_F64 || op == IR_F64_TO_F32_F32 ||
           (op >= IR_FROUND_F32 && op <= IR_FRINT_F64);
}

uint32_t sel_fp_source(Sel *s, uint32_t v)
{
    const IrInsn *i = &s->r->insns[v];
    bool is_canon = i->op == IR_FCANON_F32 || i->op == IR_FCANON_F64;
    return is_canon && !s->is_alone && !s->vreg[v] && !(i->flags & IR_FLAG_KEPT) && is_arithmetic(s->r->insns[i->arg[0]].op) ? i->arg[0] : v;
}

/* ---- calls of C: everything as bits in integer registers */

static void call_with_bits(Sel *s, uint32_t id, const IrInsn *i, void *fn, int rm)
{
    uint32_t args[4], d = sel_def(s, id);
    unsigned size = i->type == IR_I64 || i->type == IR_F64 ? 8 : 4, nargs = i->nargs;
    for (unsigned n = 0; n < i->nargs; n++) {
        args[n] = sel_reg(s, i->arg[n]);
        if (s->m->vregs[args[n]].cls == M_VEC) {
            unsigned vsize = s->r->insns[i->arg[n]].type == IR_F64 ? 8 : 4;
            uint32_t t = sel_new(s, M_GPR, vsize);
            sel_emit2(s, MOP_MOVD_R, vsize, t, sel_arg_reg(args[n]));
            args[n] = t;
        }
    }
    if (rm >= 0) {
        args[nargs++] = sel_const_reg(s, (unsigned)rm, 4);
    }
    bool is_vec = s->m->vregs[d].cls == M_VEC;
    uint32_t t = is_vec ? sel_new(s, M_GPR, size) : d;
    sel_call(s, fn, true, size == 8 ? IR_I64 : IR_I32, t, nargs, args);
    if (is_vec) {
        sel_emit2(s, MOP_MOVD, size, d, sel_arg_reg(t));
    }
}

static bool is_inline_round(int rm) { return rm != IR_RMM; }

bool sel_calls(const IrInsn *i)
{
    switch (i->op) {
    case IR_FMA_F32:
    case IR_FMA_F64:
    case IR_NFMA_F32:
    case IR_NFMA_F64:
        return !host_features.fma;
    case IR_F16_TO_F32_F32:
    case IR_F32_TO_F16_I32:
        return !host_features.f16c;
    case IR_FROUND_F32:
    case IR_FROUND_F64:
    case IR_FRINT_F32:
    case IR_FRINT_F64:
        return !is_inline_round(i->aux);
    default:
        if (i->op >= IR_F32_TO_I32_S_I32 && i->op <= IR_F64_TO_I64_U_I64) {
            return i->aux == IR_RMM;
        }
        return ir_has_trait(i, IR_TRAIT_CALL) || sel_crypto_calls(i->op) || sel_vec_calls(i->op) || (i->type == IR_V128 && sel_vfp_calls(i));
    }
}

/* ---- arithmetic */

/* row->x: the arguments commute. */
static void select_binary(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_fp_source(s, i->arg[0]), b = sel_fp_source(s, i->arg[1]), d = sel_def(s, id);
    bool is_const = s->r->insns[a].op == IR_CONST_F32 || s->r->insns[a].op == IR_CONST_F64;
    bool is_better = is_const || (sel_can_sink_load(s, a, row->size) && !sel_can_sink_load(s, b, row->size)) ||
                     (!host_features.avx && !sel_dies(s, a) && sel_dies(s, b));
    if (row->x && is_better) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    SelArg y = sel_arg_any(s, b, row->size);
    sel_emit3(s, row->mop, row->size, d, sel_arg_reg(sel_reg(s, a)), y);
}

static void select_sqrt(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg a = sel_arg_any(s, sel_fp_source(s, i->arg[0]), row->size);
    sel_emit2(s, MOP_SQRTS, row->size, sel_def(s, id), a);
}

static uint32_t strip_neg(Sel *s, uint32_t v, bool *is_negated)
{
    const IrInsn *i = &s->r->insns[v];
    if (i->op == IR_FNEG_F32 || i->op == IR_FNEG_F64) {
        *is_negated ^= true;
        v = i->arg[0];
    }
    return sel_fp_source(s, v);
}

/* row->x: 0 f32, 1 f64. The result is canonical: sel_resolve knows. */
static void select_fma(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.fma) {
        call_with_bits(s, id, i, row->x ? (void *)call_fma64 : (void *)call_fma32, -1);
        return;
    }
    bool neg_product = false, neg_sum = false;
    uint32_t v[3] = { strip_neg(s, i->arg[2], &neg_sum), strip_neg(s, i->arg[0], &neg_product),
                      strip_neg(s, i->arg[1], &neg_product) };
    SelArg args[4] = { sel_arg_reg(sel_def(s, id)) };
    for (unsigned n = 0; n < 3; n++) {
        args[n + 1] = sel_arg_reg(sel_reg(s, v[n]));
    }
    sel_emit(s, MOP_FMA, row->size, 4, args)->cond = neg_product * 2 + neg_sum;
}

/* ---- signs, boxes, bits */

static void select_neg(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit3(s, MOP_XORPS, row->size, sel_def(s, id), sel_arg_reg(a), sel_arg_const(sign_bits[row->size]));
}

static void select_abs(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit3(s, MOP_ANDPS, row->size, sel_def(s, id), sel_arg_reg(a), sel_arg_const(sign_bits[row->size] - 1));
}

static void select_copysign(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]);
    uint32_t t = sel_new(s, M_VEC, row->size), u = sel_new(s, M_VEC, row->size);
    sel_emit3(s, MOP_ANDPS, row->size, t, sel_arg_reg(a), sel_arg_const(sign_bits[row->size] - 1));
    sel_emit3(s, MOP_ANDPS, row->size, u, sel_arg_reg(b), sel_arg_const(sign_bits[row->size]));
    sel_emit3(s, MOP_ORPS, row->size, sel_def(s, id), sel_arg_reg(t), sel_arg_reg(u));
}

/* CANON compares, and so would raise invalid for a signalling NaN: where one may come, integer operations do it. */
void sel_canon(Sel *s, uint32_t d, uint32_t v)
{
    const IrInsn *i = &s->r->insns[v];
    unsigned size = i->type == IR_F64 ? 8 : 4;
    uint32_t a = sel_reg(s, v);
    if (is_arithmetic(i->op) || i->flags & IR_FLAG_QUIET) {
        sel_emit2(s, MOP_CANON, size, d, sel_arg_reg(a));
        return;
    }
    uint32_t bits = sel_new(s, M_GPR, size), magnitude = sel_new(s, M_GPR, size), t = sel_new(s, M_GPR, size);
    uint32_t infinity = sel_const_reg(s, size == 8 ? 0x7ff0000000000000ull : 0x7f800000u, size);
    uint32_t nan = sel_const_reg(s, size == 8 ? 0x7ff8000000000000ull : 0x7fc00000u, size);
    sel_emit2(s, MOP_MOVD_R, size, bits, sel_arg_reg(a));
    sel_emit3(s, MOP_BTR, size, magnitude, sel_arg_reg(bits), sel_arg_imm((int32_t)size * 8 - 1));
    SelArg cmp[] = { sel_arg_reg(magnitude), sel_arg_reg(infinity) };
    sel_emit(s, MOP_CMP, size, 2, cmp);
    sel_emit3(s, MOP_CMOV, size, t, sel_arg_reg(bits), sel_arg_reg(nan))->cond = X86_A;
    sel_emit2(s, MOP_MOVD, size, d, sel_arg_reg(t));
}

static void select_canon(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row) { sel_canon(s, sel_def(s, id), i->arg[0]); }

void sel_box(Sel *s, uint32_t d, uint32_t x)
{
    sel_emit3(s, MOP_ORPS, 8, d, sel_arg_reg(x), sel_arg_const(0xffffffff00000000ull));
}

static void select_box(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    sel_box(s, sel_def(s, id), sel_reg(s, i->arg[0]));
}

static void select_unbox(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit3(s, MOP_UNBOX, 4, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(sel_new(s, M_GPR, 8)));
}

/* Between the register classes. */
static void select_bits(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg a = row->mop == MOP_MOVD ? sel_arg_any(s, i->arg[0], row->size) : sel_arg_reg(sel_reg(s, i->arg[0]));
    sel_emit2(s, row->mop, row->size, sel_def(s, id), a);
}

/* ---- compares */

X86Cond sel_fcmp(Sel *s, const IrInsn *i)
{
    bool is_64 = i->op >= IR_FCMP_EQ_F64;
    unsigned kind = i->op - (is_64 ? IR_FCMP_EQ_F64 : IR_FCMP_EQ_F32), size = is_64 ? 8 : 4;
    static const uint8_t conds[] = { X86_FEQ, X86_A, X86_AE, X86_A, X86_AE };
    uint32_t a = sel_fp_source(s, i->arg[0]), b = sel_fp_source(s, i->arg[1]);
    if (kind) { /* a < b as b > a: false when unordered */
        uint32_t t = a;
        a = b;
        b = t;
    }
    SelArg y = sel_arg_any(s, b, size);
    uint32_t x = sel_reg(s, a);
    if (y.kind == ARG_ANY && y.vreg == x) {
        y.kind = ARG_REG;
    }
    SelArg args[] = { sel_arg_reg(x), y };
    sel_emit(s, kind == 1 || kind == 2 ? MOP_COMIS : MOP_UCOMIS, size, 2, args);
    return conds[kind];
}

static void select_fcmp(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    bool is_eq = i->op == IR_FCMP_EQ_F32 || i->op == IR_FCMP_EQ_F64;
    if (is_eq && s->vreg[id]) {
        uint32_t a = sel_reg(s, sel_fp_source(s, i->arg[0])), b = sel_reg(s, sel_fp_source(s, i->arg[1]));
        uint32_t t = sel_new(s, M_VEC, row->size), u = sel_new(s, M_GPR, 4);
        sel_emit3(s, MOP_CMPS, row->size, t, sel_arg_reg(a), sel_arg_reg(b))->imm = 0;
        sel_emit2(s, MOP_MOVD_R, 4, u, sel_arg_reg(t));
        sel_emit3(s, MOP_AND, 4, s->vreg[id], sel_arg_reg(u), sel_arg_imm(1));
        return;
    }
    X86Cond cond = sel_fcmp(s, i);
    if (s->vreg[id]) {
        sel_emit1(s, MOP_SETCC, 4, s->vreg[id])->cond = cond;
    }
}

/* row->x: X86MinMax */
static void select_minmax(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, sel_fp_source(s, i->arg[0])), b = sel_reg(s, sel_fp_source(s, i->arg[1]));
    sel_emit3(s, MOP_FMINMAX, row->size, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(b))->cond = row->x;
}

/* ---- conversions */

typedef enum CvtFlag { CVT_64 = 1, CVT_UNSIGNED = 2 } CvtFlag;

/* row->size: of the FP type; row->x: CvtFlag of the integer. */
static void select_to_int(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (i->aux == IR_RMM) {
        static void *const fns[2][4] = {
            { (void *)call_f32_to_i32_s, (void *)call_f32_to_i64_s, (void *)call_f32_to_i32_u, (void *)call_f32_to_i64_u },
            { (void *)call_f64_to_i32_s, (void *)call_f64_to_i64_s, (void *)call_f64_to_i32_u, (void *)call_f64_to_i64_u },
        };
        call_with_bits(s, id, i, fns[row->size == 8][row->x], i->aux);
        return;
    }
    uint32_t a = sel_reg(s, sel_fp_source(s, i->arg[0]));
    MInsn *c = sel_emit2(s, MOP_CVT_SAT, row->size, sel_def(s, id), sel_arg_reg(a));
    c->cond = (uint8_t)i->aux;
    c->flags |= (row->x & CVT_64 ? MF_DST64 : 0) | (row->x & CVT_UNSIGNED ? MF_UNSIGNED : 0);
}

static void select_from_int(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id);
    if (row->x == (CVT_64 | CVT_UNSIGNED)) {
        uint32_t a = sel_reg(s, i->arg[0]);
        sel_emit3(s, MOP_CVT_U64, row->size, d, sel_arg_reg(a), sel_arg_reg(sel_new(s, M_GPR, 8)));
        return;
    }
    SelArg a = sel_arg_any(s, i->arg[0], row->x & CVT_64 ? 8 : 4);
    if (row->x & CVT_UNSIGNED) {
        uint32_t t = sel_new(s, M_GPR, 8);
        sel_emit2(s, MOP_MOV, 4, t, a);
        a = sel_arg_reg(t);
    }
    uint32_t zero = sel_new(s, M_VEC, row->size);
    sel_emit1(s, MOP_XORZ, 16, zero);
    sel_emit3(s, MOP_CVTSI2S, row->size, d, sel_arg_reg(zero), a)->flags |= row->x ? MF_SRC64 : 0;
}

static void select_resize(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg a = sel_arg_any(s, sel_fp_source(s, i->arg[0]), row->size);
    sel_emit2(s, row->mop, row->size, sel_def(s, id), a);
}

/* The conversions look at all lanes: the others must be zero. */
static void select_from_half(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.f16c) {
        call_with_bits(s, id, i, (void *)call_f16_to_f32, -1);
        return;
    }
    uint32_t t = sel_new(s, M_GPR, 4), u = sel_new(s, M_VEC, 4);
    sel_emit2(s, MOP_MOVZX16, 4, t, sel_arg_reg(sel_reg(s, i->arg[0])));
    sel_emit2(s, MOP_MOVD, 4, u, sel_arg_reg(t));
    sel_emit2(s, MOP_VCVTPH2PS, 16, sel_def(s, id), sel_arg_reg(u));
}

static void select_to_half(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.f16c) {
        call_with_bits(s, id, i, (void *)call_f32_to_f16, -1);
        return;
    }
    uint32_t t = sel_new(s, M_GPR, 4), u = sel_new(s, M_VEC, 4), h = sel_new(s, M_VEC, 4);
    sel_emit2(s, MOP_MOVD_R, 4, t, sel_arg_reg(sel_reg(s, i->arg[0])));
    sel_emit2(s, MOP_MOVD, 4, u, sel_arg_reg(t));
    sel_emit2(s, MOP_VCVTPS2PH, 16, h, sel_arg_reg(u))->imm = 4; /* MXCSR's rounding mode */
    sel_emit2(s, MOP_MOVD_R, 4, sel_def(s, id), sel_arg_reg(h));
}

/* row->x: ROUNDS' bit 3, no inexact. */
static void select_round(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static const uint8_t modes[] = { [IR_RNE] = 0, [IR_RTZ] = 3, [IR_RDN] = 1, [IR_RUP] = 2, [IR_RDYN] = 4 };
    if (!is_inline_round(i->aux)) {
        static void *const fns[2][2] = { { (void *)call_rint32, (void *)call_round32 },
                                         { (void *)call_rint64, (void *)call_round64 } };
        call_with_bits(s, id, i, fns[row->size == 8][row->x != 0], i->aux);
        return;
    }
    uint32_t a = sel_reg(s, sel_fp_source(s, i->arg[0]));
    sel_emit2(s, MOP_ROUNDS, row->size, sel_def(s, id), sel_arg_reg(a))->imm = modes[i->aux] | row->x;
}

/* ---- the environment: MXCSR by way of a field of the state that is free while code runs */

static uint32_t read_mxcsr(Sel *s)
{
    SelMem mem = sel_state(offsetof(CpuState, guest_mxcsr));
    SelArg a = sel_arg_mem(&mem);
    uint32_t t = sel_new(s, M_GPR, 4);
    sel_emit(s, MOP_STMXCSR, 4, 1, &a);
    sel_emit2(s, MOP_MOV, 4, t, a);
    return t;
}

static void write_mxcsr(Sel *s, uint32_t keep, uint32_t bits)
{
    SelMem mem = sel_state(offsetof(CpuState, guest_mxcsr));
    uint32_t old = read_mxcsr(s), t = sel_new(s, M_GPR, 4), u = sel_new(s, M_GPR, 4);
    sel_emit3(s, MOP_AND, 4, t, sel_arg_reg(old), sel_arg_imm((int32_t)keep));
    sel_emit3(s, MOP_OR, 4, u, sel_arg_reg(t), sel_arg_reg(bits));
    SelArg args[] = { sel_arg_reg(u), sel_arg_mem(&mem) };
    sel_emit(s, MOP_STORE, 4, 2, args);
    sel_emit(s, MOP_LDMXCSR, 4, 1, &args[1]);
}

static void select_get_flags(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t t = read_mxcsr(s);
    sel_emit3(s, MOP_AND, 4, sel_def(s, id), sel_arg_reg(t), sel_arg_imm(63));
}

static void select_set_flags(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), t = sel_new(s, M_GPR, 4);
    sel_emit3(s, MOP_AND, 4, t, sel_arg_reg(a), sel_arg_imm(63));
    write_mxcsr(s, ~63u, t);
}

static void select_set_round(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    enum { CONTROL = 0x9c }; /* MXCSR's two bits for IrRound 0-3, packed */
    uint64_t c;
    uint32_t bits;
    if (sel_const(s, i->arg[0], &c)) {
        bits = sel_const_reg(s, (CONTROL >> (c & 3) * 2 & 3) << 13, 4);
    } else {
        uint32_t a = sel_reg(s, i->arg[0]), t[5];
        for (unsigned n = 0; n < 5; n++) {
            t[n] = sel_new(s, M_GPR, 4);
        }
        uint32_t table = sel_const_reg(s, CONTROL, 4);
        sel_emit3(s, MOP_AND, 4, t[0], sel_arg_reg(a), sel_arg_imm(3));
        SelMem twice = { .base = t[0], .index = t[0] };
        SelArg lea[] = { sel_arg_reg(t[1]), sel_arg_mem(&twice) };
        sel_emit(s, MOP_LEA, 4, 2, lea);
        sel_emit3(s, MOP_SHR, 4, t[2], sel_arg_reg(table), sel_arg_reg(t[1]));
        sel_emit3(s, MOP_AND, 4, t[3], sel_arg_reg(t[2]), sel_arg_imm(3));
        sel_emit3(s, MOP_SHL, 4, t[4], sel_arg_reg(t[3]), sel_arg_imm(13));
        bits = t[4];
    }
    write_mxcsr(s, ~(3u << 13), bits);
}

#define FP(name, fn, mop, x) \
    { IR_##name##_F32, { fn, mop, 4, x } }, { IR_##name##_F64, { fn, mop, 8, x } }
#define TO_INT(name, x) \
    { IR_F32_TO_##name, { select_to_int, 0, 4, x } }, { IR_F64_TO_##name, { select_to_int, 0, 8, x } }
#define FROM_INT(name, x) \
    { IR_##name##_TO_F32_F32, { select_from_int, 0, 4, x } }, { IR_##name##_TO_F64_F64, { select_from_int, 0, 8, x } }

const SelEntry sel_fp_rows[] = {
    FP(FADD, select_binary, MOP_ADDS, 1),
    FP(FSUB, select_binary, MOP_SUBS, 0),
    FP(FMUL, select_binary, MOP_MULS, 1),
    FP(FDIV, select_binary, MOP_DIVS, 0),
    FP(FSQRT, select_sqrt, 0, 0),
    { IR_FMA_F32, { select_fma, 0, 4, 0 } },
    { IR_FMA_F64, { select_fma, 0, 8, 1 } },
    FP(FNEG, select_neg, 0, 0),
    FP(FABS, select_abs, 0, 0),
    FP(FCOPYSIGN, select_copysign, 0, 0),
    FP(FCANON, select_canon, 0, 0),
    FP(FMINNUM, select_minmax, 0, X86_MINNUM),
    FP(FMAXNUM, select_minmax, 0, X86_MAXNUM),
    FP(FMIN, select_minmax, 0, X86_MIN),
    FP(FMAX, select_minmax, 0, X86_MAX),
    FP(FCMP_EQ, select_fcmp, 0, 0),
    FP(FCMP_LT, select_fcmp, 0, 0),
    FP(FCMP_LE, select_fcmp, 0, 0),
    FP(FCMP_LTQ, select_fcmp, 0, 0),
    FP(FCMP_LEQ, select_fcmp, 0, 0),
    { IR_BITS_F32_I32, { select_bits, MOP_MOVD_R, 4, 0 } },
    { IR_BITS_F64_I64, { select_bits, MOP_MOVD_R, 8, 0 } },
    { IR_F32_BITS_F32, { select_bits, MOP_MOVD, 4, 0 } },
    { IR_F64_BITS_F64, { select_bits, MOP_MOVD, 8, 0 } },
    { IR_BOX_F64, { select_box, 0, 8, 0 } },
    { IR_UNBOX_F32, { select_unbox, 0, 4, 0 } },
    TO_INT(I32_S_I32, 0),
    TO_INT(I32_U_I32, CVT_UNSIGNED),
    TO_INT(I64_S_I64, CVT_64),
    TO_INT(I64_U_I64, CVT_64 | CVT_UNSIGNED),
    FROM_INT(I32_S, 0),
    FROM_INT(I32_U, CVT_UNSIGNED),
    FROM_INT(I64_S, CVT_64),
    FROM_INT(I64_U, CVT_64 | CVT_UNSIGNED),
    { IR_F32_TO_F64_F64, { select_resize, MOP_CVTSS2SD, 4, 0 } },
    { IR_F64_TO_F32_F32, { select_resize, MOP_CVTSD2SS, 8, 0 } },
    { IR_F16_TO_F32_F32, { select_from_half, 0, 4, 0 } },
    { IR_F32_TO_F16_I32, { select_to_half, 0, 4, 0 } },
    FP(FROUND, select_round, 0, 8),
    FP(FRINT, select_round, 0, 0),
    { IR_FP_GET_FLAGS_I32, { select_get_flags, 0, 4, 0 } },
    { IR_FP_SET_FLAGS, { select_set_flags, 0, 4, 0 } },
    { IR_FP_SET_ROUND, { select_set_round, 0, 4, 0 } },
    { 0 },
};
