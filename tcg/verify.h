/* SPDX-License-Identifier: MIT */
/* Checks of a finished region, for tests and debugging: what every pass and back end may rely on. */
#ifndef LYRE_TCG_VERIFY_H
#define LYRE_TCG_VERIFY_H

#include "tcg/ir.h"

/* NULL, or what is wrong (static text), with the operation in *insn (0: a block) and the block in *block. */
const char *ir_verify(const IrRegion *r, uint32_t *insn, uint32_t *block);

#endif
