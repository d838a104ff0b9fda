/* SPDX-License-Identifier: MIT */
/* -strace: strings, buffers, structs from their rows, signals. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { STRING_SHOWN = 256, STRUCT_MAX = 512, STRING_MAX = 32, ELEMENTS_SHOWN = 32 };

/* ---- strings and buffers */

void strace_string(TextBuf *out, uint64_t addr, size_t max)
{
    char copy[4096];
    max = max < sizeof(copy) ? max : sizeof(copy);
    int64_t n = addr ? mm_read_string(copy, addr, max) : 0;
    if (addr == 0) {
        text_str(out, "NULL");
    } else if (n == -ENAMETOOLONG) {
        text_quoted(out, copy, max - 1, true);
    } else if (n < 0) {
        text_hex(out, addr);
    } else {
        text_quoted(out, copy, (size_t)n, false);
    }
}

void strace_buffer(TextBuf *out, uint64_t addr, uint64_t len)
{
    char copy[STRING_MAX];
    size_t n = len < STRING_MAX ? (size_t)len : STRING_MAX;
    if (addr == 0) {
        text_str(out, "NULL");
    } else if (mm_read(copy, addr, n)) {
        text_hex(out, addr);
    } else {
        text_quoted(out, copy, n, len > n);
    }
}

/* ---- signals */

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

static void put_number(TextBuf *out, const char *name, int64_t v)
{
    text_str(out, name);
    text_i64(out, v);
}

static void put_value(TextBuf *out, const siginfo_t *info)
{
    if (info->si_ptr) {
        put_number(out, ", si_int=", info->si_int);
        text_str(out, ", si_ptr=");
        text_hex(out, (uint64_t)(uintptr_t)info->si_ptr);
    }
}

static void put_child(TextBuf *out, const siginfo_t *info)
{
    put_number(out, ", si_pid=", info->si_pid);
    put_number(out, ", si_uid=", info->si_uid);
    text_str(out, ", si_status=");
    if (info->si_code == CLD_EXITED || !signal_name(info->si_status)) {
        text_i64(out, info->si_status);
    } else {
        text_str(out, signal_name(info->si_status));
    }
    put_number(out, ", si_utime=", info->si_utime);
    put_number(out, ", si_stime=", info->si_stime);
}

static void put_signal(TextBuf *out, int sig)
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
    put_signal(out, info->si_signo);
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
        put_number(out, ", si_timerid=", info->si_timerid);
        put_number(out, ", si_overrun=", info->si_overrun);
        put_value(out, info);
    } else if (info->si_code <= 0) {
        put_number(out, ", si_pid=", info->si_pid);
        put_number(out, ", si_uid=", info->si_uid);
        if (info->si_code != SI_USER && info->si_code != SI_TKILL) {
            put_value(out, info);
        }
    }
    text_char(out, '}');
}

/* ---- fields */

void strace_octal(TextBuf *out, uint64_t v)
{
    if (v < 0100) {
        text_char(out, '0');
        text_char(out, (char)('0' + v / 8));
        text_char(out, (char)('0' + v % 8));
    } else {
        text_octal(out, v);
    }
}

void strace_mode(TextBuf *out, uint64_t mode)
{
    static const char *const types[16] = { [S_IFREG >> 12] = "S_IFREG", [S_IFDIR >> 12] = "S_IFDIR", [S_IFCHR >> 12] = "S_IFCHR",
                                           [S_IFBLK >> 12] = "S_IFBLK", [S_IFIFO >> 12] = "S_IFIFO", [S_IFLNK >> 12] = "S_IFLNK",
                                           [S_IFSOCK >> 12] = "S_IFSOCK" };
    if (types[mode >> 12 & 15]) {
        text_str(out, types[mode >> 12 & 15]);
        text_char(out, '|');
        text_str(out, mode & S_ISUID ? "S_ISUID|" : "");
        text_str(out, mode & S_ISGID ? "S_ISGID|" : "");
        text_str(out, mode & S_ISVTX ? "S_ISVTX|" : "");
        mode &= 0777;
    }
    strace_octal(out, mode);
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

static void put_limit(TextBuf *out, uint64_t v)
{
    if (v == UINT64_MAX) {
        text_str(out, "RLIM64_INFINITY");
    } else if (v > 1024 && v % 1024 == 0) {
        text_u64(out, v / 1024);
        text_str(out, "*1024");
    } else {
        text_u64(out, v);
    }
}

static void put_device(TextBuf *out, uint64_t v)
{
    text_str(out, "makedev(");
    text_hex(out, gnu_dev_major(v));
    text_str(out, ", ");
    text_hex(out, gnu_dev_minor(v));
    text_char(out, ')');
}

static void put_caps(TextBuf *out, uint64_t set)
{
    if (set == 0) {
        text_char(out, '0');
    }
    for (const char *bar = ""; set; set &= set - 1, bar = "|") {
        text_str(out, bar);
        text_str(out, "1<<");
        strace_enum(out, LIST_cap, (unsigned)__builtin_ctzll(set));
    }
}

static void format_struct(TextBuf *out, unsigned id, const uint8_t *p);

static void put_kernel_version(TextBuf *out, uint32_t v)
{
    text_str(out, "KERNEL_VERSION(");
    text_u64(out, v >> 16);
    text_str(out, ", ");
    text_u64(out, v >> 8 & 0xff);
    text_str(out, ", ");
    text_u64(out, v & 0xff);
    text_char(out, ')');
}

static void put_enum64(TextBuf *out, unsigned list, uint64_t v)
{
    if (v >> 32) { /* names are of 32 bits */
        text_hex(out, v);
    } else {
        strace_enum(out, list, v);
    }
}

static void put_words(TextBuf *out, const uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        text_str(out, i ? ", " : "[");
        text_hex(out, load(p + 4 * i, 4));
    }
    text_char(out, ']');
}

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
    case FMT_X16: text_hex(out, load(p, 2)); break;
    case FMT_RLIM: put_limit(out, load(p, 8)); break;
    case FMT_PTR:
    case FMT_HANDLER:
        v = load(p, 8);
        if (v == 0 || (v == 1 && f->format == FMT_HANDLER)) {
            text_str(out, f->format == FMT_PTR ? "NULL" : v ? "SIG_IGN" : "SIG_DFL");
        } else {
            text_hex(out, v);
        }
        break;
    case FMT_MODE: strace_mode(out, load(p, 4)); break;
    case FMT_OCTAL64: strace_octal(out, load(p, 8)); break;
    case FMT_MODE16: strace_mode(out, load(p, 2)); break;
    case FMT_DEV: put_device(out, load(p, 8)); break;
    case FMT_BYTES: text_quoted(out, (const char *)p, f->ref, 0); break;
    case FMT_SOCKADDR: strace_sockaddr_bytes(out, p, f->ref); break;
    case FMT_CAPS: put_caps(out, load(p, 4) | load(p + 12, 4) << 32); break;
    case FMT_ENUM16: strace_enum(out, f->ref, load(p, 2)); break;
    case FMT_ENUM: strace_enum(out, f->ref, load(p, 4)); break;
    case FMT_ENUM64: put_enum64(out, f->ref, load(p, 8)); break;
    case FMT_STR: text_quoted(out, (const char *)p, strnlen((const char *)p, f->ref), 0); break;
    case FMT_FLAGS: strace_flags(out, f->ref, load(p, 4)); break;
    case FMT_FLAGS16: strace_flags(out, f->ref, load(p, 2)); break;
    case FMT_FLAGS64: strace_flags(out, f->ref, load(p, 8)); break;
    case FMT_STRUCT: format_struct(out, f->ref, p); break;
    case FMT_SIG: put_signal(out, (int)load(p, 4)); break;
    case FMT_SIGSET: strace_sigset(out, load(p, 8)); break;
    case FMT_SIGINFO: {
        siginfo_t info;
        memcpy(&info, p, sizeof(info));
        strace_siginfo(out, &info);
        break;
    }
    case FMT_STRING: strace_string(out, load(p, 8), STRING_SHOWN); break;
    case FMT_NAMED: strace_named(out, f->ref, load(p, 4)); break;
    case FMT_NOTED: strace_noted(out, f->ref, (uint32_t)load(p, 4)); break;
    case FMT_BUFFER:
        v = load(p - f->offset + f->ref, 4);
        if (v) {
            strace_buffer(out, load(p, 8), v);
        } else {
            strace_address(out, load(p, 8));
        }
        break;
    case FMT_RESERVED: put_words(out, p, f->ref); break;
    case FMT_KVER: put_kernel_version(out, (uint32_t)load(p, 4)); break;
    case FMT_WSTATUS: format_wstatus(out, (int)load(p, 4)); break;
    }
}

/* A device has a number, all else a size. */
static void put_stat(TextBuf *out, const uint8_t *p)
{
    enum { MODE = 16, RDEV = 32, SIZE = 48 };
    uint64_t mode = load(p + MODE, 4);
    text_str(out, "{st_mode=");
    strace_mode(out, mode);
    if (S_ISCHR(mode) || S_ISBLK(mode)) {
        text_str(out, ", st_rdev=");
        put_device(out, load(p + RDEV, 8));
    } else {
        put_number(out, ", st_size=", (int64_t)load(p + SIZE, 8));
    }
    text_str(out, ", ...}");
}

/* A comment: 1970-01-02T03:46:40.000000005+0000 */
static void put_date(TextBuf *out, int64_t sec, uint64_t nsec)
{
    int64_t days = sec / 86400 - (sec % 86400 < 0), rest = sec - days * 86400;
    /* days since 1 March 0000, in eras of 400 years of the Gregorian calendar */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9, parts[] = { yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1, rest / 3600,
                                                          rest / 60 % 60, rest % 60 };
    static const char marks[] = " --T::";
    text_str(out, " /*");
    for (unsigned i = 0; i < 6; i++) {
        text_char(out, marks[i]);
        text_digits(out, (uint64_t)parts[i], 10, i ? 2 : 4);
    }
    if (nsec) {
        text_char(out, '.');
        text_digits(out, nsec, 10, 9);
    }
    text_str(out, "+0000 */");
}

/* The times that a file is given. */
static void put_file_times(TextBuf *out, const uint8_t *p)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t nsec = load(p + 16 * i + 8, 8);
        text_str(out, i ? ", " : "[");
        if (nsec == UTIME_NOW || nsec == UTIME_OMIT) {
            text_str(out, nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
        } else {
            format_struct(out, STRUCT_timespec, p + 16 * i);
            if (load(p + 16 * i, 8) || nsec) {
                put_date(out, (int64_t)load(p + 16 * i, 8), nsec);
            }
        }
    }
    text_char(out, ']');
}

static bool is_zero(const uint8_t *p, uint64_t n)
{
    for (; n && !*p; n--, p++) {
    }
    return n == 0;
}

/* Fields with a + are there if `size` reaches them. */
static bool is_shown(const StructField *f, const uint8_t *p, uint64_t size)
{
    const StructCondition *c = &struct_conditions[f->condition];
    bool holds = f->condition == 0 || load(p + c->offset[0], 8) & c->mask[0] || load(p + c->offset[1], 8) & c->mask[1];
    bool is_reached = *row_text(f->name) != '+' || f->offset < size;
    bool is_needless = f->format == FMT_RESERVED && is_zero(p + f->offset, 4 * (uint64_t)f->ref);
    return !f->is_hidden && is_reached && holds && !is_needless;
}

/* What a caller has put behind the struct that we know: nothing, or zeros. */
static void put_behind(TextBuf *out, unsigned id, uint64_t addr, uint64_t size)
{
    enum { SHOWN = 32, PAGE = 4096 };
    uint8_t copy[PAGE];
    uint64_t known = struct_descs[id].size, n = (size < PAGE ? size : PAGE) - known;
    if (size <= known) {
        return;
    }
    if (mm_read(copy, addr + known, n)) {
        text_str(out, ", ???");
    } else if (!is_zero(copy, n) && id != STRUCT_open_how) {
        text_str(out, ", ...");
    } else if (!is_zero(copy, n)) {
        text_str(out, ", /* bytes ");
        text_u64(out, known);
        text_str(out, "..");
        text_u64(out, known + n - 1);
        text_str(out, " */ \"");
        strace_bytes(out, copy, n < SHOWN ? (uint32_t)n : SHOWN);
        text_str(out, n > SHOWN ? "\"..." : "\"");
    }
}

/* As much of a struct as `size` covers; without `addr`, of what is behind it nothing is said. */
static void format_sized(TextBuf *out, unsigned id, const uint8_t *p, uint64_t addr, uint64_t size)
{
    const StructDesc *s = &struct_descs[id];
    const StructField *field = &struct_fields[s->field];
    if (s->nfields && !field->name) {
        format_field(out, field, p + field->offset);
        return;
    }
    bool is_array = s->nfields && *row_text(field->name) == '[';
    text_char(out, is_array ? '[' : '{');
    const char *comma = "";
    for (unsigned i = 0; i < s->nfields; i++) {
        const StructField *f = &field[i];
        if (!is_shown(f, p, size)) {
            continue;
        }
        text_str(out, comma);
        comma = ", ";
        if (!is_array) {
            text_str(out, row_text(f->name) + strspn(row_text(f->name), f->format == FMT_RESERVED ? "" : "_+")); /* the C library's __key is the kernel's key */
            text_char(out, '=');
        }
        if (f->format == FMT_STRUCT) {
            format_sized(out, f->ref, p + f->offset, 0, size - f->offset);
        } else {
            format_field(out, f, p + f->offset);
        }
    }
    if (addr) {
        put_behind(out, id, addr, size);
    }
    text_str(out, s->is_short ? ", ..." : "");
    text_char(out, is_array ? ']' : '}');
}

static void format_struct(TextBuf *out, unsigned id, const uint8_t *p) { format_sized(out, id, p, 0, UINT64_MAX); }

void strace_sized(TextBuf *out, unsigned id, uint64_t addr, uint64_t size)
{
    uint8_t copy[STRUCT_MAX] = { 0 };
    if (addr == 0 || mm_read(copy, addr, size < struct_descs[id].size ? size : struct_descs[id].size)) {
        strace_address(out, addr);
    } else {
        format_sized(out, id, copy, addr, size);
    }
}

/* Structs of one value are shown in brackets, as strace does for what a pointer to an integer leads to. */
static bool is_value(const StructDesc *s)
{
    const StructField *f = &struct_fields[s->field];
    return s->nfields && !f->name && (f->format <= FMT_X64 || f->format == FMT_FLAGS || f->format == FMT_ENUM);
}

static void put_mmsghdr(TextBuf *out, uint64_t addr, const uint8_t *copy)
{
    text_str(out, "{msg_hdr=");
    strace_msghdr(out, addr, load(copy + 56, 4) ? load(copy + 56, 4) : UINT64_MAX);
    put_number(out, ", msg_len=", (int64_t)load(copy + 56, 4));
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
    } else if (id == STRUCT_msghdr || id == STRUCT_rmsghdr) {
        strace_msghdr(out, addr, UINT64_MAX);
    } else if (id == STRUCT_mmsghdr || id == STRUCT_rmmsghdr) {
        put_mmsghdr(out, addr, copy);
    } else if (id == STRUCT_stat) {
        put_stat(out, copy);
    } else if (id == STRUCT_uring_restriction) {
        strace_uring_restriction(out, copy);
    } else if (id == STRUCT_timespec2) {
        put_file_times(out, copy);
    } else {
        text_str(out, has_brackets ? "[" : "");
        format_struct(out, id, copy);
        text_str(out, has_brackets ? "]" : "");
    }
}

void strace_struct(TextBuf *out, unsigned id, uint64_t addr) { format_at(out, id, addr, false); }
void strace_element(TextBuf *out, unsigned id, uint64_t addr) { format_at(out, id, addr, true); }

static bool is_readable(uint64_t addr, uint64_t size)
{
    char c;
    return mm_read(&c, addr, 1) == 0 && mm_read(&c, addr + size - 1, 1) == 0;
}

/* The array as its address, or where it breaks off. */
static void put_unreadable(TextBuf *out, uint64_t addr, bool is_inside)
{
    text_str(out, is_inside ? "... /* " : "");
    text_hex(out, addr);
    text_str(out, is_inside ? " */]" : "");
}

void strace_array(TextBuf *out, unsigned ref, uint64_t addr, uint64_t n)
{
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    text_str(out, n && !is_readable(addr, struct_descs[ref].size) ? "" : "[");
    for (uint64_t i = 0; i < n && i < ELEMENTS_SHOWN; i++) {
        uint64_t at = addr + i * struct_descs[ref].size;
        text_str(out, i ? ", " : "");
        if (!is_readable(at, struct_descs[ref].size)) {
            put_unreadable(out, at, i > 0);
            return;
        }
        strace_element(out, ref, at);
    }
    text_str(out, n > ELEMENTS_SHOWN ? ", ...]" : "]");
}

void strace_iovecs(TextBuf *out, uint64_t addr, uint64_t n, uint64_t used)
{
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    text_char(out, '[');
    for (uint64_t i = 0; i < n && i < ELEMENTS_SHOWN; i++) {
        uint64_t part[2];
        text_str(out, i ? ", " : "");
        if (mm_read(part, addr + 16 * i, sizeof(part))) {
            text_hex(out, addr + 16 * i);
            break;
        }
        uint64_t held = part[1] < used ? part[1] : used;
        used -= used == UINT64_MAX ? 0 : held;
        text_str(out, "{iov_base=");
        if (held || part[1] == 0) {
            strace_buffer(out, part[0], held);
        } else {
            strace_address(out, part[0]);
        }
        text_str(out, ", iov_len=");
        text_u64(out, part[1]);
        text_char(out, '}');
    }
    text_str(out, n > ELEMENTS_SHOWN ? ", ...]" : "]");
}
