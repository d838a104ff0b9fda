/* SPDX-License-Identifier: MIT */
/*
 * Pointer authentication codes (Arm ARM D8.10) by QARMA5-64, as R. Avanzi, "The QARMA Block Cipher Family" (2017) defines it with S-box sigma 2.
 * Addresses are those of Linux: 48 bits, a tag above bit 55 in the lower half, none in the upper.
 */
#include <sys/random.h>

#include "target/aarch64/helpers.h"
#include "target/aarch64/trans.h"

enum { ROUNDS = 5 };

static const uint8_t sigma[16] = { 11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10 };
static const uint8_t sigma_back[16] = { 5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3 };
/* Cell i of the result is cell tau[i] of the argument; cell 0 is the highest. */
static const uint8_t tau[16] = { 0, 11, 6, 13, 10, 1, 12, 7, 5, 14, 3, 8, 15, 4, 9, 2 };
static const uint8_t tau_back[16] = { 0, 5, 15, 10, 13, 8, 2, 7, 11, 14, 4, 1, 6, 3, 9, 12 };
static const uint8_t tweak_shuffle[16] = { 6, 5, 14, 15, 0, 1, 2, 3, 7, 12, 13, 4, 8, 9, 10, 11 };
static const uint8_t tweak_back[16] = { 4, 5, 6, 7, 11, 1, 0, 8, 12, 13, 14, 15, 9, 10, 2, 3 };
static const uint64_t round_constant[ROUNDS] = { 0, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377 };
static const uint64_t alpha = 0xc0ac29b7c97c50dd;

static unsigned cell(uint64_t v, unsigned i) { return v >> (60 - 4 * i) & 15; }
static uint64_t at_cell(unsigned v, unsigned i) { return (uint64_t)v << (60 - 4 * i); }

static inline uint64_t permute(uint64_t v, const uint8_t *from)
{
    uint64_t r = 0;
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++)
        r |= at_cell(cell(v, from[i]), i);
    return r;
}

static inline uint64_t substitute(uint64_t v, const uint8_t *box)
{
    uint64_t r = 0;
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++)
        r |= at_cell(box[cell(v, i)], i);
    return r;
}

/* Each cell rotated by one and by two bits. */
static uint64_t cells_rotated1(uint64_t v) { return (v & 0x7777777777777777) << 1 | (v & 0x8888888888888888) >> 3; }
static uint64_t cells_rotated2(uint64_t v) { return (v & 0x3333333333333333) << 2 | (v & 0xcccccccccccccccc) >> 2; }
static uint64_t rows_up(uint64_t v, unsigned n) { return v << 16 * n | v >> (64 - 16 * n); } /* a row is four cells */

/* Columns times circ(0, rho, rho^2, rho), which is its own inverse. */
static uint64_t mix(uint64_t v) { return cells_rotated1(rows_up(v, 1) ^ rows_up(v, 3)) ^ cells_rotated2(rows_up(v, 2)); }

/* Of the tweak, cells 0 1 3 4 8 11 13 take a step of the register b3 b2 b1 b0 -> b0^b1 b3 b2 b1. */
static const uint64_t stepped = 0xff0ff000f00f0f00;

static uint64_t tweak_next(uint64_t t)
{
    const uint64_t ones = 0x1111111111111111;
    t = permute(t, tweak_shuffle);
    uint64_t step = (t >> 1 & 7 * ones) | ((t ^ t >> 1) & ones) << 3;
    return (step & stepped) | (t & ~stepped);
}

static uint64_t tweak_previous(uint64_t t)
{
    const uint64_t ones = 0x1111111111111111;
    uint64_t step = (t << 1 & 14 * ones) | ((t >> 3 ^ t) & ones);
    return permute((step & stepped) | (t & ~stepped), tweak_back);
}

static uint64_t qarma(uint64_t v, uint64_t tweak, const A64PacKey *key)
{
    uint64_t w0 = key->high, w1 = (w0 >> 1 | w0 << 63) ^ w0 >> 63, k = key->low;
    v ^= w0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        v ^= k ^ tweak ^ round_constant[i];
        v = substitute(i ? mix(permute(v, tau)) : v, sigma);
        tweak = tweak_next(tweak);
    }
    v = substitute(mix(permute(v ^ w1 ^ tweak, tau)), sigma);
    v = permute(mix(permute(v, tau)) ^ k, tau_back);
    v = permute(mix(substitute(v, sigma_back)), tau_back) ^ w0 ^ tweak;
    for (unsigned i = ROUNDS; i-- > 0;) {
        tweak = tweak_previous(tweak);
        v = substitute(v, sigma_back);
        v = (i ? permute(mix(v), tau_back) : v) ^ k ^ tweak ^ round_constant[i] ^ alpha;
    }
    return v ^ w1;
}

/* The bits of a pointer that hold its code: 54:48, and 63:56 of those in the upper half, which have no tag. */
enum { SELECT_BIT = 55 };
static uint64_t code_bits(uint64_t ptr) { return ptr >> SELECT_BIT & 1 ? 0xff7f000000000000 : 0x007f000000000000; }

/* Without its code. */
static uint64_t canonical(uint64_t ptr)
{
    return ptr >> SELECT_BIT & 1 ? ptr | code_bits(ptr) : ptr & ~code_bits(ptr);
}

static uint64_t code_of(const CpuState *s, uint64_t ptr, uint64_t modifier, uint32_t key)
{
    return qarma(canonical(ptr), modifier, &a64_state_const(s)->keys[key]) & code_bits(ptr);
}

uint64_t a64_helper_pac_is_off(CpuState *s, uint32_t key) { return a64_state_const(s)->keys_off >> key & 1; }

uint64_t a64_helper_pac_add(CpuState *s, uint64_t ptr, uint64_t modifier, uint32_t key)
{
    return a64_helper_pac_is_off(s, key) ? ptr : ptr ^ code_of(s, ptr, modifier, key);
}

/* A pointer that is wrong comes back with bits 55:48 that are neither all zeros nor all ones; any pointer comes back as it is where the key is off. */
uint64_t a64_helper_pac_auth(CpuState *s, uint64_t ptr, uint64_t modifier, uint32_t key)
{
    if (a64_helper_pac_is_off(s, key))
        return ptr;
    uint64_t r = ptr ^ code_of(s, ptr, modifier, key), bit54 = 1ull << 54;
    return r == canonical(ptr) ? r : r >> SELECT_BIT & 1 ? r & ~bit54 : r | bit54;
}

uint64_t a64_helper_pac_strip(CpuState *s, uint64_t ptr) { return canonical(ptr); }

uint64_t a64_helper_pac_generic(CpuState *s, uint64_t data, uint64_t modifier)
{
    return qarma(data, modifier, &a64_state_const(s)->keys[A64_KEY_GA]) & ~0xffffffffull;
}

void a64_reset_keys(CpuState *s, unsigned keys)
{
    for (unsigned i = 0; i < A64_KEYS; i++) {
        A64PacKey *key = &a64_state(s)->keys[i];
        while (keys >> i & 1 && getrandom(key, sizeof *key, 0) != sizeof *key) {
        } /* 16 bytes come whole once the pool is ready */
    }
}
