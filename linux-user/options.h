/* SPDX-License-Identifier: MIT */
/* The command line and environment of an emulator: names of QEMU user mode, one table. Constant after start. */
#ifndef LYRE_LINUX_USER_OPTIONS_H
#define LYRE_LINUX_USER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "linux-user/abi.h"
#include "tcg/exec.h"

enum { OPTIONS_MAX_INHERITED = 64 };

typedef enum OptionsPerf { PERF_MAP = 1, PERF_JITDUMP = 2 } OptionsPerf;

struct Options {
    const GuestAbi *abi;
    TcgSettings tcg;         /* -d, -dfilter, -x engine=, -x move, -tb-size, -one-insn-per-tb, -seed */
    bool has_strace;         /* -strace or -d strace */
    const char *cpu;         /* -cpu; default: the most capable */
    const TargetCpu *target_cpu; /* parsed from it */
    const char *prefix;      /* -L, or NULL */
    const char *uname;       /* -r: kernel release shown, or NULL */
    const char *argv0;       /* -0, or NULL */
    const char *log_file;    /* -D, or NULL; %d is the pid */
    const char *host_cpu;    /* -host-cpu, or NULL */
    bool is_raw;             /* -x raw: logged host code is left as it is, not sent through `lyre disas` */
    const char *failure;     /* -x fail=assert|fault: we fail ourselves when the program begins, to show what is told then; or NULL */
    unsigned perf;           /* OptionsPerf bits */
    uint64_t stack_size;     /* -s; 0: RLIMIT_STACK */
    bool has_seed;           /* tcg.seed was given */
    char **environ;          /* the guest's environment, after -E and -U */
    int exit_code;           /* a function below returned false: leave with this */
    int first;               /* index in argv of the program's name */
    unsigned ninherited;     /* words (name, value or "") that a program run by execve gets too */
    const char *inherited[OPTIONS_MAX_INHERITED];
};

/* Defaults: before the calls below. envp is kept as the guest's environment. */
void options_init(Options *out, const GuestAbi *abi, char **envp);
/* LYRE_* and QEMU_* variables (not under AT_SECURE), then argv. False: everything has been said (help, version, an error message on
 * descriptor 2); leave with out->exit_code. */
bool options_environment(Options *out);
bool options_arguments(Options *out, int argc, char **argv);
/* One option by name and value, as handed over by the emulator that executed us: false for what is not known. */
bool options_apply(Options *out, const char *name, const char *value);
/* -cpu and -host-cpu, at the end: false as above. */
bool options_finish(Options *out);

#endif
