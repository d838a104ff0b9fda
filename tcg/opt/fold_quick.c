/* SPDX-License-Identifier: MIT */
/*
 * Folding in tier 1: constants, neutral elements, and pairs that guests write for one operation, by a look at the two
 * arguments. What is rare in hot code (floating point, flags, vectors, division) goes by the general rules.
 */
#include "tcg/opt/fold_rules.h"
#include "util/compiler.h"

static inline bool is_int_const(const IrInsn *i) { return i->op == IR_CONST_I32 || i->op == IR_CONST_I64; }

static uint32_t emit(IrBuilder *b, IrOp op, uint32_t x, uint32_t y) { return build_emit(b, op, 0, x, y, 0); }

static NOINLINE uint32_t from_constants(IrBuilder *b, IrOp op, uint32_t x, uint32_t y)
{
    IrInsn n = { .op = (uint16_t)op, .nargs = ir_op_info[op].nargs, .arg = { x, y } };
    return fold_constants(b, &n);
}

/* x & c: the extensions of low parts. */
static uint32_t and_const(IrBuilder *b, IrOp op, uint32_t x, uint32_t y, uint64_t c)
{
    bool is_wide = op == IR_AND_I64;
    switch (c) {
    case 0:
        return y;
    case 0xff:
        return emit(b, PICK(is_wide, ZEXT8), x, 0);
    case 0xffff:
        return emit(b, PICK(is_wide, ZEXT16), x, 0);
    default:
        return emit(b, op, x, y);
    }
}

/* (x << c) >> c of an I64: an extension of x's low part. */
static uint32_t shift_right(IrBuilder *b, IrOp op, uint32_t x, uint32_t y, uint64_t c)
{
    const IrInsn *left = build_insn(b, x);
    bool is_signed = op == IR_SAR_I64;
    if (left->op == IR_SHL_I64 && is_const(b, left->arg[1], c)) {
        switch (c) {
        case 32:
            return emit(b, is_signed ? IR_SEXT32_I64 : IR_ZEXT32_I64, left->arg[0], 0);
        case 48:
            return emit(b, is_signed ? IR_SEXT16_I64 : IR_ZEXT16_I64, left->arg[0], 0);
        case 56:
            return emit(b, is_signed ? IR_SEXT8_I64 : IR_ZEXT8_I64, left->arg[0], 0);
        default:
            break;
        }
    }
    return emit(b, op, x, y);
}

/* A shift by c, which hardware takes modulo the width: the general rules, of which some look at the result, expect it within. */
static uint32_t shift(IrBuilder *b, IrOp op, uint32_t x, uint32_t y, uint64_t c)
{
    bool is_wide = op == IR_SHL_I64 || op == IR_SHR_I64 || op == IR_SAR_I64;
    uint64_t count = c & (is_wide ? 63 : 31);
    if (UNLIKELY(count != c)) {
        y = ir_const_i32(b, (uint32_t)count).id;
    }
    if (!count) {
        return x;
    }
    return op == IR_SHR_I64 || op == IR_SAR_I64 ? shift_right(b, op, x, y, count) : emit(b, op, x, y);
}

/* What is looked at in the arguments of an operation. */
typedef enum FoldClass {
    FOLD_ANY,      /* by the general rules */
    FOLD_NEUTRAL,  /* x op 0 = x */
    FOLD_COMPARE,  /* constants alone */
    FOLD_SPECIAL,  /* more about a constant at the right */
    FOLD_EXTEND,   /* sext.i64, zext.i64 */
    FOLD_TRUNCATE,
} FoldClass;

#define BOTH(name, class) [IR_##name##_I32] = class, [IR_##name##_I64] = class
static const uint8_t fold_class[IR_OP_COUNT] = {
    BOTH(ADD, FOLD_NEUTRAL), BOTH(SUB, FOLD_NEUTRAL), BOTH(OR, FOLD_NEUTRAL), BOTH(XOR, FOLD_NEUTRAL),
    BOTH(SHL, FOLD_SPECIAL), BOTH(SHR, FOLD_SPECIAL), BOTH(SAR, FOLD_SPECIAL), BOTH(AND, FOLD_SPECIAL), [IR_CMP_ULT_I64] = FOLD_SPECIAL,
    [IR_CMP_EQ_I64] = FOLD_COMPARE, [IR_CMP_NE_I64] = FOLD_COMPARE, [IR_CMP_SLT_I64] = FOLD_COMPARE,
    [IR_CMP_SLE_I64] = FOLD_COMPARE, [IR_CMP_ULE_I64] = FOLD_COMPARE,
    [IR_SEXT_I64] = FOLD_EXTEND, [IR_ZEXT_I64] = FOLD_EXTEND, [IR_TRUNC_I32] = FOLD_TRUNCATE,
};
#undef BOTH

/* The right argument is a constant. */
static NOINLINE uint32_t with_const(IrBuilder *b, IrOp op, uint32_t x, uint32_t y)
{
    uint64_t c = build_insn(b, y)->imm;
    switch (op) {
    case IR_AND_I32:
    case IR_AND_I64:
        return and_const(b, op, x, y, c);
    case IR_CMP_ULT_I64:
        return c == 1 ? emit(b, IR_CMP_EQ_I64, x, ir_const_i64(b, 0).id) : emit(b, op, x, y);
    case IR_SHL_I32:
    case IR_SHL_I64:
    case IR_SHR_I32:
    case IR_SHR_I64:
    case IR_SAR_I32:
    case IR_SAR_I64:
        return shift(b, op, x, y, c);
    default:
        return c == 0 && fold_class[op] == FOLD_NEUTRAL ? x : emit(b, op, x, y);
    }
}

/* The left argument is a constant. */
static NOINLINE uint32_t with_left_const(IrBuilder *b, IrOp op, uint32_t x, uint32_t y)
{
    const IrInsn *i = build_insn(b, x);
    if (is_int_const(build_insn(b, y))) {
        return from_constants(b, op, x, y);
    }
    if (op == IR_CMP_ULT_I64 && i->imm == 0) {
        return emit(b, IR_CMP_NE_I64, y, x);
    }
    return ir_op_info[op].traits & IR_TRAIT_COMM ? with_const(b, op, y, x) : emit(b, op, x, y);
}

static NOINLINE uint32_t extend(IrBuilder *b, IrOp op, uint32_t x)
{
    const IrInsn *i = build_insn(b, x);
    if (i->op == IR_TRUNC_I32) {
        return emit(b, op == IR_SEXT_I64 ? IR_SEXT32_I64 : IR_ZEXT32_I64, i->arg[0], 0);
    }
    return i->op == IR_CONST_I32 ? from_constants(b, op, x, 0) : emit(b, op, x, 0);
}

static NOINLINE uint32_t truncate(IrBuilder *b, uint32_t x)
{
    const IrInsn *i = build_insn(b, x);
    if (i->op == IR_SEXT_I64 || i->op == IR_ZEXT_I64) {
        return i->arg[0];
    }
    return i->op == IR_CONST_I64 ? from_constants(b, IR_TRUNC_I32, x, 0) : emit(b, IR_TRUNC_I32, x, 0);
}

uint32_t fold_quick(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z)
{
    unsigned class = fold_class[op];
    if (UNLIKELY(class == FOLD_ANY)) {
        return build_any(b, op, aux, x, y, z);
    }
    if (UNLIKELY(class >= FOLD_EXTEND)) {
        return class == FOLD_EXTEND ? extend(b, op, x) : truncate(b, x);
    }
    const IrInsn *k = build_insn(b, y);
    if (UNLIKELY(is_int_const(build_insn(b, x)))) {
        return with_left_const(b, op, x, y);
    }
    if (is_int_const(k) && (class == FOLD_SPECIAL || (class == FOLD_NEUTRAL && !k->imm))) {
        return with_const(b, op, x, y);
    }
    return build_append(b, op, 0, x, y, 0);
}
