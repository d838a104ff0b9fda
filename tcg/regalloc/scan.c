/* SPDX-License-Identifier: MIT */
/*
 * The scan over intervals in order of their begin: gives each a register that is free for all of
 * its life, or for the first part of it; or else leaves the choice of who goes to memory to
 * evict.c.
 */
#include "tcg/regalloc/alloc.h"

#include <string.h>

/* ---- the register files as time goes on */

static inline void note_expiry(Ra *ra, uint32_t p, uint32_t until)
{
    uint32_t e = ra->nexpiries++;
    if (UNLIKELY(e == ra->cap_expiries)) {
        ra->expiries =
            arena_grow(ra->arena, ra->expiries, sizeof(Expiry), &ra->cap_expiries, e + 1);
    }
    ra->expiries[e] = (Expiry){ p, ra->expiry_at[until] };
    ra->expiry_at[until] = e;
}

static inline void occupy(Ra *ra, uint32_t p, uint32_t until, RegFile *f, unsigned r)
{
    lyre_assert(f->allocatable >> r & 1 && !(f->busy >> r & 1));
    f->busy |= 1u << r;
    f->part[r] = p;
    f->until[r] = until;
    if (!ra->is_single) {
        note_expiry(ra, p, until);
    }
}

/* The part's range ended: goes on with its next range, sleeps in a hole, or is done. */
static inline void expire(Ra *ra, uint32_t id, uint32_t pos)
{
    Part *p = &ra->parts[id];
    RegFile *f = &ra->files[p->loc.cls];
    unsigned r = p->loc.index;
    if (!(f->busy >> r & 1) || f->part[r] != id || f->until[r] != pos) {
        return; /* it has lost the register */
    }
    f->busy &= ~(1u << r);
    uint32_t c = p->range ? ra->ranges[p->cursor].next : 0;
    if (!c) {
        return;
    }
    p->cursor = c;
    uint32_t from = ra->ranges[c].from;
    if (from == pos) {
        occupy(ra, id, ra->ranges[c].to, f, r);
    } else {
        p->idle = f->idle[r];
        f->idle[r] = id;
        f->idle_mask |= 1u << r;
        ra->nidle++;
        ra->next_wake = from < ra->next_wake ? from : ra->next_wake;
    }
}

/* Parts whose hole has ended take their registers again. */
static NOINLINE void wake(Ra *ra, RegFile *f, uint32_t pos)
{
    for (uint32_t m = f->idle_mask; m; m &= m - 1) {
        unsigned r = __builtin_ctz(m);
        for (uint32_t *link = &f->idle[r]; *link;) {
            uint32_t id = *link, from = ra->ranges[ra->parts[id].cursor].from;
            if (from > pos) {
                ra->next_wake = from < ra->next_wake ? from : ra->next_wake;
                link = &ra->parts[id].idle;
            } else {
                *link = ra->parts[id].idle;
                ra->nidle--;
                occupy(ra, id, ra->ranges[ra->parts[id].cursor].to, f, r);
            }
        }
        f->idle_mask &= ~((uint32_t)!f->idle[r] << r);
    }
}

/* One block: there are no holes, and registers are looked at only when one is wanted. */
static void refresh(RegFile *f, uint32_t pos)
{
    for (uint32_t m = f->busy; m; m &= m - 1) {
        unsigned r = __builtin_ctz(m);
        f->busy &= ~((uint32_t)(f->until[r] <= pos) << r);
    }
}

static void advance(Ra *ra, uint32_t pos)
{
    if (ra->is_single) {
        refresh(&ra->files[M_GPR], pos);
        refresh(&ra->files[M_VEC], pos);
        return;
    }
    while (ra->now < pos) {
        uint32_t now = ++ra->now;
        for (uint32_t e = ra->expiry_at[now]; e; e = ra->expiries[e].next) {
            expire(ra, ra->expiries[e].part, now);
        }
        if (UNLIKELY(ra->next_wake == now)) {
            ra->next_wake = RA_NEVER;
            wake(ra, &ra->files[M_GPR], now);
            wake(ra, &ra->files[M_VEC], now);
        }
    }
}

/* ---- choice of a register */

/* Until where register r is free for p. In SSA an idle part never meets a value's first part. */
static uint32_t free_until(Ra *ra, const Part *p, unsigned r)
{
    uint32_t until = ra_meet_fixed(ra, p, r);
    if (p->flags & PART_IS_CHILD && ra->files[p->loc.cls].idle[r]) {
        uint32_t idle = ra_meet_idle(ra, p, r);
        until = idle < until ? idle : until;
    }
    return until;
}

uint32_t ra_min_end(const Ra *ra, const Part *p)
{
    if (p->flags & PART_IS_DEF) {
        return (p->begin & ~1u) + 2;
    }
    uint32_t min = p->begin;
    for (uint32_t u = p->use; u && ra->uses[u].pos <= p->begin; u = ra->uses[u].next) {
        UseKind kind = ra->uses[u].kind;
        uint32_t end = p->begin + (kind == USE_LATE ? 2 : kind == USE_REG ? 1 : 0);
        min = ra->uses[u].pos == p->begin && end > min ? end : min;
    }
    return min;
}

/* The values that come round the loop would do best in the register of the phi; of several phis
 * that one value goes to, those in memory do not count. */
static NOINLINE void claim_sources(Ra *ra, uint32_t v, unsigned r)
{
    const MRegion *m = ra->m;
    const MPhi *phi = &m->phis[ra->phi_of[v] - 1];
    const MBlock *b = &m->blocks[ra_block_at(ra, ra->parts[v].begin)];
    for (uint32_t k = 0; k < b->npreds; k++) {
        Part *src = &ra->parts[m->phi_srcs[phi->first_src + k]];
        if (src->begin != RA_NEVER && src->begin > ra->parts[v].begin &&
            ra->parts[src->link].loc.kind != LOC_REG) {
            src->link = v;
            ra->files[src->loc.cls].heir[r] = src->vreg;
        }
    }
}

static inline void note_taken(Ra *ra, Part *p, unsigned r)
{
    p->loc.kind = LOC_REG;
    p->loc.index = r;
    ra->locs[p->vreg] = p->loc; /* split values are marked again later */
    if (!ra->is_single && ra->phi_of[p->vreg] && !(p->flags & PART_IS_CHILD)) {
        claim_sources(ra, p->vreg, r);
    }
    uint32_t link = ra->parts[p->vreg].link;
    if (link && ra->parts[link].got == RA_NONE) {
        ra->parts[link].got = r;
    }
}

static inline void take(Ra *ra, Part *p, uint32_t id, RegFile *f, unsigned r)
{
    note_taken(ra, p, r);
    occupy(ra, id, p->range ? ra->ranges[p->cursor].to : p->end, f, r);
}

void ra_take(Ra *ra, uint32_t p, unsigned r)
{
    take(ra, &ra->parts[p], p, &ra->files[ra->parts[p].loc.cls], r);
}

void ra_take_until(Ra *ra, uint32_t p, unsigned r, uint32_t until)
{
    uint32_t min = ra_min_end(ra, &ra->parts[p]), begin = ra->parts[p].begin;
    if (until < ra->parts[p].end) {
        uint32_t even = until & ~1u;
        if (even < min || even <= begin) {
            /* Cut between inputs and results of an insn: goes on in memory. */
            uint32_t rest = ra_split(ra, p, until);
            ra_spill(ra, rest, until);
        } else {
            uint32_t low = min <= begin ? (begin & ~1u) + 2 : min;
            for (uint32_t u = ra->parts[p].use; u && ra->uses[u].pos < even; u = ra->uses[u].next) {
                uint32_t after = (ra->uses[u].pos & ~1u) + 2;
                low = after > low ? after : low;
            }
            ra_queue_push(ra, ra_split(ra, p, ra_split_position(ra, low, even)));
        }
    }
    ra_take(ra, p, r);
}

static bool is_colder(const Ra *ra, uint32_t here, uint32_t there)
{
    const MBlock *blocks = ra->m->blocks;
    return !ra->is_single &&
           ra_weight(&blocks[ra_block_at(ra, there)]) < ra_weight(&blocks[ra_block_at(ra, here)]);
}

/* A search for a register. */
typedef struct Search {
    Ra *ra;
    uint32_t id, free; /* free: mask of those not looked at */
    unsigned best;     /* free the longest, until */
    uint32_t until;
} Search;

/* Takes register r when p can stay in it, or can in all of the code that matters as much as this.
 */
static bool try_register(Search *s, unsigned r, bool is_wish)
{
    if (r >= RA_REGS || !(s->free >> r & 1)) {
        return false;
    }
    s->free &= ~(1u << r);
    const Part *p = &s->ra->parts[s->id];
    uint32_t until = free_until(s->ra, p, r);
    if (until >= p->end) {
        ra_take(s->ra, s->id, r);
        return true;
    }
    if (is_wish && until >= ra_min_end(s->ra, p) && until > p->begin + 1 &&
        is_colder(s->ra, p->begin, until)) {
        ra_take_until(s->ra, s->id, r, until);
        return true;
    }
    if (until > s->until) {
        s->best = r;
        s->until = until;
    }
    return false;
}

static unsigned reg_at(const Ra *ra, uint32_t v, uint32_t pos)
{
    const Part *p = ra_part_at(ra, v, pos);
    return p->loc.kind == LOC_REG ? p->loc.index : RA_NONE;
}

/* The registers that the phi's sources have where they come from, as far as they are known. */
static bool try_phi(Search *s, const Part *p)
{
    Ra *ra = s->ra;
    uint32_t phi = p->flags & PART_IS_CHILD ? 0 : ra->phi_of[p->vreg];
    if (!phi) {
        return false;
    }
    const MBlock *b = &ra->m->blocks[ra_block_at(ra, p->begin)];
    for (uint32_t k = 0; k < b->npreds; k++) {
        uint32_t end = 2 * ra->m->blocks[ra->m->preds[b->first_pred + k]].end;
        uint32_t src = ra->m->phi_srcs[ra->m->phis[phi - 1].first_src + k];
        if (src && end <= p->begin && try_register(s, reg_at(ra, src, end - 1), true)) {
            return true;
        }
    }
    return false;
}

static bool try_wishes(Search *s, const Part *p)
{
    Ra *ra = s->ra;
    const Part *x = &ra->parts[p->vreg], *link = &ra->parts[x->link];
    if (x->link && link->loc.kind == LOC_REG && try_register(s, link->loc.index, true)) {
        return true;
    }
    return try_register(s, x->wish, true) || (!ra->is_single && try_phi(s, p)) ||
           try_register(s, x->got, true) ||
           (x->source && try_register(s, reg_at(ra, x->source, p->begin - 1), true)) ||
           (x->link && try_register(s, link->got, true));
}

/* Gives the part a free register if that is worth while. */
static bool try_free(Ra *ra, uint32_t id)
{
    const Part *p = &ra->parts[id];
    RegFile *f = &ra->files[p->loc.cls];
    if (p->flags & PART_IS_FIXED) {
        unsigned r = p->loc.index;
        ra_take_until(ra, id, r, ra_meet_fixed(ra, p, r));
        return true;
    }
    Search s = { ra, id, f->allocatable & ~f->busy, RA_NONE, 0 };
    if (!s.free) {
        return false;
    }
    if (try_wishes(&s, p)) {
        return true;
    }
    for (const uint8_t *o = ra->host->order[p->loc.cls]; *o != RA_NONE && s.free; o++) {
        if (try_register(&s, *o, false)) {
            return true;
        }
    }
    if (!ra->is_single && s.best != RA_NONE && !is_colder(ra, p->begin, s.until) &&
        ra_displace_colder(ra, id)) {
        return true;
    }
    uint32_t min = ra_min_end(ra, p);
    if (s.best == RA_NONE || s.until < min || s.until <= p->begin) {
        return false;
    }
    if (min == p->begin) {
        uint32_t use = ra_next_use(ra, p, p->begin);
        if (s.until == p->begin + 1 || !use || ra->uses[use].pos >= s.until) {
            return false; /* it would only be moved on */
        }
    }
    ra_take_until(ra, id, s.best, s.until);
    return true;
}

static void allocate_part(Ra *ra, uint32_t p)
{
    advance(ra, ra->parts[p].begin);
    if (!try_free(ra, p)) {
        ra_allocate_blocked(ra, p);
    }
}

/* ---- the common cases at a glance */

static inline bool is_free(const Ra *ra, const RegFile *f, unsigned r, uint32_t pos)
{
    /* In a region of one block `busy` is not kept up. */
    return ra->is_single ? f->until[r] <= pos : f->allocatable >> r & ~f->busy >> r & 1;
}

/* Whether another value, defined while p lives, would do best in the register. */
static inline bool is_promised(const Ra *ra, const RegFile *f, unsigned r, const Part *p)
{
    uint32_t heir = f->heir[r];
    return heir && heir != p->vreg && ra->parts[heir].begin > p->begin &&
           ra->parts[heir].begin < p->end;
}

static inline bool can_have(const Ra *ra, const RegFile *f, unsigned r, const Part *p)
{
    return r < RA_REGS && is_free(ra, f, r, p->begin) && f->fixed_from[r] >= p->end;
}

static inline bool take_quickly(Ra *ra, Part *p, uint32_t id, RegFile *f, unsigned r)
{
    if (ra->is_single) {
        f->busy |= 1u << r;
        f->part[r] = id;
        f->until[r] = p->end;
        note_taken(ra, p, r);
    } else {
        take(ra, p, id, f, r);
    }
    return true;
}

/* A definition in a fixed register, the first at or after the cursor. */
static inline bool allocate_fixed_quickly(Ra *ra, Part *p, uint32_t id, RegFile *f)
{
    unsigned r = p->loc.index;
    uint32_t own = f->fixed[r], next = ra->fixed[own].next;
    if (ra->fixed[own].owner != id || !is_free(ra, f, r, p->begin)) {
        return false;
    }
    uint32_t from = next ? ra->fixed[next].from : RA_NEVER;
    if (from < p->end) {
        return false;
    }
    f->fixed[r] = next;
    f->fixed_from[r] = from;
    return take_quickly(ra, p, id, f, r);
}

/* A value that may be in one register for all of its life. */
static inline bool allocate_quickly(Ra *ra, Part *p, uint32_t id, RegFile *f)
{
    const Part *parts = ra->parts, *link = &parts[p->link];
    unsigned r = p->wish;
    if (p->link && link->loc.kind == LOC_REG && can_have(ra, f, link->loc.index, p)) {
        return take_quickly(ra, p, id, f, link->loc.index);
    }
    if (r < RA_REGS && is_free(ra, f, r, p->begin)) {
        /* If it is not free for long enough, the slow way looks closer. */
        return f->fixed_from[r] >= p->end && take_quickly(ra, p, id, f, r);
    }
    if (p->source && parts[p->source].loc.kind == LOC_REG && !parts[p->source].next) {
        r = parts[p->source].loc.index;
        if (can_have(ra, f, r, p)) {
            return take_quickly(ra, p, id, f, r);
        }
    }
    if (p->link && can_have(ra, f, link->got, p)) {
        return take_quickly(ra, p, id, f, link->got);
    }
    unsigned second = RA_NONE;
    for (const uint8_t *o = ra->host->order[p->loc.cls]; (r = *o) != RA_NONE; o++) {
        if (can_have(ra, f, r, p)) {
            if (LIKELY(!is_promised(ra, f, r, p))) {
                return take_quickly(ra, p, id, f, r);
            }
            second = second == RA_NONE ? r : second;
        }
    }
    return second != RA_NONE && take_quickly(ra, p, id, f, second);
}

static void scan_value(Ra *ra, uint32_t v)
{
    Part *p = &ra->parts[v];
    RegFile *f = &ra->files[p->loc.cls];
    bool is_done;
    if (!ra->is_single) {
        advance(ra, p->begin);
    }
    if (p->flags & PART_IS_FIXED) {
        is_done = allocate_fixed_quickly(ra, p, v, f);
    } else if (p->flags & PART_IS_DEF) {
        is_done = allocate_quickly(ra, p, v, f);
    } else {
        is_done = ra_begin_in_memory(ra, v);
    }
    if (!is_done) {
        allocate_part(ra, v);
    }
}

static void scan_init(Ra *ra)
{
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        RegFile *f = &ra->files[cls];
        memset(f->until, 0xff, sizeof(f->until));
        memset(f->fixed_from, 0xff, sizeof(f->fixed_from));
        for (uint32_t m = f->allocatable; m; m &= m - 1) {
            unsigned r = __builtin_ctz(m);
            uint32_t fixed = ra->fixed_head[cls][r];
            f->until[r] = 0;
            f->fixed[r] = fixed;
            f->fixed_from[r] = fixed ? ra->fixed[fixed].from : RA_NEVER;
        }
    }
    ra->next_wake = RA_NEVER;
    ra->nexpiries = 1;
    if (!ra->is_single) {
        ra->expiry_at = arena_alloc0(ra->arena, sizeof(uint32_t) * (2 * ra->m->ninsns + 2));
        ra->cap_expiries = ra->norder + 32;
        ra->expiries = arena_alloc(ra->arena, sizeof(Expiry) * ra->cap_expiries);
    }
}

void ra_scan(Ra *ra)
{
    scan_init(ra);
    for (uint32_t k = ra->norder; (k || ra->nheap) && !ra->out->is_failed;) {
        uint32_t v = k ? ra->order[k - 1] : 0;
        if (UNLIKELY(ra->nheap) && (!k || ra->parts[ra->heap[0]].begin < ra->parts[v].begin)) {
            allocate_part(ra, ra_queue_pop(ra));
        } else {
            k--;
            scan_value(ra, v);
        }
    }
}
