/* SPDX-License-Identifier: MIT */
/*
 * What the files of the run time share: the translator of one address space (Tcg) and its threads. Modules: epoch.h (who may still
 * run old code), map.h (key -> code), codecache.h (regions in memory), link.h, smc.h, region.h (guest code -> IR), translate.h.
 *
 * LOCKS  publish: code cache, map writes, links, inline caches, page index. Short: never held across a wait, a guest access or a
 *        callback, so a thread may take it while it is online (epoch.h), a fault handler included.
 *        threads: the list of threads. Order: publish, then threads.
 */
#ifndef LYRE_TCG_RUNTIME_H
#define LYRE_TCG_RUNTIME_H

#include <stdatomic.h>

#include "tcg/code.h"
#include "tcg/codecache.h"
#include "tcg/builder.h"
#include "tcg/exec.h"
#include "tcg/map.h"
#include "tcg/smc.h"
#include "tcg/target.h"
#include "util/compiler.h"
#include "util/lock.h"

typedef struct Translator Translator; /* translate.h */
typedef struct InterpCache InterpCache; /* interp_cache.h */

enum { INTERP_PAGE_WORDS = 256 };

typedef struct TcgThread {
    CpuState *state;
    Tcg *tcg;
    struct TcgThread *next, **pprev; /* guarded by: Tcg.threads */
    /* 0: holds nothing of the code cache; else the epoch seen when it last held nothing. Own line: others read it. */
    _Alignas(64) _Atomic uint64_t epoch;
    _Atomic uint32_t stop;           /* tcg_request_stop was called */
    _Atomic uint32_t is_poll_closed;
    uint32_t tid;                    /* of the host thread that runs it */
    _Alignas(64) uint64_t flushed;   /* epoch for which return stack and table were last emptied */
    Translator *translator;          /* made at the first translation */
    InterpCache *interp;             /* engine=interp */
    struct Tier0 *tier0;             /* made at the first visit */
    TcgStats stats;                  /* written by this thread alone */
} TcgThread;

struct Tcg {
    const Target *target;
    TcgSettings settings;
    const TcgMemOps *ops;
    void *mm;
    TcgWriteHit *write_hit;
    TcgSyscall *syscall;             /* NULL: tcg_run returns */

    bool is_parallel;                /* somebody else may reach the guest's memory: tcg_set_parallel */

    Lock publish;
    CodeCache cache;                 /* guarded by: publish */
    CodeMap map;                     /* writes guarded by: publish */
    PageIndex pages;                 /* guarded by: publish */
    _Atomic uint64_t invalidations;  /* counts tcg_invalidate: a translation that saw an older count is checked again */

    /* interp_cache.c: pages (hashed) of which some thread may hold IR, and how often one of them was invalidated */
    _Atomic uint64_t interp_pages[INTERP_PAGE_WORDS];
    _Atomic uint8_t guard_fails[1 << IR_GUARD_BITS]; /* by IR_GUARD_PLACE: code left there for the interpreter; saturates */
    _Atomic uint64_t interp_invalidations;

    Lock threads_lock;
    TcgThread *threads;              /* guarded by: threads_lock */
    _Atomic bool has_threads;        /* more than one: written under threads_lock, changed to true by a thread that is offline when there was one */
    TcgStats finished;               /* of threads that are gone; guarded by: threads_lock */
    TcgStats shared;                 /* what is counted under publish; guarded by: publish */

    _Atomic uint64_t epoch;
    _Atomic uint32_t epoch_futex, epoch_waiters;

    uint16_t pin_home[STATE_PINS];
    bool has_phases;     /* TcgStats.phase_ns is counted */
    uint64_t clock_cost; /* of reading the CPU clock, in ns; 0: it is not read (stats.h) */
};

/* No code is made. */
static inline bool tcg_is_interpreted(const Tcg *t)
{
    return t->settings.engine == TCG_ENGINE_INTERP || t->settings.engine == TCG_ENGINE_DIRECT;
}

/* What an exit left as the state's pc becomes one: a computed target may have bits that no pc has. */
static inline void tcg_arrive(TcgThread *th)
{
    const Target *target = th->tcg->target;
    if (target->arrive) {
        target->arrive(th->state);
    } else {
        th->state->pc &= target->pc_mask;
    }
}

/* -d with -dfilter. */
static inline bool tcg_is_logged(const Tcg *t, uint32_t bits, uint64_t pc)
{
    const TcgSettings *s = &t->settings;
    if (LIKELY(!(s->log & bits))) {
        return false;
    }
    for (unsigned i = 0; i < s->nlog_ranges; i++) {
        if (pc >= s->log_range[i].start && pc <= s->log_range[i].last) {
            return true;
        }
    }
    return s->nlog_ranges == 0;
}

static inline int tcg_log_fd(const Tcg *t)
{
    return t->settings.log_fd_of ? t->settings.log_fd_of() : t->settings.log_fd;
}

#endif
