/* SPDX-License-Identifier: MIT */
/* printf, snprintf, strtol. class: libc */
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    char s[128];
    unsigned long n = 0;
    for (int i = 0; i < 800000; i++) {
        n += (unsigned long)snprintf(s, sizeof(s), "%d %s %08x", i, "text", i * 7);
        n += (unsigned long)strtol(s, NULL, 10);
    }
    printf("%lu\n", n);
}
