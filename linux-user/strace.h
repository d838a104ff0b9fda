/* SPDX-License-Identifier: MIT */
/* -strace: one line per system call, decoded from its row. */
#ifndef LYRE_LINUX_USER_STRACE_H
#define LYRE_LINUX_USER_STRACE_H

#include <signal.h>

#include "linux-user/syscall_row.h"
#include "util/textbuf.h"

/* Before and after the call. A line is written at the end, except for calls that do not come back. */
void strace_enter(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6]);
void strace_leave(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6], int64_t result);
/* A signal that is delivered: `--- SIGCHLD {si_signo=SIGCHLD, ...} ---`. */
void strace_signal(Task *t, int sig, const siginfo_t *info);

/* The call as text: name, arguments, and when `has_result` the result and what was written; used by tests and crash reports. */
void strace_format(TextBuf *out, const SyscallRow *row, uint64_t number, const uint64_t args[6], bool has_result, int64_t result);

/* Parts of it. */
void strace_struct(TextBuf *out, unsigned id, uint64_t addr);
void strace_element(TextBuf *out, unsigned id, uint64_t addr); /* the same inside of an array */
void strace_array(TextBuf *out, unsigned id, uint64_t addr, uint64_t n);
void strace_address(TextBuf *out, uint64_t v); /* hexadecimal, or NULL */
void strace_string(TextBuf *out, uint64_t addr);
/* Argument i of a type that is decoded by the arguments beside it; result < 0: nothing has been written yet. */
void strace_argument(TextBuf *out, unsigned type, const uint64_t args[6], unsigned i, int64_t result);
void strace_flags(TextBuf *out, unsigned list, uint64_t value);
void strace_enum(TextBuf *out, unsigned list, uint64_t value);
void strace_sigset(TextBuf *out, uint64_t set);
void strace_siginfo(TextBuf *out, const siginfo_t *info);
void strace_buffer(TextBuf *out, uint64_t addr, uint64_t len);
void strace_sockaddr(TextBuf *out, uint64_t addr, uint64_t len);
void strace_ioctl(TextBuf *out, uint64_t cmd);
const char *signal_name(int sig); /* "SIGINT", "SIGRT_1" or NULL */
const char *errno_name(int error);

/* One line per process: a call that is missing, under -d unimp. */
void syscall_report_missing(Task *t, const char *name, uint64_t number, const char *reason);

#endif
