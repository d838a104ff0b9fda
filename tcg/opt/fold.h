/* SPDX-License-Identifier: MIT */
/* Folding of one operation while it is made. Each rule is a function in a fold_*.c, listed in fold.c's table. */
#ifndef LYRE_TCG_OPT_FOLD_H
#define LYRE_TCG_OPT_FOLD_H

#include "tcg/builder_state.h"

/* A pure or fp operation that is about to be made: returns an equal value that exists, or 0 with *n in canonical form
 * (other operation or arguments). Never looks at *n's block. */
uint32_t fold(IrBuilder *b, IrInsn *n);
/* A pure operation whose arguments are all constants: its value; 0 when that has no constant form. */
uint32_t fold_constants(IrBuilder *b, const IrInsn *n);

/* The same of integers of one or two arguments; those of 32-bit types count in their low halves. */
bool fold_integers(IrOp op, uint64_t x, uint64_t y, uint64_t *out);

/* IrSettings.is_quick: makes an operation, simplified where that costs next to nothing. Any operation of ir_build. */
uint32_t fold_quick(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z);

/* Simplifies the condition of a branch; may exchange the targets. */
void fold_branch(IrBuilder *b, I32 *cond, uint32_t *if_true, uint32_t *if_false);

/* Simplifies the value of a store, of which MEM_SIZE(mem) low bytes count. */
void fold_stored(IrBuilder *b, IrOp *op, uint32_t *v, unsigned mem);

/* Whether the value is never a signalling NaN. */
bool fold_is_quiet(const IrBuilder *b, uint32_t v);
/* Whether the operation does not look at the payload of NaN arguments. */
bool fold_ignores_payload(IrOp op);

#endif
