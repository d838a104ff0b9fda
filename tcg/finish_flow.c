/* SPDX-License-Identifier: MIT */
/*
 * The flow graph at the end of construction: entry stubs, reverse post-order, predecessors, dominators, loops, final
 * layout. A call counts as an edge to its return site for order and loops, though no value flows along it.
 */
#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/state.h"
#include "util/arena.h"
#include "util/assert.h"

enum { MAX_PREDS = 200, GROUP_PREDS = 128, NO_IDOM = UINT32_MAX };

/* A block that only goes to `to`. */
static uint32_t add_block(IrBuilder *b, uint32_t to, bool is_entry)
{
    uint32_t id = ir_block_new(b, b->r->blocks[to].pc, is_entry);
    ir_block_begin(b, id, 0);
    ir_goto(b, to);
    b->r->blocks[id].is_cold = b->r->blocks[to].is_cold;
    return id;
}

/* An entry block with predecessors inside becomes an ordinary one behind a stub: entries have no predecessors. */
static void split_entries(IrBuilder *b)
{
    IrRegion *r = b->r;
    uint32_t n = r->nblocks;
    b->head = 1;
    for (uint32_t i = 1; i < n; i++) {
        if (r->blocks[i].is_entry && b->blocks[i].npreds) {
            uint32_t stub = add_block(b, i, true);
            b->blocks[i].stub = stub;
            r->blocks[i].is_entry = false;
        }
    }
    if (b->blocks[1].stub) {
        b->head = b->blocks[1].stub;
    }
    for (uint32_t i = 1; i < n; i++) {
        uint32_t ret = b->blocks[i].ret_block;
        if (ret && b->blocks[ret].stub) {
            b->blocks[i].ret_block = b->blocks[ret].stub;
            build_insn(b, r->blocks[i].last)->succ[0] = b->blocks[ret].stub;
        }
    }
}

/* Phis hold at most 255 arguments: edges into a wider join are gathered in groups. */
static void split_wide_joins(IrBuilder *b)
{
    IrRegion *r = b->r;
    uint32_t n = r->nblocks;
    for (uint32_t join = 1; join < n; join++) {
        if (b->blocks[join].npreds <= MAX_PREDS) {
            continue;
        }
        uint32_t group = 0;
        for (uint32_t p = 1; p < n; p++) {
            for (unsigned s = 0; s < r->blocks[p].nsucc; s++) {
                if (r->blocks[p].succ[s] != join) {
                    continue;
                }
                if (!group || b->blocks[group].npreds == GROUP_PREDS) {
                    group = add_block(b, join, false);
                }
                r->blocks[p].succ[s] = build_insn(b, r->blocks[p].last)->succ[s] = group;
                b->blocks[group].npreds++;
            }
        }
    }
}

static uint32_t successors(const IrBuilder *b, uint32_t block, uint32_t succ[2])
{
    const IrBlock *k = &b->r->blocks[block];
    if (b->blocks[block].ret_block) {
        succ[0] = b->blocks[block].ret_block;
        return 1;
    }
    succ[0] = k->succ[0];
    succ[1] = k->succ[1];
    return k->nsucc;
}

/* Post-order from `root` into order[] backwards from *at. The branch not taken is visited last, so it comes first. */
static void visit(IrBuilder *b, uint32_t root, uint32_t *stack, uint8_t *progress, uint32_t *at)
{
    enum { SEEN = 1 };
    uint32_t depth = 0;
    stack[depth++] = root;
    progress[root] = SEEN;
    while (depth) {
        uint32_t x = stack[depth - 1], succ[2];
        uint32_t n = successors(b, x, succ), i = (uint32_t)progress[x] - SEEN;
        if (i == n) {
            b->order[--*at] = x;
            depth--;
            continue;
        }
        progress[x]++;
        if (!progress[succ[i]]) {
            lyre_assert(b->blocks[succ[i]].is_filled);
            progress[succ[i]] = SEEN;
            stack[depth++] = succ[i];
        }
    }
}

/* Numbers the reachable blocks. The head comes first; entries that nobody inside calls to come after its tree. */
static void order_blocks(IrBuilder *b)
{
    uint32_t n = b->r->nblocks;
    uint32_t *stack = arena_alloc(b->arena, n * sizeof(uint32_t));
    uint8_t *progress = arena_alloc0(b->arena, n);
    uint32_t *order = arena_alloc(b->arena, n * sizeof(uint32_t));
    b->order = arena_alloc(b->arena, n * sizeof(uint32_t));
    for (uint32_t i = 1; i < n; i++) {
        if (b->blocks[i].ret_block && b->blocks[i].ret_block != b->head) { /* the head is a root whoever calls */
            b->blocks[b->blocks[i].ret_block].caller = i;
        }
    }
    uint32_t at = n;
    visit(b, b->head, stack, progress, &at);
    uint32_t count = n - at;
    memcpy(order, b->order + at, count * sizeof(uint32_t));
    for (uint32_t i = 1; i < n; i++) {
        if (b->r->blocks[i].is_entry && b->blocks[i].is_filled && !b->blocks[i].caller && !progress[i]) {
            at = n;
            visit(b, i, stack, progress, &at);
            memcpy(order + count, b->order + at, (n - at) * sizeof(uint32_t));
            count += n - at;
        }
    }
    b->order = order;
    b->norder = count;
    for (uint32_t i = 0; i < count; i++) {
        BuildBlock *k = &b->blocks[order[i]];
        k->rpo = i + 1;
        if (k->ret_block && k->ret_block != b->head) { /* a caller that can be reached */
            b->blocks[k->ret_block].caller = order[i];
        }
    }
}

/* Fills the predecessors' lists; whether an edge leads back in the order. */
static bool list_preds(IrBuilder *b)
{
    IrRegion *r = b->r;
    bool has_back = false;
    for (uint32_t i = 0; i < b->norder; i++) {
        const IrBlock *k = &r->blocks[b->order[i]];
        for (unsigned s = 0; s < k->nsucc; s++) {
            r->blocks[k->succ[s]].npreds++;
            has_back |= b->blocks[k->succ[s]].rpo <= i + 1;
        }
    }
    uint32_t total = r->nextra;
    for (uint32_t i = 0; i < b->norder; i++) {
        IrBlock *k = &r->blocks[b->order[i]];
        k->first_pred = total;
        total += k->npreds;
        k->npreds = 0;
    }
    r->extra = arena_grow(b->arena, r->extra, sizeof(uint32_t), &r->cap_extra, total);
    r->nextra = total;
    for (uint32_t i = 0; i < b->norder; i++) {
        const IrBlock *k = &r->blocks[b->order[i]];
        for (unsigned s = 0; s < k->nsucc; s++) {
            IrBlock *to = &r->blocks[k->succ[s]];
            r->extra[to->first_pred + to->npreds++] = b->order[i];
        }
    }
    return has_back;
}

/* ---- dominators: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" */

static uint32_t intersect(const IrBuilder *b, uint32_t x, uint32_t y)
{
    while (x != y) {
        while (b->blocks[x].rpo > b->blocks[y].rpo) {
            x = b->blocks[x].idom;
        }
        while (b->blocks[y].rpo > b->blocks[x].rpo) {
            y = b->blocks[y].idom;
        }
    }
    return x;
}

static void find_dominators(IrBuilder *b)
{
    for (uint32_t i = 0; i < b->norder; i++) {
        BuildBlock *k = &b->blocks[b->order[i]];
        bool is_root = b->r->blocks[b->order[i]].is_entry && !k->caller;
        k->idom = is_root ? 0 : NO_IDOM;
    }
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t i = 0; i < b->norder; i++) {
            uint32_t x = b->order[i], succ[2];
            uint32_t n = successors(b, x, succ);
            for (uint32_t s = 0; s < n && b->blocks[x].idom != NO_IDOM; s++) {
                uint32_t *idom = &b->blocks[succ[s]].idom;
                uint32_t new = *idom == NO_IDOM ? x : intersect(b, *idom, x);
                is_changed |= new != *idom;
                *idom = new;
            }
        }
    }
}

bool flow_dominates(const IrBuilder *b, uint32_t x, uint32_t y)
{
    while (b->blocks[y].rpo > b->blocks[x].rpo) {
        y = b->blocks[y].idom;
    }
    return x == y;
}

/* ---- loops */

/* Adds x, or the outermost known loop round it, to the loop of h; pushes the predecessors. */
static void add_to_loop(IrBuilder *b, uint32_t h, uint32_t x, uint32_t *work, uint32_t *n)
{
    IrRegion *r = b->r;
    if (r->blocks[x].loop_head) {
        x = r->blocks[x].loop_head;
        while (b->blocks[x].outer_loop) {
            x = b->blocks[x].outer_loop;
        }
        if (x == h) {
            return;
        }
        b->blocks[x].outer_loop = h;
    } else {
        r->blocks[x].loop_head = h;
    }
    const IrBlock *k = &r->blocks[x];
    for (uint32_t i = 0; i < k->npreds; i++) {
        work[(*n)++] = r->extra[k->first_pred + i];
    }
    if (k->is_entry && b->blocks[x].caller) {
        work[(*n)++] = b->blocks[x].caller;
    }
}

static void find_loops(IrBuilder *b)
{
    IrRegion *r = b->r;
    uint32_t *work = NULL;
    for (uint32_t i = b->norder; i-- > 0;) {
        uint32_t h = b->order[i], n = 0;
        const IrBlock *k = &r->blocks[h];
        for (uint32_t p = 0; p < k->npreds; p++) {
            uint32_t latch = r->extra[k->first_pred + p];
            if (b->blocks[latch].rpo < b->blocks[h].rpo || !flow_dominates(b, h, latch)) {
                continue;
            }
            if (!work) { /* every edge is pushed at most once per loop; loops inside count as one block */
                work = arena_alloc(b->arena, (3 * (size_t)b->norder + 8) * sizeof(uint32_t));
            }
            r->blocks[h].loop_head = h;
            work[n++] = latch;
        }
        while (n) {
            uint32_t x = work[--n];
            add_to_loop(b, h, x, work, &n);
        }
    }
    for (uint32_t i = 0; i < b->norder; i++) {
        IrBlock *k = &r->blocks[b->order[i]];
        uint32_t h = k->loop_head;
        if (h == b->order[i]) {
            uint32_t outer = b->blocks[h].outer_loop;
            unsigned depth = outer ? r->blocks[outer].loop_depth + 1u : 1;
            k->loop_depth = (uint8_t)(depth > 255 ? 255 : depth);
        } else if (h) {
            k->loop_depth = r->blocks[h].loop_depth;
        }
    }
}

void flow_analyse(IrBuilder *b)
{
    split_entries(b);
    split_wide_joins(b);
    order_blocks(b);
    if (list_preds(b)) {
        find_dominators(b);
        find_loops(b);
    }
}
