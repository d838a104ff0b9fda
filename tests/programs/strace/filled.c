/* SPDX-License-Identifier: MIT */
/* Calls whose structs are filled, for strace_sweep.py: P is an empty page that may be written, no call is let through. */
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/uio.h>

#define S(...) syscall(__VA_ARGS__, 0L, 0L, 0L, 0L, 0L, 0L) /* what is left of six arguments is 0 */
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

static void map_nodes(void)
{
    union bpf_attr *b = (union bpf_attr *)(P + 32768);
    b->numa_node = 2;
    static const long sizes[] = { 80, 72, 28, 26, 24 };
    for (unsigned i = 0; i < 10; i++) {
        b->map_flags = i < 5 ? BPF_F_NUMA_NODE : BPF_F_NO_PREALLOC;
        S(SYS_bpf, 0L, b, sizes[i % 5]);
    }
    b->map_flags = BPF_F_NUMA_NODE;
    b->numa_node = -1;
    ((char *)b)[76] = 5;
    S(SYS_bpf, 0L, b, 80L);
    S(SYS_bpf, 0L, b, 200L);
}

static void map_flags(void)
{
    static const long flags[] = { 0, 1, 2, 4, 5, 6, 7, 8, 0x10, 0x18, 0x19, 0x100000000, 0x100000004 };
    union bpf_attr *b = (union bpf_attr *)(P + 36864);
    for (int i = 0; i < 13; i++) {
        memset(b, 0, 128);
        b->flags = flags[i];
        S(SYS_bpf, 1L, b, 32L);
        S(SYS_bpf, 2L, b, 32L);
        S(SYS_bpf, 21L, b, 32L);
        memset(b, 0, 128);
        b->batch.elem_flags = flags[i];
        for (long command = 24; command < 28; command++) {
            S(SYS_bpf, command, b, 56L);
        }
        memset(b, 0, 128);
        b->file_flags = flags[i];
        S(SYS_bpf, 6L, b, 16L);
        memset(b, 0, 128);
        b->open_flags = flags[i];
        S(SYS_bpf, 11L, b, 12L);
        S(SYS_bpf, 14L, b, 12L);
        memset(b, 0, 128);
        b->link_update.flags = flags[i];
        b->link_update.old_prog_fd = i - 1;
        S(SYS_bpf, 29L, b, 12L);
        S(SYS_bpf, 29L, b, 16L);
        memset(b, 0, 128);
        b->link_create.flags = flags[i];
        b->link_create.target_btf_id = 3;
        S(SYS_bpf, 28L, b, 16L);
        S(SYS_bpf, 28L, b, 20L);
        memset(b, 0, 128);
        b->attach_flags = flags[i];
        b->replace_bpf_fd = 3;
        S(SYS_bpf, 8L, b, 20L);
        S(SYS_bpf, 9L, b, 20L);
        memset(b, 0, 128);
        b->task_fd_query.flags = flags[i];
        S(SYS_bpf, 20L, b, 48L);
        memset(b, 0, 128);
        b->query.attach_flags = flags[i];
        S(SYS_bpf, 16L, b, 28L);
        memset(b, 0, 128);
        b->btf = (long)"abcdefghijklmnopqrstuvwxyz0123456789";
        b->btf_size = i + 1;
        S(SYS_bpf, 18L, b, 28L);
    }
}

static void keys(void)
{
    static const char data[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    static const long lengths[] = { 4, 32, 40, 0 };
    char *buf = (char *)(P + 20480);
    strcpy(buf, data);
    int dh[] = { 1, -2, 3 };
    struct keyctl_kdf_params kdf = { .hashname = "sha256", .otherinfo = (char *)data, .otherinfolen = 3 };
    S(SYS_keyctl, 23L, dh, buf, 16L, 0L);
    S(SYS_keyctl, 23L, dh, buf, 16L, &kdf);
    S(SYS_keyctl, 23L, dh, buf, 16L, &kdf, DONE);
    kdf.otherinfolen = 40;
    S(SYS_keyctl, 23L, dh, buf, 16L, &kdf);
    kdf = (struct keyctl_kdf_params) { .__spare[2] = 5 };
    S(SYS_keyctl, 23L, dh, buf, 16L, &kdf);
    S(SYS_keyctl, 23L, 0L, 0L, 0L, 0L);
    struct keyctl_pkey_query q = { .supported_ops = 0x1f, .key_size = 5, .max_data_size = 6, .max_dec_size = 7 };
    S(SYS_keyctl, 24L, -3L, 0L, "enc=pkcs1", &q);
    S(SYS_keyctl, 24L, 5L, 7L, "enc=pkcs1", &q, DONE);
    q.__spare[1] = 3;
    S(SYS_keyctl, 24L, 5L, 7L, 0L, &q, DONE);
    for (long i = 25; i < 29; i++) {
        for (int k = 0; k < 4; k++) {
            struct keyctl_pkey_params p = { .key_id = k - 3, .in_len = lengths[k], .out_len = 8, .__spare[3] = k == 2 };
            S(SYS_keyctl, i, &p, "enc=pkcs1", data, buf);
            S(SYS_keyctl, i, &p, "enc=pkcs1", data, buf, DONE);
        }
        S(SYS_keyctl, i, 0L, 0L, 0L, 0L);
    }
    S(SYS_keyctl, 31L, buf, 16L, 0L, 0L);
    S(SYS_keyctl, 31L, buf, 0L, 0L, 0L, DONE);
    S(SYS_keyctl, 32L, -3L, 5L, 1L, 0L);
    S(SYS_keyctl, 32L, -3L, 5L, 0L, 2L);
    S(SYS_keyctl, 99L, 0L, 0L, 0L, 0L);
}

static void rings(void)
{
    struct io_uring_restriction *r = (struct io_uring_restriction *)(P + 24576);
    for (int i = 0; i < 6; i++) {
        r[i] = (struct io_uring_restriction) { .opcode = i, .sqe_op = i == 3 ? 255 : 3, .resv = i & 1, .resv2[1] = i == 4 };
    }
    static const long counts[] = { 0, 1, 6 };
    for (int i = 0; i < 3; i++) {
        S(SYS_io_uring_register, 3L, 11L, r, counts[i]);
    }
    S(SYS_io_uring_register, 3L, 11L, 1L, 2L);
    S(SYS_io_uring_register, 3L, 11L, 0L, 2L);
    S(SYS_io_uring_register, 3L, 11L, P + 65536 - 16, 2L);
    for (int i = 0; i < 50; i++) {
        r[i] = (struct io_uring_restriction) { .opcode = 1, .sqe_op = i };
    }
    S(SYS_io_uring_register, 3L, 11L, r, 40L);
    S(SYS_io_uring_register, 3L, 11L, r + 25, 24L);
    unsigned workers[] = { 3, 4, 5, 6 };
    for (long i = 0; i < 5; i++) {
        S(SYS_io_uring_register, 3L, 19L, workers, i);
        S(SYS_io_uring_register, 3L, 19L, workers, i, 0L, DONE);
    }
    S(SYS_io_uring_register, 3L, 19L, 0L, 2L);
    S(SYS_io_uring_register, 3L, 19L, 1L, 2L);
    for (int i = 0; i < 18; i++) {
        struct io_uring_params p = { .flags = i < 12 ? 1 << i : 0, .wq_fd = 3, .features = i < 13 ? 1 << i : 0x3e000, .resv[1] = i == 17 };
        p.sq_off = (struct io_sqring_offsets) { 1, 2, 3, 4, 5, 6, 7, i == 16 };
        p.cq_off = (struct io_cqring_offsets) { 1, 2, 3, 4, 5, 6, 7, i == 16 };
        S(SYS_io_uring_setup, 4L, &p, 0L, 0L, 0L, 0L);
        S(SYS_io_uring_setup, 4L, &p, 0L, 0L, 0L, DONE);
    }
}

static void ways_to_open(void)
{
    struct { struct open_how how; char more[100]; } *h = (void *)(P + 28672);
    static const long sizes[] = { 0, 8, 23, 24, 25, 28, 32, 56, 57, 64, 100, 5000 };
    for (int i = 0; i < 36; i++) {
        h->more[3] = i < 12;
        h->more[60] = i >= 24;
        S(SYS_openat2, -100L, "x", h, sizes[i % 12]);
    }
    static const long flags[] = { 0, 0100, 020200000, 020000000, 010000000 }, modes[] = { 0, 7, 0644, 02000000007 };
    for (int i = 0; i < 20; i++) {
        h->how.flags = flags[i % 5];
        h->how.mode = modes[i / 5];
        S(SYS_openat2, -100L, "x", h, 24L);
    }
}

static void log_levels(void)
{
    for (long i = -1; i < 11; i++) {
        S(SYS_syslog, 8L, 0L, i);
    }
}

#include "filled_ioctls.c"
#include "filled_sizes.c"

static void filled_calls(void)
{
    filled_sizes();
    filled_ioctls();
    map_nodes();
    map_flags();
    keys();
    rings();
    ways_to_open();
    log_levels();
    requests();
    administration();
    events();
    attributes();
}
