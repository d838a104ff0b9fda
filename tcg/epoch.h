/* SPDX-License-Identifier: MIT */
/*
 * Who may still run code that was retired. A thread is online while it runs translated code or holds addresses of regions, rows or map
 * tables; offline otherwise (system calls, translation, waiting). Each retirement of code advances the epoch; a thread that comes
 * online in a new epoch first empties its return stack and jump table, so once every online thread has seen an epoch nothing
 * leads to code that was retired before it.
 */
#ifndef LYRE_TCG_EPOCH_H
#define LYRE_TCG_EPOCH_H

#include "tcg/runtime.h"

void epoch_enter_slow(TcgThread *th, uint64_t now);
void epoch_signal_progress(Tcg *t);

/* Goes online, or sees a new epoch when already online: from here on the caller holds no address that it had before. */
static inline void epoch_enter(TcgThread *th)
{
    Tcg *t = th->tcg;
    uint64_t now = atomic_load(&t->epoch);
    if (LIKELY(!atomic_load_explicit(&t->has_threads, memory_order_relaxed) && th->flushed == now)) {
        atomic_store_explicit(&th->epoch, now, memory_order_relaxed); /* nobody else reads it: no barrier, which costs as much as a system call's way */
    } else {
        epoch_enter_slow(th, now);
    }
}

static inline void epoch_leave(TcgThread *th)
{
    atomic_store_explicit(&th->epoch, 0, memory_order_release);
    if (UNLIKELY(atomic_load_explicit(&th->tcg->epoch_waiters, memory_order_relaxed))) {
        epoch_signal_progress(th->tcg);
    }
}

/* After code was retired: the returned epoch, once reached by all, says that it can be reused. */
uint64_t epoch_advance(Tcg *t);
bool epoch_is_reached(Tcg *t, uint64_t epoch);
/* Makes online threads that are behind `epoch` leave translated code soon. */
void epoch_kick(Tcg *t, uint64_t epoch);
/* Waits until the epoch is reached. The caller is offline and holds no lock. */
void epoch_wait(Tcg *t, uint64_t epoch);

/* Poll page of a thread. Closing is async-signal-safe. */
void poll_close(TcgThread *th);
void poll_open(TcgThread *th);

#endif
