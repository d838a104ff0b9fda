/* SPDX-License-Identifier: MIT */
/* Threads, children and signals in numbers; stress.py runs it often. storms threads TOTAL AT_ONCE | forks TOTAL | signals TOTAL | preempt SECONDS.
 * Prints `ok ...` and ends with 0, or says what went wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static int fail(const char *what, long value)
{
    printf("failed: %s: %ld (%s)\n", what, value, strerror(errno));
    fflush(stdout);
    _exit(1);
}

static long resident_kib(void)
{
    long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &size, &pages) != 2) {
        pages = 0;
    }
    if (f) {
        fclose(f);
    }
    return pages * 4;
}

static uint64_t work(uint64_t n)
{
    uint64_t h = n;
    double x = 1.0;
    for (int i = 0; i < 300; i++) {
        h = (h ^ (uint64_t)i) * 0x100000001b3ull;
        x = x * 1.0000001 + (double)(h & 7);
    }
    return h + (uint64_t)x;
}

/* ---- threads */

static pthread_barrier_t all_there;
static atomic_ulong sum;
static __thread uint64_t own;

static void *thread(void *arg)
{
    own = work((uint64_t)arg);
    pthread_barrier_wait(&all_there);
    char *p = malloc(1000);
    memset(p, (int)own, 1000);
    atomic_fetch_add(&sum, own + (uint64_t)(p[999] == (char)own) - 1);
    free(p);
    return (void *)own;
}

static void threads(int total, int at_once)
{
    static pthread_t t[1000];
    uint64_t want = 0;
    long before = 0;
    for (int round = 0; round < total / at_once; round++) {
        pthread_barrier_init(&all_there, NULL, (unsigned)at_once);
        for (int i = 0; i < at_once; i++) {
            int error = pthread_create(&t[i], NULL, thread, (void *)(long)(round * at_once + i));
            if (error) {
                fail("pthread_create", error);
            }
            want += work((uint64_t)(round * at_once + i));
        }
        for (int i = 0; i < at_once; i++) {
            void *value;
            pthread_join(t[i], &value);
            if ((uint64_t)value != work((uint64_t)(round * at_once + i))) {
                fail("value of a thread", i);
            }
        }
        if (round == 1) {
            before = resident_kib();
        }
    }
    long grown = resident_kib() - before;
    if (sum != want || grown > 8192) {
        fail(sum != want ? "sum" : "memory grown", grown);
    }
    printf("ok threads\n");
}

/* ---- children, and children of theirs, some made by threads */

static void *fork_once(void *arg)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit((int)(work((uint64_t)arg) & 63));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != (int)(work((uint64_t)arg) & 63)) {
        fail("child of a thread", status);
    }
    return NULL;
}

static int descend(int depth)
{
    int status;
    if (depth == 0) {
        return (int)(work(3) & 31);
    }
    if (depth == 2) {
        pthread_t a, b;
        pthread_create(&a, NULL, fork_once, (void *)5);
        pthread_create(&b, NULL, fork_once, (void *)6);
        pthread_join(a, NULL);
        pthread_join(b, NULL);
    }
    pid_t pid = fork();
    if (pid == 0) {
        _exit(descend(depth - 1));
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void forks(int total)
{
    enum { AT_ONCE = 16 };
    for (int done = 0; done < total; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            pid_t pid = i % 4 == 3 ? vfork() : fork();
            if (pid == 0) {
                _exit(i % 4 == 3 ? (int)(work(3) & 31) : descend(i % 4 + 1));
            }
            if (pid < 0) {
                fail("fork", i);
            }
        }
        for (int i = 0; i < AT_ONCE; i++) {
            int status;
            if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != (int)(work(3) & 31)) {
                fail("status of a child", status);
            }
        }
    }
    printf("ok forks\n");
}

/* ---- signals: each is counted, none is lost: queued ones from a sender to each thread, while the threads work */

enum { WORKERS = 4 };
static pthread_t workers[WORKERS];
static atomic_long taken[WORKERS], values[WORKERS];
static atomic_int is_over;
static __thread int me = -1;

static void on_queued(int sig, siginfo_t *info, void *uc)
{
    int saved = errno;
    atomic_fetch_add(&taken[me], 1);
    atomic_fetch_add(&values[me], info->si_value.sival_int);
    work((uint64_t)sig);
    errno = saved;
}

static void *worker(void *arg)
{
    me = (int)(long)arg;
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN + 1);
    pthread_sigmask(SIG_UNBLOCK, &s, NULL);
    uint64_t want = work(77);
    while (!atomic_load(&is_over)) {
        if (work(77) != want) {
            fail("work under signals", me);
        }
        if (me % 2) {
            struct timespec t = { 0, 1000 };
            nanosleep(&t, NULL);
        }
    }
    return NULL;
}

static void signals(int total)
{
    struct sigaction sa = { .sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN + 1);
    pthread_sigmask(SIG_BLOCK, &s, NULL);
    sigaction(SIGRTMIN + 1, &sa, NULL);
    for (long i = 0; i < WORKERS; i++) {
        pthread_create(&workers[i], NULL, worker, (void *)i);
    }
    long want[WORKERS] = {0}, sent[WORKERS] = {0};
    for (int i = 0; i < total; i++) {
        union sigval v = { .sival_int = i };
        while (pthread_sigqueue(workers[i % WORKERS], SIGRTMIN + 1, v) == EAGAIN) {
            sched_yield();
        }
        want[i % WORKERS] += i;
        sent[i % WORKERS]++;
    }
    for (int i = 0; i < WORKERS; i++) {
        for (int tries = 0; atomic_load(&taken[i]) != sent[i]; tries++) {
            if (tries > 20000) {
                fail("signals of a worker", taken[i] - sent[i]);
            }
            usleep(1000);
        }
        if (values[i] != want[i]) {
            fail("values of a worker", i);
        }
    }
    is_over = 1;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    printf("ok signals\n");
}

/* ---- preemption as Go does it: SIGURG to a thread that runs; its handler looks at the interrupted pc and stack and, where the code is one that
 * allows it, makes it call a function that saves every register, yields, and goes on */

extern const char safe_start[], safe_end[];
void safe_loop(uint64_t *state, uint64_t turns);
extern void async_preempt(void);
static atomic_ulong injected, seen_outside;

/* xorshift over six registers and two floating-point ones: any that is lost changes the result */
#ifdef __aarch64__
__asm__(".globl safe_loop, safe_start, safe_end, async_preempt\n"
        "safe_loop:\n"
        "  ldp x9, x10, [x0]; ldp x11, x2, [x0, 16]; ldp x3, x4, [x0, 32]\n"
        "  ucvtf d0, x9; ucvtf d3, x10; fmov v4.2d, #1.0\n"
        "safe_start:\n"
        "1: eor x9, x9, x9, lsl 13; eor x9, x9, x9, lsr 7; eor x9, x9, x9, lsl 17\n"
        "  add x10, x10, x9; eor x11, x11, x10; add x2, x2, x11; eor x3, x3, x2; adds x4, x4, x3; adc x3, x3, xzr\n"
        "  and x12, x4, 255; ucvtf d5, x12; fadd d0, d0, d5; fmax d3, d3, d0; mla v4.4s, v4.4s, v4.4s\n"
        "  sub x1, x1, 1; cbnz x1, 1b\n"
        "safe_end:\n"
        "  stp x9, x10, [x0]; stp x11, x2, [x0, 16]; stp x3, x4, [x0, 32]\n"
        "  fadd d3, d3, d4; stp d0, d3, [x0, 48]; ret\n"
        /* below the stack pointer at entry: the link register, where to go on, pushed by the handler: x17 is free there */
        "async_preempt:\n"
        "  sub sp, sp, 288\n"
        "  stp x0, x1, [sp]; stp x2, x3, [sp, 16]; stp x4, x5, [sp, 32]; stp x6, x7, [sp, 48]; stp x8, x9, [sp, 64]; stp x10, x11, [sp, 80]\n"
        "  stp x12, x13, [sp, 96]; stp x14, x15, [sp, 112]; stp x16, x17, [sp, 128]; stp x18, x29, [sp, 144]; mrs x0, nzcv; mrs x1, fpsr; stp x0, x1, [sp, 160]\n"
        "  stp q0, q3, [sp, 176]; stp q4, q5, [sp, 208]\n"
        "  bl preempted\n"
        "  ldp q4, q5, [sp, 208]; ldp q0, q3, [sp, 176]; ldp x0, x1, [sp, 160]; msr nzcv, x0; msr fpsr, x1; ldp x18, x29, [sp, 144]; ldp x16, x17, [sp, 128]\n"
        "  ldp x14, x15, [sp, 112]; ldp x12, x13, [sp, 96]; ldp x10, x11, [sp, 80]; ldp x8, x9, [sp, 64]; ldp x6, x7, [sp, 48]; ldp x4, x5, [sp, 32]\n"
        "  ldp x2, x3, [sp, 16]; ldp x0, x1, [sp]\n"
        "  ldp x30, x17, [sp, 288]; add sp, sp, 304; br x17\n");
#else
__asm__(".globl safe_loop, safe_start, safe_end, async_preempt\n"
        "safe_loop:\n"
        "  ld t0, 0(a0); ld t1, 8(a0); ld t2, 16(a0); ld a2, 24(a0); ld a3, 32(a0); ld a4, 40(a0)\n"
        "  fcvt.d.lu fa0, t0; fcvt.d.lu ft3, t1\n"
        "safe_start:\n"
        "1: slli t3, t0, 13; xor t0, t0, t3; srli t3, t0, 7; xor t0, t0, t3; slli t3, t0, 17; xor t0, t0, t3\n"
        "  add t1, t1, t0; xor t2, t2, t1; add a2, a2, t2; xor a3, a3, a2; add a4, a4, a3\n"
        "  andi t4, a4, 255; fcvt.d.lu fa5, t4; fadd.d fa0, fa0, fa5; fmax.d ft3, ft3, fa0\n"
        "  addi a1, a1, -1; bnez a1, 1b\n"
        "safe_end:\n"
        "  sd t0, 0(a0); sd t1, 8(a0); sd t2, 16(a0); sd a2, 24(a0); sd a3, 32(a0); sd a4, 40(a0)\n"
        "  fsd fa0, 48(a0); fsd ft3, 56(a0); ret\n"
        /* below the stack pointer at entry: where to go on, pushed by the handler */
        "async_preempt:\n"
        "  addi sp, sp, -272\n"
        "  sd ra, 0(sp); sd t0, 8(sp); sd t1, 16(sp); sd t2, 24(sp); sd a0, 32(sp); sd a1, 40(sp); sd a2, 48(sp); sd a3, 56(sp); sd a4, 64(sp)\n"
        "  sd a5, 72(sp); sd a6, 80(sp); sd a7, 88(sp); sd t3, 96(sp); sd t4, 104(sp); sd t5, 112(sp); sd t6, 120(sp)\n"
        "  fsd fa0, 128(sp); fsd ft3, 136(sp); fsd fa5, 144(sp); csrr t0, fcsr; sd t0, 152(sp)\n"
        "  call preempted\n"
        "  ld t0, 152(sp); csrw fcsr, t0; fld fa5, 144(sp); fld ft3, 136(sp); fld fa0, 128(sp)\n"
        "  ld t6, 120(sp); ld t5, 112(sp); ld t4, 104(sp); ld t3, 96(sp); ld a7, 88(sp); ld a6, 80(sp); ld a5, 72(sp)\n"
        "  ld a4, 64(sp); ld a3, 56(sp); ld a2, 48(sp); ld a1, 40(sp); ld a0, 32(sp); ld t2, 24(sp); ld t1, 16(sp); ld t0, 8(sp)\n"
        "  ld ra, 272(sp); ld t6, 280(sp)\n"
        "  addi sp, sp, 288; jr t6\n");
#endif

void preempted(void)
{
    static __thread unsigned n;
    if (++n % 16 == 0) {
        sched_yield();
    }
}

static void on_urg(int sig, siginfo_t *info, void *context)
{
#ifdef __aarch64__
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    unsigned long long *pc = &m->pc, *sp = &m->sp, *link = &m->regs[30];
#else
    unsigned long *regs = ((ucontext_t *)context)->uc_mcontext.__gregs, *pc = &regs[0], *sp = &regs[2], *link = &regs[1];
#endif
    if (*pc < (uint64_t)safe_start || *pc >= (uint64_t)safe_end) {
        atomic_fetch_add(&seen_outside, 1);
        return;
    }
    *sp -= 16;
    ((uint64_t *)*sp)[0] = *link;
    ((uint64_t *)*sp)[1] = *pc;
    *pc = (uint64_t)async_preempt;
    atomic_fetch_add(&injected, 1);
}

static uint64_t expected[8];
static void run_once(uint64_t *state)
{
    for (int i = 0; i < 6; i++) {
        state[i] = 0x9e3779b97f4a7c15ull * (uint64_t)(i + 1);
    }
    safe_loop(state, 20000);
}

static void *runner(void *arg)
{
    static char stacks[WORKERS][65536];
    stack_t alt = { .ss_sp = stacks[(long)arg], .ss_size = sizeof(stacks[0]) };
    sigaltstack(&alt, NULL);
    while (!atomic_load(&is_over)) {
        uint64_t state[8];
        run_once(state);
        if (memcmp(state, expected, sizeof(state))) {
            fail("a preempted loop", (long)arg);
        }
    }
    return NULL;
}

static void preempt(int seconds)
{
    struct sigaction sa = { .sa_sigaction = on_urg, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
    run_once(expected);
    sigaction(SIGURG, &sa, NULL);
    for (long i = 0; i < WORKERS; i++) {
        pthread_create(&workers[i], NULL, runner, (void *)i);
    }
    time_t end = time(NULL) + seconds;
    while (time(NULL) < end || injected < 100) {
        for (int i = 0; i < WORKERS; i++) {
            pthread_kill(workers[i], SIGURG);
        }
        usleep(50);
    }
    is_over = 1;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    printf("# %lu calls injected, %lu signals elsewhere\nok preempt\n", injected, seen_outside);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int n = argc > 2 ? atoi(argv[2]) : 1;
    alarm(290);
    if (strcmp(what, "threads") == 0) {
        threads(n, argc > 3 ? atoi(argv[3]) : 100);
    } else if (strcmp(what, "forks") == 0) {
        forks(n);
    } else if (strcmp(what, "signals") == 0) {
        signals(n);
    } else if (strcmp(what, "preempt") == 0) {
        preempt(n);
    } else {
        return 2;
    }
    return 0;
}
