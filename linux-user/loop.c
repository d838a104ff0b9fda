/* SPDX-License-Identifier: MIT */
/* The run loop of a task: translated code runs until an event, and what each event means to a Linux program. */
#include <signal.h>

#include "linux-user/abi.h"
#include "linux-user/core.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/signal.h"
#include "linux-user/syscall.h"
#include "util/assert.h"
#include "util/compiler.h"
#include "util/sys.h"

/* A memory fault of the instruction at pc: a stack that grows, else the signal. */
static void fault(Task *t)
{
    CpuState *s = t->cpu;
    uint64_t addr = s->fault_addr;
    switch ((TcgFault)s->fault_kind) {
    case TCG_FAULT_MAPERR:
        if (!mm_grow(t->mm, addr)) {
            signal_force(t, SIGSEGV, SEGV_MAPERR, addr);
        }
        break;
    case TCG_FAULT_ACCERR:
        signal_force(t, SIGSEGV, SEGV_ACCERR, addr);
        break;
    case TCG_FAULT_BUS:
        signal_force(t, SIGBUS, BUS_ADRERR, addr);
        break;
    case TCG_FAULT_ALIGN:
        signal_force(t, SIGBUS, BUS_ADRALN, addr);
        break;
    case TCG_FAULT_HWPOISON:
        signal_force(t, SIGBUS, BUS_MCEERR_AR, addr);
        break;
    }
}

static void on_syscall(CpuState *s)
{
    Task *t = task_of(s);
    syscall_dispatch(t);
    if (UNLIKELY(signal_must_deliver(t))) {
        signal_deliver(t);
    }
}

NORETURN void task_loop(Task *t)
{
    CpuState *s = t->cpu;
    tcg_set_syscall(t->mm->tcg, on_syscall);
    for (;;) {
        switch (tcg_run(s)) {
        case TCG_EVENT_SYSCALL: /* the interpreter's */
            syscall_dispatch(t);
            break;
        case TCG_EVENT_STOP:
            core_park(t);
            break;
        case TCG_EVENT_FAULT:
        case TCG_EVENT_FETCH_FAULT:
            fault(t);
            break;
        case TCG_EVENT_ILLEGAL:
            signal_force(t, SIGILL, ILL_ILLOPC, s->pc);
            break;
        case TCG_EVENT_TRAP: /* an operand that the instruction refuses: aarch64's pointer authentication */
            signal_force(t, SIGILL, ILL_ILLOPN, s->pc);
            break;
        case TCG_EVENT_FLUSH:
            mm_code_changed(t->mm, s->event_arg);
            break;
        case TCG_EVENT_BREAK:
            signal_force(t, SIGTRAP, TRAP_BRKPT, s->pc);
            break;
        default:
            lyre_unreachable();
        }
        signal_deliver(t);
    }
}

NORETURN void task_exit_group(Task *t, int code)
{
    if (t->log & TCG_LOG_STATS) {
        tcg_print_stats(t->mm->tcg, logfile_fd(t->options));
    }
    for (;;) {
        sys_call1(SYS_exit_group, SYS_INT(code));
    }
}
