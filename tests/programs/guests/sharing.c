/* SPDX-License-Identifier: MIT */
/* Processes that share memory with their parent and are killed anywhere: while they translate new code, map, unmap, protect and start threads. The
 * parent and its threads go on as if nothing had happened. Children made with CLONE_VM alone leave nothing behind. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { CODE = 1 << 20 };
typedef long Fn(long);
static int number;
static uint32_t *code;
static volatile long *words; /* shared with the killer: pid of the victim, when to kill it */

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++number, name);
    fflush(stdout);
}

static long resident(void)
{
    long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2) {
        pages = 0;
    }
    fclose(f);
    return pages * 4;
}

/* Code that nobody has run yet: its argument + value. */
static long fresh(uint32_t *p, unsigned value)
{
    p[0] = code_add((int)(value & 0x7ff));
    p[1] = CODE_RET;
    __builtin___clear_cache((char *)p, (char *)(p + 2));
    return ((Fn *)p)(1) - 1;
}

static void busy(unsigned seed)
{
    for (unsigned i = 0;; i++) {
        fresh(code + (i * 16 + seed) % (CODE / 4 - 16), i);
        if (i % 8 == 0) {
            char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            mprotect(p + 4096, 4096, PROT_READ);
            munmap(p + 8192, 4096);
            munmap(p, 16384);
        }
    }
}

static void killer(void)
{
    for (;;) {
        while (!words[0]) {
            sched_yield();
        }
        for (volatile long i = words[1]; i > 0; i--) {
        }
        kill((pid_t)words[0], SIGKILL);
        words[0] = 0;
    }
}

static volatile int is_over, checks, errors;
static void *other_thread(void *arg)
{
    uint32_t *own = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; !is_over; i++) {
        if (fresh(own + i % 1000 * 16, i) != (i & 0x7ff)) {
            errors++;
        }
        char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        errors += p == MAP_FAILED || p[4096] != 0;
        munmap(p, 8192);
        checks++;
    }
    return NULL;
}

static long raw_vfork(unsigned flags)
{
    return guest_call(SYS_clone, (uint64_t[6]){flags});
}

static void test_killed(unsigned flags, int rounds, const char *name)
{
    int killed = 0, status;
    for (int i = 0; i < rounds; i++) {
        words[1] = i * 7919L % 30011;
        long pid = raw_vfork(CLONE_VM | CLONE_VFORK | SIGCHLD | flags);
        if (pid == 0) {
            words[0] = syscall(SYS_getpid);
            busy((unsigned)i);
        }
        waitpid((pid_t)pid, &status, 0);
        killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        while (words[0]) {
            sched_yield();
        }
        if (fresh(code + 1000, (unsigned)i & 0x3ff) != (i & 0x3ff)) {
            errors++;
        }
    }
    ok(killed == rounds && errors == 0, name);
}

/* The child has default handlers, and ours work in it all the same: new code, a growing stack. */
static void test_cleared(void)
{
    static struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } a = {
        .flags = CLONE_VM | CLONE_VFORK | 0x100000000ull /* CLONE_CLEAR_SIGHAND */, .exit_signal = SIGCHLD };
    static volatile int is_default, is_kept;
    signal(SIGUSR1, exit);
    pid_t pid = (pid_t)guest_call(435, (uint64_t[6]){(uint64_t)&a, sizeof(a)});
    if (pid == 0) {
        struct sigaction sa;
        sigaction(SIGUSR1, NULL, &sa);
        is_default = sa.sa_handler == SIG_DFL;
        for (unsigned i = 0; i < 300; i++) {
            code[i * 16 + 1] = 0; /* a write to code that was translated */
            fresh(code + i * 16, i);
        }
        _exit(9);
    }
    int status;
    waitpid(pid, &status, 0);
    is_kept = signal(SIGUSR1, SIG_DFL) == exit;
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 9 && is_default && is_kept, "CLONE_CLEAR_SIGHAND with shared memory");
}

/* ---- CLONE_VM alone */

static int leave(void *arg) { return (int)(long)arg; }
static int pause_forever(void *arg)
{
    for (;;) {
        pause();
    }
}
static int spin(void *arg)
{
    busy(3);
    return 0;
}
static int execute(void *arg)
{
    execl(arg, arg, "seven", NULL);
    return 1;
}

static int clone_and_wait(int (*fn)(void *), void *arg, int kill_after)
{
    static char stack[65536] __attribute__((aligned(16)));
    int status = -1;
    pid_t pid = clone(fn, stack + sizeof(stack), CLONE_VM | SIGCHLD, arg);
    if (pid < 0) {
        return -1;
    }
    if (kill_after >= 0) {
        usleep((unsigned)kill_after);
        kill(pid, SIGKILL);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void test_strays(char *self, int is_alone)
{
    enum { ROUNDS = 150 };
    int left = 0, killed = 0, spun = 0, executed = 0;
    long before = 0;
    for (int i = 0; i < ROUNDS; i++) {
        if (i == 10) {
            before = resident();
        }
        left += WEXITSTATUS(clone_and_wait(leave, (void *)5L, -1)) == 5;
        killed += WTERMSIG(clone_and_wait(pause_forever, NULL, 0)) == SIGKILL;
        spun += WTERMSIG(clone_and_wait(spin, NULL, i * 13)) == SIGKILL;
        executed += i % 10 ? 1 : WEXITSTATUS(clone_and_wait(execute, self, -1)) == 7;
    }
    long grown = is_alone ? resident() - before : 0; /* another thread fills the code cache */
    ok(left == ROUNDS && killed == ROUNDS && spun == ROUNDS && executed == ROUNDS, "children with CLONE_VM alone end, are killed, execute");
    ok(grown < 8192, "and leave no memory behind");
    if (grown >= 8192) {
        printf("# grown by %ld KiB\n", grown);
    }
}

/* ---- the parent and its threads are killed; the vfork child goes on, whatever locks they held */

static void orphan(int out)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++) {
        pthread_create(&t[i], NULL, other_thread, NULL);
    }
    usleep(3000);
    pid_t self = getpid();
    if (raw_vfork(CLONE_VM | CLONE_VFORK | SIGCHLD) == 0) {
        char c = 'y';
        kill(self, SIGKILL);
        while (getppid() == self) {
            sched_yield();
        }
        for (unsigned i = 0; i < 50; i++) {
            char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            c = fresh(code + i * 16, i) == i && p != MAP_FAILED ? c : 'n';
            munmap(p, 8192);
        }
        if (write(out, &c, 1) != 1) {
            _exit(1);
        }
        _exit(0);
    }
    _exit(0);
}

static void test_orphans(void)
{
    enum { ROUNDS = 20 };
    int good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int fds[2];
        char c = 0;
        if (pipe(fds)) {
            break;
        }
        pid_t pid = fork();
        if (pid == 0) {
            close(fds[0]);
            orphan(fds[1]);
        }
        close(fds[1]);
        waitpid(pid, NULL, 0);
        struct pollfd p = { .fd = fds[0], .events = POLLIN };
        good += poll(&p, 1, 20000) == 1 && read(fds[0], &c, 1) == 1 && c == 'y';
        close(fds[0]);
    }
    ok(good == ROUNDS, "vfork children of killed parents go on");
    if (good != ROUNDS) {
        printf("# %d of %d\n", good, ROUNDS);
    }
}

static void *nothing(void *arg) { return NULL; }
static void test_threads(void)
{
    long before = 0;
    for (int i = 0; i < 2000; i++) {
        pthread_t t[4];
        if (i == 100) {
            before = resident();
        }
        for (int k = 0; k < 4; k++) {
            pthread_create(&t[k], NULL, nothing, NULL);
        }
        for (int k = 0; k < 4; k++) {
            pthread_join(t[k], NULL);
        }
    }
    long grown = resident() - before;
    ok(grown < 8192, "8,000 threads leave no memory behind");
    if (grown >= 8192) {
        printf("# grown by %ld KiB\n", grown);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "seven") == 0) {
        return 7;
    }
    int rounds = argc > 1 ? atoi(argv[1]) : 150;
    alarm(rounds > 150 ? 2900 : 280);
    code = mmap(NULL, CODE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        killer();
    }
    test_killed(0, rounds, "vfork children killed while they translate");
    test_killed(CLONE_FILES | CLONE_FS, rounds, "the same, with shared descriptors");
    test_strays(argv[0], 1);
    test_cleared();
    pthread_t t;
    pthread_create(&t, NULL, other_thread, NULL);
    test_killed(0, rounds, "the same beside another thread");
    test_strays(argv[0], 0);
    int seen = checks;
    for (int i = 0; i < 1000 && checks < seen + 10; i++) {
        usleep(10000);
    }
    ok(checks >= seen + 10 && errors == 0, "the other thread goes on");
    is_over = 1;
    pthread_join(t, NULL);
    is_over = 0;
    test_orphans();
    test_threads();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    printf("1..%d\n", number);
    return 0;
}
