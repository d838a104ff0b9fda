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

enum { MAX_LINKS = 40 };

/* Folders that are never the prefix's: there they are empty or nobody's business. Links in /tmp are the guest's own work. */
static bool is_of_running_system(const char *path, bool *has_links)
{
    static const char *const folders[] = {"/tmp", "/proc", "/sys", "/dev"};
    for (unsigned i = 0; i < ARRAY_LEN(folders); i++) {
        size_t n = strlen(folders[i]);
        if (strncmp(path, folders[i], n) == 0 && (path[n] == '/' || path[n] == 0)) {
            *has_links = i == 0;
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

/* The same, if only to see whether it can be done: 0 or a negative errno. */
static int64_t try_below(int64_t dirfd, const char *path, bool is_followed, uint64_t resolve)
{
    int64_t fd = open_below(dirfd, path, is_followed, resolve);
    return fd < 0 ? fd : sys_call1(SYS_close, (uint64_t)fd);
}

static const char *below_slash(const char *path) { return path[strspn(path, "/")] ? path + strspn(path, "/") : "."; }

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

/* An absolute path below the prefix into `buf`; false: there is no such file. */
static bool find_in_prefix(const char *prefix, const char *path, bool is_followed, char *buf, size_t size)
{
    size_t n = strlen(prefix), m = strlen(path);
    while (n > 0 && prefix[n - 1] == '/') {
        n--;
    }
    if (n + m >= size) {
        return false;
    }
    memcpy(buf, prefix, n);
    memcpy(buf + n, path, m + 1);
    int64_t dirfd = sys_call3(SYS_open, SYS_PTR(prefix), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    int64_t r = dirfd < 0 ? dirfd : try_below(dirfd, below_slash(path), is_followed, RESOLVE_BENEATH);
    bool is_there = r == 0;
    if (r == -EXDEV) {
        is_there = follow_in_root(dirfd, below_slash(path), is_followed, buf, size);
    } else if (r < 0 && r != -ENOENT && r != -ENOTDIR) { /* an old kernel, no descriptor to be had */
        is_there = sys_call4(SYS_faccessat, SYS_INT(AT_FDCWD), SYS_PTR(buf), F_OK, 0) == 0;
    }
    if (dirfd >= 0) {
        sys_call1(SYS_close, (uint64_t)dirfd);
    }
    return is_there;
}

/* Whether the host's way to the file leads out of `dirfd` (or /) by a link or by "..", and by no link of the kernel's own making. */
static bool leads_out(int64_t dirfd, const char *path, bool is_followed)
{
    if (path[0] != '/') {
        return try_below(dirfd, path, is_followed, RESOLVE_BENEATH) == -EXDEV && try_below(dirfd, path, is_followed, RESOLVE_NO_MAGICLINKS) != -ELOOP;
    }
    int64_t top = sys_call3(SYS_open, SYS_PTR("/"), O_PATH | O_CLOEXEC, 0);
    bool result = top >= 0 && leads_out(top, below_slash(path), is_followed);
    if (top >= 0) {
        sys_call1(SYS_close, (uint64_t)top);
    }
    return result;
}

/* Replaces the component of `path` that ends at `end` by what the link there says. False: it does not fit. */
static bool replace_by_link(char *path, size_t size, size_t start, size_t end, const char *link, size_t n)
{
    size_t rest = strlen(path + end) + 1, at = link[0] == '/' ? 0 : start;
    if (at + n + rest > size) {
        return false;
    }
    memmove(path + at + n, path + end, rest);
    memcpy(path + at, link, n);
    return true;
}

/* Goes along a path by name up to the first link to an absolute path, which takes the place of all before it. False: there is none. */
static bool follow_to_absolute(int64_t dirfd, char *path, size_t size, bool is_followed)
{
    char link[PATH_MAX];
    unsigned nlinks = 0;
    for (size_t start = strspn(path, "/"), end; path[start]; start = end + strspn(path + end, "/")) {
        end = start + strcspn(path + start, "/");
        char after = path[end];
        if (!after && !is_followed) {
            return false;
        }
        path[end] = 0;
        int64_t n = sys_call4(SYS_readlinkat, (uint64_t)dirfd, SYS_PTR(path), SYS_PTR(link), sizeof(link));
        path[end] = after;
        if (n > 0) {
            if (nlinks++ == MAX_LINKS || !replace_by_link(path, size, start, end, link, (size_t)n) || link[0] == '/') {
                return nlinks <= MAX_LINKS && link[0] == '/';
            }
            end = start; /* once more from there */
        } else if (n == -ENOENT) {
            return false;
        }
    }
    return false;
}

const char *path_translate(const Task *t, int dirfd, const char *path, bool is_followed, char *buf, size_t size)
{
    if (LIKELY(!t->fs->prefix)) {
        return path;
    }
    const char *at = path;
    char next[PATH_MAX];
    for (unsigned nlinks = 0; nlinks < MAX_LINKS; nlinks++) {
        bool has_links = true, is_absolute = at[0] == '/', is_host = is_absolute && is_of_running_system(at, &has_links);
        if (is_absolute && !is_host && find_in_prefix(t->fs->prefix, at, is_followed, buf, size)) {
            return buf;
        }
        if (!has_links || strlen(at) >= sizeof(next) || !leads_out(dirfd, at, is_followed)) {
            break;
        }
        if (at != next) {
            strcpy(next, at);
        }
        if (!follow_to_absolute(dirfd, next, sizeof(next), is_followed)) {
            break;
        }
        at = next;
    }
    return at == next ? strcpy(buf, next) : path;
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
    out->path = path_translate(t, dirfd, out->copy, is_followed, out->translated, sizeof(out->translated));
    return 0;
}
