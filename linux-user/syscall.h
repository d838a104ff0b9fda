/* SPDX-License-Identifier: MIT */
/* System calls: dispatch from the rows of syscalls.def. */
#ifndef LYRE_LINUX_USER_SYSCALL_H
#define LYRE_LINUX_USER_SYSCALL_H

#include "linux-user/task.h"

/* A handler: arguments as the guest's registers hold them; result or negative errno. Restarts: -ERESTARTSYS and friends as in the
 * kernel (512..516), turned into EINTR or a restart by signal delivery. */
typedef int64_t SyscallFn(Task *t, const uint64_t args[6]);

/* Does the system call that `t` stands behind; sets the result register. */
void syscall_dispatch(Task *t);

/* Blocking host system calls go through this: a signal that arrives before the `syscall` instruction of the routine makes it return
 * -ERESTARTSYS without having entered the kernel; one that arrives inside makes the kernel return EINTR. Negative errno. */
int64_t syscall_blocking(Task *t, long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
/* Never blocks, or a signal may wait: plain. Negative errno. */
int64_t syscall_host(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
/* Host signal handler: if `uc` stands in the restart window, moves it to the window's exit. */
void syscall_leave_window(void *uc);

/* The list for -syscalls: each row, whether implemented, passed through, or missing and why. */
void syscall_print_list(int fd);

#endif
