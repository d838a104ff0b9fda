/* SPDX-License-Identifier: MIT */
/* Composite integer operations: division without traps, alignment checks, read-modify-write loops. */
#include "tcg/x86_64/emit_state.h"
#include "util/assert.h"

static uint32_t width(const MInsn *insn) { return insn->size == 8 ? X86_W : 0; }

static void test_self(Emit *e, const MInsn *insn, unsigned reg)
{
    X86Rm rm = x86_rm_reg(reg);
    x86_op_rm(&e->a, 0x85 | width(insn), reg, &rm);
}

/* ---- division */

/* By zero: quotient all ones, remainder the dividend. */
static void by_zero(Emit *e, const EmitStub *s)
{
    x86_mov_rr(&e->a, s->insn->size, X86_RDX, X86_RAX);
    x86_alu_imm(&e->a, X86_ALU_OR, s->insn->size, x86_rm_reg(X86_RAX), -1);
    emit_jmp_to(e, s->resume);
}

static void stub_div_u(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    by_zero(e, s);
}

/* By 0 or -1: a quotient by -1 is the negation, which wraps for the most negative dividend. */
static void stub_div_s(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    test_self(e, s->insn, s->ops[3].loc.index);
    uint32_t field = emit_jcc_long(e, X86_NE);
    by_zero(e, s);
    emit_patch32(e, field, emit_pos(e));
    X86Rm rax = x86_rm_reg(X86_RAX);
    x86_op_rm(&e->a, 0xf7 | width(s->insn), 3, &rax);
    x86_alu_rr(&e->a, X86_ALU_XOR, 4, X86_RDX, X86_RDX);
    emit_jmp_to(e, s->resume);
}

void emit_divmod(Emit *e, const MInsn *insn, const MOperand *ops)
{
    X86Asm *a = &e->a;
    unsigned digit = mop_info[insn->op].opcode, by = ops[3].loc.index;
    X86Rm rm = x86_rm_reg(by);
    lyre_assert(ops[3].loc.kind == LOC_REG && by != X86_RAX && by != X86_RDX);
    EmitStub *s;
    if (digit == 6) {
        test_self(e, insn, by);
        s = emit_jcc_stub(e, X86_E, stub_div_u, insn, ops);
        x86_alu_rr(a, X86_ALU_XOR, 4, X86_RDX, X86_RDX);
    } else {
        X86Rm plus_one = x86_rm_mem(by, 1);
        x86_op_rm(a, 0x8d | width(insn), X86_RDX, &plus_one);
        x86_alu_imm(a, X86_ALU_CMP, insn->size, x86_rm_reg(X86_RDX), 1);
        s = emit_jcc_stub(e, X86_BE, stub_div_s, insn, ops);
        if (insn->size == 8) {
            x86_put8(a, 0x48);
        }
        x86_put8(a, 0x99);
    }
    x86_op_rm(a, 0xf7 | width(insn), digit, &rm);
    s->resume = emit_pos(e);
}

/* ---- alignment */

static void stub_align(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    emit_row(e, s->insn, s->ops, emit_pos(e), SIDE_ALIGN, s->insn->flags & MF_DST64);
    x86_put8(&e->a, 0x0f); /* ud2 */
    x86_put8(&e->a, 0x0b);
}

void emit_align(Emit *e, const MInsn *insn, const MOperand *ops)
{
    X86Rm m = x86_insn_mem(insn, ops);
    unsigned mask = (unsigned)insn->imm, reg = m.base;
    lyre_assert(mask < 0x80 && insn->mem_at == 0);
    if (m.base == X86_RM_NONE || m.index != X86_RM_NONE || ((unsigned)m.disp & mask)) {
        reg = ops[2].loc.index;
        x86_lea(&e->a, reg, m);
    }
    X86Rm rm = x86_rm_reg(reg);
    x86_op_rm(&e->a, 0xf6 | X86_BYTE_RM, 0, &rm);
    x86_put8(&e->a, mask);
    emit_jcc_stub(e, X86_NE, stub_align, insn, ops);
}

/* ---- read-modify-write by compare and swap */

/* An opcode whose byte form is one less. */
static uint32_t sized(const MInsn *insn, uint32_t opcode)
{
    switch (insn->size) {
    case 1: return (opcode - 1) | X86_BYTE_REG | X86_BYTE_RM;
    case 2: return opcode | X86_OSZ;
    default: return opcode | width(insn);
    }
}

static void swap_bytes(Emit *e, const MInsn *insn, unsigned reg)
{
    if (insn->flags & MF_SWAPPED && insn->size == 2) {
        x86_shift_imm(&e->a, 0, 2, reg, 8); /* rol */
    } else if (insn->flags & MF_SWAPPED && insn->size > 2) {
        x86_put8(&e->a, 0x40u | (insn->size == 8) << 3 | reg >> 3); /* bswap */
        x86_put8(&e->a, 0x0f);
        x86_put8(&e->a, 0xc8 | (reg & 7));
    }
}

static void rmw_value(Emit *e, const MInsn *insn, unsigned t, unsigned value)
{
    static const uint8_t alu[] = { [X86_RMW_AND] = X86_ALU_AND, [X86_RMW_OR] = X86_ALU_OR, [X86_RMW_XOR] = X86_ALU_XOR,
                                   [X86_RMW_ADD] = X86_ALU_ADD };
    static const uint8_t replace_when[] = { [X86_RMW_SMIN] = X86_G, [X86_RMW_SMAX] = X86_L, [X86_RMW_UMIN] = X86_A,
                                            [X86_RMW_UMAX] = X86_B };
    unsigned wide = insn->size == 8 ? 8 : 4;
    x86_mov_rr(&e->a, wide, t, X86_RAX);
    swap_bytes(e, insn, t);
    if (insn->cond <= X86_RMW_XOR || insn->cond == X86_RMW_ADD) {
        x86_alu_rr(&e->a, alu[insn->cond], wide, t, value);
    } else {
        X86Rm rm = x86_rm_reg(value), old = x86_rm_reg(t);
        x86_op_rm(&e->a, sized(insn, 0x39), value, &old);
        x86_op_rm(&e->a, (0x40u + replace_when[insn->cond]) | X86_0F | width(insn), t, &rm);
    }
    swap_bytes(e, insn, t);
}

void emit_lock_rmw(Emit *e, const MInsn *insn, const MOperand *ops)
{
    X86Asm *a = &e->a;
    X86Rm m = x86_insn_mem(insn, ops);
    unsigned value = ops[3].loc.index, t = ops[4].loc.index;
    lyre_assert(insn->mem_at == 0 && ops[2].loc.index == X86_RAX);
    if (insn->snap) {
        emit_row(e, insn, ops, emit_pos(e), SIDE_ACCESS, true);
    }
    x86_op_rm(a, insn->size < 4 ? (insn->size == 1 ? 0xb6 : 0xb7) | X86_0F : 0x8b | width(insn), X86_RAX, &m);
    uint32_t again = emit_pos(e);
    rmw_value(e, insn, t, value);
    if (insn->snap) {
        emit_row(e, insn, ops, emit_pos(e), SIDE_ACCESS, true);
    }
    x86_op_rm(a, sized(insn, 0xb1) | X86_0F | X86_LOCK, t, &m);
    emit_jcc_to(e, X86_NE, again);
}
