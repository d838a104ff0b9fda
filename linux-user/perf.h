/* SPDX-License-Identifier: MIT */
/* Names of translated code for Linux's perf: -perfmap, -jitdump. */
#ifndef LYRE_LINUX_USER_PERF_H
#define LYRE_LINUX_USER_PERF_H

#include "linux-user/options.h"

/* At start, before the address space is made: sets o->tcg.on_region. False: a file cannot be written; a message was printed. */
bool perf_init(Options *o);

#endif
