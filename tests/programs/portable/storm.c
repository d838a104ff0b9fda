/* SPDX-License-Identifier: MIT */
/* Signals in numbers while integer, floating-point, call-heavy and memory code runs: every register must survive each of them. Fork storms. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int handled, is_done;
static volatile double sink;

static void on_signal(int sig, siginfo_t *info, void *uc)
{
    double a[8];
    for (int i = 0; i < 8; i++) {
        a[i] = sqrt((double)(i + handled)) * 1.25 + sink;
    }
    sink = a[0] * a[7] - a[3];
    atomic_fetch_add(&handled, 1);
    errno = 1234;
}

static uint64_t fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t work(unsigned n)
{
    static uint32_t table[1024];
    uint64_t h = 1469598103934665603ull;
    double x = 0.5, y = 1.5;
    float f = 3.25f;
    for (unsigned i = 0; i < n; i++) {
        h = (h ^ i) * 1099511628211ull;
        h ^= h >> 29;
        table[h & 1023] += (uint32_t)(h >> 32);
        x = x * 1.0000001 + y / 3.0;
        y = sqrt(x) + 1.0 / (1.0 + y);
        f = f * 0.999f + (float)(i & 7);
        h += table[i & 1023];
    }
    uint64_t bits, sum = 0;
    double all = x + y + (double)f;
    memcpy(&bits, &all, 8);
    for (unsigned i = 0; i < 1024; i++) {
        sum = sum * 31 + table[i];
    }
    memset(table, 0, sizeof(table));
    return h ^ bits ^ sum ^ fib(16);
}

static pthread_t worker;
static void *sender(void *arg)
{
    while (!atomic_load(&is_done)) {
        pthread_kill(worker, SIGURG);
        for (volatile int i = 0; i < 200; i++) {
        }
    }
    return NULL;
}

int main(void)
{
    struct sigaction sa;
    pthread_t t;
    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = on_signal;
    sa.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGURG, &sa, NULL);
    sigaction(SIGALRM, &sa, NULL);
    uint64_t want = work(30000);
    worker = pthread_self();
    pthread_create(&t, NULL, sender, NULL);
    int bad = 0, rounds = 0;
    while (atomic_load(&handled) < 300 || rounds < 10) {
        bad += work(30000) != want;
        rounds++;
    }
    is_done = 1;
    pthread_join(t, NULL);
    printf("signals %d bad %d\n", handled >= 300, bad);
    struct itimerval it = { { 0, 500 }, { 0, 500 } };
    setitimer(ITIMER_REAL, &it, NULL);
    bad = 0;
    for (int i = 0; i < 10; i++) {
        bad += work(30000) != want;
    }
    int status, wrong = 0;
    for (int i = 0; i < 100; i++) {
        pid_t pid;
        while ((pid = fork()) < 0 && errno == EINTR) {
        }
        if (pid == 0) {
            _exit(i & 63);
        }
        if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != (i & 63)) {
            wrong++;
        }
    }
    memset(&it, 0, sizeof(it));
    setitimer(ITIMER_REAL, &it, NULL);
    printf("timer bad %d forks wrong %d\n", bad, wrong);
    fflush(stdout);
    for (int i = 0; i < 20; i++) {
        if (fork() == 0) {
            _exit(fork() == 0 ? 0 : 5);
        }
    }
    int n = 0;
    while (wait(&status) > 0) {
        n += WEXITSTATUS(status) == 5;
    }
    printf("children %d\n", n);
    return 0;
}
