/* SPDX-License-Identifier: MIT */
/* Sessions, process groups, a terminal of one's own and job control over it, credentials. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master;
static char name[64];

static void say(const char *what, long value) { printf("%s %ld\n", what, value); }

/* Stopped 2000 + signal, killed 1000 + signal, continued 3000, else the exit code. */
static int state_of(pid_t pid, int options)
{
    int s = 0;
    if (waitpid(pid, &s, options) != pid) {
        return -errno;
    }
    return WIFSTOPPED(s) ? 2000 + WSTOPSIG(s) : WIFSIGNALED(s) ? 1000 + WTERMSIG(s) : WIFCONTINUED(s) ? 3000 : WEXITSTATUS(s);
}

/* A child in its own group; the foreground one if asked. Waits until the parent has set that up. */
static pid_t job(int (*fn)(void), int is_foreground)
{
    int go[2];
    char c;
    if (pipe(go)) {
        exit(1);
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        if (read(go[0], &c, 1) < 0) {
            _exit(99);
        }
        signal(SIGTTOU, SIG_DFL);
        _exit(fn());
    }
    setpgid(pid, pid);
    if (is_foreground) {
        tcsetpgrp(0, pid);
    }
    close(go[0]);
    close(go[1]);
    return pid;
}

static int read_line(void)
{
    char buf[32];
    ssize_t n = read(0, buf, sizeof(buf));
    return n < 0 ? errno : (int)n;
}
static int write_line(void) { return write(1, "from a job\n", 11) == 11 ? 0 : errno; }
static int wait_here(void)
{
    for (;;) {
        pause();
    }
}
static volatile int handled;
static void note(int sig) { handled = sig; }
static int wait_handled(void)
{
    while (!handled) {
        usleep(1000);
    }
    return handled == SIGTSTP ? 30 : 31;
}

/* The session leader; its parent holds the master side and types what it is told through a pipe. */
static int ask_fd;
static void type_by_parent(char c)
{
    usleep(50000);
    if (write(ask_fd, &c, 1) != 1) {
        _exit(98);
    }
}

static int leader(FILE *out)
{
    struct winsize w = { .ws_row = 33, .ws_col = 77 }, seen = { 0 };
    signal(SIGTTOU, SIG_IGN);
    fprintf(out, "session %d group %d tty %d foreground %d\n", getsid(0) == getpid(), getpgrp() == getpid(), isatty(0), tcgetpgrp(0) == getpid());
    fprintf(out, "session of the terminal %d\n", tcgetsid(0) == getpid());
    int fd = open("/dev/tty", O_RDWR);
    fprintf(out, "/dev/tty %d\n", fd >= 0);
    ioctl(0, TIOCSWINSZ, &w);
    ioctl(fd, TIOCGWINSZ, &seen);
    fprintf(out, "size %d %d\n", seen.ws_row, seen.ws_col);
    pid_t pid = job(read_line, 0);
    fprintf(out, "background read %d", state_of(pid, WUNTRACED));
    tcsetpgrp(0, pid);
    kill(-pid, SIGCONT);
    fprintf(out, " continued %d", state_of(pid, WCONTINUED));
    type_by_parent('a');
    fprintf(out, " reads %d\n", state_of(pid, 0));
    tcsetpgrp(0, getpgrp());
    struct termios t;
    tcgetattr(0, &t);
    t.c_lflag |= TOSTOP;
    tcsetattr(0, TCSADRAIN, &t);
    pid = job(write_line, 0);
    fprintf(out, "background write %d", state_of(pid, WUNTRACED));
    tcsetpgrp(0, pid);
    kill(-pid, SIGCONT);
    fprintf(out, " then %d\n", state_of(pid, 0));
    tcsetpgrp(0, getpgrp());
    static const struct { char key; const char *name; } keys[] = { { 'c', "interrupt" }, { 'q', "quit" } };
    for (int i = 0; i < 2; i++) {
        pid = job(wait_here, 1);
        type_by_parent(keys[i].key);
        fprintf(out, "%s %d\n", keys[i].name, state_of(pid, WUNTRACED));
        tcsetpgrp(0, getpgrp());
    }
    pid = job(wait_here, 1);
    type_by_parent('z');
    fprintf(out, "suspend %d", state_of(pid, WUNTRACED));
    tcsetpgrp(0, getpgrp());
    kill(-pid, SIGCONT);
    fprintf(out, " continued %d", state_of(pid, WCONTINUED));
    kill(-pid, SIGTERM);
    fprintf(out, " ended %d\n", state_of(pid, 0));
    signal(SIGTSTP, note);
    pid = job(wait_handled, 1);
    signal(SIGTSTP, SIG_DFL);
    type_by_parent('z');
    fprintf(out, "suspend handled %d\n", state_of(pid, WUNTRACED));
    tcsetpgrp(0, getpgrp());
    pid = job(wait_here, 0);
    kill(pid, SIGSTOP);
    fprintf(out, "stop %d", state_of(pid, WUNTRACED));
    kill(pid, SIGKILL);
    fprintf(out, " kill %d\n", state_of(pid, 0));
    fprintf(out, "not of this session %d", tcsetpgrp(0, getppid()) < 0 ? errno : 0);
    fprintf(out, " setsid of a leader %d\n", setsid() < 0 ? errno : 0);
    pid = job(wait_here, 1); /* gets SIGHUP when the leader ends */
    fflush(out);
    return 0;
}

static void test_terminal(void)
{
    int report[2], ask[2];
    char c, text[4096];
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof(name)) || pipe(report) || pipe(ask)) {
        printf("no terminal\n");
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        int fd = open(name, O_RDWR);
        ioctl(fd, TIOCSCTTY, 0);
        dup2(fd, 0);
        dup2(fd, 1);
        close(ask[0]);
        close(report[0]);
        close(master);
        ask_fd = ask[1];
        FILE *out = fdopen(report[1], "w");
        _exit(leader(out));
    }
    close(report[1]);
    close(ask[1]);
    while (read(ask[0], &c, 1) == 1) {
        const char *keys = c == 'a' ? "hello\n" : c == 'c' ? "\003" : c == 'q' ? "\034" : "\032";
        if (write(master, keys, strlen(keys)) < 0) {
            break;
        }
    }
    int status = state_of(pid, 0);
    ssize_t n = 0, r;
    while ((r = read(report[0], text + n, sizeof(text) - 1 - (size_t)n)) > 0) {
        n += r;
    }
    text[n] = 0;
    printf("%sleader %d\n", text, status);
    n = read(master, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = 0;
    printf("output %d echo %d\n", strstr(text, "from a job\r\n") != NULL, strstr(text, "hello") != NULL);
    struct pollfd p = { .fd = master }; /* a hang-up is reported in any case */
    poll(&p, 1, 1000);
    printf("hung up %d\n", (p.revents & POLLHUP) != 0);
    close(master);
}

static int status_of(pid_t pid) { return state_of(pid, 0); }
#define IN_CHILD(what, expression) \
    do { \
        pid_t child = fork(); \
        if (child == 0) { \
            _exit(expression); \
        } \
        say(what, status_of(child)); \
    } while (0)

static int become(uid_t r, uid_t e, uid_t s)
{
    uid_t a, b, c;
    if (setresuid(r, e, s)) {
        return errno;
    }
    getresuid(&a, &b, &c);
    return 100 + (a == r) + 2 * (b == e) + 4 * (c == s) + 8 * (setuid(0) == 0 || errno == EPERM);
}


static int groups(void)
{
    gid_t set[3] = { 10, 20, 30 }, got[8];
    if (setgroups(3, set)) {
        return errno;
    }
    int n = getgroups(8, got);
    return 100 + n + 10 * (got[1] == 20);
}

static int fs_ids(void)
{
    int before = setfsuid(1234), after = setfsuid((uid_t)-1);
    return 100 + (before == (int)getuid()) + 2 * (after == 1234);
}

static int orphans(void)
{
    setsid(); /* whoever inherits the orphan may be of ours: a container's first process */
    signal(SIGHUP, note);
    pid_t pid = fork();
    if (pid == 0) { /* its group becomes orphaned while it has a stopped member */
        setpgid(0, 0);
        pid_t stopped = fork();
        if (stopped == 0) {
            signal(SIGHUP, SIG_DFL);
            raise(SIGSTOP);
            _exit(1);
        }
        state_of(stopped, WUNTRACED);
        _exit(7);
    }
    return state_of(pid, 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    test_terminal();
    if (geteuid() == 0) {
        IN_CHILD("setresuid", become(1000, 1001, 1002));
        IN_CHILD("groups", groups());
        IN_CHILD("setfsuid", fs_ids());
        IN_CHILD("setreuid", setreuid(5, 6) ? errno : 100 + (getuid() == 5 && geteuid() == 6));
        IN_CHILD("setgid", setgid(77) ? errno : 100 + (getgid() == 77 && getegid() == 77));
        IN_CHILD("keeps capabilities", prctl(PR_SET_KEEPCAPS, 1) ? errno : 100 + prctl(PR_GET_KEEPCAPS));
    }
    IN_CHILD("orphaned group", orphans());
    IN_CHILD("setpgid of nobody", setpgid(1, 0) < 0 ? errno : 0);
    IN_CHILD("session", setsid() == getpid() && getsid(0) == getpid() && open("/dev/tty", O_RDWR) < 0 ? errno : 0);
    IN_CHILD("dumpable", prctl(PR_SET_DUMPABLE, 0) ? errno : 100 + prctl(PR_GET_DUMPABLE));
    IN_CHILD("death signal", (prctl(PR_SET_PDEATHSIG, SIGUSR1), 100));
    return 0;
}
