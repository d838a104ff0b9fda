/* SPDX-License-Identifier: MIT */
/* Rules of comparisons, selects, branches and flags. */
#include "tcg/eval.h"
#include "tcg/opt/fold_rules.h"

static uint32_t make_bool(IrBuilder *b, bool v)
{
    return make_const(b, false, v);
}

uint32_t invert_compare(IrBuilder *b, uint32_t v)
{
    static const uint16_t inverse[][3] = { /* op, its opposite, whether the arguments change places */
        { IR_CMP_EQ_I32, IR_CMP_NE_I32, 0 },   { IR_CMP_NE_I32, IR_CMP_EQ_I32, 0 },   { IR_CMP_SLT_I32, IR_CMP_SLE_I32, 1 },
        { IR_CMP_SLE_I32, IR_CMP_SLT_I32, 1 }, { IR_CMP_ULT_I32, IR_CMP_ULE_I32, 1 }, { IR_CMP_ULE_I32, IR_CMP_ULT_I32, 1 },
        { IR_CMP_EQ_I64, IR_CMP_NE_I64, 0 },   { IR_CMP_NE_I64, IR_CMP_EQ_I64, 0 },   { IR_CMP_SLT_I64, IR_CMP_SLE_I64, 1 },
        { IR_CMP_SLE_I64, IR_CMP_SLT_I64, 1 }, { IR_CMP_ULT_I64, IR_CMP_ULE_I64, 1 }, { IR_CMP_ULE_I64, IR_CMP_ULT_I64, 1 },
    };
    IrInsn i = *build_insn(b, v);
    if (i.op < IR_CMP_EQ_I32 || i.op > IR_CMP_ULE_I64) {
        return 0;
    }
    for (unsigned k = 0; k < sizeof(inverse) / sizeof(inverse[0]); k++) {
        if (inverse[k][0] == i.op) {
            unsigned swap = inverse[k][2];
            return build2(b, inverse[k][1], i.arg[swap], i.arg[1 - swap]);
        }
    }
    return 0;
}

/* An I32 whose sign (or zero) extension is the I64 v; 0: none at hand. */
static uint32_t narrow_from(IrBuilder *b, uint32_t v, bool is_signed)
{
    IrInsn i = *build_insn(b, v);
    if (i.op == (is_signed ? IR_SEXT_I64 : IR_ZEXT_I64)) {
        return i.arg[0];
    }
    if (i.op == (is_signed ? IR_SEXT32_I64 : IR_ZEXT32_I64)) {
        return build1(b, IR_TRUNC_I32, i.arg[0]);
    }
    bool fits = is_signed ? i.imm == (uint64_t)(int32_t)i.imm : i.imm == (uint32_t)i.imm;
    return i.op == IR_CONST_I64 && fits ? make_const(b, false, i.imm) : 0;
}

/* Comparisons of two extended I32s are comparisons of the I32s. Sign extension keeps the unsigned order too. */
static uint32_t narrow_compare(IrBuilder *b, const IrInsn *n)
{
    static const uint16_t narrow[6][2] = { /* of sign-extended, of zero-extended values */
        { IR_CMP_EQ_I32, IR_CMP_EQ_I32 },   { IR_CMP_NE_I32, IR_CMP_NE_I32 },   { IR_CMP_SLT_I32, IR_CMP_ULT_I32 },
        { IR_CMP_SLE_I32, IR_CMP_ULE_I32 }, { IR_CMP_ULT_I32, IR_CMP_ULT_I32 }, { IR_CMP_ULE_I32, IR_CMP_ULE_I32 },
    };
    bool is_left_const = op_of(b, n->arg[0]) == IR_CONST_I64; /* then the right decides */
    uint32_t lead = n->arg[is_left_const];
    IrOp op = op_of(b, lead);
    bool is_signed = op == IR_SEXT_I64 || op == IR_SEXT32_I64;
    if (!is_signed && op != IR_ZEXT_I64 && op != IR_ZEXT32_I64) {
        return 0;
    }
    uint32_t x = narrow_from(b, n->arg[0], is_signed), y = x ? narrow_from(b, n->arg[1], is_signed) : 0;
    return y ? build2(b, narrow[n->op - IR_CMP_EQ_I64][!is_signed], x, y) : 0;
}

/* eq, ne with a constant on the right */
static uint32_t compare_const(IrBuilder *b, IrInsn *n, bool is_wide, uint64_t c)
{
    bool is_eq = n->op == PICK(is_wide, CMP_EQ);
    uint32_t x = n->arg[0];
    if (c <= 1 && is_bool(b, x)) { /* compares a truth value */
        uint32_t t = is_wide ? (op_of(b, x) == IR_ZEXT_I64 ? arg_of(b, x, 0) : 0) : x;
        if (t && is_eq == (c == 1)) {
            return t;
        }
        uint32_t v = t ? invert_compare(b, t) : 0;
        if (v) {
            return v;
        }
    }
    IrOp op = op_of(b, x);
    if (c == 0 && (op == PICK(is_wide, SUB) || op == PICK(is_wide, XOR))) {
        return again(n, n->op, arg_of(b, x, 0), arg_of(b, x, 1));
    }
    return 0;
}

uint32_t fold_compare(IrBuilder *b, IrInsn *n)
{
    bool is_wide = n->op >= IR_CMP_EQ_I64;
    uint32_t x = n->arg[0], y = n->arg[1];
    unsigned kind = n->op - PICK(is_wide, CMP_EQ); /* eq ne slt sle ult ule */
    enum { EQ, NE, SLT, SLE, ULT, ULE };
    uint64_t c, ones = is_wide ? UINT64_MAX : UINT32_MAX;
    if (x == y) {
        return make_bool(b, kind == EQ || kind == SLE || kind == ULE);
    }
    if (get_const(b, y, &c)) {
        if (kind <= NE) {
            uint32_t v = compare_const(b, n, is_wide, c);
            if (v) {
                return v;
            }
        }
        if (kind == ULT && c == 0) {
            return make_bool(b, false);
        }
        if (kind == ULE && c == ones) {
            return make_bool(b, true);
        }
        if ((kind == ULT && c == 1) || (kind == ULE && c == 0)) {
            return again(n, PICK(is_wide, CMP_EQ), x, make_const(b, is_wide, 0));
        }
        if (kind == ULT && c == ones) {
            return again(n, PICK(is_wide, CMP_NE), x, y);
        }
    }
    if (get_const(b, x, &c)) {
        if ((kind == ULT && c == 0) || (kind == ULE && c == 1)) {
            return again(n, PICK(is_wide, CMP_NE), y, make_const(b, is_wide, 0));
        }
        if (kind == ULE && c == 0) {
            return make_bool(b, true);
        }
        if (kind == ULT && c == ones) {
            return make_bool(b, false);
        }
    }
    return is_wide ? narrow_compare(b, n) : 0;
}

/* ---- select, branch */

/* A condition counts as true when it is not 0: takes comparisons with 0 off. Returns whether it is inverted. */
static bool strip_condition(IrBuilder *b, uint32_t *cond)
{
    bool is_inverted = false;
    for (;;) {
        const IrInsn *i = build_insn(b, *cond);
        if (i->op == IR_CMP_EQ_I32 && is_const(b, i->arg[1], 0)) {
            is_inverted = !is_inverted;
        } else if (i->op == IR_XOR_I32 && is_const(b, i->arg[1], 1) && is_bool(b, i->arg[0])) {
            is_inverted = !is_inverted;
        } else if (!(i->op == IR_CMP_NE_I32 && is_const(b, i->arg[1], 0))) {
            return is_inverted;
        }
        *cond = i->arg[0];
    }
}

uint32_t fold_select(IrBuilder *b, IrInsn *n)
{
    uint64_t c;
    if (n->arg[1] == n->arg[2]) {
        return n->arg[1];
    }
    if (strip_condition(b, &n->arg[0])) {
        uint32_t x = n->arg[1];
        n->arg[1] = n->arg[2];
        n->arg[2] = x;
    }
    if (get_const(b, n->arg[0], &c)) {
        return n->arg[c ? 1 : 2];
    }
    if (n->op != IR_SELECT_I32 && n->op != IR_SELECT_I64) {
        return 0;
    }
    bool is_wide = n->op == IR_SELECT_I64;
    uint32_t v = 0;
    if (is_bool(b, n->arg[0]) && is_const(b, n->arg[1], 1) && is_const(b, n->arg[2], 0)) {
        v = n->arg[0];
    } else if (is_const(b, n->arg[1], 0) && is_const(b, n->arg[2], 1)) {
        v = invert_compare(b, n->arg[0]);
    }
    return v && is_wide ? build1(b, IR_ZEXT_I64, v) : v;
}

void fold_branch(IrBuilder *b, I32 *cond, uint32_t *if_true, uint32_t *if_false)
{
    if (strip_condition(b, &cond->id)) {
        uint32_t x = *if_true;
        *if_true = *if_false;
        *if_false = x;
    }
}

/* ---- flags that are seen where they are made */

static uint32_t test_sub(IrBuilder *b, const IrInsn *cc, int cond, bool is_wide)
{
    uint32_t x = cc->arg[0], y = cc->arg[1];
    switch (cond) {
    case IR_COND_EQ:
        return build2(b, PICK(is_wide, CMP_EQ), x, y);
    case IR_COND_NE:
        return build2(b, PICK(is_wide, CMP_NE), x, y);
    case IR_COND_CS:
        return build2(b, PICK(is_wide, CMP_ULE), y, x);
    case IR_COND_CC:
        return build2(b, PICK(is_wide, CMP_ULT), x, y);
    case IR_COND_HI:
        return build2(b, PICK(is_wide, CMP_ULT), y, x);
    case IR_COND_LS:
        return build2(b, PICK(is_wide, CMP_ULE), x, y);
    case IR_COND_GE:
        return build2(b, PICK(is_wide, CMP_SLE), y, x);
    case IR_COND_LT:
        return build2(b, PICK(is_wide, CMP_SLT), x, y);
    case IR_COND_GT:
        return build2(b, PICK(is_wide, CMP_SLT), y, x);
    case IR_COND_LE:
        return build2(b, PICK(is_wide, CMP_SLE), x, y);
    default:
        return 0;
    }
}

/* Conditions that only look at N and Z of the result r; C and V are 0 when is_logic. */
static uint32_t test_result(IrBuilder *b, uint32_t r, int cond, bool is_wide, bool is_logic)
{
    uint32_t zero = make_const(b, is_wide, 0);
    switch (cond) {
    case IR_COND_EQ:
        return build2(b, PICK(is_wide, CMP_EQ), r, zero);
    case IR_COND_NE:
        return build2(b, PICK(is_wide, CMP_NE), r, zero);
    case IR_COND_MI:
        return build2(b, PICK(is_wide, CMP_SLT), r, zero);
    case IR_COND_PL:
        return build2(b, PICK(is_wide, CMP_SLE), zero, r);
    default:
        break;
    }
    if (!is_logic) {
        return 0;
    }
    switch (cond) {
    case IR_COND_GE:
        return build2(b, PICK(is_wide, CMP_SLE), zero, r);
    case IR_COND_LT:
        return build2(b, PICK(is_wide, CMP_SLT), r, zero);
    case IR_COND_GT:
        return build2(b, PICK(is_wide, CMP_SLT), zero, r);
    case IR_COND_LE:
        return build2(b, PICK(is_wide, CMP_SLE), r, zero);
    case IR_COND_CC:
    case IR_COND_VC:
    case IR_COND_LS:
        return make_bool(b, true);
    default: /* CS, VS, HI */
        return make_bool(b, false);
    }
}

static uint32_t test_add(IrBuilder *b, const IrInsn *cc, int cond, bool is_wide)
{
    uint32_t sum;
    switch (cond) {
    case IR_COND_CS:
        sum = build2(b, PICK(is_wide, ADD), cc->arg[0], cc->arg[1]);
        return build2(b, PICK(is_wide, CMP_ULT), sum, cc->arg[0]);
    case IR_COND_CC:
        sum = build2(b, PICK(is_wide, ADD), cc->arg[0], cc->arg[1]);
        return build2(b, PICK(is_wide, CMP_ULE), cc->arg[0], sum);
    case IR_COND_EQ:
    case IR_COND_NE:
    case IR_COND_MI:
    case IR_COND_PL:
        sum = build2(b, PICK(is_wide, ADD), cc->arg[0], cc->arg[1]);
        return test_result(b, sum, cond, is_wide, false);
    default:
        return 0;
    }
}

/* Of the sum that the instruction's result is as well; chains of long additions pass the carry on. */
static uint32_t test_adc(IrBuilder *b, const IrInsn *cc, int cond)
{
    switch (cond) {
    case IR_COND_CS:
    case IR_COND_CC:
    case IR_COND_EQ:
    case IR_COND_NE:
    case IR_COND_MI:
    case IR_COND_PL:
        break;
    default:
        return 0;
    }
    uint32_t sum = ir_build(b, IR_ADC_I64, 0, cc->arg[0], cc->arg[1], cc->arg[2]);
    if (cond != IR_COND_CS && cond != IR_COND_CC) {
        return test_result(b, sum, cond, true, false);
    }
    uint32_t carry = ir_build(b, IR_RESULT_I32, 1, sum, 0, 0);
    return cond == IR_COND_CS ? carry : build2(b, IR_XOR_I32, carry, make_bool(b, true));
}

/* The test of flags that are `b` under a condition, else constants (a conditional compare): the condition with the test of b. */
static uint32_t test_selected(IrBuilder *b, const IrInsn *cc, int cond)
{
    uint64_t bits;
    uint32_t other = cc->arg[2];
    if (op_of(b, other) != IR_CC_MAKE_I32 || !get_const(b, arg_of(b, other, 0), &bits)) {
        return 0;
    }
    uint32_t first = ir_build(b, IR_CC_TEST_I32, cond, cc->arg[1], 0, 0);
    return ir_build(b, IR_SELECT_I32, 0, cc->arg[0], first, make_bool(b, ir_eval_cc_test((uint32_t)bits & 15, cond)));
}

/* Quiet comparisons: they raise no more than the one that made the flags has. */
static uint32_t test_fcmp(IrBuilder *b, const IrInsn *cc, int cond, bool is_wide)
{
    static const struct { uint16_t op[2]; bool is_swapped, is_not; } tests[] = {
#define FCMP(name) { IR_FCMP_##name##_F32, IR_FCMP_##name##_F64 }
        [IR_COND_EQ] = { FCMP(EQ), false, false }, [IR_COND_NE] = { FCMP(EQ), false, true },
        [IR_COND_CS] = { FCMP(LTQ), false, true }, [IR_COND_CC] = { FCMP(LTQ), false, false },
        [IR_COND_MI] = { FCMP(LTQ), false, false }, [IR_COND_PL] = { FCMP(LTQ), false, true },
        [IR_COND_HI] = { FCMP(LEQ), false, true }, [IR_COND_LS] = { FCMP(LEQ), false, false },
        [IR_COND_GE] = { FCMP(LEQ), true, false }, [IR_COND_LT] = { FCMP(LEQ), true, true },
        [IR_COND_GT] = { FCMP(LTQ), true, false }, [IR_COND_LE] = { FCMP(LTQ), true, true },
#undef FCMP
    };
    if (cond == IR_COND_VS || cond == IR_COND_VC || cc->imm != b->fpenv) {
        return 0;
    }
    unsigned swap = tests[cond].is_swapped;
    uint32_t v = build2(b, tests[cond].op[is_wide], cc->arg[swap], cc->arg[1 - swap]);
    return tests[cond].is_not ? build2(b, IR_XOR_I32, v, make_bool(b, true)) : v;
}

uint32_t fold_cc_test(IrBuilder *b, IrInsn *n)
{
    IrInsn cc = *build_insn(b, n->arg[0]);
    bool is_wide = cc.op == IR_CC_SUB_I64 || cc.op == IR_CC_ADD_I64 || cc.op == IR_CC_LOGIC_I64;
    switch (cc.op) {
    case IR_CC_SUB_I32:
    case IR_CC_SUB_I64:
        if (n->aux == IR_COND_MI || n->aux == IR_COND_PL) {
            uint32_t r = build2(b, PICK(is_wide, SUB), cc.arg[0], cc.arg[1]);
            return test_result(b, r, n->aux, is_wide, false);
        }
        return test_sub(b, &cc, n->aux, is_wide);
    case IR_CC_ADD_I32:
    case IR_CC_ADD_I64:
        return test_add(b, &cc, n->aux, is_wide);
    case IR_CC_ADC_I64:
        return test_adc(b, &cc, n->aux);
    case IR_CC_LOGIC_I32:
    case IR_CC_LOGIC_I64:
        return test_result(b, cc.arg[0], n->aux, is_wide, true);
    case IR_CC_FCMP_F32:
    case IR_CC_FCMP_F64:
        return test_fcmp(b, &cc, n->aux, cc.op == IR_CC_FCMP_F64);
    case IR_SELECT_CC:
        return test_selected(b, &cc, n->aux);
    default:
        return 0;
    }
}

uint32_t fold_cc_bit(IrBuilder *b, IrInsn *n)
{
    static const uint8_t conds[4] = { [IR_CC_V] = IR_COND_VS, [IR_CC_C] = IR_COND_CS, [IR_CC_Z] = IR_COND_EQ, [IR_CC_N] = IR_COND_MI };
    return ir_build(b, IR_CC_TEST_I32, conds[n->aux], n->arg[0], 0, 0);
}

uint32_t fold_cc_move(IrBuilder *b, IrInsn *n)
{
    const IrInsn *i = build_insn(b, n->arg[0]);
    if (n->op == IR_CC_MAKE_I32) {
        return i->op == IR_CC_PACK_I32 ? i->arg[0] : 0;
    }
    return i->op == IR_CC_MAKE_I32 ? build2(b, IR_AND_I32, i->arg[0], make_const(b, false, 15)) : 0;
}
