/* SPDX-License-Identifier: MIT */
/* Toy programs through tcg_run, by every engine: flow, faults, polls, code that changes, small caches, threads. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcg/runtime.h"
#include "tests/unit/toy_machine.h"
#include "util/lock.h"

typedef struct Setup {
    const char *name;
    TcgSettings settings;
} Setup;

static char label[128];
static const char *setup_name;

static void check(bool is_ok, const char *what)
{
    snprintf(label, sizeof label, "%s: %s", setup_name, what);
    tap_ok(is_ok, label);
}

/* r3 = sum of 0..r2-1, counted by r1; ends at a system call. */
static const uint32_t sum_code[] = {
    TOY(TOY_ADDI, 1, 0, 0), TOY(TOY_ADDI, 3, 0, 0),
    TOY(TOY_ADD, 3, 1, 0), TOY(TOY_ADDI, 1, 1, 1), TOY(TOY_BNE, 1, 2, -2),
    TOY(TOY_ECALL, 0, 0, 0), 0,
};

static TcgEvent run(CpuState *s, uint64_t pc)
{
    s->pc = pc;
    *toy_reg(s, 0) = 0;
    return tcg_run(s);
}

static void test_flow(ToyMachine *m, CpuState *s)
{
    uint64_t sum = toy_put(m, 0, sum_code);
    *toy_reg(s, 2) = 10000;
    TcgEvent event = run(s, sum);
    check(event == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 49995000 && s->pc == sum + 24, "a loop");
    /* fib(r2) by calls; r4: stack pointer */
    static const uint32_t fib_code[] = {
        TOY(TOY_ADDI, 5, 0, 2), TOY(TOY_CALL, 0, 0, 2), TOY(TOY_ECALL, 0, 0, 0),
        TOY(TOY_BLT, 2, 5, 13),                                            /* n < 2: return n */
        TOY(TOY_ADDI, 4, 4, -24), TOY(TOY_STORE, 1, 4, 0), TOY(TOY_STORE, 2, 4, 8), TOY(TOY_ADDI, 2, 2, -1),
        TOY(TOY_CALL, 0, 0, -5), TOY(TOY_STORE, 3, 4, 16), TOY(TOY_LOAD, 2, 4, 8), TOY(TOY_ADDI, 2, 2, -2),
        TOY(TOY_CALL, 0, 0, -9), TOY(TOY_LOAD, 6, 4, 16), TOY(TOY_ADD, 3, 6, 0), TOY(TOY_JUMP, 0, 0, 3),
        TOY(TOY_ADDI, 3, 2, 0), TOY(TOY_RET, 0, 0, 0),
        TOY(TOY_LOAD, 1, 4, 0), TOY(TOY_ADDI, 4, 4, 24), TOY(TOY_RET, 0, 0, 0), 0,
    };
    uint64_t fib = toy_put(m, 4096, fib_code);
    *toy_reg(s, 2) = 18;
    *toy_reg(s, 4) = (uintptr_t)m->memory + TOY_MEMORY;
    check(run(s, fib) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 2584 && s->pc == fib + 12, "recursive calls");
    /* r2 iterations over a table of two targets */
    static const uint32_t switch_code[] = {
        TOY(TOY_ADDI, 1, 0, 0), TOY(TOY_ADDI, 3, 0, 0), TOY(TOY_JR, 0, 6, 0),
        TOY(TOY_ADDI, 3, 3, 1), TOY(TOY_JUMP, 0, 0, 2), TOY(TOY_ADDI, 3, 3, 1000), TOY(TOY_ADDI, 1, 1, 1),
        TOY(TOY_ADDI, 7, 6, 0), TOY(TOY_ADDI, 6, 8, 0), TOY(TOY_ADDI, 8, 7, 0), TOY(TOY_BLT, 1, 2, -8),
        TOY(TOY_ECALL, 0, 0, 0), 0,
    };
    uint64_t sw = toy_put(m, 8192, switch_code);
    *toy_reg(s, 2) = 6000;
    *toy_reg(s, 6) = sw + 12;
    *toy_reg(s, 8) = sw + 20;
    check(run(s, sw) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 3003000, "computed jumps");
    /* entered at the return site of its own call */
    static const uint32_t site_code[] = {
        TOY(TOY_CALL, 0, 0, 4), TOY(TOY_ADDI, 2, 2, 1), TOY(TOY_BNE, 2, 9, -2), TOY(TOY_ECALL, 0, 0, 0),
        TOY(TOY_ADDI, 3, 3, 10), TOY(TOY_RET, 0, 0, 0), 0,
    };
    uint64_t site = toy_put(m, 8192 + 512, site_code);
    *toy_reg(s, 2) = *toy_reg(s, 3) = 0;
    *toy_reg(s, 9) = 30;
    check(run(s, site + 4) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 290, "a region headed at its own return site");
    static const uint32_t illegal[] = { TOY(TOY_ADDI, 3, 0, 5), 63, 0 };
    uint64_t bad = toy_put(m, 12288, illegal);
    check(run(s, bad) == TCG_EVENT_ILLEGAL && s->pc == bad + 4 && *toy_reg(s, 3) == 5, "an undefined instruction");
}

static void test_faults(ToyMachine *m, CpuState *s)
{
    static const uint32_t code[] = {
        TOY(TOY_ADDI, 3, 3, 1), TOY(TOY_ADDI, 12, 3, 7), TOY(TOY_STORE, 3, 6, 8), TOY(TOY_ADDI, 3, 3, 1), TOY(TOY_ECALL, 0, 0, 0), 0,
    };
    uint64_t pc = toy_put(m, 16384, code);
    static const struct { uint64_t addr; uint32_t kind; const char *name; } cases[] = {
        { 0, TCG_FAULT_MAPERR, "store to null" },
        { 0x8000000000000000, TCG_FAULT_MAPERR, "store to a non-canonical address" },
    };
    for (unsigned i = 0; i < 2; i++) {
        *toy_reg(s, 3) = 40;
        *toy_reg(s, 6) = cases[i].addr;
        bool is_ok = run(s, pc) == TCG_EVENT_FAULT && s->pc == pc + 8 && *toy_reg(s, 3) == 41 && *toy_reg(s, 12) == 48;
        check(is_ok && s->fault_addr == cases[i].addr + 8 && s->fault_kind == cases[i].kind, cases[i].name);
    }
    uint8_t *page = m->memory + 20480;
    mprotect(page, 4096, PROT_READ);
    m->is_read_only[5] = true;
    *toy_reg(s, 6) = (uintptr_t)page;
    check(run(s, pc) == TCG_EVENT_FAULT && s->fault_kind == TCG_FAULT_ACCERR && s->fault_addr == (uintptr_t)page + 8,
          "store to a read-only page");
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
    m->is_read_only[5] = false;
    *toy_reg(s, 3) = 7;
    check(run(s, pc) == TCG_EVENT_SYSCALL && *(uint64_t *)(page + 8) == 8, "the same store when it may");
    check(run(s, 0x1000) == TCG_EVENT_FETCH_FAULT && s->pc == 0x1000 && s->fault_addr == 0x1000, "a fetch fault");
    /* code runs into a page that cannot be fetched */
    static const uint32_t end[] = { TOY(TOY_ADDI, 3, 0, 9), TOY(TOY_ADDI, 3, 3, 1), 0 };
    uint64_t last = toy_put(m, 28672 - 8, end);
    mprotect(m->memory + 28672, 4096, PROT_NONE);
    check(run(s, last) == TCG_EVENT_FETCH_FAULT && *toy_reg(s, 3) == 10 && s->pc == last + 8 && s->fault_addr == last + 8,
          "running into a page without code");
    mprotect(m->memory + 28672, 4096, PROT_READ | PROT_WRITE);
}

/* ---- stopping */

typedef struct StopLater {
    CpuState *s;
    _Atomic uint64_t count; /* the loop's */
} StopLater;

static void *stop_later(void *opaque)
{
    StopLater *later = opaque;
    while (later->count == 0) {
        usleep(1000);
    }
    tcg_request_stop(later->s);
    return NULL;
}

static void test_stop(ToyMachine *m, CpuState *s)
{
    static const uint32_t endless[] = { TOY(TOY_ADDI, 3, 3, 1), TOY(TOY_STORE, 3, 4, 0), TOY(TOY_JUMP, 0, 0, -2), 0 };
    uint64_t pc = toy_put(m, 32768, endless), memory = *toy_reg(s, 4);
    StopLater later = { .s = s };
    pthread_t thread;
    *toy_reg(s, 3) = 0;
    tcg_request_stop(s);
    bool is_ok = run(s, pc) == TCG_EVENT_STOP && *toy_reg(s, 3) == 0;
    check(is_ok, "a request before running");
    *toy_reg(s, 4) = (uintptr_t)&later.count;
    pthread_create(&thread, NULL, stop_later, &later);
    /* where polls are: heads of regions (of one instruction, at the least), the branch back */
    is_ok = run(s, pc) == TCG_EVENT_STOP && *toy_reg(s, 3) > 0 && s->pc - pc <= 8 && s->pc % 4 == 0;
    pthread_join(thread, NULL);
    *toy_reg(s, 4) = memory;
    check(is_ok, "a request while in a loop");
    *toy_reg(s, 2) = 10;
    check(run(s, (uintptr_t)m->memory) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 45, "running on afterwards");
}

/* ---- changing code */

static void test_changes(ToyMachine *m, CpuState *s)
{
    /* the loop overwrites its own addi with the instruction in r6 when r1 reaches r8 */
    static const uint32_t code[] = {
        TOY(TOY_ADDI, 3, 0, 0), TOY(TOY_ADDI, 1, 0, 0),
        TOY(TOY_ADDI, 3, 3, 1), TOY(TOY_ADDI, 1, 1, 1), TOY(TOY_BNE, 1, 8, 3), TOY(TOY_STORE32, 6, 7, 0), TOY(TOY_SYNC, 0, 0, 0),
        TOY(TOY_BNE, 1, 2, -5), TOY(TOY_ECALL, 0, 0, 0), 0,
    };
    uint64_t pc = toy_put(m, 40960, code);
    *toy_reg(s, 2) = 100;
    *toy_reg(s, 6) = TOY(TOY_ADDI, 3, 3, 100);
    *toy_reg(s, 7) = pc + 8;
    *toy_reg(s, 8) = 50;
    int hits = m->write_hits;
    check(run(s, pc) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 5050 && m->write_hits > hits, "a loop that changes itself");
    *toy_reg(s, 6) = TOY(TOY_ADDI, 3, 3, 1);
    check(run(s, pc) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 5050, "and back");
    /* a store to data in the page of its own code */
    static const uint32_t mixed[] = {
        TOY(TOY_ADDI, 1, 0, 0), TOY(TOY_ADDI, 1, 1, 1), TOY(TOY_STORE, 1, 7, 0), TOY(TOY_BNE, 1, 2, -2), TOY(TOY_ECALL, 0, 0, 0), 0,
    };
    pc = toy_put(m, 45056, mixed);
    *toy_reg(s, 7) = pc + 512;
    check(run(s, pc) == TCG_EVENT_SYSCALL && *(uint64_t *)(pc + 512) == 100, "data beside code");
}

/* ---- many regions */

enum { CHAIN = 1000, CHAIN_AT = 65536 };

/* CHAIN pieces, each adds its number to r3 and jumps two on; the last goes back until r1 = r2. */
static uint64_t put_chain(ToyMachine *m)
{
    static uint32_t code[4 * (CHAIN + 1)];
    uint32_t *at = code;
    for (unsigned i = 0; i < CHAIN; i++, at += 4) {
        at[0] = TOY(TOY_ADDI, 3, 3, i);
        at[1] = TOY(TOY_BNE, 9, 0, 7);
        at[2] = TOY(TOY_JUMP, 0, 0, 2);
        at[3] = TOY(TOY_ADDI, 3, 3, 1);
    }
    at[0] = TOY(TOY_ADDI, 1, 1, 1);
    at[1] = TOY(TOY_BNE, 1, 2, 2);
    at[2] = TOY(TOY_ECALL, 0, 0, 0);
    at[3] = TOY(TOY_JR, 0, 6, 0);
    toy_write(m, CHAIN_AT, code, sizeof code);
    return (uintptr_t)m->memory + CHAIN_AT;
}

static void test_many(ToyMachine *m, CpuState *s, const TcgSettings *settings)
{
    uint64_t pc = put_chain(m);
    *toy_reg(s, 1) = *toy_reg(s, 3) = *toy_reg(s, 9) = 0;
    *toy_reg(s, 2) = 25;
    *toy_reg(s, 6) = pc;
    check(run(s, pc) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 25ull * (CHAIN - 1) * CHAIN / 2, "a long chain of regions");
    TcgStats stats;
    tcg_get_stats(m->tcg, &stats);
    if (settings->cache_size && settings->engine != TCG_ENGINE_INTERP) {
        check(stats.evictions > 100, "which a small cache cannot hold");
    }
}

typedef struct Runner {
    ToyMachine *m;
    uint64_t chain, sum;
    bool is_ok;
} Runner;

static void *run_thread(void *opaque)
{
    Runner *r = opaque;
    CpuState *s = toy_thread_begin(r->m);
    uint64_t n = r->m->tcg->settings.engine == TCG_ENGINE_INTERP ? 20000 : 200000;
    r->is_ok = true;
    for (int i = 0; i < 4 && r->is_ok; i++) {
        *toy_reg(s, 1) = *toy_reg(s, 3) = *toy_reg(s, 9) = 0;
        *toy_reg(s, 2) = 5;
        *toy_reg(s, 6) = r->chain;
        r->is_ok = run(s, r->chain) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 5ull * (CHAIN - 1) * CHAIN / 2;
        *toy_reg(s, 2) = n;
        r->is_ok = r->is_ok && run(s, r->sum) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == n * (n - 1) / 2;
    }
    toy_thread_end(s);
    return NULL;
}

static void test_threads(ToyMachine *m, const char *what)
{
    Runner runners[4];
    pthread_t threads[4];
    uint64_t chain = put_chain(m), sum = toy_put(m, 0, sum_code);
    bool is_ok = true;
    for (unsigned i = 0; i < 4; i++) {
        runners[i] = (Runner){ m, chain, sum, false };
        pthread_create(&threads[i], NULL, run_thread, &runners[i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        is_ok = is_ok && runners[i].is_ok;
    }
    check(is_ok, what);
}

/* ---- fork: the child goes on alone, with what was translated */

static bool run_chain(CpuState *s, uint64_t chain)
{
    *toy_reg(s, 1) = *toy_reg(s, 3) = *toy_reg(s, 9) = 0;
    *toy_reg(s, 2) = 3;
    *toy_reg(s, 6) = chain;
    return run(s, chain) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == 3ull * (CHAIN - 1) * CHAIN / 2;
}

static void test_fork(ToyMachine *m)
{
    Runner runner = { m, put_chain(m), toy_put(m, 0, sum_code), false };
    pthread_t thread;
    pthread_create(&thread, NULL, run_thread, &runner);
    CpuState *s = toy_thread_begin(m);
    bool is_ok = true;
    for (int i = 0; i < 5; i++) {
        is_ok = is_ok && run_chain(s, runner.chain);
        lock_acquire(&m->lock);
        tcg_fork_prepare(m->tcg);
        pid_t pid = fork();
        if (pid == 0) {
            lock_forget_tid();
            tcg_fork_child(m->tcg, s);
            lock_reset(&m->lock);
            alarm(20);
            _exit(run_chain(s, runner.chain) && run_chain(s, runner.chain) ? 7 : 1);
        }
        tcg_fork_parent(m->tcg);
        lock_release(&m->lock);
        int status = 0;
        is_ok = is_ok && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
    }
    toy_thread_end(s);
    pthread_join(thread, NULL);
    check(is_ok && runner.is_ok, "fork with a second thread");
}

/* ---- a process that shares our memory is killed while it holds the lock of the code cache */

static int die_with_lock(void *opaque)
{
    CpuState *s = opaque;
    lock_forget_tid(); /* on its parent's thread-local storage */
    tcg_thread_enter(s);
    tcg_fork_prepare(((ToyMachine *)s->owner)->tcg);
    syscall(SYS_exit, 0);
    return 0;
}

static void test_death(ToyMachine *m)
{
    static _Alignas(16) char stack[65536];
    uint64_t chain = put_chain(m);
    CpuState *s = toy_thread_begin(m), *victim = tcg_thread_new(m->tcg, m);
    bool is_ok = run_chain(s, chain);
    int status, pid = clone(die_with_lock, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, victim);
    lock_forget_tid();
    tcg_thread_free(victim);
    waitpid(pid, &status, 0);
    is_ok = is_ok && run_chain(s, chain) && run_chain(s, chain);
    toy_thread_end(s);
    check(is_ok, "a lock whose owner died");
}

/* ---- storms: results must not depend on stops and invalidations */

typedef struct Storm {
    ToyMachine *m;
    CpuState *s;           /* to be stopped again and again, or */
    uint64_t rewriter;     /* guest code that writes code */
    _Atomic bool is_over;
} Storm;

static void *stop_storm(void *opaque)
{
    Storm *storm = opaque;
    while (!storm->is_over) {
        tcg_request_stop(storm->s);
        usleep(50);
    }
    return NULL;
}

static TcgEvent run_through_stops(CpuState *s, uint64_t pc, unsigned *stops)
{
    TcgEvent event = run(s, pc);
    while (event == TCG_EVENT_STOP) {
        ++*stops;
        event = tcg_run(s);
    }
    return event;
}

/* r3 = sum over 2000 rounds of a loop in a loop, with memory on the way. */
static const uint32_t nested_code[] = {
    TOY(TOY_ADDI, 1, 0, 0), TOY(TOY_ADDI, 3, 0, 0),
    TOY(TOY_ADDI, 11, 0, 0), TOY(TOY_STORE, 3, 4, 0),
    TOY(TOY_LOAD, 12, 4, 0), TOY(TOY_ADD, 12, 11, 0), TOY(TOY_STORE, 12, 4, 0), TOY(TOY_ADDI, 11, 11, 1), TOY(TOY_BLT, 11, 1, -4),
    TOY(TOY_LOAD, 3, 4, 0), TOY(TOY_ADDI, 1, 1, 1), TOY(TOY_BNE, 1, 2, -9),
    TOY(TOY_ECALL, 0, 0, 0), 0,
};

static uint64_t nested_sum(uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t j = 0;
        do {
            sum += j++;
        } while (j < i);
    }
    return sum;
}

static void test_stop_storm(ToyMachine *m, CpuState *s)
{
    Storm storm = { .m = m, .s = s };
    pthread_t thread;
    unsigned stops = 0;
    bool is_ok = true;
    uint64_t pc = toy_put(m, 49152, nested_code);
    pthread_create(&thread, NULL, stop_storm, &storm);
    for (unsigned i = 0; i < 2000 && stops < 50 && is_ok; i++) {
        *toy_reg(s, 2) = 300 + i % 8;
        *toy_reg(s, 4) = (uintptr_t)m->memory + 53248;
        is_ok = is_ok && run_through_stops(s, pc, &stops) == TCG_EVENT_SYSCALL && *toy_reg(s, 3) == nested_sum(300 + i % 8);
    }
    storm.is_over = true;
    pthread_join(thread, NULL);
    check(is_ok && stops > 0, "a storm of stops");
    tcg_run(s); /* takes what may be left */
}

/* Writes the same instruction over itself, so that each round drops the code of the page. */
static void *rewrite_storm(void *opaque)
{
    Storm *storm = opaque;
    CpuState *s = toy_thread_begin(storm->m);
    while (!storm->is_over) {
        *toy_reg(s, 6) = TOY(TOY_ADDI, 1, 1, 1);
        *toy_reg(s, 7) = (uintptr_t)storm->m->memory + 12;
        run(s, storm->rewriter);
        usleep(100);
    }
    toy_thread_end(s);
    return NULL;
}

static void test_rewrite_storm(ToyMachine *m)
{
    static const uint32_t code[] = { TOY(TOY_STORE32, 6, 7, 0), TOY(TOY_SYNC, 0, 0, 0), TOY(TOY_ECALL, 0, 0, 0), 0 };
    Storm storm = { .m = m, .rewriter = toy_put(m, 57344, code) };
    pthread_t thread;
    pthread_create(&thread, NULL, rewrite_storm, &storm);
    test_threads(m, "four threads while one writes their code");
    storm.is_over = true;
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    static const Setup setups[] = {
        { "interp", { .engine = TCG_ENGINE_INTERP } },
        { "block", { .engine = TCG_ENGINE_BLOCK } },
        { "region", { .engine = TCG_ENGINE_REGION } },
        { "tiered", { .engine = TCG_ENGINE_TIERED, .hot_threshold = 10 } },
        { "moved", { .engine = TCG_ENGINE_TIERED, .hot_threshold = 10, .is_moved = true } },
        { "small block", { .engine = TCG_ENGINE_BLOCK, .cache_size = 64 << 10 } },
        { "small tiered", { .engine = TCG_ENGINE_TIERED, .hot_threshold = 10, .cache_size = 64 << 10 } },
        { "one instruction", { .engine = TCG_ENGINE_BLOCK, .one_insn = true } },
        { "not chained", { .engine = TCG_ENGINE_TIERED, .hot_threshold = 10, .log = TCG_LOG_NOCHAIN } },
    };
    for (unsigned i = 0; i < sizeof setups / sizeof *setups; i++) {
        ToyMachine machine;
        setup_name = setups[i].name;
        if (argc > 1 && strcmp(argv[1], setup_name)) {
            continue;
        }
        toy_machine_init(&machine, &setups[i].settings);
        CpuState *s = toy_thread_begin(&machine);
        test_flow(&machine, s);
        test_faults(&machine, s);
        test_stop(&machine, s);
        test_changes(&machine, s);
        test_stop_storm(&machine, s);
        test_many(&machine, s, &setups[i].settings);
        toy_thread_end(s);
        test_threads(&machine, "four threads");
        test_rewrite_storm(&machine);
        test_fork(&machine);
        test_death(&machine);
        if (argc > 2) {
            tcg_print_stats(machine.tcg, 1);
        }
        toy_machine_finish(&machine);
    }
    return tap_done();
}
