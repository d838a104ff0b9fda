/* SPDX-License-Identifier: MIT */
/* ir_tool [-host-cpu SPEC] FILE: compiles textual IR, shows every step, runs both ways and compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/print.h"
#include "tests/ir/ir_machine.h"
#include "tests/ir/show.h"

static char text[1 << 20];
static IrmState in, by_interpreter, by_code;

static int run(const char *path)
{
    static IrMachine m;
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        return 2;
    }
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    irm_init(&m, irm_slots, IRM_NSLOTS, irm_helpers, IRM_NHELPERS);
    static IrRegion r;
    IrSettings settings = { 0 };
    unsigned line;
    ir_begin(m.builder, &r, m.arena, irm_slots, IRM_NSLOTS, irm_helpers, IRM_NHELPERS, 0, &settings);
    const char *error = ir_parse(m.builder, text, &line);
    if (error) {
        fprintf(stderr, "%s:%u: %s\n", path, line, error);
        return 2;
    }
    ir_finish(m.builder);
    show_ir(&r);
    show_mir(&r, m.arena);
    CodeBlob blob;
    irm_compile(&m, &r, &blob);
    printf("code: %u bytes, %u rows\n", blob.code_size, blob.nrows);
    show_code(&blob);
    in.mxcsr = 0x1f80;
    for (unsigned i = 0; i < 16; i++) {
        uint64_t x = (uintptr_t)m.memory + 64 * i;
        memcpy(in.guest + 8 * i, &x, 8);
    }
    in.pc = r.blocks[1].pc;
    irm_interpret(&m, &r, 1, &in, &by_interpreter);
    irm_publish(&m, &r, &blob);
    irm_run(&m, in.pc, &in, &by_code);
    char diff[256];
    bool is_bad = irm_differ(&m, &by_interpreter, &by_code, diff, sizeof diff);
    printf("event %u pc %lx: %s\n", by_code.event, by_code.pc, is_bad ? diff : "equal");
    return is_bad;
}

int main(int argc, char **argv)
{
    host_features_detect();
    if (argc == 4 && !strcmp(argv[1], "-host-cpu") && host_features_parse(argv[2])) {
        return run(argv[3]);
    }
    return run(argv[argc - 1]);
}
