/* SPDX-License-Identifier: MIT */
/* What Linux gives an aarch64 program beside its instructions: the vDSO against system calls, unwinding out of handlers, the syndrome in signal
 * frames, tagged pointers. Prints TAP. */
#define _GNU_SOURCE
#pragma GCC optimize("asynchronous-unwind-tables")
#include <elf.h>
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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

enum { NCLOCKS = 12 };

static void ok(int good, const char *name)
{
    static int count;
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
    fflush(stdout);
}

/* ---- the vDSO */

static int (*v_gettime)(clockid_t, struct timespec *), (*v_getres)(clockid_t, struct timespec *);
static int (*v_timeofday)(struct timeval *, struct timezone *);

static void *find(const char *base, const char *name)
{
    const Elf64_Phdr *p = (void *)(base + ((const Elf64_Ehdr *)base)->e_phoff);
    const Elf64_Sym *symbols = NULL;
    const char *strings = NULL;
    const Elf32_Word *hash = NULL;
    while (p->p_type != PT_DYNAMIC)
        p++;
    for (const Elf64_Dyn *d = (void *)(base + p->p_vaddr); d->d_tag != DT_NULL; d++) {
        const void *at = base + d->d_un.d_ptr;
        if (d->d_tag == DT_SYMTAB)
            symbols = at;
        else if (d->d_tag == DT_STRTAB)
            strings = at;
        else if (d->d_tag == DT_HASH)
            hash = at;
    }
    for (unsigned i = 0; symbols && strings && hash && i < hash[1]; i++)
        if (!strcmp(strings + symbols[i].st_name, name))
            return (void *)(base + symbols[i].st_value);
    return NULL;
}

static int64_t ns(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

static void test_vdso(void)
{
    const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
    ok(base && !memcmp(base, ELFMAG, SELFMAG), "there is a vDSO");
    if (!base)
        return;
    v_gettime = (int (*)(clockid_t, struct timespec *))find(base, "__kernel_clock_gettime");
    v_getres = (int (*)(clockid_t, struct timespec *))find(base, "__kernel_clock_getres");
    v_timeofday = (int (*)(struct timeval *, struct timezone *))find(base, "__kernel_gettimeofday");
    ok(v_gettime && v_getres && v_timeofday && find(base, "__kernel_rt_sigreturn"), "its functions");
    int is_between = 1, is_same = 1;
    for (clockid_t clock = -1; clock < NCLOCKS + 2; clock++) {
        struct timespec a = { 0 }, b = { 0 }, c = { 0 }, r = { 7, 7 }, s = { 7, 7 };
        long x = syscall(SYS_clock_gettime, clock, &a) ? -errno : 0;
        long y = v_gettime(clock, &b);
        syscall(SYS_clock_gettime, clock, &c);
        is_between &= x == y && ns(a) <= ns(b) && ns(b) <= ns(c);
        x = syscall(SYS_clock_getres, clock, &r) ? -errno : 0;
        y = v_getres(clock, &s);
        is_same &= x == y && r.tv_sec == s.tv_sec && r.tv_nsec == s.tv_nsec;
    }
    ok(is_between, "clock_gettime of each clock");
    ok(is_same, "clock_getres of each clock");
    ok(v_getres(CLOCK_MONOTONIC, NULL) == 0, "clock_getres without a place");
    struct timeval a, b, c;
    gettimeofday(&a, NULL);
    int r = v_timeofday(&b, NULL);
    gettimeofday(&c, NULL);
    ok(r == 0 && !timercmp(&b, &a, <) && !timercmp(&c, &b, <) && b.tv_usec < 1000000, "gettimeofday");
}

/* ---- signal frames */

static volatile uint64_t esr;
static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    const uint8_t *at = ((ucontext_t *)uc)->uc_mcontext.__reserved;
    esr = 0;
    for (;;) {
        uint32_t head[2];
        memcpy(head, at, sizeof(head));
        if (!head[0])
            break;
        if (head[0] == ESR_MAGIC)
            memcpy((void *)&esr, at + 8, 8);
        at += head[1];
    }
    siglongjmp(back, 1);
}

static uint64_t esr_of(volatile char *p, int what)
{
    if (!sigsetjmp(back, 1)) {
        if (what == 0)
            (void)*p;
        else if (what == 1)
            *p = 1;
        else
            ((void (*)(void))p)();
    }
    return esr;
}

static volatile int depth;
static _Unwind_Reason_Code count_frame(struct _Unwind_Context *c, void *main_pc)
{
    depth++;
    return _Unwind_FindEnclosingFunction((void *)_Unwind_GetIP(c)) == main_pc ? _URC_END_OF_STACK : _URC_NO_REASON;
}

int main(void);
static volatile int has_seen_main;
static _Unwind_Reason_Code look_for_main(struct _Unwind_Context *c, void *unused)
{
    has_seen_main |= _Unwind_FindEnclosingFunction((void *)_Unwind_GetIP(c)) == (void *)main;
    return count_frame(c, (void *)main);
}
static void on_user(int sig) { _Unwind_Backtrace(look_for_main, NULL); }

static void test_frames(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &sa, NULL);
    char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    ok(esr_of(page + 4096, 0) == 0x92000007, "syndrome of a load from nothing");
    ok(esr_of(page + 4096, 1) == 0x92000047, "syndrome of a store to nothing");
    ok(esr_of(page, 1) == 0x9200004f, "syndrome of a store to what can be read");
    ok(esr_of(page, 2) == 0x8200000f, "syndrome of a jump to data");
    ok(getauxval(AT_MINSIGSTKSZ) == 4720, "AT_MINSIGSTKSZ");
    signal(SIGUSR1, on_user);
    raise(SIGUSR1);
    ok(has_seen_main, "unwinding out of a handler");
}

/* ---- tagged pointers */

static void *tagged(void *p) { return (void *)((uintptr_t)p | 0xa5ull << 56); }

static void test_tags(void)
{
    char buf[16] = "/dev/null";
    struct timespec ts;
    ok(*(volatile char *)tagged(buf) == '/', "a load by a tagged pointer");
    ok(prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) == 0, "tags in system calls are off at first");
    ok(syscall(SYS_clock_getres, 0, tagged(&ts)) == -1 && errno == EFAULT, "then they are refused");
    ok(prctl(PR_SET_TAGGED_ADDR_CTRL, 2, 0, 0, 0) == -1 && errno == EINVAL, "what is not known is refused");
    ok(prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE, 0, 0, 0) == 0 && prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) == 1, "on");
    ok(syscall(SYS_clock_getres, 0, tagged(&ts)) == 0, "a tagged place");
    int fd = openat(AT_FDCWD, tagged(buf), O_WRONLY);
    ok(fd >= 0, "a tagged path");
    ok(write(fd, tagged(buf), 4) == 4, "a tagged buffer");
    ok(prctl(PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) == 0 && write(fd, "x", 1) == 1, "off again");
}

int main(void)
{
    test_vdso();
    test_frames();
    test_tags();
    return 0;
}
