/* SPDX-License-Identifier: MIT */
/* Delivery of signals to the guest: from the run loop only, so host frames never nest. */
#include "linux-user/signal.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "linux-user/abi.h"
#include "linux-user/core.h"
#include "linux-user/crash.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/signal_host.h"
#include "linux-user/strace.h"
#include "linux-user/syscall.h"
#include "util/assert.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/lock.h"
#include "util/sys.h"

/* UAPI_SA_FLAGS of the kernel: others read back as 0, by which programs find out what is supported */
#define KNOWN_SA_FLAGS 0xd8000807ull
#define UNMASKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* abort() follows: its signal is not the guest's. */
static void report_assertion(void)
{
    crash_report_own(signal_host_task());
    signal_host_reset(SIGABRT);
    signal_host_mask(~SIGNAL_BIT(SIGABRT), true);
}

void signal_init_process(Task *t)
{
    lyre_assert_hook = report_assertion;
    if (t->log & TCG_LOG_STRACE) {
        signal_host_tell_deaths();
    }
    t->blocked = signal_host_get_mask();
    for (int sig = 1; sig <= NSIG_MAX; sig++) {
        SigAction *a = &t->sighand->action[sig];
        memset(a, 0, sizeof(*a));
        a->handler = signal_host_is_ignored(sig) ? 1 : 0;
    }
    signal_host_mask(~0ull, false);
    signal_init_thread(t);
    for (int sig = 1; sig <= NSIG_MAX; sig++) {
        if (signal_host_does_default(sig)) { /* all others are on the host what they are in the guest */
            signal_host_install(sig, &t->sighand->action[sig]);
        }
    }
    signal_unblock(t);
}

void signal_init_thread(Task *t)
{
    if (!t->signal_stack && !signal_host_stack_new(t)) {
        host_none_left();
    }
    signal_host_stack_use(t);
}

void signal_finish_thread(Task *t) { signal_host_stack_free(t); }

/* Which kept fault signals are deliverable, after a change of mask. */
static void update_faults(Task *t)
{
    uint32_t kept = atomic_load(&t->fault_mask);
    atomic_fetch_and(&t->has_pending, PENDING_TAKEN);
    if (LIKELY(kept == 0)) {
        return;
    }
    for (unsigned i = 0; i < FAULT_SIGNALS; i++) {
        if ((kept >> i & 1) && !(t->blocked & SIGNAL_BIT(signal_fault_number(i)))) {
            atomic_fetch_or(&t->has_pending, (uint32_t)PENDING_FAULT << i);
        }
    }
}

/* The new mask on guest and host. While a signal is taken the host keeps all blocked. */
static void apply_mask(Task *t, uint64_t mask)
{
    t->blocked = mask & ~UNMASKABLE;
    update_faults(t);
    if (!(atomic_load(&t->has_pending) & PENDING_TAKEN)) {
        signal_host_mask(t->blocked, false);
    }
}

void signal_unblock(Task *t) { signal_host_mask(t->blocked, false); }

static int64_t set_host_mask(Task *t, uint64_t mask)
{
    mask &= ~signal_fault_mask();
    return syscall_blocking(t, SYS_rt_sigprocmask, SIG_SETMASK, SYS_PTR(&mask), 0, sizeof(mask), 0, 0);
}

int64_t signal_block(Task *t) { return set_host_mask(t, ~0ull); }

int64_t signal_set_mask(Task *t, uint64_t mask)
{
    mask &= ~UNMASKABLE;
    int64_t error = set_host_mask(t, mask);
    if (error == 0) {
        t->blocked = mask;
        update_faults(t);
    }
    return error;
}

int64_t signal_read_mask(uint64_t addr, uint64_t size, uint64_t *mask)
{
    if (addr == 0) {
        return 0;
    }
    if (size != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    int64_t error = mm_read(mask, addr, sizeof(*mask));
    *mask &= ~UNMASKABLE;
    return error;
}

void signal_note_wait(Task *t, uint64_t mask, int64_t result)
{
    if (result == -EINTR && (atomic_load(&t->has_pending) & PENDING_TAKEN)) {
        t->saved_mask = t->blocked;
        t->has_saved_mask = true;
        t->blocked = mask;
    }
}

bool signal_is_on_altstack(const Task *t, uint64_t sp)
{
    return !((uint32_t)t->altstack_flags & SIGNAL_SS_AUTODISARM) && sp > t->altstack_sp && sp - t->altstack_sp <= t->altstack_size;
}

int signal_altstack_flags(const Task *t, uint64_t sp)
{
    int bits = t->altstack_flags & (int)SIGNAL_SS_AUTODISARM;
    return bits | (t->altstack_size == 0 ? SS_DISABLE : signal_is_on_altstack(t, sp) ? SS_ONSTACK : 0);
}

uint64_t signal_frame_address(const Task *t, const SigAction *action, uint64_t sp, uint64_t size)
{
    bool is_on = signal_is_on_altstack(t, sp);
    if (is_on && !signal_is_on_altstack(t, sp - size)) {
        return 0; /* it would overflow: get_sigframe() of the kernel */
    }
    if ((action->flags & SIGNAL_SA_ONSTACK) && !is_on && t->altstack_size) {
        sp = t->altstack_sp + t->altstack_size;
    }
    return (sp - size) & ~15ull;
}

int64_t signal_set_altstack(Task *t, uint64_t sp, uint64_t size, int flags, uint64_t guest_sp)
{
    int mode = flags & ~(int)SIGNAL_SS_AUTODISARM;
    if (signal_is_on_altstack(t, guest_sp)) {
        return -EPERM;
    }
    if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK) {
        return -EINVAL;
    }
    if (mode == SS_DISABLE) {
        sp = size = 0;
    } else if (size < SIGNAL_MINSTACK) {
        return -ENOMEM;
    }
    t->altstack_sp = sp;
    t->altstack_size = size;
    t->altstack_flags = flags;
    return 0;
}

/* A signal that is taken while this runs meets the new action, as one that arrives inside of the kernel's call does. */
int64_t signal_sigaction(Task *t, int sig, const SigAction *act, SigAction *old)
{
    if (sig < 1 || sig > NSIG_MAX || (act && (sig == SIGKILL || sig == SIGSTOP))) {
        return -EINVAL;
    }
    SigHand *h = t->sighand;
    lock_acquire(&h->lock);
    if (old) {
        *old = h->action[sig];
    }
    if (act) {
        h->action[sig] = *act;
        h->action[sig].mask &= ~UNMASKABLE;
        h->action[sig].flags &= KNOWN_SA_FLAGS;
        signal_host_install(sig, act);
    }
    lock_release(&h->lock);
    return 0;
}

/* The action that a signal meets now; one with SA_RESETHAND is the default from then on. */
static SigAction take_action(Task *t, int sig)
{
    SigHand *h = t->sighand;
    lock_acquire(&h->lock);
    SigAction action = h->action[sig];
    if ((action.flags & SIGNAL_SA_RESETHAND) && action.handler > 1) {
        h->action[sig].handler = 0;
        signal_host_install(sig, &h->action[sig]);
    }
    lock_release(&h->lock);
    return action;
}

static void set_default(Task *t, int sig)
{
    lock_acquire(&t->sighand->lock);
    t->sighand->action[sig].handler = 0;
    signal_host_install(sig, &t->sighand->action[sig]);
    lock_release(&t->sighand->lock);
}

/* No handler in the guest: what the kernel would have done had the disposition been the host's. */
static void do_default(Task *t, int sig, const siginfo_t *info)
{
    switch (signal_default(sig)) {
    case SIGNAL_IGNORE:
    case SIGNAL_CONTINUE:
        return;
    case SIGNAL_STOP:
        sys_call2(SYS_kill, (uint64_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGSTOP);
        return;
    default:
        task_die_by_signal(t, sig, info);
    }
}

static void deliver(Task *t, int sig, const siginfo_t *info)
{
    SigAction action = take_action(t, sig);
    if (action.handler > 1 && UNLIKELY(t->log & TCG_LOG_STRACE)) {
        strace_signal(t, sig, info);
    }
    if (action.handler <= 1) {
        if (action.handler == 0) {
            do_default(t, sig, info);
        }
        apply_mask(t, t->blocked);
        return;
    }
    uint64_t old = t->has_saved_mask ? t->saved_mask : t->blocked;
    t->has_saved_mask = false;
    if (t->abi->signal_frame(t, sig, info, &action, old) < 0) {
        if (sig == SIGSEGV) {
            set_default(t, sig);
        }
        apply_mask(t, t->blocked);
        signal_force(t, SIGSEGV, SI_KERNEL, 0);
        return;
    }
    if ((uint32_t)t->altstack_flags & SIGNAL_SS_AUTODISARM) {
        t->altstack_sp = t->altstack_size = 0;
        t->altstack_flags = SS_DISABLE;
    }
    uint64_t own = action.flags & SIGNAL_SA_NODEFER ? 0 : SIGNAL_BIT(sig);
    apply_mask(t, t->blocked | action.mask | own);
}

static void log_exception(const Task *t, int sig, int code, uint64_t addr)
{
    if (t->log & TCG_LOG_INT) {
        logfile_event(t, "exception", signal_name(sig), addr);
    }
    if ((t->log & TCG_LOG_GUEST_ERRORS) && sig == SIGILL) {
        logfile_event(t, "guest error", "undefined instruction", addr);
    } else if ((t->log & TCG_LOG_GUEST_ERRORS) && code == SI_KERNEL) {
        logfile_event(t, "guest error", "a signal frame cannot be written or is damaged, stack pointer", t->abi->get_sp(t->cpu));
    }
}

void signal_force(Task *t, int sig, int code, uint64_t addr)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_signo = sig;
    info.si_code = code;
    info.si_addr = (void *)(uintptr_t)addr;
    signal_force_info(t, &info);
}

/* force_sig_info of the kernel: a blocked or ignored fault kills. */
void signal_force_info(Task *t, const siginfo_t *info)
{
    int sig = info->si_signo;
    if (UNLIKELY(t->log & (TCG_LOG_INT | TCG_LOG_GUEST_ERRORS))) {
        log_exception(t, sig, info->si_code, (uint64_t)(uintptr_t)info->si_addr);
    }
    lock_acquire(&t->sighand->lock);
    bool is_fatal = (t->blocked & SIGNAL_BIT(sig)) || t->sighand->action[sig].handler <= 1;
    lock_release(&t->sighand->lock);
    if (is_fatal) {
        task_die_by_signal(t, sig, info);
    }
    deliver(t, sig, info);
}

/* A taken signal that has meanwhile become blocked (a fault's handler came between) goes back to the kernel's queue. */
static void push_back(Task *t, int sig, const siginfo_t *info)
{
    uint64_t pid = (uint64_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
    if (info->si_code == SI_USER || info->si_code == SI_KERNEL || info->si_code > 0) {
        sys_call3(SYS_rt_sigqueueinfo, pid, SYS_INT(sig), SYS_PTR(info)); /* it was sent to the process */
    } else {
        sys_call4(SYS_rt_tgsigqueueinfo, pid, SYS_INT(t->tid), SYS_INT(sig), SYS_PTR(info));
    }
    apply_mask(t, t->blocked);
}

static void deliver_taken(Task *t)
{
    siginfo_t info = t->taken;
    int sig = info.si_signo;
    atomic_fetch_and(&t->has_pending, ~(uint32_t)PENDING_TAKEN);
    if (t->blocked & SIGNAL_BIT(sig)) {
        push_back(t, sig, &info);
    } else {
        deliver(t, sig, &info);
    }
}

static void deliver_fault(Task *t, unsigned i)
{
    siginfo_t info = t->fault_taken[i];
    atomic_fetch_and(&t->fault_mask, ~(1u << i));
    atomic_fetch_and(&t->has_pending, ~((uint32_t)PENDING_FAULT << i));
    deliver(t, signal_fault_number(i), &info);
}

void signal_deliver(Task *t)
{
    uint32_t pending;
    while (UNLIKELY((pending = atomic_load(&t->has_pending)) != 0)) {
        if (pending & ~(uint32_t)PENDING_TAKEN) {
            deliver_fault(t, (unsigned)__builtin_ctz(pending / PENDING_FAULT));
        } else {
            deliver_taken(t);
        }
    }
    if (UNLIKELY(t->has_saved_mask)) {
        t->has_saved_mask = false;
        apply_mask(t, t->saved_mask);
        if (atomic_load(&t->has_pending)) {
            signal_deliver(t);
        }
    }
}

void signal_before_exec(Task *t)
{
    for (unsigned i = 0; i < FAULT_SIGNALS; i++) {
        int sig = signal_fault_number(i);
        if (t->sighand->action[sig].handler == 1) {
            signal_host_ignore(sig);
        }
    }
    signal_host_mask(t->blocked, true);
}

void signal_after_exec(Task *t)
{
    for (unsigned i = 0; i < FAULT_SIGNALS; i++) {
        int sig = signal_fault_number(i);
        signal_host_install(sig, &t->sighand->action[sig]);
    }
    apply_mask(t, t->blocked);
}

NORETURN void task_die_by_signal(Task *t, int sig, const siginfo_t *info)
{
    if (atomic_exchange(&t->group->is_dying, true)) {
        core_park(t); /* another thread is at it already */
    }
    if (t->log & TCG_LOG_STRACE) {
        strace_signal(t, sig, info);
        strace_killed(t, sig);
    }
    if (signal_default(sig) == SIGNAL_CORE) {
        core_dump(t, sig, info);
        const struct rlimit none = { 0, 0 };
        sys_call2(SYS_setrlimit, RLIMIT_CORE, SYS_PTR(&none)); /* a core of ours would be of no use to anybody */
        crash_report_guest(t, sig, info);
    }
    signal_host_mask(~0ull, false);
    signal_host_reset(sig);
    uint64_t pid = (uint64_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
    sys_call3(SYS_tgkill, pid, (uint64_t)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0), SYS_INT(sig));
    signal_host_mask(~SIGNAL_BIT(sig), true);
    for (;;) {
        sys_call1(SYS_exit_group, 128 + (uint64_t)sig);
    }
}
