/* SPDX-License-Identifier: MIT */
/*
 * The jump table in each thread's state block: guest pc -> code, for context 0. Read by TRAMP_INDIRECT and by indirect exits (x86_64/tramp.S and
 * emit_exit.c have the same hash), written by its own thread only. A zeroed entry is empty, but for entry 0 where pc 0 would look valid.
 * What another pc drives out goes to a second table, with another hash, which only TRAMP_INDIRECT and C look into.
 */
#ifndef LYRE_TCG_JUMPTABLE_H
#define LYRE_TCG_JUMPTABLE_H

#include <string.h>

#include "tcg/state.h"

/* Instructions stand at even addresses: bits 1.. choose the entry, so that code can probe the table in five instructions. */
#define JUMPTABLE_MASK (((1u << STATE_TABLE_BITS) - 1) << 1)
/* What an empty entry 0 has: a pc that is looked for in entry 1 of either table. */
#define JUMPTABLE_NO_PC 2

static inline TcgTableEntry *jumptable_entry(CpuState *s, uint64_t pc)
{
    TcgTableEntry *table = (TcgTableEntry *)((char *)s + STATE_TABLE);
    return &table[(pc & JUMPTABLE_MASK) >> 1];
}

static inline TcgTableEntry *jumptable_second(CpuState *s, uint64_t pc)
{
    TcgTableEntry *table = (TcgTableEntry *)((char *)s + STATE_TABLE2);
    return &table[((pc ^ pc >> STATE_TABLE_BITS) & JUMPTABLE_MASK) >> 1];
}

/* Of a new state, which is zeroed. */
static inline void jumptable_init(CpuState *s) { jumptable_entry(s, 0)->pc = jumptable_second(s, 0)->pc = JUMPTABLE_NO_PC; }

static inline void jumptable_clear(CpuState *s)
{
    memset((char *)s + STATE_TABLE, 0, STATE_TABLES_END - STATE_TABLE);
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
    if (e->code && e->pc != pc) {
        *jumptable_second(s, e->pc) = *e;
    }
    *e = (TcgTableEntry){ pc, code };
}

/* Makes the pc's entries empty. */
static inline void jumptable_forget(CpuState *s, uint64_t pc)
{
    TcgTableEntry *both[] = { jumptable_entry(s, pc), jumptable_second(s, pc) };
    const TcgTableEntry *of_zero[] = { jumptable_entry(s, 0), jumptable_second(s, 0) };
    for (unsigned i = 0; i < 2; i++) {
        if (both[i]->pc == pc) {
            *both[i] = (TcgTableEntry){ both[i] == of_zero[i] ? JUMPTABLE_NO_PC : 0, NULL }; /* 0 is looked for in that one only */
        }
    }
}

#endif
