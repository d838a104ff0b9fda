/* SPDX-License-Identifier: MIT */
/* -strace: signals: their names, sets, what siginfo and a wait status say. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "linux-user/strace.h"
#include "util/compiler.h"

const char *signal_name(int sig)
{
    static const char *const names[] = {
        "SIG0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS", "SIGRTMIN",
        "SIGRT_1", "SIGRT_2", "SIGRT_3", "SIGRT_4", "SIGRT_5", "SIGRT_6", "SIGRT_7", "SIGRT_8", "SIGRT_9", "SIGRT_10", "SIGRT_11", "SIGRT_12",
        "SIGRT_13", "SIGRT_14", "SIGRT_15", "SIGRT_16", "SIGRT_17", "SIGRT_18", "SIGRT_19", "SIGRT_20", "SIGRT_21", "SIGRT_22", "SIGRT_23",
        "SIGRT_24", "SIGRT_25", "SIGRT_26", "SIGRT_27", "SIGRT_28", "SIGRT_29", "SIGRT_30", "SIGRT_31", "SIGRT_32",
    };
    return sig >= 0 && (unsigned)sig < ARRAY_LEN(names) ? names[sig] : NULL;
}

void strace_sigset(TextBuf *out, uint64_t set)
{
    bool is_inverted = __builtin_popcountll(set) > 32;
    text_str(out, is_inverted ? "~[" : "[");
    set = is_inverted ? ~set : set;
    for (const char *blank = ""; set; set &= set - 1, blank = " ") {
        const char *name = signal_name(__builtin_ctzll(set) + 1);
        text_str(out, blank);
        text_str(out, strncmp(name, "SIG", 3) == 0 ? name + 3 : name);
    }
    text_char(out, ']');
}

typedef struct CodeName {
    int sig, code; /* sig 0: any */
    const char *name;
} CodeName;

static const char *code_name(int sig, int code)
{
    static const CodeName names[] = {
        { 0, SI_USER, "SI_USER" }, { 0, SI_KERNEL, "SI_KERNEL" }, { 0, SI_QUEUE, "SI_QUEUE" }, { 0, SI_TIMER, "SI_TIMER" },
        { 0, SI_MESGQ, "SI_MESGQ" }, { 0, SI_ASYNCIO, "SI_ASYNCIO" }, { 0, SI_SIGIO, "SI_SIGIO" }, { 0, SI_TKILL, "SI_TKILL" },
        { SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" }, { SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" }, { SIGBUS, BUS_ADRALN, "BUS_ADRALN" },
        { SIGBUS, BUS_ADRERR, "BUS_ADRERR" }, { SIGILL, ILL_ILLOPC, "ILL_ILLOPC" }, { SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT" },
        { SIGFPE, FPE_INTDIV, "FPE_INTDIV" }, { SIGCHLD, CLD_EXITED, "CLD_EXITED" }, { SIGCHLD, CLD_KILLED, "CLD_KILLED" },
        { SIGCHLD, CLD_DUMPED, "CLD_DUMPED" }, { SIGCHLD, CLD_TRAPPED, "CLD_TRAPPED" }, { SIGCHLD, CLD_STOPPED, "CLD_STOPPED" },
        { SIGCHLD, CLD_CONTINUED, "CLD_CONTINUED" },
    };
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].code == code && (names[i].sig == 0 || names[i].sig == sig)) {
            return names[i].name;
        }
    }
    return NULL;
}

static void put_value(TextBuf *out, const siginfo_t *info)
{
    if (info->si_ptr) {
        strace_int(out, ", si_int=", info->si_int);
        text_str(out, ", si_ptr=");
        text_hex(out, (uint64_t)(uintptr_t)info->si_ptr);
    }
}

static void put_child(TextBuf *out, const siginfo_t *info)
{
    strace_int(out, ", si_pid=", info->si_pid);
    strace_int(out, ", si_uid=", info->si_uid);
    text_str(out, ", si_status=");
    if (info->si_code == CLD_EXITED || !signal_name(info->si_status)) {
        text_i64(out, info->si_status);
    } else {
        text_str(out, signal_name(info->si_status));
    }
    strace_int(out, ", si_utime=", info->si_utime);
    strace_int(out, ", si_stime=", info->si_stime);
}

void strace_signo(TextBuf *out, int sig)
{
    const char *name = sig ? signal_name(sig) : NULL;
    if (name) {
        text_str(out, name);
    } else {
        text_i64(out, sig);
    }
}

void strace_siginfo(TextBuf *out, const siginfo_t *info)
{
    if (!info->si_signo && !info->si_errno && !info->si_code) {
        text_str(out, "{}");
        return;
    }
    text_str(out, "{si_signo=");
    strace_signo(out, info->si_signo);
    text_str(out, ", si_code=");
    const char *name = code_name(info->si_signo, info->si_code);
    if (name) {
        text_str(out, name);
    } else {
        text_i64(out, info->si_code);
    }
    if (info->si_signo == SIGCHLD && info->si_code > 0) {
        put_child(out, info);
    } else if (info->si_code > 0 && info->si_code < SI_KERNEL) {
        text_str(out, ", si_addr=");
        text_hex(out, (uint64_t)(uintptr_t)info->si_addr);
    } else if (info->si_code == SI_TIMER) {
        strace_int(out, ", si_timerid=", info->si_timerid);
        strace_int(out, ", si_overrun=", info->si_overrun);
        put_value(out, info);
    } else if (info->si_code <= 0) {
        strace_int(out, ", si_pid=", info->si_pid);
        strace_int(out, ", si_uid=", info->si_uid);
        if (info->si_code != SI_USER && info->si_code != SI_TKILL) {
            put_value(out, info);
        }
    }
    text_char(out, '}');
}

void strace_wstatus(TextBuf *out, int status)
{
    text_char(out, '[');
    text_char(out, '{');
    if (WIFEXITED(status)) {
        text_str(out, "WIFEXITED(s) && WEXITSTATUS(s) == ");
        text_i64(out, WEXITSTATUS(status));
    } else if (WIFSIGNALED(status)) {
        text_str(out, "WIFSIGNALED(s) && WTERMSIG(s) == ");
        text_str(out, signal_name(WTERMSIG(status)));
    } else if (WIFSTOPPED(status)) {
        text_str(out, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
        text_str(out, signal_name(WSTOPSIG(status)));
    } else {
        text_str(out, "WIFCONTINUED(s)");
    }
    text_str(out, "}]");
}
