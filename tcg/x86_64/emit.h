/* SPDX-License-Identifier: MIT */
/* The last step of the x86-64 back end: allocated machine IR into code, data, links, entries and side table. */
#ifndef LYRE_TCG_X86_64_EMIT_H
#define LYRE_TCG_X86_64_EMIT_H

#include "tcg/code.h"
#include "tcg/mir.h"

/*
 * Fills in `out` (whose arena is set; all else is zero), out->is_failed when the region is too large. The snapshot of an operation that
 * may leave must list every pinned slot that is not in m->pins_kept. Deterministic.
 */
void x86_emit(const MRegion *m, const MAlloc *alloc, const IrRegion *ir, const HostSettings *settings, CodeBlob *out);

/* Between selection and allocation: floating-point operations that are to be checked together (emit_vec.c) keep their registers. */
void emit_keep_runs(MRegion *m);

#endif
