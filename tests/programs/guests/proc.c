/* SPDX-License-Identifier: MIT */
/* /proc speaks of the guest under every name that the process has, by every call that takes a path. Prints TAP. */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static int count;
static char self[4096]; /* the program's path, from AT_EXECFN */
static struct stat self_stat;

static void ok(int is_ok, const char *what, const char *name)
{
    printf("%sok %d - %s %s\n", is_ok ? "" : "not ", ++count, what, name);
    fflush(stdout);
}

static int is_self(int fd)
{
    struct stat st;
    int same = fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == self_stat.st_ino && st.st_dev == self_stat.st_dev;
    if (fd >= 0) {
        close(fd);
    }
    return same;
}

static int is_path(const char *link, ssize_t n) { return n == (ssize_t)strlen(self) && memcmp(link, self, (size_t)n) == 0; }

static int open2(int dirfd, const char *path, uint64_t flags)
{
    struct open_how how = {.flags = flags};
    return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

/* `dir`/exe, by path and by descriptor of the directory. */
static void test_exe(const char *dir)
{
    char path[200], link[4096];
    struct stat st;
    struct statx sx;
    snprintf(path, sizeof(path), "%s/exe", dir);
    int dirfd = open(dir, O_RDONLY | O_DIRECTORY);
    ok(is_path(link, readlink(path, link, sizeof(link))), "readlink", path);
    ok(dirfd >= 0 && is_path(link, readlinkat(dirfd, "exe", link, sizeof(link))), "readlinkat with a descriptor,", path);
    ok(is_self(open(path, O_RDONLY)), "open", path);
    ok(is_self(openat(dirfd, "exe", O_RDONLY)), "openat with a descriptor,", path);
    ok(is_self(open2(AT_FDCWD, path, O_RDONLY)), "openat2", path);
    ok(is_self(open2(dirfd, "exe", O_RDONLY)), "openat2 with a descriptor,", path);
    ok(is_self(open(path, O_PATH)), "open O_PATH", path);
    ok(stat(path, &st) == 0 && st.st_ino == self_stat.st_ino && S_ISREG(st.st_mode), "stat", path);
    ok(lstat(path, &st) == 0 && S_ISLNK(st.st_mode), "lstat", path);
    ok(syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO | STATX_SIZE, &sx) == 0 && sx.stx_ino == self_stat.st_ino, "statx", path);
    ok(syscall(SYS_statx, dirfd, "exe", 0, STATX_INO, &sx) == 0 && sx.stx_ino == self_stat.st_ino, "statx with a descriptor,", path);
    ok(syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &sx) == 0 && S_ISLNK(sx.stx_mode), "statx of the link", path);
    ok(access(path, R_OK | X_OK) == 0, "access", path);
    ok(open(path, O_RDWR) < 0 && (errno == ETXTBSY || errno == EACCES || errno == EROFS), "open for writing", path);
    char cwd[4096];
    if (getcwd(cwd, sizeof(cwd)) && chdir(dir) == 0) {
        ok(is_path(link, readlink("exe", link, sizeof(link))) && is_self(open("./exe", O_RDONLY)), "relative", path);
        ok(chdir(cwd) == 0, "and back from", dir);
    }
    close(dirfd);
}

static char content[1 << 20];
static ssize_t read_all(int fd)
{
    ssize_t n, used = 0;
    while (fd >= 0 && (n = read(fd, content + used, sizeof(content) - 1 - (size_t)used)) > 0) {
        used += n;
    }
    content[used] = 0;
    close(fd);
    return used;
}

static int has_line(const char *start) { return strncmp(content, start, strlen(start)) == 0 || strstr(content, start); }

/* Files of `dir` that speak of memory and arguments. */
static void test_files(const char *dir, const void *stack)
{
    char path[200], want[64];
    snprintf(path, sizeof(path), "%s/maps", dir);
    ok(read_all(open(path, O_RDONLY)) > 0 && has_line(self) && !strstr(content, "lyre-" GUEST) && has_line("[stack]") && has_line("[vdso]"), "program and stack in", path);
    snprintf(want, sizeof(want), "%lx-", (unsigned long)content & ~0xffful);
    uintptr_t start, end;
    int is_found = 0;
    for (char *line = content; line && sscanf(line, "%lx-%lx", &start, &end) == 2; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        is_found |= (uintptr_t)&start >= start && (uintptr_t)&start < end && strstr(line, "rw-p");
    }
    ok(is_found, "a variable's place in", path);
    ok(read_all(open2(AT_FDCWD, path, O_RDONLY)) > 0 && has_line(self) && !strstr(content, "lyre-" GUEST), "by openat2,", path);
    snprintf(path, sizeof(path), "%s/smaps", dir);
    ok(read_all(open(path, O_RDONLY)) > 0 && has_line(self) && has_line("Rss:") && !strstr(content, "lyre-" GUEST), "program in", path);
    snprintf(path, sizeof(path), "%s/cmdline", dir);
    ssize_t n = read_all(open(path, O_RDONLY));
    ok(n > 0 && strcmp(content, self) == 0 && memcmp(content + n - 8, "last arg", 8) != 0 && content[n - 1] == 0, "arguments in", path);
    snprintf(path, sizeof(path), "%s/environ", dir);
    n = read_all(open(path, O_RDONLY));
    ok(n > 0 && memmem(content, (size_t)n, "PROC_TEST=1", 12), "environment in", path);
    snprintf(path, sizeof(path), "%s/auxv", dir);
    n = read_all(open(path, O_RDONLY));
    uint64_t *aux = (uint64_t *)content, entry = 0;
    for (; (char *)aux < content + n && aux[0]; aux += 2) {
        entry = aux[0] == AT_ENTRY ? aux[1] : entry;
    }
    ok(entry && entry == getauxval(AT_ENTRY), "entry in", path);
    snprintf(path, sizeof(path), "%s/comm", dir);
    ok(read_all(open(path, O_RDONLY)) > 0 && strcmp(content, "exe\n") == 0, "name in", path);
    snprintf(path, sizeof(path), "%s/stat", dir);
    char *stat_end = read_all(open(path, O_RDONLY)) > 0 ? strrchr(content, ')') : NULL;
    uint64_t field[64] = {0};
    unsigned i = 3;
    for (char *p = stat_end ? strchr(stat_end + 2, ' ') : NULL; p && i < 60; p = strchr(p + 1, ' ')) {
        field[i++ + 1] = strtoull(p + 1, NULL, 10);
    }
    uintptr_t code = (uintptr_t)is_self; /* 26 startcode, 27 endcode, 28 startstack */
    ok(field[26] <= code && code < field[27], "code in", path);
    ok(field[28] > (uintptr_t)stack && field[28] < (uintptr_t)stack + (8 << 20), "stack in", path);
}

/* A folder of descriptors, of this process or of its parent, lists those that this process has; not `own`: but for the folder itself. */
static void test_descriptors(const char *dir, int own)
{
    DIR *d = opendir(dir);
    char seen[4096] = {0};
    int differing = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] != '.') {
            seen[atoi(e->d_name) % (int)sizeof(seen)] = 1;
        }
    }
    for (int fd = 0; fd < (int)sizeof(seen); fd++) {
        int is_open = fcntl(fd, F_GETFD) >= 0 && (own || fd != dirfd(d));
        differing += is_open != seen[fd] || (is_open && fd >= 1000);
    }
    ok(d && !differing, "the same descriptors in", dir);
    if (d) {
        closedir(d);
    }
}

static void test_parents_descriptors(void)
{
    char dir[64];
    int status = -1;
    snprintf(dir, sizeof(dir), "/proc/%d/fd", getpid());
    fflush(stdout);
    if (fork() == 0) {
        test_descriptors(dir, 0);
        _exit(0);
    }
    wait(&status);
    count++;
}

static void *in_thread(void *opaque)
{
    char dir[64];
    test_exe("/proc/thread-self");
    snprintf(dir, sizeof(dir), "/proc/self/task/%ld", syscall(SYS_gettid));
    test_exe(dir);
    test_files("/proc/thread-self", opaque);
    return NULL;
}

int main(int argc, char **argv)
{
    char dir[64];
    pthread_t thread;
    if (argc > 1) {
        return strcmp(argv[1], "seven") == 0 ? 7 : 1;
    }
    strcpy(self, (char *)getauxval(AT_EXECFN));
    if (self[0] != '/' || stat(self, &self_stat)) {
        printf("not ok 1 - run by an absolute path\n");
        return 1;
    }
    if (!getenv("PROC_TEST")) {
        setenv("PROC_TEST", "1", 1);
        execl("/proc/self/exe", self, NULL);
        return 1;
    }
    /* AT_EXECFN is now what was given to execve */
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = 0;
    stat(self, &self_stat);
    ok(strcmp(argv[0], self) == 0 && strcmp((char *)getauxval(AT_EXECFN), "/proc/self/exe") == 0, "execve of", "/proc/self/exe");
    const char *const formats[] = {"/proc/self", "/proc/%d", "/proc/thread-self", "/proc/self/task/%d", "/proc/%d/task/%d", "/proc//self/./task/../../self"};
    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        snprintf(dir, sizeof(dir), formats[i], getpid(), getpid());
        test_exe(dir);
        test_files(dir, &thread);
    }
    pthread_create(&thread, NULL, in_thread, dir);
    pthread_join(thread, NULL);
    ok(read_all(open("/proc/cpuinfo", O_RDONLY)) > 0 && has_line(GUEST_CPUINFO) && !strstr(content, "GenuineIntel"), "the guest's CPU in", "/proc/cpuinfo");
    ok(read_all(open2(AT_FDCWD, "/proc/cpuinfo", O_RDONLY)) > 0 && has_line(GUEST_CPUINFO), "by openat2,", "/proc/cpuinfo");
    ok(read_all(open("/proc/self/status", O_RDONLY)) > 0 && has_line("\nThreads:\t1\n"), "one thread in", "/proc/self/status");
    int proc = open("/proc", O_RDONLY | O_DIRECTORY);
    ok(read_all(openat(proc, "cpuinfo", O_RDONLY)) > 0 && has_line(GUEST_CPUINFO), "with a descriptor,", "/proc/cpuinfo");
    test_descriptors("/proc/self/fd", 1);
    test_descriptors("/proc/self/fdinfo", 1);
    test_descriptors("/proc/thread-self/fd", 1);
    test_parents_descriptors();
    int status = -1;
    if (fork() == 0) {
        execl("/proc/self/exe", "x", "seven", NULL);
        _exit(99);
    }
    wait(&status);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "execve in a child of", "/proc/self/exe");
    char link[100];
    ok(readlink("/proc/1/exe", link, sizeof(link)) != 0 && open("/proc/self/exe/x", O_RDONLY) < 0 && errno == ENOTDIR, "no directory is", "/proc/self/exe");
    ok(open("/proc/self/nothing", O_RDONLY) < 0 && errno == ENOENT, "there is no", "/proc/self/nothing");
    printf("1..%d\n", count);
    return 0;
}
