/* SPDX-License-Identifier: MIT */
/* execve in the guest: the program re-enters Lyre by itself, without binfmt_misc. See DESIGN "exec". */
#ifndef LYRE_LINUX_USER_EXEC_H
#define LYRE_LINUX_USER_EXEC_H

#include <limits.h>

#include "linux-user/loader.h"
#include "linux-user/task.h"

enum { EXEC_MAX_SCRIPTS = 5, EXEC_SCRIPT_LINE = 256 };

/* execve and execveat: path, argv and envp are guest addresses, flags are AT_* of execveat. Returns only on failure (negative errno). */
int64_t exec_execve(Task *t, int dirfd, uint64_t path, uint64_t argv, uint64_t envp, int flags);

/* What an emulator finds in its environment when it was started by exec_execve of another. */
typedef struct ExecHandover {
    int fd;                    /* the program, open */
    int self_fd;               /* our own file, open; or -1 */
    int seccomp_fd;            /* for seccomp_restore, or -1 */
    const char *exec_fn;       /* AT_EXECFN: the path as given to execve */
    unsigned noptions;
    const char *options[64];   /* names and values by turns */
} ExecHandover;
/* Takes the hand-over out of envp: false when there is none. */
bool exec_take_handover(char **envp, ExecHandover *out);

/* A program with its scripts followed to what is to be loaded. */
typedef struct ExecProgram {
    int fd;                    /* of the last file, to be closed; close-on-exec */
    ProgramKind kind;          /* never PROGRAM_SCRIPT */
    const char *why;           /* PROGRAM_INVALID: for the person; PROGRAM_OTHER_GUEST: the architecture */
    char path[PATH_MAX];       /* of the last file, for the host */
    unsigned nargs;            /* arguments before argv[1] of the caller: 0 if no script was met */
    char *args[2 * EXEC_MAX_SCRIPTS + 1];
    char text[EXEC_MAX_SCRIPTS][EXEC_SCRIPT_LINE]; /* what args point to */
} ExecProgram;
/* `fd` is open (and becomes p->fd); `name` is what a script's interpreter gets as its name. 0 or a negative errno (with p->why), and fd closed. */
int exec_resolve(Task *t, int fd, const char *name, ExecProgram *p);

/* Notes our own executable at start (path, inode, guarded descriptor), for running it again. given: a descriptor of it from a hand-over, or -1. */
void exec_init(Task *t, int given);
/* Whether that file is our executable. */
struct stat;
bool exec_is_self(const struct stat *st);

/* Memory that execve of a vfork child could not free; called by who frees the task. */
void exec_free_scratch(Task *t);

/* Raises the soft limit of descriptors for a moment, where the hard one allows it, for those of ours; `limit` is for giving back. */
void exec_borrow_fds(uint64_t limit[2]);
void exec_return_fds(const uint64_t limit[2]);

/* Between those two: moves a descriptor to the guarded slots, which begin at 1024, or lie right below the hard limit; close-on-exec; the old one is
 * closed. The result may be the old one when there is no room. */
int exec_guard_fd(int fd);

#endif
