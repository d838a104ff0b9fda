/* SPDX-License-Identifier: MIT */
/* Descriptors of ours: calls that name one fail with EBADF, close_range goes round them, and /proc/PID/fd does not list them. */
#include "linux-user/own_fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "linux-user/exec.h"
#include "linux-user/mm.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

bool own_fds_has(const Task *t, int fd)
{
    return fd >= 0 && (fd == t->files->self_fd || fd == t->files->log_fd || fd == t->group->exe_fd);
}

uint32_t own_fds_next(const Task *t, uint32_t first)
{
    const int own[] = {t->files->self_fd, t->files->log_fd, t->group->exe_fd};
    uint32_t next = UINT32_MAX;
    for (unsigned i = 0; i < ARRAY_LEN(own); i++) {
        if (own[i] >= 0 && (uint32_t)own[i] >= first && (uint32_t)own[i] < next) {
            next = (uint32_t)own[i];
        }
    }
    return next;
}

bool own_fds_are_among(const Task *t, const SyscallRow *row, const uint64_t args[6])
{
    for (unsigned bits = row->fds; bits; bits &= bits - 1) {
        if (UNLIKELY(own_fds_has(t, (int)args[__builtin_ctz(bits)]))) {
            return true;
        }
    }
    return false;
}

/* fd and fdinfo of a process that runs under an emulator like this one: `..` has its exe. Others' descriptors are nobody's business here. */
static bool lists_descriptors(int fd)
{
    struct statfs fs;
    struct stat st;
    return sys_call2(SYS_fstatfs, SYS_INT(fd), SYS_PTR(&fs)) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
           sys_call4(SYS_newfstatat, SYS_INT(fd), SYS_PTR("../exe"), SYS_PTR(&st), 0) == 0 && exec_is_self(&st);
}

/* The kernel's struct linux_dirent64 as far as numbers go. */
typedef struct Entry {
    uint64_t ino, off;
    uint16_t length;
    uint8_t type;
    char name[13];
} Entry;

static bool is_own_entry(const Task *t, const Entry *e)
{
    int fd = 0;
    const char *p = e->name;
    for (; *p >= '0' && *p <= '9' && p < e->name + 9; p++) {
        fd = fd * 10 + (*p - '0');
    }
    return *p == 0 && p != e->name && (e->type == DT_LNK || e->type == DT_REG) && own_fds_has(t, fd);
}

/* Drops the entries of our descriptors from the guest's buffer: bytes that are left. */
static int64_t without_own(const Task *t, uint64_t buf, int64_t size)
{
    enum { HEAD = offsetof(Entry, name) };
    int64_t kept = 0;
    for (int64_t at = 0; at + HEAD < size;) {
        Entry e;
        memset(&e, 0, sizeof(e));
        if (mm_read(&e, buf + (uint64_t)at, HEAD) || e.length <= HEAD || e.length > sizeof(e) || e.length > size - at ||
            mm_read(e.name, buf + (uint64_t)at + HEAD, e.length - (size_t)HEAD)) {
            return size; /* longer names: not such a folder */
        }
        at += e.length;
        e.name[sizeof(e.name) - 1] = 0;
        if (!is_own_entry(t, &e)) {
            if (mm_write(buf + (uint64_t)kept, &e, e.length)) {
                return -EFAULT;
            }
            kept += e.length;
        }
    }
    return kept;
}

int64_t sys_getdents64(Task *t, const uint64_t args[6])
{
    int64_t n, kept;
    do {
        n = kept = sys_call3(SYS_getdents64, args[0], args[1], args[2]);
        if (n > 0 && lists_descriptors((int)args[0])) {
            kept = without_own(t, args[1], n);
        }
    } while (n > 0 && kept == 0);
    return kept;
}
