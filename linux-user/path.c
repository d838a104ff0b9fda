/* SPDX-License-Identifier: MIT */
/* Paths of system calls. */
#include "linux-user/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#include "linux-user/mm.h"
#include "util/compiler.h"
#include "util/sys.h"
#include "util/textbuf.h"

/* Never the prefix's: the directories there are empty or nobody's business. */
static bool is_of_running_system(const char *path)
{
    static const char *const folders[] = {"/proc", "/sys", "/dev", "/tmp"};
    for (unsigned i = 0; i < ARRAY_LEN(folders); i++) {
        size_t n = strlen(folders[i]);
        if (strncmp(path, folders[i], n) == 0 && (path[n] == '/' || path[n] == 0)) {
            return !strstr(path + n, "/..");
        }
    }
    return false;
}

static int64_t open_below(int64_t dirfd, const char *path, bool is_followed, uint64_t resolve)
{
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC | (is_followed ? 0 : O_NOFOLLOW), .resolve = resolve};
    return sys_call4(SYS_openat2, (uint64_t)dirfd, SYS_PTR(path), SYS_PTR(&how), sizeof(how));
}

/* Through an absolute symbolic link: what the descriptor's name says. */
static bool follow_in_root(int64_t dirfd, const char *path, bool is_followed, char *buf, size_t size)
{
    int64_t fd = open_below(dirfd, path, is_followed, RESOLVE_IN_ROOT);
    if (fd < 0) {
        return false;
    }
    char link[40];
    TextBuf text = text_init(link, sizeof(link));
    text_str(&text, "/proc/self/fd/");
    text_i64(&text, fd);
    int64_t n = sys_call3(SYS_readlink, SYS_PTR(link), SYS_PTR(buf), size - 1);
    sys_call1(SYS_close, (uint64_t)fd);
    if (n > 0) {
        buf[n] = 0;
    }
    return true; /* without /proc the host follows the link */
}

const char *path_translate(const Task *t, const char *path, bool is_followed, char *buf, size_t size)
{
    const char *prefix = t->fs->prefix;
    if (LIKELY(!prefix) || path[0] != '/' || is_of_running_system(path)) {
        return path;
    }
    size_t n = strlen(prefix), m = strlen(path);
    while (n > 0 && prefix[n - 1] == '/') {
        n--;
    }
    if (n + m >= size) {
        return path;
    }
    memcpy(buf, prefix, n);
    memcpy(buf + n, path, m + 1);
    const char *below = path[1] ? path + strspn(path, "/") : ".";
    int64_t dirfd = sys_call3(SYS_open, SYS_PTR(prefix), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    int64_t fd = dirfd < 0 ? dirfd : open_below(dirfd, below, is_followed, RESOLVE_BENEATH);
    bool is_there = fd >= 0;
    if (is_there) {
        sys_call1(SYS_close, (uint64_t)fd);
    } else if (fd == -EXDEV) {
        is_there = follow_in_root(dirfd, below, is_followed, buf, size);
    } else if (fd != -ENOENT && fd != -ENOTDIR) { /* an old kernel, no descriptor to be had */
        is_there = sys_call4(SYS_faccessat, SYS_INT(AT_FDCWD), SYS_PTR(buf), F_OK, 0) == 0;
    }
    if (dirfd >= 0) {
        sys_call1(SYS_close, (uint64_t)dirfd);
    }
    return is_there ? buf : path;
}

int64_t path_get(Task *t, int dirfd, uint64_t addr, bool is_followed, PathBuf *out)
{
    out->path = NULL;
    out->proc = PROC_NONE;
    if (addr == 0) {
        return 0; /* EFAULT, or utimensat of a descriptor: the kernel knows */
    }
    int64_t len = mm_read_string(out->copy, addr, sizeof(out->copy));
    if (len < 0) {
        return len;
    }
    out->proc = procfs_classify(t, dirfd, out->copy);
    if (out->proc == PROC_EXE && is_followed) {
        int64_t n = procfs_readlink(t, PROC_EXE, out->translated, sizeof(out->translated) - 1);
        if (n > 0) {
            out->translated[n] = 0;
            out->path = out->translated;
            return 0;
        }
    }
    out->path = path_translate(t, out->copy, is_followed, out->translated, sizeof(out->translated));
    return 0;
}
