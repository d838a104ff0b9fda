/* SPDX-License-Identifier: MIT */
/* The walk: which regions can be done, what the slots hold at each point, control flow, the head. */
#include "tcg/x86_64/quick/quick.h"

#include "tcg/code.h"
#include "tcg/state.h"
#include "util/arena.h"
#include "util/assert.h"

enum { OPS_PER_INSN = 12, FIRST_OPS = 128, MOST_OPS = 64 };

/* ---- the line of blocks */

/* A block that only leaves the region by a link. */
static bool is_side_exit(const Quick *q, uint32_t block)
{
    const IrBlock *k = &q->r->blocks[block];
    const BuildBlock *build = &q->b->blocks[block];
    const IrInsn *i = &q->insns[k->first];
    return k->first == k->last && i->op == IR_EXIT && q->r->snaps[i->snap].ctx == q->r->ctx && build->npreds == 1 &&
           build->log_first == build->log_end;
}

/* A block that goes on with its predecessor's values. */
static bool is_next(const Quick *q, uint32_t block, uint32_t at)
{
    return q->b->blocks[block].parent == at && q->b->blocks[block].npreds == 1;
}

/* Follows the blocks from the head; false: it branches to more than exits, or loops. */
static bool find_line(Quick *q)
{
    const IrRegion *r = q->r;
    for (uint32_t at = 1, next; at; at = next) {
        const IrInsn *last = &q->insns[r->blocks[at].last];
        q->is_chain[at] = true;
        next = 0;
        for (uint32_t i = 0; i < r->blocks[at].nsucc; i++) {
            if (!is_side_exit(q, last->succ[i])) {
                if (next || !is_next(q, last->succ[i], at)) {
                    return false;
                }
                next = last->succ[i];
            }
        }
        q->next[at] = next;
        q->nputs = q->b->blocks[at].log_end; /* what is built behind a branch that is never taken counts for nothing */
    }
    return true;
}

/* ---- what the slots hold */

static bool is_pinned(const Quick *q, unsigned slot) { return q->r->slots[slot].pin >= 0; }

static void add_home(Quick *q, QHomes *h, unsigned slot)
{
    uint16_t home = (uint16_t)(slot + 1);
    if (!h->first) {
        h->first = home;
    } else if (is_pinned(q, slot) && !is_pinned(q, h->first - 1u)) {
        h->second = h->first;
        h->first = home;
    } else if (!h->second) {
        h->second = home;
    }
}

static void remove_home(QHomes *h, unsigned slot)
{
    if (h->first == slot + 1) {
        h->first = h->second;
        h->second = 0;
    } else if (h->second == slot + 1) {
        h->second = 0;
    }
}

/* An earlier put of a slot is dead if nothing sees the state before the next one. */
static void find_dead_puts(Quick *q, uint32_t *last_put)
{
    const BuildPut *log = q->b->log;
    for (uint32_t n = 0; n < q->nputs; n++) {
        uint32_t before = last_put[log[n].slot];
        q->puts[n].is_dead = false;
        if (before && q->vals[log[n].at - 1].seen < log[before - 1].at) {
            q->puts[before - 1].is_dead = true;
        }
        last_put[log[n].slot] = n + 1;
    }
}

static void do_put(Quick *q, uint32_t n)
{
    const BuildPut *put = &q->b->log[n];
    QPut *undo = &q->puts[n];
    uint32_t old = q->slot_val[put->slot];
    undo->is_dead |= old == put->value;
    if (undo->is_dead) {
        return;
    }
    undo->old = old;
    undo->old_homes = q->vals[old].homes;
    remove_home(&q->vals[old].homes, put->slot);
    undo->value_homes = q->vals[put->value].homes;
    add_home(q, &q->vals[put->value].homes, put->slot);
    q->slot_val[put->slot] = put->value;
}

/* Forwards: parameters, exits, puts. */
static void fill_slots(Quick *q)
{
    const IrRegion *r = q->r;
    uint32_t seen = 0, n = 0;
    for (uint32_t id = 1; id < r->ninsns; id++) {
        const IrInsn *i = &q->insns[id];
        q->vals[id].seen = seen = i->snap ? id : seen;
        if (i->op >= IR_PHI_I32 && i->op <= IR_PHI_CC && i->block == 1) {
            q->vals[id].is_param = true;
            q->vals[id].homes.first = (uint16_t)(i->aux + 1);
            q->slot_val[i->aux] = id;
        }
    }
    find_dead_puts(q, arena_alloc0(r->arena, r->nslots * sizeof(uint32_t)));
    for (; n < q->nputs; n++) {
        do_put(q, n);
    }
}

/* ---- control flow */

static void jcc_link(Quick *q, unsigned cond, uint32_t exit_block)
{
    QOp *op = quick_new(q);
    op->kind = Q_JCC_LINK;
    op->opcode = cond;
    op->id = q->r->blocks[exit_block].first;
}

void quick_br(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    QCond c;
    uint32_t next = q->next[i->block];
    quick_cond(q, i->arg[0], &c);
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
    if (!q->next[i->block]) {
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

static void walk(Quick *q)
{
    for (uint32_t id = q->r->ninsns - 1; id && !q->is_failed; id--) {
        const IrInsn *i = &q->insns[id];
        if (!i->block || !q->is_chain[i->block]) {
            continue;
        }
        const QRow *row = &quick_rows[i->op];
        q->is_failed |= q->nops + MOST_OPS > q->cap_ops;
        quick_take_back_puts(q, id);
        quick_begin_op(q, id);
        (row->fn ? row->fn : quick_general)(q, id, i, row);
        quick_end_op(q);
    }
    if (!q->is_failed) {
        quick_take_back_puts(q, 0);
        quick_begin_op(q, 0);
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
    q->vals = arena_alloc0(r->arena, r->ninsns * sizeof *q->vals);
    q->cap_ops = r->ninsns * OPS_PER_INSN + FIRST_OPS;
    q->ops = arena_alloc(r->arena, q->cap_ops * sizeof *q->ops);
    q->puts = arena_alloc(r->arena, b->nlog * sizeof *q->puts);
    q->slot_val = arena_alloc0(r->arena, r->nslots * sizeof *q->slot_val);
    q->is_chain = arena_alloc0(r->arena, r->nblocks * sizeof *q->is_chain);
    q->next = arena_alloc(r->arena, r->nblocks * sizeof *q->next);
    memset(q->slot_of, -1, sizeof q->slot_of);
    for (uint32_t s = 0; s < r->nslots; s++) {
        if (r->slots[s].pin >= 0) {
            q->slot_of[x86_pin_reg[r->slots[s].pin]] = (int8_t)s;
        }
    }
}

bool host_compile_quick(const IrBuilder *b, const HostSettings *settings, CodeBlob *out)
{
    Quick q;
    init(&q, b, settings);
    if (!find_line(&q)) {
        return false;
    }
    fill_slots(&q);
    walk(&q);
    if (q.is_failed) {
        return false;
    }
    lyre_assert(q.nops <= q.cap_ops);
    quick_emit(&q, out);
    return true;
}
