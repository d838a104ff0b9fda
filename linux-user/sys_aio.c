/* SPDX-License-Identifier: MIT */
/*
 * Asynchronous input and output: Linux AIO and io_uring, whose structs are the same on all 64-bit little-endian guests. AIO's ring is mapped by the
 * kernel, at a place of its choice, and entered into the guest's map; requests are looked at before they are submitted. Requests in an io_uring
 * are not: the kernel takes them from memory, and says EFAULT when it would have to write where code was translated. Paths in them are the
 * kernel's, so under -L there is no io_uring. So is the layout of struct epoll_event in IORING_OP_EPOLL_CTL, which is another on x86-64:
 * sys_io_uring_setup keeps libuv, its user, from it.
 */
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "linux-user/check.h"
#include "linux-user/mm.h"
#include "linux-user/signal.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

/* Start of the ring in memory (fs/aio.c: struct aio_ring; programs read it, so it is ABI). */
typedef struct AioRing {
    uint32_t id, nr; /* number of events that it holds */
    uint32_t rest[6];
} AioRing;

static void note_ring(Mm *mm, uint64_t ctx)
{
    AioRing ring;
    if (mm_read(&ring, ctx, sizeof(ring)) || !mm_map_room(&mm->map, 4)) {
        return; /* found as a foreign mapping when something else is to be put there */
    }
    uint64_t end = ALIGN_UP(ctx + sizeof(ring) + ring.nr * sizeof(struct io_event), MM_PAGE);
    mm_map_remove(&mm->map, ctx, end);
    mm_map_insert(&mm->map, (MmArea){ .start = ctx, .end = end, .prot = PROT_READ | PROT_WRITE, .flags = AREA_SHARED | AREA_FOREIGN });
}

static void forget_ring(Mm *mm, uint64_t ctx)
{
    const MmArea *a = mm_map_find(&mm->map, ctx);
    if (a && a->start == ctx && (a->flags & AREA_FOREIGN) && mm_map_room(&mm->map, 2)) {
        mm_map_remove(&mm->map, ctx, a->end);
    }
}

int64_t sys_io_setup(Task *t, const uint64_t args[6])
{
    uint64_t ctx = 0;
    if (mm_read(&ctx, args[1], sizeof(ctx))) {
        return -EFAULT;
    }
    mm_lock(t->mm);
    int64_t r = sys_call2(SYS_io_setup, args[0], SYS_PTR(&ctx));
    if (r == 0) {
        note_ring(t->mm, ctx);
    }
    mm_unlock(t->mm);
    if (r == 0 && mm_write(args[1], &ctx, sizeof(ctx))) {
        sys_io_destroy(t, &ctx);
        return -EFAULT;
    }
    return r;
}

int64_t sys_io_destroy(Task *t, const uint64_t args[6])
{
    int64_t r = sys_call1(SYS_io_destroy, args[0]);
    if (r == 0) {
        mm_lock(t->mm);
        forget_ring(t->mm, args[0]);
        mm_unlock(t->mm);
    }
    return r;
}

/* Memory that a request names: what the kernel will write becomes writable, ours is refused. */
static int check_request(Task *t, uint64_t addr)
{
    struct iocb io;
    if (mm_read(&io, addr, sizeof(io))) {
        return -EFAULT;
    }
    switch (io.aio_lio_opcode) {
    case IOCB_CMD_PREAD: return check_write(t, io.aio_buf, io.aio_nbytes);
    case IOCB_CMD_PWRITE: return check_read(t, io.aio_buf, io.aio_nbytes);
    case IOCB_CMD_PREADV: return check_iovec(t, io.aio_buf, io.aio_nbytes, true);
    case IOCB_CMD_PWRITEV: return check_iovec(t, io.aio_buf, io.aio_nbytes, false);
    default: return 0;
    }
}

/* Up to the first request that is bad, as the kernel does. */
int64_t sys_io_submit(Task *t, const uint64_t args[6])
{
    int64_t nr = (int64_t)args[1], good = 0, error = 0;
    for (; good < nr; good++) {
        uint64_t addr;
        if (mm_read(&addr, args[2] + (uint64_t)good * sizeof(addr), sizeof(addr)) || check_request(t, addr)) {
            error = -EFAULT;
            break;
        }
    }
    return good == 0 && error ? error : sys_call3(SYS_io_submit, args[0], SYS_INT(nr < 0 ? nr : good), args[2]);
}

static int check_events(Task *t, const uint64_t args[6])
{
    int64_t nr = (int64_t)args[2];
    return nr > 0 && nr < INT32_MAX ? check_write(t, args[3], (uint64_t)nr * sizeof(struct io_event)) : 0;
}

int64_t sys_io_getevents(Task *t, const uint64_t args[6])
{
    int error = check_events(t, args);
    return error ? error : syscall_blocking(t, SYS_io_getevents, args[0], args[1], args[2], args[3], args[4], 0);
}

/* A call that waits under a mask: {address of the mask, its size} at `addr`, copied to `out` with our own. */
typedef struct WaitMask {
    uint64_t pair[2], mask;
    bool has_mask;
} WaitMask;

static int64_t read_wait_mask(Task *t, uint64_t mask, uint64_t size, WaitMask *out)
{
    int64_t error = check_read(t, mask, sizeof(out->mask));
    error = error ? error : signal_read_mask(mask, size, &out->mask);
    out->has_mask = mask != 0;
    out->pair[0] = mask ? SYS_PTR(&out->mask) : 0;
    out->pair[1] = sizeof(out->mask);
    return error;
}

int64_t sys_io_pgetevents(Task *t, const uint64_t args[6])
{
    uint64_t guest[2] = { 0, 0 };
    WaitMask w = { .has_mask = false };
    if (check_events(t, args) || (args[5] && (check_read(t, args[5], sizeof(guest)) || mm_read(guest, args[5], sizeof(guest))))) {
        return -EFAULT;
    }
    int64_t error = read_wait_mask(t, guest[0], guest[1], &w);
    if (error) {
        return error;
    }
    int64_t n = syscall_blocking(t, SYS_io_pgetevents, args[0], args[1], args[2], args[3], args[4], args[5] ? SYS_PTR(w.pair) : 0);
    if (w.has_mask) {
        signal_note_wait(t, w.mask, n);
    }
    return n;
}

/* ---- io_uring */

/* libuv asks for the feature RSRC_TAGS (Linux 5.13) before it hands a ring its epoll_ctl calls, where there is no way to convert them. */
int64_t sys_io_uring_setup(Task *t, const uint64_t args[6])
{
    uint64_t at = args[1] + offsetof(struct io_uring_params, features);
    uint32_t features;
    int64_t fd = t->fs->prefix ? -ENOSYS : sys_call2(SYS_io_uring_setup, args[0], args[1]);
    if (fd < 0 || mm_read(&features, at, sizeof(features))) {
        return fd;
    }
    features &= ~(uint32_t)IORING_FEAT_RSRC_TAGS;
    return mm_write(at, &features, sizeof(features)) ? -EFAULT : fd;
}

/* The last two arguments: a mask and its size, or with IORING_ENTER_EXT_ARG a struct that names them and a timeout. */
int64_t sys_io_uring_enter(Task *t, const uint64_t args[6])
{
    struct { uint64_t sigmask; uint32_t size, pad; uint64_t timeout; } ext = { 0 };
    bool is_ext = args[3] & IORING_ENTER_EXT_ARG;
    WaitMask w = { .has_mask = false };
    if (is_ext && args[4] && args[5] != sizeof(ext)) {
        return -EINVAL;
    }
    if (is_ext && args[4] && (check_read(t, args[4], sizeof(ext)) || mm_read(&ext, args[4], sizeof(ext)))) {
        return -EFAULT;
    }
    int64_t error = read_wait_mask(t, is_ext ? ext.sigmask : args[4], is_ext ? ext.size : args[5], &w);
    if (error) {
        return error;
    }
    ext.sigmask = w.pair[0];
    uint64_t arg = is_ext ? (args[4] ? SYS_PTR(&ext) : 0) : w.pair[0];
    int64_t n = syscall_blocking(t, SYS_io_uring_enter, args[0], args[1], args[2], args[3], arg, is_ext ? args[5] : sizeof(w.mask));
    if (w.has_mask) {
        signal_note_wait(t, w.mask, n);
    }
    return n;
}
