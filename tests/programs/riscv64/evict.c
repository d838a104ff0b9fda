/* SPDX-License-Identifier: MIT */
/* More code than a small code cache holds, run again and again: 4,000 small functions in generated code, called in changing order by
 * several threads, some of them calling others, with timer signals between. Guest program for riscv64: evict [ROUNDS [THREADS]]; prints TAP. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>

enum { FUNCTIONS = 4000, WORDS = 24, OPS = 10, RET = 0x8067 };
typedef uint64_t Fn(uint64_t);

static uint32_t *code;
static int rounds = 60, nthreads = 1, number;
static volatile int ticks;

static int imm_of(int i, int k) { return (i * 7 + k * 13) % 2000 - 1000; }
/* 0: none. Calls go down, so they end. */
static int callee_of(int i) { return i % 3 == 0 ? i / 8 * 5 : 0; }

static uint32_t jal_ra(int distance)
{
    uint32_t d = (uint32_t)distance;
    return (d >> 20 & 1) << 31 | (d >> 1 & 0x3ff) << 21 | (d >> 11 & 1) << 20 | (d >> 12 & 0xff) << 12 | 1u << 7 | 0x6f;
}

static void make_function(int i)
{
    uint32_t *start = code + i * WORDS, *p = start;
    int callee = callee_of(i);
    if (callee) {
        *p++ = 0xff010113; /* addi sp, sp, -16 */
        *p++ = 0x00113423; /* sd ra, 8(sp) */
    }
    for (int k = 0; k < OPS; k++) {
        *p++ = (uint32_t)(imm_of(i, k) & 0xfff) << 20 | 10u << 15 | (k % 3 == 1 ? 4u << 12 : 0u) | 10u << 7 | 0x13; /* addi or xori a0, a0, imm */
        if (k == 4) {
            *p++ = 0x00151513; /* slli a0, a0, 1 */
            *p++ = 0x00050463; /* beqz a0, +8 */
            *p++ = 0xfff50513; /* addi a0, a0, -1 */
        }
    }
    if (callee) {
        *p = jal_ra((int)((code + callee * WORDS - p) * 4));
        p++;
        *p++ = 0x00813083; /* ld ra, 8(sp) */
        *p++ = 0x01010113; /* addi sp, sp, 16 */
    }
    *p++ = RET;
}

/* The same in C. */
static uint64_t expected(int i, uint64_t x)
{
    for (int k = 0; k < OPS; k++) {
        uint64_t imm = (uint64_t)(int64_t)imm_of(i, k);
        x = k % 3 == 1 ? x ^ imm : x + imm;
        if (k == 4) {
            x <<= 1;
            x -= x != 0;
        }
    }
    int callee = callee_of(i);
    return callee ? expected(callee, x) : x;
}

static void on_tick(int sig)
{
    (void)sig;
    ticks++;
}

static void *run(void *opaque)
{
    uint32_t seed = (uint32_t)(uintptr_t)opaque;
    uint64_t x = seed, want = seed, bad = 0;
    for (int r = 0; r < rounds; r++) {
        for (int n = 0; n < FUNCTIONS; n++) {
            seed = seed * 1664525 + 1013904223;
            int i = (int)((seed >> 8) % FUNCTIONS);
            x = ((Fn *)(code + i * WORDS))(x);
            want = expected(i, want);
            bad += x != want;
        }
    }
    return (void *)bad;
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : rounds;
    nthreads = argc > 2 ? atoi(argv[2]) : nthreads;
    code = mmap(NULL, FUNCTIONS * WORDS * 4, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < FUNCTIONS; i++) {
        make_function(i);
    }
    __builtin___clear_cache((char *)code, (char *)(code + FUNCTIONS * WORDS));
    signal(SIGALRM, on_tick);
    struct itimerval every = { { .tv_usec = 3000 }, { .tv_usec = 3000 } };
    setitimer(ITIMER_REAL, &every, NULL);
    pthread_t threads[64];
    for (int i = 0; i < nthreads; i++) {
        pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)(i + 1));
    }
    for (int i = 0; i < nthreads; i++) {
        void *bad;
        pthread_join(threads[i], &bad);
        printf("%sok %d - thread %d: %lu wrong results\n", bad ? "not " : "", ++number, i, (unsigned long)bad);
    }
    printf("%sok %d - signals came\n", ticks ? "" : "not ", ++number);
    return 0;
}
