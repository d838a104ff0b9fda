/* SPDX-License-Identifier: MIT */
/*
 * IEEE 754 arithmetic in integers, in all five rounding modes, for half, single and double: what
 * the host's unit cannot do (ties away, a static mode that differs, fused and double-to-half
 * operations). NaN results are RISC-V's canonical one; tininess is detected after rounding.
 */
#ifndef LYRE_TARGET_RISCV_SOFTFP_H
#define LYRE_TARGET_RISCV_SOFTFP_H

#include <stdint.h>

typedef enum SoftFormat { SOFT_H, SOFT_S, SOFT_D } SoftFormat;
typedef enum SoftOp {
    SOFT_ADD,
    SOFT_SUB,
    SOFT_MUL,
    SOFT_DIV,
    SOFT_SQRT,
    SOFT_FMA,
    SOFT_CONVERT,  /* of format `from` */
    SOFT_FROM_INT, /* of kind `from` */
} SoftOp;
typedef enum SoftInt { SOFT_I32, SOFT_U32, SOFT_I64, SOFT_U64 } SoftInt;

/* One operation in a word: result format, operation, IrRound, source format or kind. */
#define SOFT_WHAT(format, op, rm, from)                                                            \
    ((uint32_t)(format) | (uint32_t)(op) << 4 | (uint32_t)(rm) << 8 | (uint32_t)(from) << 12)

/* Bits in, bits out (upper bits of an argument are ignored, those of the result zero); raised flags
 * are ored into *flags (MXCSR bits). */
uint64_t softfp_run(uint32_t what, uint64_t a, uint64_t b, uint64_t c, uint32_t *flags);

#endif
