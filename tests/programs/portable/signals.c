/* SPDX-License-Identifier: MIT */
/* Handlers, masks, queues, siginfo, alternate stacks: prints what happened, the same natively. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t depth, count;
static char trace[8192];
static void note(const char *s) { strcat(trace, s); }
static void show(const char *what)
{
    printf("%s:%s\n", what, trace);
    fflush(stdout);
    trace[0] = 0;
}

static void set(int sig, void (*fn)(int, siginfo_t *, void *), int flags, ...)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = fn;
    sa.sa_flags = flags | SA_SIGINFO;
    sigaction(sig, &sa, NULL);
}

static void on_info(int sig, siginfo_t *info, void *uc)
{
    char line[128];
    snprintf(line, sizeof(line), " [%d code %d pid %d uid %d value %d]", sig, info->si_code, info->si_pid == getpid(),
             info->si_uid == getuid(), sig >= SIGRTMIN && info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
    note(line);
}

static void on_nested(int sig, siginfo_t *info, void *uc)
{
    char line[64];
    snprintf(line, sizeof(line), " <%d", sig);
    note(line);
    if (depth++ == 0) {
        raise(SIGUSR2); /* at once, above this one */
        raise(sig); /* blocked until we return */
        note(" raised");
    }
    note(">");
}

static void test_basic(void)
{
    set(SIGUSR1, on_info, 0);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    show("raise and kill");
    set(SIGUSR2, on_nested, 0);
    set(SIGUSR1, on_nested, 0);
    raise(SIGUSR1);
    show("nested");
    set(SIGUSR1, on_info, SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction old;
    sigaction(SIGUSR1, NULL, &old);
    printf("reset: %d\n", old.sa_handler == SIG_DFL);
    show("resethand");
    for (int sig = 1; sig <= 64; sig++) {
        if (sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33) {
            set(sig, on_info, 0);
            raise(sig);
        }
    }
    show("all");
}

static int order[64], norder;
static void on_order(int sig, siginfo_t *info, void *uc) { order[norder++] = sig * 100 + info->si_value.sival_int; }

static void test_masks(void)
{
    sigset_t all, old, pending, one;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    for (int i = 0; i < 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = i });
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = i });
        sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = i });
    }
    sigpending(&pending);
    printf("pending %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN + 1), sigismember(&pending, SIGUSR2));
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = on_order;
    sa.sa_flags = SA_SIGINFO;
    sigfillset(&sa.sa_mask);
    sigaction(SIGRTMIN + 1, &sa, NULL);
    sigaction(SIGRTMIN + 2, &sa, NULL);
    sigaction(SIGUSR1, &sa, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (int i = 0; i < norder; i++) {
        printf(" %d", order[i]);
    }
    printf("\n");
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    sigaddset(&one, SIGSEGV);
    sigprocmask(SIG_BLOCK, &one, NULL);
    raise(SIGUSR2);
    kill(getpid(), SIGSEGV);
    sigpending(&pending);
    printf("blocked %d %d\n", sigismember(&pending, SIGUSR2), sigismember(&pending, SIGSEGV));
    siginfo_t info;
    struct timespec ts = { 0, 1000000 };
    int got = sigtimedwait(&one, &info, &ts);
    got += sigtimedwait(&one, &info, &ts);
    printf("waited %d %d\n", got, sigtimedwait(&one, &info, &ts) == -1 && errno == EAGAIN);
    sigset_t empty;
    sigemptyset(&empty);
    set(SIGUSR2, on_info, 0);
    raise(SIGUSR2);
    int r = sigsuspend(&empty);
    printf("sigsuspend %d %d\n", r, errno == EINTR);
    show("suspend");
    sigprocmask(SIG_SETMASK, NULL, &old);
    printf("mask restored %d\n", sigismember(&old, SIGUSR2));
    sigprocmask(SIG_UNBLOCK, &one, NULL);
}

static sigjmp_buf env;
static void on_jump(int sig, siginfo_t *info, void *uc) { siglongjmp(env, sig); }

static void test_jump(void)
{
    set(SIGUSR1, on_jump, 0);
    for (volatile int i = 0; i < 1000; i++) {
        if (sigsetjmp(env, 1) == 0) {
            raise(SIGUSR1);
        } else {
            count++;
        }
    }
    printf("jumps %d\n", count);
    count = 0;
    set(SIGUSR1, on_jump, SA_NODEFER);
    for (volatile int i = 0; i < 1000; i++) {
        if (sigsetjmp(env, 0) == 0) {
            raise(SIGUSR1);
        } else {
            count++;
        }
    }
    printf("jumps without mask %d\n", count);
}

static char altstack[65536];
static void on_alt(int sig, siginfo_t *info, void *uc)
{
    char here;
    stack_t ss;
    sigaltstack(NULL, &ss);
    printf("on altstack %d flags %d\n", &here >= altstack && &here < altstack + sizeof(altstack), ss.ss_flags);
    ss.ss_flags = 0;
    printf("change refused %d\n", sigaltstack(&ss, NULL) == -1 && errno == EPERM);
}

static int recurse(int n)
{
    volatile char big[4096];
    big[0] = (char)n;
    return recurse(n + 1) + big[0];
}
static void on_overflow(int sig, siginfo_t *info, void *uc) { siglongjmp(env, 7); }

static void test_altstack(void)
{
    stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) }, old;
    printf("altstack %d\n", sigaltstack(&ss, &old));
    printf("old disabled %d\n", old.ss_flags == SS_DISABLE);
    set(SIGUSR1, on_alt, SA_ONSTACK);
    raise(SIGUSR1);
    set(SIGSEGV, on_overflow, SA_ONSTACK);
    int r = sigsetjmp(env, 1);
    if (r == 0) {
        recurse(0);
    }
    printf("stack overflow caught %d\n", r);
    ss.ss_size = 100;
    printf("too small %d\n", sigaltstack(&ss, NULL) == -1 && errno == ENOMEM);
    ss.ss_flags = SS_DISABLE;
    printf("disable %d\n", sigaltstack(&ss, NULL));
}

/* A child whose end is told by a signal that otherwise means a fault. */
static void test_exit_signal(void)
{
    const int signals[] = { SIGSEGV, SIGFPE, SIGBUS, SIGILL, SIGTRAP, SIGUSR2, SIGRTMIN + 7 };
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        int status;
        set(signals[i], on_info, 0);
        pid_t pid = (pid_t)syscall(SYS_clone, signals[i], 0, 0, 0, 0);
        if (pid == 0) {
            _exit(1);
        }
        while (waitpid(pid, &status, __WALL) == -1 && errno == EINTR) {
        }
        signal(signals[i], SIG_DFL);
        printf("exit signal %d:%s", signals[i], strstr(trace, "code 1") ? " told\n" : trace);
        trace[0] = 0;
    }
}

static volatile long ticks;
static void on_tick(int sig) { ticks++; }

static void test_timer(void)
{
    signal(SIGALRM, on_tick);
    struct itimerval it = { { 0, 1000 }, { 0, 1000 } };
    setitimer(ITIMER_REAL, &it, NULL);
    volatile unsigned long spin = 0;
    while (ticks < 50) {
        spin++;
    }
    memset(&it, 0, sizeof(it));
    setitimer(ITIMER_REAL, &it, NULL);
    printf("ticks in a loop %d\n", ticks >= 50);
    timer_t timer;
    struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_int = 42 };
    set(SIGRTMIN + 3, on_info, 0);
    printf("timer_create %d\n", timer_create(CLOCK_MONOTONIC, &ev, &timer));
    struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
    timer_settime(timer, 0, &its, NULL);
    pause();
    printf("timer%s\n", strstr(trace, "code -2") ? " fired" : "");
    trace[0] = 0;
    timer_delete(timer);
}

int main(void)
{
    test_basic();
    test_masks();
    test_jump();
    test_altstack();
    test_exit_signal();
    test_timer();
    return 0;
}
