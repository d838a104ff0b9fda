/* SPDX-License-Identifier: MIT */
/* Epochs of the code cache, and the poll page by which threads are asked to look. */
#include "tcg/epoch.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tcg/jumptable.h"

enum { POLL_PAGE_SIZE = 4096, WAIT_NS = 2 * 1000 * 1000, PATIENCE = 50 };

/* Futex wake-ups are only sent while somebody waits; waiting has a time limit, so a lost one costs WAIT_NS. */
void epoch_signal_progress(Tcg *t)
{
    atomic_fetch_add(&t->epoch_futex, 1);
    syscall(SYS_futex, &t->epoch_futex, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
}

void epoch_enter_slow(TcgThread *th, uint64_t now)
{
    Tcg *t = th->tcg;
    while (atomic_load_explicit(&th->epoch, memory_order_relaxed) != now) {
        atomic_store(&th->epoch, now); /* seq_cst: ordered before the load that follows */
        now = atomic_load(&t->epoch);
    }
    if (UNLIKELY(th->flushed != now)) {
        th->flushed = now;
        th->state->return_sp = th->state->return_bottom;
        jumptable_clear(th->state);
        if (atomic_load_explicit(&t->epoch_waiters, memory_order_relaxed)) {
            epoch_signal_progress(t);
        }
    }
}

uint64_t epoch_advance(Tcg *t)
{
    return atomic_fetch_add(&t->epoch, 1) + 1;
}

static bool is_behind(const TcgThread *th, uint64_t epoch)
{
    uint64_t seen = atomic_load(&th->epoch);
    return seen != 0 && seen < epoch;
}

bool epoch_is_reached(Tcg *t, uint64_t epoch)
{
    bool is_reached = true;
    lock_acquire(&t->threads_lock);
    for (const TcgThread *th = t->threads; th && is_reached; th = th->next) {
        is_reached = !is_behind(th, epoch);
    }
    lock_release(&t->threads_lock);
    return is_reached;
}

void epoch_kick(Tcg *t, uint64_t epoch)
{
    lock_acquire(&t->threads_lock);
    for (TcgThread *th = t->threads; th; th = th->next) {
        if (is_behind(th, epoch)) {
            poll_close(th);
        }
    }
    lock_release(&t->threads_lock);
}

/* Threads that were killed, of a process that shares our memory, never leave by themselves. */
static void forget_dead(Tcg *t, uint64_t epoch)
{
    lock_acquire(&t->threads_lock);
    for (TcgThread *th = t->threads; th; th = th->next) {
        if (is_behind(th, epoch) && lock_is_gone(th->tid)) {
            atomic_store(&th->epoch, 0);
        }
    }
    lock_release(&t->threads_lock);
}

void epoch_wait(Tcg *t, uint64_t epoch)
{
    atomic_fetch_add(&t->epoch_waiters, 1);
    for (unsigned rounds = 1;; rounds++) {
        uint32_t seen = atomic_load(&t->epoch_futex);
        if (epoch_is_reached(t, epoch)) {
            break;
        }
        epoch_kick(t, epoch);
        if (rounds % PATIENCE == 0) {
            forget_dead(t, epoch);
        }
        struct timespec limit = { .tv_nsec = WAIT_NS };
        syscall(SYS_futex, &t->epoch_futex, FUTEX_WAIT, seen, &limit, NULL, 0);
    }
    atomic_fetch_sub(&t->epoch_waiters, 1);
}

void poll_close(TcgThread *th)
{
    atomic_store(&th->is_poll_closed, 1);
    mprotect((char *)th->state + STATE_POLL_PAGE, POLL_PAGE_SIZE, PROT_NONE);
}

void poll_open(TcgThread *th)
{
    atomic_store(&th->is_poll_closed, 0);
    mprotect((char *)th->state + STATE_POLL_PAGE, POLL_PAGE_SIZE, PROT_READ);
}
