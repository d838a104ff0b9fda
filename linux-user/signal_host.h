/* SPDX-License-Identifier: MIT */
/* Signals on the host's side: kernel sigaction and masks by raw system call, the alternate stack, the handler that takes signals. */
#ifndef LYRE_LINUX_USER_SIGNAL_HOST_H
#define LYRE_LINUX_USER_SIGNAL_HOST_H

#include "linux-user/signal.h"

/* Index of the five signals that faults raise (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP), or -1. */
int signal_fault_index(int sig);
int signal_fault_number(unsigned index);
/* Their bits. */
uint64_t signal_fault_mask(void);

/* What the default action of a signal is. */
typedef enum SignalDefault { SIGNAL_TERMINATE, SIGNAL_CORE, SIGNAL_IGNORE, SIGNAL_STOP, SIGNAL_CONTINUE } SignalDefault;
SignalDefault signal_default(int sig);

/* Whether a default action is ours to do: those that dump core; under -strace all that end the process, so that it is told. */
bool signal_host_does_default(int sig);
/* At start: -strace. */
void signal_host_tell_deaths(void);

/* Brings the host's disposition in line with the guest's action. */
void signal_host_install(int sig, const SigAction *action);
/* Whether the host ignores it. */
bool signal_host_is_ignored(int sig);
void signal_host_reset(int sig);
void signal_host_ignore(int sig);
/* Sets the host's mask; the faults are never in it unless `is_exact`. */
void signal_host_mask(uint64_t mask, bool is_exact);
uint64_t signal_host_get_mask(void);

/* False: no memory. */
bool signal_host_stack_new(Task *t);
/* The task of the calling thread, found by its alternate stack; NULL: it has none. */
Task *signal_host_task(void);
void signal_host_stack_use(Task *t);
void signal_host_stack_free(Task *t);

#endif
