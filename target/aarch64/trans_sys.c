/* SPDX-License-Identifier: MIT */
/* Branches, exceptions, barriers, system registers, cache maintenance (Arm ARM C4.1.93). */
#include "target/aarch64/trans.h"

void a64_goto(A64Trans *t, uint64_t pc)
{
    uint32_t block = t->t->block_of(t->t->opaque, pc);
    if (block)
        ir_goto(t->b, block);
    else
        ir_exit(t->b, pc);
}

void a64_undefined(A64Trans *t) { ir_exit_event(t->b, TCG_EVENT_ILLEGAL, t->pc); }

/* ---- branches */

static void branch(A64Trans *t, I32 cond)
{
    const uint64_t pc[2] = { t->insn->target, t->next };
    const uint32_t block[2] = { t->t->block_of(t->t->opaque, pc[0]), t->t->block_of(t->t->opaque, pc[1]) };
    ir_branch(t->b, cond, pc, block);
}

void trans_b_cond(A64Trans *t, const A64Ops *o)
{
    I32 cond = a64_condition(t, o->cond);
    branch(t, cond);
}

void trans_cbz(A64Trans *t, const A64Ops *o, bool is_nonzero)
{
    I32 cond;
    if (o->sf) {
        I64 x = a64_get_x(t, o->rt), zero = ir_const_i64(t->b, 0);
        cond = is_nonzero ? ir_cmp_ne_i64(t->b, x, zero) : ir_cmp_eq_i64(t->b, x, zero);
    } else {
        I32 x = a64_get_w(t, o->rt), zero = ir_const_i32(t->b, 0);
        cond = is_nonzero ? ir_cmp_ne_i32(t->b, x, zero) : ir_cmp_eq_i32(t->b, x, zero);
    }
    branch(t, cond);
}

void trans_tbz(A64Trans *t, const A64Ops *o, bool is_nonzero)
{
    I64 x = a64_get_x(t, o->rt), mask = ir_const_i64(t->b, 1ull << o->bit), zero = ir_const_i64(t->b, 0);
    I64 bit = ir_and_i64(t->b, x, mask);
    I32 cond = is_nonzero ? ir_cmp_ne_i64(t->b, bit, zero) : ir_cmp_eq_i64(t->b, bit, zero);
    branch(t, cond);
}

static void put_link(A64Trans *t)
{
    I64 link = ir_const_i64(t->b, t->next);
    a64_put_x(t, 30, link);
}

void trans_b(A64Trans *t, const A64Ops *o) { a64_goto(t, t->insn->target); }

void trans_bl(A64Trans *t, const A64Ops *o)
{
    put_link(t);
    if (t->insn->flow == FLOW_CALL)
        ir_exit_call(t->b, t->insn->target, t->next, t->t->block_of(t->t->opaque, t->next));
    else
        a64_goto(t, t->insn->target);
}

void trans_br(A64Trans *t, const A64Ops *o)
{
    I64 target = a64_get_x(t, o->rn);
    uint64_t known;
    if (ir_is_const_i64(t->b, target, &known))
        ir_exit(t->b, known); /* region formation has not counted this edge: never to a block of the region */
    else
        ir_exit_indirect(t->b, target);
}

void trans_blr(A64Trans *t, const A64Ops *o)
{
    I64 target = a64_get_x(t, o->rn);
    uint64_t known;
    uint32_t ret = t->t->block_of(t->t->opaque, t->next);
    put_link(t);
    if (ir_is_const_i64(t->b, target, &known))
        ir_exit_call(t->b, known, t->next, ret);
    else
        ir_exit_call_indirect(t->b, target, t->next, ret);
}

void trans_ret(A64Trans *t, const A64Ops *o)
{
    I64 target = a64_get_x(t, o->rn);
    uint64_t known;
    if (ir_is_const_i64(t->b, target, &known))
        ir_exit(t->b, known);
    else
        ir_exit_return(t->b, target);
}

/* ---- exceptions, barriers */

void trans_svc(A64Trans *t, const A64Ops *o) { ir_exit_event(t->b, TCG_EVENT_SYSCALL, t->next); }
void trans_brk(A64Trans *t, const A64Ops *o) { ir_exit_event(t->b, TCG_EVENT_BREAK, t->pc); }
void trans_udf(A64Trans *t, const A64Ops *o) { a64_undefined(t); }
void trans_nop(A64Trans *t, const A64Ops *o) {}

void trans_clrex(A64Trans *t, const A64Ops *o)
{
    I64 none = ir_const_i64(t->b, ~0ull);
    ir_put_i64(t->b, A64_SLOT_LL_ADDR, none);
}

/* CRm bits 1:0: 1 loads before all, 2 stores before stores, 3 (and the reserved 0) everything. */
void trans_dmb(A64Trans *t, const A64Ops *o)
{
    static const uint8_t order[4] = { IR_ORDER_SEQ, IR_ORDER_ACQ, IR_ORDER_REL, IR_ORDER_SEQ };
    ir_fence(t->b, order[o->imm & 3]);
}

void trans_dsb(A64Trans *t, const A64Ops *o) { ir_fence(t->b, IR_ORDER_SEQ); }

/* Translations are kept coherent by page protection: a new look-up is all that it takes. */
void trans_isb(A64Trans *t, const A64Ops *o) { ir_exit_event(t->b, TCG_EVENT_LOOKUP, t->next); }

/* ---- system registers */

/* IOC DZC OFC UFC IXC are bits 0-4 here and 0 2 3 4 5 in MXCSR; QC is a slot, any bit of it; IDC is in memory. */
static I64 read_fpsr(A64Trans *t)
{
    IrBuilder *b = t->b;
    I32 mxcsr = ir_fp_get_flags_i32(b), one = ir_const_i32(b, 1), others = ir_const_i32(b, 0x1e);
    I32 ioc = ir_and_i32(b, mxcsr, one), down = ir_shr_i32(b, mxcsr, one);
    I32 rest = ir_and_i32(b, down, others);
    I32 flags = ir_or_i32(b, ioc, rest);
    I64 wide = ir_zext_i64(b, flags), idc = a64_call_i64(t, A64_HELPER_get_idc, 0, NULL);
    V128 qc = ir_get_v128(b, A64_SLOT_QC);
    I64 low = ir_vextract64_i64(b, qc, 0), high = ir_vextract64_i64(b, qc, 1);
    I64 any = ir_or_i64(b, low, high), zero = ir_const_i64(b, 0), bit = ir_const_i64(b, A64_FPSR_QC);
    I32 is_set = ir_cmp_ne_i64(b, any, zero);
    I64 sticky = ir_select_i64(b, is_set, bit, zero), both = ir_or_i64(b, wide, idc);
    return ir_or_i64(b, both, sticky);
}

static void write_fpsr(A64Trans *t, I64 v)
{
    IrBuilder *b = t->b;
    I32 low = ir_trunc_i32(b, v), one = ir_const_i32(b, 1), others = ir_const_i32(b, 0x3c);
    I32 ioc = ir_and_i32(b, low, one), up = ir_shl_i32(b, low, one);
    I32 rest = ir_and_i32(b, up, others);
    I32 flags = ir_or_i32(b, ioc, rest);
    ir_fp_set_flags(b, flags);
    ir_call(b, A64_HELPER_set_idc, 1, (uint32_t[]){ v.id });
    I64 bit = ir_const_i64(b, A64_FPSR_QC), zero = ir_const_i64(b, 0);
    I64 qc = ir_and_i64(b, v, bit);
    V128 sticky = ir_vpack64_v128(b, qc, zero);
    ir_put_v128(b, A64_SLOT_QC, sticky);
}

static I64 read_special(A64Trans *t, A64Sys reg)
{
    IrBuilder *b = t->b;
    switch (reg) {
    case A64_SYS_TPIDR:
        return ir_get_i64(b, A64_SLOT_TPIDR);
    case A64_SYS_NZCV: {
        CC cc = a64_get_cc(t);
        I32 bits = ir_cc_pack_i32(b, cc), up = ir_const_i32(b, 28);
        I32 v = ir_shl_i32(b, bits, up);
        return ir_zext_i64(b, v);
    }
    case A64_SYS_FPSR:
        return read_fpsr(t);
    case A64_SYS_FPCR:
        return a64_call_i64(t, A64_HELPER_get_fpcr, 0, NULL);
    case A64_SYS_DIT:
    case A64_SYS_SSBS: {
        I32 bit = ir_const_i32(b, reg == A64_SYS_DIT ? A64_PSTATE_DIT : A64_PSTATE_SSBS);
        I64 is_set = a64_call_i64(t, A64_HELPER_get_pstate, 1, (uint32_t[]){ bit.id });
        I64 at = ir_const_i64(b, reg == A64_SYS_DIT ? 24 : 12);
        return ir_shl_i64(b, is_set, at);
    }
    case A64_SYS_HOST_TIME: {
        I64 clock = a64_get_x(t, 0);
        return a64_call_i64(t, A64_HELPER_host_time, 1, (uint32_t[]){ clock.id });
    }
    default: {
        I32 which = ir_const_i32(b, reg);
        return a64_call_i64(t, A64_HELPER_read_sys, 1, (uint32_t[]){ which.id });
    }
    }
}

/* A number can always be had: the flags say so by zeros. */
static void read_random(A64Trans *t, unsigned rt)
{
    I64 v = a64_call_i64(t, A64_HELPER_random, 0, NULL);
    I32 zero = ir_const_i32(t->b, 0);
    CC none = ir_cc_make_i32(t->b, zero);
    a64_put_x(t, rt, v);
    a64_put_cc(t, none);
}

void trans_mrs(A64Trans *t, const A64Ops *o)
{
    A64Sys reg = a64_find_sys(t->t->cpu, (unsigned)o->imm, false);
    if (reg == A64_SYS_RNDR || reg == A64_SYS_RNDRRS) {
        read_random(t, o->rt);
        return;
    }
    I64 v = read_special(t, reg);
    a64_put_x(t, o->rt, v);
}

static void set_pstate(A64Trans *t, A64Sys reg, I64 is_set)
{
    I32 bit = ir_const_i32(t->b, reg == A64_SYS_DIT ? A64_PSTATE_DIT : A64_PSTATE_SSBS);
    ir_call(t->b, A64_HELPER_set_pstate, 2, (uint32_t[]){ bit.id, is_set.id });
}

void trans_msr_pstate(A64Trans *t, const A64Ops *o, A64Sys reg)
{
    I64 is_set = ir_const_i64(t->b, (uint64_t)o->imm & 1);
    set_pstate(t, reg, is_set);
}

/* Sets FPCR and MXCSR's rounding, and leaves with the context that belongs to it. */
static void write_fpcr(A64Trans *t, I64 v)
{
    IrBuilder *b = t->b;
    I64 mask = ir_const_i64(b, A64_FPCR_ODD), zero = ir_const_i64(b, 0);
    ir_call(b, A64_HELPER_set_fpcr, 1, (uint32_t[]){ v.id });
    I32 low = ir_trunc_i32(b, v), at = ir_const_i32(b, A64_FPCR_RMODE_SHIFT - 1), six = ir_const_i32(b, 6);
    I32 down = ir_shr_i32(b, low, at);
    I32 twice = ir_and_i32(b, down, six), modes = ir_const_i32(b, IR_RNE | IR_RUP << 2 | IR_RDN << 4 | IR_RTZ << 6);
    I32 shifted = ir_shr_i32(b, modes, twice), three = ir_const_i32(b, 3);
    I32 round = ir_and_i32(b, shifted, three);
    ir_fp_set_round(b, round);
    I64 odd = ir_and_i64(b, v, mask);
    I32 is_odd = ir_cmp_ne_i64(b, odd, zero);
    uint32_t blocks[2] = { ir_block_new(b, t->pc, false), ir_block_new(b, t->pc, false) };
    ir_br(b, is_odd, blocks[1], blocks[0]);
    for (unsigned i = 0; i < 2; i++) {
        ir_block_begin(b, blocks[i], 0);
        ir_set_ctx(b, i ? A64_CTX_FP_ODD : 0);
        ir_exit(b, t->next);
    }
}

void trans_msr(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    A64Sys reg = a64_find_sys(t->t->cpu, (unsigned)o->imm, true);
    I64 v = a64_get_x(t, o->rt);
    switch (reg) {
    case A64_SYS_TPIDR:
        ir_put_i64(b, A64_SLOT_TPIDR, v);
        break;
    case A64_SYS_NZCV: {
        I32 low = ir_trunc_i32(b, v), down = ir_const_i32(b, 28);
        I32 bits = ir_shr_i32(b, low, down);
        CC cc = ir_cc_make_i32(b, bits);
        a64_put_cc(t, cc);
        break;
    }
    case A64_SYS_FPSR:
        write_fpsr(t, v);
        break;
    case A64_SYS_FPCR:
        write_fpcr(t, v);
        break;
    default: { /* DIT, SSBS */
        I64 at = ir_const_i64(b, reg == A64_SYS_DIT ? 24 : 12), one = ir_const_i64(b, 1);
        I64 down = ir_shr_i64(b, v, at);
        I64 is_set = ir_and_i64(b, down, one);
        set_pstate(t, reg, is_set);
    }
    }
}

/* ---- caches are coherent: maintenance faults where an access would */

void trans_dc_touch(A64Trans *t, const A64Ops *o)
{
    I64 addr = a64_get_x(t, o->rt);
    ir_load_i64(t->b, addr, 0, MEM_8);
}

/* Code written elsewhere, by another mapping, may be meant: these translations go. */
void trans_ic_ivau(A64Trans *t, const A64Ops *o)
{
    trans_dc_touch(t, o);
    ir_exit_event(t->b, TCG_EVENT_LOOKUP, t->next);
}

void trans_dc_zva(A64Trans *t, const A64Ops *o)
{
    I64 addr = a64_get_x(t, o->rt), mask = ir_const_i64(t->b, ~(uint64_t)(A64_ZVA_SIZE - 1));
    I64 block = ir_and_i64(t->b, addr, mask);
    V128 zero = a64_zero_v(t);
    for (int i = 0; i < A64_ZVA_SIZE; i += 16)
        ir_store_v128(t->b, block, i, zero, MEM_128);
}
