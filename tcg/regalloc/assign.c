/* SPDX-License-Identifier: MIT */
/* The last walk: locations of operands and snapshots, copies for tied and fixed operands, all moves
 * in order. */
#include "tcg/regalloc/alloc.h"

typedef struct Assign {
    Ra *ra;
    const Loc *locs; /* by value; LOC_SPLIT: the value is in several places */
    Pending *moves;  /* to be done at once before the insn */
    uint32_t count, cap;
    Loc *snap_locs;
    uint32_t last_first, last_count, last_start; /* snapshot seen last */
} Assign;

enum { LOC_SPLIT = 0xff };

static NOINLINE void add_move(Assign *a, Loc dst, Loc src, uint8_t size)
{
    a->moves = arena_grow(a->ra->arena, a->moves, sizeof(Pending), &a->cap, a->count + 1);
    a->moves[a->count++] = (Pending){ .dst = dst, .src = src, .size = size };
}

static inline void copy_to(Assign *a, Loc dst, Loc src, uint32_t v)
{
    if (!ra_is_same(dst, src)) {
        add_move(a, dst, src, a->ra->m->vregs[v].size);
    }
}

static void add_pending(Assign *a, uint32_t head, unsigned phase)
{
    for (uint32_t p = head; p; p = a->ra->pending[p].next) {
        const Pending *m = &a->ra->pending[p];
        if (m->phase == phase) {
            add_move(a, m->dst, m->src, m->size);
        }
    }
}

static inline void flush(Assign *a)
{
    if (a->count) {
        ra_emit_parallel(a->ra, a->moves, a->count);
        a->count = 0;
    }
}

static inline Loc location(const Assign *a, uint32_t v, uint32_t pos)
{
    Loc l = a->locs[v];
    return LIKELY(l.kind != LOC_SPLIT) ? l : ra_part_at(a->ra, v, pos)->loc;
}

/* The same cases as build_insn in liveness.c. */
static inline void assign_operands(Assign *a, MOperand *ops, unsigned nops, uint32_t pos)
{
    uint64_t tied = 0;
    uint32_t tied_value = 0;
    Loc tied_loc = { 0 };
    for (unsigned k = 0; k < nops; k++) {
        MOperand *o = &ops[k];
        if (o->role <= M_USE_LATE) {
            if (tied) {
                if (k < 64 && tied >> k & 1) {
                    continue;
                }
                if (o->role == M_USE && o->constraint != M_FIXED && o->vreg == tied_value) {
                    o->loc = tied_loc;
                    continue;
                }
            }
            if (UNLIKELY(o->constraint == M_FIXED) && o->vreg) {
                o->loc = (Loc){ LOC_REG, a->ra->parts[o->vreg].loc.cls, o->fixed };
                copy_to(a, o->loc, location(a, o->vreg, pos - 1), o->vreg);
            } else {
                o->loc = location(a, o->vreg, pos + o->role); /* M_USE_LATE is 1 */
            }
            continue;
        }
        o->loc = a->ra->parts[o->vreg].loc;
        if (o->role == M_TIED && o->vreg) {
            tied |= 1ull << o->tied;
            tied_value = ops[o->tied].vreg;
            ops[o->tied].loc = tied_loc = o->loc;
            copy_to(a, tied_loc, location(a, tied_value, pos - 1), tied_value);
        }
    }
}

/* Where this insn's locations begin. While no value is in several places, a snapshot with the same
 * entries has the same locations. */
static uint32_t assign_snapshot(Assign *a, const MInsn *in, uint32_t pos, uint32_t at)
{
    Ra *ra = a->ra;
    const MSnapshot *s = &ra->m->snaps[in->snap];
    if (s->first == a->last_first && s->count == a->last_count && !ra->nsplit) {
        return a->last_start;
    }
    const MSnapEntry *e = &ra->m->snap_entries[s->first], *end = e + s->count;
    for (Loc *l = a->snap_locs + at; e < end; e++, l++) {
        *l = ra_is_const(e->recipe) ? (Loc){ LOC_CONST, 0, (uint16_t)e->vreg } : location(a, e->vreg, pos);
    }
    a->last_first = s->first;
    a->last_count = s->count;
    return a->last_start = at;
}

static const Loc *list_locations(const Ra *ra)
{
    Loc *locs = arena_alloc(ra->arena, sizeof(Loc) * ra->m->nvregs);
    for (uint32_t v = 0; v < ra->m->nvregs; v++) {
        locs[v] = ra->parts[v].loc;
    }
    for (uint32_t k = 0; k < ra->nsplit; k++) {
        locs[ra->split[k]].kind = LOC_SPLIT;
    }
    locs[0] = (Loc){ LOC_NONE, 0, 0 };
    return locs;
}

static uint32_t count_snapshot_locations(const MRegion *m)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->ninsns; i++) {
        n += m->insns[i].snap ? m->snaps[m->insns[i].snap].count : 0;
    }
    return n;
}

void ra_assign(Ra *ra)
{
    MRegion *m = ra->m;
    MAlloc *out = ra->out;
    Assign a = { .ra = ra, .locs = list_locations(ra), .last_count = RA_NEVER };
    out->snap_locs = a.snap_locs = arena_alloc(ra->arena, sizeof(Loc) * (count_snapshot_locations(m) + 1));
    uint32_t *snap_start = out->snap_start = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
    uint32_t *move_start = out->move_start = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
    uint32_t nlocs = 0;
    for (uint32_t i = 0; i < m->ninsns; i++) {
        const MInsn *in = &m->insns[i];
        uint32_t head = ra->pending_head ? ra->pending_head[i] : 0;
        move_start[i] = out->nmoves;
        if (UNLIKELY(head)) {
            add_pending(&a, head, 0);
            flush(&a);
            add_pending(&a, head, 1);
        }
        assign_operands(&a, &m->operands[in->first_op], in->nops, 2 * i);
        flush(&a);
        if (UNLIKELY(head)) {
            add_pending(&a, head, 2);
            flush(&a);
        }
        snap_start[i] = nlocs;
        if (in->snap) {
            snap_start[i] = assign_snapshot(&a, in, 2 * i + 1 - in->is_snap_early, nlocs);
            nlocs += snap_start[i] == nlocs ? m->snaps[in->snap].count : 0;
        }
    }
    move_start[m->ninsns] = out->nmoves;
    snap_start[m->ninsns] = nlocs;
}
