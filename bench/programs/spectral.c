/* SPDX-License-Identifier: MIT */
/* Spectral norm. class: fp */
#include <math.h>
#include <stdio.h>
#define N 500
static double u[N], v[N], t[N];
static double el(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }
static void mul(const double *x, double *y)
{
    for (int i = 0; i < N; i++) {
        double s = 0;
        for (int j = 0; j < N; j++)
            s += el(i, j) * x[j];
        y[i] = s;
    }
}
int main(void)
{
    for (int i = 0; i < N; i++)
        u[i] = 1;
    for (int i = 0; i < 60; i++) {
        mul(u, t), mul(t, v), mul(v, t), mul(t, u);
        double m = 0;
        for (int k = 0; k < N; k++)
            m = fmax(m, fabs(u[k]));
        for (int k = 0; k < N; k++)
            u[k] /= m;
    }
    printf("%.15g\n", u[N / 2]);
}
