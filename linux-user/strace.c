/* SPDX-License-Identifier: MIT */
/* -strace: lines. Arguments are formatted in order: what the kernel will write, and all after it, when the call is done. */
#include "linux-user/strace.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "linux-user/abi.h"
#include "linux-user/check.h"
#include "linux-user/errnos.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

enum { LINE_SIZE = 65536, NAME_COLUMN = 34 };

/* The call that a task is in. */
struct StraceLine {
    StraceCall call;
    uint64_t args[6], number;
    TextBuf out;
    unsigned next;   /* argument to go on with */
    size_t start;    /* of the call's name in the text */
    int tid;         /* 0: none; a child that was cloned inside of the call has another one and says nothing */
    char text[LINE_SIZE];
};


/* ---- a call */

/* The row as strace.def wants it shown with these arguments. */
static const SyscallRow *find_form(const SyscallRow *row, const uint64_t args[6])
{
    size_t i = row ? (size_t)(row - syscall_rows) : 0;
    for (unsigned k = row ? strace_first_form[i] : 0, end = row ? strace_first_form[i + 1] : 0; k < end; k++) {
        const StraceForm *f = &strace_forms[k];
        if (((uint32_t)args[f->index] & f->mask) == f->value) {
            return &f->row;
        }
    }
    return row;
}

static void init_call(StraceCall *c, const SyscallRow *row, const uint64_t args[6])
{
    *c = (StraceCall){ .row = find_form(row, args), .args = args };
    memset(c->before, 0xff, sizeof(c->before));
    for (unsigned i = 0; c->row && i < c->row->nargs; i++) {
        const SyscallArg *arg = &c->row->arg[i];
        bool is_pair = arg->ref == STRUCT_iowq_workers;
        if (arg->type == ARG_INOUT && (is_pair || arg->ref == STRUCT_uint || arg->ref == STRUCT_file_handle || arg->ref == STRUCT_ifreqs)) {
            uint64_t v = 0;
            c->before[i] = mm_read(&v, args[i], is_pair ? 8 : 4) ? UINT64_MAX : v;
        }
    }
}

static bool is_known_before(const SyscallArg *arg)
{
    bool is_filled = arg->type == ARG_IN && arg->ref == STRUCT_riovec;
    return arg->type != ARG_CLONE_ARGS && arg->type != ARG_OUT && arg->type != ARG_INOUT && arg->type != ARG_EVENTS && arg->type != ARG_IOCTL_ARG && !is_filled;
}

/* [16], or [16 => 4] when the call has changed it. */
static void format_length(TextBuf *out, const StraceCall *c, unsigned i)
{
    uint32_t now = 0;
    bool is_unused = c->row->arg[i - 1].ref == STRUCT_sockaddr && c->args[i - 1] == 0; /* it belongs to an address that nobody wants */
    if (c->args[i] == 0 || is_unused || mm_read(&now, c->args[i], 4)) {
        strace_address(out, c->args[i]);
        return;
    }
    text_char(out, '[');
    if (c->before[i] != UINT64_MAX && c->before[i] != now) {
        text_u64(out, c->before[i]);
        text_str(out, " => ");
    }
    text_u64(out, now);
    text_char(out, ']');
}

static void format_pointer(TextBuf *out, const StraceCall *c, unsigned i)
{
    const SyscallArg *arg = &c->row->arg[i];
    uint64_t addr = c->args[i], n = check_arg_count(c->row, arg, c->args);
    bool has_failed = c->has_result && c->result < 0;
    if (i && arg->type == ARG_INOUT && arg->ref == STRUCT_uint) {
        format_length(out, c, i);
    } else if (has_failed && addr && n == 0 && arg->type == ARG_OUT && (arg->ref == STRUCT_int || arg->ref == STRUCT_pagevec)) {
        text_str(out, "[]");
    } else if (addr == 0 || (arg->type == ARG_OUT && (!c->has_result || has_failed))) {
        strace_address(out, addr);
    } else if (!strace_special(out, c, i, n)) {
        unsigned ref = arg->ref == STRUCT_pollfd ? STRUCT_pollfd_in : arg->ref;
        if (arg->count < 0) {
            (arg->type == ARG_INOUT && has_failed ? strace_given : strace_struct)(out, ref, addr);
        } else {
            strace_array(out, ref, addr, n);
        }
    }
}

static void format_arg(TextBuf *out, const StraceCall *c, unsigned i)
{
    const SyscallArg *arg = &c->row->arg[i];
    if (arg->type >= ARG_IOCTL && arg->type < ARG_PATH) {
        strace_argument(out, c, i);
    } else if (arg->type < ARG_PATH) {
        strace_integer(out, arg, c->args[i]);
    } else if (arg->type <= ARG_STR) {
        (arg->type == ARG_STR ? strace_string : strace_path)(out, c->args[i]);
    } else {
        format_pointer(out, c, i);
    }
}

/* By its row; or what a command of ioctl without an argument is given. */
static bool is_left_out(const StraceCall *c, unsigned i)
{
    if (c->row->arg[i].type == ARG_HIDDEN) {
        return true;
    }
    const IoctlRow *ioctl = c->row->arg[i].type == ARG_IOCTL_ARG ? ioctl_row((uint32_t)c->args[1]) : NULL;
    return ioctl && ioctl->type == ARG_ADDR;
}

/* Arguments from `i` on; stops at the first that the kernel has still to write, unless it is done. The next one. */
static unsigned format_args(TextBuf *out, const StraceCall *c, unsigned i, bool is_done)
{
    for (; i < c->row->nargs && (is_done || is_known_before(&c->row->arg[i])); i++) {
        if (!is_left_out(c, i)) {
            text_str(out, i ? ", " : "");
            format_arg(out, c, i);
        }
    }
    return i;
}

static void format_name(TextBuf *out, const SyscallRow *row, uint64_t number)
{
    if (row) {
        text_str(out, row_text(row->name));
    } else {
        text_str(out, "syscall_");
        text_hex(out, number);
    }
    text_char(out, '(');
}

static void format_rest(TextBuf *out, const StraceCall *c, unsigned next)
{
    if (c->row) {
        format_args(out, c, next, true);
    } else {
        for (unsigned i = 0; i < 6; i++) {
            text_str(out, i ? ", " : "");
            text_hex(out, c->args[i]);
        }
    }
    text_char(out, ')');
}

static void format_result(TextBuf *out, const StraceCall *c, size_t start)
{
    int64_t result = c->result;
    text_pad(out, start + NAME_COLUMN);
    text_str(out, " = ");
    if (result == -ERESTART_NOINTR || result == -ENORESULT) {
        text_str(out, result == -ENORESULT ? "?" : "? ERESTARTNOINTR (To be restarted)");
    } else if (result < 0 && result > -4096) {
        const char *name = errno_name((int)-result), *text = errno_text((int)-result);
        text_str(out, "-1 ");
        text_str(out, name ? name : "?");
        text_str(out, " (");
        text_str(out, text ? text : "unknown error");
        text_char(out, ')');
    } else if (c->row) {
        strace_result(out, c);
    } else {
        text_i64(out, result);
    }
}

void strace_format(TextBuf *out, const SyscallRow *row, uint64_t number, const uint64_t args[6], bool has_result, int64_t result)
{
    StraceCall c;
    size_t start = out->n;
    init_call(&c, row, args);
    c.has_result = has_result;
    c.result = result;
    format_name(out, row, number);
    format_rest(out, &c, 0);
    if (has_result) {
        format_result(out, &c, start);
    }
}

/* ---- lines */

static void write_line(Task *t, TextBuf *out)
{
    if (out->n > out->size - 2) {
        out->n = out->size - 2;
    }
    text_char(out, '\n');
    text_write(out, logfile_fd(t->options));
}

static void start_line(Task *t, TextBuf *out)
{
    text_i64(out, t->tid);
    text_char(out, ' ');
}

void strace_enter(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6])
{
    struct StraceLine *l = t->strace;
    if (!l && !(l = t->strace = hostmem_pages_alloc(sizeof(*l)))) {
        return;
    }
    memcpy(l->args, args, sizeof(l->args));
    init_call(&l->call, row, l->args);
    l->number = number;
    l->tid = t->tid;
    l->out = text_init(l->text, sizeof(l->text));
    start_line(t, &l->out);
    l->start = l->out.n;
    format_name(&l->out, row, number);
    l->next = row ? format_args(&l->out, &l->call, 0, false) : 0;
    if (row && (row->flags & ROW_PRINT_FIRST)) {
        strace_unfinished(t);
    }
}

void strace_unfinished(Task *t)
{
    struct StraceLine *l = t->strace;
    if (l && l->tid == t->tid) {
        TextBuf out = l->out;
        format_rest(&out, &l->call, l->next);
        text_pad(&out, l->start + NAME_COLUMN);
        text_str(&out, " = ?");
        write_line(t, &out);
        l->tid = 0;
    }
}

void strace_resume(Task *t)
{
    if (t->strace) {
        t->strace->tid = t->tid;
    }
}

/* The mask that is restored, and the register that holds a result. */
static void finish_sigreturn(Task *t, TextBuf *out, size_t start)
{
    uint64_t args[6];
    t->abi->syscall_get(t->cpu, args);
    text_str(out, "{mask=");
    strace_sigset(out, t->blocked);
    text_str(out, "})");
    text_pad(out, start + NAME_COLUMN);
    text_str(out, " = ");
    text_i64(out, (int64_t)args[0]);
}

void strace_leave(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6], int64_t result)
{
    struct StraceLine *l = t->strace;
    if (!l || l->tid != t->tid) {
        return;
    }
    l->call.has_result = true;
    l->call.result = result;
    if (number == NR_rt_sigreturn && result == -ENORESULT) {
        finish_sigreturn(t, &l->out, l->start);
    } else {
        format_rest(&l->out, &l->call, l->next);
        format_result(&l->out, &l->call, l->start);
    }
    write_line(t, &l->out);
    l->tid = 0;
}

void strace_free(Task *t)
{
    if (t->strace) {
        hostmem_pages_free(t->strace, sizeof(*t->strace));
        t->strace = NULL;
    }
}

void strace_exec(Task *t, uint64_t sp)
{
    uint64_t argc = 0, word = t->abi->word_size, args[6] = { t->group->env_end, sp + word };
    mm_read(&argc, sp, word);
    args[2] = sp + word * (argc + 2);
    const SyscallRow *row = syscall_row(t->abi->syscall_table, NR_execve);
    strace_enter(t, row, NR_execve, args);
    strace_leave(t, row, NR_execve, args, 0);
}

/* "MARK TEXT MARK" */
static void write_event(Task *t, const char *mark, const char *text, const char *name, const siginfo_t *info)
{
    char line[512];
    TextBuf out = text_init(line, sizeof(line));
    start_line(t, &out);
    text_str(&out, mark);
    text_char(&out, ' ');
    text_str(&out, text);
    text_str(&out, name);
    if (info) {
        text_char(&out, ' ');
        strace_siginfo(&out, info);
    }
    text_char(&out, ' ');
    text_str(&out, mark);
    write_line(t, &out);
}

void strace_signal(Task *t, int sig, const siginfo_t *info) { write_event(t, "---", "", signal_name(sig), info); }

void strace_killed(Task *t, int sig)
{
    strace_unfinished(t);
    write_event(t, "+++", "killed by ", signal_name(sig), NULL);
}

void strace_exited(Task *t, int code)
{
    char number[24];
    TextBuf out = text_init(number, sizeof(number));
    text_u64(&out, (uint64_t)code);
    write_event(t, "+++", "exited with ", number, NULL);
}

/* ---- lists */

void syscall_report_missing(Task *t, const char *name, uint64_t number, const char *reason)
{
    static _Atomic uint64_t reported[16]; /* a statistic of this process, not guest state */
    if (number < 1024 && (atomic_fetch_or(&reported[number / 64], 1ull << number % 64) >> number % 64 & 1)) {
        return;
    }
    char line[256];
    TextBuf out = text_init(line, sizeof(line));
    text_str(&out, "lyre: unsupported syscall ");
    text_str(&out, name);
    text_str(&out, " (");
    text_u64(&out, number);
    text_str(&out, "): ");
    text_str(&out, reason);
    write_line(t, &out);
}

void syscall_print_list(int fd)
{
    static const char *const kinds[] = { "passed", "passed", "implemented", "missing", "implemented" };
    unsigned totals[ARRAY_LEN(kinds)] = { 0 };
    char line[256];
    TextBuf out;
    for (unsigned i = 0; i < syscall_nrows; i++) {
        const SyscallRow *row = &syscall_rows[i];
        if (syscall_numbers[i] == UINT16_MAX) {
            continue; /* not a call of this architecture */
        }
        out = text_init(line, sizeof(line));
        text_pad(&out, syscall_numbers[i] < 10 ? 2 : syscall_numbers[i] < 100 ? 1 : 0);
        text_u64(&out, syscall_numbers[i]);
        text_char(&out, ' ');
        text_str(&out, row_text(row->name));
        text_pad(&out, 28);
        text_str(&out, kinds[row->kind]);
        if (row->reason) {
            text_str(&out, ": ");
            text_str(&out, row_text(row->reason));
        }
        text_char(&out, '\n');
        text_write(&out, fd);
        totals[row->kind]++;
    }
    out = text_init(line, sizeof(line));
    text_u64(&out, totals[SYSCALL_PASS] + totals[SYSCALL_WAIT]);
    text_str(&out, " passed to the host's kernel after checks, ");
    text_u64(&out, totals[SYSCALL_FN] + totals[SYSCALL_ARCH]);
    text_str(&out, " implemented, ");
    text_u64(&out, totals[SYSCALL_NONE]);
    text_str(&out, " missing (ENOSYS)\n");
    text_write(&out, fd);
}
