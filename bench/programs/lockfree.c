/* SPDX-License-Identifier: MIT */
/* A lock-free stack and a ring of one producer and one consumer: compare-and-swap, acquire, release. class: atomics */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
enum { NODES = 1024, RING = 256 };
typedef struct Node {
    struct Node *next;
    uint64_t value;
} Node;
static Node nodes[NODES];
static _Atomic(Node *) top;
static _Atomic uint64_t ring[RING];
static atomic_uint head, tail;
static pthread_mutex_t end = PTHREAD_MUTEX_INITIALIZER;
static void *idle(void *arg)
{
    pthread_mutex_lock(&end);
    return arg;
}
static void push(Node *n)
{
    n->next = atomic_load_explicit(&top, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&top, &n->next, n, memory_order_release, memory_order_relaxed))
        ;
}
static Node *pop(void)
{
    Node *n = atomic_load_explicit(&top, memory_order_acquire);
    while (n && !atomic_compare_exchange_weak_explicit(&top, &n, n->next, memory_order_acquire, memory_order_acquire))
        ;
    return n;
}
int main(void)
{
    uint64_t sum = 0;
    pthread_t other; /* waits until the end: others could see all of this */
    pthread_mutex_lock(&end);
    pthread_create(&other, NULL, idle, NULL);
    for (int i = 0; i < NODES; i++) {
        nodes[i].value = (uint64_t)i;
        push(&nodes[i]);
    }
    for (int i = 0; i < 3000000; i++) {
        Node *a = pop(), *b = pop();
        uint64_t v = a->value + b->value * 3;
        unsigned h = atomic_load_explicit(&head, memory_order_relaxed);
        atomic_store_explicit(&ring[h % RING], v, memory_order_relaxed);
        atomic_store_explicit(&head, h + 1, memory_order_release);
        unsigned t = atomic_load_explicit(&tail, memory_order_relaxed);
        if (atomic_load_explicit(&head, memory_order_acquire) != t) {
            sum += atomic_load_explicit(&ring[t % RING], memory_order_relaxed);
            atomic_store_explicit(&tail, t + 1, memory_order_release);
        }
        a->value = v & 0xffff;
        push(a);
        push(b);
    }
    pthread_mutex_unlock(&end);
    pthread_join(other, NULL);
    printf("%llu\n", (unsigned long long)sum);
}
