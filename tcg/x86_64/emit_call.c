/* SPDX-License-Identifier: MIT */
/* Calls of C: helpers, and slow paths that keep all registers (slow.S). */
#include "tcg/fpu.h"
#include "tcg/ir.h"
#include "tcg/state.h"
#include "tcg/x86_64/emit_state.h"
#include "tcg/x86_64/slow.h"
#include "util/assert.h"

/* Pins in registers that C destroys. */
static uint32_t caller_saved_pins(const Emit *e)
{
    static const uint32_t saved_by_c = 1u << X86_RBX | 1u << X86_R12 | 1u << X86_R13 | 1u << X86_R14 | 1u << X86_R15;
    uint32_t mask = 0;
    for (unsigned p = 0; p < X86_NPINS; p++) {
        if (e->pins_live >> p & 1 && !(saved_by_c >> x86_pin_reg[p] & 1)) {
            mask |= 1u << p;
        }
    }
    return mask;
}

static void check_operands(const Emit *e, const MInsn *insn, const MOperand *ops, uint32_t pins)
{
    for (unsigned i = 0; i < insn->nops; i++) {
        for (unsigned p = 0; p < X86_NPINS; p++) {
            bool is_pin = ops[i].loc.kind == LOC_REG && ops[i].loc.cls == M_GPR && ops[i].loc.index == x86_pin_reg[p];
            lyre_assert(!is_pin || !(pins >> p & 1));
        }
    }
}

void emit_call(Emit *e, const MInsn *insn, const MOperand *ops)
{
    X86Asm *a = &e->a;
    uint32_t pins = caller_saved_pins(e);
    check_operands(e, insn, ops, pins);
    for (unsigned p = 0; p < X86_NPINS; p++) {
        if (pins >> p & 1) {
            x86_store(a, 8, x86_pin_reg[p], x86_rm_state(e->pin_home[p]));
        }
    }
    x86_lea(a, X86_RDI, x86_rm_state(0));
    x86_mov_imm(a, X86_RAX, insn->imm);
    unsigned t = insn->flags & MF_HELPER_FP ? TRAMP_CALL_HELPER_FP : TRAMP_CALL_HELPER;
    x86_call_mem(a, x86_rm_state((unsigned)offsetof(CpuState, tramp) + t * 8));
    if (insn->snap) {
        uint32_t live = e->pins_live;
        e->pins_live &= ~pins; /* they are in memory */
        emit_row(e, insn, ops, emit_pos(e), SIDE_HELPER, false);
        e->pins_live = live;
    }
    for (unsigned p = 0; p < X86_NPINS; p++) {
        if (pins >> p & 1) {
            x86_load(a, 8, x86_pin_reg[p], x86_rm_state(e->pin_home[p]));
        }
    }
}

/* ---- conversion to integer with saturation */

static X86Rm save_slot(unsigned n) { return x86_rm_state((unsigned)offsetof(CpuState, save) + n * 8); }

static uint64_t cvt_function(const MInsn *insn)
{
    bool is_64 = insn->flags & MF_DST64, is_u = insn->flags & MF_UNSIGNED;
    if (insn->size == 8) {
        return is_64 ? (is_u ? (uintptr_t)fpu_f64_to_i64_u : (uintptr_t)fpu_f64_to_i64_s)
                     : (is_u ? (uintptr_t)fpu_f64_to_i32_u : (uintptr_t)fpu_f64_to_i32_s);
    }
    return is_64 ? (is_u ? (uintptr_t)fpu_f32_to_i64_u : (uintptr_t)fpu_f32_to_i64_s)
                 : (is_u ? (uintptr_t)fpu_f32_to_i32_u : (uintptr_t)fpu_f32_to_i32_s);
}

void emit_slow_call(Emit *e, uint64_t function)
{
    X86Asm *a = &e->a;
    x86_store(a, 8, X86_RAX, save_slot(SLOW_RAX));
    x86_mov_imm(a, X86_RAX, function);
    x86_store(a, 8, X86_RAX, save_slot(SLOW_FUNCTION));
    x86_lea(a, X86_RAX, x86_rm_rip());
    uint32_t field = emit_pos(e) - 4;
    x86_store(a, 8, X86_RAX, save_slot(SLOW_RETURN));
    x86_mov_imm(a, X86_RAX, (uintptr_t)x86_slow_call);
    X86Rm rax = x86_rm_reg(X86_RAX);
    x86_op_rm(a, 0xff, 4, &rax);
    emit_patch32(e, field, emit_pos(e));
    a->rip_field = NULL;
}

static void stub_cvt(Emit *e, const EmitStub *s)
{
    X86Asm *a = &e->a;
    const MInsn *insn = s->insn;
    emit_stub_here(e, s);
    x86_storev(a, insn->size, s->ops[1].loc.index, save_slot(SLOW_ARG0));
    x86_store_imm(a, 4, insn->cond, save_slot(SLOW_ARG1));
    emit_slow_call(e, cvt_function(insn));
    x86_load(a, insn->flags & MF_DST64 ? 8 : 4, s->ops[0].loc.index, save_slot(SLOW_RESULT));
    emit_jmp_to(e, s->resume);
}

/* The register to convert: another rounding than cutting is done before, without raising inexact: what does not fit raises invalid alone. */
static unsigned cvt_source(Emit *e, const MInsn *insn, const MOperand *ops, bool is_last)
{
    static const uint8_t modes[] = { [IR_RNE] = 0, [IR_RDN] = 1, [IR_RUP] = 2 };
    enum { NO_INEXACT = 8 };
    unsigned a = ops[1].loc.index;
    if (insn->cond == IR_RTZ || insn->cond == IR_RDYN) {
        return a;
    }
    X86Rm rm = x86_rm_reg(a);
    x86_sse_rm(&e->a, (insn->size == 8 ? 0x0b : 0x0a) | X86_0F3A | X86_PP_66, X86_SCRATCH_VEC, a, &rm);
    x86_put8(&e->a, modes[insn->cond] | (is_last ? 0 : NO_INEXACT));
    return X86_SCRATCH_VEC;
}

/* Signed: the host's "integer indefinite" (most negative) sends all doubtful cases to the slow path. Both raise invalid alone. */
static void cvt_signed(Emit *e, const MInsn *insn, const MOperand *ops)
{
    X86Asm *a = &e->a;
    bool is_64 = insn->flags & MF_DST64;
    X86Rm src = x86_rm_reg(cvt_source(e, insn, ops, false));
    unsigned dst = ops[0].loc.index;
    uint32_t op = (insn->cond == IR_RDYN ? 0x2d : 0x2c) | X86_0F | (insn->size == 8 ? X86_PP_F2 : X86_PP_F3);
    x86_sse_rm(a, op | (is_64 ? X86_W : 0), dst, X86_NO_VVVV, &src);
    x86_alu_imm(a, X86_ALU_CMP, is_64 ? 8 : 4, x86_rm_reg(dst), 1); /* overflows for the most negative value alone */
    EmitStub *s = emit_jcc_stub(e, X86_O, stub_cvt, insn, ops);
    cvt_source(e, insn, ops, true);
    s->resume = emit_pos(e);
}

/* Bounds of the unsigned fast path, [size 8][MF_DST64]. Truncation: -1 < x < high. Other modes: 0 <= x <= high. */
static const uint64_t trunc_high[2][2] = {
    { 0x4f800000, 0x5f000000 }, { 0x41f0000000000000, 0x43e0000000000000 }, /* 2^32, 2^63 */
};
static const uint64_t round_high[2][2] = {
    { 0x4f7fffff, 0x5effffff }, { 0x41efffffffe00000, 0x43dfffffffffffff }, /* largest that rounds to below */
};

static void cvt_unsigned(Emit *e, const MInsn *insn, const MOperand *ops)
{
    X86Asm *a = &e->a;
    bool is_double = insn->size == 8, is_64 = insn->flags & MF_DST64, is_trunc = insn->cond == IR_RTZ;
    X86Rm rip = x86_rm_rip(), argument = x86_rm_reg(ops[1].loc.index);
    uint32_t ucomis = 0x2e | X86_0F | (is_double ? X86_PP_66 : 0);
    uint64_t minus_one = is_double ? 0xbff0000000000000 : 0xbf800000;
    unsigned below = is_trunc ? X86_BE : X86_B; /* also true for NaN */
    x86_sse_rm(a, ucomis, ops[1].loc.index, X86_NO_VVVV, &rip);
    emit_ref(e, EMIT_CONST8, emit_const8(e, is_trunc ? minus_one : 0));
    emit_jcc_stub(e, below, stub_cvt, insn, ops);
    x86_loadv(a, insn->size, X86_SCRATCH_VEC, rip);
    emit_ref(e, EMIT_CONST8, emit_const8(e, (is_trunc ? trunc_high : round_high)[is_double][is_64]));
    x86_sse_rm(a, ucomis, X86_SCRATCH_VEC, X86_NO_VVVV, &argument);
    emit_jcc_stub(e, below, stub_cvt, insn, ops);
    uint32_t op = (insn->cond == IR_RDYN ? 0x2d : 0x2c) | X86_0F | (is_double ? X86_PP_F2 : X86_PP_F3) | X86_W;
    X86Rm src = x86_rm_reg(cvt_source(e, insn, ops, false));
    x86_sse_rm(a, op, ops[0].loc.index, X86_NO_VVVV, &src);
    cvt_source(e, insn, ops, true);
    uint32_t end = emit_pos(e);
    e->stubs[e->nstubs - 1].resume = e->stubs[e->nstubs - 2].resume = end;
}

void emit_cvt_sat(Emit *e, const MInsn *insn, const MOperand *ops)
{
    if (insn->flags & MF_UNSIGNED) {
        cvt_unsigned(e, insn, ops);
    } else {
        cvt_signed(e, insn, ops);
    }
}
