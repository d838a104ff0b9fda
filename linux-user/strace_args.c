/* SPDX-License-Identifier: MIT */
/* -strace: arguments whose meaning another argument gives: ioctl, fcntl, futex, socket options, vectors of strings. */
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/socket.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { STRINGS_SHOWN = 16 };

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
    text_str(out, " /* ");
    text_u64(out, n);
    text_str(out, n == 1 ? " var */" : " vars */");
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

static void format_fcntl_arg(TextBuf *out, uint64_t cmd, uint64_t v)
{
    switch (cmd) {
    case F_GETLK: case F_SETLK: case F_SETLKW: case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
        strace_struct(out, STRUCT_flock, v);
        break;
    case F_SETOWN_EX: case F_GETOWN_EX:
        strace_struct(out, STRUCT_f_owner_ex, v);
        break;
    case F_SETFL:
        strace_flags(out, LIST_open, (uint32_t)v);
        break;
    case F_SETFD:
        text_str(out, v == FD_CLOEXEC ? "FD_CLOEXEC" : "");
        if (v != FD_CLOEXEC) {
            text_hex(out, v);
        }
        break;
    default:
        text_i64(out, (int32_t)v);
    }
}

static void format_ioctl_arg(TextBuf *out, uint64_t cmd, uint64_t v, int64_t result)
{
    const IoctlRow *row = ioctl_row((uint32_t)cmd);
    if (!row) {
        text_hex(out, v);
    } else if (row->type == ARG_INT || row->type == ARG_ADDR) {
        text_i64(out, (int32_t)v);
    } else if (row->type == ARG_OUT && result < 0) {
        strace_address(out, v);
    } else {
        strace_struct(out, row->ref, v);
    }
}

static void format_clone_flags(TextBuf *out, uint64_t v)
{
    const char *name = v & 0xff ? signal_name((int)(v & 0xff)) : NULL;
    if (v & ~0xffull || !name) {
        strace_flags(out, LIST_clone, v & ~0xffull);
        text_str(out, name ? "|" : "");
    }
    text_str(out, name ? name : "");
}

void strace_argument(TextBuf *out, unsigned type, const uint64_t args[6], unsigned i, int64_t result)
{
    uint64_t v = args[i], before = i ? args[i - 1] : 0;
    switch (type) {
    case ARG_IOCTL: strace_ioctl(out, (uint32_t)v); break;
    case ARG_IOCTL_ARG: format_ioctl_arg(out, before, v, result); break;
    case ARG_FCNTL_ARG: format_fcntl_arg(out, before, v); break;
    case ARG_FUTEX_OP: format_futex_op(out, v); break;
    case ARG_FUTEX_ARG: format_futex_arg(out, args[1], v); break;
    case ARG_ARGV: format_argv(out, v); break;
    case ARG_ENVP: format_envp(out, v); break;
    case ARG_CLONE_FLAGS: format_clone_flags(out, v); break;
    case ARG_EVENTS:
        if (result < 0) {
            strace_address(out, v);
        } else {
            strace_array(out, STRUCT_epoll_event, v, (uint64_t)result);
        }
        break;
    case ARG_SOCKOPT:
        if (before == SOL_SOCKET || before == 6 /* SOL_TCP */) {
            strace_enum(out, before == SOL_SOCKET ? LIST_so : LIST_tcp, (uint32_t)v);
        } else {
            text_i64(out, (int32_t)v);
        }
        break;
    default: text_hex(out, v); break;
    }
}
