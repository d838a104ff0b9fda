/* SPDX-License-Identifier: MIT */
/*
 * A static program of the guest that runs experiments (state.h): oracle IN OUT. A signal handler does
 * everything: it stores what the last experiment left in its ucontext, puts the next one's
 * registers there, and returns into it. For use under an oracle, and under Lyre.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"
/* of tests/<guest> */
#include "frame.h"

static const ExperimentHeader *header;
static const Experiment *experiments;
static Outcome *outcomes;
static uint32_t next_index; /* of the next to start */
static const char *out_path;

static void fail(const char *what)
{
    (void)!write(2, what, strlen(what));
    _exit(1);
}

static void finish(void)
{
    int fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    size_t size = header->count * sizeof(Outcome), done = 0;
    while (done < size) {
        ssize_t n = write(fd, (char *)outcomes + done, size - done);
        if (n <= 0)
            fail("oracle: cannot write\n");
        done += (size_t)n;
    }
    _exit(0);
}

static void store_outcome(Outcome *o, int sig, const siginfo_t *info, ucontext_t *uc)
{
    o->pc = frame_get(uc, &o->regs);
    o->sig = (uint64_t)sig;
    o->code = (uint64_t)(int64_t)info->si_code;
    o->addr = (uint64_t)info->si_addr;
    memcpy(o->mem, (void *)DATA_WINDOW, sizeof o->mem);
}

/* Called by frame_entry. */
__attribute__((used)) void handler(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    if (next_index)
        store_outcome(&outcomes[next_index - 1], sig, info, uc);
    if (next_index == header->count)
        finish();
    const Experiment *e = &experiments[next_index];
    char *code = (char *)CODE_BASE + (uint64_t)next_index * header->stride;
    if (!header->stride) {
        memcpy(code, e->code, sizeof e->code);
        __builtin___clear_cache(code, code + sizeof e->code);
    }
    memset((void *)DATA_BASE, 0, 0x2000);
    memcpy((void *)DATA_WINDOW, e->mem, sizeof e->mem);
    frame_set(uc, &e->regs, (uint64_t)code);
    next_index++;
}

static void map(uint64_t start, uint64_t size, int prot)
{
    if (mmap((void *)start, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
        (void *)start)
        fail("oracle: cannot map\n");
}

static void map_all(void)
{
    map(DATA_BASE, 0x2000, PROT_READ | PROT_WRITE);
    map(DATA_READ_ONLY, 0x1000, PROT_READ);
    map(CODE_LOW, CODE_HIGH - CODE_LOW, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (uint32_t *p = (uint32_t *)CODE_LOW; p < (uint32_t *)CODE_HIGH; p++)
        *p = break_word;
    if (header->stride)
        for (uint32_t i = 0; i < header->count; i++)
            memcpy((char *)CODE_BASE + (uint64_t)i * header->stride, experiments[i].code,
                   sizeof experiments[i].code);
    __builtin___clear_cache((char *)CODE_LOW, (char *)CODE_HIGH);
    if (header->stride && mprotect((void *)CODE_LOW, CODE_HIGH - CODE_LOW, PROT_READ | PROT_EXEC) < 0)
        fail("oracle: cannot protect\n");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: oracle IN OUT\n");
    int fd = open(argv[1], O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        fail("oracle: cannot open\n");
    header = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    experiments = (const Experiment *)(header + 1);
    outcomes = calloc(header->count, sizeof *outcomes);
    out_path = argv[2];
    map_all();

    static char stack[65536];
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&ss, NULL);
    struct sigaction sa = { .sa_sigaction = frame_entry, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    static const int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &sa, NULL);
    frame_start();
    return 1;
}
