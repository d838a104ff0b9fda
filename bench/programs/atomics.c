/* SPDX-License-Identifier: MIT */
/* Atomic counters and a spin lock on one thread. class: atomics */
#include <stdatomic.h>
#include <stdio.h>
static atomic_ulong counter;
static atomic_flag lock = ATOMIC_FLAG_INIT;
int main(void)
{
    unsigned long n = 0;
    for (int i = 0; i < 8000000; i++) {
        atomic_fetch_add(&counter, 3);
        while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
            ;
        n += (unsigned)i;
        atomic_flag_clear_explicit(&lock, memory_order_release);
    }
    printf("%lu %lu\n", n, atomic_load(&counter));
}
