/* SPDX-License-Identifier: MIT */
/*
 * Floating point as the Arm ARM's shared pseudocode has it (J1.3: FPAdd, FPRound, ...), in integers: every rounding mode, FZ, FZ16, DN, AHP,
 * NaN propagation, tininess before rounding. Values travel as bits; a size is log2 of bytes: 1 half, 2 single, 3 double; 0 is BF16, to
 * which alone is converted.
 */
#ifndef LYRE_TARGET_AARCH64_SOFTFP_H
#define LYRE_TARGET_AARCH64_SOFTFP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct A64Fp {
    uint32_t fpcr;
    uint32_t flags; /* FPSR bits raised: IOC 1, DZC 2, OFC 4, UFC 8, IXC 16, IDC 128 */
} A64Fp;
enum { A64_IOC = 1, A64_DZC = 2, A64_OFC = 4, A64_UFC = 8, A64_IXC = 16, A64_IDC = 128 };

typedef enum A64Round { A64_RN, A64_RP, A64_RM, A64_RZ, A64_RA, A64_RODD, A64_RFPCR } A64Round; /* first four as FPCR.RMode */

typedef enum A64FpOp {
    A64_FP_ADD, A64_FP_SUB, A64_FP_MUL, A64_FP_NMUL, A64_FP_DIV, A64_FP_SQRT,
    A64_FP_FMA,                                                  /* c + a * b */
    A64_FP_MULX, A64_FP_MAX, A64_FP_MIN, A64_FP_MAXNM, A64_FP_MINNM, A64_FP_ABD,
    A64_FP_RECPS, A64_FP_RSQRTS, A64_FP_RECPE, A64_FP_RSQRTE, A64_FP_RECPX,
    A64_FP_CMEQ, A64_FP_CMGE, A64_FP_CMGT, A64_FP_ACGE, A64_FP_ACGT, /* all ones or zero */
    A64_FP_RINT,                                                 /* arg: A64Round, 8: inexact is raised */
    A64_FP_RINT_INT,                                             /* frint32, frint64. arg: 1: 64 bits, 2: by FPCR, else to zero */
} A64FpOp;

uint64_t a64_fp_arith(A64Fp *f, A64FpOp op, unsigned size, unsigned arg, uint64_t a, uint64_t b, uint64_t c);
unsigned a64_fp_compare(A64Fp *f, unsigned size, uint64_t a, uint64_t b, bool is_signaling); /* NZCV as N 8, Z 4, C 2, V 1 */
uint64_t a64_fp_convert(A64Fp *f, unsigned to, unsigned from, uint64_t a, A64Round round);
/* To and from integers of `bits` with `fraction` bits below the point. */
uint64_t a64_fp_to_fixed(A64Fp *f, unsigned size, uint64_t a, unsigned bits, bool is_unsigned, unsigned fraction, A64Round round);
uint64_t a64_fp_from_fixed(A64Fp *f, unsigned size, uint64_t a, unsigned bits, bool is_unsigned, unsigned fraction);
uint64_t a64_fp_multiply_halves(A64Fp *f, uint64_t a, uint64_t b, uint64_t c); /* FPMulAddH: c a single */
uint32_t a64_fp_to_js(A64Fp *f, uint64_t a, bool *is_exact); /* FJCVTZS */
uint32_t a64_recip_estimate(uint32_t v);                    /* URECPE, URSQRTE */
uint32_t a64_rsqrt_estimate(uint32_t v);

/* ---- what the two files share */
typedef enum A64Class { A64_ZERO, A64_FINITE, A64_INFINITY, A64_QNAN, A64_SNAN } A64Class;
typedef struct A64Num {
    uint8_t class;
    bool sign;
    int exp;      /* of sig's bit 63, which is set when finite */
    uint64_t sig;
    uint64_t bits;
} A64Num;
A64Num a64_fp_unpack(A64Fp *f, unsigned size, uint64_t bits, bool is_conversion);
/* Rounds sig * 2^(exp - 63); sticky: more bits below. */
uint64_t a64_fp_round(A64Fp *f, unsigned size, A64Round round, bool is_conversion, bool sign, int exp, uint64_t sig, bool sticky);
uint64_t a64_fp_default_nan(unsigned size);
uint64_t a64_fp_process_nan(A64Fp *f, unsigned size, const A64Num *n);
uint64_t a64_fp_infinity(unsigned size, bool sign);
uint64_t a64_fp_zero(unsigned size, bool sign);
uint64_t a64_fp_largest(unsigned size, bool sign);
uint64_t a64_fp_estimate(A64Fp *f, A64FpOp op, unsigned size, uint64_t a);
uint64_t a64_fp_round_to_int(A64Fp *f, unsigned size, uint64_t a, A64Round round, bool is_exact);
uint64_t a64_fp_round_to_size(A64Fp *f, unsigned size, uint64_t a, unsigned bits, A64Round round);
bool a64_fp_rounds_up(A64Round round, bool sign, bool odd, bool half, bool rest);
static inline A64Round a64_fp_mode(const A64Fp *f, A64Round r) { return r == A64_RFPCR ? (A64Round)(f->fpcr >> 22 & 3) : r; }

extern const uint8_t a64_exp_bits[4], a64_frac_bits[4];
static inline int a64_bias(unsigned size) { return (1 << (a64_exp_bits[size] - 1)) - 1; }

#endif
