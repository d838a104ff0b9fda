/* SPDX-License-Identifier: MIT */
/* write of a few bytes. class: syscalls */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    char c[64] = { 1 };
    long n = 0;
    int out = open("/dev/null", O_WRONLY);
    for (int i = 0; i < 1200000; i++)
        n += write(out, c, sizeof(c));
    printf("%ld\n", n);
}
