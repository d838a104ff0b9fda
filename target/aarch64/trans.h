/* SPDX-License-Identifier: MIT */
/* What the chapters of the AArch64 translation share, and the functions that rows of the .isa files name. */
#ifndef LYRE_TARGET_AARCH64_TRANS_H
#define LYRE_TARGET_AARCH64_TRANS_H

#include "target/aarch64/a64_rows.h"
#include "target/aarch64/cpu.h"
#include "tcg/builder.h"

/* Before what the chapters share: direct.h has another meaning for it. */
#ifndef TRANS
#define TRANS
#endif

/* Slots: x0..x30 are 0..30. */
enum A64Slot {
    A64_SLOT_X0 = 0,
    A64_SLOT_SP = 31,
    A64_SLOT_NZCV,
    A64_SLOT_TPIDR,
    A64_SLOT_LL_ADDR,
    A64_SLOT_LL_VALUE,
    A64_SLOT_LL_VALUE2,
    A64_SLOT_EVENT_ARG, /* put just before an exit_event that has one */
    A64_SLOT_QC,
    A64_SLOT_V0,
    A64_SLOT_COUNT = A64_SLOT_V0 + 32,
};
extern const IrSlotDesc a64_slots[A64_SLOT_COUNT];

enum A64Helper {
#define HELPER(name, ...) A64_HELPER_##name,
#include "target/aarch64/helpers.def"
#undef HELPER
    A64_HELPER_COUNT
};

/* One instruction being translated. */
typedef struct A64Trans {
    TargetTrans *t;
    IrBuilder *b;
    const TargetInsn *insn;
    uint64_t pc, next; /* of this and of the following instruction */
    uint8_t active;    /* SIMD: bytes of the result that count for FPSR.QC (of the wide one where it narrows) */
    bool is_unsigned;  /* SIMD: how the operands were widened */
} A64Trans;
typedef void A64TransFn(A64Trans *t, uint32_t raw); /* extracts its operands */
extern A64TransFn *const a64_row_trans[A64_ROW_COUNT];

/* The 32-bit and the 64-bit form of an operation, as two arguments. */
#define OP(name) ir_##name##_i32, ir_##name##_i64
typedef I32 A64Alu32(IrBuilder *b, I32 x, I32 y);
typedef I64 A64Alu64(IrBuilder *b, I64 x, I64 y);
typedef I32 A64Unary32(IrBuilder *b, I32 x);
typedef I64 A64Unary64(IrBuilder *b, I64 x);

/* Registers: 31 reads as zero and drops what is written; *_sp: 31 is the stack pointer. W values are zero-extended. */
static inline I64 a64_get_x(A64Trans *t, unsigned r)
{
    return r == 31 ? ir_const_i64(t->b, 0) : ir_get_i64(t->b, A64_SLOT_X0 + r);
}
static inline I64 a64_get_sp(A64Trans *t, unsigned r) { return ir_get_i64(t->b, A64_SLOT_X0 + r); }
static inline I32 a64_get_w(A64Trans *t, unsigned r)
{
    I64 v = a64_get_x(t, r);
    return ir_trunc_i32(t->b, v);
}
static inline void a64_put_x(A64Trans *t, unsigned r, I64 v)
{
    if (r != 31)
        ir_put_i64(t->b, A64_SLOT_X0 + r, v);
}
static inline void a64_put_sp(A64Trans *t, unsigned r, I64 v) { ir_put_i64(t->b, A64_SLOT_X0 + r, v); }
static inline void a64_put_w(A64Trans *t, unsigned r, I32 v)
{
    I64 wide = ir_zext_i64(t->b, v);
    a64_put_x(t, r, wide);
}
static inline V128 a64_get_v(A64Trans *t, unsigned r) { return ir_get_v128(t->b, A64_SLOT_V0 + r); }
static inline void a64_put_v(A64Trans *t, unsigned r, V128 v) { ir_put_v128(t->b, A64_SLOT_V0 + r, v); }
static inline CC a64_get_cc(A64Trans *t) { return ir_get_cc(t->b, A64_SLOT_NZCV); }
static inline void a64_put_cc(A64Trans *t, CC v) { ir_put_cc(t->b, A64_SLOT_NZCV, v); }
static inline V128 a64_zero_v(A64Trans *t) { return ir_const_v128(t->b, (V128Bits){ .u64 = { 0, 0 } }); }

/* The condition as 0 or 1; 14 and 15 are always true. */
TRANS I32 a64_condition(A64Trans *t, unsigned cond);
/* x shifted by a constant; kind: LSL LSR ASR ROR. */
TRANS I64 a64_shift(A64Trans *t, bool sf, unsigned kind, I64 x, unsigned amount);
/* x extended (UXTB ... SXTX) and shifted to the left. */
TRANS I64 a64_extend(A64Trans *t, unsigned option, I64 x, unsigned amount);
/* DecodeBitMasks() of the manual, for valid immediates. */
TRANS uint64_t a64_bitmask(unsigned n_immr_imms, bool sf);
/* Ends the block: to a constant pc, inside the region where it has a block for it. */
TRANS void a64_goto(A64Trans *t, uint64_t pc);
TRANS void a64_undefined(A64Trans *t);
TRANS void a64_jump(A64Trans *t, I64 target, unsigned rn); /* br; rn: which register said so */
TRANS void a64_call(A64Trans *t, I64 target); /* blr */

enum A64Select { A64_PICK, A64_PICK_INC, A64_PICK_INV, A64_PICK_NEG }; /* what becomes of the second */
/* trans_call.c */
TRANS I64 a64_call_i64(A64Trans *t, unsigned helper, unsigned nargs, const uint32_t *args);
/* trans_dp.c: data processing */
TRANS void trans_adr(A64Trans *t, const A64Ops *o);
TRANS void trans_adrp(A64Trans *t, const A64Ops *o);
TRANS void trans_addsub_imm(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags);
TRANS void trans_addsub(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags);
TRANS void trans_addsub_ext(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags);
TRANS void trans_adc(A64Trans *t, const A64Ops *o, bool is_sub, bool has_flags);
TRANS void trans_logic_imm(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x, bool has_flags);
TRANS void trans_logic(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x, bool is_inverted, bool has_flags);
TRANS void trans_alu(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x);
TRANS void trans_alu_imm(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x);
TRANS void trans_unary(A64Trans *t, const A64Ops *o, A64Unary32 *w, A64Unary64 *x);
TRANS void trans_div(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x);
TRANS void trans_madd(A64Trans *t, const A64Ops *o, A64Alu32 *w, A64Alu64 *x);
TRANS void trans_maddl(A64Trans *t, const A64Ops *o, I64 (*extend)(IrBuilder *, I32), A64Alu64 *x);
TRANS void trans_mulh(A64Trans *t, const A64Ops *o, A64Alu64 *mul2);
TRANS void trans_csel(A64Trans *t, const A64Ops *o, enum A64Select kind);
TRANS void trans_ccmp(A64Trans *t, const A64Ops *o, bool is_sub);
TRANS void trans_ccmp_imm(A64Trans *t, const A64Ops *o, bool is_sub);
TRANS void trans_rmif(A64Trans *t, const A64Ops *o);
TRANS void trans_setf(A64Trans *t, const A64Ops *o, unsigned bits);
TRANS void trans_cfinv(A64Trans *t, const A64Ops *o);
TRANS void trans_xaflag(A64Trans *t, const A64Ops *o);
TRANS void trans_axflag(A64Trans *t, const A64Ops *o);
/* trans_bits.c: moves, bit fields, bit counts */
TRANS void trans_movn(A64Trans *t, const A64Ops *o);
TRANS void trans_movz(A64Trans *t, const A64Ops *o);
TRANS void trans_movk(A64Trans *t, const A64Ops *o);
TRANS void trans_sbfm(A64Trans *t, const A64Ops *o);
TRANS void trans_bfm(A64Trans *t, const A64Ops *o);
TRANS void trans_ubfm(A64Trans *t, const A64Ops *o);
TRANS void trans_extr(A64Trans *t, const A64Ops *o);
TRANS void trans_rbit(A64Trans *t, const A64Ops *o);
TRANS void trans_rev16(A64Trans *t, const A64Ops *o);
TRANS void trans_rev32(A64Trans *t, const A64Ops *o);
TRANS void trans_rev_w(A64Trans *t, const A64Ops *o);
TRANS void trans_rev_x(A64Trans *t, const A64Ops *o);
TRANS void trans_cls(A64Trans *t, const A64Ops *o);
TRANS void trans_abs(A64Trans *t, const A64Ops *o);
/* trans_flow.c: branches, exceptions, caches */
TRANS void trans_b_cond(A64Trans *t, const A64Ops *o);
TRANS void trans_cbz(A64Trans *t, const A64Ops *o, bool is_nonzero);
TRANS void trans_tbz(A64Trans *t, const A64Ops *o, bool is_nonzero);
TRANS void trans_b(A64Trans *t, const A64Ops *o);
TRANS void trans_bl(A64Trans *t, const A64Ops *o);
TRANS void trans_br(A64Trans *t, const A64Ops *o);
TRANS void trans_blr(A64Trans *t, const A64Ops *o);
TRANS void trans_ret(A64Trans *t, const A64Ops *o);
TRANS void trans_svc(A64Trans *t, const A64Ops *o);
TRANS void trans_brk(A64Trans *t, const A64Ops *o);
TRANS void trans_udf(A64Trans *t, const A64Ops *o);
TRANS void trans_nop(A64Trans *t, const A64Ops *o);
TRANS void trans_clrex(A64Trans *t, const A64Ops *o);
TRANS void trans_dmb(A64Trans *t, const A64Ops *o);
TRANS void trans_dsb(A64Trans *t, const A64Ops *o);
TRANS void trans_isb(A64Trans *t, const A64Ops *o);
TRANS void trans_ic_ivau(A64Trans *t, const A64Ops *o);
TRANS void trans_dc_zva(A64Trans *t, const A64Ops *o);
TRANS void trans_dc_touch(A64Trans *t, const A64Ops *o);
/* trans_sys.c: system registers */
TRANS void trans_msr_pstate(A64Trans *t, const A64Ops *o, A64Sys reg);
TRANS void trans_mrs(A64Trans *t, const A64Ops *o);
TRANS void trans_msr(A64Trans *t, const A64Ops *o);
/* trans_ldst.c. mem: MemAttr and A64Access */
enum A64Form { A64_OFFSET, A64_INDEXED, A64_REGISTER };
enum A64Access { A64_SX32 = 1 << 16 }; /* sign-extended to 32 bits, then zero-extended */
TRANS void trans_load(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_store(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_vload(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_vstore(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_load_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_store_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_vload_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_vstore_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem);
TRANS void trans_load_literal(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS void trans_vload_literal(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS void trans_store_release(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS void trans_load_acquire(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS void trans_load_acquire_at(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS V128 a64_load_v(A64Trans *t, I64 addr, int32_t disp, unsigned mem); /* upper bytes zero */
TRANS void a64_store_v(A64Trans *t, I64 addr, int32_t disp, V128 v, unsigned mem);
/* trans_exclusive.c */
TRANS void trans_store_exclusive(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered);
TRANS void trans_store_exclusive_pair(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered);
/* trans_atomic.c */
static inline unsigned a64_atomic_mem(unsigned mem, IrOrder order) { return mem | MEM_ALIGNED | (unsigned)order << MEM_ORDER_SHIFT; }
TRANS void trans_load_exclusive(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered);
TRANS void trans_load_exclusive_pair(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered);
TRANS void trans_cas(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS void trans_casp(A64Trans *t, const A64Ops *o, unsigned mem);
TRANS void trans_atomic(A64Trans *t, const A64Ops *o, IrOp op, unsigned mem);
TRANS void trans_atomic_clear(A64Trans *t, const A64Ops *o, IrOp op, unsigned mem);

/* trans_fp_move.c */
TRANS I64 a64_get_fp(A64Trans *t, unsigned size, unsigned r); /* the low lane as bits; what lies above it is undefined */
TRANS void a64_put_fp(A64Trans *t, unsigned size, unsigned r, I64 v); /* v: zero above the lane */
TRANS void trans_fp_move(A64Trans *t, const A64Ops *o, unsigned size);
TRANS void trans_fp_sign(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg);
TRANS void trans_fcsel(A64Trans *t, const A64Ops *o, unsigned size);
TRANS void trans_fmov_imm(A64Trans *t, const A64Ops *o, unsigned size);
TRANS void trans_fmov_to(A64Trans *t, const A64Ops *o, unsigned size);
TRANS void trans_fmov_from(A64Trans *t, const A64Ops *o, unsigned size);
TRANS void trans_fmov_to_high(A64Trans *t, const A64Ops *o);
TRANS void trans_fmov_from_high(A64Trans *t, const A64Ops *o);
/* trans_pauth.c */
TRANS void trans_pac(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_pac_zero(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_aut(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_aut_zero(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_pac_hint(A64Trans *t, const A64Ops *o, enum A64Key key, unsigned reg, int modifier);
TRANS void trans_aut_hint(A64Trans *t, const A64Ops *o, enum A64Key key, unsigned reg, int modifier);
TRANS void trans_xpac(A64Trans *t, const A64Ops *o);
TRANS void trans_xpaclri(A64Trans *t, const A64Ops *o);
TRANS void trans_pacga(A64Trans *t, const A64Ops *o);
TRANS void trans_bra(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_bra_zero(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_blra(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_blra_zero(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_reta(A64Trans *t, const A64Ops *o, enum A64Key key);
TRANS void trans_ldra(A64Trans *t, const A64Ops *o, enum A64Key key, enum A64Form form);
/* trans_mops.c; is_forward: cpyf */
TRANS void trans_set_prologue(A64Trans *t, const A64Ops *o);
TRANS void trans_set_main(A64Trans *t, const A64Ops *o);
TRANS void trans_set_end(A64Trans *t, const A64Ops *o);
TRANS void trans_cpy_prologue(A64Trans *t, const A64Ops *o, bool is_forward);
TRANS void trans_cpy_main(A64Trans *t, const A64Ops *o, bool is_forward);
TRANS void trans_cpy_end(A64Trans *t, const A64Ops *o, bool is_forward);

#include "target/aarch64/trans_simd.h"
#ifndef LYRE_TCG_DIRECT_H /* which does without */
#include "target/aarch64/trans_fp.h"
#endif

#endif
