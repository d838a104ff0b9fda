/* SPDX-License-Identifier: MIT */
/* Random IR programs: the shape of the flow graph, then blocks of random guest instructions. */
#include "random_ir.h"

#include <stdio.h>
#include <string.h>

#include "random_ops.h"
#include "tcg/builder_state.h"
#include "tcg/fpu.h"

enum { FIRST_PC = 0x10000, BLOCK_PC = 0x400, MAX_BLOCKS = 48 };

typedef enum Ending { END_GOTO, END_BRANCH, END_LOOP, END_EXIT, END_INDIRECT, END_RETURN, END_CALL, END_CALL_INDIRECT, END_EVENT } Ending;

typedef struct Plan {
    Ending ending;
    unsigned to[2]; /* indices of blocks */
    bool is_entry;
    unsigned npreds, pred;
} Plan;

static void plan_edge(Plan *plans, unsigned from, unsigned k, unsigned to)
{
    plans[from].to[k] = to;
    plans[to].npreds++;
    plans[to].pred = from;
}

/* Block i branches mostly forward; every edge back is guarded by the fuel slot (END_LOOP), with a forward way out. */
static void plan_block(Rng *g, Plan *plans, unsigned i, unsigned n)
{
    unsigned left = n - 1 - i, kind = rng_below(g, 20);
    Plan *p = &plans[i];
    if (left == 0 || kind < 3) {
        static const Ending ends[] = { END_EXIT, END_INDIRECT, END_RETURN, END_EVENT };
        p->ending = ends[rng_below(g, 4)];
        return;
    }
    unsigned near = i + 1 + (rng_below(g, 3) ? 0 : rng_below(g, left)), far = i + 1 + rng_below(g, left);
    if (kind < 7) {
        p->ending = END_GOTO;
        plan_edge(plans, i, 0, near);
    } else if (kind < 14) {
        p->ending = END_BRANCH;
        plan_edge(plans, i, 0, far);
        plan_edge(plans, i, 1, near);
    } else if (kind < 18) {
        p->ending = END_LOOP;
        plan_edge(plans, i, 0, rng_below(g, i + 1));
        plan_edge(plans, i, 1, near);
    } else {
        p->ending = rng_below(g, 2) ? END_CALL : END_CALL_INDIRECT;
        p->to[0] = near;
        plans[near].is_entry = true;
    }
}

static uint64_t pc_of(unsigned block)
{
    return FIRST_PC + (uint64_t)block * BLOCK_PC;
}

/* Puts 1 less into the fuel slot; true while some is left. */
static I32 burn(IrBuilder *b)
{
    I64 fuel = ir_get_i64(b, SLOT_FUEL);
    I64 one = ir_const_i64(b, 1);
    I64 less = ir_sub_i64(b, fuel, one);
    ir_put_i64(b, SLOT_FUEL, less);
    I64 zero = ir_const_i64(b, 0);
    return ir_cmp_slt_i64(b, zero, less);
}

static void end_block(Maker *m, const Plan *p, const uint32_t *ids)
{
    IrBuilder *b = m->b;
    uint64_t target = pc_of(rng_below(&m->rng, MAX_BLOCKS));
    switch (p->ending) {
    case END_GOTO:
        ir_goto(b, ids[p->to[0]]);
        break;
    case END_BRANCH: {
        I32 cond = { random_value(m, IR_I32) };
        ir_br(b, cond, ids[p->to[0]], ids[p->to[1]]);
        break;
    }
    case END_LOOP: {
        if (!m->has_put && rng_below(&m->rng, 2)) {
            ir_poll(b);
        }
        m->has_put = true;
        I32 more = burn(b);
        ir_br(b, more, ids[p->to[0]], ids[p->to[1]]);
        break;
    }
    case END_EXIT:
        ir_exit(b, target);
        break;
    case END_INDIRECT:
        ir_exit_indirect(b, (I64){ random_value(m, IR_I64) });
        break;
    case END_RETURN:
        ir_exit_return(b, (I64){ random_value(m, IR_I64) });
        break;
    case END_CALL:
        ir_exit_call(b, target, pc_of(p->to[0]), ids[p->to[0]]);
        break;
    case END_CALL_INDIRECT:
        ir_exit_call_indirect(b, (I64){ random_value(m, IR_I64) }, pc_of(p->to[0]), ids[p->to[0]]);
        break;
    case END_EVENT:
        if (rng_below(&m->rng, 2)) {
            ir_set_ctx(b, 7);
        }
        ir_exit_event(b, TCG_EVENT_SYSCALL + rng_below(&m->rng, 3), target);
        break;
    }
}

static void fill_block(Maker *m, const Plan *plans, unsigned i, const uint32_t *ids, unsigned ninsns)
{
    for (unsigned k = 0; k < ninsns; k++) {
        if (k || m->has_put || rng_below(&m->rng, 3)) {
            ir_insn_begin(m->b, pc_of(i) + k * 4);
            m->has_put = false;
        }
        random_insn(m);
    }
    ir_insn_begin(m->b, pc_of(i) + ninsns * 4);
    m->has_put = false;
    if (plans[i].ending >= END_EXIT || !rng_below(&m->rng, 8)) {
        random_observe(m);
        m->has_put = true;
    }
    end_block(m, &plans[i], ids);
}

/* One block, one instruction. */
static void build_chain(Maker *m, RandomProgram *out)
{
    *out = (RandomProgram){ { FIRST_PC }, 1 };
    ir_block_begin(m->b, ir_block_new(m->b, FIRST_PC, true), 0);
    ir_insn_begin(m->b, FIRST_PC);
    random_chain(m);
    ir_exit(m->b, FIRST_PC + 4);
    ir_finish(m->b);
}

void random_ir_build(IrBuilder *b, IrRegion *r, struct Arena *arena, const IrSettings *settings, uint64_t seed,
                     unsigned size, RandomProgram *out)
{
    static Maker before[MAX_BLOCKS]; /* values at the end of each block */
    Maker m = { .b = b, .rng = { seed * 2 + 1 } };
    Plan plans[MAX_BLOCKS] = { 0 };
    uint32_t ids[MAX_BLOCKS];
    ir_begin(b, r, arena, random_slots, random_nslots, random_helpers, random_nhelpers, 5, settings);
    if (size == 0) {
        build_chain(&m, out);
        return;
    }
    unsigned n = 1 + rng_below(&m.rng, size / 4 + 1);
    n = n > MAX_BLOCKS ? MAX_BLOCKS : n;
    plans[0].is_entry = true;
    for (unsigned i = 0; i < n; i++) {
        plan_block(&m.rng, plans, i, n);
    }
    out->nentries = 0;
    for (unsigned i = 0; i < n; i++) {
        ids[i] = ir_block_new(b, pc_of(i), plans[i].is_entry);
        if (plans[i].is_entry) {
            out->entries[out->nentries++] = pc_of(i);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        const Plan *p = &plans[i];
        bool is_chained = !p->is_entry && p->npreds == 1 && p->pred < i && rng_below(&m.rng, 5);
        Rng rng = m.rng;
        if (is_chained) {
            m = before[p->pred];
        } else {
            maker_forget(&m);
        }
        m.rng = rng;
        ir_block_begin(b, ids[i], is_chained ? ids[p->pred] : 0);
        m.has_put = true; /* a new instruction, unless it goes on from the block just filled */
        if (is_chained && p->pred == i - 1) {
            m.has_put = before[p->pred].has_put;
        }
        fill_block(&m, plans, i, ids, 1 + rng_below(&m.rng, 1 + 2 * size / n));
        before[i] = m;
    }
    ir_finish(b);
}

uint32_t random_ir_entry(const IrRegion *r, uint64_t pc)
{
    for (uint32_t i = 1; i < r->nblocks; i++) {
        if (r->blocks[i].is_entry && r->blocks[i].pc == pc) {
            return i;
        }
    }
    return 0;
}

/* ---- states */

static uint64_t random_bits(Rng *g, IrType type)
{
    return type == IR_F32 || type == IR_I32 ? random_constant(g, type) : random_constant(g, type);
}

void random_ir_state(uint64_t seed, CpuState *s, uint8_t *memory)
{
    Rng g = { seed * 2 + 1 };
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < random_nslots; i++) {
        uint64_t v[2] = { random_bits(&g, random_slots[i].type), random_bits(&g, IR_I64) };
        static const uint8_t bytes[] = { 0, 4, 8, 4, 8, 16, 4 };
        if (random_slots[i].type == IR_CC) {
            v[0] &= 15;
        }
        memcpy(s->guest + random_slots[i].offset, v, bytes[random_slots[i].type]);
    }
    uint64_t base = (uint64_t)(uintptr_t)memory;
    memcpy(s->guest + random_slots[SLOT_BASE].offset, &base, 8);
    random_ir_refuel(s);
    for (unsigned i = 0; i < RANDOM_MEMORY; i += 8) {
        uint64_t v = random_bits(&g, rng_below(&g, 2) ? IR_I64 : IR_F64);
        memcpy(memory + i, &v, 8);
    }
    s->guest_mxcsr = MXCSR_MASKS | rng_below(&g, 4) << MXCSR_ROUND_SHIFT | rng_below(&g, 64);
}

void random_ir_refuel(CpuState *s)
{
    uint64_t fuel = 12;
    memcpy(s->guest + random_slots[SLOT_FUEL].offset, &fuel, 8);
}

const char *random_ir_compare(const CpuState *a, const CpuState *b)
{
    static const uint8_t bytes[] = { 0, 4, 8, 4, 8, 16, 4 };
    for (unsigned i = 0; i < random_nslots; i++) {
        const IrSlotDesc *s = &random_slots[i];
        if (memcmp(a->guest + s->offset, b->guest + s->offset, bytes[s->type]) != 0) {
            return s->name;
        }
    }
    if (memcmp(a->guest, b->guest, sizeof(a->guest)) != 0) {
        return "state beside the slots";
    }
    if (a->pc != b->pc) {
        return "pc";
    }
    if (a->ctx != b->ctx) {
        return "context";
    }
    return (a->guest_mxcsr ^ b->guest_mxcsr) & ~(uint32_t)MXCSR_DENORMAL ? "MXCSR" : NULL;
}
