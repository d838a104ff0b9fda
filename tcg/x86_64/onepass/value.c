/* SPDX-License-Identifier: MIT */
/* Where values are: scratch registers, operands, constants. */
#include "tcg/state.h"
#include "tcg/x86_64/onepass/state.h"
#include "tcg/opt/fold.h"

/* ---- registers */

void one_free_register(Onepass *p, unsigned reg)
{
    if (p->owned >> reg & 1) {
        p->owned &= ~(1u << reg);
        p->vals[p->owner[reg]].kind = ONE_MEM;
    }
}

unsigned one_allocate(Onepass *p)
{
    uint32_t candidates = ONE_SCRATCH & ~p->locked, free_regs = candidates & ~p->owned;
    if (UNLIKELY(!candidates)) {
        p->top.is_failed = true;
        return X86_RAX;
    }
    if (!free_regs) { /* in turn */
        uint32_t later = candidates & ~((1u << p->next) - 1);
        free_regs = later ? later : candidates;
    }
    unsigned reg = (unsigned)__builtin_ctz(free_regs);
    p->next = reg + 1;
    one_free_register(p, reg);
    p->locked |= 1u << reg;
    return reg;
}

void one_take(Onepass *p, unsigned reg)
{
    p->top.is_failed |= p->locked >> reg & 1;
    one_free_register(p, reg);
    p->locked |= 1u << reg;
}

void one_release(Onepass *p, uint32_t regs)
{
    for (uint32_t v = IR_MAX_SLOTS; v < p->nvals; v++) {
        OneVal *x = &p->vals[v];
        if (x->kind == ONE_REG && regs >> x->reg & 1) {
            x->kind = ONE_GONE;
        }
    }
    p->locked &= ~regs;
}

static inline unsigned lock(Onepass *p, unsigned reg)
{
    p->locked |= 1u << reg;
    return reg;
}

/* ---- operands */

static NOINLINE unsigned make_reg(Onepass *p, uint32_t v)
{
    unsigned reg = one_allocate(p);
    OneVal *x = &p->vals[v];
    one_into(p, v, reg);
    if (v < IR_MAX_SLOTS) { /* it remains there */
        p->owner[reg] = (uint8_t)v;
        p->owned |= 1u << reg;
    }
    x->kind = ONE_REG;
    x->reg = (uint8_t)reg;
    return reg;
}

unsigned one_reg(Onepass *p, uint32_t v)
{
    const OneVal *x = &p->vals[v];
    return LIKELY(x->kind == ONE_REG) ? lock(p, x->reg) : make_reg(p, v);
}

X86Rm one_rm(Onepass *p, uint32_t v)
{
    const OneVal *x = &p->vals[v];
    if (x->kind == ONE_MEM) {
        return one_slot_memory(p, v);
    }
    return x86_rm_reg(one_reg(p, v));
}

void one_into(Onepass *p, uint32_t v, unsigned reg)
{
    OneVal *x = &p->vals[v];
    switch (x->kind) {
    case ONE_REG:
        if (x->reg != reg) {
            one_mov(p, reg, x->reg);
        }
        break;
    case ONE_CONST:
        x86_mov_imm(&p->e->a, reg, x->imm);
        break;
    case ONE_MEM:
        if (x->is_known) {
            x86_mov_imm(&p->e->a, reg, x->imm);
        } else {
            one_load_slot(p, reg, v);
        }
        break;
    case ONE_LOAD:
        p->pending = 0;
        one_load(p, x, reg);
        x->kind = ONE_GONE; /* unless the caller keeps it there */
        break;
    case ONE_OP: {
        const OneRow *row = &one_rows[x->op];
        if (LIKELY(row->fn)) {
            row->fn(p, x, row, reg);
        }
        break;
    }
    default:
        p->top.is_failed = true;
    }
}

/* ---- making values */

static inline uint32_t new_value(Onepass *p, OneKind kind)
{
    uint32_t v = p->nvals;
    if (UNLIKELY(v == ONE_VALUES)) {
        p->top.is_failed = true;
        return v - 1;
    }
    p->nvals = v + 1;
    p->vals[v].kind = (uint8_t)kind;
    p->vals[v].is_known = false;
    return v;
}

uint32_t one_new_register(Onepass *p, unsigned reg)
{
    uint32_t v = new_value(p, ONE_REG);
    p->vals[v].reg = (uint8_t)reg;
    return v;
}

uint32_t onepass_const(Onepass *p, uint64_t imm)
{
    uint32_t v = new_value(p, ONE_CONST);
    p->vals[v].imm = imm;
    return v;
}

bool onepass_is_const(const Onepass *p, uint32_t v, uint64_t *out) { return one_as_const(p, v, out); }

uint32_t onepass_give_up(Onepass *p)
{
    p->top.is_failed = true;
    return 0;
}

static NOINLINE uint32_t folded(Onepass *p, IrOp op, uint64_t a, uint64_t b)
{
    uint64_t out = 0;
    return fold_integers(op, a, b, &out) ? onepass_const(p, out) : onepass_give_up(p);
}

static inline uint32_t new_op(Onepass *p, IrOp op, uint32_t x, uint32_t y, uint32_t z)
{
    uint32_t v = new_value(p, ONE_OP);
    OneVal *i = &p->vals[v];
    p->top.is_failed |= !one_rows[op].fn;
    i->op = (uint16_t)op;
    i->a = x;
    i->b = y;
    i->c = (uint16_t)z;
    return v;
}

/* The low half of where it is, or all of it. */
static inline bool is_same_bits(IrOp op)
{
    return op == IR_TRUNC_I32 || (op >= IR_BITS_F32_I32 && op <= IR_F64_BITS_F64);
}

uint32_t onepass_op1(Onepass *p, IrOp op, uint32_t x)
{
    uint64_t c;
    if (is_same_bits(op)) {
        return x;
    }
    return UNLIKELY(one_as_const(p, x, &c)) ? folded(p, op, c, 0) : new_op(p, op, x, 0, 0);
}

/* x op 0 is x. */
static bool is_neutral_zero(IrOp op)
{
    switch (op) {
    case IR_ADD_I32: case IR_ADD_I64: case IR_SUB_I32: case IR_SUB_I64: case IR_OR_I32: case IR_OR_I64: case IR_XOR_I32: case IR_XOR_I64:
    case IR_SHL_I32: case IR_SHL_I64: case IR_SHR_I32: case IR_SHR_I64: case IR_SAR_I32: case IR_SAR_I64:
        return true;
    default:
        return false;
    }
}

uint32_t onepass_op2(Onepass *p, IrOp op, uint32_t x, uint32_t y)
{
    uint64_t a, b;
    if (one_as_const(p, y, &b)) {
        if (one_as_const(p, x, &a)) {
            return folded(p, op, a, b);
        }
        if (b == 0 && is_neutral_zero(op)) {
            return x;
        }
    }
    return new_op(p, op, x, y, 0);
}

uint32_t onepass_op3(Onepass *p, IrOp op, uint32_t x, uint32_t y, uint32_t z) { return new_op(p, op, x, y, z); }

/* The operation anew, asked for its other result. */
uint32_t onepass_result(Onepass *p, uint32_t first, unsigned index)
{
    const OneVal *x = &p->vals[first];
    return x->kind == ONE_OP ? new_op(p, x->op, x->a, x->b, index) : onepass_give_up(p);
}

static bool is_simple(unsigned mem) { return !(mem & (MEM_BIG_ENDIAN | ~0u << MEM_INDEX_SHIFT)) && (mem & MEM_SIZE_MASK) <= MEM_64; }

uint32_t onepass_load(Onepass *p, uint32_t addr, int32_t disp, unsigned mem)
{
    one_flush_load(p);
    uint32_t v = new_value(p, ONE_LOAD);
    OneVal *i = &p->vals[v];
    i->a = addr;
    i->disp = disp;
    i->mem = (uint8_t)mem;
    p->pending = v;
    p->top.is_failed |= !is_simple(mem) || (mem & MEM_ALIGNED && disp);
    return v;
}

void onepass_fence(Onepass *p, IrOrder order)
{
    one_flush_load(p);
    p->top.is_failed |= order == IR_ORDER_SEQ && !p->e->settings->is_single; /* the others are what the host does anyway */
}
