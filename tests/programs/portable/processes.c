/* SPDX-License-Identifier: MIT */
/* fork, vfork, posix_spawn, clone with a stack, wait in its forms, pipes, sessions, exec of ourselves and of nothing. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static volatile int shared = 1;

static int on_stack(void *arg)
{
    shared = 42;
    return *(int *)arg;
}

static void test_fork(void)
{
    int status, fds[2];
    char buf[32] = "";
    if (pipe(fds)) {
        exit(1);
    }
    pid_t pid = fork();
    if (pid == 0) {
        shared = 9;
        if (write(fds[1], "child", 5) != 5) {
            _exit(1);
        }
        _exit(getppid() == getpid() ? 1 : 23);
    }
    pid_t got = wait(&status);
    long n = read(fds[0], buf, sizeof(buf));
    printf("fork %d exit %d read %ld %s own %d\n", got == pid, WEXITSTATUS(status), n, buf, shared);
    pid = fork();
    if (pid == 0) {
        for (;;) {
            pause();
        }
    }
    kill(pid, SIGKILL);
    siginfo_t info;
    printf("waitid %d", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    printf(" code %d status %d pid %d\n", info.si_code == CLD_KILLED, info.si_status, info.si_pid == pid);
    printf("nohang %d\n", waitpid(pid, &status, WNOHANG) == pid);
    printf("no child %d\n", wait(&status) == -1 && errno == ECHILD);
}

static void test_vfork(void)
{
    int status;
    shared = 1;
    pid_t pid = vfork();
    if (pid == 0) {
        shared = 5;
        _exit(6);
    }
    waitpid(pid, &status, 0);
    printf("vfork shares memory %d exit %d\n", shared, WEXITSTATUS(status));
    pid = vfork();
    if (pid == 0) {
        char *const argv[] = { "/does/not/exist", NULL };
        execv(argv[0], argv);
        shared = errno;
        _exit(127);
    }
    waitpid(pid, &status, 0);
    printf("errno from the child %d exit %d\n", shared == ENOENT, WEXITSTATUS(status));
    for (int i = 0; i < 50; i++) {
        pid = vfork();
        if (pid == 0) {
            shared++;
            _exit(0);
        }
        waitpid(pid, &status, 0);
    }
    printf("many %d\n", shared - ENOENT);
}

static void test_clone(void)
{
    int status, code = 31;
    char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared = 1;
    pid_t pid = clone(on_stack, stack + 65536, SIGCHLD, &code);
    waitpid(pid, &status, 0);
    printf("clone exit %d shared %d\n", WEXITSTATUS(status), shared);
    pid = clone(on_stack, stack + 65536, CLONE_VM | SIGCHLD, &code);
    waitpid(pid, &status, 0);
    printf("clone with memory exit %d shared %d\n", WEXITSTATUS(status), shared);
    pid = clone(on_stack, stack + 65536, CLONE_VM | CLONE_VFORK, &code);
    printf("no signal: %d", waitpid(pid, &status, 0) == -1 && errno == ECHILD);
    printf(" %d", waitpid(pid, &status, __WALL) == pid);
    printf(" exit %d\n", WEXITSTATUS(status));
    printf("bad flags %d\n", clone(on_stack, stack + 65536, CLONE_SIGHAND, &code) == -1 && errno == EINVAL);
    int pidfd = -1, tid = 0;
    pid = clone(on_stack, stack + 65536, CLONE_PIDFD | SIGCHLD, &code, &pidfd);
    siginfo_t info;
    int r = waitid(3, (id_t)pidfd, &info, WEXITED);
    printf("pidfd %d %d status %d\n", pidfd >= 0, r, info.si_status);
    pid = (pid_t)syscall(SYS_clone, CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, 0, &tid,
#ifndef __x86_64__
                         0, &tid
#else
                         &tid, 0
#endif
    );
    if (pid == 0) {
        _exit(tid == getpid());
    }
    waitpid(pid, &status, 0);
    printf("settid %d %d\n", WEXITSTATUS(status), tid == pid);
}

static void test_spawn(char *self)
{
    int status;
    pid_t pid;
    char *const argv[] = { self, "child", "two words", NULL };
    char *const env[] = { "LYRE_TEST=value", NULL };
    fflush(stdout);
    int r = posix_spawn(&pid, self, NULL, NULL, argv, env);
    waitpid(pid, &status, 0);
    printf("spawn %d exit %d\n", r, WEXITSTATUS(status));
    char *const none[] = { "/nowhere", NULL };
    printf("spawn error %d\n", posix_spawn(&pid, none[0], NULL, NULL, none, environ) == ENOENT);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        execve(self, argv, env);
        _exit(99);
    }
    waitpid(pid, &status, 0);
    printf("exec exit %d\n", WEXITSTATUS(status));
    FILE *f = popen("echo from the shell", "r");
    char line[64] = "";
    printf("popen %s", f && fgets(line, sizeof(line), f) ? line : "failed\n");
    printf("pclose %d", pclose(f));
    printf(" system %d\n", WEXITSTATUS(system("exit 3")));
}

static void on_child(int sig, siginfo_t *info, void *uc)
{
    shared = info->si_code == CLD_EXITED && info->si_status == 12 ? 100 : -1;
}

static void test_misc(void)
{
    struct rlimit r = { 123, 456 }, old;
    printf("rlimit %d", setrlimit(RLIMIT_NOFILE, &r));
    getrlimit(RLIMIT_NOFILE, &old);
    printf(" %d %d\n", (int)old.rlim_cur, (int)old.rlim_max);
    r.rlim_cur = 8 << 20;
    r.rlim_max = 9 << 20;
    printf("stack %d", setrlimit(RLIMIT_STACK, &r));
    getrlimit(RLIMIT_STACK, &old);
    printf(" %d %d\n", (int)old.rlim_cur, (int)old.rlim_max);
    char name[17] = "";
    prctl(PR_SET_NAME, "a name of threads");
    prctl(PR_GET_NAME, name);
    printf("name %s\n", name);
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = on_child;
    sa.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGCHLD, &sa, NULL);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(12);
    }
    waitpid(pid, &status, 0);
    printf("sigchld %d\n", shared);
    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0) {
        _exit(12);
    }
    printf("reaped by itself %d\n", waitpid(pid, &status, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
    pid = fork();
    if (pid == 0) {
        pid_t sid = setsid();
        _exit(sid == getpid() && getpgrp() == sid && getsid(0) == sid);
    }
    waitpid(pid, &status, 0);
    printf("setsid %d\n", WEXITSTATUS(status));
    printf("affinity %d\n", sched_yield());
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) {
        printf("child: %s|%s env %s sigpipe %d\n", argv[1], argv[2], getenv("LYRE_TEST"), signal(SIGPIPE, SIG_DFL) == SIG_DFL);
        return 17;
    }
    test_fork();
    test_vfork();
    test_clone();
    test_spawn(argv[0]);
    test_misc();
    return 0;
}
