/* SPDX-License-Identifier: MIT */
/* Eight threads that make, run, change and unmap code at once, while signals come to all of them, short-lived threads and children come and go,
 * and one thread's code loses its rights while it runs. Usage: threadstorm [ROUNDS]; prints TAP. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "guest.h"

enum { THREADS = 8, P = 4096, WORDS = 16, PER_PAGE = P / (WORDS * 4), RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC,
       LOOP_ROUNDS = 3000 };
typedef uint64_t Fn(uint64_t);

static int rounds = 60, number;
static atomic_ulong wrong, signals, faults, is_over;
static uint32_t *in_handler; /* code that handlers call */
static uint32_t *lonely;     /* the code that loses its rights */
static atomic_uint generation;
static uint32_t *shared;     /* rewritten by the main thread: returns its argument + generation */

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++number, name);
    fflush(stdout);
}

/* Its argument + the sum of the small numbers that follow seed, with a branch in it. */
static uint64_t make(uint32_t *p, unsigned seed)
{
    uint64_t sum = 0;
    unsigned n = 1 + seed % 9;
    for (unsigned i = 0; i < n; i++) {
        unsigned imm = (seed * 31 + i * 7) % 1000 + 1;
        *p++ = code_add((int)imm);
        sum += imm;
        if (i == 2) {
            *p++ = CODE_SKIP_IF_ZERO; /* never */
            *p++ = code_add(1);
            sum++;
        }
    }
    *p++ = CODE_RET;
    return sum;
}

static void flush(void *p, size_t n) { __builtin___clear_cache((char *)p, (char *)p + n); }

static void expect(uint64_t is, uint64_t want) { wrong += is != want; }

/* Calls every function of a page, twice. */
static void fill_and_run(uint32_t *page, unsigned seed, int is_protected)
{
    uint64_t sums[PER_PAGE];
    if (is_protected) {
        mprotect(page, P, RW);
    }
    for (unsigned i = 0; i < PER_PAGE; i++) {
        sums[i] = make(page + i * WORDS, seed + i);
    }
    if (is_protected) {
        mprotect(page, P, RX);
    }
    flush(page, P);
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = 0; i < PER_PAGE; i++) {
            expect(((Fn *)(page + i * WORDS))(seed + 1), seed + 1 + sums[i]);
        }
    }
}

static void *one_shot(void *opaque)
{
    uint32_t *page = mmap(NULL, P, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fill_and_run(page, (unsigned)(uintptr_t)opaque, 0);
    munmap(page, P);
    return NULL;
}

/* What was flushed for all threads before we look must be there. */
static void look_at_shared(void)
{
    unsigned before = generation;
    uint64_t got = ((Fn *)shared)(0);
    unsigned after = generation + 1;
    wrong += before / 1024 == after / 1024 && (got < before % 1024 || got > after % 1024);
}

static void *run(void *opaque)
{
    unsigned thread = (unsigned)(uintptr_t)opaque;
    uint32_t *own = mmap(NULL, 3 * P, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int r = 0; r < rounds; r++) {
        unsigned seed = thread * 1000 + (unsigned)r * 17;
        fill_and_run(own, seed, 0);
        fill_and_run(own + P / 4, seed + 5, 1);
        uint32_t *page = mmap(own + P / 2, P, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        fill_and_run(page, seed + 9, 0);
        mmap(page, P, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        look_at_shared();
        if (r % 16 == 3) {
            pthread_t other;
            pthread_create(&other, NULL, one_shot, (void *)(uintptr_t)(seed + 11));
            pthread_join(other, NULL);
        }
        if (r % 20 == 7 && thread == 0) {
            pid_t child = fork();
            if (child == 0) {
                wrong = 0;
                fill_and_run(own, seed + 12, 0);
                _exit(wrong ? 1 : 42);
            }
            int status = 0;
            waitpid(child, &status, 0);
            expect((uint64_t)status, 42 << 8);
        }
    }
    munmap(own, 3 * P);
    return NULL;
}

/* x + 1, n times. */
static void make_lonely(void)
{
    memcpy(lonely, code_loop, sizeof code_loop);
    flush(lonely, sizeof code_loop);
    mprotect(lonely, P, RX);
}

static void *run_lonely(void *opaque)
{
    (void)opaque;
    for (unsigned long n = 0; !is_over; n++) {
        uint64_t x = ((uint64_t (*)(uint64_t, uint64_t))lonely)(n, LOOP_ROUNDS);
        expect(x, n + LOOP_ROUNDS);
    }
    return NULL;
}

static void on_fault(int sig, siginfo_t *info, void *opaque)
{
    uint64_t pc = *guest_pc(opaque);
    if (pc - (uint64_t)lonely >= sizeof code_loop || (uint64_t)info->si_addr != pc || sig != SIGSEGV) {
        char text[128];
        int n = sprintf(text, "# signal %d code %d at 0x%lx, pc 0x%lx\n", sig, info->si_code, (unsigned long)info->si_addr, (unsigned long)pc);
        if (write(1, text, (size_t)n)) {
        }
        _exit(3);
    }
    faults++;
    mprotect(lonely, P, RX);
}

static void on_signal(int sig)
{
    (void)sig;
    signals++;
    expect(((Fn *)in_handler)(7), 7 + 5);
}

static void set_shared(unsigned n)
{
    uint32_t code[] = { code_add((int)(n % 1024)), CODE_RET };
    memcpy(shared, code, sizeof code);
    flush(shared, sizeof code);
    generation = n;
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : rounds;
    uint32_t *pages = mmap(NULL, 3 * P, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared = pages;
    lonely = pages + P / 4;
    in_handler = pages + P / 2;
    in_handler[0] = code_add(5);
    in_handler[1] = CODE_RET;
    flush(in_handler, 8);
    make_lonely();
    set_shared(0);
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    struct sigaction su = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigaction(SIGUSR1, &su, NULL);

    pthread_t threads[THREADS], victim;
    pthread_create(&victim, NULL, run_lonely, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)i);
    }
    for (int r = 1; r <= rounds; r++) {
        set_shared((unsigned)r);
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_kill(threads[i], SIGUSR1);
        }
        pthread_kill(victim, SIGUSR1);
        mprotect(lonely, P, r % 2 ? PROT_NONE : PROT_READ);
        usleep(1000);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    mprotect(lonely, P, PROT_NONE);
    while (faults == 0) {
        usleep(1000);
    }
    is_over = 1;
    pthread_join(victim, NULL);
    ok(wrong == 0, "every result is right");
    ok(signals > 0, "signals came");
    ok(faults > 0, "code lost its rights while it ran");
    printf("# %lu wrong, %lu signals, %lu faults\n1..%d\n", (unsigned long)wrong, (unsigned long)signals, (unsigned long)faults, number);
    return 0;
}
