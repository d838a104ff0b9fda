/* SPDX-License-Identifier: MIT */
/*
 * Construction: blocks, guest instructions, operations, slots, snapshots. Memory operations are in builder_mem.c, terminators in
 * builder_end.c, the end of a region in finish.c.
 */
#include "tcg/builder.h"

#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/opt/fold.h"
#include "util/arena.h"
#include "util/assert.h"
#include "util/hostmem.h"

#define GROW(array, cap, need) \
    ((array) = arena_grow(b->arena, (array), sizeof(*(array)), &(cap), (uint32_t)(need)))
#define START(array, cap, n) ((array) = arena_alloc(b->arena, ((cap) = (n)) * sizeof(*(array))))

IrBuilder *ir_builder_new(void)
{
    return host_alloc(sizeof(IrBuilder));
}

void ir_builder_free(IrBuilder *b)
{
    host_free(b);
}

static void find_pins(IrBuilder *b, const IrSlotDesc *slots, unsigned nslots)
{
    memset(b->pin_slot, -1, sizeof b->pin_slot);
    b->pins_of = slots;
    b->pins = 0;
    for (unsigned s = 0; s < nslots; s++) {
        if (slots[s].pin >= 0) {
            b->pin_slot[slots[s].pin] = (int8_t)s;
            b->pins |= 1u << slots[s].pin;
        }
    }
}

void ir_begin(IrBuilder *b, IrRegion *r, struct Arena *arena, const IrSlotDesc *slots, unsigned nslots,
              const HelperDesc *helpers, unsigned nhelpers, uint32_t ctx, const IrSettings *settings)
{
    lyre_assert(nslots <= IR_MAX_SLOTS);
    memset(r, 0, sizeof(*r));
    r->slots = slots;
    r->nslots = nslots;
    r->helpers = helpers;
    r->nhelpers = nhelpers;
    r->ctx = ctx;
    r->arena = arena;
    memset(b, 0, offsetof(IrBuilder, mem));
    b->r = r;
    b->arena = arena;
    b->settings = *settings;
    if (b->pins_of != slots) {
        find_pins(b, slots, nslots);
    }
    b->epoch++;
    if (b->epoch == 0) {
        memset(b->numbers, 0, sizeof(b->numbers));
        b->epoch = 1;
    }
    START(r->insns, r->cap_insns, 512);
    START(r->blocks, r->cap_blocks, 64);
    START(r->snaps, r->cap_snaps, 128);
    b->blocks = arena_alloc(arena, r->cap_blocks * sizeof *b->blocks);
    if (!settings->is_quick) {
        b->snaps = arena_alloc(arena, r->cap_snaps * sizeof *b->snaps);
        b->no_values = arena_alloc0(arena, nslots * sizeof(uint32_t));
    }
    START(b->log, b->cap_log, 256);
    b->log[0] = (BuildPut){ .slot = BUILD_PUT_DEAD };
    b->nlog = 1;
    START(b->seen, b->cap_seen, 128);
    b->seen[0] = 0;
    b->nseen = 1;
    /* index 0 of each means "none" */
    memset(&r->insns[0], 0, sizeof(r->insns[0]));
    memset(&r->blocks[0], 0, sizeof(r->blocks[0]));
    memset(&r->snaps[0], 0, sizeof(r->snaps[0]));
    memset(&b->blocks[0], 0, sizeof(b->blocks[0]));
    r->ninsns = r->nblocks = r->nsnaps = 1;
    b->last_fpenv = b->fpenv = 1;
}

/* ---- operations */

static NOINLINE void grow_insns(IrRegion *r)
{
    r->insns = arena_grow(r->arena, r->insns, sizeof(IrInsn), &r->cap_insns, r->ninsns + 1);
}

uint32_t build_new_insn(IrRegion *r, IrOp op)
{
    if (UNLIKELY(r->ninsns == r->cap_insns)) {
        grow_insns(r);
    }
    uint32_t id = r->ninsns++;
    IrInsn *i = &r->insns[id];
    memset(i, 0, sizeof *i);
    i->head = ir_op_head[op];
    return id;
}

NOINLINE uint32_t build_grow_and_emit(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z)
{
    grow_insns(b->r);
    return build_emit(b, op, aux, x, y, z);
}

uint32_t build_emit(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z)
{
    return build_append(b, op, aux, x, y, z);
}

uint32_t build_insert_before(IrBuilder *b, IrOp op, uint32_t before)
{
    uint32_t id = build_new_insn(b->r, op);
    IrInsn *i = build_insn(b, id), *next = build_insn(b, before);
    i->block = next->block;
    i->prev = next->prev;
    i->next = before;
    next->prev = id;
    if (i->prev) {
        build_insn(b, i->prev)->next = id;
    } else {
        b->r->blocks[i->block].first = id;
    }
    return id;
}

uint32_t build_phi_like(IrBuilder *b, uint32_t like, IrType type)
{
    uint32_t block = build_insn(b, like)->block, n = build_insn(b, like)->nargs, first = b->r->nextra;
    uint32_t id = build_insert_before(b, build_phi_op(type), b->r->blocks[block].first);
    b->r->extra = arena_grow(b->arena, b->r->extra, sizeof(uint32_t), &b->r->cap_extra, first + n);
    b->r->nextra += n;
    IrInsn *phi = build_insn(b, id);
    phi->aux = build_insn(b, like)->aux;
    phi->nargs = (uint8_t)n;
    phi->arg[0] = first;
    return id;
}

/* `n` is a pure or fp operation: folded, found, or new. */
static uint32_t build_value(IrBuilder *b, IrInsn *n)
{
    uint32_t v = fold(b, n);
    if (v) {
        return v;
    }
    bool is_cc = n->op == IR_CC_FCMP_F32 || n->op == IR_CC_FCMP_F64; /* may be found by comparing again */
    n->imm = is_cc || ir_op_info[n->op].traits & IR_TRAIT_FP ? b->fpenv : 0;
    NumberEntry *place;
    v = number_find(b, n, &place);
    if (v) {
        return v;
    }
    v = build_emit(b, n->op, n->aux, n->arg[0], n->arg[1], n->arg[2]);
    build_insn(b, v)->imm = n->imm;
    *place = (NumberEntry){ b->epoch, v };
    if (n->imm && b->nfp_ops++ < FP_OPS_MAX) {
        b->fp_ops[b->nfp_ops - 1] = v;
    }
    return v;
}

static uint32_t build_fpenv(IrBuilder *b, IrOp op, uint32_t x)
{
    if (op == IR_FP_SET_FLAGS && !b->settings.no_fold && flags_fold_set(b, &x)) {
        return 0;
    }
    b->fpenv = ++b->last_fpenv;
    uint32_t v = build_emit(b, op, 0, x, 0, 0);
    b->flags_get = op == IR_FP_GET_FLAGS_I32 ? v : 0;
    b->nfp_ops = 0;
    return v;
}

NOINLINE uint32_t build_any(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z)
{
    uint32_t traits = ir_op_info[op].traits;
    if (LIKELY(traits & (IR_TRAIT_PURE | IR_TRAIT_FP)) && !b->settings.no_fold) {
        IrInsn n = { .op = (uint16_t)op, .nargs = ir_op_info[op].nargs, .aux = aux, .arg = { x, y, z } };
        return build_value(b, &n);
    }
    if (traits & IR_TRAIT_FPENV) {
        return build_fpenv(b, op, x);
    }
    if (op == IR_PUT_INDEXED_I64) {
        b->insn_has_put = true;
    }
    return build_emit(b, op, aux, x, y, z);
}

uint32_t ir_build(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z)
{
    return b->settings.is_quick ? fold_quick(b, op, aux, x, y, z) : build_any(b, op, aux, x, y, z);
}

I64 ir_result_i64(IrBuilder *b, I64 first, unsigned index)
{
    return (I64){ ir_build(b, IR_RESULT_I64, (int)index, first.id, 0, 0) };
}

static NOINLINE uint32_t find_const(IrBuilder *b, IrOp op, uint64_t bits)
{
    /* aux: index into the pool */
    IrInsn n = { .op = (uint16_t)op, .imm = bits, .aux = op == IR_CONST_V128 ? (int32_t)bits : 0 };
    NumberEntry *place = NULL;
    uint32_t v = b->settings.no_fold ? 0 : number_find(b, &n, &place);
    if (v) {
        return v;
    }
    v = build_new_insn(b->r, op);
    build_insn(b, v)->imm = bits;
    build_insn(b, v)->aux = n.aux;
    if (place) {
        *place = (NumberEntry){ b->epoch, v };
    }
    return v;
}

static NOINLINE uint32_t new_const_slow(IrBuilder *b, IrOp op, uint64_t bits)
{
    uint32_t v = build_new_insn(b->r, op);
    build_insn(b, v)->imm = bits;
    build_insn(b, v)->aux = op == IR_CONST_V128 ? (int32_t)bits : 0;
    return v;
}

/* is_quick: without looking for an equal one, but for 0. */
static inline uint32_t make_const(IrBuilder *b, IrOp op, uint64_t bits)
{
    IrRegion *r = b->r;
    uint32_t v = r->ninsns;
    if (!b->settings.is_quick) {
        return find_const(b, op, bits);
    }
    if (UNLIKELY(v == r->cap_insns || op == IR_CONST_V128)) {
        return new_const_slow(b, op, bits);
    }
    r->ninsns = v + 1;
    IrInsn *i = &r->insns[v];
    memset(i, 0, sizeof *i);
    i->head = ir_op_head[op];
    i->imm = bits;
    return v;
}

uint32_t build_const(IrBuilder *b, IrOp op, uint64_t bits)
{
    return make_const(b, op, bits);
}

static NOINLINE uint32_t make_zero(IrBuilder *b)
{
    return b->zero = make_const(b, IR_CONST_I64, 0);
}

I32 ir_const_i32(IrBuilder *b, uint32_t v) { return (I32){ make_const(b, IR_CONST_I32, v) }; }

I64 ir_const_i64(IrBuilder *b, uint64_t v)
{
    if (v == 0) {
        return (I64){ b->zero ? b->zero : make_zero(b) };
    }
    return (I64){ make_const(b, IR_CONST_I64, v) };
}

F32 ir_const_f32(IrBuilder *b, uint32_t bits) { return (F32){ build_const(b, IR_CONST_F32, bits) }; }
F64 ir_const_f64(IrBuilder *b, uint64_t bits) { return (F64){ build_const(b, IR_CONST_F64, bits) }; }

V128 ir_const_v128(IrBuilder *b, V128Bits bits)
{
    IrRegion *r = b->r;
    uint32_t i = 0;
    while (i < r->npool && memcmp(&r->pool[i], &bits, sizeof(bits)) != 0) {
        i++;
    }
    if (i == r->npool) {
        GROW(r->pool, r->cap_pool, r->npool + 1);
        r->pool[r->npool++] = bits;
    }
    return (V128){ build_const(b, IR_CONST_V128, i) };
}

bool ir_is_const_i64(const IrBuilder *b, I64 v, uint64_t *out)
{
    const IrInsn *i = build_insn(b, v.id);
    if (i->op != IR_CONST_I64) {
        return false;
    }
    *out = i->imm;
    return true;
}

void build_replace(IrBuilder *b, uint32_t id, uint32_t by)
{
    IrInsn *i = build_insn(b, id);
    IrBlock *k = &b->r->blocks[i->block];
    if (i->prev) {
        build_insn(b, i->prev)->next = i->next;
    } else {
        k->first = i->next;
    }
    if (i->next) {
        build_insn(b, i->next)->prev = i->prev;
    } else {
        k->last = i->prev;
    }
    if (b->blocks[i->block].last_param == id) {
        b->blocks[i->block].last_param = i->prev;
    }
    i->flags |= IR_FLAG_DEAD;
    i->imm = by;
}

/* ---- blocks and guest instructions */

NOINLINE void build_grow_blocks(IrBuilder *b)
{
    uint32_t cap = b->r->cap_blocks;
    GROW(b->r->blocks, b->r->cap_blocks, cap + 1);
    GROW(b->blocks, cap, cap + 1);
}

uint32_t ir_block_new(IrBuilder *b, uint64_t pc, bool is_entry)
{
    IrRegion *r = b->r;
    if (UNLIKELY(r->nblocks == r->cap_blocks)) {
        build_grow_blocks(b);
    }
    r->blocks[r->nblocks] = (IrBlock){ .pc = pc, .is_entry = is_entry || r->nblocks == 1 };
    if (b->settings.is_quick) {
        memset(&b->blocks[r->nblocks], 0, offsetof(BuildBlock, rpo));
    } else {
        memset(&b->blocks[r->nblocks], 0, sizeof(BuildBlock));
    }
    return r->nblocks++;
}

/* is_quick: the values of a chain are its last block's. */
static void begin_quick(IrBuilder *b, BuildBlock *k, uint32_t block, uint32_t single_pred)
{
    if (single_pred) {
        BuildBlock *up = &b->blocks[single_pred];
        k->root = up->root;
        k->in = up->in;
        k->cur = up->cur;
        up->cur = NULL;
    } else {
        k->root = block;
        k->in = arena_alloc0(b->arena, 3 * b->r->nslots * sizeof(uint32_t));
        k->cur = k->in + b->r->nslots;
    }
    b->in = k->in;
    b->last = build_last(b, k->root);
}

static void begin_full(IrBuilder *b, BuildBlock *k, uint32_t block, uint32_t single_pred)
{
    if (single_pred) {
        k->root = b->blocks[single_pred].root;
        k->cur = b->blocks[single_pred].cur;
    } else {
        k->root = block;
        k->cur = k->in = b->no_values;
    }
    if (!single_pred || single_pred != b->last_block) {
        build_forget_memory(b);
    }
    number_begin_block(b, block, single_pred);
    b->is_cur_shared = true;
}

void ir_block_begin(IrBuilder *b, uint32_t block, uint32_t single_pred)
{
    BuildBlock *k = &b->blocks[block];
    lyre_assert(!b->block && !k->is_filled && block < b->r->nblocks);
    if (b->r->blocks[block].is_entry || !b->blocks[single_pred].cur ||
        (b->settings.is_quick && !build_is_edge(b->r, single_pred, block))) {
        single_pred = 0;
    }
    k->parent = single_pred;
    k->log_first = b->nlog;
    if (b->settings.is_quick) {
        begin_quick(b, k, block, single_pred);
    } else {
        begin_full(b, k, block, single_pred);
    }
    if (single_pred) {
        lyre_assert(b->blocks[single_pred].is_filled);
        b->fpenv = b->blocks[single_pred].fpenv;
    } else {
        b->fpenv = ++b->last_fpenv;
        b->insn_block = block;
        b->insn_pos = b->nlog;
        b->insn_snap = 0;
    }
    b->flags_get = 0;
    b->block = block;
    b->cur = k->cur;
    b->ctx = b->r->ctx;
}

void ir_insn_begin(IrBuilder *b, uint64_t pc)
{
    const IrBlock *k = &b->r->blocks[b->block];
    if (!k->first && pc == k->pc) {
        b->blocks[b->block].is_insn_start = true;
    }
    b->r->guest_insns++;
    build_insn_begin(b, pc);
}

void ir_insn_commit(IrBuilder *b)
{
    build_insn_begin(b, b->insn_pc);
}

bool ir_is_terminated(const IrBuilder *b)
{
    return b->block == 0;
}

void ir_set_ctx(IrBuilder *b, uint32_t ctx)
{
    b->ctx = ctx;
}

/* ---- snapshots: a point in the log of puts until ir_finish lists the slots */

static NOINLINE void grow_snaps(IrBuilder *b)
{
    uint32_t cap = b->r->cap_snaps;
    GROW(b->r->snaps, b->r->cap_snaps, cap + 1);
    GROW(b->snaps, cap, cap + 1);
}

static inline uint32_t new_snap(IrBuilder *b, uint64_t pc, uint32_t ctx)
{
    IrRegion *r = b->r;
    uint32_t id = r->nsnaps++;
    r->snaps[id] = (IrSnapshot){ .pc = pc, .ctx = ctx };
    return id;
}

/* What ir_finish wants to know of it. */
static NOINLINE void note_snap(IrBuilder *b, uint32_t id, uint32_t block, uint32_t pos)
{
    b->snaps[id] = (BuildSnap){ .block = block, .pos = pos };
    BuildBlock *k = &b->blocks[block];
    if (k->last_snap) {
        b->snaps[k->last_snap].next = id;
    } else {
        k->first_snap = id;
    }
    k->last_snap = id;
}

uint32_t build_snap(IrBuilder *b, uint64_t pc, uint32_t ctx, uint32_t block, uint32_t pos)
{
    if (UNLIKELY(b->r->nsnaps == b->r->cap_snaps)) {
        grow_snaps(b);
    }
    uint32_t id = new_snap(b, pc, ctx);
    if (!b->settings.is_quick) {
        note_snap(b, id, block, pos);
    }
    return id;
}

static NOINLINE uint32_t insn_snap_slow(IrBuilder *b)
{
    return b->insn_snap = build_snap(b, b->insn_pc, b->insn_ctx, b->insn_block, b->insn_pos);
}

NOINLINE uint32_t build_new_insn_snap(IrBuilder *b)
{
    if (!b->settings.is_quick || UNLIKELY(b->r->nsnaps == b->r->cap_snaps)) {
        return insn_snap_slow(b);
    }
    return b->insn_snap = new_snap(b, b->insn_pc, b->insn_ctx);
}

void ir_poll(IrBuilder *b)
{
    uint32_t snap = build_insn_snap(b);
    build_forget_memory(b);
    build_set_snap(b, build_emit(b, IR_POLL, 0, 0, 0, 0), snap);
}

/* ---- slots */

IrOp build_phi_op(IrType type)
{
    static const uint16_t ops[] = { IR_OP_INVALID, IR_PHI_I32, IR_PHI_I64, IR_PHI_F32, IR_PHI_F64, IR_PHI_V128, IR_PHI_CC };
    return ops[type];
}

IrOp build_slot_in_op(IrType type)
{
    static const uint16_t ops[] = { IR_OP_INVALID,  IR_SLOT_IN_I32,  IR_SLOT_IN_I64, IR_SLOT_IN_F32,
                                    IR_SLOT_IN_F64, IR_SLOT_IN_V128, IR_SLOT_IN_CC };
    return ops[type];
}

uint32_t *build_in(IrBuilder *b, uint32_t root, uint32_t slot)
{
    BuildBlock *k = &b->blocks[root];
    if (k->in == b->no_values) {
        k->in = arena_alloc0(b->arena, b->r->nslots * sizeof(uint32_t));
    }
    return &k->in[slot];
}

uint32_t build_param(IrBuilder *b, uint32_t root, uint32_t slot)
{
    uint32_t id = build_new_insn(b->r, build_phi_op(b->r->slots[slot].type));
    IrInsn *i = build_insn(b, id);
    IrBlock *block = &b->r->blocks[root];
    BuildBlock *k = &b->blocks[root];
    i->aux = (int32_t)slot;
    *build_in(b, root, slot) = id;
    i->block = root;
    i->prev = k->last_param;
    i->next = i->prev ? build_insn(b, i->prev)->next : block->first;
    if (i->prev) {
        build_insn(b, i->prev)->next = id;
    } else {
        block->first = id;
    }
    if (i->next) {
        build_insn(b, i->next)->prev = id;
    } else {
        block->last = id;
    }
    k->last_param = id;
    return id;
}

/* The chain reads the slot before it writes it. is_quick: the parameter stands in no block; cur is the whole chain's and would have it. */
uint32_t ir_get_param(IrBuilder *b, unsigned slot)
{
    lyre_check(b->block && slot < b->r->nslots);
    if (b->settings.is_quick) {
        uint32_t v = build_new_insn(b->r, build_phi_op(b->r->slots[slot].type));
        build_insn(b, v)->aux = (int32_t)slot;
        return b->in[slot] = b->cur[slot] = v;
    }
    uint32_t root = b->blocks[b->block].root, v = b->blocks[root].in[slot];
    v = v ? v : build_param(b, root, slot);
    if (!b->is_cur_shared) {
        b->cur[slot] = v;
    }
    return v;
}

/* From here on the values of the block in hand are its own. */
static NOINLINE void put_full(IrBuilder *b, unsigned slot, uint32_t v)
{
    if (b->is_cur_shared) {
        size_t size = b->r->nslots * sizeof(uint32_t);
        b->cur = b->blocks[b->block].cur = memcpy(arena_alloc(b->arena, size), b->cur, size);
        b->is_cur_shared = false;
    }
    GROW(b->log, b->cap_log, b->nlog + 1);
    b->cur[slot] = v;
    b->log[b->nlog++] = (BuildPut){ .slot = slot, .value = v };
}

static inline void log_put(IrBuilder *b, unsigned slot, uint32_t v, uint32_t prev)
{
    b->last[slot] = b->nlog;
    b->log[b->nlog++] = (BuildPut){ slot, v, b->r->ninsns, prev };
    b->cur[slot] = v;
}

/* is_quick: there may be no room, or nobody can see the slot's last put, which so is dead; v may be there already without it. */
static NOINLINE void put_rare(IrBuilder *b, unsigned slot, uint32_t v)
{
    uint32_t prev = b->last[slot];
    GROW(b->log, b->cap_log, b->nlog + 1);
    if (prev && b->last_seen < b->log[prev].at) {
        BuildPut *dead = &b->log[prev];
        dead->slot = BUILD_PUT_DEAD;
        prev = b->last[slot] = dead->prev;
        if ((prev ? b->log[prev].value : b->in[slot]) == v) {
            b->cur[slot] = v;
            return;
        }
    }
    log_put(b, slot, v, prev);
}

static inline void put(IrBuilder *b, unsigned slot, uint32_t v)
{
    lyre_check(b->block && slot < b->r->nslots && b->r->slots[slot].type == build_insn(b, v)->type);
    b->insn_has_put = true;
    if (b->cur[slot] == v) {
        return;
    }
    if (!b->settings.is_quick) {
        put_full(b, slot, v);
        return;
    }
    uint32_t prev = b->last[slot];
    if (UNLIKELY(b->nlog == b->cap_log || (prev && b->last_seen < b->log[prev].at))) {
        put_rare(b, slot, v);
        return;
    }
    log_put(b, slot, v, prev);
}

void ir_put_i32(IrBuilder *b, unsigned slot, I32 v) { put(b, slot, v.id); }
void ir_put_i64(IrBuilder *b, unsigned slot, I64 v) { put(b, slot, v.id); }
void ir_put_f32(IrBuilder *b, unsigned slot, F32 v) { put(b, slot, v.id); }
void ir_put_f64(IrBuilder *b, unsigned slot, F64 v) { put(b, slot, v.id); }
void ir_put_v128(IrBuilder *b, unsigned slot, V128 v) { put(b, slot, v.id); }
void ir_put_cc(IrBuilder *b, unsigned slot, CC v) { put(b, slot, v.id); }

/* ---- calls */

uint32_t ir_call(IrBuilder *b, unsigned helper, unsigned nargs, const uint32_t *args)
{
    static const uint16_t ops[] = { IR_CALL, IR_CALL_I32, IR_CALL_I64, IR_CALL_F32, IR_CALL_F64, IR_CALL_V128 };
    IrRegion *r = b->r;
    lyre_assert(helper < r->nhelpers);
    const HelperDesc *h = &r->helpers[helper];
    lyre_assert(nargs == h->nargs && nargs <= 4 && h->result <= IR_V128);
    uint32_t first = r->nextra;
    GROW(r->extra, r->cap_extra, first + nargs);
    for (unsigned i = 0; i < nargs; i++) {
        lyre_assert(build_insn(b, args[i])->type == h->arg[i]);
        r->extra[first + i] = args[i];
    }
    r->nextra += nargs;
    if (h->effects != HELPER_PURE) {
        b->flags_get = 0;
    }
    if (h->effects & HELPER_STATE) {
        b->insn_has_put = true;
        build_forget_memory(b);
    }
    uint32_t id = build_emit(b, ops[h->result], (int)helper, first, 0, 0);
    build_insn(b, id)->nargs = (uint8_t)nargs;
    return id;
}
