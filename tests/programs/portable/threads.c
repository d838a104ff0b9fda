/* SPDX-License-Identifier: MIT */
/* Threads: creation and end in numbers, TLS, mutexes, conditions, cancellation, signals to threads, robust and PI mutexes, fork from a thread. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static __thread int tls = 5;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long total;
static atomic_long atomic_total;

static void *add(void *arg)
{
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        total++;
        pthread_mutex_unlock(&mutex);
        atomic_total++;
        tls++;
    }
    return (void *)(long)tls;
}

static void test_many(int rounds, int width)
{
    pthread_t t[256];
    long sum = 0;
    total = atomic_total = 0;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < width; i++) {
            if (pthread_create(&t[i], NULL, add, NULL)) {
                printf("create failed at %d %d: %s\n", r, i, strerror(errno));
                exit(1);
            }
        }
        for (int i = 0; i < width; i++) {
            void *v;
            pthread_join(t[i], &v);
            sum += (long)v;
        }
    }
    printf("%d threads: total %ld %ld tls %ld own %d\n", rounds * width, total, (long)atomic_total, sum, tls);
}

static int turn;
static void *player(void *arg)
{
    int me = (int)(long)arg;
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != me) {
            pthread_cond_wait(&cond, &mutex);
        }
        turn = 1 - me;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}
static void test_cond(void)
{
    pthread_t a, b;
    pthread_create(&a, NULL, player, (void *)0);
    pthread_create(&b, NULL, player, (void *)1);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    printf("turn %d\n", turn);
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 10000000;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    printf("timedwait %d\n", pthread_cond_timedwait(&cond, &mutex, &ts) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static void cleanup(void *arg) { printf("cleanup %s\n", (char *)arg); }
static void *sleeper(void *arg)
{
    pthread_cleanup_push(cleanup, "sleeper");
    for (;;) {
        sleep(100);
    }
    pthread_cleanup_pop(0);
    return NULL;
}
static void *spinner(void *arg)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;) {
    }
    return NULL;
}
static void test_cancel(void)
{
    pthread_t t;
    void *v;
    pthread_create(&t, NULL, sleeper, NULL);
    usleep(10000);
    pthread_cancel(t);
    pthread_join(t, &v);
    printf("cancelled %d\n", v == PTHREAD_CANCELED);
    pthread_create(&t, NULL, spinner, NULL);
    usleep(10000);
    pthread_cancel(t);
    pthread_join(t, &v);
    printf("cancelled in a loop %d\n", v == PTHREAD_CANCELED);
}

static volatile int stop, where;
static void on_usr1(int sig) { where = (int)syscall(SYS_gettid) != getpid(); stop = 1; }
static void *spin_until(void *arg)
{
    while (!stop) {
    }
    return NULL;
}
static void test_kill(void)
{
    pthread_t t;
    signal(SIGUSR1, on_usr1);
    pthread_create(&t, NULL, spin_until, NULL);
    pthread_kill(t, SIGUSR1);
    pthread_join(t, NULL);
    printf("handler in the thread %d\n", where);
    stop = where = 0;
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    pthread_create(&t, NULL, spin_until, NULL);
    pthread_sigmask(SIG_BLOCK, &s, NULL);
    kill(getpid(), SIGUSR1);
    pthread_join(t, NULL);
    printf("process signal goes to the thread %d\n", where);
    pthread_sigmask(SIG_UNBLOCK, &s, NULL);
}

static pthread_mutex_t robust;
static void *die_with_lock(void *arg)
{
    pthread_mutex_lock(&robust);
    return NULL;
}
static void test_mutexes(void)
{
    pthread_mutexattr_t a;
    pthread_t t;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &a);
    pthread_create(&t, NULL, die_with_lock, NULL);
    pthread_join(t, NULL);
    printf("owner dead %d\n", pthread_mutex_lock(&robust) == EOWNERDEAD);
    pthread_mutex_consistent(&robust);
    pthread_mutex_unlock(&robust);
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &a);
    test_many(1, 8);
}

static void *fork_in_thread(void *arg)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        tls = 77;
        _exit(tls);
    }
    waitpid(pid, &status, 0);
    return (void *)(long)WEXITSTATUS(status);
}

static void *hold(void *arg)
{
    sem_wait(arg);
    return NULL;
}

static void test_at_once(int n)
{
    static pthread_t t[256];
    sem_t sem;
    sem_init(&sem, 0, 0);
    for (int i = 0; i < n; i++) {
        pthread_create(&t[i], NULL, hold, &sem);
    }
    for (int i = 0; i < n; i++) {
        sem_post(&sem);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(t[i], NULL);
    }
    printf("%d at once\n", n);
}

static void *leave_last(void *arg)
{
    usleep(20000);
    printf("last thread\n");
    fflush(stdout);
    _exit(4);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    test_many(argc > 1 ? atoi(argv[1]) : 10, 20);
    test_cond();
    test_cancel();
    test_kill();
    test_mutexes();
    pthread_t t;
    void *v;
    pthread_create(&t, NULL, fork_in_thread, NULL);
    pthread_join(t, &v);
    printf("fork in a thread %ld\n", (long)v);
    test_at_once(200);
    pthread_create(&t, NULL, leave_last, NULL);
    pthread_exit(NULL);
}
