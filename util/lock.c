/* SPDX-License-Identifier: MIT */
/* Futex lock with owner. */
#include "util/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <time.h>

#include "util/compiler.h"
#include "util/sys.h"

#define WAITERS 0x80000000u
#define FOREIGN 0x40000000u /* beyond all tids */

enum { PATIENCE_NS = 100 * 1000 * 1000 }; /* before the owner's life is doubted */

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

void lock_mark_foreign(void) { cached_tid = current_tid() | FOREIGN; }
uint32_t lock_own_id(void) { return current_tid(); }

bool lock_is_gone(uint32_t tid)
{
    if ((tid | current_tid()) & FOREIGN) {
        return false;
    }
    int64_t r = sys_call(SYS_kcmp, current_tid(), tid, KCMP_VM, 0, 0, 0);
    return r == -ESRCH || r > 0 || (r < 0 && sys_call2(SYS_tkill, tid, 0) == -ESRCH);
}

/* A dead owner's lock becomes ours. */
static NOINLINE bool take_from_dead(Lock *l)
{
    uint32_t owner = atomic_load(&l->word) & ~WAITERS;
    if (owner == 0 || !lock_is_gone(owner) || !lock_take_over(l, owner)) {
        return false;
    }
    if (l->repair) {
        l->repair(l);
    }
    return true;
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
        const struct timespec patience = { .tv_nsec = PATIENCE_NS };
        int64_t r = sys_call4(SYS_futex, SYS_PTR(&l->word), FUTEX_WAIT, word | WAITERS, SYS_PTR(&patience));
        if (UNLIKELY(r == -ETIMEDOUT) && take_from_dead(l)) {
            return;
        }
    }
}

void lock_release(Lock *l)
{
    uint32_t old = atomic_exchange_explicit(&l->word, 0, memory_order_release);
    if (UNLIKELY(old & WAITERS)) {
        sys_call3(SYS_futex, SYS_PTR(&l->word), FUTEX_WAKE, 1);
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

void lock_break(Lock *l, uint32_t owner)
{
    if (lock_take_over(l, owner)) {
        if (l->repair) {
            l->repair(l);
        }
        lock_release(l);
    }
}
