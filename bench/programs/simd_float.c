/* SPDX-License-Identifier: MIT */
/* Vectors of floats: sums of products, scaling, minima, roots. class: simd guest: aarch64 */
#include <stdio.h>
typedef float f4 __attribute__((vector_size(16)));
#define N 1024
static f4 a[N], b[N], c[N];
__attribute__((noinline)) static f4 dot(const f4 *x, const f4 *y)
{
    f4 s = { 0 }, t = { 0 };
    for (int i = 0; i < N; i += 2) {
        s += x[i] * y[i];
        t += x[i + 1] * y[i + 1];
    }
    return s + t;
}
__attribute__((noinline)) static void scale(f4 *z, const f4 *x, const f4 *y, float k)
{
    for (int i = 0; i < N; i++)
        z[i] = x[i] * k + y[i];
}
__attribute__((noinline)) static void blend(f4 *z, const f4 *x, const f4 *y)
{
    for (int i = 0; i < N; i++)
        z[i] = (x[i] - y[i]) * (x[i] + y[i]) / (y[i] + 2.0f);
}
int main(void)
{
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 4; k++)
            a[i][k] = i * 0.001f + k, b[i][k] = 1.0f / (i + k + 1);
    f4 sum = { 0 };
    for (int round = 0; round < 60000; round++) {
        scale(c, a, b, 0.5f + round * 1e-6f);
        blend(c, c, b);
        sum = sum * 0.5f + dot(a, c);
    }
    printf("%a %a %a %a\n", sum[0], sum[1], sum[2], sum[3]);
    return 0;
}
