/* SPDX-License-Identifier: MIT */
/* Dies with something to look at: core_test.py reads its core. Argument: segv, abort, trap, kill, threads. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

int initialised[4] = {11, 22, 33, 44};
static char zeroed[5000];
static double quarter = 0.25;
struct node { struct node *next; long value; } *list;

static __attribute__((noinline)) int inner(int depth, volatile int *p)
{
    volatile long marker = 0x1122334455667788;
    if (depth) {
        return inner(depth - 1, p) + (marker != 0);
    }
    register double f __asm__(GUEST_KEPT_FP) = quarter * 3;
    register long r __asm__(GUEST_KEPT) = 0x5ec0de;
    __asm__ volatile("" : "+" GUEST_FP(f), "+r"(r));
    *p = 1;
    __asm__ volatile("" : : GUEST_FP(f), "r"(r));
    return (int)marker;
}

static volatile int is_awake;
static void *sleeper(void *arg)
{
    is_awake = 1;
    for (;;) {
        pause();
    }
}
static volatile long turns;
static __attribute__((noinline)) void *spinner(void *arg)
{
    for (;;) {
        turns++;
    }
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "segv";
    strcpy(zeroed + 4500, "text in bss");
    for (int i = 0; i < 3; i++) {
        struct node *n = malloc(sizeof(*n));
        n->next = list;
        n->value = 1000 + i;
        list = n;
    }
    if (strcmp(how, "threads") == 0) {
        pthread_t t;
        pthread_create(&t, NULL, sleeper, NULL);
        pthread_create(&t, NULL, spinner, NULL);
        while (!is_awake || !turns) { /* both run their functions: before, gdb finds no frame */
            usleep(1000);
        }
        usleep(50000);
    } else if (strcmp(how, "abort") == 0) {
        abort();
    } else if (strcmp(how, "trap") == 0) {
        __asm__ volatile(GUEST_BREAKPOINT);
    } else if (strcmp(how, "kill") == 0) {
        kill(getpid(), SIGQUIT);
        pause();
    }
    return inner(3, (volatile int *)0x40);
}
