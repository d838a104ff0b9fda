/* SPDX-License-Identifier: MIT */
/* Command line and environment by one table; nothing here runs while a guest runs. */
#include "linux-user/options.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux-user/syscall.h"
#include "tcg/code.h"
#include "util/compiler.h"
#include "util/hostmem.h"

#define VERSION "0.1.0"

typedef enum Verdict { FINE, STOP, BAD } Verdict; /* STOP: done, leave with 0; BAD: the message has been printed */
typedef Verdict Handler(Options *o, const char *value);

typedef struct OptionDesc { /* a row of options.def */
    const char *name, *env, *argument;
    Handler *handle;
    bool is_inherited;
    const char *help;
} OptionDesc;

static PRINTF_LIKE(1, 2) Verdict complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dprintf(2, "lyre: ");
    vdprintf(2, format, args);
    dprintf(2, "\n");
    va_end(args);
    return BAD;
}

/* A number with k, M, G; `unit` for one without. False: not one, or out of range. */
static bool parse_size(const char *s, uint64_t unit, uint64_t *out)
{
    char *end;
    uint64_t n = strtoull(s, &end, 0);
    switch (*end) {
    case 0:
        break;
    case 'k':
    case 'K':
        unit = 1ull << 10, end++;
        break;
    case 'M':
        unit = 1ull << 20, end++;
        break;
    case 'G':
        unit = 1ull << 30, end++;
        break;
    default:
        return false;
    }
    return end != s && *end == 0 && *s != '-' && !__builtin_mul_overflow(n, unit, out);
}

/* Calls `each` for the parts of a comma-separated list; they lie in a copy that stays. */
static Verdict for_parts(Options *o, const char *list, Handler *each)
{
    char *copy = strdup(list), *rest = copy, *part;
    while ((part = strsep(&rest, ","))) {
        Verdict v = *part ? each(o, part) : FINE;
        if (v != FINE) {
            return v;
        }
    }
    return FINE;
}

/* ---- environment of the guest */

static size_t name_length(const char *assignment) { return strcspn(assignment, "="); }

static Verdict unset_one(Options *o, const char *name)
{
    size_t n = strlen(name);
    char **to = o->environ;
    if (strchr(name, '=')) {
        return complain("-U %s: a name is wanted, not an assignment", name);
    }
    for (char **from = o->environ; *from; from++) {
        if (name_length(*from) != n || strncmp(*from, name, n) != 0) {
            *to++ = *from;
        }
    }
    *to = NULL;
    return FINE;
}

static Verdict set_one(Options *o, const char *assignment)
{
    if (!strchr(assignment, '=')) {
        return complain("-E %s: NAME=VALUE is wanted", assignment);
    }
    char *name = strndup(assignment, name_length(assignment));
    unset_one(o, name);
    free(name);
    size_t n = 0;
    while (o->environ[n]) {
        n++;
    }
    char **grown = host_alloc((n + 2) * sizeof(char *));
    memcpy(grown, o->environ, n * sizeof(char *));
    grown[n] = (char *)(uintptr_t)assignment;
    o->environ = grown;
    return FINE;
}

static Verdict set_env(Options *o, const char *v) { return for_parts(o, v, set_one); }
static Verdict unset_env(Options *o, const char *v) { return for_parts(o, v, unset_one); }

/* ---- logs */

static const struct {
    const char *name;
    uint32_t bit;
    const char *help;
} log_items[] = {
    {"in_asm", TCG_LOG_IN_ASM, "guest code of each region"},
    {"out_asm", TCG_LOG_OUT_ASM, "host code of each region"},
    {"op", TCG_LOG_OP, "intermediate code"},
    {"op_opt", TCG_LOG_OP_OPT, "intermediate code after optimisation"},
    {"mir", TCG_LOG_MIR, "machine code before it is encoded, with registers"},
    {"int", TCG_LOG_INT, "exceptions"},
    {"exec", TCG_LOG_EXEC, "each region that is entered by look-up"},
    {"cpu", TCG_LOG_CPU, "registers with exec"},
    {"fpu", TCG_LOG_FPU, "floating-point registers with cpu"},
    {"page", TCG_LOG_PAGE, "mappings at start"},
    {"nochain", TCG_LOG_NOCHAIN, "regions are not linked (with exec: all are seen)"},
    {"strace", TCG_LOG_STRACE, "system calls"},
    {"tid", TCG_LOG_TID, "a log file for each thread (-D with %d)"},
    {"unimp", TCG_LOG_UNIMP, "what is not implemented"},
    {"guest_errors", TCG_LOG_GUEST_ERRORS, "odd things that the guest does"},
    {"stats", TCG_LOG_STATS, "counters of the translator at exit"},
    {"crash", TCG_LOG_CRASH, "registers, memory map and last system calls of a program that dies by a signal"},
};

static Verdict log_one(Options *o, const char *item)
{
    if (strcmp(item, "help") == 0 || strcmp(item, "?") == 0) {
        for (unsigned i = 0; i < ARRAY_LEN(log_items); i++) {
            dprintf(1, "%-14s %s\n", log_items[i].name, log_items[i].help);
        }
        return STOP;
    }
    for (unsigned i = 0; i < ARRAY_LEN(log_items); i++) {
        if (strcmp(item, log_items[i].name) == 0) {
            o->tcg.log |= log_items[i].bit;
            return FINE;
        }
    }
    return complain("-d %s: unknown item; -d help lists them", item);
}
static Verdict set_log(Options *o, const char *v) { return for_parts(o, v, log_one); }

/* START+SIZE, START-SIZE (that many bytes up to START) or START..LAST */
static Verdict dfilter_one(Options *o, const char *v)
{
    char *end;
    uint64_t start = strtoull(v, &end, 0);
    if (end != v && (*end == '+' || *end == '-' || (end[0] == '.' && end[1] == '.'))) {
        char kind = *end;
        const char *second = end + (kind == '.' ? 2 : 1);
        uint64_t n = strtoull(second, &end, 0);
        bool is_number = end != second && *end == 0 && *second != '-';
        struct TcgRange range = {start, n};
        if (kind != '.') {
            range.start = kind == '-' ? start - n + 1 : start;
            range.last = kind == '-' ? start : start + n - 1;
        }
        if (is_number && range.start <= range.last && (n || kind == '.')) {
            if (o->tcg.nlog_ranges == TCG_LOG_RANGES) {
                return complain("-dfilter: more than %d ranges", TCG_LOG_RANGES);
            }
            o->tcg.log_range[o->tcg.nlog_ranges++] = range;
            return FINE;
        }
    }
    return complain("-dfilter %s: START+SIZE, START-SIZE or START..LAST is wanted", v);
}
static Verdict set_dfilter(Options *o, const char *v) { return for_parts(o, v, dfilter_one); }

/* -trace: names of events that QEMU has, by the log item that shows them. */
static const struct {
    const char *name;
    uint32_t bit;
    const char *help;
} trace_events[] = {
    {"guest_user_syscall", TCG_LOG_STRACE, "system calls (-strace)"},
    {"guest_user_syscall_ret", TCG_LOG_STRACE, "the same"},
    {"user_handle_signal", TCG_LOG_INT, "exceptions and signals (-d int)"},
    {"translate_block", TCG_LOG_IN_ASM, "code that is translated (-d in_asm)"},
    {"exec_tb", TCG_LOG_EXEC, "regions that are entered (-d exec)"},
    {"exec_tb_nocache", TCG_LOG_EXEC, "the same"},
};

static Verdict trace_one(Options *o, const char *v)
{
    bool is_any = false;
    if (strcmp(v, "help") == 0 || strcmp(v, "?") == 0) {
        for (unsigned i = 0; i < ARRAY_LEN(trace_events); i++) {
            dprintf(1, "%-24s %s\n", trace_events[i].name, trace_events[i].help);
        }
        return STOP;
    }
    if (strncmp(v, "file=", 5) == 0) {
        o->log_file = v + 5;
        return FINE;
    }
    const char *pattern = strncmp(v, "enable=", 7) == 0 ? v + 7 : v;
    for (unsigned i = 0; i < ARRAY_LEN(trace_events); i++) {
        if (fnmatch(pattern, trace_events[i].name, 0) == 0) {
            o->tcg.log |= trace_events[i].bit;
            is_any = true;
        }
    }
    return is_any ? FINE : complain("-trace %s: no such event; -trace help lists them", v);
}
static Verdict set_trace(Options *o, const char *v) { return for_parts(o, v, trace_one); }

/* ---- one-line settings */

static Verdict set_prefix(Options *o, const char *v) { return o->prefix = v, FINE; }
static Verdict set_cpu(Options *o, const char *v)
{
    if (strcmp(v, "help") == 0 || strcmp(v, "?") == 0) {
        o->abi->target->cpu_list(1);
        return STOP;
    }
    o->cpu = v;
    return FINE;
}
static Verdict set_argv0(Options *o, const char *v) { return o->argv0 = v, FINE; }
static Verdict set_uname(Options *o, const char *v) { return o->uname = v, FINE; }
static Verdict set_log_file(Options *o, const char *v) { return o->log_file = v, FINE; }
static Verdict set_host_cpu(Options *o, const char *v) { return o->host_cpu = v, FINE; }
static Verdict set_one_insn(Options *o, const char *v) { return o->tcg.one_insn = true, FINE; }
static Verdict set_strace(Options *o, const char *v) { return o->tcg.log |= TCG_LOG_STRACE, FINE; }
static Verdict set_perfmap(Options *o, const char *v) { return o->perf |= PERF_MAP, FINE; }
static Verdict set_jitdump(Options *o, const char *v) { return o->perf |= PERF_JITDUMP, FINE; }
static Verdict set_nothing(Options *o, const char *v) { return FINE; }

static Verdict set_stack(Options *o, const char *v)
{
    return parse_size(v, 1, &o->stack_size) ? FINE : complain("-s %s: a size is wanted (k, M, G)", v);
}
static Verdict set_tb_size(Options *o, const char *v)
{
    return parse_size(v, 1 << 20, &o->tcg.cache_size) ? FINE : complain("-tb-size %s: MiB or a size with k, M, G is wanted", v);
}
static Verdict set_seed(Options *o, const char *v)
{
    o->has_seed = true;
    return parse_size(v, 1, &o->tcg.seed) ? FINE : complain("-seed %s: a number is wanted", v);
}
static Verdict set_base(Options *o, const char *v)
{
    uint64_t base;
    return parse_size(v, 1, &base) && base == 0 ? FINE : complain("-B %s: 64-bit guests have no base other than 0", v);
}

static Verdict set_page_size(Options *o, const char *v)
{
    uint64_t size;
    unsigned wanted = o->abi->target->page_size;
    return parse_size(v, 1, &size) && size == wanted ? FINE : complain("-p %s: pages of this guest have %u bytes", v, wanted);
}
static Verdict set_reserved(Options *o, const char *v)
{
    uint64_t size;
    return parse_size(v, 1, &size) ? FINE : complain("-R %s: a size is wanted (k, M, G)", v);
}

static Verdict experiment(Options *o, const char *item)
{
    static const char *const engines[] = {
        [TCG_ENGINE_TIERED] = "tiered", [TCG_ENGINE_INTERP] = "interp", [TCG_ENGINE_BLOCK] = "block", [TCG_ENGINE_REGION] = "region",
        [TCG_ENGINE_DIRECT] = "direct"};
    if (strcmp(item, "move") == 0) {
        o->tcg.is_moved = true;
        return FINE;
    }
    if (strcmp(item, "raw") == 0) {
        o->is_raw = true;
        return FINE;
    }
    if (strcmp(item, "fail=assert") == 0 || strcmp(item, "fail=fault") == 0) {
        o->failure = item + 5;
        return FINE;
    }
    if (strncmp(item, "engine=", 7) == 0) {
        for (unsigned i = 0; i < ARRAY_LEN(engines); i++) {
            if (strcmp(item + 7, engines[i]) == 0) {
                o->tcg.engine = (TcgEngine)i;
                return FINE;
            }
        }
    }
    uint64_t n;
    if (strncmp(item, "hot=", 4) == 0 && parse_size(item + 4, 1, &n) && n <= INT32_MAX) {
        o->tcg.hot_threshold = (uint32_t)n;
        return FINE;
    }
    if (strncmp(item, "cold=", 5) == 0 && parse_size(item + 5, 1, &n) && n < TCG_COLD_MAX) {
        o->tcg.cold_visits = (uint32_t)n;
        return FINE;
    }
    return complain("-x %s: engine=tiered|interp|block|region|direct, move, raw, cold=N, hot=N or fail=assert|fault is wanted", item);
}
static Verdict set_experiments(Options *o, const char *v) { return for_parts(o, v, experiment); }

static Verdict show_version(Options *o, const char *v)
{
    dprintf(1, "lyre-%s version %s\n", o->abi->target->name, VERSION);
    return STOP;
}
static Verdict show_syscalls(Options *o, const char *v)
{
    syscall_print_list(1);
    return STOP;
}
static Handler show_help;

static const OptionDesc table[] = {
#define OPTION(...) {__VA_ARGS__},
#include "linux-user/options.def"
#undef OPTION
};

static Verdict show_help(Options *o, const char *v)
{
    const char *arch = o->abi->target->name;
    dprintf(1, "usage: lyre-%s [options] program [arguments]\nRuns a Linux program made for %s.\n\n", arch, arch);
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        const OptionDesc *d = &table[i];
        if (d->help) {
            char left[40];
            snprintf(left, sizeof(left), "-%s%s%s", d->name, d->argument ? " " : "", d->argument ? d->argument : "");
            dprintf(1, "  %-20s %-22s %s\n", left, d->env ? d->env : "", d->help);
        }
    }
    dprintf(1, "\nThe second column is the environment variable: LYRE_ before it, or QEMU_; options go before variables.\n"
               "Exit status: the program's; 127 when it does not exist, 126 when it cannot be run, 1 for a wrong command line.\n");
    return STOP;
}

static const OptionDesc *find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static Verdict apply(Options *o, const OptionDesc *d, const char *value)
{
    if (!d->handle) {
        return complain("-%s is not in this version", d->name);
    }
    if (d->is_inherited && o->ninherited + 2 <= OPTIONS_MAX_INHERITED) {
        o->inherited[o->ninherited++] = d->name;
        o->inherited[o->ninherited++] = value ? value : "";
    }
    return d->handle(o, value);
}

static bool has_prefix(const char *variable)
{
    return strncmp(variable, "LYRE_", 5) == 0 || strncmp(variable, "QEMU_", 5) == 0;
}

static const char *find_variable(const char *prefix, const char *name)
{
    char full[40];
    snprintf(full, sizeof(full), "%s%s", prefix, name);
    return getenv(full);
}

static Verdict apply_environment(Options *o)
{
    char **first = environ;
    while (*first && !has_prefix(*first)) {
        first++;
    }
    for (unsigned i = 0; *first && i < ARRAY_LEN(table); i++) {
        const char *value = table[i].env ? find_variable("LYRE_", table[i].env) : NULL;
        value = value || !table[i].env ? value : find_variable("QEMU_", table[i].env);
        Verdict v = value ? apply(o, &table[i], value) : FINE;
        if (v != FINE) {
            return v;
        }
    }
    return FINE;
}

void options_init(Options *o, const GuestAbi *abi, char **envp)
{
    memset(o, 0, sizeof(*o));
    o->abi = abi;
    o->environ = envp;
    o->tcg.log_fd = 2;
    o->tcg.cold_visits = TCG_COLD_DEFAULT;
}

static bool leave(Options *o, Verdict v)
{
    o->exit_code = v == STOP ? 0 : 1;
    return false;
}

bool options_environment(Options *o)
{
    Verdict v = apply_environment(o);
    return v == FINE || leave(o, v);
}

bool options_arguments(Options *o, int argc, char **argv)
{
    Verdict v = FINE;
    int i = 1;
    for (; v == FINE && i < argc && argv[i][0] == '-'; i++) {
        const char *name = argv[i] + 1;
        name += *name == '-';
        if (*name == 0) {
            i++;
            break;
        }
        const OptionDesc *d = find(name);
        if (!d) {
            v = complain("unknown option %s; -help lists them", argv[i]);
        } else if (d->argument && i + 1 == argc) {
            v = complain("-%s needs an argument: %s", d->name, d->argument);
        } else {
            v = apply(o, d, d->argument ? argv[++i] : NULL);
        }
    }
    if (v == FINE && i >= argc) {
        v = complain("no program is given; -help lists the options");
    }
    o->first = i;
    return v == FINE || leave(o, v);
}

bool options_apply(Options *o, const char *name, const char *value)
{
    const OptionDesc *d = find(name);
    return d && d->is_inherited && apply(o, d, value) == FINE;
}

bool options_finish(Options *o)
{
    const Target *target = o->abi->target;
    const char *error = NULL;
    o->has_strace = o->tcg.log & TCG_LOG_STRACE;
    o->cpu = o->cpu ? o->cpu : "max";
    o->target_cpu = o->tcg.cpu = target->cpu_parse(o->cpu, &error);
    if (!o->target_cpu) {
        return leave(o, complain("-cpu %s: %s", o->cpu, error ? error : "unknown model"));
    }
    host_features_detect();
    if (o->host_cpu && !host_features_parse(o->host_cpu)) {
        return leave(o, complain("-host-cpu %s: v2, v3 or native, then +name or -name, is wanted", o->host_cpu));
    }
    return true;
}
