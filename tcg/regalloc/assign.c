/* SPDX-License-Identifier: MIT */
/* The last walk: locations of operands and snapshots, copies for tied and fixed operands, all moves
 * in order. */
#include "tcg/regalloc/alloc.h"

typedef struct Assign {
    Ra *ra;
    const Loc *locs; /* by value */
    Pending *moves;  /* to be done at once before the insn */
    uint32_t count, cap;
    Loc *snap_locs;
    uint32_t nlocs;
    uint32_t last_first, last_count, last_start; /* snapshot seen last */
    /* Of the insn: operands that are sources of tied results; the last one's value and place. */
    uint64_t tied;
    uint32_t tied_value;
    Loc tied_loc;
} Assign;

static void add_move(Assign *a, Loc dst, Loc src, uint8_t size)
{
    if (UNLIKELY(a->count == a->cap)) {
        a->moves = arena_grow(a->ra->arena, a->moves, sizeof(Pending), &a->cap, a->count + 1);
    }
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
    if (a->count == 1) {
        ra_emit_move(a->ra, a->moves[0].dst, a->moves[0].src, a->moves[0].size);
    } else if (a->count) {
        ra_emit_parallel(a->ra, a->moves, a->count);
    }
    a->count = 0;
}

static inline Loc location(const Assign *a, const Loc *locs, uint32_t v, uint32_t pos)
{
    Loc l = locs[v];
    return LIKELY(l.kind != LOC_SPLIT) ? l : ra_part_at(a->ra, v, pos)->loc;
}

static Loc result_location(const Assign *a, const Loc *locs, uint32_t v)
{
    Loc l = locs[v];
    return LIKELY(l.kind != LOC_SPLIT) ? l : a->ra->parts[v].loc;
}

static NOINLINE void assign_tied(Assign *a, MOperand *ops, const MOperand *o, uint32_t pos)
{
    MOperand *src = &ops[o->tied];
    a->tied |= 1ull << o->tied;
    a->tied_value = src->vreg;
    src->loc = a->tied_loc = o->loc;
    copy_to(a, o->loc, location(a, a->locs, src->vreg, pos - 1), src->vreg);
}

static NOINLINE void assign_fixed(Assign *a, MOperand *o, uint32_t pos)
{
    o->loc = (Loc){ LOC_REG, a->locs[o->vreg].cls, o->fixed };
    copy_to(a, o->loc, location(a, a->locs, o->vreg, pos - 1), o->vreg);
}

/* Whether the use was given its place by a tied result. The same cases as in liveness.c. */
static bool is_read_by_moves(const Assign *a, MOperand *o, unsigned k)
{
    if (k < 64 && a->tied >> k & 1) {
        return true;
    }
    if (o->vreg == a->tied_value && o->role == M_USE && o->constraint != M_FIXED) {
        o->loc = a->tied_loc;
        return true;
    }
    return false;
}

static inline void assign_operands(Assign *a, MOperand *ops, unsigned nops, uint32_t pos)
{
    const Loc *locs = a->locs;
    a->tied = 0;
    for (MOperand *o = ops, *end = ops + nops; o < end; o++) {
        if (o->role > M_USE_LATE) {
            o->loc = result_location(a, locs, o->vreg);
            if (o->role == M_TIED && o->vreg) {
                assign_tied(a, ops, o, pos);
            }
        } else if (a->tied && is_read_by_moves(a, o, o - ops)) {
            continue;
        } else if (LIKELY(o->constraint != M_FIXED || !o->vreg)) {
            o->loc = location(a, locs, o->vreg, pos + o->role); /* M_USE_LATE is 1 */
        } else {
            assign_fixed(a, o, pos);
        }
    }
}

/* Where this insn's locations begin. While no value is in several places, a snapshot with the same
 * entries has the same locations. */
static uint32_t assign_snapshot(Assign *a, const MInsn *in, uint32_t pos)
{
    Ra *ra = a->ra;
    const MSnapshot *s = &ra->m->snaps[in->snap];
    if (s->first == a->last_first && s->count == a->last_count && !ra->nsplit) {
        return a->last_start;
    }
    const MSnapEntry *e = &ra->m->snap_entries[s->first], *end = e + s->count;
    const Loc *locs = a->locs;
    for (Loc *l = a->snap_locs + a->nlocs; e < end; e++, l++) {
        *l = LIKELY(!ra_is_const(e->recipe)) ? location(a, locs, e->vreg, pos)
                                             : (Loc){ LOC_CONST, 0, (uint16_t)e->vreg };
    }
    a->last_first = s->first;
    a->last_count = s->count;
    a->last_start = a->nlocs;
    a->nlocs += s->count;
    return a->last_start;
}

void ra_assign(Ra *ra)
{
    MRegion *m = ra->m;
    MAlloc *out = ra->out;
    Assign a = { .ra = ra, .locs = ra->locs, .last_count = RA_NEVER };
    out->snap_locs = a.snap_locs = arena_alloc(ra->arena, sizeof(Loc) * (ra->nsnap_locs + 1));
    uint32_t *snap_start = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
    uint32_t *move_start = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
    uint32_t n = m->ninsns;
    const MInsn *in = m->insns;
    const uint32_t *heads = ra->pending_head;
    for (uint32_t i = 0; i < n; i++, in++) {
        uint32_t head = heads ? heads[i] : 0;
        move_start[i] = out->nmoves;
        if (UNLIKELY(head)) {
            add_pending(&a, head, 0);
            flush(&a);
            add_pending(&a, head, 1);
        }
        assign_operands(&a, &m->operands[in->first_op], in->nops, 2 * i);
        if (a.count) {
            flush(&a);
        }
        if (UNLIKELY(head)) {
            add_pending(&a, head, 2);
            flush(&a);
        }
        snap_start[i] = in->snap ? assign_snapshot(&a, in, 2 * i + 1 - in->is_snap_early) : a.nlocs;
    }
    move_start[n] = out->nmoves;
    snap_start[n] = a.nlocs;
    out->move_start = move_start;
    out->snap_start = snap_start;
}
