/* SPDX-License-Identifier: MIT */
/* Code that changes: a block that rewrites itself, a JIT in RWX memory, RW -> RX -> RW, two mappings of one memfd, read() into code, fork with code in
 * private memory. Checks itself, prints TAP. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#include "guest.h"

typedef long Fn(long);
static int number, failures;

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++number, name);
    failures += !is_ok;
    fflush(stdout);
}

/* The argument + imm. */
static void put(uint32_t *p, int imm)
{
    p[0] = code_add(imm);
    p[1] = CODE_RET;
    __builtin___clear_cache((char *)p, (char *)(p + 2));
}

static void *map(int prot) { return mmap(NULL, 8192, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

static void test_jit(void)
{
    uint32_t *p = map(PROT_READ | PROT_WRITE | PROT_EXEC);
    long sum = 0, want = 0;
    for (int i = 0; i < 2000; i++) {
        put(p, i % 1000);
        sum += ((Fn *)p)(i);
        want += i + i % 1000;
    }
    ok(sum == want, "code rewritten in place 2000 times");
    sum = want = 0;
    for (int i = 0; i < 2000; i++) {
        uint32_t *q = p + 2 + i % 300 * 2;
        put(q, i % 500);
        for (int k = 0; k < 3; k++) {
            sum += ((Fn *)q)(k) + ((Fn *)p)(1);
            want += k + i % 500 + 1 + 1999 % 1000;
        }
    }
    ok(sum == want, "code written beside running code of the same page");
    munmap(p, 8192);
    p = map(PROT_READ | PROT_WRITE);
    sum = 0;
    for (int i = 0; i < 200; i++) {
        mprotect(p, 8192, PROT_READ | PROT_WRITE);
        put(p, i);
        mprotect(p, 8192, PROT_READ | PROT_EXEC);
        sum += ((Fn *)p)(0);
    }
    ok(sum == 199 * 200 / 2, "RW -> RX -> RW");
    munmap(p, 8192);
    uint32_t *again = mmap(p, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    put(again, 5);
    ok(((Fn *)again)(1) == 6, "unmapped and mapped again");
}

/* The block stores over its own next instructions, then runs them. */
static void test_self(void)
{
    uint32_t *p = map(PROT_READ | PROT_WRITE | PROT_EXEC);
    int good = 1;
    for (int round = 0; round < 50; round++) {
        uint32_t *changed = code_store(p);
        changed[0] = code_add(1); /* replaced */
        changed[1] = CODE_RET;
        __builtin___clear_cache((char *)p, (char *)(changed + 2));
        long r = ((long (*)(long, long, void *))p)(100, code_add(round), changed);
        good &= r == 100 + round;
    }
    ok(good, "a block that rewrites its own next instruction");
    good = 1;
    for (int round = 0; round < 50; round++) {
        uint32_t *changed = code_store(p);
        *changed++ = CODE_NEXT;
        changed[0] = code_add(1); /* replaced */
        changed[1] = CODE_RET;
        __builtin___clear_cache((char *)p, (char *)(changed + 2));
        long r = ((long (*)(long, long, void *))p)(7, code_add(round * 2), changed);
        good &= r == 7 + round * 2;
    }
    ok(good, "a block that rewrites the block that it jumps to");
    memcpy(p, code_growing, sizeof(code_growing));
    __builtin___clear_cache((char *)p, (char *)p + sizeof(code_growing));
    long r = ((long (*)(void *, long))p)(p + CHANGED, ADD_ONE_MORE);
    ok(r == 190, "a loop that changes its own immediate");
}

static void test_alias(void)
{
    int fd = memfd_create("jit", 0);
    if (ftruncate(fd, 8192)) {
        ok(0, "memfd");
        return;
    }
    uint32_t *w = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint32_t *x = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    long sum = 0, want = 0;
    for (int i = 0; i < 500; i++) {
        w[0] = code_add(i);
        w[1] = CODE_RET;
        __builtin___clear_cache((char *)x, (char *)(x + 2));
        sum += ((Fn *)x)(1);
        want += 1 + i;
    }
    ok(sum == want, "code through two mappings of one memfd");
    uint32_t code[2] = { code_add(77), CODE_RET };
    ok(pwrite(fd, code, 8, 0) == 8, "pwrite to the memfd");
    __builtin___clear_cache((char *)x, (char *)(x + 2));
    ok(((Fn *)x)(1) == 78, "code changed by pwrite");
    uint32_t *x2 = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 4096);
    put(w + 1024, 9);
    ok(((Fn *)x2)(1) == 10 && ((Fn *)(x + 1024))(2) == 11, "a third mapping at another offset");
    pid_t child = fork();
    if (child == 0) {
        put(w, 123);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    __builtin___clear_cache((char *)x, (char *)(x + 2));
    ok(((Fn *)x)(1) == 124, "code changed by another process");
    munmap(w, 8192);
    code[0] = code_add(55);
    ok(pwrite(fd, code, 8, 0) == 8, "pwrite where no mapping is writable");
    __builtin___clear_cache((char *)x, (char *)(x + 2));
    ok(((Fn *)x)(1) == 56, "code changed by that");
    uint32_t *own = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    ok(((Fn *)own)(1) == 56, "a private mapping of the file");
    code[0] = code_add(57);
    ok(pwrite(fd, code, 8, 0) == 8, "pwrite to its file");
    __builtin___clear_cache((char *)own, (char *)(own + 2));
    ok(((Fn *)own)(1) == 58, "its code is changed by that");
}

static void test_read(void)
{
    uint32_t *p = map(PROT_READ | PROT_WRITE | PROT_EXEC);
    int pipes[2], good = 1;
    if (pipe(pipes)) {
        ok(0, "pipe");
        return;
    }
    for (int i = 0; i < 100; i++) {
        uint32_t code[2] = { code_add(i), CODE_RET };
        good &= write(pipes[1], code, 8) == 8 && read(pipes[0], p, 8) == 8;
        __builtin___clear_cache((char *)p, (char *)(p + 2));
        good &= ((Fn *)p)(3) == 3 + i;
    }
    ok(good, "read() into a code page");
}

static void test_fork(void)
{
    uint32_t *p = map(PROT_READ | PROT_WRITE | PROT_EXEC);
    put(p, 1);
    ((Fn *)p)(0);
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        put(p, 2);
        _exit((int)((Fn *)p)(40));
    }
    waitpid(child, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 42, "the child rewrites its copy");
    ok(((Fn *)p)(40) == 41, "the parent keeps its own");
}

int main(void)
{
    test_jit();
    test_self();
    test_alias();
    test_read();
    test_fork();
    return failures != 0;
}
