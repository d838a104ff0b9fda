/* SPDX-License-Identifier: MIT */
/*
 * Guards on edges into loops. On each guarded edge: a chain of cheap tests, one branch per value, that no ordinary number fails; from
 * there a cold block with the exact conditions; from there the way out.
 */
#include "tcg/opt/guard.h"

#include "tcg/state.h"
#include "util/arena.h"

enum { MAX_OUTSIDE = 3 }; /* edges of a header that are guarded */

bool guard_is_outside(const IrBuilder *b, uint32_t head, uint32_t p)
{
    uint32_t pred = b->r->extra[b->r->blocks[head].first_pred + p];
    return b->blocks[pred].rpo < b->blocks[head].rpo;
}

bool guard_is_head(const IrBuilder *b, uint32_t block)
{
    const IrBlock *k = &b->r->blocks[block];
    const _Atomic uint8_t *fails = b->settings.guard_fails;
    uint32_t n = 0;
    if (!b->settings.has_guards || (fails && fails[IR_GUARD_PLACE(k->pc)] >= IR_GUARD_FAILS_MAX) || k->loop_head != block || !b->blocks[block].is_insn_start) {
        return false;
    }
    for (uint32_t p = 0; p < k->npreds; p++) {
        n += guard_is_outside(b, block, p);
    }
    return n && n <= MAX_OUTSIDE;
}

void guards_init(Guards *g, IrBuilder *b)
{
    *g = (Guards){ .b = b, .nold = b->r->nblocks, .nchecks = 1 };
}

/* The innermost loop round both blocks; 0: none. */
static uint32_t common_loop(const IrBuilder *b, uint32_t x, uint32_t y)
{
    for (uint32_t l = b->r->blocks[x].loop_head; l; l = b->blocks[l].outer_loop) {
        for (uint32_t k = b->r->blocks[y].loop_head; k; k = b->blocks[k].outer_loop) {
            if (k == l) {
                return l;
            }
        }
    }
    return 0;
}

/* A new block on the edge between two. */
static uint32_t new_block(Guards *g, uint32_t from, uint32_t to)
{
    IrBuilder *b = g->b;
    uint32_t id = ir_block_new(b, b->r->blocks[to].pc, false), loop = common_loop(b, from, to);
    b->r->blocks[id].loop_head = loop;
    b->r->blocks[id].loop_depth = loop ? b->r->blocks[loop].loop_depth : 0;
    return id;
}

static void set_succ(IrBuilder *b, uint32_t from, uint32_t old, uint32_t new)
{
    IrBlock *k = &b->r->blocks[from];
    unsigned s = k->succ[0] == old ? 0 : 1;
    k->succ[s] = build_insn(b, k->last)->succ[s] = new;
}

static uint32_t edge_of(Guards *g, uint32_t head, uint32_t p)
{
    IrBuilder *b = g->b;
    uint32_t from = b->r->extra[b->r->blocks[head].first_pred + p];
    if (from >= g->nold) {
        for (uint32_t i = g->nedges; i-- > 0;) { /* of a loop, the latest ones */
            if (g->edges[i].block == from) {
                return i;
            }
        }
    }
    uint32_t block = new_block(g, from, head);
    ir_block_begin(b, block, 0);
    ir_goto(b, head);
    set_succ(b, from, head, block);
    b->r->extra[b->r->blocks[head].first_pred + p] = block;
    b->blocks[block].rpo = b->blocks[from].rpo;
    g->edges = arena_grow(b->arena, g->edges, sizeof(GuardEdge), &g->cap_edges, g->nedges + 1);
    g->edges[g->nedges] = (GuardEdge){ .from = from, .head = head, .block = block, .pred = p };
    return g->nedges++;
}

uint32_t guards_edge(Guards *g, uint32_t to, uint32_t p)
{
    uint32_t edge = edge_of(g, to, p);
    return g->edges[edge].block;
}

uint32_t guards_add(Guards *g, uint32_t head, uint32_t p, GuardKind kind, uint32_t v)
{
    uint32_t edge = edge_of(g, head, p);
    GuardEdge *e = &g->edges[edge];
    for (uint32_t c = e->first; c; c = g->checks[c].next) {
        if (g->checks[c].value == v && g->checks[c].kind == kind) {
            return e->block;
        }
    }
    g->checks = arena_grow(g->b->arena, g->checks, sizeof(GuardCheck), &g->cap_checks, g->nchecks + 1);
    uint32_t c = g->nchecks++;
    g->checks[c] = (GuardCheck){ .value = v, .kind = kind };
    if (e->last) {
        g->checks[e->last].next = c;
    } else {
        e->first = c;
    }
    e->last = c;
    return e->block;
}

/* ---- conditions */

static I32 is_not_boxed(IrBuilder *b, uint32_t v)
{
    I64 bits = { ir_build(b, IR_BITS_F64_I64, 0, v, 0, 0) };
    I64 upper = { ir_build(b, IR_SAR_I64, 0, bits.id, ir_const_i64(b, 32).id, 0) };
    return (I32){ ir_build(b, IR_CMP_NE_I64, 0, upper.id, ir_const_i64(b, UINT64_MAX).id, 0) };
}

/* NaN or infinity: one test less. */
static I32 is_not_finite(IrBuilder *b, uint32_t v)
{
    if (build_insn(b, v)->type == IR_F64) {
        I64 bits = { ir_build(b, IR_BITS_F64_I64, 0, v, 0, 0) };
        I64 twice = { ir_build(b, IR_SHL_I64, 0, bits.id, ir_const_i64(b, 1).id, 0) };
        I64 exponent = { ir_build(b, IR_SHR_I64, 0, twice.id, ir_const_i64(b, 53).id, 0) };
        return (I32){ ir_build(b, IR_CMP_EQ_I64, 0, exponent.id, ir_const_i64(b, 0x7ff).id, 0) };
    }
    I32 bits = { ir_build(b, IR_BITS_F32_I32, 0, v, 0, 0) };
    I32 twice = { ir_build(b, IR_SHL_I32, 0, bits.id, ir_const_i32(b, 1).id, 0) };
    I32 exponent = { ir_build(b, IR_SHR_I32, 0, twice.id, ir_const_i32(b, 24).id, 0) };
    return (I32){ ir_build(b, IR_CMP_EQ_I32, 0, exponent.id, ir_const_i32(b, 0xff).id, 0) };
}

static I32 is_not_canonical(IrBuilder *b, uint32_t v)
{
    I32 is_nan, is_other;
    if (build_insn(b, v)->type == IR_F64) {
        I64 bits = { ir_build(b, IR_BITS_F64_I64, 0, v, 0, 0) };
        I64 magnitude = { ir_build(b, IR_AND_I64, 0, bits.id, ir_const_i64(b, INT64_MAX).id, 0) };
        is_nan.id = ir_build(b, IR_CMP_ULT_I64, 0, ir_const_i64(b, 0x7ff0000000000000).id, magnitude.id, 0);
        is_other.id = ir_build(b, IR_CMP_NE_I64, 0, bits.id, ir_const_i64(b, 0x7ff8000000000000).id, 0);
    } else {
        I32 bits = { ir_build(b, IR_BITS_F32_I32, 0, v, 0, 0) };
        I32 magnitude = { ir_build(b, IR_AND_I32, 0, bits.id, ir_const_i32(b, INT32_MAX).id, 0) };
        is_nan.id = ir_build(b, IR_CMP_ULT_I32, 0, ir_const_i32(b, 0x7f800000).id, magnitude.id, 0);
        is_other.id = ir_build(b, IR_CMP_NE_I32, 0, bits.id, ir_const_i32(b, 0x7fc00000).id, 0);
    }
    return (I32){ ir_build(b, IR_AND_I32, 0, is_nan.id, is_other.id, 0) };
}

/* ---- blocks */

static void push(Guards *g, uint32_t block)
{
    g->order = arena_grow(g->b->arena, g->order, sizeof(uint32_t), &g->cap_order, g->norder + 1);
    g->order[g->norder++] = block;
}

/* The state at the end of `from`, which is that of the header's start. */
static uint32_t build_exit(Guards *g, const GuardEdge *e)
{
    IrBuilder *b = g->b;
    uint32_t id = ir_block_new(b, b->r->blocks[e->head].pc, false);
    ir_block_begin(b, id, e->from);
    ir_exit_event(b, TCG_EVENT_INTERPRET, b->r->blocks[e->head].pc);
    BuildBlock *k = &b->blocks[id];
    const BuildBlock *from = &b->blocks[e->from];
    for (unsigned w = 0; w < sizeof k->dirty_in.w / sizeof k->dirty_in.w[0]; w++) {
        k->dirty_in.w[w] = from->dirty_in.w[w] | from->put.w[w];
    }
    return id;
}

static void list_preds(Guards *g, const GuardEdge *e)
{
    IrBuilder *b = g->b;
    IrRegion *r = b->r;
    uint32_t n = e->end - e->order, max = 2 * n + 1, base = r->nextra;
    r->extra = arena_grow(b->arena, r->extra, sizeof(uint32_t), &r->cap_extra, base + n + max);
    for (uint32_t i = e->order; i < e->end; i++) {
        IrBlock *k = &r->blocks[g->order[i]];
        k->first_pred = r->nextra;
        k->npreds = 0;
        if (g->order[i] == e->block) {
            r->extra[r->nextra++] = e->from;
            k->npreds = 1;
        }
        for (uint32_t j = e->order; j < e->end; j++) {
            const IrBlock *from = &r->blocks[g->order[j]];
            for (unsigned s = 0; s < from->nsucc; s++) {
                if (from->succ[s] == g->order[i]) {
                    r->extra[r->nextra++] = g->order[j];
                    k->npreds++;
                }
            }
        }
    }
}

static void build_edge(Guards *g, GuardEdge *e)
{
    IrBuilder *b = g->b;
    e->order = g->norder;
    if (!e->first) {
        push(g, e->block);
        e->end = g->norder;
        list_preds(g, e);
        return;
    }
    uint32_t way_out = build_exit(g, e), refine = new_block(g, e->from, e->head), join = new_block(g, e->from, e->head);
    uint32_t test = new_block(g, e->from, e->head);
    push(g, e->block);
    set_succ(b, e->block, e->head, test);
    for (uint32_t c = e->first; c; c = g->checks[c].next) {
        uint32_t next = g->checks[c].next ? new_block(g, e->from, e->head) : join;
        ir_block_begin(b, test, 0);
        I32 fails = g->checks[c].kind == GUARD_BOXED ? is_not_boxed(b, g->checks[c].value) : is_not_finite(b, g->checks[c].value);
        ir_br(b, fails, refine, next);
        push(g, test);
        test = next;
    }
    ir_block_begin(b, refine, 0);
    I32 fails = { 0 };
    for (uint32_t c = e->first; c; c = g->checks[c].next) {
        uint32_t v = g->checks[c].value;
        I32 one = g->checks[c].kind == GUARD_BOXED ? is_not_boxed(b, v) : is_not_canonical(b, v);
        fails.id = fails.id ? ir_build(b, IR_OR_I32, 0, fails.id, one.id, 0) : one.id;
    }
    ir_br(b, fails, way_out, join);
    b->r->blocks[refine].is_cold = true;
    push(g, refine);
    push(g, way_out);
    ir_block_begin(b, join, 0);
    ir_goto(b, e->head);
    push(g, join);
    e->end = g->norder;
    b->r->extra[b->r->blocks[e->head].first_pred + e->pred] = join;
    list_preds(g, e);
}

/* Whether the edge goes back: its blocks come behind their predecessor then, else in front of their successor. */
static bool goes_back(const IrBuilder *b, const GuardEdge *e) { return b->blocks[e->from].rpo >= b->blocks[e->head].rpo; }

static void append_edges(const Guards *g, uint32_t first, const uint32_t *next, bool is_back, uint32_t *order, uint32_t *n)
{
    for (uint32_t e = first; e; e = next[e - 1]) {
        const GuardEdge *edge = &g->edges[e - 1];
        for (uint32_t k = edge->order; k < edge->end && goes_back(g->b, edge) == is_back; k++) {
            order[(*n)++] = g->order[k];
        }
    }
}

void guards_build(Guards *g)
{
    IrBuilder *b = g->b;
    if (!g->nedges) {
        return;
    }
    uint32_t *edges_at = arena_alloc0(b->arena, g->nold * sizeof(uint32_t)); /* the last edge + 1 */
    uint32_t *next = arena_alloc(b->arena, g->nedges * sizeof(uint32_t));
    bool no_fold = b->settings.no_fold;
    b->settings.no_fold = true; /* every test stays, even one that is known to fail: the edge must not vanish */
    for (uint32_t i = 0; i < g->nedges; i++) {
        GuardEdge *e = &g->edges[i];
        uint32_t at = goes_back(b, e) ? e->from : e->head;
        build_edge(g, e);
        next[i] = edges_at[at];
        edges_at[at] = i + 1;
    }
    b->settings.no_fold = no_fold;
    uint32_t *order = arena_alloc(b->arena, (b->norder + g->norder) * sizeof(uint32_t)), n = 0;
    for (uint32_t i = 0; i < b->norder; i++) {
        append_edges(g, edges_at[b->order[i]], next, false, order, &n);
        order[n++] = b->order[i];
        append_edges(g, edges_at[b->order[i]], next, true, order, &n);
    }
    b->order = order;
    b->norder = n;
    for (uint32_t i = 0; i < n; i++) {
        b->blocks[order[i]].rpo = i + 1;
    }
}
