/* SPDX-License-Identifier: MIT */
/* Ways to die, and other things that tests of options and of reports look at:  crash WAY */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

__attribute__((noinline)) static int read_bad(volatile int *p) { return *p; }
__attribute__((noinline)) static void illegal(void) { __asm__ volatile(".word 0"); }
__attribute__((noinline)) static void breakpoint(void) { __asm__ volatile(GUEST_BREAKPOINT); }

static void *in_thread(void *opaque)
{
    if (opaque) {
        read_bad((int *)opaque);
    }
    syscall(SYS_gettid);
    return NULL;
}

static void threads(void *opaque)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++) {
        pthread_create(&t[i], NULL, in_thread, opaque);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
    }
}

static void show(const char *name, const unsigned char *p)
{
    printf("%s ", name);
    for (int i = 0; i < 16; i++) {
        printf("%02x", p[i]);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    syscall(SYS_getppid);
    if (strcmp(way, "segv") == 0) {
        read_bad((int *)0x10);
    } else if (strcmp(way, "ill") == 0) {
        illegal();
    } else if (strcmp(way, "trap") == 0) {
        breakpoint();
    } else if (strcmp(way, "abort") == 0) {
        abort();
    } else if (strcmp(way, "jump") == 0) {
        ((void (*)(void))0x123456)();
    } else if (strcmp(way, "term") == 0) {
        raise(SIGTERM);
    } else if (strcmp(way, "thread") == 0) {
        threads((void *)0x20);
    } else if (strcmp(way, "threads") == 0) {
        threads(NULL);
    } else if (strcmp(way, "badptr") == 0) {
        syscall(SYS_write, 1, (void *)-4096L, 16);
        syscall(9999);
    } else if (strcmp(way, "wait") == 0) {
        return waitpid(-1, NULL, 0) == -1 && errno == ECHILD ? 7 : 1;
    } else if (strcmp(way, "system") == 0) {
        struct utsname name;
        char line[256];
        FILE *maps = fopen("/proc/self/maps", "r");
        unsigned long start, end;
        uname(&name);
        while (maps && fgets(line, sizeof(line), maps)) {
            if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &start, &end) == 2) {
                printf("stack=%luk ", (end - start) >> 10);
            }
        }
        printf("release=%s machine=%s hwcap=%lx\n", name.release, name.machine, getauxval(AT_HWCAP));
    } else if (strcmp(way, "random") == 0) {
        unsigned char buf[16] = {0};
        if (getrandom(buf, sizeof(buf), 0) == 16) {
            show("getrandom", buf);
        }
        show("AT_RANDOM", (unsigned char *)getauxval(AT_RANDOM));
    }
    return 0;
}
