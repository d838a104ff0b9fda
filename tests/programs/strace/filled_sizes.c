/* SPDX-License-Identifier: MIT */
/* Calls for strace_sweep.py that are told how long their struct is: each size, each word of it with several values, pointers with counts beside them. */
#include <linux/sched.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { COMMANDS = 36, WORDS = 40, UNKNOWN = 46 }; /* of bpf; no attach type of strace 6.1 has the last number */
static union bpf_attr *const attr = (union bpf_attr *)(P + 40960); /* 8192 bytes */

#define BPF(command, size, more) syscall(SYS_bpf, (long)(command), attr, (long)(size), 0L, 0L, more)

static void bpf_sizes(void)
{
    static const long odd[] = { 4095, 4096, 4097, 0xffffffff };
    for (int command = 0; command < COMMANDS; command++) {
        for (long size = 0; size < 130; size++) {
            BPF(command, size, 0L);
        }
        for (int i = 0; i < 4; i++) {
            BPF(command, odd[i], 0L);
        }
    }
}

/* Bits that strace does not know yet stand in differences.txt. */
static void bpf_words(void)
{
    static const int values[] = { 1, 3, -1 };
    for (int command = 0; command < COMMANDS; command++) {
        for (int word = 0; word < WORDS; word++) {
            for (int i = 0; i < 3; i++) {
                memset(attr, 0, 200);
                ((int *)attr)[word] = values[i];
                BPF(command, 160, 0L);
                BPF(command, 4 * word + 1, DONE);
            }
        }
    }
}

static void bpf_links(void)
{
    static const long sizes[] = { 16, 20, 24, 56, 64 };
    for (int type = 0; type < UNKNOWN; type++) {
        for (int k = 0; k < 10; k++) {
            memset(attr, 0, 200);
            attr->link_create.attach_type = type;
            for (int word = 4; k >= 5 && word < 14; word++) {
                ((int *)attr)[word] = word;
            }
            BPF(BPF_LINK_CREATE, sizes[k % 5], 0L);
        }
    }
}

/* Counts of 0, 1, fewer and more than strace shows; good, bad and no pointers; calls that succeed and fail. */
static void bpf_counts(void)
{
    static const int counts[] = { 0, 1, 5, 32, 33, 50 };
    int *ids = (int *)(P + 8192);
    for (int i = 0; i < 64; i++) {
        ids[i] = i + 7;
    }
    const long texts[] = { T(40), T(1), 8, 0 }, arrays[] = { (long)ids, (long)(ids + 20), 8, 0 };
    for (int i = 0; i < 48; i++) {
        long more = i & 1 ? DONE : 0, n = counts[i / 8], text = texts[i / 2 % 4], array = arrays[i / 2 % 4];
        memset(attr, 0, 200);
        attr->query.prog_ids = array;
        attr->query.prog_cnt = n;
        BPF(BPF_PROG_QUERY, 28, more);
        memset(attr, 0, 200);
        attr->link_create.attach_type = BPF_TRACE_ITER;
        attr->link_create.iter_info = array;
        attr->link_create.iter_info_len = n;
        BPF(BPF_LINK_CREATE, 28, more);
        memset(attr, 0, 200);
        attr->license = text;
        attr->log_buf = text;
        attr->log_size = n;
        BPF(BPF_PROG_LOAD, 48, more);
        memset(attr, 0, 200);
        attr->task_fd_query.buf = text;
        attr->task_fd_query.buf_len = n;
        BPF(BPF_TASK_FD_QUERY, 48, more);
        memset(attr, 0, 200);
        attr->btf = text;
        attr->btf_size = n;
        BPF(BPF_BTF_LOAD, 28, more);
        memset(attr, 0, 200);
        attr->raw_tracepoint.name = text;
        BPF(BPF_RAW_TRACEPOINT_OPEN, 12, more);
        memset(attr, 0, 200);
        memset(attr->map_name, 'n', counts[i / 8] < 16 ? counts[i / 8] : 16);
        BPF(BPF_MAP_CREATE, 44 - i % 16, more);
    }
}

static void clone_words(void)
{
    static const long values[] = { 0, 1, 5, -1, 17, 0x100, 0x300000000, P };
    struct clone_args *a = (struct clone_args *)attr;
    for (int word = 0; word < 12; word++) {
        for (int i = 0; i < 8; i++) {
            memset(a, 0, 8192);
            ((long *)a)[word] = values[i];
            for (long size = 0; size < 104; size += size < 56 ? 8 : 3) {
                S(SYS_clone3, a, size);
            }
        }
    }
    for (int i = 0; i < 8; i++) {
        S(SYS_clone3, a, 4096L + i % 4 * 100);
        ((char *)a)[90] = 1;
    }
}

/* What clone and clone3 have written. Arguments of clone in another order on amd64 are the same. */
static void clone_results(void)
{
    static const long flags[] = { 0, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_PIDFD | CLONE_PARENT_SETTID, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 0x1301000 };
    struct clone_args *a = (struct clone_args *)attr;
    int *ids = (int *)(P + 8192);
    const long pointers[] = { 0, 8, (long)ids, (long)(ids + 1) };
    for (int i = 0; i < 6 * 16 * 2; i++) {
        long more = i & 1 ? DONE : 0, one = pointers[i / 2 % 4], other = pointers[i / 8 % 4];
        *a = (struct clone_args) { .flags = flags[i / 32], .pidfd = one, .parent_tid = other, .child_tid = one, .exit_signal = 17 };
        syscall(SYS_clone3, a, 88L, 0L, 0L, 0L, more);
        syscall(SYS_clone, flags[i / 32] | 17, one, one, other, other, more);
    }
}

/* Structs whose size stands beside them or at their head. */
static void other_sizes(void)
{
    static const int values[] = { 1, 8, 16, -1 };
    int *words = (int *)attr;
    for (int word = 0; word < 36; word++) {
        for (int i = 0; i < 4; i++) {
            for (int size = 0; size < 80; size += word % 4 ? 8 : 1) {
                memset(attr, 0, 200);
                words[word] = values[i];
                S(SYS_mount_setattr, -100L, "x", 0L, attr, (long)size);
                S(SYS_landlock_create_ruleset, attr, (long)size, 0L);
                syscall(SYS_sched_getattr, 0L, attr, (long)size, 0L, 0L, DONE);
                words[0] = word ? size : words[0];
                S(SYS_sched_setattr, 0L, attr, 0L);
                words[0] = word == 0 ? values[i] : 0;
                words[1] = word == 1 ? values[i] : size;
                S(SYS_perf_event_open, attr, 0L, -1L, -1L, 0L);
            }
        }
    }
    for (long i = 0; i < 64; i++) {
        memset(attr, 0, 200);
        ((long *)attr)[2] = 1L << i;
        S(SYS_mount_setattr, -100L, "x", 0L, attr, 32L + i * 64);
    }
}

static void names(void)
{
    struct sockaddr_un *un = (struct sockaddr_un *)attr;
    memset(un, 'x', 200);
    un->sun_family = AF_UNIX;
    for (long size = 100; size < 130; size++) {
        S(SYS_bind, 3L, un, size);
    }
    for (long n = 0; n < 40; n++) {
        S(SYS_prctl, 15L, T(n)); /* PR_SET_NAME */
        S(SYS_prctl, 0x53564d41L, n / 39, P, 5L, T(n));
        S(SYS_mount, T(n), T(n), T(n), 0L, T(n));
        S(SYS_mount, T(n), T(n), T(n), 32L, T(n));
        S(SYS_fsconfig, 3L, n % 8, T(n), T(n), 0L);
        S(SYS_keyctl, 10L, 1L, T(n), T(n));
        S(SYS_quotactl, 0x80000200L, T(n), 0L, T(n));
        S(SYS_add_key, T(n), T(n), T(n), n);
    }
}

static void filled_sizes(void)
{
    bpf_sizes();
    bpf_words();
    bpf_links();
    bpf_counts();
    clone_words();
    clone_results();
    other_sizes();
    names();
}
