/* SPDX-License-Identifier: MIT */
/* Register allocation: the phases in their order. They are in regalloc/. */
#include "tcg/regalloc/alloc.h"

#include <string.h>

void mir_allocate(MRegion *m, const MHost *host, MAlloc *out)
{
    memset(out, 0, sizeof(*out));
    Ra ra = { .m = m,
              .host = host,
              .out = out,
              .arena = m->arena,
              .is_single = m->nblocks == 2 && !m->blocks[1].nsucc };
    ra.sure = m->pins_kept ? ra_sure_registers(host) : RA_NEVER;
    ra_build(&ra);
    if (out->is_failed) {
        return;
    }
    ra_choose_registers(&ra);
    ra_scan(&ra);
    if (out->is_failed) {
        return;
    }
    ra_assign_slots(&ra);
    if (out->is_failed) {
        return;
    }
    ra_resolve(&ra);
    ra_find_private(&ra);
    ra_assign(&ra);
}
