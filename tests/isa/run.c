/* SPDX-License-Identifier: MIT */
/* Runs a file of experiments (state.h) by one engine: run ENGINE IN OUT. The oracle program's
 * counterpart. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/isa/machine.h"

static void *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) < 0) {
        perror(path);
        exit(1);
    }
    *size = (size_t)ftell(f);
    rewind(f);
    void *p = malloc(*size);
    if (fread(p, 1, *size, f) != *size) {
        perror(path);
        exit(1);
    }
    fclose(f);
    return p;
}

int main(int argc, char **argv)
{
    const Engine *engine = argc == 4 ? engine_find(argv[1]) : NULL;
    if (!engine) {
        fprintf(stderr, "usage: run interp|block|region|moved IN OUT\n");
        return 2;
    }
    size_t size;
    const ExperimentHeader *h = read_file(argv[2], &size);
    const Experiment *e = (const Experiment *)(h + 1);
    if (size < sizeof *h + h->count * sizeof *e)
        return 1;
    const char *error = NULL;
    const TargetCpu *cpu = guest.target->cpu_parse(guest.cpu, &error);
    Machine m;
    machine_map();
    machine_init(&m, engine, cpu);
    if (h->stride) {
        for (uint32_t i = 0; i < h->count; i++)
            machine_put_code(&m, &e[i], CODE_BASE + (uint64_t)i * h->stride);
        machine_seal_code();
    }
    FILE *out = fopen(argv[3], "wb");
    if (!out) {
        perror(argv[3]);
        return 1;
    }
    for (uint32_t i = 0; i < h->count; i++) {
        uint64_t pc = CODE_BASE + (uint64_t)i * h->stride;
        Outcome o;
        if (!h->stride)
            machine_put_code(&m, &e[i], pc);
        machine_run(&m, &e[i], pc, &o);
        fwrite(&o, sizeof o, 1, out);
    }
    machine_finish(&m);
    return fclose(out) ? 1 : 0;
}
