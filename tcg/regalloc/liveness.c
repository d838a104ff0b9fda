/* SPDX-License-Identifier: MIT */
/*
 * One walk backwards over the insns: intervals of values, their uses, intervals of fixed registers,
 * wishes, pressure. Regions of several blocks first get live sets (liveset.c).
 */
#include "tcg/regalloc/alloc.h"

/* The block that is being walked. */
typedef struct Walk {
    Ra *ra;
    Part *parts;
    Use *uses;
    uint32_t block, base;            /* position of its start */
    uint64_t *live_in;               /* values live here; NULL in regions of one block */
    uint32_t last_first, last_count; /* entries of the snapshot seen last */
    uint32_t live[M_NCLASSES];       /* values that want registers at this point */
    uint32_t most[M_NCLASSES];
    uint8_t weight;
    /* Of the insn: operands that are sources of tied results, and the value of the last one. */
    uint64_t tied;
    uint32_t tied_value;
} Walk;

/* ---- ranges and uses */

static NOINLINE void add_range(Ra *ra, Part *x, uint32_t to)
{
    if (x->flags & PART_IS_DEFINED) {
        ra->out->is_failed = true; /* live before its definition: laid out against dominance */
    }
    if (x->begin != to) {
        ra->ranges =
            arena_grow(ra->arena, ra->ranges, sizeof(Range), &ra->cap_ranges, ra->nranges + 1);
        ra->ranges[ra->nranges] = (Range){ x->begin, x->to, x->range };
        x->range = ra->nranges++;
        x->to = to;
    }
}

/* Makes x, which was not live after `to` in this block, live from its start to `to`. */
static inline void begin_range(Walk *w, Part *x, uint32_t to)
{
    if (LIKELY(x->begin == RA_NEVER)) {
        x->end = x->to = to;
    } else {
        add_range(w->ra, x, to);
    }
    x->begin = w->base;
    if (w->live_in) {
        ra_set(w->live_in, x->vreg);
    }
}

/* Makes x live from the start of the block to `to`. Tells whether it was not live after that. */
static inline bool open_range(Walk *w, Part *x, uint32_t to)
{
    if (x->begin != w->base) {
        begin_range(w, x, to);
        return true;
    }
    if (UNLIKELY(x->to < to)) { /* by another operand of the same insn */
        x->end = x->end == x->to ? to : x->end;
        x->to = to;
    }
    return false;
}

static ALWAYS_INLINE void add_use(Walk *w, uint32_t u, Part *x, uint32_t pos, UseKind kind)
{
    Use *use = &w->uses[u];
    use->pos = pos;
    use->next = x->use;
    use->kind = kind;
    use->weight = w->weight;
    x->use = u;
    if (x->hot != w->block) {
        x->hot = w->block;
        uint32_t n = ++w->live[x->loc.cls];
        if (n > w->most[x->loc.cls]) {
            w->most[x->loc.cls] = n;
        }
    }
}

/* One more register is taken here by a value that is not live before. */
static void note_pressure(Walk *w, uint8_t cls)
{
    if (w->live[cls] + 1 > w->most[cls]) {
        w->most[cls] = w->live[cls] + 1;
    }
}

static void add_edge_use(Walk *w, uint32_t v, uint32_t pos)
{
    Ra *ra = w->ra;
    ra->uses = arena_grow(ra->arena, ra->uses, sizeof(Use), &ra->cap_uses, ra->nuses + 1);
    w->uses = ra->uses;
    add_use(w, ra->nuses++, &w->parts[v], pos, USE_EDGE);
}

/* The walk goes backwards, but an insn's operands come in any order. */
static void add_fixed(Ra *ra, uint8_t cls, uint8_t reg, uint32_t from, uint32_t to, uint32_t owner)
{
    if (UNLIKELY(ra->nfixed == ra->cap_fixed)) {
        ra->fixed = arena_grow(ra->arena, ra->fixed, sizeof(Fixed), &ra->cap_fixed, ra->nfixed + 1);
    }
    uint32_t *link = &ra->fixed_head[cls][reg];
    while (*link && ra->fixed[*link].from < from) {
        link = &ra->fixed[*link].next;
    }
    ra->fixed[ra->nfixed] = (Fixed){ from, to, owner, *link };
    *link = ra->nfixed++;
    ra->fixed_mask[cls] |= 1u << reg;
}

/* ---- wishes */

static inline void wish_for(Part *x, uint8_t reg, uint8_t weight)
{
    if (x->wish == RA_NONE || weight >= x->weight) {
        x->wish = reg;
        x->weight = weight;
    }
}

/* x would like the register of value `to`, as it ends where that one begins. */
static inline void wish_link(Walk *w, Part *x, uint32_t to)
{
    const Part *t = &w->parts[to];
    x->link = to;
    if (t->wish != RA_NONE && (x->wish == RA_NONE || t->weight > x->weight)) {
        x->wish = t->wish;
        x->weight = t->weight;
    }
}

/* ---- operands */

/* v is defined at pos, and holds its register at least until min_end: its interval is complete. */
static ALWAYS_INLINE Part *define(Walk *w, uint32_t v, uint32_t pos, uint32_t min_end)
{
    Ra *ra = w->ra;
    Part *x = &w->parts[v];
    if (x->begin == RA_NEVER) {
        x->to = x->end = min_end;
    }
    x->begin = pos;
    if (UNLIKELY(x->range)) {
        ra->ranges =
            arena_grow(ra->arena, ra->ranges, sizeof(Range), &ra->cap_ranges, ra->nranges + 1);
        ra->ranges[ra->nranges] = (Range){ pos, x->to, x->range };
        x->range = x->cursor = ra->nranges++;
    }
    if (w->live_in) {
        ra_clear(w->live_in, v);
    }
    w->live[x->loc.cls] -= x->hot == w->block;
    x->idle = 0;
    x->flags = PART_IS_DEFINED;
    ra->order[ra->norder++] = v;
    return x;
}

static ALWAYS_INLINE void define_operand(Walk *w, const MOperand *o, uint32_t pos, uint32_t min_end)
{
    Part *p = define(w, o->vreg, pos, min_end);
    if (o->constraint == M_REG) {
        p->flags |= PART_IS_DEF;
    } else if (o->constraint == M_FIXED) {
        add_fixed(w->ra, p->loc.cls, o->fixed, pos, min_end, o->vreg);
        p->loc.kind = LOC_REG;
        p->loc.index = o->fixed;
        p->flags |= PART_IS_DEF | PART_IS_FIXED;
    }
}

/* A result that must be in the register of its source, which the moves before the insn read. */
static NOINLINE void build_tied(Walk *w, const MInsn *in, const MOperand *tied, uint32_t pos)
{
    MOperand o = *tied;
    const MOperand *src = &w->ra->m->operands[in->first_op + o.tied];
    lyre_assert(src > tied && o.tied < in->nops && o.tied < 64);
    if (src->constraint == M_FIXED) {
        o.constraint = M_FIXED;
        o.fixed = src->fixed;
    }
    w->tied |= 1ull << o.tied;
    w->tied_value = src->vreg;
    define_operand(w, &o, pos, pos + 2);
    w->parts[o.vreg].source = src->vreg;
    Part *x = &w->parts[src->vreg];
    if (open_range(w, x, pos)) {
        wish_link(w, x, o.vreg);
    } else {
        note_pressure(w, x->loc.cls); /* the source lives on beside the result */
    }
    add_use(w, in->first_op + o.tied + 1, x, pos, USE_GAP);
}

static ALWAYS_INLINE void build_use(Walk *w, const MOperand *o, uint32_t u, uint32_t pos)
{
    Part *x = &w->parts[o->vreg];
    uint32_t is_late = o->role; /* M_USE_LATE is 1 */
    if (UNLIKELY(o->constraint == M_FIXED)) {
        open_range(w, x, pos);
        add_fixed(w->ra, x->loc.cls, o->fixed, pos, pos + 1 + is_late, o->vreg);
        wish_for(x, o->fixed, w->weight);
        add_use(w, u, x, pos, USE_GAP);
    } else {
        open_range(w, x, pos + 1 + is_late);
        add_use(w, u, x, pos, o->constraint == M_ANY ? USE_ANY : is_late ? USE_LATE : USE_REG);
    }
}

/* Registers that insn i's operands hold when its results are written: no matter of its clobbers. */
static uint32_t held_late(const Ra *ra, const MInsn *in, const MOperand *ops, uint8_t cls)
{
    uint32_t mask = 0;
    for (unsigned k = 0; k < in->nops; k++) {
        const MOperand *o = &ops[k];
        if (!o->vreg || ra->parts[o->vreg].loc.cls != cls) {
            continue;
        }
        if (o->role == M_TIED && ops[o->tied].constraint == M_FIXED) {
            mask |= 1u << ops[o->tied].fixed;
        } else if (o->role != M_USE && o->constraint == M_FIXED) {
            mask |= 1u << o->fixed;
        }
    }
    return mask;
}

static NOINLINE void add_clobbers(Walk *w, const MInsn *in, const MOperand *ops, uint32_t pos)
{
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        uint32_t mask = in->clobbers[cls];
        mask = mask ? mask & ~held_late(w->ra, in, ops, cls) : 0;
        for (; mask; mask &= mask - 1) {
            add_fixed(w->ra, cls, __builtin_ctz(mask), pos, pos + 1, 0);
        }
    }
}

/* Comes before the uses of the insn. */
static void build_snapshot(Walk *w, const MInsn *in, uint32_t to)
{
    const MSnapshot *s = &w->ra->m->snaps[in->snap];
    w->ra->nsnap_locs += s->count;
    if (s->first == w->last_first && s->count == w->last_count) {
        return; /* all of them are live already */
    }
    w->last_first = s->first;
    w->last_count = s->count;
    const MSnapEntry *e = &w->ra->m->snap_entries[s->first], *end = e + s->count;
    Part *parts = w->parts;
    uint32_t base = w->base;
    for (; e < end; e++) {
        if (LIKELY(!ra_is_const(e->recipe))) {
            Part *x = &parts[e->vreg];
            if (x->begin != base) {
                begin_range(w, x, to);
            }
        }
    }
}

/* The values from `first` on in the order were defined by one insn: those at 2i + 1 come first. */
static NOINLINE void sort_results(Ra *ra, uint32_t first, uint32_t n)
{
    for (uint32_t k = first + 1; k < n; k++) {
        uint32_t v = ra->order[k], j = k;
        for (; j > first && ra->parts[ra->order[j - 1]].begin < ra->parts[v].begin; j--) {
            ra->order[j] = ra->order[j - 1];
        }
        ra->order[j] = v;
    }
}

/* The most registers that one insn needs, when there may not be enough beside the kept pins. */
static NOINLINE void note_demand(Ra *ra, const MInsn *in, const MOperand *ops)
{
    uint32_t need[M_NCLASSES] = { 0, 0 };
    for (unsigned k = 0; k < in->nops; k++) {
        need[ra->parts[ops[k].vreg].loc.cls] += ops[k].vreg && ops[k].constraint != M_ANY;
    }
    for (unsigned c = 0; c < M_NCLASSES; c++) {
        ra->demand[c] = need[c] > ra->demand[c] ? need[c] : ra->demand[c];
    }
}

/* Whether the operand is a source of a tied result, or names the same value (its place is then that
 * of the tied result). */
static bool is_read_by_moves(const Walk *w, const MOperand *o, unsigned k)
{
    return (k < 64 && w->tied >> k & 1) ||
           (o->vreg == w->tied_value && o->role == M_USE && o->constraint != M_FIXED);
}

static inline void build_operand(Walk *w, const MInsn *in, const MOperand *o, uint32_t u,
                                 uint32_t pos)
{
    if (o->role <= M_USE_LATE) {
        if (!w->tied || !is_read_by_moves(w, o, u - in->first_op - 1)) {
            build_use(w, o, u, pos);
        }
    } else if (o->role == M_DEF) {
        define_operand(w, o, pos + 1, pos + 2);
    } else if (o->role == M_TIED) {
        build_tied(w, in, o, pos);
    } else {
        define_operand(w, o, pos, pos + 2);
        note_pressure(w, w->parts[o->vreg].loc.cls);
    }
}

static void build_insn(Walk *w, const MInsn *in, uint32_t pos)
{
    Ra *ra = w->ra;
    uint32_t first = ra->norder;
    w->tied = 0;
    w->tied_value = 0;
    if (in->snap) {
        build_snapshot(w, in, pos + 2 - in->is_snap_early);
    }
    uint32_t u = in->first_op + 1;
    const MOperand *ops = &ra->m->operands[in->first_op];
    for (const MOperand *o = ops, *end = ops + in->nops; o < end; o++, u++) {
        if (o->vreg) {
            build_operand(w, in, o, u, pos);
        }
    }
    if (UNLIKELY(ra->norder > first + 1)) {
        sort_results(ra, first, ra->norder);
    }
    if (UNLIKELY(in->clobbers[M_GPR] | in->clobbers[M_VEC])) {
        add_clobbers(w, in, ops, pos + 1);
    }
    if (UNLIKELY(in->nops > ra->sure)) {
        note_demand(ra, in, ops);
    }
}

/* ---- blocks */

/* Values that live out of the block; uses by phis, and by later iterations of loops that end here.
 */
static void build_block_end(Walk *w, const MBlock *b)
{
    Ra *ra = w->ra;
    uint32_t end = 2 * b->end;
    const uint64_t *out = &ra->live_out[w->block * ra->words];
    for (uint32_t k = 0; k < ra->words; k++) {
        for (uint64_t bits = out[k]; bits; bits &= bits - 1) {
            Part *x = &w->parts[k * 64 + __builtin_ctzll(bits)];
            open_range(w, x, end);
            if (x->use) {
                x->hot = w->block;
                w->live[x->loc.cls]++;
            }
        }
    }
    w->most[M_GPR] = w->live[M_GPR];
    w->most[M_VEC] = w->live[M_VEC];
    const uint64_t *marks = ra->loop_marks[w->block];
    for (uint32_t k = 0; marks && k < ra->words; k++) {
        for (uint64_t bits = marks[k]; bits; bits &= bits - 1) {
            add_edge_use(w, k * 64 + __builtin_ctzll(bits), end - 1);
        }
    }
    for (uint32_t s = 0; s < b->nsucc; s++) {
        const MBlock *succ = &ra->m->blocks[b->succ[s]];
        uint32_t pred = 0;
        while (succ->nphis && ra->m->preds[succ->first_pred + pred] != w->block) {
            pred++;
        }
        for (uint32_t k = 0; k < succ->nphis; k++) {
            const MPhi *phi = &ra->m->phis[succ->first_phi + k];
            uint32_t v = ra->m->phi_srcs[phi->first_src + pred];
            if (v && ra_has(&ra->live_in[b->succ[s] * ra->words], phi->dest)) {
                add_edge_use(w, v, end - 1);
                wish_link(w, &w->parts[v], phi->dest);
            }
        }
    }
}

static void build_insns(Walk *w, const MBlock *b)
{
    const MInsn *in = &w->ra->m->insns[b->end];
    for (uint32_t i = b->end; i-- > b->first;) {
        build_insn(w, --in, 2 * i);
    }
}

static void note_block_pressure(Ra *ra, const Walk *w, bool is_loop)
{
    for (unsigned c = 0; c < M_NCLASSES; c++) {
        uint32_t *most = ra->pressure[c];
        most[0] = w->most[c] > most[0] ? w->most[c] : most[0];
        most[1] = is_loop && w->most[c] > most[1] ? w->most[c] : most[1];
    }
}

/* A phi without a wish of its own would like what the values that come round a loop would like. */
static void wish_as_sources(Walk *w, const MBlock *b, const MPhi *phi)
{
    const MRegion *m = w->ra->m;
    Part *x = &w->parts[phi->dest];
    for (uint32_t k = 0; k < b->npreds && x->wish == RA_NONE; k++) {
        const Part *src = &w->parts[m->phi_srcs[phi->first_src + k]];
        if (m->preds[b->first_pred + k] >= w->block) {
            x->wish = src->wish;
            x->weight = src->weight;
        }
    }
}

static void build_block(Ra *ra, uint32_t id)
{
    const MBlock *b = &ra->m->blocks[id];
    Walk w = { .ra = ra,
               .parts = ra->parts,
               .uses = ra->uses,
               .block = id,
               .base = 2 * b->first,
               .weight = ra_weight(b),
               .last_count = RA_NEVER };
    if (!ra->is_single) {
        w.live_in = &ra->live_in[(size_t)id * ra->words];
        for (uint32_t i = b->first; i < b->end; i++) {
            ra->block_of[i] = id;
        }
        ra_build_live_out(ra, id);
        build_block_end(&w, b);
    }
    build_insns(&w, b);
    for (uint32_t k = b->nphis; k-- > 0;) {
        uint32_t dest = ra->m->phis[b->first_phi + k].dest;
        if (w.parts[dest].begin == w.base) {
            define(&w, dest, w.base, 0);
            ra_set(w.live_in, dest);
            ra->phi_of[dest] = b->first_phi + k + 1;
            wish_as_sources(&w, b, &ra->m->phis[b->first_phi + k]);
        }
    }
    note_block_pressure(ra, &w, w.weight > 1);
}

static void init_values(Ra *ra)
{
    MRegion *m = ra->m;
    Arena *a = ra->arena;
    uint32_t n = m->nvregs;
    ra->nranges = 1;
    ra->nparts = n;
    ra->cap_parts = n + n / 2 + 16;
    ra->parts = arena_alloc(a, sizeof(Part) * ra->cap_parts);
    ra->order = arena_alloc(a, sizeof(uint32_t) * n);
    ra->locs = arena_alloc(a, sizeof(Loc) * n);
    ra->nuses = m->noperands + 1;
    ra->cap_uses = ra->nuses + m->nphi_srcs;
    ra->uses = arena_alloc(a, sizeof(Use) * ra->cap_uses);
    ra->nfixed = 1;
    ra->cap_fixed = 64;
    ra->fixed = arena_alloc(a, sizeof(Fixed) * ra->cap_fixed);
    Part *parts = ra->parts;
    const MVreg *vregs = m->vregs;
    for (uint32_t v = 0; v < n; v++) {
        const MVreg *r = &vregs[v];
        /* A hint of -1 is RA_NONE. */
        parts[v] = (Part){ .begin = RA_NEVER,
                           .vreg = v,
                           .loc.cls = r->cls,
                           .wish = (uint8_t)r->hint,
                           .got = RA_NONE,
                           .link = r->hint_vreg };
        ra->locs[v] = parts[v].loc;
    }
}

void ra_build(Ra *ra)
{
    MRegion *m = ra->m;
    init_values(ra);
    if (!ra->is_single) {
        ra->phi_of = arena_alloc0(ra->arena, sizeof(uint32_t) * m->nvregs);
        ra->block_of = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
        ra->block_of[m->ninsns] = m->nblocks - 1;
        ra_build_live_sets(ra);
    }
    for (uint32_t b = m->nblocks; b-- > 1;) {
        build_block(ra, b);
    }
}
