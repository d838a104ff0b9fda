/* SPDX-License-Identifier: MIT */
/* The address space as a program sees it: /proc names, stack growth, limits, what is the emulator's. `memory layout` prints addresses. TAP. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
enum { P = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

static int count;
static char maps[1 << 20], self[4096];
static sigjmp_buf back;
static siginfo_t fault;

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name);
    fflush(stdout);
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    fault = *info;
    siglongjmp(back, 1);
}

static int faults(volatile char *p, int is_write)
{
    if (sigsetjmp(back, 1)) {
        return 1;
    }
    if (is_write) {
        *p = 1;
    } else {
        (void)*p;
    }
    return 0;
}

static const char *read_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    size_t used = 0;
    ssize_t n;
    while (fd >= 0 && used < sizeof(maps) - 1 && (n = read(fd, maps + used, sizeof(maps) - 1 - used)) > 0) {
        used += (size_t)n;
    }
    if (fd >= 0) {
        close(fd);
    }
    maps[used] = 0;
    return maps;
}

typedef struct Row {
    unsigned long start, end, offset, inode;
    char perms[8], name[4096];
} Row;

/* The row of /proc/self/maps (read before) that holds addr. */
static int find_row(uintptr_t addr, Row *r)
{
    for (const char *p = maps; *p; p = strchr(p, '\n') + 1) {
        int name = 0;
        if (sscanf(p, "%lx-%lx %7s %lx %*s %lu%n", &r->start, &r->end, r->perms, &r->offset, &r->inode, &name) == 5 &&
            addr >= r->start && addr < r->end) {
            while (p[name] == ' ') {
                name++;
            }
            snprintf(r->name, sizeof(r->name), "%.*s", (int)strcspn(p + name, "\n"), p + name);
            return 1;
        }
    }
    return 0;
}

static int row_is(const void *addr, const char *perms, const char *name)
{
    Row r;
    return find_row((uintptr_t)addr, &r) && !strcmp(r.perms, perms) && !strcmp(r.name, name);
}

static void test_maps(void)
{
    static int data = 1;
    int local;
    char *shared, *none, *mem;
    int fd = (int)syscall(SYS_memfd_create, "some name", 0);
    mem = ftruncate(fd, P) == 0 ? mmap(NULL, P, RW, MAP_SHARED, fd, 0) : NULL;
    shared = mmap(NULL, P, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    none = mmap(NULL, 2 * P, PROT_NONE, ANON, -1, 0);
    mprotect(none, P, RW);
    read_file("/proc/self/maps");
    ok(!strstr(maps, "lyre-" GUEST) && !strstr(maps, "[vvar") && strlen(maps) < 8000, "maps: nothing of ours");
    ok(row_is((void *)on_fault, "r-xp", self) && row_is(&data, "rw-p", self), "maps: program");
    ok(row_is(&local, "rw-p", "[stack]") && row_is(sbrk(0) - 1, "rw-p", "[heap]"), "maps: stack and heap");
    ok(row_is(mem, "rw-s", "/memfd:some name (deleted)") && row_is(shared, "r--s", "/dev/zero (deleted)"), "maps: shared memory");
    ok(row_is(none, "rw-p", "") && row_is(none + P, "---p", ""), "maps: protections");
    int is_sorted = 1;
    unsigned long last = 0, start, end;
    for (const char *p = maps; *p; p = strchr(p, '\n') + 1) {
        is_sorted &= sscanf(p, "%lx-%lx", &start, &end) == 2 && start >= last && end > start && end <= 1ul << 47;
        last = end;
    }
    ok(is_sorted, "maps: sorted");
    munmap(none, 2 * P);
    munmap(mem, P);
    munmap(shared, P);
    close(fd);
    read_file("/proc/self/smaps");
    ok(strstr(maps, "\nVmFlags:") && strstr(maps, "[stack]") && !strstr(maps, "lyre-" GUEST), "smaps");
}

static int links_to_self(int dirfd, const char *path)
{
    char buf[4096];
    ssize_t n = readlinkat(dirfd, path, buf, sizeof(buf) - 1);
    buf[n > 0 ? n : 0] = 0;
    return !strcmp(buf, self);
}

static void test_names(void)
{
    char path[100];
    snprintf(path, sizeof(path), "/proc/self/task/%ld/exe", syscall(SYS_gettid));
    ok(links_to_self(AT_FDCWD, "/proc/self/exe") && links_to_self(AT_FDCWD, "/proc/thread-self/exe") && links_to_self(AT_FDCWD, path) &&
       links_to_self(AT_FDCWD, "//proc/./self/../self//exe"), "exe under its names");
    snprintf(path, sizeof(path), "/proc/%d/exe", getpid());
    ok(links_to_self(AT_FDCWD, path), "exe by number");
    int dir = open("/proc/self", O_RDONLY | O_DIRECTORY);
    ok(links_to_self(dir, "exe"), "exe below a descriptor");
    char *cwd = getcwd(NULL, 0);
    ok(chdir("/proc/self") == 0 && links_to_self(AT_FDCWD, "exe") && chdir(cwd) == 0, "exe below the working directory");
    close(dir);
    read_file("/proc/self/auxv");
    ok(((uint64_t *)maps)[0] && strstr(read_file("/proc/cpuinfo"), GUEST_CPUINFO), "auxv, cpuinfo");
    int fd = open("/proc/self/exe", O_RDONLY), own = open(self, O_RDONLY);
    char a[64] = "", b[64] = "x";
    ok(read(fd, a, 64) == 64 && read(own, b, 64) == 64 && !memcmp(a, b, 64), "exe is the program");
    close(fd);
    close(own);
}

static int deep(int n)
{
    volatile char room[4000];
    room[0] = room[3999] = (char)n;
    return n == 0 ? room[0] : deep(n - 1) + room[3999];
}

static void test_stack(void)
{
    static char altstack[65536];
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)};
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct rlimit l;
    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    getrlimit(RLIMIT_STACK, &l);
    uintptr_t here = (uintptr_t)&l;
    if (l.rlim_cur >= 8 << 20) {
        deep(1800);
    }
    ok(1, "7 MB of stack");
    if (l.rlim_cur > 64 << 20) {
        printf("ok %d - stack overflow # SKIP no limit\n", ++count);
        return;
    }
    if (!sigsetjmp(back, 1)) {
        deep(1 << 30);
    }
    uintptr_t at = (uintptr_t)fault.si_addr;
    ok(fault.si_code == SEGV_MAPERR && at < here && here - at > l.rlim_cur - (1 << 20) && here - at < l.rlim_cur + (1 << 20),
       "stack overflow at the limit");
}

static void test_seal(void)
{
    char *p = mmap(NULL, 4 * P, RW, ANON, -1, 0);
    p[P] = 7;
    ok(syscall(462, p + 1, P, 0) == -1 && errno == EINVAL && syscall(462, p, P, 1) == -1 && errno == EINVAL && syscall(462, p, 1ul << 40, 0) == -1 &&
       errno == ENOMEM && syscall(462, p + P, 2 * P, 0) == 0, "mseal");
    int refused = mprotect(p, 4 * P, PROT_READ) == -1 && errno == EPERM;
    refused += munmap(p, 4 * P) == -1 && errno == EPERM;
    refused += mmap(p, 4 * P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED && errno == EPERM;
    refused += mremap(p + P, P, 2 * P, MREMAP_MAYMOVE) == MAP_FAILED && errno == EPERM;
    ok(refused == 4 && p[P] == 7, "what is sealed stays");
    ok(madvise(p + P, P, MADV_DONTNEED) == 0 && p[P] == 0 && munmap(p, P) == 0 && munmap(p + 3 * P, P) == 0, "what is not may go, writable contents too");
}

static void test_growsdown(void)
{
    struct rlimit l;
    getrlimit(RLIMIT_STACK, &l);
    if (l.rlim_cur != 8 << 20) {
        printf("ok %d - MAP_GROWSDOWN # SKIP ulimit -s is not 8192\n", ++count);
        return;
    }
    char *p = mmap((void *)0x30000000, P, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    ok(p != MAP_FAILED && !faults(p - 3 * P, 1) && !faults(p - 100 * P, 1) && faults(p - (64 << 20), 1), "MAP_GROWSDOWN");
    int fds[2];
    char c = 0;
    ok(pipe(fds) == 0 && write(fds[1], "x", 1) == 1 && read(fds[0], p - 50 * P, 1) == 1 && p[-50 * P] == 'x' && c == 0, "read() into it");
    munmap(p - 101 * P, 102 * P);
}

static void test_limits(void)
{
    struct rlimit old, new;
    getrlimit(RLIMIT_AS, &old);
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long start, end;
    char line[5000];
    while (fgets(line, sizeof(line), f) && sscanf(line, "%lx-%lx", &start, &end) == 2) {
        pages += (end - start) / P;
    }
    fclose(f);
    new = old;
    new.rlim_cur = pages * P + (50 << 20);
    ok(setrlimit(RLIMIT_AS, &new) == 0 && getrlimit(RLIMIT_AS, &new) == 0 && new.rlim_cur == pages * P + (50 << 20), "setrlimit");
    void *a = mmap(NULL, 100 << 20, RW, ANON, -1, 0), *b = mmap(NULL, 30 << 20, RW, ANON, -1, 0), *c = mmap(NULL, 30 << 20, RW, ANON, -1, 0);
    ok(a == MAP_FAILED && errno == ENOMEM && b != MAP_FAILED && c == MAP_FAILED, "RLIMIT_AS");
    munmap(b, 30 << 20);
    setrlimit(RLIMIT_AS, &old);
    getrlimit(RLIMIT_DATA, &old);
    new = old;
    new.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_DATA, &new);
    ok(sbrk(4 << 20) == (void *)-1 && mmap(NULL, 4 << 20, RW, ANON, -1, 0) == MAP_FAILED && mmap(NULL, 4 << 20, PROT_READ, ANON, -1, 0) != MAP_FAILED,
       "RLIMIT_DATA");
    setrlimit(RLIMIT_DATA, &old);
    ok(sbrk(4 << 20) != (void *)-1 && sbrk(-(4 << 20)) != (void *)-1, "and back");
}

/* Finds what is neither free nor ours to see: the emulator. Nothing there may be touched. */
static void test_hidden(void)
{
    unsigned hidden = 0, bad = 0;
    int null = open("/dev/null", O_WRONLY), fds[2];
    Row r;
    read_file("/proc/self/maps");
    if (pipe(fds)) {
        return;
    }
    for (uint64_t at = 0x700000000000; at < 1ull << 47; at += 512ull << 20) {
        char *p = mmap((void *)at, P, PROT_NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0);
        if (p != MAP_FAILED) {
            bad += p != (char *)at || munmap(p, P);
            continue;
        }
        bad += errno != EEXIST;
        if (find_row(at, &r)) {
            continue;
        }
        hidden++;
        bad += mmap((void *)at, P, RW, ANON | MAP_FIXED, -1, 0) != MAP_FAILED;
        bad += mprotect((void *)at, P, PROT_NONE) != -1 || errno != ENOMEM;
        bad += madvise((void *)at, P, MADV_DONTNEED) != -1 || errno != ENOMEM;
        bad += munmap((void *)at, P) != 0;
        bad += mremap((void *)at, P, 2 * P, MREMAP_MAYMOVE) != MAP_FAILED || errno != EFAULT;
        bad += write(fds[1], (void *)at, 1) != -1 || errno != EFAULT;
        bad += syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", at, 10) != -1 || errno != EFAULT;
        bad += open((char *)at, O_RDONLY) != -1 || errno != EFAULT;
        bad += mmap((void *)at, P, RW, ANON, -1, 0) == (void *)at;
    }
    printf("# %u places of the emulator\n", hidden);
    ok(bad == 0, "the emulator's memory is out of reach of system calls");
    close(null);
}

static void test_edges(void)
{
    char *top = (char *)(1ul << 47);
    ok(mmap(top, P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED && errno == ENOMEM && mmap(top - P, 2 * P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED,
       "beyond 47 bits");
    char *hint = mmap((void *)(1ul << 50), P, RW, ANON, -1, 0);
    ok(hint != MAP_FAILED && hint < top, "a hint beyond 47 bits");
    munmap(hint, P);
    char *code = mmap(NULL, P, RW, ANON, -1, 0);
    uint32_t insns[] = {code_add(42), CODE_RET};
    memcpy(code, insns, sizeof(insns));
    __builtin___clear_cache(code, code + sizeof(insns));
    mprotect(code, P, PROT_EXEC);
    int (*call)(int) = (int (*)(int))code;
    ok(call(0) == 42 && faults(code, 0) && fault.si_code == SEGV_ACCERR && fault.si_addr == code, "executable only");
    mprotect(code, P, PROT_READ);
    int was_fault = sigsetjmp(back, 1);
    if (!was_fault) {
        call(0);
    }
    ok(was_fault && fault.si_code == SEGV_ACCERR && fault.si_addr == code, "no longer executable");
    munmap(code, P);
    was_fault = sigsetjmp(back, 1);
    if (!was_fault) {
        call(0);
    }
    ok(was_fault && fault.si_code == SEGV_MAPERR && fault.si_addr == code, "no longer there");
    int fd = (int)syscall(SYS_memfd_create, "short", 0);
    char *file = ftruncate(fd, P) == 0 ? mmap(NULL, 2 * P, RW, MAP_SHARED, fd, 0) : NULL;
    ok(!faults(file, 1) && faults(file + P, 1) && fault.si_signo == SIGBUS && fault.si_code == BUS_ADRERR && fault.si_addr == file + P,
       "beyond the end of a file");
    ok(write(fd, file + P, 1) == -1 && errno == EFAULT, "the same in a system call");
    munmap(file, 2 * P);
    close(fd);
}

static void test_many(void)
{
    enum { N = 3000 };
    char *p = mmap(NULL, 2 * N * P, PROT_NONE, ANON, -1, 0);
    int bad = 0;
    for (int i = 0; i < N; i++) {
        bad += mprotect(p + 2 * i * P, P, RW);
        p[2 * i * P] = (char)i;
    }
    for (int i = 0; i < N; i++) {
        bad += p[2 * i * P] != (char)i;
    }
    ok(!bad, "many mappings");
    ok(munmap(p, 2 * N * P) == 0 && faults(p, 0) && faults(p + (2 * N - 2) * P, 0), "unmapped at once");
    pid_t pid = fork();
    if (pid == 0) {
        char *q = mmap(NULL, 1 << 20, RW, ANON, -1, 0);
        q[5] = 1;
        _exit(munmap(q, 1 << 20) == 0 && sbrk(1 << 20) != (void *)-1 ? 3 : 4);
    }
    int status;
    ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3, "in a child");
}

int main(int argc, char **argv)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = 0;
    if (argc > 1) {
        uint64_t *random = (uint64_t *)getauxval(AT_RANDOM);
        printf("%p %p %p %lx %lx\n", (void *)&n, sbrk(0), mmap(NULL, P, RW, ANON, -1, 0), random[0], random[1]);
        return 0;
    }
    free(malloc(100));
    test_stack();
    test_maps();
    test_names();
    test_seal();
    test_growsdown();
    test_limits();
    test_hidden();
    test_edges();
    test_many();
    printf("1..%d\n", count);
    return 0;
}
