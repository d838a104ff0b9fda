/* SPDX-License-Identifier: MIT */
/* Regions kept as IR for engine=interp, per thread, and single instructions for the rare cases of the others. */
#ifndef LYRE_TCG_INTERP_CACHE_H
#define LYRE_TCG_INTERP_CACHE_H

#include "tcg/runtime.h"

/* Runs from the state's pc to the next exit of a region. TCG_EVENT_NONE: go on at the new pc. */
TcgEvent interp_step_region(TcgThread *th);
/* Runs the one instruction at pc. */
TcgEvent interp_step_insn(TcgThread *th);
/* Guest code in [start, end) changed. */
void interp_cache_invalidate(Tcg *t, uint64_t start, uint64_t end);
void interp_cache_free(InterpCache *c);

#endif
