/* SPDX-License-Identifier: MIT */
/* What the driver of case files (tests/cases/run_cases.c) must know of RISC-V. */
#ifndef LYRE_TESTS_RISCV_CASE_GUEST_H
#define LYRE_TESTS_RISCV_CASE_GUEST_H

#include <stdlib.h>
#include <string.h>

#include "target/riscv/trans.h"
#include "tests/riscv/machine.h"

enum { CASE_ROWS = RV_ROW_COUNT };
static const uint32_t case_end = 0x90029002; /* c.ebreak twice */
#define case_row_name rv_row_name
#define case_decode riscv_decode
#define case_disas riscv_disas
#define case_cpu_parse riscv_cpu_parse

static inline void case_background(Experiment *e)
{
    for (unsigned i = 1; i < 32; i++)
        e->x[i] = 0x1111111100000000 + i;
    for (unsigned i = 0; i < 32; i++)
        e->f[i] = 0x7ff4f0f000000000 + i;
}

/* Inputs as outcome: what does not change. */
static inline void case_start(Outcome *o, const Experiment *e)
{
    memcpy(o->x, e->x, sizeof o->x);
    memcpy(o->f, e->f, sizeof o->f);
    o->fcsr = e->fcsr;
}
static inline void case_set_inputs(Experiment *e, const Outcome *o)
{
    memcpy(e->x, o->x, sizeof e->x);
    memcpy(e->f, o->f, sizeof e->f);
    e->fcsr = o->fcsr;
}

/* NAME=VALUE of a register. */
static inline bool case_parse_register(Outcome *o, const char *item, const char *value)
{
    uint64_t v = strtoull(value, NULL, 16);
    unsigned long n = strtoul(item + 1, NULL, 10);
    if (!strncmp(item, "fcsr=", 5))
        o->fcsr = v;
    else if ((*item == 'x' || *item == 'f') && n < 32)
        (*item == 'x' ? o->x : o->f)[n] = v;
    else
        return false;
    return true;
}

typedef void CaseShow(const char *name, unsigned i, uint64_t got, uint64_t want);
static inline void case_show_registers(const Outcome *got, const Outcome *want, CaseShow *show)
{
    for (unsigned i = 0; i < 32; i++)
        show("x", i, got->x[i], want->x[i]);
    for (unsigned i = 0; i < 32; i++)
        show("f", i, got->f[i], want->f[i]);
    show("fcsr", 0, got->fcsr, want->fcsr);
}

#endif
