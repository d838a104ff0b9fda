/* SPDX-License-Identifier: MIT */
/* -strace: one line per system call, decoded from its row, in the manner of strace(1). */
#ifndef LYRE_LINUX_USER_STRACE_H
#define LYRE_LINUX_USER_STRACE_H

#include <signal.h>

#include "linux-user/syscall_row.h"
#include "util/textbuf.h"

/* Before and after the call. What the call may change is formatted before it; the line is written at once at the end. */
void strace_enter(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6]);
void strace_leave(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6], int64_t result);
/* The line of a call that will not come back, with "= ?". */
void strace_unfinished(Task *t);
void strace_resume(Task *t); /* it did: the next strace_leave writes the line again */
void strace_free(Task *t);
/* The program begins: the execve that made it, with arguments and environment on its stack at `sp`. */
void strace_exec(Task *t, uint64_t sp);
/* A signal that is delivered: `--- SIGCHLD {si_signo=SIGCHLD, ...} ---`; a task's end: `+++ exited with 1 +++`, `+++ killed by SIGTERM +++`. */
void strace_signal(Task *t, int sig, const siginfo_t *info);
void strace_exited(Task *t, int code);
void strace_killed(Task *t, int sig);

/* The call as text: name, arguments, and when `has_result` the result and what was written; used by tests and crash reports. */
void strace_format(TextBuf *out, const SyscallRow *row, uint64_t number, const uint64_t args[6], bool has_result, int64_t result);

/* ---- parts of it */

/* A call that is being formatted. */
typedef struct StraceCall {
    const SyscallRow *row;    /* as strace.def shows it */
    const uint64_t *args;
    uint64_t before[6];       /* what one or two unsigned ints behind pointers were, ~0: not known */
    bool has_result;
    int64_t result;
} StraceCall;

/* Argument i of a type that is decoded by the arguments beside it (ARG_IOCTL and following). */
void strace_argument(TextBuf *out, const StraceCall *c, unsigned i);
void strace_integer(TextBuf *out, const SyscallArg *arg, uint64_t v);
/* After the number: what became ready, names of flags, ... */
void strace_result(TextBuf *out, const StraceCall *c);

/* strace_data.c: what pointers lead to. */
void strace_struct(TextBuf *out, unsigned id, uint64_t addr);
void strace_sized(TextBuf *out, unsigned id, uint64_t addr, uint64_t size); /* as much of it as `size` covers */
void strace_given(TextBuf *out, unsigned id, uint64_t addr); /* without what a call that has failed would have filled in */
void strace_element(TextBuf *out, unsigned id, uint64_t addr); /* the same inside of an array */
void strace_array(TextBuf *out, unsigned id, uint64_t addr, uint64_t n);
/* [a, b, ...]: what `put` says of element i of `what`; it ends where `put` says false. */
typedef bool StracePut(TextBuf *out, const void *what, uint64_t i);
void strace_list(TextBuf *out, uint64_t n, StracePut *put, const void *what);
void strace_address(TextBuf *out, uint64_t v); /* hexadecimal, or NULL */
/* n iovecs that hold `used` bytes in all. */
void strace_iovecs(TextBuf *out, uint64_t addr, uint64_t n, uint64_t used);
/* strace_args.c: names from flags.def. */
void strace_flags(TextBuf *out, unsigned list, uint64_t value);
void strace_enum(TextBuf *out, unsigned list, uint64_t value);
void strace_named(TextBuf *out, unsigned list, uint64_t value); /* decimal if it has no name */
void strace_noted(TextBuf *out, unsigned list, uint32_t value); /* a number, and its name in a comment if it has one */

/* strace_values.c: how values look. */
void strace_string(TextBuf *out, uint64_t addr);
void strace_text(TextBuf *out, uint64_t addr, uint64_t room); /* a string in so many bytes */
void strace_path(TextBuf *out, uint64_t addr);
void strace_buffer(TextBuf *out, uint64_t addr, uint64_t len);
void strace_bytes(TextBuf *out, const uint8_t *bytes, uint32_t n); /* \x00\x01 */
void strace_int(TextBuf *out, const char *name, int64_t v); /* ", name=" and a number */
void strace_uint(TextBuf *out, const char *name, uint64_t v);
void strace_octal(TextBuf *out, uint64_t v);   /* 0644, at least three digits */
void strace_mode(TextBuf *out, uint64_t mode); /* S_IFREG|0644 */
void strace_limit(TextBuf *out, uint64_t v);   /* 8192*1024 */
void strace_device(TextBuf *out, uint64_t v);
void strace_caps(TextBuf *out, uint64_t set);
void strace_kernel_version(TextBuf *out, uint32_t v);
void strace_enum64(TextBuf *out, unsigned list, uint64_t v);
void strace_date(TextBuf *out, int64_t sec, uint64_t nsec); /* in a comment */

/* strace_signal.c */
const char *signal_name(int sig); /* "SIGINT", "SIGRT_1" or NULL */
void strace_signo(TextBuf *out, int sig);
void strace_sigset(TextBuf *out, uint64_t set);
void strace_siginfo(TextBuf *out, const siginfo_t *info);
void strace_wstatus(TextBuf *out, int status);

/* strace_special.c: pointers whose rows say more than a struct: descriptor sets, CPU sets, directory entries, message buffers. False: not one. */
bool strace_special(TextBuf *out, const StraceCall *c, unsigned i, uint64_t n);
bool strace_has_any_size(unsigned id); /* calls that are told how long the struct is: bpf refuses some sizes unseen */
void strace_fdset(TextBuf *out, uint64_t addr, uint64_t bytes);
/* strace_net.c */
void strace_sockaddr(TextBuf *out, uint64_t addr, uint64_t len);
void strace_sockaddr_bytes(TextBuf *out, const void *bytes, uint64_t len);
void strace_msghdr(TextBuf *out, uint64_t addr, uint64_t used);
void strace_sockopt(TextBuf *out, uint64_t level, uint64_t name, uint64_t addr, uint64_t len);
unsigned strace_sockopt_list(uint64_t level, bool *is_known);
void strace_ifindex(TextBuf *out, uint32_t v); /* by the device's name */

/* strace_ioctl.c */
void strace_hwaddr(TextBuf *out, const uint8_t bytes[16]);
void strace_ioctl(TextBuf *out, uint32_t cmd);
void strace_ioctl_arg(TextBuf *out, const StraceCall *c, unsigned i); /* as ioctls.def says */
bool strace_ioctl_struct(TextBuf *out, const StraceCall *c, unsigned i); /* false: nothing but fields */

/* strace_admin.c */
void strace_quota_command(TextBuf *out, uint32_t v);
void strace_swap_flags(TextBuf *out, uint32_t v);
void strace_iocb(TextBuf *out, uint64_t addr, bool has_data);
void strace_iocbs(TextBuf *out, uint64_t addr, int64_t n);
void strace_sched_attr(TextBuf *out, uint64_t addr, uint64_t room, bool is_given);
void strace_perf_event(TextBuf *out, uint64_t addr);
/* `before`: the length that was asked for, ~0: none. All of the handle, or its length alone. */
void strace_file_handle(TextBuf *out, uint64_t addr, uint32_t before, bool is_whole);
void strace_sigevent(TextBuf *out, uint64_t addr);
void strace_uring_restriction(TextBuf *out, const uint8_t *p);
void strace_uring_workers(TextBuf *out, const StraceCall *c, unsigned i, uint64_t n);
void strace_ioprio(TextBuf *out, uint32_t v); /* strace_args.c */

/* One line per process: a call that is missing, under -d unimp. */
void syscall_report_missing(Task *t, const char *name, uint64_t number, const char *reason);

#endif
