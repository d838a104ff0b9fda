/* SPDX-License-Identifier: MIT */
/* System calls on files and descriptors that need more than their row. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include "linux-user/abi.h"
#include "linux-user/check.h"
#include "linux-user/mm.h"
#include "linux-user/own_fds.h"
#include "linux-user/path.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

/* The range in pieces round our own descriptors. */
int64_t sys_close_range(Task *t, const uint64_t args[6])
{
    uint32_t first = (uint32_t)args[0], last = (uint32_t)args[1];
    if (first > last) {
        return -EINVAL;
    }
    for (;;) {
        uint32_t own = own_fds_next(t, first);
        uint32_t end = own <= last ? own - 1 : last;
        if (own != first) {
            int64_t error = sys_call3(SYS_close_range, first, end, args[2]);
            if (error) {
                return error;
            }
        }
        if (own >= last) {
            return 0;
        }
        first = own + 1;
    }
}

static int64_t open_path(Task *t, uint64_t dirfd, const PathBuf *path, uint64_t flags, uint64_t mode)
{
    if (path->proc == PROC_EXE && (flags & O_ACCMODE) != O_RDONLY && !(flags & (O_PATH | O_NOFOLLOW))) {
        return -ETXTBSY; /* the host does not know that it is being executed */
    }
    if (path->proc != PROC_NONE && path->proc != PROC_EXE && !(flags & O_PATH)) {
        return procfs_open(t, path->proc, (int)flags);
    }
    return syscall_blocking(t, SYS_openat, dirfd, SYS_PTR(path->path), flags, mode, 0, 0);
}

int64_t sys_openat(Task *t, const uint64_t args[6])
{
    PathBuf path;
    int64_t error = path_get(t, (int)args[0], args[1], !(args[2] & O_NOFOLLOW), &path);
    return error ? error : open_path(t, args[0], &path, args[2], args[3]);
}

int64_t sys_openat2(Task *t, const uint64_t args[6])
{
    struct open_how how;
    PathBuf path;
    if (args[3] < sizeof(how) || args[3] > 4096) {
        return args[3] < sizeof(how) ? -EINVAL : -E2BIG;
    }
    if (check_read(t, args[2], args[3]) || mm_read(&how, args[2], sizeof(how))) {
        return -EFAULT;
    }
    uint64_t at = args[2];
    if (t->abi->open_flags) {
        how.flags = t->abi->open_flags(how.flags, true);
        at = SYS_PTR(&how);
        if (args[3] > sizeof(how)) {
            return -E2BIG;
        }
    }
    int64_t error = path_get(t, (int)args[0], args[1], !(how.flags & O_NOFOLLOW), &path);
    if (error) {
        return error;
    }
    if (path.proc != PROC_NONE && path.proc != PROC_EXE && !(how.flags & O_PATH)) {
        return procfs_open(t, path.proc, (int)how.flags);
    }
    /* a path that must be resolved below its directory is the host's as it is */
    const char *name = how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) ? path.copy : path.path;
    return syscall_blocking(t, SYS_openat2, args[0], SYS_PTR(name), at, args[3], 0, 0);
}

int64_t sys_readlinkat(Task *t, const uint64_t args[6])
{
    PathBuf path;
    int64_t error = path_get(t, (int)args[0], args[1], false, &path);
    if (error) {
        return error;
    }
    if ((int)args[3] <= 0) {
        return -EINVAL;
    }
    if (path.proc != PROC_EXE) {
        return sys_call4(SYS_readlinkat, args[0], SYS_PTR(path.path), args[2], args[3]);
    }
    char buf[PATH_MAX];
    size_t size = (uint32_t)args[3] < sizeof(buf) ? (uint32_t)args[3] : sizeof(buf);
    int64_t n = procfs_readlink(t, PROC_EXE, buf, size);
    return n > 0 && mm_write(args[2], buf, (size_t)n) ? -EFAULT : n;
}

/* struct stat of the generic 64-bit ABI (asm-generic/stat.h); x86-64 has a layout of its own. */
typedef struct GenericStat {
    uint64_t st_dev, st_ino;
    uint32_t st_mode, st_nlink, st_uid, st_gid;
    uint64_t st_rdev, pad1;
    int64_t st_size;
    int32_t st_blksize, pad2;
    int64_t st_blocks;
    int64_t st_atime_sec;
    uint64_t st_atime_nsec;
    int64_t st_mtime_sec;
    uint64_t st_mtime_nsec;
    int64_t st_ctime_sec;
    uint64_t st_ctime_nsec;
    uint32_t unused[2];
} GenericStat;
_Static_assert(sizeof(GenericStat) == 128, "asm-generic/stat.h");

static int64_t put_stat(uint64_t addr, const struct stat *s)
{
    const GenericStat g = {
        .st_dev = s->st_dev, .st_ino = s->st_ino, .st_mode = s->st_mode, .st_nlink = (uint32_t)s->st_nlink, .st_uid = s->st_uid,
        .st_gid = s->st_gid, .st_rdev = s->st_rdev, .st_size = s->st_size, .st_blksize = (int32_t)s->st_blksize, .st_blocks = s->st_blocks,
        .st_atime_sec = s->st_atim.tv_sec, .st_atime_nsec = (uint64_t)s->st_atim.tv_nsec,
        .st_mtime_sec = s->st_mtim.tv_sec, .st_mtime_nsec = (uint64_t)s->st_mtim.tv_nsec,
        .st_ctime_sec = s->st_ctim.tv_sec, .st_ctime_nsec = (uint64_t)s->st_ctim.tv_nsec,
    };
    return mm_write(addr, &g, sizeof(g));
}

int64_t sys_fstat(Task *t, const uint64_t args[6])
{
    struct stat s;
    int64_t error = sys_call2(SYS_fstat, args[0], SYS_PTR(&s));
    return error ? error : put_stat(args[1], &s);
}

int64_t sys_newfstatat(Task *t, const uint64_t args[6])
{
    struct stat s;
    PathBuf path;
    int64_t error = path_get(t, (int)args[0], args[1], !(args[3] & AT_SYMLINK_NOFOLLOW), &path);
    if (!error) {
        error = sys_call4(SYS_newfstatat, args[0], SYS_PTR(path.path), SYS_PTR(&s), args[3]);
    }
    return error ? error : put_stat(args[2], &s);
}

/* Commands of fcntl whose argument is a pointer. */
int64_t sys_fcntl(Task *t, const uint64_t args[6])
{
    int cmd = (int)args[1];
    uint64_t arg = args[2];
    int error = 0;
    switch (cmd) {
    case F_GETLK:
    case F_OFD_GETLK:
        error = check_write(t, arg, sizeof(struct flock));
        break;
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        error = check_read(t, arg, sizeof(struct flock));
        break;
    case F_GETOWN_EX:
        error = check_write(t, arg, sizeof(struct f_owner_ex));
        break;
    case F_SETOWN_EX:
        error = check_read(t, arg, sizeof(struct f_owner_ex));
        break;
    case F_GET_RW_HINT:
    case F_GET_FILE_RW_HINT:
        error = check_write(t, arg, sizeof(uint64_t));
        break;
    case F_SET_RW_HINT:
    case F_SET_FILE_RW_HINT:
        error = check_read(t, arg, sizeof(uint64_t));
        break;
    case F_SETFL:
        arg = t->abi->open_flags ? t->abi->open_flags(arg, true) : arg;
        break;
    default:
        break;
    }
    int64_t r = error ? error : syscall_blocking(t, SYS_fcntl, args[0], args[1], arg, 0, 0, 0);
    return cmd == F_GETFL && r >= 0 && t->abi->open_flags ? (int64_t)t->abi->open_flags((uint64_t)r, false) : r;
}
