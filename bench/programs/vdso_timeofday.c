/* SPDX-License-Identifier: MIT */
/* The vDSO's gettimeofday. class: vdso */
#include <stdio.h>
#include "vdso.h"
int main(void)
{
    TimeFn *get = vdso("gettimeofday");
    struct timeval t;
    unsigned good = 0;
    for (int i = 0; i < 8000000; i++) {
        get(&t, NULL);
        good += t.tv_sec > 0 && t.tv_usec < 1000000;
    }
    printf("%u\n", good);
}
