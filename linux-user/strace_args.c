/* SPDX-License-Identifier: MIT */
/* -strace: integers, arguments whose meaning another argument gives (fcntl, futex, vectors of strings), results. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/socket.h>

#include "linux-user/check.h"
#include "linux-user/errnos.h"
#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { STRINGS_SHOWN = 32 };

/* ---- flags and integers */

/* A number inside of the flags: 21<<MAP_HUGE_SHIFT. The flags without it. */
static uint64_t put_shifted(TextBuf *out, const FlagName *f, uint64_t value, size_t start)
{
    if (value & f->mask) {
        text_str(out, out->n != start ? "|" : "");
        text_u64(out, (value & f->mask) >> f->value);
        text_str(out, "<<");
        text_str(out, row_text(f->name));
    }
    return value & ~f->mask;
}

static uint64_t put_known_flags(TextBuf *out, unsigned list, uint64_t value)
{
    const FlagList *l = &flag_lists[list];
    size_t start = out->n;
    uint64_t all = value;
    for (unsigned i = 0; i < l->n; i++) {
        const FlagName *f = &flag_names[l->flag + i];
        bool is_field = (f->mask != f->value || (f->mask & (f->mask - 1))) && (f->mask != 0);
        if (f->value & ~f->mask) {
            value = put_shifted(out, f, value, start);
        } else if (f->mask && ((f->value ? value : all) & f->mask) == f->value && (f->value || is_field)) {
            if (out->n != start) {
                text_char(out, '|');
            }
            text_str(out, row_text(f->name));
            value &= ~f->mask;
        }
    }
    return value;
}

static void put_flags(TextBuf *out, unsigned list, uint64_t value, bool is_octal)
{
    size_t start = out->n;
    uint64_t rest = put_known_flags(out, list, value);
    if (rest || out->n == start || is_octal) { /* a mode stands beside flags even if it is 0 */
        text_str(out, out->n != start ? "|" : "");
        if (is_octal && rest & ~0777ull) {
            text_hex(out, rest & ~0777ull);
            text_char(out, '|');
        }
        if (is_octal) {
            strace_octal(out, rest & 0777);
        } else {
            text_hex(out, rest);
        }
    }
}

void strace_flags(TextBuf *out, unsigned list, uint64_t value) { put_flags(out, list, value, false); }

static const char *enum_name(unsigned list, uint64_t value)
{
    const FlagList *l = &flag_lists[list];
    for (unsigned i = 0; i < l->n; i++) {
        if ((uint32_t)flag_names[l->flag + i].value == (uint32_t)value) {
            return row_text(flag_names[l->flag + i].name);
        }
    }
    return NULL;
}

void strace_enum(TextBuf *out, unsigned list, uint64_t value)
{
    const char *name = enum_name(list, value);
    if (name) {
        text_str(out, name);
    } else {
        text_hex(out, value);
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

static void put_name_or_number(TextBuf *out, const char *name, uint64_t v)
{
    if (name) {
        text_str(out, name);
    } else {
        text_i64(out, (int32_t)v);
    }
}

void strace_named(TextBuf *out, unsigned list, uint64_t value) { put_name_or_number(out, enum_name(list, value), value); }

void strace_integer(TextBuf *out, const SyscallArg *arg, uint64_t v)
{
    switch (arg->type) {
    case ARG_UINT: text_u64(out, (uint32_t)v); break;
    case ARG_LONG:
    case ARG_OFF: text_i64(out, (int64_t)v); break;
    case ARG_ULONG: text_u64(out, v); break;
    case ARG_HEX: text_hex(out, v); break;
    case ARG_ADDR: strace_address(out, v); break;
    case ARG_ATFD: put_name_or_number(out, (int)v == AT_FDCWD ? "AT_FDCWD" : NULL, v); break;
    case ARG_UID: text_i64(out, (uint32_t)v == UINT32_MAX ? -1 : (int64_t)(uint32_t)v); break;
    case ARG_MODE: strace_octal(out, (uint16_t)v); break;
    case ARG_FTYPE: strace_mode(out, (uint32_t)v); break;
    case ARG_DEV: text_hex(out, v); break;
    case ARG_KEY:
        if ((uint32_t)v) {
            text_hex(out, (uint32_t)v);
        } else {
            text_str(out, "IPC_PRIVATE");
        }
        break;
    case ARG_SIG: put_name_or_number(out, v ? signal_name((int)v) : NULL, v); break;
    case ARG_FLAGS: strace_flags(out, arg->ref, (uint32_t)v); break;
    case ARG_FLAGS64: strace_flags(out, arg->ref, v); break;
    case ARG_OFLAGS: put_flags(out, arg->ref, (uint32_t)v, true); break;
    case ARG_ENUM: strace_enum(out, arg->ref, (uint32_t)v); break;
    default: text_i64(out, (int32_t)v); break;
    }
}

/* ---- arguments that others explain */

static void format_argv(TextBuf *out, uint64_t addr)
{
    uint64_t p = 0;
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    text_char(out, '[');
    for (unsigned i = 0; mm_read(&p, addr + 8 * i, 8) == 0 && p; i++) {
        text_str(out, i ? ", " : "");
        if (i == STRINGS_SHOWN) {
            text_str(out, "...");
            break;
        }
        strace_string(out, p);
    }
    text_char(out, ']');
}

static void format_envp(TextBuf *out, uint64_t addr)
{
    uint64_t p = 0, n = 0;
    strace_address(out, addr);
    while (addr && n < 4096 && mm_read(&p, addr + 8 * n, 8) == 0 && p) {
        n++;
    }
    if (addr) {
        text_str(out, " /* ");
        text_u64(out, n);
        text_str(out, n == 1 ? " var */" : " vars */");
    }
}

static void format_futex_op(TextBuf *out, uint64_t op)
{
    static const char *const names[] = { "WAIT", "WAKE", "FD", "REQUEUE", "CMP_REQUEUE", "WAKE_OP", "LOCK_PI", "UNLOCK_PI", "TRYLOCK_PI",
                                         "WAIT_BITSET", "WAKE_BITSET", "WAIT_REQUEUE_PI", "CMP_REQUEUE_PI", "LOCK_PI2" };
    unsigned command = op & FUTEX_CMD_MASK;
    text_str(out, "FUTEX_");
    if (command < ARRAY_LEN(names)) {
        text_str(out, names[command]);
    } else {
        text_hex(out, command);
    }
    text_str(out, op & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "");
    text_str(out, op & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}

/* FUTEX_OP() of <linux/futex.h>. */
static void format_wake_op(TextBuf *out, uint32_t v)
{
    static const char *const ops[] = { "SET", "ADD", "OR", "ANDN", "XOR" }, *const compares[] = { "EQ", "NE", "LT", "LE", "GT", "GE" };
    unsigned op = v >> 28 & 7, compare = v >> 24 & 15;
    text_str(out, v >> 31 ? "FUTEX_OP_OPARG_SHIFT<<28|" : "");
    text_str(out, "FUTEX_OP_");
    text_str(out, op < ARRAY_LEN(ops) ? ops[op] : "?");
    text_str(out, "<<28|");
    text_hex(out, v >> 12 & 0xfff);
    text_str(out, "<<12|FUTEX_OP_CMP_");
    text_str(out, compare < ARRAY_LEN(compares) ? compares[compare] : "?");
    text_str(out, "<<24|");
    text_hex(out, v & 0xfff);
}

/* A timeout, or a number, by the operation beside it. */
static void format_futex_arg(TextBuf *out, uint64_t op, uint64_t v)
{
    switch (op & FUTEX_CMD_MASK) {
    case FUTEX_WAIT: case FUTEX_LOCK_PI: case FUTEX_WAIT_BITSET: case FUTEX_WAIT_REQUEUE_PI: case 13 /* FUTEX_LOCK_PI2 */:
        strace_struct(out, STRUCT_timespec, v);
        break;
    case FUTEX_REQUEUE: case FUTEX_CMP_REQUEUE: case FUTEX_CMP_REQUEUE_PI: case FUTEX_WAKE_OP:
        text_u64(out, v);
        break;
    default:
        strace_address(out, v);
    }
}

/* As strace orders them: the flags say which of the others are there. */
static void format_clone(TextBuf *out, const StraceCall *c)
{
    enum { PARENT_TID = 2 };
    const uint64_t *args = c->args;
    static const struct {
        uint64_t flags;
        unsigned arg;
        const char *name;
    } more[] = { { CLONE_PARENT_SETTID | CLONE_PIDFD, 2, ", parent_tid=" }, { CLONE_SETTLS, 3, ", tls=" },
                 { CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 4, ", child_tidptr=" } };
    uint64_t flags = args[0];
    const char *name = flags & 0xff ? signal_name((int)(flags & 0xff)) : NULL;
    text_str(out, "child_stack=");
    strace_address(out, args[1]);
    text_str(out, ", flags=");
    if (flags & ~0xffull || !name) {
        strace_flags(out, LIST_clone, flags & ~0xffull);
        text_str(out, name ? "|" : "");
    }
    text_str(out, name ? name : "");
    for (unsigned i = 0; i < ARRAY_LEN(more); i++) {
        if (flags & more[i].flags) {
            text_str(out, more[i].name);
            if (more[i].arg == PARENT_TID && c->has_result && c->result >= 0) {
                strace_struct(out, STRUCT_int, args[PARENT_TID]);
            } else {
                strace_address(out, args[more[i].arg]);
            }
        }
    }
}

/* IOPRIO_PRIO_VALUE() of <linux/ioprio.h>. */
void strace_ioprio(TextBuf *out, uint32_t v)
{
    enum { CLASS_SHIFT = 13 };
    text_str(out, "IOPRIO_PRIO_VALUE(");
    strace_enum(out, LIST_ioprio_class, v >> CLASS_SHIFT);
    text_str(out, ", ");
    text_u64(out, v & ((1u << CLASS_SHIFT) - 1));
    text_char(out, ')');
}

/* pselect6's pair of a mask and its size. */
static void format_sigmask6(TextBuf *out, uint64_t addr)
{
    uint64_t pair[2];
    if (addr == 0 || mm_read(pair, addr, sizeof(pair))) {
        strace_address(out, addr);
        return;
    }
    text_str(out, "{sigmask=");
    strace_struct(out, STRUCT_sigset, pair[0]);
    strace_uint(out, ", sigsetsize=", pair[1]);
    text_char(out, '}');
}

static void format_protocol(TextBuf *out, uint64_t family, uint64_t v)
{
    if (family == AF_INET || family == AF_INET6) {
        strace_enum(out, LIST_ip_protocol, (uint32_t)v);
    } else if (family == AF_NETLINK) {
        strace_enum(out, LIST_netlink, (uint32_t)v);
    } else if (family == AF_PACKET) {
        text_str(out, "htons(");
        strace_enum(out, LIST_eth_p, ntohs((uint16_t)v));
        text_char(out, ')');
    } else {
        text_i64(out, (int32_t)v);
    }
}

/* Options of netfilter have one number for two meanings: what is set, and what is asked for. */
static void format_sockopt_name(TextBuf *out, uint64_t level, uint64_t v, bool is_set)
{
    bool is_known;
    unsigned list = strace_sockopt_list(level, &is_known);
    const char *filter = (uint32_t)level == IPPROTO_IP ? enum_name(is_set ? LIST_ip_set : LIST_ip_get, v) : NULL;
    if (filter) {
        text_str(out, filter);
    } else if (is_known) {
        strace_enum(out, list, (uint32_t)v);
    } else {
        text_i64(out, (int32_t)v);
    }
}

/* LOGLEVEL_???: what the names of a list begin with. */
static void put_unknown(TextBuf *out, unsigned list)
{
    const FlagName *names = &flag_names[flag_lists[list].flag];
    const char *first = row_text(names[0].name), *last = row_text(names[flag_lists[list].n - 1].name);
    size_t n = 0, end = 0;
    for (; first[n] && first[n] == last[n]; n++) {
        end = first[n] == '_' ? n + 1 : end;
    }
    for (size_t i = 0; i < end; i++) {
        text_char(out, first[i]);
    }
    text_str(out, "???");
}

void strace_noted(TextBuf *out, unsigned list, uint32_t v)
{
    const char *name = enum_name(list, v);
    text_u64(out, v);
    text_str(out, name ? " /* " : "");
    text_str(out, name ? name : "");
    text_str(out, name ? " */" : "");
}

/* A number with its name behind it, or what the name would begin with. */
static void format_noted(TextBuf *out, unsigned list, uint64_t v)
{
    if (enum_name(list, v)) {
        strace_noted(out, list, (uint32_t)v);
        return;
    }
    text_i64(out, (int32_t)v);
    text_str(out, " /* ");
    put_unknown(out, list);
    text_str(out, " */");
}

void strace_argument(TextBuf *out, const StraceCall *c, unsigned i)
{
    uint64_t v = c->args[i], before = i ? c->args[i - 1] : 0;
    switch (c->row->arg[i].type) {
    case ARG_IOCTL: strace_ioctl(out, (uint32_t)v); break;
    case ARG_IOCTL_ARG: strace_ioctl_arg(out, c, i); break;
    case ARG_FCNTL_ARG: text_i64(out, (int32_t)v); break;
    case ARG_FUTEX_OP: format_futex_op(out, v); break;
    case ARG_FUTEX_WAKE_OP: format_wake_op(out, (uint32_t)v); break;
    case ARG_FUTEX_ARG: format_futex_arg(out, c->args[1], v); break;
    case ARG_ARGV: format_argv(out, v); break;
    case ARG_ENVP: format_envp(out, v); break;
    case ARG_CLONE_ARGS: format_clone(out, c); break;
    case ARG_SIGMASK6: format_sigmask6(out, v); break;
    case ARG_IOPRIO: strace_ioprio(out, (uint32_t)v); break;
    case ARG_PROTOCOL: format_protocol(out, c->args[0], v); break;
    case ARG_SOCKOPT: format_sockopt_name(out, before, v, c->row->arg[i + 1].type == ARG_IN); break;
    case ARG_QCMD: strace_quota_command(out, (uint32_t)v); break;
    case ARG_SWAP: strace_swap_flags(out, (uint32_t)v); break;
    case ARG_IOCBS: strace_iocbs(out, v, (int64_t)before); break;
    case ARG_ERRNO: put_name_or_number(out, errno_name((int)v), v); break;
    case ARG_NAMED: strace_named(out, c->row->arg[i].ref, v); break;
    case ARG_NOTED: format_noted(out, c->row->arg[i].ref, v); break;
    case ARG_EVENTS:
        if (!c->has_result || c->result < 0) {
            strace_address(out, v);
        } else {
            strace_array(out, STRUCT_epoll_event, v, (uint64_t)c->result);
        }
        break;
    default: text_hex(out, v); break;
    }
}

/* ---- results */

/* What is left of the time in argument i. */
static void put_left(TextBuf *out, const StraceCall *c, unsigned i, const char *before)
{
    if (c->args[i]) {
        text_str(out, before);
        text_str(out, "left ");
        strace_struct(out, STRUCT_timespec, c->args[i]);
    }
}

static void put_polled(TextBuf *out, const StraceCall *c)
{
    enum { REVENTS = 6, SIZE = 8 };
    const char *comma = "";
    text_str(out, " ([");
    for (uint64_t i = 0; i < (uint32_t)c->args[1] && i < 64; i++) {
        uint16_t revents = 0;
        if (mm_read(&revents, c->args[0] + i * SIZE + REVENTS, sizeof(revents)) == 0 && revents) {
            text_str(out, comma);
            comma = ", ";
            strace_element(out, STRUCT_pollfd_out, c->args[0] + i * SIZE);
        }
    }
    text_char(out, ']');
    put_left(out, c, 2, ", ");
    text_char(out, ')');
}

static void put_selected(TextBuf *out, const StraceCall *c)
{
    static const char *const names[] = { "in ", "out ", "except " };
    const char *comma = "";
    text_str(out, " (");
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        char set[512];
        TextBuf text = text_init(set, sizeof(set));
        strace_fdset(&text, c->args[i + 1], check_arg_count(c->row, &c->row->arg[i + 1], c->args));
        if (c->args[i + 1] && text.n > 2) {
            text_str(out, comma);
            comma = ", ";
            text_str(out, names[i]);
            text_str(out, set);
        }
    }
    put_left(out, c, 4, comma);
    text_char(out, ')');
}

static void put_flag_names(TextBuf *out, const StraceCall *c)
{
    unsigned list = c->row->result_ref;
    text_hex(out, (uint64_t)c->result);
    if (c->result) {
        bool is_descriptor = list == LIST_open || list == LIST_fd_flags;
        text_str(out, is_descriptor ? " (flags " : list == LIST_seals ? " (seals " : " (");
        strace_flags(out, list, (uint64_t)c->result);
        text_char(out, ')');
    }
}

void strace_result(TextBuf *out, const StraceCall *c)
{
    const char *name;
    switch ((ResultType)c->row->result) {
    case RESULT_PTR:
    case RESULT_HEX: text_hex(out, (uint64_t)c->result); return;
    case RESULT_OCTAL: strace_octal(out, (uint64_t)c->result); return;
    case RESULT_FLAGS: put_flag_names(out, c); return;
    default: break;
    }
    text_i64(out, c->result);
    switch ((ResultType)c->row->result) {
    case RESULT_ENUM:
        name = enum_name(c->row->result_ref, (uint64_t)c->result);
        if (name) {
            text_str(out, " (");
            text_str(out, name);
            text_char(out, ')');
        }
        break;
    case RESULT_POLL:
    case RESULT_SELECT:
        if (c->result == 0) {
            text_str(out, " (Timeout)");
        } else if (c->row->result == RESULT_POLL) {
            put_polled(out, c);
        } else {
            put_selected(out, c);
        }
        break;
    default:
        break;
    }
}
