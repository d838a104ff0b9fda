/* SPDX-License-Identifier: MIT */
/*
 * Scalar floating point, exact, on bits. Every function runs under the MXCSR that is loaded (the guest's rounding mode and
 * sticky flags, all exceptions masked) and raises its flags there. Named by rows of ir.def, which say what each returns;
 * called by the interpreter and, with the plain C ABI, by the back ends' slow paths. NaN results of arithmetic: any NaN.
 * The denormal-operand flag (MXCSR bit 1) is not kept exactly: no guest sees it.
 */
#ifndef LYRE_TCG_FPU_H
#define LYRE_TCG_FPU_H

#include <stdbool.h>
#include <stdint.h>

enum { /* MXCSR */
    MXCSR_INVALID = 1, MXCSR_DENORMAL = 2, MXCSR_DIVZERO = 4, MXCSR_OVERFLOW = 8, MXCSR_UNDERFLOW = 16,
    MXCSR_INEXACT = 32, MXCSR_FLAGS = 63, MXCSR_MASKS = 0x1f80, MXCSR_ROUND_SHIFT = 13, MXCSR_ROUND = 3 << 13,
};

uint32_t fpu_get_mxcsr(void);
void fpu_set_mxcsr(uint32_t mxcsr);
/* From a guest's MXCSR back to the host's, of which sticky flags do not matter. */
void fpu_leave_guest(uint32_t host);

uint32_t fpu_add32(uint32_t a, uint32_t b);
uint32_t fpu_sub32(uint32_t a, uint32_t b);
uint32_t fpu_mul32(uint32_t a, uint32_t b);
uint32_t fpu_div32(uint32_t a, uint32_t b);
uint32_t fpu_sqrt32(uint32_t a);
uint32_t fpu_fma32(uint32_t a, uint32_t b, uint32_t c);
uint64_t fpu_add64(uint64_t a, uint64_t b);
uint64_t fpu_sub64(uint64_t a, uint64_t b);
uint64_t fpu_mul64(uint64_t a, uint64_t b);
uint64_t fpu_div64(uint64_t a, uint64_t b);
uint64_t fpu_sqrt64(uint64_t a);
uint64_t fpu_fma64(uint64_t a, uint64_t b, uint64_t c);

/* The software forms of fma, used on hosts without the instruction; the tests compare both. */
uint32_t fpu_soft_fma32(uint32_t a, uint32_t b, uint32_t c);
uint64_t fpu_soft_fma64(uint64_t a, uint64_t b, uint64_t c);
/* f16 forms, for targets' helpers (no row of ir.def names them): one rounding each. */
uint32_t fpu_fma16(uint32_t a, uint32_t b, uint32_t c);
uint32_t fpu_f64_to_f16(uint64_t a);
uint32_t fpu_soft_f32_to_f16(uint32_t a);
uint32_t fpu_soft_f16_to_f32(uint32_t a);
/* For tests and -host-cpu v2: keeps fpu_fma* and the half conversions off the FMA and F16C instructions. */
void fpu_use_hardware(bool fma, bool f16c);

uint32_t fpu_minnum32(uint32_t a, uint32_t b);
uint32_t fpu_maxnum32(uint32_t a, uint32_t b);
uint32_t fpu_min32(uint32_t a, uint32_t b);
uint32_t fpu_max32(uint32_t a, uint32_t b);
uint64_t fpu_minnum64(uint64_t a, uint64_t b);
uint64_t fpu_maxnum64(uint64_t a, uint64_t b);
uint64_t fpu_min64(uint64_t a, uint64_t b);
uint64_t fpu_max64(uint64_t a, uint64_t b);

uint32_t fpu_eq32(uint32_t a, uint32_t b);
uint32_t fpu_lt32(uint32_t a, uint32_t b);
uint32_t fpu_le32(uint32_t a, uint32_t b);
uint32_t fpu_ltq32(uint32_t a, uint32_t b);
uint32_t fpu_leq32(uint32_t a, uint32_t b);
uint32_t fpu_eq64(uint64_t a, uint64_t b);
uint32_t fpu_lt64(uint64_t a, uint64_t b);
uint32_t fpu_le64(uint64_t a, uint64_t b);
uint32_t fpu_ltq64(uint64_t a, uint64_t b);
uint32_t fpu_leq64(uint64_t a, uint64_t b);

/* rm: IrRound. Out of range saturates, NaN gives the most positive value; both raise invalid and nothing else. */
uint32_t fpu_f32_to_i32_s(uint32_t a, int rm);
uint32_t fpu_f32_to_i32_u(uint32_t a, int rm);
uint64_t fpu_f32_to_i64_s(uint32_t a, int rm);
uint64_t fpu_f32_to_i64_u(uint32_t a, int rm);
uint32_t fpu_f64_to_i32_s(uint64_t a, int rm);
uint32_t fpu_f64_to_i32_u(uint64_t a, int rm);
uint64_t fpu_f64_to_i64_s(uint64_t a, int rm);
uint64_t fpu_f64_to_i64_u(uint64_t a, int rm);

uint32_t fpu_i32_s_to_f32(uint32_t a);
uint32_t fpu_i32_u_to_f32(uint32_t a);
uint32_t fpu_i64_s_to_f32(uint64_t a);
uint32_t fpu_i64_u_to_f32(uint64_t a);
uint64_t fpu_i32_s_to_f64(uint32_t a);
uint64_t fpu_i32_u_to_f64(uint32_t a);
uint64_t fpu_i64_s_to_f64(uint64_t a);
uint64_t fpu_i64_u_to_f64(uint64_t a);
uint64_t fpu_f32_to_f64(uint32_t a);
uint32_t fpu_f64_to_f32(uint64_t a);
/* Half precision in the low 16 bits; the upper bits of an argument are ignored, those of a result are zero. */
uint32_t fpu_f16_to_f32(uint32_t a);
uint32_t fpu_f32_to_f16(uint32_t a);

/* To an integral value: round raises no inexact, rint does. */
uint32_t fpu_round32(uint32_t a, int rm);
uint64_t fpu_round64(uint64_t a, int rm);
uint32_t fpu_rint32(uint32_t a, int rm);
uint64_t fpu_rint64(uint64_t a, int rm);

uint32_t fpu_get_flags(void);
void fpu_set_flags(uint32_t flags);
void fpu_set_round(uint32_t rm); /* RNE, RTZ, RDN or RUP */
void fpu_raise(uint32_t flags);
int fpu_get_round(void); /* IrRound of MXCSR */

#endif
