/* SPDX-License-Identifier: MIT */
/* Futex lock with owner. */
#include "util/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/compiler.h"
#include "util/sys.h"

#define WAITERS 0x80000000u

/* The thread's own tid: 0 until asked for. Host threads have thread-local storage of their own (linux-user/host_tls.c). */
static __thread uint32_t cached_tid __attribute__((tls_model("initial-exec")));
static bool has_tls; /* false until the C library has set the first thread's storage up */

__attribute__((constructor)) static void note_tls(void) { has_tls = true; }

static uint32_t current_tid(void)
{
    if (UNLIKELY(!has_tls)) {
        return (uint32_t)sys_call1(SYS_gettid, 0);
    }
    if (UNLIKELY(cached_tid == 0)) {
        cached_tid = (uint32_t)sys_call1(SYS_gettid, 0);
    }
    return cached_tid;
}

void lock_forget_tid(void) { cached_tid = 0; }

bool lock_try_acquire(Lock *l)
{
    uint32_t expected = 0;
    return atomic_compare_exchange_strong_explicit(&l->word, &expected, current_tid(), memory_order_acquire,
                                                   memory_order_relaxed);
}

void lock_acquire(Lock *l)
{
    if (LIKELY(lock_try_acquire(l))) {
        return;
    }
    uint32_t tid = current_tid();
    for (;;) {
        uint32_t word = atomic_load_explicit(&l->word, memory_order_relaxed);
        if (word == 0) {
            /* others may be waiting: take it with the waiters' bit set */
            if (atomic_compare_exchange_strong_explicit(&l->word, &word, tid | WAITERS, memory_order_acquire,
                                                        memory_order_relaxed)) {
                return;
            }
            continue;
        }
        if (!(word & WAITERS) && !atomic_compare_exchange_strong_explicit(&l->word, &word, word | WAITERS,
                                                                          memory_order_relaxed,
                                                                          memory_order_relaxed)) {
            continue;
        }
        syscall(SYS_futex, &l->word, FUTEX_WAIT, word | WAITERS, NULL, NULL, 0);
    }
}

void lock_release(Lock *l)
{
    uint32_t old = atomic_exchange_explicit(&l->word, 0, memory_order_release);
    if (UNLIKELY(old & WAITERS)) {
        syscall(SYS_futex, &l->word, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

void lock_reset(Lock *l)
{
    atomic_store(&l->word, 0);
}

bool lock_take_over(Lock *l, uint32_t owner)
{
    uint32_t word = atomic_load(&l->word);
    while ((word & ~WAITERS) == owner && owner != 0) {
        if (atomic_compare_exchange_weak(&l->word, &word, current_tid() | WAITERS)) {
            return true;
        }
    }
    return false;
}

bool lock_is_held_by_dead(const Lock *l)
{
    uint32_t owner = atomic_load(&l->word) & ~WAITERS;
    return owner != 0 && syscall(SYS_tgkill, getpid(), owner, 0) < 0 && errno == ESRCH;
}
