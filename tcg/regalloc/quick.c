/* SPDX-License-Identifier: MIT */
/*
 * The allocator of tier 1: one walk backwards over a region whose blocks form trees (no phis, no joins, no loops). A value gets
 * its place at its last use and keeps it up to its definition unless the place is wanted for something else. Moves are found from
 * the last to the first: those right before an insn (copies for fixed and tied operands) and those right after it (to where the
 * code behind expects a value). Regions of other shapes are refused.
 */
#include <string.h>

#include "tcg/regalloc/alloc.h"

typedef struct Group { /* moves that happen at once */
    uint32_t first, count, next;
} Group;

typedef struct Saved { /* a live value at the start of a block */
    uint32_t vreg;
    Loc loc;
} Saved;

typedef struct MoveList {
    Pending *moves;
    uint32_t n, cap;
} MoveList;

/* Registers of both classes in one set: vector registers from bit 32 on. */
typedef uint64_t RegSet;

typedef struct Quick {
    Ra *ra;
    MRegion *m;
    const MHost *host;
    MAlloc *out;
    Arena *arena;
    Loc *loc;                           /* by value, at the current point; LOC_NONE: not live */
    uint16_t *slot;                     /* by value: spill slot + 1 */
    uint32_t held[M_NCLASSES * RA_REGS]; /* value in each busy register */
    RegSet busy, allowed;
    uint32_t *memory, nmemory;          /* live values that are in memory */
    Saved *saved;
    uint32_t nsaved, cap_saved;
    uint32_t *saved_first, *saved_count; /* by block */
    MoveList pool, before, after;
    Group *groups;
    uint32_t ngroups, cap_groups;
    uint32_t *head;                     /* by insn: groups before it */
    uint32_t changes;                   /* counts values that changed their place */
    uint32_t last_first, last_count, last_start, last_changes; /* snapshot seen last */
    uint32_t nlocs, cap_locs;
    /* The insn: registers of fixed operands; those that no plain use, no late use may be in; those that are not to be evicted.
     * Its operands by kind, as bits. */
    RegSet fixed, early, late, used;
    uint64_t results, late_uses, uses, tied;
    bool is_brought; /* a value that was in memory is in a register now */
    bool is_failed;
} Quick;

static bool is_reg(Loc l) { return l.kind == LOC_REG; }
static bool is_memory(Loc l) { return l.kind == LOC_SPILL || l.kind == LOC_HOME; }
static RegSet bit_of(uint8_t cls, unsigned r) { return 1ull << (cls * RA_REGS + r); }
static RegSet set_of(uint8_t cls, uint32_t mask) { return (RegSet)mask << cls * RA_REGS; }
static RegSet loc_bit(Loc l) { return bit_of(l.cls, l.index); }
static uint8_t class_of(const Quick *q, uint32_t v) { return q->m->vregs[v].cls; }
#define FOR_BITS(k, set) \
    for (uint64_t k##_left = (set), k; k##_left && (k = (unsigned)__builtin_ctzll(k##_left), true); k##_left &= k##_left - 1)

static void add_move(Quick *q, MoveList *l, Loc dst, Loc src, uint32_t v)
{
    if (UNLIKELY(l->n == l->cap)) {
        l->moves = arena_grow(q->arena, l->moves, sizeof(Pending), &l->cap, l->n + 1);
    }
    l->moves[l->n++] = (Pending){ .dst = dst, .src = src, .size = q->m->vregs[v].size };
}

/* Puts the list before insn i, ahead of what is there. */
static void flush(Quick *q, MoveList *l, uint32_t i)
{
    if (q->ngroups + 1 > q->cap_groups) {
        q->groups = arena_grow(q->arena, q->groups, sizeof(Group), &q->cap_groups, q->ngroups + 1);
    }
    if (q->pool.n + l->n > q->pool.cap) {
        q->pool.moves = arena_grow(q->arena, q->pool.moves, sizeof(Pending), &q->pool.cap, q->pool.n + l->n);
    }
    memcpy(q->pool.moves + q->pool.n, l->moves, l->n * sizeof(Pending));
    q->groups[q->ngroups] = (Group){ q->pool.n, l->n, q->head[i] };
    q->head[i] = q->ngroups++;
    q->pool.n += l->n;
    l->n = 0;
}

/* ---- places */

static void put_in_reg(Quick *q, uint32_t v, unsigned r)
{
    uint8_t cls = class_of(q, v);
    q->loc[v] = (Loc){ LOC_REG, cls, (uint16_t)r };
    q->held[cls * RA_REGS + r] = v;
    q->busy |= bit_of(cls, r);
}

static void take_out(Quick *q, uint32_t v)
{
    Loc l = q->loc[v];
    if (is_reg(l)) {
        q->busy &= ~loc_bit(l);
    } else if (is_memory(l)) {
        uint32_t k = 0;
        while (q->memory[k] != v) {
            k++;
        }
        q->memory[k] = q->memory[--q->nmemory];
    }
    q->loc[v].kind = LOC_NONE;
}

static Loc memory_of(Quick *q, uint32_t v)
{
    const MVreg *r = &q->m->vregs[v];
    if (r->home) {
        return (Loc){ LOC_HOME, r->cls, (uint16_t)(r->home - 1) };
    }
    if (!q->slot[v]) {
        q->is_failed |= q->out->nspills >= q->host->nspills;
        q->slot[v] = (uint16_t)++q->out->nspills;
    }
    return (Loc){ LOC_SPILL, r->cls, (uint16_t)(q->slot[v] - 1) };
}

static void put_in_memory(Quick *q, uint32_t v)
{
    q->loc[v] = memory_of(q, v);
    q->memory[q->nmemory++] = v;
}

static unsigned pick(const Quick *q, uint32_t v, RegSet forbidden)
{
    const MVreg *r = &q->m->vregs[v];
    uint32_t free = (uint32_t)((q->allowed & ~(q->busy | forbidden)) >> r->cls * RA_REGS);
    if (!free) {
        return RA_NONE;
    }
    if (r->hint >= 0 && free >> r->hint & 1) {
        return (unsigned)r->hint;
    }
    Loc like = q->loc[r->hint_vreg];
    if (r->hint_vreg && is_reg(like) && free >> like.index & 1) {
        return like.index;
    }
    const uint8_t *o = q->host->order[r->cls];
    while (!(free >> *o & 1)) {
        o++;
    }
    return *o;
}

/* The value of a register goes to memory: it is loaded behind the insn. */
static unsigned evict(Quick *q, uint8_t cls, RegSet forbidden)
{
    uint32_t candidates = (uint32_t)((q->allowed & q->busy & ~(forbidden | q->used)) >> cls * RA_REGS);
    if (!candidates) {
        q->is_failed = true;
        return 0;
    }
    unsigned r = 31u - (unsigned)__builtin_clz(candidates);
    uint32_t v = q->held[cls * RA_REGS + r];
    Loc old = q->loc[v];
    take_out(q, v);
    put_in_memory(q, v);
    add_move(q, &q->after, old, q->loc[v], v);
    q->changes++;
    return r;
}

/* A register for v during the insn. */
static unsigned find_reg(Quick *q, uint32_t v, RegSet forbidden)
{
    uint8_t cls = class_of(q, v);
    unsigned r = pick(q, v, forbidden);
    r = r == RA_NONE ? evict(q, cls, forbidden) : r;
    q->used |= bit_of(cls, r);
    return r;
}

/* v, which is in a register that the insn wants, is elsewhere until behind it. */
static void make_way(Quick *q, uint32_t v, RegSet forbidden)
{
    Loc old = q->loc[v];
    unsigned r = pick(q, v, forbidden);
    take_out(q, v);
    if (r != RA_NONE) {
        put_in_reg(q, v, r);
        q->used |= bit_of(old.cls, r);
    } else {
        put_in_memory(q, v);
    }
    add_move(q, &q->after, old, q->loc[v], v);
    q->changes++;
}

/* ---- one insn */

static void allow(Quick *q, RegSet set)
{
    for (unsigned k = 0; k < q->host->npins && set & ~q->allowed; k++) {
        RegSet bit = bit_of(M_GPR, q->host->pins[k]);
        if (q->m->pins_kept >> k & 1 && set & bit) {
            q->out->borrowed |= 1u << k;
            q->allowed |= bit;
        }
    }
}

/* The register of the operand when it is fixed, also by way of a tie. */
static bool fixed_of(const MOperand *ops, const MOperand *o, unsigned *r)
{
    const MOperand *f = o->role == M_TIED && o->constraint != M_FIXED ? &ops[o->tied] : o;
    *r = f->fixed;
    return f->constraint == M_FIXED;
}

/* Registers that the operation needs for itself are cleared of values that live on. */
static void clear_wanted(Quick *q, const MInsn *in, const MOperand *ops, RegSet clobbers, RegSet defined)
{
    RegSet wanted = q->fixed | clobbers, keep = 0;
    for (unsigned k = 0; k < in->nops; k++) { /* results, and who is read in his fixed register, may stay */
        unsigned r;
        const MOperand *o = &ops[k];
        Loc now = q->loc[o->vreg];
        if (!o->vreg || !is_reg(now)) {
            continue;
        }
        bool is_there = fixed_of(ops, o, &r) && now.index == r && !((clobbers | defined) & loc_bit(now));
        keep |= o->role > M_USE_LATE || is_there ? loc_bit(now) : 0;
    }
    allow(q, wanted);
    FOR_BITS(r, wanted & q->busy & ~keep) {
        make_way(q, q->held[r], wanted);
    }
}

/* Sorts the operands by kind; finds fixed registers. */
static void begin_insn(Quick *q, const MInsn *in, const MOperand *ops)
{
    RegSet defined = 0, used = 0, fixed = 0;
    uint64_t by_role[4] = { 0, 0, 0, 0 }; /* M_USE, M_USE_LATE, results, tied */
    for (unsigned k = 0; k < in->nops; k++) {
        const MOperand *o = &ops[k];
        if (!o->vreg) {
            continue;
        }
        Loc now = q->loc[o->vreg];
        by_role[o->role < M_DEF ? o->role : M_DEF] |= 1ull << k;
        used |= is_reg(now) ? loc_bit(now) : 0;
        if (o->role == M_TIED) {
            by_role[3] |= 1ull << o->tied;
        }
        if (o->constraint == M_FIXED || o->role == M_TIED) {
            unsigned r;
            if (fixed_of(ops, o, &r)) {
                RegSet bit = bit_of(class_of(q, o->vreg), r);
                fixed |= bit;
                defined |= o->role > M_USE_LATE ? bit : 0;
            }
        }
    }
    RegSet clobbers = set_of(M_GPR, in->clobbers[M_GPR]) | set_of(M_VEC, in->clobbers[M_VEC]);
    q->uses = by_role[M_USE] & ~by_role[3];
    q->late_uses = by_role[M_USE_LATE];
    q->results = by_role[M_DEF];
    q->tied = by_role[3];
    q->fixed = fixed;
    q->used = used;
    q->late = clobbers | fixed;
    q->early = 0;
    if (q->late & (q->busy | ~q->allowed)) {
        clear_wanted(q, in, ops, clobbers, defined);
    }
}

/* Where the operation writes the result; behind it the value goes to where it is expected. */
static void place_result(Quick *q, MOperand *ops, MOperand *o)
{
    uint32_t v = o->vreg;
    uint8_t cls = class_of(q, v);
    Loc now = q->loc[v];
    unsigned r;
    if (fixed_of(ops, o, &r)) {
        o->loc = (Loc){ LOC_REG, cls, (uint16_t)r };
    } else if (is_reg(now) && !(q->late & loc_bit(now))) {
        o->loc = now;
    } else if (o->constraint == M_ANY && o->role == M_DEF && (is_memory(now) || q->m->vregs[v].home)) {
        o->loc = memory_of(q, v);
    } else {
        o->loc = (Loc){ LOC_REG, cls, (uint16_t)find_reg(q, v, q->late) };
    }
    if (now.kind != LOC_NONE && now.kind != LOC_HOME && !ra_is_same(now, o->loc)) {
        add_move(q, &q->after, now, o->loc, v);
    }
    if (is_reg(o->loc)) {
        q->late |= loc_bit(o->loc);
        q->early |= o->role != M_DEF ? loc_bit(o->loc) : 0;
    }
}

/* Moves found so far that read `from` read `to` instead; tells whether there were any. */
static bool redirect(MoveList *l, Loc from, Loc to)
{
    bool is_found = false;
    for (uint32_t k = 0; k < l->n; k++) {
        if (ra_is_same(l->moves[k].src, from)) {
            l->moves[k].src = to;
            is_found = true;
        }
    }
    return is_found;
}

/* A value that the insn reads, of which nothing is in a register yet. */
static void bring(Quick *q, uint32_t v, bool is_any, RegSet forbidden)
{
    Loc now = q->loc[v];
    if (now.kind == LOC_NONE) {
        if (is_any && (q->m->vregs[v].home || pick(q, v, forbidden) == RA_NONE)) {
            put_in_memory(q, v);
        } else {
            put_in_reg(q, v, find_reg(q, v, forbidden));
        }
    } else if (!is_any && is_memory(now)) { /* in a register up to here, in memory behind */
        unsigned r = find_reg(q, v, q->late | forbidden);
        take_out(q, v);
        put_in_reg(q, v, r);
        bool was_moved = redirect(&q->after, now, q->loc[v]); /* there for this insn alone */
        redirect(&q->before, now, q->loc[v]);
        if (now.kind == LOC_SPILL && !was_moved) {
            add_move(q, &q->after, now, q->loc[v], v);
        }
        q->is_brought = true;
        q->changes++;
    }
}

/* The operand is read in register `at`: the value lies there, or is copied. */
static void read_at(Quick *q, MOperand *o, Loc at)
{
    uint32_t v = o->vreg;
    o->loc = at;
    if (q->loc[v].kind == LOC_NONE) {
        q->is_failed |= (q->busy & loc_bit(at)) != 0;
        put_in_reg(q, v, at.index);
        q->used |= loc_bit(at);
    } else if (!ra_is_same(q->loc[v], at)) {
        add_move(q, &q->before, at, q->loc[v], v);
    }
}

static void place_use(Quick *q, MOperand *o, RegSet forbidden)
{
    if (o->constraint == M_FIXED) {
        read_at(q, o, (Loc){ LOC_REG, class_of(q, o->vreg), o->fixed });
    } else {
        bring(q, o->vreg, o->constraint == M_ANY, forbidden);
        o->loc = q->loc[o->vreg];
    }
}

/* A result tied to its source may stand in the insn's own snapshot for what its register holds before. */
static const MOperand *tied_result(const Quick *q, const MOperand *ops, uint32_t v)
{
    FOR_BITS(k, q->tied ? q->results : 0) {
        if (ops[k].role == M_TIED && ops[k].vreg == v) {
            return &ops[k];
        }
    }
    return NULL;
}

static bool is_same_list(const Quick *q, const MSnapshot *s)
{
    return s->first == q->last_first && s->count == q->last_count && !q->tied;
}

static void bring_snapshot(Quick *q, const MInsn *in, const MOperand *ops)
{
    const MSnapshot *s = &q->m->snaps[in->snap];
    RegSet forbidden = (in->is_snap_early ? q->early : q->late) | q->fixed;
    if (is_same_list(q, s)) {
        return; /* all are live */
    }
    const MSnapEntry *e = &q->m->snap_entries[s->first], *end = e + s->count;
    for (; e < end; e++) {
        if (!ra_is_const(e->recipe) && q->loc[e->vreg].kind == LOC_NONE && !tied_result(q, ops, e->vreg)) {
            bring(q, e->vreg, true, forbidden);
        }
    }
}

static uint32_t note_snapshot(Quick *q, const MInsn *in, const MOperand *ops)
{
    const MSnapshot *s = &q->m->snaps[in->snap];
    if (is_same_list(q, s) && q->changes == q->last_changes) {
        return q->last_start;
    }
    MAlloc *out = q->out;
    if (q->nlocs + s->count > q->cap_locs) {
        out->snap_locs = arena_grow(q->arena, out->snap_locs, sizeof(Loc), &q->cap_locs, q->nlocs + s->count);
    }
    const MSnapEntry *e = &q->m->snap_entries[s->first];
    Loc *l = out->snap_locs + q->nlocs;
    for (uint32_t k = 0; k < s->count; k++) {
        l[k] = ra_is_const(e[k].recipe) ? (Loc){ LOC_CONST, 0, (uint16_t)e[k].vreg } : q->loc[e[k].vreg];
        if (UNLIKELY(l[k].kind == LOC_NONE)) {
            l[k] = tied_result(q, ops, e[k].vreg)->loc;
        }
    }
    q->last_first = s->first;
    q->last_count = q->tied ? RA_NEVER : s->count;
    q->last_changes = q->changes;
    q->last_start = q->nlocs;
    q->nlocs += s->count;
    return q->last_start;
}

static void walk_insn(Quick *q, uint32_t i)
{
    const MInsn *in = &q->m->insns[i];
    MOperand *ops = &q->m->operands[in->first_op];
    if (in->nops == 0 && !in->snap && !(in->clobbers[0] | in->clobbers[1])) {
        return;
    }
    q->is_failed |= in->nops > 64;
    begin_insn(q, in, ops);
    FOR_BITS(k, q->results) {
        place_result(q, ops, &ops[k]);
    }
    FOR_BITS(k, q->results) {
        take_out(q, ops[k].vreg);
    }
    FOR_BITS(k, q->late_uses) {
        place_use(q, &ops[k], q->late);
    }
    if (in->snap) {
        bring_snapshot(q, in, ops);
    }
    if (q->tied) {
        FOR_BITS(k, q->results) {
            if (ops[k].role == M_TIED) {
                read_at(q, &ops[ops[k].tied], ops[k].loc);
            }
        }
    }
    FOR_BITS(k, q->uses) {
        place_use(q, &ops[k], q->early | q->fixed);
    }
    if (UNLIKELY(q->is_brought)) { /* an operand placed before may name the memory */
        FOR_BITS(k, q->uses | q->late_uses) {
            ops[k].loc = is_memory(ops[k].loc) ? q->loc[ops[k].vreg] : ops[k].loc;
        }
        q->is_brought = false;
    }
    if (in->snap) {
        q->out->snap_start[i] = note_snapshot(q, in, ops);
    }
    if (q->after.n) {
        flush(q, &q->after, i + 1);
    }
    if (q->before.n) {
        flush(q, &q->before, i);
    }
}

/* ---- blocks */

static void save(Quick *q, uint32_t block)
{
    uint32_t max = q->nsaved + (uint32_t)__builtin_popcountll(q->busy) + q->nmemory;
    if (max > q->cap_saved) {
        q->saved = arena_grow(q->arena, q->saved, sizeof(Saved), &q->cap_saved, max);
    }
    q->saved_first[block] = q->nsaved;
    FOR_BITS(r, q->busy) {
        uint32_t v = q->held[r];
        q->saved[q->nsaved++] = (Saved){ v, q->loc[v] };
        q->loc[v].kind = LOC_NONE;
    }
    for (uint32_t k = 0; k < q->nmemory; k++) {
        uint32_t v = q->memory[k];
        q->saved[q->nsaved++] = (Saved){ v, q->loc[v] };
        q->loc[v].kind = LOC_NONE;
    }
    q->busy = 0;
    q->nmemory = 0;
    q->saved_count[block] = q->nsaved - q->saved_first[block];
    q->last_count = RA_NEVER;
}

/* Adds what is live at the start of the block; where it is elsewhere there it is moved there. */
static void join(Quick *q, uint32_t block)
{
    const Saved *s = &q->saved[q->saved_first[block]], *end = s + q->saved_count[block];
    for (; s < end; s++) {
        Loc now = q->loc[s->vreg];
        if (now.kind == LOC_NONE) {
            if (is_memory(s->loc)) {
                put_in_memory(q, s->vreg);
                continue;
            }
            bool is_free = !(q->busy & loc_bit(s->loc));
            unsigned r = is_free ? s->loc.index : pick(q, s->vreg, 0);
            if (r != RA_NONE) {
                put_in_reg(q, s->vreg, r);
            } else {
                put_in_memory(q, s->vreg);
            }
        }
        if (!ra_is_same(q->loc[s->vreg], s->loc) && s->loc.kind != LOC_HOME) {
            add_move(q, &q->before, s->loc, q->loc[s->vreg], s->vreg);
        }
    }
    if (q->before.n) {
        flush(q, &q->before, q->m->blocks[block].first + 1);
    }
}

/* The successor whose places count at the end of the block. */
static uint32_t main_successor(const MBlock *b, uint32_t id)
{
    return b->nsucc == 2 && b->succ[1] == id + 1 ? b->succ[1] : b->succ[0];
}

static void walk_block(Quick *q, uint32_t id, uint32_t in_place)
{
    const MBlock *b = &q->m->blocks[id];
    uint32_t main = b->nsucc ? main_successor(b, id) : 0;
    if (main && main != in_place) {
        join(q, main);
    }
    for (unsigned k = 0; k < b->nsucc; k++) {
        if (b->succ[k] != main) {
            join(q, b->succ[k]);
        }
    }
    for (uint32_t i = b->end; i-- > b->first && !q->is_failed;) {
        walk_insn(q, i);
    }
}

static bool is_forest(const MRegion *m)
{
    if (m->nphis) {
        return false;
    }
    for (uint32_t b = 1; b < m->nblocks; b++) {
        const MBlock *k = &m->blocks[b];
        if (k->npreds > 1 || k->npreds == k->is_entry || (k->npreds && m->preds[k->first_pred] >= b) ||
            (k->nsucc == 2 && k->succ[0] == k->succ[1])) {
            return false;
        }
    }
    return true;
}

static void emit_moves(Quick *q)
{
    uint32_t n = q->m->ninsns;
    MAlloc *out = q->out;
    for (uint32_t i = 0; i < n; i++) {
        out->move_start[i] = out->nmoves;
        for (uint32_t g = q->head[i]; g; g = q->groups[g].next) {
            ra_emit_parallel(q->ra, &q->pool.moves[q->groups[g].first], q->groups[g].count);
        }
    }
    out->move_start[n] = out->nmoves;
}

static void init(Quick *q)
{
    uint32_t nvregs = q->m->nvregs, ninsns = q->m->ninsns, nblocks = q->m->nblocks, kept = 0;
    MAlloc *out = q->out;
    char *zeroed = arena_alloc0(q->arena, nvregs * (sizeof(Loc) + sizeof(uint16_t)) + (ninsns + 1) * sizeof(uint32_t) + 16);
    q->loc = (Loc *)zeroed;
    q->head = (uint32_t *)(q->loc + nvregs);
    q->slot = (uint16_t *)(q->head + ninsns + 1);
    uint32_t *plain = arena_alloc(q->arena, (nvregs + 2 * nblocks + 2 * ninsns + 2) * sizeof(uint32_t));
    q->memory = plain;
    q->saved_first = plain + nvregs;
    q->saved_count = q->saved_first + nblocks;
    out->snap_start = q->saved_count + nblocks;
    out->move_start = out->snap_start + ninsns + 1;
    q->ngroups = 1;
    q->last_count = RA_NEVER;
    for (unsigned k = 0; k < q->host->npins; k++) {
        kept |= q->m->pins_kept >> k & 1 ? 1u << q->host->pins[k] : 0;
    }
    q->allowed = set_of(M_GPR, q->host->allocatable[M_GPR] & ~kept) |
                 set_of(M_VEC, q->host->allocatable[M_VEC] & ~(1u << q->host->scratch_vec));
}

bool mir_allocate_quick(MRegion *m, const MHost *host, MAlloc *out)
{
    memset(out, 0, sizeof(*out));
    if (!is_forest(m)) {
        return false;
    }
    Ra ra;
    ra.m = m;
    ra.host = host;
    ra.out = out;
    ra.arena = m->arena;
    ra.place_readers = NULL;
    Quick q = { .ra = &ra, .m = m, .host = host, .out = out, .arena = m->arena };
    init(&q);
    for (uint32_t b = m->nblocks; b-- > 1 && !q.is_failed;) {
        uint32_t in_place = b + 1 < m->nblocks && m->blocks[b + 1].npreds && m->preds[m->blocks[b + 1].first_pred] == b &&
                                    main_successor(&m->blocks[b], b) == b + 1
                                ? b + 1 : 0;
        if (b + 1 < m->nblocks && !in_place) {
            if (m->blocks[b + 1].is_entry) { /* nothing is live there */
                q.is_failed |= q.busy || q.nmemory;
            } else {
                save(&q, b + 1);
            }
            q.last_count = RA_NEVER;
        }
        walk_block(&q, b, in_place);
    }
    if (q.is_failed || q.busy || q.nmemory) {
        return false;
    }
    emit_moves(&q);
    return !out->is_failed;
}
