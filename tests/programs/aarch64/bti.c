/* SPDX-License-Identifier: MIT */
/*
 * Branch target identification (Arm ARM D8.4.6): every kind of branch from guarded and other pages to every kind of landing, signal frames,
 * pages that become guarded and cease to be, and tags in branch targets. Prints a line per way, so that emulators can be compared.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PROT_GUARDED (PROT_READ | PROT_EXEC | 0x10)
#define PROT_OPEN (PROT_READ | PROT_EXEC)

static int tests, failed;
static void check(const char *what, bool is_ok)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++tests, what);
    failed += !is_ok;
}

static sigjmp_buf back;
static volatile int seen, code, btype;
static void *volatile at;
static volatile uint64_t pc;

static void on_ill(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    seen = sig;
    code = info->si_code;
    at = info->si_addr;
    pc = uc->uc_mcontext.pc;
    btype = uc->uc_mcontext.pstate >> 10 & 3;
    siglongjmp(back, 1);
}

/* Landings of 16 bytes each: the instruction, mov x0 #1, ret x15. */
enum { NOP = 0xd503201f, MOV = 0xd2800020, RET15 = 0xd65f01e0 };
static const struct { const char *name; uint32_t insn; } landings[] = {
    { "nop", NOP }, { "bti", 0xd503241f }, { "bti c", 0xd503245f }, { "bti j", 0xd503249f }, { "bti jc", 0xd50324df },
    { "paciasp", 0xd503233f }, { "pacibsp", 0xd503237f }, { "autiasp", 0xd50323bf }, { "add", 0x91000000 },
};
enum { LANDINGS = sizeof landings / sizeof landings[0] };
/* Sites of 16 bytes: the branch to x1, x16 or x17; its return is in x15. */
static const struct { const char *name; uint32_t insn; } branches[] = {
    { "br x1", 0xd61f0020 }, { "br x16", 0xd61f0200 }, { "br x17", 0xd61f0220 }, { "blr x1", 0xd63f0020 }, { "blr x16", 0xd63f0200 }, { "ret x1", 0xd65f0020 },
};
enum { BRANCHES = sizeof branches / sizeof branches[0] };
/* By landing: letters of the BTYPEs that may land. */
static const char *const allowed[LANDINGS] = { "", "", "12", "13", "123", "12", "12", "", "" };

static uint32_t *sites, *lands;

static uint64_t go(const void *site, uint64_t target)
{
    register uint64_t x0 __asm__("x0") = 0, x1 __asm__("x1") = target, x16 __asm__("x16") = target, x17 __asm__("x17") = target;
    register const void *x14 __asm__("x14") = site;
    __asm__ volatile("adr x15, 1f\n br x14\n 1: hint #38\n" : "+r"(x0), "+r"(x1), "+r"(x16), "+r"(x17), "+r"(x14) : : "x15", "x30", "memory", "cc");
    return x0;
}

static uint64_t try(const void *site, uint64_t target)
{
    seen = 0;
    return sigsetjmp(back, 1) ? 0 : go(site, target);
}

static char kind_of(unsigned branch, bool from_guarded)
{
    static const char guarded[BRANCHES] = { '3', '1', '1', '2', '2', '0' }, open[BRANCHES] = { '1', '1', '1', '2', '2', '0' };
    return from_guarded ? guarded[branch] : open[branch];
}

static void matrix(bool from_guarded, bool to_guarded)
{
    mprotect(sites, 4096, from_guarded ? PROT_GUARDED : PROT_OPEN);
    mprotect(lands, 4096, to_guarded ? PROT_GUARDED : PROT_OPEN);
    for (unsigned b = 0; b < BRANCHES; b++) {
        for (unsigned l = 0; l < LANDINGS; l++) {
            const uint32_t *land = lands + 4 * l;
            char kind = kind_of(b, from_guarded);
            bool may = kind == '0' || !to_guarded || strchr(allowed[l], kind), is_ok = true;
            for (int i = 0; i < 3; i++) { /* caches are filled */
                uint64_t r = try(sites + 8 + 4 * b, (uint64_t)land);
                is_ok &= may ? r == 1 && !seen : seen == SIGILL && code == ILL_ILLOPC && at == land && pc == (uint64_t)land && btype == kind - '0';
            }
            char name[80];
            snprintf(name, sizeof name, "%s page, %s to %s in %s page: %s", from_guarded ? "guarded" : "open", branches[b].name, landings[l].name,
                     to_guarded ? "guarded" : "open", may ? "lands" : "SIGILL");
            check(name, is_ok);
        }
    }
}

static void fill(void)
{
    sites = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    lands = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < 1024; i++)
        sites[i] = lands[i] = 0xd50324df; /* bti jc */
    for (unsigned b = 0; b < BRANCHES; b++) {
        sites[8 + 4 * b] = 0xd50324df;
        sites[8 + 4 * b + 1] = branches[b].insn;
        sites[8 + 4 * b + 2] = RET15;
    }
    for (unsigned l = 0; l < LANDINGS; l++) {
        lands[4 * l] = landings[l].insn;
        lands[4 * l + 1] = landings[l].insn == 0xd503233f ? 0xd50323bf : landings[l].insn == 0xd503237f ? 0xd50323ff : landings[l].insn == 0xd50323bf ? 0xd503233f : NOP;
        lands[4 * l + 2] = MOV;
        lands[4 * l + 3] = RET15;
    }
    __builtin___clear_cache((char *)sites, (char *)sites + 4096);
    __builtin___clear_cache((char *)lands, (char *)lands + 4096);
}

static volatile int handled;
static void on_usr(int sig) { handled++; }

/* A handler in a guarded page is entered as by a call. */
static void handlers(void)
{
    uint32_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t to = (uint64_t)on_usr;
    const uint32_t insns[] = { 0xd503245f /* bti c */, 0x58000050 /* ldr x16, +8 */, 0xd61f0200 /* br x16 */, (uint32_t)to, (uint32_t)(to >> 32) };
    memcpy(page, insns, sizeof insns);
    page[1] = 0x58000050; /* ldr x16, [pc + 8]: page[3] */
    page[16] = NOP;
    memcpy(page + 17, insns + 1, 16);
    mprotect(page, 4096, PROT_GUARDED);
    __builtin___clear_cache((char *)page, (char *)page + 4096);
    signal(SIGUSR1, (void (*)(int))(uintptr_t)page);
    seen = 0;
    if (!sigsetjmp(back, 1))
        raise(SIGUSR1);
    check("a handler begins with bti c", !seen && handled == 1);
    signal(SIGUSR1, (void (*)(int))(uintptr_t)(page + 16));
    if (!sigsetjmp(back, 1))
        raise(SIGUSR1);
    check("a handler that does not: SIGILL", seen == SIGILL && at == page + 16 && btype == 2 && handled == 1);
}

/* The handler returns to the bad landing with another BTYPE. */
static volatile int returned;
static void on_ill_return(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    returned++;
    if (returned == 2)
        uc->uc_mcontext.pstate &= ~(3ull << 10);
}

static void sigreturns(void)
{
    struct sigaction sa = { .sa_sigaction = on_ill_return, .sa_flags = SA_SIGINFO }, old;
    mprotect(sites, 4096, PROT_GUARDED);
    mprotect(lands, 4096, PROT_GUARDED);
    sigaction(SIGILL, &sa, &old);
    uint64_t r = go(sites + 8, (uint64_t)lands);
    check("BTYPE survives sigreturn, and can be cleared there", returned == 2 && r == 1);
    sigaction(SIGILL, &old, NULL);
}

/* A page is rewritten, and its protection changes, while caches lead to it. */
static void changes(void)
{
    uint32_t *land = lands + 4 * 4; /* bti jc */
    bool is_ok = true;
    for (int i = 0; i < 3; i++)
        is_ok &= try(sites + 8, (uint64_t)land) == 1;
    mprotect(lands, 4096, PROT_READ | PROT_WRITE);
    *land = NOP;
    mprotect(lands, 4096, PROT_GUARDED);
    __builtin___clear_cache((char *)land, (char *)land + 4);
    is_ok &= try(sites + 8, (uint64_t)land) == 0 && seen == SIGILL;
    mprotect(lands, 4096, PROT_OPEN);
    is_ok &= try(sites + 8, (uint64_t)land) == 1;
    mprotect(lands, 4096, PROT_GUARDED);
    is_ok &= try(sites + 8, (uint64_t)land) == 0 && seen == SIGILL;
    check("changes of code and protection count", is_ok);
    check("ret goes there all the same", try(sites + 8 + 4 * 5, (uint64_t)land) == 1);
}

static void tags(void)
{
    uint64_t land = (uint64_t)(lands + 4 * 4 + 1);
    bool is_ok = true;
    for (uint64_t tag = 0; tag < 256; tag++)
        is_ok &= try(sites + 8 + 4 * 5, land | tag << 56) == 1;
    check("ret drops tags", is_ok);
    is_ok = true;
    for (uint64_t tag = 0; tag < 256; tag++)
        is_ok &= try(sites + 8, land | tag << 56) == 0 && seen == SIGILL && pc == land;
    check("br drops tags and is checked", is_ok);
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = on_ill, .sa_flags = SA_SIGINFO };
    uint64_t pfr1;
    sigaction(SIGILL, &sa, NULL);
    __asm__("mrs %0, S3_0_C0_C4_1" : "=r"(pfr1));
    check("AT_HWCAP2 has BTI", getauxval(AT_HWCAP2) >> 17 & 1);
    check("ID_AA64PFR1_EL1.BT", (pfr1 & 15) == 1);
    fill();
    for (int i = 0; i < 4; i++)
        matrix(i & 1, i >> 1);
    handlers();
    sigreturns();
    tags();
    changes();
    printf("1..%d\n", tests);
    return failed != 0;
}
