/* SPDX-License-Identifier: MIT */
/* seccomp: modes, answers of filters, inheritance by children, threads and programs, what is refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQ(value, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), t, f)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static long install(struct sock_filter *insns, unsigned n, unsigned flags)
{
    struct sock_fprog p = { (unsigned short)n, insns };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}
static long answer(long number, uint32_t value, unsigned flags)
{
    struct sock_filter f[] = { LOAD(nr), IF_EQ(number, 0, 1), RETURN(value), RETURN(SECCOMP_RET_ALLOW) };
    return install(f, 4, flags);
}

static char *self;
static void in_child(const char *name, int (*fn)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        syscall(SYS_exit_group, fn());
    }
    waitpid(pid, &status, 0);
    printf("%s: %s %d\n", name, WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static int strict_ok(void)
{
    char c;
    int fds[2], r = pipe(fds);
    r |= prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    r |= write(fds[1], "x", 1) != 1 || read(fds[0], &c, 1) != 1;
    syscall(SYS_exit, r);
    return 99;
}
static int strict_kill(void)
{
    syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
    getppid();
    return 1;
}
static int with_errno(void)
{
    long r = answer(SYS_getppid, SECCOMP_RET_ERRNO | 77, 0);
    return (r == 0) + 2 * (syscall(SYS_getppid) == -1 && errno == 77) + 4 * (getuid() == (uid_t)syscall(SYS_getuid)) + 8 * (prctl(PR_GET_SECCOMP) == 2);
}
static volatile int trapped;
static void on_sys(int sig, siginfo_t *info, void *uc)
{
    trapped = (info->si_code == 1) + 2 * (info->si_syscall == SYS_getppid) + 4 * (info->si_errno == 55) + 8 * (info->si_call_addr != NULL);
}
static int with_trap(void)
{
    struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };
    sigaction(SIGSYS, &sa, NULL);
    answer(SYS_getppid, SECCOMP_RET_TRAP | 55, 0);
    syscall(SYS_getppid);
    return trapped;
}
static int with_trap_default(void)
{
    answer(SYS_getppid, SECCOMP_RET_TRAP, 0);
    syscall(SYS_getppid);
    return 1;
}
static int with_kill(void)
{
    answer(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0);
    syscall(SYS_getppid);
    return 1;
}
static int with_kill_thread_alone(void)
{
    answer(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0);
    syscall(SYS_getppid);
    return 1;
}
static volatile int reached;
static void *doomed(void *arg)
{
    reached = 1;
    syscall(SYS_getppid);
    reached = 2;
    return NULL;
}
static int with_kill_thread(void)
{
    pthread_t t;
    answer(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0);
    pthread_create(&t, NULL, doomed, NULL);
    pthread_join(t, NULL);
    return 10 + reached;
}
static int unknown_action(void)
{
    answer(SYS_getppid, 0x12340000, 0);
    syscall(SYS_getppid);
    return 1;
}
static int with_trace_and_log(void)
{
    answer(SYS_getppid, SECCOMP_RET_TRACE, 0);
    answer(SYS_getpgid, SECCOMP_RET_LOG, 0);
    return (syscall(SYS_getppid) == -1 && errno == ENOSYS) + 2 * (syscall(SYS_getpgid, 0) > 0);
}
static int strictest(void)
{
    answer(SYS_getppid, SECCOMP_RET_ERRNO | 5, 0);
    answer(SYS_getppid, SECCOMP_RET_TRACE, 0);
    answer(SYS_getppid, SECCOMP_RET_ERRNO | 6, 0); /* the newest of equals */
    return syscall(SYS_getppid) == -1 ? errno : 0;
}
static int by_argument(void)
{
    struct sock_filter f[] = { LOAD(nr), IF_EQ(SYS_getpgid, 0, 8), LOAD(args[0]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff), BPF_STMT(BPF_MISC | BPF_TAX, 0),
                               BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 1),
                               BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 29, 1, 0), RETURN(SECCOMP_RET_ALLOW),
                               RETURN(SECCOMP_RET_ERRNO | 44) };
    long r = install(f, sizeof(f) / sizeof(f[0]), 0);
    return (r == 0) + 2 * (syscall(SYS_getpgid, 9) == -1 && errno == ESRCH) + 4 * (syscall(SYS_getpgid, 10) == -1 && errno == 44);
}
static int unknown_call(void)
{
    answer(5555, SECCOMP_RET_ERRNO | 3, 0);
    return syscall(5555) == -1 ? errno : 0;
}
static void *ask(void *arg) { return (void *)(long)(syscall(SYS_getppid) == -1 && errno == 77); }
static int inherited(void)
{
    pthread_t t;
    void *v;
    int status;
    answer(SYS_getppid, SECCOMP_RET_ERRNO | 77, 0);
    pthread_create(&t, NULL, ask, NULL);
    pthread_join(t, &v);
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, "ask", NULL);
    }
    waitpid(pid, &status, 0);
    return (v != NULL) + 2 * WEXITSTATUS(status);
}
static pthread_barrier_t barrier;
static void *ask_later(void *arg)
{
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return ask(arg);
}
static int tsync(void)
{
    pthread_t t;
    void *v;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&t, NULL, ask_later, NULL);
    pthread_barrier_wait(&barrier);
    long r = answer(SYS_getppid, SECCOMP_RET_ERRNO | 77, SECCOMP_FILTER_FLAG_TSYNC);
    pthread_barrier_wait(&barrier);
    pthread_join(t, &v);
    return (r == 0) + 2 * (v != NULL);
}
static int refused(void)
{
    struct sock_filter no_return[] = { LOAD(nr) }, far[] = { BPF_JUMP(BPF_JMP | BPF_JA, 9, 0, 0), RETURN(0) }, misaligned[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN(0) },
        beyond[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RETURN(0) }, bytes[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN(0) },
        zero[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0) }, memory[] = { BPF_STMT(BPF_ST, 16), RETURN(0) };
    struct { struct sock_filter *f; unsigned n; } bad[] = { { no_return, 1 }, { far, 2 }, { misaligned, 2 }, { beyond, 2 }, { bytes, 2 }, { zero, 2 }, { memory, 2 }, { far, 0 } };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (install(bad[i].f, bad[i].n, 0) != -1 || errno != EINVAL) {
            return 10 + (int)i;
        }
    }
    uint32_t kill = SECCOMP_RET_KILL_PROCESS, odd = 0x12340000;
    int r = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0;
    r += 2 * (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &odd) == -1 && errno == EOPNOTSUPP);
    r += 4 * (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 8) == -1 && errno == EFAULT);
    r += 8 * (syscall(SYS_seccomp, 99, 0, NULL) == -1 && errno == EINVAL);
    return r + 16 * (prctl(PR_GET_SECCOMP) == 0);
}
static int without_rights(void)
{
    struct sock_filter f[] = { RETURN(SECCOMP_RET_ALLOW) };
    struct sock_fprog p = { 1, f };
    if (getuid() == 0 && (setgid(65534) || setuid(65534))) {
        return 9;
    }
    int before = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) == -1 ? errno : 0;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return before * 2 + (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == 0);
}

int main(int argc, char **argv)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    struct rlimit none = { 0, 0 };
    path[n > 0 ? n : 0] = 0;
    self = path;
    if (argc > 1) {
        return ask(NULL) != NULL;
    }
    setrlimit(RLIMIT_CORE, &none);
    setvbuf(stdout, NULL, _IONBF, 0);
    in_child("strict", strict_ok);
    in_child("strict kills", strict_kill);
    in_child("errno", with_errno);
    in_child("trap", with_trap);
    in_child("trap without handler", with_trap_default);
    in_child("kill", with_kill);
    in_child("kill the only thread", with_kill_thread_alone);
    in_child("kill a thread", with_kill_thread);
    in_child("unknown action", unknown_action);
    in_child("trace, log", with_trace_and_log);
    in_child("strictest", strictest);
    in_child("by argument", by_argument);
    in_child("unknown call", unknown_call);
    in_child("inherited", inherited);
    in_child("all threads", tsync);
    in_child("refused", refused);
    in_child("without rights", without_rights);
    return 0;
}
