/* SPDX-License-Identifier: MIT */
/* Descriptors of ours among the guest's (exec_guard_fd): to the guest they do not exist. */
#ifndef LYRE_LINUX_USER_OWN_FDS_H
#define LYRE_LINUX_USER_OWN_FDS_H

#include "linux-user/syscall_row.h"
#include "linux-user/task.h"

bool own_fds_has(const Task *t, int fd);
/* The smallest of them from `first` on, or UINT32_MAX. */
uint32_t own_fds_next(const Task *t, uint32_t first);
/* Whether a descriptor among a call's arguments is one of them. */
bool own_fds_are_among(const Task *t, const SyscallRow *row, const uint64_t args[6]);
static inline bool own_fds_are_named(const Task *t, const SyscallRow *row, const uint64_t args[6])
{
    return row->fds && own_fds_are_among(t, row, args);
}

#endif
