/* SPDX-License-Identifier: MIT */
/* Jumps and branches (RV unpriv. 2.5), fences, environment calls, Zifencei, Zicbom, Zicboz. */
#include "target/riscv/trans.h"

void rv_goto(RvTrans *t, uint64_t pc)
{
    uint32_t block = target_block_of(t, pc);
    if (block)
        ir_goto(t->b, block);
    else
        ir_exit(t->b, pc);
}

void rv_illegal(RvTrans *t) { ir_exit_event(t->b, TCG_EVENT_ILLEGAL, t->insn->pc); }

static void put_link(RvTrans *t, unsigned rd)
{
    I64 link = ir_const_i64(t->b, rv_next(t));
    rv_put_x(t, rd, link);
}

/* TargetInsn.target, which is not set in direct execution */
static uint64_t target_of(const RvTrans *t, const RvOps *o) { return t->insn->pc + (uint64_t)(int64_t)o->imm; }

void trans_jal(RvTrans *t, const RvOps *o)
{
    const uint64_t target = target_of(t, o);
    put_link(t, o->rd);
    if (t->insn->flow == FLOW_CALL)
        ir_exit_call(t->b, target, rv_next(t), target_block_of(t, rv_next(t)));
    else
        rv_goto(t, target);
}

/* The far forms (auipc + jalr) have a target that is known here. Of an unknown one Target.pc_mask
 * clears bit 0. */
void trans_jalr(RvTrans *t, const RvOps *o)
{
    I64 base = rv_get_x(t, o->rs1);
    I64 disp = ir_const_i64(t->b, (uint64_t)(int64_t)o->imm);
    I64 target = ir_add_i64(t->b, base, disp);
    uint64_t known = 0;
    bool is_known = ir_is_const_i64(t->b, target, &known);
    known &= ~1ull;
    put_link(t, o->rd);
    if (t->insn->flow == FLOW_CALL_INDIRECT) {
        uint32_t ret = target_block_of(t, rv_next(t));
        if (is_known)
            ir_exit_call(t->b, known, rv_next(t), ret);
        else
            ir_exit_call_indirect(t->b, target, rv_next(t), ret);
    } else if (is_known) {
        ir_exit(
            t->b,
            known); /* region formation has not counted this edge: never to a block of the region */
    } else if (t->insn->flow == FLOW_RETURN) {
        ir_exit_return(t->b, target);
    } else {
        ir_exit_indirect(t->b, target);
    }
}

static void branch(RvTrans *t, const RvOps *o, I32 cond)
{
    const uint64_t pc[2] = { target_of(t, o), rv_next(t) };
    const uint32_t block[2] = { target_block_of(t, pc[0]), target_block_of(t, pc[1]) };
    ir_branch(t->b, cond, pc, block);
}

void trans_branch(RvTrans *t, const RvOps *o, RvCompare *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = rv_get_x(t, o->rs2);
    I32 cond = op(t->b, x, y);
    branch(t, o, cond);
}

void trans_branch_swapped(RvTrans *t, const RvOps *o, RvCompare *op)
{
    I64 x = rv_get_x(t, o->rs1);
    I64 y = rv_get_x(t, o->rs2);
    I32 cond = op(t->b, y, x);
    branch(t, o, cond);
}

void trans_ecall(RvTrans *t, const RvOps *o) { ir_exit_event(t->b, TCG_EVENT_SYSCALL, rv_next(t)); }
void trans_ebreak(RvTrans *t, const RvOps *o) { ir_exit_event(t->b, TCG_EVENT_BREAK, t->insn->pc); }

enum { FENCE_W = 1, FENCE_R = 2, FENCE_O = 4, FENCE_I = 8 };

/* Only earlier writes against later reads need more than a TSO host gives. */
void trans_fence(RvTrans *t, const RvOps *o)
{
    bool orders_store_load = (o->pred & (FENCE_W | FENCE_O)) && (o->succ & (FENCE_R | FENCE_I));
    if (orders_store_load)
        ir_fence(t->b, IR_ORDER_SEQ);
    else if (o->pred & (FENCE_R | FENCE_I))
        ir_fence(t->b, IR_ORDER_ACQ);
    else
        ir_fence(t->b, IR_ORDER_REL);
}

/* All orders but store to load: both an acquire and a release. */
void trans_fence_tso(RvTrans *t, const RvOps *o)
{
    ir_fence(t->b, IR_ORDER_ACQ);
    ir_fence(t->b, IR_ORDER_REL);
}

/* Translations are kept coherent by page protection: a new look-up is all that it takes. */
void trans_fence_i(RvTrans *t, const RvOps *o) { ir_exit_event(t->b, TCG_EVENT_LOOKUP, rv_next(t)); }

/* Cache management touches the block (it may fault as an access would) and is done: caches are
 * coherent. */
void trans_cbo_touch(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    ir_load_i64(t->b, addr, 0, MEM_8);
}

void trans_cbo_zero(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    I64 mask = ir_const_i64(t->b, ~(uint64_t)(RISCV_CBO_SIZE - 1));
    I64 block = ir_and_i64(t->b, addr, mask);
    V128 zero = ir_const_v128(t->b, (V128Bits){ .u64 = { 0, 0 } });
    for (int i = 0; i < RISCV_CBO_SIZE; i += 16)
        ir_store_v128(t->b, block, i, zero, MEM_128);
}
