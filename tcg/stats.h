/* SPDX-License-Identifier: MIT */
/* Counters and the clock for them. */
#ifndef LYRE_TCG_STATS_H
#define LYRE_TCG_STATS_H

#include "tcg/runtime.h"
#include "tcg/x86_64/hostclock.h"

/* Ticks of a clock that costs next to nothing; stats_ns converts differences. */
static inline uint64_t stats_clock(void) { return host_clock(); }
/* Adds the time since *start to a phase and starts the next. */
static inline void stats_phase(TcgStats *s, TcgPhase phase, uint64_t *start)
{
    uint64_t now = stats_clock();
    s->phase_ns[phase] += now - *start;
    *start = now;
}
void stats_start(Tcg *t);
void stats_add(TcgStats *sum, const TcgStats *more);

#endif
