/* SPDX-License-Identifier: MIT */
/* What the drivers of tests/isa must know of AArch64. */
#include <string.h>

#include "target/aarch64/trans.h"
#include "target/target.h"
#include "tests/isa/machine.h"

static void set_regs(CpuState *s, const Regs *regs)
{
    A64State *r = a64_state(s);
    memcpy(r->x, regs->x, sizeof r->x);
    r->sp = regs->sp[0];
    memcpy(r->v, regs->v, sizeof r->v);
    r->nzcv = (uint32_t)regs->nzcv[0];
    for (unsigned i = 0; i < A64_KEYS; i++) /* the test vectors of QARMA use this key */
        r->keys[i] = (A64PacKey){ .low = 0xec2802d4e0a488e9 + i, .high = 0x84be85ce9804e94b };
    r->keys[A64_KEY_GA].low = 0xec2802d4e0a488e9;
    a64_set_fpcr(s, (uint32_t)regs->fpcr[0]);
    a64_set_fpsr(s, (uint32_t)regs->fpsr[0]);
}

static void get_regs(CpuState *s, Regs *regs)
{
    A64State *r = a64_state(s);
    memcpy(regs->x, r->x, sizeof r->x);
    regs->sp[0] = r->sp;
    memcpy(regs->v, r->v, sizeof regs->v);
    regs->nzcv[0] = r->nzcv;
    regs->fpcr[0] = r->fpcr;
    regs->fpsr[0] = a64_get_fpsr(s);
}

static void background(Regs *regs)
{
    for (unsigned i = 0; i < 31; i++)
        regs->x[i] = 0x1111111100000000 + i;
    regs->sp[0] = DATA_WINDOW + 128;
    for (unsigned i = 0; i < 32; i++) {
        regs->v[2 * i] = 0x3ff4f0f000000000 + i;
        regs->v[2 * i + 1] = 0x4004f0f000000000 + i;
    }
}

const Guest guest = {
    .target = &target_aarch64,
    .cpu = "max,pauth=on",
    .row_names = a64_row_name,
    .nrows = A64_ROW_COUNT,
    .set_regs = set_regs,
    .get_regs = get_regs,
    .background = background,
};
