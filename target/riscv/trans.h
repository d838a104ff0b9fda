/* SPDX-License-Identifier: MIT */
/* What the chapters of the RISC-V translation share, and the functions that rows of the .isa files
 * name. */
#ifndef LYRE_TARGET_RISCV_TRANS_H
#define LYRE_TARGET_RISCV_TRANS_H

#include "target/riscv/cpu.h"
#include "target/riscv/rv_rows.h"
#include "target/riscv/softfp.h"
#include "tcg/builder.h"

/* Before what the chapters share: direct.h has another meaning for it. */
#ifndef TRANS
#define TRANS
#endif

/* Slots: x1..x31 are 0..30. */
enum RvSlot {
    RV_SLOT_X1 = 0,
    RV_SLOT_F0 = 31,
    RV_SLOT_RES_ADDR = 63,
    RV_SLOT_RES_VALUE,
    RV_SLOT_FRM,
    RV_SLOT_HOST_CPU, /* written by the kernel: CpuState.host_cpu */
    RV_SLOT_HOST_NODE,
    RV_SLOT_COUNT,
};
extern const IrSlotDesc riscv_slots[RV_SLOT_COUNT];

enum RvHelper {
#define HELPER(name, ...) RV_HELPER_##name,
#include "target/riscv/helpers.def"
#undef HELPER
    RV_HELPER_COUNT
};

/* One instruction being translated: insn is set. */
typedef TargetTrans RvTrans;
typedef void RvTransFn(RvTrans *t, uint32_t raw);
extern RvTransFn *const rv_row_trans[RV_ROW_COUNT];

/* Address of the following instruction. */
static inline uint64_t rv_next(const RvTrans *t) { return t->insn->pc + t->insn->len; }

static inline I64 rv_get_x(RvTrans *t, unsigned r)
{
    return r ? ir_get_i64(t->b, RV_SLOT_X1 + r - 1) : ir_const_i64(t->b, 0);
}
static inline void rv_put_x(RvTrans *t, unsigned r, I64 v)
{
    if (r)
        ir_put_i64(t->b, RV_SLOT_X1 + r - 1, v);
}
static inline I32 rv_get_w(RvTrans *t, unsigned r)
{
    I64 v = rv_get_x(t, r);
    return ir_trunc_i32(t->b, v);
}
static inline void rv_put_w(RvTrans *t, unsigned r, I32 v)
{
    I64 wide = ir_sext_i64(t->b, v);
    rv_put_x(t, r, wide);
}
static inline I64 rv_address(RvTrans *t, const RvOps *o) { return rv_get_x(t, o->rs1); }

/* Ends the block: to a constant pc, inside the region where it has a block for it. */
TRANS void rv_goto(RvTrans *t, uint64_t pc);
TRANS void rv_illegal(RvTrans *t);

typedef I64 RvAlu(IrBuilder *b, I64 x, I64 y);
typedef I32 RvAluW(IrBuilder *b, I32 x, I32 y);
typedef I32 RvCompare(IrBuilder *b, I64 x, I64 y);
typedef I64 RvUnary(IrBuilder *b, I64 x);
typedef I32 RvUnaryW(IrBuilder *b, I32 x);

/* trans_i.c */
TRANS void trans_lui(RvTrans *t, const RvOps *o);
TRANS void trans_auipc(RvTrans *t, const RvOps *o);
TRANS void trans_li(RvTrans *t, const RvOps *o);
TRANS void trans_mv(RvTrans *t, const RvOps *o);
TRANS void trans_zero(RvTrans *t, const RvOps *o);
TRANS void trans_nop(RvTrans *t, const RvOps *o);
TRANS void trans_alu(RvTrans *t, const RvOps *o, RvAlu *op);
TRANS void trans_alu_imm(RvTrans *t, const RvOps *o, RvAlu *op);
TRANS void trans_alu_w(RvTrans *t, const RvOps *o, RvAluW *op);
TRANS void trans_alu_imm_w(RvTrans *t, const RvOps *o, RvAluW *op);
TRANS void trans_unary(RvTrans *t, const RvOps *o, RvUnary *op);
TRANS void trans_unary_w(RvTrans *t, const RvOps *o, RvUnaryW *op);
TRANS void trans_compare(RvTrans *t, const RvOps *o, RvCompare *op);
TRANS void trans_compare_imm(RvTrans *t, const RvOps *o, RvCompare *op);
TRANS void trans_czero(RvTrans *t, const RvOps *o, RvCompare *op);
TRANS void trans_load(RvTrans *t, const RvOps *o, unsigned mem);
TRANS void trans_store(RvTrans *t, const RvOps *o, unsigned mem);
/* trans_flow.c */
TRANS void trans_jal(RvTrans *t, const RvOps *o);
TRANS void trans_jalr(RvTrans *t, const RvOps *o);
TRANS void trans_branch(RvTrans *t, const RvOps *o, RvCompare *op);
TRANS void trans_branch_swapped(RvTrans *t, const RvOps *o, RvCompare *op); /* compares rs2 with rs1 */
TRANS void trans_ecall(RvTrans *t, const RvOps *o);
TRANS void trans_ebreak(RvTrans *t, const RvOps *o);
TRANS void trans_fence(RvTrans *t, const RvOps *o);
TRANS void trans_fence_tso(RvTrans *t, const RvOps *o);
TRANS void trans_fence_i(RvTrans *t, const RvOps *o);
TRANS void trans_cbo_touch(RvTrans *t, const RvOps *o);
TRANS void trans_cbo_zero(RvTrans *t, const RvOps *o);
/* trans_m.c */
TRANS RvAlu rv_mulh, rv_mulhsu, rv_mulhu;
/* trans_b.c */
TRANS RvAlu rv_slli_uw, rv_orn, rv_xnor, rv_bclr, rv_bext, rv_binv, rv_bset, rv_clmulr;
TRANS RvUnary rv_not, rv_orc_b;
TRANS void trans_shift_add(RvTrans *t, const RvOps *o, unsigned shift);
TRANS void trans_shift_add_uw(RvTrans *t, const RvOps *o, unsigned shift);
/* trans_a.c; width: MEM_32 or MEM_64 */
TRANS void trans_lr(RvTrans *t, const RvOps *o, unsigned width);
TRANS void trans_sc(RvTrans *t, const RvOps *o, unsigned width);
TRANS void trans_amo_w(RvTrans *t, const RvOps *o, IrOp op);
TRANS void trans_amo_d(RvTrans *t, const RvOps *o, IrOp op);
TRANS void trans_amocas_w(RvTrans *t, const RvOps *o);
TRANS void trans_amocas_d(RvTrans *t, const RvOps *o);
TRANS void trans_amocas_q(RvTrans *t, const RvOps *o);
/* trans_csr.c */
enum RvCsrOp { CSR_WRITE, CSR_SET, CSR_CLEAR };
/* Whether a CSR instruction (row, operands) exists, and whether it ends the block. */
TRANS bool rv_csr_is_legal(const TargetCpu *cpu, uint64_t pc, unsigned row, const RvOps *o);
TRANS bool rv_csr_ends_block(unsigned row, const RvOps *o);
TRANS void trans_csr(RvTrans *t, const RvOps *o, enum RvCsrOp op);
TRANS void trans_csr_imm(RvTrans *t, const RvOps *o, enum RvCsrOp op);

#ifndef LYRE_TCG_DIRECT_H /* which does without */
#include "target/riscv/trans_fp.h"
#endif

#endif
