/* SPDX-License-Identifier: MIT */
/*
 * The final order of blocks: reverse post-order with each loop in one piece, blocks that only lead to cold exits last,
 * critical edges split, ids renumbered.
 */
#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/state.h"
#include "util/arena.h"
#include "util/assert.h"

/* Blocks that end in an event other than a system call, or are marked, and all of whose ways out are such. Returns whether reverse
 * post-order is the final one: no sinks, loops or joins. *is_same: and the blocks were made in it. */
static bool find_sinks(IrBuilder *b, bool *is_same)
{
    IrRegion *r = b->r;
    bool is_final = true;
    *is_same = b->norder + 1 == r->nblocks;
    for (uint32_t i = b->norder; i-- > 0;) {
        uint32_t x = b->order[i];
        IrBlock *k = &r->blocks[x];
        const IrInsn *last = build_insn(b, k->last);
        if (last->op == IR_EXIT_EVENT && last->aux != TCG_EVENT_SYSCALL) {
            k->is_cold = true;
        }
        bool leads_cold = k->nsucc > 0;
        for (unsigned s = 0; s < k->nsucc; s++) {
            leads_cold &= b->blocks[k->succ[s]].is_sink;
        }
        k->is_cold |= leads_cold;
        b->blocks[x].is_sink = k->is_cold && (k->nsucc == 0 || leads_cold) && x != b->head && !b->blocks[x].ret_block;
        is_final &= k->npreds <= 1 && !k->loop_head && !b->blocks[x].is_sink;
        *is_same &= x == i + 1;
    }
    return is_final;
}

/* Hangs every block into the list of the loop that it stands in; list 0 is the region. Sinks go to `sinks`. */
static uint32_t list_items(IrBuilder *b, uint32_t *sinks)
{
    uint32_t nsinks = 0;
    b->blocks[0].first_item = b->blocks[0].last_item = 0;
    for (uint32_t i = 0; i < b->norder; i++) {
        uint32_t x = b->order[i], head = b->r->blocks[x].loop_head;
        if (b->blocks[x].is_sink) {
            sinks[nsinks++] = x;
            continue;
        }
        BuildBlock *list = &b->blocks[head == x ? b->blocks[x].outer_loop : head];
        if (list->last_item) {
            b->blocks[list->last_item].next_item = x;
        } else {
            list->first_item = x;
        }
        list->last_item = x;
    }
    return nsinks;
}

static void emit_items(const IrBuilder *b, uint32_t list, uint32_t *out, uint32_t *n)
{
    for (uint32_t x = b->blocks[list].first_item; x; x = b->blocks[x].next_item) {
        out[(*n)++] = x;
        if (b->r->blocks[x].loop_head == x) {
            emit_items(b, x, out, n); /* as deep as loops nest */
        }
    }
}

/* Puts an empty block on the edge; returns it. */
static uint32_t split_edge(IrBuilder *b, uint32_t from, unsigned succ)
{
    IrRegion *r = b->r;
    uint32_t to = r->blocks[from].succ[succ];
    uint32_t id = ir_block_new(b, r->blocks[to].pc, false);
    uint32_t jump = build_new_insn(r, IR_GOTO);
    IrInsn *i = build_insn(b, jump);
    i->block = id;
    i->succ[0] = to;
    uint32_t first_pred = r->nextra;
    r->extra = arena_grow(b->arena, r->extra, sizeof(uint32_t), &r->cap_extra, first_pred + 1);
    r->extra[r->nextra++] = from;
    r->blocks[id] = (IrBlock){
        .pc = r->blocks[to].pc,
        .first = jump,
        .last = jump,
        .succ = { to },
        .nsucc = 1,
        .first_pred = first_pred,
        .npreds = 1,
        .is_cold = r->blocks[from].is_cold || r->blocks[to].is_cold,
        .loop_depth = r->blocks[from].loop_depth,
        .loop_head = r->blocks[from].loop_head,
    };
    r->blocks[from].succ[succ] = build_insn(b, r->blocks[from].last)->succ[succ] = id;
    for (uint32_t p = 0; p < r->blocks[to].npreds; p++) {
        uint32_t *pred = &r->extra[r->blocks[to].first_pred + p];
        *pred = *pred == from ? id : *pred;
    }
    return id;
}

/* Splits critical edges: the new block follows its predecessor, or precedes a sink. Returns the number of blocks. */
static uint32_t split_critical(IrBuilder *b, const uint32_t *in, uint32_t n, uint32_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = in[i];
        for (uint32_t s = b->blocks[x].first_item; b->blocks[x].is_sink && s; s = b->blocks[s].next_item) {
            out[count++] = s;
        }
        out[count++] = x;
        for (unsigned s = 0; s < 2 && b->r->blocks[x].nsucc == 2; s++) {
            uint32_t to = b->r->blocks[x].succ[s];
            if (b->r->blocks[to].npreds < 2) {
                continue;
            }
            uint32_t edge = split_edge(b, x, s);
            if (b->blocks[to].is_sink && !b->blocks[x].is_sink) {
                b->r->blocks[edge].loop_depth = 0;
                b->r->blocks[edge].loop_head = 0;
                b->blocks[edge].next_item = b->blocks[to].first_item;
                b->blocks[to].first_item = edge;
            } else {
                out[count++] = edge;
            }
        }
    }
    return count;
}

static void renumber(IrBuilder *b, const uint32_t *order, uint32_t n)
{
    IrRegion *r = b->r;
    for (uint32_t i = 0; i < n; i++) {
        b->blocks[order[i]].new_id = i + 1;
    }
    IrBlock *blocks = arena_alloc(b->arena, (n + 1) * sizeof(IrBlock));
    memset(&blocks[0], 0, sizeof(IrBlock));
    for (uint32_t i = 0; i < n; i++) {
        IrBlock *k = &blocks[i + 1];
        *k = r->blocks[order[i]];
        for (unsigned s = 0; s < k->nsucc; s++) {
            k->succ[s] = b->blocks[k->succ[s]].new_id;
        }
        for (uint32_t p = 0; p < k->npreds; p++) {
            r->extra[k->first_pred + p] = b->blocks[r->extra[k->first_pred + p]].new_id;
        }
        k->loop_head = k->loop_head ? b->blocks[k->loop_head].new_id : 0;
        for (uint32_t id = k->first; id; id = build_insn(b, id)->next) {
            build_insn(b, id)->block = i + 1;
        }
        IrInsn *last = build_insn(b, k->last);
        last->succ[0] = last->succ[0] ? b->blocks[last->succ[0]].new_id : 0;
        last->succ[1] = last->succ[1] ? b->blocks[last->succ[1]].new_id : 0;
    }
    r->blocks = blocks;
    r->nblocks = r->cap_blocks = n + 1;
}

void flow_lay_out(IrBuilder *b)
{
    bool is_same;
    if (find_sinks(b, &is_same)) {
        if (!is_same) {
            renumber(b, b->order, b->norder);
        }
        return;
    }
    uint32_t max = b->norder;
    uint32_t *order = arena_alloc(b->arena, max * sizeof(uint32_t));
    uint32_t *sinks = arena_alloc(b->arena, max * sizeof(uint32_t));
    uint32_t *final = arena_alloc(b->arena, 3 * (size_t)max * sizeof(uint32_t));
    uint32_t nsinks = list_items(b, sinks), n = 0;
    emit_items(b, 0, order, &n);
    memcpy(order + n, sinks, nsinks * sizeof(uint32_t));
    n += nsinks;
    lyre_assert(n == b->norder && order[0] == b->head);
    n = split_critical(b, order, n, final);
    renumber(b, final, n);
}
