/* SPDX-License-Identifier: MIT */
/* The vDSO: its tables, each function against the system call, from handlers, threads and vfork children, unwinding, and that its means of getting
 * at the host's clocks work nowhere else. Prints TAP. */
#define _GNU_SOURCE
#pragma GCC optimize("asynchronous-unwind-tables")
#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

enum { PAGE = 4096, NR_HWPROBE = 258, NCLOCKS = 12 };

typedef struct Pair {
    int64_t key;
    uint64_t value;
} Pair;

static int (*v_gettime)(clockid_t, struct timespec *);
static int (*v_getres)(clockid_t, struct timespec *);
static int (*v_timeofday)(struct timeval *, struct timezone *);
static int (*v_getcpu)(unsigned *, unsigned *, void *);
static int (*v_flush)(void *, void *, uintptr_t);
static int (*v_hwprobe)(Pair *, size_t, size_t, unsigned long *, unsigned);
static char *base;

static void ok(int good, const char *name)
{
    static int count;
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
    fflush(stdout);
}

/* ---- tables */

/* The function of that name and version LINUX_4.15. */
static void *find(const char *name)
{
    const Elf64_Ehdr *e = (void *)base;
    const Elf64_Phdr *p = (void *)(base + e->e_phoff);
    const Elf64_Sym *symbols = NULL;
    const char *strings = NULL;
    const Elf32_Word *hash = NULL;
    const Elf64_Half *versions = NULL;
    const Elf64_Verdef *defs = NULL;
    while (p->p_type != PT_DYNAMIC)
        p++;
    for (const Elf64_Dyn *d = (void *)(base + p->p_offset); d->d_tag; d++) {
        void *at = base + d->d_un.d_ptr;
        switch (d->d_tag) {
        case DT_SYMTAB: symbols = at; break;
        case DT_STRTAB: strings = at; break;
        case DT_HASH: hash = at; break;
        case DT_VERSYM: versions = at; break;
        case DT_VERDEF: defs = at; break;
        }
    }
    for (unsigned i = 0; i < hash[1]; i++) {
        if (strcmp(strings + symbols[i].st_name, name) || ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC)
            continue;
        for (const Elf64_Verdef *v = defs;; v = (void *)((char *)v + v->vd_next)) {
            const Elf64_Verdaux *aux = (void *)((char *)v + v->vd_aux);
            if (v->vd_ndx == (versions[i] & 0x7fff) && !strcmp(strings + aux->vda_name, "LINUX_4.15"))
                return base + symbols[i].st_value;
            if (!v->vd_next)
                return NULL;
        }
    }
    return NULL;
}

static void find_all(void)
{
    base = (char *)getauxval(AT_SYSINFO_EHDR);
    ok(base && !memcmp(base, ELFMAG, SELFMAG), "AT_SYSINFO_EHDR is an ELF image");
    v_gettime = find("__vdso_clock_gettime");
    v_getres = find("__vdso_clock_getres");
    v_timeofday = find("__vdso_gettimeofday");
    v_getcpu = find("__vdso_getcpu");
    v_flush = find("__vdso_flush_icache");
    v_hwprobe = find("__vdso_riscv_hwprobe");
    ok(v_gettime && v_getres && v_timeofday && v_getcpu && v_flush && v_hwprobe && find("__vdso_rt_sigreturn"),
       "all functions with version LINUX_4.15");
}

static int is_in_maps(const void *at, const char *name)
{
    char line[512];
    FILE *f = fopen("/proc/self/maps", "r");
    int found = 0;
    while (fgets(line, sizeof(line), f))
        found += strtoul(line, NULL, 16) == (uintptr_t)at && strstr(line, name) && strstr(line, " r-xp ");
    fclose(f);
    return found == 1;
}

/* ---- functions */

static int64_t ns(struct timespec t) { return t.tv_sec * 1000000000l + t.tv_nsec; }

/* Each clock lies between two system calls; those that are not served give the same error. */
static int clocks_agree(void)
{
    int good = 1;
    for (clockid_t c = -3; c < NCLOCKS + 2; c++) {
        struct timespec a = { 0 }, b = { 0 }, d = { 0 };
        long r1 = syscall(SYS_clock_gettime, c, &a), error = errno;
        long r2 = v_gettime(c, &b);
        syscall(SYS_clock_gettime, c, &d);
        if (r1 ? r2 != -error : r2 != 0 || ns(a) > ns(b) || ns(b) > ns(d)) {
            printf("# clock %d: %ld %ld, %ld %ld %ld\n", c, r1, r2, ns(a), ns(b), ns(d));
            good = 0;
        }
    }
    return good;
}

static int resolutions_agree(void)
{
    int good = 1;
    for (clockid_t c = -3; c < NCLOCKS + 2; c++) {
        struct timespec a = { 7, 7 }, b = { 7, 7 };
        long r1 = syscall(SYS_clock_getres, c, &a), error = errno;
        long r2 = v_getres(c, &b);
        good &= r2 == (r1 ? -error : 0) && ns(a) == ns(b) && v_getres(c, NULL) == r2;
    }
    return good;
}

static int timeofday_agrees(void)
{
    struct timespec a, d;
    struct timeval b;
    struct timezone z1 = { 5, 5 }, z2 = { 6, 6 };
    clock_gettime(CLOCK_REALTIME, &a);
    int r = v_timeofday(&b, NULL);
    clock_gettime(CLOCK_REALTIME, &d);
    int64_t us = b.tv_sec * 1000000l + b.tv_usec;
    syscall(SYS_gettimeofday, &b, &z1);
    return r == 0 && ns(a) / 1000 <= us && us <= ns(d) / 1000 && v_timeofday(&b, &z2) == 0 && !memcmp(&z1, &z2, sizeof(z1)) &&
           v_timeofday(NULL, NULL) == 0;
}

/* On each CPU that we may run on. */
static int getcpu_agrees(void)
{
    cpu_set_t all, one;
    int good = 1;
    sched_getaffinity(0, sizeof(all), &all);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &all)) {
            unsigned cpu = ~0u, node = ~0u, cpu2, node2;
            CPU_ZERO(&one);
            CPU_SET(i, &one);
            good &= sched_setaffinity(0, sizeof(one), &one) == 0 && v_getcpu(&cpu, &node, NULL) == 0;
            syscall(SYS_getcpu, &cpu2, &node2, NULL);
            good &= cpu == i && cpu2 == i && node == node2 && v_getcpu(NULL, NULL, NULL) == 0;
        }
    }
    sched_setaffinity(0, sizeof(all), &all);
    return good;
}

static int hwprobe_agrees(void)
{
    Pair a[24], b[24];
    unsigned long cpus[16] = { 1 };
    for (int i = 0; i < 24; i++)
        a[i] = b[i] = (Pair){ i - 2, 99 };
    int good = syscall(NR_HWPROBE, a, 24, 0, NULL, 0) == 0 && v_hwprobe(b, 24, 0, NULL, 0) == 0 && !memcmp(a, b, sizeof(a));
    good &= v_hwprobe(b, 4, sizeof(cpus), cpus, 0) == 0 && v_hwprobe(b, 0, 0, NULL, 0) == 0;
    return good && v_hwprobe(b, 24, 0, NULL, 8) == -EINVAL && v_hwprobe((Pair *)8, 1, 0, NULL, 2) == -EINVAL;
}

static int flush_works(void)
{
    uint32_t *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int good = 1;
    for (uint32_t i = 1; i < 50; i++) {
        code[0] = 0x00000513 | i << 20; /* li a0, i; ret */
        code[1] = 0x00008067;
        good &= v_flush(code, code + 2, i & 1) == 0 && ((unsigned (*)(void))code)() == i;
    }
    return good && v_flush(code, code + 2, 2) == -EINVAL;
}

/* ---- faults */

static sigjmp_buf back;
static volatile uintptr_t fault_pc, fault_addr;

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    fault_pc = ((ucontext_t *)uc)->uc_mcontext.__gregs[0];
    fault_addr = (uintptr_t)info->si_addr;
    siglongjmp(back, sig);
}

static int is_vdso_fault(int sig, uintptr_t addr) { return sig == SIGSEGV && fault_addr == addr && fault_pc - (uintptr_t)base < PAGE; }

static void test_faults(void)
{
    struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGILL, &act, NULL);
    int sig = sigsetjmp(back, 1);
    if (!sig)
        v_gettime(CLOCK_MONOTONIC, (struct timespec *)0x100);
    ok(is_vdso_fault(sig, 0x100), "clock_gettime: a bad pointer faults in the vDSO");
    sig = sigsetjmp(back, 1);
    if (!sig)
        v_getcpu((unsigned *)0x104, NULL, NULL);
    ok(is_vdso_fault(sig, 0x104), "getcpu: a bad pointer faults in the vDSO");
    sig = sigsetjmp(back, 1);
    if (!sig)
        v_hwprobe((Pair *)0x110, 1, 0, NULL, 0);
    ok(is_vdso_fault(sig, 0x110), "hwprobe: a bad pointer faults in the vDSO");
    sig = sigsetjmp(back, 1);
    if (!sig)
        *(volatile char *)base = 1;
    ok(sig == SIGSEGV && fault_addr == (uintptr_t)base, "the vDSO is not writable");
    sig = sigsetjmp(back, 1);
    if (!sig)
        __asm__ volatile("csrr a2, 0xcc0" ::: "a2");
    ok(sig == SIGILL, "its registers do not exist in the program");
    char *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(copy, base, PAGE);
    __builtin___clear_cache(copy, copy + PAGE);
    struct timespec t;
    sig = sigsetjmp(back, 1);
    if (!sig)
        ((int (*)(clockid_t, struct timespec *))(copy + ((char *)v_gettime - base)))(CLOCK_MONOTONIC, &t);
    ok(sig == SIGILL, "nor in a copy of it");
    signal(SIGSEGV, SIG_DFL);
    signal(SIGILL, SIG_DFL);
}

/* ---- contexts */

static volatile int handled, is_good = 1;
static const struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, none;
static void on_alarm(int sig)
{
    is_good &= clocks_agree() && getcpu_agrees();
    if (++handled == 5) /* where it takes longer than a period, nothing else may ever run */
        setitimer(ITIMER_REAL, &none, NULL);
}

/* The handler interrupts the functions and calls them itself. */
static int works_in_handlers(void)
{
    struct timespec a, b = { 0 };
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &every, NULL);
    while (handled < 5) {
        v_gettime(CLOCK_MONOTONIC, &a);
        is_good &= ns(a) >= ns(b);
        b = a;
    }
    return is_good;
}

static void *thread(void *arg)
{
    uintptr_t good = clocks_agree() && getcpu_agrees();
    for (int i = 0; i < 30 && good; i++)
        good = clocks_agree();
    return (void *)good;
}

static int works_in_threads(void)
{
    pthread_t threads[4];
    int good = 1;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, thread, NULL);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good &= result != NULL;
    }
    return good && getcpu_agrees();
}

static int child_is_good(pid_t pid)
{
    int status;
    if (pid == 0)
        _exit(clocks_agree() && getcpu_agrees() && timeofday_agrees() ? 0 : 1);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static __attribute__((noinline)) int works_in_children(void)
{
    int status = -1;
    pid_t pid = vfork();
    if (pid == 0)
        _exit(clocks_agree() && getcpu_agrees() ? 0 : 1);
    waitpid(pid, &status, 0);
    return status == 0 && child_is_good(fork()) && getcpu_agrees();
}

/* ---- unwinding */

static volatile int found_raiser;
static __attribute__((noinline)) void raiser(void)
{
    __asm__ volatile("ebreak");
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *c, void *arg)
{
    found_raiser |= _Unwind_GetIP(c) - (uintptr_t)raiser < 64;
    return _URC_NO_REASON;
}

static void on_trap(int sig, siginfo_t *info, void *uc)
{
    _Unwind_Backtrace(on_frame, NULL);
    ((ucontext_t *)uc)->uc_mcontext.__gregs[0] += 2; /* c.ebreak */
}


/* ---- moving */

static void test_move(void)
{
    char *to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec t;
    ok(mremap(base, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to && is_in_maps(to, "[vdso]"), "it can be moved");
    base = to;
    v_gettime = find("__vdso_clock_gettime");
    found_raiser = 0;
    raiser();
    ok(v_gettime(CLOCK_MONOTONIC, &t) == 0 && clocks_agree() && found_raiser, "and works there");
}

int main(void)
{
    find_all();
    ok(is_in_maps(base, "[vdso]"), "/proc/self/maps names it");
    ok(clocks_agree(), "clock_gettime");
    ok(resolutions_agree(), "clock_getres");
    ok(timeofday_agrees(), "gettimeofday");
    ok(getcpu_agrees(), "getcpu");
    ok(hwprobe_agrees(), "riscv_hwprobe");
    ok(flush_works(), "flush_icache");
    test_faults();
    ok(works_in_handlers(), "in signal handlers");
    ok(works_in_threads(), "in threads");
    ok(works_in_children(), "in children of vfork and fork");
    const struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
    sigaction(SIGTRAP, &trap, NULL);
    raiser();
    ok(found_raiser, "a backtrace goes through the frame of a handler");
    test_move();
    printf("1..21\n");
}
