/* SPDX-License-Identifier: MIT */
#ifndef LYRE_BENCH_KERNELS_H
#define LYRE_BENCH_KERNELS_H
long kernel_fib(long n);
long kernel_sieve(unsigned char *composite, long n);
long kernel_goto(const unsigned char *code, long n);
double kernel_dot(const double *a, const double *b, long n);
#endif
