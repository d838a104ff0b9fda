/* SPDX-License-Identifier: MIT */
/* The integer chapters of the RISC-V translation as direct execution (tcg/direct.h). */
#include <stddef.h>

#include "target/riscv/cpu.h"

enum { DIRECT_TAG_BITS = 0, MAX_INSNS = 100 /* till somebody looks whether to stop */ };
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

/* Row of the instruction at insn->pc; 0: there is none, or it cannot be fetched. */
static unsigned decode(Direct *d, uint64_t ext, TargetInsn *insn)
{
    unsigned avail = direct_fetch(d, insn->pc, &insn->raw);
    bool is_long = (insn->raw & 3) == 3;
    insn->len = is_long ? 4 : 2;
    if (UNLIKELY(avail < insn->len))
        return 0;
    if (!is_long)
        insn->raw &= 0xffff;
    unsigned row = is_long ? rv_match32(insn->raw, ext) : rv_match16(insn->raw, ext);
    return UNLIKELY(rv_row_ext[row] & ~ext) ? 0 : row;
}

unsigned riscv_direct(Direct *d, const TargetCpu *cpu)
{
    TargetInsn insn = { .pc = d->state->pc };
    RvTrans t = { .b = d, .cpu = cpu, .insn = &insn };
    unsigned row, n = 0;
    do {
        row = decode(d, cpu->ext, &insn);
        RvTransFn *fn = rv_row_direct[row];
        if (!fn)
            break;
        d->next_pc = insn.pc + insn.len;
        fn(&t, insn.raw);
        insn.pc = d->state->pc = d->next_pc;
    } while (++n < MAX_INSNS && rv_row_flow[row] == RV_FLOW_NEXT);
    return n;
}
