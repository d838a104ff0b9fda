/* SPDX-License-Identifier: MIT */
/* No register is free: chooses the value whose next use is the farthest, and sends it to memory
 * until it needs a register again. */
#include "tcg/regalloc/alloc.h"

/* Part p is in memory from now on; when it needs a register at or after `from`, a further part is
 * made and queued. */
void ra_spill(Ra *ra, uint32_t p, uint32_t from)
{
    Part *part = &ra->parts[p];
    part->flags |= PART_IS_MEM;
    part->loc.kind = LOC_NONE;
    ra->parts[part->vreg].flags |= PART_IS_SPILLED;
    ra->nspilled++;
    uint32_t u = ra_next_reg_use(ra, part, from);
    if (u) {
        uint32_t min = ((from > part->begin ? from : part->begin) & ~1u) + 2, max = ra->uses[u].pos;
        lyre_assert(max > part->begin);
        uint32_t pos = min < max ? ra_split_position(ra, min, max) : max;
        ra_queue_push(ra, ra_split(ra, p, pos));
    }
}

/* Where active part x can be cut to free its register at pos; 0: it cannot, RA_NEVER: all of it can
 * go to memory. */
static uint32_t eviction_point(const Ra *ra, const Part *x, uint32_t pos)
{
    uint32_t even = pos & ~1u, min = x->begin;
    if (x->flags & PART_IS_DEF) {
        min = (x->begin & ~1u) + 2;
        if (min > even) {
            return 0;
        }
    }
    bool is_read = false;
    for (uint32_t u = x->use; u && ra->uses[u].pos <= even; u = ra->uses[u].next) {
        const Use *use = &ra->uses[u];
        if (use->pos < even) {
            min = (use->pos & ~1u) + 2;
        } else if (use->kind == USE_LATE || (use->kind == USE_REG && pos == even)) {
            return 0;
        } else if (use->kind == USE_REG) {
            is_read = true;
        }
    }
    if (is_read) {
        return pos; /* read, then overwritten by the result */
    }
    uint32_t at = ra_split_position(ra, min, even);
    return at <= x->begin ? RA_NEVER : at;
}

static void evict(Ra *ra, uint32_t x, uint32_t at, uint32_t pos)
{
    if (at != RA_NEVER) {
        x = ra_split(ra, x, at);
    }
    ra_spill(ra, x, pos);
}

static void evict_idle(Ra *ra, const Part *p, unsigned r, uint32_t pos)
{
    uint32_t *link = &ra->files[p->loc.cls].idle[r];
    while (*link) {
        uint32_t x = *link;
        Part *idle = &ra->parts[x];
        if (ra_meet(ra, p, idle) == RA_NEVER) {
            link = &idle->idle;
            continue;
        }
        *link = idle->idle;
        ra->nidle--;
        uint32_t at = ra->ranges[idle->cursor].from;
        uint32_t rest = ra_split(ra, x, at);
        ra_spill(ra, rest, pos);
        link = &ra->files[ra->parts[x].loc.cls].idle[r];
        p = &ra->parts[ra->current];
    }
}

enum { COLDER = 1 << 16 }; /* more than any distance */

/* How far away the next use is; uses after loops that pos is in count as farther. */
static uint32_t distance(const Ra *ra, const Part *x, uint32_t pos, uint8_t weight)
{
    uint32_t u = ra_next_use(ra, x, pos);
    if (!u) {
        return RA_NEVER - 1;
    }
    const Use *use = &ra->uses[u];
    uint32_t d = use->pos - pos;
    return use->weight < weight ? d + (weight - use->weight) * COLDER : d;
}

typedef struct Choice {
    unsigned reg;
    uint32_t distance, point, block;
} Choice;

/* The register whose values are needed again the latest. Not one that is lost to p before `least`.
 */
static Choice choose(Ra *ra, const Part *p, uint32_t least, uint8_t weight)
{
    RegFile *f = &ra->files[p->loc.cls];
    Choice best = { .reg = RA_NONE };
    for (const uint8_t *o = ra->host->order[p->loc.cls]; *o != RA_NONE; o++) {
        unsigned r = *o;
        if (!(f->allocatable >> r & 1)) {
            continue;
        }
        Choice c = { r, RA_NEVER, RA_NEVER, ra_meet_fixed(ra, p, r) };
        if (c.block < least) {
            continue;
        }
        if (f->busy >> r & 1) {
            const Part *x = &ra->parts[f->part[r]];
            c.point = eviction_point(ra, x, p->begin);
            if (!c.point) {
                continue;
            }
            c.distance = distance(ra, x, p->begin & ~1u, weight);
        }
        for (uint32_t q = f->idle[r]; q; q = ra->parts[q].idle) {
            if (ra_meet(ra, p, &ra->parts[q]) != RA_NEVER) {
                uint32_t d = distance(ra, &ra->parts[q], p->begin, weight);
                c.distance = d < c.distance ? d : c.distance;
            }
        }
        if (best.reg == RA_NONE || c.distance > best.distance) {
            best = c;
        }
    }
    return best;
}

/* Moves part x, which begins here, to a register of `candidates` that will do for this insn. */
static bool move_to(Ra *ra, uint32_t x, uint32_t candidates)
{
    RegFile *f = &ra->files[ra->parts[x].loc.cls];
    uint32_t begin = ra->parts[x].begin, need = ra_min_end(ra, &ra->parts[x]);
    for (; candidates; candidates &= candidates - 1) {
        unsigned q = __builtin_ctz(candidates);
        uint32_t point = f->busy >> q & 1 ? eviction_point(ra, &ra->parts[f->part[q]], begin) : 1;
        uint32_t until = ra_meet_fixed(ra, &ra->parts[x], q);
        uint32_t idle = ra_meet_idle(ra, &ra->parts[x], q);
        until = idle < until ? idle : until;
        if (!point || until < need) {
            continue;
        }
        if (f->busy >> q & 1) {
            f->busy &= ~(1u << q);
            evict(ra, f->part[q], point, begin);
        }
        ra_take_until(ra, x, q, until);
        return true;
    }
    return false;
}

/* Every register that would do for p is held by an operand of this very insn. One of those may be
 * content with a register that is free, or whose value can go to memory. */
static bool relocate(Ra *ra, uint32_t p)
{
    RegFile *f = &ra->files[ra->parts[p].loc.cls];
    uint32_t begin = ra->parts[p].begin, min = ra_min_end(ra, &ra->parts[p]);
    for (uint32_t m = begin & 1 ? 0 : f->busy & f->allocatable; m; m &= m - 1) {
        unsigned r = __builtin_ctz(m);
        uint32_t x = f->part[r];
        if (ra_meet_fixed(ra, &ra->parts[p], r) < min ||
            (ra->parts[x].flags & PART_IS_DEF && ra->parts[x].begin >= begin)) {
            continue;
        }
        x = ra->parts[x].begin < begin ? ra_split(ra, x, begin) : x;
        f->busy &= ~(1u << r);
        f->until[r] = 0;
        uint32_t others = f->allocatable & ~(1u << r);
        if (move_to(ra, x, others & ~f->busy) || move_to(ra, x, others & f->busy)) {
            return true;
        }
        ra_take(ra, x, r);
    }
    return false;
}

/* Gives p the register that was chosen; those that were in it go to memory. */
static void displace(Ra *ra, uint32_t id, Choice c)
{
    uint32_t begin = ra->parts[id].begin;
    RegFile *f = &ra->files[ra->parts[id].loc.cls];
    ra->current = id;
    if (f->busy >> c.reg & 1) {
        f->busy &= ~(1u << c.reg);
        evict(ra, f->part[c.reg], c.point, begin);
    }
    evict_idle(ra, &ra->parts[id], c.reg, begin);
    ra_take_until(ra, id, c.reg, c.block);
}

bool ra_displace_colder(Ra *ra, uint32_t id)
{
    const Part *p = &ra->parts[id];
    uint8_t weight = ra_weight(&ra->m->blocks[ra_block_at(ra, p->begin)]);
    Choice c = weight < 2 ? (Choice){ .reg = RA_NONE } : choose(ra, p, p->end, weight);
    if (c.reg == RA_NONE || c.distance < COLDER) {
        return false;
    }
    displace(ra, id, c);
    return true;
}

void ra_allocate_blocked(Ra *ra, uint32_t id)
{
    const Part *p = &ra->parts[id];
    uint32_t begin = p->begin, min = ra_min_end(ra, p);
    uint8_t weight = ra->is_single ? 1 : ra_weight(&ra->m->blocks[ra_block_at(ra, begin)]);
    bool is_must = min > begin;
    if (!is_must && !ra_next_use(ra, p, begin)) {
        ra_spill(ra, id, begin);
        return;
    }
    uint32_t use = is_must ? 0 : ra_next_use(ra, p, begin);
    Choice c = choose(ra, p, use ? ra->uses[use].pos + 1 : min, weight);
    if (!is_must && (c.reg == RA_NONE || c.distance <= distance(ra, p, begin, weight))) {
        ra_spill(ra, id, begin);
        return;
    }
    if (c.reg == RA_NONE) {
        if (relocate(ra, id)) {
            ra_queue_push(ra, id);
        } else {
            ra->out->is_failed = true;
        }
        return;
    }
    displace(ra, id, c);
}

/* A value that is loaded from its home: stays there until a register is wanted, or for good when it
 * is used but once from memory. */
bool ra_begin_in_memory(Ra *ra, uint32_t v)
{
    const Part *p = &ra->parts[v];
    uint32_t u = p->use;
    if (!ra->m->vregs[v].home) {
        return false;
    }
    bool is_never = !u || (ra->uses[u].pos & ~1u) >= p->end;
    bool is_once = is_never || (!ra->uses[u].next && ra->uses[u].kind > USE_LATE);
    uint32_t begin = (p->begin & ~1u) + 2;
    if (!is_once && ra->uses[u].pos <= begin) {
        return false;
    }
    ra->parts[v].flags |= PART_IS_MEM;
    ra->parts[v].flags |= PART_IS_SPILLED;
    ra->nspilled++;
    if (!is_once) {
        ra_queue_push(ra, ra_split(ra, v, ra_split_position(ra, begin, ra->uses[u].pos & ~1u)));
    }
    return true;
}
