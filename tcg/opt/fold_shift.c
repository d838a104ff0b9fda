/* SPDX-License-Identifier: MIT */
/* Rules of shifts, extensions and truncation, and of the values of stores. */
#include "tcg/opt/fold_rules.h"

static unsigned bits_of(bool is_wide) { return is_wide ? 64 : 32; }

static uint32_t zero_extend_from(IrBuilder *b, bool is_wide, uint32_t x, unsigned bits)
{
    switch (bits) {
    case 8:
        return build1(b, PICK(is_wide, ZEXT8), x);
    case 16:
        return build1(b, PICK(is_wide, ZEXT16), x);
    case 32:
        return is_wide ? build1(b, IR_ZEXT32_I64, x) : x;
    default:
        return build2(b, PICK(is_wide, AND), x, make_const(b, is_wide, (1ull << bits) - 1));
    }
}

/* The amount of a shift: only its low bits count. Rewrites n, or gives a constant amount. */
static bool shift_amount(IrBuilder *b, IrInsn *n, bool is_wide, unsigned *amount)
{
    uint64_t c;
    if (get_const(b, n->arg[1], &c)) {
        *amount = (unsigned)c & (bits_of(is_wide) - 1);
        if (*amount != c) {
            n->arg[1] = make_const(b, is_wide, *amount);
        }
        return true;
    }
    n->arg[1] = strip_extension(b, n->arg[1], is_wide ? 6 : 5);
    return false;
}

/* v = x op constant amount, of the same width */
static bool is_shift(const IrBuilder *b, uint32_t v, IrOp op, uint32_t *x, unsigned *amount)
{
    const IrInsn *i = build_insn(b, v);
    uint64_t c;
    if (i->op != op || !get_const(b, i->arg[1], &c)) {
        return false;
    }
    *x = i->arg[0];
    *amount = (unsigned)c;
    return true;
}

uint32_t fold_shl(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    unsigned a, inner, bits = bits_of(is_wide);
    uint32_t x;
    if (!shift_amount(b, n, is_wide, &a)) {
        return 0;
    }
    if (a == 0) {
        return n->arg[0];
    }
    if (is_shift(b, n->arg[0], n->op, &x, &inner)) {
        return a + inner >= bits ? make_const(b, is_wide, 0)
                                 : again(n, n->op, x, make_const(b, is_wide, a + inner));
    }
    if (is_shift(b, n->arg[0], PICK(is_wide, SHR), &x, &inner) && inner == a) {
        return again(n, PICK(is_wide, AND), x, make_const(b, is_wide, UINT64_MAX << a));
    }
    x = strip_extension(b, n->arg[0], bits - a);
    return x != n->arg[0] ? again(n, n->op, x, n->arg[1]) : 0;
}

uint32_t fold_shr(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    unsigned a, inner, bits = bits_of(is_wide);
    uint32_t x;
    if (!shift_amount(b, n, is_wide, &a)) {
        return 0;
    }
    if (a == 0) {
        return n->arg[0];
    }
    if (known_width(b, n->arg[0]) <= a) {
        return make_const(b, is_wide, 0);
    }
    if (is_shift(b, n->arg[0], n->op, &x, &inner)) {
        return a + inner >= bits ? make_const(b, is_wide, 0)
                                 : again(n, n->op, x, make_const(b, is_wide, a + inner));
    }
    if (is_shift(b, n->arg[0], PICK(is_wide, SHL), &x, &inner)) {
        bool is_move = bits - inner == 8 || bits - inner == 16 || bits - inner == 32;
        if (inner == a) {
            return zero_extend_from(b, is_wide, x, bits - a);
        }
        if (is_move) {
            x = zero_extend_from(b, is_wide, x, bits - inner);
            return inner > a ? again(n, PICK(is_wide, SHL), x, make_const(b, is_wide, inner - a))
                             : again(n, n->op, x, make_const(b, is_wide, a - inner));
        }
    }
    if (op_of(b, n->arg[0]) == IR_ZEXT_I64) {
        x = build2(b, IR_SHR_I32, arg_of(b, n->arg[0], 0), make_const(b, false, a));
        return build1(b, IR_ZEXT_I64, x);
    }
    return 0;
}

uint32_t fold_sar(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    unsigned a, inner, bits = bits_of(is_wide);
    uint32_t x;
    if (!shift_amount(b, n, is_wide, &a)) {
        return 0;
    }
    if (a == 0) {
        return n->arg[0];
    }
    if (known_width(b, n->arg[0]) < bits) {
        return again(n, PICK(is_wide, SHR), n->arg[0], n->arg[1]);
    }
    if (is_shift(b, n->arg[0], n->op, &x, &inner)) {
        return again(n, n->op, x, make_const(b, is_wide, a + inner < bits ? a + inner : bits - 1));
    }
    if (is_shift(b, n->arg[0], PICK(is_wide, SHL), &x, &inner)) {
        IrOp extend = bits - inner == 8    ? PICK(is_wide, SEXT8)
                      : bits - inner == 16 ? PICK(is_wide, SEXT16)
                      : bits - inner == 32 ? IR_SEXT32_I64
                                           : IR_OP_INVALID;
        if (extend) {
            x = build1(b, extend, x);
            if (inner == a) {
                return x;
            }
            return inner > a ? again(n, PICK(is_wide, SHL), x, make_const(b, is_wide, inner - a))
                             : again(n, n->op, x, make_const(b, is_wide, a - inner));
        }
    }
    if (op_of(b, n->arg[0]) == IR_SEXT_I64) {
        x = build2(b, IR_SAR_I32, arg_of(b, n->arg[0], 0), make_const(b, false, a < 31 ? a : 31));
        return build1(b, IR_SEXT_I64, x);
    }
    if (op_of(b, n->arg[0]) == IR_SEXT32_I64) {
        x = build1(b, IR_TRUNC_I32, arg_of(b, n->arg[0], 0));
        x = build2(b, IR_SAR_I32, x, make_const(b, false, a < 31 ? a : 31));
        return build1(b, IR_SEXT_I64, x);
    }
    return 0;
}

uint32_t fold_rotate(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    unsigned a;
    if (!shift_amount(b, n, is_wide, &a)) {
        return 0;
    }
    if (a == 0) {
        return n->arg[0];
    }
    if (n->op == PICK(is_wide, ROTL)) { /* canonical: to the right */
        return again(n, PICK(is_wide, ROTR), n->arg[0], make_const(b, is_wide, bits_of(is_wide) - a));
    }
    return 0;
}

/* ---- extensions */

/* zext8 ... sext32 within one type */
uint32_t fold_extend(IrBuilder *b, IrInsn *n)
{
    static const struct {
        uint16_t op;
        uint8_t bits;
        bool is_signed;
    } table[] = {
        { IR_ZEXT8_I32, 8, false },   { IR_ZEXT8_I64, 8, false },  { IR_ZEXT16_I32, 16, false }, { IR_ZEXT16_I64, 16, false },
        { IR_ZEXT32_I64, 32, false }, { IR_SEXT8_I32, 8, true },   { IR_SEXT8_I64, 8, true },    { IR_SEXT16_I32, 16, true },
        { IR_SEXT16_I64, 16, true },  { IR_SEXT32_I64, 32, true },
    };
    unsigned k = 0;
    while (table[k].op != n->op) {
        k++;
    }
    unsigned bits = table[k].bits;
    if ((table[k].is_signed ? known_signed_width(b, n->arg[0]) : known_width(b, n->arg[0])) <= bits) {
        return n->arg[0];
    }
    uint32_t x = strip_extension(b, n->arg[0], bits);
    IrOp op = op_of(b, x);
    if (op == IR_SEXT_I64 || op == IR_ZEXT_I64) { /* work on the I32 */
        x = arg_of(b, x, 0);
        IrOp narrow = n->op == IR_ZEXT8_I64    ? IR_ZEXT8_I32
                      : n->op == IR_ZEXT16_I64 ? IR_ZEXT16_I32
                      : n->op == IR_SEXT8_I64  ? IR_SEXT8_I32
                      : n->op == IR_SEXT16_I64 ? IR_SEXT16_I32
                                               : IR_OP_INVALID;
        x = narrow ? build1(b, narrow, x) : x;
        return build1(b, table[k].is_signed ? IR_SEXT_I64 : IR_ZEXT_I64, x);
    }
    return x != n->arg[0] ? again(n, n->op, x, 0) : 0;
}

/* sext.i64, zext.i64: from I32 */
uint32_t fold_extend32(IrBuilder *b, IrInsn *n)
{
    uint32_t x = n->arg[0];
    bool is_signed = n->op == IR_SEXT_I64;
    IrOp op = op_of(b, x);
    if (op == IR_TRUNC_I32) {
        return again(n, is_signed ? IR_SEXT32_I64 : IR_ZEXT32_I64, arg_of(b, x, 0), 0);
    }
    if (is_signed && known_width(b, x) < 32) {
        return again(n, IR_ZEXT_I64, x, 0); /* costs nothing on most hosts */
    }
    IrOp wide = op == IR_ZEXT8_I32                 ? IR_ZEXT8_I64
                : op == IR_ZEXT16_I32              ? IR_ZEXT16_I64
                : op == IR_SEXT8_I32 && is_signed  ? IR_SEXT8_I64
                : op == IR_SEXT16_I32 && is_signed ? IR_SEXT16_I64
                                                   : IR_OP_INVALID;
    if (wide && op_of(b, arg_of(b, x, 0)) == IR_TRUNC_I32) {
        return again(n, wide, arg_of(b, arg_of(b, x, 0), 0), 0);
    }
    return 0;
}

uint32_t fold_trunc(IrBuilder *b, IrInsn *n)
{
    uint32_t x = strip_extension(b, n->arg[0], 32);
    IrInsn i = *build_insn(b, x);
    switch (i.op) {
    case IR_SEXT_I64:
    case IR_ZEXT_I64:
        return i.arg[0];
    case IR_ZEXT8_I64:
        return build1(b, IR_ZEXT8_I32, build1(b, IR_TRUNC_I32, i.arg[0]));
    case IR_ZEXT16_I64:
        return build1(b, IR_ZEXT16_I32, build1(b, IR_TRUNC_I32, i.arg[0]));
    case IR_SEXT8_I64:
        return build1(b, IR_SEXT8_I32, build1(b, IR_TRUNC_I32, i.arg[0]));
    case IR_SEXT16_I64:
        return build1(b, IR_SEXT16_I32, build1(b, IR_TRUNC_I32, i.arg[0]));
    case IR_BITS_F64_I64:
        if (op_of(b, i.arg[0]) == IR_BOX_F64) {
            return build1(b, IR_BITS_F32_I32, arg_of(b, i.arg[0], 0));
        }
        break;
    default:
        break;
    }
    return x != n->arg[0] ? again(n, IR_TRUNC_I32, x, 0) : 0;
}

/* ---- values of stores */

void fold_stored(IrBuilder *b, IrOp *op, uint32_t *v, unsigned mem)
{
    unsigned bits = 8 * MEM_SIZE(mem);
    if (*op == IR_STORE_I64 && bits < 64) {
        *v = strip_extension(b, *v, bits);
        if (op_of(b, *v) == IR_SEXT_I64 || op_of(b, *v) == IR_ZEXT_I64) {
            *v = arg_of(b, *v, 0);
            *op = IR_STORE_I32;
        } else if (bits == 32 && op_of(b, *v) == IR_BITS_F64_I64 && op_of(b, arg_of(b, *v, 0)) == IR_BOX_F64) {
            *v = arg_of(b, arg_of(b, *v, 0), 0);
            *op = IR_STORE_F32;
        }
    }
    if (*op == IR_STORE_I32 && bits < 32) {
        *v = strip_extension(b, *v, bits);
    }
    if (*op == IR_STORE_I32 && op_of(b, *v) == IR_TRUNC_I32) {
        *v = arg_of(b, *v, 0); /* memory takes the low bytes of either */
        *op = IR_STORE_I64;
    }
    static const uint16_t moves[][3] = { { IR_STORE_I64, IR_BITS_F64_I64, IR_STORE_F64 },
                                         { IR_STORE_I32, IR_BITS_F32_I32, IR_STORE_F32 },
                                         { IR_STORE_F64, IR_F64_BITS_F64, IR_STORE_I64 },
                                         { IR_STORE_F32, IR_F32_BITS_F32, IR_STORE_I32 } };
    for (unsigned i = 0; i < 4; i++) {
        bool is_full = *op == IR_STORE_I64 || *op == IR_STORE_F64 ? bits == 64 : bits == 32;
        if (*op == moves[i][0] && op_of(b, *v) == moves[i][1] && is_full) {
            *v = arg_of(b, *v, 0);
            *op = moves[i][2];
            return;
        }
    }
}
