/* SPDX-License-Identifier: MIT */
/* The walk: which regions can be done, what the slots hold at each point, control flow, the head. */
#include "tcg/x86_64/quick/quick.h"

#include "tcg/code.h"
#include "tcg/state.h"
#include "util/arena.h"
#include "util/assert.h"

/* ---- the line of blocks */

/* A block that only leaves the region by a link. */
static bool is_side_exit(const Quick *q, uint32_t block)
{
    const IrBlock *k = &q->r->blocks[block];
    const BuildBlock *build = &q->b->blocks[block];
    const IrInsn *i = &q->insns[k->first];
    if (build->is_exit) {
        return true;
    }
    return k->first == k->last && i->op == IR_EXIT && q->r->snaps[i->snap].ctx == q->r->ctx && build->npreds == 1 &&
           build->log_first == build->log_end;
}

/* A block that goes on with its predecessor's values. */
static bool is_next(const Quick *q, uint32_t block, uint32_t at)
{
    return q->b->blocks[block].parent == at && q->b->blocks[block].npreds == 1;
}

/* Follows the blocks from the head; false: it branches to more than exits, or loops, or puts of another block stand between theirs. */
static bool find_line(Quick *q)
{
    const IrRegion *r = q->r;
    const BuildPut *log = q->put;
    uint32_t at = 1;
    do {
        const IrInsn *last = &q->insns[r->blocks[at].last];
        const BuildBlock *build = &q->b->blocks[at];
        uint32_t next = 0;
        if (&log[build->log_first] != q->put + 1) {
            return false;
        }
        for (uint32_t i = 0; i < r->blocks[at].nsucc; i++) {
            if (!is_side_exit(q, last->succ[i])) {
                if (next || !is_next(q, last->succ[i], at)) {
                    return false;
                }
                next = last->succ[i];
            }
        }
        q->line[q->nline++] = at;
        q->put = &log[build->log_end - 1];
        at = next;
    } while (at);
    return true;
}

/* What the slots hold at the end. */
static void find_homes(const Quick *q)
{
    for (const BuildPut *log = q->b->log, *put = q->put; put != log; put--) {
        if (put->slot != BUILD_PUT_DEAD && q->last[put->slot] == put - log) {
            quick_add_home(&q->vals[put->value], quick_home_of(q, put->slot));
        }
    }
}

/* ---- control flow */

static void jcc_link(Quick *q, unsigned cond, uint32_t exit_block)
{
    QOp *op = quick_new(q);
    op->kind = Q_JCC_LINK;
    q->nlinks++;
    op->opcode = cond;
    op->id = q->r->blocks[exit_block].first;
}

void quick_br(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    QCond c;
    uint32_t next = q->next;
    quick_cond(q, i->arg[0], &c);
    if (!i->succ[1]) { /* in the middle of a block */
        jcc_link(q, c.cond, i->succ[0]);
        quick_emit_compare(q, &c);
        return;
    }
    if (!next) {
        QOp *op = quick_new(q);
        op->kind = Q_EXIT;
        op->id = q->r->blocks[i->succ[1]].first;
    }
    bool is_taken_in_line = next && next == i->succ[0];
    jcc_link(q, is_taken_in_line ? c.cond ^ 1 : c.cond, i->succ[is_taken_in_line]);
    quick_emit_compare(q, &c);
}

void quick_goto(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (!q->next) {
        QOp *op = quick_new(q);
        op->kind = Q_EXIT;
        op->id = q->r->blocks[i->succ[0]].first;
    }
}

void quick_leave(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    QOp *op = quick_new(q);
    op->kind = Q_EXIT;
    op->id = id;
    q->is_failed |= i->op == IR_EXIT_CALL || i->op == IR_EXIT_CALL_INDIRECT ? i->succ[0] != 0 : false;
    if (i->nargs) {
        quick_move_to(q, X86_RAX, i->arg[0]);
    }
}

/* ---- the walk */

static inline void do_insn(Quick *q, uint32_t id, const IrInsn *i)
{
    quick_begin_op(q, id);
    const QRow *row = &quick_rows[i->op];
    (row->fn ? row->fn : quick_general)(q, id, i, row);
    quick_end_op(q);
}

static void walk(Quick *q)
{
    while (q->nline && !q->is_failed) {
        const IrInsn *i;
        for (uint32_t id = q->r->blocks[q->line[--q->nline]].last; id && !q->is_failed; id = i->prev) {
            while (q->put->at > id) {
                quick_take_back_put(q);
            }
            i = &q->insns[id];
            do_insn(q, id, i);
        }
        q->next = q->line[q->nline];
    }
    while (q->put != q->b->log && !q->is_failed) {
        quick_take_back_put(q);
    }
    quick_begin_op(q, 0);
    if (!q->is_failed) {
        quick_load_all(q);
    }
}

static void init(Quick *q, const IrBuilder *b, const HostSettings *settings)
{
    const IrRegion *r = b->r;
    memset(q, 0, sizeof *q);
    q->b = b;
    q->r = r;
    q->insns = r->insns;
    q->settings = settings;
    q->nseen = b->nseen;
    q->in = b->blocks[1].in;
    q->last = build_last(b, 1);
    q->cap_ops = (r->ninsns + b->nlog) * Q_OPS_PER_INSN + Q_MORE_OPS;
    q->ops = q->op = arena_alloc(r->arena, q->cap_ops * sizeof *q->ops);
    q->put = b->log;
    q->vals = arena_alloc0(r->arena, r->ninsns * sizeof *q->vals);
    q->line = arena_alloc(r->arena, r->nblocks * sizeof *q->line);
    memset(q->slot_of, -1, sizeof q->slot_of);
    for (unsigned n = 0; n < X86_NPINS; n++) {
        q->slot_of[x86_pin_reg[n]] = b->pin_slot[n];
    }
}

bool host_compile_quick(const IrBuilder *b, const HostSettings *settings, CodeBlob *out)
{
    Quick q;
    init(&q, b, settings);
    if (!find_line(&q)) {
        return false;
    }
    find_homes(&q);
    walk(&q);
    if (q.is_failed) {
        return false;
    }
    q.nops = (uint32_t)(q.op - q.ops);
    lyre_assert(q.nops <= q.cap_ops);
    quick_emit(&q, out);
    return true;
}
