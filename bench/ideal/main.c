/* SPDX-License-Identifier: MIT */
/* Runs the hand-written kernels against native ones: prints ratios of the median of interleaved runs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernels.h"

long ideal_enter(void *state, void *code, uint64_t pins[10]);
extern char ideal_fib[], ideal_sieve[], ideal_goto[], ideal_goto_add[], ideal_goto_xor[], ideal_goto_shl[], ideal_goto_end[],
    ideal_dot[];

enum { A0 = 2, SP = 0, A1 = 8, TABLE = 12288, ROUNDS = 15, BYTES = 1 << 20, CODE = 1 << 22, DOUBLES = 4096 };
static _Alignas(4096) unsigned char state[TABLE + 65536 * 16];
static unsigned char composite[BYTES], code[CODE + 2];
static double va[DOUBLES], vb[DOUBLES];
static uint64_t stack[4096], labels[4];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long enter(void *f, uint64_t a0, uint64_t a1)
{
    uint64_t pins[10] = { (uint64_t)(stack + 4000), 0, a0, 0, 0, 0, 0, 0, a1, 0 };
    return ideal_enter(state, f, pins);
}

static void slot(unsigned x, uint64_t v) { memcpy(state + x * 8, &v, 8); }

static long run(int kernel, int is_native)
{
    long r = 0;
    switch (kernel) {
    case 0:
        return is_native ? kernel_fib(30) : enter(ideal_fib, 30, 0);
    case 1:
        memset(composite, 0, BYTES);
        return is_native ? kernel_sieve(composite, BYTES) : enter(ideal_sieve, (uint64_t)composite, BYTES);
    case 2:
        slot(13, (uint64_t)labels);
        return is_native ? kernel_goto(code, 7) : enter(ideal_goto, (uint64_t)code, 7);
    default:
        for (int i = 0; i < 2000; i++) {
            double d;
            slot(12, DOUBLES);
            if (is_native) {
                d = kernel_dot(va, vb, DOUBLES);
            } else {
                enter(ideal_dot, (uint64_t)va, (uint64_t)vb);
                memcpy(&d, state + 512, 8);
            }
            r += (long)d;
        }
        return r;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void table_put(uint64_t pc, void *to)
{
    uint64_t row[2] = { pc, (uint64_t)to };
    memcpy(state + TABLE + (pc & 0x1ffe) * 8, row, 16);
}

/* For steps.c: one kernel, the last run between two getppid. */
static int run_counted(int kernel, long n)
{
    for (int k = 0; k < 2; k++) {
        memset(composite, 0, BYTES);
        if (k) {
            syscall(SYS_getppid);
        }
        slot(13, (uint64_t)labels);
        slot(12, (uint64_t)n);
        void *const entries[] = { ideal_fib, ideal_sieve, ideal_goto, ideal_dot };
        uint64_t a0[] = { (uint64_t)n, (uint64_t)composite, (uint64_t)code, (uint64_t)va };
        uint64_t a1[] = { 0, (uint64_t)n, 7, (uint64_t)vb };
        enter(entries[kernel], a0[kernel], a1[kernel]);
        if (k) {
            syscall(SYS_getppid);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "fib", "sieve", "computed goto", "dot" };
    static const double bars[] = { 1.6, 1.3, 2.0, 1.7 };
    uint32_t x = 1;
    int status = 0;
    for (int i = 0; i < CODE; i++) {
        x = x * 1664525 + 1013904223;
        code[i] = (unsigned char)((x >> 24) % 3);
    }
    code[CODE] = code[CODE + 1] = 3;
    char *targets[] = { ideal_goto_add, ideal_goto_xor, ideal_goto_shl, ideal_goto_end };
    for (int i = 0; i < 4; i++) {
        labels[i] = 0x100bc + (uint64_t)i * 18;
        table_put(labels[i], targets[i]);
    }
    for (int i = 0; i < DOUBLES; i++) {
        va[i] = i * 0.5, vb[i] = 1.0 / (i + 1);
    }
    if (argc > 2) {
        long n = atol(argv[2]);
        for (long i = 0; i < n; i++) {
            code[i] = (unsigned char)(i * 7 / 3 % 3);
        }
        code[n] = code[n + 1] = 3;
        return run_counted(atoi(argv[1]), n);
    }
    for (int k = 0; k < 4; k++) {
        double ratio[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            double t0 = now();
            long a = run(k, 1);
            double t1 = now();
            long b = run(k, 0);
            double t2 = now();
            if (a != b) {
                printf("%s: results differ: %ld %ld\n", names[k], a, b);
                return 1;
            }
            ratio[i] = (t2 - t1) / (t1 - t0);
        }
        qsort(ratio, ROUNDS, sizeof(ratio[0]), compare);
        double r = ratio[ROUNDS / 2];
        printf("%-14s ideal/native %.2f (bar %.1f%s)\n", names[k], r, bars[k], r <= bars[k] ? "" : " MISSED");
        status |= r > bars[k];
    }
    return status;
}
