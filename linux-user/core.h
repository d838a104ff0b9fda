/* SPDX-License-Identifier: MIT */
/* Core files of guest processes, as the kernel would write them: core(5). */
#ifndef LYRE_LINUX_USER_CORE_H
#define LYRE_LINUX_USER_CORE_H

#include "linux-user/task.h"

/* What one guest architecture says in a core file; constant, in GuestAbi. */
typedef struct CoreAbi {
    uint16_t machine;      /* EM_* */
    uint16_t gregs_size;   /* of elf_gregset_t; a multiple of 8 */
    uint16_t fpregs_size;  /* of NT_FPREGSET; a multiple of 8 */
    void (*gregs)(const CpuState *s, void *out);
    void (*fpregs)(const CpuState *s, void *out);
} CoreAbi;
enum { CORE_MAX_REGS = 1024 };

/* Stops the other threads of the process for good and writes the file where core_pattern says, unless RLIMIT_CORE or the process's dumpable
 * attribute forbid it. Patterns that name a program give `core` in the current folder: that program could make nothing of a guest. */
void core_dump(Task *t, int sig, const siginfo_t *info);

/* core_name.c: the file's name by /proc/sys/kernel/core_pattern; false: does not fit. */
bool core_name(const Task *t, int sig, uint64_t limit, char *buf, size_t size);

/* For a thread that was asked to stop: does not return when its process dies of a signal. */
void core_park(Task *t);

#endif
