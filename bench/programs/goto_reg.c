/* SPDX-License-Identifier: MIT */
/* A register machine with computed goto, 16 operations on packed words. class: goto */
#include <stdint.h>
#include <stdio.h>
static uint32_t code[1024];
int main(void)
{
    static const void *const labels[16] = {&&o0, &&o1, &&o2, &&o3, &&o4, &&o5, &&o6, &&o7, &&o8, &&o9, &&o10, &&o11, &&o12, &&o13, &&o14, &&o15};
    uint64_t r[16];
    uint32_t x = 3;
    for (int i = 0; i < 16; i++)
        r[i] = (uint64_t)i * 77;
    for (int i = 0; i < 1023; i++) {
        x = x * 1664525 + 1013904223;
        code[i] = x >> 8;
        if ((code[i] & 15) == 15)
            code[i] &= ~1u;
    }
    code[1023] = 15;
    int round = 0;
    const uint32_t *pc = code;
    uint32_t w;
#define A r[w >> 4 & 15]
#define B r[w >> 8 & 15]
#define C r[w >> 12 & 15]
#define NEXT do { w = *pc++; goto *labels[w & 15]; } while (0)
    NEXT;
o0: A = B + C; NEXT;
o1: A = B - C; NEXT;
o2: A = B ^ C; NEXT;
o3: A = B & C; NEXT;
o4: A = B | C; NEXT;
o5: A = B * 3; NEXT;
o6: A = B << (C & 7); NEXT;
o7: A = B >> (C & 7); NEXT;
o8: A = ~B; NEXT;
o9: A = B < C; NEXT;
o10: A += w >> 16; NEXT;
o11: A = B ? C : A; NEXT;
o12: A = (uint32_t)B; NEXT;
o13: A = B + 1; NEXT;
o14: A ^= w; NEXT;
o15:
    if (++round < 50000) {
        pc = code;
        NEXT;
    }
    uint64_t s = 0;
    for (int i = 0; i < 16; i++)
        s = s * 31 + r[i];
    printf("%lu\n", (unsigned long)s);
}
