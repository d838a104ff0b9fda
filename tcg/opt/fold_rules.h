/* SPDX-License-Identifier: MIT */
/*
 * What the fold_*.c share. A rule is given an operation whose arguments are not all constant, a constant on the right if it
 * commutes. It returns an equal value, or 0 (nothing to do), or FOLD_AGAIN when it has rewritten *n.
 *
 * ir_build may move the arrays: keep ids and copies, no pointers, across it.
 */
#ifndef LYRE_TCG_OPT_FOLD_RULES_H
#define LYRE_TCG_OPT_FOLD_RULES_H

#include "tcg/opt/fold.h"

#define FOLD_AGAIN UINT32_MAX

typedef uint32_t FoldRule(IrBuilder *b, IrInsn *n);

/* The operation of either width. */
#define PICK(is_wide, name) ((is_wide) ? IR_##name##_I64 : IR_##name##_I32)

static inline IrOp op_of(const IrBuilder *b, uint32_t v) { return (IrOp)build_insn(b, v)->op; }
static inline uint32_t arg_of(const IrBuilder *b, uint32_t v, unsigned i) { return build_insn(b, v)->arg[i]; }
static inline bool is_wide_op(const IrInsn *n) { return ir_op_info[n->op].result[0] == IR_I64; }

/* An integer constant, zero-extended. */
static inline bool get_const(const IrBuilder *b, uint32_t v, uint64_t *out)
{
    const IrInsn *i = build_insn(b, v);
    *out = i->imm;
    return i->op == IR_CONST_I32 || i->op == IR_CONST_I64;
}

static inline bool is_const(const IrBuilder *b, uint32_t v, uint64_t want)
{
    uint64_t c;
    return get_const(b, v, &c) && c == want;
}

static inline uint32_t make_const(IrBuilder *b, bool is_wide, uint64_t v)
{
    return build_const(b, PICK(is_wide, CONST), is_wide ? v : (uint32_t)v);
}

static inline uint32_t build1(IrBuilder *b, IrOp op, uint32_t x) { return ir_build(b, op, 0, x, 0, 0); }
static inline uint32_t build2(IrBuilder *b, IrOp op, uint32_t x, uint32_t y) { return ir_build(b, op, 0, x, y, 0); }

static inline uint32_t again(IrInsn *n, IrOp op, uint32_t x, uint32_t y)
{
    *n = (IrInsn){ .op = (uint16_t)op, .nargs = ir_op_info[op].nargs, .arg = { x, y } };
    return FOLD_AGAIN;
}

/* ---- known.c */
/* n such that an integer value is below 2^n. */
unsigned known_width(const IrBuilder *b, uint32_t v);
/* n such that it is the sign extension of its n low bits. */
unsigned known_signed_width(const IrBuilder *b, uint32_t v);
static inline bool is_bool(const IrBuilder *b, uint32_t v) { return known_width(b, v) <= 1; }
/* A value of the same type with the same `bits` low bits, with extensions and masks taken off. */
uint32_t strip_extension(const IrBuilder *b, uint32_t v, unsigned bits);

/* ---- fold_compare.c */
/* 1 - v for a comparison of integers, 0 if that is not one operation. */
uint32_t invert_compare(IrBuilder *b, uint32_t v);

/* ---- fold_hoist.c: and, or, xor, andn of extended values; or, xor, add of two shifts. 0 if the rule does not fit. */
FoldRule hoist_extension, fold_to_rotate;

FoldRule fold_add, fold_sub, fold_mul, fold_and, fold_or, fold_xor, fold_andn, fold_minmax, fold_div, fold_rem, fold_result;
FoldRule fold_mul2;
FoldRule fold_shl, fold_shr, fold_sar, fold_rotate;
FoldRule fold_extend, fold_extend32, fold_trunc;
FoldRule fold_compare, fold_select, fold_cc_test, fold_cc_bit, fold_cc_move;
FoldRule fold_bits, fold_box, fold_sign, fold_canon, fold_float;
FoldRule fold_vector, fold_shuffle, fold_zip64, fold_mul_even, fold_vandn, fold_from_half;

#endif
