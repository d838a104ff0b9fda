/* SPDX-License-Identifier: MIT */
/* Rules of 128-bit vectors. */
#include "tcg/eval.h"
#include "tcg/opt/fold_rules.h"

/* ---- permutations of constant order */

static bool get_vector(const IrBuilder *b, uint32_t v, V128Bits *out)
{
    const IrInsn *i = build_insn(b, v);
    if (i->op != IR_CONST_V128) {
        return false;
    }
    *out = b->r->pool[i->imm];
    return true;
}

/* Two of them are one; what puts every byte where it was is nothing. */
uint32_t fold_shuffle(IrBuilder *b, IrInsn *n)
{
    V128Bits outer, inner;
    IrInsn i = *build_insn(b, n->arg[0]);
    if (!get_vector(b, n->arg[1], &outer)) {
        return 0;
    }
    bool is_identity = true;
    for (unsigned k = 0; k < 16; k++) {
        is_identity &= !(outer.u8[k] & 0x80) && (outer.u8[k] & 15) == k;
    }
    if (is_identity) {
        return n->arg[0];
    }
    if (i.op != IR_VSHUF8_V128 || !get_vector(b, i.arg[1], &inner)) {
        return 0;
    }
    V128Bits both;
    for (unsigned k = 0; k < 16; k++) {
        both.u8[k] = outer.u8[k] & 0x80 ? 0x80 : inner.u8[outer.u8[k] & 15];
    }
    n->arg[0] = i.arg[0];
    n->arg[1] = ir_const_v128(b, both).id;
    return FOLD_AGAIN;
}

/* Where half *h of v comes from. */
static uint32_t source_of_half(const IrBuilder *b, uint32_t v, unsigned *h)
{
    for (;;) {
        const IrInsn *i = build_insn(b, v);
        if (i->op != IR_VZIPLO64_V128 && i->op != IR_VZIPHI64_V128) {
            return v;
        }
        v = i->arg[*h];
        *h = i->op == IR_VZIPHI64_V128;
    }
}

/* Halves that come from one vector and stand as they stood there. */
uint32_t fold_zip64(IrBuilder *b, IrInsn *n)
{
    unsigned low = n->op == IR_VZIPHI64_V128, high = low;
    uint32_t x = source_of_half(b, n->arg[0], &low), y = source_of_half(b, n->arg[1], &high);
    return x == y && low == 0 && high == 1 ? x : 0;
}

/* The bits that may be set in a shift of lanes, the same in each. */
static bool shifted_bits(const IrInsn *i, V128Bits *out)
{
    V128Bits ones = { .u64 = { ~0ull, ~0ull } };
    switch (i->op) {
    case IR_VSHL16_V128: *out = ir_eval_vshl16(ones, i->aux); return true;
    case IR_VSHL32_V128: *out = ir_eval_vshl32(ones, i->aux); return true;
    case IR_VSHL64_V128: *out = ir_eval_vshl64(ones, i->aux); return true;
    case IR_VSHR16_V128: *out = ir_eval_vshr16(ones, i->aux); return true;
    case IR_VSHR32_V128: *out = ir_eval_vshr32(ones, i->aux); return true;
    case IR_VSHR64_V128: *out = ir_eval_vshr64(ones, i->aux); return true;
    default: return false;
    }
}

/* Bits that a shift has cleared need no other clearing (rotations as a shift and an insertion). */
uint32_t fold_vandn(IrBuilder *b, IrInsn *n)
{
    V128Bits cleared, set;
    bool is_it = get_vector(b, n->arg[1], &cleared) && shifted_bits(build_insn(b, n->arg[0]), &set);
    return is_it && !(cleared.u64[0] & set.u64[0]) && !(cleared.u64[1] & set.u64[1]) ? n->arg[0] : 0;
}

/* Whether all words of v are the same. */
static bool is_splat32(const IrBuilder *b, uint32_t v)
{
    V128Bits order;
    const IrInsn *i = build_insn(b, v);
    if (i->op != IR_VSHUF8_V128 || !get_vector(b, i->arg[1], &order)) {
        return i->op == IR_VSPLAT32_V128;
    }
    return order.u32[0] == order.u32[1] && order.u32[0] == order.u32[2] && order.u32[0] == order.u32[3];
}

/* Products of even words: what the odd ones are, extensions mostly, does not matter. */
uint32_t fold_mul_even(IrBuilder *b, IrInsn *n)
{
    bool is_changed = false;
    for (unsigned k = 0; k < 2; k++) {
        IrInsn i = *build_insn(b, n->arg[k]);
        bool is_zip = i.op == IR_VZIPLO32_V128 || i.op == IR_VZIPHI32_V128, is_splat = is_zip && is_splat32(b, i.arg[0]);
        if (is_splat || (is_zip && i.arg[0] != i.arg[1])) {
            n->arg[k] = is_splat ? i.arg[0] : build2(b, (IrOp)i.op, i.arg[0], i.arg[0]);
            is_changed = true;
        }
    }
    return is_changed ? FOLD_AGAIN : 0;
}

/* Whether the upper half of v is zero, as far as its operations tell. */
static bool is_low_half(const IrBuilder *b, uint32_t v, unsigned depth)
{
    V128Bits c;
    const IrInsn *i = build_insn(b, v);
    if (depth == 0) {
        return false;
    }
    switch (i->op) {
    case IR_CONST_V128:
        return get_vector(b, v, &c) && c.u64[1] == 0;
    case IR_VFROM32_V128: case IR_VFROM64_V128:
        return true;
    case IR_VSHUF8_V128: /* 0x80: zero */
        return get_vector(b, i->arg[1], &c) && (c.u64[1] & 0x8080808080808080ull) == 0x8080808080808080ull;
    case IR_VAND_V128:
        return is_low_half(b, i->arg[0], depth - 1) || is_low_half(b, i->arg[1], depth - 1);
    case IR_VANDN_V128:
    case IR_VSHL16_V128: case IR_VSHL32_V128: case IR_VSHL64_V128: case IR_VSHR16_V128: case IR_VSHR32_V128: case IR_VSHR64_V128:
        return is_low_half(b, i->arg[0], depth - 1);
    case IR_VOR_V128: case IR_VXOR_V128: case IR_VADD32_V128: case IR_VADD64_V128:
        return is_low_half(b, i->arg[0], depth - 1) && is_low_half(b, i->arg[1], depth - 1);
    default:
        return false;
    }
}

/* The low half of a vector and zeros above. */
uint32_t fold_from_half(IrBuilder *b, IrInsn *n)
{
    enum { DEPTH = 3 };
    V128Bits order;
    const IrInsn *low = build_insn(b, n->arg[0]);
    if (low->op != IR_VLOW64_F64) {
        return 0;
    }
    uint32_t v = low->arg[0];
    IrInsn i = *build_insn(b, v);
    if (is_low_half(b, v, DEPTH)) {
        return v;
    }
    if (i.op != IR_VSHUF8_V128 || !get_vector(b, i.arg[1], &order)) {
        return 0;
    }
    order.u64[1] = 0x8080808080808080ull;
    V128 control = ir_const_v128(b, order);
    return build2(b, IR_VSHUF8_V128, i.arg[0], control.id);
}

/* ---- the rest */

uint32_t fold_vector(IrBuilder *b, IrInsn *n)
{
    IrInsn i = *build_insn(b, n->arg[0]);
    switch (n->op) {
    case IR_VAND_V128:
    case IR_VOR_V128:
        return n->arg[0] == n->arg[1] ? n->arg[0] : 0;
    case IR_VXOR_V128:
        return n->arg[0] == n->arg[1] ? ir_const_v128(b, (V128Bits){ .u64 = { 0, 0 } }).id : 0;
    case IR_VLOW32_F32:
        return i.op == IR_VFROM32_V128 ? i.arg[0] : 0;
    case IR_VLOW64_F64:
        if (i.op == IR_VZIPLO64_V128) {
            n->arg[0] = i.arg[0];
            return FOLD_AGAIN;
        }
        return i.op == IR_VFROM64_V128 ? i.arg[0] : 0;
    default:
        break;
    }
    /* vextract64 */
    switch (i.op) {
    case IR_VPACK64_V128:
        return i.arg[n->aux & 1];
    case IR_VSPLAT64_V128:
        return i.arg[0];
    case IR_VINSERT64_V128:
        return (i.aux & 1) == (n->aux & 1) ? i.arg[1] : ir_build(b, IR_VEXTRACT64_I64, n->aux, i.arg[0], 0, 0);
    case IR_VFROM64_V128:
        return n->aux ? make_const(b, true, 0) : build1(b, IR_BITS_F64_I64, i.arg[0]);
    default:
        return 0;
    }
}
