/* SPDX-License-Identifier: MIT */
/* The integer chapters of the RISC-V translation as direct execution (tcg/direct.h). */
#include <stddef.h>

#include "target/riscv/cpu.h"

static const uint64_t direct_pc_mask = ~1ull, direct_jump_mask = ~1ull;
static const unsigned direct_tag_bits = 0;
static inline unsigned direct_offset(unsigned slot);

#include "tcg/direct.h"

/* What only other chapters need is declared and not there. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define rv_row_trans rv_row_direct

#include "target/riscv/trans.h"

/* As riscv_slots says; the integer registers come first and need no look there. */
static inline unsigned direct_offset(unsigned slot)
{
    enum { X1 = offsetof(CpuState, guest) + offsetof(RiscvState, x[1]) };
    return slot < RV_SLOT_F0 ? X1 + (unsigned)sizeof(uint64_t) * slot : riscv_slots[slot].offset;
}

#include "target/riscv/trans_a.c"
#include "target/riscv/trans_b.c"
#include "target/riscv/trans_flow.c"
#include "target/riscv/trans_i.c"
#include "target/riscv/trans_m.c"

#include "target/riscv/rv_direct.c"

static bool is_long(uint32_t raw) { return (raw & 3) == 3; }

/* NULL: it is not for us. */
static NOINLINE const DirectInsn *decode(DirectInsn *place, uint64_t ext, uint32_t raw)
{
    unsigned row = is_long(raw) ? rv_match32(raw, ext) : rv_match16(raw, ext);
    if (!rv_row_direct[row] || (rv_row_ext[row] & ~ext))
        return NULL;
    *place = (DirectInsn){
        .fn = (void (*)(void))rv_row_direct[row], .raw = raw, .len = is_long(raw) ? 4 : 2, .is_last = rv_row_flow[row] != RV_FLOW_NEXT
    };
    return place;
}

/* The instruction at pc. NULL: it cannot be fetched or is not for us. */
static ALWAYS_INLINE const DirectInsn *insn_at(Direct *d, uint64_t ext, uint64_t pc)
{
    uint32_t raw;
    unsigned avail = direct_fetch(d, pc, &raw);
    if (UNLIKELY(avail < 4 && (avail < 2 || is_long(raw))))
        return NULL;
    raw &= is_long(raw) ? UINT32_MAX : UINT16_MAX;
    DirectInsn *place = direct_insn_place(d, raw);
    return LIKELY(place->raw == raw && place->fn) ? place : decode(place, ext, raw);
}

unsigned riscv_direct(Direct *d, const TargetCpu *cpu)
{
    RvTrans t = { .b = d, .cpu = cpu, .insn = &d->insn };
    const uint64_t ext = cpu->ext;
    uint64_t pc = d->state->pc;
    const DirectInsn *i;
    unsigned n = 0;
    d->insn = (TargetInsn){ .pc = pc };
    do {
        i = insn_at(d, ext, pc);
        if (UNLIKELY(!i))
            break;
        d->insn.pc = pc;
        d->insn.len = i->len;
        d->next_pc = pc + i->len;
        ((RvTransFn *)i->fn)(&t, i->raw);
        pc = d->next_pc;
        n++;
    } while (!i->is_last || direct_goes_on(d, pc));
    d->state->pc = pc;
    return n;
}
