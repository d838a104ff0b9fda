/* SPDX-License-Identifier: MIT */
/* Locks, a condition, and thread-local data in a process of several threads. class: atomics */
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static __thread unsigned long own;
static unsigned long shared;
static void *idle(void *arg)
{
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    return NULL;
}
int main(void)
{
    pthread_t other;
    pthread_mutex_lock(&lock);
    pthread_create(&other, NULL, idle, NULL); /* waits until the end: the locks are those of threads */
    pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
    for (int i = 0; i < 3000000; i++) {
        pthread_mutex_lock(&mine);
        shared += (unsigned)i;
        pthread_mutex_unlock(&mine);
        pthread_rwlock_rdlock(&rw);
        own += shared & 3;
        pthread_rwlock_unlock(&rw);
    }
    pthread_mutex_unlock(&lock);
    pthread_join(other, NULL);
    printf("%lu %lu\n", shared, own);
}
