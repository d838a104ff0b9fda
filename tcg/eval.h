/* SPDX-License-Identifier: MIT */
/*
 * What the expressions of ir.def are made of: the value union, and the integer, flag and vector functions that they name.
 * The generated ir_eval.h includes this; floating point is fpu.h.
 */
#ifndef LYRE_TCG_EVAL_H
#define LYRE_TCG_EVAL_H

#include "tcg/crypto.h"
#include "tcg/fpu.h"
#include "tcg/fpu_vec.h"
#include "tcg/ir.h"

/* A value of any type. 32-bit types (cc too) use u32; what lies above it is undefined. */
typedef union IrValue {
    uint32_t u32;
    uint64_t u64;
    V128Bits v;
} IrValue;

static inline uint32_t ir_eval_div_s32(uint32_t a, uint32_t b)
{
    if (b == 0) {
        return UINT32_MAX;
    }
    return b == UINT32_MAX ? -a : (uint32_t)((int32_t)a / (int32_t)b);
}

static inline uint32_t ir_eval_rem_s32(uint32_t a, uint32_t b)
{
    if (b == 0) {
        return a;
    }
    return b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
}

static inline uint64_t ir_eval_div_s64(uint64_t a, uint64_t b)
{
    if (b == 0) {
        return UINT64_MAX;
    }
    return b == UINT64_MAX ? -a : (uint64_t)((int64_t)a / (int64_t)b);
}

static inline uint64_t ir_eval_rem_s64(uint64_t a, uint64_t b)
{
    if (b == 0) {
        return a;
    }
    return b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
}

static inline uint64_t ir_eval_clmul(uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    for (int i = 0; i < 64; i++) {
        r ^= b >> i & 1 ? a << i : 0;
    }
    return r;
}

static inline uint64_t ir_eval_clmulh(uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    for (int i = 1; i < 64; i++) {
        r ^= b >> i & 1 ? a >> (64 - i) : 0;
    }
    return r;
}

/* ---- flags: N=8 Z=4 C=2 V=1; C after a subtraction is "no borrow" */
static inline uint32_t ir_eval_cc_pack(bool n, bool z, bool c, bool v)
{
    return (uint32_t)n << 3 | (uint32_t)z << 2 | (uint32_t)c << 1 | (uint32_t)v;
}

static inline uint32_t ir_eval_cc_add32(uint32_t a, uint32_t b)
{
    uint32_t r = a + b;
    return ir_eval_cc_pack(r >> 31, r == 0, r < a, (~(a ^ b) & (a ^ r)) >> 31);
}

static inline uint32_t ir_eval_cc_add64(uint64_t a, uint64_t b)
{
    uint64_t r = a + b;
    return ir_eval_cc_pack(r >> 63, r == 0, r < a, (~(a ^ b) & (a ^ r)) >> 63);
}

static inline uint32_t ir_eval_cc_adc32(uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t wide = (uint64_t)a + b + c;
    uint32_t r = (uint32_t)wide;
    return ir_eval_cc_pack(r >> 31, r == 0, wide >> 32, (~(a ^ b) & (a ^ r)) >> 31);
}

/* The flags of a sum with carry, given those of the sum without: the carry changes C and V only where it carries through all bits, or all
 * but the top one. */
static inline uint32_t ir_eval_cc_carried64(uint32_t cc, uint64_t sum)
{
    bool is_through = sum == 0 && !(cc & 4), is_top = sum == 1ull << 63 && !(cc & 8);
    return (uint32_t)(sum >> 63) << 3 | (uint32_t)(sum == 0) << 2 | ((cc & 2) | (is_through ? 2 : 0)) | ((cc & 1) ^ is_top);
}

static inline uint32_t ir_eval_cc_adc64(uint64_t a, uint64_t b, uint32_t c)
{
    unsigned __int128 wide = (unsigned __int128)a + b + c;
    uint64_t r = (uint64_t)wide;
    return ir_eval_cc_pack(r >> 63, r == 0, (uint64_t)(wide >> 64) != 0, (~(a ^ b) & (a ^ r)) >> 63);
}

static inline uint32_t ir_eval_cc_sub32(uint32_t a, uint32_t b)
{
    uint32_t r = a - b;
    return ir_eval_cc_pack(r >> 31, r == 0, a >= b, ((a ^ b) & (a ^ r)) >> 31);
}

static inline uint32_t ir_eval_cc_sub64(uint64_t a, uint64_t b)
{
    uint64_t r = a - b;
    return ir_eval_cc_pack(r >> 63, r == 0, a >= b, ((a ^ b) & (a ^ r)) >> 63);
}

static inline uint32_t ir_eval_cc_fcmp64(uint64_t a, uint64_t b)
{
    uint64_t nan = 0x7ff0000000000000, x = a & INT64_MAX, y = b & INT64_MAX;
    int64_t i = (int64_t)a < 0 ? -(int64_t)x : (int64_t)x, j = (int64_t)b < 0 ? -(int64_t)y : (int64_t)y; /* in order */
    return x > nan || y > nan ? 3 : i < j ? 8 : i == j ? 6 : 2;
}

static inline uint32_t ir_eval_cc_fcmp32(uint32_t a, uint32_t b)
{
    uint32_t nan = 0x7f800000, x = a & INT32_MAX, y = b & INT32_MAX;
    int32_t i = (int32_t)a < 0 ? -(int32_t)x : (int32_t)x, j = (int32_t)b < 0 ? -(int32_t)y : (int32_t)y;
    return x > nan || y > nan ? 3 : i < j ? 8 : i == j ? 6 : 2;
}

static inline uint32_t ir_eval_cc_test(uint32_t cc, int cond)
{
    bool n = cc >> 3 & 1, z = cc >> 2 & 1, c = cc >> 1 & 1, v = cc & 1;
    bool r;
    switch (cond & ~1) {
    case IR_COND_EQ:
        r = z;
        break;
    case IR_COND_CS:
        r = c;
        break;
    case IR_COND_MI:
        r = n;
        break;
    case IR_COND_VS:
        r = v;
        break;
    case IR_COND_HI:
        r = c && !z;
        break;
    case IR_COND_GE:
        r = n == v;
        break;
    default:
        r = n == v && !z;
        break;
    }
    return r ^ (cond & 1);
}

/* ---- vectors */
static inline uint64_t ir_eval_sat(int64_t v, int64_t low, int64_t high)
{
    return (uint64_t)(v < low ? low : v > high ? high : v);
}

#define EVAL_LANES(name, field, n, expr)                                                                               \
    static inline V128Bits ir_eval_##name(V128Bits a, V128Bits b)                                                      \
    {                                                                                                                  \
        V128Bits r;                                                                                                    \
        for (int i = 0; i < (n); i++) {                                                                                \
            r.field[i] = (__typeof__(r.field[i]))(expr);                                                               \
        }                                                                                                              \
        return r;                                                                                                      \
    }
EVAL_LANES(vand, u64, 2, a.u64[i] & b.u64[i])
EVAL_LANES(vor, u64, 2, a.u64[i] | b.u64[i])
EVAL_LANES(vxor, u64, 2, a.u64[i] ^ b.u64[i])
EVAL_LANES(vandn, u64, 2, a.u64[i] & ~b.u64[i])
EVAL_LANES(vadd8, u8, 16, a.u8[i] + b.u8[i])
EVAL_LANES(vadd16, u16, 8, a.u16[i] + b.u16[i])
EVAL_LANES(vadd32, u32, 4, a.u32[i] + b.u32[i])
EVAL_LANES(vadd64, u64, 2, a.u64[i] + b.u64[i])
EVAL_LANES(vsub8, u8, 16, a.u8[i] - b.u8[i])
EVAL_LANES(vsub16, u16, 8, a.u16[i] - b.u16[i])
EVAL_LANES(vsub32, u32, 4, a.u32[i] - b.u32[i])
EVAL_LANES(vsub64, u64, 2, a.u64[i] - b.u64[i])
EVAL_LANES(vcmpeq8, u8, 16, -(a.u8[i] == b.u8[i]))
EVAL_LANES(vcmpeq16, u16, 8, -(a.u16[i] == b.u16[i]))
EVAL_LANES(vcmpeq32, u32, 4, -(uint32_t)(a.u32[i] == b.u32[i]))
EVAL_LANES(vcmpeq64, u64, 2, -(uint64_t)(a.u64[i] == b.u64[i]))
EVAL_LANES(vcmpgt8, u8, 16, -((int8_t)a.u8[i] > (int8_t)b.u8[i]))
EVAL_LANES(vcmpgt16, u16, 8, -((int16_t)a.u16[i] > (int16_t)b.u16[i]))
EVAL_LANES(vcmpgt32, u32, 4, -(uint32_t)((int32_t)a.u32[i] > (int32_t)b.u32[i]))
EVAL_LANES(vcmpgt64, u64, 2, -(uint64_t)((int64_t)a.u64[i] > (int64_t)b.u64[i]))
EVAL_LANES(vsmin8, u8, 16, (int8_t)a.u8[i] < (int8_t)b.u8[i] ? a.u8[i] : b.u8[i])
EVAL_LANES(vsmin16, u16, 8, (int16_t)a.u16[i] < (int16_t)b.u16[i] ? a.u16[i] : b.u16[i])
EVAL_LANES(vsmin32, u32, 4, (int32_t)a.u32[i] < (int32_t)b.u32[i] ? a.u32[i] : b.u32[i])
EVAL_LANES(vsmax8, u8, 16, (int8_t)a.u8[i] > (int8_t)b.u8[i] ? a.u8[i] : b.u8[i])
EVAL_LANES(vsmax16, u16, 8, (int16_t)a.u16[i] > (int16_t)b.u16[i] ? a.u16[i] : b.u16[i])
EVAL_LANES(vsmax32, u32, 4, (int32_t)a.u32[i] > (int32_t)b.u32[i] ? a.u32[i] : b.u32[i])
EVAL_LANES(vumin8, u8, 16, a.u8[i] < b.u8[i] ? a.u8[i] : b.u8[i])
EVAL_LANES(vumin16, u16, 8, a.u16[i] < b.u16[i] ? a.u16[i] : b.u16[i])
EVAL_LANES(vumin32, u32, 4, a.u32[i] < b.u32[i] ? a.u32[i] : b.u32[i])
EVAL_LANES(vumax8, u8, 16, a.u8[i] > b.u8[i] ? a.u8[i] : b.u8[i])
EVAL_LANES(vumax16, u16, 8, a.u16[i] > b.u16[i] ? a.u16[i] : b.u16[i])
EVAL_LANES(vumax32, u32, 4, a.u32[i] > b.u32[i] ? a.u32[i] : b.u32[i])
EVAL_LANES(vmul16, u16, 8, (uint32_t)a.u16[i] * b.u16[i])
EVAL_LANES(vmul32, u32, 4, a.u32[i] * b.u32[i])
EVAL_LANES(vmule_u32, u64, 2, (uint64_t)(uint32_t)a.u64[i] * (uint32_t)b.u64[i])
EVAL_LANES(vmule_s32, u64, 2, (uint64_t)((int64_t)(int32_t)a.u64[i] * (int32_t)b.u64[i]))
EVAL_LANES(vadds_s8, u8, 16, ir_eval_sat((int8_t)a.u8[i] + (int8_t)b.u8[i], -128, 127))
EVAL_LANES(vadds_s16, u16, 8, ir_eval_sat((int16_t)a.u16[i] + (int16_t)b.u16[i], -32768, 32767))
EVAL_LANES(vadds_u8, u8, 16, ir_eval_sat(a.u8[i] + b.u8[i], 0, 255))
EVAL_LANES(vadds_u16, u16, 8, ir_eval_sat(a.u16[i] + b.u16[i], 0, 65535))
EVAL_LANES(vsubs_s8, u8, 16, ir_eval_sat((int8_t)a.u8[i] - (int8_t)b.u8[i], -128, 127))
EVAL_LANES(vsubs_s16, u16, 8, ir_eval_sat((int16_t)a.u16[i] - (int16_t)b.u16[i], -32768, 32767))
EVAL_LANES(vsubs_u8, u8, 16, ir_eval_sat(a.u8[i] - b.u8[i], 0, 255))
EVAL_LANES(vsubs_u16, u16, 8, ir_eval_sat(a.u16[i] - b.u16[i], 0, 65535))
EVAL_LANES(vavg_u8, u8, 16, (a.u8[i] + b.u8[i] + 1) >> 1)
EVAL_LANES(vavg_u16, u16, 8, (a.u16[i] + b.u16[i] + 1) >> 1)
EVAL_LANES(vziplo8, u8, 16, i & 1 ? b.u8[i / 2] : a.u8[i / 2])
EVAL_LANES(vziphi8, u8, 16, i & 1 ? b.u8[8 + i / 2] : a.u8[8 + i / 2])
EVAL_LANES(vziplo16, u16, 8, i & 1 ? b.u16[i / 2] : a.u16[i / 2])
EVAL_LANES(vziphi16, u16, 8, i & 1 ? b.u16[4 + i / 2] : a.u16[4 + i / 2])
EVAL_LANES(vziplo32, u32, 4, i & 1 ? b.u32[i / 2] : a.u32[i / 2])
EVAL_LANES(vziphi32, u32, 4, i & 1 ? b.u32[2 + i / 2] : a.u32[2 + i / 2])
EVAL_LANES(vziplo64, u64, 2, i & 1 ? b.u64[i / 2] : a.u64[i / 2])
EVAL_LANES(vziphi64, u64, 2, i & 1 ? b.u64[1 + i / 2] : a.u64[1 + i / 2])
EVAL_LANES(vpack_ss16, u8, 16, ir_eval_sat((int16_t)(i < 8 ? a.u16[i] : b.u16[i - 8]), -128, 127))
EVAL_LANES(vpack_su16, u8, 16, ir_eval_sat((int16_t)(i < 8 ? a.u16[i] : b.u16[i - 8]), 0, 255))
EVAL_LANES(vpack_ss32, u16, 8, ir_eval_sat((int32_t)(i < 4 ? a.u32[i] : b.u32[i - 4]), -32768, 32767))
EVAL_LANES(vpack_su32, u16, 8, ir_eval_sat((int32_t)(i < 4 ? a.u32[i] : b.u32[i - 4]), 0, 65535))
EVAL_LANES(vshuf8, u8, 16, b.u8[i] & 0x80 ? 0 : a.u8[b.u8[i] & 15])
EVAL_LANES(vmulh_s16, u16, 8, (int16_t)a.u16[i] * (int16_t)b.u16[i] >> 16)
EVAL_LANES(vmulhr_s16, u16, 8, (((int16_t)a.u16[i] * (int16_t)b.u16[i] >> 14) + 1) >> 1)
EVAL_LANES(vmadd_s16, u32, 4, (uint32_t)((int16_t)a.u16[2 * i] * (int16_t)b.u16[2 * i]) + (uint32_t)((int16_t)a.u16[2 * i + 1] * (int16_t)b.u16[2 * i + 1]))
EVAL_LANES(vshlv32, u32, 4, b.u32[i] < 32 ? a.u32[i] << b.u32[i] : 0)
EVAL_LANES(vshlv64, u64, 2, b.u64[i] < 64 ? a.u64[i] << b.u64[i] : 0)
EVAL_LANES(vshrv32, u32, 4, b.u32[i] < 32 ? a.u32[i] >> b.u32[i] : 0)
EVAL_LANES(vshrv64, u64, 2, b.u64[i] < 64 ? a.u64[i] >> b.u64[i] : 0)
#undef EVAL_LANES

#define EVAL_SHIFT(name, field, n, expr)                                                                               \
    static inline V128Bits ir_eval_##name(V128Bits a, int aux)                                                         \
    {                                                                                                                  \
        V128Bits r;                                                                                                    \
        for (int i = 0; i < (n); i++) {                                                                                \
            r.field[i] = (__typeof__(r.field[i]))(expr);                                                               \
        }                                                                                                              \
        return r;                                                                                                      \
    }
EVAL_SHIFT(vshl16, u16, 8, a.u16[i] << aux)
EVAL_SHIFT(vshl32, u32, 4, a.u32[i] << aux)
EVAL_SHIFT(vshl64, u64, 2, a.u64[i] << aux)
EVAL_SHIFT(vshr16, u16, 8, a.u16[i] >> aux)
EVAL_SHIFT(vshr32, u32, 4, a.u32[i] >> aux)
EVAL_SHIFT(vshr64, u64, 2, a.u64[i] >> aux)
EVAL_SHIFT(vsar16, u16, 8, (int16_t)a.u16[i] >> aux)
EVAL_SHIFT(vsar32, u32, 4, (int32_t)a.u32[i] >> aux)
#undef EVAL_SHIFT

#define EVAL_UNARY(name, field, n, expr)                                                                               \
    static inline V128Bits ir_eval_##name(V128Bits a)                                                                  \
    {                                                                                                                  \
        V128Bits r;                                                                                                    \
        for (int i = 0; i < (n); i++) {                                                                                \
            r.field[i] = (__typeof__(r.field[i]))(expr);                                                               \
        }                                                                                                              \
        return r;                                                                                                      \
    }
EVAL_UNARY(vabs8, u8, 16, (int8_t)a.u8[i] < 0 ? -a.u8[i] : a.u8[i])
EVAL_UNARY(vabs16, u16, 8, (int16_t)a.u16[i] < 0 ? -a.u16[i] : a.u16[i])
EVAL_UNARY(vabs32, u32, 4, (int32_t)a.u32[i] < 0 ? -a.u32[i] : a.u32[i])
#undef EVAL_UNARY

static inline V128Bits ir_eval_vext(V128Bits a, V128Bits b, int aux)
{
    V128Bits r;
    for (int i = 0; i < 16; i++) {
        int n = i + (aux & 15);
        r.u8[i] = n < 16 ? a.u8[n] : b.u8[n - 16];
    }
    return r;
}

static inline uint32_t ir_eval_vmask8(V128Bits a)
{
    uint32_t r = 0;
    for (int i = 0; i < 16; i++) {
        r |= (uint32_t)(a.u8[i] >> 7) << i;
    }
    return r;
}

static inline V128Bits ir_eval_vinsert8(V128Bits a, uint32_t b, int aux)
{
    a.u8[aux & 15] = (uint8_t)b;
    return a;
}

static inline V128Bits ir_eval_vinsert16(V128Bits a, uint32_t b, int aux)
{
    a.u16[aux & 7] = (uint16_t)b;
    return a;
}

static inline V128Bits ir_eval_vinsert32(V128Bits a, uint32_t b, int aux)
{
    a.u32[aux & 3] = b;
    return a;
}

static inline V128Bits ir_eval_vpack64(uint64_t lo, uint64_t hi)
{
    return (V128Bits){ .u64 = { lo, hi } };
}

static inline V128Bits ir_eval_vclmul(V128Bits a, V128Bits b, int aux)
{
    uint64_t x = a.u64[aux & 1], y = b.u64[aux >> 1 & 1];
    return ir_eval_vpack64(ir_eval_clmul(x, y), ir_eval_clmulh(x, y));
}

static inline V128Bits ir_eval_vsplat64(uint64_t a)
{
    return ir_eval_vpack64(a, a);
}

static inline V128Bits ir_eval_vsplat8(uint32_t a)
{
    return ir_eval_vsplat64((a & 0xff) * 0x0101010101010101ull);
}

static inline V128Bits ir_eval_vsplat16(uint32_t a)
{
    return ir_eval_vsplat64((a & 0xffff) * 0x0001000100010001ull);
}

static inline V128Bits ir_eval_vsplat32(uint32_t a)
{
    return ir_eval_vsplat64(a * 0x0000000100000001ull);
}

static inline V128Bits ir_eval_vinsert64(V128Bits a, uint64_t b, int lane)
{
    a.u64[lane & 1] = b;
    return a;
}

#endif
