/* SPDX-License-Identifier: MIT */
/* The host range: linked static-pie with malloc replaced, as an emulator is. Prints TAP. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/hostmem.h"

static int count;
static void ok(bool is_ok, const char *name) { printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name); }

static char maps[65536];
static void read_maps(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    maps[fread(maps, 1, sizeof(maps) - 1, f)] = 0;
    fclose(f);
}

/* Every mapping of this process lies in one of the intervals. */
static bool is_all_known(void)
{
    for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx", &start, &end) != 2 || strstr(line, "[vsyscall]")) {
            continue;
        }
        if (!hostmem_overlaps(start, end - start)) {
            printf("# unknown: %s\n", line);
            return false;
        }
    }
    return true;
}

static void test_random_objects(void)
{
    enum { N = 2000 };
    static unsigned char *p[N];
    static size_t size[N];
    bool is_good = true;
    srand(1);
    for (int i = 0; i < 200000; i++) {
        int k = rand() % N;
        if (p[k]) {
            is_good &= p[k][0] == (k & 255) && p[k][size[k] - 1] == (k & 255);
            is_good &= malloc_usable_size(p[k]) >= size[k];
            if (rand() % 4 == 0) {
                size_t n = 1 + (size_t)rand() % 5000;
                p[k] = realloc(p[k], n);
                is_good &= p[k][0] == (k & 255);
                size[k] = n;
            } else {
                free(p[k]);
                p[k] = NULL;
                continue;
            }
        } else {
            size[k] = 1 + (size_t)(rand() % 100 == 0 ? rand() % 300000 : rand() % 700);
            size_t align = 1ul << (rand() % 13);
            align = rand() % 3 == 0 ? align : 16;
            p[k] = align == 16 ? malloc(size[k]) : memalign(align, size[k]);
            is_good &= (uintptr_t)p[k] % align == 0;
        }
        p[k][0] = p[k][size[k] - 1] = (unsigned char)k;
    }
    for (int k = 0; k < N; k++) {
        free(p[k]);
    }
    ok(is_good, "random objects keep their bytes");
    unsigned char *z = calloc(100, 7);
    unsigned char sum = 0;
    for (int i = 0; i < 700; i++) {
        sum |= z[i];
    }
    ok(sum == 0, "calloc is zero");
    free(z);
    volatile size_t huge = SIZE_MAX / 2;
    ok(calloc(huge, 3) == NULL && malloc(huge * 2 - 5) == NULL, "overflow");
}

static void test_pages(void)
{
    char *a = hostmem_pages_alloc(10000), *b = hostmem_pages_alloc(4096);
    a[12287] = 1;
    hostmem_pages_free(a, 10000);
    char *c = hostmem_pages_alloc(12288);
    ok(c == a && c[12287] == 0, "freed pages come back as zero");
    hostmem_pages_free(c, 12288);
    hostmem_pages_free(b, 4096);
    char *r = hostmem_reserve(1 << 20, 1 << 21);
    ok((uintptr_t)r % (1 << 21) == 0, "aligned reservation");
    ok(mprotect(r, 4096, PROT_READ | PROT_WRITE) == 0 && (*r = 1), "reservation can be opened");
    hostmem_pages_free(r, 1 << 20);
    ok(hostmem_pages_alloc(1ull << 40) == NULL, "more than there is");
    char *g = hostmem_guarded_alloc(4096);
    pid_t pid = fork();
    if (pid == 0) {
        g[4096] = 1;
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status), "guard page");
    hostmem_guarded_free(g, 4096);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 4096);
    hostmem_find_intervals();
    read_maps();
    ok(!strstr(maps, "[heap]"), "no brk heap");
    ok(is_all_known(), "every mapping is in an interval");
    HostInterval v[8];
    unsigned n = hostmem_intervals(v, 8);
    bool is_sorted = n >= 4;
    for (unsigned i = 1; i < n; i++) {
        is_sorted &= v[i - 1].end <= v[i].start;
    }
    ok(is_sorted, "intervals are sorted");
    ok(hostmem_overlaps((uintptr_t)malloc(1), 1) && hostmem_overlaps((uintptr_t)&n, 1) && hostmem_overlaps((uintptr_t)main, 1),
       "heap, stack and image are ours");
    ok(!hostmem_overlaps(0x10000, 4096) && hostmem_overlaps(~0ull - 10, 100), "low addresses are not; a wrapping range is");
    ok(sbrk(4096) == (void *)-1, "sbrk fails");
    test_pages();
    test_random_objects();
    read_maps();
    ok(is_all_known() && !strstr(maps, "[heap]"), "every mapping is in an interval at the end");
    printf("1..%d\n", count);
    return 0;
}
