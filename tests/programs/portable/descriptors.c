/* SPDX-License-Identifier: MIT */
/* Descriptors and RLIMIT_NOFILE: which numbers are open after exec, and how many a program may open, with lowered limits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void list(const char *name)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("%s: soft %ld open", name, limit.rlim_cur > 1024 ? -1 : (long)limit.rlim_cur);
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            printf(" %d", fd);
        }
    }
    printf("\n");
}

/* How many more can be opened, and the last one's number. */
static void fill(void)
{
    int fd, last = -1, n = 0;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
        last = fd;
        n++;
    }
    printf("opened %d to %d, errno %d\n", n, last, errno);
    for (int i = 3; i <= last; i++) {
        close(i);
    }
}

/* In a child with a soft limit: `action` there, then the same in a program that it executes. */
static void with_limit(char *self, rlim_t soft, char *action)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit;
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = soft;
        setrlimit(RLIMIT_NOFILE, &limit);
        strcmp(action, "list") ? fill() : list("child");
        fflush(stdout);
        char *argv[] = {self, action, NULL};
        execv(self, argv);
        _exit(127);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("status %d\n", status);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        strcmp(argv[1], "list") ? fill() : list("program");
        return 0;
    }
    list("first");
    for (int i = 0; i < 30; i++) {
        dup2(0, 3 + i);
    }
    with_limit(argv[0], 20, "list");
    with_limit(argv[0], 29, "list");
    for (int i = 0; i < 30; i++) {
        close(3 + i);
    }
    with_limit(argv[0], 64, "fill");
    with_limit(argv[0], 1024, "fill");
    list("end");
    return 0;
}
