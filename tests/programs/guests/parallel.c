/* SPDX-License-Identifier: MIT */
/* Threads that run new code at once do not wait for each other: four of them cost about the processor time of one that does it all, and sleep on
 * locks seldom. Prints TAP. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "guest.h"

enum { THREADS = 4, FUNCTIONS = 1500, WORDS = 64 };
typedef long Fn(long);

/* Writes all functions first, so that no page of code changes while others run. */
static void *run_new_code(void *arg)
{
    long n = (long)arg, bad = 0;
    size_t size = (size_t)n * WORDS * 4;
    uint32_t *code = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < n; i++) {
        uint32_t *p = code + i * WORDS;
        for (unsigned k = 0; k < WORDS - 1; k++) {
            p[k] = code_add((int)((unsigned)i + k) & 0x7ff);
        }
        p[WORDS - 1] = CODE_RET;
    }
    mprotect(code, size, PROT_READ | PROT_EXEC);
    for (long i = 0; i < n; i++) {
        long want = 5;
        for (unsigned k = 0; k < WORDS - 1; k++) {
            want += (int)(((unsigned)i + k) & 0x7ff);
        }
        bad += ((Fn *)(code + i * WORDS))(5) != want;
    }
    munmap(code, size);
    return (void *)bad;
}

static double cpu_seconds(long *sleeps)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    *sleeps = r.ru_nvcsw;
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

int main(void)
{
    long sleeps[3], bad = 0;
    double times[3];
    pthread_t t[THREADS];
    times[0] = cpu_seconds(&sleeps[0]);
    pthread_create(&t[0], NULL, run_new_code, (void *)(long)(THREADS * FUNCTIONS));
    void *value;
    pthread_join(t[0], &value);
    bad += (long)value;
    times[1] = cpu_seconds(&sleeps[1]);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&t[i], NULL, run_new_code, (void *)(long)FUNCTIONS);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], &value);
        bad += (long)value;
    }
    times[2] = cpu_seconds(&sleeps[2]);
    double alone = times[1] - times[0], together = times[2] - times[1];
    long waits = sleeps[2] - sleeps[1];
    printf("# alone %.3f s, together %.3f s, %ld sleeps\n", alone, together, waits);
    printf("%sok 1 - results\n", bad ? "not " : "");
    printf("%sok 2 - processor time\n", together < 2 * alone + 0.05 ? "" : "not ");
    printf("%sok 3 - seldom asleep\n", waits < THREADS * FUNCTIONS / 2 ? "" : "not ");
    printf("1..3\n");
    return 0;
}
