/* SPDX-License-Identifier: MIT */
/* Checks of the pointers that a system call is given. */
#ifndef LYRE_LINUX_USER_CHECK_H
#define LYRE_LINUX_USER_CHECK_H

#include "linux-user/syscall_row.h"

/* All pointers that the row declares, iovec and msghdr with what they point to: 0, or -EFAULT when one is ours or beyond the address space.
 * Code pages that the kernel will write become writable. */
int check_pointers(Task *t, const SyscallRow *row, const uint64_t args[6]);

/* One pointer. Length 0 and the null pointer are left to the kernel. */
int check_read(Task *t, uint64_t addr, uint64_t len);
int check_write(Task *t, uint64_t addr, uint64_t len);
/* The ranges of an array of iovec. */
int check_iovec(Task *t, uint64_t iov, uint64_t n, bool is_write);
int check_msghdr(Task *t, uint64_t msg, bool is_write);

/* How many elements a pointer argument has. */
uint64_t check_arg_count(const SyscallRow *row, const SyscallArg *arg, const uint64_t args[6]);

#endif
