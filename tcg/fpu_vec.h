/* SPDX-License-Identifier: MIT */
/*
 * Floating point on the lanes of 128-bit values, exact, as fpu.h does it on scalars, but with a rule for NaNs and for tininess: a NaN
 * result is the first signalling argument (the addend of fma comes first), else the first that is a NaN, made quiet; without any the positive
 * canonical NaN. What is tiny before rounding, and inexact, raises underflow. (Arm ARM J1.3, FPProcessNaNs, FPRound.)
 */
#ifndef LYRE_TCG_FPU_VEC_H
#define LYRE_TCG_FPU_VEC_H

#include "tcg/ir.h"

typedef enum FpuVecOp {
    FPU_ADD, FPU_SUB, FPU_MUL, FPU_DIV, FPU_SQRT, FPU_FMA, /* fma: a * b + c */
    FPU_MIN, FPU_MAX,       /* NaNs win; -0 < +0 */
    FPU_MINNUM, FPU_MAXNUM, /* numbers win over quiet NaNs */
    FPU_TO_INT_S, FPU_TO_INT_U, /* of the same width; saturates, a NaN gives 0: both raise invalid alone */
    FPU_NARROW,             /* to lanes of half the width, in the low half; the rest is zero */
} FpuVecOp;

/* size: log2 of a lane's bytes, 1 to 3. rm: IrRound of FPU_TO_INT. */
V128Bits fpu_vec(FpuVecOp op, unsigned size, int rm, V128Bits a, V128Bits b, V128Bits c);

/* One lane of the arithmetic (up to FPU_MAXNUM). */
uint64_t fpu_vec_lane(FpuVecOp op, unsigned size, uint64_t a, uint64_t b, uint64_t c);

/* All ones or zeros. EQ: only a signalling NaN raises invalid; GE, GT: any NaN does. */
typedef enum FpuVecCompare { FPU_EQ, FPU_GE, FPU_GT } FpuVecCompare;
V128Bits fpu_vec_compare(FpuVecCompare op, unsigned size, V128Bits a, V128Bits b);
V128Bits fpu_vec_round(unsigned size, V128Bits a, int rm, int is_exact); /* is_exact: inexact is raised */
V128Bits fpu_vec_from_int(V128Bits a, int is_unsigned); /* 32 bits */
V128Bits fpu_vec_widen(unsigned size, V128Bits a);      /* the low half's lanes of that size to twice the width */

#endif
