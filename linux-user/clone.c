/* SPDX-License-Identifier: MIT */
/*
 * clone and clone3. The host's kernel is given the guest's own flags, so namespaces, pidfds, tids in memory and errors are its own; what is ours is
 * the state of the new task. Without CLONE_VM it is our own state, copied by the kernel; with CLONE_VM (threads, vfork) a new Task on a new host stack.
 */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "linux-user/abi.h"
#include "linux-user/check.h"
#include "linux-user/host_tls.h"
#include "linux-user/mm.h"
#include "linux-user/signal.h"
#include "linux-user/signal_host.h"
#include "linux-user/thread.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

typedef struct CloneArgs {
    struct clone_args host; /* the guest's; stack is the guest's until clone_vm puts a host stack there */
    size_t size;            /* as given to clone3; 0: the guest has called clone */
    uint64_t guest_sp;      /* 0: goes on with its parent's */
} CloneArgs;

int64_t clone_host(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, void (*fn)(Task *), Task *arg);

/* A second life of the caller without CLONE_VM: both return. TLS is a guest register here, so never the kernel's business. */
static int64_t host_fork(const CloneArgs *a)
{
    const struct clone_args *h = &a->host;
    if (a->size) {
        struct clone_args copy = *h;
        copy.flags &= ~(uint64_t)CLONE_SETTLS;
        copy.stack = copy.stack_size = copy.tls = 0;
        return sys_call2(SYS_clone3, SYS_PTR(&copy), a->size);
    }
    uint64_t flags = (h->flags & ~(uint64_t)CLONE_SETTLS) | h->exit_signal;
    return sys_call(SYS_clone, flags, 0, h->parent_tid, h->child_tid, 0, 0);
}

static int64_t host_thread(const CloneArgs *a, HostStack *stack, void (*fn)(Task *), Task *arg)
{
    const struct clone_args *h = &a->host;
    uint64_t tls = host_tls_make((char *)stack + HOST_STACK_SIZE - HOST_TLS_SIZE);
    if (a->size) {
        struct clone_args copy = *h;
        copy.flags = (copy.flags & ~(uint64_t)CLONE_SETTLS) | (tls ? CLONE_SETTLS : 0);
        copy.tls = tls;
        copy.stack = SYS_PTR(stack);
        copy.stack_size = thread_stack_top(stack) - SYS_PTR(stack);
        return clone_host(SYS_clone3, SYS_PTR(&copy), a->size, 0, 0, 0, fn, arg);
    }
    uint64_t flags = (h->flags & ~(uint64_t)CLONE_SETTLS) | h->exit_signal | (tls ? CLONE_SETTLS : 0);
    return clone_host(SYS_clone, flags, thread_stack_top(stack), h->parent_tid, h->child_tid, tls, fn, arg);
}

/* Registers of the new task. */
static void start_registers(Task *t, const CloneArgs *a)
{
    t->abi->syscall_set_result(t->cpu, 0);
    if (a->guest_sp) {
        t->abi->set_sp(t->cpu, a->guest_sp);
    }
    if (a->host.flags & CLONE_SETTLS) {
        t->abi->set_tls(t->cpu, a->host.tls);
    }
    t->cpu->ll_addr = ~0ull;
}

/* CLONE_CLEAR_SIGHAND: the kernel has made the host's handlers default, ours among them. */
static void clear_handlers(Task *t)
{
    for (int sig = 1; sig <= NSIG_MAX; sig++) {
        SigAction *action = &t->sighand->action[sig];
        if (action->handler > 1) {
            memset(action, 0, sizeof(*action));
        }
        if (sig != SIGKILL && sig != SIGSTOP) {
            signal_host_install(sig, action);
        }
    }
}

/* LOCK ORDER: over fork all locks are held, so that the child finds every structure whole. */
static void lock_all(Task *t)
{
    mm_lock(t->mm);
    tcg_fork_prepare(t->mm->tcg);
    lock_acquire(&t->sighand->lock);
    lock_acquire(&t->files->lock);
    lock_acquire(&t->fs->lock);
    lock_acquire(&t->group->lock);
    hostmem_lock_all();
}

static void unlock_all(Task *t, bool is_child)
{
    hostmem_unlock_all();
    lock_release(&t->group->lock);
    lock_release(&t->fs->lock);
    lock_release(&t->files->lock);
    lock_release(&t->sighand->lock);
    if (is_child) {
        tcg_fork_child(t->mm->tcg, t->cpu);
    } else {
        tcg_fork_parent(t->mm->tcg);
    }
    mm_unlock(t->mm);
}

/* The child of a fork: the only task of its group and of everything else. */
static void become_child(Task *t, const CloneArgs *a)
{
    t->tid = (int)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
    atomic_store(&t->mm->refs, 1);
    atomic_store(&t->sighand->refs, 1);
    atomic_store(&t->files->refs, 1);
    atomic_store(&t->fs->refs, 1);
    atomic_store(&t->group->refs, 1);
    atomic_store(&t->has_pending, 0);
    atomic_store(&t->fault_mask, 0);
    t->group->tasks = t;
    t->group->ntasks = 1;
    t->group->strays = NULL;
    atomic_store(&t->group->is_dying, false);
    t->next = NULL;
    t->is_vfork = t->is_stray = t->is_foreign = false;
    atomic_store(&t->mm->nsharing, 0);
    if (a->host.flags & CLONE_CLEAR_SIGHAND) {
        clear_handlers(t);
    }
    start_registers(t, a);
}

static int64_t clone_fork(Task *t, const CloneArgs *a)
{
    lock_all(t);
    int64_t pid = host_fork(a);
    if (pid == 0) {
        lock_forget_tid();
    }
    unlock_all(t, pid == 0);
    if (pid == 0) {
        become_child(t, a);
    }
    return pid;
}

static void thread_main(Task *t)
{
    t->tid = (int)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
    t->is_foreign |= (t->is_vfork || t->is_stray) && sys_call(SYS_getppid, 0, 0, 0, 0, 0, 0) == 0;
    if (t->is_foreign) {
        lock_mark_foreign();
    }
    t->lock_id = lock_own_id();
    if (t->has_no_handlers) {
        clear_handlers(t);
    }
    tcg_thread_enter(t->cpu);
    hostcpu_watch(&t->cpu->host_cpu);
    signal_init_thread(t);
    signal_unblock(t);
    task_loop(t);
}

static int64_t clone_vm(Task *t, const CloneArgs *a)
{
    Task *child = thread_task_new(t, a->host.flags);
    HostStack *stack = child && signal_host_stack_new(child) ? thread_stack_new(t->mm) : NULL;
    if (!stack) {
        if (child) {
            thread_task_free(child);
        }
        return -ENOMEM;
    }
    child->host_stack = stack;
    child->has_no_handlers = a->host.flags & CLONE_CLEAR_SIGHAND;
    child->is_vfork = a->host.flags & CLONE_VFORK;
    child->is_stray = !(a->host.flags & (CLONE_THREAD | CLONE_VFORK));
    bool is_stray = child->is_stray;
    start_registers(child, a);
    thread_group_add(child);
    if (!child->is_vfork) { /* else we wait while it runs */
        tcg_set_parallel(t->mm->tcg);
    }
    thread_share(child);
    int64_t pid = host_thread(a, stack, thread_main, child);
    if (pid < 0) {
        thread_group_remove(child);
        thread_bury(child);
    } else if (a->host.flags & CLONE_VFORK) {
        thread_bury(child); /* it is gone from this address space, by exec or exit */
    } else if (is_stray) {
        thread_add_stray(t, child, (int)pid);
    }
    return pid;
}

/* All signals are blocked meanwhile: a new thread begins without an alternate stack. */
static int64_t do_clone(Task *t, CloneArgs *a)
{
    uint64_t flags = a->host.flags;
    if (((flags & CLONE_PARENT_SETTID || (flags & CLONE_PIDFD && !a->size)) && check_write(t, a->host.parent_tid, 4)) ||
        ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) && check_write(t, a->host.child_tid, 4)) ||
        ((flags & CLONE_PIDFD) && a->size && check_write(t, a->host.pidfd, 4))) {
        return -EFAULT;
    }
    thread_reap(t);
    int64_t result = signal_block(t);
    if (result == 0) {
        result = flags & CLONE_VM ? clone_vm(t, a) : clone_fork(t, a);
        signal_unblock(t);
    }
    return result;
}

int64_t sys_clone(Task *t, const uint64_t args[6])
{
    CloneArgs a;
    memset(&a, 0, sizeof(a));
    a.host.flags = (uint32_t)args[0] & ~(uint32_t)CSIGNAL;
    a.host.exit_signal = args[0] & CSIGNAL;
    a.guest_sp = args[1];
    a.host.parent_tid = args[2];
    a.host.tls = args[3];
    a.host.child_tid = args[4];
    return do_clone(t, &a);
}

int64_t sys_clone3(Task *t, const uint64_t args[6])
{
    CloneArgs a;
    memset(&a, 0, sizeof(a));
    if (args[1] < CLONE_ARGS_SIZE_VER0 || args[1] > 4096) {
        return args[1] < CLONE_ARGS_SIZE_VER0 ? -EINVAL : -E2BIG;
    }
    a.size = args[1] < sizeof(a.host) ? args[1] : sizeof(a.host);
    if (check_read(t, args[0], args[1]) || mm_read(&a.host, args[0], a.size)) {
        return -EFAULT;
    }
    for (uint64_t i = a.size; i < args[1]; i++) {
        uint8_t byte;
        if (mm_read(&byte, args[0] + i, 1) || byte) {
            return byte ? -E2BIG : -EFAULT;
        }
    }
    if ((a.host.stack == 0) != (a.host.stack_size == 0)) {
        return -EINVAL;
    }
    a.guest_sp = a.host.stack ? a.host.stack + a.host.stack_size : 0;
    return do_clone(t, &a);
}
