/* SPDX-License-Identifier: MIT */
/* A signal that comes while code runs for the first time is delivered, though the program then spins in code that calls nothing: Go's runtime
 * stops its threads so. Prints TAP. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

enum { ROUNDS = 200, BLOCKS = 1500, WORDS = 2 * BLOCKS + 1 };
static const long PATIENCE = 300000000;

static pid_t target;
static volatile int seen, wanted;

static void on_signal(int sig) { seen++; }

/* Each round one signal, a little later each time. */
static void *sender(void *unused)
{
    for (int round = 1; round <= ROUNDS; round++) {
        while (wanted != round) {
            __asm__ volatile("" ::: "memory");
        }
        for (volatile int i = 0; i < round * 20; i++) {
        }
        syscall(SYS_tgkill, getpid(), target, SIGUSR1);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    uint32_t *code = mmap(NULL, (size_t)ROUNDS * WORDS * 4, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < (long)ROUNDS * WORDS; i++) {
        code[i] = i % WORDS == WORDS - 1 ? CODE_RET : i % WORDS % 2 ? CODE_NEXT : code_add(1);
    }
    __builtin___clear_cache((char *)code, (char *)(code + (long)ROUNDS * WORDS));
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &sa, NULL);
    target = (pid_t)syscall(SYS_gettid);
    pthread_create(&thread, NULL, sender, NULL);
    long sum = 0, lost = 0;
    for (int round = 1; round <= ROUNDS && !lost; round++) {
        wanted = round;
        sum += ((long (*)(long))(code + (long)(round - 1) * WORDS))(0);
        long spins = 0;
        while (seen != round && spins < PATIENCE) {
            spins++;
        }
        lost = seen != round;
    }
    printf("%sok 1 - a signal in cold code is delivered\n", lost ? "not " : "");
    printf("%sok 2 - and the code has run\n1..2\n", !lost && sum != (long)ROUNDS * BLOCKS ? "not " : "");
    fflush(stdout);
    _exit(0);
}
