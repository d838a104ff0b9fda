/* SPDX-License-Identifier: MIT */
/* Jumps: to where no code is, over the end of a mapping, and far ones (auipc with jalr) inside a loop. Guest program for riscv64; prints TAP. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum { P = 4096, RWX = PROT_READ | PROT_WRITE | PROT_EXEC, TIMES = 40 };

static int number;
static sigjmp_buf back;
static volatile int signals, last_signal, last_code;
static volatile uint64_t last_addr, last_pc;

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++number, name);
    if (!is_ok) {
        printf("# signal %d code %d addr 0x%lx pc 0x%lx\n", last_signal, last_code, last_addr, last_pc);
    }
    fflush(stdout);
}

static void on_fault(int sig, siginfo_t *info, void *opaque)
{
    const ucontext_t *uc = opaque;
    signals++;
    last_signal = sig;
    last_code = info->si_code;
    last_addr = (uint64_t)info->si_addr;
    last_pc = uc->uc_mcontext.__gregs[0];
    siglongjmp(back, 1);
}

__attribute__((noinline)) static void jump(uint64_t to)
{
    __asm__ volatile("jalr ra, 0(%0)" : : "r"(to) : "ra", "memory");
}

/* Often enough that links, caches and tables have seen it. */
static int faults_at(uint64_t to, uint64_t pc, uint64_t addr, int code)
{
    for (volatile int i = 0; i < TIMES; i++) {
        signals = last_signal = 0;
        if (!sigsetjmp(back, 1)) {
            jump(to);
            return 0;
        }
        if (signals != 1 || last_signal != SIGSEGV || last_pc != pc || last_addr != addr || (code && last_code != code)) {
            return 0;
        }
    }
    return 1;
}

static void test_nowhere(void)
{
    static const uint64_t places[] = { 0, 2, 4, 0xffe, 0x1000, 0xfffffffffffffffe, 0xfffffffffffffffc, 0xfffffffffffffffa,
                                       0xfffffffffffffc00, 0xfffffffffffff000, 0x8000000000000000, 0x7ffffffffffffffe, 0x0000800000000000,
                                       0x00007ffffffffffe, 0x00007ffffffff000, 0xffff800000000000, 0x0001000000000000 };
    char name[80];
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint64_t pc = places[i];
        sprintf(name, "jump to 0x%lx", pc);
        ok(faults_at(pc, pc, pc, SEGV_MAPERR) && faults_at(pc | 1, pc, pc, SEGV_MAPERR), name);
    }
    int bad = 0; /* an emulator's own memory is none of ours */
    for (uint64_t at = 0x7f0000000000; at < 0x800000000000; at += 1ull << 30) {
        int *probe = mmap((void *)at, P, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (probe == (void *)at) {
            munmap(probe, P);
            if (!sigsetjmp(back, 1)) {
                jump(at);
            }
        } else {
            signals = 0;
            if (!sigsetjmp(back, 1)) {
                jump(at);
            }
            bad += last_signal != SIGSEGV || last_pc != at || last_addr != at;
        }
    }
    ok(!bad, "jumps to what cannot be mapped");
}

static void test_pages(void)
{
    char *p = mmap(NULL, 4 * P, RWX, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const uint64_t second = (uint64_t)p + P;
    const uint16_t c_ret = 0x8082, c_nop = 0x0001;
    const uint32_t nop = 0x00000013;
    uint16_t *end = (uint16_t *)(p + P);
    memcpy(end - 4, &nop, 4);
    end[-2] = c_nop;
    end[-1] = c_ret;
    memcpy(p + P, &c_ret, 2);
    memcpy(p + 2 * P, &c_ret, 2);
    __builtin___clear_cache(p, p + 4 * P);
    jump((uint64_t)p + P - 8);
    jump((uint64_t)p + P - 7);
    ok(1, "an odd target runs at the even one");
    mprotect(p + P, P, PROT_READ | PROT_WRITE);
    jump((uint64_t)p + P - 2);
    ok(1, "the last halfword before a page without code");
    ok(faults_at(second, second, second, SEGV_ACCERR), "a page that is not executable");
    end[-1] = c_nop;
    __builtin___clear_cache(p, p + P);
    ok(faults_at(second - 8, second, second, SEGV_ACCERR), "running into it");
    end[-1] = 0x0013; /* the first half of a nop */
    __builtin___clear_cache(p, p + P);
    ok(faults_at(second - 8, second - 2, second, SEGV_ACCERR), "an instruction that reaches into it");
    ok(faults_at(second - 2, second - 2, second, SEGV_ACCERR), "the same as target");
    munmap(p + P, P);
    ok(faults_at(second - 8, second - 2, second, SEGV_MAPERR), "an instruction that reaches into nothing");
    ok(faults_at(second - 2, second - 2, second, SEGV_MAPERR), "the same as target");
    ok(faults_at(second, second, second, SEGV_MAPERR), "a page that went away");
    uint64_t third = (uint64_t)p + 2 * P;
    jump(third);
    mprotect(p + 2 * P, P, PROT_NONE);
    ok(faults_at(third, third, third, SEGV_ACCERR), "a page without rights");
    mprotect(p + 2 * P, P, PROT_READ | PROT_EXEC);
    jump(third);
    ok(1, "and back");
    munmap(p, 4 * P);
}

static uint64_t new_pc;

static void on_change(int sig, siginfo_t *info, void *opaque)
{
    ucontext_t *uc = opaque;
    (void)sig, (void)info;
    uc->uc_mcontext.__gregs[0] = new_pc;
}

/* sepc holds no bit 0 (RV priv. 4.1.7). */
static void test_return_to(void)
{
    static const uint64_t places[] = { 0xffffffffffffffff, 0xfffffffffffffffd, 1, 0x8000000000000001 };
    struct sigaction sa = { .sa_sigaction = on_change, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &sa, NULL);
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        new_pc = places[i];
        signals = 0;
        if (!sigsetjmp(back, 1)) {
            raise(SIGUSR1);
        }
        char name[80];
        sprintf(name, "return from a signal to 0x%lx", new_pc);
        ok(signals == 1 && last_signal == SIGSEGV && last_pc == (new_pc & ~1ull) && last_addr == last_pc, name);
    }
}

static void on_alarm(int sig, siginfo_t *info, void *opaque)
{
    ucontext_t *uc = opaque;
    (void)sig, (void)info;
    uc->uc_mcontext.__gregs[10] = 1; /* a0 */
}

/* Loops whose branches are far ones: a jump forward into the loop (once an edge that nobody had counted), and back to its head, with
 * no other way out than a signal. */
__attribute__((noinline)) static long far_loop(long n)
{
    long sum;
    __asm__ volatile(
        "   .option push\n .option norelax\n .option norvc\n"
        "   li    %0, 0\n"
        "1: andi  t0, %1, 1\n"
        "   beqz  t0, 2f\n"
        "   addi  %0, %0, 3\n"
        "   bltz  %1, 3f\n"
        "4: auipc t1, %%pcrel_hi(3f)\n"
        "   jalr  zero, %%pcrel_lo(4b)(t1)\n"
        "2: addi  %0, %0, 5\n"
        "   beqz  %1, 5f\n"
        "   andi  t0, %1, 2\n"
        "   beqz  t0, 3f\n"
        "   addi  %0, %0, 7\n"
        "3: addi  %1, %1, -1\n"
        "6: auipc t1, %%pcrel_hi(1b)\n"
        "   jalr  zero, %%pcrel_lo(6b)(t1)\n"
        "5:\n .option pop\n"
        : "=&r"(sum), "+r"(n) : : "t0", "t1");
    return sum;
}

__attribute__((noinline)) static void wait_far(void)
{
    __asm__ volatile(
        "   .option push\n .option norelax\n .option norvc\n"
        "   li    a0, 0\n"
        "1: bnez  a0, 2f\n"
        "3: auipc t1, %%pcrel_hi(1b)\n"
        "   jalr  zero, %%pcrel_lo(3b)(t1)\n"
        "2:\n .option pop\n"
        : : : "a0", "t1");
}

static void test_far(void)
{
    long want = 0, sum = 0;
    for (long n = 0; n < 3000; n++) {
        sum += far_loop(n % 50);
        for (long k = n % 50; ; k--) {
            want += k & 1 ? 3 : k == 0 ? 5 : k & 2 ? 12 : 5;
            if (k == 0) {
                break;
            }
        }
    }
    ok(sum == want, "far jumps inside a loop");
    struct sigaction sa = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO };
    sigaction(SIGALRM, &sa, NULL);
    struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
    setitimer(ITIMER_REAL, &soon, NULL);
    wait_far();
    ok(1, "a signal stops a loop of far jumps");
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    alarm(100);
    test_nowhere();
    test_pages();
    test_return_to();
    test_far();
    printf("1..%d\n", number);
    return 0;
}
