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
    uint64_t brk_start;      /* end of the program's data; mm_set_brk chooses from here */
    uint64_t stack_pointer;
    uint64_t code_start, code_end, data_start, data_end; /* of the program, for /proc/PID/stat */
    bool has_exec_stack;
} LoadInfo;

/* What kind of file an open program is. */
typedef enum ProgramKind { PROGRAM_GUEST, PROGRAM_OTHER_GUEST, PROGRAM_HOST, PROGRAM_SCRIPT, PROGRAM_INVALID } ProgramKind;
/* Reads the headers; *why is for the person: on PROGRAM_INVALID a static string ("truncated ELF header", "FreeBSD program", ...), and *error
 * the errno that execve gives; on PROGRAM_OTHER_GUEST and PROGRAM_HOST the architecture's name. */
ProgramKind loader_classify(int fd, const GuestAbi *abi, const char **why, int *error);

/* Maps the program (and interpreter) into t->mm and builds the stack with argv, envp, auxv; exec_fn is AT_EXECFN. 0 or a negative errno with
 * *why. Fault handlers must stand. */
int loader_load(Task *t, int fd, const char *exec_fn, char *const argv[], char *const envp[], LoadInfo *out, const char **why);

/* Part of it, in loader_stack.c: maps the stack and fills it. */
int loader_build_stack(Task *t, const char *exec_fn, char *const argv[], char *const envp[], LoadInfo *info, const char **why);

#endif
