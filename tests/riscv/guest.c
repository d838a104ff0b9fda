/* SPDX-License-Identifier: MIT */
/* What the drivers of tests/isa must know of RISC-V. */
#include <string.h>

#include "target/riscv/trans.h"
#include "target/target.h"
#include "tests/isa/machine.h"

static void set_regs(CpuState *s, const Regs *regs)
{
    RiscvState *r = riscv_state(s);
    memcpy(r->x, regs->x, sizeof r->x);
    r->x[0] = 0;
    memcpy(r->f, regs->f, sizeof r->f);
    riscv_set_fcsr(s, (uint32_t)regs->fcsr[0]);
}

static void get_regs(CpuState *s, Regs *regs)
{
    RiscvState *r = riscv_state(s);
    memcpy(regs->x, r->x, sizeof r->x);
    memcpy(regs->f, r->f, sizeof r->f);
    regs->fcsr[0] = riscv_get_fcsr(s);
}

static void background(Regs *regs)
{
    for (unsigned i = 1; i < 32; i++)
        regs->x[i] = 0x1111111100000000 + i;
    for (unsigned i = 0; i < 32; i++)
        regs->f[i] = 0x7ff4f0f000000000 + i;
}

const Guest guest = {
    .target = &target_riscv64,
    .cpu = "max",
    .row_names = rv_row_name,
    .nrows = RV_ROW_COUNT,
    .set_regs = set_regs,
    .get_regs = get_regs,
    .background = background,
};
