/* SPDX-License-Identifier: MIT */
/* Mandelbrot's set by vectors of doubles: arithmetic, comparisons, masks. class: simd guest: aarch64 */
#include <stdio.h>
typedef double d2 __attribute__((vector_size(16)));
typedef long long i2 __attribute__((vector_size(16)));
int main(void)
{
    enum { SIZE = 500, LIMIT = 120 };
    i2 total = { 0 };
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x += 2) {
            d2 cr = { x * 3.0 / SIZE - 2.0, (x + 1) * 3.0 / SIZE - 2.0 }, ci = { y * 2.0 / SIZE - 1.0, y * 2.0 / SIZE - 1.0 };
            d2 zr = cr, zi = ci;
            i2 count = { 0 };
            for (int n = 0; n < LIMIT; n++) {
                d2 rr = zr * zr, ii = zi * zi;
                i2 inside = rr + ii < 4.0;
                if (!(inside[0] | inside[1]))
                    break;
                count -= inside;
                d2 next = rr - ii + cr;
                zi = 2.0 * zr * zi + ci;
                zr = (d2)((inside & (i2)next) | (~inside & (i2)zr));
            }
            total += count;
        }
    }
    printf("%lld %lld\n", total[0], total[1]);
    return 0;
}
