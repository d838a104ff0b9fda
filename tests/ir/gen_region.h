/* SPDX-License-Identifier: MIT */
/* Random regions and states for the machine of ir_machine.h. The same seed gives the same program. */
#ifndef LYRE_TESTS_IR_GEN_REGION_H
#define LYRE_TESTS_IR_GEN_REGION_H

#include "tests/ir/ir_machine.h"

typedef struct Random {
    uint64_t s;
} Random;
uint64_t random_next(Random *r);
uint32_t random_below(Random *r, uint32_t n);

enum { RANDOM_PC = 0x100000 }; /* of the region's head; block n is at + n * 0x100 */

/* Builds a region with loops, calls, faults and exits, and finishes it. It ends after few rounds. */
void random_region(IrMachine *m, IrRegion *r, uint64_t seed);
/* Which memory is protected, whether polls stop. */
void random_circumstances(IrmState *out, uint64_t seed);
void random_state(const IrMachine *m, IrmState *out, uint64_t seed);

#endif
