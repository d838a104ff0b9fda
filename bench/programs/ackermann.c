/* SPDX-License-Identifier: MIT */
/* Ackermann's function and mutual recursion. class: calls */
#include <stdio.h>
#define NI __attribute__((noinline, noipa))
static NI int ack(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1)); }
static NI int odd(int n);
static NI int even(int n) { return n == 0 ? 1 : odd(n - 1) + 1; }
static NI int odd(int n) { return n == 0 ? 0 : even(n - 1) + 1; }
int main(void)
{
    int s = 0;
    for (int i = 0; i < 24; i++)
        s += ack(2, 700);
    for (int i = 0; i < 120000; i++)
        s += even(500);
    printf("%d\n", s);
}
