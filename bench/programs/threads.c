/* SPDX-License-Identifier: MIT */
/* Threads share work by atomic counters, from creation to join. class: atomics */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
enum { ROUNDS = 150, THREADS = 4, ITEMS = 40000 };
static atomic_uint next;
static atomic_ulong total;
static unsigned items[ITEMS];
static void *work(void *arg)
{
    unsigned long sum = 0;
    for (unsigned from; (from = atomic_fetch_add_explicit(&next, 64, memory_order_relaxed)) < ITEMS;) {
        for (unsigned i = from; i < from + 64 && i < ITEMS; i++) {
            unsigned x = items[i];
            for (int k = 0; k < 40; k++)
                x = x * 1664525 + 1013904223;
            items[i] = x;
            sum += x;
        }
    }
    atomic_fetch_add(&total, sum);
    return NULL;
}
int main(void)
{
    for (unsigned i = 0; i < ITEMS; i++)
        items[i] = i;
    for (int r = 0; r < ROUNDS; r++) {
        pthread_t threads[THREADS];
        atomic_store(&next, 0);
        for (int i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, work, NULL);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    printf("%lu\n", total);
}
