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

/* An sc whose reservation is for another address faults all the same where a store would: it
 * compares with the value and would store that same value back. */
void trans_sc(RvTrans *t, const RvOps *o, unsigned width)
{
    I64 addr = rv_address(t, o);
    I64 reserved = ir_get_i64(t->b, RV_SLOT_RES_ADDR);
    I64 mark = reservation(t, addr, width);
    I32 is_other = ir_cmp_ne_i64(t->b, mark, reserved);
    I64 expected = ir_get_i64(t->b, RV_SLOT_RES_VALUE);
    I64 value = rv_get_x(t, o->rs2);
    I64 desired = ir_select_i64(t->b, is_other, expected, value);
    I32 has_changed;
    if (width == MEM_32) {
        I32 e = ir_trunc_i32(t->b, expected);
        I32 d = ir_trunc_i32(t->b, desired);
        I32 found = ir_cas_i32(t->b, addr, e, d, atomic_mem(o, width));
        has_changed = ir_cmp_ne_i32(t->b, found, e);
    } else {
        I64 found = ir_cas_i64(t->b, addr, expected, desired, atomic_mem(o, width));
        has_changed = ir_cmp_ne_i64(t->b, found, expected);
    }
    I32 failed = ir_or_i32(t->b, is_other, has_changed);
    I64 none = ir_const_i64(t->b, no_reservation);
    ir_put_i64(t->b, RV_SLOT_RES_ADDR, none);
    I64 result = ir_zext_i64(t->b, failed);
    rv_put_x(t, o->rd, result);
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
