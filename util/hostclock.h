/* SPDX-License-Identifier: MIT */
/* The host's clocks without a system call: its vDSO, called directly. For the run path: no lock, no errno. */
#ifndef LYRE_UTIL_HOSTCLOCK_H
#define LYRE_UTIL_HOSTCLOCK_H

#include <time.h>

/* 0 or a negative errno. */
int hostclock_get(clockid_t clock, struct timespec *out);

#endif
