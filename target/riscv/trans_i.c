/* SPDX-License-Identifier: MIT */
/* RV64I arithmetic, loads and stores (RV unpriv. 2, 4), Zicond. Jumps, fences and system
 * instructions: trans_flow.c. */
#include "target/riscv/trans.h"

static void put_const(RvTrans *t, unsigned rd, uint64_t v)
{
    I64 c = ir_const_i64(t->b, v);
    rv_put_x(t, rd, c);
}

void trans_lui(RvTrans *t, const RvOps *o) { put_const(t, o->rd, (uint64_t)(int64_t)o->imm); }
void trans_auipc(RvTrans *t, const RvOps *o)
{
    put_const(t, o->rd, t->insn->pc + (uint64_t)(int64_t)o->imm);
}
void trans_li(RvTrans *t, const RvOps *o) { put_const(t, o->rd, (uint64_t)(int64_t)o->imm); }
void trans_zero(RvTrans *t, const RvOps *o) { put_const(t, o->rd, 0); }
void trans_nop(RvTrans *t, const RvOps *o) {}

void trans_mv(RvTrans *t, const RvOps *o)
{
    I64 v = rv_get_x(t, o->rs2);
    rv_put_x(t, o->rd, v);
}

void trans_alu(RvTrans *t, const RvOps *o, RvAlu *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = rv_get_x(t, o->rs2);
    I64 r = op(t->b, x, y);
    rv_put_x(t, o->rd, r);
}

void trans_alu_imm(RvTrans *t, const RvOps *o, RvAlu *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = ir_const_i64(t->b, (uint64_t)(int64_t)o->imm);
    I64 r = op(t->b, x, y);
    rv_put_x(t, o->rd, r);
}

void trans_alu_w(RvTrans *t, const RvOps *o, RvAluW *op)
{
    I32 x = rv_get_w(t, o->rs1);
    I32 y = rv_get_w(t, o->rs2);
    I32 r = op(t->b, x, y);
    rv_put_w(t, o->rd, r);
}

void trans_alu_imm_w(RvTrans *t, const RvOps *o, RvAluW *op)
{
    I32 x = rv_get_w(t, o->rs1);
    I32 y = ir_const_i32(t->b, (uint32_t)o->imm);
    I32 r = op(t->b, x, y);
    rv_put_w(t, o->rd, r);
}

void trans_unary(RvTrans *t, const RvOps *o, RvUnary *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 r = op(t->b, x);
    rv_put_x(t, o->rd, r);
}

void trans_unary_w(RvTrans *t, const RvOps *o, RvUnaryW *op)
{
    I32 x = rv_get_w(t, o->rs1);
    I32 r = op(t->b, x);
    rv_put_w(t, o->rd, r);
}

static void put_condition(RvTrans *t, unsigned rd, I32 c)
{
    I64 r = ir_zext_i64(t->b, c);
    rv_put_x(t, rd, r);
}

void trans_compare(RvTrans *t, const RvOps *o, RvCompare *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = rv_get_x(t, o->rs2);
    I32 c = op(t->b, x, y);
    put_condition(t, o->rd, c);
}

void trans_compare_imm(RvTrans *t, const RvOps *o, RvCompare *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = ir_const_i64(t->b, (uint64_t)(int64_t)o->imm);
    I32 c = op(t->b, x, y);
    put_condition(t, o->rd, c);
}

/* Zicond: rs1, or zero where rs2 compares so with zero. */
void trans_czero(RvTrans *t, const RvOps *o, RvCompare *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = rv_get_x(t, o->rs2);
    I64 zero = ir_const_i64(t->b, 0);
    I32 c = op(t->b, y, zero);
    I64 r = ir_select_i64(t->b, c, zero, x);
    rv_put_x(t, o->rd, r);
}

void trans_load(RvTrans *t, const RvOps *o, unsigned mem)
{
    I64 addr = rv_address(t, o);
    I64 v = ir_load_i64(t->b, addr, o->imm, mem);
    rv_put_x(t, o->rd, v);
}

void trans_store(RvTrans *t, const RvOps *o, unsigned mem)
{
    I64 addr = rv_address(t, o);
    I64 v = rv_get_x(t, o->rs2);
    ir_store_i64(t->b, addr, o->imm, v, mem);
}
