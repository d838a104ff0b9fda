/* SPDX-License-Identifier: MIT */
/* Vectors as helpers take them, and what is named to one in a word. */
#ifndef LYRE_TARGET_AARCH64_VEC_H
#define LYRE_TARGET_AARCH64_VEC_H

#include "target/aarch64/cpu.h"

typedef long long A64Vec __attribute__((vector_size(16))); /* as the C ABI passes it */

/* Helper crypto: one of these, and a lane of m << 8. */
typedef enum A64CryptoOp {
    A64_CRYPTO_SHA512H, A64_CRYPTO_SHA512H2, A64_CRYPTO_SHA512SU0, A64_CRYPTO_SHA512SU1, A64_CRYPTO_SM3PARTW1, A64_CRYPTO_SM3PARTW2,
    A64_CRYPTO_SM3TT1A, A64_CRYPTO_SM3TT1B, A64_CRYPTO_SM3TT2A, A64_CRYPTO_SM3TT2B, A64_CRYPTO_SM4E, A64_CRYPTO_SM4EKEY,
    A64_CRYPTO_BFDOT, A64_CRYPTO_BFMMLA,
} A64CryptoOp;

#endif
