/* SPDX-License-Identifier: MIT */
/*
 * Loops whose floating-point temporaries come in with any bits: payloads, signalling NaNs, values that are no proper box. The exact
 * registers are seen by the handler of a fault in the first load of the first and of later rounds, and when the loop is left. Guest
 * program for riscv64; checks itself, prints TAP.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { N = 64, F_TEMP = 15, F_SUM = 10, F_OTHER = 14 };
static int number, failures;

static void ok(int is_ok, const char *name, const char *detail)
{
    printf("%sok %d - %s%s\n", is_ok ? "" : "not ", ++number, name, is_ok ? "" : detail);
    failures += !is_ok;
    fflush(stdout);
}

/* Registers in and out: fa0, fa4, fa5. NAME_load is the loop's first load. */
typedef struct Regs { uint64_t sum, other, temp; } Regs;
typedef void Loop(const void *x, const void *end, Regs *r, uint64_t fcsr);

#define LOOP(name, width, load, mul, add)                                             \
    __attribute__((naked, noinline)) static void name(const void *x, const void *end, Regs *r, uint64_t fcsr) \
    {                                                                                 \
        __asm__ volatile("fscsr zero, a3\n fld fa0, 0(a2)\n fld fa4, 8(a2)\n fld fa5, 16(a2)\n"            \
                         "beq a0, a1, 2f\n"                                           \
                         ".globl " #name "_load\n" #name "_load:\n"                   \
                         "1: " load " fa5, 0(a0)\n"                                   \
                         "addi a0, a0, " width "\n"                                   \
                         mul " fa5, fa5, fa5\n"                                       \
                         add " fa0, fa0, fa5\n"                                       \
                         "bne a0, a1, 1b\n"                                           \
                         "2: fsd fa0, 0(a2)\n fsd fa4, 8(a2)\n fsd fa5, 16(a2)\n ret");\
    }
LOOP(loop64, "8", "fld", "fmul.d", "fadd.d")
LOOP(loop32, "4", "flw", "fmul.s", "fadd.s")
extern char loop64_load[], loop32_load[];

static sigjmp_buf back;
static Regs seen;
static uint64_t seen_pc, seen_x, seen_fcsr;

static void on_fault(int sig, siginfo_t *info, void *p)
{
    const ucontext_t *uc = p;
    const struct __riscv_mc_d_ext_state *f = &uc->uc_mcontext.__fpregs.__d;
    seen = (Regs){ f->__f[F_SUM], f->__f[F_OTHER], f->__f[F_TEMP] };
    seen_fcsr = f->__fcsr & 31;
    seen_pc = uc->uc_mcontext.__gregs[0];
    seen_x = uc->uc_mcontext.__gregs[10];
    siglongjmp(back, 1);
}

/* ---- what the loop does, in C. Integers alone decide on NaNs. */

static const uint64_t canon64 = 0x7ff8000000000000;
static int is_nan64(uint64_t v) { return (v & INT64_MAX) > 0x7ff0000000000000; }
static int is_nan32(uint32_t v) { return (v & INT32_MAX) > 0x7f800000; }

static double as64(uint64_t v) { double d; memcpy(&d, &v, 8); return d; }
static float as32(uint32_t v) { float d; memcpy(&d, &v, 4); return d; }

/* Of the flags, invalid: when an operand is a signalling NaN. */
static uint64_t op64(uint64_t a, uint64_t b, int is_mul, uint64_t *flags)
{
    if (is_nan64(a) || is_nan64(b)) {
        int is_signalling = (is_nan64(a) && !(a >> 51 & 1)) || (is_nan64(b) && !(b >> 51 & 1));
        *flags |= is_signalling ? 16 : 0;
        return canon64;
    }
    double d = is_mul ? as64(a) * as64(b) : as64(a) + as64(b);
    uint64_t v;
    memcpy(&v, &d, 8);
    return v;
}

static uint32_t unbox(uint64_t v) { return v >> 32 == 0xffffffff ? (uint32_t)v : 0x7fc00000; }

static uint64_t op32(uint64_t x, uint64_t y, int is_mul, uint64_t *flags)
{
    uint32_t a = unbox(x), b = unbox(y), v = 0x7fc00000;
    if (is_nan32(a) || is_nan32(b)) {
        int is_signalling = (is_nan32(a) && !(a >> 22 & 1)) || (is_nan32(b) && !(b >> 22 & 1));
        *flags |= is_signalling ? 16 : 0;
    } else {
        float d = is_mul ? as32(a) * as32(b) : as32(a) + as32(b);
        memcpy(&v, &d, 4);
    }
    return v | 0xffffffff00000000;
}

static void expect(int is_wide, const char *x, unsigned n, Regs *r, uint64_t *flags)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t (*op)(uint64_t, uint64_t, int, uint64_t *) = is_wide ? op64 : op32;
        if (is_wide) {
            memcpy(&r->temp, x + i * 8, 8);
        } else {
            uint32_t v;
            memcpy(&v, x + i * 4, 4);
            r->temp = v | 0xffffffff00000000;
        }
        r->temp = op(r->temp, r->temp, 1, flags);
        r->sum = op(r->sum, r->temp, 0, flags);
    }
}

/* ---- cases */

static const uint64_t bits[] = {
    0, 0x3ff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000000001,
    0x7ff0000000000001, 0xfff7ffffffffffff, 0xffffffffffffffff, 0xffffffff3f800000, 0xffffffff7fc00000, 0xffffffffffc00000,
    0xffffffff7fc00001, 0xffffffff7f800001, 0xffffffff7f800000, 0xffffffffff800000, 0xfffffffe3f800000, 0x3f800000, 0x7fc00000,
};
enum { NBITS = sizeof bits / sizeof bits[0] };
static char detail[300];

/* A copy of the loop where none was before: what the translator has learned of the loop does not hold for it. */
static char *copies;
static Loop *copy_loop(Loop *loop)
{
    char *to = copies;
    copies += 128;
    memcpy(to, (const void *)loop, 128);
    __builtin___clear_cache(to, copies);
    return (Loop *)to;
}

/* Runs n rounds, the last of which faults unless n is `room`. */
static int run(Loop *loop, int is_wide, const char *x, unsigned rounds, unsigned room, Regs in, uint64_t *flags)
{
    Regs r = in, want = in;
    unsigned size = is_wide ? 8 : 4, n = rounds > room ? room : rounds;
    volatile int has_fault = 0;
    expect(is_wide, x, n, &want, flags);
    uint64_t after, faulting = (uint64_t)(is_wide ? loop64_load - (char *)loop64 : loop32_load - (char *)loop32) + (uint64_t)loop;
    if (!sigsetjmp(back, 1)) {
        loop(x, x + rounds * size, &r, 0);
        __asm__ volatile("frcsr %0" : "=r"(after));
    } else {
        has_fault = 1;
        r = seen;
        after = seen_fcsr;
    }
    int is_ok = has_fault == (rounds > room) && !memcmp(&r, &want, sizeof r) && (after & 16) == *flags &&
                (!has_fault || (seen_pc == faulting && seen_x == (uint64_t)x + n * size));
    if (!is_ok && !detail[0]) {
        snprintf(detail, sizeof detail, ": in %lx %lx, %u rounds of %u, fault %d at %lx: sum %lx temp %lx other %lx flags %lx, want %lx %lx %lx %lx",
                 in.sum, in.temp, rounds, room, has_fault, seen_pc, r.sum, r.temp, r.other, after, want.sum, want.temp, want.other, *flags);
    }
    return is_ok;
}

static void test(int is_wide, char *page, const char *name, int has_copies)
{
    unsigned size = is_wide ? 8 : 4;
    Loop *loop = is_wide ? loop64 : loop32;
    for (unsigned room = 0; room <= 3; room++) { /* elements that can be read */
        char *x = page + 4096 - room * size;
        int is_ok = 1;
        detail[0] = 0;
        for (unsigned special = 0; special <= room; special++) { /* an element that is a NaN with payload; room: none */
            for (unsigned k = 0; k < NBITS * NBITS; k++) {
                if (has_copies && k % 4 == 0) {
                    loop = copy_loop(is_wide ? loop64 : loop32);
                }
                Regs in = { bits[k / NBITS], bits[(k + 7) % NBITS], bits[k % NBITS] };
                for (unsigned i = 0; i < room; i++) {
                    uint64_t w = i == special ? 0xfff8000000000123 : 0x4000000000000000;
                    uint32_t n = i == special ? 0xffc00123 : 0x40000000;
                    memcpy(x + i * size, is_wide ? (void *)&w : (void *)&n, size);
                }
                for (unsigned rounds = 0; rounds <= room + 1; rounds++) {
                    uint64_t flags = 0;
                    is_ok &= run(loop, is_wide, x, rounds, room, in, &flags);
                }
            }
        }
        char full[80];
        snprintf(full, sizeof full, "%s, %u rounds before the fault", name, room);
        ok(is_ok, full, detail);
    }
}

/* ---- comparisons that put the flags back */

#define COMPARE(name, suffix, op)                                                                                  \
    __attribute__((noinline)) static unsigned name(const uint64_t *x, const uint64_t *y, uint64_t flags, uint64_t *after) \
    {                                                                                                              \
        unsigned v;                                                                                                \
        uint64_t t;                                                                                                \
        __asm__ volatile("fsflags zero, %4\n fld fa1, 0(%2)\n fld fa2, 0(%3)\n frflags %1\n" op "." suffix " %0, fa1, fa2\n" \
                         "fsflags zero, %1\n frflags %1"                                                         \
                         : "=&r"(v), "=&r"(t) : "r"(x), "r"(y), "r"(flags) : "fa1", "fa2");                        \
        *after = t;                                                                                                \
        return v;                                                                                                  \
    }
COMPARE(less64, "d", "flt")
COMPARE(at_most64, "d", "fle")
COMPARE(less32, "s", "flt")
COMPARE(equal32, "s", "feq")

static void test_compares(void)
{
    int is_ok = 1;
    for (unsigned k = 0; k < 2 * NBITS * NBITS; k++) {
        const uint64_t *x = &bits[k / 2 / NBITS], *y = &bits[k / 2 % NBITS];
        uint64_t flags = k % 2 ? 9 : 0, after[4];
        int is_nan = is_nan64(*x) || is_nan64(*y), is_narrow_nan = is_nan32(unbox(*x)) || is_nan32(unbox(*y));
        is_ok &= less64(x, y, flags, &after[0]) == (!is_nan && as64(*x) < as64(*y));
        is_ok &= at_most64(x, y, flags, &after[1]) == (!is_nan && as64(*x) <= as64(*y));
        is_ok &= less32(x, y, flags, &after[2]) == (!is_narrow_nan && as32(unbox(*x)) < as32(unbox(*y)));
        is_ok &= equal32(x, y, flags, &after[3]) == (!is_narrow_nan && as32(unbox(*x)) == as32(unbox(*y)));
        for (unsigned i = 0; i < 4; i++) {
            is_ok &= after[i] == flags;
        }
    }
    ok(is_ok, "comparisons that put the flags back", "");
}

/* The NaN that a minimum or maximum of signalling NaNs returns is quiet: using it raises nothing. */
static void test_quiet_minimum(void)
{
    double s = as64(0x7ff0000000000001), r;
    uint64_t flags;
    asm volatile("fmin.d %0, %2, %2; fsflags zero; fmax.d %0, %0, %0; frflags %1" : "=&f"(r), "=r"(flags) : "f"(s));
    uint64_t v;
    memcpy(&v, &r, 8);
    ok(v == canon64 && flags == 0, "minimum of signalling NaNs", "");
}

int main(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    copies = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    mprotect(page + 4096, 4096, PROT_NONE);
    sigaction(SIGSEGV, &sa, NULL);
    test(1, page, "doubles", 1);
    test(0, page, "floats", 1);
    test_compares();
    test_quiet_minimum();
    /* Long runs, so that the loops are compiled whatever it takes. */
    for (unsigned k = 0; k < 400; k++) {
        static double x[500];
        Regs r = { 0, 0, 0 };
        loop64(x, x + 500, &r, 0);
        loop32(x, x + 500, &r, 0);
    }
    test(1, page, "doubles, hot", 0);
    test(0, page, "floats, hot", 0);
    printf("1..%d\n", number);
    return failures != 0;
}
