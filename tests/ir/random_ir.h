/* SPDX-License-Identifier: MIT */
/*
 * Random IR programs: the same seed gives the same calls of the builder whatever its settings, so that two builds of it, or
 * an interpreted and a compiled run, must leave the same state. Straight code, branches, bounded loops, memory on a
 * scratch buffer, every pure and fp row, helpers, several entries and exits, faults.
 */
#ifndef LYRE_TESTS_RANDOM_IR_H
#define LYRE_TESTS_RANDOM_IR_H

#include "tcg/builder.h"
#include "tcg/state.h"

enum {
    RANDOM_MEMORY = 1024, /* bytes that programs work on */
    RANDOM_MAX_ENTRIES = 64,
};

extern const IrSlotDesc random_slots[];
extern const unsigned random_nslots;
extern const HelperDesc random_helpers[];
extern const unsigned random_nhelpers;

typedef struct RandomProgram {
    uint64_t entries[RANDOM_MAX_ENTRIES]; /* pcs of entry blocks, the head first */
    unsigned nentries;
} RandomProgram;

/* Calls ir_begin ... ir_finish. size: about the number of guest instructions; 0: a few
 * operations on one another in one block. */
void random_ir_build(IrBuilder *b, IrRegion *r, struct Arena *arena, const IrSettings *settings, uint64_t seed,
                     unsigned size, RandomProgram *out);

/* Random slots, MXCSR and memory. `memory` has RANDOM_MEMORY bytes; programs reach it through a slot. */
void random_ir_state(uint64_t seed, CpuState *s, uint8_t *memory);
/* Gives loops new fuel before another entry of the same program is run. */
void random_ir_refuel(CpuState *s);

/* The entry block with this pc in a finished region; 0: it became unreachable. */
uint32_t random_ir_entry(const IrRegion *r, uint64_t pc);

/* NULL, or the name of the first slot or field in which two states differ. The denormal flag does not count. */
const char *random_ir_compare(const CpuState *a, const CpuState *b);

#endif
