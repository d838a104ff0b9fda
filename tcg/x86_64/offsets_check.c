/* SPDX-License-Identifier: MIT */
/* offsets.h against the compiler's layout of CpuState. */
#include "tcg/x86_64/offsets.h"

#include <stddef.h>

#include "tcg/jumptable.h"
#include "tcg/state.h"

_Static_assert(offsetof(CpuState, pc) == OFF_PC && offsetof(CpuState, ctx) == OFF_CTX && offsetof(CpuState, event) == OFF_EVENT, "");
_Static_assert(offsetof(CpuState, event_arg) == OFF_EVENT_ARG && offsetof(CpuState, c_stack) == OFF_C_STACK, "");
_Static_assert(offsetof(CpuState, guest_mxcsr) == OFF_GUEST_MXCSR && offsetof(CpuState, host_mxcsr) == OFF_HOST_MXCSR, "");
_Static_assert(offsetof(CpuState, is_in_code) == OFF_IS_IN_CODE && offsetof(CpuState, pin_home) == OFF_PIN_HOME, "");
_Static_assert(offsetof(CpuState, pc_ignored) == OFF_PC_IGNORED, "");
_Static_assert(offsetof(CpuState, return_bottom) == OFF_RETURN_BOTTOM && offsetof(CpuState, return_sp) == OFF_RETURN_SP, "");
_Static_assert(STATE_TABLE == OFF_TABLE && STATE_TABLE2 == OFF_TABLE2 && STATE_TABLE_BITS == TABLE_BITS && sizeof(TcgTableEntry) == 16 && STATE_BIAS == OFF_BIAS && JUMPTABLE_MASK == TABLE_MASK, "");
_Static_assert(TCG_EVENT_LINK == EVENT_LINK && TCG_EVENT_INDIRECT == EVENT_INDIRECT && TCG_EVENT_HOT == EVENT_HOT, "");
