/* SPDX-License-Identifier: MIT */
/* What a signal does to a call that waits: restart, EINTR, remaining time, temporary masks. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int hits;
static void on_signal(int sig) { hits++; }

static void set(int flags)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = on_signal;
    sa.sa_flags = flags;
    sigaction(SIGALRM, &sa, NULL);
    hits = 0;
}

static void alarm_in(long us)
{
    struct itimerval it = { { 0, 0 }, { 0, us } };
    setitimer(ITIMER_REAL, &it, NULL);
}

static int fds[2];
static pid_t writer_in(long us)
{
    pid_t pid = fork();
    if (pid == 0) {
        usleep((useconds_t)us);
        if (write(fds[1], "x", 1) != 1) {
            _exit(1);
        }
        _exit(0);
    }
    return pid;
}

static void test_pipe(void)
{
    char c = 0;
    if (pipe(fds)) {
        exit(1);
    }
    set(0);
    alarm_in(20000);
    long n = read(fds[0], &c, 1);
    printf("read: %ld %d hits %d\n", n, errno == EINTR, hits);
    set(SA_RESTART);
    pid_t pid = writer_in(120000);
    alarm_in(20000);
    n = read(fds[0], &c, 1);
    printf("read with restart: %ld %c hits %d\n", n, c, hits);
    waitpid(pid, NULL, 0);
    set(0);
    pid = writer_in(600000); /* a fork on a busy machine takes its time, too */
    alarm_in(200000);
    int status;
    n = waitpid(pid, &status, 0);
    printf("wait: %d %d hits %d\n", n == -1, errno == EINTR, hits);
    waitpid(pid, &status, 0);
    set(SA_RESTART);
    pid = writer_in(600000); /* a fork on a busy machine takes its time, too */
    alarm_in(200000);
    n = waitpid(pid, &status, 0);
    printf("wait with restart: %d hits %d\n", n == pid, hits);
}

static void test_sleep(void)
{
    struct timespec ts = { 5, 0 }, rem = { 0, 0 };
    set(SA_RESTART);
    alarm_in(20000);
    int r = nanosleep(&ts, &rem);
    printf("nanosleep: %d %d rem %d hits %d\n", r, errno == EINTR, rem.tv_sec == 4 && rem.tv_nsec > 500000000, hits);
    alarm_in(20000);
    r = clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &rem);
    printf("clock_nanosleep: %d rem %d\n", r == EINTR, rem.tv_sec == 4);
    alarm_in(20000);
    r = poll(NULL, 0, 3000);
    printf("poll: %d %d\n", r, errno == EINTR);
    int ep = epoll_create1(0);
    struct epoll_event ev;
    alarm_in(20000);
    r = epoll_wait(ep, &ev, 1, 3000);
    printf("epoll_wait: %d %d\n", r, errno == EINTR);
    alarm_in(20000);
    r = pause();
    printf("pause: %d %d hits %d\n", r, errno == EINTR, hits);
    close(ep);
}

static void test_masks(void)
{
    sigset_t block, empty, old;
    sigemptyset(&empty);
    sigemptyset(&block);
    sigaddset(&block, SIGALRM);
    sigprocmask(SIG_BLOCK, &block, NULL);
    set(SA_RESTART);
    raise(SIGALRM);
    struct timespec ts = { 3, 0 };
    printf("blocked hits %d\n", hits);
    int r = ppoll(NULL, 0, &ts, &empty);
    printf("ppoll: %d %d hits %d\n", r, errno == EINTR, hits);
    raise(SIGALRM);
    r = pselect(0, NULL, NULL, NULL, &ts, &empty);
    printf("pselect: %d %d hits %d\n", r, errno == EINTR, hits);
    raise(SIGALRM);
    int ep = epoll_create1(0);
    struct epoll_event ev;
    r = epoll_pwait(ep, &ev, 1, 3000, &empty);
    printf("epoll_pwait: %d %d hits %d\n", r, errno == EINTR, hits);
    raise(SIGALRM);
    ts.tv_sec = 0;
    r = ppoll(NULL, 0, &ts, NULL);
    printf("ppoll without mask: %d hits %d\n", r, hits);
    sigprocmask(SIG_SETMASK, NULL, &old);
    printf("still blocked %d\n", sigismember(&old, SIGALRM));
    sigprocmask(SIG_UNBLOCK, &block, NULL);
    printf("unblocked hits %d\n", hits);
}

static void test_sockets(void)
{
    int sv[2];
    char buf[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    set(0);
    alarm_in(20000);
    long n = recv(sv[0], buf, sizeof(buf), 0);
    printf("recv: %ld %d\n", n, errno == EINTR);
    struct timeval tv = { 0, 200000 };
    setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    set(SA_RESTART);
    alarm_in(20000);
    n = recv(sv[0], buf, sizeof(buf), 0);
    printf("recv with timeout: %ld %d\n", n, errno == EINTR);
    struct flock fl = { .l_type = F_WRLCK };
    FILE *f = tmpfile();
    fcntl(fileno(f), F_SETLK, &fl);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        set(0);
        alarm_in(20000);
        int r = fcntl(fileno(f), F_SETLKW, &fl);
        _exit(r == -1 && errno == EINTR);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("lock interrupted %d\n", WEXITSTATUS(status));
}

static void test_stop(void)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        struct timespec ts = { 0, 100000000 };
        int r = nanosleep(&ts, NULL);
        _exit(r == 0 ? 7 : 8);
    }
    usleep(20000);
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    waitpid(pid, &status, WCONTINUED);
    printf("continued %d\n", WIFCONTINUED(status));
    waitpid(pid, &status, 0);
    printf("slept on %d\n", WEXITSTATUS(status));
    pid = fork();
    if (pid == 0) {
        raise(SIGTSTP);
        _exit(9);
    }
    waitpid(pid, &status, WUNTRACED);
    printf("tstp %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    printf("then %d\n", WEXITSTATUS(status));
}

int main(void)
{
    test_pipe();
    test_sleep();
    test_masks();
    test_sockets();
    test_stop();
    return 0;
}
