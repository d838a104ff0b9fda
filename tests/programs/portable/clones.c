/* SPDX-License-Identifier: MIT */
/* clone and clone3 with every flag, namespaces, pidfds, tids in memory, robust lists, futex operations, waiting in all its forms. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif
struct args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };
static char *stack;
enum { STACK = 65536 };
static volatile int seen;

static long futex(volatile void *addr, int op, uint32_t val, const void *timeout, volatile void *addr2, uint32_t val3)
{
    return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}
static void say(const char *what, long value) { printf("%s %ld\n", what, value); }
static int status_of(pid_t pid, int options)
{
    int status = -1;
    return waitpid(pid, &status, options) == pid ? (WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status)) : -errno;
}

/* ---- flags of clone */

static int nothing(void *arg) { return 3; }
static int open_one(void *arg) { return close((int)(long)arg) == 0 ? 0 : 1; }
static int move(void *arg) { return chdir("/usr") == 0 ? 0 : 1; }
static int set_handler(void *arg) { return signal(SIGUSR2, SIG_IGN) == SIG_ERR; }
static int show_parent(void *arg) { seen = getppid(); return 0; }
static int show_pid(void *arg) { return getpid() == 1 && getppid() == 0 ? 21 : 22; }

static int run(int (*fn)(void *), int flags, void *arg)
{
    pid_t pid = clone(fn, stack + STACK, flags | SIGCHLD, arg);
    return pid < 0 ? -errno : status_of(pid, __WALL);
}

static void test_sharing(void)
{
    char cwd[100];
    int fd = dup(0), other = dup(0);
    say("files copied", run(open_one, 0, (void *)(long)fd) * 10 + (fcntl(fd, F_GETFD) >= 0));
    say("files shared", run(open_one, CLONE_FILES, (void *)(long)fd) * 10 + (fcntl(fd, F_GETFD) >= 0));
    say("files and memory shared", run(open_one, CLONE_FILES | CLONE_VM, (void *)(long)other) * 10 + (fcntl(other, F_GETFD) >= 0));
    for (int flags = 0; flags <= CLONE_FS; flags += CLONE_FS) {
        int status = run(move, flags, NULL);
        printf("fs %d %s\n", status, getcwd(cwd, 100));
    }
    chdir("/");
    say("handlers copied", run(set_handler, CLONE_VM, NULL) * 10 + (signal(SIGUSR2, SIG_DFL) == SIG_IGN));
    say("handlers shared", run(set_handler, CLONE_VM | CLONE_SIGHAND, NULL) * 10 + (signal(SIGUSR2, SIG_DFL) == SIG_IGN));
    say("parent", run(show_parent, CLONE_VM, NULL) * 10 + (seen == getpid()));
    for (int i = 0; i < 2; i++) { /* somebody between */
        pid_t pid = fork();
        if (pid == 0) {
            pid_t grandchild = clone(nothing, stack + STACK, CLONE_PARENT | (i ? CLONE_VM : 0) | SIGCHLD, NULL);
            _exit(grandchild > 0 ? (waitpid(grandchild, NULL, __WALL) < 0 && errno == ECHILD) : 9);
        }
        int first = status_of(pid, 0);
        say("CLONE_PARENT", first * 10 + status_of(-1, __WALL));
    }
    static const struct { int flags; const char *name; } bad[] = {
        { CLONE_SIGHAND, "handlers without memory" }, { CLONE_THREAD | CLONE_VM, "thread without handlers" }, { CLONE_NEWNS | CLONE_FS, "mounts and fs" },
        { CLONE_NEWUSER | CLONE_FS, "users and fs" }, { CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, "pids and thread" },
        { CLONE_NEWIPC | CLONE_SYSVSEM, "ipc and semaphores" }, { CLONE_PIDFD | CLONE_DETACHED, "pidfd and detached" },
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        printf("%s: %d\n", bad[i].name, run(nothing, bad[i].flags, NULL));
    }
    say("semaphores, io, untraced", run(nothing, CLONE_SYSVSEM | CLONE_IO | CLONE_UNTRACED | CLONE_PTRACE, NULL));
    say("vfork with a stack", run(nothing, CLONE_VM | CLONE_VFORK, NULL));
    say("vfork without memory", run(nothing, CLONE_VFORK, NULL));
}

static void test_namespaces(void)
{
    static const struct { int flag; const char *name; } spaces[] = {
        { CLONE_NEWNS, "mnt" }, { CLONE_NEWUTS, "uts" }, { CLONE_NEWIPC, "ipc" }, { CLONE_NEWNET, "net" }, { CLONE_NEWCGROUP, "cgroup" },
        { CLONE_NEWUSER, "user" },
    };
    for (unsigned i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        printf("namespace %s: %d", spaces[i].name, run(nothing, CLONE_NEWUSER | spaces[i].flag, NULL));
        printf(" %d\n", run(nothing, CLONE_NEWUSER | spaces[i].flag | CLONE_VM, NULL));
    }
    say("pid namespace", run(show_pid, CLONE_NEWUSER | CLONE_NEWPID, NULL));
    say("pid namespace, memory shared", run(show_pid, CLONE_NEWUSER | CLONE_NEWPID | CLONE_VM, NULL));
    say("pid namespace, vfork", run(show_pid, CLONE_NEWUSER | CLONE_NEWPID | CLONE_VM | CLONE_VFORK, NULL));
    pid_t pid = fork(); /* no second thread is in the way (Chromium's zygote) */
    if (pid == 0) {
        int error = unshare(CLONE_NEWUSER | CLONE_NEWPID) ? errno : 0;
        pid_t child = fork();
        if (child == 0) {
            _exit(getpid() == 1 ? 5 : 6);
        }
        _exit(error ? error : status_of(child, 0) + 10);
    }
    say("unshare", status_of(pid, 0));
    pid = fork();
    if (pid == 0) {
        int fd = open("/proc/self/ns/uts", O_RDONLY);
        int a = unshare(CLONE_NEWUSER | CLONE_NEWUTS), b = setns(fd, CLONE_NEWUTS);
        _exit((a == 0) * 2 + (b == 0 || errno == EPERM));
    }
    say("setns", status_of(pid, 0));
    pid = vfork();
    if (pid == 0) {
        _exit(unshare(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM) ? errno : 0);
    }
    say("unshare in a vfork child", status_of(pid, 0));
}

/* ---- clone3 */

static long clone3(struct args *a, size_t size)
{
    return syscall(435 /* clone3 */, a, size);
}

static void test_clone3(void)
{
    int pidfd = -1, parent_tid = 0, *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct args a = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND, .pidfd = (uintptr_t)&pidfd,
                      .child_tid = (uintptr_t)shared, .parent_tid = (uintptr_t)&parent_tid, .exit_signal = SIGCHLD };
    signal(SIGUSR2, exit);
    signal(SIGUSR1, SIG_IGN);
    long pid = clone3(&a, sizeof(a));
    if (pid == 0) {
        int is_default = signal(SIGUSR2, SIG_DFL) == SIG_DFL, is_ignored = signal(SIGUSR1, SIG_DFL) == SIG_IGN;
        _exit(is_default + 2 * is_ignored + 4 * (*shared == getpid()));
    }
    siginfo_t info = { 0 };
    struct pollfd p = { .fd = pidfd, .events = POLLIN };
    printf("clone3 pidfd %d poll %d", pidfd > 2, poll(&p, 1, 5000));
    printf(" waitid %d", waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    printf(" status %d tid %d\n", info.si_status, parent_tid == pid);
    close(pidfd);
    struct args with_vfork = { .flags = CLONE_VFORK | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
    pid = clone3(&with_vfork, 64); /* VER0 */
    if (pid == 0) {
        _exit(8 + (signal(SIGUSR2, SIG_DFL) == SIG_DFL));
    }
    printf("clone3 vfork %d own handler kept %d\n", status_of((pid_t)pid, 0), signal(SIGUSR2, SIG_DFL) == exit);
    signal(SIGUSR1, SIG_DFL);
    struct args bad[] = { { .flags = CLONE_THREAD }, { .stack = 4096 }, { .exit_signal = 300 }, { .flags = 1ull << 40 }, { .set_tid_size = 1 },
                          { .flags = CLONE_VM | CLONE_PIDFD, .pidfd = 8 }, { .flags = CLONE_DETACHED }, { .flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM } };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        long r = clone3(&bad[i], sizeof(bad[i]));
        printf("bad clone3 %u: %d\n", i, r < 0 ? errno : (r == 0 ? _exit(0), 0 : 0));
    }
    printf("sizes %ld", clone3(&a, 8) < 0 ? (long)errno : 0);
    printf(" %ld\n", clone3(&a, 1 << 20) < 0 ? (long)errno : 0);
    say("set_tid without rights or in use", (a = (struct args){ .set_tid = (uintptr_t)&(int){ 1 }, .set_tid_size = 1 }, clone3(&a, sizeof(a)) < 0));
    struct args newtime = { .flags = CLONE_NEWTIME | CLONE_NEWUSER, .exit_signal = SIGCHLD };
    pid = clone3(&newtime, sizeof(newtime));
    if (pid == 0) {
        _exit(4);
    }
    say("time namespace", pid > 0 ? status_of((pid_t)pid, 0) : 4);
}

/* Where the second hierarchy is, and may be written; else what the kernel says to another folder. */
static void test_cgroup(void)
{
    static const char *const places[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
    char name[64] = "/", path[100], line[300];
    int fd = -1;
    for (unsigned i = 0; i < 2 && fd < 0; i++) {
        snprintf(name, sizeof(name), "/lyre-test-%d", (int)getpid());
        snprintf(path, sizeof(path), "%s%s", places[i], name);
        fd = mkdir(path, 0700) ? -1 : open(path, O_RDONLY | O_DIRECTORY);
    }
    struct args a = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)(fd < 0 ? open("/tmp", O_RDONLY) : fd) };
    long pid = clone3(&a, sizeof(a));
    if (pid == 0) {
        int is_there = 0;
        FILE *f = fopen("/proc/self/cgroup", "r");
        while (f && fgets(line, sizeof(line), f)) {
            is_there |= strstr(line, name) != NULL;
        }
        _exit(is_there);
    }
    printf("into a cgroup: %d", pid < 0 ? -errno : status_of((pid_t)pid, 0));
    a.cgroup = 999;
    printf(" bad descriptor %d\n", clone3(&a, sizeof(a)) < 0 ? errno : 0);
    if (fd >= 0) {
        rmdir(path);
    }
}

/* ---- tids in memory, robust lists */

static int clear_tid(void *arg) { usleep(20000); return 0; }

static void test_tids(void)
{
    static volatile int tid;
    tid = 1;
    pid_t pid = clone(clear_tid, stack + STACK, CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, NULL, NULL, NULL, &tid);
    while (tid == 1 || tid == pid) {
        futex(&tid, FUTEX_WAIT, (uint32_t)tid, NULL, NULL, 0);
    }
    printf("cleared %d status %d\n", tid, status_of(pid, 0));
    pid = fork();
    if (pid == 0) {
        static int word;
        long own = syscall(SYS_set_tid_address, &word);
        int *addr = NULL;
        long r = prctl(PR_GET_TID_ADDRESS, &addr);
        _exit(own == getpid() && (r < 0 || addr == &word));
    }
    say("set_tid_address", status_of(pid, 0));
    uint32_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid = fork();
    if (pid == 0) { /* a robust list of two and one pending */
        struct { struct { void *next; uint32_t pad[2]; } a, b, c; struct robust_list_head head; } *l = (void *)(words + 64);
        l->head.list.next = (void *)&l->a;
        l->a.next = &l->b;
        l->b.next = &l->head;
        l->head.futex_offset = 8;
        l->head.list_op_pending = (void *)&l->c;
        l->a.pad[0] = (uint32_t)getpid();
        l->b.pad[0] = (uint32_t)getpid() | FUTEX_WAITERS;
        l->c.pad[0] = (uint32_t)getpid();
        size_t len;
        void *head;
        long r = syscall(SYS_set_robust_list, &l->head, sizeof(l->head));
        syscall(SYS_get_robust_list, 0, &head, &len);
        words[0] = r == 0 && head == &l->head && len == sizeof(l->head);
        raise(SIGKILL);
    }
    int status = status_of(pid, 0);
    uint32_t *a = words + 64;
    printf("robust list %d %u: %d %d %d\n", status, words[0], a[2] == FUTEX_OWNER_DIED, a[6] == (FUTEX_OWNER_DIED | FUTEX_WAITERS), a[10] == FUTEX_OWNER_DIED);
}

/* ---- futexes */

static uint32_t *f; /* words in shared memory */
static pid_t waiter(int op, uint32_t *addr, uint32_t *addr2, uint32_t val3)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct timespec t = { 20, 0 }, now;
        if (op != FUTEX_WAIT) { /* a point in time */
            clock_gettime(op == FUTEX_LOCK_PI ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
            t.tv_sec += now.tv_sec;
        }
        _exit(futex(addr, op, 0, &t, addr2, val3) == 0 ? 1 : errno);
    }
    char path[40], state[200] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    for (int i = 0; i < 20000; i++) { /* until it sleeps */
        int fd = open(path, O_RDONLY);
        long n = read(fd, state, sizeof(state) - 1);
        close(fd);
        char *p = n > 0 ? strrchr(state, ')') : NULL;
        if (p && p[2] == 'S') {
            break;
        }
        usleep(1000);
    }
    usleep(2000);
    return pid;
}

static void test_futexes(void)
{
    struct timespec soon = { 0, 1000000 };
    f = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("wait %d", futex(f, FUTEX_WAIT, 1, NULL, NULL, 0) < 0 ? errno : 0);
    printf(" timeout %d", futex(f, FUTEX_WAIT, 0, &soon, NULL, 0) < 0 ? errno : 0);
    printf(" misaligned %d\n", futex((char *)f + 1, FUTEX_WAIT, 0, &soon, NULL, 0) < 0 ? errno : 0);
    pid_t a = waiter(FUTEX_WAIT, f, NULL, 0);
    printf("wake %ld", futex(f, FUTEX_WAKE, 10, NULL, NULL, 0));
    printf(" %d\n", status_of(a, 0));
    a = waiter(FUTEX_WAIT_BITSET, f, NULL, 4);
    printf("wake_bitset %ld", futex(f, FUTEX_WAKE_BITSET, 10, NULL, NULL, 3));
    printf(" %ld", futex(f, FUTEX_WAKE_BITSET, 10, NULL, NULL, 6));
    printf(" %d none %d\n", status_of(a, 0), futex(f, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0) < 0 ? errno : 0);
    a = waiter(FUTEX_WAIT, f, NULL, 0);
    pid_t b = waiter(FUTEX_WAIT, f, NULL, 0);
    printf("requeue %ld", futex(f, FUTEX_REQUEUE, 1, (void *)1L, f + 16, 0));
    printf(" %ld", futex(f + 16, FUTEX_WAKE, 10, NULL, NULL, 0));
    printf(" %d %d", status_of(a, 0), status_of(b, 0));
    printf(" cmp %d\n", futex(f, FUTEX_CMP_REQUEUE, 1, (void *)1L, f + 16, 5) < 0 ? errno : 0);
    a = waiter(FUTEX_WAIT, f + 1, NULL, 0);
    f[1] = 0;
    f[2] = 7;
    printf("wake_op %ld", futex(f, FUTEX_WAKE_OP, 1, (void *)5L, f + 1, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
    printf(" %u %d", f[1], status_of(a, 0));
    printf(" %ld", futex(f, FUTEX_WAKE_OP, 1, (void *)5L, f + 2, FUTEX_OP(FUTEX_OP_XOR, 2, FUTEX_OP_CMP_GT, 100)));
    printf(" %u\n", f[2]);
    /* priority inheritance */
    f[3] = 0;
    printf("lock_pi %ld", futex(f + 3, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    printf(" own %d again %d try %d", (f[3] & FUTEX_TID_MASK) == (uint32_t)getpid(), futex(f + 3, FUTEX_LOCK_PI, 0, NULL, NULL, 0) < 0 ? errno : 0,
           futex(f + 3, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0) < 0 ? errno : 0);
    a = waiter(FUTEX_LOCK_PI, f + 3, NULL, 0);
    printf(" waiters %d unlock %ld", (f[3] & FUTEX_WAITERS) != 0, futex(f + 3, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    printf(" %d died %d", status_of(a, 0), (f[3] & FUTEX_OWNER_DIED) != 0);
    printf(" after %ld\n", futex(f + 3, FUTEX_LOCK_PI, 0, NULL, NULL, 0) < 0 ? -(long)errno : 0);
    futex(f + 3, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    f[4] = f[5] = 0;
    a = waiter(FUTEX_WAIT_REQUEUE_PI, f + 4, f + 5, 0);
    printf("requeue_pi %ld", futex(f + 4, FUTEX_CMP_REQUEUE_PI, 1, (void *)5L, f + 5, 0));
    printf(" %d", status_of(a, 0));
    f[5] = 0;
    printf(" bad %d\n", futex(f, 77, 0, NULL, NULL, 0) < 0 ? errno : 0);
}

static void test_waitv(void)
{
    struct waitv { uint64_t val, addr; uint32_t flags, reserved; } w[2] = {
        { 0, (uintptr_t)(f + 32), 2, 0 }, { 0, (uintptr_t)(f + 33), 2, 0 } };
    f[32] = f[33] = 0;
    struct timespec now;
    pid_t pid = fork();
    if (pid == 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        now.tv_sec += 20;
        long r = syscall(449 /* futex_waitv */, w, 2, 0, &now, CLOCK_MONOTONIC);
        _exit(r >= 0 ? (int)r + 50 : errno);
    }
    long woken = 0;
    for (int i = 0; i < 20000 && woken == 0; i++) {
        woken = futex(f + 33, FUTEX_WAKE, 1, NULL, NULL, 0);
        usleep(woken ? 0 : 1000);
    }
    printf("waitv woken %ld status %d", woken, status_of(pid, 0));
    w[0].val = 9;
    printf(" changed %d", syscall(449, w, 2, 0, NULL, 0) < 0 ? errno : 0);
    printf(" flags %d", syscall(449, w, 2, 4, NULL, 0) < 0 ? errno : 0);
    printf(" none %d\n", syscall(449, w, 0, 0, NULL, 0) < 0 ? errno : 0);
}

/* ---- waiting */

static pid_t child_that(int code, int sig)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (sig) {
            signal(sig, SIG_DFL);
            raise(sig);
            while (sig == SIGSTOP) {
                pause();
            }
        }
        _exit(code);
    }
    return pid;
}

static void test_waits(void)
{
    siginfo_t i = { 0 };
    struct rusage ru;
    int status;
    pid_t pid = child_that(7, 0);
    printf("wait4 %d", wait4(pid, &status, 0, &ru) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    pid = child_that(0, SIGSTOP);
    printf("stopped %d", waitid(P_PID, (id_t)pid, &i, WSTOPPED));
    printf(" code %d status %d", i.si_code == CLD_STOPPED, i.si_status == SIGSTOP);
    kill(pid, SIGCONT);
    printf(" continued %d", waitpid(pid, &status, WCONTINUED) == pid);
    printf(" %d", WIFCONTINUED(status));
    kill(pid, SIGTERM);
    printf(" exit %d\n", status_of(pid, 0));
    pid = child_that(0, SIGTERM);
    printf("keeps %d", waitid(P_PID, (id_t)pid, &i, WEXITED | WNOWAIT));
    printf(" %d %d", i.si_code == CLD_KILLED, status_of(pid, 0));
    printf(" gone %d\n", waitid(P_PID, (id_t)pid, &i, WEXITED | WNOHANG) < 0 ? errno : 0);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        _exit(9);
    }
    setpgid(pid, pid);
    printf("group %d", waitid(P_PGID, (id_t)pid, &i, WEXITED));
    printf(" %d none %d\n", i.si_status, waitpid(-pid, &status, 0) < 0 ? errno : 0);
    pid = clone(nothing, stack + STACK, 0, NULL); /* no signal at its end */
    printf("clone child: plain %d", waitpid(pid, &status, 0) < 0 ? errno : 0);
    printf(" __WCLONE %d\n", status_of(pid, __WCLONE));
    signal(SIGUSR1, SIG_IGN);
    pid = clone(nothing, stack + STACK, SIGUSR1, NULL);
    printf("other signal %d\n", status_of(pid, __WALL));
    signal(SIGUSR1, SIG_DFL);
    pid = child_that(0, SIGQUIT);
    struct rlimit none = { 0, 0 }, core;
    getrlimit(RLIMIT_CORE, &core);
    printf("killed %d\n", status_of(pid, 0));
    printf("bad options %d", waitpid(-1, &status, 0x40000) < 0 ? errno : 0);
    printf(" bad id %d", waitid(9, 0, &i, WEXITED) < 0 ? errno : 0);
    printf(" nothing asked %d\n", waitid(P_ALL, 0, &i, 0) < 0 ? errno : 0);
    int fd = (int)syscall(434 /* pidfd_open */, getpid(), 0);
    printf("pidfd of self %d signal %ld", fd >= 0, syscall(424 /* pidfd_send_signal */, fd, 0, NULL, 0));
    printf(" getfd %d wait %d\n", (int)syscall(438, fd, 0, 0) > 2, waitid(P_PIDFD, (id_t)fd, &i, WEXITED) < 0 ? errno : 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid = fork();
    if (pid == 0) {
        if (fork() == 0) {
            while (getppid() == pid) {
                usleep(100);
            }
            usleep(20000);
            _exit(33);
        }
        _exit(32);
    }
    printf("subreaper %d", status_of(pid, 0));
    printf(" %d\n", status_of(-1, 0));
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* ---- exit paths */

static void *leave_thread(void *arg)
{
    usleep(1000);
    _exit(44);
}
static void *end_quietly(void *arg)
{
    usleep(20000);
    return NULL;
}

static int has_ended(pid_t tid)
{
    char path[64], text[200] = "";
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    int f = open(path, O_RDONLY);
    ssize_t n = read(f, text, sizeof(text) - 1);
    close(f);
    char *p = n > 0 ? strrchr(text, ')') : NULL;
    return !p || p[2] == 'Z';
}
static void *end_after_leader(void *arg)
{
    while (!has_ended(getpid())) {
        usleep(1000);
    }
    return NULL;
}

static void test_exits(void)
{
    pthread_t t;
    pid_t pid = fork();
    if (pid == 0) {
        pthread_create(&t, NULL, leave_thread, NULL);
        for (;;) {
            pause();
        }
    }
    say("exit_group of a thread", status_of(pid, 0));
    pid = fork();
    if (pid == 0) {
        pthread_create(&t, NULL, end_after_leader, NULL);
        syscall(SYS_exit, 45); /* the leader alone: the process ends with the last thread */
    }
    say("leader leaves first", status_of(pid, 0));
    pid = fork();
    if (pid == 0) {
        pthread_create(&t, NULL, end_quietly, NULL);
        execl("/proc/self/exe", "clones", "exec", NULL);
        _exit(1);
    }
    say("exec ends other threads", status_of(pid, 0));
}

/* A child ends by a signal that faults have, too, after a fault at the very address that pid and user id of its siginfo look like. */
static volatile sig_atomic_t end_code, end_pid;
static sigjmp_buf behind_fault;
static void on_end(int sig, siginfo_t *info, void *context)
{
    end_code = info->si_code;
    end_pid = info->si_pid;
}
static void on_fault(int sig) { siglongjmp(behind_fault, 1); }
static void test_end_like_a_fault(int exit_signal)
{
    struct sigaction end = { .sa_sigaction = on_end, .sa_flags = SA_SIGINFO }, fault = { .sa_handler = on_fault };
    int p[2];
    char c;
    end_code = end_pid = 0;
    pipe(p);
    pid_t pid = (pid_t)syscall(SYS_clone, exit_signal, 0, 0, 0, 0);
    if (pid == 0) {
        close(p[1]);
        _exit((int)read(p[0], &c, 1));
    }
    sigaction(SIGSEGV, &fault, NULL);
    if (!sigsetjmp(behind_fault, 1)) {
        (void)*(volatile char *)((uint64_t)getuid() << 32 | (uint64_t)pid);
    }
    sigaction(exit_signal, &end, NULL);
    close(p[1]);
    while (!end_code) {
        usleep(1000);
    }
    printf("end by %s: %d %d", exit_signal == SIGBUS ? "SIGBUS" : "SIGSEGV", end_code == CLD_EXITED, end_pid == pid);
    printf(", status %d\n", status_of(pid, __WALL));
    close(p[0]);
    signal(exit_signal, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
}

static void *exec_here(void *arg)
{
    execl("/proc/self/exe", "clones", "exec", NULL);
    return NULL;
}
static void test_thread_exec(void)
{
    pthread_t t;
    pid_t pid = fork();
    if (pid == 0) {
        pthread_create(&t, NULL, exec_here, NULL);
        for (;;) {
            pause();
        }
    }
    say("exec in a thread takes the pid", status_of(pid, 0));
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return getpid() == (int)syscall(SYS_gettid) ? 61 : 62;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    chdir("/");
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    test_sharing();
    test_namespaces();
    test_clone3();
    test_cgroup();
    test_tids();
    test_futexes();
    test_waitv();
    test_waits();
    test_exits();
    test_end_like_a_fault(SIGBUS);
    test_end_like_a_fault(SIGSEGV);
    test_thread_exec();
    return 0;
}
