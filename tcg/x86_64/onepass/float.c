/* SPDX-License-Identifier: MIT */
/*
 * Floating point: what moves and changes bits waits as integer operations do; arithmetic is done at once, in xmm0 and xmm1, and its result
 * goes on in a scratch register. What rounds by a mode of its own has no row.
 */
#include "tcg/x86_64/onepass/state.h"

static uint32_t width(unsigned size) { return size == 8 ? X86_W : 0; }

static void put(Onepass *p, uint32_t opcode, unsigned reg, unsigned rm)
{
    X86Rm operand = x86_rm_reg(rm);
    x86_op_rm(&p->e->a, opcode, reg, &operand);
}

static void put_imm8(Onepass *p, uint32_t opcode, unsigned digit, unsigned reg, unsigned imm)
{
    put(p, opcode, digit, reg);
    x86_put8(&p->e->a, imm);
}

/* ---- bits */

/* btc or btr (x: the digit) */
void one_sign_bit(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    one_into(p, i->a, dst);
    put_imm8(p, 0xba | X86_0F | width(row->size), row->x, dst, row->size * 8u - 1);
}

void one_copysign(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    unsigned sign = one_allocate(p), at = row->size * 8u - 1;
    one_into(p, i->b, sign);
    one_into(p, i->a, dst);
    put_imm8(p, 0xba | X86_0F | width(row->size), 6, dst, at); /* btr */
    put_imm8(p, 0xc1 | width(row->size), X86_SHR, sign, at);
    put_imm8(p, 0xc1 | width(row->size), X86_SHL, sign, at);
    put(p, 0x0b | width(row->size), dst, sign);
}

/* (v + 1) << 32 less 1 has v above ones. */
void one_box(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    one_into(p, i->a, dst);
    put_imm8(p, 0x83, X86_ALU_ADD, dst, 1);
    put_imm8(p, 0xc1 | X86_W, X86_SHL, dst, 32);
    put_imm8(p, 0x83 | X86_W, X86_ALU_SUB, dst, 1);
    put_imm8(p, 0xc1 | X86_W, 0, dst, 32); /* rol */
}

static uint64_t canonical_nan(unsigned size) { return size == 8 ? 0x7ff8000000000000 : 0x7fc00000; }

/* EmitStub.arg: the register | is a double << 4 */
static void stub_canonical(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    x86_mov_imm(&e->a, s->arg & 15, canonical_nan(s->arg >> 4 ? 8 : 4));
    emit_jmp_to(e, s->resume);
}

/* Of a slot, whose memory has its value. */
void one_unbox(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    if (i->a >= IR_MAX_SLOTS || p->region.slots[i->a].pin >= 0) {
        p->top.is_failed = true;
        return;
    }
    X86Rm rm = one_slot_memory(p, i->a);
    x86_load(&p->e->a, 4, dst, rm);
    rm.disp += 4;
    x86_alu_imm(&p->e->a, X86_ALU_CMP, 4, rm, -1);
    emit_jcc_stub(p->e, X86_NE, stub_canonical, NULL, NULL)->arg = dst;
}

/* ---- arithmetic */

enum { XMM0, XMM1 };
typedef struct FpRow FpRow;
struct FpRow {
    uint32_t (*fn)(Onepass *p, const FpRow *row, uint32_t x, uint32_t y);
    uint32_t opcode;
    uint8_t size, result; /* bytes of the operands, of the result */
    uint8_t x;            /* the function's own */
};

static void to_vector(Onepass *p, unsigned xmm, uint32_t v, unsigned size)
{
    if (p->vals[v].kind == ONE_MEM) {
        x86_loadv(&p->e->a, size, xmm, one_slot_memory(p, v));
    } else {
        x86_movd_to_vec(&p->e->a, size, xmm, one_reg(p, v));
    }
}

/* Memory, or xmm1. */
static X86Rm vector_operand(Onepass *p, uint32_t v, unsigned size)
{
    if (p->vals[v].kind == ONE_MEM) {
        return one_slot_memory(p, v);
    }
    to_vector(p, XMM1, v, size);
    return x86_rm_reg(XMM1);
}

/* xmm0 as a value. */
static uint32_t result(Onepass *p, unsigned size)
{
    unsigned reg = one_allocate(p);
    x86_movd_to_gpr(&p->e->a, size, reg, XMM0);
    return one_new_register(p, reg);
}

static uint32_t two_operands(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    to_vector(p, XMM0, x, row->size);
    X86Rm rm = vector_operand(p, y, row->size);
    x86_sse_rm(&p->e->a, row->opcode, XMM0, XMM0, &rm);
    return result(p, row->result);
}

static uint32_t one_operand(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    X86Rm rm = vector_operand(p, x, row->size);
    x86_sse_rm(&p->e->a, row->opcode, XMM0, XMM0, &rm);
    return result(p, row->result);
}

static uint32_t from_signed(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    X86Rm rm = one_rm(p, x);
    x86_sse_rm(&p->e->a, row->opcode | width(row->size), XMM0, XMM0, &rm);
    return result(p, row->result);
}

static uint32_t from_unsigned_32(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    unsigned wide = one_allocate(p);
    X86Rm rm = one_rm(p, x);
    x86_load(&p->e->a, 4, wide, rm);
    rm = x86_rm_reg(wide);
    x86_sse_rm(&p->e->a, row->opcode | X86_W, XMM0, XMM0, &rm);
    return result(p, row->result);
}

/* x: the condition under which y compares so with x */
static uint32_t is_less(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    to_vector(p, XMM0, y, row->size);
    X86Rm rm = vector_operand(p, x, row->size);
    x86_sse_rm(&p->e->a, row->opcode, XMM0, X86_NO_VVVV, &rm);
    unsigned reg = one_allocate(p);
    put(p, 0x90u | row->x | X86_0F | X86_BYTE_RM, 0, reg);
    put(p, 0xb6 | X86_0F | X86_BYTE_RM, reg, reg);
    return one_new_register(p, reg);
}

/* Neither unequal nor unordered. */
static uint32_t is_equal(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    to_vector(p, XMM0, x, row->size);
    X86Rm rm = vector_operand(p, y, row->size);
    x86_sse_rm(&p->e->a, row->opcode, XMM0, X86_NO_VVVV, &rm);
    unsigned reg = one_allocate(p), zero = one_allocate(p);
    put(p, 0x9b | X86_0F | X86_BYTE_RM, 0, reg); /* setnp */
    put(p, 0xb6 | X86_0F | X86_BYTE_RM, reg, reg);
    x86_mov_imm(&p->e->a, zero, 0);
    put(p, 0x45 | X86_0F, reg, zero); /* cmovne */
    return one_new_register(p, reg);
}

/* In its register. */
static uint32_t canonical(Onepass *p, const FpRow *row, uint32_t x, uint32_t y)
{
    unsigned reg = one_reg(p, x);
    if (x < IR_MAX_SLOTS) {
        return onepass_give_up(p);
    }
    x86_movd_to_vec(&p->e->a, row->size, XMM0, reg);
    X86Rm rm = x86_rm_reg(XMM0);
    x86_sse_rm(&p->e->a, row->opcode, XMM0, X86_NO_VVVV, &rm);
    emit_jcc_stub(p->e, X86_P, stub_canonical, NULL, NULL)->arg = reg | (row->size == 8) << 4;
    return x;
}

enum { UCOMIS = 0x2e, COMIS = 0x2f, FROM_INT = 0x2a };
#define SCALAR(op, name, fn, x)                                        \
    [IR_##name##_F32] = { fn, (op) | X86_0F | X86_PP_F3, 4, 4, x },    \
    [IR_##name##_F64] = { fn, (op) | X86_0F | X86_PP_F2, 8, 8, x }
#define COMPARE(op, name, fn, x)                                       \
    [IR_##name##_F32] = { fn, (op) | X86_0F, 4, 4, x },                \
    [IR_##name##_F64] = { fn, (op) | X86_0F | X86_PP_66, 8, 8, x }

static const FpRow fp_rows[IR_OP_COUNT] = {
    SCALAR(0x58, FADD, two_operands, 0),
    SCALAR(0x5c, FSUB, two_operands, 0),
    SCALAR(0x59, FMUL, two_operands, 0),
    SCALAR(0x5e, FDIV, two_operands, 0),
    SCALAR(0x51, FSQRT, one_operand, 0),
    COMPARE(UCOMIS, FCANON, canonical, 0),
    COMPARE(UCOMIS, FCMP_EQ, is_equal, 0),
    COMPARE(COMIS, FCMP_LT, is_less, X86_A),
    COMPARE(COMIS, FCMP_LE, is_less, X86_AE),
    COMPARE(UCOMIS, FCMP_LTQ, is_less, X86_A),
    COMPARE(UCOMIS, FCMP_LEQ, is_less, X86_AE),
    [IR_F32_TO_F64_F64] = { one_operand, 0x5a | X86_0F | X86_PP_F3, 4, 8, 0 },
    [IR_F64_TO_F32_F32] = { one_operand, 0x5a | X86_0F | X86_PP_F2, 8, 4, 0 },
    [IR_I32_S_TO_F32_F32] = { from_signed, FROM_INT | X86_0F | X86_PP_F3, 4, 4, 0 },
    [IR_I32_S_TO_F64_F64] = { from_signed, FROM_INT | X86_0F | X86_PP_F2, 4, 8, 0 },
    [IR_I64_S_TO_F32_F32] = { from_signed, FROM_INT | X86_0F | X86_PP_F3, 8, 4, 0 },
    [IR_I64_S_TO_F64_F64] = { from_signed, FROM_INT | X86_0F | X86_PP_F2, 8, 8, 0 },
    [IR_I32_U_TO_F32_F32] = { from_unsigned_32, FROM_INT | X86_0F | X86_PP_F3, 4, 4, 0 },
    [IR_I32_U_TO_F64_F64] = { from_unsigned_32, FROM_INT | X86_0F | X86_PP_F2, 4, 8, 0 },
};

uint32_t onepass_fp2(Onepass *p, IrOp op, uint32_t x, uint32_t y)
{
    const FpRow *row = &fp_rows[op];
    return row->fn ? row->fn(p, row, x, y) : onepass_give_up(p);
}

uint32_t onepass_fp1(Onepass *p, IrOp op, uint32_t x) { return onepass_fp2(p, op, x, x); }
