/* SPDX-License-Identifier: MIT */
/*
 * A core file: ELF header, program headers, notes (registers of all threads, auxiliary vector, mapped files), memory. core(5), elf(5), and
 * fs/binfmt_elf.c's layouts as include/uapi/linux/elfcore.h tells them. What the guest has mapped is read from its own view of /proc/self/maps.
 */
#include "linux-user/core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "linux-user/abi.h"
#include "linux-user/mm.h"
#include "linux-user/signal.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

enum { MAX_AREAS = 65000, NOTE_ALIGN = 4, COMM_SIZE = 16, ARGS_SIZE = 80, STOP_TRIES = 250, STOP_STEP_NS = 2 * 1000 * 1000 };
/* Bits of /proc/self/coredump_filter */
enum { DUMP_PRIVATE = 1, DUMP_SHARED = 2, DUMP_FILE_PRIVATE = 4, DUMP_FILE_SHARED = 8, DUMP_HEADERS = 16, DUMP_DEFAULT = 0x33 };
/* Bits of /proc/self/pagemap */
#define PAGE_IS_THERE (3ull << 62) /* present or swapped out */
#define PAGE_IS_FILE (1ull << 61)  /* of a file, or shared */

typedef struct CoreArea {
    uint64_t start, end, offset;
    uint64_t dumped; /* bytes in the file */
    const char *name;
    uint32_t name_len;
    bool can_read, can_write, can_execute, is_shared;
} CoreArea;

typedef struct Core {
    Task *task;
    int fd, pagemap, sig;
    const siginfo_t *info;
    uint64_t limit, written, at; /* RLIMIT_CORE; at: place in the file */
    bool has_failed;
    char *maps;                  /* text that names point into */
    size_t maps_size;
    CoreArea *areas;
    unsigned nareas;
    unsigned filter;
} Core;

/* struct elf_prstatus of 64-bit Linux up to the registers, and what follows them. */
typedef struct PrStatus {
    int32_t signo, code, error;
    int16_t cursig, pad;
    uint64_t pending, held;
    int32_t pid, ppid, pgrp, sid;
    int64_t times[8]; /* user, system, children's user and system */
} PrStatus;
_Static_assert(sizeof(PrStatus) == 112, "struct elf_prstatus");

typedef struct PrPsInfo {
    char state, sname, zomb, nice;
    uint64_t flags;
    uint32_t uid, gid;
    int32_t pid, ppid, pgrp, sid;
    char fname[COMM_SIZE], args[ARGS_SIZE];
} PrPsInfo;
_Static_assert(sizeof(PrPsInfo) == 136, "struct elf_prpsinfo");

static int64_t plain(long number) { return sys_call(number, 0, 0, 0, 0, 0, 0); }

/* ---- writing; a guest address is as good as one of ours. What cannot be read becomes a hole */

static void put(Core *c, const void *data, uint64_t size)
{
    const char *p = data;
    while (size && !c->has_failed) {
        uint64_t part = size < c->limit - c->written ? size : c->limit - c->written;
        int64_t n = part ? sys_call4(SYS_pwrite64, SYS_INT(c->fd), SYS_PTR(p), part, c->at) : -EFBIG;
        if (n == -EFAULT) {
            n = (int64_t)(size < MM_PAGE ? size : MM_PAGE);
        } else if (n <= 0) {
            c->has_failed = n != -EINTR;
            continue;
        } else {
            c->written += (uint64_t)n;
        }
        p += n;
        size -= (uint64_t)n;
        c->at += (uint64_t)n;
    }
}

static void skip_to(Core *c, uint64_t at) { c->at = at; }

/* ---- what is mapped */

static uint64_t parse_hex(const char **p)
{
    uint64_t v = 0;
    for (;; ++*p) {
        unsigned char ch = (unsigned char)**p;
        if (ch >= '0' && ch <= '9') {
            v = v * 16 + (ch - '0');
        } else if (ch >= 'a' && ch <= 'f') {
            v = v * 16 + (ch - 'a' + 10u);
        } else {
            return v;
        }
    }
}

/* start-end rwxp offset device inode   name */
static void parse_line(CoreArea *a, const char *p, const char *end)
{
    memset(a, 0, sizeof(*a));
    a->start = parse_hex(&p);
    p++;
    a->end = parse_hex(&p);
    p++;
    a->can_read = p[0] == 'r';
    a->can_write = p[1] == 'w';
    a->can_execute = p[2] == 'x';
    a->is_shared = p[3] == 's';
    p += 5;
    a->offset = parse_hex(&p);
    const char *name = memchr(p, '/', (size_t)(end - p));
    a->name = name ? name : end;
    a->name_len = (uint32_t)(end - a->name);
}

static bool read_maps(Core *c)
{
    struct stat st;
    int fd = mm_open_maps(c->task->mm, false);
    if (fd < 0 || sys_call2(SYS_fstat, SYS_INT(fd), SYS_PTR(&st)) < 0) {
        return false;
    }
    c->maps_size = (size_t)st.st_size;
    c->maps = hostmem_pages_alloc(c->maps_size + 1);
    unsigned lines = 0;
    if (!c->maps || sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(c->maps), c->maps_size, 0) != st.st_size) {
        return false;
    }
    sys_call1(SYS_close, SYS_INT(fd));
    for (size_t i = 0; i < c->maps_size; i++) {
        lines += c->maps[i] == '\n';
    }
    lines = lines < MAX_AREAS ? lines : MAX_AREAS;
    c->areas = hostmem_pages_alloc((lines + 1) * sizeof(CoreArea));
    if (!c->areas) {
        return false;
    }
    for (const char *p = c->maps, *end; c->nareas < lines && (end = strchr(p, '\n')); p = end + 1) {
        parse_line(&c->areas[c->nareas++], p, end);
    }
    return true;
}

static uint64_t page_bits(const Core *c, uint64_t addr)
{
    uint64_t bits = PAGE_IS_THERE;
    if (c->pagemap >= 0) {
        sys_call4(SYS_pread64, SYS_INT(c->pagemap), SYS_PTR(&bits), sizeof(bits), addr / MM_PAGE * sizeof(bits));
    }
    return bits;
}

/* A private mapping of a file that was written to has pages of its own. */
static bool has_own_pages(const Core *c, const CoreArea *a)
{
    if (c->pagemap < 0) {
        return a->can_write;
    }
    for (uint64_t at = a->start; at < a->end; at += MM_PAGE) {
        uint64_t bits = page_bits(c, at);
        if ((bits & PAGE_IS_THERE) && !(bits & PAGE_IS_FILE)) {
            return true;
        }
    }
    return false;
}

/* How much of an area goes into the file: vma_dump_size() of the kernel. */
static uint64_t dump_size(const Core *c, const CoreArea *a)
{
    uint64_t all = a->end - a->start;
    if (!a->can_read && !a->can_write) {
        return 0;
    }
    if (a->name_len == 0) {
        return c->filter & (a->is_shared ? DUMP_SHARED : DUMP_PRIVATE) ? all : 0;
    }
    if (c->filter & (a->is_shared ? DUMP_FILE_SHARED : DUMP_FILE_PRIVATE)) {
        return all;
    }
    if (!a->is_shared && (c->filter & DUMP_PRIVATE) && has_own_pages(c, a)) {
        return all;
    }
    return (c->filter & DUMP_HEADERS) && a->offset == 0 && a->can_read ? MM_PAGE : 0;
}

/* Pages that nobody has touched stay holes. */
static void put_area(Core *c, const CoreArea *a)
{
    uint64_t base = c->at, end = a->start + a->dumped, from = a->start;
    bool is_anonymous = a->name_len == 0 && !a->is_shared;
    while (from < end && !c->has_failed) {
        uint64_t to = end;
        if (is_anonymous) {
            while (from < end && !(page_bits(c, from) & PAGE_IS_THERE)) {
                from += MM_PAGE;
            }
            for (to = from; to < end && (page_bits(c, to) & PAGE_IS_THERE);) {
                to += MM_PAGE;
            }
        }
        skip_to(c, base + (from - a->start));
        put(c, (const void *)(uintptr_t)from, to - from);
        from = to;
    }
    skip_to(c, base + a->dumped);
}

/* ---- notes: with `is_counting` only their size is wanted */

typedef struct Notes {
    Core *core;
    uint64_t size;
    bool is_counting;
} Notes;

static void note_put(Notes *n, const void *data, uint64_t size)
{
    static const char zeros[NOTE_ALIGN];
    uint64_t padded = ALIGN_UP(size, (uint64_t)NOTE_ALIGN);
    n->size += padded;
    if (!n->is_counting) {
        put(n->core, data, size);
        put(n->core, zeros, padded - size);
    }
}

static void note_header(Notes *n, uint32_t type, uint64_t size)
{
    static const char name[] = "CORE";
    const Elf64_Nhdr header = { .n_namesz = sizeof(name), .n_descsz = (uint32_t)size, .n_type = type };
    note_put(n, &header, sizeof(header));
    note_put(n, name, sizeof(name));
}

static void note(Notes *n, uint32_t type, const void *data, uint64_t size)
{
    note_header(n, type, size);
    note_put(n, data, size);
}

static void note_prstatus(Notes *n, const Task *t)
{
    const CoreAbi *abi = t->abi->core;
    struct {
        PrStatus status;
        uint8_t rest[CORE_MAX_REGS + 8]; /* registers; int: whether there are floating-point ones */
    } s;
    memset(&s, 0, sizeof(s));
    bool is_dying = t == n->core->task;
    s.status.signo = s.status.cursig = (int16_t)n->core->sig;
    s.status.code = is_dying ? n->core->info->si_code : 0;
    s.status.held = t->blocked;
    s.status.pid = t->tid;
    s.status.ppid = (int32_t)plain(SYS_getppid);
    s.status.pgrp = (int32_t)sys_call1(SYS_getpgid, 0);
    s.status.sid = (int32_t)sys_call1(SYS_getsid, 0);
    struct rusage own, children;
    sys_call2(SYS_getrusage, RUSAGE_SELF, SYS_PTR(&own));
    sys_call2(SYS_getrusage, SYS_INT(RUSAGE_CHILDREN), SYS_PTR(&children));
    memcpy(&s.status.times[0], &own, 4 * sizeof(int64_t)); /* ru_utime, ru_stime */
    memcpy(&s.status.times[4], &children, 4 * sizeof(int64_t));
    abi->gregs(t->cpu, s.rest);
    s.rest[abi->gregs_size] = 1;
    note(n, NT_PRSTATUS, &s, sizeof(s.status) + abi->gregs_size + 8u);
}

static void note_fpregs(Notes *n, const Task *t)
{
    uint8_t regs[CORE_MAX_REGS] = {0};
    t->abi->core->fpregs(t->cpu, regs);
    note(n, NT_FPREGSET, regs, t->abi->core->fpregs_size);
}

static void note_prpsinfo(Notes *n, const Task *t)
{
    PrPsInfo p = { .sname = 'R', .pid = (int32_t)plain(SYS_getpid), .ppid = (int32_t)plain(SYS_getppid) };
    p.uid = (uint32_t)plain(SYS_getuid);
    p.gid = (uint32_t)plain(SYS_getgid);
    p.pgrp = (int32_t)sys_call1(SYS_getpgid, 0);
    p.sid = (int32_t)sys_call1(SYS_getsid, 0);
    sys_call2(SYS_prctl, PR_GET_NAME, SYS_PTR(p.fname));
    uint64_t size = t->group->arg_end - t->group->arg_start;
    size = size < ARGS_SIZE ? size : ARGS_SIZE - 1;
    if (mm_read(p.args, t->group->arg_start, size) == 0) {
        for (uint64_t i = 0; i < size; i++) {
            p.args[i] = p.args[i] ? p.args[i] : ' ';
        }
    }
    note(n, NT_PRPSINFO, &p, sizeof(p));
}

/* NT_FILE: count, page size, {start, end, offset in pages} of each, names. */
static void note_files(Notes *n)
{
    const Core *c = n->core;
    uint64_t head[2] = {0, MM_PAGE}, size = sizeof(head);
    for (unsigned i = 0; i < c->nareas; i++) {
        if (c->areas[i].name_len) {
            head[0]++;
            size += 3 * sizeof(uint64_t) + c->areas[i].name_len + 1;
        }
    }
    uint64_t padding = ALIGN_UP(size, (uint64_t)NOTE_ALIGN) - size;
    note_header(n, NT_FILE, size);
    n->size += size + padding;
    if (n->is_counting) {
        return;
    }
    put(n->core, head, sizeof(head));
    for (unsigned i = 0; i < c->nareas; i++) {
        const CoreArea *a = &c->areas[i];
        const uint64_t row[3] = {a->start, a->end, a->offset / MM_PAGE};
        put(n->core, row, a->name_len ? sizeof(row) : 0);
    }
    for (unsigned i = 0; i < c->nareas; i++) {
        put(n->core, c->areas[i].name, c->areas[i].name_len);
        put(n->core, "", c->areas[i].name_len ? 1 : 0);
    }
    put(n->core, "\0\0\0", padding);
}

static uint64_t put_notes(Core *c, bool is_counting)
{
    Notes n = { .core = c, .is_counting = is_counting };
    const Task *t = c->task;
    uint8_t auxv[1024];
    uint64_t auxv_size = t->group->auxv_end - t->group->auxv_start;
    auxv_size = auxv_size < sizeof(auxv) ? auxv_size : 0;
    note_prstatus(&n, t);
    note_prpsinfo(&n, t);
    note(&n, NT_SIGINFO, c->info, sizeof(*c->info));
    if (mm_read(auxv, t->group->auxv_start, auxv_size) == 0) {
        note(&n, NT_AUXV, auxv, auxv_size);
    }
    note_files(&n);
    note_fpregs(&n, t);
    for (const Task *other = t->group->tasks; other; other = other->next) {
        if (other != t) {
            note_prstatus(&n, other);
            note_fpregs(&n, other);
        }
    }
    return n.size;
}

/* ---- the file */

static void put_headers(Core *c, uint64_t notes, uint64_t memory)
{
    Elf64_Ehdr e = { .e_type = ET_CORE, .e_machine = c->task->abi->core->machine, .e_version = EV_CURRENT, .e_phoff = sizeof(e),
                     .e_ehsize = sizeof(e), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (uint16_t)(c->nareas + 1) };
    memcpy(e.e_ident, ELFMAG, SELFMAG);
    e.e_ident[EI_CLASS] = ELFCLASS64;
    e.e_ident[EI_DATA] = ELFDATA2LSB;
    e.e_ident[EI_VERSION] = EV_CURRENT;
    put(c, &e, sizeof(e));
    const Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = sizeof(e) + (c->nareas + 1) * sizeof(Elf64_Phdr), .p_filesz = notes,
                              .p_align = NOTE_ALIGN };
    put(c, &note, sizeof(note));
    for (unsigned i = 0; i < c->nareas; i++) {
        const CoreArea *a = &c->areas[i];
        const Elf64_Phdr load = {
            .p_type = PT_LOAD, .p_flags = (a->can_read ? PF_R : 0u) | (a->can_write ? PF_W : 0u) | (a->can_execute ? PF_X : 0u),
            .p_offset = memory, .p_vaddr = a->start, .p_filesz = a->dumped, .p_memsz = a->end - a->start, .p_align = MM_PAGE,
        };
        put(c, &load, sizeof(load));
        memory += a->dumped;
    }
}

static void put_all(Core *c)
{
    for (unsigned i = 0; i < c->nareas; i++) {
        c->areas[i].dumped = dump_size(c, &c->areas[i]);
    }
    uint64_t notes = put_notes(c, true);
    uint64_t memory = ALIGN_UP(sizeof(Elf64_Ehdr) + (c->nareas + 1) * sizeof(Elf64_Phdr) + notes, (uint64_t)MM_PAGE);
    put_headers(c, notes, memory);
    put_notes(c, false);
    skip_to(c, memory);
    for (unsigned i = 0; i < c->nareas; i++) {
        put_area(c, &c->areas[i]);
    }
    if (!c->has_failed) {
        sys_call2(SYS_ftruncate, SYS_INT(c->fd), c->at); /* the last page may be a hole */
    }
}

static unsigned read_filter(void)
{
    char text[16] = "";
    const char *p = text;
    int64_t fd = sys_call3(SYS_open, SYS_PTR("/proc/self/coredump_filter"), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return DUMP_DEFAULT;
    }
    sys_call3(SYS_read, SYS_INT(fd), SYS_PTR(text), sizeof(text) - 1);
    sys_call1(SYS_close, SYS_INT(fd));
    return (unsigned)parse_hex(&p);
}

/* A plain file of ours, that nothing else links to: do_coredump() of the kernel. */
static int open_file(const char *name)
{
    struct stat st;
    int64_t fd = sys_call3(SYS_open, SYS_PTR(name), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0) {
        return -1;
    }
    if (sys_call2(SYS_fstat, SYS_INT(fd), SYS_PTR(&st)) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
        st.st_uid != (uint32_t)plain(SYS_geteuid) || sys_call2(SYS_ftruncate, SYS_INT(fd), 0) < 0) {
        sys_call1(SYS_close, SYS_INT(fd));
        return -1;
    }
    return (int)fd;
}

/* ---- the other threads: those that run translated code leave it at their next poll, and park */

static bool is_any_in_code(const Task *t)
{
    for (const Task *other = t->group->tasks; other; other = other->next) {
        if (other != t && __atomic_load_n(&other->cpu->is_in_code, __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

static void stop_others(Task *t)
{
    for (Task *other = t->group->tasks; other; other = other->next) {
        if (other != t) {
            tcg_request_stop(other->cpu);
        }
    }
    const struct timespec step = { .tv_nsec = STOP_STEP_NS };
    for (unsigned i = 0; i < STOP_TRIES && is_any_in_code(t); i++) {
        sys_call2(SYS_nanosleep, SYS_PTR(&step), 0);
    }
}

void core_park(Task *t)
{
    while (UNLIKELY(atomic_load_explicit(&t->group->is_dying, memory_order_relaxed))) {
        const struct timespec long_time = { .tv_sec = 1000 };
        sys_call2(SYS_nanosleep, SYS_PTR(&long_time), 0);
    }
}

void core_dump(Task *t, int sig, const siginfo_t *info)
{
    struct rlimit limit = { 0, 0 };
    char name[PATH_MAX];
    sys_call2(SYS_getrlimit, RLIMIT_CORE, SYS_PTR(&limit));
    if (!t->abi->core || limit.rlim_cur < MM_PAGE || sys_call1(SYS_prctl, PR_GET_DUMPABLE) != 1 ||
        !core_name(t, sig, limit.rlim_cur, name, sizeof(name))) {
        return;
    }
    Core c = { .task = t, .fd = open_file(name), .sig = sig, .info = info, .limit = limit.rlim_cur, .filter = read_filter() };
    c.pagemap = (int)sys_call3(SYS_open, SYS_PTR("/proc/self/pagemap"), O_RDONLY | O_CLOEXEC, 0);
    bool is_ready = c.fd >= 0 && read_maps(&c); /* takes Mm.lock, which comes before the next */
    lock_acquire(&t->group->lock);
    stop_others(t);
    if (is_ready) {
        put_all(&c);
    }
    lock_release(&t->group->lock);
}
