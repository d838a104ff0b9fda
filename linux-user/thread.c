/* SPDX-License-Identifier: MIT */
/* Host threads of tasks: stacks that outlive their threads by a few instructions, shared parts, exit. */
#include "linux-user/thread.h"

#include <string.h>

#include "linux-user/exec.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/seccomp.h"
#include "linux-user/signal.h"
#include "linux-user/signal_host.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

#define CLONE_VM      0x100u
#define CLONE_FS      0x200u
#define CLONE_FILES   0x400u
#define CLONE_SIGHAND 0x800u
#define CLONE_VFORK   0x4000u
#define CLONE_THREAD  0x10000u

NORETURN void clone_leave(_Atomic uint32_t *is_done, int code);

static void push_stack(Mm *mm, HostStack *s)
{
    s->next = atomic_load(&mm->stacks);
    while (!atomic_compare_exchange_weak(&mm->stacks, &s->next, s)) {
    }
}

HostStack *thread_stack_new(Mm *mm)
{
    /* the whole list is taken, so that no other thread sees it change (no ABA), and what is not wanted put back */
    HostStack *list = atomic_exchange(&mm->stacks, NULL), *found = NULL;
    while (list) {
        HostStack *s = list;
        list = s->next;
        if (!found && atomic_load(&s->is_done)) {
            found = s;
        } else {
            push_stack(mm, s);
        }
    }
    if (!found) {
        found = hostmem_guarded_alloc(HOST_STACK_SIZE);
    }
    if (found) {
        atomic_store(&found->is_done, 0);
    }
    return found;
}

void thread_stack_give_back(Mm *mm, HostStack *stack, bool is_done)
{
    atomic_store(&stack->is_done, is_done);
    push_stack(mm, stack);
}

static SigHand *copy_sighand(SigHand *from, uint64_t flags)
{
    if (flags & CLONE_SIGHAND) {
        atomic_fetch_add(&from->refs, 1);
        return from;
    }
    SigHand *h = host_alloc(sizeof(*h));
    lock_acquire(&from->lock);
    memcpy(h->action, from->action, sizeof(h->action));
    lock_release(&from->lock);
    atomic_store(&h->refs, 1);
    return h;
}

static Files *copy_files(Files *from, uint64_t flags)
{
    if (flags & CLONE_FILES) {
        atomic_fetch_add(&from->refs, 1);
        return from;
    }
    Files *f = host_alloc(sizeof(*f));
    f->self_fd = from->self_fd;
    f->log_fd = from->log_fd;
    atomic_store(&f->refs, 1);
    return f;
}

static Fs *copy_fs(Fs *from, uint64_t flags)
{
    if (flags & CLONE_FS) {
        atomic_fetch_add(&from->refs, 1);
        return from;
    }
    Fs *f = host_alloc(sizeof(*f));
    f->prefix = from->prefix; /* constant after start, never freed */
    atomic_store(&f->refs, 1);
    return f;
}

static TaskGroup *copy_group(TaskGroup *from, uint64_t flags)
{
    if (flags & CLONE_THREAD) {
        atomic_fetch_add(&from->refs, 1);
        return from;
    }
    TaskGroup *g = host_alloc(sizeof(*g));
    lock_acquire(&from->lock);
    memcpy(g, from, sizeof(*g));
    lock_release(&from->lock);
    lock_reset(&g->lock);
    g->tasks = NULL;
    g->ntasks = 0;
    g->strays = NULL;
    atomic_store(&g->is_dying, false);
    atomic_store(&g->refs, 1);
    return g;
}

Task *thread_task_new(Task *from, uint64_t flags)
{
    Task *t = host_alloc(sizeof(*t));
    t->cpu = tcg_thread_new(from->mm->tcg, t);
    if (!t->cpu) {
        host_free(t);
        return NULL;
    }
    tcg_thread_copy(t->cpu, from->cpu);
    t->log = from->log;
    t->abi = from->abi;
    t->options = from->options;
    t->mm = from->mm;
    mm_ref(t->mm);
    t->sighand = copy_sighand(from->sighand, flags);
    t->files = copy_files(from->files, flags);
    t->fs = copy_fs(from->fs, flags);
    t->group = copy_group(from->group, flags);
    seccomp_share(t, from);
    t->blocked = from->blocked;
    t->ignores_tags = from->ignores_tags;
    t->is_foreign = from->is_foreign;
    t->altstack_flags = SS_DISABLE;
    if (flags & CLONE_VFORK) {
        t->altstack_sp = from->altstack_sp;
        t->altstack_size = from->altstack_size;
        t->altstack_flags = from->altstack_flags;
    }
    return t;
}

static bool drop(atomic_int *refs) { return atomic_fetch_sub(refs, 1) == 1; }

void thread_task_free(Task *t)
{
    tcg_thread_free(t->cpu);
    signal_finish_thread(t);
    if (drop(&t->sighand->refs)) {
        host_free(t->sighand);
    }
    if (drop(&t->files->refs)) {
        host_free(t->files);
    }
    if (drop(&t->fs->refs)) {
        host_free(t->fs);
    }
    if (drop(&t->group->refs)) {
        host_free(t->group);
    }
    mm_unref(t->mm);
    exec_free_scratch(t);
    strace_free(t);
    seccomp_drop(t);
    host_free(t);
}

static bool is_sharing(const Task *t) { return t->is_vfork || t->is_stray; }

void thread_share(Task *t) { atomic_fetch_add(&t->mm->nsharing, is_sharing(t)); }

void thread_bury(Task *t)
{
    Mm *mm = t->mm;
    HostStack *stack = t->host_stack;
    uint32_t owner = t->lock_id;
    bool was_sharing = is_sharing(t);
    hostmem_break_locks(owner);
    lock_break(&mm->lock, owner);
    lock_break(&t->sighand->lock, owner);
    lock_break(&t->files->lock, owner);
    lock_break(&t->fs->lock, owner);
    thread_task_free(t);
    thread_stack_give_back(mm, stack, true);
    atomic_fetch_sub(&mm->nsharing, was_sharing);
}

/* ---- children in the same memory that are neither threads nor waited for by vfork: nothing tells when they are killed, or execute */

void thread_add_stray(Task *parent, Task *child, int pid)
{
    TaskGroup *g = parent->group;
    child->host_pid = pid;
    lock_acquire(&g->lock);
    child->next = g->strays;
    g->strays = child;
    lock_release(&g->lock);
}

static Task *take_dead_stray(TaskGroup *g)
{
    lock_acquire(&g->lock);
    Task **at = &g->strays;
    while (*at && !lock_is_gone((uint32_t)(*at)->host_pid)) {
        at = &(*at)->next;
    }
    Task *dead = *at;
    if (dead) {
        *at = dead->next;
    }
    lock_release(&g->lock);
    return dead;
}

void thread_reap(Task *t)
{
    Task *dead;
    while (UNLIKELY(t->group->strays) && (dead = take_dead_stray(t->group))) {
        thread_bury(dead);
    }
}

void thread_group_add(Task *t)
{
    TaskGroup *g = t->group;
    lock_acquire(&g->lock);
    t->next = g->tasks;
    g->tasks = t;
    g->ntasks++;
    lock_release(&g->lock);
}

unsigned thread_group_remove(Task *t)
{
    TaskGroup *g = t->group;
    lock_acquire(&g->lock);
    for (Task **p = &g->tasks; *p; p = &(*p)->next) {
        if (*p == t) {
            *p = t->next;
            g->ntasks--;
            break;
        }
    }
    unsigned left = g->ntasks;
    lock_release(&g->lock);
    return left;
}

NORETURN void thread_exit(Task *t, int code)
{
    bool is_leader = sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0) == sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
    if (t->log & TCG_LOG_STRACE) {
        strace_exited(t, code);
    }
    unsigned left = thread_group_remove(t);
    HostStack *stack = t->host_stack;
    Mm *mm = t->mm;
    if (left == 0 && is_leader) {
        task_exit_group(t, code);
    }
    signal_host_mask(~0ull, true); /* no handler may run on what is freed now */
    logfile_thread_end();
    if (!stack || t->is_vfork || t->is_stray) {
        /* the first thread stands on the process's own stack and its state stays; a child's is freed by its parent */
        for (;;) {
            sys_call1(SYS_exit, SYS_INT(code));
        }
    }
    const stack_t none = { .ss_flags = SS_DISABLE };
    sys_call2(SYS_sigaltstack, SYS_PTR(&none), 0);
    hostcpu_leave(&t->cpu->host_cpu);
    thread_task_free(t);
    thread_stack_give_back(mm, stack, false);
    clone_leave(&stack->is_done, code);
}

int64_t sys_exit(Task *t, const uint64_t args[6]) { thread_exit(t, (int)args[0] & 0xff); }
int64_t sys_exit_group(Task *t, const uint64_t args[6])
{
    if (t->log & TCG_LOG_STRACE) {
        strace_exited(t, (int)args[0] & 0xff);
    }
    task_exit_group(t, (int)args[0] & 0xff);
}
