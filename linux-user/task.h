/* SPDX-License-Identifier: MIT */
/*
 * Tasks: the run-time state of a guest process, split as the kernel splits it. clone shares or copies each part by its flag. A Task
 * reaches everything through its CpuState; there is no other mutable global on the run path.
 *
 * LOCK ORDER  Mm.lock -> (translator's locks) -> SigHand.lock -> Files.lock -> Fs.lock -> TaskGroup.lock -> host_alloc. Locks are futexes that hold
 * their owner's tid (lock.h); fork takes all of them in this order. None is held across a blocking host call or a guest access.
 */
#ifndef LYRE_LINUX_USER_TASK_H
#define LYRE_LINUX_USER_TASK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/lock.h"
#include "tcg/exec.h"
#include "util/compiler.h"

typedef struct Mm Mm; /* mm.h: address space, brk, layout, limits; owns the Tcg */
typedef struct Options Options; /* options.h: command line; constant after start */
typedef struct GuestAbi GuestAbi; /* abi.h: the Linux ABI of one guest architecture: one small file per guest */

enum { NSIG_MAX = 64 };

/* Kernel layout of a sigaction, guest independent. */
typedef struct SigAction {
    uint64_t handler; /* 0 default, 1 ignore */
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
} SigAction;

typedef struct SigHand {
    atomic_int refs;
    Lock lock;
    SigAction action[NSIG_MAX + 1]; /* guarded by: lock */
} SigHand;

/* Descriptor-related state of ours: descriptors are the host's own. */
typedef struct Files {
    atomic_int refs;
    Lock lock;
    int self_fd;   /* O_PATH descriptor of our executable in a high, guarded slot, or -1 */
    int log_fd;    /* -D file, in a guarded slot, or -1 for 2 */
} Files;

typedef struct Fs {
    atomic_int refs;
    Lock lock;
    char *prefix;  /* -L, or NULL */
} Fs;

/* A thread group (process). */
typedef struct TaskGroup {
    atomic_int refs;
    Lock lock;
    struct Task *tasks;           /* guarded by: lock */
    unsigned ntasks;
    struct Task *strays;          /* children that share our memory, alive or dead: thread_reap; guarded by: lock */
    char *exe_path;               /* of the guest program: /proc/self/exe */
    int exe_fd;                   /* open descriptor of it, or -1 */
    uint64_t arg_start, arg_end, env_start, env_end, auxv_start, auxv_end;
    uint64_t rlimit_as[2], rlimit_data[2], rlimit_stack[2]; /* emulated: soft, hard */
    bool is_kernel_told;          /* PR_SET_MM_MAP: the host's kernel knows arg_start and so on */
    atomic_bool is_dying;         /* of a signal: the first thread tells of it and ends all, the others park (core.c) */
    int exit_code;
} TaskGroup;

/* Host numbering is guest numbering: bit n - 1 for signal n. The five that a fault raises can never be blocked on the host. */
enum { FAULT_SIGNALS = 5 };
/* Task.has_pending: the asynchronous signal; fault signal i that the guest does not block is PENDING_FAULT << i. */
enum { PENDING_TAKEN = 1, PENDING_FAULT = 2 };

/* The last system calls of a task, for crash reports. */
typedef struct SyscallRecord {
    uint64_t number, args[6];
    int64_t result;
} SyscallRecord;
enum { SYSCALL_RECORDS = 8 };

typedef struct Task {
    CpuState *cpu;                /* cpu->owner points back */
    _Atomic uint32_t has_pending; /* a signal waits for signal_deliver; offset 8: syscall_window.S reads it */
    uint32_t log;                 /* TcgLog bits of options that system calls look at: -strace and -d unimp */
    const GuestAbi *abi;
    const Options *options;
    Mm *mm;
    SigHand *sighand;
    Files *files;
    Fs *fs;
    TaskGroup *group;
    struct Task *next;            /* guarded by: group->lock */
    int tid;

    /* signals. The kernel keeps what is pending: a host handler takes one signal and leaves all blocked until it is delivered */
    uint64_t blocked;             /* the guest's mask */
    uint64_t saved_mask;          /* to be restored after sigsuspend, pselect, ... */
    bool has_saved_mask;
    uint64_t altstack_sp, altstack_size;
    int altstack_flags;
    siginfo_t taken;              /* one asynchronous signal: PENDING_TAKEN */
    siginfo_t fault_taken[FAULT_SIGNALS]; /* sent by kill(): bits of fault_mask */
    _Atomic uint32_t fault_mask;
    uint64_t doubtful_pc, doubtful_addr; /* host's: where the last fault was that nothing of ours explains */
    void *signal_stack;           /* host alternate stack; its base points back to the task */

    uint64_t clear_child_tid;     /* guest address, 0: none */
    uint64_t robust_list, robust_list_len;
    bool ignores_tags;            /* of pointers in system calls: PR_SET_TAGGED_ADDR_CTRL, where the target has tag_bits */
    struct SeccompFilter *seccomp; /* newest filter, or NULL: seccomp.h */
    struct StraceLine *strace;    /* -strace: the call in progress, or NULL */
    SyscallRecord last[SYSCALL_RECORDS];
    unsigned nlast;
    struct HostStack *host_stack; /* of a cloned task (thread.h), or NULL: the process's own */
    bool is_vfork;                /* its parent waits, and frees it */
    bool has_no_handlers;         /* CLONE_CLEAR_SIGHAND: to be installed anew */
    bool is_stray;                /* another process in the same memory: its parent frees it when it is gone */
    bool is_foreign;              /* in another pid namespace than some who share its memory */
    uint32_t lock_id;             /* lock.h; 0: it has not begun */
    int host_pid;                 /* of a stray, as its parent names it */
    uint64_t exit_signal;
    void *exec_scratch;           /* a vfork child's execve leaves this to who frees the task: exec_free_scratch */
    size_t exec_scratch_size;
} Task;

/* The first task of a process and its parts. NULL: no memory. */
Task *task_new_first(const Options *options, Mm *mm);
struct LoadInfo;
/* Tells the host's kernel the guest's addresses and name, for /proc as other processes read it. */
void task_tell_kernel(Task *t, const struct LoadInfo *info, const char *comm);

static inline Task *task_of(const CpuState *s) { return s->owner; }

/* The run loop of a task: runs until the task exits; never returns for the last thread of a group. */
NORETURN void task_loop(Task *t);

/* Ends the whole process: code as for exit_group; flushes nothing of stdio. */
NORETURN void task_exit_group(Task *t, int code);
/* Kills the process by guest signal `sig` as the kernel would (core dump message on stderr when the action dumps core). */
NORETURN void task_die_by_signal(Task *t, int sig, const siginfo_t *info);

#endif
