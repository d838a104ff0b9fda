/* SPDX-License-Identifier: MIT */
/* AdvSIMD loads and stores of structures (Arm ARM C4.1.94). All loads are done before the first register is written. */
#include "target/aarch64/trans.h"

/* After the access the base moves on by rm, or by what was accessed where rm is 31. */
static void post_index(A64Trans *t, const A64Ops *o, bool is_post, I64 base, unsigned bytes)
{
    if (!is_post)
        return;
    I64 step = o->rm == 31 ? ir_const_i64(t->b, bytes) : a64_get_x(t, o->rm);
    I64 after = ir_add_i64(t->b, base, step);
    a64_put_sp(t, o->rn, after);
}

static unsigned reg(const A64Ops *o, unsigned i) { return (o->rt + i) & 31u; }

/* ---- whole registers one after the other */

static void load_plain(A64Trans *t, const A64Ops *o, unsigned regs, I64 base)
{
    V128 v[4];
    unsigned mem = o->q ? MEM_128 : MEM_64;
    for (unsigned i = 0; i < regs; i++)
        v[i] = a64_load_v(t, base, (int32_t)(i * MEM_SIZE(mem)), mem);
    for (unsigned i = 0; i < regs; i++)
        a64_put_v(t, reg(o, i), v[i]);
}

static void store_plain(A64Trans *t, const A64Ops *o, unsigned regs, I64 base)
{
    unsigned mem = o->q ? MEM_128 : MEM_64;
    for (unsigned i = 0; i < regs; i++) {
        V128 v = a64_get_v(t, reg(o, i));
        a64_store_v(t, base, (int32_t)(i * MEM_SIZE(mem)), v, mem);
    }
}

/* ---- structures: lane i of register r is element i * elems + r in memory */

static V128 zip(A64Trans *t, unsigned size, bool is_high, V128 x, V128 y)
{
    typedef V128 Zip(IrBuilder *b, V128 x, V128 y);
    static Zip *const fns[2][4] = { { ir_vziplo8_v128, ir_vziplo16_v128, ir_vziplo32_v128, ir_vziplo64_v128 },
                                    { ir_vziphi8_v128, ir_vziphi16_v128, ir_vziphi32_v128, ir_vziphi64_v128 } };
    return fns[is_high][size](t->b, x, y);
}

/* Two or four registers of 16 bytes by unzipping, and the other way round by zipping. */
static void load_power(A64Trans *t, const A64Ops *o, unsigned elems, I64 base)
{
    V128 v[4], u[4];
    for (unsigned i = 0; i < elems; i++)
        v[i] = ir_load_v128(t->b, base, (int32_t)i * 16, MEM_128);
    for (unsigned stage = 2; stage <= elems; stage *= 2) {
        for (unsigned i = 0; i < elems / 2; i++) { /* evens of pairs first, then odds: after the last stage in order of elements */
            u[i] = a64_uzp(t, o->size, false, v[2 * i], v[2 * i + 1]);
            u[i + elems / 2] = a64_uzp(t, o->size, true, v[2 * i], v[2 * i + 1]);
        }
        for (unsigned i = 0; i < elems; i++)
            v[i] = u[i];
    }
    for (unsigned i = 0; i < elems; i++)
        a64_put_v(t, reg(o, i), v[i]);
}

static void store_power(A64Trans *t, const A64Ops *o, unsigned elems, I64 base)
{
    V128 v[4], u[4];
    for (unsigned i = 0; i < elems; i++)
        v[i] = a64_get_v(t, reg(o, i));
    if (elems == 4) { /* 0 with 2, 1 with 3: then their results with each other */
        V128 a0 = zip(t, o->size, false, v[0], v[2]), a1 = zip(t, o->size, true, v[0], v[2]);
        V128 b0 = zip(t, o->size, false, v[1], v[3]), b1 = zip(t, o->size, true, v[1], v[3]);
        u[0] = zip(t, o->size, false, a0, b0);
        u[1] = zip(t, o->size, true, a0, b0);
        u[2] = zip(t, o->size, false, a1, b1);
        u[3] = zip(t, o->size, true, a1, b1);
    } else {
        u[0] = zip(t, o->size, false, v[0], v[1]);
        u[1] = zip(t, o->size, true, v[0], v[1]);
    }
    for (unsigned i = 0; i < elems; i++)
        ir_store_v128(t->b, base, (int32_t)i * 16, u[i], MEM_128);
}

static void load_lanes(A64Trans *t, const A64Ops *o, unsigned elems, I64 base)
{
    unsigned lanes = (o->q ? 16u : 8u) >> o->size;
    V128 v[4] = { a64_zero_v(t), a64_zero_v(t), a64_zero_v(t), a64_zero_v(t) };
    for (unsigned i = 0; i < lanes; i++)
        for (unsigned r = 0; r < elems; r++) {
            I64 x = ir_load_i64(t->b, base, (int32_t)((i * elems + r) << o->size), o->size);
            v[r] = a64_set_lane(t, o->size, i, v[r], x);
        }
    for (unsigned r = 0; r < elems; r++)
        a64_put_v(t, reg(o, r), v[r]);
}

static void store_lanes(A64Trans *t, const A64Ops *o, unsigned elems, I64 base)
{
    unsigned lanes = (o->q ? 16u : 8u) >> o->size;
    for (unsigned i = 0; i < lanes; i++)
        for (unsigned r = 0; r < elems; r++) {
            V128 v = a64_get_v(t, reg(o, r));
            I64 x = a64_get_lane(t, o->size, i, v);
            ir_store_i64(t->b, base, (int32_t)((i * elems + r) << o->size), x, o->size);
        }
}

void trans_structures(A64Trans *t, const A64Ops *o, bool is_load, unsigned regs, unsigned elems, bool is_post)
{
    I64 base = a64_get_sp(t, o->rn);
    bool is_power = o->q && elems != 3;
    if (elems == 1)
        (is_load ? load_plain : store_plain)(t, o, regs, base);
    else if (is_power)
        (is_load ? load_power : store_power)(t, o, elems, base);
    else
        (is_load ? load_lanes : store_lanes)(t, o, elems, base);
    post_index(t, o, is_post, base, regs * (o->q ? 16 : 8));
}

/* ---- one lane of each register */

void trans_structure(A64Trans *t, const A64Ops *o, bool is_load, unsigned regs, unsigned size, bool is_post)
{
    I64 base = a64_get_sp(t, o->rn), x[4];
    for (unsigned r = 0; r < regs && is_load; r++)
        x[r] = ir_load_i64(t->b, base, (int32_t)(r << size), size);
    for (unsigned r = 0; r < regs; r++) {
        V128 v = a64_get_v(t, reg(o, r));
        if (is_load) {
            V128 new = a64_set_lane(t, size, o->index, v, x[r]);
            a64_put_v(t, reg(o, r), new);
        } else {
            I64 value = a64_get_lane(t, size, o->index, v);
            ir_store_i64(t->b, base, (int32_t)(r << size), value, size);
        }
    }
    post_index(t, o, is_post, base, regs << size);
}

/* Of lanes of 4 or 8 bytes, without a way through general registers. */
static void replicate_one(A64Trans *t, const A64Ops *o, bool is_post)
{
    I64 base = a64_get_sp(t, o->rn);
    V128 lane = a64_load_v(t, base, 0, o->size);
    V128 two = o->size == 2 ? ir_vziplo32_v128(t->b, lane, lane) : lane;
    V128 v = o->q ? ir_vziplo64_v128(t->b, two, two) : two;
    a64_put_v(t, reg(o, 0), v);
    post_index(t, o, is_post, base, 1u << o->size);
}

void trans_replicate(A64Trans *t, const A64Ops *o, unsigned regs, bool is_post)
{
    if (regs == 1 && o->size >= 2) {
        replicate_one(t, o, is_post);
        return;
    }
    I64 base = a64_get_sp(t, o->rn), x[4];
    for (unsigned r = 0; r < regs; r++)
        x[r] = ir_load_i64(t->b, base, (int32_t)(r << o->size), o->size);
    for (unsigned r = 0; r < regs; r++) {
        I32 w = ir_trunc_i32(t->b, x[r]);
        V128 v = o->size == 0   ? ir_vsplat8_v128(t->b, w)
                 : o->size == 1 ? ir_vsplat16_v128(t->b, w)
                 : o->size == 2 ? ir_vsplat32_v128(t->b, w)
                                : ir_vsplat64_v128(t->b, x[r]);
        a64_put_v(t, reg(o, r), o->q ? v : a64_keep_low(t, 8, v));
    }
    post_index(t, o, is_post, base, regs << o->size);
}
