/* SPDX-License-Identifier: MIT */
/* How deep the stack goes, and where things lie; limits.py reads it. stack depth [MAX]: KiB that could be used, by frames of 64 KiB of which one page
 * is touched; stack raise KIB: the same after setrlimit; stack as: KiB that mmap gave; stack data: another process sets a limit;
 * stack where: addresses. */
#include <alloca.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME = 65536 };
static jmp_buf back;
static volatile long depth, most;

static void on_fault(int sig) { siglongjmp(back, 1); }

static __attribute__((noinline)) int dive(void)
{
    volatile char *p = alloca(FRAME);
    p[0] = 1;
    depth += FRAME / 1024;
    return depth < most ? dive() + p[0] : 0;
}

/* A limit that another process sets while this one runs, far below what it has. Much code follows that has not run yet. */
static int limited_by_another(int resource)
{
    enum { BITS = 160 };
    const struct rlimit small = {1 << 16, 1 << 16};
    char text[400];
    fflush(stdout);
    if (fork() == 0) {
        _exit(prlimit(getppid(), resource, &small, NULL) != 0);
    }
    int status = 1;
    wait(&status);
    for (int i = 0; i < BITS; i++) {
        snprintf(text, sizeof(text), "%.*f %*x %lc %-8s %e", i, ldexp(1.1, i), i, i, L'x', "s", 1.0 / (i + 1));
        depth += (long)strtod(text, NULL) != (long)ldexp(1.1, i);
    }
    void *more = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    depth += execl("/nonexistent", "x", NULL) != -1;
    printf("%d %ld %s\n", status, depth, more == MAP_FAILED ? "full" : "free");
    return 0;
}

int main(int argc, char **argv)
{
    static char alternate[65536];
    const stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
    struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
    const char *what = argc > 1 ? argv[1] : "";
    most = strcmp(what, "depth") == 0 && argc > 2 ? atol(argv[2]) : 1l << 40;
    if (strcmp(what, "where") == 0) {
        char *heap = sbrk(4096), *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        printf("%p %p %p %p\n", (void *)&argc, (void *)heap, (void *)map, (void *)main);
        return 0;
    }
    if (strcmp(what, "as") == 0) {
        long kib = 0;
        while (mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED) {
            kib += 1024;
        }
        printf("%ld\n", kib);
        return 0;
    }
    if (strcmp(what, "data") == 0) {
        return limited_by_another(argc > 2 ? RLIMIT_AS : RLIMIT_DATA);
    }
    if (strcmp(what, "raise") == 0) {
        struct rlimit l;
        getrlimit(RLIMIT_STACK, &l);
        l.rlim_cur = strtoul(argv[2], 0, 0) * 1024;
        if (setrlimit(RLIMIT_STACK, &l)) {
            return 1;
        }
    }
    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    if (sigsetjmp(back, 1) == 0) {
        dive();
    }
    printf("%ld\n", depth);
    return 0;
}
