/* SPDX-License-Identifier: MIT */
/* Crash reports: written by raw system calls, from the dying thread. */
#include "linux-user/crash.h"

#include <fcntl.h>
#include <string.h>

#include "linux-user/abi.h"
#include "linux-user/logfile.h"
#include "linux-user/options.h"
#include "linux-user/strace.h"
#include "linux-user/symbols.h"
#include "linux-user/syscall_row.h"
#include "util/sys.h"
#include "util/textbuf.h"

static void put_place(TextBuf *out, uint64_t pc)
{
    SymbolCache cache = {0};
    SymbolPlace place;
    char text[512];
    symbols_find(&cache, pc, &place);
    symbols_drop(&cache);
    symbols_text(&place, text, sizeof(text));
    text_hex(out, pc);
    text_str(out, *text ? " " : "");
    text_str(out, text);
}

static void put_line(const char *text)
{
    sys_call3(SYS_write, 2, SYS_PTR(text), strlen(text));
}

/* Newest last; the result of one that has not come back is what was there before. */
static void put_syscalls(const Task *t)
{
    unsigned n = t->nlast < SYSCALL_RECORDS ? t->nlast : SYSCALL_RECORDS;
    put_line("lyre: last system calls:\n");
    for (unsigned i = t->nlast - n; i != t->nlast; i++) {
        const SyscallRecord *r = &t->last[i % SYSCALL_RECORDS];
        char line[1024];
        TextBuf out = text_init(line, sizeof(line) - 1);
        text_str(&out, "  ");
        strace_format(&out, syscall_row(t->abi->syscall_table, r->number), r->number, r->args, true, r->result);
        line[out.n] = '\n';
        line[out.n + 1] = 0;
        put_line(line);
    }
}

static void copy_file(const char *path)
{
    char buf[4096];
    int64_t n, fd = sys_call3(SYS_open, SYS_PTR(path), O_RDONLY | O_CLOEXEC, 0);
    while (fd >= 0 && (n = sys_call3(SYS_read, (uint64_t)fd, SYS_PTR(buf), sizeof(buf))) > 0) {
        sys_call3(SYS_write, 2, SYS_PTR(buf), (uint64_t)n);
    }
    if (fd >= 0) {
        sys_call1(SYS_close, (uint64_t)fd);
    }
}

static void say_death(int sig)
{
    char line[128];
    TextBuf out = text_init(line, sizeof(line));
    text_str(&out, "lyre: uncaught target signal ");
    text_i64(&out, sig);
    text_str(&out, " (");
    text_str(&out, strsignal(sig));
    text_str(&out, ") - core dumped\n");
    text_write(&out, 2);
}

/* Sent by kill, raise, abort: the place says nothing. */
static bool is_fault(int sig, const siginfo_t *info)
{
    return info->si_code > 0 && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP);
}

static void say_where(const Task *t, const siginfo_t *info)
{
    char line[768];
    TextBuf out = text_init(line, sizeof(line));
    text_str(&out, "lyre: at ");
    put_place(&out, t->cpu->pc);
    text_str(&out, ": ");
    strace_siginfo(&out, info);
    text_char(&out, '\n');
    text_write(&out, 2);
}

void crash_report_guest(Task *t, int sig, const siginfo_t *info)
{
    bool is_full = t->log & TCG_LOG_CRASH;
    say_death(sig);
    if (is_full || is_fault(sig, info)) {
        say_where(t, info);
    }
    if (is_full) {
        t->abi->target->dump(t->cpu, 2, true);
        put_syscalls(t);
        put_line("lyre: memory map:\n");
        logfile_write_maps(t, 2);
    }
}

void crash_report_own(Task *t)
{
    static atomic_flag is_reporting = ATOMIC_FLAG_INIT; /* a fault in here ends it */
    char line[768];
    if (atomic_flag_test_and_set(&is_reporting)) {
        return;
    }
    if (t) {
        TextBuf out = text_init(line, sizeof(line));
        text_str(&out, "lyre: guest pc ");
        put_place(&out, t->cpu->pc);
        text_char(&out, '\n');
        text_write(&out, 2);
        t->abi->target->dump(t->cpu, 2, true);
        put_syscalls(t);
    }
    put_line("lyre: memory map:\n");
    copy_file("/proc/self/maps");
    put_line("lyre: this is an error in Lyre, not in the program. Please report it with the lines above and the command line; -seed N, -x engine=interp\n"
             "lyre: and -d crash may help to see it again.\n");
}
