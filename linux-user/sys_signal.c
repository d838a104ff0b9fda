/* SPDX-License-Identifier: MIT */
/* System calls on signals. kill and its family are passed to the host: tasks are host threads and numbers are equal. */
#include <errno.h>
#include <string.h>

#include "linux-user/abi.h"
#include "linux-user/mm.h"
#include "linux-user/signal.h"
#include "linux-user/signal_host.h"
#include "linux-user/syscall_rows.h"
#include "util/sys.h"

/* The guest's struct sigaction: handler, flags, the restorer where the ABI has one, mask. */
static int64_t read_sigaction(const Task *t, uint64_t addr, SigAction *out)
{
    uint64_t v[4];
    size_t n = t->abi->has_restorer ? 4 : 3;
    if (mm_read(v, addr, n * sizeof(*v))) {
        return -EFAULT;
    }
    *out = (SigAction){ .handler = v[0], .flags = v[1], .restorer = n == 4 ? v[2] : 0, .mask = v[n - 1] };
    return 0;
}

static int64_t write_sigaction(const Task *t, uint64_t addr, const SigAction *a)
{
    uint64_t v[4] = { a->handler, a->flags, a->restorer };
    size_t n = t->abi->has_restorer ? 4 : 3;
    v[n - 1] = a->mask;
    return mm_write(addr, v, n * sizeof(*v));
}

int64_t sys_rt_sigaction(Task *t, const uint64_t args[6])
{
    SigAction act, old;
    if (args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    if (args[1] && read_sigaction(t, args[1], &act)) {
        return -EFAULT;
    }
    int64_t error = signal_sigaction(t, (int)args[0], args[1] ? &act : NULL, &old);
    if (error == 0 && args[2]) {
        error = write_sigaction(t, args[2], &old);
    }
    return error;
}

int64_t sys_rt_sigprocmask(Task *t, const uint64_t args[6])
{
    uint64_t set = 0, old = t->blocked;
    if (args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    if (args[1]) {
        if (mm_read(&set, args[1], sizeof(set))) {
            return -EFAULT;
        }
        switch ((int)args[0]) {
        case SIG_BLOCK: set |= old; break;
        case SIG_UNBLOCK: set = old & ~set; break;
        case SIG_SETMASK: break;
        default: return -EINVAL;
        }
        int64_t error = signal_set_mask(t, set);
        if (error) {
            return error;
        }
    }
    return args[2] ? mm_write(args[2], &old, sizeof(old)) : 0;
}

/* The kept fault signals that the guest blocks. */
static uint64_t kept_faults(const Task *t)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < FAULT_SIGNALS; i++) {
        if (atomic_load(&t->fault_mask) >> i & 1) {
            set |= SIGNAL_BIT(signal_fault_number(i));
        }
    }
    return set;
}

int64_t sys_rt_sigpending(Task *t, const uint64_t args[6])
{
    uint64_t set = 0;
    if (args[1] > SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    sys_call2(SYS_rt_sigpending, SYS_PTR(&set), SIGNAL_SET_SIZE);
    set |= kept_faults(t);
    return mm_write(args[0], &set, args[1]);
}

int64_t sys_rt_sigsuspend(Task *t, const uint64_t args[6])
{
    uint64_t mask;
    if (args[1] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    if (mm_read(&mask, args[0], sizeof(mask))) {
        return -EFAULT;
    }
    uint64_t host = mask & ~signal_fault_mask();
    mask &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    int64_t result = syscall_blocking(t, SYS_rt_sigsuspend, SYS_PTR(&host), SIGNAL_SET_SIZE, 0, 0, 0, 0);
    signal_note_wait(t, mask, result);
    return result;
}

int64_t sys_rt_sigtimedwait(Task *t, const uint64_t args[6])
{
    uint64_t set;
    siginfo_t info;
    if (args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    if (mm_read(&set, args[0], sizeof(set))) {
        return -EFAULT;
    }
    for (unsigned i = 0; i < FAULT_SIGNALS; i++) {
        int sig = signal_fault_number(i);
        if ((kept_faults(t) & set & SIGNAL_BIT(sig)) && (t->blocked & SIGNAL_BIT(sig))) {
            info = t->fault_taken[i];
            atomic_fetch_and(&t->fault_mask, ~(1u << i));
            return args[1] && mm_write(args[1], &info, sizeof(info)) ? -EFAULT : sig;
        }
    }
    int64_t sig = syscall_blocking(t, SYS_rt_sigtimedwait, SYS_PTR(&set), SYS_PTR(&info), args[2], SIGNAL_SET_SIZE, 0, 0);
    return sig > 0 && args[1] && mm_write(args[1], &info, sizeof(info)) ? -EFAULT : sig;
}

int64_t sys_rt_sigreturn(Task *t, const uint64_t args[6])
{
    int result = t->abi->signal_return(t);
    if (result == -ERESTART_NOINTR) {
        return result;
    }
    if (result < 0) {
        signal_force(t, SIGSEGV, SI_KERNEL, 0);
    }
    return -ENORESULT;
}

int64_t sys_sigaltstack(Task *t, const uint64_t args[6])
{
    stack_t set, old;
    uint64_t sp = t->abi->get_sp(t->cpu);
    memset(&old, 0, sizeof(old));
    old.ss_sp = (void *)(uintptr_t)t->altstack_sp;
    old.ss_size = t->altstack_size;
    old.ss_flags = signal_altstack_flags(t, sp);
    if (args[0]) {
        if (mm_read(&set, args[0], sizeof(set))) {
            return -EFAULT;
        }
        int64_t error = signal_set_altstack(t, SYS_PTR(set.ss_sp), set.ss_size, set.ss_flags, sp);
        if (error) {
            return error;
        }
    }
    return args[1] ? mm_write(args[1], &old, sizeof(old)) : 0;
}

/* Only a kernel makes this call, after a stop inside of a sleep (kernel/signal.c: do_no_restart_syscall). */
int64_t sys_restart_syscall(Task *t, const uint64_t args[6]) { return -EINTR; }
