/* SPDX-License-Identifier: MIT */
/*
 * Textual IR. Out: a finished region, as -d op shows it. In: what a front end would tell the builder (get, put, insn), for
 * tests; the same operations in the same notation.
 *
 *   block b1 pc=0x1000 entry:
 *       %5 = slot_in.i64 x10
 *       %6 = load.i32 %5+16 s32 @ 0x1000 {x11=%4, x12=8}     (snapshot: pc, dirty slots)
 *       %7 = phi.i64 x10 [b1: %5, b2: 0]
 *       br %6, b2, b3
 *
 * Constants stand where they are used; f32, f64 as their bits, v128 as {low, high}. After the operands: memory attributes
 * (8 16 32 64 128, s or u before the size for loads narrower than their type; be acq rel seq aligned mmuN), or aux in the
 * row's own words.
 */
#ifndef LYRE_TCG_PRINT_H
#define LYRE_TCG_PRINT_H

#include "tcg/builder.h"

/* Receives text; not terminated by zero. */
typedef void IrWrite(void *opaque, const char *text, size_t len);

void ir_print(const IrRegion *r, IrWrite *write, void *opaque);
void ir_print_insn(const IrRegion *r, uint32_t id, IrWrite *write, void *opaque);

/*
 * Drives the builder from text; the caller has done ir_begin and does ir_finish. Returns NULL, or a message (static) with
 * the line it is about in *line. Beside the operations' own names there are:
 *
 *   block NAME [pc=N] [entry] [single=NAME] [cold]:    insn PC     commit     ctx N
 *   %N = get SLOT     put SLOT, V     %N = result.i64 %M, INDEX     %N = call.T HELPER(V, ...)
 *   goto NAME     br V, NAME, NAME     exit PC     exit_indirect V     exit_return V     exit_event EVENT PC
 *   exit_call PC ret=PC [NAME]     exit_call_indirect V ret=PC [NAME]     poll
 *
 * Block names are words; %N are numbers below 4096; a comment runs from ; to the end of the line.
 */
const char *ir_parse(IrBuilder *b, const char *text, unsigned *line);

#endif
