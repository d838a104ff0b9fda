/* SPDX-License-Identifier: MIT */
/*
 * One experiment as the oracle (oracle.c, a RISC-V program) and Lyre's driver (run.c) see it: a few
 * instructions, all registers before, everything visible after. Files are a header, then
 * Experiments; results are one Outcome each. Little-endian.
 *
 * Memory: CODE_LOW..CODE_HIGH is filled with c.ebreak; the experiment's code lies at CODE_BASE + n
 * * stride. DATA_BASE has two read-write pages; the window (memory before and after) straddles the
 * border between them. Then one unmapped page, a read-only page, and an unmapped one.
 */
#ifndef LYRE_TESTS_RISCV_STATE_H
#define LYRE_TESTS_RISCV_STATE_H

#include <stdint.h>

#define CODE_BASE      0x50000000ull
#define CODE_LOW       0x4fc00000ull
#define CODE_HIGH      0x50800000ull
#define DATA_BASE      0x40000000ull
#define DATA_WINDOW    (DATA_BASE + 4096 - 128)
#define DATA_UNMAPPED  (DATA_BASE + 0x2000)
#define DATA_READ_ONLY (DATA_BASE + 0x3000)
enum { CODE_WORDS = 64, WINDOW_WORDS = 32 };

typedef struct ExperimentHeader {
    uint32_t count;
    uint32_t stride; /* 0: all at CODE_BASE */
} ExperimentHeader;
typedef struct Experiment {
    uint32_t code[CODE_WORDS]; /* padded with c.ebreak */
    uint64_t x[32], f[32];
    uint64_t fcsr;
    uint64_t mem[WINDOW_WORDS];
} Experiment;
typedef struct Outcome {
    uint64_t x[32], f[32];
    uint64_t fcsr, pc;
    uint64_t sig, code,
        addr; /* as in siginfo; of the signal that ended it: SIGTRAP is the normal end */
    uint64_t mem[WINDOW_WORDS];
} Outcome;

#endif
