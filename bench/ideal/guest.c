/* SPDX-License-Identifier: MIT */
/* Runs one kernel of kernels.c three times; the third run, between two getppid, is what steps.c counts. guest KERNEL N */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels.h"

static unsigned char bytes[1 << 16];
static double va[4096], vb[4096];

static long run(const char *name, long n)
{
    if (!strcmp(name, "fib")) {
        return kernel_fib(n);
    }
    if (!strcmp(name, "sieve")) {
        return kernel_sieve(bytes, n);
    }
    if (!strcmp(name, "goto")) {
        return kernel_goto(bytes, 7);
    }
    return (long)kernel_dot(va, vb, n);
}

int main(int argc, char **argv)
{
    long n = argc > 2 ? atol(argv[2]) : 0, r = 0;
    for (int k = 0; k < 4; k++) {
        memset(bytes, 0, sizeof(bytes));
        for (long i = 0; i < n && !strcmp(argv[1], "goto"); i++) {
            bytes[i] = (unsigned char)(i * 7 / 3 % 3);
        }
        if (!strcmp(argv[1], "goto")) {
            bytes[n] = bytes[n + 1] = 3;
        }
        if (k == 3) {
            syscall(SYS_getppid);
        }
        r += run(argv[1], n);
        if (k == 3) {
            syscall(SYS_getppid);
        }
    }
    return (int)(r & 0);
}
