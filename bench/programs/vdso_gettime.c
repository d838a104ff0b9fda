/* SPDX-License-Identifier: MIT */
/* The vDSO's clock_gettime of several clocks. class: vdso */
#include <stdio.h>
#include "vdso.h"
int main(void)
{
    static const clockid_t clocks[4] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
    ClockFn *get = vdso("clock_gettime");
    struct timespec t;
    unsigned good = 0;
    for (int i = 0; i < 8000000; i++) {
        get(clocks[i & 3], &t);
        good += t.tv_sec > 0 && t.tv_nsec < 1000000000;
    }
    printf("%u\n", good);
}
