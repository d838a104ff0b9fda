/* SPDX-License-Identifier: MIT */
/*
 * The guest of window_step.c: makes the same few system calls again and again between two markers; in each round the tracer sends one SIGUSR1
 * somewhere between them. Ends with a message when a signal was lost, doubled, early or late, or a call had a wrong result.
 *
 * window MODE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { WARM_ROUNDS = 5, ROUNDS = 100000 };

static int fds[2], zero;
static volatile int signals, others, futex_word;
static int sent, round_no;
static const struct timespec long_time = { 30, 0 };
static sigset_t usr1, none;

static void fail(const char *what, long a, long b)
{
    printf("round %d: %s: %ld, wanted %ld\n", round_no, what, a, b);
    exit(1);
}

static void want(const char *what, long got, long wanted)
{
    if (got != wanted)
        fail(what, got, wanted);
}

static void on_signal(int sig)
{
    signals++;
    futex_word = 1;
    if (write(fds[1], "x", 1) != 1)
        fail("write in the handler", errno, 0);
}

static void on_other(int sig) { others++; }

/* The first rounds have nobody to send the signal; each call is made so that it ends without. */
static int is_warm(void) { return round_no < WARM_ROUNDS; }

static void drain(void)
{
    char c[4];
    want("bytes in the pipe", read(fds[0], c, sizeof(c)), 1);
}

/* Without SA_RESTART: a signal before the call makes the read succeed, one in it ends it. */
static void do_eintr(void)
{
    char c;
    long r = read(is_warm() ? zero : fds[0], &c, 1);
    if (r < 0) {
        want("errno of read", errno, EINTR);
        drain();
    } else {
        want("result of read", r, 1);
    }
}

/* With SA_RESTART the byte of the handler ends the call, whenever that runs. */
static void do_restart(void)
{
    char c;
    want("result of read", read(is_warm() ? zero : fds[0], &c, 1), 1);
}

static void do_ready(void)
{
    char c;
    want("result of read", read(zero, &c, 1), 1);
    want("result of getuid", (long)syscall(SYS_getuid), (long)getuid());
}

/* While it is blocked no handler runs. */
static void do_mask(void)
{
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    int before = signals;
    syscall(SYS_getuid);
    int after = signals;
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    want("signals while blocked", after - before, 0);
}

/* These run with SIGUSR1 blocked; the call alone lets it through. */
static void want_wait(long r)
{
    sigset_t now;
    want("result of the wait", r, -1);
    want("errno of the wait", errno, EINTR);
    want("signals when it ends", signals, sent + 1);
    sigprocmask(SIG_SETMASK, NULL, &now);
    want("the mask afterwards", sigismember(&now, SIGUSR1), 1);
}

static void do_suspend(void)
{
    if (!is_warm())
        want_wait(sigsuspend(&none));
}

static void do_ppoll(void)
{
    if (is_warm())
        ppoll(NULL, 0, &(struct timespec){ 0, 1000 }, &none);
    else
        want_wait(ppoll(NULL, 0, &long_time, &none));
}

static void do_timedwait(void)
{
    if (is_warm()) {
        sigtimedwait(&usr1, NULL, &(struct timespec){ 0, 1000 });
        return;
    }
    want("signal of sigtimedwait", sigtimedwait(&usr1, NULL, &long_time), SIGUSR1);
    want("signals to the handler", signals, 0);
}

static void do_futex(void)
{
    if (syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, &long_time) < 0 && errno != EINTR)
        want("errno of futex", errno, EAGAIN);
}

/* Another signal's delivery and return on the way. */
static void do_handler(void)
{
    int before = others;
    register long x __asm__(GUEST_KEPT) = 12345;
    __asm__ volatile("" : "+r"(x));
    kill(getpid(), SIGUSR2);
    __asm__ volatile("" : "+r"(x));
    want("a register", x, 12345);
    want("other signals", others - before, 1);
}

static const struct {
    const char *name;
    void (*fn)(void);
    int flags, is_blocked, has_handler, has_byte;
} modes[] = {
    { "eintr", do_eintr, 0, 0, 1, 0 },         { "restart", do_restart, SA_RESTART, 0, 1, 0 }, { "ready", do_ready, 0, 0, 1, 1 },
    { "mask", do_mask, 0, 0, 1, 1 },           { "suspend", do_suspend, 0, 1, 1, 1 },          { "ppoll", do_ppoll, 0, 1, 1, 1 },
    { "timedwait", do_timedwait, 0, 1, 0, 0 }, { "futex", do_futex, 0, 0, 1, 1 },              { "handler", do_handler, 0, 0, 1, 1 },
};

int main(int argc, char **argv)
{
    unsigned m = 0;
    while (m < sizeof(modes) / sizeof(modes[0]) && (argc < 2 || strcmp(argv[1], modes[m].name)))
        m++;
    if (m == sizeof(modes) / sizeof(modes[0]) || pipe(fds))
        return 2;
    zero = syscall(SYS_openat, -100, "/dev/zero", 0);
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_signal, .sa_flags = modes[m].flags }, NULL);
    sigaction(SIGUSR2, &(struct sigaction){ .sa_handler = on_other }, NULL);
    if (modes[m].is_blocked)
        sigprocmask(SIG_BLOCK, &usr1, NULL);
    for (round_no = 0; round_no < ROUNDS; round_no++) {
        futex_word = is_warm();
        syscall(is_warm() ? SYS_getuid : SYS_getppid);
        modes[m].fn();
        syscall(is_warm() ? SYS_getuid : SYS_getpgid, 0);
        if (is_warm())
            continue;
        sent += modes[m].has_handler;
        want("signals", signals, sent);
        if (modes[m].has_byte)
            drain();
    }
}
