/* SPDX-License-Identifier: MIT */
/*
 * The IR interpreter: the oracle for passes and back ends, the way out for rare cases, the engine on hosts without a back
 * end. It works on the slots' homes in CpuState, and reaches guest memory through util/access.h.
 */
#ifndef LYRE_TCG_INTERP_H
#define LYRE_TCG_INTERP_H

#include <stdatomic.h>

#include "tcg/ir.h"
#include "tcg/state.h"

/*
 * Runs a finished region from an entry block (r->blocks[].is_entry; the head is block 1) until it is left. Returns with
 * every slot at home and pc, ctx set:
 *   TCG_EVENT_LOOKUP  any exit to a guest pc (calls and returns included)
 *   TCG_EVENT_FAULT   state at the start of the faulting instruction; fault_addr and fault_kind are set
 *   TCG_EVENT_STOP    at a poll, when *stop is not zero (stop may be NULL)
 *   else              the event of an exit_event
 * Called with the host's MXCSR, and returns with it; s->guest_mxcsr is used and kept.
 */
TcgEvent interp_run(const IrRegion *r, uint32_t block, CpuState *s, const _Atomic uint32_t *stop);

#endif
