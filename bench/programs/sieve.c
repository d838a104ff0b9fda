/* SPDX-License-Identifier: MIT */
/* Sieve of Eratosthenes over bytes. class: integer */
#include <stdio.h>
#include <string.h>
static unsigned char composite[400000];
int main(void)
{
    unsigned long total = 0;
    for (int round = 0; round < 60; round++) {
        memset(composite, 0, sizeof(composite));
        for (unsigned i = 2; i < sizeof(composite); i++) {
            if (!composite[i]) {
                total += i;
                for (unsigned j = i * 2; j < sizeof(composite); j += i)
                    composite[j] = 1;
            }
        }
    }
    printf("%lu\n", total);
}
