/* SPDX-License-Identifier: MIT */
/*
 * A and Zacas (RV unpriv. 13, 15). A reservation is the address and the value that lr saw; sc is a
 * compare-and-swap against that value, so a store of the same value in between goes unnoticed (as
 * with every such scheme). An sc of another width than the lr fails: res_addr is the address, and 1
 * more for a doubleword.
 */
#include "target/riscv/trans.h"

static const uint64_t no_reservation = ~0ull;

/* aq is bit 1, rl bit 0; both together are sequentially consistent. */
static unsigned atomic_mem(const RvOps *o, unsigned width)
{
    static const uint8_t order[4] = { IR_ORDER_NONE, IR_ORDER_REL, IR_ORDER_ACQ, IR_ORDER_SEQ };
    return width | MEM_ALIGNED | (unsigned)order[o->aqrl] << MEM_ORDER_SHIFT;
}

static I64 reservation(RvTrans *t, I64 addr, unsigned width)
{
    if (width == MEM_32)
        return addr;
    I64 tag = ir_const_i64(t->b, 1);
    return ir_add_i64(t->b, addr, tag);
}

void trans_lr(RvTrans *t, const RvOps *o, unsigned width)
{
    unsigned sign = width == MEM_32 ? MEM_SIGNED : 0;
    I64 addr = rv_address(t, o);
    I64 v = ir_load_i64(t->b, addr, 0, atomic_mem(o, width) | sign);
    I64 mark = reservation(t, addr, width);
    ir_put_i64(t->b, RV_SLOT_RES_ADDR, mark);
    ir_put_i64(t->b, RV_SLOT_RES_VALUE, v);
    rv_put_x(t, o->rd, v);
}

/* The store of an sc whose reservation is for this address: 0 where it was done, else 1. */
static I64 store_conditional(RvTrans *t, const RvOps *o, I64 addr, unsigned width)
{
    I64 expected = ir_get_i64(t->b, RV_SLOT_RES_VALUE);
    I64 desired = rv_get_x(t, o->rs2);
    I32 failed;
    if (width == MEM_32) {
        I32 e = ir_trunc_i32(t->b, expected);
        I32 d = ir_trunc_i32(t->b, desired);
        I32 found = ir_cas_i32(t->b, addr, e, d, atomic_mem(o, width));
        failed = ir_cmp_ne_i32(t->b, found, e);
    } else {
        I64 found = ir_cas_i64(t->b, addr, expected, desired, atomic_mem(o, width));
        failed = ir_cmp_ne_i64(t->b, found, expected);
    }
    return ir_zext_i64(t->b, failed);
}

/* An sc that fails for its address faults all the same where a store would: storing back what is
 * there finds out. */
static void probe_store(RvTrans *t, const RvOps *o, I64 addr, unsigned width)
{
    if (width == MEM_32) {
        I32 nothing = ir_const_i32(t->b, 0);
        ir_rmw_i32(t->b, IR_FETCH_OR_I32, addr, nothing, atomic_mem(o, width));
    } else {
        I64 nothing = ir_const_i64(t->b, 0);
        ir_rmw_i64(t->b, IR_FETCH_OR_I64, addr, nothing, atomic_mem(o, width));
    }
}

void trans_sc(RvTrans *t, const RvOps *o, unsigned width)
{
    I64 addr = rv_address(t, o);
    I64 reserved = ir_get_i64(t->b, RV_SLOT_RES_ADDR);
    I64 mark = reservation(t, addr, width);
    I32 is_ours = ir_cmp_eq_i64(t->b, mark, reserved);
    uint32_t do_store = ir_block_new(t->b, t->pc, false);
    uint32_t fail = ir_block_new(t->b, t->pc, false);
    uint32_t join = ir_block_new(t->b, t->next, false);
    ir_br(t->b, is_ours, do_store, fail);

    ir_block_begin(t->b, do_store, 0);
    I64 failed = store_conditional(t, o, addr, width);
    I64 none = ir_const_i64(t->b, no_reservation);
    ir_put_i64(t->b, RV_SLOT_RES_ADDR, none);
    rv_put_x(t, o->rd, failed);
    ir_goto(t->b, join);

    ir_block_begin(t->b, fail, 0);
    ir_insn_commit(t->b); /* the puts of the other way are none of this one's */
    probe_store(t, o, addr, width);
    I64 one = ir_const_i64(t->b, 1);
    ir_put_i64(t->b, RV_SLOT_RES_ADDR, none);
    rv_put_x(t, o->rd, one);
    ir_goto(t->b, join);

    ir_block_begin(t->b, join, 0);
}

void trans_amo_w(RvTrans *t, const RvOps *o, IrOp op)
{
    I64 addr = rv_address(t, o);
    I32 v = rv_get_w(t, o->rs2);
    I32 old = ir_rmw_i32(t->b, op, addr, v, atomic_mem(o, MEM_32));
    rv_put_w(t, o->rd, old);
}

void trans_amo_d(RvTrans *t, const RvOps *o, IrOp op)
{
    I64 addr = rv_address(t, o);
    I64 v = rv_get_x(t, o->rs2);
    I64 old = ir_rmw_i64(t->b, op, addr, v, atomic_mem(o, MEM_64));
    rv_put_x(t, o->rd, old);
}

void trans_amocas_w(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    I32 expected = rv_get_w(t, o->rd);
    I32 desired = rv_get_w(t, o->rs2);
    I32 found = ir_cas_i32(t->b, addr, expected, desired, atomic_mem(o, MEM_32));
    rv_put_w(t, o->rd, found);
}

void trans_amocas_d(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    I64 expected = rv_get_x(t, o->rd);
    I64 desired = rv_get_x(t, o->rs2);
    I64 found = ir_cas_i64(t->b, addr, expected, desired, atomic_mem(o, MEM_64));
    rv_put_x(t, o->rd, found);
}

/* A register pair; the pair of x0 reads as zero and drops the result. */
static V128 get_pair(RvTrans *t, unsigned r)
{
    I64 low = rv_get_x(t, r);
    I64 high = rv_get_x(t, r ? r + 1 : 0);
    return ir_vpack64_v128(t->b, low, high);
}

void trans_amocas_q(RvTrans *t, const RvOps *o)
{
    I64 addr = rv_address(t, o);
    V128 expected = get_pair(t, o->rd);
    V128 desired = get_pair(t, o->rs2);
    V128 found = ir_cas_v128(t->b, addr, expected, desired, atomic_mem(o, MEM_128));
    if (!o->rd)
        return;
    I64 low = ir_vextract64_i64(t->b, found, 0);
    I64 high = ir_vextract64_i64(t->b, found, 1);
    rv_put_x(t, o->rd, low);
    rv_put_x(t, o->rd + 1, high);
}
