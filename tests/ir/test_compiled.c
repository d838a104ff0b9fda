/* SPDX-License-Identifier: MIT */
/*
 * test_random [-host-cpu SPEC] [-n COUNT] [-seed FIRST] [-v]: random IR, interpreted and compiled. TAP. A failing seed is shown
 * with its IR, machine IR and code; -v shows the one of -seed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/ir/gen_region.h"
#include "tests/ir/show.h"

static IrmState in, by_interpreter, by_code;
static IrMachine machine;

static uint64_t current_seed;

static void on_abort(int sig)
{
    printf("# seed %lu: signal %d\n", current_seed, sig);
    fflush(stdout);
    _exit(1);
}

static void show(uint64_t seed, IrRegion *r, const CodeBlob *blob)
{
    printf("# ---- seed %lu\n", seed);
    show_ir(r);
    show_mir(r, machine.arena);
    show_code(blob);
}

static bool check_seed(uint64_t seed, bool is_verbose)
{
    enum { STATES = 3 };
    current_seed = seed;
    IrMachine *m = &machine;
    IrRegion r;
    random_region(m, &r, seed);
    CodeBlob blob;
    if (is_verbose) {
        show_ir(&r);
        fflush(stdout);
        show_mir(&r, m->arena);
    }
    alarm(10);
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
            char diff[256];
            random_state(m, &in, seed * STATES + k);
            irm_interpret(m, &r, b, &in, &by_interpreter);
            irm_run(m, r.blocks[b].pc, &in, &by_code);
            if (irm_differ(&by_interpreter, &by_code, diff, sizeof diff)) {
                if (!is_verbose) {
                    show(seed, &r, &blob);
                }
                printf("# seed %lu, entry b%u, state %u, left with %u at %lx: interpreter, code: %s\n", seed, b, k,
                       by_interpreter.event, by_interpreter.pc, diff);
                is_ok = false;
            }
        }
    }
    irm_forget(m, &r);
    return is_ok;
}

int main(int argc, char **argv)
{
    uint64_t count = 10000, first = 1, failed = 0;
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
    irm_init(&machine);
    signal(SIGABRT, on_abort);
    signal(SIGALRM, on_abort);
    for (uint64_t seed = first; seed < first + count && failed < 3; seed++) {
        failed += !check_seed(seed, is_verbose);
    }
    printf("%sok 1 - %lu random programs\n1..1\n", failed ? "not " : "", count);
    return failed != 0;
}
