/* SPDX-License-Identifier: MIT */
/*
 * A symbolic check of register allocations that shares nothing with the allocator: abstract states
 * (location -> set of values that it holds for sure) are carried along all paths to a fixed point;
 * then each operand, snapshot entry and move is checked.
 */
#include "mir_random.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REGS = 32, PLACES = 2 * REGS + 256 };

typedef struct State {
    bool is_known;
    uint8_t size[PLACES]; /* bytes of the value that were moved there */
    uint64_t *held;       /* PLACES rows of `words` */
} State;

typedef struct Check {
    const MRegion *m;
    const MHost *h;
    const MAlloc *a;
    uint32_t words, allowed[M_NCLASSES];
    State *in; /* by block */
    State now;
    bool is_final; /* report errors */
    uint32_t insn;
    char *message;
    size_t message_size;
    bool is_wrong;
} Check;

static void __attribute__((format(printf, 2, 3))) fail(Check *c, const char *format, ...)
{
    if (c->is_wrong || !c->is_final) {
        return;
    }
    c->is_wrong = true;
    int n = snprintf(c->message, c->message_size, "insn %u: ", c->insn);
    va_list ap;
    va_start(ap, format);
    vsnprintf(c->message + n, c->message_size - n, format, ap);
    va_end(ap);
}

static int place_of(Loc l)
{
    switch (l.kind) {
    case LOC_REG:
        return l.cls * REGS + l.index;
    case LOC_SPILL:
        return 2 * REGS + l.index;
    default:
        return -1;
    }
}

static uint64_t *held(Check *c, int place) { return &c->now.held[(size_t)place * c->words]; }
static bool has(Check *c, int place, uint32_t v) { return held(c, place)[v / 64] >> v % 64 & 1; }
static void forget(Check *c, int place) { memset(held(c, place), 0, 8 * c->words); }

static bool is_register_allowed(Check *c, Loc l) { return c->allowed[l.cls] >> l.index & 1; }

/* Whether location l holds value v now. */
static bool holds(Check *c, Loc l, uint32_t v)
{
    const MVreg *r = &c->m->vregs[v];
    if (l.kind == LOC_HOME) {
        return r->home == l.index + 1;
    }
    int p = place_of(l);
    return p >= 0 && l.cls == r->cls && has(c, p, v) && c->now.size[p] >= r->size;
}

static void check_loc(Check *c, Loc l)
{
    if (l.kind == LOC_SPILL && (l.index >= c->a->nspills || c->a->nspills > c->h->nspills)) {
        fail(c, "spill slot %u of %u", l.index, c->a->nspills);
    }
    if (l.kind == LOC_REG && !is_register_allowed(c, l)) {
        fail(c, "register %u of class %u is not to be used", l.index, l.cls);
    }
}

static void copy_place(Check *c, int to, int from, uint8_t size)
{
    memcpy(held(c, to), held(c, from), 8 * c->words);
    c->now.size[to] = c->now.size[from] < size ? c->now.size[from] : size;
}

static void do_move(Check *c, const MMove *m)
{
    bool is_scratch_dst =
        m->dst.kind == LOC_REG && m->dst.cls == M_VEC && m->dst.index == c->h->scratch_vec;
    bool is_scratch_src =
        m->src.kind == LOC_REG && m->src.cls == M_VEC && m->src.index == c->h->scratch_vec;
    int to = place_of(m->dst), from = place_of(m->src);
    if (!is_scratch_dst) {
        check_loc(c, m->dst);
    }
    if (!is_scratch_src) {
        check_loc(c, m->src);
    }
    if (m->dst.kind != LOC_REG && m->src.kind != LOC_REG) {
        fail(c, "move from memory to memory");
    }
    if (to < 0 || (from < 0 && m->src.kind != LOC_HOME)) {
        fail(c, "move of kinds %u <- %u", m->dst.kind, m->src.kind);
        return;
    }
    if (m->dst.kind == LOC_REG && m->src.kind == LOC_REG && m->dst.cls != m->src.cls &&
        !is_scratch_dst && !is_scratch_src) {
        fail(c, "move between classes");
    }
    if (m->is_swap) {
        if (m->dst.kind != LOC_REG || m->src.kind != LOC_REG || m->dst.cls != M_GPR ||
            m->src.cls != M_GPR || m->size != 8) {
            fail(c, "swap of other things than general registers");
        }
        uint8_t size = c->now.size[to];
        c->now.size[to] = c->now.size[from];
        c->now.size[from] = size;
        for (uint32_t k = 0; k < c->words; k++) {
            uint64_t x = held(c, to)[k];
            held(c, to)[k] = held(c, from)[k];
            held(c, from)[k] = x;
        }
    } else if (m->src.kind == LOC_HOME) {
        forget(c, to);
        for (uint32_t v = 1; v < c->m->nvregs; v++) {
            if (c->m->vregs[v].home == m->src.index + 1) {
                held(c, to)[v / 64] |= 1ull << v % 64;
            }
        }
        c->now.size[to] = m->size;
    } else {
        copy_place(c, to, from, m->size);
    }
}

/* Places that the insn writes before its inputs are read (early), and at all. */
typedef struct Writes {
    uint32_t early[M_NCLASSES], all[M_NCLASSES], tied[M_NCLASSES];
} Writes;

static bool is_in(const uint32_t *masks, Loc l)
{
    return l.kind == LOC_REG && masks[l.cls] >> l.index & 1;
}

static void check_result(Check *c, const MOperand *o, const MOperand *ops, Writes *w,
                         const MInsn *in)
{
    const MVreg *r = &c->m->vregs[o->vreg];
    bool is_memory =
        o->loc.kind == LOC_SPILL || (o->loc.kind == LOC_HOME && r->home == o->loc.index + 1);
    check_loc(c, o->loc);
    if (o->constraint == M_ANY && is_memory && o->role == M_DEF) {
        return;
    }
    if (o->loc.kind != LOC_REG || o->loc.cls != r->cls) {
        fail(c, "result v%u is in no register of its class", o->vreg);
        return;
    }
    if (o->constraint == M_FIXED && o->loc.index != o->fixed) {
        fail(c, "result v%u is not in its fixed register", o->vreg);
    }
    if (o->constraint != M_FIXED && !(o->role == M_TIED && ops[o->tied].constraint == M_FIXED) &&
        in->clobbers[o->loc.cls] >> o->loc.index & 1) {
        fail(c, "result v%u in a clobbered register", o->vreg);
    }
    if (is_in(w->all, o->loc)) {
        fail(c, "result v%u shares its register", o->vreg);
    }
    uint32_t bit = 1u << o->loc.index;
    w->all[o->loc.cls] |= bit;
    if (o->role == M_TIED) {
        w->tied[o->loc.cls] |= bit;
        const MOperand *src = &ops[o->tied];
        if (src->loc.kind != LOC_REG || src->loc.cls != o->loc.cls ||
            src->loc.index != o->loc.index) {
            fail(c, "tied result v%u is not where its source is", o->vreg);
        }
    } else if (o->role != M_DEF) {
        w->early[o->loc.cls] |= bit;
    }
}

static bool is_tied_source(const MInsn *in, const MOperand *ops, unsigned k)
{
    for (unsigned t = 0; t < in->nops; t++) {
        if (ops[t].vreg && ops[t].role == M_TIED && ops[t].tied == k) {
            return true;
        }
    }
    return false;
}

static void check_use(Check *c, const MInsn *in, const MOperand *ops, unsigned k, const Writes *w)
{
    const MOperand *o = &ops[k];
    bool is_source = is_tied_source(in, ops, k);
    check_loc(c, o->loc);
    if (!holds(c, o->loc, o->vreg)) {
        fail(c, "operand %u does not find v%u in place %d", k, o->vreg, place_of(o->loc));
    }
    if (o->constraint != M_ANY && o->loc.kind != LOC_REG) {
        fail(c, "operand %u is in no register", k);
    }
    if (o->constraint == M_FIXED && o->loc.index != o->fixed) {
        fail(c, "operand %u is not in its fixed register", k);
    }
    if (is_in(w->early, o->loc)) {
        fail(c, "operand %u is overwritten early", k);
    }
    if (o->role == M_USE_LATE && !is_source &&
        (is_in(w->all, o->loc) || (o->constraint != M_FIXED && is_in(in->clobbers, o->loc)))) {
        fail(c, "late operand %u is overwritten", k);
    }
}

static void check_snapshot(Check *c, const MInsn *in, const Writes *w)
{
    const MSnapshot *s = &c->m->snaps[in->snap];
    for (uint32_t k = 0; k < s->count; k++) {
        const MSnapEntry *e = &c->m->snap_entries[s->first + k];
        Loc l = c->a->snap_locs[c->a->snap_start[c->insn] + k];
        if (e->recipe == M_CONSTANT || e->recipe == M_PLUS_CONSTANT) {
            if (l.kind != LOC_CONST || l.index != e->vreg) {
                fail(c, "constant of snapshot entry %u", k);
            }
            continue;
        }
        check_loc(c, l);
        if (!holds(c, l, e->vreg)) {
            fail(c, "snapshot entry %u does not find v%u", k, e->vreg);
        }
        if (is_in(w->early, l) || is_in(w->tied, l) ||
            (!in->is_snap_early && (is_in(w->all, l) || is_in(in->clobbers, l)))) {
            fail(c, "snapshot entry %u (v%u) is overwritten", k, e->vreg);
        }
    }
}

static void do_results(Check *c, const MInsn *in, const MOperand *ops)
{
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        for (unsigned r = 0; r < REGS; r++) {
            if (in->clobbers[cls] >> r & 1) {
                forget(c, cls * REGS + r);
            }
        }
    }
    for (unsigned k = 0; k < in->nops; k++) {
        const MOperand *o = &ops[k];
        if (!o->vreg || o->role <= M_USE_LATE) {
            continue;
        }
        for (int p = 0; p < PLACES; p++) {
            held(c, p)[o->vreg / 64] &= ~(1ull << o->vreg % 64);
        }
        int p = place_of(o->loc);
        if (p >= 0) {
            forget(c, p);
            if (o->role != M_TEMP) {
                held(c, p)[o->vreg / 64] |= 1ull << o->vreg % 64;
                c->now.size[p] = 16;
            }
        }
    }
}

static void do_insn(Check *c, uint32_t i, bool is_label)
{
    const MInsn *in = &c->m->insns[i];
    const MOperand *ops = &c->m->operands[in->first_op];
    Writes w = { 0 };
    c->insn = i;
    if (is_label && c->a->move_start[i] != c->a->move_start[i + 1]) {
        fail(c, "moves before a label");
    }
    for (uint32_t k = c->a->move_start[i]; k < c->a->move_start[i + 1]; k++) {
        do_move(c, &c->a->moves[k]);
    }
    forget(c, M_VEC * REGS + c->h->scratch_vec);
    for (unsigned k = 0; k < in->nops; k++) {
        if (ops[k].vreg && ops[k].role > M_USE_LATE) {
            check_result(c, &ops[k], ops, &w, in);
        }
    }
    for (unsigned k = 0; k < in->nops; k++) {
        if (ops[k].vreg && ops[k].role <= M_USE_LATE) {
            check_use(c, in, ops, k, &w);
        }
    }
    if (in->snap) {
        check_snapshot(c, in, &w);
    }
    do_results(c, in, ops);
}

/* The state after c->now passed the edge, merged into the successor's; true when that changed. */
static bool do_edge(Check *c, uint32_t pred, uint32_t succ)
{
    const MRegion *m = c->m;
    const MBlock *s = &m->blocks[succ];
    State *in = &c->in[succ];
    uint32_t nth = 0;
    while (m->preds[s->first_pred + nth] != pred) {
        nth++;
    }
    uint64_t row[64];
    bool is_changed = !in->is_known;
    for (int p = 0; p < PLACES; p++) {
        memcpy(row, held(c, p), 8 * c->words);
        for (uint32_t k = 0; k < s->nphis; k++) {
            uint32_t d = m->phis[s->first_phi + k].dest;
            row[d / 64] &= ~(1ull << d % 64);
        }
        for (uint32_t k = 0; k < s->nphis; k++) {
            const MPhi *phi = &m->phis[s->first_phi + k];
            if (has(c, p, m->phi_srcs[phi->first_src + nth])) {
                row[phi->dest / 64] |= 1ull << phi->dest % 64;
            }
        }
        uint64_t *to = &in->held[(size_t)p * c->words];
        for (uint32_t k = 0; k < c->words; k++) {
            uint64_t now = in->is_known ? to[k] & row[k] : row[k];
            is_changed |= now != to[k];
            to[k] = now;
        }
        uint8_t size = in->is_known && in->size[p] < c->now.size[p] ? in->size[p] : c->now.size[p];
        is_changed |= size != in->size[p];
        in->size[p] = size;
    }
    in->is_known = true;
    return is_changed;
}

static bool do_block(Check *c, uint32_t b)
{
    const MBlock *block = &c->m->blocks[b];
    if (!c->in[b].is_known) {
        return false;
    }
    memcpy(c->now.held, c->in[b].held, (size_t)8 * PLACES * c->words);
    memcpy(c->now.size, c->in[b].size, PLACES);
    for (uint32_t i = block->first; i < block->end; i++) {
        do_insn(c, i, i == block->first);
    }
    bool is_changed = false;
    for (uint32_t k = 0; k < block->nsucc; k++) {
        is_changed |= do_edge(c, b, block->succ[k]);
    }
    return is_changed;
}

bool mir_check(const MRegion *m, const MHost *h, const MAlloc *a, char *message, size_t size)
{
    Check c = { .m = m,
                .h = h,
                .a = a,
                .message = message,
                .message_size = size,
                .words = (m->nvregs + 63) / 64 };
    snprintf(message, size, "ok");
    if (a->is_failed || c.words > 64) {
        snprintf(message, size, a->is_failed ? "allocation failed" : "too many values");
        return false;
    }
    uint32_t kept = 0;
    for (unsigned k = 0; k < h->npins; k++) {
        kept |= m->pins_kept >> k & 1 && !(a->borrowed >> k & 1) ? 1u << h->pins[k] : 0;
    }
    for (unsigned k = 0; k < M_NCLASSES; k++) {
        c.allowed[k] = h->allocatable[k];
    }
    c.allowed[M_GPR] &= ~kept;
    if (a->borrowed & ~m->pins_kept) {
        snprintf(message, size, "borrowed pins that were not kept");
        return false;
    }
    c.in = arena_alloc0(m->arena, sizeof(State) * m->nblocks);
    c.now.held = arena_alloc0(m->arena, (size_t)8 * PLACES * c.words);
    for (uint32_t b = 1; b < m->nblocks; b++) {
        c.in[b].held = arena_alloc0(m->arena, (size_t)8 * PLACES * c.words);
        c.in[b].is_known = m->blocks[b].is_entry;
    }
    bool is_changed = true;
    for (unsigned round = 0; is_changed; round++) {
        is_changed = false;
        for (uint32_t b = 1; b < m->nblocks; b++) {
            is_changed |= do_block(&c, b);
        }
    }
    c.is_final = true;
    for (uint32_t b = 1; b < m->nblocks; b++) {
        do_block(&c, b);
    }
    return !c.is_wrong;
}
