/* SPDX-License-Identifier: MIT */
/* Machine IR as text, with or without the result of register allocation, for logs. */
#ifndef LYRE_TCG_MIR_PRINT_H
#define LYRE_TCG_MIR_PRINT_H

#include "tcg/mir.h"

/* The host's words; any may be NULL: numbers are printed then. */
typedef struct MirNames {
    const char *const *ops;              /* by MInsn.op */
    const char *const *regs[M_NCLASSES]; /* by register number */
} MirNames;

/* Writes to fd by raw write. `alloc` may be NULL. */
void mir_print(int fd, const MRegion *m, const MAlloc *alloc, const MirNames *names);

#endif
