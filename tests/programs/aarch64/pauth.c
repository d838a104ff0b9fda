/* SPDX-License-Identifier: MIT */
/* Pointer authentication as programs meet it (-cpu max,pauth=on): signed return addresses in calls, longjmp and unwinding, pointers that are refused,
 * keys across threads, fork and prctl. Prints TAP. */
#define _GNU_SOURCE
#pragma GCC target("arch=armv8.3-a,branch-protection=pac-ret+leaf")
#pragma GCC optimize("asynchronous-unwind-tables", "no-omit-frame-pointer")
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

static void ok(int good, const char *name)
{
    static int count;
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
    fflush(stdout);
}

static uint64_t sign(uint64_t p, uint64_t m)
{
    __asm__ volatile("pacia %0, %1" : "+r"(p) : "r"(m));
    return p;
}

static uint64_t authenticate(uint64_t p, uint64_t m)
{
    __asm__ volatile("autia %0, %1" : "+r"(p) : "r"(m));
    return p;
}

static uint64_t strip(uint64_t p)
{
    __asm__ volatile("xpaci %0" : "+r"(p));
    return p;
}

static uint64_t generic(uint64_t a, uint64_t b)
{
    uint64_t r;
    __asm__ volatile("pacga %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* ---- return addresses */

__attribute__((noinline)) static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static jmp_buf out;
__attribute__((noinline)) static int deep(int n)
{
    if (n == 0)
        longjmp(out, 7);
    return deep(n - 1) + 1;
}

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *c, void *n)
{
    ++*(int *)n;
    return _URC_NO_REASON;
}

__attribute__((noinline)) static int frames(int n)
{
    if (n)
        return frames(n - 1) + 0 * n;
    int count = 0;
    _Unwind_Backtrace(count_frame, &count);
    return count;
}

/* ---- refusals */

static sigjmp_buf back;
static volatile int code;
static void *volatile at;

static void on_ill(int sig, siginfo_t *info, void *uc)
{
    code = info->si_code;
    at = info->si_addr;
    siglongjmp(back, 1);
}

extern char bad_aut[], bad_call[], bad_load[];

__attribute__((noinline)) static int refused(int kind)
{
    static uint64_t cell;
    uint64_t p = sign((uint64_t)&cell, 1) ^ 1ull << 50;
    code = 0;
    at = NULL;
    if (!sigsetjmp(back, 1)) {
        if (kind == 0)
            __asm__ volatile(".globl bad_aut\nbad_aut: autia %0, %1" : "+r"(p) : "r"(1ull));
        else if (kind == 1)
            __asm__ volatile(".globl bad_call\nbad_call: blraa %0, %1" : : "r"(p), "r"(1ull) : "x30", "memory");
        else
            __asm__ volatile(".globl bad_load\nbad_load: ldraa %0, [%1]" : "=r"(p) : "r"(p | 1ull << 53) : "memory");
        return 0;
    }
    return code == ILL_ILLOPN && at == (kind == 0 ? bad_aut : kind == 1 ? bad_call : bad_load);
}

/* ---- keys */

static void *sign_there(void *p)
{
    *(uint64_t *)p = sign(*(uint64_t *)p, 5);
    return NULL;
}

static int differs(void)
{
    for (int i = 0; i < 20; i++) { /* a code has 7 bits */
        uint64_t before = sign(0x1000, (uint64_t)i), was = generic(1, 2);
        if (prctl(PR_PAC_RESET_KEYS, PR_PAC_APIAKEY, 0, 0, 0) || was != generic(1, 2))
            return 0;
        if (before != sign(0x1000, (uint64_t)i))
            return 1;
    }
    return 0;
}

/* What signs, authenticates, calls and loads with key A must do nothing else where the key is off, even to a pointer that no code makes good. */
__attribute__((target("branch-protection=none"))) static int return_one(void) { return 1; }

__attribute__((target("branch-protection=none"), noinline)) static int acts_as_off(void)
{
    static uint64_t cell = 77;
    uint64_t odd = 0x55aa123456789abc, p = odd, v = (uint64_t)&cell, lr = odd, after = (uint64_t)&cell;
    __asm__ volatile("pacia %0, %1\n\tautia %0, %1\n\tpacda %0, %1\n\tautdza %0" : "+r"(p) : "r"(3ull));
    if (p != odd || strip(odd | 1ull << 55) == odd)
        return 0;
    __asm__ volatile("mov x16, x30\n\tmov x30, %0\n\tpaciasp\n\tmov %0, x30\n\tautiasp\n\tcmp %0, x30\n\tcsel %0, %0, xzr, eq\n\tmov x30, x16" : "+r"(lr) : : "x16", "x30", "cc");
    uint64_t (*f)(void) = (uint64_t(*)(void))return_one;
    register uint64_t x0 __asm__("x0");
    __asm__ volatile("blraaz %1" : "=r"(x0) : "r"(f) : "x30", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x16", "x17", "memory", "cc");
    uint64_t called = x0;
    __asm__ volatile("ldraa %0, [%0]\n\tldraa xzr, [%1, #-8]!" : "+r"(v), "+r"(after) : : "memory");
    return lr == odd && called == 1 && v == 77 && after == (uint64_t)&cell - 8;
}

static void *find_enabled(void *arg)
{
    *(int *)arg = prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0);
    return NULL;
}

/* In a child without return addresses that the key has signed. */
__attribute__((target("branch-protection=none"))) static void test_off(const char *self)
{
    enum { A = PR_PAC_APIAKEY | PR_PAC_APDAKEY, ALL = A | PR_PAC_APIBKEY | PR_PAC_APDBKEY };
    ok(prctl(PR_PAC_SET_ENABLED_KEYS, A, PR_PAC_APIBKEY, 0, 0) == -1 && errno == EINVAL && prctl(PR_PAC_SET_ENABLED_KEYS, PR_PAC_APGAKEY, 0, 0, 0) == -1 &&
           prctl(PR_PAC_SET_ENABLED_KEYS, A, 0, 1, 0) == -1, "what is no key that can be turned off");
    ok(prctl(PR_PAC_SET_ENABLED_KEYS, A, 0, 0, 0) == 0 && prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0) == (ALL & ~A), "two keys are off");
    int good = 1;
    for (int i = 0; i < 100; i++)
        good &= acts_as_off();
    ok(good, "instructions of keys that are off do nothing");
    uint64_t p = 0x12345678, q = p;
    __asm__ volatile("pacib %0, %1" : "+r"(q) : "r"(9ull));
    uint64_t differs = q ^ p;
    __asm__ volatile("autib %0, %1" : "+r"(q) : "r"(9ull));
    ok(q == p && generic(1, 2) != generic(1, 3), "those of the others what they did");
    int seen = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, find_enabled, &seen);
    pthread_join(thread, NULL);
    ok(seen == (ALL & ~A) && !(differs >> 56), "a thread has them off as well");
    ok(prctl(PR_PAC_SET_ENABLED_KEYS, PR_PAC_APIAKEY | PR_PAC_APIBKEY, PR_PAC_APIAKEY, 0, 0) == 0 &&
           prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0) == (PR_PAC_APIAKEY | PR_PAC_APDBKEY) && refused(0), "on again, another off");
    execl("/proc/self/exe", self, "enabled", NULL);
    _exit(1);
}

/* It has no return address of its own to be checked with other keys. */
static void test_reset(void)
{
    uint64_t was = generic(1, 2);
    ok(differs(), "a new key signs otherwise, the others stay");
    ok(prctl(PR_PAC_RESET_KEYS, PR_PAC_APGAKEY, 0, 0, 0) == 0 && was != generic(1, 2), "a new generic key");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0) == 15 ? 0 : 2; /* execve turns all on */
    struct sigaction sa = { .sa_sigaction = on_ill, .sa_flags = SA_SIGINFO };
    sigaction(SIGILL, &sa, NULL);
    ok((getauxval(AT_HWCAP) & (HWCAP_PACA | HWCAP_PACG)) == (HWCAP_PACA | HWCAP_PACG), "AT_HWCAP says so");
    ok(fib(20) == 6765, "calls");
    ok(setjmp(out) == 7 || deep(30), "longjmp");
    int base = frames(0);
    ok(base > 1 && frames(9) == base + 9, "unwinding");
    int good = 1;
    for (uint64_t i = 1; i < 200; i++) {
        uint64_t p = i << 38 | i << 4, s = sign(p, i * 12345);
        good &= authenticate(s, i * 12345) == p && strip(s) == p && (s & ~(0x7full << 48)) == p;
    }
    ok(good, "what is signed authenticates");
    ok(refused(0) && refused(1) && refused(2), "what is not is refused with ILL_ILLOPN");
    uint64_t here = 0x12345678, there = here;
    pthread_t thread;
    pthread_create(&thread, NULL, sign_there, &there);
    pthread_join(thread, NULL);
    ok(sign(here, 5) == there, "threads have their parent's keys");
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(sign(here, 5) == there && generic(3, 4) == generic(3, 4));
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 1, "and so have children");
    ok(prctl(PR_PAC_RESET_KEYS, 64, 0, 0, 0) == -1 && errno == EINVAL && prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0) == 15, "prctl");
    pid = fork();
    if (pid == 0)
        test_off(argv[0]);
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "execve turns them on");
    pid = fork();
    if (pid == 0) {
        test_reset();
        _exit(0); /* the address that main would return to is signed with the key that has gone */
    }
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the end");
    return 0;
}
