/* SPDX-License-Identifier: MIT */
/* What rax and rdx are for: wide products, and division without traps. */
#include "tcg/x86_64/onepass/state.h"

enum { STUB_IS_WIDE = 1 << 4 }; /* EmitStub.arg: the divisor's register | the size */

static uint32_t width(unsigned size) { return size == 8 ? X86_W : 0; }

static void put(Emit *e, uint32_t opcode, unsigned reg, unsigned rm)
{
    X86Rm operand = x86_rm_reg(rm);
    x86_op_rm(&e->a, opcode, reg, &operand);
}

/* Where the result is to go may be one of them. */
static void take_both(Onepass *p, unsigned dst)
{
    for (unsigned reg = X86_RAX; reg <= X86_RDX; reg += X86_RDX - X86_RAX) {
        if (reg != dst) {
            one_take(p, reg);
        }
    }
}

/* opcode: the digit; of OneVal: c is the result asked for */
void one_wide(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    take_both(p, dst);
    X86Rm rm = one_rm(p, i->b);
    one_into(p, i->a, X86_RAX);
    x86_op_rm(&p->e->a, 0xf7 | width(row->size), row->opcode, &rm);
    unsigned result = i->c ? X86_RDX : X86_RAX;
    if (result != dst) {
        put(p->e, 0x8b | X86_W, dst, result);
    }
}

/* ---- division */

/* By zero: quotient all ones, remainder the dividend. */
static void by_zero(Emit *e, const EmitStub *s, unsigned size)
{
    x86_mov_rr(&e->a, size, X86_RDX, X86_RAX);
    x86_alu_imm(&e->a, X86_ALU_OR, size, x86_rm_reg(X86_RAX), -1);
    emit_jmp_to(e, s->resume);
}

static void stub_unsigned(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    by_zero(e, s, s->arg & STUB_IS_WIDE ? 8 : 4);
}

/* By 0 or -1: a quotient by -1 is the negation, which wraps for the most negative dividend. */
static void stub_signed(Emit *e, const EmitStub *s)
{
    unsigned by = s->arg & 15, size = s->arg & STUB_IS_WIDE ? 8 : 4;
    emit_stub_here(e, s);
    put(e, 0x85 | width(size), by, by); /* test */
    uint32_t field = emit_jcc_long(e, X86_NE);
    by_zero(e, s, size);
    emit_patch32(e, field, emit_pos(e));
    put(e, 0xf7 | width(size), 3, X86_RAX); /* neg */
    x86_alu_rr(&e->a, X86_ALU_XOR, 4, X86_RDX, X86_RDX);
    emit_jmp_to(e, s->resume);
}

/* opcode: the digit; x: the register of the result */
void one_divide(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    Emit *e = p->e;
    EmitStub *s;
    take_both(p, dst);
    unsigned by = one_reg(p, i->b);
    one_into(p, i->a, X86_RAX);
    if (row->opcode == 6) {
        put(e, 0x85 | width(row->size), by, by);
        s = emit_jcc_stub(e, X86_E, stub_unsigned, NULL, NULL);
        x86_alu_rr(&e->a, X86_ALU_XOR, 4, X86_RDX, X86_RDX);
    } else {
        X86Rm plus_one = x86_rm_mem(by, 1);
        x86_op_rm(&e->a, 0x8d | width(row->size), X86_RDX, &plus_one);
        x86_alu_imm(&e->a, X86_ALU_CMP, row->size, x86_rm_reg(X86_RDX), 1);
        s = emit_jcc_stub(e, X86_BE, stub_signed, NULL, NULL);
        x86_put(&e->a, row->size == 8 ? 0x9948 : 0x99, row->size == 8 ? 2 : 1); /* cqo, cdq */
    }
    put(e, 0xf7 | width(row->size), row->opcode, by);
    s->resume = emit_pos(e);
    s->arg = by | (row->size == 8 ? STUB_IS_WIDE : 0u);
    if (row->x != dst) {
        put(e, 0x8b | X86_W, dst, row->x);
    }
}
