/* SPDX-License-Identifier: MIT */
/* Naive Fibonacci. class: calls */
#include <stdio.h>
__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(void) { printf("%u\n", fib(38)); }
