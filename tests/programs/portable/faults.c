/* SPDX-License-Identifier: MIT */
/* Synchronous signals: address, code, pc of the fault; going on after the handler has repaired it; death by a fault. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf env;
static siginfo_t last;
static int last_sig;
static void on_fault(int sig, siginfo_t *info, void *uc)
{
    last = *info;
    last_sig = sig;
    siglongjmp(env, 1);
}

static char *page;
static void on_repair(int sig, siginfo_t *info, void *uc)
{
    last = *info;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void set(int sig, void (*fn)(int, siginfo_t *, void *))
{
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = fn;
    sa.sa_flags = SA_SIGINFO;
    sigaction(sig, &sa, NULL);
}

static void report(const char *what, volatile void *addr)
{
    printf("%s: signal %d code %d address %d\n", what, last_sig, last.si_code, last.si_addr == addr);
}

static void try_read(const char *what, volatile char *p)
{
    if (sigsetjmp(env, 1) == 0) {
        (void)*p;
        printf("%s: no fault\n", what);
    } else {
        report(what, p);
    }
}
static void try_write(const char *what, volatile char *p)
{
    if (sigsetjmp(env, 1) == 0) {
        *p = 1;
        printf("%s: no fault\n", what);
    } else {
        report(what, p);
    }
}

/* Addresses in the highest 2 TiB of which /proc/self/maps knows nothing, whoever may be there: how many are refused as if something were. */
static int count_forbidden(void)
{
    int forbidden = 0;
    for (uint64_t addr = 63ull << 41; addr < 1ull << 47; addr += 1ull << 30) {
        char line[256], is_known = 0;
        unsigned long start, end;
        FILE *maps = fopen("/proc/self/maps", "r");
        while (fgets(line, sizeof(line), maps)) {
            is_known |= sscanf(line, "%lx-%lx", &start, &end) == 2 && addr >= start && addr < end;
        }
        fclose(maps);
        if (!is_known && sigsetjmp(env, 1) == 0) {
            (void)*(volatile char *)addr;
        } else if (!is_known) {
            forbidden += last_sig == SIGSEGV && last.si_code == SEGV_ACCERR;
        }
    }
    return forbidden;
}

static int death(void (*fn)(void))
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(2);
        signal(SIGSEGV, SIG_DFL);
        fn();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}
static void die_null(void) { *(volatile int *)8 = 1; }
static void die_abort(void) { abort(); }
static void die_blocked(void)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGSEGV);
    sigprocmask(SIG_BLOCK, &s, NULL);
    set(SIGSEGV, on_fault);
    *(volatile int *)8 = 1;
}
static void die_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)8 = 1;
}
static void die_killed(void) { kill(getpid(), SIGSEGV); }
static void die_term(void) { raise(SIGTERM); }
static void die_rt(void) { raise(SIGRTMIN + 5); }
static void ignored_kill(void)
{
    signal(SIGSEGV, SIG_IGN);
    kill(getpid(), SIGSEGV);
}

int main(void)
{
    set(SIGSEGV, on_fault);
    set(SIGBUS, on_fault);
    set(SIGILL, on_fault);
    try_read("null", NULL);
    try_write("null write", (char *)24);
    page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    try_write("read-only", page + 100);
    try_read("readable", page + 100);
    mprotect(page, 4096, PROT_NONE);
    try_read("none", page + 8);
    char name[] = "/tmp/lyre-faults-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    char *file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    try_read("beyond the end", file + 5);
    set(SIGSEGV, on_repair);
    page[17] = 5;
    printf("repaired %d %d %d\n", page[17], last.si_code, last.si_addr == page + 17);
    set(SIGSEGV, on_fault);
    int (*volatile fn)(void) = (int (*)(void))page;
    if (sigsetjmp(env, 1) == 0) {
        fn();
    } else {
        report("no execution", page);
    }
    char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifndef __x86_64__
    memset(code, 0, 16); /* zeros are defined as illegal */
#else
    memcpy(code, "\x0f\x0b", 2);
#endif
    __builtin___clear_cache(code, code + 16);
    fn = (int (*)(void))code;
    if (sigsetjmp(env, 1) == 0) {
        fn();
    } else {
        printf("illegal: signal %d address %d\n", last_sig, last.si_addr == code);
    }
    printf("elsewhere: %d forbidden\n", count_forbidden());
    printf("deaths %d %d %d %d %d %d %d %d\n", death(die_null), death(die_abort), death(die_blocked), death(die_ignored), death(die_killed),
           death(die_term), death(die_rt), death(ignored_kill));
    return 0;
}
