/* SPDX-License-Identifier: MIT */
/* Vectors of bytes and halfwords: blending, averages, sums of differences. class: simd guest: aarch64 */
#include <stdio.h>
typedef unsigned char b16 __attribute__((vector_size(16)));
typedef unsigned short h8 __attribute__((vector_size(16)));
typedef unsigned w4 __attribute__((vector_size(16)));
#define N 4096
static b16 a[N], b[N], c[N];
__attribute__((noinline)) static void blend(b16 *z, const b16 *x, const b16 *y, unsigned short k)
{
    for (int i = 0; i < N; i++) {
        h8 p = (h8)x[i], q = (h8)y[i];
        h8 even = ((p & 255) * k + (q & 255) * (unsigned short)(256 - k)) >> 8, odd = (p >> 8) * k + (q >> 8) * (unsigned short)(256 - k);
        z[i] = (b16)((even & 255) | (odd & 0xff00));
    }
}
__attribute__((noinline)) static w4 difference(const b16 *x, const b16 *y)
{
    w4 sum = { 0 };
    for (int i = 0; i < N; i++) {
        b16 less = (b16)(x[i] < y[i]), d = x[i] - y[i];
        d = (d ^ less) - less;
        h8 pairs = ((h8)d & 255) + ((h8)d >> 8);
        sum += ((w4)pairs & 65535) + ((w4)pairs >> 16);
    }
    return sum;
}
int main(void)
{
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 16; k++)
            a[i][k] = i * 7 + k, b[i][k] = i * 3 ^ k * 5;
    w4 sum = { 0 };
    for (int round = 0; round < 30000; round++) {
        blend(c, a, b, round & 255);
        sum += difference(c, a);
    }
    printf("%u %u %u %u\n", sum[0], sum[1], sum[2], sum[3]);
    return 0;
}
