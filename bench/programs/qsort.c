/* SPDX-License-Identifier: MIT */
/* Calls through function pointers (qsort with a comparison function, a table of operations). class: indirect */
#include <stdio.h>
#include <stdlib.h>
static unsigned a[100000];
static int compare(const void *x, const void *y) { unsigned p = *(const unsigned *)x, q = *(const unsigned *)y; return p < q ? -1 : p > q; }
int main(void)
{
    unsigned x = 7;
    unsigned long s = 0;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 100000; i++)
            a[i] = x = x * 1664525 + 1013904223;
        qsort(a, 100000, sizeof(a[0]), compare);
        s = s * 3 + a[round * 1000];
    }
    printf("%lu\n", s);
}
