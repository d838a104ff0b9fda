/* SPDX-License-Identifier: MIT */
/* Where intervals meet: two of them; one and the fixed ones of a register. */
#include "tcg/regalloc/alloc.h"

uint32_t ra_meet(const Ra *ra, const Part *a, const Part *b)
{
    Range x = ra_range(ra, a), y = ra_range(ra, b);
    for (;;) {
        if (x.to <= y.from) {
            if (!x.next) {
                return RA_NEVER;
            }
            x = ra->ranges[x.next];
        } else if (y.to <= x.from) {
            if (!y.next) {
                return RA_NEVER;
            }
            y = ra->ranges[y.next];
        } else {
            return x.from > y.from ? x.from : y.from;
        }
    }
}

uint32_t ra_meet_idle(const Ra *ra, const Part *p, unsigned r)
{
    uint32_t first = RA_NEVER;
    for (uint32_t q = ra->files[p->loc.cls].idle[r]; q; q = ra->parts[q].idle) {
        uint32_t at = ra_meet(ra, p, &ra->parts[q]);
        first = at < first ? at : first;
    }
    return first;
}

/* The cursor of fixed intervals only moves on: parts come in order of their begin. */
uint32_t ra_meet_fixed(Ra *ra, const Part *p, unsigned r)
{
    RegFile *file = &ra->files[p->loc.cls];
    const Fixed *fixed = ra->fixed;
    uint32_t f = file->fixed[r];
    if (file->fixed_from[r] >= p->end) {
        return RA_NEVER;
    }
    while (f && fixed[f].to <= p->begin) {
        f = fixed[f].next;
    }
    file->fixed[r] = f;
    file->fixed_from[r] = f ? fixed[f].from : RA_NEVER;
    Range x = ra_range(ra, p);
    for (; f && fixed[f].from < p->end; f = fixed[f].next) {
        if (fixed[f].owner == p->vreg) {
            continue;
        }
        while (x.to <= fixed[f].from) {
            if (!x.next) {
                return RA_NEVER;
            }
            x = ra->ranges[x.next];
        }
        if (x.from < fixed[f].to) {
            return x.from > fixed[f].from ? x.from : fixed[f].from;
        }
    }
    return RA_NEVER;
}
