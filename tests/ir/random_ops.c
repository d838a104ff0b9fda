/* SPDX-License-Identifier: MIT */
/* Random operations. Results of floating-point arithmetic are made canonical at once: their NaNs are unspecified. */
#include "random_ops.h"

#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/fpu.h"

uint32_t rng_next(Rng *g)
{
    g->state = g->state * 6364136223846793005ull + 1442695040888963407ull;
    uint64_t x = g->state;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
    return (uint32_t)(x >> 32);
}

/* ---- slots and helpers */

#define X(name, pin, at) { name, IR_I64, pin, at }
const IrSlotDesc random_slots[] = {
    X("fuel", -1, 8),       X("base", -1, 16),      X("x0", 0, 24),         X("x1", 1, 32),
    X("x2", 2, 40),         X("x3", 3, 48),         X("x4", 4, 56),         X("x5", 5, 64),
    X("x6", 6, 72),         X("x7", 7, 80),         X("x8", 8, 88),         X("x9", 9, 96),
    X("y0", -1, 104),       X("y1", -1, 112),       X("y2", -1, 120),       X("y3", -1, 128),
    X("y4", -1, 136),       X("y5", -1, 144),       { "w0", IR_I32, -1, 152 }, { "w1", IR_I32, -1, 156 },
    { "w2", IR_I32, -1, 160 }, { "s0", IR_F32, -1, 164 }, { "s1", IR_F32, -1, 168 }, { "s2", IR_F32, -1, 172 },
    { "d0", IR_F64, -1, 176 }, { "d1", IR_F64, -1, 184 }, { "d2", IR_F64, -1, 192 }, { "d3", IR_F64, -1, 200 },
    { "v0", IR_V128, -1, 208 }, { "v1", IR_V128, -1, 224 }, { "v2", IR_V128, -1, 240 }, { "c0", IR_CC, -1, 256 },
    { "c1", IR_CC, -1, 260 },
};
const unsigned random_nslots = sizeof(random_slots) / sizeof(random_slots[0]);
enum { COUNTER = 512, INDEXED = 600, NINDEXED = 8 }; /* in CpuState, no slots */

static uint64_t helper_mix(CpuState *s, uint64_t a, uint32_t b)
{
    return (a ^ b) * 0x9e3779b97f4a7c15ull >> 7;
}

static uint32_t helper_count(CpuState *s, uint64_t a)
{
    uint64_t n;
    memcpy(&n, s->guest + COUNTER, 8);
    n = n * 31 + a;
    memcpy(s->guest + COUNTER, &n, 8);
    return (uint32_t)n;
}

static double helper_average(CpuState *s, double a, double b, uint64_t c)
{
    uint64_t x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    uint64_t sum = fpu_add64(fpu_mul64(x, y), fpu_i64_s_to_f64(c));
    sum = (sum & INT64_MAX) > 0x7ff0000000000000ull ? 0x7ff8000000000000ull : sum;
    memcpy(&a, &sum, 8);
    return a;
}

typedef long long Vector __attribute__((vector_size(16)));
static Vector helper_blend(CpuState *s, Vector a, Vector b, float c)
{
    uint32_t x;
    memcpy(&x, &c, 4);
    return (a & b) + (Vector){ x, (long long)x << 32 };
}

static void helper_store(CpuState *s, uint32_t a)
{
    uint32_t x;
    memcpy(&x, s->guest + COUNTER + 8, 4);
    x ^= a;
    memcpy(s->guest + COUNTER + 8, &x, 4);
}

const HelperDesc random_helpers[] = {
    { "mix", (void *)helper_mix, IR_I64, 2, { IR_I64, IR_I32 }, HELPER_PURE },
    { "count", (void *)helper_count, IR_I32, 1, { IR_I64 }, HELPER_STATE },
    { "average", (void *)helper_average, IR_F64, 3, { IR_F64, IR_F64, IR_I64 }, HELPER_FP },
    { "blend", (void *)helper_blend, IR_V128, 3, { IR_V128, IR_V128, IR_F32 }, HELPER_PURE },
    { "store", (void *)helper_store, IR_VOID, 1, { IR_I32 }, HELPER_STATE },
};
const unsigned random_nhelpers = sizeof(random_helpers) / sizeof(random_helpers[0]);

/* ---- values */

uint64_t random_constant(Rng *g, IrType type)
{
    static const uint64_t doubles[] = {
        0, 1ull << 63, 0x3ff0000000000000, 0xbff8000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
        0xfff8000000000001, 0x7ff0000000000001, 0x0010000000000000, 0x000fffffffffffff, 1, 0x8000000000000001,
        0x7fefffffffffffff, 0x41dfffffffc00000, 0x43e0000000000000, 0xc3e0000000000000, 0x41f0000000000000,
        0x3fe0000000000000, 0x4004000000000000, 0xbfdfffffffffffff, 0x36a0000000000000, 0x3ca0000000000000,
    };
    static const uint32_t floats[] = {
        0, 0x80000000, 0x3f800000, 0xbfc00000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0x00800000,
        0x007fffff, 1, 0x80000001, 0x7f7fffff, 0x4f000000, 0x5f000000, 0xdf000000, 0x3f000000, 0x40200000, 0x33000000,
    };
    uint64_t wide = (uint64_t)rng_next(g) << 32 | rng_next(g);
    if (type == IR_F64) {
        switch (rng_below(g, 4)) {
        case 0:
            return wide;
        case 1: /* moderate size */
            return (wide & 0x800fffffffffffffull) | (uint64_t)(1023 - 40 + rng_below(g, 100)) << 52;
        case 2: /* a boxed float */
            return 0xffffffff00000000ull | floats[rng_below(g, sizeof(floats) / 4)];
        default:
            return doubles[rng_below(g, sizeof(doubles) / 8)];
        }
    }
    if (type == IR_F32) {
        switch (rng_below(g, 3)) {
        case 0:
            return (uint32_t)wide;
        case 1:
            return (wide & 0x807fffff) | (127 - 20 + rng_below(g, 50)) << 23;
        default:
            return floats[rng_below(g, sizeof(floats) / 4)];
        }
    }
    switch (rng_below(g, 5)) {
    case 0:
        break;
    case 1:
        wide = (uint64_t)(int64_t)(int8_t)wide;
        break;
    case 2:
        wide = 1ull << (wide & 63);
        break;
    case 3:
        wide = (1ull << (wide & 63)) - (wide >> 63);
        break;
    default:
        wide &= 127;
        break;
    }
    return type == IR_I32 ? (uint32_t)wide : wide;
}

void maker_forget(Maker *m)
{
    memset(m->count, 0, sizeof(m->count));
}

static void remember(Maker *m, IrType type, uint32_t id)
{
    if (type == IR_VOID) {
        return;
    }
    unsigned at = m->count[type] < POOL_SIZE ? m->count[type]++ : rng_below(&m->rng, POOL_SIZE);
    m->pool[type][at] = id;
    m->last[type] = id;
}

static uint32_t constant(Maker *m, IrType type)
{
    uint64_t v = random_constant(&m->rng, type);
    switch (type) {
    case IR_I32:
        return ir_const_i32(m->b, (uint32_t)v).id;
    case IR_I64:
        return ir_const_i64(m->b, v).id;
    case IR_F32:
        return ir_const_f32(m->b, (uint32_t)v).id;
    case IR_F64:
        return ir_const_f64(m->b, v).id;
    case IR_V128:
        return ir_const_v128(m->b, (V128Bits){ .u64 = { v, random_constant(&m->rng, IR_I64) } }).id;
    default: {
        I32 bits = ir_const_i32(m->b, (uint32_t)v);
        return ir_cc_make_i32(m->b, bits).id;
    }
    }
}

static unsigned random_slot(Maker *m, IrType type)
{
    for (;;) {
        unsigned slot = SLOT_BASE + 1 + rng_below(&m->rng, random_nslots - SLOT_BASE - 1);
        if (random_slots[slot].type == type) {
            return slot;
        }
    }
}

static uint32_t get(IrBuilder *b, unsigned slot)
{
    switch (random_slots[slot].type) {
    case IR_I32:
        return ir_get_i32(b, slot).id;
    case IR_I64:
        return ir_get_i64(b, slot).id;
    case IR_F32:
        return ir_get_f32(b, slot).id;
    case IR_F64:
        return ir_get_f64(b, slot).id;
    case IR_V128:
        return ir_get_v128(b, slot).id;
    default:
        return ir_get_cc(b, slot).id;
    }
}

static void put(IrBuilder *b, unsigned slot, uint32_t v)
{
    switch (random_slots[slot].type) {
    case IR_I32:
        ir_put_i32(b, slot, (I32){ v });
        break;
    case IR_I64:
        ir_put_i64(b, slot, (I64){ v });
        break;
    case IR_F32:
        ir_put_f32(b, slot, (F32){ v });
        break;
    case IR_F64:
        ir_put_f64(b, slot, (F64){ v });
        break;
    case IR_V128:
        ir_put_v128(b, slot, (V128){ v });
        break;
    default:
        ir_put_cc(b, slot, (CC){ v });
        break;
    }
}

uint32_t random_value(Maker *m, IrType type)
{
    unsigned kind = rng_below(&m->rng, 10);
    if (kind < (m->is_chain ? 6 : 3) && m->count[type]) {
        return m->last[type];
    }
    if (kind < 6 && m->count[type]) {
        return m->pool[type][rng_below(&m->rng, m->count[type])];
    }
    if (kind < 8) {
        return constant(m, type);
    }
    uint32_t v = get(m->b, random_slot(m, type));
    remember(m, type, v);
    return v;
}

/* ---- operations */

static int random_aux(Maker *m, IrOp op)
{
    static const uint8_t rounds[] = { IR_RNE, IR_RTZ, IR_RDN, IR_RUP, IR_RMM, IR_RDYN };
    switch (ir_op_info[op].aux) {
    case IR_AUX_RM:
        return rounds[rng_below(&m->rng, 6)];
    case IR_AUX_COND:
        return (int)rng_below(&m->rng, 14);
    case IR_AUX_BIT:
        return (int)rng_below(&m->rng, 4);
    case IR_AUX_LANE:
        return (int)rng_below(&m->rng, 2);
    case IR_AUX_COUNT: {
        const char *lane = strpbrk(ir_op_name[op], "136");
        return (int)rng_below(&m->rng, *lane == '1' ? 16 : *lane == '3' ? 32 : 64);
    }
    default:
        return 0;
    }
}

static IrOp random_op(Maker *m)
{
    for (;;) {
        unsigned last = rng_below(&m->rng, 3) ? IR_SELECT_F64 : IR_OP_COUNT - 1; /* mostly integers */
        IrOp op = (IrOp)(1 + rng_below(&m->rng, last));
        const IrOpInfo *info = &ir_op_info[op];
        if (info->traits & (IR_TRAIT_PURE | IR_TRAIT_FP) && !(info->traits & IR_TRAIT_FLOAT) && info->aux != IR_AUX_INDEX) {
            return op;
        }
    }
}

/* Constants that the folder's rules look for: shift amounts, masks, truth values. */
static uint32_t likely_constant(Maker *m, IrType type)
{
    static const uint64_t list[] = { 0, 1, 2, 3, 8, 16, 24, 31, 32, 40, 48, 56, 63, 0xf, 0xff, 0xffff, 0xffffffff, ~0ull, 7, 0xf0 };
    uint64_t v = list[rng_below(&m->rng, sizeof(list) / sizeof(list[0]))];
    return type == IR_I32 ? ir_const_i32(m->b, (uint32_t)v).id : ir_const_i64(m->b, v).id;
}

static void random_pure(Maker *m)
{
    IrOp op = random_op(m);
    const IrOpInfo *info = &ir_op_info[op];
    uint32_t args[3] = { 0 };
    for (unsigned a = 0; a < info->nargs; a++) {
        bool is_likely = (a || !rng_below(&m->rng, 8)) && info->arg[a] <= IR_I64 && rng_below(&m->rng, 2);
        args[a] = is_likely ? likely_constant(m, info->arg[a]) : random_value(m, info->arg[a]);
    }
    if (op == IR_CC_FCMP_F32 || op == IR_CC_FCMP_F64) { /* stands behind a comparison that raises the flags */
        IrOp compare = op == IR_CC_FCMP_F64 ? IR_FCMP_EQ_F64 : IR_FCMP_EQ_F32;
        ir_build(m->b, rng_below(&m->rng, 2) ? compare : compare + 1, 0, args[0], args[1], 0);
    }
    uint32_t v = ir_build(m->b, op, random_aux(m, op), args[0], args[1], args[2]);
    IrType type = info->result[0];
    if (info->traits & IR_TRAIT_FP && type == IR_F32) {
        v = ir_fcanon_f32(m->b, (F32){ v }).id;
    } else if (info->traits & IR_TRAIT_FP && type == IR_F64) {
        v = ir_fcanon_f64(m->b, (F64){ v }).id;
    }
    remember(m, type, v);
    if (info->nresults > 1) {
        IrOp second = info->result[1] == IR_I32 ? IR_RESULT_I32 : IR_RESULT_I64;
        remember(m, info->result[1], ir_build(m->b, second, 1, v, 0, 0));
    }
}

/* RISC-V's scalar arithmetic on a register of doubles: boxed floats or doubles, canonical results. */
static void random_scalar(Maker *m)
{
    IrBuilder *b = m->b;
    unsigned to = random_slot(m, IR_F64);
    F64 x = ir_get_f64(b, random_slot(m, IR_F64)), y = ir_get_f64(b, to);
    if (rng_below(&m->rng, 2)) {
        F32 p = ir_unbox_f32(b, x), q = ir_unbox_f32(b, y);
        F32 sum = rng_below(&m->rng, 2) ? ir_fadd_f32(b, p, q) : ir_fmul_f32(b, p, q);
        F32 canon = ir_fcanon_f32(b, sum);
        ir_put_f64(b, to, ir_box_f64(b, canon));
    } else {
        F64 sum = rng_below(&m->rng, 2) ? ir_fadd_f64(b, x, y) : ir_fdiv_f64(b, x, y);
        ir_put_f64(b, to, ir_fcanon_f64(b, sum));
    }
    m->has_put = true;
}

/* The flags saved round comparisons, in another order of bits. */
static void random_quiet_compare(Maker *m)
{
    IrBuilder *b = m->b;
    I32 flags = ir_fp_get_flags_i32(b), kept = ir_const_i32(b, MXCSR_FLAGS & ~MXCSR_DENORMAL), three = ir_const_i32(b, 3);
    I32 low = ir_and_i32(b, flags, kept), up = ir_shl_i32(b, low, three);
    I64 saved = ir_zext_i64(b, up);
    unsigned n = rng_below(&m->rng, 4);
    for (unsigned i = 0; i < n; i++) {
        F64 x = { random_value(m, IR_F64) }, y = { random_value(m, IR_F64) };
        I32 r = rng_below(&m->rng, 2) ? ir_fcmp_lt_f64(b, x, y) : ir_fcmp_eq_f64(b, x, y);
        remember(m, IR_I32, r.id);
    }
    if (rng_below(&m->rng, 4) == 0) {
        F32 x = { random_value(m, IR_F32) };
        remember(m, IR_I32, ir_fcmp_le_f32(b, x, x).id);
    }
    if (rng_below(&m->rng, 8) == 0) {
        random_pure(m);
    }
    I32 back = ir_trunc_i32(b, saved), down = ir_shr_i32(b, back, three);
    ir_fp_set_flags(b, ir_and_i32(b, down, kept));
}

static void random_fpenv(Maker *m)
{
    IrBuilder *b = m->b;
    I32 mask = ir_const_i32(b, MXCSR_FLAGS & ~MXCSR_DENORMAL);
    switch (rng_below(&m->rng, 3)) {
    case 0: {
        I32 flags = ir_fp_get_flags_i32(b);
        remember(m, IR_I32, ir_and_i32(b, flags, mask).id);
        break;
    }
    case 1: {
        I32 v = { random_value(m, IR_I32) };
        ir_fp_set_flags(b, ir_and_i32(b, v, mask));
        break;
    }
    default: {
        I32 v = { random_value(m, IR_I32) };
        I32 three = ir_const_i32(b, 3);
        ir_fp_set_round(b, ir_and_i32(b, v, three));
        break;
    }
    }
}

static void random_call(Maker *m)
{
    unsigned helper = rng_below(&m->rng, random_nhelpers);
    const HelperDesc *h = &random_helpers[helper];
    uint32_t args[4];
    for (unsigned a = 0; a < h->nargs; a++) {
        args[a] = random_value(m, h->arg[a]);
    }
    m->has_put |= (h->effects & HELPER_STATE) != 0;
    uint32_t v = ir_call(m->b, helper, h->nargs, args);
    remember(m, h->result, v);
}

static void random_indexed(Maker *m)
{
    I64 v = { random_value(m, IR_I64) };
    I64 mask = ir_const_i64(m->b, NINDEXED - 1);
    I64 index = ir_and_i64(m->b, v, mask);
    if (rng_below(&m->rng, 2)) {
        remember(m, IR_I64, ir_get_indexed_i64(m->b, index, INDEXED).id);
    } else {
        ir_put_indexed_i64(m->b, index, (I64){ random_value(m, IR_I64) }, INDEXED);
        m->has_put = true;
    }
}

/* ---- memory */

/* An address in the scratch memory with room for 16 bytes after the displacement. */
static I64 random_address(Maker *m, int32_t *disp)
{
    IrBuilder *b = m->b;
    Rng *g = &m->rng;
    I64 base = ir_get_i64(b, SLOT_BASE);
    *disp = (int32_t)rng_below(g, 8) * (rng_below(g, 2) ? 8 : 1);
    switch (rng_below(g, 12)) {
    case 0: { /* anywhere */
        I64 v = { random_value(m, IR_I64) };
        I64 mask = ir_const_i64(b, 511);
        I64 offset = ir_and_i64(b, v, mask);
        return ir_add_i64(b, base, offset);
    }
    case 1: { /* scaled index */
        I64 v = { random_value(m, IR_I64) };
        I64 mask = ir_const_i64(b, 31);
        I64 index = ir_and_i64(b, v, mask);
        I64 three = ir_const_i64(b, 3);
        I64 offset = ir_shl_i64(b, index, three);
        return ir_add_i64(b, offset, base);
    }
    case 2: { /* the lowest page and non-canonical addresses fault */
        *disp = 0;
        I64 v = ir_const_i64(b, rng_below(g, 2) ? 64 + rng_below(g, 512) : 0x8000000000000000ull + rng_below(g, 64));
        if (rng_below(g, 4)) {
            return base;
        }
        return v;
    }
    case 3:
    case 4: {
        I64 step = ir_const_i64(b, rng_below(g, 8) * 8);
        return ir_add_i64(b, base, step);
    }
    default:
        return base;
    }
}

static unsigned random_mem(Maker *m, IrType type)
{
    Rng *g = &m->rng;
    static const uint8_t max[] = { 0, MEM_32, MEM_64, MEM_32, MEM_64, MEM_128 };
    unsigned mem = type == IR_I32 || type == IR_I64 ? rng_below(g, max[type] + 1u) : max[type];
    mem |= rng_below(g, 2) ? MEM_SIGNED : 0;
    mem |= rng_below(g, 12) ? 0 : MEM_BIG_ENDIAN;
    mem |= rng_below(g, 12) ? 0 : MEM_ALIGNED;
    mem |= rng_below(g, 10) ? 0 : rng_below(g, 4) << MEM_ORDER_SHIFT;
    return mem;
}

static void random_load(Maker *m)
{
    IrType type = (IrType)(IR_I32 + rng_below(&m->rng, 5));
    int32_t disp;
    I64 addr = random_address(m, &disp);
    unsigned mem = random_mem(m, type);
    uint32_t v;
    switch (type) {
    case IR_I32:
        v = ir_load_i32(m->b, addr, disp, mem).id;
        break;
    case IR_I64:
        v = ir_load_i64(m->b, addr, disp, mem).id;
        break;
    case IR_F32:
        v = ir_load_f32(m->b, addr, disp, mem).id;
        break;
    case IR_F64:
        v = ir_load_f64(m->b, addr, disp, mem).id;
        break;
    default:
        v = ir_load_v128(m->b, addr, disp, mem).id;
        break;
    }
    remember(m, type, v);
}

static void random_store(Maker *m)
{
    IrType type = (IrType)(IR_I32 + rng_below(&m->rng, 5));
    int32_t disp;
    I64 addr = random_address(m, &disp);
    uint32_t v = random_value(m, type);
    unsigned mem = random_mem(m, type);
    switch (type) {
    case IR_I32:
        ir_store_i32(m->b, addr, disp, (I32){ v }, mem);
        break;
    case IR_I64:
        ir_store_i64(m->b, addr, disp, (I64){ v }, mem);
        break;
    case IR_F32:
        ir_store_f32(m->b, addr, disp, (F32){ v }, mem);
        break;
    case IR_F64:
        ir_store_f64(m->b, addr, disp, (F64){ v }, mem);
        break;
    default:
        ir_store_v128(m->b, addr, disp, (V128){ v }, mem);
        break;
    }
}

static void random_rmw(Maker *m)
{
    int32_t disp;
    I64 addr = random_address(m, &disp);
    bool is_wide = rng_below(&m->rng, 2);
    IrType type = is_wide ? IR_I64 : IR_I32;
    unsigned mem = random_mem(m, type);
    uint32_t x = random_value(m, type), y = random_value(m, type), v;
    switch (rng_below(&m->rng, 4)) {
    case 0:
        v = is_wide ? ir_cas_i64(m->b, addr, (I64){ x }, (I64){ y }, mem).id
                    : ir_cas_i32(m->b, addr, (I32){ x }, (I32){ y }, mem).id;
        break;
    case 1: {
        I64 mask = ir_const_i64(m->b, ~15ull); /* cmpxchg16b wants alignment */
        I64 aligned = ir_and_i64(m->b, addr, mask);
        uint32_t p = random_value(m, IR_V128), q = random_value(m, IR_V128);
        v = ir_cas_v128(m->b, aligned, (V128){ p }, (V128){ q }, MEM_128).id;
        type = IR_V128;
        break;
    }
    default: {
        IrOp op = (IrOp)(IR_XCHG_I32 + 2 * rng_below(&m->rng, 9) + is_wide);
        v = is_wide ? ir_rmw_i64(m->b, op, addr, (I64){ x }, mem).id : ir_rmw_i32(m->b, op, addr, (I32){ x }, mem).id;
        break;
    }
    }
    remember(m, type, v);
}

static void random_memory(Maker *m)
{
    unsigned kind = rng_below(&m->rng, 16);
    if (kind < 8) {
        random_load(m);
    } else if (kind < 13) {
        random_store(m);
    } else if (kind < 15) {
        random_rmw(m);
    } else {
        ir_fence(m->b, (IrOrder)rng_below(&m->rng, 4));
    }
}

void random_chain(Maker *m)
{
    m->is_chain = true;
    for (unsigned n = 2 + rng_below(&m->rng, 4); n > 0; n--) {
        random_pure(m);
    }
    for (unsigned slot = SLOT_BASE + 1, seen = 0; slot < random_nslots; slot++) {
        IrType type = random_slots[slot].type;
        if (m->count[type] && !(seen >> type & 1)) {
            put(m->b, slot, m->last[type]);
            seen |= 1u << type;
        }
    }
}

void random_observe(Maker *m)
{
    for (unsigned slot = SLOT_BASE + 1; slot < random_nslots; slot++) {
        IrType type = random_slots[slot].type;
        if (m->count[type] && rng_below(&m->rng, 2)) {
            unsigned n = m->count[type];
            put(m->b, slot, m->pool[type][rng_below(&m->rng, n)]);
        }
    }
}

void random_insn(Maker *m)
{
    Rng *g = &m->rng;
    if (!m->has_put && rng_below(g, 2)) {
        random_memory(m);
    }
    for (unsigned n = rng_below(g, 5); n > 0; n--) {
        random_pure(m);
    }
    switch (rng_below(g, 24)) {
    case 0:
        random_fpenv(m);
        break;
    case 1:
        random_call(m);
        break;
    case 2:
        random_indexed(m);
        break;
    case 4:
    case 5:
    case 6:
        random_scalar(m);
        break;
    case 7:
        random_quiet_compare(m);
        break;
    case 3: /* partial progress: what was put so far belongs to the snapshots that follow */
        ir_insn_commit(m->b);
        m->has_put = false;
        random_memory(m);
        break;
    default:
        break;
    }
    for (unsigned n = rng_below(g, 3); n > 0; n--) {
        unsigned slot = SLOT_BASE + 1 + rng_below(g, random_nslots - SLOT_BASE - 1);
        put(m->b, slot, random_value(m, random_slots[slot].type));
        m->has_put = true;
    }
}
