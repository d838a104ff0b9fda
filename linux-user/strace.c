/* SPDX-License-Identifier: MIT */
/* -strace: system calls as text, argument by argument from the rows. The values behind pointers are strace_data.c's. */
#include "linux-user/strace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

#include "linux-user/check.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/syscall_row.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

enum { LINE_SIZE = 2048, NAME_COLUMN = 36, STRING_MAX = 32 };

const char *errno_name(int error) { return strerrorname_np(error); }

void strace_flags(TextBuf *out, unsigned list, uint64_t value)
{
    const FlagList *l = &flag_lists[list];
    size_t start = out->n;
    for (unsigned i = 0; i < l->n; i++) {
        const FlagName *f = &l->flag[i];
        bool is_field = (f->mask != f->value || (f->mask & (f->mask - 1))) && (f->mask != 0);
        if (f->mask && (value & f->mask) == f->value && (f->value || is_field)) {
            if (out->n != start) {
                text_char(out, '|');
            }
            text_str(out, f->name);
            value &= ~f->mask;
        }
    }
    if (value || out->n == start) {
        if (out->n != start) {
            text_char(out, '|');
        }
        text_hex(out, value);
    }
}

void strace_enum(TextBuf *out, unsigned list, uint64_t value)
{
    const FlagList *l = &flag_lists[list];
    for (unsigned i = 0; i < l->n; i++) {
        if (l->flag[i].value == value) {
            text_str(out, l->flag[i].name);
            return;
        }
    }
    text_hex(out, value);
}

void strace_string(TextBuf *out, uint64_t addr)
{
    char copy[256];
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    int64_t n = mm_read_string(copy, addr, sizeof(copy));
    if (n == -ENAMETOOLONG) {
        text_quoted(out, copy, sizeof(copy) - 1, true);
    } else if (n < 0) {
        text_hex(out, addr);
    } else {
        text_quoted(out, copy, (size_t)n, false);
    }
}

void strace_buffer(TextBuf *out, uint64_t addr, uint64_t len)
{
    char copy[STRING_MAX];
    size_t n = len < STRING_MAX ? (size_t)len : STRING_MAX;
    if (addr == 0) {
        text_str(out, "NULL");
    } else if (mm_read(copy, addr, n)) {
        text_hex(out, addr);
    } else {
        text_quoted(out, copy, n, len > n);
    }
}

void strace_address(TextBuf *out, uint64_t v)
{
    if (v) {
        text_hex(out, v);
    } else {
        text_str(out, "NULL");
    }
}

static void format_integer(TextBuf *out, const SyscallArg *arg, uint64_t v)
{
    switch (arg->type) {
    case ARG_UINT: text_u64(out, (uint32_t)v); break;
    case ARG_LONG:
    case ARG_OFF: text_i64(out, (int64_t)v); break;
    case ARG_ULONG: text_u64(out, v); break;
    case ARG_HEX: text_hex(out, v); break;
    case ARG_ADDR: strace_address(out, v); break;
    case ARG_ATFD:
        if ((int)v == AT_FDCWD) {
            text_str(out, "AT_FDCWD");
        } else {
            text_i64(out, (int32_t)v);
        }
        break;
    case ARG_UID:
        text_i64(out, (uint32_t)v == UINT32_MAX ? -1 : (int64_t)(uint32_t)v);
        break;
    case ARG_MODE: text_octal(out, (uint32_t)v); break;
    case ARG_DEV: text_hex(out, v); break;
    case ARG_SIG:
        if (signal_name((int)v)) {
            text_str(out, signal_name((int)v));
        } else {
            text_i64(out, (int32_t)v);
        }
        break;
    case ARG_FLAGS: strace_flags(out, arg->ref, (uint32_t)v); break;
    case ARG_ENUM: strace_enum(out, arg->ref, (uint32_t)v); break;
    default: text_i64(out, (int32_t)v); break;
    }
}

void strace_array(TextBuf *out, unsigned ref, uint64_t addr, uint64_t n)
{
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    text_char(out, '[');
    for (uint64_t i = 0; i < n && i < 8; i++) {
        if (i) {
            text_str(out, ", ");
        }
        strace_element(out, ref, addr + i * struct_descs[ref].size);
    }
    text_str(out, n > 8 ? ", ...]" : "]");
}

/* What a pointer leads to. Buffers that the kernel wrote hold `result` bytes. */
static void format_pointer(TextBuf *out, const SyscallRow *row, const SyscallArg *arg, const uint64_t args[6], uint64_t addr,
                           bool has_result, int64_t result)
{
    bool is_output = arg->type == ARG_OUT;
    if (is_output && addr && (!has_result || result < 0)) {
        text_hex(out, addr);
        return;
    }
    uint64_t n = check_arg_count(row, arg, args);
    switch (arg->ref) {
    case STRUCT_buf:
    case STRUCT_optval:
        if (arg->unit == COUNT_BITS) {
            strace_address(out, addr);
        } else {
            strace_buffer(out, addr, is_output && arg->ref == STRUCT_buf && (uint64_t)result < n ? (uint64_t)result : n);
        }
        break;
    case STRUCT_dirent:
    case STRUCT_page:
        strace_address(out, addr);
        break;
    case STRUCT_sockaddr:
        strace_sockaddr(out, addr, n);
        break;
    default:
        if (arg->count < 0) {
            strace_struct(out, arg->ref, addr);
        } else {
            strace_array(out, arg->ref, addr, n);
        }
    }
}

static void format_args(TextBuf *out, const SyscallRow *row, const uint64_t args[6], bool has_result, int64_t result)
{
    for (unsigned i = 0; i < row->nargs; i++) {
        const SyscallArg *arg = &row->arg[i];
        if (i) {
            text_str(out, ", ");
        }
        if (arg->type >= ARG_IOCTL && arg->type < ARG_PATH) {
            strace_argument(out, arg->type, args, i, has_result ? result : -1);
        } else if (arg->type < ARG_PATH) {
            format_integer(out, arg, args[i]);
        } else if (arg->type <= ARG_STR) {
            strace_string(out, args[i]);
        } else {
            format_pointer(out, row, arg, args, args[i], has_result, result);
        }
    }
}

static void format_result(TextBuf *out, const SyscallRow *row, uint64_t number, int64_t result)
{
    text_pad(out, NAME_COLUMN);
    text_str(out, " = ");
    if (result == -ERESTART_NOINTR || result == -ENORESULT) {
        text_str(out, result == -ENORESULT ? "?" : "? ERESTARTNOINTR (To be restarted)");
    } else if (result < 0 && result > -4096) {
        const char *name = errno_name((int)-result), *text = strerrordesc_np((int)-result);
        text_str(out, "-1 ");
        text_str(out, name ? name : "?");
        text_str(out, " (");
        text_str(out, text ? text : "unknown error");
        text_char(out, ')');
    } else if (number == NR_brk || number == NR_mmap || number == NR_mremap || number == NR_shmat) {
        text_hex(out, (uint64_t)result);
    } else if (row && number == NR_umask) {
        text_octal(out, (uint64_t)result);
    } else {
        text_i64(out, result);
    }
}

void strace_format(TextBuf *out, const SyscallRow *row, uint64_t number, const uint64_t args[6], bool has_result, int64_t result)
{
    if (row) {
        text_str(out, row->name);
        text_char(out, '(');
        format_args(out, row, args, has_result, result);
    } else {
        text_str(out, "syscall_");
        text_u64(out, number);
        text_char(out, '(');
        for (unsigned i = 0; i < 6; i++) {
            text_str(out, i ? ", " : "");
            text_hex(out, args[i]);
        }
    }
    text_char(out, ')');
    if (has_result) {
        format_result(out, row, number, result);
    }
}

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
    if (!row || !(row->flags & ROW_PRINT_FIRST)) {
        return;
    }
    char line[LINE_SIZE];
    TextBuf out = text_init(line, sizeof(line));
    start_line(t, &out);
    strace_format(&out, row, number, args, false, 0);
    text_pad(&out, NAME_COLUMN);
    text_str(&out, " = ?");
    write_line(t, &out);
}

void strace_leave(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6], int64_t result)
{
    if (result == -ENORESULT && row && (row->flags & ROW_PRINT_FIRST)) {
        return;
    }
    char line[LINE_SIZE];
    TextBuf out = text_init(line, sizeof(line));
    start_line(t, &out);
    strace_format(&out, row, number, args, true, result);
    write_line(t, &out);
}

void strace_signal(Task *t, int sig, const siginfo_t *info)
{
    char line[LINE_SIZE];
    TextBuf out = text_init(line, sizeof(line));
    start_line(t, &out);
    text_str(&out, "--- ");
    text_str(&out, signal_name(sig));
    text_char(&out, ' ');
    strace_siginfo(&out, info);
    text_str(&out, " ---");
    write_line(t, &out);
}

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
    for (unsigned i = 0; i < syscall_nrows; i++) {
        const SyscallRow *row = &syscall_rows[i];
        char line[256];
        TextBuf out = text_init(line, sizeof(line));
        if (syscall_numbers[i] == UINT16_MAX) {
            text_str(&out, "  -");
        } else {
            text_pad(&out, syscall_numbers[i] < 10 ? 2 : syscall_numbers[i] < 100 ? 1 : 0);
            text_u64(&out, syscall_numbers[i]);
        }
        text_char(&out, ' ');
        text_str(&out, row->name);
        text_pad(&out, 28);
        text_str(&out, kinds[row->kind]);
        if (row->reason) {
            text_str(&out, ": ");
            text_str(&out, row->reason);
        }
        text_char(&out, '\n');
        text_write(&out, fd);
    }
}
