/* SPDX-License-Identifier: MIT */
/* Matrix transpose and prefix sums of integers. class: memory */
#include <stdint.h>
#include <stdio.h>
#define N 512
static uint32_t a[N][N], b[N][N];
int main(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = (uint32_t)(i * 31 + j * 17);
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                b[j][i] = a[i][j] + (uint32_t)round;
        for (int i = 0; i < N; i++) {
            uint32_t acc = 0;
            for (int j = 0; j < N; j++)
                a[i][j] = acc = acc * 3 + b[i][j];
            sum ^= acc;
        }
    }
    printf("%u\n", sum);
}
