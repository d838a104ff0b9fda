/* SPDX-License-Identifier: MIT */
/* The command line and environment of an emulator: names of QEMU user mode, one table. Constant after start. */
#ifndef LYRE_LINUX_USER_OPTIONS_H
#define LYRE_LINUX_USER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "linux-user/abi.h"
#include "tcg/exec.h"

struct Options {
    TcgSettings tcg;         /* -d, -dfilter, -x engine=, -x move, -tb-size, -one-insn-per-tb, -seed */
    bool has_strace;         /* -strace or -d strace */
    const char *cpu;         /* -cpu, or NULL: the most capable */
    const char *prefix;      /* -L, or NULL */
    const char *uname;       /* -r: kernel release shown, or NULL */
    const char *argv0;       /* -0, or NULL */
    const char *log_file;    /* -D, or NULL; %d is the pid */
    const char *host_cpu;    /* -host-cpu, or NULL */
    uint64_t stack_size;     /* -s; 0: RLIMIT_STACK */
    uint64_t seed;           /* -seed */
    bool has_seed;
    bool has_syscall_list;   /* -syscalls: print the list and stop */
    char **environ;          /* the guest's environment, after -E and -U */
    int exit_code;           /* options_parse returned false: leave with this */
    int first;               /* index in argv of the program's name */
    unsigned ninherited;     /* option words (name, value) that a program run by execve gets too */
    const char *inherited[64];
};

/* Parses argv and, unless `is_secure` (AT_SECURE), LYRE_* and QEMU_* variables. False: everything has been said (help, version, an
 * error message on descriptor 2); leave with out->exit_code. */
bool options_parse(Options *out, const GuestAbi *abi, int argc, char **argv, char **envp, bool is_secure);
/* One option by name and value, as after execve from another emulator: false for what is not known. */
bool options_apply(Options *out, const GuestAbi *abi, const char *name, const char *value);

#endif
