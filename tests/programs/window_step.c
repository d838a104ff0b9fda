/* SPDX-License-Identifier: MIT */
/*
 * A signal at each host instruction between two system calls of a guest: the whole way back from the first into translated code, through it, and to
 * the second, and for one that waits also inside. In round n of the guest (guests/window.c) this tracer steps n instructions from the marker,
 * then sends SIGUSR1. The guest says what is wrong; a lost signal shows as a round that never ends.
 *
 * window_step STRIDE LYRE [OPTION...] GUEST MODE    prints how many places it has tried; status 1 on failure
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MARK_BEGIN = SYS_getppid, MARK_END = SYS_getpgid, TICK_MS = 20, PATIENCE_MS = 20000, SYSCALL_STOP = SIGTRAP | 0x80 };

static pid_t child;
static unsigned places;

static void on_tick(int sig) {}

static void die(const char *what)
{
    printf("place %u: %s\n", places, what);
    kill(child, SIGKILL);
    exit(1);
}

static struct user_regs_struct registers(void)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, child, NULL, &regs)) {
        die("the guest is gone");
    }
    return regs;
}

/* S: it waits in the kernel. */
static char state(void)
{
    char path[64], line[512], c = '?';
    snprintf(path, sizeof(path), "/proc/%d/stat", child);
    FILE *f = fopen(path, "r");
    if (f && fgets(line, sizeof(line), f)) {
        sscanf(strrchr(line, ')'), ") %c", &c);
    }
    if (f) {
        fclose(f);
    }
    return c;
}

/* The next stop: its signal, or 0 when `may_wait` and the child waits in the kernel for longer than a tick. */
static int next_stop(bool may_wait)
{
    for (int ms = 0;; ms += TICK_MS) {
        int status;
        if (waitpid(child, &status, __WALL) == child) {
            if (!WIFSTOPPED(status)) {
                die("the guest has ended");
            }
            return WSTOPSIG(status);
        }
        if (errno == EINTR && may_wait && state() == 'S') {
            return 0;
        }
        if (errno != EINTR || ms > PATIENCE_MS) {
            die("lost: the guest waits for ever");
        }
    }
}

/* On to the entry of the system call, from a stop or while it runs; signals on the way are the guest's. */
static void run_to(long number, bool is_running)
{
    int sig = 0;
    for (;;) {
        if (!is_running) {
            ptrace(PTRACE_SYSCALL, child, NULL, sig);
        }
        is_running = false;
        sig = next_stop(false);
        if (sig == SYSCALL_STOP && (long)registers().orig_rax == number) {
            return;
        }
        sig = sig == SYSCALL_STOP || sig == SIGTRAP ? 0 : sig;
    }
}

/* Whether the instruction at the pc is `syscall` with that number. */
static bool is_at(long number)
{
    if (ptrace(PTRACE_PEEKUSER, child, offsetof(struct user_regs_struct, rax), NULL) != number) {
        return false;
    }
    struct user_regs_struct regs = registers();
    unsigned char code[2];
    struct iovec to = { code, 2 }, from = { (void *)regs.rip, 2 };
    return (long)regs.rax == number && process_vm_readv(child, &to, 1, &from, 1, 0) == 2 && code[0] == 0x0f && code[1] == 0x05;
}

/* `n` instructions from here; false: the end marker comes before. */
static bool step(unsigned n, bool *is_waiting)
{
    int sig = 0;
    while (n > 0 && !*is_waiting) {
        if (is_at(MARK_END)) {
            return false;
        }
        ptrace(PTRACE_SINGLESTEP, child, NULL, sig);
        int stop = next_stop(true);
        *is_waiting = stop == 0;
        sig = stop == SIGTRAP ? 0 : stop; /* faults that are part of the way */
        n -= stop == SIGTRAP;
    }
    return true;
}

static void start(char **argv)
{
    int status;
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[0], argv);
        _exit(127);
    }
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_tick }, NULL);
    struct itimerval tick = { { 0, TICK_MS * 1000 }, { 0, TICK_MS * 1000 } };
    unsigned stride = (unsigned)atoi(argv[1]);
    cpu_set_t one; /* tracer and guest take turns: faster on one CPU */
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
    start(argv + 2);
    setitimer(ITIMER_REAL, &tick, NULL);
    bool is_waiting = false;
    for (unsigned n = 0; !is_waiting; n += stride) {
        run_to(MARK_BEGIN, false);
        ptrace(PTRACE_SYSCALL, child, NULL, 0); /* its exit */
        next_stop(false);
        bool is_inside = step(n, &is_waiting);
        syscall(SYS_tgkill, child, child, SIGUSR1);
        run_to(MARK_END, is_waiting);
        places++;
        if (!is_inside) {
            break;
        }
    }
    run_to(MARK_BEGIN, false); /* its own checks of the last round */
    kill(child, SIGKILL);
    printf("%u places%s\n", places, is_waiting ? " and inside" : "");
    return 0;
}
