/* SPDX-License-Identifier: MIT */
/* What gen_syscalls.py makes of syscalls.def, structs.def and flags.def, as types. Read by dispatch, -strace and -syscalls. */
#ifndef LYRE_LINUX_USER_SYSCALL_ROW_H
#define LYRE_LINUX_USER_SYSCALL_ROW_H

#include "linux-user/syscall.h"

/* Tables without addresses need no relocation, so a start does not touch them: a text is its offset in row_texts, 0: none. */
typedef uint16_t RowText;
extern const char row_texts[];
static inline const char *row_text(RowText t) { return row_texts + t; }

typedef enum SyscallKind { SYSCALL_PASS, SYSCALL_WAIT, SYSCALL_FN, SYSCALL_NONE, SYSCALL_ARCH } SyscallKind;

typedef enum ArgType {
    ARG_INT, ARG_UINT, ARG_LONG, ARG_ULONG, ARG_HEX, ARG_FD, ARG_ATFD, ARG_PID, ARG_UID, ARG_MODE, ARG_FTYPE, ARG_DEV, ARG_SIG, ARG_OFF, ARG_ADDR,
    ARG_KEY, ARG_FLAGS, ARG_FLAGS64, ARG_OFLAGS, ARG_ENUM,
    /* integers and unchecked pointers that only strace_args.c looks into */
    ARG_IOCTL, ARG_FUTEX_OP, ARG_FUTEX_WAKE_OP, ARG_ARGV, ARG_ENVP, ARG_EVENTS, ARG_FCNTL_ARG, ARG_IOCTL_ARG, ARG_FUTEX_ARG, ARG_CLONE_ARGS,
    ARG_SOCKOPT, ARG_PROTOCOL, ARG_SIGMASK6, ARG_IOPRIO, ARG_QCMD, ARG_SWAP, ARG_IOCBS, ARG_ERRNO, ARG_NOTED, ARG_NAMED, ARG_HIDDEN,
    /* pointers, checked before the call */
    ARG_PATH, ARG_LPATH, ARG_STR, ARG_IN, ARG_OUT, ARG_INOUT, ARG_UPDATE,
} ArgType;

typedef enum ResultType {
    RESULT_PLAIN, RESULT_PTR, RESULT_HEX, RESULT_OCTAL, RESULT_FLAGS, RESULT_ENUM, RESULT_POLL, RESULT_SELECT,
} ResultType;

typedef enum ArgCount { COUNT_PLAIN, COUNT_BITS, COUNT_BEHIND /* the argument points to the count */, COUNT_BYTES /* of the struct, which may be shorter */ } ArgCount;

typedef struct SyscallArg {
    uint8_t type;    /* ArgType */
    int8_t count;    /* number of elements: index of the argument that says it, -1: one */
    uint8_t unit;    /* ArgCount */
    uint16_t ref;    /* StructId or FlagListId */
    uint16_t size;   /* bytes of an element that a pointer points to */
} SyscallArg;

enum { ROW_UNSAFE = 1, ROW_PRINT_FIRST = 2, ROW_POINTERS = 4, ROW_PATHS = 8, ROW_OPEN_FLAGS = 16 };

typedef struct SyscallRow {
    RowText name;
    RowText reason;      /* why it is missing */
    uint16_t fn;         /* index in syscall_fns; 0: no handler */
    int16_t host;        /* the host's number, -1: none */
    uint8_t kind;        /* SyscallKind */
    uint8_t nargs;
    uint8_t flags;       /* ROW_* */
    uint8_t pointers;    /* bit i: argument i is checked before the call */
    uint8_t fds;         /* bit i: argument i is a descriptor */
    SyscallArg arg[6];
    uint8_t result;      /* ResultType, for -strace */
    uint16_t result_ref; /* FlagListId */
} SyscallRow;

/* strace.def: the row as -strace shows it when (argument `index` & mask) == value. */
typedef struct StraceForm {
    uint8_t index;
    uint32_t mask, value;
    SyscallRow row;
} StraceForm;
extern const StraceForm strace_forms[];
extern const uint16_t strace_first_form[]; /* by index of the row, and one more */

typedef enum FieldFormat {
    FMT_I32, FMT_U32, FMT_X32, FMT_I64, FMT_U64, FMT_X64, FMT_I16, FMT_U16, FMT_X16, FMT_U8, FMT_PTR, FMT_MODE, FMT_MODE16, FMT_OCTAL64, FMT_DEV, FMT_STR,
    FMT_FLAGS, FMT_FLAGS16, FMT_FLAGS64, FMT_ENUM, FMT_ENUM16, FMT_ENUM64, FMT_STRUCT, FMT_SOCKADDR, FMT_CAPS, FMT_BYTES, FMT_SIG, FMT_SIG64, FMT_RLIM, FMT_SIGSET, FMT_SIGINFO, FMT_HANDLER, FMT_WSTATUS, FMT_STRING, FMT_PATH, FMT_KVER,
    FMT_NAMED, FMT_NOTED, FMT_BUFFER, FMT_DATA, FMT_TEXT, FMT_COUNTED, FMT_SOME, FMT_IFINDEX, FMT_RESERVED, FMT_X8, FMT_HWADDR,
} FieldFormat;

typedef struct StructField {
    RowText name;       /* none: the struct is this one value; +...: only in structs of a size that reaches it; &...: with the field before */
    uint16_t offset;
    uint16_t ref;       /* list, struct or length */
    uint8_t format;     /* FieldFormat */
    bool is_hidden;     /* not printed */
    uint8_t condition;  /* in struct_conditions, 0: always printed */
} StructField;

/* A field is printed if one of two 64-bit values of its struct has a bit of a mask. */
typedef struct StructCondition {
    uint64_t mask[2];
    uint16_t offset[2];
} StructCondition;
extern const StructCondition struct_conditions[];

typedef struct StructDesc {
    RowText name;
    uint16_t size;
    uint16_t nfields;
    uint16_t field; /* the first, in struct_fields */
    bool is_short;  /* not all of it is shown: ends with ... */
} StructDesc;
extern const StructField struct_fields[];

typedef struct FlagName {
    uint64_t mask, value;
    RowText name;
} FlagName;
typedef struct FlagList {
    RowText name;
    uint16_t n, flag; /* the first, in flag_names */
} FlagList;
extern const FlagName flag_names[];

typedef struct IoctlRow {
    uint32_t number;
    RowText name;
    uint8_t type;  /* ARG_IN, ARG_OUT, ARG_INOUT: pointer to ref; ARG_INT, ARG_ADDR: no pointer */
    uint16_t ref;
} IoctlRow;
/* Commands that say a length or an index in their number. */
typedef struct IoctlFamily {
    uint32_t number, mask;
    RowText name;
    int16_t index; /* list of the index's names; -1: none */
} IoctlFamily;
extern const IoctlFamily ioctl_families[];
extern const unsigned ioctl_nfamilies;

/* NULL when the command has no row. */
const IoctlRow *ioctl_row(uint32_t number);
extern const IoctlRow ioctl_rows[];
extern const unsigned ioctl_nrows;

enum { SYSCALL_TABLE_GENERIC }; /* GuestAbi.syscall_table: columns of syscalls.def */

extern const SyscallRow syscall_rows[];
extern const unsigned syscall_nrows;
extern SyscallFn *const syscall_fns[];
enum { SYSCALL_NUMBERS = 512 };
extern const uint16_t syscall_index[SYSCALL_NUMBERS]; /* by number: row + 1, or 0 */

/* The row of a number in a column, or NULL. */
static inline const SyscallRow *syscall_row(unsigned table, uint64_t number)
{
    unsigned row = number < SYSCALL_NUMBERS ? syscall_index[number] : 0;
    return row ? &syscall_rows[row - 1] : NULL;
}
extern const uint16_t syscall_numbers[]; /* generic number of each row, 0xffff: none */
extern const StructDesc struct_descs[];
extern const FlagList flag_lists[];

#endif
