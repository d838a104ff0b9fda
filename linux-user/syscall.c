/* SPDX-License-Identifier: MIT */
/* Dispatch of system calls: looks the row up, checks pointers, passes the call to the host's kernel or to its handler. */
#include "linux-user/syscall.h"

#include <errno.h>
#include <limits.h>
#include <sys/uio.h>
#include <ucontext.h>

#include "linux-user/abi.h"
#include "linux-user/check.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/own_fds.h"
#include "linux-user/path.h"
#include "linux-user/seccomp.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_row.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"
#include "util/textbuf.h"

int64_t syscall_host(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return sys_call(number, a0, a1, a2, a3, a4, a5);
}

extern const char syscall_window_start[], syscall_window_insn[], syscall_window_exit[];

void syscall_leave_window(void *uc)
{
    greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)regs[REG_RIP];
    if (pc < SYS_PTR(syscall_window_start) || pc > SYS_PTR(syscall_window_insn)) {
        return;
    }
    regs[REG_RIP] = (greg_t)SYS_PTR(syscall_window_exit);
    if (pc == SYS_PTR(syscall_window_insn) && regs[REG_RAX] == SYS_restart_syscall) {
        /* stopped and continued inside of a sleep; a handler that runs now ends it, as in the kernel (do_no_restart_syscall) */
        regs[REG_RIP] = (greg_t)SYS_PTR(syscall_window_insn) + 2;
        regs[REG_RAX] = -EINTR;
    }
}

static int64_t call_host(Task *t, const SyscallRow *row, const uint64_t a[6])
{
    if (row->kind == SYSCALL_WAIT) {
        return syscall_blocking(t, row->host, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    return sys_call(row->host, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Whether a last component that is a symbolic link is followed: the kind of argument says it, and AT_SYMLINK_NOFOLLOW among the flags. */
static bool follows(const SyscallRow *row, unsigned type, const uint64_t args[6])
{
    for (unsigned i = 0; i < row->nargs; i++) {
        unsigned list = row->arg[i].ref;
        bool is_at = row->arg[i].type == ARG_FLAGS && (list == LIST_at || list == LIST_statx_at || list == LIST_access_at || list == LIST_open_tree);
        if (is_at && (args[i] & AT_SYMLINK_NOFOLLOW)) {
            return false;
        }
    }
    return type == ARG_PATH;
}

/* A passed-through call with paths: each is copied and looked up before the host sees it. */
static NOINLINE int64_t call_with_paths(Task *t, const SyscallRow *row, const uint64_t args[6])
{
    PathBuf buf[2];
    unsigned nbufs = 0;
    uint64_t a[6];
    int dirfd = AT_FDCWD;
    for (unsigned i = 0; i < 6; i++) {
        a[i] = args[i];
        unsigned type = i < row->nargs ? row->arg[i].type : ARG_INT;
        if (type == ARG_ATFD) {
            dirfd = (int)args[i];
        } else if (type == ARG_PATH || type == ARG_LPATH) {
            int64_t error = path_get(t, dirfd, args[i], follows(row, type, args), &buf[nbufs]);
            if (error < 0) {
                return error;
            }
            a[i] = SYS_PTR(buf[nbufs++].path);
        }
    }
    return call_host(t, row, a);
}

static int64_t call_missing(Task *t, const char *name, uint64_t number, const char *reason)
{
    if (t->log & TCG_LOG_UNIMP) {
        syscall_report_missing(t, name, number, reason);
    }
    return -ENOSYS;
}

static int64_t call_arch(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6])
{
    bool is_known = false;
    int64_t result = t->abi->arch_syscall ? t->abi->arch_syscall(t, number, args, &is_known) : 0;
    return is_known ? result : call_missing(t, row_text(row->name), number, "the guest's file does not handle it");
}

static int64_t call(Task *t, const SyscallRow *row, uint64_t number, const uint64_t args[6])
{
    int64_t denied;
    if (UNLIKELY(t->seccomp) && !seccomp_allows(t, number, args, &denied)) {
        return denied;
    }
    if (UNLIKELY(!row)) {
        if (t->log & TCG_LOG_GUEST_ERRORS) {
            logfile_event(t, "guest error", "unknown system call", number);
        }
        return call_missing(t, "unknown", number, "no such call on this architecture");
    }
    if (UNLIKELY(own_fds_are_named(t, row, args))) {
        return -EBADF;
    }
    if (row->flags & ROW_POINTERS) {
        int error = check_pointers(t, row, args);
        if (UNLIKELY(error)) {
            if (t->log & TCG_LOG_GUEST_ERRORS) {
                logfile_event(t, "guest error", "a pointer to memory that no program can have, system call", number);
            }
            return error;
        }
    }
    switch (row->kind) {
    case SYSCALL_PASS:
    case SYSCALL_WAIT:
        return row->flags & ROW_PATHS ? call_with_paths(t, row, args) : call_host(t, row, args);
    case SYSCALL_FN:
        return syscall_fns[row->fn](t, args);
    case SYSCALL_ARCH:
        return call_arch(t, row, number, args);
    default:
        return call_missing(t, row_text(row->name), number, row_text(row->reason));
    }
}

/* Flags of open in the host's bits, before anyone looks at them. */
static NOINLINE void convert_open_flags(const Task *t, const SyscallRow *row, uint64_t args[6])
{
    for (unsigned i = 0; i < row->nargs && t->abi->open_flags; i++) {
        if (row->arg[i].type == ARG_FLAGS && row->arg[i].ref == LIST_open) {
            args[i] = t->abi->open_flags(args[i], true);
        }
    }
}

/* Pointers whose top byte the task wants ignored (Documentation/arch/arm64/tagged-address-abi.rst); those inside of structs are taken as they are. */
static NOINLINE void strip_tags(const Task *t, const SyscallRow *row, uint64_t args[6])
{
    unsigned bits = t->abi->target->tag_bits;
    for (unsigned i = 0; i < row->nargs; i++) {
        bool is_path = row->arg[i].type == ARG_PATH || row->arg[i].type == ARG_LPATH;
        if (is_path || row->pointers >> i & 1) {
            args[i] = (uint64_t)((int64_t)(args[i] << bits) >> bits);
        }
    }
}

void syscall_dispatch(Task *t)
{
    SyscallRecord *record = &t->last[t->nlast++ % SYSCALL_RECORDS];
    uint64_t *args = record->args;
    uint64_t number = record->number = t->abi->syscall_get(t->cpu, args);
    const SyscallRow *row = syscall_row(t->abi->syscall_table, number);
    uint64_t first = args[0];
    if (UNLIKELY(t->ignores_tags) && row) {
        strip_tags(t, row, args);
    }
    if (row && row->flags & ROW_OPEN_FLAGS) {
        convert_open_flags(t, row, args);
    }
    if (UNLIKELY(t->log & TCG_LOG_STRACE)) {
        strace_enter(t, row, number, args);
    }
    int64_t result = record->result = call(t, row, number, args);
    if (UNLIKELY(t->log & TCG_LOG_STRACE)) {
        strace_leave(t, row, number, args, result);
    }
    if (UNLIKELY(result == -ERESTART_NOINTR)) {
        t->abi->syscall_restart(t->cpu, number, first);
    } else if (LIKELY(result != -ENORESULT)) {
        t->abi->syscall_set_result(t->cpu, result);
    }
}
