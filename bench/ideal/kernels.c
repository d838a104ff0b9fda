/* SPDX-License-Identifier: MIT */
/* The guest side of the bar: compiled for riscv64 to be read, and natively as the measure. */
#include <stdint.h>
#include "kernels.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) long kernel_fib(long n)
{
    return n < 2 ? n : kernel_fib(n - 1) + kernel_fib(n - 2);
}

long kernel_sieve(unsigned char *composite, long n)
{
    long count = 0;
    for (long i = 2; i < n; i++) {
        if (!composite[i]) {
            count++;
            for (long j = i * 2; j < n; j += i) {
                composite[j] = 1;
            }
        }
    }
    return count;
}

long kernel_goto(const unsigned char *code, long n)
{
    static const void *const labels[] = { &&add, &&xor_, &&shl, &&end };
    long x = 1;
    goto *labels[*code++];
add:
    x += n;
    goto *labels[*code++];
xor_:
    x ^= 0x55;
    goto *labels[*code++];
shl:
    x = x * 2 + 1;
    goto *labels[*code++];
end:
    return x;
}

double kernel_dot(const double *a, const double *b, long n)
{
    double s = 0;
    for (long i = 0; i < n; i++) {
        s += a[i] * b[i];
    }
    return s;
}
