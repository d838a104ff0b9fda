/* SPDX-License-Identifier: MIT */
/* Dense matrix multiplication, scalar. class: fp */
#include <stdio.h>
#define N 220
static double a[N][N], b[N][N], c[N][N];
int main(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = i * 0.5 + j, b[i][j] = i - j * 0.25;
    for (int round = 0; round < 12; round++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double s = 0;
                for (int k = 0; k < N; k++)
                    s += a[i][k] * b[k][j];
                c[i][j] = s;
            }
    double t = 0;
    for (int i = 0; i < N; i++)
        t += c[i][i];
    printf("%.17g\n", t);
}
