/* SPDX-License-Identifier: MIT */
/* Random guest instructions: values, operations of every row, memory, helpers. */
#ifndef LYRE_TESTS_RANDOM_OPS_H
#define LYRE_TESTS_RANDOM_OPS_H

#include "random_ir.h"

typedef struct Rng {
    uint64_t state;
} Rng;
uint32_t rng_next(Rng *g);
static inline uint32_t rng_below(Rng *g, uint32_t n) { return (uint32_t)((uint64_t)rng_next(g) * n >> 32); }

/* Slots of random_slots that have a role. */
enum { SLOT_FUEL = 0, SLOT_BASE = 1 };

enum { POOL_SIZE = 24 };
typedef struct Maker {
    IrBuilder *b;
    Rng rng;
    bool has_put; /* the current instruction may not fault any more */
    bool is_chain; /* operations mostly on the latest values */
    uint32_t pool[IR_CC + 1][POOL_SIZE]; /* values at hand, by type */
    unsigned count[IR_CC + 1];
    uint32_t last[IR_CC + 1];
} Maker;

void maker_forget(Maker *m);
uint32_t random_value(Maker *m, IrType type);
uint64_t random_constant(Rng *g, IrType type);
/* The body of one guest instruction: faulting work, then operations and puts. */
void random_insn(Maker *m);
/* A few operations on one another, and the last value of each type put: for the folder's rules. */
void random_chain(Maker *m);
/* Puts values at hand into about half of the slots, before an exit. */
void random_observe(Maker *m);

#endif
