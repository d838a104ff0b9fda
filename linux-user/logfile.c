/* SPDX-License-Identifier: MIT */
/* Log files: opened at start; those of threads at the thread's first line. */
#include "linux-user/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux-user/errnos.h"
#include "linux-user/exec.h"
#include "linux-user/mm.h"
#include "util/sys.h"
#include "util/textbuf.h"

enum { OPEN_FLAGS = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC };

/* -d tid; constant after start */
static const char *thread_files;
static _Thread_local struct {
    int tid, fd; /* of the thread that opened it: a forked or cloned child must not write there */
} own;

/* `name` with the number in place of the first %d. */
static void fill_in(char path[PATH_MAX], const char *name, int64_t number)
{
    TextBuf out = text_init(path, PATH_MAX);
    const char *mark = strstr(name, "%d");
    text_mem(&out, name, mark ? (size_t)(mark - name) : strlen(name));
    if (mark) {
        text_i64(&out, number);
        text_str(&out, mark + 2);
    }
}

static int fd_of_thread(void)
{
    int tid = (int)sys_call1(SYS_gettid, 0);
    if (own.tid != tid) {
        char path[PATH_MAX];
        fill_in(path, thread_files, tid);
        int64_t fd = sys_call3(SYS_open, SYS_PTR(path), OPEN_FLAGS, 0644);
        own.tid = tid;
        own.fd = fd < 0 ? 2 : exec_guard_fd((int)fd);
    }
    return own.fd;
}

void logfile_thread_end(void)
{
    if (own.tid && own.tid == (int)sys_call1(SYS_gettid, 0) && own.fd != 2) {
        sys_call1(SYS_close, SYS_INT(own.fd));
        own.tid = 0;
    }
}

/* ---- host code through `lyre disas` */

/* In a process that nobody waits for: `lyre disas` from `in` to `out`; should it fail to start, the text as it is. */
static NORETURN void run_filter(const char *lyre, int in, int out)
{
    char buf[4096];
    ssize_t n;
    dup2(in, 0);
    dup2(out, 1);
    sys_call3(SYS_close_range, 3, ~0u, 0);
    execl(lyre, lyre, "disas", (char *)NULL);
    while ((n = read(0, buf, sizeof(buf))) > 0 && write(1, buf, (size_t)n) == n) {
    }
    _exit(0);
}

/* A pipe to `lyre disas`, which lies beside our own file, or `fd` when there is none. It is not the guest's child: it is a child of init. */
static int through_filter(int fd)
{
    char lyre[PATH_MAX];
    int ends[2];
    ssize_t n = readlink("/proc/self/exe", lyre, sizeof(lyre) - 8);
    lyre[n > 0 ? n : 0] = 0;
    char *slash = strrchr(lyre, '/');
    if (!slash) {
        return fd;
    }
    strcpy(slash, "/lyre");
    if (access(lyre, X_OK) || pipe2(ends, O_CLOEXEC)) {
        return fd;
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0) {
            run_filter(lyre, ends[0], fd);
        }
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    close(ends[0]);
    if (fd != 2) {
        close(fd);
    }
    return exec_guard_fd(ends[1]);
}

bool logfile_open(Options *o, int *own_fd)
{
    char path[PATH_MAX];
    bool is_by_thread = o->log_file && (o->tcg.log & TCG_LOG_TID) && strstr(o->log_file, "%d");
    *own_fd = -1;
    if ((o->tcg.log & TCG_LOG_TID) && !is_by_thread) {
        dprintf(2, "lyre: -d tid: -D with %%d in the name is wanted: a file for each thread\n");
        return false;
    }
    if (is_by_thread) {
        thread_files = o->log_file;
        o->tcg.log_fd_of = fd_of_thread;
    }
    if (o->log_file) {
        fill_in(path, o->log_file, getpid());
        int fd = open(path, OPEN_FLAGS, 0644);
        if (fd < 0) {
            dprintf(2, "lyre: -D %s: %s\n", o->log_file, errno_text(errno));
            return false;
        }
        o->tcg.log_fd = *own_fd = exec_guard_fd(fd);
    }
    if ((o->tcg.log & TCG_LOG_OUT_ASM) && !o->is_raw && !is_by_thread) {
        int fd = through_filter(o->tcg.log_fd);
        *own_fd = fd != o->tcg.log_fd ? fd : *own_fd;
        o->tcg.log_fd = fd;
    }
    return true;
}

/* ---- single items */

void logfile_write_maps(Task *t, int fd)
{
    char buf[4096];
    int64_t maps = mm_open_maps(t->mm, false), n;
    while (maps >= 0 && (n = sys_call3(SYS_read, (uint64_t)maps, SYS_PTR(buf), sizeof(buf))) > 0) {
        sys_call3(SYS_write, SYS_INT(fd), SYS_PTR(buf), (uint64_t)n);
    }
    if (maps >= 0) {
        sys_call1(SYS_close, (uint64_t)maps);
    }
}

void logfile_event(const Task *t, const char *name, const char *text, uint64_t value)
{
    char line[256];
    TextBuf out = text_init(line, sizeof(line));
    text_i64(&out, t->tid);
    text_char(&out, ' ');
    text_str(&out, name);
    text_str(&out, " at ");
    text_hex(&out, t->cpu->pc);
    text_str(&out, ": ");
    text_str(&out, text);
    text_char(&out, ' ');
    text_hex(&out, value);
    text_char(&out, '\n');
    text_write(&out, logfile_fd(t->options));
}
