/* SPDX-License-Identifier: MIT */
/* Start of an emulator: options, the program, its address space and first task; then the run loop. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <unistd.h>

#include "linux-user/errnos.h"
#include "linux-user/exec.h"
#include "linux-user/loader.h"
#include "linux-user/logfile.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/perf.h"
#include "linux-user/seccomp.h"
#include "linux-user/signal.h"
#include "linux-user/strace.h"
#include "util/assert.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

enum { EXIT_NOT_FOUND = 127, EXIT_CANNOT_RUN = 126, FLAG_PRESERVE_ARGV0 = 1 };

#define SMALL_ARENA (1ull << 30)


/* What is to be run, from whichever way we were started. */
typedef struct Start {
    Options options;
    ExecHandover handover;
    ExecProgram program;
    const char *exec_fn;
    int fd;              /* of the program, or -1: to be opened by exec_fn */
    char **argv;         /* of the guest */
} Start;

static int say(const Start *s, const char *why, int error)
{
    dprintf(2, "lyre: %s: %s%s%s\n", s->exec_fn, why ? why : "", why && error ? ": " : "", error ? errno_text(error) : "");
    return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* The descriptor that binfmt_misc opened (flags O, C), or -1. */
static int given_fd(void)
{
    errno = 0;
    int fd = (int)getauxval(AT_EXECFD);
    return fd == 0 && errno ? -1 : fd;
}

/* Three ways: by another emulator of ours, by binfmt_misc with an open descriptor, by a person. False: leave with options.exit_code. */
static bool read_command(Start *s, int argc, char **argv, char **envp)
{
    Options *o = &s->options;
    bool keeps_argv0 = getauxval(AT_FLAGS) & FLAG_PRESERVE_ARGV0, is_secure = getauxval(AT_SECURE);
    s->fd = given_fd();
    s->handover.self_fd = s->handover.seccomp_fd = -1;
    bool is_binfmt = s->fd >= 0 || keeps_argv0;
    options_init(o, &GUEST_ABI, envp);
    /* binfmt_misc may run us with a set-user-id program's rights: then the hand-over could be anybody's */
    if (!is_binfmt && exec_take_handover(envp, &s->handover)) {
        s->fd = s->handover.fd;
        s->exec_fn = s->handover.exec_fn;
        s->argv = argv;
        for (unsigned i = 0; i + 1 < s->handover.noptions; i += 2) {
            options_apply(o, s->handover.options[i], s->handover.options[i + 1]);
        }
        return options_finish(o);
    }
    if (!is_secure && !options_environment(o)) {
        return false;
    }
    if (is_binfmt && argc >= 2) {
        s->exec_fn = argv[1];
        s->argv = argv + (keeps_argv0 && argc >= 3 ? 2 : 1);
        return options_finish(o);
    }
    if (!options_arguments(o, argc, argv) || !options_finish(o)) {
        return false;
    }
    s->exec_fn = argv[o->first];
    s->argv = argv + o->first;
    if (o->argv0) {
        s->argv[0] = (char *)(uintptr_t)o->argv0;
    }
    return true;
}

/* kernel.randomize_va_space is 0: the host's own stack ends where the address space does, but for the last page. */
static bool is_stack_at_top(void)
{
    HostInterval list[8];
    for (unsigned i = 0, n = hostmem_intervals(list, ARRAY_LEN(list)); i < n; i++) {
        if (strcmp(list[i].what, "stack") == 0) {
            return list[i].end == (1ull << 47) - 4096;
        }
    }
    return false;
}

static uint64_t choose_seed(const Options *o)
{
    if (o->has_seed) {
        return o->tcg.seed | 1ull << 63;
    }
    if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) || is_stack_at_top()) {
        return 0;
    }
    uint64_t seed;
    memcpy(&seed, (const void *)getauxval(AT_RANDOM), sizeof(seed));
    return seed | 1;
}

/* Follows scripts; the guest's argument list is then what they make of it. 0 or an exit code. */
static int resolve(Start *s, Task *t)
{
    int r = s->fd >= 0 ? s->fd : open(s->exec_fn, O_RDONLY | O_CLOEXEC);
    if (r < 0) {
        return say(s, NULL, errno);
    }
    ExecProgram *p = &s->program;
    r = exec_resolve(t, r, s->exec_fn, p);
    if (r < 0) {
        return say(s, p->why, -r == ENOEXEC || -r == EACCES ? 0 : -r);
    }
    if (p->kind != PROGRAM_GUEST) {
        dprintf(2, "lyre: %s: %s is a program for %s; this emulator runs %s\n", s->exec_fn, p->nargs ? p->path : "it", p->why,
                t->abi->target->name);
        return EXIT_CANNOT_RUN;
    }
    if (p->nargs) {
        unsigned n = 0, rest = s->argv[0] ? 1 : 0;
        while (s->argv[n]) {
            n++;
        }
        char **argv = host_alloc((p->nargs + n + 1) * sizeof(char *));
        memcpy(argv, p->args, p->nargs * sizeof(char *));
        memcpy(argv + p->nargs, s->argv + rest, (n - rest) * sizeof(char *));
        s->argv = argv;
    }
    return 0;
}

/* The program's path as /proc/self/exe says it. */
static void note_program(const Start *s, Task *t)
{
    char link[40], path[PATH_MAX];
    t->group->exe_fd = exec_guard_fd(s->program.fd);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", t->group->exe_fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = 0;
    t->group->exe_path = strdup(n > 0 ? path : s->exec_fn);
}

/* -x fail */
static void fail(const char *how)
{
    volatile uintptr_t nowhere = 8;
    lyre_assert(strcmp(how, "assert") != 0);
    *(volatile int *)nowhere = 0;
}

/* With a smaller code cache where a limit on data (ulimit -d, as a hard one) wants it. */
static Mm *make_mm(Options *o)
{
    enum { LARGE = 64 << 20, LEAST = 1 << 20 };
    uint64_t seed = choose_seed(o);
    Mm *mm = mm_new(o->abi->target, &o->tcg, seed);
    while (!mm && (o->tcg.cache_size = o->tcg.cache_size ? o->tcg.cache_size / 4 : LARGE) >= LEAST) {
        mm = mm_new(o->abi->target, &o->tcg, seed);
    }
    return mm;
}

static int run(Start *s)
{
    Options *o = &s->options;
    LoadInfo info;
    const char *why = NULL;
    int log_fd = -1;
    uint64_t limit[2];
    exec_borrow_fds(limit);
    if (!logfile_open(o, &log_fd) || !perf_init(o)) {
        return 1;
    }
    if (!o->tcg.cache_size && hostmem_size() < SMALL_ARENA) {
        o->tcg.cache_size = hostmem_size() / 8; /* ulimit -v: tables take about twice as much again */
    }
    Mm *mm = make_mm(o);
    Task *t = mm ? task_new_first(o, mm) : NULL;
    if (!t) {
        return say(s, "not enough memory to start", 0);
    }
    t->files->log_fd = log_fd;
    exec_init(t, s->handover.self_fd);
    int code = resolve(s, t);
    if (code) {
        return code;
    }
    tcg_thread_enter(t->cpu);
    hostcpu_watch(&t->cpu->host_cpu);
    o->abi->target->reset(t->cpu, o->target_cpu);
    signal_init_process(t);
    int r = loader_load(t, s->program.fd, s->exec_fn, s->argv, o->environ, &info, &why);
    if (r < 0) {
        return say(s, why, -r == ENOEXEC ? 0 : -r);
    }
    note_program(s, t);
    task_tell_kernel(t, &info, s->exec_fn);
    if (t->log & TCG_LOG_PAGE) {
        logfile_write_maps(t, logfile_fd(o));
    }
    if (t->log & TCG_LOG_STRACE) {
        strace_exec(t, info.stack_pointer);
    }
    exec_return_fds(limit);
    o->abi->init_thread(t->cpu, info.entry, info.stack_pointer);
    if (o->failure) {
        fail(o->failure);
    }
    seccomp_restore(t, s->handover.seccomp_fd);
    task_loop(t);
}

int main(int argc, char **argv, char **envp)
{
    static Start start; /* large, and lives as long as the process */
    hostmem_find_intervals();
    return read_command(&start, argc, argv, envp) ? run(&start) : start.options.exit_code;
}
