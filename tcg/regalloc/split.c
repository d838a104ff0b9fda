/* SPDX-License-Identifier: MIT */
/* Cutting intervals, choosing where, and looking up the piece at a position. */
#include "tcg/regalloc/alloc.h"

uint32_t ra_split_position(const Ra *ra, uint32_t min, uint32_t max)
{
    if (ra->is_single || min >= max) {
        return max;
    }
    const MBlock *blocks = ra->m->blocks;
    uint32_t b = ra_block_at(ra, max), best = max;
    uint8_t best_weight = ra_weight(&blocks[b]);
    if (max == 2 * blocks[b].first && b > 1) {
        uint8_t before = ra_weight(&blocks[b - 1]);
        best_weight = before < best_weight ? before : best_weight;
    }
    for (; b > 1 && 2 * blocks[b].first >= min; b--) {
        uint8_t here = ra_weight(&blocks[b]), before = ra_weight(&blocks[b - 1]);
        uint8_t weight = here < before ? here : before;
        if (weight < best_weight) {
            best_weight = weight;
            best = 2 * blocks[b].first;
        }
    }
    /* No move can stand before a label: a cut there is the block's start. */
    return best;
}

/* Cuts the list of ranges at pos: returns the first range at or after it; *last is the one before.
 */
static uint32_t cut_ranges(Ra *ra, uint32_t first, uint32_t pos, uint32_t *last)
{
    uint32_t r = first;
    *last = 0;
    for (; r && ra->ranges[r].to <= pos; r = ra->ranges[r].next) {
        *last = r;
    }
    lyre_assert(r);
    if (ra->ranges[r].from < pos) {
        ra->ranges =
            arena_grow(ra->arena, ra->ranges, sizeof(Range), &ra->cap_ranges, ra->nranges + 1);
        uint32_t rest = ra->nranges++;
        ra->ranges[rest] = (Range){ pos, ra->ranges[r].to, ra->ranges[r].next };
        ra->ranges[r].to = pos;
        *last = r;
        r = rest;
    }
    ra->ranges[*last].next = 0;
    return r;
}

static void divide_uses(Ra *ra, Part *old, Part *child, uint32_t pos)
{
    uint32_t u = old->use, before = 0;
    for (; u && ra->uses[u].pos < pos; u = ra->uses[u].next) {
        before = u;
    }
    child->use = u;
    if (before) {
        ra->uses[before].next = 0;
    } else {
        old->use = 0;
    }
}

uint32_t ra_split(Ra *ra, uint32_t p, uint32_t pos)
{
    uint32_t id = ra->nparts++, v = ra->parts[p].vreg;
    ra->parts = arena_grow(ra->arena, ra->parts, sizeof(Part), &ra->cap_parts, ra->nparts);
    Part *old = &ra->parts[p], *child = &ra->parts[id];
    lyre_assert(old->begin < pos && pos < old->end);
    *child = (Part){ .begin = pos,
                     .end = old->end,
                     .next = old->next,
                     .vreg = v,
                     .loc.cls = old->loc.cls,
                     .flags = PART_IS_CHILD };
    old->end = pos;
    if (old->range) {
        uint32_t last;
        child->range = child->cursor = cut_ranges(ra, old->range, pos, &last);
        child->begin = ra->ranges[child->range].from;
        old->end = ra->ranges[last].to;
        if (ra->ranges[old->cursor].from >= pos) {
            old->cursor = last;
        }
    }
    if (p == v && !old->next) {
        ra->split =
            arena_grow(ra->arena, ra->split, sizeof(uint32_t), &ra->cap_split, ra->nsplit + 1);
        ra->split[ra->nsplit++] = v;
    }
    old->next = id;
    divide_uses(ra, old, child, pos);
    return id;
}

uint32_t ra_next_use(const Ra *ra, const Part *p, uint32_t pos)
{
    uint32_t u = p->use;
    while (u && ra->uses[u].pos < pos) {
        u = ra->uses[u].next;
    }
    return u;
}

uint32_t ra_next_reg_use(const Ra *ra, const Part *p, uint32_t pos)
{
    uint32_t u = ra_next_use(ra, p, pos);
    while (u && ra->uses[u].kind > USE_LATE) {
        u = ra->uses[u].next;
    }
    return u;
}

const Part *ra_part_at(const Ra *ra, uint32_t v, uint32_t pos)
{
    const Part *p = &ra->parts[v];
    while (p->next && ra->parts[p->next].begin <= pos) {
        p = &ra->parts[p->next];
    }
    return p;
}
