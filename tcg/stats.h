/* SPDX-License-Identifier: MIT */
/* Counters and the clock for them. */
#ifndef LYRE_TCG_STATS_H
#define LYRE_TCG_STATS_H

#include "tcg/runtime.h"
#include "tcg/x86_64/hostclock.h"

/*
 * What translation costs is CPU time of the thread, so that other processes do not count: read around whole regions, and only with
 * -d stats, as each reading is a system call (stats_start finds what that costs; it is not counted). The phases are shares of it by the
 * host's cheapest clock in some of the translations.
 */
/* CPU time of the thread in ns; 0 when nobody wants it. */
uint64_t stats_cpu(const Tcg *t);
/* A translation for the tier began at `start` (stats_cpu). */
void stats_translated(TcgThread *th, unsigned tier, uint64_t start);
/* The phases of a translation that stands for `weight` of its kind: small ones cost a thirtieth more if it is read in all of them. */
typedef struct PhaseClock {
    uint64_t start;
    uint32_t weight; /* 0: not this one */
    uint32_t n;      /* translations so far */
} PhaseClock;
enum { PHASE_SAMPLE = 8, PHASE_MAX_TICKS = 200000 };
static inline void stats_begin_phases(const Tcg *t, PhaseClock *c, bool is_large)
{
    bool is_taken = is_large || c->n++ % PHASE_SAMPLE == PHASE_SAMPLE / 2; /* not the first, which begins cold */
    c->weight = LIKELY(!t->has_phases) || !is_taken ? 0 : is_large ? 1 : PHASE_SAMPLE;
    c->start = c->weight ? host_clock() : 0;
}
/* Adds the ticks since the last phase's end to this one. */
static inline void stats_phase(TcgThread *th, TcgPhase phase, PhaseClock *c)
{
    if (c->weight) {
        uint64_t now = host_clock(), ticks = now - c->start;
        if (c->weight == 1 || ticks < PHASE_MAX_TICKS) { /* else another process ran */
            th->stats.phase_ns[phase] += ticks * c->weight;
        }
        c->start = now;
    }
}
void stats_start(Tcg *t);
void stats_add(TcgStats *sum, const TcgStats *more);

#endif
