/* SPDX-License-Identifier: MIT */
/* The host's assembly: entering and leaving translated code. */
#ifndef LYRE_TCG_TRAMP_H
#define LYRE_TCG_TRAMP_H

#include "tcg/state.h"

/* Runs translated code with the state's pins, MXCSR and return stack until it leaves; s->event, event_arg and pc say why. */
TcgEvent tcg_enter(CpuState *s, void *code);

/* What CpuState.tramp[] holds (state.h says what each does); jumped to, never called from C. */
extern const char tramp_leave[], tramp_link[], tramp_indirect[], tramp_return_miss[], tramp_hot[], tramp_call_helper[],
    tramp_relookup[];
/* Where a fault handler continues a thread whose state is complete: eax = TcgEvent, rbp = state block + bias. */
extern const char tramp_fault_resume[];

#endif
