/* SPDX-License-Identifier: MIT */
/* Counters and the clock for them. */
#ifndef LYRE_TCG_STATS_H
#define LYRE_TCG_STATS_H

#include "tcg/runtime.h"
#include "tcg/x86_64/hostclock.h"

/*
 * What translation costs is CPU time of the thread, so that other processes do not count: read around whole regions, and only with
 * -d stats, as each reading is a system call. The phases are shares of it by the host's cheapest clock; 0: nobody wants them.
 */
static inline uint64_t stats_clock(const Tcg *t) { return UNLIKELY(t->has_phases) ? host_clock() : 0; }
/* CPU time of the thread in ns; 0 when nobody wants it. */
uint64_t stats_cpu(const Tcg *t);
/* A translation for the tier began at `start` (stats_cpu). */
void stats_translated(TcgThread *th, unsigned tier, uint64_t start);
/* Adds the ticks since *start to a phase and starts the next. */
static inline void stats_phase(TcgThread *th, TcgPhase phase, uint64_t *start)
{
    uint64_t now = stats_clock(th->tcg);
    th->stats.phase_ns[phase] += now - *start;
    *start = now;
}
void stats_start(Tcg *t);
void stats_add(TcgStats *sum, const TcgStats *more);

#endif
