/* SPDX-License-Identifier: MIT */
/* Where values are: registers, homes, spill slots; and puts, which write homes. */
#include "tcg/state.h"
#include "tcg/x86_64/quick/quick.h"
#include "util/assert.h"
#include "util/compiler.h"

/* ---- values */

uint32_t quick_resolve(const Quick *q, uint32_t v)
{
    for (;;) {
        const IrInsn *i = &q->insns[v];
        unsigned from = q->insns[i->arg[0]].op;
        switch (i->op) {
        case IR_TRUNC_I32:
        case IR_CC_PACK_I32:
        case IR_VLOW32_F32:
        case IR_VLOW64_F64:
            v = i->arg[0];
            break;
        case IR_FCANON_F32:
        case IR_FCANON_F64: /* of what is canonical: select_use.c knows the same */
            if (!(from >= IR_I32_S_TO_F32_F32 && from <= IR_I64_U_TO_F64_F64) &&
                !((from == IR_FMA_F32 || from == IR_FMA_F64) && host_features.fma)) {
                return v;
            }
            v = i->arg[0];
            break;
        default:
            return v;
        }
    }
}

bool quick_const(const Quick *q, uint32_t v, uint64_t *imm)
{
    const IrInsn *i = &q->insns[v];
    *imm = i->imm;
    return i->op >= IR_CONST_I32 && i->op <= IR_CONST_F64;
}

bool quick_is_const(const Quick *q, uint32_t v)
{
    return q->insns[v].op >= IR_CONST_I32 && q->insns[v].op <= IR_CONST_V128;
}

static uint32_t allocatable(bool is_vec) { return is_vec ? Q_XMMS : Q_GPRS; }
static X86Rm rm_of(unsigned reg) { return x86_rm_reg(reg % Q_XMM); }
static bool is_pin(const Quick *q, unsigned reg) { return q->slot_of[reg] >= 0; }
static unsigned pin_of(const Quick *q, unsigned slot)
{
    int pin = q->r->slots[slot].pin;
    return pin < 0 ? Q_NO_REG : x86_pin_reg[pin];
}

X86Rm quick_home(const Quick *q, unsigned slot)
{
    unsigned pin = pin_of(q, slot);
    return pin != Q_NO_REG ? x86_rm_reg(pin) : x86_rm_state(q->r->slots[slot].offset);
}

static bool is_home_valid(const Quick *q, unsigned home, unsigned dst)
{
    unsigned pin = home ? pin_of(q, home - 1) : 0;
    return home && (pin == Q_NO_REG || (!q->value[pin] && pin != dst));
}

/* Slot + 1 of a home that holds v and can be read, which a pin that is written by the operation in hand (dst) cannot after it. */
static unsigned find_home(const Quick *q, uint32_t v, unsigned dst)
{
    QHomes h = q->vals[v].homes;
    return is_home_valid(q, h.first, dst) ? h.first : is_home_valid(q, h.second, dst) ? h.second : 0;
}

unsigned quick_where(const Quick *q, uint32_t v)
{
    v = quick_resolve(q, v);
    if (q->vals[v].reg) {
        return q->vals[v].reg - 1u;
    }
    unsigned home = find_home(q, v, Q_NO_REG);
    return home ? pin_of(q, home - 1) : Q_NO_REG;
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
    unsigned home = find_home(q, v, q->dst);
    quick_mov(q, size, reg, home ? quick_home(q, home - 1) : spill_rm(q, v));
}

static bool is_cheap(const Quick *q, uint32_t v)
{
    return quick_is_const(q, v) || q->vals[v].spill || find_home(q, v, q->dst);
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

/* Whether v may be made in `reg` already, where only its put, or the operation in hand, would write it: nobody sees the slot between. */
static bool can_take(const Quick *q, unsigned reg, uint32_t v)
{
    if (q->value[reg]) {
        return false;
    }
    unsigned op = q->insns[v].op;
    bool is_made_here = !q->vals[v].is_param && op != IR_RESULT_I64 && op != IR_RESULT_I32;
    return !is_pin(q, reg) || (v >= q->vals[q->id].seen && is_made_here);
}

/* ---- operands */

static X86Rm in_register(Quick *q, unsigned reg)
{
    q->locked |= 1u << reg;
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
    unsigned home = find_home(q, v, Q_NO_REG);
    if (home && q->vals[v].is_param) {
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
        q->locked |= 1u << reg;
        return reg;
    }
    bool is_temp = quick_is_const(q, v) || (q->vals[v].is_param && !has_free(q, v, 3) && find_home(q, v, Q_NO_REG));
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

void quick_begin_op(Quick *q, uint32_t id)
{
    q->id = id;
    q->locked = q->held = q->temps = 0;
    q->dst = Q_NO_REG;
}

void quick_end_op(Quick *q)
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
        uint32_t old = q->slot_val[q->slot_of[dst]];
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
        lyre_assert(!is_pin(q, reg) && q->vals[v].is_param);
        reload(q, reg, v);
        quick_release(q, reg);
    }
    for (uint32_t v = 1; q->nspills && v < q->r->ninsns; v++) {
        if (q->vals[v].is_param && q->vals[v].spill) {
            unsigned reg = quick_is_vec(q->insns[v].type) ? Q_XMM : X86_RAX;
            quick_store_spill(q, v, reg);
            quick_mov(q, quick_size(&q->insns[v]), reg, quick_home(q, q->vals[v].homes.first - 1u));
        }
    }
}

/* ---- puts */

static void put_memory(Quick *q, unsigned slot, uint32_t v)
{
    uint64_t imm;
    X86Rm home = quick_home(q, slot);
    unsigned size = quick_type_size(q->r->slots[slot].type);
    if (quick_const(q, v, &imm) && (size == 4 || x86_fits32((int64_t)imm))) {
        QOp *op = quick_op(q, 0xc7 | (size == 8 ? X86_W : 0), 0, home);
        op->imm = imm;
        op->imm_size = 4;
        return;
    }
    quick_store(q, size, quick_reg(q, v), home);
}

static void take_back(Quick *q, const BuildPut *put, const QPut *undo)
{
    q->vals[put->value].homes = undo->value_homes;
    q->slot_val[put->slot] = undo->old;
    if (undo->old) {
        q->vals[undo->old].homes = undo->old_homes;
    }
    uint32_t v = quick_resolve(q, put->value);
    unsigned pin = pin_of(q, put->slot);
    quick_begin_op(q, put->at - 1);
    if (pin != Q_NO_REG) {
        quick_move_to(q, pin, v);
    } else {
        put_memory(q, put->slot, v);
    }
    quick_end_op(q);
}

void quick_take_back_puts(Quick *q, uint32_t id)
{
    while (q->nputs && q->b->log[q->nputs - 1].at > id) {
        q->nputs--;
        if (!q->puts[q->nputs].is_dead) {
            take_back(q, &q->b->log[q->nputs], &q->puts[q->nputs]);
        }
    }
}
