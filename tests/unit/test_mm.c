/* SPDX-License-Identifier: MIT */
/* The guest's address space, with a translator that only notes what was invalidated. Prints TAP. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "linux-user/mm.h"
#include "util/access.h"
#include "util/hostmem.h"

enum { P = 4096, RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC, RWX = RW | PROT_EXEC };
enum { ANON = MAP_PRIVATE | MAP_ANONYMOUS, ANON_FIXED = ANON | MAP_FIXED };

static Mm *mm;
static int count;
static uint64_t invalid_start, invalid_end;
static unsigned invalidations;

Tcg *tcg_new(const struct Target *target, const TcgSettings *settings, const TcgMemOps *ops, void *opaque)
{
    static char unused;
    return (Tcg *)(void *)&unused;
}
void tcg_free(Tcg *t) {}
void tcg_set_write_hit(Tcg *t, TcgWriteHit *fn) {}
void tcg_set_parallel(Tcg *t) { (void)t; }
void tcg_invalidate_all(Tcg *t) {}
void tcg_invalidate(Tcg *t, uint64_t start, uint64_t end)
{
    invalid_start = start;
    invalid_end = end;
    invalidations++;
}

static void ok(bool is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name);
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    const greg_t error = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_ERR];
    if (sig == SIGSEGV && info->si_code == SEGV_ACCERR && (error & 2) && mm_write_hit(mm, (uintptr_t)info->si_addr)) {
        return;
    }
    if (!access_fixup(info, uc)) {
        signal(sig, SIG_DFL);
    }
}

static bool is_mapped(uint64_t addr)
{
    unsigned char vec;
    return syscall(SYS_mincore, addr, P, &vec) == 0;
}
static bool reads(uint64_t addr) { char c; return mm_read(&c, addr, 1) == 0; }
static bool writes(uint64_t addr) { char c = 1; return mm_write(addr, &c, 1) == 0; }

static void test_place(void)
{
    uint64_t a = (uint64_t)mm_mmap(mm, 0, 3 * P, RW, ANON, -1, 0), b = (uint64_t)mm_mmap(mm, 0, P, RW, ANON, -1, 0);
    ok(a > 1 << 20 && a + 3 * P <= mm->layout.mmap_base && b == a - P, "top-down placement");
    ok(reads(a) && writes(b), "memory is there");
    ok(mm_munmap(mm, a, 3 * P) == 0 && !is_mapped(a) && is_mapped(b), "munmap");
    ok(mm_mmap(mm, 0, 3 * P, RW, ANON, -1, 0) == (int64_t)a, "the gap is used again");
    ok(mm_mmap(mm, 0x12345000, P, RW, ANON, -1, 0) == 0x12345000, "free hint is honoured");
    int64_t c = mm_mmap(mm, 0x12345000, P, RW, ANON, -1, 0);
    ok(c > 0 && c != 0x12345000, "taken hint is not");
    ok(mm_mmap(mm, 0x12345000, P, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == -EEXIST, "MAP_FIXED_NOREPLACE");
    ok(writes(0x12345000) && mm_mmap(mm, 0x12345000, P, PROT_READ, ANON_FIXED, -1, 0) == 0x12345000 && reads(0x12345000) &&
       !writes(0x12345000), "MAP_FIXED replaces");
    ok(mm_mmap(mm, (uintptr_t)malloc(1) & -P, P, RW, ANON_FIXED, -1, 0) == -ENOMEM, "MAP_FIXED over ours is refused");
    ok(mm_munmap(mm, (uintptr_t)malloc(1) & -P, P) == 0 && malloc(1), "munmap over ours does nothing");
    ok(mm_mprotect(mm, (uintptr_t)malloc(1) & -P, P, PROT_NONE) == -ENOMEM, "mprotect over ours is refused");
    ok(mm_madvise(mm, (uintptr_t)malloc(1) & -P, P, MADV_DONTNEED) == -ENOMEM, "madvise over ours is refused");
    ok(mm_mmap(mm, 0, 0, RW, ANON, -1, 0) == -EINVAL && mm_mmap(mm, 0, 1ull << 50, RW, ANON, -1, 0) == -ENOMEM &&
       mm_mmap(mm, 0x1001, P, RW, ANON_FIXED, -1, 0) == -EINVAL && mm_mmap(mm, 0, P, RW, ANON, -1, 12) == -EINVAL &&
       mm_mmap(mm, 0, P, RW, MAP_PRIVATE, 999, 0) == -EBADF && mm_mmap(mm, 1ull << 47, P, RW, ANON_FIXED, -1, 0) == -ENOMEM &&
       mm_mmap(mm, 0, P, RW, MAP_ANONYMOUS, -1, 0) == -EINVAL, "bad arguments");
    ok(mm_munmap(mm, 0x12345000, P) == 0 && mm_munmap(mm, b, P) == 0 && mm_munmap(mm, a, 3 * P) == 0, "clean up");
}

static void test_kernel_mapping(void)
{
    /* the kernel put something where we would map next */
    uint64_t next = mm_find_free(mm, P, P);
    void *p = mmap((void *)next, P, RW, ANON | MAP_FIXED, -1, 0);
    int64_t a = mm_mmap(mm, 0, P, RW, ANON, -1, 0);
    ok(p == (void *)next && a > 0 && (uint64_t)a != next, "mappings by the kernel are stepped over");
    mm_munmap(mm, (uint64_t)a, P);
    ok(mm_munmap(mm, next, P) == 0 && !is_mapped(next), "and can be unmapped");
}

static void test_copies(void)
{
    uint64_t a = (uint64_t)mm_mmap(mm, 0, 2 * P, RW, ANON, -1, 0);
    mm_mprotect(mm, a + P, P, PROT_NONE);
    char buf[64];
    ok(mm_write(a + P - 4, "abc", 4) == 0 && mm_read_string(buf, a + P - 4, sizeof(buf)) == 3 && !strcmp(buf, "abc"), "string");
    ok(mm_strnlen(a + P - 4, 100) == 3 && mm_strnlen(a + P - 4, 2) == -ENAMETOOLONG, "length of a string");
    ok(mm_write(a + P - 4, "abcd", 4) == 0 && mm_strnlen(a + P - 4, 100) == -EFAULT && mm_read_string(buf, a + P - 4, 64) == -EFAULT,
       "string that runs into nothing");
    ok(mm_read_string(buf, a + P - 4, 4) == -ENAMETOOLONG, "buffer too small");
    ok(mm_read(buf, a + P - 4, 8) == -EFAULT && mm_write(a + P - 4, buf, 8) == -EFAULT, "copies that run into nothing");
    ok(mm_read(buf, (uintptr_t)buf, 1) == -EFAULT && mm_read(buf, (uintptr_t)&mm, 1) == -EFAULT, "ours is hidden");
    ok(mm_read(buf, 1ull << 47, 1) == -EFAULT && mm_read(buf, ~0ull, 1) == -EFAULT && mm_read(buf, 0x8000000000000000ull, 8) == -EFAULT &&
       mm_read(buf, 1, ~0ull) == -EFAULT, "beyond the end");
    ok(mm_check_range(mm, a, P, true) == 0 && mm_check_range(mm, (uintptr_t)buf, 1, false) == -EFAULT &&
       mm_check_range(mm, a, 1ull << 48, false) == -EFAULT, "check of ranges");
    mm_munmap(mm, a, 2 * P);
}

static void test_protect(void)
{
    uint64_t a = (uint64_t)mm_mmap(mm, 0, 4 * P, RW, ANON, -1, 0);
    unsigned n = mm->map.n;
    ok(mm_mprotect(mm, a + P, P, PROT_READ) == 0 && !writes(a + P) && writes(a) && writes(a + 2 * P) && mm->map.n == n + 2, "one page");
    ok(mm_mprotect(mm, a, 4 * P, RW) == 0 && writes(a + P) && mm->map.n == n, "areas merge again");
    mm_munmap(mm, a + 2 * P, P);
    ok(mm_mprotect(mm, a, 4 * P, PROT_READ) == -ENOMEM && !writes(a) && writes(a + 3 * P), "up to a hole");
    ok(mm_mprotect(mm, a + 1, P, RW) == -EINVAL && mm_mprotect(mm, a, P, 0x40) == -EINVAL && mm_mprotect(mm, a, 0, RW) == 0 &&
       mm_mprotect(mm, a, -(uint64_t)P, RW) == -ENOMEM, "bad arguments");
    mm_munmap(mm, a, 4 * P);
}

static void test_brk(void)
{
    mm_set_brk(mm, 0x20001234);
    uint64_t b = (uint64_t)mm_brk(mm, 0);
    ok(b >= 0x20002000 && b % P == 0, "break starts at a page");
    ok(mm_brk(mm, b + 10000) == (int64_t)b + 10000 && writes(b + 9999), "grows");
    ok(mm_brk(mm, b + 5000) == (int64_t)b + 5000 && writes(b + 8191) && !reads(b + 8192), "shrinks");
    ok(mm_brk(mm, b - 1) == (int64_t)b + 5000 && mm_brk(mm, 1ull << 50) == (int64_t)b + 5000, "out of range");
    ok(mm_mmap(mm, b + 4 * P, P, RW, ANON_FIXED, -1, 0) > 0 && mm_brk(mm, b + 100 * P) == (int64_t)b + 5000, "something is in the way");
    mm->limit[MM_LIMIT_DATA] = 3 * P;
    mm_munmap(mm, b + 4 * P, P);
    ok(mm_brk(mm, b + 4 * P) == (int64_t)b + 5000 && mm_brk(mm, b + 3 * P) == (int64_t)(b + 3 * P), "RLIMIT_DATA");
    mm->limit[MM_LIMIT_DATA] = UINT64_MAX;
    ok(mm_brk(mm, b) == (int64_t)b && !reads(b), "back to the start");
}

static void test_mremap(void)
{
    uint64_t a = (uint64_t)mm_mmap(mm, 0x30000000, 4 * P, RW, ANON_FIXED, -1, 0);
    writes(a);
    ok(mm_mremap(mm, a, 4 * P, 8 * P, 0, 0) == (int64_t)a && writes(a + 7 * P), "grows in place");
    ok(mm_mremap(mm, a, 8 * P, 2 * P, 0, 0) == (int64_t)a && !reads(a + 2 * P) && writes(a + P), "shrinks");
    mm_mmap(mm, a + 2 * P, P, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    ok(mm_mremap(mm, a, 2 * P, 4 * P, 0, 0) == -ENOMEM, "cannot grow in place");
    int64_t b = mm_mremap(mm, a, 2 * P, 4 * P, MREMAP_MAYMOVE, 0);
    char c = 0;
    ok(b > 0 && (uint64_t)b != a && !reads(a) && mm_read(&c, (uint64_t)b, 1) == 0 && c == 1 && writes((uint64_t)b + 3 * P), "moves");
    ok(mm_mremap(mm, (uint64_t)b, 4 * P, 4 * P, MREMAP_MAYMOVE | MREMAP_FIXED, a) == (int64_t)a && reads(a + 3 * P) && !reads((uint64_t)b),
       "to a fixed place");
    ok(mm_mremap(mm, a, 4 * P, 4 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0) > 0 && reads(a), "leaves the old place mapped");
    ok(mm_mremap(mm, a, 4 * P, 4 * P, MREMAP_FIXED, a + 0x100000) == -EINVAL &&
       mm_mremap(mm, a, 4 * P, 4 * P, MREMAP_MAYMOVE | MREMAP_FIXED, a + P) == -EINVAL &&
       mm_mremap(mm, 0x7000, P, 2 * P, MREMAP_MAYMOVE, 0) == -EFAULT && mm_mremap(mm, a, 0, P, MREMAP_MAYMOVE, 0) == -EINVAL &&
       mm_mremap(mm, a, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, (uintptr_t)malloc(1) & -P) == -ENOMEM, "bad arguments");
    uint64_t s = (uint64_t)mm_mmap(mm, 0, P, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t t = mm_mremap(mm, s, 0, P, MREMAP_MAYMOVE, 0);
    c = 77;
    mm_write(s, &c, 1);
    c = 0;
    ok(t > 0 && mm_read(&c, (uint64_t)t, 1) == 0 && c == 77, "a second view of shared memory");
    ok(mm_mprotect(mm, (uint64_t)t, P, RX) == 0 && mm_tcg_ops.protect_code(mm, (uint64_t)t, (uint64_t)t + 4), "code in it");
    invalidations = 0;
    ok(mm->map.protected_pages == 1 && writes(s) && invalidations == 1 && invalid_start == (uint64_t)t && mm->map.protected_pages == 0,
       "a write through the first view is noticed");
}

static void test_code(void)
{
    uint64_t a = (uint64_t)mm_mmap(mm, 0x60000000, 4 * P, RWX, ANON_FIXED, -1, 0);
    TcgFault fault;
    char buf[16];
    ok(mm_tcg_ops.fetch(mm, a + 4 * P - 8, buf, 16, &fault) == 8 && fault == TCG_FAULT_MAPERR, "fetch to the end");
    mm_mprotect(mm, a + 3 * P, P, RW);
    ok(mm_tcg_ops.fetch(mm, a + 3 * P - 6, buf, 16, &fault) == 6 && fault == TCG_FAULT_ACCERR, "fetch to data");
    mm_mprotect(mm, a + 3 * P, P, PROT_EXEC);
    ok(mm_tcg_ops.fetch(mm, a + 3 * P - 6, buf, 16, &fault) == 16 && !reads(a + 3 * P), "fetch of what can only be executed");
    mm_mprotect(mm, a + 3 * P, P, RWX);
    ok(mm_tcg_ops.protect_code(mm, a + 100, a + 120) && mm->map.protected_pages == 1, "one page with code");
    invalidations = 0;
    ok(writes(a + P) && invalidations == 0 && writes(a + 4095) && invalidations == 1 && invalid_start == a && invalid_end == a + P, "write hit");
    ok(writes(a) && invalidations == 1, "only once");
    ok(mm_tcg_ops.protect_code(mm, a + 100, a + 2 * P + 4) && mm->map.protected_pages == 3, "three pages");
    int pipes[2];
    invalidations = 0;
    ok(pipe(pipes) == 0 && write(pipes[1], buf, 16) == 16 && mm_check_range(mm, a + P - 8, 16, true) == 0 &&
       read(pipes[0], (void *)(a + P - 8), 16) == 16 && invalidations == 1 && mm->map.protected_pages == 1, "read() into code pages");
    ok(mm_tcg_ops.protect_code(mm, a, a + P) && mm_mprotect(mm, a, 4 * P, RW) == 0 && invalidations >= 2 && mm->map.protected_pages == 0 &&
       writes(a), "RWX to RW");
    ok(!mm_tcg_ops.protect_code(mm, a, a + 4), "code that is none any more");
    mm_mprotect(mm, a, 4 * P, RX);
    invalidations = 0;
    ok(mm_tcg_ops.protect_code(mm, a, a + 4) && mm->map.protected_pages == 0 && mm_mprotect(mm, a, 4 * P, RWX) == 0 &&
       mm->map.protected_pages == 4 && writes(a) && invalidations == 1, "RX to RWX");
    mm_tcg_ops.protect_code(mm, a, a + 4);
    invalidations = 0;
    ok(mm_mmap(mm, a, P, RWX, ANON_FIXED, -1, 0) == (int64_t)a && invalidations == 1, "mmap over code");
    mm_tcg_ops.protect_code(mm, a, a + 4);
    ok(mm_mremap(mm, a, P, 2 * P, MREMAP_MAYMOVE, 0) > 0 && invalidations >= 2, "mremap of code");
    ok(mm_munmap(mm, a, 4 * P) == 0, "munmap of code");
}

static void test_alias(void)
{
    int fd = memfd_create("code", 0);
    ok(ftruncate(fd, 4 * P) == 0, "memfd");
    uint64_t w = (uint64_t)mm_mmap(mm, 0, 4 * P, RW, MAP_SHARED, fd, 0), x = (uint64_t)mm_mmap(mm, 0, 2 * P, RX, MAP_SHARED, fd, P);
    ok(mm_tcg_ops.protect_code(mm, x + 8, x + 16) && mm->map.protected_pages == 1, "code in the second mapping");
    invalidations = 0;
    ok(writes(w) && writes(w + 2 * P) && invalidations == 0 && writes(w + P) && invalidations == 1 && invalid_start == x, "write in the first");
    mm_tcg_ops.protect_code(mm, x + 8, x + 16);
    uint64_t v = (uint64_t)mm_mmap(mm, 0, P, RW, MAP_SHARED, fd, P);
    invalidations = 0;
    ok(writes(v) && invalidations == 1 && writes(w + P) && invalidations == 1, "write in a third, made later");
    uint64_t r = (uint64_t)mm_mmap(mm, 0, P, PROT_READ, MAP_SHARED, fd, P);
    mm_tcg_ops.protect_code(mm, x + 8, x + 16);
    invalidations = 0;
    ok(mm_mprotect(mm, r, P, RW) == 0 && writes(r) && invalidations == 1, "write in a fourth, made writable later");
    close(fd);
    fd = open("/proc/self/exe", O_RDONLY);
    uint64_t f = (uint64_t)mm_mmap(mm, 0, P, RX, MAP_SHARED, fd, 0);
    mm_tcg_ops.protect_code(mm, f, f + 8);
    ok(mm_mprotect(mm, f, P, RWX) == -EACCES, "a file that is not open for writing");
    ok(mm_mprotect(mm, f, P, PROT_READ) == 0 && mm_munmap(mm, f, P) == 0, "clean up");
    uint64_t p = (uint64_t)mm_mmap(mm, 0, P, RX, MAP_PRIVATE, fd, 0);
    mm_tcg_ops.protect_code(mm, p, p + 8);
    ok(mm_mprotect(mm, p, P, RWX) == 0 && writes(p), "its private mapping");
    close(fd);
}

static void test_limits(void)
{
    uint64_t before = mm->map.total_pages;
    mm->limit[MM_LIMIT_AS] = (before + 10) * P;
    ok(mm_mmap(mm, 0, 11 * P, RW, ANON, -1, 0) == -ENOMEM, "RLIMIT_AS");
    uint64_t a = (uint64_t)mm_mmap(mm, 0, 10 * P, RW, ANON, -1, 0);
    ok(mm_mmap(mm, a, 10 * P, RW, ANON_FIXED, -1, 0) == (int64_t)a && mm_mremap(mm, a, 10 * P, 11 * P, MREMAP_MAYMOVE, 0) == -ENOMEM,
       "what is replaced counts once");
    mm_munmap(mm, a, 10 * P);
    ok(mm->map.total_pages == before, "the count comes back");
    mm->limit[MM_LIMIT_AS] = UINT64_MAX;
}

static void test_misc(void)
{
    uint64_t g = (uint64_t)mm_mmap(mm, 0x40000000, P, RW, ANON_FIXED | MAP_GROWSDOWN, -1, 0);
    ok(mm_grow(mm, g - 10000) && writes(g - 10000) && !mm_grow(mm, g - (64 << 20)) && !mm_grow(mm, g + 2 * P), "MAP_GROWSDOWN");
    ok(mm_mprotect(mm, g, P, RWX | PROT_GROWSDOWN) == 0 && mm_tcg_ops.protect_code(mm, g - 8192, g), "PROT_GROWSDOWN");
    mm_munmap(mm, g - 3 * P, 4 * P);
    int id = shmget(IPC_PRIVATE, 3 * P, 0600);
    if (id < 0) {
        printf("ok %d - System V shared memory # SKIP not permitted\n", ++count);
    } else {
        int64_t s = mm_shmat(mm, id, 0, 0);
        ok(s > 0 && writes((uint64_t)s) && mm_mprotect(mm, (uint64_t)s + P, P, PROT_READ) == 0 && mm_shmdt(mm, (uint64_t)s) == 0 &&
           !reads((uint64_t)s) && !reads((uint64_t)s + 2 * P) && mm_shmdt(mm, (uint64_t)s) == -EINVAL, "System V shared memory");
        shmctl(id, IPC_RMID, NULL);
    }
    uint64_t a = (uint64_t)mm_mmap(mm, 0, 2 * P, RW, ANON, -1, 0);
    writes(a);
    unsigned char *vec = (unsigned char *)(a + P);
    ok(mm_mincore(mm, a, 2 * P, a + P) == 0 && (vec[0] & 1) && mm_mincore(mm, a, P, (uintptr_t)&g) == -EFAULT, "mincore");
    ok(mm_mlock(mm, a + 5, P, 0) == 0 && mm_mlock(mm, a, 2 * P, MM_MUNLOCK) == 0 && mm_msync(mm, a, P, MS_SYNC) == 0, "mlock, msync");
    mm_tcg_ops.protect_code(mm, a, a + 4);
    ok(mm_madvise(mm, a, P, MADV_DONTNEED) == 0 && reads(a) && mm_madvise(mm, a + 1, P, MADV_DONTNEED) == -EINVAL, "madvise");
    mm_munmap(mm, a, 2 * P);
}

/* Random calls against a plain table of pages. */
static void test_random(void)
{
    enum { N = 64 };
    static int model[N]; /* -1: unmapped, else prot */
    uint64_t base = 0x50000000;
    bool is_good = true;
    memset(model, -1, sizeof(model));
    srand(7);
    for (int i = 0; i < 20000 && is_good; i++) {
        unsigned start = (unsigned)rand() % N, len = 1 + (unsigned)rand() % 8, op = (unsigned)rand() % 5;
        static const int prots[] = {PROT_NONE, PROT_READ, RW, RX, RWX};
        int prot = prots[rand() % 5];
        len = start + len > N ? N - start : len;
        uint64_t at = base + start * P;
        bool is_whole = true;
        for (unsigned k = start; k < start + len; k++) {
            is_whole &= model[k] >= 0;
        }
        if (op < 2) {
            is_good &= mm_mmap(mm, at, len * P, prot, ANON_FIXED, -1, 0) == (int64_t)at;
            for (unsigned k = start; k < start + len; k++) {
                model[k] = prot;
            }
        } else if (op == 2) {
            is_good &= mm_munmap(mm, at, len * P) == 0;
            for (unsigned k = start; k < start + len; k++) {
                model[k] = -1;
            }
        } else if (op == 3) {
            is_good &= mm_mprotect(mm, at, len * P, prot) == (is_whole ? 0 : -ENOMEM);
            for (unsigned k = start; k < start + len && model[k] >= 0; k++) {
                model[k] = prot;
            }
        } else {
            bool is_exec = true;
            for (unsigned k = start; k < start + len; k++) {
                is_exec &= model[k] >= 0 && (model[k] & PROT_EXEC);
            }
            is_good &= mm_tcg_ops.protect_code(mm, at, at + len * P) == is_exec;
        }
        unsigned k = (unsigned)rand() % N;
        is_good &= reads(base + k * P) == (model[k] > 0) && writes(base + k * P) == (model[k] > 0 && (model[k] & PROT_WRITE));
        for (unsigned j = 1; j < mm->map.n; j++) {
            is_good &= mm->map.areas[j - 1].end <= mm->map.areas[j].start;
        }
    }
    mm_munmap(mm, base, N * P);
    ok(is_good, "random calls against a table of pages");
    ok(mm->map.protected_pages == 0, "no protected page is left");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 4096);
    hostmem_find_intervals();
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    TcgSettings settings = {0};
    mm = mm_new(NULL, &settings, 1234);
    mm->limit[MM_LIMIT_STACK] = 8 << 20;
    test_place();
    test_kernel_mapping();
    test_copies();
    test_protect();
    test_brk();
    test_mremap();
    test_code();
    test_alias();
    test_limits();
    test_misc();
    test_random();
    printf("1..%d\n", count);
    return 0;
}
