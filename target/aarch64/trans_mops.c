/* SPDX-License-Identifier: MIT */
/*
 * Memory copy and set (Arm ARM C6.2, FEAT_MOPS), by option A: after the prologue a forward operation has the addresses of the ends and
 * minus what remains in rn, a backward copy the addresses of the starts and what remains; NZCV is 0. The prologue moves nothing. Main and
 * epilogue move one piece and then are executed again while there is more: so each can be interrupted, and a fault leaves what was done.
 */
#include "target/aarch64/trans.h"

enum { PIECE = 64 };

static void clear_flags(A64Trans *t)
{
    I32 zero = ir_const_i32(t->b, 0);
    CC cc = ir_cc_make_i32(t->b, zero);
    a64_put_cc(t, cc);
}

/* Sizes saturate at 2^63 - 1 (set) and 2^55 - 1 (copy). */
static I64 saturated(A64Trans *t, unsigned rn, uint64_t limit)
{
    I64 n = a64_get_x(t, rn), most = ir_const_i64(t->b, limit);
    return ir_umin_i64(t->b, n, most);
}

void trans_set_prologue(A64Trans *t, const A64Ops *o)
{
    I64 n = saturated(t, o->rn, ~0ull >> 1), d = a64_get_x(t, o->rd), zero = ir_const_i64(t->b, 0);
    I64 end = ir_add_i64(t->b, d, n), rest = ir_sub_i64(t->b, zero, n);
    a64_put_x(t, o->rd, end);
    a64_put_x(t, o->rn, rest);
    clear_flags(t);
}

/* Backwards where the source lies below the destination and overlaps it. */
void trans_cpy_prologue(A64Trans *t, const A64Ops *o, bool is_forward)
{
    IrBuilder *b = t->b;
    I64 n = saturated(t, o->rn, is_forward ? ~0ull >> 1 : ~0ull >> 9), d = a64_get_x(t, o->rd), s = a64_get_x(t, o->rs);
    I64 zero = ir_const_i64(b, 0), minus = ir_sub_i64(b, zero, n), step = n, rest = minus;
    if (!is_forward) {
        I64 mask = ir_const_i64(b, ~0ull >> 8), distance = ir_sub_i64(b, d, s);
        I64 low = ir_and_i64(b, distance, mask);
        I32 is_apart = ir_cmp_ule_i64(b, n, low), is_same = ir_cmp_eq_i64(b, low, zero);
        I32 goes_up = ir_or_i32(b, is_apart, is_same);
        step = ir_select_i64(b, goes_up, n, zero);
        rest = ir_select_i64(b, goes_up, minus, n);
    }
    I64 d_end = ir_add_i64(b, d, step), s_end = ir_add_i64(b, s, step);
    a64_put_x(t, o->rd, d_end);
    a64_put_x(t, o->rs, s_end);
    a64_put_x(t, o->rn, rest);
    clear_flags(t);
}

/* One piece at [d + n] for forward, with n negative; below [d + n] for backward, with n positive. */
typedef struct Piece {
    I64 to, from, rest; /* of the piece's lowest byte; rn afterwards */
} Piece;

static Piece piece(A64Trans *t, const A64Ops *o, int bytes, bool is_backward, bool is_copy)
{
    I64 n = a64_get_x(t, o->rn), d = a64_get_x(t, o->rd), step = ir_const_i64(t->b, (uint64_t)(int64_t)(is_backward ? -bytes : bytes));
    Piece p = { .rest = ir_add_i64(t->b, n, step) };
    I64 at = is_backward ? p.rest : n;
    p.to = ir_add_i64(t->b, d, at);
    if (is_copy) {
        I64 s = a64_get_x(t, o->rs);
        p.from = ir_add_i64(t->b, s, at);
    }
    return p;
}

static void again(A64Trans *t, const A64Ops *o, const Piece *p)
{
    a64_put_x(t, o->rn, p->rest);
    a64_goto(t, t->pc);
}

static void copy_piece(A64Trans *t, const A64Ops *o, int bytes, bool is_backward)
{
    Piece p = piece(t, o, bytes, is_backward, true);
    V128 v[PIECE / 16];
    if (bytes == 1) {
        I64 x = ir_load_i64(t->b, p.from, 0, MEM_8);
        ir_store_i64(t->b, p.to, 0, x, MEM_8);
    }
    for (int i = 0; i < bytes / 16; i++)
        v[i] = ir_load_v128(t->b, p.from, 16 * i, MEM_128);
    for (int i = 0; i < bytes / 16; i++)
        ir_store_v128(t->b, p.to, 16 * i, v[i], MEM_128);
    again(t, o, &p);
}

static void set_piece(A64Trans *t, const A64Ops *o, int bytes)
{
    Piece p = piece(t, o, bytes, false, false);
    I64 x = a64_get_x(t, o->rs);
    I32 w = ir_trunc_i32(t->b, x);
    V128 v = ir_vsplat8_v128(t->b, w);
    if (bytes == 1)
        ir_store_i64(t->b, p.to, 0, x, MEM_8);
    for (int i = 0; i < bytes / 16; i++)
        ir_store_v128(t->b, p.to, 16 * i, v, MEM_128);
    again(t, o, &p);
}

/* Where at least `bytes` remain (negative: minus n does): the block for them is begun; the other is returned. */
static uint32_t if_remain(A64Trans *t, const A64Ops *o, int bytes, bool is_backward)
{
    IrBuilder *b = t->b;
    I64 n = a64_get_x(t, o->rn), limit = ir_const_i64(b, (uint64_t)(int64_t)(is_backward ? bytes : -bytes));
    I32 cond = is_backward ? ir_cmp_sle_i64(b, limit, n) : ir_cmp_sle_i64(b, n, limit);
    uint32_t yes = ir_block_new(b, t->pc, false), no = ir_block_new(b, t->pc, false);
    ir_br(b, cond, yes, no);
    ir_block_begin(b, yes, 0);
    ir_insn_commit(b);
    return no;
}

static void go_on(A64Trans *t, uint32_t block)
{
    ir_block_begin(t->b, block, 0);
    ir_insn_commit(t->b);
}

void trans_set_main(A64Trans *t, const A64Ops *o)
{
    uint32_t done = if_remain(t, o, PIECE, false);
    set_piece(t, o, PIECE);
    go_on(t, done);
    a64_goto(t, t->next);
}

void trans_set_end(A64Trans *t, const A64Ops *o)
{
    uint32_t less = if_remain(t, o, 16, false);
    set_piece(t, o, 16);
    go_on(t, less);
    uint32_t done = if_remain(t, o, 1, false);
    set_piece(t, o, 1);
    go_on(t, done);
    a64_goto(t, t->next);
}

void trans_cpy_main(A64Trans *t, const A64Ops *o, bool is_forward)
{
    uint32_t less = if_remain(t, o, PIECE, false);
    copy_piece(t, o, PIECE, false);
    go_on(t, less);
    if (!is_forward) {
        less = if_remain(t, o, PIECE, true);
        copy_piece(t, o, PIECE, true);
        go_on(t, less);
    }
    a64_goto(t, t->next);
}

void trans_cpy_end(A64Trans *t, const A64Ops *o, bool is_forward)
{
    for (unsigned backward = 0; backward < (is_forward ? 1 : 2); backward++) {
        uint32_t less = if_remain(t, o, 16, backward);
        copy_piece(t, o, 16, backward);
        go_on(t, less);
        less = if_remain(t, o, 1, backward);
        copy_piece(t, o, 1, backward);
        go_on(t, less);
    }
    a64_goto(t, t->next);
}
