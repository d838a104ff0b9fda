/* SPDX-License-Identifier: MIT */
/* Lane operations that are done by a helper: what is named to it in a word. */
#ifndef LYRE_TARGET_AARCH64_VEC_H
#define LYRE_TARGET_AARCH64_VEC_H

#include "target/aarch64/cpu.h"

typedef long long A64Vec __attribute__((vector_size(16))); /* as the C ABI passes it */

typedef enum A64VecOp {
    /* d, n, m -> lane; those up to A64_VEC_LAST_SAT can saturate */
    A64_VEC_SUQADD, A64_VEC_USQADD, A64_VEC_SQSHL, A64_VEC_UQSHL, A64_VEC_SQRSHL, A64_VEC_UQRSHL,
    A64_VEC_LAST_SAT = A64_VEC_UQRSHL,
    A64_VEC_PMUL,
    A64_VEC_PMULL, /* bytes of the low halves to halfwords */
} A64VecOp;
/* is_mask: the lanes that saturated (all ones) instead of the result. */
#define A64_VEC_WHAT(op, size, is_mask) ((uint32_t)(op) | (uint32_t)(size) << 8 | (uint32_t)(is_mask) << 16)

/* Helper crypto: one of these, and a lane of m << 8. */
typedef enum A64CryptoOp {
    A64_CRYPTO_SHA512H, A64_CRYPTO_SHA512H2, A64_CRYPTO_SHA512SU0, A64_CRYPTO_SHA512SU1, A64_CRYPTO_SM3PARTW1, A64_CRYPTO_SM3PARTW2,
    A64_CRYPTO_SM3TT1A, A64_CRYPTO_SM3TT1B, A64_CRYPTO_SM3TT2A, A64_CRYPTO_SM3TT2B, A64_CRYPTO_SM4E, A64_CRYPTO_SM4EKEY,
    A64_CRYPTO_BFDOT, A64_CRYPTO_BFMMLA,
} A64CryptoOp;

A64Vec a64_helper_vec(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what);

#endif
