/* SPDX-License-Identifier: MIT */
/*
 * The generator: blocks of guest instructions that do faulting work first and put slots last, as front ends do. x15 counts the
 * rounds of all loops; x14 is a pointer that is never overwritten.
 */
#include "tests/ir/gen_region.h"

#include <string.h>

#include "tcg/builder_state.h"
#include "util/arena.h"

enum { MAX_POOL = 24, NTYPES = IR_CC + 1, FUEL = 15, POINTER = 14, MAX_BLOCKS = 14 };

typedef struct Gen {
    IrBuilder *b;
    Random rnd;
    uint32_t pool[NTYPES][MAX_POOL]; /* values of the current block */
    unsigned n[NTYPES];
    bool has_put;
    uint64_t pc;
    uint64_t base;
    uint32_t blocks[MAX_BLOCKS + 1];
    bool is_entry[MAX_BLOCKS + 1];
    unsigned nblocks;
} Gen;

uint64_t random_next(Random *r)
{
    r->s += 0x9e3779b97f4a7c15ull;
    uint64_t z = r->s;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint32_t random_below(Random *r, uint32_t n) { return (uint32_t)((random_next(r) >> 32) * n >> 32); }
static bool chance(Gen *g, unsigned percent) { return random_below(&g->rnd, 100) < percent; }
static unsigned below(Gen *g, unsigned n) { return random_below(&g->rnd, n); }

/* ---- bits that matter */

static uint64_t random_int(Random *r)
{
    static const uint64_t special[] = { 0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
                                        0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull, ~1ull,
                                        0xffffffff80000000, 0xffffffff7fffffff };
    uint64_t x = random_next(r);
    switch (random_below(r, 4)) {
    case 0:
        return special[random_below(r, sizeof special / sizeof *special)];
    case 1:
        return x >> random_below(r, 64);
    case 2:
        return (uint64_t)((int64_t)x >> random_below(r, 64));
    default:
        return 1ull << random_below(r, 64);
    }
}

static uint64_t random_f64(Random *r)
{
    static const uint64_t special[] = { 0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000,
                                        0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000,
                                        0x7ff0000000000001, 0x7ff8000000000123, 1, 0x000fffffffffffff, 0x0010000000000000,
                                        0x7fefffffffffffff, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000,
                                        0xffffffff3f800000, 0xffffffff7fc00000, 0x41dfffffffe00000, 0x4008000000000000 };
    switch (random_below(r, 3)) {
    case 0:
        return special[random_below(r, sizeof special / sizeof *special)];
    case 1: { /* of moderate size */
        uint64_t x = random_next(r);
        return (x & 0x800fffffffffffffull) | (uint64_t)(1023 - 8 + random_below(r, 72)) << 52;
    }
    default:
        return random_next(r);
    }
}

static uint32_t random_f32(Random *r)
{
    static const uint32_t special[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x7f800000, 0xff800000, 0x7fc00000,
                                        0xffc00000, 0x7f800001, 1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000,
                                        0x5f000000, 0x4f800000 };
    switch (random_below(r, 3)) {
    case 0:
        return special[random_below(r, sizeof special / sizeof *special)];
    case 1:
        return ((uint32_t)random_next(r) & 0x807fffffu) | (127 - 8 + random_below(r, 72)) << 23;
    default:
        return (uint32_t)random_next(r);
    }
}

void random_circumstances(IrmState *out, uint64_t seed)
{
    Random r = { seed ^ 0x2545f491 };
    out->protect = random_below(&r, 3) ? IRM_ALL : (uint8_t)random_below(&r, IRM_NPROTECTS);
    out->has_stop = random_below(&r, 12) == 0;
}

void random_state(const IrMachine *m, IrmState *out, uint64_t seed)
{
    Random r = { seed ^ 0x5bd1e995 };
    memset(out, 0, sizeof *out);
    random_circumstances(out, seed);
    unsigned base = out->protect ? 3200 : 256;
    for (unsigned i = 0; i < IRM_NSLOTS; i++) {
        const IrSlotDesc *d = &irm_slots[i];
        uint64_t x[2] = { random_int(&r), random_int(&r) };
        unsigned size = 8;
        switch (d->type) {
        case IR_F64:
            x[0] = random_f64(&r);
            break;
        case IR_F32:
            x[0] = random_f32(&r);
            size = 4;
            break;
        case IR_I32:
            size = 4;
            break;
        case IR_CC:
            x[0] &= 15;
            size = 4;
            break;
        case IR_V128:
            size = 16;
            break;
        default:
            if (random_below(&r, 4) == 0) {
                x[0] = (uintptr_t)m->memory + random_below(&r, IRM_RW);
            }
            x[0] = i == POINTER ? (uintptr_t)m->memory + base + 16 * random_below(&r, out->protect ? 60 : 200) : x[0];
            x[0] = i == FUEL ? random_below(&r, 12) : x[0];
            break;
        }
        memcpy(out->guest + d->offset, x, size);
    }
    for (unsigned i = 0; i < IRM_RW; i += 8) {
        uint64_t x = i % 32 == 0 ? random_f64(&r) : random_int(&r);
        memcpy(out->memory + i, &x, 8);
    }
    out->mxcsr = 0x1f80 | random_below(&r, 4) << 13 | (random_below(&r, 3) == 0 ? random_below(&r, 64) & 0x3d : 0);
}

/* ---- values */

static void remember(Gen *g, unsigned type, uint32_t v)
{
    unsigned at = g->n[type] < MAX_POOL ? g->n[type]++ : below(g, MAX_POOL);
    g->pool[type][at] = v;
}

static uint32_t random_const(Gen *g, unsigned type)
{
    switch (type) {
    case IR_I32:
        return build_const(g->b, IR_CONST_I32, (uint32_t)random_int(&g->rnd));
    case IR_F32:
        return build_const(g->b, IR_CONST_F32, random_f32(&g->rnd));
    case IR_F64:
        return build_const(g->b, IR_CONST_F64, random_f64(&g->rnd));
    case IR_V128: {
        V128Bits bits = { { random_int(&g->rnd), random_int(&g->rnd) } };
        return ir_const_v128(g->b, bits).id;
    }
    default:
        return build_const(g->b, IR_CONST_I64, random_int(&g->rnd));
    }
}

static uint32_t get_slot(Gen *g, unsigned slot)
{
    switch (irm_slots[slot].type) {
    case IR_I32:
        return ir_get_i32(g->b, slot).id;
    case IR_F32:
        return ir_get_f32(g->b, slot).id;
    case IR_F64:
        return ir_get_f64(g->b, slot).id;
    case IR_V128:
        return ir_get_v128(g->b, slot).id;
    case IR_CC:
        return ir_get_cc(g->b, slot).id;
    default:
        return ir_get_i64(g->b, slot).id;
    }
}

static unsigned slot_of_type(Gen *g, unsigned type)
{
    switch (type) {
    case IR_I32:
        return IRM_W + below(g, IRM_NW);
    case IR_F32:
        return IRM_S + below(g, IRM_NS);
    case IR_F64:
        return IRM_D + below(g, IRM_ND);
    case IR_V128:
        return IRM_V + below(g, IRM_NV);
    case IR_CC:
        return IRM_C;
    default:
        return IRM_X + below(g, POINTER);
    }
}

static uint32_t pick(Gen *g, unsigned type)
{
    if (type != IR_CC && chance(g, 18)) {
        return random_const(g, type);
    }
    if (g->n[type] == 0 || chance(g, 25)) {
        uint32_t v = get_slot(g, slot_of_type(g, type));
        remember(g, type, v);
        return v;
    }
    unsigned back = below(g, 3);
    return chance(g, 60) && back < g->n[type] ? g->pool[type][g->n[type] - 1 - back] : g->pool[type][below(g, g->n[type])];
}

static void put_slot(Gen *g, unsigned slot, uint32_t v)
{
    switch (irm_slots[slot].type) {
    case IR_I32:
        ir_put_i32(g->b, slot, (I32){ v });
        break;
    case IR_F32:
        ir_put_f32(g->b, slot, (F32){ v });
        break;
    case IR_F64:
        ir_put_f64(g->b, slot, (F64){ v });
        break;
    case IR_V128:
        ir_put_v128(g->b, slot, (V128){ v });
        break;
    case IR_CC:
        ir_put_cc(g->b, slot, (CC){ v });
        break;
    default:
        ir_put_i64(g->b, slot, (I64){ v });
        break;
    }
}

/* ---- operations */

static int random_aux(Gen *g, unsigned op)
{
    static const uint8_t modes[] = { IR_RNE, IR_RTZ, IR_RDN, IR_RUP, IR_RMM, IR_RDYN, IR_RTZ, IR_RDYN };
    switch (ir_op_info[op].aux) {
    case IR_AUX_RM:
        return modes[below(g, 8)];
    case IR_AUX_COND:
        return (int)below(g, 14);
    case IR_AUX_BIT:
        return (int)below(g, 4);
    case IR_AUX_COUNT:
        return (int)below(g, op == IR_VSHL64_V128 || op == IR_VSHR64_V128 ? 64 :
                                op == IR_VSHL32_V128 || op == IR_VSHR32_V128 || op == IR_VSAR32_V128 ? 32 : 16);
    case IR_AUX_LANE:
        return (int)below(g, 2);
    default:
        return 0;
    }
}

static void add_operation(Gen *g)
{
    unsigned op, traits;
    do {
        op = 1 + below(g, IR_OP_COUNT - 1);
        traits = ir_op_info[op].traits;
    } while (!(traits & (IR_TRAIT_PURE | IR_TRAIT_FP | IR_TRAIT_FPENV)) || traits & IR_TRAIT_FLOAT || op == IR_RESULT_I32 ||
             op == IR_RESULT_I64 || ((traits & IR_TRAIT_FPENV) && !chance(g, 20)) ||
             (op > IR_VAND_V128 && op < IR_LOAD_I32 && !chance(g, 40)));
    const IrOpInfo *info = &ir_op_info[op];
    uint32_t args[3] = { 0 };
    for (unsigned i = 0; i < info->nargs; i++) {
        args[i] = pick(g, info->arg[i]);
    }
    if (op == IR_CC_FCMP_F32 || op == IR_CC_FCMP_F64) { /* stands behind a comparison that raises the flags */
        IrOp compare = op == IR_CC_FCMP_F64 ? IR_FCMP_EQ_F64 : IR_FCMP_EQ_F32;
        ir_build(g->b, chance(g, 50) ? compare : compare + 1, 0, args[0], args[1], 0);
    }
    uint32_t v = ir_build(g->b, (IrOp)op, random_aux(g, op), args[0], args[1], args[2]);
    unsigned type = info->result[0];
    if (type == IR_VOID) {
        return;
    }
    if (traits & IR_TRAIT_FP && (type == IR_F32 || type == IR_F64)) { /* any NaN: not to be seen */
        v = ir_build(g->b, type == IR_F32 ? IR_FCANON_F32 : IR_FCANON_F64, 0, v, 0, 0);
    }
    if (op == IR_FP_GET_FLAGS_I32) { /* nor is the denormal flag */
        I32 mask = ir_const_i32(g->b, 0x3d);
        v = ir_and_i32(g->b, (I32){ v }, mask).id;
    }
    remember(g, type, v);
    if (info->nresults == 2) {
        IrOp second = info->result[1] == IR_I32 ? IR_RESULT_I32 : IR_RESULT_I64;
        remember(g, info->result[1], ir_build(g->b, second, 1, v, 0, 0));
    }
}

/* ---- memory */

/* Mostly an address inside of memory; `align`: a multiple of it, mostly. */
static I64 random_address(Gen *g, unsigned align, int32_t *disp)
{
    IrBuilder *b = g->b;
    unsigned kind = below(g, 100);
    *disp = (int32_t)(below(g, 16) * align);
    if (kind < 4) {
        return (I64){ pick(g, IR_I64) };
    }
    if (kind < 14) {
        uint32_t at = below(g, IRM_RW + (kind == 4 ? IRM_RO : 0)) / align * align;
        return ir_const_i64(b, g->base + at - (uint64_t)*disp);
    }
    I64 p = ir_get_i64(b, POINTER);
    if (align < 16 && kind < 20) {
        *disp += 1;
    }
    if (kind < 45) {
        *disp -= 64;
        return p;
    }
    I64 v = (I64){ pick(g, IR_I64) };
    I64 mask = ir_const_i64(b, 0x38);
    I64 low = ir_and_i64(b, v, mask);
    I64 scale = ir_const_i64(b, align == 16 ? 4 : below(g, 4));
    I64 index = chance(g, 70) ? ir_shl_i64(b, low, scale) : low;
    I64 sum = chance(g, 50) ? ir_add_i64(b, p, index) : ir_add_i64(b, index, p);
    if (chance(g, 30)) {
        I64 c = ir_const_i64(b, (uint64_t)align * below(g, 20));
        sum = ir_add_i64(b, sum, c);
    }
    remember(g, IR_I64, sum.id);
    return sum;
}

static void add_load(Gen *g)
{
    IrBuilder *b = g->b;
    static const uint8_t types[] = { IR_I32, IR_I64, IR_I64, IR_I64, IR_F32, IR_F64, IR_V128 };
    unsigned type = types[below(g, 7)], log;
    unsigned mem = (chance(g, 15) ? MEM_BIG_ENDIAN : 0) | (below(g, 4) == 0 ? below(g, 4) << MEM_ORDER_SHIFT : 0);
    log = type == IR_I32 ? below(g, 3) : type == IR_I64 ? below(g, 4) : type == IR_F32 ? 2 : type == IR_F64 ? 3 : 4;
    bool is_narrow = (type == IR_I32 && log < 2) || (type == IR_I64 && log < 3);
    mem |= log | (is_narrow && chance(g, 50) ? MEM_SIGNED : 0) | (chance(g, 5) ? MEM_ALIGNED : 0);
    int32_t disp;
    I64 a = random_address(g, 1u << log, &disp);
    uint32_t v;
    switch (type) {
    case IR_I32:
        v = ir_load_i32(b, a, disp, mem).id;
        break;
    case IR_F32:
        v = ir_load_f32(b, a, disp, mem).id;
        break;
    case IR_F64:
        v = ir_load_f64(b, a, disp, mem).id;
        break;
    case IR_V128:
        v = ir_load_v128(b, a, disp, mem).id;
        break;
    default:
        v = ir_load_i64(b, a, disp, mem).id;
        break;
    }
    remember(g, type, v);
}

static void add_store(Gen *g)
{
    IrBuilder *b = g->b;
    static const uint8_t types[] = { IR_I32, IR_I64, IR_I64, IR_I64, IR_F32, IR_F64, IR_V128 };
    unsigned type = types[below(g, 7)];
    unsigned mem = (chance(g, 15) ? MEM_BIG_ENDIAN : 0) | (chance(g, 5) ? MEM_ALIGNED : 0);
    unsigned log = type == IR_I32 ? below(g, 3) : type == IR_I64 ? below(g, 4) : type == IR_F32 ? 2 : type == IR_F64 ? 3 : 4;
    if (type != IR_V128) {
        mem |= below(g, 4) == 0 ? below(g, 4) << MEM_ORDER_SHIFT : 0;
    }
    bool is_split = MEM_ORDER(mem) != IR_ORDER_SEQ; /* xchg must not cross lines: some hosts trap */
    int32_t disp;
    I64 a = random_address(g, 1u << log, &disp);
    mem |= log | (is_split ? 0 : MEM_ALIGNED);
    uint32_t v = pick(g, type);
    switch (type) {
    case IR_I32:
        ir_store_i32(b, a, disp, (I32){ v }, mem);
        break;
    case IR_F32:
        ir_store_f32(b, a, disp, (F32){ v }, mem);
        break;
    case IR_F64:
        ir_store_f64(b, a, disp, (F64){ v }, mem);
        break;
    case IR_V128:
        ir_store_v128(b, a, disp, (V128){ v }, mem);
        break;
    default:
        ir_store_i64(b, a, disp, (I64){ v }, mem);
        break;
    }
}

static void add_rmw(Gen *g)
{
    IrBuilder *b = g->b;
    unsigned kind = below(g, 12), mem = MEM_ALIGNED | IR_ORDER_SEQ << MEM_ORDER_SHIFT;
    int32_t disp;
    if (kind == 11) {
        I64 a = random_address(g, 16, &disp);
        V128 x = (V128){ pick(g, IR_V128) }, y = (V128){ pick(g, IR_V128) };
        I64 sum = ir_add_i64(b, a, ir_const_i64(b, (uint64_t)(int64_t)disp));
        remember(g, IR_V128, ir_cas_v128(b, sum, x, y, mem | MEM_128).id);
        return;
    }
    bool is_64 = chance(g, 50);
    mem |= is_64 ? MEM_64 : MEM_32;
    I64 a = random_address(g, is_64 ? 8 : 4, &disp);
    I64 sum = ir_add_i64(b, a, ir_const_i64(b, (uint64_t)(int64_t)disp));
    uint32_t x = pick(g, is_64 ? IR_I64 : IR_I32), y = pick(g, is_64 ? IR_I64 : IR_I32), v;
    if (kind >= 9) {
        v = is_64 ? ir_cas_i64(b, sum, (I64){ x }, (I64){ y }, mem).id : ir_cas_i32(b, sum, (I32){ x }, (I32){ y }, mem).id;
    } else {
        IrOp op = (IrOp)(IR_XCHG_I32 + 2 * kind + is_64);
        v = is_64 ? ir_rmw_i64(b, op, sum, (I64){ x }, mem).id : ir_rmw_i32(b, op, sum, (I32){ x }, mem).id;
    }
    remember(g, is_64 ? IR_I64 : IR_I32, v);
}

/* Whether it counts as a put. */
static bool add_call(Gen *g)
{
    uint32_t args[3], h = below(g, IRM_NHELPERS);
    for (unsigned i = 0; i < irm_helpers[h].nargs; i++) {
        args[i] = pick(g, irm_helpers[h].arg[i]);
    }
    uint32_t v = ir_call(g->b, h, irm_helpers[h].nargs, args);
    if (irm_helpers[h].result == IR_F64) {
        v = ir_build(g->b, IR_FCANON_F64, 0, v, 0, 0);
    }
    if (irm_helpers[h].result) {
        remember(g, irm_helpers[h].result, v);
    }
    return irm_helpers[h].effects & HELPER_STATE;
}

/* ---- instructions and blocks */

static void add_insn(Gen *g)
{
    ir_insn_begin(g->b, g->pc);
    g->pc += 4;
    if (chance(g, 3)) {
        ir_poll(g->b);
    }
    if (chance(g, 20)) { /* values of this instruction alone */
        memset(g->n, 0, sizeof g->n);
    }
    for (unsigned n = below(g, 4) + 1; n > 0; n--) {
        unsigned kind = below(g, 100);
        if (kind < 72) {
            add_operation(g);
        } else if (kind < 84) {
            add_load(g);
        } else if (kind < 94) {
            add_store(g);
        } else if (kind < 97) {
            add_rmw(g);
        } else if (kind < 98) {
            ir_fence(g->b, (IrOrder)below(g, 4));
        } else if (kind < 99 && add_call(g)) {
            break;
        }
    }
    for (unsigned n = below(g, 3); n > 0; n--) {
        unsigned type = 1 + below(g, NTYPES - 1);
        type = chance(g, 60) ? IR_I64 : type;
        uint32_t v = pick(g, type);
        put_slot(g, slot_of_type(g, type), v);
    }
    if (chance(g, 10)) {
        ir_insn_commit(g->b);
    }
}

static uint32_t forward(Gen *g, unsigned block)
{
    unsigned left = g->nblocks - block, n = block + 1 + below(g, left < 4 ? left : 4);
    return g->blocks[n];
}

static void add_exit(Gen *g, unsigned block)
{
    IrBuilder *b = g->b;
    uint64_t pc = 0x900000 + 16 * below(g, 64);
    uint32_t ret = block < g->nblocks && g->is_entry[block + 1] ? g->blocks[block + 1] : 0;
    uint64_t ret_pc = ret ? RANDOM_PC + (block + 1) * 0x100 : pc + 4;
    unsigned kind = ret ? 5 + below(g, 3) : below(g, 10);
    if (kind == 9) {
        static const uint8_t events[] = { TCG_EVENT_SYSCALL, TCG_EVENT_BREAK, TCG_EVENT_ILLEGAL, TCG_EVENT_TRAP };
        ir_exit_event(b, events[below(g, 4)], pc);
        return;
    }
    I64 bit = ir_const_i64(b, 1ull << 40);
    I64 v = ir_or_i64(b, (I64){ pick(g, IR_I64) }, bit);
    if (kind < 3) {
        ir_exit(b, pc);
    } else if (kind < 5) {
        ir_exit_indirect(b, v);
    } else if (kind < 7) {
        ir_exit_call(b, pc, ret_pc, ret);
    } else if (kind < 8) {
        ir_exit_call_indirect(b, v, ret_pc, ret);
    } else {
        ir_exit_return(b, v);
    }
}

static void add_terminator(Gen *g, unsigned block)
{
    IrBuilder *b = g->b;
    unsigned kind = below(g, 100);
    bool is_last = block == g->nblocks;
    bool is_call = !is_last && g->is_entry[block + 1]; /* entries but the head are return sites */
    if (kind < 25 && block > 1 && !is_call) { /* a loop, while there is fuel */
        unsigned head = block - below(g, block < 4 ? block : 4);
        I64 fuel = ir_get_i64(b, FUEL), minus_one = ir_const_i64(b, ~0ull), zero = ir_const_i64(b, 0);
        I64 left = ir_add_i64(b, fuel, minus_one);
        ir_put_i64(b, FUEL, left);
        I32 has_more = ir_cmp_slt_i64(b, zero, left);
        uint32_t out = is_last ? ir_block_new(b, 0x800000, false) : forward(g, block);
        ir_br(b, has_more, g->blocks[head], out);
        if (is_last) {
            ir_block_begin(b, out, 0);
            ir_insn_begin(b, 0x800000);
            ir_exit(b, 0x800000);
        }
    } else if (is_last || is_call || kind < 35) {
        add_exit(g, block);
    } else if (kind < 50) {
        ir_goto(b, forward(g, block));
    } else {
        I32 cond = (I32){ pick(g, IR_I32) };
        if (chance(g, 70)) {
            unsigned op = IR_CMP_EQ_I32 + below(g, 12), type = ir_op_info[op].arg[0];
            uint32_t x = pick(g, type), y = pick(g, type);
            cond = (I32){ ir_build(b, (IrOp)op, 0, x, y, 0) };
        } else if (chance(g, 50)) {
            unsigned op = IR_FCMP_EQ_F32 + below(g, 10), type = ir_op_info[op].arg[0];
            uint32_t x = pick(g, type), y = pick(g, type);
            cond = (I32){ ir_build(b, (IrOp)op, 0, x, y, 0) };
        }
        uint32_t yes = forward(g, block), no = forward(g, block);
        if (yes == no) {
            ir_goto(b, yes);
        } else {
            ir_br(b, cond, yes, no);
        }
    }
}

void random_region(IrMachine *m, IrRegion *r, uint64_t seed)
{
    Gen gen = { .b = m->builder, .rnd = { seed }, .base = (uintptr_t)m->memory }, *g = &gen;
    IrSettings settings = { .no_fold = chance(g, 30), .is_tso = chance(g, 30), .has_guards = chance(g, 50) };
    memset(r, 0, sizeof *r);
    arena_reset(m->arena);
    ir_begin(m->builder, r, m->arena, irm_slots, IRM_NSLOTS, irm_helpers, IRM_NHELPERS, 0, &settings);
    g->nblocks = chance(g, 30) ? 1 : 1 + below(g, MAX_BLOCKS);
    for (unsigned n = 1; n <= g->nblocks; n++) {
        g->is_entry[n] = n == 1 || chance(g, 12);
        g->blocks[n] = ir_block_new(g->b, RANDOM_PC + n * 0x100, g->is_entry[n]);
        if (!g->is_entry[n] && chance(g, 10)) {
            r->blocks[g->blocks[n]].is_cold = true;
        }
    }
    for (unsigned n = 1; n <= g->nblocks; n++) {
        ir_block_begin(g->b, g->blocks[n], 0);
        memset(g->n, 0, sizeof g->n);
        g->pc = RANDOM_PC + n * 0x100;
        for (unsigned k = below(g, 7) + 1; k > 0; k--) {
            add_insn(g);
        }
        ir_insn_begin(g->b, g->pc);
        add_terminator(g, n);
    }
    ir_finish(g->b);
}
