/* SPDX-License-Identifier: MIT */
/* For the test scripts of a guest: disassembles hexadecimal words from standard input; `time` measures
 * decoding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/isa/machine.h"

static void disassemble(const TargetCpu *cpu)
{
    char line[64], text[128];
    while (fgets(line, sizeof line, stdin)) {
        uint32_t raw = (uint32_t)strtoul(line, NULL, 16);
        TargetInsn insn;
        guest.target->decode(cpu, 0, 0, (const uint8_t *)&raw, 4, &insn);
        guest.target->disas(&insn, text, sizeof text);
        puts(text);
    }
}

/* Nanoseconds per instruction over the words given. */
static void time_decode(const TargetCpu *cpu)
{
    enum { MAX = 1 << 16, ROUNDS = 200 };
    static uint32_t words[MAX];
    unsigned n = 0;
    char line[64];
    while (n < MAX && fgets(line, sizeof line, stdin))
        words[n++] = (uint32_t)strtoul(line, NULL, 16);
    struct timespec a, b;
    uint64_t sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int r = 0; r < ROUNDS; r++) {
        for (unsigned i = 0; i < n; i++) {
            TargetInsn insn;
            guest.target->decode(cpu, 0, 0, (const uint8_t *)&words[i], 4, &insn);
            sum += insn.row;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    double ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
    printf("%.1f ns per instruction (%u words, %llu)\n", ns / ROUNDS / n, n,
           (unsigned long long)sum);
}

int main(int argc, char **argv)
{
    const char *error = NULL;
    const TargetCpu *cpu = guest.target->cpu_parse(guest.cpu, &error);
    if (!cpu || argc < 2) {
        fprintf(stderr, "usage: tool disas|time < words\n");
        return 2;
    }
    if (!strcmp(argv[1], "time"))
        time_decode(cpu);
    else
        disassemble(cpu);
    return 0;
}
