/* SPDX-License-Identifier: MIT */
/* Code that changes: a block that rewrites itself, a JIT in RWX memory, RW -> RX -> RW, two mappings of one memfd, read() into code, fork with code in
 * private memory. Guest program for riscv64; checks itself, prints TAP. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef long Fn(long);
static int number, failures;

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++number, name);
    failures += !is_ok;
    fflush(stdout);
}

static uint32_t addi(int rd, int rs, int imm) { return (uint32_t)(imm & 0xfff) << 20 | (uint32_t)rs << 15 | (uint32_t)rd << 7 | 0x13; }
static const uint32_t ret = 0x00008067, fence_i = 0x0000100f;

/* a0 + imm */
static void put(uint32_t *p, int imm)
{
    p[0] = addi(10, 10, imm);
    p[1] = ret;
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
        /* a1 = new instruction, a2 = its address: sw a1, 0(a2); fence.i; addi a0, a0, 1 (replaced); ret */
        p[0] = 0x00b62023;
        p[1] = fence_i;
        p[2] = addi(10, 10, 1);
        p[3] = ret;
        __builtin___clear_cache((char *)p, (char *)(p + 4));
        long r = ((long (*)(long, long, void *))p)(100, addi(10, 10, round), p + 2);
        good &= r == 100 + round;
    }
    ok(good, "a block that rewrites its own next instruction");
    /* without fence.i between but with a jump: store into the other half of the page */
    good = 1;
    for (int round = 0; round < 50; round++) {
        p[0] = 0x00b62023;      /* sw a1, 0(a2) */
        p[1] = fence_i;
        p[2] = 0x7fd0006f - 0;  /* replaced below by a jump forward */
        p[2] = 0x0040006f;      /* j +4 */
        p[3] = addi(10, 10, 1); /* replaced */
        p[4] = ret;
        __builtin___clear_cache((char *)p, (char *)(p + 5));
        long r = ((long (*)(long, long, void *))p)(7, addi(10, 10, round * 2), p + 3);
        good &= r == 7 + round * 2;
    }
    ok(good, "a block that rewrites the block that it jumps to");
    /* a loop that increments the immediate of its own addi */
    uint32_t loop[] = { addi(5, 0, 0),        /* t0 = 0 */
                        addi(6, 0, 20),       /* t1 = 20 rounds */
                        addi(5, 5, 0),        /* t0 += imm (grows each round) */
                        0x00052383,           /* lw t2, 0(a0) */
                        0x00b383b3,           /* add t2, t2, a1 */
                        0x00752023,           /* sw t2, 0(a0) */
                        fence_i, addi(6, 6, -1),
                        0xfe0314e3,           /* bnez t1, -24 */
                        addi(10, 5, 0), ret };
    memcpy(p, loop, sizeof(loop));
    __builtin___clear_cache((char *)p, (char *)p + sizeof(loop));
    long r = ((long (*)(void *, long))p)(p + 2, 1 << 20);
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
        w[0] = addi(10, 10, i);
        w[1] = ret;
        __builtin___clear_cache((char *)x, (char *)(x + 2));
        sum += ((Fn *)x)(1);
        want += 1 + i;
    }
    ok(sum == want, "code through two mappings of one memfd");
    uint32_t code[2] = { addi(10, 10, 77), ret };
    ok(pwrite(fd, code, 8, 0) == 8, "pwrite to the memfd");
    __builtin___clear_cache((char *)x, (char *)(x + 2));
    ok(((Fn *)x)(1) == 78, "code changed by pwrite");
    uint32_t *x2 = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 4096);
    put(w + 1024, 9);
    ok(((Fn *)x2)(1) == 10 && ((Fn *)(x + 1024))(2) == 11, "a third mapping at another offset");
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
        uint32_t code[2] = { addi(10, 10, i), ret };
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
