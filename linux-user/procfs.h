/* SPDX-License-Identifier: MIT */
/* Paths below /proc that speak of the guest instead of the emulator. */
#ifndef LYRE_LINUX_USER_PROCFS_H
#define LYRE_LINUX_USER_PROCFS_H

#include <stddef.h>

#include "linux-user/task.h"

/* What a path names, after "/proc/self", "/proc/thread-self", "/proc/PID" and "/proc/PID/task/TID" of this process are recognised. */
typedef enum ProcFile {
    PROC_NONE,      /* nothing special: use the host's file */
    PROC_EXE,
    PROC_MAPS,
    PROC_SMAPS,
    PROC_AUXV,
    PROC_CMDLINE,
    PROC_ENVIRON,
    PROC_CPUINFO,
} ProcFile;
/* cmdline, environ and auxv are the host's files where the kernel could be told of the guest's (task_tell_kernel). */
ProcFile procfs_classify(const Task *t, int dirfd, const char *path);

/* Opens the guest's view of a path that procfs_classify named: a new descriptor or a negative errno. */
int procfs_open(Task *t, ProcFile file, int flags);

/* The guest's /proc/self/exe as a string: length copied (as readlink), or a negative errno. */
int64_t procfs_readlink(Task *t, ProcFile file, char *buf, size_t size);

#endif
