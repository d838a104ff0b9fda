/* SPDX-License-Identifier: MIT */
/* Quicksort of integers, written out. class: integer */
#include <stdint.h>
#include <stdio.h>
static int a[300000];
static void sort(int *p, long lo, long hi)
{
    while (lo < hi) {
        int pivot = p[(lo + hi) / 2];
        long i = lo, j = hi;
        while (i <= j) {
            while (p[i] < pivot)
                i++;
            while (p[j] > pivot)
                j--;
            if (i <= j) {
                int t = p[i];
                p[i++] = p[j], p[j--] = t;
            }
        }
        if (j - lo < hi - i) {
            sort(p, lo, j);
            lo = i;
        } else {
            sort(p, i, hi);
            hi = j;
        }
    }
}
int main(void)
{
    uint32_t x = 12345;
    unsigned long sum = 0;
    for (int round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 300000; i++)
            a[i] = (int)(x = x * 1664525 + 1013904223) >> 3;
        sort(a, 0, 299999);
        for (unsigned i = 0; i < 300000; i += 1000)
            sum = sum * 31 + (unsigned)a[i];
    }
    printf("%lu\n", sum);
}
