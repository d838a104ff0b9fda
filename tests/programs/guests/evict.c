/* SPDX-License-Identifier: MIT */
/* More code than a small code cache holds, run again and again: 4,000 small functions in generated code, called in changing order by
 * several threads, some of them calling others, with timer signals between. Usage: evict [ROUNDS [THREADS]]; prints TAP. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "guest.h"

enum { FUNCTIONS = 4000, WORDS = 24, OPS = 10 };
typedef uint64_t Fn(uint64_t);

static uint32_t *code;
static int rounds = 60, nthreads = 1, number;
static volatile int ticks;

static int imm_of(int i, int k) { return (i * 7 + k * 13) % 2000 - 1000; }
/* 0: none. Calls go down, so they end. */
static int callee_of(int i) { return i % 3 == 0 ? i / 8 * 5 : 0; }

static void make_function(int i)
{
    uint32_t *p = code + i * WORDS;
    int callee = callee_of(i);
    if (callee) {
        p = code_enter(p);
    }
    for (int k = 0; k < OPS; k++) {
        if (k % 3 == 1) {
            p = code_xor(p, imm_of(i, k));
        } else {
            *p++ = code_add(imm_of(i, k));
        }
        if (k == 4) {
            *p++ = CODE_DOUBLE;
            *p++ = CODE_SKIP_IF_ZERO;
            *p++ = code_add(-1);
        }
    }
    if (callee) {
        *p = code_call((int)((code + callee * WORDS - p) * 4));
        p = code_leave(p + 1);
    }
    *p++ = CODE_RET;
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
