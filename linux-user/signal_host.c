/* SPDX-License-Identifier: MIT */
/* Signals on the host's side. The handler takes what arrives and leaves; delivery to the guest is signal.c's. */
#include "linux-user/signal_host.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "linux-user/crash.h"
#include "linux-user/mm.h"
#include "linux-user/syscall.h"
#include "util/access.h"
#include "util/hostmem.h"
#include "util/sys.h"
#include "util/textbuf.h"

enum { STACK_SIZE = 64 * 1024, PAGE = 4096 }; /* aligned to its size; first page: the Task, second: guard */

_Static_assert(offsetof(Task, has_pending) == 8, "TASK_PENDING of syscall_window.S");

/* x86-64 kernel's struct sigaction; a restorer is obligatory. */
typedef struct HostAction {
    void *handler;
    uint64_t flags;
    void *restorer;
    uint64_t mask;
} HostAction;
#define HOST_SA_RESTORER 0x04000000u

extern char signal_host_restorer[];

static const int fault_signals[FAULT_SIGNALS] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };

int signal_fault_number(unsigned index) { return fault_signals[index]; }

int signal_fault_index(int sig)
{
    for (int i = 0; i < FAULT_SIGNALS; i++) {
        if (fault_signals[i] == sig) {
            return i;
        }
    }
    return -1;
}

uint64_t signal_fault_mask(void)
{
    return SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP);
}

SignalDefault signal_default(int sig)
{
    switch (sig) {
    case SIGQUIT: case SIGILL: case SIGTRAP: case SIGABRT: case SIGBUS: case SIGFPE: case SIGSEGV: case SIGXCPU: case SIGXFSZ: case SIGSYS:
        return SIGNAL_CORE;
    case SIGCHLD: case SIGURG: case SIGWINCH:
        return SIGNAL_IGNORE;
    case SIGSTOP: case SIGTSTP: case SIGTTIN: case SIGTTOU:
        return SIGNAL_STOP;
    case SIGCONT:
        return SIGNAL_CONTINUE;
    default:
        return SIGNAL_TERMINATE;
    }
}

static bool tells_deaths; /* constant after start */

void signal_host_tell_deaths(void) { tells_deaths = true; }

bool signal_host_does_default(int sig)
{
    SignalDefault action = signal_default(sig);
    return action == SIGNAL_CORE || (tells_deaths && action == SIGNAL_TERMINATE && sig != SIGKILL);
}

static Task *current_task(void)
{
    uintptr_t base = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(STACK_SIZE - 1);
    return *(Task **)base;
}

/* A fault that nobody claims is an error of ours: says where, then lets the same instruction fault again with the default action. */
static void report_own_fault(Task *t, int sig, const siginfo_t *info, const ucontext_t *uc)
{
    char line[256];
    TextBuf out = text_init(line, sizeof(line));
    text_str(&out, "lyre: internal error: signal ");
    text_i64(&out, sig);
    text_str(&out, " at host pc ");
    text_hex(&out, (uint64_t)uc->uc_mcontext.gregs[REG_RIP]);
    text_str(&out, ", address ");
    text_hex(&out, SYS_PTR(info->si_addr));
    text_str(&out, ", guest pc ");
    text_hex(&out, t->cpu->pc);
    text_char(&out, '\n');
    text_write(&out, 2);
    tcg_describe_fault(t->cpu, uc);
    crash_report_own(t);
    signal_host_reset(sig);
}

/* Of the guest, or of an access of ours that may fault. */
static bool handle_known_fault(Task *t, int sig, siginfo_t *info, ucontext_t *uc)
{
    if (tcg_handle_fault(t->cpu, sig, info, uc)) {
        return true;
    }
    if (sig != SIGSEGV && sig != SIGBUS) {
        return false;
    }
    return (info->si_code == SEGV_ACCERR && sig == SIGSEGV && mm_write_hit(t->mm, SYS_PTR(info->si_addr))) ||
           (info->si_code == SEGV_MAPERR && sig == SIGSEGV && mm_grow(t->mm, SYS_PTR(info->si_addr))) || access_fixup(info, uc);
}

/* What looks like a fault of a memory access may have been sent: a child's end, with a pid and user id that are the address of the last fault. Then
 * it does not come again at once. */
static bool may_be_sent(Task *t, int sig, const siginfo_t *info, const ucontext_t *uc)
{
    uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP], addr = SYS_PTR(info->si_addr);
    bool is_again = pc == t->doubtful_pc && addr == t->doubtful_addr;
    t->doubtful_pc = pc;
    t->doubtful_addr = addr;
    return (sig == SIGSEGV || sig == SIGBUS) && !is_again;
}

/* False: it was sent. */
static bool handle_fault(Task *t, int sig, siginfo_t *info, ucontext_t *uc)
{
    if (!handle_known_fault(t, sig, info, uc)) {
        if (may_be_sent(t, sig, info, uc)) {
            return false;
        }
        report_own_fault(t, sig, info, uc);
    }
    return true;
}

/* A fault of this very instruction; else somebody has sent the signal. Its code alone does not tell: a child's end (clone with any exit signal) and
 * F_SETSIG have positive codes, too. */
static bool is_fault(int sig, const siginfo_t *info, const ucontext_t *uc)
{
    const greg_t *regs = uc->uc_mcontext.gregs;
    uint64_t addr = SYS_PTR(info->si_addr);
    enum { TRAP_ALIGNMENT = 17 };
    if (info->si_code <= 0 || info->si_code == SI_KERNEL) {
        return info->si_code > 0;
    }
    if (sig == SIGSEGV || sig == SIGBUS) {
        return addr == (uint64_t)regs[REG_CR2] || regs[REG_TRAPNO] == TRAP_ALIGNMENT || info->si_code == BUS_MCEERR_AR;
    }
    return addr == (uint64_t)regs[REG_RIP] || addr + 1 == (uint64_t)regs[REG_RIP];
}

static void host_handler(int sig, siginfo_t *info, void *context)
{
    Task *t = current_task();
    ucontext_t *uc = context;
    int fault = signal_fault_index(sig);
    if (fault >= 0 && is_fault(sig, info, uc) && handle_fault(t, sig, info, uc)) {
        return;
    }
    if (fault >= 0) {
        t->fault_taken[fault] = *info;
        atomic_fetch_or(&t->fault_mask, 1u << fault);
        if (t->blocked & SIGNAL_BIT(sig)) {
            return;
        }
        atomic_fetch_or(&t->has_pending, (uint32_t)PENDING_FAULT << fault);
    } else {
        t->taken = *info;
        t->taken.si_signo = sig;
        atomic_fetch_or(&t->has_pending, PENDING_TAKEN);
        uint64_t all = ~signal_fault_mask();
        memcpy(&uc->uc_sigmask, &all, sizeof(all));
    }
    syscall_leave_window(uc);
    tcg_request_stop_here(t->cpu);
}

static void host_sigaction(int sig, const HostAction *act, HostAction *old)
{
    sys_call4(SYS_rt_sigaction, SYS_INT(sig), SYS_PTR(act), SYS_PTR(old), SIGNAL_SET_SIZE);
}

void signal_host_reset(int sig)
{
    const HostAction dfl = { .handler = NULL };
    host_sigaction(sig, &dfl, NULL);
}

void signal_host_ignore(int sig)
{
    const HostAction ignore = { .handler = (void *)1, .flags = HOST_SA_RESTORER, .restorer = signal_host_restorer };
    host_sigaction(sig, &ignore, NULL);
}

bool signal_host_is_ignored(int sig)
{
    HostAction old = { 0 };
    host_sigaction(sig, NULL, &old);
    return old.handler == (void *)1;
}

void signal_host_install(int sig, const SigAction *action)
{
    uint64_t passed = SIGNAL_SA_NOCLDSTOP | SIGNAL_SA_NOCLDWAIT | SIGNAL_SA_RESTART;
    HostAction host = { .handler = (void *)(uintptr_t)action->handler, .flags = (action->flags & passed) | HOST_SA_RESTORER,
                        .restorer = signal_host_restorer, .mask = UINT64_MAX };
    bool is_default = action->handler == 0;
    if (signal_fault_index(sig) >= 0 || action->handler > 1 || (is_default && signal_host_does_default(sig))) {
        host.handler = (void *)host_handler;
        host.flags |= SIGNAL_SA_SIGINFO | SIGNAL_SA_ONSTACK;
    }
    host_sigaction(sig, &host, NULL);
}

void signal_host_mask(uint64_t mask, bool is_exact)
{
    if (!is_exact) {
        mask &= ~signal_fault_mask();
    }
    sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, SYS_PTR(&mask), 0, sizeof(mask));
}

uint64_t signal_host_get_mask(void)
{
    uint64_t mask = 0;
    sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, 0, SYS_PTR(&mask), sizeof(mask));
    return mask;
}

bool signal_host_stack_new(Task *t)
{
    char *base = hostmem_reserve(STACK_SIZE, STACK_SIZE);
    if (!base || sys_call3(SYS_mprotect, SYS_PTR(base), PAGE, PROT_READ | PROT_WRITE) ||
        sys_call3(SYS_mprotect, SYS_PTR(base + 2 * PAGE), STACK_SIZE - 2 * PAGE, PROT_READ | PROT_WRITE)) {
        hostmem_pages_free(base, STACK_SIZE);
        return false;
    }
    *(Task **)base = t;
    t->signal_stack = base;
    return true;
}

void signal_host_stack_use(Task *t)
{
    const stack_t ss = { .ss_sp = (char *)t->signal_stack + 2 * PAGE, .ss_size = STACK_SIZE - 2 * PAGE };
    sys_call2(SYS_sigaltstack, SYS_PTR(&ss), 0);
}

Task *signal_host_task(void)
{
    stack_t ss = { .ss_flags = SS_DISABLE };
    sys_call2(SYS_sigaltstack, 0, SYS_PTR(&ss));
    return ss.ss_flags & SS_DISABLE || ss.ss_size != STACK_SIZE - 2 * PAGE ? NULL : *(Task **)((char *)ss.ss_sp - 2 * PAGE);
}

void signal_host_stack_free(Task *t)
{
    if (t->signal_stack) {
        hostmem_pages_free(t->signal_stack, STACK_SIZE);
        t->signal_stack = NULL;
    }
}
