/* SPDX-License-Identifier: MIT */
/* Hash table with open addressing. class: memory */
#include <stdint.h>
#include <stdio.h>
#define SIZE (1u << 17)
static uint64_t keys[SIZE], values[SIZE];
int main(void)
{
    uint64_t x = 88172645463325252ull, sum = 0;
    for (int round = 0; round < 60; round++) {
        for (unsigned i = 0; i < SIZE; i++)
            keys[i] = 0;
        for (unsigned n = 0; n < SIZE / 2; n++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            unsigned h = (unsigned)(x * 0x9e3779b97f4a7c15ull >> 47);
            while (keys[h] && keys[h] != x)
                h = (h + 1) & (SIZE - 1);
            keys[h] = x, values[h] += n;
        }
        for (unsigned i = 0; i < SIZE; i += 5)
            sum += keys[i] ^ values[i];
    }
    printf("%lu\n", (unsigned long)sum);
}
