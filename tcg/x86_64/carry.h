/* SPDX-License-Identifier: MIT */
/* Carries of long additions in the host's flags: carry.c. */
#ifndef LYRE_TCG_X86_64_CARRY_H
#define LYRE_TCG_X86_64_CARRY_H

#include "tcg/mir.h"

/* For regions with MRegion.has_carries, before registers are allocated. */
void mir_keep_carries(MRegion *m);

#endif
