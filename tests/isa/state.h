/* SPDX-License-Identifier: MIT */
/*
 * One experiment as the oracle (oracle.c, a program of the guest) and Lyre's driver (run.c) see it: a few instructions, all registers
 * (guest.def) before, everything visible after. Files are a header, then Experiments; results are one Outcome each. Little-endian.
 *
 * Memory: CODE_LOW..CODE_HIGH is filled with the guest's breakpoint; the experiment's code lies at CODE_BASE + n * stride. DATA_BASE has two
 * read-write pages; the window (memory before and after) straddles the border between them. Then one unmapped page, a read-only page,
 * and an unmapped one. With a stride code is read-only: what is stored ahead of the pc may or may not be executed, so nothing could be compared.
 */
#ifndef LYRE_TESTS_ISA_STATE_H
#define LYRE_TESTS_ISA_STATE_H

#include <stdint.h>

#define CODE_BASE      0x50000000ull
#define CODE_LOW       0x4fc00000ull
#define CODE_HIGH      0x50800000ull
#define DATA_BASE      0x40000000ull
#define DATA_WINDOW    (DATA_BASE + 4096 - 128)
#define DATA_UNMAPPED  (DATA_BASE + 0x2000)
#define DATA_READ_ONLY (DATA_BASE + 0x3000)
enum { CODE_WORDS = 64, WINDOW_WORDS = 32 };

/* tests/<guest>/guest.def: REG(name, how many, 64-bit words of each); BREAK(word): a breakpoint, twice if it has half the size. */
#define BREAK(word) static const uint32_t break_word = word;
#define REG(name, count, words)
#include "guest.def"
#undef BREAK
#undef REG
#define BREAK(word)
#define REG(name, count, words) uint64_t name[(count) * (words)];
typedef struct Regs {
#include "guest.def"
} Regs;
#undef BREAK
#undef REG

typedef struct ExperimentHeader {
    uint32_t count;
    uint32_t stride; /* 0: all at CODE_BASE */
} ExperimentHeader;
typedef struct Experiment {
    uint32_t code[CODE_WORDS]; /* padded with break_word */
    Regs regs;
    uint64_t mem[WINDOW_WORDS];
} Experiment;
typedef struct Outcome {
    Regs regs;
    uint64_t pc;
    uint64_t sig, code, addr; /* as in siginfo; of the signal that ended it: SIGTRAP is the normal end */
    uint64_t mem[WINDOW_WORDS];
} Outcome;

#endif
