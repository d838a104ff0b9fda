/* SPDX-License-Identifier: MIT */
/*
 * Zicsr (RV unpriv. 6): fflags, frm, fcsr (20.2) and the user counters (Zicntr). The sticky flags
 * live in MXCSR. A write of frm changes the context of what follows, so it ends the block.
 * Linux's vDSO (linux-user/vdso/riscv64.S) gets the time of the host's own from CSRs for custom
 * read-only use (RV priv. 2.2), which exist in its page alone; a0 is an operand of theirs.
 */
#include "target/riscv/trans.h"

enum {
    CSR_FFLAGS = 1,
    CSR_FRM = 2,
    CSR_FCSR = 3,
    CSR_CYCLE = 0xc00,
    CSR_TIME = 0xc01,
    CSR_INSTRET = 0xc02,
    CSR_HOST_TIME = 0xcc0,
    CSR_HOST_CPU = 0xcc1,
    CSR_HOST_NODE = 0xcc2
};

static bool is_write(unsigned row, const RvOps *o)
{
    switch (row) {
    case RV_CSRRW:
    case RV_CSRRWI:
        return true;
    case RV_CSRRS:
    case RV_CSRRC:
        return o->rs1 != 0;
    default:
        return o->imm != 0;
    }
}

static bool is_in_vdso(const TargetCpu *cpu, uint64_t pc)
{
    return cpu->vdso && *cpu->vdso && pc - *cpu->vdso < target_riscv64.page_size;
}

bool rv_csr_is_legal(const TargetCpu *cpu, uint64_t pc, unsigned row, const RvOps *o)
{
    switch (o->csr) {
    case CSR_FFLAGS:
    case CSR_FRM:
    case CSR_FCSR:
        return riscv_has(cpu, RV_EXT_F);
    case CSR_CYCLE:
    case CSR_TIME:
    case CSR_INSTRET:
        return riscv_has(cpu, RV_EXT_ZICNTR) && !is_write(row, o);
    case CSR_HOST_TIME:
    case CSR_HOST_CPU:
    case CSR_HOST_NODE:
        return is_in_vdso(cpu, pc) && !is_write(row, o);
    default:
        return false;
    }
}

bool rv_csr_ends_block(unsigned row, const RvOps *o)
{
    return (o->csr == CSR_FRM || o->csr == CSR_FCSR) && is_write(row, o);
}

/* One flag moved from bit `from` to bit `to`, all others cleared, ored into acc. */
static I32 move_bit(IrBuilder *b, I32 acc, I32 v, unsigned from, unsigned to)
{
    I32 count = ir_const_i32(b, from > to ? from - to : to - from);
    I32 moved = from > to ? ir_shr_i32(b, v, count) : ir_shl_i32(b, v, count);
    I32 mask = ir_const_i32(b, 1u << to);
    I32 bit = ir_and_i32(b, moved, mask);
    return ir_or_i32(b, acc, bit);
}

/* NX UF OF DZ NV are bits 0-4 of fflags and 5 4 3 2 0 of MXCSR. */
static const uint8_t mxcsr_bit[5] = { 5, 4, 3, 2, 0 };

static I32 get_flags(RvTrans *t)
{
    I32 mxcsr = ir_fp_get_flags_i32(t->b);
    I32 flags = ir_const_i32(t->b, 0);
    for (unsigned i = 0; i < 5; i++)
        flags = move_bit(t->b, flags, mxcsr, mxcsr_bit[i], i);
    return flags;
}

static void set_flags(RvTrans *t, I32 flags)
{
    I32 mxcsr = ir_const_i32(t->b, 0);
    for (unsigned i = 0; i < 5; i++)
        mxcsr = move_bit(t->b, mxcsr, flags, i, mxcsr_bit[i]);
    ir_fp_set_flags(t->b, mxcsr);
}

static I64 read_host(RvTrans *t, int csr)
{
    if (csr != CSR_HOST_TIME) {
        I32 v = ir_get_i32(t->b, csr == CSR_HOST_CPU ? RV_SLOT_HOST_CPU : RV_SLOT_HOST_NODE);
        return ir_sext_i64(t->b, v);
    }
    I64 a0 = rv_get_x(t, 10);
    uint32_t arg = a0.id;
    return (I64){ ir_call(t->b, RV_HELPER_host_time, 1, &arg) };
}

static I64 read_csr(RvTrans *t, int csr)
{
    IrBuilder *b = t->b;
    if (csr >= CSR_HOST_TIME)
        return read_host(t, csr);
    if (csr >= CSR_CYCLE)
        return (I64){ ir_call(b, RV_HELPER_counter, 0, NULL) };
    I32 v = ir_const_i32(b, 0);
    if (csr & CSR_FRM) {
        v = ir_get_i32(b, RV_SLOT_FRM);
        if (csr == CSR_FCSR) {
            I32 five = ir_const_i32(b, 5);
            v = ir_shl_i32(b, v, five);
        }
    }
    if (csr & CSR_FFLAGS) {
        I32 flags = get_flags(t);
        v = ir_or_i32(b, v, flags);
    }
    return ir_zext_i64(b, v);
}

/* Leaves the block with MXCSR's rounding and the context that belong to a frm of class `ctx`. */
static void exit_with_round(RvTrans *t, uint32_t block, enum RvCtx ctx, I32 frm)
{
    IrBuilder *b = t->b;
    if (block)
        ir_block_begin(b, block, 0);
    I32 round = ctx == RV_CTX_FRM_HOST ? frm : ir_const_i32(b, IR_RNE);
    ir_fp_set_round(b, round);
    ir_set_ctx(b, (t->ctx & ~(uint32_t)RV_CTX_FRM_MASK) | ctx);
    ir_exit(b, rv_next(t));
}

static void end_with_frm(RvTrans *t, I64 frm_wide)
{
    IrBuilder *b = t->b;
    I32 frm = ir_trunc_i32(b, frm_wide);
    uint64_t known;
    if (ir_is_const_i64(b, frm_wide, &known)) {
        exit_with_round(t, 0, riscv_ctx_of_frm((uint32_t)known), frm);
        return;
    }
    uint32_t rne = ir_block_new(b, t->insn->pc, false), other = ir_block_new(b, t->insn->pc, false);
    uint32_t host = ir_block_new(b, t->insn->pc, false), rare = ir_block_new(b, t->insn->pc, false);
    uint32_t rmm = ir_block_new(b, t->insn->pc, false), bad = ir_block_new(b, t->insn->pc, false);
    I32 zero = ir_const_i32(b, 0), four = ir_const_i32(b, 4);
    I32 is_rne = ir_cmp_eq_i32(b, frm, zero);
    ir_br(b, is_rne, rne, other);
    exit_with_round(t, rne, RV_CTX_FRM_RNE, frm);
    ir_block_begin(b, other, 0);
    I32 is_host = ir_cmp_ult_i32(b, frm, four);
    ir_br(b, is_host, host, rare);
    exit_with_round(t, host, RV_CTX_FRM_HOST, frm);
    ir_block_begin(b, rare, 0);
    I32 is_rmm = ir_cmp_eq_i32(b, frm, four);
    ir_br(b, is_rmm, rmm, bad);
    exit_with_round(t, rmm, RV_CTX_FRM_RMM, frm);
    exit_with_round(t, bad, RV_CTX_FRM_INVALID, frm);
}

static I64 field(IrBuilder *b, I64 v, unsigned shift, uint64_t mask)
{
    I64 count = ir_const_i64(b, shift), m = ir_const_i64(b, mask);
    I64 shifted = ir_shr_i64(b, v, count);
    return ir_and_i64(b, shifted, m);
}

static void write_csr(RvTrans *t, int csr, I64 v)
{
    IrBuilder *b = t->b;
    if (csr & CSR_FFLAGS) {
        I32 flags = ir_trunc_i32(b, v);
        set_flags(t, flags);
    }
    if (csr & CSR_FRM) {
        I64 frm = field(b, v, csr == CSR_FCSR ? 5 : 0, 7);
        I32 narrow = ir_trunc_i32(b, frm);
        ir_put_i32(b, RV_SLOT_FRM, narrow);
        end_with_frm(t, frm);
    }
}

static void access_csr(RvTrans *t, const RvOps *o, enum RvCsrOp op, I64 source)
{
    IrBuilder *b = t->b;
    bool reads = op != CSR_WRITE || o->rd != 0;
    I64 old = reads ? read_csr(t, o->csr) : ir_const_i64(b, 0);
    rv_put_x(t, o->rd, old);
    if (!is_write(t->insn->row, o))
        return;
    I64 v = op == CSR_WRITE ? source
            : op == CSR_SET ? ir_or_i64(b, old, source)
                            : ir_andn_i64(b, old, source);
    write_csr(t, o->csr, v);
}

void trans_csr(RvTrans *t, const RvOps *o, enum RvCsrOp op)
{
    I64 source = rv_get_x(t, o->rs1);
    access_csr(t, o, op, source);
}

void trans_csr_imm(RvTrans *t, const RvOps *o, enum RvCsrOp op)
{
    I64 source = ir_const_i64(t->b, (uint64_t)o->imm);
    access_csr(t, o, op, source);
}
