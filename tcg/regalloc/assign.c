/* SPDX-License-Identifier: MIT */
/* The last walk: locations of operands and snapshots, copies for tied and fixed operands, all moves
 * in order. */
#include "tcg/regalloc/alloc.h"

typedef struct Group {
    Pending *moves;
    uint32_t count, cap;
} Group;

static void group_add(Ra *ra, Group *g, Loc dst, Loc src, uint8_t size)
{
    if (dst.kind == src.kind && dst.index == src.index && dst.cls == src.cls) {
        return;
    }
    g->moves = arena_grow(ra->arena, g->moves, sizeof(Pending), &g->cap, g->count + 1);
    g->moves[g->count++] = (Pending){ .dst = dst, .src = src, .size = size };
}

static void group_add_pending(Ra *ra, Group *g, uint32_t head, unsigned phase)
{
    for (uint32_t p = head; p; p = ra->pending[p].next) {
        const Pending *m = &ra->pending[p];
        if (m->phase == phase) {
            group_add(ra, g, m->dst, m->src, m->size);
        }
    }
}

static void group_flush(Ra *ra, Group *g)
{
    if (g->count) {
        ra_emit_parallel(ra, g->moves, g->count);
        g->count = 0;
    }
}

static Loc location(const Ra *ra, uint32_t v, uint32_t pos)
{
    const Part *p = &ra->parts[v];
    return p->next ? ra_part_at(ra, v, pos)->loc : p->loc;
}

/* Locations of results; and of the operands that the moves put into a result's register. */
static void assign_tied(Ra *ra, MOperand *ops, MOperand *o, unsigned nops, Group *g, uint32_t pos)
{
    MOperand *src = &ops[o->tied];
    group_add(ra, g, o->loc, location(ra, src->vreg, pos - 1), ra->m->vregs[src->vreg].size);
    src->loc = o->loc;
    for (unsigned k = 0; k < nops; k++) {
        MOperand *u = &ops[k];
        if (u->vreg == src->vreg && u->role == M_USE && u->constraint != M_FIXED &&
            u->loc.kind == LOC_NONE) {
            u->loc = o->loc;
        }
    }
}

static void assign_operands(Ra *ra, const MInsn *in, uint32_t pos, Group *g)
{
    MOperand *ops = &ra->m->operands[in->first_op];
    bool has_tied = false;
    for (unsigned k = 0; k < in->nops; k++) {
        MOperand *o = &ops[k];
        o->loc = (Loc){ LOC_NONE, 0, 0 };
        if (o->vreg && o->role > M_USE_LATE) {
            o->loc = ra->parts[o->vreg].loc;
            has_tied |= o->role == M_TIED;
        }
    }
    /* Sources of tied results first: an operand that names the same value may be a source itself.
     */
    for (unsigned k = 0; has_tied && k < in->nops; k++) {
        if (ops[k].vreg && ops[k].role == M_TIED) {
            ops[ops[k].tied].loc = ops[k].loc;
        }
    }
    for (unsigned k = 0; has_tied && k < in->nops; k++) {
        if (ops[k].vreg && ops[k].role == M_TIED) {
            assign_tied(ra, ops, &ops[k], in->nops, g, pos);
        }
    }
    for (unsigned k = 0; k < in->nops; k++) {
        MOperand *o = &ops[k];
        if (!o->vreg || o->role > M_USE_LATE || o->loc.kind != LOC_NONE) {
            continue;
        }
        if (o->constraint == M_FIXED) {
            const MVreg *r = &ra->m->vregs[o->vreg];
            o->loc = (Loc){ LOC_REG, r->cls, o->fixed };
            group_add(ra, g, o->loc, location(ra, o->vreg, pos - 1), r->size);
        } else {
            o->loc = location(ra, o->vreg, pos + (o->role == M_USE_LATE));
        }
    }
}

static Loc *assign_snapshot(Ra *ra, const MInsn *in, uint32_t pos, Loc *out)
{
    const MSnapshot *s = &ra->m->snaps[in->snap];
    for (uint32_t k = 0; k < s->count; k++) {
        const MSnapEntry *e = &ra->m->snap_entries[s->first + k];
        *out++ = ra_is_const(e->recipe) ? (Loc){ LOC_CONST, 0, (uint16_t)e->vreg }
                                        : location(ra, e->vreg, pos);
    }
    return out;
}

void ra_assign(Ra *ra)
{
    MRegion *m = ra->m;
    MAlloc *out = ra->out;
    uint32_t nlocs = 0;
    for (uint32_t i = 0; i < m->ninsns; i++) {
        nlocs += m->insns[i].snap ? m->snaps[m->insns[i].snap].count : 0;
    }
    out->snap_locs = arena_alloc(ra->arena, sizeof(Loc) * (nlocs + 1));
    out->snap_start = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
    out->move_start = arena_alloc(ra->arena, sizeof(uint32_t) * (m->ninsns + 1));
    Loc *loc = out->snap_locs;
    Group g = { 0 };
    for (uint32_t i = 0; i < m->ninsns; i++) {
        const MInsn *in = &m->insns[i];
        uint32_t head = ra->pending_head ? ra->pending_head[i] : 0;
        out->move_start[i] = out->nmoves;
        if (head) {
            group_add_pending(ra, &g, head, 0);
            group_flush(ra, &g);
            group_add_pending(ra, &g, head, 1);
        }
        assign_operands(ra, in, 2 * i, &g);
        group_flush(ra, &g);
        if (head) {
            group_add_pending(ra, &g, head, 2);
            group_flush(ra, &g);
        }
        out->snap_start[i] = loc - out->snap_locs;
        if (in->snap) {
            loc = assign_snapshot(ra, in, 2 * i + 1 - in->is_snap_early, loc);
        }
    }
    out->move_start[m->ninsns] = out->nmoves;
    out->snap_start[m->ninsns] = loc - out->snap_locs;
}
