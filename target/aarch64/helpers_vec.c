/* SPDX-License-Identifier: MIT */
/* Lane by lane: the AdvSIMD integer operations that no IR operation does. */
#include <string.h>

#include "target/aarch64/vec.h"
#include "tcg/ir.h"

typedef __int128 Wide;

/* One lane being computed; signed and unsigned views of the inputs. */
typedef struct Lane {
    unsigned bits;
    int64_t sd, sn, sm;
    uint64_t ud, un, um;
    bool is_saturated;
} Lane;

static int64_t extend(uint64_t v, unsigned bits) { return (int64_t)(v << (64 - bits)) >> (64 - bits); }

static uint64_t clamp(Lane *l, Wide v, Wide low, Wide high)
{
    Wide r = v < low ? low : v > high ? high : v;
    l->is_saturated |= r != v;
    return (uint64_t)r;
}

static uint64_t clamp_signed(Lane *l, Wide v)
{
    Wide half = (Wide)1 << (l->bits - 1);
    return clamp(l, v, -half, half - 1);
}

static uint64_t clamp_unsigned(Lane *l, Wide v) { return clamp(l, v, 0, ((Wide)1 << l->bits) - 1); }

/* v shifted to the left by the signed byte in m, to the right where that is negative, perhaps rounded. */
static Wide shift(const Lane *l, Wide v, bool is_rounded)
{
    int count = (int8_t)l->um;
    if (count >= (int)l->bits) /* too large whatever it is; all low bits clear */
        return v > 0 ? (Wide)1 << 126 : v < 0 ? -((Wide)1 << 126) : 0;
    if (count >= 0)
        return (Wide)((unsigned __int128)v << count);
    if (count < -(int)l->bits - 1)
        count = -(int)l->bits - 1;
    Wide half = is_rounded ? (Wide)1 << (-count - 1) : 0;
    return (v + half) >> -count;
}

static uint64_t polynomial(uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < 8; i++)
        r ^= b >> i & 1 ? a << i : 0;
    return r;
}

static uint64_t saturating(Lane *l, A64VecOp op)
{
    switch (op) {
    case A64_VEC_SUQADD: return clamp_signed(l, (Wide)l->sd + l->un);
    case A64_VEC_USQADD: return clamp_unsigned(l, (Wide)l->ud + l->sn);
    case A64_VEC_SQSHL: return clamp_signed(l, shift(l, l->sn, false));
    case A64_VEC_UQSHL: return clamp_unsigned(l, shift(l, l->un, false));
    case A64_VEC_SQRSHL: return clamp_signed(l, shift(l, l->sn, true));
    default: return clamp_unsigned(l, shift(l, l->un, true));
    }
}

static uint64_t get_lane(const V128Bits *v, unsigned bytes, unsigned i)
{
    uint64_t x = 0;
    memcpy(&x, v->u8 + i * bytes, bytes);
    return x;
}

static V128Bits by_lanes(const V128Bits in[3], A64VecOp op, unsigned size, bool is_mask)
{
    V128Bits out;
    unsigned bytes = 1u << size, bits = 8 * bytes;
    for (unsigned i = 0; i < 16 / bytes; i++) {
        Lane l = { .bits = bits, .ud = get_lane(&in[0], bytes, i), .un = get_lane(&in[1], bytes, i), .um = get_lane(&in[2], bytes, i) };
        l.sd = extend(l.ud, bits);
        l.sn = extend(l.un, bits);
        l.sm = extend(l.um, bits);
        uint64_t r = op <= A64_VEC_LAST_SAT ? saturating(&l, op) : polynomial(l.un, l.um);
        if (is_mask)
            r = l.is_saturated ? ~0ull : 0;
        memcpy(out.u8 + i * bytes, &r, bytes);
    }
    return out;
}

A64Vec a64_helper_vec(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what)
{
    A64VecOp op = what & 0xff;
    bool is_mask = what >> 16 & 1;
    V128Bits in[3], out;
    memcpy(&in[0], &d, 16);
    memcpy(&in[1], &n, 16);
    memcpy(&in[2], &m, 16);
    switch (op) {
    case A64_VEC_PMULL:
        for (unsigned i = 0; i < 8; i++)
            out.u16[i] = (uint16_t)polynomial(in[1].u8[i], in[2].u8[i]);
        break;
    default: out = by_lanes(in, op, what >> 8 & 3, is_mask);
    }
    A64Vec r;
    memcpy(&r, &out, 16);
    return r;
}
