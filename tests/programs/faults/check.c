/* SPDX-License-Identifier: MIT */
/* Runs the cases of gen_faults_*.py: the signal handler compares pc, address, signal, code and registers with what must be, then resumes after the case. Prints `N passed, N failed`. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include "../guests/guest.h"

typedef struct Case {
    uint64_t entry, pc, place, addr_delta, sig, code, base, base_delta, mask, is_write /* 2: not compared */, values[32];
} Case;

enum { NULL_PLACE, NONCANON, TOP, READONLY, NONE, CROSS, HOLE, EOF_PLACE, GOOD, HIGH, TAGGED_HOLE, TAGGED_READONLY, NPLACES };
extern const Case cases[];
extern const uint64_t ncases;
uint64_t places[NPLACES];
uint64_t saved[32];
void save_registers(void);
void restore_registers(void);
void run_case(uint64_t entry);

static const Case *current;
static unsigned passed, failed;

static void wrong(const char *what, uint64_t got, uint64_t want)
{
    printf("not ok case %u %s: got %#lx, expected %#lx (place %lu, pc %#lx)\n", (unsigned)(current - cases), what, got, want, current->place,
           current->pc);
}

#define CHECK(what, got, want)                         \
    if ((uint64_t)(got) != (uint64_t)(want)) {         \
        wrong(what, (uint64_t)(got), (uint64_t)(want)); \
        bad = 1;                                       \
    }

#if defined(__aarch64__)
/* fault_address, and the syndrome: class, kind of fault whatever the level, read or write. */
static int has_wrong_records(const Case *c, const siginfo_t *info, ucontext_t *uc)
{
    enum { TRANSLATION = 1, PERMISSION = 3 };
    int bad = 0;
    const struct _aarch64_ctx *r = (const void *)uc->uc_mcontext.__reserved;
    while (r->magic && r->magic != ESR_MAGIC) {
        r = (const void *)((const char *)r + r->size);
    }
    CHECK("record", r->magic, ESR_MAGIC);
    if (bad) {
        return 1;
    }
    uint64_t esr = ((const struct esr_context *)r)->esr;
    CHECK("fault_address", uc->uc_mcontext.fault_address, info->si_addr);
    CHECK("class", esr >> 26, 0x24);
    CHECK("kind", esr >> 2 & 15, c->sig == SIGSEGV && c->code == SEGV_ACCERR ? PERMISSION : TRANSLATION);
    if (c->is_write < 2) {
        CHECK("write", esr >> 6 & 1, c->is_write);
    }
    return bad;
}
#else
static int has_wrong_records(const Case *c, const siginfo_t *info, ucontext_t *uc) { return 0; }
#endif

static void handler(int sig, siginfo_t *info, void *ctx)
{
    ucontext_t *uc = ctx;
    const Case *c = current;
    const unsigned long *x = guest_x(uc);
    int bad = 0;
    CHECK("signal", sig, c->sig);
    CHECK("si_signo", info->si_signo, c->sig);
    CHECK("si_code", info->si_code, c->code);
    CHECK("si_addr", info->si_addr, guest_untagged(places[c->place] + c->addr_delta));
    CHECK("pc", *guest_pc(uc), c->pc);
    bad |= has_wrong_records(c, info, uc);
    for (int r = 0; r < 32; r++) {
        char name[8];
        snprintf(name, sizeof(name), "x%d", r);
        if (c->mask >> r & 1) {
            CHECK(name, x[r], c->values[r]);
        }
    }
    CHECK("base", x[c->base], places[c->place] + c->base_delta);
    if (bad) {
        failed++;
    } else {
        passed++;
    }
    if (failed > 20) {
        printf("%u passed, %u failed\n", passed, failed);
        fflush(stdout);
        _exit(1);
    }
    *guest_pc(uc) = (uint64_t)restore_registers;
}

static char *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(int argc, char **argv)
{
    static char altstack[65536];
    stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) };
    sigaltstack(&ss, NULL);
    struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGTRAP, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);

    char *p = map(16 * 4096);
    mprotect(p + 4 * 4096, 4096, PROT_READ);
    mprotect(p + 8 * 4096, 4096, PROT_NONE);
    munmap(p + 12 * 4096, 4096);
    char name[] = "/tmp/lyre-faults-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    if (ftruncate(fd, 4096)) {
        return 2;
    }
    char *file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    places[NULL_PLACE] = 0x10;
    places[NONCANON] = 0x1234000000001000;
    places[TOP] = 0xfffffffffffff000;
    places[HIGH] = 0x0000800000000000;
    places[READONLY] = (uint64_t)p + 4 * 4096 + 64;
    places[NONE] = (uint64_t)p + 8 * 4096;
    places[CROSS] = (uint64_t)p + 12 * 4096;
    places[HOLE] = (uint64_t)p + 12 * 4096;
    places[EOF_PLACE] = (uint64_t)file + 4096;
    places[GOOD] = (uint64_t)p;
    places[TAGGED_HOLE] = places[HOLE] | 0x5aull << 56;
    places[TAGGED_READONLY] = places[READONLY] | 0xa5ull << 56;
    int repeat = argc > 1 ? atoi(argv[1]) : 2;
    for (int round = 0; round < repeat; round++) {
        for (uint64_t i = 0; i < ncases; i++) {
            current = &cases[i];
            run_case(current->entry);
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
