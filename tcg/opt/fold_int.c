/* SPDX-License-Identifier: MIT */
/* Rules of integer arithmetic and logic. Shifts and extensions are in fold_shift.c. */
#include "tcg/opt/fold_rules.h"

static uint64_t all_ones(bool is_wide) { return is_wide ? UINT64_MAX : UINT32_MAX; }

/* v = x op c with a constant c on the right */
static bool has_const_right(const IrBuilder *b, uint32_t v, IrOp op, uint32_t *x, uint64_t *c)
{
    const IrInsn *i = build_insn(b, v);
    if (i->op != op) {
        return false;
    }
    *x = i->arg[0];
    return get_const(b, i->arg[1], c);
}

/* op(select(c, x, 0), select(c, 0, y)) = select(c, x, y), for or, xor, add (Zicond's pairs). */
static uint32_t merge_selects(IrBuilder *b, const IrInsn *n, bool is_wide)
{
    IrInsn p = *build_insn(b, n->arg[0]), q = *build_insn(b, n->arg[1]);
    IrOp op = PICK(is_wide, SELECT);
    if (p.op != op || q.op != op || p.arg[0] != q.arg[0]) {
        return 0;
    }
    if (is_const(b, p.arg[2], 0) && is_const(b, q.arg[1], 0)) {
        return ir_build(b, op, 0, p.arg[0], p.arg[1], q.arg[2]);
    }
    if (is_const(b, p.arg[1], 0) && is_const(b, q.arg[2], 0)) {
        return ir_build(b, op, 0, p.arg[0], q.arg[1], p.arg[2]);
    }
    return 0;
}

uint32_t fold_add(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint32_t x;
    uint64_t c, d;
    if (get_const(b, n->arg[1], &c)) {
        if (c == 0) {
            return n->arg[0];
        }
        if (has_const_right(b, n->arg[0], n->op, &x, &d)) {
            return again(n, n->op, x, make_const(b, is_wide, c + d));
        }
        return 0;
    }
    for (int i = 0; i < 2; i++) { /* y + (0 - x), (y - x) + x */
        const IrInsn *s = build_insn(b, n->arg[i]);
        if (s->op != PICK(is_wide, SUB)) {
            continue;
        }
        if (is_const(b, s->arg[0], 0)) {
            return again(n, PICK(is_wide, SUB), n->arg[1 - i], s->arg[1]);
        }
        if (s->arg[1] == n->arg[1 - i]) {
            return s->arg[0];
        }
    }
    return merge_selects(b, n, is_wide);
}

uint32_t fold_sub(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint32_t x = n->arg[0], y = n->arg[1], base;
    uint64_t c, d;
    if (x == y) {
        return make_const(b, is_wide, 0);
    }
    if (get_const(b, y, &c)) {
        return again(n, PICK(is_wide, ADD), x, make_const(b, is_wide, -c));
    }
    if (has_const_right(b, x, PICK(is_wide, ADD), &base, &c)) {
        uint32_t other;
        if (base == y) {
            return make_const(b, is_wide, c);
        }
        if (has_const_right(b, y, PICK(is_wide, ADD), &other, &d) && other == base) {
            return make_const(b, is_wide, c - d);
        }
    }
    if (has_const_right(b, y, PICK(is_wide, ADD), &base, &d) && base == x) {
        return make_const(b, is_wide, -d);
    }
    const IrInsn *s = build_insn(b, y);
    if (s->op == PICK(is_wide, SUB) && is_const(b, s->arg[0], 0)) {
        return again(n, PICK(is_wide, ADD), x, s->arg[1]);
    }
    const IrInsn *a = build_insn(b, x);
    if (a->op == PICK(is_wide, ADD) && (a->arg[0] == y || a->arg[1] == y)) {
        return a->arg[0] == y ? a->arg[1] : a->arg[0];
    }
    return 0;
}

uint32_t fold_mul(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint32_t x;
    uint64_t c, d;
    if (!get_const(b, n->arg[1], &c)) {
        /* the low half of a full product that exists */
        for (int i = 0; i < 2 && is_wide; i++) {
            IrInsn full = { .op = i ? IR_MUL2_U_I64 : IR_MUL2_S_I64, .arg = { n->arg[0], n->arg[1] } };
            uint32_t v = number_find(b, &full, NULL);
            if (v) {
                return v;
            }
        }
        return 0;
    }
    if (c == 0) {
        return n->arg[1];
    }
    if (c == 1) {
        return n->arg[0];
    }
    if ((c & (c - 1)) == 0) {
        return again(n, PICK(is_wide, SHL), n->arg[0], make_const(b, is_wide, (unsigned)__builtin_ctzll(c)));
    }
    if (c == all_ones(is_wide)) {
        return again(n, PICK(is_wide, SUB), make_const(b, is_wide, 0), n->arg[0]);
    }
    if (has_const_right(b, n->arg[0], n->op, &x, &d)) {
        return again(n, n->op, x, make_const(b, is_wide, c * d));
    }
    return 0;
}

uint32_t fold_and(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint32_t x = n->arg[0], y = n->arg[1], z;
    uint64_t c, d;
    if (x == y) {
        return x;
    }
    if (!get_const(b, y, &c)) {
        for (int i = 0; i < 2; i++) { /* x & ~z */
            if (has_const_right(b, n->arg[i], PICK(is_wide, XOR), &z, &d) && d == all_ones(is_wide)) {
                return again(n, PICK(is_wide, ANDN), n->arg[1 - i], z);
            }
        }
        return hoist_extension(b, n);
    }
    if (c == 0) {
        return y;
    }
    if (c == all_ones(is_wide)) {
        return x;
    }
    unsigned ones = (unsigned)__builtin_ctzll(~c); /* ~c is not 0 */
    if (known_width(b, x) <= ones) {
        return x;
    }
    if (has_const_right(b, x, n->op, &z, &d)) {
        return again(n, n->op, z, make_const(b, is_wide, c & d));
    }
    if (c == 0xff || c == 0xffff) {
        return again(n, c == 0xff ? PICK(is_wide, ZEXT8) : PICK(is_wide, ZEXT16), x, 0);
    }
    if (is_wide && c == UINT32_MAX) {
        return again(n, IR_ZEXT32_I64, x, 0);
    }
    z = strip_extension(b, x, 64 - (unsigned)__builtin_clzll(c));
    return z != x ? again(n, n->op, z, y) : 0;
}

uint32_t fold_or(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint32_t x;
    uint64_t c, d;
    if (n->arg[0] == n->arg[1]) {
        return n->arg[0];
    }
    if (!get_const(b, n->arg[1], &c)) {
        uint32_t v = fold_to_rotate(b, n);
        v = v ? v : hoist_extension(b, n);
        return v ? v : merge_selects(b, n, is_wide);
    }
    if (c == 0) {
        return n->arg[0];
    }
    if (c == all_ones(is_wide)) {
        return n->arg[1];
    }
    if (has_const_right(b, n->arg[0], n->op, &x, &d)) {
        return again(n, n->op, x, make_const(b, is_wide, c | d));
    }
    return hoist_extension(b, n);
}

uint32_t fold_xor(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint32_t x;
    uint64_t c, d;
    if (n->arg[0] == n->arg[1]) {
        return make_const(b, is_wide, 0);
    }
    if (!get_const(b, n->arg[1], &c)) {
        uint32_t v = fold_to_rotate(b, n);
        v = v ? v : hoist_extension(b, n);
        return v ? v : merge_selects(b, n, is_wide);
    }
    if (c == 0) {
        return n->arg[0];
    }
    if (has_const_right(b, n->arg[0], n->op, &x, &d)) {
        return again(n, n->op, x, make_const(b, is_wide, c ^ d));
    }
    if (c == 1) { /* the opposite of a comparison */
        x = n->arg[0];
        bool is_extended = op_of(b, x) == IR_ZEXT_I64;
        uint32_t v = invert_compare(b, is_extended ? arg_of(b, x, 0) : x);
        return v && is_extended ? build1(b, IR_ZEXT_I64, v) : v;
    }
    return hoist_extension(b, n);
}

uint32_t fold_andn(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint64_t c;
    if (n->arg[0] == n->arg[1]) {
        return make_const(b, is_wide, 0);
    }
    if (get_const(b, n->arg[1], &c)) {
        return again(n, PICK(is_wide, AND), n->arg[0], make_const(b, is_wide, ~c));
    }
    return is_const(b, n->arg[0], 0) ? n->arg[0] : hoist_extension(b, n);
}

uint32_t fold_minmax(IrBuilder *b, IrInsn *n)
{
    return n->arg[0] == n->arg[1] ? n->arg[0] : 0;
}

/* ---- division: a quotient and a remainder of equal arguments become one operation */

static IrOp divrem_op(IrOp op)
{
    return op == IR_DIV_S_I64 || op == IR_REM_S_I64 ? IR_DIVREM_S_I64 : IR_DIVREM_U_I64;
}

/* The operation of both results, if it exists or the other half (`partner`) exists. */
static uint32_t find_divrem(IrBuilder *b, const IrInsn *n, IrOp partner)
{
    if (b->settings.is_quick) {
        return 0;
    }
    IrOp op = divrem_op(n->op);
    IrInsn both = { .op = (uint16_t)op, .arg = { n->arg[0], n->arg[1] } }, half = both;
    NumberEntry *place;
    uint32_t v = number_find(b, &both, &place);
    if (v) {
        return v;
    }
    half.op = (uint16_t)partner;
    uint32_t old = number_find(b, &half, NULL);
    if (!old) {
        return 0;
    }
    if (partner == IR_DIV_S_I64 || partner == IR_DIV_U_I64) {
        build_insn(b, old)->op = (uint16_t)op;
        v = old;
    } else {
        v = build_insert_before(b, op, old);
        IrInsn *remainder = build_insn(b, old), *full = build_insn(b, v);
        full->arg[0] = remainder->arg[0];
        full->arg[1] = remainder->arg[1];
        remainder->op = IR_RESULT_I64;
        remainder->nargs = 1;
        remainder->aux = 1;
        remainder->arg[0] = v;
        remainder->arg[1] = 0;
    }
    *place = (NumberEntry){ b->epoch, v };
    return v;
}

uint32_t fold_div(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint64_t c;
    if (get_const(b, n->arg[1], &c)) {
        if (c == 1) {
            return n->arg[0];
        }
        if (n->op == PICK(is_wide, DIV_U) && c && (c & (c - 1)) == 0) {
            return again(n, PICK(is_wide, SHR), n->arg[0], make_const(b, is_wide, (unsigned)__builtin_ctzll(c)));
        }
    }
    return is_wide ? find_divrem(b, n, n->op == IR_DIV_S_I64 ? IR_REM_S_I64 : IR_REM_U_I64) : 0;
}

uint32_t fold_rem(IrBuilder *b, IrInsn *n)
{
    bool is_wide = is_wide_op(n);
    uint64_t c;
    if (n->op == PICK(is_wide, REM_U) && get_const(b, n->arg[1], &c) && c && (c & (c - 1)) == 0) {
        return again(n, PICK(is_wide, AND), n->arg[0], make_const(b, is_wide, c - 1));
    }
    if (!is_wide) {
        return 0;
    }
    uint32_t v = find_divrem(b, n, n->op == IR_REM_S_I64 ? IR_DIV_S_I64 : IR_DIV_U_I64);
    return v ? ir_build(b, IR_RESULT_I64, 1, v, 0, 0) : 0;
}

uint32_t fold_mul2(IrBuilder *b, IrInsn *n)
{
    IrInsn low = { .op = IR_MUL_I64, .arg = { n->arg[0], n->arg[1] } };
    NumberEntry *place;
    uint32_t v = number_find(b, n, &place);
    if (v) {
        return v;
    }
    v = number_find(b, &low, NULL);
    if (v) {
        build_insn(b, v)->op = n->op;
        *place = (NumberEntry){ b->epoch, v };
    }
    return v;
}

uint32_t fold_result(IrBuilder *b, IrInsn *n)
{
    return n->aux == 0 ? n->arg[0] : 0;
}
