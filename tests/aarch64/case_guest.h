/* SPDX-License-Identifier: MIT */
/* What the driver of case files (tests/cases/run_cases.c) must know of AArch64. Vector registers are written with 32 digits. */
#ifndef LYRE_TESTS_AARCH64_CASE_GUEST_H
#define LYRE_TESTS_AARCH64_CASE_GUEST_H

#include <stdlib.h>
#include <string.h>

#include "target/aarch64/trans.h"
#include "tests/aarch64/machine.h"

enum { CASE_ROWS = A64_ROW_COUNT };
static const uint32_t case_end = BRK;
#define case_row_name a64_row_name
#define case_decode a64_decode
#define case_disas a64_disas
#define case_cpu_parse a64_cpu_parse

static inline void case_background(Experiment *e)
{
    for (unsigned i = 0; i < 31; i++)
        e->x[i] = 0x1111111100000000 + i;
    e->x[31] = DATA_WINDOW + 128;
    for (unsigned i = 0; i < 32; i++) {
        e->v[i][0] = 0x3ff4f0f000000000 + i;
        e->v[i][1] = 0x4004f0f000000000 + i;
    }
}

/* Inputs as outcome: what does not change. */
static inline void case_start(Outcome *o, const Experiment *e)
{
    memcpy(o->x, e->x, sizeof o->x);
    memcpy(o->v, e->v, sizeof o->v);
    o->nzcv = e->nzcv;
    o->fpcr = e->fpcr;
    o->fpsr = e->fpsr;
}
static inline void case_set_inputs(Experiment *e, const Outcome *o)
{
    memcpy(e->x, o->x, sizeof e->x);
    memcpy(e->v, o->v, sizeof e->v);
    e->nzcv = o->nzcv;
    e->fpcr = o->fpcr;
    e->fpsr = o->fpsr;
}

/* NAME=VALUE of a register. */
static inline bool case_parse_register(Outcome *o, const char *item, const char *value)
{
    uint64_t v = strtoull(value, NULL, 16);
    unsigned long n = strtoul(item + 1, NULL, 10);
    char high[17] = { 0 };
    if (!strncmp(item, "nzcv=", 5)) {
        o->nzcv = v;
    } else if (!strncmp(item, "fpcr=", 5)) {
        o->fpcr = v;
    } else if (!strncmp(item, "fpsr=", 5)) {
        o->fpsr = v;
    } else if (!strncmp(item, "sp=", 3)) {
        o->x[31] = v;
    } else if (*item == 'x' && n < 31) {
        o->x[n] = v;
    } else if (*item == 'v' && n < 32 && strlen(value) >= 32) {
        memcpy(high, value, 16);
        o->v[n][1] = strtoull(high, NULL, 16);
        o->v[n][0] = strtoull(value + 16, NULL, 16);
    } else {
        return false;
    }
    return true;
}

typedef void CaseShow(const char *name, unsigned i, uint64_t got, uint64_t want);
static inline void case_show_registers(const Outcome *got, const Outcome *want, CaseShow *show)
{
    for (unsigned i = 0; i < 32; i++)
        show("x", i, got->x[i], want->x[i]);
    for (unsigned i = 0; i < 64; i++)
        show(i % 2 ? "v.high " : "v.low ", i / 2, got->v[i / 2][i % 2], want->v[i / 2][i % 2]);
    show("nzcv", 0, got->nzcv, want->nzcv);
    show("fpcr", 0, got->fpcr, want->fpcr);
    show("fpsr", 0, got->fpsr, want->fpsr);
}

#endif
