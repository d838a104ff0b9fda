/* SPDX-License-Identifier: MIT */
/* Instruction selection: integer arithmetic. */
#include "tcg/x86_64/select.h"

#include "tcg/code.h"
#include "util/assert.h"

/* d = a op b, where the operation overwrites its first operand. The one that dies is overwritten, when they commute. */
static void tied(Sel *s, MOp op, unsigned size, uint32_t d, uint32_t a, uint32_t b, bool is_comm)
{
    uint64_t c;
    int32_t imm;
    if (is_comm && (sel_const(s, a, &c) || (!sel_const(s, b, &c) && !sel_dies(s, a) && sel_dies(s, b)) ||
                    (sel_can_sink_load(s, a, size) && !sel_imm(s, b, size, &imm)))) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    SelArg y = sel_arg_any_imm(s, b, size);
    if (y.kind == ARG_IMM && !(mop_info[op].ops[2].forms & MOP_IMM)) {
        y = sel_arg_reg(sel_reg(s, b));
    }
    sel_emit3(s, op, size, d, sel_arg_reg(sel_reg(s, a)), y);
}

static void select_add(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelMem lea;
    uint32_t d = sel_def(s, id);
    if (sel_lea(s, id, &lea)) {
        SelArg args[] = { sel_arg_reg(d), sel_arg_mem(&lea) };
        sel_emit(s, MOP_LEA, row->size, 2, args);
    } else {
        tied(s, MOP_ADD, row->size, d, i->arg[0], i->arg[1], true);
    }
}

static void select_sub(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint64_t c;
    if (sel_const(s, i->arg[0], &c) && (row->size == 8 ? c : (uint32_t)c) == 0) {
        sel_emit2(s, MOP_NEG, row->size, sel_def(s, id), sel_arg_reg(sel_reg(s, i->arg[1])));
    } else {
        tied(s, MOP_SUB, row->size, sel_def(s, id), i->arg[0], i->arg[1], false);
    }
}

static bool match_one_shifted(const Sel *s, uint32_t v, unsigned size, uint32_t *count)
{
    const IrInsn *i = &s->r->insns[v];
    uint64_t c;
    if (s->vreg[v] || i->op != (size == 8 ? IR_SHL_I64 : IR_SHL_I32) || !sel_const(s, i->arg[0], &c) || c != 1) {
        return false;
    }
    *count = i->arg[1];
    return !sel_const(s, *count, &c);
}

/* A shift by a constant that no one wants by itself. */
static bool match_shift(Sel *s, uint32_t v, IrOp op32, IrOp op64, unsigned size, uint32_t *x, uint64_t *count)
{
    const IrInsn *i = &s->r->insns[v];
    bool is_match = i->op == (size == 8 ? op64 : op32) && !s->vreg[v] && sel_const(s, i->arg[1], count);
    *count &= size * 8 - 1;
    *x = is_match ? sel_resolve(s, i->arg[0]) : 0;
    return is_match;
}

/* x << k | x >> (width - k): the count to the left, 0: it is no rotation. */
static unsigned match_rotation(Sel *s, const IrInsn *i, unsigned size, uint32_t *x)
{
    for (unsigned n = 0; n < 2; n++) {
        uint32_t a = sel_resolve(s, i->arg[n]), b = sel_resolve(s, i->arg[!n]), y;
        uint64_t left, right;
        if (match_shift(s, a, IR_SHL_I32, IR_SHL_I64, size, x, &left) &&
            match_shift(s, b, IR_SHR_I32, IR_SHR_I64, size, &y, &right) && *x == y && left && left + right == size * 8) {
            return (unsigned)left;
        }
    }
    return 0;
}

/* and, or, xor: row->x = 0 1 2; with single bits by BTR, BTS, BTC. */
static void select_logic(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static const uint16_t bit_ops[] = { MOP_BTR, MOP_BTS, MOP_BTC };
    uint32_t d = sel_def(s, id), count, x;
    uint64_t c;
    int32_t imm;
    unsigned left = row->x ? match_rotation(s, i, row->size, &x) : 0;
    if (left) {
        bool is_bmi = host_features.bmi2 && !sel_dies(s, x);
        SelArg a = sel_arg_reg(row->size == 8 ? sel_reg(s, x) : sel_low(s, x));
        if (is_bmi) {
            sel_emit2(s, MOP_RORX, row->size, d, a)->imm = row->size * 8 - left;
        } else {
            sel_emit3(s, MOP_ROL, row->size, d, a, sel_arg_imm((int32_t)left));
        }
        return;
    }
    for (unsigned n = 0; n < 2 && row->x > 0; n++) {
        if (match_one_shifted(s, i->arg[n], row->size, &count)) {
            uint32_t a = sel_reg(s, i->arg[!n]);
            sel_emit3(s, bit_ops[row->x], row->size, d, sel_arg_reg(a), sel_arg_reg(sel_reg(s, count)));
            return;
        }
    }
    for (unsigned n = 0; n < 2; n++) {
        uint32_t a = i->arg[!n];
        if (!sel_const(s, i->arg[n], &c)) {
            continue;
        }
        c = row->size == 8 ? c : (uint32_t)c;
        uint64_t bit = row->x == 0 ? ~c : c;
        if (row->x == 2 && (row->size == 8 ? c == UINT64_MAX : (uint32_t)c == UINT32_MAX)) {
            sel_emit2(s, MOP_NOT, row->size, d, sel_arg_reg(sel_reg(s, a)));
        } else if (row->x == 0 && c == 0xff) {
            sel_emit2(s, MOP_MOVZX8, 4, d, sel_arg_any(s, a, 1));
        } else if (row->x == 0 && c == 0xffff) {
            sel_emit2(s, MOP_MOVZX16, 4, d, sel_arg_any(s, a, 2));
        } else if (row->x == 0 && c == UINT32_MAX && row->size == 8) {
            sel_emit2(s, MOP_MOV, 4, d, sel_arg_any(s, a, 4));
        } else if (row->size == 8 && row->x == 0 && c <= UINT32_MAX) {
            sel_emit3(s, MOP_AND, 4, d, sel_arg_reg(sel_reg(s, a)), sel_arg_imm((int32_t)c));
        } else if (row->size == 8 && !sel_imm(s, i->arg[n], 8, &imm) && bit && (bit & (bit - 1)) == 0) {
            MOp op = bit_ops[row->x];
            sel_emit3(s, op, 8, d, sel_arg_reg(sel_reg(s, a)), sel_arg_imm(__builtin_ctzll(bit)));
        } else {
            break;
        }
        return;
    }
    tied(s, row->mop, row->size, d, i->arg[0], i->arg[1], true);
}

static void select_andn(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id), count;
    if (match_one_shifted(s, i->arg[1], row->size, &count)) {
        uint32_t a = sel_reg(s, i->arg[0]);
        sel_emit3(s, MOP_BTR, row->size, d, sel_arg_reg(a), sel_arg_reg(sel_reg(s, count)));
    } else if (host_features.bmi1) {
        SelArg a = sel_arg_any(s, i->arg[0], row->size);
        sel_emit3(s, MOP_ANDN, row->size, d, sel_arg_reg(sel_reg(s, i->arg[1])), a);
    } else {
        uint32_t t = sel_new(s, M_GPR, row->size), b = sel_reg(s, i->arg[1]);
        SelArg a = sel_arg_any_imm(s, i->arg[0], row->size);
        sel_emit2(s, MOP_NOT, row->size, t, sel_arg_reg(b));
        sel_emit3(s, MOP_AND, row->size, d, sel_arg_reg(t), a);
    }
}

/* The count without a mask that the host applies as well. */
static uint32_t shift_count(Sel *s, uint32_t v, unsigned size)
{
    uint64_t c;
    for (;;) {
        const IrInsn *i = &s->r->insns[v];
        bool is_and = i->op == IR_AND_I64 || i->op == IR_AND_I32;
        if (is_and && !s->vreg[v] && sel_const(s, i->arg[1], &c) && (c & (size * 8 - 1)) == size * 8 - 1 &&
            !sel_const(s, i->arg[0], &c)) {
            v = i->arg[0];
        } else if ((i->op == IR_ZEXT_I64 || i->op == IR_SEXT_I64 || i->op == IR_SEXT32_I64 || i->op == IR_ZEXT32_I64) &&
                   !s->vreg[v] && !sel_const(s, i->arg[0], &c)) {
            v = i->arg[0];
        } else {
            return v;
        }
    }
}

/* row->mop: the form that ties; row->x: 1 2 3: shl shr sar (BMI2 forms), 4 5: rotations. */
static void select_shift(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static const uint16_t bmi_ops[] = { 0, MOP_SHLX, MOP_SHRX, MOP_SARX };
    uint32_t d = sel_def(s, id), a = i->arg[0];
    uint64_t c;
    if (sel_const(s, i->arg[1], &c)) {
        c &= row->size * 8 - 1;
        bool dies = sel_dies(s, a);
        if (row->x == 1 && c >= 1 && c <= 3 && !dies) {
            uint32_t x = sel_reg(s, a);
            SelMem m = { .base = c == 1 ? x : 0, .index = x, .scale = c == 1 ? 0 : c };
            SelArg args[] = { sel_arg_reg(d), sel_arg_mem(&m) };
            sel_emit(s, MOP_LEA, row->size, 2, args);
        } else if (row->x >= 4 && host_features.bmi2 && !dies) {
            MInsn *m = sel_emit2(s, MOP_RORX, row->size, d, sel_arg_reg(sel_reg(s, a)));
            m->imm = row->x == 5 ? c : -c & (row->size * 8 - 1);
        } else {
            sel_emit3(s, row->mop, row->size, d, sel_arg_reg(sel_reg(s, a)), sel_arg_imm((int32_t)c));
        }
        return;
    }
    uint32_t count = shift_count(s, i->arg[1], row->size);
    SelArg x = sel_arg_any(s, a, row->size);
    if (host_features.bmi2 && row->x < 4) {
        sel_emit3(s, bmi_ops[row->x], row->size, d, x, sel_arg_reg(sel_reg(s, count)));
    } else {
        uint32_t y = sel_reg(s, count);
        if (x.kind != ARG_ANY) {
            uint32_t t = sel_new(s, M_GPR, row->size);
            sel_emit2(s, MOP_MOV, row->size, t, x);
            x = sel_arg_reg(t);
        }
        sel_emit3(s, row->mop, row->size, d, sel_arg_reg(x.vreg), sel_arg_reg(y));
    }
}

static void select_mul(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id);
    int32_t imm;
    for (unsigned n = 0; n < 2; n++) {
        if (sel_imm(s, i->arg[n], row->size, &imm)) {
            sel_emit2(s, MOP_IMUL3, row->size, d, sel_arg_any(s, i->arg[!n], row->size))->imm = (uint64_t)(int64_t)imm;
            return;
        }
    }
    tied(s, MOP_IMUL, row->size, d, i->arg[0], i->arg[1], true);
}

/* The register of the second result. */
static uint32_t second_def(Sel *s, uint32_t id)
{
    uint32_t v = s->second[id];
    return v && s->vreg[v] ? s->vreg[v] : sel_new(s, M_GPR, 8);
}

/* A carry that is the comparison of a sum, made in this block, with a summand: of one operation with the sum. */
static void join_sum(Sel *s, uint32_t carry)
{
    IrInsn *insns = s->r->insns, *cmp = &insns[carry], *sum = &insns[cmp->arg[0]];
    bool is_it = cmp->op == IR_CMP_ULT_I64 && sum->op == IR_ADD_I64 && cmp->block == s->block && sum->block == s->block &&
                 (cmp->arg[1] == sum->arg[0] || cmp->arg[1] == sum->arg[1]);
    if (is_it && s->no_carry) {
        sum->op = IR_ADC_I64;
        sum->nargs = 3;
        sum->arg[2] = s->no_carry;
        cmp->op = IR_RESULT_I32;
        cmp->nargs = 1;
        cmp->arg[1] = 0;
        cmp->aux = 1;
        s->second[cmp->arg[0]] = carry;
    }
}

/* CF = bit 0 of the value. */
static void take_carry(Sel *s, uint32_t carry)
{
    const IrInsn *i = &s->r->insns[carry];
    uint64_t c;
    if (!s->is_alone && i->op == IR_CMP_NE_I64 && !s->vreg[carry] && sel_const(s, i->arg[1], &c) && c == 0) {
        SelArg below_one[] = { sel_arg_reg(sel_reg(s, i->arg[0])), sel_arg_imm(1) };
        sel_emit(s, MOP_CMP, 8, 2, below_one);
        sel_emit0(s, MOP_CMC);
    } else {
        SelArg bit[] = { sel_arg_reg(sel_low(s, carry)), sel_arg_imm(0) };
        sel_emit(s, MOP_BT, 4, 2, bit)->cond = X86_CARRY_IN;
    }
}

/* The carry goes in and out by registers here; carry.c leaves it in the flags. */
static void select_adc(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    join_sum(s, i->arg[2]);
    uint32_t d = sel_def(s, id), second = s->second[id];
    uint64_t c;
    if (sel_const(s, i->arg[2], &c) && !(c & 1)) {
        tied(s, MOP_ADD, 8, d, i->arg[0], i->arg[1], true);
    } else {
        take_carry(s, i->arg[2]);
        tied(s, MOP_ADC, 8, d, i->arg[0], i->arg[1], true);
        s->m->has_carries = true;
    }
    if (second && s->vreg[second]) {
        sel_emit1(s, MOP_SETCC, 4, s->vreg[second])->cond = X86_B;
    }
}

static void select_mul2(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t low = sel_def(s, id), high = second_def(s, id);
    uint32_t a = sel_reg(s, i->arg[0]);
    SelArg b = sel_arg_any(s, i->arg[1], 8);
    if (b.kind == ARG_ANY && b.vreg == a) {
        b.kind = ARG_REG;
    }
    if (row->mop == MOP_MUL && host_features.bmi2) {
        SelArg args[] = { sel_arg_reg(low), sel_arg_reg(high), sel_arg_reg(a), b };
        sel_emit(s, MOP_MULX, 8, 4, args);
    } else {
        SelArg args[] = { sel_arg_reg(low), sel_arg_reg(a), sel_arg_reg(high), b };
        sel_emit(s, row->mop, 8, 4, args);
    }
}

/* row->x: 0 quotient, 1 remainder, 2 both. */
static void select_div(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    unsigned size = row->size;
    uint32_t q = row->x == 1 ? sel_new(s, M_GPR, size) : sel_def(s, id);
    uint32_t m = row->x == 0 ? sel_new(s, M_GPR, size) : row->x == 1 ? sel_def(s, id) : second_def(s, id);
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]);
    SelArg args[] = { sel_arg_reg(q), sel_arg_reg(a), sel_arg_reg(m), sel_arg_reg(b) };
    sel_emit(s, row->mop, size, 4, args);
}

/* sel_resolve has told the operation of it. */
static void select_result(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row) { lyre_assert(i->aux == 1); }

static void select_min_max(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id), a = i->arg[0], b = i->arg[1];
    uint64_t c;
    if (sel_const(s, a, &c) || (!sel_dies(s, a) && sel_dies(s, b))) {
        a = i->arg[1];
        b = i->arg[0];
    }
    uint32_t x = sel_reg(s, a), y = sel_reg(s, b);
    SelArg cmp[] = { sel_arg_reg(x), sel_arg_any_imm(s, b, row->size) };
    sel_emit(s, MOP_CMP, row->size, 2, cmp);
    /* row->x holds when x is to give way to y */
    sel_emit3(s, MOP_CMOV, row->size, d, sel_arg_reg(x), sel_arg_reg(y))->cond = row->x;
}

static void select_unary(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit2(s, row->mop, row->size, sel_def(s, id), sel_arg_reg(a));
}

/* Extensions: row->x = source size. */
static void select_extend(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg a = sel_arg_any(s, i->arg[0], row->x);
    sel_emit2(s, row->mop, row->size, sel_def(s, id), a);
}

/* row->x: 0 clz, 1 ctz. */
static void select_count_zeros(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id);
    bool is_ctz = row->x;
    SelArg a = sel_arg_any(s, i->arg[0], row->size);
    if (is_ctz ? host_features.bmi1 : host_features.lzcnt) {
        sel_emit2(s, is_ctz ? MOP_TZCNT : MOP_LZCNT, row->size, d, a);
        return;
    }
    unsigned bits = row->size * 8;
    uint32_t zero = sel_const_reg(s, is_ctz ? bits : bits * 2 - 1, row->size);
    uint32_t t = sel_new(s, M_GPR, row->size);
    uint32_t e = is_ctz ? d : sel_new(s, M_GPR, row->size);
    sel_emit2(s, is_ctz ? MOP_BSF : MOP_BSR, row->size, t, a);
    sel_emit3(s, MOP_CMOV, row->size, e, sel_arg_reg(t), sel_arg_reg(zero))->cond = X86_E;
    if (!is_ctz) {
        sel_emit3(s, MOP_XOR, row->size, d, sel_arg_reg(e), sel_arg_imm((int32_t)bits - 1));
    }
}

static void select_popcnt(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg a = sel_arg_any(s, i->arg[0], row->size);
    sel_emit2(s, MOP_POPCNT, row->size, sel_def(s, id), a);
}

/* An extension of a wide value's low half, when it was no alias. trunc.i32 itself is never selected: it is one. */
static void select_alias(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row) { lyre_assert(!s->vreg[id]); }

#define BOTH(name, fn, mop, x) \
    { IR_##name##_I32, { fn, mop, 4, x } }, { IR_##name##_I64, { fn, mop, 8, x } }

const SelEntry sel_int_rows[] = {
    BOTH(ADD, select_add, 0, 0),
    BOTH(SUB, select_sub, 0, 0),
    BOTH(MUL, select_mul, 0, 0),
    BOTH(AND, select_logic, MOP_AND, 0),
    BOTH(OR, select_logic, MOP_OR, 1),
    BOTH(XOR, select_logic, MOP_XOR, 2),
    BOTH(ANDN, select_andn, 0, 0),
    BOTH(SHL, select_shift, MOP_SHL, 1),
    BOTH(SHR, select_shift, MOP_SHR, 2),
    BOTH(SAR, select_shift, MOP_SAR, 3),
    BOTH(ROTL, select_shift, MOP_ROL, 4),
    BOTH(ROTR, select_shift, MOP_ROR, 5),
    BOTH(SMIN, select_min_max, 0, X86_G),
    BOTH(SMAX, select_min_max, 0, X86_L),
    BOTH(UMIN, select_min_max, 0, X86_A),
    BOTH(UMAX, select_min_max, 0, X86_B),
    BOTH(CLZ, select_count_zeros, 0, 0),
    BOTH(CTZ, select_count_zeros, 0, 1),
    BOTH(POPCNT, select_popcnt, 0, 0),
    BOTH(BSWAP, select_unary, MOP_BSWAP, 0),
    BOTH(SEXT8, select_extend, MOP_MOVSX8, 1),
    BOTH(SEXT16, select_extend, MOP_MOVSX16, 2),
    { IR_ZEXT8_I32, { select_extend, MOP_MOVZX8, 4, 1 } },
    { IR_ZEXT16_I32, { select_extend, MOP_MOVZX16, 4, 2 } },
    { IR_ZEXT8_I64, { select_extend, MOP_MOVZX8, 4, 1 } },
    { IR_ZEXT16_I64, { select_extend, MOP_MOVZX16, 4, 2 } },
    { IR_SEXT32_I64, { select_extend, MOP_MOVSX32, 8, 4 } },
    { IR_SEXT_I64, { select_extend, MOP_MOVSX32, 8, 4 } },
    { IR_ZEXT32_I64, { select_extend, MOP_MOV, 4, 4 } },
    { IR_ZEXT_I64, { select_extend, MOP_MOV, 4, 4 } },
    { IR_TRUNC_I32, { select_alias, 0, 0, 0 } },
    BOTH(DIV_S, select_div, MOP_DIVMOD_S, 0),
    BOTH(DIV_U, select_div, MOP_DIVMOD_U, 0),
    BOTH(REM_S, select_div, MOP_DIVMOD_S, 1),
    BOTH(REM_U, select_div, MOP_DIVMOD_U, 1),
    { IR_DIVREM_S_I64, { select_div, MOP_DIVMOD_S, 8, 2 } },
    { IR_DIVREM_U_I64, { select_div, MOP_DIVMOD_U, 8, 2 } },
    { IR_ADC_I64, { select_adc, 0, 8, 0 } },
    { IR_MUL2_S_I64, { select_mul2, MOP_IMUL1, 8, 0 } },
    { IR_MUL2_U_I64, { select_mul2, MOP_MUL, 8, 0 } },
    { IR_RESULT_I32, { select_result, 0, 0, 0 } },
    { IR_RESULT_I64, { select_result, 0, 0, 0 } },
    { 0 },
};
