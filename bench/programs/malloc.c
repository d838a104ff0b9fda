/* SPDX-License-Identifier: MIT */
/* malloc and free in mixed sizes. class: libc */
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    static void *p[4096];
    unsigned x = 1;
    unsigned long n = 0;
    for (int i = 0; i < 5000000; i++) {
        x = x * 1664525 + 1013904223;
        unsigned k = x >> 20;
        free(p[k]);
        p[k] = malloc(x >> 8 & 511);
        n += p[k] != NULL;
    }
    printf("%lu\n", n);
}
