/* SPDX-License-Identifier: MIT */
/* System calls whose lines in -strace are compared with those of strace(1): strace_style.py. No output. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define S syscall
#define DIR "/tmp/lyre-strace"
static char buf[4096];
static int fd, p[2], sp[2];
static sigset_t set;
static struct iovec iov[2] = {{"abc", 3}, {"defgh\n", 6}};

static void on_signal(int sig) {}

static void files(void)
{
    struct stat st;
    struct statx sx;
    fd = S(SYS_openat, AT_FDCWD, DIR "/file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    S(SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY | O_CLOEXEC);
    S(SYS_openat, AT_FDCWD, "/nonexistent", O_RDWR | O_TMPFILE, 0600);
    S(437, AT_FDCWD, "/nonexistent", ((unsigned long[]){O_RDONLY | O_CREAT, 0600, 8}), 24L);
    S(SYS_write, fd, "hello\tworld\n\1\2\377x", 17L);
    S(SYS_write, fd, "0123456789012345678901234567890123456789", 40L);
    S(SYS_lseek, fd, 0L, SEEK_SET);
    S(SYS_read, fd, buf, 100L);
    S(SYS_pread64, fd, buf, 10L, 3L);
    S(SYS_pwrite64, fd, buf, 10L, 3L);
    S(SYS_read, fd, NULL, 10L);
    S(SYS_writev, fd, iov, 2L);
    S(SYS_preadv, fd, (struct iovec[]){{buf, 3}, {buf, 100}}, 2L, 0L, 0L);
    S(SYS_fstat, fd, &st);
    S(SYS_fstat, 99, &st);
    S(SYS_newfstatat, AT_FDCWD, "/dev/null", &st, AT_SYMLINK_NOFOLLOW);
    S(SYS_statx, AT_FDCWD, DIR, AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &sx);
    S(SYS_statx, AT_FDCWD, DIR, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_ALL, &sx);
    S(SYS_faccessat, AT_FDCWD, "/tmp", R_OK | W_OK);
    S(SYS_faccessat, AT_FDCWD, "/tmp", F_OK);
    S(439, AT_FDCWD, "/tmp", X_OK, AT_EACCESS);
    S(SYS_fchmod, fd, 0755);
    S(SYS_fchmodat, AT_FDCWD, DIR "/file", 04644);
    S(SYS_fchown, fd, -1, -1);
    S(SYS_fchownat, AT_FDCWD, DIR "/file", -1, -1, AT_SYMLINK_NOFOLLOW);
    S(SYS_mkdirat, AT_FDCWD, DIR "/d", 0777);
    S(SYS_unlinkat, AT_FDCWD, DIR "/d", AT_REMOVEDIR);
    S(SYS_symlinkat, "target", AT_FDCWD, DIR "/l");
    S(SYS_readlinkat, AT_FDCWD, DIR "/l", buf, 100L);
    S(SYS_unlinkat, AT_FDCWD, DIR "/l", 0);
    S(SYS_linkat, AT_FDCWD, DIR "/file", AT_FDCWD, DIR "/two", 0);
    S(SYS_renameat2, AT_FDCWD, DIR "/two", AT_FDCWD, DIR "/three", RENAME_NOREPLACE);
    S(SYS_unlinkat, AT_FDCWD, DIR "/three", 0);
    S(SYS_mknodat, AT_FDCWD, DIR "/p", S_IFIFO | 0600, 0);
    S(SYS_unlinkat, AT_FDCWD, DIR "/p", 0);
    S(SYS_truncate, DIR "/file", 100L);
    S(SYS_ftruncate, fd, 50L);
    S(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0L, 4096L);
    S(SYS_utimensat, AT_FDCWD, DIR "/file", NULL, 0);
    S(SYS_utimensat, AT_FDCWD, DIR "/file", (struct timespec[]){{5, UTIME_NOW}, {7, UTIME_OMIT}}, 0);
    S(SYS_utimensat, AT_FDCWD, DIR "/file", (struct timespec[]){{1709164799, 5}, {951782400, 0}}, 0);
    int dfd = S(SYS_openat, AT_FDCWD, DIR, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    S(SYS_getdents64, dfd, buf, 4096L);
    S(SYS_getdents64, dfd, buf, 4096L);
    S(SYS_chdir, DIR);
    S(SYS_getcwd, buf, 4096L);
    S(SYS_fchdir, dfd);
    S(SYS_flock, fd, LOCK_EX | LOCK_NB);
    S(SYS_fadvise64, fd, 0L, 0L, POSIX_FADV_DONTNEED);
    S(SYS_setxattr, DIR "/file", "user.a", "val", 3L, XATTR_CREATE);
    S(SYS_close, dfd);
}

static void descriptors(void)
{
    struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2};
    S(SYS_dup, fd);
    S(SYS_dup3, fd, 50, O_CLOEXEC);
    S(SYS_fcntl, fd, F_GETFD);
    S(SYS_fcntl, 50, F_GETFD);
    S(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
    S(SYS_fcntl, fd, F_SETFL, O_RDWR | O_APPEND | O_NONBLOCK);
    S(SYS_fcntl, fd, F_DUPFD, 20);
    S(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 21);
    S(SYS_fcntl, fd, F_SETLK, &fl);
    S(SYS_fcntl, fd, F_OFD_SETLK, &fl);
    S(SYS_fcntl, fd, F_GETLK, &fl);
    S(SYS_fcntl, fd, F_GETOWN);
    S(SYS_fcntl, fd, F_GETSIG);
    S(SYS_fcntl, fd, F_SETSIG, SIGIO);
    int m = S(SYS_memfd_create, "name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    S(SYS_fcntl, m, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE);
    S(SYS_fcntl, m, F_GET_SEALS);
    S(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK);
    S(SYS_write, p[1], "xyz", 3L);
    S(SYS_ioctl, p[0], FIONREAD, buf);
    S(SYS_ioctl, p[0], FIONBIO, (int[]){1});
    S(SYS_ioctl, fd, FIOCLEX);
    S(SYS_ioctl, 99, TIOCGWINSZ, buf);
    S(SYS_ioctl, fd, _IOR('q', 7, int), buf);
    S(SYS_ioctl, fd, 0x1234, 5);
    S(436, 100, 200, 0);
    S(SYS_splice, fd, (long[]){0}, p[1], NULL, 5L, SPLICE_F_MOVE);
    S(SYS_tee, p[0], p[1], 5L, 0);
}

static void polls(void)
{
    struct timespec ts = {0, 1000};
    struct pollfd pf[2] = {{p[0], POLLIN | POLLPRI, 0}, {p[1], POLLOUT, 0}};
    fd_set r, w;
    struct {
        void *set;
        size_t size;
    } mask = {&set, 8};
    S(SYS_ppoll, pf, 2, NULL, NULL, 8L);
    S(SYS_ppoll, pf, 1, NULL, &set, 8L);
    pf[0].events = 0;
    S(SYS_ppoll, pf, 1, &ts, NULL, 8L);
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(p[0], &r);
    FD_SET(p[1], &w);
    S(SYS_pselect6, p[1] + 1, &r, &w, NULL, NULL, &mask);
    FD_ZERO(&r);
    S(SYS_pselect6, 5, &r, NULL, NULL, &ts, NULL);
    int ep = S(SYS_epoll_create1, EPOLL_CLOEXEC);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x1122334455}}, events[4];
    S(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[0], &event);
    S(SYS_epoll_pwait, ep, events, 4, 10, NULL, 8L);
    S(SYS_epoll_pwait, ep, events, 4, 10, NULL, 8L);
    S(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, p[0], NULL);
    S(SYS_eventfd2, 5, EFD_NONBLOCK);
    S(SYS_signalfd4, -1, &set, 8L, SFD_CLOEXEC);
    int in = S(SYS_inotify_init1, IN_NONBLOCK);
    S(SYS_inotify_add_watch, in, "/tmp", IN_CREATE | IN_DELETE | IN_ONLYDIR);
    S(SYS_inotify_rm_watch, in, 1);
}

static void sockets(void)
{
    socklen_t l = 4;
    int one = 1;
    struct ifreq ifr = {.ifr_name = "lo"};
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(53), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {AF_UNIX, "/nonexistent/sock"};
    struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
    int s = S(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    S(SYS_ioctl, s, SIOCGIFINDEX, &ifr);
    S(SYS_ioctl, s, SIOCGIFMTU, &ifr);
    S(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, 4);
    S(SYS_getsockopt, s, SOL_SOCKET, SO_ERROR, buf, &l);
    S(SYS_setsockopt, s, IPPROTO_TCP, TCP_NODELAY, &one, 4);
    S(SYS_setsockopt, s, IPPROTO_IP, IP_TOS, &one, 4);
    S(SYS_setsockopt, s, SOL_SOCKET, SO_LINGER, &(struct linger){1, 5}, 8);
    S(SYS_bind, s, &(struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, 16);
    S(SYS_listen, s, 5);
    l = sizeof(in4);
    S(SYS_getpeername, s, &in4, &l);
    S(SYS_connect, S(SYS_socket, AF_INET, SOCK_STREAM, 0), &in4, 16);
    S(SYS_bind, -1, &in6, 28);
    in6.sin6_addr.s6_addr[0] = 0x20, in6.sin6_addr.s6_addr[4] = 1;
    S(SYS_bind, -1, &in6, 28);
    int u = S(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    S(SYS_connect, u, &un, sizeof(un));
    memcpy(un.sun_path, "\0lyre-strace", 13);
    S(SYS_connect, u, &un, 14);
    int n = S(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    S(SYS_bind, n, &nl, sizeof(nl));
    l = 100;
    S(SYS_getsockname, u, buf, &l);
    S(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, sp);
    S(SYS_sendto, sp[0], "abc", 3L, MSG_NOSIGNAL, NULL, 0);
    S(SYS_recvfrom, sp[1], buf, 100L, MSG_DONTWAIT, NULL, NULL);
    S(SYS_recvfrom, sp[1], buf, 100L, MSG_DONTWAIT, NULL, NULL);
    union {
        char bytes[CMSG_SPACE(8)];
        struct cmsghdr header;
    } control = {.header = {CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), sp, 8);
    struct msghdr out = {.msg_iov = iov, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control)};
    struct msghdr back = {.msg_iov = &(struct iovec){buf, 100}, .msg_iovlen = 1, .msg_control = buf + 1000, .msg_controllen = 64};
    S(SYS_sendmsg, sp[0], &out, 0);
    S(SYS_recvmsg, sp[1], &back, MSG_CMSG_CLOEXEC);
    out.msg_control = NULL;
    out.msg_controllen = 0;
    struct mmsghdr both[2] = {{out, 0}, {out, 0}};
    S(SYS_sendmmsg, sp[0], both, 2, 0);
    S(SYS_shutdown, sp[0], SHUT_WR);
}

static void memory(void)
{
    char *m = (char *)S(SYS_mmap, NULL, 8192L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    S(SYS_mprotect, m, 4096L, PROT_READ | PROT_EXEC);
    S(SYS_mprotect, m, 4096L, PROT_NONE);
    S(SYS_madvise, m, 4096L, MADV_DONTNEED);
    S(SYS_mremap, m, 8192L, 4096L, MREMAP_MAYMOVE);
    S(SYS_msync, m, 4096L, MS_SYNC);
    S(SYS_munmap, m, 4096L);
    S(SYS_mmap, NULL, 4096L, PROT_READ, MAP_SHARED, 99, 0x1000L);
    S(SYS_munlockall);
}

static void times_and_limits(void)
{
    struct timespec ts = {0, 1000};
    struct itimerspec its = {{0, 0}, {1, 5}}, old;
    struct itimerval iv = {{0, 0}, {0, 0}};
    struct rlimit rl = {1 << 20, RLIM_INFINITY};
    struct rusage ru;
    struct utsname ut;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 5};
    int timer, tf = S(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    S(SYS_timerfd_settime, tf, TFD_TIMER_ABSTIME, &its, &old);
    S(SYS_clock_getres, CLOCK_MONOTONIC, &ts);
    S(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL);
    S(SYS_nanosleep, &ts, NULL);
    S(SYS_setitimer, ITIMER_REAL, &iv, NULL);
    S(SYS_timer_create, CLOCK_REALTIME, &event, &timer);
    S(SYS_timer_settime, 0, TIMER_ABSTIME, &its, NULL);
    S(SYS_timer_delete, 0);
    S(SYS_prlimit64, 0, RLIMIT_CORE, &rl, NULL);
    S(SYS_getrusage, RUSAGE_SELF, &ru);
    S(SYS_getpriority, PRIO_PROCESS, 0);
    S(SYS_uname, &ut);
    S(SYS_umask, 022);
    S(SYS_sched_getscheduler, 0);
    S(SYS_sched_get_priority_max, SCHED_FIFO);
}

static void processes(void)
{
    int status;
    struct rusage ru;
    S(SYS_getresuid, buf, buf + 4, buf + 8);
    S(SYS_setresuid, -1, -1, -1);
    S(SYS_getgroups, -1, NULL);
    S(SYS_setpgid, 99999999, 0);
    S(SYS_capget, (int[]){0x20080522, 99999999}, NULL);
    S(SYS_prctl, PR_SET_NAME, "newname");
    S(SYS_prctl, PR_GET_NAME, buf);
    S(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM);
    S(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    S(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L);
    S(SYS_personality, 0xffffffffL);
    S(SYS_execve, "/nonexistent", (char *[]){"a", "b c", NULL}, (char *[]){"X=1", NULL});
    S(SYS_execveat, AT_FDCWD, "/nonexistent", (char *[]){"a", NULL}, NULL, AT_SYMLINK_NOFOLLOW);
    S(SYS_wait4, -1, &status, 0, NULL);
    S(SYS_wait4, -1, &status, WNOHANG | WUNTRACED, &ru);
    S(SYS_mount, "none", "/nonexistent", "tmpfs", MS_NOSUID | MS_NODEV, "size=1");
    S(SYS_umount2, "/nonexistent", MNT_DETACH);
    S(SYS_chroot, "/nonexistent");
    S(SYS_setns, -1, CLONE_NEWNS);
    S(SYS_unshare, 0);
}

static void signals(void)
{
    struct timespec ts = {0, 1000};
    S(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8L);
    S(SYS_rt_sigprocmask, SIG_SETMASK, NULL, buf, 8L);
    S(SYS_rt_sigpending, buf, 8L);
    S(SYS_rt_sigaction, SIGKILL, NULL, NULL, 8L);
    S(SYS_tkill, S(SYS_gettid), SIGUSR1);
    S(SYS_rt_sigtimedwait, &set, NULL, &ts, 8L);
    S(SYS_kill, 99999999, 0);
    S(SYS_kill, 99999999, SIGRTMIN + 2);
}

static void ipc(void)
{
    struct timespec ts = {0, 1000};
    static int word;
    struct {
        long type;
        char text[8];
    } message = {1, "hi"};
    S(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
    S(SYS_futex, &word, FUTEX_WAIT, 1, NULL);
    S(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, -1);
    S(SYS_futex, &word, FUTEX_REQUEUE, 1, 2L, &word);
    S(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 2L, &word, 0);
    S(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &word, 0x1000000);
    int q = S(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);
    S(SYS_msgsnd, q, &message, 8L, 0);
    S(SYS_msgrcv, q, &message, 8L, 0L, IPC_NOWAIT);
    S(SYS_msgctl, q, IPC_RMID, NULL);
    int s = S(SYS_semget, IPC_PRIVATE, 1, IPC_CREAT | 0600);
    S(SYS_semop, s, &(struct sembuf){0, 1, SEM_UNDO}, 1L);
    S(SYS_semctl, s, 0, GETVAL, 0L);
    S(SYS_semctl, s, 0, IPC_RMID, 0L);
    int h = S(SYS_shmget, IPC_PRIVATE, 4096L, IPC_CREAT | 0600);
    void *at = (void *)S(SYS_shmat, h, NULL, SHM_RDONLY);
    S(SYS_shmdt, at);
    S(SYS_shmctl, h, IPC_RMID, NULL);
}

int main(void)
{
    signal(SIGUSR1, on_signal);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    S(SYS_mkdirat, AT_FDCWD, DIR, 0700);
    S(SYS_getppid); /* the comparison starts here */
    files();
    descriptors();
    polls();
    sockets();
    memory();
    times_and_limits();
    processes();
    signals();
    ipc();
    S(SYS_unlinkat, AT_FDCWD, DIR "/file", 0);
    S(SYS_exit_group, 3);
}
