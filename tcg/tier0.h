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
#include "util/compiler.h"

struct TcgThread;
typedef struct Tier0 Tier0; /* a thread's counts */
void tier0_free(Tier0 *t0);

/* Executes from the state's pc on, as long as blocks have been visited seldom: an event for the caller of tcg_run, or
 *   TCG_EVENT_LOOKUP  something was done, the state stands behind it
 *   TCG_EVENT_NONE    nothing was done: the block is to be translated
 */
TcgEvent tier0_run(struct TcgThread *th);

/* Whether a block was visited lately; also true where nobody counts. */
bool tier0_has_seen(const struct TcgThread *th, RegionKey key);

/* ---- for target/<isa>/direct.c */

/* An instruction as it is decoded; that depends on its bits alone, so it can be kept. */
typedef struct DirectInsn {
    void (*fn)(void); /* of the target; NULL: nothing is kept here */
    uint32_t raw;
    uint8_t len;
    bool is_last; /* of a block */
} DirectInsn;

enum {
    TIER0_INSN_BITS = 10,    /* instructions that are kept */
    TIER0_PLACE_BITS = 15,   /* blocks that are counted at a time in a large program */
    TIER0_FIRST_PLACES = 12, /* and in a small one */
    TIER0_COUNT = 63,        /* a count; the rest is a tag */
};

struct Tier0 {
    DirectInsn insns[1 << TIER0_INSN_BITS]; /* direct mapped */
    unsigned crowded;                       /* visits to places that another block has filled */
    unsigned taken;                         /* places that had been empty */
    uint32_t mask;                          /* of the places in use */
    uint16_t counts[1 << TIER0_PLACE_BITS]; /* direct mapped */
};

/* A run of tier 0. */
typedef struct Direct {
    CpuState *state;        /* its pc: of the block */
    TargetInsn insn;        /* the one in hand: pc and len */
    uint64_t next_pc;       /* behind the instruction in hand; its function may change it */
    TcgEvent event;         /* LOOKUP, or what the last instruction asks for */
    uint64_t more[3];       /* the other results of an operation that has several */
    uint64_t code, code_room; /* pcs in [code, code + code_room) have 4 bytes that may be executed: looked up once in a run */
    Tier0 *t0;
    unsigned visits;        /* of one block that are allowed */
    uint8_t tag_bits, align_window; /* Target */
    void *leave[5];         /* __builtin_setjmp: a memory access faulted */
} Direct;

/* The place of a block and its tag there. */
static inline uint16_t *tier0_place(Tier0 *t0, RegionKey key, uint16_t *tag)
{
    uint64_t h = (key.pc ^ (uint64_t)key.ctx << 40) * 0x9e3779b97f4a7c15ull;
    *tag = (uint16_t)(h >> 48) & ~TIER0_COUNT;
    return &t0->counts[(key.pc >> 1 ^ key.pc >> (TIER0_FIRST_PLACES + 1)) & t0->mask];
}

/* Whether the block at pc may be executed here, which counts; _rare: where its place is empty or has seen its share. */
bool direct_visit_rare(Direct *d, uint16_t *place, uint16_t tag);
static inline bool direct_visit(Direct *d, uint64_t pc)
{
    uint16_t tag, *place = tier0_place(d->t0, (RegionKey){ pc, d->state->ctx }, &tag), count = *place & TIER0_COUNT;
    if (UNLIKELY(!count || count >= d->visits)) {
        return direct_visit_rare(d, place, tag);
    }
    *place = tag | (uint16_t)(count + 1);
    return true;
}

/* The access of the instruction in hand failed: it has done nothing. */
_Noreturn void direct_fault(Direct *d, uint64_t kind, uint64_t addr, bool is_write);
/* A load, store or atomic operation; does not return if it faults. */
void direct_access(Direct *d, IrOp op, int32_t disp, unsigned mem, const IrValue args[3], IrValue *out);
/* Up to 4 bytes at pc into raw: how many, in whole smallest instructions; 0: they cannot be executed. */
unsigned direct_fetch_anew(Direct *d, uint64_t pc, uint32_t *raw);

#endif
