/* SPDX-License-Identifier: MIT */
/* -strace: structs from their rows, signals, socket addresses. */
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { STRUCT_MAX = 512 };

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

void strace_siginfo(TextBuf *out, const siginfo_t *info)
{
    text_str(out, "{si_signo=");
    const char *name = signal_name(info->si_signo);
    text_str(out, name ? name : "?");
    text_str(out, ", si_code=");
    name = code_name(info->si_signo, info->si_code);
    if (name) {
        text_str(out, name);
    } else {
        text_i64(out, info->si_code);
    }
    if (info->si_signo == SIGCHLD && info->si_code > 0) {
        text_str(out, ", si_pid=");
        text_i64(out, info->si_pid);
        text_str(out, ", si_uid=");
        text_u64(out, info->si_uid);
        text_str(out, ", si_status=");
        text_i64(out, info->si_status);
    } else if (info->si_code > 0 && info->si_code < SI_KERNEL) {
        text_str(out, ", si_addr=");
        text_hex(out, (uint64_t)(uintptr_t)info->si_addr);
    } else if (info->si_code <= 0 && info->si_code != SI_TIMER) {
        text_str(out, ", si_pid=");
        text_i64(out, info->si_pid);
        text_str(out, ", si_uid=");
        text_u64(out, info->si_uid);
    }
    text_char(out, '}');
}

static void format_mode(TextBuf *out, uint64_t mode)
{
    static const char *const types[16] = { [S_IFREG >> 12] = "S_IFREG", [S_IFDIR >> 12] = "S_IFDIR", [S_IFCHR >> 12] = "S_IFCHR",
                                           [S_IFBLK >> 12] = "S_IFBLK", [S_IFIFO >> 12] = "S_IFIFO", [S_IFLNK >> 12] = "S_IFLNK",
                                           [S_IFSOCK >> 12] = "S_IFSOCK" };
    if (types[mode >> 12 & 15]) {
        text_str(out, types[mode >> 12 & 15]);
        text_char(out, '|');
        mode &= 07777;
    }
    text_octal(out, mode);
}

static void format_wstatus(TextBuf *out, int status)
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

static uint64_t load(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;
    memcpy(&v, p, size); /* the guest is little-endian, as the host */
    return v;
}

static void format_struct(TextBuf *out, unsigned id, const uint8_t *p);

static void format_field(TextBuf *out, const StructField *f, const uint8_t *p)
{
    uint64_t v;
    switch (f->format) {
    case FMT_I16: text_i64(out, (int16_t)load(p, 2)); break;
    case FMT_U8: text_u64(out, *p); break;
    case FMT_U16: text_u64(out, load(p, 2)); break;
    case FMT_I32: text_i64(out, (int32_t)load(p, 4)); break;
    case FMT_U32: text_u64(out, load(p, 4)); break;
    case FMT_X32: text_hex(out, load(p, 4)); break;
    case FMT_I64: text_i64(out, (int64_t)load(p, 8)); break;
    case FMT_U64: text_u64(out, load(p, 8)); break;
    case FMT_X64: text_hex(out, load(p, 8)); break;
    case FMT_RLIM:
        v = load(p, 8);
        if (v == UINT64_MAX) {
            text_str(out, "RLIM64_INFINITY");
        } else {
            text_u64(out, v);
        }
        break;
    case FMT_PTR:
    case FMT_HANDLER:
        v = load(p, 8);
        if (v == 0 || (v == 1 && f->format == FMT_HANDLER)) {
            text_str(out, f->format == FMT_PTR ? "NULL" : v ? "SIG_IGN" : "SIG_DFL");
        } else {
            text_hex(out, v);
        }
        break;
    case FMT_MODE: format_mode(out, load(p, 4)); break;
    case FMT_MODE16: format_mode(out, load(p, 2)); break;
    case FMT_DEV:
        v = load(p, 8);
        text_str(out, "makedev(");
        text_hex(out, gnu_dev_major(v));
        text_str(out, ", ");
        text_hex(out, gnu_dev_minor(v));
        text_char(out, ')');
        break;
    case FMT_STR: text_quoted(out, (const char *)p, strnlen((const char *)p, f->ref), 0); break;
    case FMT_FLAGS: strace_flags(out, f->ref, load(p, 4)); break;
    case FMT_FLAGS16: strace_flags(out, f->ref, load(p, 2)); break;
    case FMT_FLAGS64: strace_flags(out, f->ref, load(p, 8)); break;
    case FMT_STRUCT: format_struct(out, f->ref, p); break;
    case FMT_SIG: text_str(out, signal_name((int)load(p, 4)) ? signal_name((int)load(p, 4)) : "?"); break;
    case FMT_SIGSET: strace_sigset(out, load(p, 8)); break;
    case FMT_SIGINFO: {
        siginfo_t info;
        memcpy(&info, p, sizeof(info));
        strace_siginfo(out, &info);
        break;
    }
    case FMT_WSTATUS: format_wstatus(out, (int)load(p, 4)); break;
    }
}

static void format_struct(TextBuf *out, unsigned id, const uint8_t *p)
{
    const StructDesc *s = &struct_descs[id];
    if (s->nfields && !s->field[0].name) {
        format_field(out, &s->field[0], p + s->field[0].offset);
        return;
    }
    bool is_array = s->nfields && s->field[0].name[0] == '[';
    text_char(out, is_array ? '[' : '{');
    const char *comma = "";
    for (unsigned i = 0; i < s->nfields; i++) {
        const StructField *f = &s->field[i];
        if (f->is_hidden) {
            continue;
        }
        text_str(out, comma);
        comma = ", ";
        if (!is_array) {
            text_str(out, f->name);
            text_char(out, '=');
        }
        format_field(out, f, p + f->offset);
    }
    text_char(out, is_array ? ']' : '}');
}

/* Structs of one value are shown in brackets, as strace does for what a pointer to an integer leads to. */
static bool is_value(const StructDesc *s)
{
    return s->nfields && !s->field[0].name && s->field[0].format <= FMT_X64;
}

static void format_msghdr(TextBuf *out, const uint8_t *p)
{
    text_str(out, "{msg_name=");
    strace_sockaddr(out, load(p, 8), load(p + 8, 4));
    text_str(out, ", msg_namelen=");
    text_u64(out, load(p + 8, 4));
    text_str(out, ", msg_iov=");
    strace_array(out, STRUCT_iovec, load(p + 16, 8), load(p + 24, 8));
    text_str(out, ", msg_iovlen=");
    text_u64(out, load(p + 24, 8));
    text_str(out, ", msg_controllen=");
    text_u64(out, load(p + 40, 8));
    text_str(out, ", msg_flags=");
    strace_flags(out, LIST_msg, load(p + 48, 4));
    text_char(out, '}');
}

static void format_at(TextBuf *out, unsigned id, uint64_t addr, bool is_element)
{
    const StructDesc *s = &struct_descs[id];
    uint8_t copy[STRUCT_MAX];
    bool has_brackets = is_value(s) && !is_element;
    if (addr == 0) {
        text_str(out, "NULL");
    } else if (s->nfields == 0 || s->size > sizeof(copy) || mm_read(copy, addr, s->size)) {
        text_hex(out, addr);
    } else if (id == STRUCT_iovec) {
        text_str(out, "{iov_base=");
        strace_buffer(out, load(copy, 8), load(copy + 8, 8));
        text_str(out, ", iov_len=");
        text_u64(out, load(copy + 8, 8));
        text_char(out, '}');
    } else if (id == STRUCT_msghdr || id == STRUCT_rmsghdr) {
        format_msghdr(out, copy);
    } else {
        text_str(out, has_brackets ? "[" : "");
        format_struct(out, id, copy);
        text_str(out, has_brackets ? "]" : "");
    }
}

void strace_struct(TextBuf *out, unsigned id, uint64_t addr) { format_at(out, id, addr, false); }
void strace_element(TextBuf *out, unsigned id, uint64_t addr) { format_at(out, id, addr, true); }

static void format_inet(TextBuf *out, const struct sockaddr_in *in)
{
    uint32_t a = ntohl(in->sin_addr.s_addr);
    text_str(out, "AF_INET, sin_port=htons(");
    text_u64(out, ntohs(in->sin_port));
    text_str(out, "), sin_addr=inet_addr(\"");
    for (int i = 24; i >= 0; i -= 8) {
        text_u64(out, a >> i & 255);
        text_str(out, i ? "." : "\")");
    }
}

static void format_inet6(TextBuf *out, const struct sockaddr_in6 *in)
{
    text_str(out, "AF_INET6, sin6_port=htons(");
    text_u64(out, ntohs(in->sin6_port));
    text_str(out, "), sin6_addr=\"");
    for (unsigned i = 0; i < 8; i++) {
        text_str(out, i ? ":" : "");
        text_digits(out, (uint64_t)in->sin6_addr.s6_addr[2 * i] << 8 | in->sin6_addr.s6_addr[2 * i + 1], 16, 1);
    }
    text_char(out, '"');
}

void strace_sockaddr(TextBuf *out, uint64_t addr, uint64_t len)
{
    struct sockaddr_storage sa;
    memset(&sa, 0, sizeof(sa));
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    if (len < sizeof(sa_family_t) || len > sizeof(sa) || mm_read(&sa, addr, len)) {
        text_hex(out, addr);
        return;
    }
    text_str(out, "{sa_family=");
    if (sa.ss_family == AF_INET) {
        format_inet(out, (const struct sockaddr_in *)&sa);
    } else if (sa.ss_family == AF_INET6) {
        format_inet6(out, (const struct sockaddr_in6 *)&sa);
    } else if (sa.ss_family == AF_UNIX) {
        const struct sockaddr_un *un = (const struct sockaddr_un *)&sa;
        size_t n = len - offsetof(struct sockaddr_un, sun_path);
        bool is_abstract = n && un->sun_path[0] == 0;
        text_str(out, is_abstract ? "AF_UNIX, sun_path=@" : "AF_UNIX, sun_path=");
        text_quoted(out, un->sun_path + is_abstract, is_abstract ? n - 1 : strnlen(un->sun_path, n), 0);
    } else {
        strace_enum(out, LIST_af, sa.ss_family);
    }
    text_char(out, '}');
}
