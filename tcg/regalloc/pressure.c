/* SPDX-License-Identifier: MIT */
/* Which registers may be used: pins that the region leaves alone are kept, unless so many values
 * want registers that borrowing pays. */
#include "tcg/regalloc/alloc.h"

enum {
    /* Values without a register that are not worth a borrowed pin (a store at each entry, a load at
       each exit) */
    TOLERATED = 1,
};

void ra_choose_registers(Ra *ra)
{
    const MHost *h = ra->host;
    uint32_t kept = 0, free = ra->m->pins_kept, needed = 0;
    for (unsigned k = 0; k < h->npins; k++) {
        if (free >> k & 1) {
            kept |= 1u << h->pins[k];
            if (ra->fixed_mask[M_GPR] >> h->pins[k] & 1) {
                needed |= 1u << k;
            }
        }
    }
    uint32_t all = h->allocatable[M_GPR] | kept;
    uint32_t straight = ra->pressure[M_GPR][0], loops = ra->pressure[M_GPR][1],
             demand = ra->demand[M_GPR];
    uint32_t want = straight > TOLERATED ? straight - TOLERATED : 0;
    want = loops > want ? loops : want;
    want = demand > want ? demand : want;
    for (unsigned k = h->npins; k-- > 0;) {
        uint32_t have = __builtin_popcount(all & ~kept);
        bool is_borrowed = needed >> k & 1 || (free >> k & 1 && have < want);
        if (is_borrowed) {
            ra->out->borrowed |= 1u << k;
            kept &= ~(1u << h->pins[k]);
        }
    }
    ra->files[M_GPR].allocatable = all & ~kept;
    ra->files[M_VEC].allocatable = h->allocatable[M_VEC] & ~(1u << h->scratch_vec);
}
