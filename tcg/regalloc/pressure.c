/* SPDX-License-Identifier: MIT */
/* Which registers may be used: pins that the region leaves alone are kept, unless so many values
 * want registers that borrowing pays. */
#include "tcg/regalloc/alloc.h"

enum {
    /* Values without a register that are not worth a borrowed pin (a store at each entry, a load at
       each exit) */
    TOLERATED = 1,
};

uint32_t ra_sure_registers(const MHost *host)
{
    uint32_t pins = 0;
    for (unsigned k = 0; k < host->npins; k++) {
        pins |= 1u << host->pins[k];
    }
    return __builtin_popcount(host->allocatable[M_GPR] & ~pins);
}

static uint32_t wanted_registers(const Ra *ra)
{
    uint32_t straight = ra->pressure[M_GPR][0], loops = ra->pressure[M_GPR][1];
    uint32_t want = straight > TOLERATED ? straight - TOLERATED : 0;
    want = loops > want ? loops : want;
    return ra->demand[M_GPR] > want ? ra->demand[M_GPR] : want;
}

void ra_choose_registers(Ra *ra)
{
    const MHost *h = ra->host;
    uint32_t all = h->allocatable[M_GPR], free = ra->m->pins_kept & ((1u << h->npins) - 1);
    uint32_t have = free ? __builtin_popcount(all) - __builtin_popcount(free) : 0;
    uint32_t want = wanted_registers(ra);
    while (free) {
        unsigned k = 31 - __builtin_clz(free); /* the coldest first */
        uint32_t bit = 1u << h->pins[k];
        free &= ~(1u << k);
        if (have < want || ra->fixed_mask[M_GPR] & bit) {
            ra->out->borrowed |= 1u << k;
            have++;
        } else {
            all &= ~bit;
        }
    }
    ra->files[M_GPR].allocatable = all;
    ra->files[M_VEC].allocatable = h->allocatable[M_VEC] & ~(1u << h->scratch_vec);
}
