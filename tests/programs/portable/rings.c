/* SPDX-License-Identifier: MIT */
/* Linux AIO and io_uring by raw system calls; the same words natively and in the guest. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#define SYS_io_uring_register 427
#endif

static int fd;
static void check(const char *what, int is_true) { printf("%s %d\n", what, is_true); }

static void test_aio(void)
{
    aio_context_t ctx = 0;
    char out[4096], in[4096] = "";
    memset(out, 'x', sizeof(out));
    int event = eventfd(0, 0);
    check("io_setup", syscall(SYS_io_setup, 100, &ctx) == 0 && ctx);
    check("twice", syscall(SYS_io_setup, 100, &ctx) == -1 && errno == EINVAL);
    struct iocb w = { .aio_data = 7, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)fd, .aio_buf = (uintptr_t)out, .aio_nbytes = sizeof(out),
                      .aio_offset = 4096, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = (uint32_t)event }, *list[2] = { &w, NULL };
    struct io_event done[4];
    struct timespec t = { 10, 0 };
    uint64_t n = 0;
    long r = syscall(SYS_io_submit, ctx, 1, list);
    printf("submit %ld\n", r);
    r = syscall(SYS_io_getevents, ctx, 1, 4, done, &t);
    printf("getevents %ld data %llu res %lld\n", r, (unsigned long long)done[0].data, (long long)done[0].res);
    r = read(event, &n, 8);
    printf("eventfd %ld %lu\n", r, (unsigned long)n);
    struct iocb rd = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = (uint32_t)fd, .aio_buf = (uintptr_t)in, .aio_nbytes = sizeof(in), .aio_offset = 4096 };
    struct iocb bad = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = 999 };
    struct iocb *two[3] = { &rd, &bad, (void *)8 };
    r = syscall(SYS_io_submit, ctx, 3, two);
    printf("submit of three %ld\n", r);
    r = syscall(333 + (292 - 333) * (sizeof(void *) == 8 && SYS_io_setup == 0), ctx, 1, 4, done, &t, NULL); /* io_pgetevents */
    printf("pgetevents %ld %d\n", r, r == 1 && memcmp(in, out, sizeof(in)) == 0);
    r = syscall(SYS_io_submit, ctx, 1, (struct iocb *[]){ (void *)8 });
    printf("bad request %ld %d\n", r, errno);
    /* the ring is in memory: id, number, head, tail, magic */
    uint32_t *ring = (uint32_t *)ctx;
    printf("ring %d %x\n", ring[1] >= 100, ring[4]);
    void *p = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check("mappings do not hit it", p != MAP_FAILED && ring[4] == 0xa10a10a1);
    check("io_destroy", syscall(SYS_io_destroy, ctx) == 0);
    check("gone", syscall(SYS_io_destroy, ctx) == -1 && errno == EINVAL);
}

static void test_uring(void)
{
    struct io_uring_params p = { 0 };
    int ring = (int)syscall(SYS_io_uring_setup, 8, &p);
    if (ring < 0) {
        printf("no io_uring: %d\n", errno);
        return;
    }
    size_t size = p.sq_off.array + p.sq_entries * 4, cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    size = size > cq_size ? size : cq_size;
    char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    check("maps", sq != MAP_FAILED && sqes != MAP_FAILED && (p.features & IORING_FEAT_SINGLE_MMAP));
    char in[32] = "";
    static const char text[] = "by the ring";
    memset(sqes, 0, 3 * sizeof(*sqes));
    sqes[0] = (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .user_data = 1 };
    sqes[1] = (struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = fd, .addr = (uintptr_t)text, .len = sizeof(text), .flags = IOSQE_IO_LINK, .user_data = 2 };
    sqes[2] = (struct io_uring_sqe){ .opcode = IORING_OP_READ, .fd = fd, .addr = (uintptr_t)in, .len = sizeof(text), .user_data = 3 };
    uint32_t *array = (uint32_t *)(sq + p.sq_off.array);
    for (uint32_t i = 0; i < 3; i++) {
        array[i] = i;
    }
    __atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 3, __ATOMIC_RELEASE);
    long r = syscall(SYS_io_uring_enter, ring, 3, 3, IORING_ENTER_GETEVENTS, NULL, 0);
    printf("enter %ld\n", r);
    struct io_uring_cqe *cqes = (struct io_uring_cqe *)(sq + p.cq_off.cqes);
    uint32_t tail = __atomic_load_n((uint32_t *)(sq + p.cq_off.tail), __ATOMIC_ACQUIRE), sum = 0;
    long results = 0;
    for (uint32_t i = 0; i < tail; i++) {
        sum += (uint32_t)cqes[i].user_data;
        results += cqes[i].res;
    }
    printf("done %u of %u results %ld text %s\n", sum, tail, results, in);
    sigset_t none;
    sigemptyset(&none);
    struct { uint64_t sigmask; uint32_t sz, pad; uint64_t ts; } ext = { (uintptr_t)&none, 8, 0, 0 };
    struct timespec t = { 0, 1000000 };
    ext.ts = (uintptr_t)&t;
    r = syscall(SYS_io_uring_enter, ring, 0, 4, IORING_ENTER_GETEVENTS | 8 /* EXT_ARG */, &ext, sizeof(ext));
    printf("timeout %ld %d\n", r, r < 0 ? errno : 0);
    int fds[1] = { fd };
    printf("register %ld\n", syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, fds, 1));
    printf("bad pointer %ld\n", syscall(SYS_io_uring_setup, 8, (void *)8) < 0 ? (long)errno : 0);
    close(ring);
}

/* As libuv adds a descriptor: by the ring where the kernel has RSRC_TAGS; the layout of struct epoll_event is the architecture's own. */
static void test_epoll(void)
{
    struct io_uring_params p = { 0 };
    struct epoll_event e = { .events = EPOLLIN, .data.u64 = 0x1122334455667788 }, got = { 0 };
    int ring = (int)syscall(SYS_io_uring_setup, 8, &p), ends[2], epoll = epoll_create1(0);
    if (pipe(ends) || write(ends[1], "x", 1) != 1) {
        return;
    }
    if (ring >= 0 && (p.features & 1 << 10 /* IORING_FEAT_RSRC_TAGS */)) {
        char *sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
        struct io_uring_sqe *sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
        sqes[0] = (struct io_uring_sqe){ .opcode = IORING_OP_EPOLL_CTL, .fd = epoll, .addr = (uintptr_t)&e, .len = EPOLL_CTL_ADD, .off = (unsigned)ends[0] };
        *(uint32_t *)(sq + p.sq_off.array) = 0;
        __atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
        syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    } else {
        epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &e);
    }
    int n = epoll_wait(epoll, &got, 1, 1000);
    printf("epoll %d events %x data %llx\n", n, (unsigned)got.events, (unsigned long long)got.data.u64);
}

int main(void)
{
    char name[] = "/tmp/lyre-rings-XXXXXX";
    fd = mkstemp(name);
    unlink(name);
    setvbuf(stdout, NULL, _IONBF, 0);
    test_aio();
    test_uring();
    test_epoll();
    return 0;
}
