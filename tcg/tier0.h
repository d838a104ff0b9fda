/* SPDX-License-Identifier: MIT */
/*
 * Tier 0: code that has not run often is executed directly, block by block, with nothing kept but a count of its visits. Most of what a
 * program runs while it starts runs once or twice: translating it costs ten times as much.
 */
#ifndef LYRE_TCG_TIER0_H
#define LYRE_TCG_TIER0_H

#include "tcg/code.h"
#include "tcg/interp_mem.h"
#include "tcg/state.h"
#include "tcg/target.h"

struct TcgThread;
typedef struct Tier0 Tier0; /* a thread's counts */
void tier0_free(Tier0 *t0);

/* Executes the block at the state's pc if it has been visited seldom: an event for the caller of tcg_run, or
 *   TCG_EVENT_LOOKUP  it was done, the state stands behind it
 *   TCG_EVENT_NONE    nothing was done: the block is to be translated
 */
TcgEvent tier0_run(struct TcgThread *th);

/* Whether a block was visited lately; also true where nobody counts. */
bool tier0_has_seen(const struct TcgThread *th, RegionKey key);

/* ---- for target/<isa>/direct.c */

/* A run of tier 0. */
typedef struct Direct {
    CpuState *state;
    uint64_t next_pc;       /* behind the instruction in hand; its function may change it */
    TcgEvent event;         /* LOOKUP, or what the block's last instruction asks for */
    uint64_t more[3];       /* the other results of an operation that has several */
    uint64_t code, code_size; /* where instructions were fetched last: may be executed, which is looked up once in a run; 0 bytes: nowhere */
    const IrSlotDesc *slots;
    uint8_t tag_bits, align_window; /* Target */
    void *leave[5];         /* __builtin_setjmp: a memory access faulted */
} Direct;

/* The access of the instruction in hand failed: it has done nothing. */
_Noreturn void direct_fault(Direct *d, uint64_t kind, uint64_t addr);
/* A load, store or atomic operation; does not return if it faults. */
void direct_access(Direct *d, IrOp op, int32_t disp, unsigned mem, const IrValue args[3], IrValue *out);
/* Up to 4 bytes at pc into raw: how many, in whole smallest instructions; 0: they cannot be executed. */
unsigned direct_fetch_anew(Direct *d, uint64_t pc, uint32_t *raw);

#endif
