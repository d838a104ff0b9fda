/* SPDX-License-Identifier: MIT */
/* AdvSIMD operations that saturate, and those that a helper does. What saturates in the active part of the result goes into FPSR.QC, a
 * slot that is a vector: any bit of it set. */
#include "target/aarch64/trans.h"
#include "target/aarch64/vec.h"

static V128 call(A64Trans *t, A64VecOp op, unsigned size, bool is_mask, V128 d, V128 n, V128 m)
{
    I32 what = ir_const_i32(t->b, A64_VEC_WHAT(op, size, is_mask));
    uint32_t args[] = { d.id, n.id, m.id, what.id };
    return (V128){ ir_call(t->b, A64_HELPER_vec, 4, args) };
}

static void note_saturation(A64Trans *t, V128 mask)
{
    V128 active = a64_keep_low(t, t->active, mask), old = ir_get_v128(t->b, A64_SLOT_QC);
    V128 sticky = ir_vor_v128(t->b, old, active);
    ir_put_v128(t->b, A64_SLOT_QC, sticky);
}

static V128 saturate(A64Trans *t, A64VecOp op, unsigned size, V128 d, V128 n, V128 m)
{
    V128 mask = call(t, op, size, true, d, n, m);
    note_saturation(t, mask);
    return call(t, op, size, false, d, n, m);
}

/* Halfwords and bytes have operations of their own: it saturated where the plain result differs. */
typedef V128 Binary(IrBuilder *b, V128 x, V128 y);

static V128 narrow_saturate(A64Trans *t, Binary *op, A64Vec3 *plain, unsigned size, V128 n, V128 m)
{
    V128 r = op(t->b, n, m), wrapped = plain(t, size, n, n, m);
    V128 differ = ir_vxor_v128(t->b, r, wrapped);
    note_saturation(t, differ);
    return r;
}

#define ADDSUB(name, NAME, ir, plain)                                                                               \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m)                                             \
    {                                                                                                               \
        if (size < 2)                                                                                               \
            return narrow_saturate(t, size ? ir_##ir##16_v128 : ir_##ir##8_v128, plain, size, n, m);                \
        return saturate(t, A64_VEC_##NAME, size, d, n, m);                                                          \
    }
ADDSUB(sqadd, SQADD, vadds_s, a64_vadd)
ADDSUB(uqadd, UQADD, vadds_u, a64_vadd)
ADDSUB(sqsub, SQSUB, vsubs_s, a64_vsub)
ADDSUB(uqsub, UQSUB, vsubs_u, a64_vsub)
#undef ADDSUB

#define SATURATING(name, NAME) \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return saturate(t, A64_VEC_##NAME, size, d, n, m); }
SATURATING(sqshl, SQSHL)
SATURATING(uqshl, UQSHL)
SATURATING(sqrshl, SQRSHL)
SATURATING(uqrshl, UQRSHL)
SATURATING(sqshlu, SQSHLU)
SATURATING(sqdmulh, SQDMULH)
SATURATING(sqrdmulh, SQRDMULH)
SATURATING(sqrdmlah, SQRDMLAH)
SATURATING(sqrdmlsh, SQRDMLSH)
SATURATING(sqdmull, SQDMULL)
SATURATING(sqdmlal, SQDMLAL)
SATURATING(sqdmlsl, SQDMLSL)
#undef SATURATING

#define PLAIN(name, NAME) \
    V128 a64_##name(A64Trans *t, unsigned size, V128 d, V128 n, V128 m) { return call(t, A64_VEC_##NAME, size, false, d, n, m); }
PLAIN(sshl, SSHL)
PLAIN(ushl, USHL)
PLAIN(srshl, SRSHL)
PLAIN(urshl, URSHL)
PLAIN(sdot, SDOT)
PLAIN(udot, UDOT)
PLAIN(usdot, USDOT)
PLAIN(sudot, SUDOT)
PLAIN(smmla, SMMLA)
PLAIN(ummla, UMMLA)
PLAIN(usmmla, USMMLA)
#undef PLAIN

V128 a64_suqadd(A64Trans *t, unsigned size, V128 d, V128 n) { return saturate(t, A64_VEC_SUQADD, size, d, n, n); }
V128 a64_usqadd(A64Trans *t, unsigned size, V128 d, V128 n) { return saturate(t, A64_VEC_USQADD, size, d, n, n); }
V128 a64_vclz(A64Trans *t, unsigned size, V128 d, V128 n) { return call(t, A64_VEC_CLZ, size, false, n, n, n); }
V128 a64_vcls(A64Trans *t, unsigned size, V128 d, V128 n) { return call(t, A64_VEC_CLS, size, false, n, n, n); }
V128 a64_pmul(A64Trans *t, V128 d, V128 n, V128 m) { return call(t, A64_VEC_PMUL, 0, false, n, n, m); }

/* The most negative value becomes the largest. */
static V128 saturate_minimum(A64Trans *t, unsigned size, V128 n, V128 r)
{
    V128 lowest = a64_splat(t, size, 1ull << ((8u << size) - 1));
    V128 mask = a64_cmeq(t, size, n, n, lowest);
    note_saturation(t, mask);
    return ir_vxor_v128(t->b, r, mask);
}

V128 a64_sqabs(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 r = a64_vabs(t, size, d, n);
    return saturate_minimum(t, size, n, r);
}

V128 a64_sqneg(A64Trans *t, unsigned size, V128 d, V128 n)
{
    V128 r = a64_vneg(t, size, d, n);
    return saturate_minimum(t, size, n, r);
}

static V128 narrow_saturating(A64Trans *t, unsigned size, unsigned kind, V128 v)
{
    IrBuilder *b = t->b;
    V128 zero = a64_zero_v(t), r;
    if (size == 2) {
        static const A64VecOp ops[] = { 0, A64_VEC_SQXTN, A64_VEC_UQXTN, A64_VEC_SQXTUN };
        V128 mask = call(t, ops[kind], 2, true, v, v, v);
        note_saturation(t, mask);
        return call(t, ops[kind], 2, false, v, v, v);
    }
    if (kind == A64_NARROW_S) {
        r = size ? ir_vpack_ss32_v128(b, v, zero) : ir_vpack_ss16_v128(b, v, zero);
    } else {
        V128 limit = a64_splat(t, size + 1, size ? 0xffff : 0xff);
        V128 bounded = kind == A64_NARROW_U ? a64_umin(t, size + 1, v, v, limit) : v;
        r = size ? ir_vpack_su32_v128(b, bounded, zero) : ir_vpack_su16_v128(b, bounded, zero);
    }
    V128 back = a64_widen(t, size, kind != A64_NARROW_S, false, r);
    V128 differ = ir_vxor_v128(b, back, v);
    note_saturation(t, differ);
    return r;
}

V128 a64_narrow(A64Trans *t, unsigned size, unsigned kind, V128 v)
{
    return kind == A64_NARROW ? a64_uzp(t, size, false, v, v) : narrow_saturating(t, size, kind, v);
}
