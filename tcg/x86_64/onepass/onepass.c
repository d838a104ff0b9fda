/* SPDX-License-Identifier: MIT */
/* One-pass translation: the region, its instructions, their puts, and ways out. */
#include "tcg/onepass.h"

#include "tcg/state.h"
#include "tcg/x86_64/onepass/state.h"
#include "util/hostmem.h"

/* ---- for the life of a thread */

/* Every slot is at home and nowhere else. */
static void init_slots(Onepass *p)
{
    memset(p->vals, 0, IR_MAX_SLOTS * sizeof *p->vals);
    memset(p->known, 0, sizeof p->known);
    p->owned = 0;
    for (unsigned s = 0; s < p->region.nslots; s++) {
        int pin = p->region.slots[s].pin;
        if (pin >= 0) {
            p->pins |= 1u << pin;
            p->vals[s].kind = ONE_REG;
            p->vals[s].reg = x86_pin_reg[pin];
        }
    }
}

Onepass *onepass_new(const Target *target)
{
    Onepass *p = host_alloc(sizeof *p);
    memset(p, 0, sizeof *p);
    p->target = target;
    p->region.slots = target->slots;
    p->region.nslots = target->nslots;
    init_slots(p);
    return p;
}

void onepass_free(Onepass *p)
{
    if (p) {
        host_free(p);
    }
}

/* ---- puts */

static void set_known(Onepass *p, unsigned slot, uint64_t imm)
{
    p->vals[slot].is_known = true;
    p->vals[slot].imm = imm;
    p->known[slot / 64] |= 1ull << slot % 64;
}

static inline void forget(Onepass *p, unsigned slot)
{
    p->vals[slot].is_known = false;
}

static void put_pinned(Onepass *p, unsigned slot, uint32_t v)
{
    uint64_t imm;
    one_into(p, v, p->vals[slot].reg);
    if (one_as_const(p, v, &imm)) {
        set_known(p, slot, imm);
    } else {
        forget(p, slot);
    }
}

/* The slot's memory has its value from here on; a scratch register does besides, if it is nobody's. */
static NOINLINE void put_memory(Onepass *p, unsigned slot, uint32_t v)
{
    OneVal *home = &p->vals[slot];
    uint64_t imm;
    bool is_const = one_as_const(p, v, &imm);
    unsigned reg = 0;
    if (is_const && x86_fits32((int64_t)imm)) {
        one_store_slot_imm(p, slot, (int32_t)imm);
        reg = X86_RSP; /* none */
    } else {
        reg = one_reg(p, v);
        one_store_slot(p, slot, reg);
    }
    if (home->kind == ONE_REG) { /* what it was */
        p->owned &= ~(1u << home->reg);
        home->kind = ONE_MEM;
    }
    if (one_is_scratch(reg) && !(p->owned >> reg & 1)) {
        home->kind = ONE_REG;
        home->reg = (uint8_t)reg;
        p->owner[reg] = (uint8_t)slot;
        p->owned |= 1u << reg;
    }
    if (is_const) {
        set_known(p, slot, imm);
    } else {
        forget(p, slot);
    }
}

static inline void put_one(Onepass *p, unsigned slot, uint32_t v)
{
    if (slot == v) {
        return;
    }
    if (p->region.slots[slot].pin >= 0) {
        put_pinned(p, slot, v);
    } else {
        put_memory(p, slot, v);
    }
}

/* v's number once it is where no put changes it. */
static uint32_t keep(Onepass *p, uint32_t v)
{
    const OneVal *x = &p->vals[v];
    if (v >= IR_MAX_SLOTS) {
        if (x->kind != ONE_CONST) {
            one_reg(p, v);
        }
        return v;
    }
    unsigned reg = one_allocate(p);
    one_into(p, v, reg);
    return one_new_register(p, reg);
}

/* Several at once: the last that is no constant comes first, after the others were brought out of the way. */
static NOINLINE void put_several(Onepass *p)
{
    unsigned n = p->top.nputs, last = n;
    for (unsigned i = 0; i < n; i++) {
        if (p->vals[p->puts[i].v].kind != ONE_CONST) {
            if (last != n) {
                p->puts[last].v = keep(p, p->puts[last].v);
            }
            last = i;
        }
    }
    if (last != n) {
        put_one(p, p->puts[last].slot, p->puts[last].v);
    }
    for (unsigned i = 0; i < n; i++) {
        if (i != last) {
            put_one(p, p->puts[i].slot, p->puts[i].v);
        }
    }
}

static inline void do_puts(Onepass *p)
{
    if (p->top.nputs == 1) {
        put_one(p, p->puts[0].slot, p->puts[0].v);
    } else if (p->top.nputs) {
        put_several(p);
    }
    p->top.nputs = 0;
    if (UNLIKELY(p->pending)) { /* nobody wants it: it may fault */
        one_flush_load(p);
    }
}

void onepass_put(Onepass *p, unsigned slot, uint32_t v)
{
    if (UNLIKELY(p->top.nputs == ONE_PUTS)) {
        p->top.is_failed = true;
        return;
    }
    p->puts[p->top.nputs++] = (OnePut){ slot, v };
}

/* ---- instructions */

/* All is ready for the next. */
static inline void begin(Onepass *p)
{
    p->nvals = IR_MAX_SLOTS;
    p->locked = 0;
    emit_reserve(p->e, EMIT_ROOM);
}

bool onepass_insn_end(Onepass *p)
{
    if (UNLIKELY(p->is_ended)) {
        return false;
    }
    do_puts(p);
    begin(p);
    return !p->top.is_failed;
}

/* ---- ways out */

void onepass_branch(Onepass *p, I32 cond, const uint64_t pc[2], const uint32_t block[2])
{
    uint64_t c;
    bool goes_on = block[1] == IR_GO_ON;
    if (UNLIKELY(block[0] || p->top.nputs)) {
        p->top.is_failed = true;
    } else if (UNLIKELY(one_as_const(p, cond.id, &c))) {
        if (c || !goes_on) {
            onepass_exit(p, pc[!c]);
        }
    } else {
        unsigned x = one_condition(p, cond.id);
        emit_jcc_link(p->e, x, pc[0], p->region.ctx);
        if (!goes_on) {
            onepass_exit(p, pc[1]);
        }
    }
}

/* The pc is in rax, whatever becomes of the slots. */
static void pc_to_rax(Onepass *p, uint32_t pc)
{
    const OneVal *x = &p->vals[pc];
    if (!(x->kind == ONE_REG && x->reg == X86_RAX)) {
        one_take(p, X86_RAX);
        one_into(p, pc, X86_RAX);
    }
    p->locked |= 1u << X86_RAX;
}

static void end(Onepass *p)
{
    do_puts(p);
    p->e->flags_start = 0;
    p->is_ended = true;
}

void onepass_exit(Onepass *p, uint64_t pc)
{
    end(p);
    emit_exit_direct(p->e, pc, p->region.ctx);
}

void onepass_exit_call(Onepass *p, uint64_t pc, uint64_t ret_pc, uint32_t ret_block)
{
    end(p);
    emit_exit_call(p->e, pc, p->region.ctx, ret_pc, ret_block);
}

void onepass_exit_indirect(Onepass *p, I64 pc)
{
    pc_to_rax(p, pc.id);
    end(p);
    emit_exit_indirect(p->e);
}

void onepass_exit_call_indirect(Onepass *p, I64 pc, uint64_t ret_pc, uint32_t ret_block)
{
    pc_to_rax(p, pc.id);
    end(p);
    emit_exit_call_indirect(p->e, ret_pc, ret_block);
}

void onepass_exit_return(Onepass *p, I64 pc)
{
    pc_to_rax(p, pc.id);
    end(p);
    emit_exit_return(p->e);
}

void onepass_exit_event(Onepass *p, unsigned event, uint64_t pc)
{
    end(p);
    emit_exit_event(p->e, event, pc);
}

/* ---- the region */

/* As init_slots, by what was noted on the way. */
static void restore_slots(Onepass *p)
{
    for (uint32_t left = p->owned; left; left &= left - 1) {
        one_free_register(p, (unsigned)__builtin_ctz(left));
    }
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++) {
        for (uint64_t left = p->known[w]; left; left &= left - 1) {
            forget(p, w * 64 + (unsigned)__builtin_ctzll(left));
        }
        p->known[w] = 0;
    }
}

bool host_compile_onepass(Onepass *p, const TargetCpu *cpu, uint32_t ctx, const TargetInsn *insns, unsigned n, const HostSettings *settings,
                          CodeBlob *out)
{
    enum { ROOM_PER_INSN = 24, MORE_LINKS = 2, MORE_STUBS = 3 };
    Emit *e = p->e = emit_begin(&p->region, settings, out);
    p->region.ctx = ctx;
    p->region.guest_insns = n;
    e->pins = e->pins_live = p->pins;
    emit_make_room(e, n + MORE_LINKS, MORE_STUBS, n + MORE_STUBS, 2 * EMIT_ROOM + n * ROOM_PER_INSN);
    p->top = (OnepassTop){ 0 };
    p->is_ended = false;
    p->pending = p->next = 0;
    emit_entry(e, insns[0].pc, true);
    begin(p);
    bool is_done = p->target->onepass(p, cpu, ctx, insns, n) && !p->top.is_failed;
    if (is_done && !p->is_ended) {
        onepass_exit(p, insns[n - 1].pc + insns[n - 1].len);
    }
    if (!is_done) { /* it may have gone on with registers that it did not get */
        init_slots(p);
        return false;
    }
    restore_slots(p);
    emit_stubs(e);
    emit_end(e);
    return true;
}
