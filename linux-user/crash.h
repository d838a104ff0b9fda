/* SPDX-License-Identifier: MIT */
/* What a person is told when a program dies by a signal, or when we fail ourselves. */
#ifndef LYRE_LINUX_USER_CRASH_H
#define LYRE_LINUX_USER_CRASH_H

#include "linux-user/task.h"

/* The program dies by `sig` (its default action dumps core): the line that scripts know; for a fault, where it was; under -d crash
 * registers, memory map and the last system calls, too. */
void crash_report_guest(Task *t, int sig, const siginfo_t *info);

/* An error of ours, of which one line has been said: always the whole report, with the host's memory map. Takes no lock. t may be NULL. */
void crash_report_own(Task *t);

#endif
