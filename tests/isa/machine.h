/* SPDX-License-Identifier: MIT */
/* Runs experiments (state.h) in this process by one of Lyre's engines. */
#ifndef LYRE_TESTS_ISA_MACHINE_H
#define LYRE_TESTS_ISA_MACHINE_H

#include <stdbool.h>

#include "tcg/exec.h"
#include "tcg/target.h"
#include "tests/isa/state.h"

/* tests/<guest>/guest.c */
typedef struct Guest {
    const Target *target;
    const char *cpu; /* of -cpu: all that there is */
    const char (*row_names)[32]; /* of instructions; [0]: undefined */
    unsigned nrows;
    void (*set_regs)(CpuState *s, const Regs *regs);
    void (*get_regs)(CpuState *s, Regs *regs); /* into zeroed ones */
    void (*background)(Regs *regs);            /* what a case line does not name; into zeroed ones */
} Guest;
extern const Guest guest;

typedef struct Engine {
    const char *name;
    TcgEngine engine;
    bool is_moved;
} Engine;
extern const Engine engines[];
extern const unsigned nengines;
const Engine *engine_find(const char *name);

typedef struct Machine {
    Tcg *tcg;
    CpuState *cpu;
} Machine;

/* Maps the memory of state.h and installs the signal handlers: once per process. */
void machine_map(void);
void machine_init(Machine *m, const Engine *engine, const TargetCpu *cpu);
void machine_finish(Machine *m);
/* Puts code where experiment `index` has it. */
void machine_put_code(Machine *m, const Experiment *e, uint64_t pc);
/* No experiment writes code from here on. */
void machine_seal_code(void);
void machine_run(Machine *m, const Experiment *e, uint64_t pc, Outcome *out);

#endif
