/* SPDX-License-Identifier: MIT */
/* Names below /proc that must speak of the guest, by text: the process's own directory under all its names, and cpuinfo. */
#include "linux-user/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "linux-user/abi.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

static const struct {
    const char *name;
    ProcFile file;
    bool is_told; /* the host's own file will do once the kernel knows the guest's addresses */
} leaves[] = {
    {"exe", PROC_EXE, false},         {"maps", PROC_MAPS, false},      {"smaps", PROC_SMAPS, false}, {"auxv", PROC_AUXV, true},
    {"cmdline", PROC_CMDLINE, true},  {"environ", PROC_ENVIRON, true}, {"cpuinfo", PROC_CPUINFO, false},
};

static ProcFile leaf_of(const Task *t, const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(leaves); i++) {
        if (strcmp(name, leaves[i].name) == 0) {
            return leaves[i].is_told && t->group->is_kernel_told ? PROC_NONE : leaves[i].file;
        }
    }
    return PROC_NONE;
}

/* Removes empty and "." components and resolves ".." by text, in place. */
static void normalise(char *path)
{
    char *to = path;
    for (char *from = path; *from;) {
        while (*from == '/') {
            from++;
        }
        size_t n = strcspn(from, "/");
        if (n == 0 || (n == 1 && from[0] == '.')) {
            from += n;
        } else if (n == 2 && from[0] == '.' && from[1] == '.') {
            while (to > path && *--to != '/') {
            }
            from += n;
        } else {
            *to++ = '/';
            memmove(to, from, n);
            to += n;
            from += n;
        }
    }
    *to = 0;
}

/* Steps over `word` and a slash; NULL if the path goes on otherwise. */
static const char *skip(const char *path, const char *word)
{
    size_t n = strlen(word);
    return strncmp(path, word, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static const char *skip_number(const char *path, int64_t *number)
{
    int64_t n = 0;
    const char *p = path;
    for (; *p >= '0' && *p <= '9' && n < INT_MAX; p++) {
        n = n * 10 + (*p - '0');
    }
    *number = n;
    return p != path && *p == '/' ? p + 1 : NULL;
}

/* `path` is absolute and normalised. */
static ProcFile classify_absolute(const Task *t, const char *path)
{
    const char *rest = skip(path, "/proc"), *next;
    int64_t pid;
    if (!rest) {
        return PROC_NONE;
    }
    if (strcmp(rest, "cpuinfo") == 0) {
        return PROC_CPUINFO;
    }
    if ((next = skip(rest, "self")) || (next = skip(rest, "thread-self"))) {
        rest = next;
    } else if ((next = skip_number(rest, &pid)) && (pid == t->tid || pid == sys_call1(SYS_getpid, 0))) {
        rest = next;
    } else {
        return PROC_NONE;
    }
    if ((next = skip(rest, "task")) && (next = skip_number(next, &pid))) {
        rest = next;
    }
    return strcmp(rest, "cpuinfo") == 0 ? PROC_NONE : leaf_of(t, rest);
}

/* The directory that a relative path starts from. */
static bool directory_of(int dirfd, char *buf, size_t size)
{
    char link[40] = "/proc/self/cwd";
    if (dirfd != AT_FDCWD) {
        char digits[12], *p = digits + sizeof(digits) - 1;
        unsigned n = (unsigned)dirfd;
        for (*p = 0; n || !*p; n /= 10) {
            *--p = (char)('0' + n % 10);
        }
        memcpy(link, "/proc/self/fd/", 15);
        strcat(link, p);
    }
    int64_t n = sys_call3(SYS_readlink, SYS_PTR(link), SYS_PTR(buf), size - 1);
    if (n <= 0) {
        return false;
    }
    buf[n] = 0;
    return true;
}

ProcFile procfs_classify(const Task *t, int dirfd, const char *path)
{
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    if (leaf_of(t, last) == PROC_NONE) {
        return PROC_NONE; /* nearly every path ends here */
    }
    char full[2 * PATH_MAX];
    size_t n = strnlen(path, PATH_MAX);
    if (*path == '/') {
        memcpy(full, path, n);
        full[n] = 0;
    } else {
        if (!directory_of(dirfd, full, PATH_MAX) || strncmp(full, "/proc", 5) != 0) {
            return PROC_NONE;
        }
        size_t base = strlen(full);
        full[base] = '/';
        memcpy(full + base + 1, path, n);
        full[base + 1 + n] = 0;
    }
    normalise(full);
    return classify_absolute(t, full);
}

/* A memfd that holds guest memory [start, end). */
static int open_memory(const char *name, uint64_t start, uint64_t end)
{
    int64_t fd = sys_call2(SYS_memfd_create, SYS_PTR(name), 1 /* MFD_CLOEXEC */);
    while (fd >= 0 && start < end) {
        int64_t n = sys_call3(SYS_write, (uint64_t)fd, start, end - start);
        if (n <= 0) {
            break;
        }
        start += (uint64_t)n;
    }
    return (int)fd;
}

int procfs_open(Task *t, ProcFile file, int flags)
{
    const TaskGroup *g = t->group;
    int64_t fd = -ENOENT;
    if (file == PROC_EXE) {
        return (int)sys_call3(SYS_open, SYS_PTR(g->exe_path), (uint64_t)flags, 0);
    }
    if ((flags & O_ACCMODE) != O_RDONLY) {
        return -EACCES;
    }
    switch (file) {
    case PROC_MAPS:
    case PROC_SMAPS:
        fd = mm_open_maps(t->mm, file == PROC_SMAPS);
        break;
    case PROC_AUXV:
        fd = open_memory("auxv", g->auxv_start, g->auxv_end);
        break;
    case PROC_CMDLINE:
        fd = open_memory("cmdline", g->arg_start, g->arg_end);
        break;
    case PROC_ENVIRON:
        fd = open_memory("environ", g->env_start, g->env_end);
        break;
    case PROC_CPUINFO:
        fd = sys_call2(SYS_memfd_create, SYS_PTR("cpuinfo"), 1 /* MFD_CLOEXEC */);
        if (fd >= 0 && t->abi->write_cpuinfo) {
            t->abi->write_cpuinfo(t->options->target_cpu, (int)fd);
        }
        break;
    default:
        break;
    }
    if (fd >= 0) {
        sys_call3(SYS_lseek, (uint64_t)fd, 0, SEEK_SET);
        if (!(flags & O_CLOEXEC)) {
            sys_call3(SYS_fcntl, (uint64_t)fd, F_SETFD, 0);
        }
    }
    return (int)fd;
}

int64_t procfs_readlink(Task *t, ProcFile file, char *buf, size_t size)
{
    if (file != PROC_EXE) {
        return -EINVAL;
    }
    size_t n = strlen(t->group->exe_path);
    n = n < size ? n : size;
    memcpy(buf, t->group->exe_path, n);
    return (int64_t)n;
}
