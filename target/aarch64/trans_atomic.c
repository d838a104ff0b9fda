/* SPDX-License-Identifier: MIT */
/* Load-exclusives, LSE atomics, compare and swap (Arm ARM C4.1.94, B2.12). All of them want natural alignment. */
#include "target/aarch64/trans.h"

/* acqrel: 2 acquire, 1 release. */
static IrOrder order_of(unsigned acqrel)
{
    static const uint8_t order[4] = { IR_ORDER_NONE, IR_ORDER_REL, IR_ORDER_ACQ, IR_ORDER_SEQ };
    return order[acqrel];
}

/* ---- exclusives: the stores are in trans_exclusive.c */

void trans_load_exclusive(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered)
{
    I64 addr = a64_get_sp(t, o->rn);
    I64 v = ir_load_i64(t->b, addr, 0, a64_atomic_mem(mem, is_ordered ? IR_ORDER_ACQ : IR_ORDER_NONE));
    ir_put_i64(t->b, A64_SLOT_LL_ADDR, addr);
    ir_put_i64(t->b, A64_SLOT_LL_VALUE, v);
    a64_put_x(t, o->rt, v);
}

void trans_load_exclusive_pair(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered)
{
    IrBuilder *b = t->b;
    IrOrder order = is_ordered ? IR_ORDER_ACQ : IR_ORDER_NONE;
    I64 addr = a64_get_sp(t, o->rn), low, high;
    if (mem == MEM_32) {
        I64 both = ir_load_i64(b, addr, 0, a64_atomic_mem(MEM_64, order)), half = ir_const_i64(b, 32);
        ir_put_i64(b, A64_SLOT_LL_VALUE, both);
        low = ir_zext32_i64(b, both);
        high = ir_shr_i64(b, both, half);
    } else {
        V128 both = ir_load_v128(b, addr, 0, a64_atomic_mem(MEM_128, order));
        low = ir_vextract64_i64(b, both, 0);
        high = ir_vextract64_i64(b, both, 1);
        ir_put_i64(b, A64_SLOT_LL_VALUE, low);
        ir_put_i64(b, A64_SLOT_LL_VALUE2, high);
    }
    ir_put_i64(b, A64_SLOT_LL_ADDR, addr);
    a64_put_x(t, o->rt, low);
    a64_put_x(t, o->rt2, high);
}

/* ---- LSE */

void trans_cas(A64Trans *t, const A64Ops *o, unsigned mem)
{
    I64 addr = a64_get_sp(t, o->rn);
    unsigned bits = a64_atomic_mem(mem, order_of(o->acqrel));
    if (mem == MEM_64) {
        I64 expected = a64_get_x(t, o->rs), desired = a64_get_x(t, o->rt);
        I64 found = ir_cas_i64(t->b, addr, expected, desired, bits);
        a64_put_x(t, o->rs, found);
    } else {
        I32 expected = a64_get_w(t, o->rs), desired = a64_get_w(t, o->rt);
        I32 found = ir_cas_i32(t->b, addr, expected, desired, bits);
        a64_put_w(t, o->rs, found);
    }
}

/* The pair's registers, the lower address first; the pair of x30 is x30 and zr. */
static void get_pair(A64Trans *t, unsigned r, I64 out[2])
{
    out[0] = a64_get_x(t, r);
    out[1] = a64_get_x(t, r + 1);
}

static I64 join_words(A64Trans *t, const I64 w[2])
{
    I64 low = ir_zext32_i64(t->b, w[0]), half = ir_const_i64(t->b, 32);
    I64 high = ir_shl_i64(t->b, w[1], half);
    return ir_or_i64(t->b, low, high);
}

void trans_casp(A64Trans *t, const A64Ops *o, unsigned mem)
{
    IrBuilder *b = t->b;
    I64 addr = a64_get_sp(t, o->rn), expected[2], desired[2], low, high;
    IrOrder order = order_of(o->acqrel);
    get_pair(t, o->rs, expected);
    get_pair(t, o->rt, desired);
    if (mem == MEM_32) {
        I64 e = join_words(t, expected), d = join_words(t, desired), half = ir_const_i64(b, 32);
        I64 found = ir_cas_i64(b, addr, e, d, a64_atomic_mem(MEM_64, order));
        low = ir_zext32_i64(b, found);
        high = ir_shr_i64(b, found, half);
    } else {
        V128 e = ir_vpack64_v128(b, expected[0], expected[1]), d = ir_vpack64_v128(b, desired[0], desired[1]);
        V128 found = ir_cas_v128(b, addr, e, d, a64_atomic_mem(MEM_128, order));
        low = ir_vextract64_i64(b, found, 0);
        high = ir_vextract64_i64(b, found, 1);
    }
    a64_put_x(t, o->rs, low);
    a64_put_x(t, o->rs + 1, high);
}

static void atomic(A64Trans *t, const A64Ops *o, IrOp op, unsigned mem, I64 value)
{
    I64 addr = a64_get_sp(t, o->rn);
    unsigned bits = a64_atomic_mem(mem, order_of(o->acqrel));
    if (mem == MEM_64) {
        I64 old = ir_rmw_i64(t->b, op, addr, value, bits);
        a64_put_x(t, o->rt, old);
    } else {
        I32 narrow = ir_trunc_i32(t->b, value);
        I32 old = ir_rmw_i32(t->b, op, addr, narrow, bits);
        a64_put_w(t, o->rt, old);
    }
}

void trans_atomic(A64Trans *t, const A64Ops *o, IrOp op, unsigned mem)
{
    I64 value = a64_get_x(t, o->rs);
    atomic(t, o, op, mem, value);
}

/* ldclr: and with the complement. */
void trans_atomic_clear(A64Trans *t, const A64Ops *o, IrOp op, unsigned mem)
{
    I64 value = a64_get_x(t, o->rs), ones = ir_const_i64(t->b, ~0ull);
    I64 mask = ir_xor_i64(t->b, value, ones);
    atomic(t, o, op, mem, mask);
}
