/* SPDX-License-Identifier: MIT */
/* Loads, stores and atomic operations of the interpreter: size, sign, byte order, alignment, order. */
#include "tcg/interp_mem.h"

#include <stdatomic.h>
#include <string.h>

#include "util/assert.h"

static uint64_t swap_bytes(uint64_t v, unsigned mem)
{
    return mem & MEM_BIG_ENDIAN ? __builtin_bswap64(v) >> (64 - 8 * MEM_SIZE(mem)) : v;
}

static V128Bits swap_vector(V128Bits v, unsigned mem)
{
    if (!(mem & MEM_BIG_ENDIAN)) {
        return v;
    }
    return (V128Bits){ .u64 = { __builtin_bswap64(v.u64[1]), __builtin_bswap64(v.u64[0]) } };
}

/* The low bytes of v, extended as mem says. */
static uint64_t extend(uint64_t v, unsigned mem)
{
    unsigned shift = 64 - 8 * MEM_SIZE(mem);
    return mem & MEM_SIGNED ? (uint64_t)((int64_t)(v << shift) >> shift) : v << shift >> shift;
}

static AccessResult load(unsigned mem, uint64_t addr, IrValue *out)
{
    AccessResult result;
    if ((mem & MEM_SIZE_MASK) == MEM_128) {
        V128Bits v;
        result = access_load16(addr, v.u64);
        out->v = swap_vector(v, mem);
    } else {
        uint64_t v = 0;
        result = access_load(MEM_SIZE(mem), addr, &v);
        out->u64 = extend(swap_bytes(v, mem), mem);
    }
    if (MEM_ORDER(mem) != IR_ORDER_NONE) {
        atomic_thread_fence(memory_order_acquire);
    }
    return result;
}

static AccessResult store(unsigned mem, uint64_t addr, const IrValue *value)
{
    AccessResult result;
    if (MEM_ORDER(mem) != IR_ORDER_NONE) {
        atomic_thread_fence(memory_order_release);
    }
    if ((mem & MEM_SIZE_MASK) == MEM_128) {
        V128Bits v = swap_vector(value->v, mem);
        result = access_store16(addr, v.u64);
    } else {
        result = access_store(MEM_SIZE(mem), addr, swap_bytes(value->u64, mem));
    }
    if (MEM_ORDER(mem) == IR_ORDER_SEQ) {
        atomic_thread_fence(memory_order_seq_cst);
    }
    return result;
}

/* What a fetch operation leaves in memory; the low bytes count. */
static uint64_t combine(IrOp op, uint64_t old, uint64_t v, unsigned mem)
{
    unsigned s = mem | MEM_SIGNED, u = mem & ~(unsigned)MEM_SIGNED;
    switch (op) {
    case IR_XCHG_I32:
    case IR_XCHG_I64:
        return v;
    case IR_FETCH_ADD_I32:
    case IR_FETCH_ADD_I64:
        return old + v;
    case IR_FETCH_AND_I32:
    case IR_FETCH_AND_I64:
        return old & v;
    case IR_FETCH_OR_I32:
    case IR_FETCH_OR_I64:
        return old | v;
    case IR_FETCH_XOR_I32:
    case IR_FETCH_XOR_I64:
        return old ^ v;
    case IR_FETCH_SMIN_I32:
    case IR_FETCH_SMIN_I64:
        return (int64_t)extend(old, s) < (int64_t)extend(v, s) ? old : v;
    case IR_FETCH_SMAX_I32:
    case IR_FETCH_SMAX_I64:
        return (int64_t)extend(old, s) > (int64_t)extend(v, s) ? old : v;
    case IR_FETCH_UMIN_I32:
    case IR_FETCH_UMIN_I64:
        return extend(old, u) < extend(v, u) ? old : v;
    case IR_FETCH_UMAX_I32:
    case IR_FETCH_UMAX_I64:
        return extend(old, u) > extend(v, u) ? old : v;
    default:
        lyre_unreachable();
    }
}

static AccessResult compare_swap_vector(unsigned mem, uint64_t addr, const IrValue args[3], IrValue *out)
{
    V128Bits found = swap_vector(args[1].v, mem), desired = swap_vector(args[2].v, mem);
    AccessResult result = access_cas16(addr, found.u64, desired.u64);
    out->v = swap_vector(found, mem);
    return result;
}

static AccessResult compare_swap(unsigned mem, uint64_t addr, const IrValue args[3], IrValue *out)
{
    unsigned u = mem & ~(unsigned)MEM_SIGNED;
    uint64_t found = swap_bytes(extend(args[1].u64, u), mem), desired = swap_bytes(extend(args[2].u64, u), mem);
    AccessResult result = access_cas(MEM_SIZE(mem), addr, &found, desired);
    out->u64 = extend(swap_bytes(found, mem), mem);
    return result;
}

static AccessResult fetch(IrOp op, unsigned mem, uint64_t addr, uint64_t v, IrValue *out)
{
    unsigned u = mem & ~(unsigned)MEM_SIGNED;
    uint64_t found = 0;
    for (;;) {
        uint64_t expected = found, old = swap_bytes(found, mem);
        uint64_t desired = swap_bytes(extend(combine(op, old, v, mem), u), mem);
        AccessResult result = access_cas(MEM_SIZE(mem), addr, &found, desired);
        if (result.kind != ACCESS_OK || found == expected) {
            out->u64 = extend(old, mem);
            return result;
        }
    }
}

/* Whether an access that asks for alignment has it. */
static bool is_aligned(uint64_t addr, unsigned size, unsigned window)
{
    return (addr & (size - 1)) == 0 || (window && (addr & (window - 1)) + size <= window);
}

AccessResult interp_access(unsigned tag_bits, unsigned align_window, const IrInsn *i, const IrValue args[3], IrValue *out)
{
    uint64_t addr = interp_strip_tag(args[0].u64 + (uint64_t)(int64_t)i->aux, tag_bits);
    if (i->mem & MEM_ALIGNED && !is_aligned(addr, MEM_SIZE(i->mem), align_window)) {
        return (AccessResult){ ACCESS_ALIGN, addr };
    }
    if (ir_has_trait(i, IR_TRAIT_LOAD)) {
        return load(i->mem, addr, out);
    }
    if (ir_has_trait(i, IR_TRAIT_STORE)) {
        return store(i->mem, addr, &args[1]);
    }
    switch (i->op) {
    case IR_CAS_I32:
    case IR_CAS_I64:
        return compare_swap(i->mem, addr, args, out);
    case IR_CAS_V128:
        return compare_swap_vector(i->mem, addr, args, out);
    default:
        return fetch(i->op, i->mem, addr, args[1].u64, out);
    }
}
