/* SPDX-License-Identifier: MIT */
/* Pages with translations, for the other mm_*.c files. Mm.lock is held by the callers of all these. */
#ifndef LYRE_LINUX_USER_MM_CODE_H
#define LYRE_LINUX_USER_MM_CODE_H

#include "linux-user/mm.h"

/* Host protection of an area: never executable; readable where the guest may execute; not writable while it has AREA_CODE. */
int mm_host_prot(uint32_t prot, uint32_t flags);

/* Translations made of [start, end) are dropped and the pages may be written. */
void mm_forget_code(Mm *mm, uint64_t start, uint64_t end);

/* Marks [start, end), which is mapped, as guarded or not; there is room for two areas more. */
void mm_set_guarded(Mm *mm, uint64_t start, uint64_t end, bool is_guarded);

/* A new, or newly writable, view of shared memory: what has translations elsewhere is protected here too. */
void mm_protect_new_alias(Mm *mm, const MmArea *area);

#endif
