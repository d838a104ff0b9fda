/* SPDX-License-Identifier: MIT */
/* launch FD PROGRAM ARGUMENT...: runs a program and writes what it used to a descriptor: user + system CPU microseconds, wall microseconds, maximum resident KiB, wait status. A small static
 * program, because the maximum of a child begins with that of the process that it was forked from. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    int out = atoi(argv[1]);
    long start = now();
    pid_t pid = vfork();
    if (pid == 0) {
        close(out);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    int status;
    struct rusage r;
    if (wait4(pid, &status, 0, &r) < 0) {
        return 1;
    }
    dprintf(out, "%ld %ld %ld %d\n", (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec + r.ru_stime.tv_usec, now() - start,
            r.ru_maxrss, status);
    return 0;
}
