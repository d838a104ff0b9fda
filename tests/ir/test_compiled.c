/* SPDX-License-Identifier: MIT */
/*
 * test_compiled [-host-cpu SPEC] [-n COUNT] [-seed FIRST] [-v]: random IR of two generators, interpreted and compiled. TAP. A failing
 * seed is shown with its IR, machine IR and code; -v shows the one of -seed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcg/builder_state.h"
#include "tests/ir/gen_region.h"
#include "tests/ir/random_ir.h"
#include "tests/ir/show.h"
#include "util/arena.h"

enum { STATES = 3 };
static IrmState in, by_interpreter, by_code;
static uint64_t current_seed;

typedef struct Generator {
    void (*make)(IrMachine *m, IrRegion *r, uint64_t seed);
    void (*state)(const IrMachine *m, IrmState *out, uint64_t seed);
    IrMachine machine;
} Generator;

/* ---- the generator that the passes are tested with */

static void make_program(IrMachine *m, IrRegion *r, uint64_t seed)
{
    RandomProgram program;
    IrSettings settings = { .no_fold = seed % 5 == 0, .is_tso = seed % 3 == 0, .has_guards = seed % 4 != 0 };
    memset(r, 0, sizeof *r);
    arena_reset(m->arena);
    random_ir_build(m->builder, r, m->arena, &settings, seed, seed % 7 ? 24 : 120, &program);
    /* Exits lead away, not to its own entries. */
    for (uint32_t b = 1; b < r->nblocks; b++) {
        IrInsn *last = &r->insns[r->blocks[b].last];
        if (last->op == IR_EXIT || last->op == IR_EXIT_CALL) {
            r->snaps[last->snap].pc += 0x40000000;
        } else if (last->nargs == 1 && r->insns[last->arg[0]].op == IR_CONST_I64) {
            uint32_t pc = build_new_insn(r, IR_CONST_I64);
            last = &r->insns[r->blocks[b].last];
            r->insns[pc].type = IR_I64;
            r->insns[pc].imm = r->insns[last->arg[0]].imm | 0x40000000;
            last->arg[0] = pc;
        }
    }
}

static void make_state(const IrMachine *m, IrmState *out, uint64_t seed)
{
    memset(out, 0, sizeof *out);
    random_circumstances(out, seed);
    static CpuState scratch;
    unsigned at = out->protect ? IRM_RW / 2 - 512 - (seed & 3) : IRM_RW / 4;
    random_ir_state(seed, &scratch, out->memory + at);
    uint64_t base = (uintptr_t)m->memory + at;
    memcpy(out->guest, scratch.guest, sizeof out->guest);
    memcpy(out->guest + random_slots[1].offset, &base, 8);
    out->mxcsr = scratch.guest_mxcsr;
    out->ctx = 5;
}

static Generator generators[] = { { .make = random_region, .state = random_state }, { .make = make_program, .state = make_state } };

/* ---- runs */

static void on_signal(int sig)
{
    printf("# seed %lu: signal %d\n", current_seed, sig);
    fflush(stdout);
    _exit(1);
}

static void show(IrMachine *m, IrRegion *r, const CodeBlob *blob)
{
    show_ir(r);
    show_mir(r, m->arena);
    show_code(blob);
}

static bool is_entry(const IrRegion *r, uint64_t pc)
{
    for (uint32_t b = 1; b < r->nblocks; b++) {
        if (r->blocks[b].is_entry && r->blocks[b].pc == pc) {
            return true;
        }
    }
    return false;
}

static bool check_entry(Generator *g, IrRegion *r, uint32_t b, unsigned k)
{
    IrMachine *m = &g->machine;
    char diff[256];
    g->state(m, &in, current_seed * STATES + k);
    bool has_stop = in.has_stop;
    in.has_stop &= !(m->has_poll && b == 1); /* the poll at the head takes it, and the region is entered again */
    irm_interpret(m, r, b, &in, &by_interpreter);
    in.has_stop = has_stop;
    if (by_interpreter.event == TCG_EVENT_STOP || by_interpreter.event == TCG_EVENT_INTERPRET) { /* there is nothing to fetch */
        by_interpreter.event = TCG_EVENT_LOOKUP;
    }
    if (by_interpreter.event == TCG_EVENT_LOOKUP && is_entry(r, by_interpreter.pc)) {
        return true; /* code would go on from there */
    }
    irm_run(m, r->blocks[b].pc, &in, &by_code);
    by_interpreter.protect = by_code.protect = 0;
    by_interpreter.has_stop = by_code.has_stop = false;
    if (!irm_differ(m, &by_interpreter, &by_code, diff, sizeof diff)) {
        return true;
    }
    printf("# seed %lu, entry b%u, state %u, left with %u at %lx: interpreter, code: %s\n", current_seed, b, k,
           by_interpreter.event, by_interpreter.pc, diff);
    return false;
}

static bool check_seed(uint64_t seed, bool is_verbose)
{
    Generator *g = &generators[seed & 1];
    IrMachine *m = &g->machine;
    IrRegion r;
    CodeBlob blob;
    current_seed = seed;
    alarm(10);
    g->make(m, &r, seed >> 1);
    m->has_poll = seed >> 1 & 1;
    if (is_verbose) {
        show_ir(&r);
        show_mir(&r, m->arena);
    }
    irm_compile(m, &r, &blob);
    if (blob.is_failed) {
        return true;
    }
    if (is_verbose) {
        show_code(&blob);
    }
    irm_publish(m, &r, &blob);
    bool is_ok = true;
    for (uint32_t b = 1; b < r.nblocks && is_ok; b++) {
        for (unsigned k = 0; k < STATES && r.blocks[b].is_entry && is_ok; k++) {
            is_ok = check_entry(g, &r, b, k);
        }
    }
    if (!is_ok && !is_verbose) {
        show(m, &r, &blob);
    }
    irm_forget(m, &r);
    return is_ok;
}

int main(int argc, char **argv)
{
    uint64_t count = 3500, first = 1, failed = 0;
    bool is_verbose = false;
    host_features_detect();
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) {
            is_verbose = true;
        } else if (i + 1 < argc && !strcmp(argv[i], "-n")) {
            count = strtoull(argv[++i], NULL, 0);
        } else if (i + 1 < argc && !strcmp(argv[i], "-seed")) {
            first = strtoull(argv[++i], NULL, 0);
        } else if (i + 1 < argc && !strcmp(argv[i], "-host-cpu") && host_features_parse(argv[++i])) {
            continue;
        } else {
            fprintf(stderr, "unknown argument %s\n", argv[i]);
            return 2;
        }
    }
    irm_init(&generators[0].machine, irm_slots, IRM_NSLOTS, irm_helpers, IRM_NHELPERS);
    irm_init(&generators[1].machine, random_slots, random_nslots, random_helpers, random_nhelpers);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    for (uint64_t seed = first; seed < first + count && failed < 3; seed++) {
        failed += !check_seed(seed, is_verbose);
    }
    printf("%sok 1 - %lu random programs\n1..1\n", failed ? "not " : "", count);
    return failed != 0;
}
