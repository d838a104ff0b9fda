/* SPDX-License-Identifier: MIT */
/* The chapters of ordinary instructions of the RISC-V translation in one pass (tcg/onepass.h). */
#include "target/riscv/cpu.h"
#include "tcg/onepass_words.h"
#include "util/compiler.h"

/* What only other chapters need is declared and not there. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define rv_row_trans rv_row_onepass

#include "target/riscv/trans.h"

#include "target/riscv/trans_a.c"
#include "target/riscv/trans_b.c"
#include "target/riscv/trans_d.c"
#include "target/riscv/trans_f.c"
#include "target/riscv/trans_flow.c"
#include "target/riscv/trans_i.c"
#include "target/riscv/trans_m.c"

#include "target/riscv/rv_onepass.c"

bool riscv_onepass(Onepass *p, const TargetCpu *cpu, uint32_t ctx, const TargetInsn *insns, unsigned n)
{
    OnepassTrans t = { .b = p, .cpu = cpu, .ctx = ctx };
    const TargetInsn *end = insns + n;
    for (const TargetInsn *i = insns; i != end; i++) {
        RvTransFn *const row = rv_row_onepass[i->row];
        if (UNLIKELY(!row))
            return false;
        t.insn = i;
        t.is_last = i == end - 1;
        onepass_insn_begin(p, i->pc);
        row(&t, i->raw);
        if (!onepass_insn_end(p))
            break;
    }
    return true;
}
