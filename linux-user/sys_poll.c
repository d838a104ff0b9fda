/* SPDX-License-Identifier: MIT */
/* Waiting for several descriptors: epoll, whose event is packed on x86-64 alone, and the calls that set the signal mask while they wait. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "linux-user/check.h"
#include "linux-user/mm.h"
#include "linux-user/signal.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

typedef struct GenericEpollEvent {
    uint32_t events, pad;
    uint64_t data;
} GenericEpollEvent;

int64_t sys_epoll_ctl(Task *t, const uint64_t args[6])
{
    GenericEpollEvent guest;
    struct epoll_event host;
    if (args[1] == EPOLL_CTL_DEL) {
        return sys_call4(SYS_epoll_ctl, args[0], args[1], args[2], 0);
    }
    if (mm_read(&guest, args[3], sizeof(guest))) {
        return -EFAULT;
    }
    host.events = guest.events;
    host.data.u64 = guest.data;
    return sys_call4(SYS_epoll_ctl, args[0], args[1], args[2], SYS_PTR(&host));
}

/* Makes n events at a guest address, which the host wrote in its smaller layout, the guest's: from the last on, since they grow. */
static int64_t spread_events(uint64_t addr, int64_t n)
{
    while (n-- > 0) {
        struct epoll_event host;
        if (mm_read(&host, addr + (uint64_t)n * sizeof(host), sizeof(host))) {
            return -EFAULT;
        }
        const GenericEpollEvent guest = { .events = host.events, .data = host.data.u64 };
        if (mm_write(addr + (uint64_t)n * sizeof(guest), &guest, sizeof(guest))) {
            return -EFAULT;
        }
    }
    return 0;
}

/* The common part: number is that of epoll_pwait or epoll_pwait2, timeout an int or a pointer. */
static int64_t epoll_wait_events(Task *t, long number, const uint64_t args[6])
{
    uint64_t mask = 0;
    int max = (int)args[2];
    if (max <= 0 || (unsigned)max > INT32_MAX / sizeof(GenericEpollEvent)) {
        return -EINVAL;
    }
    if (check_write(t, args[1], (uint64_t)max * sizeof(GenericEpollEvent))) {
        return -EFAULT;
    }
    int64_t error = signal_read_mask(args[4], args[5], &mask);
    if (error) {
        return error;
    }
    int64_t n = syscall_blocking(t, number, args[0], args[1], (uint64_t)max, args[3], args[4] ? SYS_PTR(&mask) : 0, sizeof(mask));
    if (args[4]) {
        signal_note_wait(t, mask, n);
    }
    error = spread_events(args[1], n);
    return error ? error : n;
}

int64_t sys_epoll_pwait(Task *t, const uint64_t args[6]) { return epoll_wait_events(t, SYS_epoll_pwait, args); }
int64_t sys_epoll_pwait2(Task *t, const uint64_t args[6]) { return epoll_wait_events(t, 441, args); }

int64_t sys_ppoll(Task *t, const uint64_t args[6])
{
    uint64_t mask = 0;
    int64_t error = signal_read_mask(args[3], args[4], &mask);
    if (error) {
        return error;
    }
    int64_t n = syscall_blocking(t, SYS_ppoll, args[0], args[1], args[2], args[3] ? SYS_PTR(&mask) : 0, sizeof(mask), 0);
    if (args[3]) {
        signal_note_wait(t, mask, n);
    }
    return n;
}

/* The sixth argument points to {pointer to the mask, its size}. */
int64_t sys_pselect6(Task *t, const uint64_t args[6])
{
    uint64_t pair[2] = { 0, 0 }, mask = 0;
    if (args[5] && (check_read(t, args[5], sizeof(pair)) || mm_read(pair, args[5], sizeof(pair)))) {
        return -EFAULT;
    }
    int64_t error = check_read(t, pair[0], sizeof(mask));
    error = error ? error : signal_read_mask(pair[0], pair[1], &mask);
    if (error) {
        return error;
    }
    const uint64_t host[2] = { pair[0] ? SYS_PTR(&mask) : 0, sizeof(mask) };
    int64_t n = syscall_blocking(t, SYS_pselect6, args[0], args[1], args[2], args[3], args[4], SYS_PTR(host));
    if (pair[0]) {
        signal_note_wait(t, mask, n);
    }
    return n;
}
