/* SPDX-License-Identifier: MIT */
/* Cryptography for which the IR has no operation: SHA-512, SM3, SM4 (Arm ARM C7.2); BF16 dot products. */
#include <sys/random.h>

#include "target/aarch64/helpers.h"
#include "tcg/fpu.h"

static uint32_t left(uint32_t v, unsigned n) { return v << n | v >> (32 - n); }
static uint64_t right(uint64_t v, unsigned n) { return v >> n | v << (64 - n); }

/* ---- SHA-512 */

static uint64_t big_sigma0(uint64_t v) { return right(v, 28) ^ right(v, 34) ^ right(v, 39); }
static uint64_t big_sigma1(uint64_t v) { return right(v, 14) ^ right(v, 18) ^ right(v, 41); }
static uint64_t sigma0(uint64_t v) { return right(v, 1) ^ right(v, 8) ^ v >> 7; }
static uint64_t sigma1(uint64_t v) { return right(v, 19) ^ right(v, 61) ^ v >> 6; }
static uint64_t choose(uint64_t x, uint64_t y, uint64_t z) { return (x & y) ^ (~x & z); }
static uint64_t majority(uint64_t x, uint64_t y, uint64_t z) { return (x & y) ^ (x & z) ^ (y & z); }

static V128Bits sha512h(const V128Bits *d, const V128Bits *n, const V128Bits *m)
{
    uint64_t high = choose(m->u64[1], n->u64[0], n->u64[1]) + big_sigma1(m->u64[1]) + d->u64[1], t = high + m->u64[0];
    return (V128Bits){ .u64 = { choose(t, m->u64[1], n->u64[0]) + big_sigma1(t) + d->u64[0], high } };
}

static V128Bits sha512h2(const V128Bits *d, const V128Bits *n, const V128Bits *m)
{
    uint64_t high = majority(n->u64[0], m->u64[1], m->u64[0]) + big_sigma0(m->u64[0]) + d->u64[1];
    return (V128Bits){ .u64 = { majority(high, m->u64[0], m->u64[1]) + big_sigma0(high) + d->u64[0], high } };
}

/* ---- SM3 */

static uint32_t spread(uint32_t v) { return v ^ left(v, 15) ^ left(v, 23); }

static V128Bits sm3_part1(const V128Bits *d, const V128Bits *n, const V128Bits *m)
{
    V128Bits r;
    for (unsigned i = 0; i < 3; i++)
        r.u32[i] = spread(d->u32[i] ^ n->u32[i] ^ left(m->u32[i + 1], 15));
    r.u32[3] = spread(d->u32[3] ^ n->u32[3] ^ left(r.u32[0], 15));
    return r;
}

static V128Bits sm3_part2(const V128Bits *d, const V128Bits *n, const V128Bits *m)
{
    V128Bits r;
    for (unsigned i = 0; i < 4; i++)
        r.u32[i] = d->u32[i] ^ n->u32[i] ^ left(m->u32[i], 7);
    r.u32[3] ^= spread(left(n->u32[0] ^ left(m->u32[0], 7), 15));
    return r;
}

static V128Bits sm3_round(A64CryptoOp op, const V128Bits *d, const V128Bits *n, uint32_t word)
{
    uint32_t a = d->u32[3], b = d->u32[2], c = d->u32[1], t, turn = 9;
    switch (op) {
    case A64_CRYPTO_SM3TT1A: t = (a ^ b ^ c) + (n->u32[3] ^ left(a, 12)); break;
    case A64_CRYPTO_SM3TT1B: t = (uint32_t)majority(a, b, c) + (n->u32[3] ^ left(a, 12)); break;
    case A64_CRYPTO_SM3TT2A: t = (a ^ b ^ c) + n->u32[3]; break;
    default: t = (uint32_t)choose(a, b, c) + n->u32[3]; break;
    }
    t += d->u32[0] + word;
    if (op == A64_CRYPTO_SM3TT2A || op == A64_CRYPTO_SM3TT2B) {
        t ^= left(t, 9) ^ left(t, 17);
        turn = 19;
    }
    return (V128Bits){ .u32 = { c, left(b, turn), a, t } };
}

/* ---- SM4 */

/* clang-format off */
static const uint8_t sm4_sbox[256] = {
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05,
    0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99,
    0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6,
    0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8,
    0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87,
    0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e,
    0xea, 0xbf, 0x8a, 0xd2, 0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3,
    0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f,
    0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8,
    0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0,
    0x89, 0x69, 0x97, 0x4a, 0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
};
/* clang-format on */

static uint32_t substitute(uint32_t v)
{
    return (uint32_t)sm4_sbox[v >> 24] << 24 | (uint32_t)sm4_sbox[v >> 16 & 255] << 16 | (uint32_t)sm4_sbox[v >> 8 & 255] << 8 | sm4_sbox[v & 255];
}

static V128Bits sm4(const V128Bits *state, const V128Bits *key, bool is_schedule)
{
    V128Bits r = *state;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = substitute(r.u32[3] ^ r.u32[2] ^ r.u32[1] ^ key->u32[i]);
        t ^= is_schedule ? left(t, 13) ^ left(t, 23) : left(t, 2) ^ left(t, 10) ^ left(t, 18) ^ left(t, 24);
        r = (V128Bits){ .u32 = { r.u32[1], r.u32[2], r.u32[3], t ^ r.u32[0] } };
    }
    return r;
}

/* ---- BF16: BFDotAdd() of the manual: round to odd, no denormals, default NaN, no flags. */

enum { SIGN = 1u << 31, INFINITE = 0x7f800000, DEFAULT_NAN = 0x7fc00000 };
static bool is_nan(uint32_t v) { return (v & ~SIGN) > INFINITE; }
static uint32_t flush(uint32_t v) { return v & INFINITE ? v : v & SIGN; }
static float as_float(uint32_t v)
{
    float f;
    __builtin_memcpy(&f, &v, 4);
    return f;
}

/* A double that stands for a sum or product of singles (exact or, where `is_inexact`, cut towards zero) as a single. */
static uint32_t to_odd(double v, bool is_inexact)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &v, 8);
    uint32_t sign = (uint32_t)(bits >> 63) << 31;
    int exp = (int)(bits >> 52 & 0x7ff) - 1023;
    if (exp < -126)
        return sign;
    if (exp > 127)
        return sign | INFINITE;
    uint64_t frac = bits & ((1ull << 52) - 1);
    bool is_odd = is_inexact || (frac & ((1ull << 29) - 1));
    return sign | (uint32_t)(exp + 127) << 23 | (uint32_t)(frac >> 29) | is_odd;
}

static uint32_t bf_multiply(uint32_t a, uint32_t b)
{
    a = flush(a);
    b = flush(b);
    bool is_infinite = (a & ~SIGN) == INFINITE || (b & ~SIGN) == INFINITE, is_zero = !(a & ~SIGN) || !(b & ~SIGN);
    if (is_nan(a) || is_nan(b) || (is_infinite && is_zero))
        return DEFAULT_NAN;
    if (is_infinite || is_zero)
        return ((a ^ b) & SIGN) | (is_infinite ? INFINITE : 0);
    return to_odd((double)as_float(a) * (double)as_float(b), false);
}

/* The sum as a double, cut towards zero where it is not exact: what is lost is told by adding back (Knuth's two-sum). */
static uint32_t bf_add(uint32_t a, uint32_t b)
{
    a = flush(a);
    b = flush(b);
    bool a_infinite = (a & ~SIGN) == INFINITE, b_infinite = (b & ~SIGN) == INFINITE;
    if (is_nan(a) || is_nan(b) || (a_infinite && b_infinite && a != b))
        return DEFAULT_NAN;
    if (a_infinite || b_infinite)
        return a_infinite ? a : b;
    double x = as_float(a), y = as_float(b), sum = x + y;
    if (sum == 0)
        return a & b & SIGN;
    double part = sum - x, lost = (x - (sum - part)) + (y - part);
    if (lost != 0 && (lost < 0) != (sum < 0)) { /* rounded away from zero */
        uint64_t bits;
        __builtin_memcpy(&bits, &sum, 8);
        bits--;
        __builtin_memcpy(&sum, &bits, 8);
    }
    return to_odd(sum, lost != 0);
}

static uint32_t bf_dot(uint32_t addend, uint32_t n, uint32_t m)
{
    uint32_t low = bf_multiply(n << 16, m << 16), high = bf_multiply(n & 0xffff0000, m & 0xffff0000);
    return bf_add(addend, bf_add(low, high));
}

/* The host rounds to nearest meanwhile; the guest's flags stay what they are. */
static V128Bits bf_dots(const V128Bits *d, const V128Bits *n, const V128Bits *m, bool is_matrix)
{
    V128Bits r;
    uint32_t mxcsr = fpu_get_mxcsr();
    fpu_set_mxcsr(MXCSR_MASKS);
    for (unsigned i = 0; i < 4; i++) {
        if (is_matrix) {
            unsigned x = i / 2 * 2, y = i % 2 * 2;
            r.u32[i] = bf_dot(bf_dot(d->u32[i], n->u32[x], m->u32[y]), n->u32[x + 1], m->u32[y + 1]);
        } else {
            r.u32[i] = bf_dot(d->u32[i], n->u32[i], m->u32[i]);
        }
    }
    fpu_set_mxcsr(mxcsr);
    return r;
}

static V128Bits crypto(A64CryptoOp op, unsigned index, const V128Bits *d, const V128Bits *n, const V128Bits *m)
{
    switch (op) {
    case A64_CRYPTO_SHA512H: return sha512h(d, n, m);
    case A64_CRYPTO_SHA512H2: return sha512h2(d, n, m);
    case A64_CRYPTO_SHA512SU0: return (V128Bits){ .u64 = { d->u64[0] + sigma0(d->u64[1]), d->u64[1] + sigma0(n->u64[0]) } };
    case A64_CRYPTO_SHA512SU1:
        return (V128Bits){ .u64 = { d->u64[0] + sigma1(n->u64[0]) + m->u64[0], d->u64[1] + sigma1(n->u64[1]) + m->u64[1] } };
    case A64_CRYPTO_SM3PARTW1: return sm3_part1(d, n, m);
    case A64_CRYPTO_SM3PARTW2: return sm3_part2(d, n, m);
    case A64_CRYPTO_SM4E: return sm4(d, n, false);
    case A64_CRYPTO_SM4EKEY: return sm4(n, m, true);
    case A64_CRYPTO_BFDOT: return bf_dots(d, n, m, false);
    case A64_CRYPTO_BFMMLA: return bf_dots(d, n, m, true);
    default: return sm3_round(op, d, n, m->u32[index]);
    }
}

A64Vec a64_helper_crypto(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what)
{
    V128Bits in[3] = { { .u64 = { (uint64_t)d[0], (uint64_t)d[1] } },
                       { .u64 = { (uint64_t)n[0], (uint64_t)n[1] } },
                       { .u64 = { (uint64_t)m[0], (uint64_t)m[1] } } };
    V128Bits r = crypto((A64CryptoOp)(what & 0xff), what >> 8 & 3, &in[0], &in[1], &in[2]);
    return (A64Vec){ (long long)r.u64[0], (long long)r.u64[1] };
}

uint64_t a64_helper_random(CpuState *s)
{
    uint64_t v = 0;
    while (getrandom(&v, sizeof v, 0) != sizeof v) {
    }
    return v;
}
