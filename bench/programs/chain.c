/* SPDX-License-Identifier: MIT */
/* A chain of small functions that are not inlined. class: calls */
#include <stdio.h>
#define NI __attribute__((noinline, noipa))
static NI unsigned f1(unsigned x) { return x * 3 + 1; }
static NI unsigned f2(unsigned x) { return f1(x) ^ x >> 3; }
static NI unsigned f3(unsigned x) { return f2(x) + f1(x + 1); }
static NI unsigned f4(unsigned x) { return f3(x) - f2(x ^ 5); }
int main(void)
{
    unsigned s = 1;
    for (int i = 0; i < 12000000; i++)
        s = f4(s + (unsigned)i);
    printf("%u\n", s);
}
