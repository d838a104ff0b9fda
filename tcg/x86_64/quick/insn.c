/* SPDX-License-Identifier: MIT */
/* Operations: one function per shape of instruction, one row per IR operation. */
#include "tcg/code.h"
#include "tcg/x86_64/quick/quick.h"
#include "util/assert.h"

/* ---- making operations */

static uint32_t width(unsigned size) { return size == 8 ? X86_W : 0; }

static uint32_t vector_move(unsigned size) { return X86_0F | (size == 4 ? X86_PP_F3 : size == 8 ? X86_PP_F2 : 0); }

static QOp *sse_op(Quick *q, uint32_t opcode, unsigned reg, X86Rm rm)
{
    QOp *op = quick_op(q, opcode, reg % Q_XMM, rm);
    op->kind = Q_SSE;
    return op;
}

void quick_mov(Quick *q, unsigned size, unsigned dst, X86Rm src)
{
    if (dst < Q_XMM) {
        quick_op(q, 0x8b | width(size), dst, src);
    } else {
        sse_op(q, src.kind == X86_RM_REG ? 0x28 | X86_0F : 0x10 | vector_move(size), dst, src);
    }
}

void quick_store(Quick *q, unsigned size, unsigned reg, X86Rm dst)
{
    if (reg < Q_XMM) {
        quick_op(q, 0x89 | width(size), reg, dst);
    } else {
        sse_op(q, 0x11 | vector_move(size), reg, dst);
    }
}

void quick_mov_imm(Quick *q, unsigned dst, uint64_t imm)
{
    QOp *op = quick_new(q);
    op->kind = Q_MOV_IMM;
    op->reg = (uint8_t)dst;
    op->imm = imm;
}

static void with_imm(QOp *op, int32_t imm, unsigned size)
{
    op->imm = (uint32_t)imm;
    op->imm_size = (uint8_t)size;
}

/* v as an immediate of an operation of `size` bytes. */
static bool as_imm(const Quick *q, uint32_t v, unsigned size, int32_t *imm)
{
    uint64_t c;
    if (!quick_const(q, v, &c)) {
        return false;
    }
    *imm = (int32_t)c;
    return size < 8 || (int64_t)c == *imm;
}

static bool is_reg(X86Rm rm, unsigned reg) { return rm.kind == X86_RM_REG && rm.base == reg; }

static void alu_imm(Quick *q, unsigned alu, unsigned size, X86Rm rm, int32_t imm)
{
    bool is_short = x86_fits8(imm);
    with_imm(quick_op(q, (is_short ? 0x83u : 0x81u) | width(size), alu, rm), imm, is_short ? 1 : 4);
}

/* ---- two operands */

/* reg = a + b where both are in registers, and no result of theirs is in reg. */
static bool add_three(Quick *q, unsigned dst, unsigned size, uint32_t a, uint32_t b)
{
    int32_t imm;
    unsigned x = quick_where(q, a);
    if (x == Q_NO_REG || x == dst) {
        return false;
    }
    if (as_imm(q, b, size, &imm)) {
        quick_op(q, 0x8d | width(size), dst, x86_rm_mem(x, imm));
        return true;
    }
    unsigned y = quick_where(q, b);
    if (y == Q_NO_REG || y == dst) {
        return false;
    }
    X86Rm rm = x86_rm_mem(x, 0);
    rm.index = (uint8_t)y;
    quick_op(q, 0x8d | width(size), dst, rm);
    return true;
}

/* dst = a - b where b is in dst. */
static void subtract_from(Quick *q, unsigned dst, unsigned size, uint32_t a)
{
    int32_t imm;
    if (as_imm(q, a, size, &imm)) {
        alu_imm(q, X86_ALU_ADD, size, x86_rm_reg(dst), imm);
    } else {
        X86Rm rm = quick_rm(q, a);
        quick_op(q, 0x03 | width(size), dst, rm);
    }
    quick_op(q, 0xf7 | width(size), 3, x86_rm_reg(dst)); /* neg */
}

/* row->opcode: of the form reg op= rm; x: the digit of the immediate form */
static NOINLINE void alu_to(Quick *q, const IrInsn *i, const QRow *row, unsigned dst)
{
    uint32_t a = quick_resolve(q, i->arg[0]), b = quick_resolve(q, i->arg[1]);
    int32_t imm;
    bool is_add = row->x == X86_ALU_ADD, is_sub = row->x == X86_ALU_SUB;
    if (dst == Q_NO_REG || (is_add && add_three(q, dst, row->size, a, b))) {
        return;
    }
    if (as_imm(q, b, row->size, &imm)) {
        alu_imm(q, row->x, row->size, x86_rm_reg(dst), imm);
        quick_move_to(q, dst, a);
        return;
    }
    if (!is_sub && (quick_where(q, b) == dst || as_imm(q, a, 8, &imm))) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    X86Rm rm = quick_rm(q, b);
    if (is_reg(rm, dst) && quick_where(q, a) != dst) {
        lyre_assert(is_sub);
        subtract_from(q, dst, row->size, a);
        return;
    }
    quick_op(q, row->opcode | width(row->size), dst, rm);
    quick_move_to(q, dst, a);
}

static NOINLINE void alu_slow(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def_slow(q, id);
    alu_to(q, i, row, dst);
}

/* Mostly the left operand is in a register, and the right one an immediate. */
static void alu(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (UNLIKELY(!quick_is_plain_def(q, id))) {
        alu_slow(q, id, i, row);
        return;
    }
    int32_t imm;
    unsigned dst = quick_def_plain(q, id), place = quick_glance(q, i->arg[0]), x = place - 1;
    if (!place || !as_imm(q, i->arg[1], row->size, &imm)) {
        alu_to(q, i, row, dst);
    } else if (x != dst && row->x == X86_ALU_ADD) {
        quick_op(q, 0x8d | width(row->size), dst, x86_rm_mem(x, imm));
    } else {
        alu_imm(q, row->x, row->size, x86_rm_reg(dst), imm);
        if (x != dst) {
            quick_mov(q, row->size, dst, x86_rm_reg(x));
        }
    }
}

static void mul(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    uint32_t a = quick_resolve(q, i->arg[0]), b = quick_resolve(q, i->arg[1]);
    int32_t imm;
    if (as_imm(q, b, row->size, &imm)) {
        X86Rm rm = quick_rm_hint(q, a, dst);
        bool is_short = x86_fits8(imm);
        with_imm(quick_op(q, (is_short ? 0x6bu : 0x69u) | width(row->size), dst, rm), imm, is_short ? 1 : 4);
        return;
    }
    if (quick_where(q, b) == dst) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    X86Rm rm = quick_rm(q, b);
    quick_op(q, 0xaf | X86_0F | width(row->size), dst, rm);
    quick_move_to(q, dst, a);
}

/* a & ~b */
static void andn(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (!host_features.bmi1) {
        quick_general(q, id, i, row);
        return;
    }
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    unsigned b = quick_reg(q, i->arg[1]);
    X86Rm rm = quick_rm_hint(q, i->arg[0], dst);
    QOp *op = quick_op(q, 0xf2 | X86_0F38 | width(row->size), dst, rm);
    op->kind = Q_VEX;
    op->imm = b;
}

/* x: the digit; opcode: of the BMI2 form, 0: none */
static void shift(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    int32_t imm;
    bool is_imm = as_imm(q, i->arg[1], 4, &imm);
    if (!is_imm && (!host_features.bmi2 || !row->opcode)) {
        quick_general(q, id, i, row);
        return;
    }
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    if (is_imm) {
        with_imm(quick_op(q, 0xc1 | width(row->size), row->x, x86_rm_reg(dst)), imm & (row->size * 8 - 1), 1);
        quick_move_to(q, dst, i->arg[0]);
        return;
    }
    unsigned count = quick_reg(q, i->arg[1]);
    X86Rm rm = quick_rm_hint(q, i->arg[0], dst);
    QOp *op = quick_op(q, row->opcode | width(row->size), dst, rm);
    op->kind = Q_VEX;
    op->imm = count;
}

/* ---- one operand */

static void unary(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst != Q_NO_REG) {
        X86Rm rm = quick_rm_hint(q, i->arg[0], dst);
        quick_op(q, row->opcode, dst, rm);
    }
}

static void count_zeros(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    bool has = row->x == 'l' ? host_features.lzcnt : row->x == 't' ? host_features.bmi1 : host_features.popcnt;
    if (has) {
        unary(q, id, i, row);
    } else {
        quick_general(q, id, i, row);
    }
}

static bool is_compare(unsigned op) { return op >= IR_CMP_EQ_I32 && op <= IR_CMP_ULE_I64; }

/* A condition is 0 or 1 in all of its register already. */
static void zext(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    uint32_t v = quick_resolve(q, i->arg[0]);
    if (is_compare(q->insns[v].op) && quick_where(q, v) == Q_NO_REG) {
        const IrInsn *c = &q->insns[v];
        quick_compare(q, id, c, &quick_rows[c->op]);
    } else {
        unary(q, id, i, row);
    }
}

/* From a vector register's bits to a register; opcode: from memory */
static void to_integer(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    X86Rm rm = quick_rm(q, i->arg[0]);
    if (rm.kind == X86_RM_REG) {
        sse_op(q, 0x7e | X86_0F | X86_PP_66 | width(row->size), rm.base, x86_rm_reg(dst));
    } else {
        quick_op(q, 0x8b | width(row->size), dst, rm);
    }
}

static void to_vector(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst != Q_NO_REG) {
        X86Rm rm = quick_rm(q, i->arg[0]);
        sse_op(q, 0x6e | X86_0F | X86_PP_66 | width(row->size), dst, rm);
    }
}

static void nothing(Quick *q, uint32_t id, const IrInsn *i, const QRow *row) {}

/* ---- conditions */

static const uint8_t mirrored[16] = {
    [X86_E] = X86_E, [X86_NE] = X86_NE, [X86_B] = X86_A,  [X86_BE] = X86_AE, [X86_A] = X86_B, [X86_AE] = X86_BE,
    [X86_L] = X86_G, [X86_LE] = X86_GE, [X86_G] = X86_L, [X86_GE] = X86_LE,
};

void quick_compare_values(Quick *q, uint32_t a, uint32_t b, unsigned size, unsigned cond, QCond *out)
{
    uint64_t c;
    a = quick_resolve(q, a);
    b = quick_resolve(q, b);
    if (quick_const(q, a, &c)) {
        uint32_t t = a;
        a = b;
        b = t;
        cond = mirrored[cond];
    }
    *out = (QCond){ .cond = cond };
    if (as_imm(q, b, size, &out->imm)) {
        out->rm = quick_rm(q, a);
        if (out->imm == 0 && out->rm.kind == X86_RM_REG) { /* test */
            out->opcode = 0x85 | width(size);
            out->reg = out->rm.base;
        } else {
            out->imm_size = x86_fits8(out->imm) ? 1 : 4;
            out->opcode = (out->imm_size == 1 ? 0x83u : 0x81u) | width(size);
            out->reg = X86_ALU_CMP;
        }
        return;
    }
    X86Rm x = quick_rm(q, a);
    if (x.kind == X86_RM_REG) {
        out->rm = quick_rm(q, b);
        out->reg = x.base;
        out->opcode = 0x3b | width(size);
    } else {
        out->rm = x;
        out->reg = (uint8_t)quick_reg(q, b);
        out->opcode = 0x39 | width(size);
    }
}

void quick_emit_compare(Quick *q, const QCond *c)
{
    QOp *op = quick_op(q, c->opcode, c->reg, c->rm);
    op->imm = (uint32_t)c->imm;
    op->imm_size = c->imm_size;
}

void quick_cond(Quick *q, uint32_t v, QCond *out)
{
    v = quick_resolve(q, v);
    const IrInsn *i = &q->insns[v];
    if (is_compare(i->op) && quick_where(q, v) == Q_NO_REG) {
        const QRow *row = &quick_rows[i->op];
        quick_compare_values(q, i->arg[0], i->arg[1], row->size, row->x, out);
        return;
    }
    *out = (QCond){ .cond = X86_NE, .rm = quick_rm(q, v) };
    if (out->rm.kind == X86_RM_REG) {
        out->opcode = 0x85;
        out->reg = out->rm.base;
    } else {
        out->opcode = 0x83;
        out->reg = X86_ALU_CMP;
        out->imm_size = 1;
    }
}

/* size: of what is compared; x: X86Cond */
void quick_compare(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    QCond c;
    quick_compare_values(q, i->arg[0], i->arg[1], row->size, row->x, &c);
    quick_op(q, 0xb6 | X86_0F | X86_BYTE_RM, dst, x86_rm_reg(dst));
    quick_op(q, 0x90 | c.cond | X86_0F | X86_BYTE_RM, 0, x86_rm_reg(dst));
    quick_emit_compare(q, &c);
}

/* dst = condition ? x : y */
static void choose(Quick *q, unsigned dst, unsigned size, QCond *c, X86Rm x, uint32_t y)
{
    quick_op(q, 0x40 | c->cond | X86_0F | width(size), dst, x);
    quick_move_to(q, dst, y);
    quick_emit_compare(q, c);
}

static void select(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    uint32_t x = quick_resolve(q, i->arg[1]), y = quick_resolve(q, i->arg[2]);
    QCond c;
    bool is_swapped = quick_where(q, x) == dst;
    if (is_swapped) {
        uint32_t t = x;
        x = y;
        y = t;
    }
    X86Rm rm = quick_rm(q, x);
    quick_cond(q, i->arg[0], &c);
    c.cond ^= is_swapped;
    choose(q, dst, row->size, &c, rm, y);
}

/* x: the condition under which the first argument stays */
static void minmax(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned dst = quick_def(q, id);
    if (dst == Q_NO_REG) {
        return;
    }
    uint32_t a = quick_resolve(q, i->arg[0]), b = quick_resolve(q, i->arg[1]);
    if (quick_where(q, b) == dst) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    QCond c;
    unsigned rb = quick_reg(q, b);
    quick_compare_values(q, b, a, row->size, row->x, &c);
    choose(q, dst, row->size, &c, x86_rm_reg(rb), a);
}

/* ---- memory */

static bool is_simple(const IrInsn *i)
{
    return !(i->mem & (MEM_BIG_ENDIAN | MEM_ALIGNED | ~0u << MEM_INDEX_SHIFT));
}

static NOINLINE X86Rm address_slow(Quick *q, const IrInsn *i)
{
    uint64_t c;
    uint32_t v = quick_resolve(q, i->arg[0]);
    if (quick_const(q, v, &c)) {
        int64_t sum = (int64_t)(c + (uint64_t)(int64_t)i->aux);
        if (x86_fits32(sum)) {
            return x86_rm_mem(X86_RM_NONE, (int32_t)sum);
        }
    }
    return x86_rm_mem(quick_reg(q, v), i->aux);
}

static inline X86Rm address(Quick *q, const IrInsn *i)
{
    unsigned place = quick_glance(q, i->arg[0]);
    return place ? x86_rm_mem(quick_read(q, place - 1), i->aux) : address_slow(q, i);
}

static inline void load_op(Quick *q, const IrInsn *i, const QRow *row, unsigned dst, X86Rm rm)
{
    static const uint32_t opcodes[2][4] = { { 0xb6 | X86_0F, 0xb7 | X86_0F, 0x8b, 0x8b | X86_W }, { 0xbe | X86_0F, 0xbf | X86_0F, 0x63, 0x8b } };
    unsigned log = i->mem & MEM_SIZE_MASK;
    bool is_signed = i->mem & MEM_SIGNED && 1u << log < row->size;
    QOp *op = quick_op(q, opcodes[is_signed][log] | (is_signed ? width(row->size) : 0), dst, rm);
    op->access = (uint8_t)(1u << log);
    op->snap = i->snap;
    q->nrows++;
}

static NOINLINE void load_to(Quick *q, const IrInsn *i, const QRow *row, unsigned dst)
{
    X86Rm rm = address_slow(q, i);
    load_op(q, i, row, dst, rm);
}

static NOINLINE void load_slow(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (is_simple(i)) {
        unsigned dst = quick_def(q, id);
        load_to(q, i, row, dst != Q_NO_REG ? dst : quick_allocate(q, false));
    } else {
        quick_general(q, id, i, row);
    }
}

/* Mostly there is nothing to be done for the operands. */
static void load(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (UNLIKELY(!is_simple(i) || !quick_is_plain_def(q, id))) {
        load_slow(q, id, i, row);
        return;
    }
    unsigned dst = quick_def_plain(q, id), place = quick_glance(q, i->arg[0]);
    if (place) {
        load_op(q, i, row, dst, x86_rm_mem(place - 1, i->aux));
    } else {
        load_to(q, i, row, dst);
    }
}

/* Floating point and vectors, as they are */
static void load_vector(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (!is_simple(i)) {
        quick_general(q, id, i, row);
        return;
    }
    unsigned dst = quick_def(q, id);
    dst = dst == Q_NO_REG ? quick_allocate(q, true) : dst;
    X86Rm rm = address(q, i);
    q->nrows++;
    QOp *op = sse_op(q, 0x10 | vector_move(row->size), dst, rm);
    op->access = row->size;
    op->snap = i->snap;
}

static void store_vector(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (!is_simple(i) || MEM_ORDER(i->mem) == IR_ORDER_SEQ) {
        quick_general(q, id, i, row);
        return;
    }
    X86Rm rm = address(q, i);
    QOp *op = sse_op(q, 0x11 | vector_move(row->size), quick_reg(q, i->arg[1]), rm);
    op->access = row->size;
    op->is_store = true;
    op->snap = i->snap;
    q->nrows++;
}

static const uint32_t store_opcodes[] = { 0x88 | X86_BYTE_REG, 0x89 | X86_OSZ, 0x89, 0x89 | X86_W };

static inline QOp *store_op(Quick *q, const IrInsn *i, uint32_t opcode, unsigned reg, X86Rm rm)
{
    QOp *op = quick_op(q, opcode, reg, rm);
    op->access = (uint8_t)MEM_SIZE(i->mem);
    op->is_store = true;
    op->snap = i->snap;
    q->nrows++;
    return op;
}

static NOINLINE void store_slow(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    static const uint32_t imm_opcodes[] = { 0xc6, 0xc7 | X86_OSZ, 0xc7, 0xc7 | X86_W };
    unsigned log = i->mem & MEM_SIZE_MASK, size = 1u << log;
    int32_t imm;
    if (!is_simple(i) || MEM_ORDER(i->mem) == IR_ORDER_SEQ) {
        quick_general(q, id, i, row);
        return;
    }
    X86Rm rm = address(q, i);
    if (as_imm(q, quick_resolve(q, i->arg[1]), size, &imm)) {
        with_imm(store_op(q, i, imm_opcodes[log], 0, rm), imm, size < 8 ? size : 4);
    } else {
        unsigned reg = quick_reg(q, i->arg[1]);
        store_op(q, i, store_opcodes[log], reg, rm);
    }
}

static void store(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    unsigned base = quick_glance(q, i->arg[0]), reg = quick_glance(q, i->arg[1]);
    if (LIKELY(base && reg && is_simple(i) && MEM_ORDER(i->mem) != IR_ORDER_SEQ)) {
        store_op(q, i, store_opcodes[i->mem & MEM_SIZE_MASK], reg - 1, x86_rm_mem(base - 1, i->aux));
    } else {
        store_slow(q, id, i, row);
    }
}

#define BOTH(name, ...) [IR_##name##_I32] = { __VA_ARGS__, 4, 0 }, [IR_##name##_I64] = { __VA_ARGS__, 8, 0 }
#define BOTHX(name, x, ...) [IR_##name##_I32] = { __VA_ARGS__, 4, x }, [IR_##name##_I64] = { __VA_ARGS__, 8, x }

const QRow quick_rows[IR_OP_COUNT] = {
    BOTHX(ADD, X86_ALU_ADD, alu, 0x03),
    BOTHX(SUB, X86_ALU_SUB, alu, 0x2b),
    BOTHX(AND, X86_ALU_AND, alu, 0x23),
    BOTHX(OR, X86_ALU_OR, alu, 0x0b),
    BOTHX(XOR, X86_ALU_XOR, alu, 0x33),
    BOTH(ANDN, andn, 0),
    BOTH(MUL, mul, 0),
    BOTHX(SHL, X86_SHL, shift, 0xf7 | X86_0F38 | X86_PP_66),
    BOTHX(SHR, X86_SHR, shift, 0xf7 | X86_0F38 | X86_PP_F2),
    BOTHX(SAR, X86_SAR, shift, 0xf7 | X86_0F38 | X86_PP_F3),
    BOTHX(ROTL, 0, shift, 0),
    BOTHX(ROTR, 1, shift, 0),
    BOTHX(SMIN, X86_L, minmax, 0),
    BOTHX(SMAX, X86_G, minmax, 0),
    BOTHX(UMIN, X86_B, minmax, 0),
    BOTHX(UMAX, X86_A, minmax, 0),
    BOTHX(CMP_EQ, X86_E, quick_compare, 0),
    BOTHX(CMP_NE, X86_NE, quick_compare, 0),
    BOTHX(CMP_SLT, X86_L, quick_compare, 0),
    BOTHX(CMP_SLE, X86_LE, quick_compare, 0),
    BOTHX(CMP_ULT, X86_B, quick_compare, 0),
    BOTHX(CMP_ULE, X86_BE, quick_compare, 0),
    BOTH(SELECT, select, 0),
    [IR_SEXT8_I32] = { unary, 0xbe | X86_0F | X86_BYTE_RM, 4, 0 },
    [IR_SEXT16_I32] = { unary, 0xbf | X86_0F, 4, 0 },
    [IR_ZEXT8_I32] = { unary, 0xb6 | X86_0F | X86_BYTE_RM, 4, 0 },
    [IR_ZEXT16_I32] = { unary, 0xb7 | X86_0F, 4, 0 },
    [IR_SEXT8_I64] = { unary, 0xbe | X86_0F | X86_BYTE_RM | X86_W, 8, 0 },
    [IR_SEXT16_I64] = { unary, 0xbf | X86_0F | X86_W, 8, 0 },
    [IR_SEXT32_I64] = { unary, 0x63 | X86_W, 8, 0 },
    [IR_ZEXT8_I64] = { unary, 0xb6 | X86_0F | X86_BYTE_RM, 8, 0 },
    [IR_ZEXT16_I64] = { unary, 0xb7 | X86_0F, 8, 0 },
    [IR_ZEXT32_I64] = { unary, 0x8b, 8, 0 },
    [IR_SEXT_I64] = { unary, 0x63 | X86_W, 8, 0 },
    [IR_ZEXT_I64] = { zext, 0x8b, 8, 0 },
    [IR_CLZ_I32] = { count_zeros, 0xbd | X86_0F | X86_PP_F3, 4, 'l' },
    [IR_CLZ_I64] = { count_zeros, 0xbd | X86_0F | X86_PP_F3 | X86_W, 8, 'l' },
    [IR_CTZ_I32] = { count_zeros, 0xbc | X86_0F | X86_PP_F3, 4, 't' },
    [IR_CTZ_I64] = { count_zeros, 0xbc | X86_0F | X86_PP_F3 | X86_W, 8, 't' },
    [IR_POPCNT_I32] = { count_zeros, 0xb8 | X86_0F | X86_PP_F3, 4, 'p' },
    [IR_POPCNT_I64] = { count_zeros, 0xb8 | X86_0F | X86_PP_F3 | X86_W, 8, 'p' },
    [IR_TRUNC_I32] = { nothing, 0, 0, 0 },
    [IR_RESULT_I32] = { quick_result, 0, 0, 0 },
    [IR_RESULT_I64] = { quick_result, 0, 0, 0 },
    [IR_BITS_F32_I32] = { to_integer, 0, 4, 0 },
    [IR_BITS_F64_I64] = { to_integer, 0, 8, 0 },
    [IR_F32_BITS_F32] = { to_vector, 0, 4, 0 },
    [IR_F64_BITS_F64] = { to_vector, 0, 8, 0 },
    BOTH(LOAD, load, 0),
    [IR_LOAD_F32] = { load_vector, 0, 4, 0 },
    [IR_LOAD_F64] = { load_vector, 0, 8, 0 },
    [IR_LOAD_V128] = { load_vector, 0, 16, 0 },
    BOTH(STORE, store, 0),
    [IR_STORE_F32] = { store_vector, 0, 4, 0 },
    [IR_STORE_F64] = { store_vector, 0, 8, 0 },
    [IR_STORE_V128] = { store_vector, 0, 16, 0 },
    BOTH(PHI, nothing, 0),
    [IR_PHI_F32] = { nothing, 0, 0, 0 },
    [IR_PHI_F64] = { nothing, 0, 0, 0 },
    [IR_PHI_V128] = { nothing, 0, 0, 0 },
    [IR_PHI_CC] = { nothing, 0, 0, 0 },
    [IR_BR] = { quick_br, 0, 0, 0 },
    [IR_GOTO] = { quick_goto, 0, 0, 0 },
    [IR_EXIT] = { quick_leave, 0, 0, 0 },
    [IR_EXIT_INDIRECT] = { quick_leave, 0, 0, 0 },
    [IR_EXIT_RETURN] = { quick_leave, 0, 0, 0 },
    [IR_EXIT_CALL] = { quick_leave, 0, 0, 0 },
    [IR_EXIT_CALL_INDIRECT] = { quick_leave, 0, 0, 0 },
    [IR_EXIT_EVENT] = { quick_leave, 0, 0, 0 },
};
