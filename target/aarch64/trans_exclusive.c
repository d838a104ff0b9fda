/* SPDX-License-Identifier: MIT */
/*
 * Store-exclusives (Arm ARM C4.1.94, B2.12). A load-exclusive (trans_atomic.c) notes the address and the value that it saw; a store-exclusive
 * to that address is a compare-and-swap against that value, so a store of the same value in between goes unnoticed (docs/decisions.md).
 */
#include "target/aarch64/trans.h"

static const uint64_t no_reservation = ~0ull;

/* Makes the blocks of a store-exclusive; the one that stores is begun. */
typedef struct Exclusive {
    I64 addr;
    uint32_t join;
} Exclusive;

static Exclusive begin_exclusive(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    Exclusive e = { .addr = a64_get_sp(t, o->rn) };
    I64 reserved = ir_get_i64(b, A64_SLOT_LL_ADDR);
    I32 is_ours = ir_cmp_eq_i64(b, e.addr, reserved);
    uint32_t store = ir_block_new(b, t->pc, false), fail = ir_block_new(b, t->pc, false);
    e.join = ir_block_new(b, t->next, false);
    ir_br(b, is_ours, store, fail);
    ir_block_begin(b, fail, 0);
    I64 one = ir_const_i64(b, 1), none = ir_const_i64(b, no_reservation);
    ir_put_i64(b, A64_SLOT_LL_ADDR, none);
    a64_put_x(t, o->rs, one);
    ir_goto(b, e.join);
    ir_block_begin(b, store, 0);
    ir_insn_commit(b); /* the puts of the other way are none of this one's */
    return e;
}

static void end_exclusive(A64Trans *t, const A64Ops *o, const Exclusive *e, I32 failed)
{
    I64 status = ir_zext_i64(t->b, failed), none = ir_const_i64(t->b, no_reservation);
    ir_put_i64(t->b, A64_SLOT_LL_ADDR, none);
    a64_put_x(t, o->rs, status);
    ir_goto(t->b, e->join);
    ir_block_begin(t->b, e->join, 0);
}

void trans_store_exclusive(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered)
{
    IrBuilder *b = t->b;
    I64 desired = a64_get_x(t, o->rt), seen = ir_get_i64(b, A64_SLOT_LL_VALUE);
    Exclusive e = begin_exclusive(t, o);
    unsigned bits = a64_atomic_mem(mem, is_ordered ? IR_ORDER_REL : IR_ORDER_NONE);
    I32 failed;
    if (mem == MEM_64) {
        I64 found = ir_cas_i64(b, e.addr, seen, desired, bits);
        failed = ir_cmp_ne_i64(b, found, seen);
    } else {
        I32 expected = ir_trunc_i32(b, seen), new = ir_trunc_i32(b, desired);
        I32 found = ir_cas_i32(b, e.addr, expected, new, bits);
        if (mem == MEM_8)
            expected = ir_zext8_i32(b, expected);
        if (mem == MEM_16)
            expected = ir_zext16_i32(b, expected);
        failed = ir_cmp_ne_i32(b, found, expected);
    }
    end_exclusive(t, o, &e, failed);
}

void trans_store_exclusive_pair(A64Trans *t, const A64Ops *o, unsigned mem, bool is_ordered)
{
    IrBuilder *b = t->b;
    I64 x = a64_get_x(t, o->rt), y = a64_get_x(t, o->rt2);
    I64 seen = ir_get_i64(b, A64_SLOT_LL_VALUE), seen2 = ir_get_i64(b, A64_SLOT_LL_VALUE2);
    Exclusive e = begin_exclusive(t, o);
    IrOrder order = is_ordered ? IR_ORDER_REL : IR_ORDER_NONE;
    I32 failed;
    if (mem == MEM_32) {
        I64 low = ir_zext32_i64(b, x), half = ir_const_i64(b, 32);
        I64 high = ir_shl_i64(b, y, half);
        I64 desired = ir_or_i64(b, low, high);
        I64 found = ir_cas_i64(b, e.addr, seen, desired, a64_atomic_mem(MEM_64, order));
        failed = ir_cmp_ne_i64(b, found, seen);
    } else {
        V128 expected = ir_vpack64_v128(b, seen, seen2), desired = ir_vpack64_v128(b, x, y);
        V128 found = ir_cas_v128(b, e.addr, expected, desired, a64_atomic_mem(MEM_128, order));
        I64 low = ir_vextract64_i64(b, found, 0), high = ir_vextract64_i64(b, found, 1);
        I64 diff = ir_xor_i64(b, low, seen), diff2 = ir_xor_i64(b, high, seen2), zero = ir_const_i64(b, 0);
        I64 any = ir_or_i64(b, diff, diff2);
        failed = ir_cmp_ne_i64(b, any, zero);
    }
    end_exclusive(t, o, &e, failed);
}
