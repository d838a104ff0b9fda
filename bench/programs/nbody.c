/* SPDX-License-Identifier: MIT */
/* Gravitation of five bodies. class: fp */
#include <math.h>
#include <stdio.h>
typedef struct Body { double x, y, z, vx, vy, vz, m; } Body;
static Body b[5] = {{0, 0, 0, 0, 0, 0, 39.4}, {4.8, -1.1, -.1, .6, 2.8, -.02, .037}, {8.3, 4.1, -.4, -1.01, 1.8, .008, .011}, {12.8, -15.1, -.2, 1.08, .86, -.01, .0017}, {15.3, -25.9, .17, .97, .59, -.03, .002}};
int main(void)
{
    for (int step = 0; step < 1200000; step++) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
                double d2 = dx * dx + dy * dy + dz * dz, mag = 0.001 / (d2 * sqrt(d2));
                b[i].vx -= dx * b[j].m * mag, b[i].vy -= dy * b[j].m * mag, b[i].vz -= dz * b[j].m * mag;
                b[j].vx += dx * b[i].m * mag, b[j].vy += dy * b[i].m * mag, b[j].vz += dz * b[i].m * mag;
            }
        for (int i = 0; i < 5; i++)
            b[i].x += 0.001 * b[i].vx, b[i].y += 0.001 * b[i].vy, b[i].z += 0.001 * b[i].vz;
    }
    printf("%.9g %.9g\n", b[0].x, b[1].vy);
}
