/* SPDX-License-Identifier: MIT */
/* setjmp and longjmp out of nested calls; now and then with the signal mask. class: signals */
#include <setjmp.h>
#include <stdio.h>
static jmp_buf plain;
static sigjmp_buf masked;
static volatile unsigned sum;
static __attribute__((noinline)) int deep(int depth, int value)
{
    if (depth == 0)
        longjmp(plain, value);
    return deep(depth - 1, value) + 1;
}
int main(void)
{
    for (int i = 1; i < 10000000; i++) {
        int got = setjmp(plain);
        if (!got)
            sum += deep(i & 7, (i & 0xff) + 1);
        sum += got;
        if (i % 64 == 0) {
            got = sigsetjmp(masked, 1);
            if (!got)
                siglongjmp(masked, 2);
            sum += got;
        }
    }
    printf("%u\n", sum);
}
