/* SPDX-License-Identifier: MIT */
/* For the tests of the register allocator: random machine IR, and an independent check of an
 * allocation. */
#ifndef LYRE_TESTS_UNIT_MIR_RANDOM_H
#define LYRE_TESTS_UNIT_MIR_RANDOM_H

#include "tcg/mir.h"
#include "util/arena.h"

typedef struct MirShape {
    unsigned blocks;   /* about how many; 1: one block; 2: forks with exits only */
    unsigned insns;    /* per block, about */
    unsigned pressure; /* 0-10: how old the values are that insns use */
} MirShape;

/* The real border ABI's registers. */
void mir_host_x86(MHost *h);
/* Fewer registers, as the seed says. */
void mir_host_random(MHost *h, uint64_t seed);
/* A region in m->arena, which the caller has set; deterministic. */
void mir_random(MRegion *m, const MHost *h, const MirShape *shape, uint64_t seed);

/* Building by hand. Operand lists are copied. */
uint32_t mir_new_vreg(MRegion *m, uint8_t cls, uint8_t size);
uint32_t mir_new_block(MRegion *m, uint8_t depth);
MInsn *mir_new_insn(MRegion *m, unsigned op, const MOperand *ops, unsigned nops);
void mir_finish(MRegion *m); /* predecessor lists, in order of block id */

/* Follows all paths with the sets of values that each location holds. False: message says what is
 * wrong. */
bool mir_check(const MRegion *m, const MHost *h, const MAlloc *a, char *message, size_t size);

#endif
