/* SPDX-License-Identifier: MIT */
/*
 * The builder's own state, and the steps that its parts (builder*.c, finish*.c, opt/) offer each other. Front ends use
 * builder.h only.
 */
#ifndef LYRE_TCG_BUILDER_STATE_H
#define LYRE_TCG_BUILDER_STATE_H

#include "tcg/builder.h"

/* Makes one operation of a pure, fp, fpenv or indexed row, or returns an existing equal value. */
uint32_t ir_build(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z);

#endif
