/* SPDX-License-Identifier: MIT */
/* System calls: dispatch from the rows of syscalls.def. */
#ifndef LYRE_LINUX_USER_SYSCALL_H
#define LYRE_LINUX_USER_SYSCALL_H

#include "linux-user/task.h"

/* Results that never reach the guest. */
enum {
    ERESTART_NOINTR = 513, /* a signal came first: the call is made again after its delivery (the kernel's ERESTARTNOINTR) */
    ENORESULT = 600,       /* the handler has set all registers itself (rt_sigreturn, execve, ...) */
};

/* A handler: arguments as the guest's registers hold them; result or negative errno, or one of the above. What the row declares
 * in., out., io. is checked already; paths and `addr` are not. */
typedef int64_t SyscallFn(Task *t, const uint64_t args[6]);

/* Does the system call that `t` stands behind; sets the result register. The caller then calls signal_deliver. */
void syscall_dispatch(Task *t);

/* Blocking host system calls go through this: a signal that arrives before the `syscall` instruction of the routine makes it return
 * -ERESTART_NOINTR without having entered the kernel; one that arrives inside makes the kernel return EINTR, or restart when the guest's handler
 * has SA_RESTART (host handlers carry that flag as the guest's do): then -ERESTART_NOINTR too. Negative errno. */
int64_t syscall_blocking(Task *t, long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
/* Never blocks, or a signal may wait: plain. Negative errno. */
int64_t syscall_host(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
/* Host signal handler: if `uc` stands in the restart window, moves it to the window's exit. */
void syscall_leave_window(void *uc);

/* The list for -syscalls: each row, whether implemented, passed through, or missing and why. */
void syscall_print_list(int fd);

#endif
