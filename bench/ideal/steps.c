/* SPDX-License-Identifier: MIT */
/* Counts the host instructions that a program executes between its first and second getppid (both through the host kernel), by single-stepping it:
 *     steps PROGRAM ARGUMENT...   prints the number */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_stop(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status)) {
        fprintf(stderr, "steps: the program ended before its second getppid\n");
        exit(1);
    }
    return WSTOPSIG(status);
}

/* Goes on until the entry of the next getppid; signals pass through. */
static void run_to_getppid(pid_t pid)
{
    for (int sig = 0;;) {
        ptrace(PTRACE_SYSCALL, pid, 0, sig);
        sig = wait_stop(pid);
        if (sig != (SIGTRAP | 0x80)) {
            sig = sig == SIGTRAP ? 0 : sig;
            continue;
        }
        sig = 0;
        struct __ptrace_syscall_info info;
        ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_getppid) {
            return;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: steps PROGRAM ARGUMENT...\n");
        return 2;
    }
    /* One CPU for both: each step is a switch between us and the program, many times cheaper than waking another CPU. */
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    wait_stop(pid);
    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    run_to_getppid(pid);
    unsigned long n = 0;
    for (int sig = 0;; n++) {
        ptrace(PTRACE_SINGLESTEP, pid, 0, sig);
        sig = wait_stop(pid);
        sig = sig == SIGTRAP ? 0 : sig;
        struct user_regs_struct r;
        ptrace(PTRACE_GETREGS, pid, 0, &r);
        unsigned long insn = (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, r.rip, 0);
        if ((insn & 0xffff) == 0x050f && r.rax == SYS_getppid && n > 8) {
            break;
        }
    }
    printf("%lu\n", n);
    return 0;
}
