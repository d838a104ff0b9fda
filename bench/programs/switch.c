/* SPDX-License-Identifier: MIT */
/* switch in a loop that the compiler makes a jump table. class: indirect */
#include <stdio.h>
static unsigned char code[4096];
int main(void)
{
    unsigned x = 1, y = 2;
    for (unsigned i = 0; i < sizeof(code); i++)
        code[i] = (unsigned char)((i * 2654435761u >> 20) % 9);
    for (int round = 0; round < 9000; round++)
        for (unsigned i = 0; i < sizeof(code); i++)
            switch (code[i]) {
            case 0: x += y; break;
            case 1: y ^= x; break;
            case 2: x = x << 3 | x >> 29; break;
            case 3: y += 7; break;
            case 4: x -= y * 3; break;
            case 5: y = ~y; break;
            case 6: x ^= 0x55aa; break;
            case 7: y = y >> 1 | x << 31; break;
            default: x++; break;
            }
    printf("%u %u\n", x, y);
}
