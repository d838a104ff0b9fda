/* SPDX-License-Identifier: MIT */
/* read of a few bytes. class: syscalls */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    char c[64];
    long n = 0;
    int in = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < 1200000; i++)
        n += read(in, c, sizeof(c));
    printf("%ld\n", n);
}
