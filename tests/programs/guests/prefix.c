/* SPDX-License-Identifier: MIT */
/* Asks about paths, one line each: what stat, lstat, access, statx, openat2, readlink and opendir say. Driver: prefix.py. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void show_contents(const char *path)
{
    char buf[200];
    struct open_how how = {.flags = O_RDONLY};
    int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
    ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);
    buf[n > 0 ? n : 0] = 0;
    printf(" text=%s", buf);
    close(fd);
}

static void show_folder(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        n += e->d_name[0] != '.';
    }
    printf(" entries=%d", d ? n : -1);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *path = argv[i];
        struct stat s, l;
        struct statx x;
        char link[300];
        if (strcmp(path, "-exec") == 0) {
            execv(argv[i + 1], argv + i + 1);
            printf("exec: %s\n", strerror(errno));
            return 1;
        }
        int r = stat(path, &s), lr = lstat(path, &l), xr = statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &x);
        int a = access(path, F_OK), a2 = syscall(SYS_faccessat2, AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW);
        ssize_t n = readlink(path, link, sizeof(link) - 1);
        link[n > 0 ? n : 0] = 0;
        printf("%s: stat=%d lstat=%d statx=%d access=%d,%d islink=%d link=%s", path, r, lr, xr, a, a2, lr == 0 && S_ISLNK(l.st_mode), link);
        if (r == 0 && S_ISDIR(s.st_mode)) {
            show_folder(path);
        } else {
            show_contents(path);
        }
        printf("\n");
    }
    return 7;
}
