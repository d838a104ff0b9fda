/* SPDX-License-Identifier: MIT */
/* A byte through a pipe, poll before it is read. class: syscalls */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    char c = 1;
    int fds[2];
    long n = 0;
    if (pipe(fds))
        return 1;
    struct pollfd p = { .fd = fds[0], .events = POLLIN };
    for (int i = 0; i < 300000; i++) {
        n += write(fds[1], &c, 1);
        n += poll(&p, 1, -1);
        n += read(fds[0], &c, 1);
    }
    printf("%ld\n", n);
}
