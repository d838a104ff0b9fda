/* SPDX-License-Identifier: MIT */
/* References between regions: direct links and inline caches. All functions need Tcg.publish. */
#ifndef LYRE_TCG_LINK_H
#define LYRE_TCG_LINK_H

#include "tcg/runtime.h"

/* Makes the row lead to `code`, which belongs to `to`. */
void link_connect(Tcg *t, Region *from, LinkRow *row, Region *to, void *code);
/* Fills an empty inline cache. */
void link_fill_ic(Tcg *t, Region *from, IcRow *row, uint64_t pc, Region *to, void *code);
/* Whoever leads to `r` leads to what the map has for its key now, else to the slow way. */
void link_retarget_incoming(Tcg *t, Region *r);
/* r's own references go back to their stubs: nothing will keep them up to date. */
void link_drop_outgoing(Tcg *t, Region *r);

#endif
