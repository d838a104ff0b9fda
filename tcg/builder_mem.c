/* SPDX-License-Identifier: MIT */
/*
 * Memory operations while they are made: displacements, stores of extended values, and reuse of values that an earlier
 * access of the same address and width has seen (DESIGN.md, "Guest memory rules").
 */
#include "tcg/builder.h"
#include "tcg/builder_state.h"
#include "tcg/opt/fold.h"
#include "util/assert.h"

enum { MEM_PLACE = 0xffff & ~MEM_SIGNED }; /* what must be equal for a value to be reused */

void build_forget_memory(IrBuilder *b)
{
    b->nmem = 0;
}

/* Moves constant addends of the address into the displacement. */
static void fold_address(IrBuilder *b, uint32_t *addr, int32_t *disp)
{
    for (;;) {
        const IrInsn *i = build_insn(b, *addr);
        if (i->op != IR_ADD_I64) {
            return;
        }
        const IrInsn *c = build_insn(b, i->arg[1]);
        int64_t sum = (int64_t)(c->imm + (uint64_t)(int64_t)*disp);
        if (c->op != IR_CONST_I64 || sum != (int32_t)sum) {
            return;
        }
        *addr = i->arg[0];
        *disp = (int32_t)sum;
    }
}

static uint32_t emit_mem(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, uint32_t x, uint32_t y, unsigned mem)
{
    uint32_t snap = build_insn_snap(b);
    uint32_t id = build_append(b, op, disp, addr, x, y);
    IrInsn *i = build_insn(b, id);
    i->mem = (uint16_t)mem;
    build_set_snap(b, id, snap);
    return id;
}

static NOINLINE uint32_t emit_access_slow(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, uint32_t x, unsigned mem)
{
    return emit_mem(b, op, addr, disp, x, 0, mem);
}

/* is_quick: a load or store as it is. */
static NOINLINE uint32_t emit_access(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, uint32_t x, unsigned mem)
{
    IrRegion *r = b->r;
    bool is_full = r->ninsns == r->cap_insns || r->nsnaps == r->cap_snaps || b->nseen == b->cap_seen;
    if (UNLIKELY(is_full || b->insn_has_put || b->nfp_ops)) {
        return emit_access_slow(b, op, addr, disp, x, mem);
    }
    if (!b->insn_snap) {
        b->insn_snap = r->nsnaps++;
        r->snaps[b->insn_snap] = (IrSnapshot){ .pc = b->insn_pc, .ctx = b->insn_ctx };
    }
    uint32_t id = r->ninsns;
    build_append(b, op, disp, addr, x, 0);
    r->insns[id].mem = (uint16_t)mem;
    r->insns[id].snap = b->insn_snap;
    b->seen[b->nseen++] = b->last_seen = id;
    return id;
}

/* ---- known values of memory */

static bool may_alias(const IrBuilder *b, const MemValue *m, uint32_t base, int32_t disp, unsigned size)
{
    uint64_t old = (uint64_t)(int64_t)m->disp, new = (uint64_t)(int64_t)disp;
    if (m->base != base) {
        const IrInsn *x = build_insn(b, m->base), *y = build_insn(b, base);
        if (x->op != IR_CONST_I64 || y->op != IR_CONST_I64) {
            return true;
        }
        old += x->imm;
        new += y->imm;
    }
    return new - old < MEM_SIZE(m->mem) || old - new < size;
}

static void remember(IrBuilder *b, uint32_t base, int32_t disp, unsigned mem, uint32_t value, bool is_store)
{
    if (b->nmem == REUSE_MAX) {
        for (uint32_t i = 1; i < REUSE_MAX; i++) {
            b->mem[i - 1] = b->mem[i];
        }
        b->nmem--;
    }
    b->mem[b->nmem++] = (MemValue){ base, value, disp, (uint16_t)mem, is_store };
}

/* A store to [base + disp, + size) was made. */
static void forget_aliases(IrBuilder *b, uint32_t base, int32_t disp, unsigned size)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->nmem; i++) {
        if (!may_alias(b, &b->mem[i], base, disp, size)) {
            b->mem[kept++] = b->mem[i];
        }
    }
    b->nmem = kept;
}

/* Extends the low 8 << log2 bits of the I32 or I64 value x, as a load of that width into `type` would. */
static uint32_t extend(IrBuilder *b, uint32_t x, IrType type, unsigned mem)
{
    static const uint16_t to32[2][3] = { { IR_ZEXT8_I32, IR_ZEXT16_I32, 0 }, { IR_SEXT8_I32, IR_SEXT16_I32, 0 } };
    static const uint16_t to64[2][4] = { { IR_ZEXT8_I64, IR_ZEXT16_I64, IR_ZEXT32_I64, 0 },
                                         { IR_SEXT8_I64, IR_SEXT16_I64, IR_SEXT32_I64, 0 } };
    unsigned width = mem & MEM_SIZE_MASK;
    bool is_signed = mem & MEM_SIGNED;
    bool is_wide = build_insn(b, x)->type == IR_I64;
    if (type == IR_I32) {
        x = is_wide ? ir_build(b, IR_TRUNC_I32, 0, x, 0, 0) : x;
        return width == MEM_32 ? x : ir_build(b, to32[is_signed][width], 0, x, 0, 0);
    }
    if (!is_wide) {
        x = width == MEM_32 ? x : ir_build(b, to32[is_signed][width], 0, x, 0, 0);
        return ir_build(b, is_signed ? IR_SEXT_I64 : IR_ZEXT_I64, 0, x, 0, 0);
    }
    return width == MEM_64 ? x : ir_build(b, to64[is_signed][width], 0, x, 0, 0);
}

/* The value that a load of `type` finds where `m` was seen; 0: no simple way. */
static uint32_t convert(IrBuilder *b, const MemValue *m, IrType type, unsigned mem)
{
    const IrInsn *v = build_insn(b, m->value);
    IrType from = v->type;
    bool is_full = from == type && (from == IR_V128 || MEM_SIZE(mem) == (from == IR_I32 || from == IR_F32 ? 4u : 8u));
    if (is_full || (!m->is_store && from == type && ((m->mem ^ mem) & MEM_SIGNED) == 0)) {
        return m->value;
    }
    if (from == IR_V128 || type == IR_V128) {
        return 0;
    }
    uint32_t x = m->value;
    if (from == IR_F32 || from == IR_F64) {
        x = ir_build(b, from == IR_F32 ? IR_BITS_F32_I32 : IR_BITS_F64_I64, 0, x, 0, 0);
    }
    if (type == IR_F32 || type == IR_F64) {
        x = extend(b, x, type == IR_F32 ? IR_I32 : IR_I64, mem);
        return ir_build(b, type == IR_F32 ? IR_F32_BITS_F32 : IR_F64_BITS_F64, 0, x, 0, 0);
    }
    return extend(b, x, type, mem);
}

static uint32_t find_value(IrBuilder *b, uint32_t base, int32_t disp, IrType type, unsigned mem)
{
    for (uint32_t i = b->nmem; i-- > 0;) {
        const MemValue *m = &b->mem[i];
        if (m->base == base && m->disp == disp && ((m->mem ^ mem) & MEM_PLACE) == 0) {
            return convert(b, m, type, mem);
        }
    }
    return 0;
}

static NOINLINE uint32_t load_full(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, unsigned mem)
{
    if (b->settings.no_fold) {
        return emit_mem(b, op, addr, disp, 0, 0, mem);
    }
    fold_address(b, &addr, &disp);
    bool is_plain = MEM_ORDER(mem) == IR_ORDER_NONE;
    if (is_plain) {
        uint32_t v = find_value(b, addr, disp, ir_op_info[op].result[0], mem);
        if (v) {
            return v;
        }
    }
    uint32_t id = emit_mem(b, op, addr, disp, 0, 0, mem);
    if (!is_plain || b->settings.is_tso) {
        build_forget_memory(b);
    }
    if (is_plain) {
        remember(b, addr, disp, mem, id, false);
    }
    return id;
}

static inline uint32_t load(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, unsigned mem)
{
    return LIKELY(b->settings.is_quick) ? emit_access(b, op, addr, disp, 0, mem) : load_full(b, op, addr, disp, mem);
}

I32 ir_load_i32(IrBuilder *b, I64 addr, int32_t disp, unsigned mem)
{
    return (I32){ load(b, IR_LOAD_I32, addr.id, disp, mem) };
}

I64 ir_load_i64(IrBuilder *b, I64 addr, int32_t disp, unsigned mem)
{
    return (I64){ load(b, IR_LOAD_I64, addr.id, disp, mem) };
}

F32 ir_load_f32(IrBuilder *b, I64 addr, int32_t disp, unsigned mem)
{
    return (F32){ load(b, IR_LOAD_F32, addr.id, disp, mem) };
}

F64 ir_load_f64(IrBuilder *b, I64 addr, int32_t disp, unsigned mem)
{
    return (F64){ load(b, IR_LOAD_F64, addr.id, disp, mem) };
}

V128 ir_load_v128(IrBuilder *b, I64 addr, int32_t disp, unsigned mem)
{
    return (V128){ load(b, IR_LOAD_V128, addr.id, disp, mem) };
}

static NOINLINE void store_full(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, uint32_t v, unsigned mem)
{
    if (b->settings.no_fold) {
        emit_mem(b, op, addr, disp, v, 0, mem);
        return;
    }
    fold_address(b, &addr, &disp);
    fold_stored(b, &op, &v, mem);
    emit_mem(b, op, addr, disp, v, 0, mem);
    if (MEM_ORDER(mem) != IR_ORDER_NONE) {
        build_forget_memory(b);
        return;
    }
    forget_aliases(b, addr, disp, MEM_SIZE(mem));
    remember(b, addr, disp, mem, v, true);
}

static inline void store(IrBuilder *b, IrOp op, uint32_t addr, int32_t disp, uint32_t v, unsigned mem)
{
    mem &= ~(unsigned)MEM_SIGNED;
    if (LIKELY(b->settings.is_quick)) {
        emit_access(b, op, addr, disp, v, mem);
    } else {
        store_full(b, op, addr, disp, v, mem);
    }
}

void ir_store_i32(IrBuilder *b, I64 addr, int32_t disp, I32 v, unsigned mem)
{
    store(b, IR_STORE_I32, addr.id, disp, v.id, mem);
}

void ir_store_i64(IrBuilder *b, I64 addr, int32_t disp, I64 v, unsigned mem)
{
    store(b, IR_STORE_I64, addr.id, disp, v.id, mem);
}

void ir_store_f32(IrBuilder *b, I64 addr, int32_t disp, F32 v, unsigned mem)
{
    store(b, IR_STORE_F32, addr.id, disp, v.id, mem);
}

void ir_store_f64(IrBuilder *b, I64 addr, int32_t disp, F64 v, unsigned mem)
{
    store(b, IR_STORE_F64, addr.id, disp, v.id, mem);
}

void ir_store_v128(IrBuilder *b, I64 addr, int32_t disp, V128 v, unsigned mem)
{
    store(b, IR_STORE_V128, addr.id, disp, v.id, mem);
}

/* ---- read-modify-write */

static uint32_t rmw(IrBuilder *b, IrOp op, uint32_t addr, uint32_t x, uint32_t y, unsigned mem)
{
    int32_t disp = 0;
    lyre_assert(ir_op_info[op].traits & IR_TRAIT_RMW);
    if (!b->settings.no_fold && !b->settings.is_quick) {
        fold_address(b, &addr, &disp);
    }
    build_forget_memory(b);
    return emit_mem(b, op, addr, disp, x, y, mem);
}

I32 ir_rmw_i32(IrBuilder *b, IrOp op, I64 addr, I32 v, unsigned mem)
{
    lyre_assert(ir_op_info[op].result[0] == IR_I32);
    return (I32){ rmw(b, op, addr.id, v.id, 0, mem) };
}

I64 ir_rmw_i64(IrBuilder *b, IrOp op, I64 addr, I64 v, unsigned mem)
{
    lyre_assert(ir_op_info[op].result[0] == IR_I64);
    return (I64){ rmw(b, op, addr.id, v.id, 0, mem) };
}

I32 ir_cas_i32(IrBuilder *b, I64 addr, I32 expected, I32 desired, unsigned mem)
{
    return (I32){ rmw(b, IR_CAS_I32, addr.id, expected.id, desired.id, mem) };
}

I64 ir_cas_i64(IrBuilder *b, I64 addr, I64 expected, I64 desired, unsigned mem)
{
    return (I64){ rmw(b, IR_CAS_I64, addr.id, expected.id, desired.id, mem) };
}

V128 ir_cas_v128(IrBuilder *b, I64 addr, V128 expected, V128 desired, unsigned mem)
{
    return (V128){ rmw(b, IR_CAS_V128, addr.id, expected.id, desired.id, mem) };
}

void ir_fence(IrBuilder *b, IrOrder order)
{
    build_forget_memory(b);
    build_emit(b, IR_FENCE, (int)order, 0, 0, 0);
}
