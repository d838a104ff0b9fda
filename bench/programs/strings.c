/* SPDX-License-Identifier: MIT */
/* The C library's string functions. class: libc */
#include <stdio.h>
#include <string.h>
static char a[1 << 16], b[1 << 16];
int main(void)
{
    unsigned long n = 0;
    for (unsigned i = 0; i < sizeof(a) - 1; i++)
        a[i] = (char)('a' + i % 23);
    for (int round = 0; round < 20000; round++) {
        memcpy(b, a, sizeof(a));
        b[round * 37 % 60000 + 100] = 'z';
        n += strlen(b) + (unsigned long)(strchr(b, 'z') - b);
        n += (unsigned)memcmp(a, b, sizeof(a)) & 1;
        n += (unsigned long)(strstr(b, "zab") ? 1 : 0);
    }
    printf("%lu\n", n);
}
