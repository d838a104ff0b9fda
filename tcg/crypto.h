/* SPDX-License-Identifier: MIT */
/* AES, SHA-1 and SHA-256 steps on 128-bit values, in plain C; ir.def says what each does. */
#ifndef LYRE_TCG_CRYPTO_H
#define LYRE_TCG_CRYPTO_H

#include "tcg/ir.h"

V128Bits crypto_aes_enc(V128Bits a);
V128Bits crypto_aes_dec(V128Bits a);
V128Bits crypto_aes_mix(V128Bits a);
V128Bits crypto_aes_imix(V128Bits a);
V128Bits crypto_sha1_rounds(V128Bits abcd, V128Bits w, int function);
V128Bits crypto_sha256_rounds(V128Bits cdgh, V128Bits abef, V128Bits wk);
V128Bits crypto_sha256_msg1(V128Bits a, V128Bits b);
V128Bits crypto_sha256_msg2(V128Bits a, V128Bits b);

#endif
