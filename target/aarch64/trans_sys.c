/* SPDX-License-Identifier: MIT */
/* System registers (Arm ARM C4.1.93). */
#include "target/aarch64/trans.h"

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
