/* SPDX-License-Identifier: MIT */
/* The tables of system calls, and the text that -strace makes of calls: rows of {number, arguments, result, expected}. Prints TAP. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/access.h"
#include "util/compiler.h"
#include "util/hostmem.h"

#define P(x) ((uint64_t)(uintptr_t)(x))

/* The guest's memory is the test's own; address 16 is a bad one. */
static void on_fault(int sig, siginfo_t *info, void *uc)
{
    if (!access_fixup(info, uc)) {
        signal(sig, SIG_DFL);
    }
}

static int count, failed;
static void ok(bool is_ok, const char *name)
{
    failed += !is_ok;
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name);
}

static struct timespec ts = { 5, 250 };
static struct iovec iov[2] = { { "abc", 3 }, { "defg", 4 } };
static uint64_t signals = 1ull << (SIGINT - 1) | 1ull << (SIGCHLD - 1);
static uint64_t action[3] = { 0x1234, SA_RESTART | 4, 1 };
static int fds[2] = { 3, 4 };
static int wstatus = 7 << 8;
static struct sockaddr_in in;
static struct sockaddr_un un = { AF_UNIX, "/run/socket" };
static char text[] = "hello\n\"quoted\"\1" "7";
static char zeros[40];
static char *argv[] = { "ls", "-l", NULL };
static struct winsize ws = { 24, 80, 0, 0 };
static struct flock lock = { .l_type = F_WRLCK, .l_start = 3, .l_len = 4 };
static struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };

typedef struct Case {
    unsigned number;
    uint64_t args[6];
    int64_t result;
    const char *want;
} Case;

static const Case *cases(unsigned *n)
{
    static Case list[48];
    const Case init[] = {
        { NR_getpid, { 0 }, 77, "getpid() = 77" },
        { NR_read, { 3, P(text), 100 }, 5, "read(3, \"hello\", 100) = 5" },
        { NR_read, { 3, 16, 100 }, -EFAULT, "read(3, 0x10, 100) = -1 EFAULT (Bad address)" },
        { NR_write, { 1, P(text), 16 }, 16, "write(1, \"hello\\n\\\"quoted\\\"\\0017\", 16) = 16" },
        { NR_write, { 1, P(zeros), 40 }, 40,
          "write(1, \"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"..., 40) = 40" },
        { NR_openat, { (uint64_t)AT_FDCWD, P("/etc/passwd"), O_RDONLY | O_CLOEXEC, 0 }, 3,
          "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC) = 3" },
        { NR_openat, { 5, P("x"), O_RDWR | O_CREAT | O_TMPFILE, 0640 }, -ENOENT,
          "openat(5, \"x\", O_RDWR|O_CREAT|O_TMPFILE, 0640) = -1 ENOENT (No such file or directory)" },
        { NR_mmap, { 0, 4096, 3, 0x22, (uint64_t)-1, 0 }, 0x7f0000001000,
          "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000" },
        { NR_mprotect, { 0x1000, 4096, 0 }, 0, "mprotect(0x1000, 4096, PROT_NONE) = 0" },
        { NR_nanosleep, { P(&ts), 0 }, 0, "nanosleep({tv_sec=5, tv_nsec=250}, NULL) = 0" },
        { NR_writev, { 1, P(iov), 2 }, 7, "writev(1, [{iov_base=\"abc\", iov_len=3}, {iov_base=\"defg\", iov_len=4}], 2) = 7" },
        { NR_rt_sigprocmask, { SIG_BLOCK, P(&signals), 0, 8 }, 0, "rt_sigprocmask(SIG_BLOCK, [INT CHLD], NULL, 8) = 0" },
        { NR_rt_sigaction, { SIGUSR1, P(action), 0, 8 }, 0,
          "rt_sigaction(SIGUSR1, {sa_handler=0x1234, sa_mask=[HUP], sa_flags=SA_SIGINFO|SA_RESTART}, NULL, 8) = 0" },
        { NR_pipe2, { P(fds), O_CLOEXEC }, 0, "pipe2([3, 4], O_CLOEXEC) = 0" },
        { NR_pipe2, { P(fds), 0 }, -EMFILE, NULL },
        { NR_wait4, { (uint64_t)-1, P(&wstatus), 0, 0 }, 12,
          "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = 12" },
        { NR_connect, { 3, P(&in), sizeof(in) }, 0,
          "connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0" },
        { NR_connect, { 3, P(&un), 14 }, 0, "connect(3, {sa_family=AF_UNIX, sun_path=\"/run/socket\"}, 14) = 0" },
        { NR_socket, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0 }, 3, "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3" },
        { NR_ioctl, { 0, 0x5413, 0x1000 }, -ENOTTY, "ioctl(0, TIOCGWINSZ, 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)" },
        { NR_ioctl, { 3, 0x81004506, 0x1000 }, -ENOTTY, "ioctl(3, EVIOCGNAME(256), 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)" },
        { NR_ioctl, { 3, 0x80604521, 0x1000 }, -ENOTTY, "ioctl(3, EVIOCGBIT(0x1, 96), 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)" },
        { NR_ioctl, { 3, 0x80184543, 0x1000 }, -ENOTTY, "ioctl(3, EVIOCGABS(ABS_RX), 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)" },
        { NR_ioctl, { 3, 0x80047107, 0x1000 }, -ENOTTY, "ioctl(3, _IOC(_IOC_READ, 0x71, 0x7, 0x4), 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)" },
        { NR_fcntl, { 3, F_GETFL, 0 }, 2, "fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)" },
        { NR_futex, { 0x1000, 129, 1, 0, 0, 0 }, 1, "futex(0x1000, FUTEX_WAKE_PRIVATE, 1) = 1" },
        { NR_setgroups, { 2, P(fds) }, 0, "setgroups(2, [3, 4]) = 0" },
        { NR_getsockname, { 3, 0, 0 }, 0, "getsockname(3, NULL, NULL) = 0" },
        { NR_kill, { 12, SIGTERM }, 0, "kill(12, SIGTERM) = 0" },
        { NR_clone, { 0x11 | 0x1200000, 0, 0, 0, 0x99 }, 5,
          "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x99) = 5" },
        { NR_execve, { P("/bin/ls"), P(argv), P(argv) }, 0, NULL },
        { NR_ioctl, { 0, 0x5413, P(&ws) }, 0, "ioctl(0, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0" },
        { NR_fcntl, { 3, F_SETLK, P(&lock) }, 0,
          "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=3, l_len=4}) = 0" },
        { NR_setsockopt, { 3, 1, 2, P(fds), 4 }, 0, "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [3], 4) = 0" },
        { NR_sendmsg, { 3, P(&message), 0x4000 }, 7,
          "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}, {iov_base=\"defg\", iov_len=4}], "
          "msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 7" },
        { NR_umask, { 022 }, 077, "umask(022) = 077" },
        { NR_fchown, { 3, (uint64_t)-1, 5 }, 0, "fchown(3, -1, 5) = 0" },
        { 9999, { 1, 2, 3, 4, 5, 6 }, -ENOSYS, "syscall_0x270f(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)" },
    };
    in.sin_family = AF_INET;
    in.sin_port = htons(80);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(list, init, sizeof(init));
    *n = ARRAY_LEN(init);
    return list;
}

/* One blank for the blanks before the equals sign. */
static void squeeze(char *s)
{
    char *e = strstr(s, "  = ");
    while (e && e > s && e[-1] == ' ') {
        e--;
    }
    if (e) {
        memmove(e, e + strspn(e, " ") - 1, strlen(e + strspn(e, " ") - 1) + 1);
    }
}

static void test_text(void)
{
    unsigned n;
    const Case *c = cases(&n);
    for (unsigned i = 0; i < n; i++) {
        char line[512], fallback[96];
        TextBuf out = text_init(line, sizeof(line));
        strace_format(&out, syscall_row(SYSCALL_TABLE_GENERIC, c[i].number), c[i].number, c[i].args, true, c[i].result);
        squeeze(line);
        if (c[i].number == NR_pipe2) {
            snprintf(fallback, sizeof(fallback), "pipe2(%#lx, 0) = -1 EMFILE (Too many open files)", (long)c[i].args[0]);
        } else {
            snprintf(fallback, sizeof(fallback), "execve(\"/bin/ls\", [\"ls\", \"-l\"], %p /* 2 vars */) = 0", (void *)argv);
        }
        const char *want = c[i].want ? c[i].want : fallback;
        ok(strcmp(line, want) == 0, want);
        if (strcmp(line, want)) {
            printf("# got: %s\n", line);
        }
    }
}

static void test_tables(void)
{
    bool has_reason = true, has_handler = true, has_number = true, is_found = true;
    for (unsigned i = 0; i < syscall_nrows; i++) {
        const SyscallRow *r = &syscall_rows[i];
        has_reason &= (r->kind == SYSCALL_NONE) == (r->reason != 0);
        has_handler &= (r->kind == SYSCALL_FN) == (r->fn != 0);
        has_number &= r->host >= 0 || r->kind == SYSCALL_ARCH;
        is_found &= syscall_numbers[i] == UINT16_MAX || syscall_row(SYSCALL_TABLE_GENERIC, syscall_numbers[i]) == r;
    }
    ok(has_reason, "missing calls say why");
    ok(has_handler, "handlers where the rows say so");
    ok(has_number, "every row has the host's number");
    ok(is_found, "look-up by number");
    ok(!syscall_row(SYSCALL_TABLE_GENERIC, 244) && !syscall_row(SYSCALL_TABLE_GENERIC, 38) && !syscall_row(SYSCALL_TABLE_GENERIC, ~0ull),
       "numbers that do not exist");
    unsigned covered = 0;
    for (unsigned n = 0; n <= 462; n++) {
        bool is_gap = (n >= 244 && n < 258) || (n >= 295 && n < 424) || n == 38;
        covered += is_gap || syscall_row(SYSCALL_TABLE_GENERIC, n) != NULL;
    }
    ok(covered == 463, "every call of Linux 6.12");
    bool is_sorted = true;
    for (unsigned i = 1; i < ioctl_nrows; i++) {
        is_sorted &= ioctl_rows[i - 1].number < ioctl_rows[i].number;
    }
    ok(is_sorted && ioctl_row(0x5401) && !ioctl_row(0x5400), "ioctls are found");
}

int main(void)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = on_fault;
    sa.sa_flags = SA_SIGINFO;
    hostmem_init();
    sigaction(SIGSEGV, &sa, NULL);
    test_tables();
    test_text();
    printf("1..%d\n", count);
    return failed > 0;
}
