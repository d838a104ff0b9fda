/* SPDX-License-Identifier: MIT */
/* For people: IR, machine IR and host code of a region on standard output. */
#ifndef LYRE_TESTS_IR_SHOW_H
#define LYRE_TESTS_IR_SHOW_H

#include "tcg/code.h"

void show_ir(const IrRegion *r);
void show_mir(IrRegion *r, struct Arena *arena); /* compiles it once more */
void show_code(const CodeBlob *blob);

#endif
