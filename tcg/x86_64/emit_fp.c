/* SPDX-License-Identifier: MIT */
/* Composite floating-point operations. */
#include <stddef.h>

#include "tcg/state.h"
#include "tcg/x86_64/calls.h"
#include "tcg/x86_64/emit_state.h"
#include "tcg/x86_64/slow.h"

enum { OP_ADD = 0x58, OP_MIN = 0x5d, OP_MAX = 0x5f, OP_AND = 0x54, OP_OR = 0x56, OP_CVTSI2S = 0x2a };

static uint32_t scalar(const MInsn *insn, unsigned op)
{
    return op | X86_0F | (insn->size == 8 ? X86_PP_F2 : X86_PP_F3);
}

static void ucomis(Emit *e, const MInsn *insn, unsigned x, unsigned y)
{
    X86Rm rm = x86_rm_reg(y);
    x86_sse_rm(&e->a, 0x2e | X86_0F | (insn->size == 8 ? X86_PP_66 : 0), x, X86_NO_VVVV, &rm);
}

static void load_canonical(Emit *e, unsigned size, unsigned reg)
{
    x86_loadv(&e->a, size, reg, x86_rm_rip());
    emit_ref(e, EMIT_CONST8, emit_const8(e, size == 8 ? 0x7ff8000000000000 : 0x7fc00000));
}

/* ---- CANON */

static void stub_canon(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    load_canonical(e, s->insn->size, s->ops[0].loc.index);
    emit_jmp_to(e, s->resume);
}

void emit_canon(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = ops[0].loc.index, src = ops[1].loc.index;
    if (dst != src) {
        x86_movv_rr(&e->a, dst, src);
    }
    ucomis(e, insn, dst, dst);
    emit_jcc_stub(e, X86_P, stub_canon, insn, ops);
}

/* ---- FMA: the host does not raise invalid for infinity times zero when the addend is a quiet NaN */

static void stub_fma(Emit *e, const EmitStub *s)
{
    bool is_double = s->insn->size == 8;
    emit_stub_here(e, s);
    for (unsigned n = 0; n < 2; n++) {
        unsigned slot = (unsigned)offsetof(CpuState, save) + (SLOW_ARG0 + n) * 8;
        x86_storev(&e->a, s->insn->size, s->ops[2 + n].loc.index, x86_rm_state(slot));
    }
    emit_slow_call(e, is_double ? (uintptr_t)call_fma_nan64 : (uintptr_t)call_fma_nan32);
    load_canonical(e, s->insn->size, s->ops[0].loc.index);
    emit_jmp_to(e, s->resume);
}

void emit_fma(Emit *e, const MInsn *insn, const MOperand *ops)
{
    static const uint8_t opcodes[] = { 0xb9, 0xbb, 0xbd, 0xbf }; /* vf[n]m{add,sub}231 */
    X86Rm rm = x86_rm_reg(ops[3].loc.index);
    uint32_t op = opcodes[insn->cond] | X86_0F38 | X86_PP_66 | (insn->size == 8 ? X86_W : 0);
    unsigned dst = ops[0].loc.index;
    x86_vex_rm(&e->a, op, dst, ops[2].loc.index, &rm);
    ucomis(e, insn, dst, dst);
    emit_jcc_stub(e, X86_P, stub_fma, insn, ops);
}

/* ---- FMINMAX: the host's minimum is right for ordered, different inputs */

/* dst = x op y, where dst is x or (VEX) any. */
static void op3(Emit *e, uint32_t op, const MOperand *ops)
{
    X86Rm rm = x86_rm_reg(ops[2].loc.index);
    x86_sse_rm(&e->a, op, ops[0].loc.index, ops[1].loc.index, &rm);
}

static void move_if_other(Emit *e, unsigned dst, unsigned src)
{
    if (dst != src) {
        x86_movv_rr(&e->a, dst, src);
    }
}

/* One is a NaN at least. Numbers win in minnum and maxnum; otherwise the result is a quiet NaN, the sum or the canonical one. */
static void stub_unordered(Emit *e, const EmitStub *s)
{
    const MInsn *insn = s->insn;
    unsigned dst = s->ops[0].loc.index, x = s->ops[1].loc.index, y = s->ops[2].loc.index;
    emit_stub_here(e, s);
    if (insn->cond == X86_MIN || insn->cond == X86_MAX) {
        op3(e, scalar(insn, OP_ADD), s->ops);
        emit_jmp_to(e, s->resume);
        return;
    }
    ucomis(e, insn, y, y);
    uint32_t field = emit_jcc_long(e, X86_P);
    move_if_other(e, dst, y);
    emit_jmp_to(e, s->resume);
    emit_patch32(e, field, emit_pos(e));
    ucomis(e, insn, x, x);
    field = emit_jcc_long(e, X86_P);
    move_if_other(e, dst, x);
    emit_jmp_to(e, s->resume);
    emit_patch32(e, field, emit_pos(e));
    load_canonical(e, insn->size, dst);
    emit_jmp_to(e, s->resume);
}

/* Equal: the same bits or zeros of either sign. */
static void stub_equal(Emit *e, const EmitStub *s)
{
    bool is_min = s->insn->cond == X86_MIN || s->insn->cond == X86_MINNUM;
    emit_stub_here(e, s);
    op3(e, (is_min ? OP_OR : OP_AND) | X86_0F, s->ops);
    emit_jmp_to(e, s->resume);
}

void emit_fminmax(Emit *e, const MInsn *insn, const MOperand *ops)
{
    bool is_min = insn->cond == X86_MIN || insn->cond == X86_MINNUM;
    ucomis(e, insn, ops[1].loc.index, ops[2].loc.index);
    emit_jcc_stub(e, X86_P, stub_unordered, insn, ops);
    emit_jcc_stub(e, X86_E, stub_equal, insn, ops);
    op3(e, scalar(insn, is_min ? OP_MIN : OP_MAX), ops);
    uint32_t end = emit_pos(e);
    e->stubs[e->nstubs - 1].resume = e->stubs[e->nstubs - 2].resume = end;
}

/* ---- UNBOX */

static void stub_unbox(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    load_canonical(e, 4, s->ops[0].loc.index);
    emit_jmp_to(e, s->resume);
}

void emit_unbox(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned t = ops[2].loc.index;
    x86_movd_to_gpr(&e->a, 8, t, ops[1].loc.index);
    x86_shift_imm(&e->a, X86_SHR, 8, t, 32);
    x86_alu_imm(&e->a, X86_ALU_CMP, 4, x86_rm_reg(t), -1);
    EmitStub *s = emit_jcc_stub(e, X86_NE, stub_unbox, insn, ops);
    move_if_other(e, ops[0].loc.index, ops[1].loc.index);
    s->resume = emit_pos(e);
}

/* ---- CVT_U64 */

static void from_signed(Emit *e, const MInsn *insn, unsigned dst, unsigned src)
{
    X86Rm self = x86_rm_reg(dst), rm = x86_rm_reg(src);
    x86_sse_rm(&e->a, 0x57 | X86_0F, dst, dst, &self);
    x86_sse_rm(&e->a, scalar(insn, OP_CVTSI2S) | X86_W, dst, dst, &rm);
}

/* Top bit set: half of it, with the lost bit kept sticky so that rounding is right, then doubled, which is exact. */
static void stub_cvt_u64(Emit *e, const EmitStub *s)
{
    X86Asm *a = &e->a;
    unsigned dst = s->ops[0].loc.index, src = s->ops[1].loc.index, t = s->ops[2].loc.index;
    emit_stub_here(e, s);
    x86_mov_rr(a, 8, t, src);
    x86_shift_imm(a, X86_SHR, 8, t, 1);
    x86_put8(a, 0x70 | X86_AE);
    x86_put8(a, 4);
    x86_alu_imm(a, X86_ALU_OR, 8, x86_rm_reg(t), 1);
    from_signed(e, s->insn, dst, t);
    X86Rm rm = x86_rm_reg(dst);
    x86_sse_rm(a, scalar(s->insn, OP_ADD), dst, dst, &rm);
    emit_jmp_to(e, s->resume);
}

void emit_cvt_u64(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned src = ops[1].loc.index;
    X86Rm rm = x86_rm_reg(src);
    x86_op_rm(&e->a, 0x85 | X86_W, src, &rm);
    EmitStub *s = emit_jcc_stub(e, X86_S, stub_cvt_u64, insn, ops);
    from_signed(e, insn, ops[0].loc.index, src);
    s->resume = emit_pos(e);
}
