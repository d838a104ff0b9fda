/* SPDX-License-Identifier: MIT */
/* The integer chapters, vectors of integers and moves of floating point of the AArch64 translation as direct execution (tcg/direct.h). */
#include <stddef.h>

#include "target/aarch64/cpu.h"

static const uint64_t direct_pc_mask = A64_PC_MASK, direct_jump_mask = ~0ull;
static const unsigned direct_tag_bits = 8;
static inline unsigned direct_offset(unsigned slot);

#include "tcg/direct.h"

/* What only other chapters need is declared and not there. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define a64_row_trans a64_row_direct

#include "target/aarch64/trans.h"

/* As a64_slots says; x0 to sp need no look there. */
static inline unsigned direct_offset(unsigned slot)
{
    enum { X0 = offsetof(CpuState, guest) + offsetof(A64State, x) };
    return slot <= A64_SLOT_SP ? X0 + (unsigned)sizeof(uint64_t) * slot : a64_slots[slot].offset;
}

#include "target/aarch64/simd_lanes.c"
#include "target/aarch64/simd_ops.c"
#include "target/aarch64/simd_sat.c"
#include "target/aarch64/trans_atomic.c"
#include "target/aarch64/trans_bits.c"
#include "target/aarch64/trans_dp.c"
#include "target/aarch64/trans_flow.c"
#include "target/aarch64/trans_fp_move.c"
#include "target/aarch64/trans_ldst.c"
#include "target/aarch64/trans_simd.c"
#include "target/aarch64/trans_simd_move.c"
#include "target/aarch64/trans_struct.c"

#include "target/aarch64/a64_direct.c"

/* The system registers that every program reads: the thread's pointer, what is constant for the CPU. */
static void read_sys(A64Trans *t, uint32_t raw)
{
    A64Ops o;
    a64_extract(A64_MRS, raw, &o);
    A64Sys reg = a64_find_sys(t->t->cpu, (unsigned)o.imm, false);
    a64_put_x(t, o.rt, reg == A64_SYS_TPIDR ? ir_get_i64(t->b, A64_SLOT_TPIDR) : ir_const_i64(t->b, a64_read_sys(t->b->state, reg)));
}

static A64TransFn *fn_of(const TargetCpu *cpu, unsigned row, uint32_t raw)
{
    A64Ops o;
    if (row != A64_MRS)
        return a64_row_direct[row];
    a64_extract(row, raw, &o);
    switch (a64_find_sys(cpu, (unsigned)o.imm, false)) {
    case A64_SYS_TPIDR:
    case A64_SYS_CTR:
    case A64_SYS_DCZID:
    case A64_SYS_MIDR:
        return read_sys;
    default:
        return NULL;
    }
}

/* NULL: it is not for us. */
static NOINLINE const DirectInsn *decode(DirectInsn *place, const TargetCpu *cpu, uint32_t raw)
{
    unsigned row = a64_match32(raw, cpu->ext);
    A64TransFn *fn = a64_row_ext[row] & ~cpu->ext ? NULL : fn_of(cpu, row, raw);
    if (!fn)
        return NULL;
    *place = (DirectInsn){
        .fn = (void (*)(void))fn, .raw = raw, .len = 4, .is_last = a64_row_flow[row] != A64_FLOW_NEXT && a64_row_flow[row] != A64_FLOW_MRS
    };
    return place;
}

/* The instruction at pc. NULL: it cannot be fetched or is not for us. */
static ALWAYS_INLINE const DirectInsn *insn_at(Direct *d, const TargetCpu *cpu, uint64_t pc, uint32_t *raw)
{
    if (UNLIKELY(direct_fetch(d, pc, raw) < 4 || pc % 4))
        return NULL;
    DirectInsn *place = direct_insn_place(d, *raw);
    return LIKELY(place->raw == *raw && place->fn) ? place : decode(place, cpu, *raw);
}

unsigned a64_direct(Direct *d, const TargetCpu *cpu)
{
    DirectTrans tt = { .b = d, .cpu = cpu, .insn = &d->insn };
    A64Trans t = { .t = &tt, .b = d, .insn = &d->insn };
    uint64_t pc = d->state->pc;
    const DirectInsn *i;
    unsigned n = 0;
    do {
        i = insn_at(d, cpu, pc, &d->insn.raw);
        if (UNLIKELY(!i))
            break;
        t.pc = d->insn.pc = pc;
        t.next = d->next_pc = pc + 4;
        t.active = t.is_unsigned = 0; /* of one instruction each, as in a64_translate */
        ((A64TransFn *)i->fn)(&t, i->raw);
        pc = d->next_pc;
        n++;
    } while (!i->is_last || direct_goes_on(d, pc));
    d->state->pc = pc;
    return n;
}
