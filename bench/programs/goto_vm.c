/* SPDX-License-Identifier: MIT */
/* A byte-code interpreter with computed goto. class: goto */
#include <stdio.h>
int main(void)
{
    enum { PUSH, ADD, DUP, LT, JNZ, DROP, SWAP, HALT };
    static const void *const labels[] = {&&push, &&add, &&dup, &&lt, &&jnz, &&drop, &&swap, &&halt};
    /* sum = 0; i = 0; do { sum += i; i += 1; } while (i < n) */
    static const int code[] = {PUSH, 0, PUSH, 0, DUP, SWAP, ADD, DUP, PUSH, 1, ADD, DUP, PUSH, 20000000, LT, JNZ, 4, HALT, DROP};
    long stack[64], *sp = stack;
    unsigned long n = 0;
    const int *pc = code;
    long t;
#define NEXT do { n++; goto *labels[*pc++]; } while (0)
    NEXT;
push: *sp++ = *pc++; NEXT;
add: sp--; sp[-1] = (int)(sp[-1] + sp[0]); NEXT;
dup: sp[0] = sp[-1]; sp++; if (sp > stack + 60) sp = stack + 4; NEXT;
swap: t = sp[-1]; sp[-1] = sp[-2]; sp[-2] = t; NEXT;
lt: sp--; sp[-1] = (long)n < sp[0] * 3; NEXT;
jnz: if (*--sp) pc = code + *pc; else pc++; NEXT;
drop: sp--; NEXT;
halt: printf("%lu %ld\n", n, sp[-1]);
}
