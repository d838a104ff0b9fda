/* SPDX-License-Identifier: MIT */
/*
 * Where spilled values are in memory: at their slot's home, or in a spill slot, which values share
 * that do not live at the same time. A value is stored once, right after its definition, and pieces
 * of it that are in memory then need no store; but when all of those lie in colder code than the
 * definition, each of them stores the value where it begins.
 */
#include "tcg/regalloc/alloc.h"

enum { MAX_SLOTS = 256 };

/* The slot of a value that lives on one side of a phi with v, when it is free: no move is needed along that edge. */
static bool is_phi_slot(const Ra *ra, uint32_t v, uint32_t other, const uint32_t *slot_end, uint32_t *slot)
{
    Loc loc = ra->locs[other];
    if (!other || !(ra->parts[other].flags & PART_IS_SPILLED) || loc.kind != LOC_SPILL || loc.index >= MAX_SLOTS ||
        slot_end[loc.index] > ra->parts[v].begin) {
        return false;
    }
    *slot = loc.index;
    return true;
}

static bool find_phi_slot(const Ra *ra, uint32_t v, const uint32_t *slot_end, uint32_t *slot)
{
    const MRegion *m = ra->m;
    if (!ra->is_multi) {
        return false;
    }
    uint32_t to = m->vregs[v].hint_vreg;
    if (to && ra->phi_of[to] && is_phi_slot(ra, v, to, slot_end, slot)) {
        return true;
    }
    if (ra->phi_of[v]) {
        const MBlock *b = &m->blocks[ra_block_at(ra, ra->parts[v].begin)];
        for (uint32_t k = 0; k < b->npreds; k++) {
            uint32_t src = m->phi_srcs[m->phis[ra->phi_of[v] - 1].first_src + k];
            if (is_phi_slot(ra, v, src, slot_end, slot)) {
                return true;
            }
        }
    }
    return false;
}

static Loc spill_location(Ra *ra, uint32_t v, uint32_t end, uint32_t *slot_end)
{
    const MVreg *r = &ra->m->vregs[v];
    if (r->home) {
        return (Loc){ LOC_HOME, r->cls, r->home - 1 };
    }
    uint32_t s = 0;
    if (!find_phi_slot(ra, v, slot_end, &s)) {
        while (s < ra->out->nspills && slot_end[s] > ra->parts[v].begin) {
            s++;
        }
    }
    if (s == ra->host->nspills || s == MAX_SLOTS) {
        ra->out->is_failed = true;
        s--;
    }
    ra->out->nspills = s >= ra->out->nspills ? s + 1 : ra->out->nspills;
    slot_end[s] = end;
    return (Loc){ LOC_SPILL, r->cls, s };
}

/* Whether every piece in memory begins in colder code than the definition. */
static bool is_stored_late(const Ra *ra, uint32_t v)
{
    if (!ra->is_multi) {
        return false;
    }
    const MBlock *blocks = ra->m->blocks;
    uint8_t weight = ra_weight(&blocks[ra_block_at(ra, ra->parts[v].begin)]);
    for (uint32_t p = ra->parts[v].next; p && weight; p = ra->parts[p].next) {
        uint32_t b = ra_block_at(ra, ra->parts[p].begin);
        if (ra->parts[p].flags & PART_IS_MEM && ra_weight(&blocks[b]) >= weight) {
            return false;
        }
    }
    return weight;
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
        if (ra->parts[ra->order[k]].flags & PART_IS_SPILLED) {
            place_value(ra, ra->order[k], slot_end);
        }
    }
    for (uint32_t k = 0; k < ra->nsplit; k++) {
        ra->locs[ra->split[k]].kind = LOC_SPLIT;
    }
}
