/* SPDX-License-Identifier: MIT */
/* The vDSO's clock_getres. class: vdso */
#include <stdio.h>
#include "vdso.h"
int main(void)
{
    ClockFn *get = vdso("clock_getres");
    struct timespec res;
    unsigned good = 0;
    for (int i = 0; i < 16000000; i++) {
        get(i & 1, &res);
        good += res.tv_nsec == 1;
    }
    printf("%u\n", good);
}
