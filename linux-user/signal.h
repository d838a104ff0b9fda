/* SPDX-License-Identifier: MIT */
/* Signals: host handlers queue, the run loop delivers. See DESIGN "Signals". */
#ifndef LYRE_LINUX_USER_SIGNAL_H
#define LYRE_LINUX_USER_SIGNAL_H

#include "linux-user/task.h"

/* Installs the host handlers (once per process) and, per host thread, the alternate stack and the host mask. */
void signal_init_process(Task *t);
void signal_init_thread(Task *t);
void signal_finish_thread(Task *t);

/* Delivers what is pending and not blocked: called by the run loop after each system call and TCG_EVENT_STOP. */
void signal_deliver(Task *t);
/* Forces a synchronous signal (fault, trap) with kernel siginfo onto the current task. */
void signal_force(Task *t, int sig, int code, uint64_t addr);

/* Guest mask changes; the host mask follows (guest mask minus the synchronous five). */
void signal_set_mask(Task *t, uint64_t mask);

int64_t signal_sigaction(Task *t, int sig, const SigAction *act, SigAction *old);

#endif
