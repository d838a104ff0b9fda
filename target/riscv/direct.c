/* SPDX-License-Identifier: MIT */
/* The integer chapters of the RISC-V translation as direct execution (tcg/direct.h). */
#include "target/riscv/cpu.h"
#include "tcg/direct.h"

/* What only other chapters need is declared and not there. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define rv_row_trans rv_row_direct

#include "target/riscv/trans.h"

#include "target/riscv/trans_a.c"
#include "target/riscv/trans_b.c"
#include "target/riscv/trans_flow.c"
#include "target/riscv/trans_i.c"
#include "target/riscv/trans_m.c"

#include "target/riscv/rv_direct.c"

static uint32_t no_block(void *opaque, uint64_t pc) { return 0; }

bool riscv_direct(Direct *d, const TargetCpu *cpu, const TargetInsn *insn)
{
    RvTransFn *fn = rv_row_direct[insn->row];
    if (!fn)
        return false;
    RvTrans t = { .b = d, .cpu = cpu, .block_of = no_block, .insn = insn };
    fn(&t, insn->raw);
    return true;
}
