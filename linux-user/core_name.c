/* SPDX-License-Identifier: MIT */
/* Names of core files: core(5), "Naming of core dump files". */
#include <fcntl.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "linux-user/core.h"
#include "util/sys.h"
#include "util/textbuf.h"

enum { PATTERN_SIZE = 256 };

/* The first line of a small file, or nothing. */
static void read_line(const char *path, char *buf, size_t size)
{
    int64_t fd = sys_call3(SYS_open, SYS_PTR(path), O_RDONLY | O_CLOEXEC, 0);
    int64_t n = fd >= 0 ? sys_call3(SYS_read, SYS_INT(fd), SYS_PTR(buf), size - 1) : 0;
    if (fd >= 0) {
        sys_call1(SYS_close, SYS_INT(fd));
    }
    buf[n > 0 ? n : 0] = 0;
    buf[strcspn(buf, "\n")] = 0;
}

static void put_name(TextBuf *out, const char *s)
{
    for (; *s; s++) {
        text_char(out, *s == '/' ? '!' : *s);
    }
}

static int64_t plain(long number) { return sys_call(number, 0, 0, 0, 0, 0, 0); }

static void put_comm(TextBuf *out)
{
    char comm[17] = "";
    sys_call2(SYS_prctl, PR_GET_NAME, SYS_PTR(comm));
    put_name(out, comm);
}

static void put_file(TextBuf *out, const Task *t, bool with_folders)
{
    const char *path = t->group->exe_path, *slash = strrchr(path, '/');
    put_name(out, with_folders || !slash ? path : slash + 1);
}

static void put_host(TextBuf *out)
{
    struct utsname u;
    sys_call1(SYS_uname, SYS_PTR(&u));
    put_name(out, u.nodename);
}

/* One letter after a per cent sign; others vanish. */
static void put_specifier(TextBuf *out, const Task *t, char letter, int sig, uint64_t limit)
{
    unsigned cpu = 0;
    int64_t now = 0;
    switch (letter) {
    case '%': text_char(out, '%'); break;
    case 'p': case 'P': text_i64(out, plain(SYS_getpid)); break;
    case 'i': case 'I': text_i64(out, t->tid); break;
    case 'u': text_i64(out, plain(SYS_getuid)); break;
    case 'g': text_i64(out, plain(SYS_getgid)); break;
    case 'd': text_i64(out, sys_call1(SYS_prctl, PR_GET_DUMPABLE)); break;
    case 's': text_i64(out, sig); break;
    case 't': sys_call1(SYS_time, SYS_PTR(&now)); text_i64(out, now); break;
    case 'h': put_host(out); break;
    case 'e': put_comm(out); break;
    case 'f': put_file(out, t, false); break;
    case 'E': put_file(out, t, true); break;
    case 'c': text_u64(out, limit); break;
    case 'C': sys_call3(SYS_getcpu, SYS_PTR(&cpu), 0, 0); text_u64(out, cpu); break;
    default: break;
    }
}

bool core_name(const Task *t, int sig, uint64_t limit, char *buf, size_t size)
{
    char pattern[PATTERN_SIZE], with_pid[8];
    read_line("/proc/sys/kernel/core_pattern", pattern, sizeof(pattern));
    read_line("/proc/sys/kernel/core_uses_pid", with_pid, sizeof(with_pid));
    if (pattern[0] == 0 || pattern[0] == '|') {
        strcpy(pattern, "core");
    }
    TextBuf out = text_init(buf, size);
    bool has_pid = false;
    for (const char *p = pattern; *p; p++) {
        if (*p != '%') {
            text_char(&out, *p);
        } else if (p[1]) {
            has_pid |= p[1] == 'p';
            put_specifier(&out, t, *++p, sig, limit);
        }
    }
    if (!has_pid && with_pid[0] == '1') {
        text_char(&out, '.');
        text_i64(&out, plain(SYS_getpid));
    }
    return out.n < size - 1;
}
