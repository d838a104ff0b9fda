/* SPDX-License-Identifier: MIT */
/*
 * One walk backwards over the insns: intervals of values, their uses, intervals of fixed registers,
 * wishes, pressure. Regions of several blocks first get live sets (liveset.c).
 */
#include "tcg/regalloc/alloc.h"

#include <string.h>

/* The block that is being walked. */
typedef struct Walk {
    Ra *ra;
    uint32_t block, base; /* position of its start */
    uint8_t weight;
    uint32_t last_first, last_count; /* entries of the snapshot seen last */
    uint32_t live[M_NCLASSES];       /* values that want registers at this point */
} Walk;

/* Makes v live from the start of the block to `to`. Tells whether it was not live after that. */
static bool open_range(Walk *w, uint32_t v, uint32_t to)
{
    Ra *ra = w->ra;
    Range *r = &ra->ranges[v];
    if (r->from == w->base) {
        if (r->to < to) {
            r->to = to;
            if (!r->next) {
                ra->parts[v].end = to;
            }
        }
        return false;
    }
    if (r->from == RA_NEVER) {
        r->to = to;
        ra->parts[v].end = to;
    } else if (r->from != to) {
        ra->ranges =
            arena_grow(ra->arena, ra->ranges, sizeof(Range), &ra->cap_ranges, ra->nranges + 1);
        r = &ra->ranges[v];
        ra->ranges[ra->nranges] = *r;
        r->next = ra->nranges++;
        r->to = to;
    }
    r->from = w->base;
    return true;
}

static void add_use(Walk *w, uint32_t u, uint32_t v, uint32_t pos, UseKind kind)
{
    Ra *ra = w->ra;
    ra->uses[u] = (Use){ pos, ra->parts[v].use, kind, w->weight };
    ra->parts[v].use = u;
    Wish *wish = &ra->wishes[v];
    if (wish->hot != w->block) {
        wish->hot = w->block;
        w->live[ra->m->vregs[v].cls]++;
    }
}

/* A use that is no operand: at the end of the block. */
static void add_edge_use(Walk *w, uint32_t v, uint32_t pos)
{
    Ra *ra = w->ra;
    ra->uses = arena_grow(ra->arena, ra->uses, sizeof(Use), &ra->cap_uses, ra->nuses + 1);
    add_use(w, ra->nuses++, v, pos, USE_EDGE);
}

static void add_fixed(Ra *ra, uint8_t cls, uint8_t reg, uint32_t from, uint32_t to, uint32_t owner)
{
    ra->fixed = arena_grow(ra->arena, ra->fixed, sizeof(Fixed), &ra->cap_fixed, ra->nfixed + 1);
    ra->fixed[ra->nfixed] = (Fixed){ from, to, owner, ra->fixed_head[cls][reg] };
    ra->fixed_head[cls][reg] = ra->nfixed++;
    ra->fixed_mask[cls] |= 1u << reg;
}

/* v is defined at pos, and holds its register at least until min_end. */
static void define(Walk *w, uint32_t v, uint32_t pos, uint32_t min_end)
{
    Ra *ra = w->ra;
    Range *r = &ra->ranges[v];
    Part *p = &ra->parts[v];
    if (r->from == RA_NEVER) {
        r->to = p->end = min_end;
    }
    r->from = pos;
    p->begin = pos;
    ra->order[ra->norder++] = v;
    if (ra->wishes[v].hot == w->block) {
        w->live[ra->m->vregs[v].cls]--;
    }
}

static void wish_for(Ra *ra, uint32_t v, uint8_t reg, uint8_t weight)
{
    Wish *wish = &ra->wishes[v];
    if (wish->reg == RA_NONE || weight >= wish->weight) {
        wish->reg = reg;
        wish->weight = weight;
    }
}

/* v would like the register of `to`, as it ends where that one begins. */
static void wish_link(Ra *ra, uint32_t v, uint32_t to)
{
    const Wish *t = &ra->wishes[to];
    ra->wishes[v].link = to;
    if (t->reg != RA_NONE && (ra->wishes[v].reg == RA_NONE || t->weight > ra->wishes[v].weight)) {
        wish_for(ra, v, t->reg, t->weight);
    }
}

static void define_operand(Walk *w, const MOperand *o, uint32_t pos, uint32_t end, uint32_t min_end)
{
    Ra *ra = w->ra;
    Part *p = &ra->parts[o->vreg];
    define(w, o->vreg, pos, min_end);
    if (o->constraint == M_FIXED) {
        uint8_t cls = ra->m->vregs[o->vreg].cls;
        add_fixed(ra, cls, o->fixed, pos, end, o->vreg);
        p->loc = (Loc){ LOC_REG, cls, o->fixed };
        p->flags = PART_IS_DEF | PART_IS_FIXED;
    } else if (o->constraint == M_REG) {
        p->flags = PART_IS_DEF;
    }
}

/* Registers that insn i's operands hold when its results are written: not destroyed by its
 * clobbers. */
static uint32_t held_late(const Ra *ra, const MInsn *in, uint8_t cls)
{
    const MOperand *ops = ra_operands(ra, in);
    uint32_t mask = 0;
    for (unsigned k = 0; k < in->nops; k++) {
        const MOperand *o = &ops[k];
        if (o->vreg && o->constraint == M_FIXED && ra->m->vregs[o->vreg].cls == cls) {
            mask |= o->role == M_USE ? 0 : 1u << o->fixed;
            for (unsigned t = 0; o->role == M_USE && t < in->nops; t++) {
                mask |=
                    ops[t].role == M_TIED && ops[t].vreg && ops[t].tied == k ? 1u << o->fixed : 0;
            }
        }
    }
    return mask;
}

static void add_clobbers(Walk *w, const MInsn *in, uint32_t pos)
{
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        uint32_t mask = in->clobbers[cls];
        if (mask) {
            mask &= ~held_late(w->ra, in, cls);
        }
        for (; mask; mask &= mask - 1) {
            add_fixed(w->ra, cls, __builtin_ctz(mask), pos, pos + 1, 0);
        }
    }
}

/* Results that take their registers before the inputs are read. Returns the sources of tied ones.
 */
static uint64_t build_early(Walk *w, const MInsn *in, const MOperand *ops, uint32_t pos)
{
    uint64_t tied = 0;
    for (unsigned k = 0; k < in->nops; k++) {
        MOperand o = ops[k];
        if (!o.vreg || o.role < M_DEF_EARLY) {
            continue;
        }
        if (o.role == M_TIED) {
            lyre_assert(o.tied < 64 && o.tied < in->nops);
            tied |= 1ull << o.tied;
            w->ra->wishes[o.vreg].from = ops[o.tied].vreg;
            if (ops[o.tied].constraint == M_FIXED) {
                o.constraint = M_FIXED;
                o.fixed = ops[o.tied].fixed;
            }
        }
        define_operand(w, &o, pos, pos + 2, pos + 2);
    }
    return tied;
}

static bool is_tied_value(const MInsn *in, const MOperand *ops, uint64_t tied, uint32_t v)
{
    for (; tied; tied &= tied - 1) {
        if (ops[__builtin_ctzll(tied)].vreg == v) {
            return true;
        }
    }
    return false;
}

static uint32_t tied_result(const MInsn *in, const MOperand *ops, unsigned k)
{
    for (unsigned t = 0; t < in->nops; t++) {
        if (ops[t].role == M_TIED && ops[t].vreg && ops[t].tied == k) {
            return ops[t].vreg;
        }
    }
    return 0;
}

static void build_use(Walk *w, const MInsn *in, const MOperand *ops, unsigned k, uint64_t tied,
                      uint32_t pos)
{
    Ra *ra = w->ra;
    const MOperand *o = &ops[k];
    uint32_t v = o->vreg, u = in->first_op + k + 1;
    bool is_late = o->role == M_USE_LATE;
    if (k < 64 && tied >> k & 1) {
        if (open_range(w, v, pos)) {
            wish_link(ra, v, tied_result(in, ops, k));
        }
        add_use(w, u, v, pos, USE_GAP);
    } else if (o->constraint == M_FIXED) {
        open_range(w, v, pos);
        add_fixed(ra, ra->m->vregs[v].cls, o->fixed, pos, pos + 1 + is_late, v);
        wish_for(ra, v, o->fixed, w->weight);
        add_use(w, u, v, pos, USE_GAP);
    } else if (!is_late && tied && is_tied_value(in, ops, tied, v)) {
        return; /* read from the tied result's register, which holds the same value */
    } else {
        open_range(w, v, pos + 1 + is_late);
        add_use(w, u, v, pos, o->constraint == M_ANY ? USE_ANY : is_late ? USE_LATE : USE_REG);
    }
}

static void build_snapshot(Walk *w, const MInsn *in, uint32_t to)
{
    const MSnapshot *s = &w->ra->m->snaps[in->snap];
    if (s->first == w->last_first && s->count == w->last_count) {
        return; /* all of them are live already */
    }
    w->last_first = s->first;
    w->last_count = s->count;
    const MSnapEntry *e = &w->ra->m->snap_entries[s->first];
    for (uint32_t n = s->count; n; n--, e++) {
        if (!ra_is_const(e->recipe)) {
            open_range(w, e->vreg, to);
        }
    }
}

static void note_pressure(Walk *w, const uint32_t *extra)
{
    Ra *ra = w->ra;
    for (unsigned c = 0; c < M_NCLASSES; c++) {
        uint32_t n = w->live[c] + extra[c];
        ra->pressure[c][0] = n > ra->pressure[c][0] ? n : ra->pressure[c][0];
        if (w->weight > 1) {
            ra->pressure[c][1] = n > ra->pressure[c][1] ? n : ra->pressure[c][1];
        }
    }
}

static void build_insn(Walk *w, uint32_t i)
{
    Ra *ra = w->ra;
    const MInsn *in = &ra->m->insns[i];
    const MOperand *ops = ra_operands(ra, in);
    uint32_t pos = 2 * i;
    uint32_t early[M_NCLASSES] = { 0, 0 }, all[M_NCLASSES] = { 0, 0 };
    for (unsigned k = 0; k < in->nops; k++) {
        const MOperand *o = &ops[k];
        if (!o->vreg) {
            continue;
        }
        uint8_t cls = ra->m->vregs[o->vreg].cls;
        all[cls] += o->constraint != M_ANY;
        if (o->role == M_DEF) {
            define_operand(w, o, pos + 1, pos + 2, pos + 2);
        } else if (o->role >= M_DEF_EARLY) {
            early[cls]++;
        }
    }
    if (in->clobbers[M_GPR] | in->clobbers[M_VEC]) {
        add_clobbers(w, in, pos + 1);
    }
    uint64_t tied = early[M_GPR] + early[M_VEC] ? build_early(w, in, ops, pos) : 0;
    if (in->snap) {
        build_snapshot(w, in, pos + 2 - in->is_snap_early);
    }
    for (unsigned k = 0; k < in->nops; k++) {
        if (ops[k].vreg && ops[k].role <= M_USE_LATE) {
            build_use(w, in, ops, k, tied, pos);
        }
    }
    note_pressure(w, early);
    for (unsigned c = 0; c < M_NCLASSES; c++) {
        ra->demand[c] = all[c] > ra->demand[c] ? all[c] : ra->demand[c];
    }
}

/* Values that live out of the block; uses by phis, and by later iterations of the loops that end
 * here. */
static void build_block_end(Walk *w, const MBlock *b)
{
    Ra *ra = w->ra;
    uint32_t end = 2 * b->end;
    const uint64_t *out = &ra->live_out[w->block * ra->words];
    for (uint32_t k = 0; k < ra->words; k++) {
        for (uint64_t bits = out[k]; bits; bits &= bits - 1) {
            uint32_t v = k * 64 + __builtin_ctzll(bits);
            open_range(w, v, end);
            if (ra->parts[v].use) {
                ra->wishes[v].hot = w->block;
                w->live[ra->m->vregs[v].cls]++;
            }
        }
    }
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
                wish_link(ra, v, phi->dest);
            }
        }
    }
}

static void build_block(Ra *ra, uint32_t id)
{
    const MBlock *b = &ra->m->blocks[id];
    Walk w = {
        .ra = ra, .block = id, .base = 2 * b->first, .weight = ra_weight(b), .last_count = RA_NEVER
    };
    if (ra->is_multi) {
        build_block_end(&w, b);
    }
    for (uint32_t i = b->end; i-- > b->first;) {
        build_insn(&w, i);
    }
    for (uint32_t k = b->nphis; k-- > 0;) {
        uint32_t dest = ra->m->phis[b->first_phi + k].dest;
        if (ra->ranges[dest].from == w.base) {
            define(&w, dest, w.base, 0);
            ra->phi_of[dest] = b->first_phi + k + 1;
        }
    }
}

static void init_values(Ra *ra)
{
    MRegion *m = ra->m;
    Arena *a = ra->arena;
    uint32_t n = m->nvregs;
    ra->nranges = n;
    ra->cap_ranges = n + n / 2 + 16;
    ra->ranges = arena_alloc(a, sizeof(Range) * ra->cap_ranges);
    ra->nparts = n;
    ra->cap_parts = n + n / 2 + 16;
    ra->parts = arena_alloc(a, sizeof(Part) * ra->cap_parts);
    ra->wishes = arena_alloc(a, sizeof(Wish) * n);
    ra->order = arena_alloc(a, sizeof(uint32_t) * n);
    ra->nuses = m->noperands + 1;
    ra->cap_uses = ra->nuses + m->nphi_srcs;
    ra->uses = arena_alloc(a, sizeof(Use) * ra->cap_uses);
    ra->nfixed = 1;
    for (uint32_t v = 0; v < n; v++) {
        const MVreg *r = &m->vregs[v];
        ra->ranges[v] = (Range){ .from = RA_NEVER };
        ra->parts[v] =
            (Part){ .begin = RA_NEVER, .range = v, .cursor = v, .vreg = v, .loc.cls = r->cls };
        ra->wishes[v] =
            (Wish){ .reg = r->hint >= 0 ? r->hint : RA_NONE, .got = RA_NONE, .link = r->hint_vreg };
    }
}

void ra_build(Ra *ra)
{
    MRegion *m = ra->m;
    init_values(ra);
    if (ra->is_multi) {
        ra->phi_of = arena_alloc0(ra->arena, sizeof(uint32_t) * m->nvregs);
        ra_build_live_sets(ra);
    }
    for (uint32_t b = m->nblocks; b-- > 1;) {
        build_block(ra, b);
    }
    /* A value that begins before its definition is laid out against dominance. */
    for (uint32_t k = 0; k < ra->norder; k++) {
        uint32_t v = ra->order[k];
        if (ra->ranges[v].from != ra->parts[v].begin) {
            ra->out->is_failed = true;
        }
    }
}
