/* SPDX-License-Identifier: MIT */
/*
 * Random IR: the folded build and the plain build of each program leave the same state in the interpreter, from each entry.
 * usage: test_fold [FIRST COUNT [SIZE]]; with COUNT 1 both forms are printed. Size 0: only chains of operations.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_ir.h"
#include "tcg/interp.h"
#include "tcg/print.h"
#include "tcg/verify.h"
#include "util/access.h"
#include "util/arena.h"

typedef struct Side {
    IrBuilder *builder;
    Arena *arena;
    IrRegion region;
    RandomProgram program;
    CpuState state;
} Side;

static Side sides[2];
static _Alignas(4096) uint8_t memory[RANDOM_MEMORY], saved[2][RANDOM_MEMORY];

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    if (!access_fixup(info, uc)) {
        signal(sig, SIG_DFL);
    }
}

static void write_stdout(void *opaque, const char *text, size_t len)
{
    fwrite(text, 1, len, stdout);
}

static bool build(Side *side, uint64_t seed, unsigned size, bool no_fold)
{
    IrSettings settings = { .no_fold = no_fold, .is_tso = seed % 4 == 0 };
    uint32_t insn, block;
    arena_reset(side->arena);
    random_ir_build(side->builder, &side->region, side->arena, &settings, seed, size, &side->program);
    const char *error = ir_verify(&side->region, &insn, &block);
    if (error) {
        printf("# seed %llu %s: %s at %%%u in b%u\n", (unsigned long long)seed, no_fold ? "plain" : "folded", error, insn, block);
    }
    return !error;
}

static TcgEvent run(Side *side, unsigned which, uint64_t pc)
{
    uint32_t block = random_ir_entry(&side->region, pc);
    memcpy(memory, saved[which], sizeof(memory));
    side->state.fault_addr = side->state.fault_kind = 0;
    TcgEvent event = block ? interp_run(&side->region, block, &side->state, NULL) : TCG_EVENT_NONE;
    memcpy(saved[which], memory, sizeof(memory));
    return event;
}

static const char *compare(const TcgEvent events[2])
{
    if (events[0] != events[1]) {
        return "event";
    }
    if (events[0] == TCG_EVENT_FAULT && (sides[0].state.fault_addr != sides[1].state.fault_addr ||
                                         sides[0].state.fault_kind != sides[1].state.fault_kind)) {
        return "fault";
    }
    if (memcmp(saved[0], saved[1], sizeof(memory)) != 0) {
        return "memory";
    }
    return random_ir_compare(&sides[0].state, &sides[1].state);
}

/* Runs both builds from each entry in turn, on one random state. */
static bool check_state(uint64_t seed, unsigned size, uint64_t state_seed)
{
    for (unsigned k = 0; k < 2; k++) {
        random_ir_state(state_seed, &sides[k].state, memory);
        memcpy(saved[k], memory, sizeof(memory));
    }
    for (unsigned e = 0; e < sides[0].program.nentries; e++) {
        uint64_t pc = sides[0].program.entries[e];
        if (!random_ir_entry(&sides[1].region, pc)) {
            continue; /* folding found it unreachable */
        }
        TcgEvent events[2];
        for (unsigned k = 0; k < 2; k++) {
            random_ir_refuel(&sides[k].state);
            events[k] = run(&sides[k], k, pc);
        }
        const char *what = compare(events);
        if (what) {
            printf("# seed %llu size %u entry %#llx: %s differs (events %d %d, pc %#llx %#llx)\n", (unsigned long long)seed, size,
                   (unsigned long long)pc, what, events[0], events[1], (unsigned long long)sides[0].state.pc,
                   (unsigned long long)sides[1].state.pc);
            return false;
        }
    }
    return true;
}

static bool check(uint64_t seed, unsigned size)
{
    if (!build(&sides[0], seed, size, true) || !build(&sides[1], seed, size, false)) {
        return false;
    }
    for (unsigned n = 0; n < (size ? 1 : 12); n++) {
        if (!check_state(seed, size, seed * 64 + n)) {
            return false;
        }
    }
    return true;
}

/* Returns the number of failures. */
static unsigned check_range(uint64_t first, uint64_t count, int size)
{
    unsigned failures = 0;
    for (uint64_t seed = first; seed < first + count && failures < 10; seed++) {
        failures += !check(seed, size < 0 ? 4 + (unsigned)(seed % 60) : (unsigned)size);
    }
    return failures;
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 2 ? strtoull(argv[1], NULL, 0) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
    unsigned failures;
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    for (unsigned k = 0; k < 2; k++) {
        sides[k].builder = ir_builder_new();
        sides[k].arena = arena_new();
    }
    if (count) {
        failures = check_range(first, count, argc > 3 ? atoi(argv[3]) : -1);
        for (unsigned k = 0; count == 1 && k < 2; k++) {
            printf(k ? "# ---- folded\n" : "# ---- plain\n");
            ir_print(&sides[k].region, write_stdout, NULL);
        }
    } else {
        failures = check_range(1, 1500, -1) + check_range(1, 10000, 0);
    }
    printf("%s 1 - random IR, folded and plain\n1..1\n", failures ? "not ok" : "ok");
    return failures != 0;
}
