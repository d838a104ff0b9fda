/* SPDX-License-Identifier: MIT */
/* Virtual calls over objects of several kinds. class: indirect */
#include <stdio.h>
#define NI __attribute__((noinline, noipa))
typedef unsigned Op(unsigned);
static NI unsigned a(unsigned x) { return x + 3; }
static NI unsigned b(unsigned x) { return x * 5; }
static NI unsigned c(unsigned x) { return x ^ x >> 7; }
static NI unsigned d(unsigned x) { return x - 11; }
static Op *const ops[4] = {a, b, c, d};
int main(void)
{
    unsigned x = 1, seed = 5;
    for (int i = 0; i < 15000000; i++) {
        seed = seed * 1103515245 + 12345;
        x = ops[seed >> 24 & 3](x);
    }
    printf("%u\n", x);
}
