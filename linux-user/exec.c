/* SPDX-License-Identifier: MIT */
/*
 * execve: a program for a guest that Lyre knows makes us execute an emulator, with the program as an open descriptor and the rest in
 * one environment string, the hand-over: LYRE_EXEC=VERSION:FD:SELF:SECCOMP:EXECFN[:OPTION:VALUE]... with %XX for odd characters. The emulator takes it
 * out of the guest's environment before anything else. SELF is a descriptor of the emulator's own file, for when it cannot open that by itself;
 * SECCOMP one of the filters that the program inherits.
 */
#include "linux-user/exec.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/path.h"
#include "linux-user/seccomp.h"
#include "linux-user/signal.h"
#include "linux-user/strace.h"
#include "linux-user/syscall.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

#define HANDOVER "LYRE_EXEC="
#define HANDOVER_VERSION "3"

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

enum { GUARD_SLOTS = 8, GUARD_TOP = 1024 + GUARD_SLOTS, HANDOVER_MAX = 16384 };

/* Our own executable; constant after start. */
static struct {
    char path[PATH_MAX];
    uint64_t dev, ino;
} self;

void exec_borrow_fds(uint64_t limit[2])
{
    limit[0] = limit[1] = 0;
    sys_call4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, SYS_PTR(limit));
    uint64_t wanted = limit[0] > 1024 ? limit[0] + GUARD_SLOTS : GUARD_TOP, raised[2] = {wanted < limit[1] ? wanted : limit[1], limit[1]};
    if (raised[0] > limit[0]) {
        sys_call4(SYS_prlimit64, 0, RLIMIT_NOFILE, SYS_PTR(raised), 0);
    }
}

void exec_return_fds(const uint64_t limit[2]) { sys_call4(SYS_prlimit64, 0, RLIMIT_NOFILE, SYS_PTR(limit), 0); }

int exec_guard_fd(int fd)
{
    uint64_t limit[2] = {GUARD_TOP, GUARD_TOP};
    sys_call4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, SYS_PTR(limit));
    uint64_t top = limit[0] < GUARD_TOP ? limit[0] : GUARD_TOP;
    int64_t r = top > GUARD_SLOTS ? sys_call3(SYS_fcntl, SYS_INT(fd), F_DUPFD_CLOEXEC, top - GUARD_SLOTS) : -EMFILE;
    if (r < 0) {
        sys_call3(SYS_fcntl, SYS_INT(fd), F_SETFD, FD_CLOEXEC);
        return fd;
    }
    sys_call1(SYS_close, SYS_INT(fd));
    return (int)r;
}

bool exec_is_self(const struct stat *st) { return st->st_ino == self.ino && st->st_dev == self.dev; }

/* Without /proc: the file by whose name we were started, when it begins as we do. */
static int64_t open_by_name(void)
{
    char header[sizeof(Elf64_Ehdr)];
    int64_t fd = sys_call3(SYS_open, getauxval(AT_EXECFN), O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0 && (sys_call3(SYS_read, SYS_INT(fd), SYS_PTR(header), sizeof(header)) != sizeof(header) || memcmp(header, __ehdr_start, sizeof(header)))) {
        sys_call1(SYS_close, SYS_INT(fd));
        fd = -1;
    }
    return fd;
}

/* Readable where that is allowed, so that it can be copied. */
static int64_t open_self(int given)
{
    int64_t fd = sys_call3(SYS_open, SYS_PTR("/proc/self/exe"), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        fd = given >= 0 ? given : sys_call3(SYS_open, SYS_PTR("/proc/self/exe"), O_PATH | O_CLOEXEC, 0);
    }
    return fd >= 0 ? fd : open_by_name();
}

void exec_init(Task *t, int given)
{
    struct stat st;
    int64_t n = sys_call3(SYS_readlink, SYS_PTR("/proc/self/exe"), SYS_PTR(self.path), sizeof(self.path) - 1);
    self.path[n > 0 ? n : 0] = 0;
    int64_t fd = open_self(given);
    if (given >= 0 && fd != given) {
        sys_call1(SYS_close, SYS_INT(given));
    }
    if (fd >= 0 && sys_call2(SYS_fstat, (uint64_t)fd, SYS_PTR(&st)) == 0) {
        self.dev = st.st_dev;
        self.ino = st.st_ino;
    }
    t->files->self_fd = fd >= 0 ? exec_guard_fd((int)fd) : -1;
}

/* ---- the hand-over */

typedef struct Text {
    char *buf;
    size_t used, size;
    bool is_full;
} Text;

static void put_char(Text *x, char c)
{
    if (x->used + 1 < x->size) {
        x->buf[x->used++] = c;
    } else {
        x->is_full = true;
    }
    x->buf[x->used] = 0;
}

static void put_raw(Text *x, const char *s)
{
    while (*s) {
        put_char(x, *s++);
    }
}

static void put_field(Text *x, const char *s)
{
    put_char(x, ':');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c <= ' ' || c == ':' || c == '%' || c >= 127) {
            put_char(x, '%');
            put_char(x, "0123456789abcdef"[c >> 4]);
            put_char(x, "0123456789abcdef"[c & 15]);
        } else {
            put_char(x, *s);
        }
    }
}

/* Without a descriptor, -1: an empty field. */
static void put_number(Text *x, int number)
{
    unsigned n = (unsigned)number;
    if (number < 0) {
        put_field(x, "");
        return;
    }
    char digits[12], *p = digits + sizeof(digits) - 1;
    *p = 0;
    do {
        *--p = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    put_field(x, p);
}

/* Options that speak of one architecture's system are not for another's. */
static bool is_for_all(const char *option) { return strcmp(option, "L") != 0 && strcmp(option, "cpu") != 0; }

static bool write_handover(Text *x, const Task *t, int fd, int seccomp_fd, const char *exec_fn, bool is_same_guest)
{
    const Options *o = t->options;
    put_raw(x, HANDOVER HANDOVER_VERSION);
    put_number(x, fd);
    put_number(x, is_same_guest ? t->files->self_fd : -1);
    put_number(x, seccomp_fd);
    put_field(x, exec_fn);
    for (unsigned i = 0; i + 1 < o->ninherited; i += 2) {
        if (is_same_guest || is_for_all(o->inherited[i])) {
            put_field(x, o->inherited[i]);
            put_field(x, o->inherited[i + 1]);
        }
    }
    return !x->is_full;
}

static unsigned hex_value(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* Decodes the field at *p in place and steps over it; NULL when there is none, or a wrong one. */
static char *take_field(char **p)
{
    char *from = *p, *to = from, *start = from;
    if (!from) {
        return NULL;
    }
    for (; *from && *from != ':'; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        unsigned high = hex_value(from[1]), low = high < 16 ? hex_value(from[2]) : 16;
        if (low >= 16) {
            return NULL;
        }
        *to++ = (char)(high << 4 | low);
        from += 2;
    }
    *p = *from == ':' ? from + 1 : NULL;
    *to = 0;
    return start;
}

bool exec_take_handover(char **envp, ExecHandover *out)
{
    if (!envp[0] || strncmp(envp[0], HANDOVER, strlen(HANDOVER)) != 0) {
        return false;
    }
    char *p = envp[0] + strlen(HANDOVER);
    for (char **e = envp; *e; e++) {
        e[0] = e[1];
    }
    char *version = take_field(&p), *fd = take_field(&p), *own = take_field(&p), *filters = take_field(&p);
    char *exec_fn = take_field(&p);
    if (!version || strcmp(version, HANDOVER_VERSION) != 0 || !fd || !own || !filters || !exec_fn) {
        return false;
    }
    out->fd = atoi(fd);
    out->self_fd = *own ? atoi(own) : -1;
    out->seccomp_fd = *filters ? atoi(filters) : -1;
    out->exec_fn = exec_fn;
    out->noptions = 0;
    char *field;
    while (out->noptions < ARRAY_LEN(out->options) && (field = take_field(&p))) {
        out->options[out->noptions++] = field;
    }
    return fcntl(out->fd, F_GETFD) >= 0;
}

/* ---- argument lists: pointers to strings that stay where they are, in the guest or in ExecProgram */

typedef struct List {
    char **items;
    size_t n;
} List;

/* Number of pointers before the null one at a guest address, or a negative errno. */
static int64_t count_pointers(const Task *t, uint64_t addr)
{
    unsigned word = t->abi->word_size;
    for (int64_t n = 0; addr; n++) {
        uint64_t p = 0;
        if (mm_read(&p, addr + (uint64_t)n * word, word) < 0) {
            return -EFAULT;
        }
        if (p == 0) {
            return n;
        }
        if (n >= INT_MAX / 16) {
            return -E2BIG;
        }
    }
    return 0;
}

static int64_t read_pointers(const Task *t, uint64_t addr, int64_t n, char **out)
{
    unsigned word = t->abi->word_size;
    for (int64_t i = 0; i < n; i++) {
        uint64_t p = 0;
        if (mm_read(&p, addr + (uint64_t)i * word, word) < 0 || mm_check_range(t->mm, p, 1, false) < 0) {
            return -EFAULT;
        }
        out[i] = (char *)(uintptr_t)p;
    }
    return 0;
}

/* Everything that an execve needs, in pages that a vfork child leaves to its parent. */
typedef struct Scratch {
    ExecProgram program;
    PathBuf path;
    char exec_fn[PATH_MAX + 32];
    char emulator[PATH_MAX];
    char handover[HANDOVER_MAX];
    size_t size;
    char **argv, **envp; /* behind this struct */
} Scratch;

void exec_free_scratch(Task *t)
{
    if (t->exec_scratch) {
        hostmem_pages_free(t->exec_scratch, t->exec_scratch_size);
        t->exec_scratch = NULL;
    }
}

static Scratch *new_scratch(Task *t, size_t pointers)
{
    exec_free_scratch(t);
    size_t size = sizeof(Scratch) + pointers * sizeof(char *);
    Scratch *s = hostmem_pages_alloc(size);
    if (s) {
        s->size = size;
        t->exec_scratch = s;
        t->exec_scratch_size = size;
    }
    return s;
}

/* argv with what scripts put before it, envp with room for the hand-over at its start. */
static int64_t build_lists(Task *t, Scratch *s, uint64_t argv, int64_t argc, uint64_t envp, int64_t envc)
{
    const ExecProgram *p = &s->program;
    char **out = (char **)(s + 1);
    s->argv = out;
    for (unsigned i = 0; i < p->nargs; i++) {
        *out++ = p->args[i];
    }
    int64_t r;
    if (p->nargs && argc > 0) { /* argv[0] is gone */
        r = read_pointers(t, argv + t->abi->word_size, argc - 1, out);
        out += argc - 1;
    } else {
        r = read_pointers(t, argv, argc, out);
        out += argc;
    }
    *out++ = NULL;
    s->envp = out;
    *out++ = s->handover;
    if (r == 0) {
        r = read_pointers(t, envp, envc, out);
    }
    out[envc] = NULL;
    return r;
}

/* ---- which file */

static void descriptor_name(char *buf, int fd, const char *rest)
{
    Text x = {.buf = buf, .size = PATH_MAX + 32};
    put_raw(&x, "/dev/fd/");
    put_number(&x, fd);
    memmove(buf + 8, buf + 9, strlen(buf + 9) + 1); /* without the colon */
    x.used--;
    if (*rest) {
        put_char(&x, '/');
        put_raw(&x, rest);
    }
}

/* Opens the program as execveat finds it. exec_fn: the name that the kernel would give it. */
static int64_t open_program(Task *t, int dirfd, uint64_t path, int flags, Scratch *s)
{
    int64_t r = path_get(t, dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW), &s->path);
    if (r < 0) {
        return r;
    }
    if (!s->path.path) {
        return -EFAULT;
    }
    const char *host = s->path.path;
    bool is_empty = host[0] == 0;
    if (is_empty && !(flags & AT_EMPTY_PATH)) {
        return -ENOENT;
    }
    if (s->path.copy[0] == '/' || (dirfd == AT_FDCWD && !is_empty)) {
        strcpy(s->exec_fn, s->path.copy);
    } else {
        descriptor_name(s->exec_fn, dirfd, s->path.copy);
    }
    int lookup = flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
    r = sys_call4(SYS_faccessat2, SYS_INT(dirfd), SYS_PTR(host), 1 /* X_OK */, (uint64_t)(0x200 /* AT_EACCESS */ | lookup));
    if (r < 0 && r != -ENOSYS) {
        return r;
    }
    if (is_empty) {
        char name[40];
        descriptor_name(name, dirfd, "");
        return sys_call3(SYS_open, SYS_PTR(name), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    }
    int nofollow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
    return sys_call4(SYS_openat, SYS_INT(dirfd), SYS_PTR(host), (uint64_t)(O_RDONLY | O_CLOEXEC | O_NONBLOCK | nofollow), 0);
}

/* A script by a descriptor that will be closed cannot be found by its interpreter. */
static bool is_script_lost(int dirfd, const Scratch *s)
{
    bool by_fd = strncmp(s->exec_fn, "/dev/fd/", 8) == 0 && s->path.copy[0] != '/';
    return by_fd && s->program.nargs && (sys_call2(SYS_fcntl, SYS_INT(dirfd), F_GETFD) & FD_CLOEXEC);
}

/* ---- doing it */

/* The guest's limits for a program that comes after us; or ours: AS and DATA as far as they go, STACK as it was at start. */
static void set_limits(const Task *t, bool for_guest)
{
    static const int resources[3] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK};
    const uint64_t *limits[3] = {t->group->rlimit_as, t->group->rlimit_data, t->group->rlimit_stack};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t soft = for_guest ? limits[i][0] : i < 2 ? limits[i][1] : hostmem_start_limit(i);
        uint64_t pair[2] = {soft < limits[i][1] ? soft : limits[i][1], limits[i][1]};
        sys_call4(SYS_prlimit64, 0, (uint64_t)resources[i], SYS_PTR(pair), 0);
    }
}

/* Through the window: a signal that was taken from the kernel before execve is delivered first; the new program would never see it. */
static int64_t host_execve(Task *t, const char *path, Scratch *s, char **envp)
{
    return syscall_blocking(t, SYS_execve, SYS_PTR(path), SYS_PTR(s->argv), SYS_PTR(envp), 0, 0, 0);
}

static int64_t host_fexecve(Task *t, int fd, Scratch *s)
{
    return syscall_blocking(t, SYS_execveat, SYS_INT(fd), SYS_PTR(""), SYS_PTR(s->argv), SYS_PTR(s->envp), AT_EMPTY_PATH, 0);
}

/* Runs a copy in memory: our file may be executed by those only who we no longer are. */
static int64_t run_copy(Task *t, Scratch *s)
{
    enum { EXECUTABLE = 0x10 /* MFD_EXEC */, CHUNK = 1 << 30 };
    uint64_t offset = 0;
    int64_t fd = sys_call2(SYS_memfd_create, SYS_PTR("lyre"), MFD_CLOEXEC | EXECUTABLE), n;
    if (fd == -EINVAL) { /* before Linux 6.3 all are */
        fd = sys_call2(SYS_memfd_create, SYS_PTR("lyre"), MFD_CLOEXEC);
    }
    if (fd < 0) {
        return fd;
    }
    while ((n = sys_call4(SYS_sendfile, SYS_INT(fd), SYS_INT(t->files->self_fd), SYS_PTR(&offset), CHUNK)) > 0) {
    }
    int64_t r = n < 0 ? n : host_fexecve(t, (int)fd, s);
    sys_call1(SYS_close, SYS_INT(fd));
    return r;
}

/* Runs our own executable: by its path while that still is the same file, else by the descriptor, else a copy. */
static int64_t run_self(Task *t, Scratch *s)
{
    struct stat st;
    if (self.path[0] && sys_call2(SYS_stat, SYS_PTR(self.path), SYS_PTR(&st)) == 0 && exec_is_self(&st)) {
        int64_t r = host_execve(t, self.path, s, s->envp);
        if (r != -EACCES && r != -ENOENT) {
            return r;
        }
    }
    if (t->files->self_fd < 0) {
        return -ENOEXEC;
    }
    int64_t r = host_fexecve(t, t->files->self_fd, s), copied = r == -EACCES || r == -EPERM ? run_copy(t, s) : r;
    return copied == -ERESTART_NOINTR ? copied : r;
}

/* lyre-ARCH beside our own file. */
static int64_t run_sibling(Task *t, Scratch *s)
{
    Text x = {.buf = s->emulator, .size = sizeof(s->emulator)};
    const char *slash = strrchr(self.path, '/');
    for (const char *p = self.path; slash && p <= slash; p++) {
        put_char(&x, *p);
    }
    put_raw(&x, "lyre-");
    put_raw(&x, s->program.why);
    int64_t r = x.is_full || !slash ? -ENOENT : host_execve(t, s->emulator, s, s->envp);
    return r == -ENOENT || r == -EACCES ? -ENOEXEC : r;
}

static void set_inherited(const Task *t, int fd, bool with_self, bool is_inherited)
{
    uint64_t flag = is_inherited ? 0 : FD_CLOEXEC;
    sys_call3(SYS_fcntl, SYS_INT(fd), F_SETFD, flag);
    if (with_self && t->files->self_fd >= 0) {
        sys_call3(SYS_fcntl, SYS_INT(t->files->self_fd), F_SETFD, flag);
    }
}

/* The program goes along as a descriptor without close-on-exec; Files.lock keeps a fork from taking it along, too. */
static int64_t run_emulator(Task *t, Scratch *s)
{
    bool is_same = s->program.kind == PROGRAM_GUEST;
    Text x = {.buf = s->handover, .size = sizeof(s->handover)};
    lock_acquire(&t->files->lock);
    int fd = s->program.fd;
    set_inherited(t, fd, is_same, true);
    int64_t r = -E2BIG;
    int seccomp_fd = seccomp_save(t);
    if (write_handover(&x, t, fd, seccomp_fd, s->exec_fn, is_same)) {
        r = is_same ? run_self(t, s) : run_sibling(t, s);
    }
    if (seccomp_fd >= 0) {
        sys_call1(SYS_close, SYS_INT(seccomp_fd));
    }
    set_inherited(t, fd, is_same, false);
    lock_release(&t->files->lock);
    return r;
}

static int64_t run(Task *t, Scratch *s, const char *host_path, int dirfd, int flags)
{
    int64_t r;
    signal_before_exec(t);
    set_limits(t, true);
    r = s->program.kind != PROGRAM_HOST ? run_emulator(t, s) : -ENOEXEC;
    if (r != -ENOEXEC || s->program.kind == PROGRAM_GUEST) {
        /* said */
    } else {
        strace_unfinished(t); /* no emulator of ours would tell of it */
        if (s->program.nargs) {
            r = host_execve(t, s->program.path, s, s->envp + 1);
        } else {
            r = syscall_blocking(t, SYS_execveat, SYS_INT(dirfd), SYS_PTR(host_path), SYS_PTR(s->argv), SYS_PTR(s->envp + 1), (uint64_t)flags, 0);
        }
        strace_resume(t);
    }
    set_limits(t, false);
    signal_after_exec(t);
    return r;
}

/* Opens the program and follows scripts; 0 or a negative errno. s->program.fd is -1 for one that only the host's kernel can open. */
static int64_t find_program(Task *t, int dirfd, uint64_t path, int flags, Scratch *s)
{
    int64_t fd = open_program(t, dirfd, path, flags, s), r = fd;
    s->program.fd = -1;
    if (fd >= 0) {
        r = exec_resolve(t, (int)fd, s->exec_fn, &s->program);
        if (r == 0 && is_script_lost(dirfd, s)) {
            r = -ENOENT;
        }
        if (r == -ENOEXEC && s->program.nargs == 0) {
            s->program.kind = PROGRAM_HOST; /* the host may have a binfmt_misc entry for it */
            r = 0;
        }
    } else if (fd == -EACCES && sys_call4(SYS_faccessat, SYS_INT(dirfd), SYS_PTR(s->path.path ? s->path.path : ""), 4 /* R_OK */, 0) == -EACCES) {
        s->program.kind = PROGRAM_HOST; /* may be executed but not read */
        r = 0;
    }
    return r;
}

/* The kernel needs no number for a program that it opens: where the guest has used all of its own, there are some more for us. */
static int64_t find_program_beyond_limit(Task *t, int dirfd, uint64_t path, int flags, Scratch *s)
{
    int64_t r = find_program(t, dirfd, path, flags, s);
    if (r == -EMFILE) {
        uint64_t limit[2];
        exec_borrow_fds(limit);
        r = find_program(t, dirfd, path, flags, s);
        exec_return_fds(limit);
    }
    return r;
}

int64_t exec_execve(Task *t, int dirfd, uint64_t path, uint64_t argv, uint64_t envp, int flags)
{
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
        return -EINVAL;
    }
    int64_t argc = count_pointers(t, argv), envc = count_pointers(t, envp);
    if (argc < 0 || envc < 0) {
        return argc < 0 ? argc : envc;
    }
    Scratch *s = new_scratch(t, (size_t)argc + (size_t)envc + 2 * EXEC_MAX_SCRIPTS + 8);
    if (!s) {
        return -ENOMEM;
    }
    int64_t r = find_program_beyond_limit(t, dirfd, path, flags, s);
    if (r == 0) {
        r = build_lists(t, s, argv, argc, envp, envc);
    }
    if (r == 0) {
        r = run(t, s, s->path.path, dirfd, flags);
    }
    if (s->program.fd >= 0) {
        sys_call1(SYS_close, SYS_INT(s->program.fd));
    }
    exec_free_scratch(t);
    return r;
}
