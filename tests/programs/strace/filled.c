/* SPDX-License-Identifier: MIT */
/* Calls whose structs are filled, for strace_sweep.py: P is an empty page that may be written, no call is let through. */
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/uio.h>

#define S syscall
#define EMPTY ((char *)P)

static void requests(void)
{
    struct iocb *cb = (struct iocb *)(P + 4096), **list = (struct iocb **)(P + 8192);
    struct iovec *iov = (struct iovec *)(P + 12288);
    iov[0] = (struct iovec) { (void *)(P + 64), 3 };
    for (int i = 0; i < 9; i++) {
        bool is_vector = i >= 7;
        cb[i] = (struct iocb) { .aio_lio_opcode = i == 4 ? 6 : i, .aio_data = i, .aio_fildes = 3, .aio_nbytes = is_vector ? 1 : 5, .aio_offset = 7,
                                .aio_buf = is_vector ? (long)iov : i == 5 ? 5 : P };
        list[i] = cb + i;
    }
    cb[0].aio_flags = 3;
    cb[0].aio_rw_flags = 4;
    cb[1].aio_reqprio = 1;
    cb[1].aio_flags = 1;
    cb[1].aio_resfd = 5;
    cb[2].aio_key = 4;
    S(SYS_io_submit, 0L, 9L, list);
    S(SYS_io_submit, 0L, -1L, list);
    for (int i = 0; i < 9; i++) {
        S(SYS_io_cancel, 0L, cb + i, 0L);
    }
}

static void administration(void)
{
    static const int commands[] = { Q_SYNC, Q_QUOTAON, Q_QUOTAOFF, Q_GETFMT, Q_GETINFO, Q_SETINFO, Q_GETQUOTA, Q_SETQUOTA, Q_GETNEXTQUOTA, 0x5801, 0x5802,
                                    0x5803, 0x5804, 0x5805, 0x5806, 0x5807, 0x5808, 0x5809, 0x1234 };
    for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        S(SYS_quotactl, QCMD(commands[i], i % 3), "/dev/x", i == 1 ? 2L : 1000L, EMPTY);
        S(SYS_quotactl_fd, 3L, QCMD(commands[i], i % 3), i == 1 ? 2L : 1000L, EMPTY);
    }
    for (long i = 0; i < 11; i++) {
        S(SYS_syslog, i, EMPTY, 100L);
    }
    static const long swap[] = { 0, 5, 0x8005, 0x18005, 0x78000 };
    for (unsigned i = 0; i < sizeof(swap) / sizeof(*swap); i++) {
        S(SYS_swapon, "x", swap[i]);
    }
    for (long i = 0; i < 32; i++) {
        S(SYS_keyctl, 5L, -3L, 1L << i);
    }
    for (long i = -3; i < 10; i++) {
        S(SYS_keyctl, 14L, i);
    }
    S(SYS_keyctl, 12L, 1L, "payload", 7L, -1L);
    S(SYS_keyctl, 10L, -3L, "user", "name", 0L);
    S(SYS_keyctl, 19L, -3L, 9L, 7L, -2L);
    struct { int n, type; char bytes[12]; } handle = { 12, 1, "abcdefghijk" };
    S(SYS_open_by_handle_at, 3L, &handle, 0L);
    S(SYS_name_to_handle_at, 3L, "x", &handle, 0L, 0L);
    S(SYS_setxattr, "x", "user.a", "value", 5L, 0L);
    S(SYS_setxattr, "x", "user.a", "value", 6L, 0L);
    S(SYS_setxattr, "x", "user.a", "", 0L, 0L);
    S(SYS_socket, 17L, 3L, 0x0300L);
    S(SYS_socket, 17L, 3L, 0x0008L);
    S(SYS_mmap, 0L, 4096L, 3L, 0x22L | 0x40000 | 21 << 26, -1L, 0L);
}

static void events(void)
{
    struct sigevent e = { .sigev_value.sival_int = 5, .sigev_signo = SIGUSR1 };
    static const int notify[] = { 0, 1, 2, 4 };
    for (unsigned i = 0; i < 4; i++) {
        e.sigev_notify = notify[i];
        S(SYS_timer_create, 0L, &e, 0L);
        S(SYS_mq_notify, 3L, &e);
    }
    struct perf_event_attr a = { .size = 64 };
    for (int type = 0; type < 7; type++) {
        a.type = type;
        a.config = type == 3 ? 0x10201 : type;
        S(SYS_perf_event_open, &a, 0L, -1L, -1L, 8L);
    }
    a = (struct perf_event_attr) { .config = 1, .size = 128, .freq = 1, .sample_freq = 4000, .sample_type = 7, .read_format = 7, .disabled = 1, .inherit = 1,
                                   .exclude_kernel = 1, .mmap = 1, .watermark = 1, .precise_ip = 2, .sample_id_all = 1, .exclude_guest = 1, .use_clockid = 1 };
    S(SYS_perf_event_open, &a, 0L, -1L, -1L, 8L);
}

static void attributes(void)
{
    union bpf_attr *b = (union bpf_attr *)(P + 16384);
    for (long i = 0; i < 32; i++) {
        S(SYS_bpf, i, b, 128L);
        S(SYS_bpf, i, b, 40L);
    }
    b->map_type = 1;
    b->key_size = 4;
    b->value_size = 8;
    b->max_entries = 10;
    b->map_flags = 3;
    strcpy(b->map_name, "mymap");
    static const long sizes[] = { 72, 44, 28, 20 };
    for (unsigned i = 0; i < 4; i++) {
        S(SYS_bpf, 0L, b, sizes[i]);
    }
    memset(b, 0, 128);
    b->prog_type = 1;
    b->license = (long)"GPL";
    b->kern_version = 0x50403;
    strcpy(b->prog_name, "p1");
    S(SYS_bpf, 5L, b, 72L);
    memset(b, 0, 128);
    b->pathname = (long)"/sys/fs/bpf/x";
    b->bpf_fd = 4;
    S(SYS_bpf, 6L, b, 16L);
    S(SYS_bpf, 7L, b, 16L);
}

static void filled_calls(void)
{
    requests();
    administration();
    events();
    attributes();
}
