/* SPDX-License-Identifier: MIT */
/* execve in the guest: the program re-enters Lyre by itself, without binfmt_misc. See DESIGN "exec". */
#ifndef LYRE_LINUX_USER_EXEC_H
#define LYRE_LINUX_USER_EXEC_H

#include "linux-user/task.h"

/* execve and execveat: path, argv and envp are guest addresses, flags are AT_* of execveat. Returns only on failure (negative errno). */
int64_t exec_execve(Task *t, int dirfd, uint64_t path, uint64_t argv, uint64_t envp, int flags);

/* What an emulator finds in its environment when it was started by exec_execve of another. */
typedef struct ExecHandover {
    int fd;                    /* the program, open, or -1 */
    const char *exe_path;      /* what /proc/self/exe says */
    const char *exec_fn;       /* AT_EXECFN: the path as given to execve */
    uint64_t rlimits[3];       /* soft RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK of the guest */
    unsigned noptions;
    const char *options[64];   /* names and values by turns */
} ExecHandover;
/* Takes the hand-over out of envp: false when there is none. */
bool exec_take_handover(char **envp, ExecHandover *out);

/* Notes our own executable at start (path, inode, guarded descriptor), for running it again. */
void exec_init(Task *t, const char *exec_fn);

/* Host limits that we raised for ourselves go back to the guest's before a foreign program runs. */
void exec_restore_limits(Task *t);

#endif
