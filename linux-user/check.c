/* SPDX-License-Identifier: MIT */
/* Checks of the pointers that a system call is given, from its row. */
#include "linux-user/check.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "linux-user/mm.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { MAX_TRANSFER = 0x7ffff000 }; /* MAX_RW_COUNT of the kernel: no call transfers more */

static int check(Task *t, uint64_t addr, uint64_t len, bool is_write)
{
    if (addr == 0 || len == 0) {
        return 0;
    }
    if (UNLIKELY(len > MAX_TRANSFER)) {
        if (addr + len < addr || addr + len > t->mm->layout.address_end) {
            return -EFAULT;
        }
        len = MAX_TRANSFER;
    }
    return mm_check_range(t->mm, addr, len, is_write);
}

int check_read(Task *t, uint64_t addr, uint64_t len) { return check(t, addr, len, false); }
int check_write(Task *t, uint64_t addr, uint64_t len) { return check(t, addr, len, true); }

int check_iovec(Task *t, uint64_t iov, uint64_t n, bool is_write)
{
    if (n > IOV_MAX) {
        return 0; /* EINVAL is the kernel's to say */
    }
    struct iovec part[16];
    for (uint64_t done = 0; done < n;) {
        uint64_t now = n - done < ARRAY_LEN(part) ? n - done : ARRAY_LEN(part);
        if (mm_read(part, iov + done * sizeof(part[0]), now * sizeof(part[0]))) {
            return -EFAULT;
        }
        for (uint64_t i = 0; i < now; i++) {
            if (check(t, (uint64_t)(uintptr_t)part[i].iov_base, part[i].iov_len, is_write)) {
                return -EFAULT;
            }
        }
        done += now;
    }
    return 0;
}

int check_msghdr(Task *t, uint64_t msg, bool is_write)
{
    struct msghdr m;
    if (mm_read(&m, msg, sizeof(m)) || check(t, (uint64_t)(uintptr_t)m.msg_name, m.msg_namelen, is_write) ||
        check(t, (uint64_t)(uintptr_t)m.msg_control, m.msg_controllen, is_write) ||
        check(t, (uint64_t)(uintptr_t)m.msg_iov, m.msg_iovlen * sizeof(struct iovec), false)) {
        return -EFAULT;
    }
    return check_iovec(t, (uint64_t)(uintptr_t)m.msg_iov, m.msg_iovlen, is_write);
}

uint64_t check_arg_count(const SyscallRow *row, const SyscallArg *arg, const uint64_t args[6])
{
    if (arg->count < 0) {
        return 1;
    }
    uint64_t n = args[arg->count];
    unsigned type = row->arg[arg->count].type;
    if (arg->unit == COUNT_BEHIND) {
        uint32_t behind = 0;
        return mm_read(&behind, n, sizeof(behind)) ? 0 : behind;
    }
    if (type == ARG_INT || type == ARG_UINT) {
        n = (uint32_t)n; /* the upper half of a 32-bit argument may hold anything */
        if (type == ARG_INT && (int32_t)n < 0) {
            return 0; /* EINVAL is the kernel's to say */
        }
    }
    return arg->unit == COUNT_BITS ? ALIGN_UP(n, 64) / 8 : n;
}

static int check_mmsghdr(Task *t, uint64_t addr, uint64_t n, bool is_write)
{
    int error = 0;
    for (uint64_t i = 0; i < n && i < IOV_MAX && !error; i++) {
        error = check_msghdr(t, addr + i * sizeof(struct mmsghdr), is_write);
    }
    return error;
}

static int check_arg(Task *t, const SyscallRow *row, const SyscallArg *arg, const uint64_t args[6], uint64_t addr)
{
    uint64_t n = check_arg_count(row, arg, args), size;
    if (__builtin_mul_overflow(n, arg->size, &size)) {
        return addr ? -EFAULT : 0;
    }
    int error = check(t, addr, size, arg->type != ARG_IN && arg->type != ARG_STR);
    if (LIKELY(error || addr == 0)) {
        return error;
    }
    switch (arg->ref) {
    case STRUCT_iovec:
    case STRUCT_riovec:
        return check_iovec(t, addr, n, arg->ref == STRUCT_riovec);
    case STRUCT_msghdr:
    case STRUCT_rmsghdr:
        return check_msghdr(t, addr, arg->ref == STRUCT_rmsghdr);
    case STRUCT_mmsghdr:
    case STRUCT_rmmsghdr:
        return check_mmsghdr(t, addr, n, arg->ref == STRUCT_rmmsghdr);
    default:
        return 0;
    }
}

int check_pointers(Task *t, const SyscallRow *row, const uint64_t args[6])
{
    for (unsigned bits = row->pointers; bits; bits &= bits - 1) {
        unsigned i = (unsigned)__builtin_ctz(bits);
        int error = check_arg(t, row, &row->arg[i], args, args[i]);
        if (UNLIKELY(error)) {
            return error;
        }
    }
    return 0;
}
