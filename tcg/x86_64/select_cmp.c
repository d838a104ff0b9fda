/* SPDX-License-Identifier: MIT */
/* Instruction selection: compares, conditions, selects, packed flags (CC). */
#include "tcg/x86_64/select.h"

#include "tcg/code.h"
#include "tcg/eval.h"

/* X86Cond of the row's op; x: with the arguments exchanged. */
typedef struct CmpCond {
    uint16_t op;
    uint8_t cond, swapped;
} CmpCond;
static const CmpCond cmp_conds[] = {
    { IR_CMP_EQ_I32, X86_E, X86_E },   { IR_CMP_NE_I32, X86_NE, X86_NE }, { IR_CMP_SLT_I32, X86_L, X86_G },
    { IR_CMP_SLE_I32, X86_LE, X86_GE }, { IR_CMP_ULT_I32, X86_B, X86_A },  { IR_CMP_ULE_I32, X86_BE, X86_AE },
};

X86Cond sel_invert(X86Cond c) { return c ^ 1; }

static bool is_int_cmp(unsigned op) { return op >= IR_CMP_EQ_I32 && op <= IR_CMP_ULE_I64; }

static bool is_condition(unsigned op)
{
    return is_int_cmp(op) || (op >= IR_FCMP_EQ_F32 && op <= IR_FCMP_LEQ_F64) || op == IR_CC_TEST_I32;
}

static X86Cond test_register(Sel *s, uint32_t x, unsigned size, X86Cond cond)
{
    SelArg args[] = { sel_arg_reg(x), sel_arg_reg(x) };
    sel_emit(s, MOP_TEST, size, 2, args);
    return cond;
}

/* CF = bit 0 of a shift to the right */
static void test_bit(Sel *s, const IrInsn *shr)
{
    unsigned size = shr->op == IR_SHR_I64 ? 8 : 4;
    bool is_low = s->is_low;
    uint64_t k;
    s->is_low = size == 4;
    SelArg args[] = { sel_arg_reg(sel_reg(s, shr->arg[0])), sel_arg_imm(0) };
    if (sel_const(s, shr->arg[1], &k)) {
        args[1].imm = (int32_t)(k & (size * 8 - 1));
    } else {
        args[1] = sel_arg_reg(sel_low(s, shr->arg[1]));
    }
    s->is_low = is_low;
    sel_emit(s, MOP_BT, size, 2, args);
}

/* v == 0 or v != 0 for v = x & y, as TEST or BT. *cond: the condition for "v is not zero". */
static bool test_and(Sel *s, uint32_t v, unsigned size, X86Cond *cond)
{
    const IrInsn *i = &s->r->insns[v];
    uint64_t c = 0;
    int32_t imm;
    bool is_and = i->op == IR_AND_I64 || (i->op == IR_AND_I32 && size == 4);
    if (!is_and || s->vreg[v] || i->block != s->block) {
        return false;
    }
    s->has_more |= i->uses != 1;
    uint32_t a = i->arg[0], b = i->arg[1];
    const IrInsn *x = &s->r->insns[a];
    bool is_const = sel_const(s, b, &c);
    c = size == 8 ? c : (uint32_t)c;
    bool is_shr = x->op == IR_SHR_I64 || x->op == IR_SHR_I32;
    if (is_const && c == 1 && is_shr && !s->vreg[a] && x->block == s->block) {
        test_bit(s, x);
        *cond = X86_B;
        return true;
    }
    *cond = X86_NE;
    if (is_const && !sel_imm(s, b, size, &imm)) {
        if (c & (c - 1)) {
            return false;
        }
        SelArg args[] = { sel_arg_reg(sel_reg(s, a)), sel_arg_imm(__builtin_ctzll(c)) };
        sel_emit(s, MOP_BT, size, 2, args);
        *cond = X86_B;
        return true;
    }
    SelArg y = sel_arg_reg(0);
    if (is_const) {
        bool is_unsigned_imm = size == 8 && imm >= 0;
        size = is_unsigned_imm ? 4 : size;
        y = sel_arg_imm(imm);
    } else {
        y = sel_arg_reg(sel_reg(s, b));
    }
    SelArg args[] = { sel_arg_any(s, a, size), y };
    sel_emit(s, MOP_TEST, size, 2, args);
    return true;
}

/* Compares an integer pair; `index`: of cmp_conds. */
static X86Cond compare_sized(Sel *s, const IrInsn *i, unsigned index, unsigned size)
{
    uint32_t a = i->arg[0], b = i->arg[1];
    uint64_t c;
    X86Cond cond = cmp_conds[index].cond, nonzero;
    bool is_plain = !sel_can_sink_load(s, a, size) && !sel_const(s, b, &c);
    if (sel_const(s, a, &c) || (is_plain && (cond == X86_BE || sel_can_sink_load(s, b, size)))) {
        uint32_t t = a;
        a = b;
        b = t;
        cond = cmp_conds[index].swapped;
    }
    if (sel_const(s, b, &c) && (size == 8 ? c : (uint32_t)c) == 0 && !sel_can_sink_load(s, a, size)) {
        if ((cond == X86_E || cond == X86_NE) && test_and(s, a, size, &nonzero)) {
            return cond == X86_NE ? nonzero : sel_invert(nonzero);
        }
        return test_register(s, sel_reg(s, a), size, cond);
    }
    SelArg y = sel_arg_imm(0);
    if (!sel_imm(s, b, size, &y.imm)) {
        y = sel_arg_reg(sel_reg(s, b));
    }
    SelArg x = sel_arg_any(s, a, size);
    if (x.kind == ARG_ANY && x.vreg == y.vreg) {
        x.kind = ARG_REG;
    }
    SelArg args[] = { x, y };
    sel_emit(s, MOP_CMP, size, 2, args);
    return cond;
}

static X86Cond compare(Sel *s, const IrInsn *i, unsigned index, unsigned size)
{
    if (size == 8 && sel_is_sext32(s, i->arg[0]) && sel_is_sext32(s, i->arg[1])) {
        size = 4; /* orders the same way, signed and unsigned */
    }
    s->is_low = size == 4;
    X86Cond cond = compare_sized(s, i, index, size);
    s->is_low = false;
    return cond;
}

/* x != 0 or x == 0 where x is a condition itself: the condition, and whether it is inverted. */
static uint32_t strip_not_zero(Sel *s, uint32_t v, bool *is_inverted)
{
    uint64_t c;
    for (;;) {
        const IrInsn *i = &s->r->insns[v];
        bool is_eq = i->op == IR_CMP_EQ_I32 || i->op == IR_CMP_EQ_I64;
        bool is_ne = i->op == IR_CMP_NE_I32 || i->op == IR_CMP_NE_I64;
        if (!(is_eq || is_ne) || s->vreg[v] || !sel_const(s, i->arg[1], &c) || c != 0) {
            return v;
        }
        uint32_t x = i->arg[0];
        bool is_shared = i->uses != 1;
        if (s->r->insns[x].op == IR_ZEXT_I64) {
            is_shared |= s->r->insns[x].uses != 1;
            x = s->r->insns[x].arg[0];
        }
        if (!is_condition(s->r->insns[x].op)) {
            return v;
        }
        s->has_more |= is_shared;
        *is_inverted ^= is_eq;
        v = x;
    }
}

static X86Cond cc_flags(Sel *s, const IrInsn *i)
{
    uint32_t mask = 0;
    for (unsigned cc = 0; cc < 16; cc++) {
        mask |= ir_eval_cc_test(cc, i->aux) << cc;
    }
    uint32_t cc = sel_reg(s, i->arg[0]), t = sel_const_reg(s, mask, 4);
    SelArg args[] = { sel_arg_reg(t), sel_arg_reg(cc) };
    sel_emit(s, MOP_BT, 4, 2, args);
    return X86_B;
}

static X86Cond flags_of(Sel *s, uint32_t v, bool is_branch)
{
    bool is_inverted = false;
    v = strip_not_zero(s, v, &is_inverted);
    const IrInsn *i = &s->r->insns[v];
    X86Cond cond = X86_NE;
    s->has_more |= i->uses != 1 || s->vreg[v];
    bool is_near = !s->vreg[v] || i->block == s->block;
    if (is_int_cmp(i->op) && is_near) {
        bool is_64 = i->op >= IR_CMP_EQ_I64;
        cond = compare(s, i, i->op - (is_64 ? IR_CMP_EQ_I64 : IR_CMP_EQ_I32), is_64 ? 8 : 4);
    } else if (i->op >= IR_FCMP_EQ_F32 && i->op <= IR_FCMP_LEQ_F64 && sel_can_sink_fcmp(s, v) &&
               (is_branch || (i->op != IR_FCMP_EQ_F32 && i->op != IR_FCMP_EQ_F64))) {
        s->state[v] |= SEL_FUSED;
        s->barrier = 0;
        cond = sel_fcmp(s, i);
    } else if (i->op == IR_CC_TEST_I32 && is_near) {
        cond = cc_flags(s, i);
    } else if (!test_and(s, v, 4, &cond)) {
        cond = test_register(s, sel_reg(s, v), 4, X86_NE);
    }
    return is_inverted ? sel_invert(cond) : cond;
}

X86Cond sel_flags(Sel *s, uint32_t v, bool is_branch)
{
    X86Cond cond = flags_of(s, v, is_branch);
    s->has_more = false;
    return cond;
}

static void select_cmp(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id);
    X86Cond cond = compare(s, i, row->x, row->size);
    s->has_more = false;
    sel_emit1(s, MOP_SETCC, 4, d)->cond = cond;
}

static void select_cc_test(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id);
    X86Cond cond = cc_flags(s, i);
    sel_emit1(s, MOP_SETCC, 4, d)->cond = cond;
}

/* cond ? b : c */
static void select_select(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    bool is_exchanged = !sel_dies(s, i->arg[2]) && sel_dies(s, i->arg[1]);
    uint32_t d = sel_def(s, id), b = sel_reg(s, i->arg[1]), c = sel_reg(s, i->arg[2]);
    s->is_low = false;
    X86Cond cond = sel_flags(s, i->arg[0], false);
    if (is_exchanged) {
        sel_emit3(s, MOP_CMOV, row->size, d, sel_arg_reg(b), sel_arg_reg(c))->cond = sel_invert(cond);
    } else {
        sel_emit3(s, MOP_CMOV, row->size, d, sel_arg_reg(c), sel_arg_reg(b))->cond = cond;
    }
}

/* FP values by way of integer registers: rare. */
static void select_fp_select(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t t[3];
    for (unsigned n = 0; n < 3; n++) {
        t[n] = sel_new(s, M_GPR, row->size);
    }
    for (unsigned n = 0; n < 2; n++) {
        uint32_t x = sel_reg(s, i->arg[n + 1]);
        sel_emit2(s, MOP_MOVD_R, row->size, t[n], sel_arg_reg(x));
    }
    X86Cond cond = sel_flags(s, i->arg[0], false);
    sel_emit3(s, MOP_CMOV, row->size, t[2], sel_arg_reg(t[1]), sel_arg_reg(t[0]))->cond = cond;
    sel_emit2(s, MOP_MOVD, row->size, sel_def(s, id), sel_arg_reg(t[2]));
}

/* ---- packed flags, where a reader needs the bits */

/* The flags of the operation just made, packed. SF ZF CF OF are bits 15 14 8 0 of what LAHF leaves: the product has them at 31 30 29 28. */
static void pack_flags(Sel *s, uint32_t d, bool is_inverted)
{
    uint32_t raw = sel_new(s, M_GPR, 4), bits = sel_new(s, M_GPR, 4), product = sel_new(s, M_GPR, 4);
    sel_emit1(s, MOP_LAHF, 4, raw)->cond = is_inverted;
    sel_emit3(s, MOP_AND, 4, bits, sel_arg_reg(raw), sel_arg_imm(0xc101));
    sel_emit2(s, MOP_IMUL3, 4, product, sel_arg_reg(bits))->imm = 1 << 16 | 1 << 21 | 1 << 28;
    sel_emit3(s, MOP_SHR, 4, d, sel_arg_reg(product), sel_arg_imm(28));
}

/* row->mop: CMP, ADD or TEST; row->x: the carry is "no borrow". */
static void select_cc_make(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id), a = sel_reg(s, i->arg[0]);
    SelArg args[] = { sel_arg_reg(a), sel_arg_reg(row->mop == MOP_TEST ? a : sel_reg(s, i->arg[1])) };
    if (row->mop == MOP_ADD) {
        sel_emit3(s, MOP_ADD, row->size, sel_new(s, M_GPR, row->size), args[0], args[1]);
    } else {
        sel_emit(s, row->mop, row->size, 2, args);
    }
    pack_flags(s, d, row->x);
}

static void select_cc_adc(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id), a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]), c = sel_reg(s, i->arg[2]);
    SelArg bit[] = { sel_arg_reg(c), sel_arg_imm(0) };
    sel_emit(s, MOP_BT, 4, 2, bit);
    sel_emit3(s, MOP_ADC, row->size, sel_new(s, M_GPR, row->size), sel_arg_reg(a), sel_arg_reg(b));
    pack_flags(s, d, false);
}

/* Less, equal, unordered each take the place of what stands there: UCOMIS says unordered by all three flags. */
static void select_cc_fcmp(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static const struct { uint8_t bits, cond; } steps[] = { { 8, X86_B }, { 6, X86_E }, { 3, X86_P } };
    uint32_t d = sel_def(s, id), a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]), v = sel_const_reg(s, 2, 4), bits[3];
    for (unsigned n = 0; n < 3; n++) {
        bits[n] = sel_const_reg(s, steps[n].bits, 4);
    }
    SelArg args[] = { sel_arg_reg(a), sel_arg_reg(b) };
    sel_emit(s, MOP_UCOMIS, row->size, 2, args);
    for (unsigned n = 0; n < 3; n++) {
        uint32_t t = n == 2 ? d : sel_new(s, M_GPR, 4);
        sel_emit3(s, MOP_CMOV, 4, t, sel_arg_reg(v), sel_arg_reg(bits[n]))->cond = steps[n].cond;
        v = t;
    }
}

static void select_cc_from_bits(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit3(s, MOP_AND, 4, sel_def(s, id), sel_arg_reg(a), sel_arg_imm(15));
}

static void select_cc_bit(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), t = sel_new(s, M_GPR, 4);
    sel_emit3(s, MOP_SHR, 4, t, sel_arg_reg(a), sel_arg_imm(i->aux));
    sel_emit3(s, MOP_AND, 4, sel_def(s, id), sel_arg_reg(t), sel_arg_imm(1));
}

static void select_pack(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row) {}

#define CMP(name, x) \
    { IR_CMP_##name##_I32, { select_cmp, 0, 4, x } }, { IR_CMP_##name##_I64, { select_cmp, 0, 8, x } }

const SelEntry sel_cmp_rows[] = {
    CMP(EQ, 0),
    CMP(NE, 1),
    CMP(SLT, 2),
    CMP(SLE, 3),
    CMP(ULT, 4),
    CMP(ULE, 5),
    { IR_SELECT_I32, { select_select, 0, 4, 0 } },
    { IR_SELECT_I64, { select_select, 0, 8, 0 } },
    { IR_SELECT_CC, { select_select, 0, 4, 0 } },
    { IR_SELECT_F32, { select_fp_select, 0, 4, 0 } },
    { IR_SELECT_F64, { select_fp_select, 0, 8, 0 } },
    { IR_CC_ADD_I32, { select_cc_make, MOP_ADD, 4, 0 } },
    { IR_CC_ADD_I64, { select_cc_make, MOP_ADD, 8, 0 } },
    { IR_CC_SUB_I32, { select_cc_make, MOP_CMP, 4, 1 } },
    { IR_CC_SUB_I64, { select_cc_make, MOP_CMP, 8, 1 } },
    { IR_CC_ADC_I32, { select_cc_adc, 0, 4, 0 } },
    { IR_CC_ADC_I64, { select_cc_adc, 0, 8, 0 } },
    { IR_CC_LOGIC_I32, { select_cc_make, MOP_TEST, 4, 0 } },
    { IR_CC_LOGIC_I64, { select_cc_make, MOP_TEST, 8, 0 } },
    { IR_CC_FCMP_F32, { select_cc_fcmp, 0, 4, 0 } },
    { IR_CC_FCMP_F64, { select_cc_fcmp, 0, 8, 0 } },
    { IR_CC_MAKE_I32, { select_cc_from_bits, 0, 4, 0 } },
    { IR_CC_PACK_I32, { select_pack, 0, 4, 0 } },
    { IR_CC_TEST_I32, { select_cc_test, 0, 4, 0 } },
    { IR_CC_BIT_I32, { select_cc_bit, 0, 4, 0 } },
    { 0 },
};
