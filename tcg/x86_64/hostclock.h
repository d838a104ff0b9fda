/* SPDX-License-Identifier: MIT */
/* The host's cheapest clock, in ticks of its own. */
#ifndef LYRE_TCG_X86_64_HOSTCLOCK_H
#define LYRE_TCG_X86_64_HOSTCLOCK_H

#include <stdint.h>

static inline uint64_t host_clock(void) { return __builtin_ia32_rdtsc(); }

#endif
