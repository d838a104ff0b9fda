/* SPDX-License-Identifier: MIT */
/* Every path of a system call goes through here: copied from the guest, looked up below -L, /proc names that speak of the guest. */
#ifndef LYRE_LINUX_USER_PATH_H
#define LYRE_LINUX_USER_PATH_H

#include <fcntl.h>
#include <limits.h>

#include "linux-user/procfs.h"

typedef struct PathBuf {
    const char *path;            /* what the host is given: `copy`, `translated`, or NULL for a null pointer */
    ProcFile proc;               /* not PROC_NONE: a name that the caller may answer itself */
    char copy[PATH_MAX];         /* the guest's own words */
    char translated[PATH_MAX];
} PathBuf;

/* The path that the host is to be asked about: below -L when it is absolute, exists there and is not the running system's (/proc, /sys, /dev,
 * /tmp). Symbolic links to absolute paths lead to where they would if the guest had named their target, wherever they lie. Result: path itself or
 * buf, of PATH_MAX bytes at least. */
const char *path_translate(const Task *t, int dirfd, const char *path, bool is_followed, char *buf, size_t size);

/* 0 or a negative errno. With is_followed a last component that is the guest's /proc/self/exe stands for the program itself. */
int64_t path_get(Task *t, int dirfd, uint64_t addr, bool is_followed, PathBuf *out);

#endif
