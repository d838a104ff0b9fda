/* SPDX-License-Identifier: MIT */
/* Secure computing modes: filters see the guest's own system calls, so they are run here; the host's kernel knows nothing of them. seccomp(2). */
#ifndef LYRE_LINUX_USER_SECCOMP_H
#define LYRE_LINUX_USER_SECCOMP_H

#include "linux-user/task.h"

/* Shares the filters of `from`; drops those of a task that ends. */
void seccomp_share(Task *to, const Task *from);
void seccomp_drop(Task *t);

/* Asked before each system call of a task with t->seccomp. False: the call is not made, *result is what it gives (perhaps -ENORESULT). May not
 * return at all. */
bool seccomp_allows(Task *t, uint64_t number, const uint64_t args[6], int64_t *result);

/* A descriptor with all that a program which is executed must inherit, or -1; and what that program does with it. */
int seccomp_save(const Task *t);
void seccomp_restore(Task *t, int fd);

/* prctl(PR_SET_SECCOMP), prctl(PR_GET_SECCOMP) */
int64_t seccomp_set_mode(Task *t, uint64_t mode, uint64_t filter);
int seccomp_mode(const Task *t);

#endif
