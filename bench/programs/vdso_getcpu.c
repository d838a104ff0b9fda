/* SPDX-License-Identifier: MIT */
/* The vDSO's getcpu. class: vdso */
#include <stdio.h>
#include "vdso.h"
int main(void)
{
    CpuFn *get = vdso("getcpu");
    unsigned cpu, node, good = 0;
    for (int i = 0; i < 8000000; i++) {
        get(&cpu, &node, NULL);
        good += cpu < 4096 && node < 64;
    }
    printf("%u\n", good);
}
