/* SPDX-License-Identifier: MIT */
/*
 * Signals: host handlers take, the run loop delivers. See DESIGN "Signals".
 *
 * The host's kernel keeps dispositions, masks and queues as the guest has set them: an ignored or default signal is ignored or default on the host
 * (job control, SIGCHLD and EINTR are then the kernel's own), a blocked one is blocked. A host handler takes one signal and returns with all
 * signals blocked; signal_deliver gives it to the guest and sets the mask that the guest's handler runs with, so that the order is the kernel's.
 * Only the five signals of faults cannot be blocked or reset on the host; sent by kill() they are kept in the task.
 */
#ifndef LYRE_LINUX_USER_SIGNAL_H
#define LYRE_LINUX_USER_SIGNAL_H

#include "linux-user/task.h"

enum { SIGNAL_SET_SIZE = 8, SIGNAL_MINSTACK = 2048 };
/* Flags of SigAction, as in all generic ABIs. */
enum {
    SIGNAL_SA_NOCLDSTOP = 1, SIGNAL_SA_NOCLDWAIT = 2, SIGNAL_SA_SIGINFO = 4, SIGNAL_SA_ONSTACK = 0x08000000, SIGNAL_SA_RESTART = 0x10000000,
    SIGNAL_SA_NODEFER = 0x40000000,
};
#define SIGNAL_SS_AUTODISARM 0x80000000u
#define SIGNAL_SA_RESETHAND 0x80000000u
#define SIGNAL_BIT(sig) (1ull << ((sig)-1))

/* Takes dispositions and mask over from the host and installs the host handlers, once per process; then once per host thread the alternate stack.
 * signal_init_thread is called with all signals blocked and leaves them so: signal_unblock gives the thread its mask. */
void signal_init_process(Task *t);
void signal_init_thread(Task *t);
void signal_unblock(Task *t);
/* Frees the stack; all signals are blocked. `is_current` when called on the thread itself, which keeps using no handler. */
void signal_finish_thread(Task *t);

/* Blocks everything but faults, for work that no signal may interrupt; -ERESTART_NOINTR when one waits already. signal_unblock ends it. */
int64_t signal_block(Task *t);

/* Delivers what is pending and not blocked: called by the run loop after each system call and TCG_EVENT_STOP. */
void signal_deliver(Task *t);
/* Whether it has anything to do. */
static inline bool signal_must_deliver(Task *t) { return atomic_load_explicit(&t->has_pending, memory_order_relaxed) | t->has_saved_mask; }
/* Forces a synchronous signal (fault, trap) with kernel siginfo onto the current task. */
void signal_force(Task *t, int sig, int code, uint64_t addr);
void signal_force_info(Task *t, const siginfo_t *info);

/* Guest mask changes; the host mask follows (guest mask minus the faults). -ERESTART_NOINTR: a signal that came before must be delivered first. */
int64_t signal_set_mask(Task *t, uint64_t mask);

/* A mask argument: 0 with the mask when addr is not null; -EINVAL for a wrong size, -EFAULT. */
int64_t signal_read_mask(uint64_t addr, uint64_t size, uint64_t *mask);
/* After a host call that waited with another mask: a handler that ended it runs under that mask, and its frame has the old one. */
void signal_note_wait(Task *t, uint64_t mask, int64_t result);

int64_t signal_sigaction(Task *t, int sig, const SigAction *act, SigAction *old);
/* Whether sp is on the alternate stack; ss_flags as sigaltstack reports them. */
bool signal_is_on_altstack(const Task *t, uint64_t sp);
int signal_altstack_flags(const Task *t, uint64_t sp);
/* Where a frame of `size` bytes for this action goes: 16-byte aligned, 0 when it would leave the alternate stack. */
uint64_t signal_frame_address(const Task *t, const SigAction *action, uint64_t sp, uint64_t size);
/* sigaltstack's checks and change, also for sigreturn: new_sp etc. from a stack_t. 0 or negative errno. */
int64_t signal_set_altstack(Task *t, uint64_t sp, uint64_t size, int flags, uint64_t guest_sp);

/* Dispositions and mask as a program run by execve must find them; and back when execve has failed. */
void signal_before_exec(Task *t);
void signal_after_exec(Task *t);

#endif
