/* SPDX-License-Identifier: MIT */
/* Host threads of tasks: their stacks, and the parts of a task that clone shares or copies. */
#ifndef LYRE_LINUX_USER_THREAD_H
#define LYRE_LINUX_USER_THREAD_H

#include "linux-user/host_tls.h"
#include "linux-user/task.h"

/* A block of host memory for the C stack of one thread; this header lies at its start. */
typedef struct HostStack {
    struct HostStack *next;
    _Atomic uint32_t is_done; /* set by the thread's last instruction that could use the stack */
} HostStack;
enum { HOST_STACK_SIZE = 256 * 1024 };

/* Takes one over that a finished thread has left, or a new one. NULL: no memory. */
HostStack *thread_stack_new(Mm *mm);
/* `is_done`: no thread stands on it any more. Otherwise clone_leave will say so. */
void thread_stack_give_back(Mm *mm, HostStack *stack, bool is_done);
/* Above it lies the thread's local storage. */
static inline uint64_t thread_stack_top(HostStack *s) { return (uint64_t)(uintptr_t)s + HOST_STACK_SIZE - HOST_TLS_SIZE; }

/* A copy of `from` that shares what the clone flags say; cpu, signal_stack and host_stack are new or none. NULL: no memory. */
Task *thread_task_new(Task *from, uint64_t flags);
/* Frees a task, its CpuState and its shares; not its host stack. */
void thread_task_free(Task *t);
/* Before a task begins, and when it is gone, however it ended: locks that it may have held are broken, then it is freed with its stack. */
void thread_share(Task *t);
void thread_bury(Task *t);
/* A child with memory of ours that is a process of its own, and whose end nobody waits for; and buries those that are gone. */
void thread_add_stray(Task *parent, Task *child, int pid);
void thread_reap(Task *t);
/* In and out of the list of its group. */
void thread_group_add(Task *t);
/* Returns how many are left. */
unsigned thread_group_remove(Task *t);

/* Ends the calling thread (exit, not exit_group). */
NORETURN void thread_exit(Task *t, int code);

#endif
