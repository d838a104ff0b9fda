/* SPDX-License-Identifier: MIT */
/* Mandelbrot set in double and float. class: fp */
#include <stdio.h>
int main(void)
{
    unsigned long n = 0;
    for (int py = 0; py < 240; py++)
        for (int px = 0; px < 320; px++) {
            double x0 = px / 160.0 - 1.5, y0 = py / 120.0 - 1.0, x = 0, y = 0;
            int i = 0;
            for (; i < 500 && x * x + y * y < 4; i++) {
                double t = x * x - y * y + x0;
                y = 2 * x * y + y0, x = t;
            }
            float fx = 0, fy = 0, fx0 = (float)x0, fy0 = (float)y0;
            int j = 0;
            for (; j < 500 && fx * fx + fy * fy < 4; j++) {
                float t = fx * fx - fy * fy + fx0;
                fy = 2 * fx * fy + fy0, fx = t;
            }
            n += (unsigned)(i + j);
        }
    printf("%lu\n", n);
}
