/* SPDX-License-Identifier: MIT */
/* Where values are: registers, homes, spill slots; and puts, which write homes. */
#include "tcg/state.h"
#include "tcg/x86_64/quick/quick.h"
#include "util/assert.h"
#include "util/compiler.h"

/* ---- values */

const uint8_t quick_through[IR_OP_COUNT] = {
    [IR_TRUNC_I32] = 1, [IR_CC_PACK_I32] = 1, [IR_VLOW32_F32] = 1, [IR_VLOW64_F64] = 1,
    [IR_FCANON_F32] = 2, [IR_FCANON_F64] = 2,
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
        unsigned kind = quick_through[i->op];
        if (!kind || (kind == 2 && !is_canonical(q->insns[i->arg[0]].op))) {
            return v;
        }
        v = i->arg[0];
    }
}

static uint32_t allocatable(bool is_vec) { return is_vec ? Q_XMMS : Q_GPRS; }
static X86Rm rm_of(unsigned reg) { return x86_rm_reg(reg % Q_XMM); }
static bool is_pin(const Quick *q, unsigned reg) { return q->slot_of[reg] >= 0; }

X86Rm quick_home(const Quick *q, unsigned slot)
{
    unsigned pin = quick_pin_of(q, slot);
    return pin != Q_NO_REG ? x86_rm_reg(pin) : x86_rm_state(q->r->slots[slot].offset);
}

void quick_add_home(const Quick *q, uint32_t v, unsigned slot)
{
    QHomes *h = &q->vals[v].homes;
    uint16_t home = (uint16_t)(slot + 1);
    if (!h->first) {
        h->first = home;
    } else if (q->r->slots[slot].pin >= 0 && q->r->slots[h->first - 1].pin < 0) {
        h->second = h->first;
        h->first = home;
    } else if (!h->second) {
        h->second = home;
    }
}

static void remove_home(QHomes *h, unsigned slot)
{
    if (h->first == slot + 1) {
        h->first = h->second;
        h->second = 0;
    } else if (h->second == slot + 1) {
        h->second = 0;
    }
}

/* ---- registers */

void quick_assign(Quick *q, unsigned reg, uint32_t v)
{
    lyre_assert(!q->value[reg] && !q->vals[v].reg);
    q->value[reg] = v;
    q->used |= 1u << reg;
    q->vals[v].reg = (uint8_t)(reg + 1);
}

void quick_release(Quick *q, unsigned reg)
{
    q->vals[q->value[reg]].reg = 0;
    q->value[reg] = 0;
    q->used &= ~(1u << reg);
}

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
    unsigned home = quick_find_home(q, v, q->dst);
    quick_mov(q, size, reg, home ? quick_home(q, home - 1) : spill_rm(q, v));
}

static bool is_cheap(const Quick *q, uint32_t v)
{
    return quick_is_const(q, v) || q->vals[v].spill || quick_find_home(q, v, q->dst);
}

void quick_evict(Quick *q, unsigned reg)
{
    reload(q, reg, q->value[reg]);
    quick_release(q, reg);
}

static unsigned evict_one(Quick *q, uint32_t candidates)
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
        quick_assign(q, reg, v);
    }
    return reg;
}

/* Whether v may be made in `reg` already, where only its put, or the operation in hand, would write it: nobody sees the slot between, and the
 * operation does not read there what the slot held before. */
static bool can_take(const Quick *q, unsigned reg, uint32_t v)
{
    if (q->value[reg] || (q->read >> reg & 1)) {
        return false;
    }
    unsigned op = q->insns[v].op;
    bool is_made_here = !quick_is_param(q, v) && op != IR_RESULT_I64 && op != IR_RESULT_I32;
    return !is_pin(q, reg) || (v >= q->seen && is_made_here);
}

/* ---- operands */

static X86Rm in_register(Quick *q, unsigned reg)
{
    q->locked |= 1u << reg;
    q->read |= 1u << reg;
    return rm_of(reg);
}

static bool has_free(const Quick *q, uint32_t v, int n)
{
    return __builtin_popcount(allocatable(quick_is_vec(q->insns[v].type)) & ~q->used & ~q->locked & ~q->held) >= n;
}

X86Rm quick_rm_hint(Quick *q, uint32_t v, unsigned hint)
{
    v = quick_resolve(q, v);
    if (quick_is_const(q, v)) {
        return rm_of(quick_reg(q, v));
    }
    unsigned reg = quick_where(q, v);
    if (reg != Q_NO_REG) {
        return in_register(q, reg);
    }
    unsigned home = quick_find_home(q, v, Q_NO_REG);
    if (home && quick_is_param(q, v)) {
        return quick_home(q, home - 1);
    }
    if (hint != Q_NO_REG && can_take(q, hint, v)) {
        quick_assign(q, hint, v);
        return in_register(q, hint);
    }
    if (home && !has_free(q, v, 1)) {
        return quick_home(q, home - 1);
    }
    return rm_of(allocate_for(q, v));
}

X86Rm quick_rm(Quick *q, uint32_t v) { return quick_rm_hint(q, v, Q_NO_REG); }

unsigned quick_reg(Quick *q, uint32_t v)
{
    v = quick_resolve(q, v);
    unsigned reg = quick_where(q, v);
    if (reg != Q_NO_REG) {
        in_register(q, reg);
        return reg;
    }
    bool is_temp = quick_is_const(q, v) || (quick_is_param(q, v) && !has_free(q, v, 3) && quick_find_home(q, v, Q_NO_REG));
    reg = allocate_for(q, v);
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

unsigned quick_def(Quick *q, uint32_t v)
{
    QVal *x = &q->vals[v];
    if (!x->reg && !x->spill) {
        return Q_NO_REG;
    }
    unsigned reg = x->reg ? x->reg - 1u : allocate_for(q, v);
    if (x->spill) {
        quick_store_spill(q, v, reg);
    }
    quick_release(q, reg);
    q->locked |= 1u << reg;
    q->dst = (uint8_t)reg;
    return reg;
}

/* ---- operations */

void quick_end_op_slow(Quick *q)
{
    unsigned dst = q->dst;
    q->dst = Q_NO_REG;
    for (uint32_t left = q->temps; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctz(left);
        if (q->value[reg]) {
            reload(q, reg, q->value[reg]);
            quick_release(q, reg);
        }
    }
    if (dst != Q_NO_REG && is_pin(q, dst) && !q->value[dst]) { /* the slot's value is in its pin again */
        unsigned slot = (unsigned)q->slot_of[dst];
        uint32_t old = q->slot_val[slot] ? q->slot_val[slot] : q->b->blocks[1].in[slot];
        if (old && q->vals[old].reg) {
            unsigned reg = q->vals[old].reg - 1u;
            quick_mov(q, quick_size(&q->insns[old]), reg, x86_rm_reg(dst));
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
            quick_mov(q, quick_size(&q->insns[v]), reg, quick_home(q, (unsigned)q->insns[v].aux));
        }
    }
}

/* ---- puts */

/* A register with v, for a home in memory; Q_NO_REG: v is a constant that can be stored as it is. */
static unsigned put_source(Quick *q, unsigned slot, uint32_t v, uint64_t *imm)
{
    bool is_short = quick_const(q, v, imm) && (quick_type_size(q->r->slots[slot].type) == 4 || x86_fits32((int64_t)*imm));
    return is_short ? Q_NO_REG : quick_reg(q, v);
}

static void put_memory(Quick *q, unsigned slot, unsigned reg, uint64_t imm)
{
    X86Rm home = quick_home(q, slot);
    unsigned size = quick_type_size(q->r->slots[slot].type);
    if (reg == Q_NO_REG) {
        QOp *op = quick_op(q, 0xc7 | (size == 8 ? X86_W : 0), 0, home);
        op->imm = imm;
        op->imm_size = 4;
        return;
    }
    quick_store(q, size, reg, home);
}

/* Finding a place for the operand may evict another value, which is loaded again behind the put: until then the slot holds what is put. */
void quick_take_back_put(Quick *q)
{
    const QPut *p = &q->puts[--q->nputs];
    const BuildPut *put = &q->b->log[q->nputs];
    if (p->is_dead) {
        return;
    }
    uint32_t v = quick_resolve(q, put->value);
    unsigned pin = quick_pin_of(q, put->slot), reg = Q_NO_REG;
    uint64_t imm = 0;
    remove_home(&q->vals[put->value].homes, put->slot);
    quick_begin_op(q, put->at - 1);
    q->seen = put->seen;
    if (pin != Q_NO_REG) {
        quick_move_to(q, pin, v);
    } else {
        reg = put_source(q, put->slot, v, &imm);
    }
    q->slot_val[put->slot] = p->prev ? q->b->log[p->prev - 1].value : 0;
    if (p->prev) {
        quick_add_home(q, q->slot_val[put->slot], put->slot);
    }
    if (pin == Q_NO_REG) {
        put_memory(q, put->slot, reg, imm);
    }
    quick_end_op(q);
}
