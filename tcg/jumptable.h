/* SPDX-License-Identifier: MIT */
/*
 * The jump table in each thread's state block: guest pc -> code, for context 0. Read by TRAMP_INDIRECT and by indirect exits (x86_64/tramp.S and
 * emit_exit.c have the same hash), written by its own thread only. A zeroed entry is empty, but for entry 0 where pc 0 would look valid.
 */
#ifndef LYRE_TCG_JUMPTABLE_H
#define LYRE_TCG_JUMPTABLE_H

#include <string.h>

#include "tcg/state.h"

/* Instructions stand at even addresses: bits 1.. choose the entry, so that code can probe the table in five instructions. */
#define JUMPTABLE_MASK (((1u << STATE_TABLE_BITS) - 1) << 1)

static inline TcgTableEntry *jumptable_entry(CpuState *s, uint64_t pc)
{
    TcgTableEntry *table = (TcgTableEntry *)((char *)s + STATE_TABLE);
    return &table[(pc & JUMPTABLE_MASK) >> 1];
}

/* Of a new state, which is zeroed. */
static inline void jumptable_init(CpuState *s) { jumptable_entry(s, 0)->pc = ~0ull; }

static inline void jumptable_clear(CpuState *s)
{
    memset((char *)s + STATE_TABLE, 0, sizeof(TcgTableEntry) << STATE_TABLE_BITS);
    jumptable_init(s);
}

static inline void *jumptable_find(CpuState *s, uint64_t pc)
{
    const TcgTableEntry *e = jumptable_entry(s, pc);
    return e->pc == pc ? e->code : NULL;
}

static inline void jumptable_set(CpuState *s, uint64_t pc, void *code)
{
    TcgTableEntry *e = jumptable_entry(s, pc);
    e->pc = pc;
    e->code = code;
}

/* Makes the pc's entry empty if it is there. */
static inline void jumptable_forget(CpuState *s, uint64_t pc)
{
    TcgTableEntry *e = jumptable_entry(s, pc);
    if (e->pc == pc) {
        e->pc = e == jumptable_entry(s, 0) ? ~0ull : 0; /* 0 is looked for in that one only */
        e->code = NULL;
    }
}

#endif
