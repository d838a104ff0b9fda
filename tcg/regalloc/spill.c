/* SPDX-License-Identifier: MIT */
/*
 * Where spilled values are in memory: at their slot's home, or in a spill slot, which values share
 * that do not live at the same time. A value is stored once, right after its definition, and pieces
 * of it that are in memory then need no store; but when all of those lie in colder code than the
 * definition, each of them stores the value where it begins.
 */
#include "tcg/regalloc/alloc.h"

enum { MAX_SLOTS = 256 };

/* The slot of value v, if that is free at `begin`. */
static bool is_slot_of(const Ra *ra, uint32_t v, uint32_t begin, const uint32_t *slot_end,
                       uint32_t *slot)
{
    const Part *x = &ra->parts[v];
    if (!v || !(x->flags & PART_IS_SPILLED) || !x->slot || slot_end[x->slot - 1] > begin) {
        return false;
    }
    *slot = x->slot - 1;
    return true;
}

/* A phi and its sources would like the same slot: then no move is needed between them. */
static uint32_t choose_slot(const Ra *ra, uint32_t v, const uint32_t *slot_end)
{
    const Part *x = &ra->parts[v];
    uint32_t s = 0;
    if (is_slot_of(ra, x->link, x->begin, slot_end, &s)) {
        return s;
    }
    if (!ra->is_single && ra->phi_of[v]) {
        const MBlock *b = &ra->m->blocks[ra_block_at(ra, x->begin)];
        const uint32_t *srcs = &ra->m->phi_srcs[ra->m->phis[ra->phi_of[v] - 1].first_src];
        for (uint32_t k = 0; k < b->npreds; k++) {
            if (is_slot_of(ra, srcs[k], x->begin, slot_end, &s)) {
                return s;
            }
        }
    }
    while (s < ra->out->nspills && slot_end[s] > x->begin) {
        s++;
    }
    return s;
}

static Loc spill_location(Ra *ra, uint32_t v, uint32_t end, uint32_t *slot_end)
{
    const MVreg *r = &ra->m->vregs[v];
    ra->parts[v].slot = 0;
    if (r->home) {
        return (Loc){ LOC_HOME, r->cls, r->home - 1 };
    }
    uint32_t s = choose_slot(ra, v, slot_end);
    if (s == ra->host->nspills || s == MAX_SLOTS) {
        ra->out->is_failed = true;
        return (Loc){ LOC_SPILL, r->cls, 0 };
    }
    ra->out->nspills = s >= ra->out->nspills ? s + 1 : ra->out->nspills;
    ra->parts[v].slot = s + 1;
    slot_end[s] = end;
    return (Loc){ LOC_SPILL, r->cls, s };
}

/* Whether stores where the value goes to memory are better than one at its definition: all of them
 * are in colder code, or there is but one, in code that is not hotter. */
static bool is_stored_late(const Ra *ra, uint32_t v)
{
    if (ra->is_single) {
        return false;
    }
    const MBlock *blocks = ra->m->blocks;
    uint32_t weight = ra_weight(&blocks[ra_block_at(ra, ra->parts[v].begin)]), most = 0, n = 0;
    for (uint32_t p = ra->parts[v].next; p; p = ra->parts[p].next) {
        if (ra->parts[p].flags & PART_IS_MEM) {
            uint32_t w = ra_weight(&blocks[ra_block_at(ra, ra->parts[p].begin)]);
            most = w > most ? w : most;
            n++;
        }
    }
    return most < weight;
}

static void place_value(Ra *ra, uint32_t v, uint32_t *slot_end)
{
    uint32_t end = 0;
    for (uint32_t p = v; p; p = ra->parts[p].next) {
        end = ra->parts[p].end;
    }
    Loc loc = spill_location(ra, v, end, slot_end);
    for (uint32_t p = v; p; p = ra->parts[p].next) {
        if (ra->parts[p].flags & PART_IS_MEM) {
            ra->parts[p].loc = loc;
            ra->locs[v] = loc;
        }
    }
    Part *first = &ra->parts[v];
    if (loc.kind == LOC_HOME || first->flags & PART_IS_MEM) {
        return;
    }
    if (is_stored_late(ra, v)) {
        first->flags |= PART_IS_STORED_LATE;
    } else {
        ra_add_move(ra, first->begin / 2 + 1, 1, loc, first->loc, ra->m->vregs[v].size);
    }
}

void ra_assign_slots(Ra *ra)
{
    uint32_t slot_end[MAX_SLOTS];
    for (uint32_t k = ra->nspilled ? ra->norder : 0; k-- > 0;) {
        ra->parts[ra->order[k]].slot = 0;
    }
    for (uint32_t k = ra->nspilled ? ra->norder : 0; k-- > 0;) {
        if (ra->parts[ra->order[k]].flags & PART_IS_SPILLED) {
            place_value(ra, ra->order[k], slot_end);
        }
    }
    for (uint32_t k = 0; k < ra->nsplit; k++) {
        ra->locs[ra->split[k]].kind = LOC_SPLIT;
    }
}
