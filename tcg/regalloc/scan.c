/* SPDX-License-Identifier: MIT */
/*
 * The scan over intervals in order of their begin: gives each a register that is free for all of
 * its life, or for the first part of it, or else leaves the choice of who goes to memory to
 * evict.c.
 */
#include "tcg/regalloc/alloc.h"

#include <string.h>

static void push_idle(Ra *ra, uint8_t cls, unsigned r, uint32_t p, uint32_t wake)
{
    ra->parts[p].idle = ra->files[cls].idle[r];
    ra->files[cls].idle[r] = p;
    ra->nidle++;
    ra->next_wake = wake < ra->next_wake ? wake : ra->next_wake;
}

/* Ends, or puts to sleep, the parts whose current range ends by pos. */
static void expire(Ra *ra, uint8_t cls, uint32_t pos)
{
    RegFile *f = &ra->files[cls];
    uint32_t next = RA_NEVER;
    for (uint32_t m = f->busy; m; m &= m - 1) {
        unsigned r = __builtin_ctz(m);
        if (f->until[r] <= pos) {
            Part *p = &ra->parts[f->part[r]];
            uint32_t c = p->cursor;
            while (c && ra->ranges[c].to <= pos) {
                c = ra->ranges[c].next;
            }
            if (!c || ra->ranges[c].from > pos) {
                f->busy &= ~(1u << r);
                if (c) {
                    p->cursor = c;
                    push_idle(ra, cls, r, f->part[r], ra->ranges[c].from);
                }
                continue;
            }
            p->cursor = c;
            f->until[r] = ra->ranges[c].to;
        }
        next = f->until[r] < next ? f->until[r] : next;
    }
    f->next_expiry = next;
}

static void occupy(Ra *ra, uint32_t p, unsigned r)
{
    Part *part = &ra->parts[p];
    RegFile *f = &ra->files[part->loc.cls];
    lyre_assert(!(f->busy >> r & 1));
    f->busy |= 1u << r;
    f->part[r] = p;
    f->until[r] = ra->ranges[part->cursor].to;
    f->next_expiry = f->until[r] < f->next_expiry ? f->until[r] : f->next_expiry;
}

/* Parts whose hole has ended take their registers again. */
static void wake(Ra *ra, uint32_t pos)
{
    ra->next_wake = RA_NEVER;
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        for (uint32_t m = ra->files[cls].allocatable; m; m &= m - 1) {
            unsigned r = __builtin_ctz(m);
            for (uint32_t *link = &ra->files[cls].idle[r]; *link;) {
                uint32_t id = *link;
                Part *p = &ra->parts[id];
                while (p->cursor && ra->ranges[p->cursor].to <= pos) {
                    p->cursor = ra->ranges[p->cursor].next;
                }
                uint32_t from = p->cursor ? ra->ranges[p->cursor].from : 0;
                if (p->cursor && from > pos) {
                    ra->next_wake = from < ra->next_wake ? from : ra->next_wake;
                    link = &p->idle;
                    continue;
                }
                *link = p->idle;
                ra->nidle--;
                if (p->cursor) {
                    occupy(ra, id, r);
                }
            }
        }
    }
}

static void advance(Ra *ra, uint32_t pos)
{
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        if (ra->files[cls].next_expiry <= pos) {
            expire(ra, cls, pos);
        }
    }
    if (ra->nidle && ra->next_wake <= pos) {
        wake(ra, pos);
    }
}

/* First position at which both are live, from their cursors on. */
uint32_t ra_meet(const Ra *ra, uint32_t a, uint32_t b)
{
    while (a && b) {
        const Range *x = &ra->ranges[a], *y = &ra->ranges[b];
        if (x->to <= y->from) {
            a = x->next;
        } else if (y->to <= x->from) {
            b = y->next;
        } else {
            return x->from > y->from ? x->from : y->from;
        }
    }
    return RA_NEVER;
}

uint32_t ra_meet_idle(const Ra *ra, const Part *p, unsigned r)
{
    uint32_t first = RA_NEVER;
    for (uint32_t q = ra->files[p->loc.cls].idle[r]; q; q = ra->parts[q].idle) {
        uint32_t at = ra_meet(ra, p->cursor, ra->parts[q].cursor);
        first = at < first ? at : first;
    }
    return first;
}

uint32_t ra_meet_fixed(Ra *ra, const Part *p, unsigned r)
{
    RegFile *file = &ra->files[p->loc.cls];
    uint32_t f = file->fixed[r];
    while (f && ra->fixed[f].to <= p->begin) {
        f = ra->fixed[f].next;
    }
    file->fixed[r] = f;
    for (uint32_t c = p->cursor; f && ra->fixed[f].from < p->end; f = ra->fixed[f].next) {
        const Fixed *x = &ra->fixed[f];
        if (x->owner == p->vreg) {
            continue;
        }
        while (c && ra->ranges[c].to <= x->from) {
            c = ra->ranges[c].next;
        }
        if (!c) {
            break;
        }
        if (ra->ranges[c].from < x->to) {
            return ra->ranges[c].from > x->from ? ra->ranges[c].from : x->from;
        }
    }
    return RA_NEVER;
}

/* Until where register r is free for p. In SSA an idle part never meets one that begins with its
 * definition. */
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
        uint32_t end = p->begin + (ra->uses[u].kind == USE_LATE  ? 2
                                   : ra->uses[u].kind == USE_REG ? 1
                                                                 : 0);
        min = ra->uses[u].pos == p->begin && end > min ? end : min;
    }
    return min;
}

void ra_take(Ra *ra, uint32_t p, unsigned r)
{
    Part *part = &ra->parts[p];
    part->loc = (Loc){ LOC_REG, part->loc.cls, r };
    occupy(ra, p, r);
    uint32_t link = ra->wishes[part->vreg].link;
    if (link && ra->wishes[link].got == RA_NONE) {
        ra->wishes[link].got = r;
    }
}

static unsigned reg_of(const Part *p) { return p->loc.kind == LOC_REG ? p->loc.index : RA_NONE; }

/* Registers that p would like, best first. */
static unsigned list_wishes(const Ra *ra, const Part *p, uint8_t out[8])
{
    unsigned n = 0;
    const Wish *w = &ra->wishes[p->vreg];
    if (w->link && ra->parts[w->link].begin < p->begin) {
        out[n++] = reg_of(&ra->parts[w->link]);
    }
    out[n++] = w->reg;
    uint32_t phi = ra->is_multi && !(p->flags & PART_IS_CHILD) ? ra->phi_of[p->vreg] : 0;
    if (phi) {
        const MBlock *b = &ra->m->blocks[ra_block_at(ra, p->begin)];
        for (uint32_t k = 0; k < b->npreds && n < 5; k++) {
            uint32_t pred = ra->m->preds[b->first_pred + k];
            uint32_t src = ra->m->phi_srcs[ra->m->phis[phi - 1].first_src + k];
            if (src && 2 * ra->m->blocks[pred].end <= p->begin) {
                out[n++] = reg_of(ra_part_at(ra, src, 2 * ra->m->blocks[pred].end - 1));
            }
        }
    }
    if (w->link) {
        out[n++] = ra->wishes[w->link].got;
    }
    out[n++] = w->got;
    if (w->from) {
        out[n++] = reg_of(ra_part_at(ra, w->from, p->begin - 1));
    }
    return n;
}

void ra_queue(Ra *ra, uint32_t p)
{
    ra->heap = arena_grow(ra->arena, ra->heap, sizeof(uint32_t), &ra->cap_heap, ra->nheap + 1);
    uint32_t k = ra->nheap++, begin = ra->parts[p].begin;
    for (; k; k = (k - 1) / 2) {
        uint32_t up = ra->heap[(k - 1) / 2];
        if (ra->parts[up].begin < begin || (ra->parts[up].begin == begin && up < p)) {
            break;
        }
        ra->heap[k] = up;
    }
    ra->heap[k] = p;
}

static uint32_t heap_pop(Ra *ra)
{
    uint32_t top = ra->heap[0], p = ra->heap[--ra->nheap], k = 0, begin = ra->parts[p].begin;
    for (;;) {
        uint32_t c = 2 * k + 1;
        if (c >= ra->nheap) {
            break;
        }
        if (c + 1 < ra->nheap) {
            const Part *l = &ra->parts[ra->heap[c]], *r = &ra->parts[ra->heap[c + 1]];
            c += r->begin < l->begin || (r->begin == l->begin && ra->heap[c + 1] < ra->heap[c]);
        }
        const Part *child = &ra->parts[ra->heap[c]];
        if (child->begin > begin || (child->begin == begin && ra->heap[c] > p)) {
            break;
        }
        ra->heap[k] = ra->heap[c];
        k = c;
    }
    ra->heap[k] = p;
    return top;
}

void ra_take_until(Ra *ra, uint32_t p, unsigned r, uint32_t until)
{
    uint32_t min = ra_min_end(ra, &ra->parts[p]);
    if (until < ra->parts[p].end) {
        uint32_t even = until & ~1u;
        if (even < min || even <= ra->parts[p].begin) {
            /* Cut between inputs and results of an insn: goes on in memory. */
            uint32_t rest = ra_split(ra, p, until);
            ra_spill(ra, rest, until);
        } else {
            uint32_t low = min;
            for (uint32_t u = ra->parts[p].use; u && ra->uses[u].pos < even; u = ra->uses[u].next) {
                low = (ra->uses[u].pos & ~1u) + 2;
            }
            low = low <= ra->parts[p].begin ? (ra->parts[p].begin & ~1u) + 2 : low;
            ra_queue(ra, ra_split(ra, p, ra_split_position(ra, low, even)));
        }
    }
    ra_take(ra, p, r);
}

static bool is_colder(const Ra *ra, uint32_t here, uint32_t there)
{
    const MBlock *blocks = ra->m->blocks;
    return ra->is_multi &&
           ra_weight(&blocks[ra_block_at(ra, there)]) < ra_weight(&blocks[ra_block_at(ra, here)]);
}

/* Gives p a free register if that is worth while. */
static bool try_free(Ra *ra, uint32_t id)
{
    const Part *p = &ra->parts[id];
    RegFile *f = &ra->files[p->loc.cls];
    uint32_t free = f->allocatable & ~f->busy, end = p->end, best_until = 0;
    unsigned best = RA_NONE;
    if (p->flags & PART_IS_FIXED) {
        ra_take_until(ra, id, p->loc.index, ra_meet_fixed(ra, p, p->loc.index));
        return true;
    }
    if (!free) {
        return false;
    }
    uint8_t wishes[8];
    unsigned n = list_wishes(ra, p, wishes);
    for (unsigned k = 0; k < n; k++) {
        if (wishes[k] < RA_REGS && free >> wishes[k] & 1) {
            uint32_t until = free_until(ra, p, wishes[k]);
            if (until >= end) {
                ra_take(ra, id, wishes[k]);
                return true;
            }
            if (is_colder(ra, p->begin, until) && until >= ra_min_end(ra, p)) {
                ra_take_until(ra, id, wishes[k], until);
                return true;
            }
            if (until > best_until) {
                best = wishes[k];
                best_until = until;
            }
        }
    }
    for (const uint8_t *o = ra->host->order[p->loc.cls]; *o != RA_NONE; o++) {
        if (free >> *o & 1) {
            uint32_t until = free_until(ra, p, *o);
            if (until >= end) {
                ra_take(ra, id, *o);
                return true;
            }
            if (until > best_until) {
                best = *o;
                best_until = until;
            }
        }
    }
    uint32_t min = ra_min_end(ra, p);
    if (best == RA_NONE || best_until < min || best_until <= p->begin + 1) {
        return best != RA_NONE && min > p->begin && best_until >= min
                   ? (ra_take_until(ra, id, best, best_until), true)
                   : false;
    }
    uint32_t use = ra_next_use(ra, p, p->begin);
    if (min == p->begin && (!use || ra->uses[use].pos >= best_until)) {
        return false; /* it would only be moved on */
    }
    ra_take_until(ra, id, best, best_until);
    return true;
}

static void allocate_part(Ra *ra, uint32_t p)
{
    advance(ra, ra->parts[p].begin);
    if (!try_free(ra, p)) {
        ra_allocate_blocked(ra, p);
    }
}

void ra_scan(Ra *ra)
{
    for (unsigned cls = 0; cls < M_NCLASSES; cls++) {
        ra->files[cls].next_expiry = RA_NEVER;
        memcpy(ra->files[cls].fixed, ra->fixed_head[cls], sizeof(ra->fixed_head[cls]));
    }
    ra->next_wake = RA_NEVER;
    uint32_t k = ra->norder;
    while ((k || ra->nheap) && !ra->out->is_failed) {
        if (!ra->nheap ||
            (k && ra->parts[ra->order[k - 1]].begin <= ra->parts[ra->heap[0]].begin)) {
            uint32_t v = ra->order[--k];
            if (!(ra->parts[v].flags & PART_IS_DEF) && ra_begin_in_memory(ra, v)) {
                continue;
            }
            allocate_part(ra, v);
        } else {
            allocate_part(ra, heap_pop(ra));
        }
    }
}
