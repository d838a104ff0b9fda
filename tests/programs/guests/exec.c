/* SPDX-License-Identifier: MIT */
/* execve in all its forms: the program runs itself again and reports what the new one sees. Prints TAP. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

extern char **environ;
static int count;
static char self[4096], folder[] = "/tmp/lyre-exec-XXXXXX", output[65536];

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name);
    if (!is_ok) {
        for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n")) {
            printf("# %s\n", line);
        }
    }
    fflush(stdout);
}

static void show_file(const char *name, const char *path)
{
    char buf[4096];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, buf, sizeof(buf) - 1) : -1;
    printf("%s=", name);
    for (ssize_t i = 0; i < n; i++) {
        putchar(buf[i] == 0 ? '|' : buf[i] == '\n' ? ' ' : buf[i]);
    }
    putchar('\n');
    if (fd >= 0) {
        close(fd);
    }
}

static void list_descriptors(char *out)
{
    *out = 0;
    for (int fd = 0; fd < 1100; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            out += sprintf(out, "%d ", fd);
        }
    }
}

/* What a program sees of how it was started. */
static int child(int argc, char **argv)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    exe[n > 0 ? n : 0] = 0;
    printf("argc=%d", argc);
    for (int i = 0; i < argc; i++) {
        printf(" [%s]", argv[i]);
    }
    printf("\nenv=");
    for (char **e = environ; *e; e++) {
        printf("[%s]", *e);
    }
    printf("\nexe=%s\nexecfn=%s\n", strcmp(exe, getenv("SELF") ? getenv("SELF") : self) ? exe : "self", (char *)getauxval(AT_EXECFN));
    show_file("comm", "/proc/self/comm");
    show_file("cmdline", "/proc/self/cmdline");
    show_file("environ", "/proc/self/environ");
    char fds[4096];
    list_descriptors(fds);
    struct rlimit l;
    getrlimit(RLIMIT_AS, &l);
    printf("fds=%s\nas=%lu", fds, (unsigned long)l.rlim_cur);
    getrlimit(RLIMIT_STACK, &l);
    struct sigaction sa, usr;
    sigset_t mask;
    sigaction(SIGSEGV, NULL, &sa);
    sigaction(SIGUSR1, NULL, &usr);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    printf("\nstack=%lu\nsegv=%d usr1=%d blocked=%d,%d\n", (unsigned long)l.rlim_cur, sa.sa_handler == SIG_IGN, usr.sa_handler == SIG_IGN,
           sigismember(&mask, SIGUSR2), sigismember(&mask, SIGSEGV));
    printf("ids=%d,%d secure=%lu flags=%lu\n", getuid(), geteuid(), getauxval(AT_SECURE), getauxval(AT_FLAGS));
    return 7;
}

/* Runs `fn` in a child and collects what it writes; the wait status. */
static int collect(void (*fn)(void))
{
    int fds[2], status = -1;
    size_t used = 0;
    ssize_t n;
    if (pipe(fds)) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        dup2(fds[1], 1);
        close(fds[1]);
        fn();
        printf("errno=%d\n", errno);
        fflush(stdout);
        _exit(99);
    }
    close(fds[1]);
    while ((n = read(fds[0], output + used, sizeof(output) - 1 - used)) > 0) {
        used += (size_t)n;
    }
    output[used] = 0;
    close(fds[0]);
    waitpid(pid, &status, 0);
    return status;
}

static int has(const char *line)
{
    const char *p = strstr(output, line);
    return p && (p == output || p[-1] == '\n');
}
static int is_seven(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 7; }
static int is_error(int status, int error)
{
    char line[40];
    snprintf(line, sizeof(line), "errno=%d\n", error);
    return WIFEXITED(status) && WEXITSTATUS(status) == 99 && has(line);
}

static char *env[] = {"A=1", "SELF=", "B=two words", NULL};

static void by_path(void) { execve(self, (char *[]){"other name", "child", "", "a b", NULL}, env); }
static void by_relative(void)
{
    if (chdir(folder) == 0) {
        execve("./link", (char *[]){"x", "child", NULL}, env);
    }
}
static void by_fd(void) { syscall(SYS_execveat, open(self, O_RDONLY | O_CLOEXEC), "", (char *[]){"x", "child", NULL}, env, AT_EMPTY_PATH); }
static void by_dirfd(void)
{
    syscall(SYS_execveat, open(folder, O_RDONLY | O_DIRECTORY), "link", (char *[]){"x", "child", NULL}, env, 0);
}
static void nofollow(void)
{
    syscall(SYS_execveat, open(folder, O_RDONLY | O_DIRECTORY), "link", (char *[]){"x", "child", NULL}, env, AT_SYMLINK_NOFOLLOW);
}
static void by_proc(void) { execve("/proc/self/exe", (char *[]){"x", "child", NULL}, env); }
static void by_search(void)
{
    setenv("PATH", folder, 1);
    execvp("link", (char *[]){"link", "child", NULL});
}
static void no_arguments(void) { execve(self, (char *[]){NULL}, (char *[]){"CHILD=1", NULL}); }
static void with_descriptors(void)
{
    dup2(1, 20);
    dup2(1, 21);
    fcntl(21, F_SETFD, FD_CLOEXEC);
    by_path();
}
static void with_limits(void)
{
    struct rlimit as = {40ul << 30, 40ul << 30}, stack = {3 << 20, RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &as);
    setrlimit(RLIMIT_STACK, &stack);
    by_path();
}
static void on_signal(int sig) {}
static void with_signals(void)
{
    sigset_t mask;
    signal(SIGSEGV, SIG_IGN);
    signal(SIGUSR1, on_signal);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigaddset(&mask, SIGSEGV);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    by_path();
}
static void in_chroot(void)
{
    char link[4096];
    snprintf(link, sizeof(link), "%s/copy", folder);
    /* nothing but one file is there: no /proc, no emulator */
    if (chroot(folder) == 0 && chdir("/") == 0) {
        execve("/copy", (char *[]){"x", "child", NULL}, env);
    }
}

static void in_chroot_twice(void)
{
    if (chroot(folder) == 0 && chdir("/") == 0) {
        execve("/copy", (char *[]){"x", "again", NULL}, env);
    }
}

/* As somebody who may neither read nor execute the emulator's file. */
static void as_nobody(void)
{
    if (setgid(65534) == 0 && setuid(65534) == 0 && chdir("/") == 0) {
        char *path = strrchr(folder, '/');
        char name[4200];
        snprintf(name, sizeof(name), "/tmp%s/copy", path);
        execve(name, (char *[]){"x", "child", NULL}, env);
    }
}

static char script[4200];
static void by_script(void) { execve(script, (char *[]){"gone", "one", "two", NULL}, env); }
static void by_script_fd(void)
{
    syscall(SYS_execveat, open(script, O_RDONLY), "", (char *[]){"gone", "one", NULL}, env, AT_EMPTY_PATH);
}
static void by_script_cloexec(void)
{
    syscall(SYS_execveat, open(script, O_RDONLY | O_CLOEXEC), "", (char *[]){"gone", "one", NULL}, env, AT_EMPTY_PATH);
}
static void host_program(void) { execve("/bin/sh", (char *[]){"sh", "-c", "echo host \"$0\" $A", "zero", NULL}, env); }
static void missing(void) { execve("/nonexistent", (char *[]){"x", NULL}, env); }
static void is_folder(void) { execve(folder, (char *[]){"x", NULL}, env); }
static void is_text(void) { execve("/etc/passwd", (char *[]){"x", NULL}, env); }
static void bad_path(void) { syscall(SYS_execve, 8, 0, 0); }
static void bad_argv(void) { syscall(SYS_execve, self, 8, 0); }
static void bad_string(void) { syscall(SYS_execve, self, (char *[]){"x", (char *)8, NULL}, 0); }
static void kernel_string(void) { syscall(SYS_execve, self, (char *[]){"x", (char *)-4096, NULL}, 0); }
static void empty_path(void) { execve("", (char *[]){"x", NULL}, env); }
static void bad_flags(void) { syscall(SYS_execveat, AT_FDCWD, self, (char *[]){"x", NULL}, env, 0x40000000); }
static void too_long(void)
{
    char *big = malloc(200000);
    memset(big, 'x', 199999);
    big[199999] = 0;
    execve(self, (char *[]){"x", big, NULL}, env);
}
static void many_arguments(void)
{
    enum { N = 50000 };
    char **list = malloc((N + 3) * sizeof(*list));
    list[0] = "x";
    list[1] = "count";
    for (int i = 2; i < N; i++) {
        list[i] = "argument";
    }
    list[N] = NULL;
    execve(self, list, env);
}

static void test_spawn(void)
{
    pid_t pid;
    int status = -1;
    ok(posix_spawn(&pid, "/nonexistent", NULL, NULL, (char *[]){"x", NULL}, environ) == ENOENT, "posix_spawn reports the error of exec");
    ok(posix_spawn(&pid, self, NULL, NULL, (char *[]){"x", "seven", NULL}, environ) == 0 && waitpid(pid, &status, 0) == pid && is_seven(status),
       "posix_spawn");
    for (int i = 0; i < 50; i++) {
        pid = vfork();
        if (pid == 0) {
            execve(i % 2 ? self : "/nonexistent", (char *[]){"x", "seven", NULL}, environ);
            _exit(7);
        }
        waitpid(pid, &status, 0);
        if (!is_seven(status)) {
            break;
        }
    }
    ok(is_seven(status), "vfork and exec, 50 times");
}

static void write_script(const char *format, ...)
{
    va_list args;
    FILE *f = fopen(script, "w");
    va_start(args, format);
    vfprintf(f, format, args);
    va_end(args);
    fclose(f);
    chmod(script, 0755);
}

static void test_scripts(void)
{
    snprintf(script, sizeof(script), "%s/script", folder);
    char want[9000];
    write_script("#!%s child of script\n", self);
    int s = collect(by_script);
    snprintf(want, sizeof(want), "argc=5 [%s] [child of script] [%s] [one] [two]\n", self, script);
    ok(is_seven(s) && has(want) && has("exe=self\n") && has("comm=script \n"), "script: one argument, its own path, the rest");
    write_script("#!  \t%s", self);
    s = collect(by_script);
    snprintf(want, sizeof(want), "argc=4 [%s] [%s] [one] [two]\n", self, script);
    ok(is_seven(s) && has(want), "script: blanks, no newline");
    write_script("#!%s child\n", self);
    s = collect(by_script_fd);
    ok(is_seven(s) && has("argc=4 [") && strstr(output, "] [child] [/dev/fd/") && has("execfn=/dev/fd/"), "script by descriptor");
    s = collect(by_script_cloexec);
    ok(is_error(s, ENOENT), "script by a descriptor that will be closed");
    write_script("#!%s\n", script);
    ok(is_error(collect(by_script), ELOOP), "script that runs itself");
    write_script("#!/nonexistent\n");
    ok(is_error(collect(by_script), ENOENT), "script without its interpreter");
    write_script("#!\n");
    ok(is_error(collect(by_script), ENOEXEC), "script that names none");
    write_script("#!/bin/sh\necho host $0 $1\n");
    s = collect(by_script);
    snprintf(want, sizeof(want), "host %s one\n", script);
    ok(s == 0 && has(want), "script of the host's shell");
}

static void test_copy(void)
{
    char path[4200], buf[65536];
    snprintf(path, sizeof(path), "%s/copy", folder);
    int in = open(self, O_RDONLY), out = open(path, O_WRONLY | O_CREAT, 0755);
    ssize_t n;
    while ((n = read(in, buf, sizeof(buf))) > 0) {
        if (write(out, buf, (size_t)n) != n) {
            break;
        }
    }
    close(in);
    close(out);
    if (getuid()) {
        printf("ok %d - chroot # SKIP not root\n", ++count);
    } else {
        int s = collect(in_chroot);
        ok(is_seven(s) && has("argc=2 [x] [child]\n"), "in a chroot without /proc and without the emulator");
        s = collect(in_chroot_twice);
        ok(is_seven(s) && has("argc=2 [x] [child]\n"), "and from there again");
        chmod(folder, 0755);
        s = collect(as_nobody);
        ok(is_seven(s) && has("argc=2 [x] [child]\n"), "as somebody who may not execute the emulator's file");
    }
    unlink(path);
}

int main(int argc, char **argv)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = 0;
    if (getenv("CHILD") || (argc > 1 && !strncmp(argv[1], "child", 5)) || (argc > 1 && strstr(argv[1], "lyre-exec-"))) {
        return child(argc, argv);
    }
    if (argc > 1 && strcmp(argv[1], "again") == 0) {
        execve("/copy", (char *[]){"x", "child", NULL}, environ);
        return 9;
    }
    if (argc > 1) {
        return strcmp(argv[1], "seven") == 0 ? 7 : argc == 50000 ? 7 : 1;
    }
    char path[4200], want[9000];
    static char self_variable[4200];
    snprintf(self_variable, sizeof(self_variable), "SELF=%s", self);
    env[1] = self_variable;
    if (!mkdtemp(folder)) {
        return 1;
    }
    snprintf(path, sizeof(path), "%s/link", folder);
    if (symlink(self, path)) {
        return 1;
    }

    int s = collect(by_path);
    snprintf(want, sizeof(want), "env=[A=1][%s][B=two words]\n", self_variable);
    ok(is_seven(s) && has("argc=4 [other name] [child] [] [a b]\n") && has(want) && has("exe=self\n"), "by path: arguments, environment, exe");
    ok(has("cmdline=other name|child||a b|\n") && has("environ=A=1|SELF="), "cmdline and environ in /proc");
    snprintf(want, sizeof(want), "execfn=%s\n", self);
    ok(has(want), "AT_EXECFN");
    snprintf(want, sizeof(want), "comm=%.15s \n", strrchr(self, '/') + 1);
    ok(has(want), "comm");
    char fds[4096], fds_line[4200];
    list_descriptors(fds);
    snprintf(fds_line, sizeof(fds_line), "fds=%s\n", fds);
    ok(has(fds_line), "no descriptor of ours");
    s = collect(by_relative);
    ok(is_seven(s) && has("execfn=./link\n") && has("comm=link \n") && has("exe=self\n"), "relative, by a symbolic link");
    s = collect(by_fd);
    ok(is_seven(s) && has("execfn=/dev/fd/") && has(fds_line), "fexecve");
    s = collect(by_dirfd);
    ok(is_seven(s) && has("execfn=/dev/fd/") && strstr(output, "/link\n"), "execveat of a directory");
    ok(is_error(collect(nofollow), ELOOP), "AT_SYMLINK_NOFOLLOW");
    ok(is_seven(collect(by_proc)) && has("exe=self\n"), "/proc/self/exe");
    ok(is_seven(collect(by_search)) && has("argc=2 [link] [child]\n"), "found in PATH");
    s = collect(no_arguments);
    ok(is_seven(s) && has("argc=1 []\n") && has("env=[CHILD=1]\n"), "no arguments at all");
    ok(is_seven(collect(with_descriptors)) && strstr(output, " 20 ") && !strstr(output, " 21 "), "descriptors and close-on-exec");
    ok(is_seven(collect(with_limits)) && has("as=42949672960\nstack=3145728\n"), "limits");
    ok(is_seven(collect(with_signals)) && has("segv=1 usr1=0 blocked=1,1\n"), "signals");
    test_scripts();
    s = collect(host_program);
    ok(s == 0 && strcmp(output, "host zero 1\n") == 0, "program of the host");
    ok(is_error(collect(missing), ENOENT) && is_error(collect(is_folder), EACCES) && is_error(collect(is_text), EACCES), "what cannot be run");
    ok(is_error(collect(bad_path), EFAULT) && is_error(collect(bad_argv), EFAULT) && is_error(collect(bad_string), EFAULT) &&
       is_error(collect(kernel_string), EFAULT), "bad pointers");
    ok(is_error(collect(empty_path), ENOENT) && is_error(collect(bad_flags), EINVAL), "empty path, bad flags");
    ok(is_error(collect(too_long), E2BIG) && is_seven(collect(many_arguments)), "long and many arguments");
    test_spawn();
    test_copy();
    unlink(script);
    unlink(path);
    rmdir(folder);
    printf("1..%d\n", count);
    return 0;
}
