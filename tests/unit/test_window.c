/* SPDX-License-Identifier: MIT */
/*
 * A signal at every instruction of the blocking system call routine: a tracer steps a child through it and sends the signal there. It must be taken
 * exactly once, and the call must not wait although nothing will ever end it. Prints TAP.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux-user/abi.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/signal.h"
#include "linux-user/syscall.h"
#include "util/hostmem.h"

extern const char syscall_window_start[], syscall_window_insn[], syscall_window_exit[];

enum { TAKEN_RESTART = 1, TAKEN_EINTR = 2, LOST = 3, WRONG = 4, MAX_STEPS = 64 };

static Options options;
static Task *task;
static int fds[2];

static void make_task(int flags)
{
    const char *error;
    hostmem_init();
    options.abi = &abi_riscv64;
    options.tcg.engine = TCG_ENGINE_INTERP;
    options.tcg.cpu = options.target_cpu = target_riscv64.cpu_parse("max", &error);
    Mm *mm = mm_new(&target_riscv64, &options.tcg, 1);
    task = task_new_first(&options, mm);
    signal_init_process(task);
    const SigAction act = { .handler = 0x1000, .flags = (uint64_t)flags };
    signal_sigaction(task, SIGUSR1, &act, NULL);
    signal_set_mask(task, 0);
}

/* The traced child: stops, then reads from an empty pipe. */
static int child(void)
{
    char c;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    int64_t r = syscall_blocking(task, SYS_read, (uint64_t)fds[0], (uint64_t)(uintptr_t)&c, 1, 0, 0, 0);
    bool is_taken = atomic_load(&task->has_pending) == PENDING_TAKEN && task->taken.si_signo == SIGUSR1;
    return !is_taken ? LOST : r == -ERESTART_NOINTR ? TAKEN_RESTART : r == -EINTR ? TAKEN_EINTR : WRONG;
}

static uint64_t pc_of(pid_t pid)
{
    struct user_regs_struct regs;
    ptrace(PTRACE_GETREGS, pid, NULL, &regs);
    return regs.rip;
}

/* Waits up to a second for a stop or an end; false: it still runs. */
static bool wait_for(pid_t pid, int *status)
{
    for (int i = 0; i < 100; i++) {
        if (waitpid(pid, status, WNOHANG) == pid) {
            return true;
        }
        usleep(10000);
    }
    return false;
}

/* Sends the signal when the child stands at `steps` instructions after the routine's entry; -1 in *steps: inside of the kernel. */
static int run_one(int steps, uint64_t *where)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(child());
    }
    waitpid(pid, &status, 0);
    uint64_t pc;
    do { /* to the routine */
        ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
        waitpid(pid, &status, 0);
        pc = pc_of(pid);
    } while (pc != (uint64_t)(uintptr_t)syscall_window_start);
    for (int i = 0; i < steps; i++) {
        ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
        waitpid(pid, &status, 0);
    }
    *where = pc_of(pid);
    if (steps < 0) {
        ptrace(PTRACE_CONT, pid, NULL, NULL);
        usleep(20000);
        kill(pid, SIGUSR1);
        waitpid(pid, &status, 0); /* the tracer sees it first */
    }
    ptrace(PTRACE_CONT, pid, NULL, SIGUSR1);
    if (!wait_for(pid, &status)) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        return 0;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int count, failed;
static void report(const char *flags, const char *what, int place, int got, int want)
{
    failed += got != want;
    printf("%sok %d - %s, %s %d\n", got == want ? "" : "not ", ++count, flags, what, place);
    if (got != want) {
        printf("# %d instead of %d (1 restart, 2 EINTR, 3 lost, 0 waits for ever)\n", got, want);
    }
}

static void test_all(const char *name, int flags)
{
    uint64_t where = 0;
    make_task(flags);
    for (int steps = 0; steps < MAX_STEPS && where != (uint64_t)(uintptr_t)syscall_window_insn; steps++) {
        int got = run_one(steps, &where);
        report(name, "before the call, instruction", steps, got, TAKEN_RESTART);
    }
    report(name, "inside", 0, run_one(-1, &where), flags & SIGNAL_SA_RESTART ? TAKEN_RESTART : TAKEN_EINTR);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (pipe(fds)) {
        return 1;
    }
    pid_t pid = fork(); /* each flag in a process of its own: signal_init_process is for once */
    if (pid == 0) {
        test_all("SA_RESTART", SIGNAL_SA_RESTART);
        _exit(failed ? 100 : count);
    }
    int status;
    waitpid(pid, &status, 0);
    failed = !WIFEXITED(status) || WEXITSTATUS(status) >= 100;
    count = failed ? 0 : WEXITSTATUS(status);
    test_all("no SA_RESTART", 0);
    printf("1..%d\n", count);
    return failed > 0;
}
