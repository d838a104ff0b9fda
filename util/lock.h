/* SPDX-License-Identifier: MIT */
/* A futex lock that knows its owner's tid: usable without pthread, in raw-cloned children and before TLS exists. Not recursive.
 * Processes may share memory (vfork, CLONE_VM), and any may be killed anywhere: who waits long for a lock whose owner no longer runs in this
 * memory takes it over and repairs what it guards. */
#ifndef LYRE_UTIL_LOCK_H
#define LYRE_UTIL_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Lock {
    _Atomic uint32_t word; /* tid of the owner, top bit: somebody waits; 0: free */
    void (*repair)(struct Lock *l); /* makes whole what a dead owner left; NULL: nothing can be left half done */
} Lock;

#define LOCK_INIT { 0 }

void lock_acquire(Lock *l);
bool lock_try_acquire(Lock *l);
void lock_release(Lock *l);
/* After fork in the child: the lock belongs to the only thread that is left. */
void lock_reset(Lock *l);
/* After fork in the child, before it takes a lock: the thread has another tid now. */
void lock_forget_tid(void);
/* Acquires a lock that `owner`, known to be dead, never released. false: it is not the owner. */
bool lock_take_over(Lock *l, uint32_t owner);
/* The same, with repair and release: nothing happens when `owner` is not the owner. */
void lock_break(Lock *l, uint32_t owner);
/* Whether a thread no longer runs in this memory: it has ended, a zombie perhaps, or has executed something else. */
bool lock_is_gone(uint32_t tid);
/* The calling thread shares memory with those of another pid namespace, where its tid means somebody else: it is told apart, believes nobody to
 * be dead, and is not believed to be. */
void lock_mark_foreign(void);
/* What the calling thread writes into its locks; `owner` above. */
uint32_t lock_own_id(void);

#endif
