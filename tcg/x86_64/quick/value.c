/* SPDX-License-Identifier: MIT */
/* Where values are: registers, homes, spill slots; and puts, which write homes. */
#include "tcg/state.h"
#include "tcg/x86_64/quick/quick.h"
#include "util/assert.h"
#include "util/compiler.h"

/* ---- values */

const uint8_t quick_traits[IR_OP_COUNT] = {
    [IR_TRUNC_I32] = Q_THROUGH, [IR_CC_PACK_I32] = Q_THROUGH, [IR_VLOW32_F32] = Q_THROUGH, [IR_VLOW64_F64] = Q_THROUGH,
    [IR_FCANON_F32] = Q_THROUGH_CANON, [IR_FCANON_F64] = Q_THROUGH_CANON,
    [IR_CONST_I32] = Q_CONST_SCALAR, [IR_CONST_I64] = Q_CONST_SCALAR, [IR_CONST_F32] = Q_CONST_SCALAR, [IR_CONST_F64] = Q_CONST_SCALAR,
    [IR_CONST_V128] = Q_CONST_VECTOR,
    [IR_PHI_I32] = Q_PARAM, [IR_PHI_I64] = Q_PARAM, [IR_PHI_F32] = Q_PARAM, [IR_PHI_F64] = Q_PARAM, [IR_PHI_V128] = Q_PARAM,
    [IR_PHI_CC] = Q_PARAM,
    [IR_RESULT_I32] = Q_RESULT, [IR_RESULT_I64] = Q_RESULT,
};

/* What needs no fcanon: select_use.c knows the same. */
static bool is_canonical(unsigned op)
{
    return (op >= IR_I32_S_TO_F32_F32 && op <= IR_I64_U_TO_F64_F64) || ((op == IR_FMA_F32 || op == IR_FMA_F64) && host_features.fma);
}

uint32_t quick_resolve_slow(const Quick *q, uint32_t v)
{
    for (;;) {
        const IrInsn *i = &q->insns[v];
        unsigned traits = quick_traits[i->op];
        if (!(traits & Q_THROUGH) && !(traits & Q_THROUGH_CANON && is_canonical(q->insns[i->arg[0]].op))) {
            return v;
        }
        v = i->arg[0];
    }
}

static uint32_t allocatable(bool is_vec) { return is_vec ? Q_XMMS : Q_GPRS; }
static bool is_pin(const Quick *q, unsigned reg) { return q->slot_of[reg] >= 0; }

X86Rm quick_home(const Quick *q, unsigned home)
{
    return home < Q_MEM ? x86_rm_reg(home - 1) : x86_rm_state(q->r->slots[home - Q_MEM].offset);
}

NOINLINE void quick_add_more_home(QVal *x, unsigned home)
{
    if (!x->home[1]) {
        bool is_first = home < Q_MEM && x->home[0] >= Q_MEM;
        x->home[1] = is_first ? x->home[0] : (uint8_t)home;
        x->home[0] = is_first ? (uint8_t)home : x->home[0];
    }
}

static bool is_readable(const Quick *q, unsigned home, uint32_t hidden)
{
    return home >= Q_MEM || (home && !((q->used | hidden) >> (home - 1) & 1));
}

/* A home of v that can be read where the registers `hidden` have other values. */
static unsigned find_home(const Quick *q, uint32_t v, uint32_t hidden)
{
    const QVal *x = &q->vals[v];
    const IrInsn *i = &q->insns[v];
    for (unsigned n = 0; n < 2; n++) {
        if (is_readable(q, x->home[n], hidden)) {
            return x->home[n];
        }
    }
    if (!(quick_traits[i->op] & Q_PARAM) || q->last[i->aux]) {
        return 0;
    }
    unsigned own = quick_home_of(q, (unsigned)i->aux);
    return is_readable(q, own, hidden) ? own : 0;
}

/* Not in a register of its own, and not in its first home. */
unsigned quick_find_slow(const Quick *q, uint32_t v)
{
    unsigned home = find_home(q, v, 0);
    if (home && !q->vals[v].home[0]) {
        q->vals[v].home[0] = (uint8_t)home; /* its own: nothing before this point changes that */
    }
    return home;
}

/* v, which has homes, gets a register: those that are pins were hidden. */
static NOINLINE void note_hidden(Quick *q, uint32_t v)
{
    const QVal *x = &q->vals[v];
    unsigned own = quick_is_param(q, v) ? quick_home_of(q, (unsigned)q->insns[v].aux) : 0;
    q->displaced |= quick_is_reg(own) ? 1u << (own - 1) : 0;
    for (unsigned n = 0; n < 2; n++) {
        q->displaced |= quick_is_reg(x->home[n]) ? 1u << (x->home[n] - 1) : 0;
    }
}

static inline void note_displaced(Quick *q, uint32_t v)
{
    if (q->vals[v].home[0] || quick_is_param(q, v)) {
        note_hidden(q, v);
    }
}

/* ---- registers */

static X86Rm spill_rm(Quick *q, uint32_t v)
{
    QVal *x = &q->vals[v];
    if (!x->spill) {
        x->spill = (uint8_t)++q->nspills;
        q->is_failed |= q->nspills >= STATE_SPILLS;
    }
    return x86_rm_state((unsigned)offsetof(CpuState, spill) + x->spill * 16u);
}

void quick_store_spill(Quick *q, uint32_t v, unsigned reg)
{
    quick_store(q, reg >= Q_XMM ? 16 : 8, reg, spill_rm(q, v));
}

/* Makes `reg` hold v here, for what comes after. */
static void reload(Quick *q, unsigned reg, uint32_t v)
{
    uint64_t imm;
    unsigned size = quick_size(&q->insns[v]);
    if (quick_is_const(q, v)) {
        if (reg < Q_XMM && quick_const(q, v, &imm)) {
            quick_mov_imm(q, reg, imm);
        } else {
            QOp *op = quick_new(q);
            op->kind = Q_CONST;
            op->reg = (uint8_t)(reg - Q_XMM);
            op->id = v;
        }
        return;
    }
    unsigned home = find_home(q, v, q->written);
    quick_mov(q, size, reg, home ? quick_home(q, home) : spill_rm(q, v));
}

static bool is_cheap(const Quick *q, uint32_t v)
{
    return quick_is_const(q, v) || q->vals[v].spill || find_home(q, v, q->written);
}

void quick_evict(Quick *q, unsigned reg)
{
    reload(q, reg, q->value[reg]);
    quick_release(q, reg);
}

static NOINLINE unsigned evict_one(Quick *q, uint32_t candidates)
{
    unsigned best = Q_NO_REG;
    for (uint32_t left = candidates; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctz(left);
        if (is_cheap(q, q->value[reg])) {
            best = reg;
            break;
        }
        best = best == Q_NO_REG ? reg : best;
    }
    quick_evict(q, best);
    return best;
}

unsigned quick_allocate(Quick *q, bool is_vec)
{
    uint32_t candidates = allocatable(is_vec) & ~q->locked & ~q->held, free_regs = candidates & ~q->used;
    if (UNLIKELY(!candidates)) {
        q->is_failed = true; /* the walk ends behind this operation */
        return is_vec ? Q_XMM : X86_RAX;
    }
    unsigned reg = free_regs ? (unsigned)__builtin_ctz(free_regs) : evict_one(q, candidates);
    q->locked |= 1u << reg;
    return reg;
}

static unsigned allocate_for(Quick *q, uint32_t v)
{
    unsigned reg = quick_allocate(q, quick_is_vec(q->insns[v].type));
    if (!q->is_failed) {
        note_displaced(q, v);
        quick_assign(q, reg, v);
    }
    return reg;
}

/* The latest operation up to the one in hand where the state can be seen. */
static inline uint32_t seen(Quick *q)
{
    const uint32_t *all = q->b->seen;
    while (all[q->nseen - 1] > q->id) {
        q->nseen--;
    }
    return all[q->nseen - 1];
}

/* Whether v may be made in `reg` already, where only its put, or the operation in hand, would write it: nobody sees the slot between, and the
 * operation does not read there what the slot held before. */
static bool can_take(Quick *q, unsigned reg, uint32_t v)
{
    if ((q->used | q->read) >> reg & 1) {
        return false;
    }
    return !is_pin(q, reg) || (!(quick_trait(q, v) & (Q_PARAM | Q_RESULT)) && v >= seen(q));
}

/* ---- operands */

/* At least n registers. */
static bool has_free(const Quick *q, uint32_t v, int n)
{
    uint32_t left = allocatable(quick_is_vec(q->insns[v].type)) & ~q->used & ~q->locked & ~q->held;
    while (--n) {
        left &= left - 1;
    }
    return left;
}

NOINLINE X86Rm quick_rm_slow(Quick *q, uint32_t v, unsigned hint, unsigned place)
{
    if (quick_is_const(q, v)) {
        return x86_rm_reg(quick_reg_slow(q, v) % Q_XMM);
    }
    if (place && quick_is_param(q, v)) {
        return quick_home(q, place);
    }
    if (hint != Q_NO_REG && can_take(q, hint, v)) {
        note_displaced(q, v);
        quick_assign(q, hint, v);
        return x86_rm_reg(quick_read(q, hint) % Q_XMM);
    }
    if (place && !has_free(q, v, 1)) {
        return quick_home(q, place);
    }
    return x86_rm_reg(allocate_for(q, v) % Q_XMM);
}

NOINLINE unsigned quick_reg_slow(Quick *q, uint32_t v)
{
    bool is_temp = quick_is_const(q, v) || (quick_is_param(q, v) && !has_free(q, v, 3) && quick_find(q, v));
    unsigned reg = allocate_for(q, v);
    q->temps |= is_temp ? 1u << reg : 0;
    return reg;
}

void quick_move_to(Quick *q, unsigned reg, uint32_t v)
{
    uint64_t imm;
    v = quick_resolve(q, v);
    if (reg < Q_XMM && quick_const(q, v, &imm) && !q->vals[v].reg) {
        quick_mov_imm(q, reg, imm);
        return;
    }
    X86Rm rm = quick_rm_hint(q, v, reg);
    if (rm.kind != X86_RM_REG || rm.base != reg % Q_XMM) {
        quick_mov(q, quick_size(&q->insns[v]), reg, rm);
    }
}

NOINLINE unsigned quick_def_slow(Quick *q, uint32_t v)
{
    const QVal *x = &q->vals[v];
    if (!x->reg && !x->spill) {
        return Q_NO_REG;
    }
    unsigned reg = x->reg ? x->reg - 1u : allocate_for(q, v);
    if (x->spill) {
        quick_store_spill(q, v, reg);
    }
    quick_release(q, reg);
    q->locked |= 1u << reg;
    q->written = 1u << reg;
    return reg;
}

/* ---- operations */

NOINLINE void quick_end_op_slow(Quick *q)
{
    uint32_t pins = q->written & q->displaced & ~q->used;
    q->written = 0;
    for (uint32_t left = q->temps; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctz(left);
        if (q->value[reg]) {
            reload(q, reg, q->value[reg]);
            quick_release(q, reg);
        }
    }
    if (pins) { /* the slot's value is in its pin again */
        unsigned pin = (unsigned)__builtin_ctz(pins), slot = (unsigned)q->slot_of[pin];
        uint32_t old = q->last[slot] ? q->b->log[q->last[slot]].value : q->in[slot];
        q->displaced &= ~pins;
        if (old && q->vals[old].reg) {
            unsigned reg = q->vals[old].reg - 1u;
            quick_mov(q, quick_size(&q->insns[old]), reg, x86_rm_reg(pin));
            quick_release(q, reg);
        }
    }
}

void quick_load_all(Quick *q)
{
    for (uint32_t left = q->used; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctz(left);
        uint32_t v = q->value[reg];
        lyre_assert(!is_pin(q, reg) && quick_is_param(q, v));
        reload(q, reg, v);
        quick_release(q, reg);
    }
    for (uint32_t v = 1; q->nspills && v < q->r->ninsns; v++) {
        if (quick_is_param(q, v) && q->vals[v].spill) {
            unsigned reg = quick_is_vec(q->insns[v].type) ? Q_XMM : X86_RAX;
            quick_store_spill(q, v, reg);
            quick_mov(q, quick_size(&q->insns[v]), reg, quick_home(q, quick_home_of(q, (unsigned)q->insns[v].aux)));
        }
    }
}

/* ---- puts */

/* A register with v, for a home in memory; Q_NO_REG: v is a constant that can be stored as it is. */
static inline unsigned put_source(Quick *q, unsigned size, uint32_t v, uint64_t *imm)
{
    unsigned place = quick_find(q, v);
    if (quick_is_reg(place)) {
        return quick_read(q, place - 1);
    }
    if (!quick_trait(q, v)) {
        return allocate_for(q, v);
    }
    bool is_short = quick_const(q, v, imm) && (size == 4 || x86_fits32((int64_t)*imm));
    return is_short ? Q_NO_REG : quick_reg_slow(q, v);
}

static void put_memory(Quick *q, unsigned home, unsigned size, unsigned reg, uint64_t imm)
{
    X86Rm rm = quick_home(q, home);
    if (reg == Q_NO_REG) {
        QOp *op = quick_op(q, 0xc7 | (size == 8 ? X86_W : 0), 0, rm);
        op->imm = imm;
        op->imm_size = 4;
        return;
    }
    quick_store(q, size, reg, rm);
}

/* The slot holds again what it did before; its home is readable as soon as a pin's new value is made. */
static inline void restore_slot(Quick *q, const BuildPut *put, unsigned home)
{
    uint32_t old = put->prev ? q->b->log[put->prev].value : q->in[put->slot];
    q->last[put->slot] = put->prev;
    if (old) {
        q->displaced |= home < Q_MEM && q->vals[old].reg ? 1u << (home - 1) : 0;
        quick_add_home(&q->vals[old], home);
    }
}

/* Finding a place for the operand may evict another value, which is loaded again behind the put: until then the slot holds what is put. */
static NOINLINE void make_put(Quick *q, const BuildPut *put, unsigned home)
{
    uint32_t v = quick_resolve(q, put->value);
    if (home < Q_MEM) {
        quick_move_to(q, home - 1, v);
        restore_slot(q, put, home);
    } else {
        uint64_t imm = 0;
        unsigned size = quick_type_size(q->r->slots[put->slot].type), reg = put_source(q, size, v, &imm);
        restore_slot(q, put, home);
        put_memory(q, home, size, reg, imm);
    }
    quick_end_op(q);
}

void quick_take_back_put(Quick *q)
{
    const BuildPut *put = q->put--;
    if (put->slot == BUILD_PUT_DEAD) {
        return;
    }
    uint32_t v = put->value;
    unsigned home = quick_home_of(q, put->slot);
    QVal *x = &q->vals[v];
    quick_remove_home(x, home);
    quick_begin_op(q, put->at - 1);
    bool is_new = !x->reg && !x->home[0] && !quick_trait(q, v);
    if (home < Q_MEM && is_new && !(q->used >> (home - 1) & 1) && (v == q->id || v >= seen(q))) {
        quick_assign(q, home - 1, v); /* it is made there */
        restore_slot(q, put, home);
    } else {
        make_put(q, put, home);
    }
}
