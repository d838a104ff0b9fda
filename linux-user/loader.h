/* SPDX-License-Identifier: MIT */
/* Loading ELF programs and making the initial stack. */
#ifndef LYRE_LINUX_USER_LOADER_H
#define LYRE_LINUX_USER_LOADER_H

#include "linux-user/abi.h"

typedef struct LoadInfo {
    uint64_t entry;          /* where execution starts (the interpreter's entry, if any) */
    uint64_t program_entry;  /* AT_ENTRY */
    uint64_t phdr;           /* AT_PHDR */
    uint64_t phnum, phent;
    uint64_t interp_base;    /* AT_BASE */
    uint64_t brk_start;
    uint64_t stack_pointer;
    bool has_exec_stack;
} LoadInfo;

/* What kind of file an open program is. */
typedef enum ProgramKind { PROGRAM_GUEST, PROGRAM_OTHER_GUEST, PROGRAM_HOST, PROGRAM_SCRIPT, PROGRAM_INVALID } ProgramKind;
/* Reads the header; on PROGRAM_INVALID *why is a static string for the person ("truncated ELF header", "FreeBSD program", ...), and
 * the return of *error the errno that execve gives. */
ProgramKind loader_classify(int fd, const GuestAbi *abi, const char **why, int *error);

/* Maps the program (and interpreter) into t->mm and builds the stack with argv, envp, auxv. 0 or negative errno with *why. */
int loader_load(Task *t, int fd, const char *path, char *const argv[], char *const envp[], LoadInfo *out, const char **why);

#endif
