/* SPDX-License-Identifier: MIT */
/* A futex lock that knows its owner's tid: usable without pthread, in raw-cloned children and before TLS exists. Not
 * recursive. A lock whose owner died can be taken over, and its structure rebuilt. */
#ifndef LYRE_UTIL_LOCK_H
#define LYRE_UTIL_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Lock {
    _Atomic uint32_t word; /* tid of the owner, top bit: somebody waits; 0: free */
} Lock;

#define LOCK_INIT { 0 }

void lock_acquire(Lock *l);
bool lock_try_acquire(Lock *l);
void lock_release(Lock *l);
/* After fork in the child: the lock belongs to the only thread that is left. */
void lock_reset(Lock *l);
/* After fork in the child, before it takes a lock: the thread has another tid now. */
void lock_forget_tid(void);
bool lock_is_held_by_dead(const Lock *l);
/* Acquires a lock that `owner`, known to be dead, never released. false: it is not the owner. */
bool lock_take_over(Lock *l, uint32_t owner);

#endif
