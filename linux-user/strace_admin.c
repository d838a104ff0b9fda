/* SPDX-License-Identifier: MIT */
/* -strace: what calls of administration, asynchronous files and measuring are given: quota commands, requests, performance events, file handles. */
#include <linux/aio_abi.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { SHOWN = 32 };

/* ---- integers */

/* QCMD() of <sys/quota.h>. */
void strace_quota_command(TextBuf *out, uint32_t v)
{
    text_str(out, "QCMD(");
    strace_enum(out, LIST_quota_cmd, v >> 8);
    text_str(out, ", ");
    strace_enum(out, LIST_quota_type, v & 0xff);
    text_char(out, ')');
}

/* swapon's flags with a priority inside. */
void strace_swap_flags(TextBuf *out, uint32_t v)
{
    enum { PRIORITY = 0x7fff };
    if (v & ~(uint32_t)PRIORITY) {
        strace_flags(out, LIST_swap, v & ~(uint32_t)PRIORITY);
        text_char(out, '|');
    }
    text_u64(out, v & PRIORITY);
}

/* ---- asynchronous requests */

/* What the operation takes its data from; nothing for operations without data. */
static void put_request_data(TextBuf *out, const struct iocb *c)
{
    bool is_plain = c->aio_lio_opcode == IOCB_CMD_PREAD || c->aio_lio_opcode == IOCB_CMD_PWRITE;
    bool is_vector = c->aio_lio_opcode == IOCB_CMD_PREADV || c->aio_lio_opcode == IOCB_CMD_PWRITEV;
    if (c->aio_lio_opcode == IOCB_CMD_POLL) {
        text_str(out, ", aio_buf=");
        strace_flags(out, LIST_poll, c->aio_buf);
    }
    if (!is_plain && !is_vector) {
        return;
    }
    text_str(out, ", aio_buf=");
    if (c->aio_lio_opcode == IOCB_CMD_PWRITE) {
        strace_buffer(out, c->aio_buf, c->aio_nbytes);
    } else if (is_plain) {
        strace_address(out, c->aio_buf);
    } else if (c->aio_lio_opcode == IOCB_CMD_PWRITEV) {
        strace_iovecs(out, c->aio_buf, c->aio_nbytes, UINT64_MAX);
    } else {
        strace_array(out, STRUCT_rvec, c->aio_buf, c->aio_nbytes);
    }
    if (is_plain) {
        strace_uint(out, ", aio_nbytes=", c->aio_nbytes);
    }
    strace_int(out, ", aio_offset=", c->aio_offset);
}

void strace_iocb(TextBuf *out, uint64_t addr, bool has_data)
{
    struct iocb c;
    if (addr == 0 || mm_read(&c, addr, sizeof(c))) {
        strace_address(out, addr);
        return;
    }
    text_str(out, "{aio_data=");
    text_hex(out, c.aio_data);
    if (c.aio_key) {
        strace_uint(out, ", aio_key=", c.aio_key);
    }
    if (c.aio_rw_flags) {
        text_str(out, ", aio_rw_flags=");
        strace_flags(out, LIST_rwf, (uint32_t)c.aio_rw_flags);
    }
    text_str(out, ", aio_lio_opcode=");
    strace_enum(out, LIST_lio, c.aio_lio_opcode);
    if (c.aio_flags & IOCB_FLAG_IOPRIO) {
        text_str(out, ", aio_reqprio=");
        strace_ioprio(out, (uint16_t)c.aio_reqprio);
    } else if (c.aio_reqprio) {
        strace_int(out, ", aio_reqprio=", c.aio_reqprio);
    }
    strace_uint(out, ", aio_fildes=", c.aio_fildes);
    if (has_data) {
        put_request_data(out, &c);
        if (c.aio_flags) {
            text_str(out, ", aio_flags=");
            strace_flags(out, LIST_iocb_flag, c.aio_flags);
        }
        if (c.aio_flags & IOCB_FLAG_RESFD) {
            strace_uint(out, ", aio_resfd=", c.aio_resfd);
        }
    }
    text_char(out, '}');
}

static bool put_iocb_at(TextBuf *out, const void *list, uint64_t i)
{
    uint64_t addr = 0;
    bool is_there = mm_read(&addr, *(const uint64_t *)list + 8 * i, sizeof(addr)) == 0;
    strace_iocb(out, addr, true);
    return is_there;
}

/* io_submit's array of addresses. */
void strace_iocbs(TextBuf *out, uint64_t addr, int64_t n)
{
    uint64_t p = 0;
    if (addr == 0 || n < 0 || (n > 0 && mm_read(&p, addr, sizeof(p)))) {
        strace_address(out, addr);
    } else {
        strace_list(out, (uint64_t)n, put_iocb_at, &addr);
    }
}

/* ---- rings */

/* The opcode says what the byte behind it is. */
void strace_uring_restriction(TextBuf *out, const uint8_t *p)
{
    static const char names[][16] = { ", register_op=", ", sqe_op=", ", sqe_flags=", ", sqe_flags=" };
    static const uint16_t lists[] = { LIST_uring_register, LIST_uring_op, LIST_uring_sqe, LIST_uring_sqe };
    uint16_t opcode;
    uint32_t reserved[3];
    memcpy(&opcode, p, sizeof(opcode));
    memcpy(reserved, p + 4, sizeof(reserved));
    text_str(out, "{opcode=");
    strace_enum(out, LIST_uring_restriction, opcode);
    if (opcode >= ARRAY_LEN(lists)) {
        text_str(out, " /* op: ");
        text_hex(out, p[2]);
        text_str(out, " */");
    } else {
        text_str(out, names[opcode]);
        (opcode < 2 ? strace_enum : strace_flags)(out, lists[opcode], p[2]);
    }
    if (p[3]) {
        text_str(out, ", resv=");
        text_hex(out, p[3]);
    }
    if (reserved[0] | reserved[1] | reserved[2]) {
        for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
            text_str(out, i ? ", " : ", resv2=[");
            text_hex(out, reserved[i]);
        }
        text_char(out, ']');
    }
    text_char(out, '}');
}

static void put_workers(TextBuf *out, const uint32_t *workers, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        text_str(out, i ? ", [" : "[[");
        if (i < flag_lists[LIST_iowq].n) {
            strace_enum(out, LIST_iowq, i);
        } else {
            text_u64(out, i);
            text_str(out, " /* IO_WQ_??? */");
        }
        strace_uint(out, "]=", workers[i]);
    }
    text_char(out, ']');
}

/* What was wanted => what was before, which the kernel writes for two. */
void strace_uring_workers(TextBuf *out, const StraceCall *c, unsigned i, uint64_t n)
{
    uint32_t workers[SHOWN], wanted[SHOWN];
    n = n < SHOWN ? n : SHOWN;
    if (n == 0) {
        text_str(out, "[]");
        return;
    }
    if (mm_read(workers, c->args[i], n * sizeof(*workers))) {
        strace_address(out, c->args[i]);
        return;
    }
    memcpy(wanted, workers, n * sizeof(*workers));
    memcpy(wanted, &c->before[i], (n < 2 ? n : 2) * sizeof(*workers));
    put_workers(out, wanted, n);
    text_str(out, " => ");
    if (c->has_result && c->result >= 0) {
        put_workers(out, workers, n);
    } else {
        strace_address(out, c->args[i]);
    }
}

/* ---- scheduling */

/* The size that it begins with says how much there is: sched_setattr's may be 0, sched_getattr gives as much as fits into `room`. */
void strace_sched_attr(TextBuf *out, uint64_t addr, uint64_t room, bool is_given)
{
    enum { KEEP_POLICY = 8, KEEP_PARAMS = 16, FIRST_SIZE = 48 };
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
        uint32_t util_min, util_max;
    } a = { 0 };
    if (is_given && mm_read(&a.size, addr, sizeof(a.size)) == 0) {
        room = a.size ? a.size : FIRST_SIZE;
    }
    if (room == 0 || mm_read(&a, addr, room < sizeof(a) ? room : sizeof(a))) {
        strace_address(out, addr);
        return;
    }
    uint64_t size = is_given ? room : a.size, keep = is_given ? a.flags : 0;
    strace_uint(out, "{size=", a.size);
    if (size >= FIRST_SIZE && !(keep & (KEEP_POLICY | KEEP_PARAMS))) {
        text_str(out, ", sched_policy=");
        strace_enum(out, LIST_sched, a.policy);
    }
    if (size >= FIRST_SIZE) {
        text_str(out, ", sched_flags=");
        strace_flags(out, LIST_sched_flag, a.flags);
    }
    if (size >= FIRST_SIZE && !(keep & KEEP_PARAMS)) {
        strace_int(out, ", sched_nice=", a.nice);
        strace_uint(out, ", sched_priority=", a.priority);
        strace_uint(out, ", sched_runtime=", a.runtime);
        strace_uint(out, ", sched_deadline=", a.deadline);
        strace_uint(out, ", sched_period=", a.period);
    }
    if (size >= sizeof(a)) {
        strace_uint(out, ", sched_util_min=", a.util_min);
        strace_uint(out, ", sched_util_max=", a.util_max);
    }
    text_str(out, is_given && size > sizeof(a) ? ", ...}" : "}");
}

/* ---- performance events */

static void put_event(TextBuf *out, uint32_t type, uint64_t config)
{
    switch (type) {
    case PERF_TYPE_HARDWARE:
        if (config >> 32) {
            text_hex(out, config >> 32);
            text_str(out, "<<32|");
        }
        strace_enum(out, LIST_perf_hw, (uint32_t)config);
        break;
    case PERF_TYPE_SOFTWARE: strace_enum(out, LIST_perf_sw, config); break;
    case PERF_TYPE_TRACEPOINT: text_u64(out, config); break;
    case PERF_TYPE_HW_CACHE:
        if (config >> 24) {
            text_hex(out, config >> 24);
            text_str(out, "<<24|");
        }
        strace_enum(out, LIST_perf_cache_result, config >> 16 & 0xff);
        text_str(out, "<<16|");
        strace_enum(out, LIST_perf_cache_op, config >> 8 & 0xff);
        text_str(out, "<<8|");
        strace_enum(out, LIST_perf_cache, config & 0xff);
        break;
    default: text_hex(out, config);
    }
}

/* One-bit fields that are set; precise_ip, of two bits, is always there. */
static void put_event_bits(TextBuf *out, uint64_t bits)
{
    enum { PRECISE_SHIFT = 15, RESERVED_SHIFT = 38 };
    static const char skids[4][40] = { "arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid" };
    const FlagList *l = &flag_lists[LIST_perf_bits];
    bool is_behind = false;
    for (unsigned i = 0; i <= l->n; i++) {
        const FlagName *f = &flag_names[l->flag + i];
        if (!is_behind && (i == l->n || f->value > 1ull << PRECISE_SHIFT)) {
            is_behind = true;
            strace_uint(out, ", precise_ip=", bits >> PRECISE_SHIFT & 3);
            text_str(out, " /* ");
            text_str(out, skids[bits >> PRECISE_SHIFT & 3]);
            text_str(out, " */");
        }
        if (i < l->n && bits & f->value) {
            text_str(out, ", ");
            text_str(out, row_text(f->name));
            text_str(out, "=1");
        }
    }
    if (bits >> RESERVED_SHIFT) {
        text_str(out, ", __reserved_1=");
        text_hex(out, bits >> RESERVED_SHIFT);
        text_str(out, " /* Bits 63..38 */");
    }
}

void strace_perf_event(TextBuf *out, uint64_t addr)
{
    enum { BITS_AT = 40 };
    struct perf_event_attr a;
    uint64_t bits;
    if (mm_read(&a, addr, PERF_ATTR_SIZE_VER0) || (a.size && a.size < PERF_ATTR_SIZE_VER0)) {
        strace_address(out, addr);
        return;
    }
    memcpy(&bits, (const char *)&a + BITS_AT, sizeof(bits));
    text_str(out, "{type=");
    strace_enum(out, LIST_perf_type, a.type);
    text_str(out, ", size=");
    strace_enum(out, LIST_perf_size, a.size);
    text_str(out, ", config=");
    put_event(out, a.type, a.config);
    strace_uint(out, a.freq ? ", sample_freq=" : ", sample_period=", a.sample_period);
    text_str(out, ", sample_type=");
    strace_flags(out, LIST_perf_sample, a.sample_type);
    text_str(out, ", read_format=");
    strace_flags(out, LIST_perf_read, a.read_format);
    put_event_bits(out, bits);
    text_str(out, ", ...}");
}

/* ---- others */

void strace_file_handle(TextBuf *out, uint64_t addr, uint32_t before, bool is_whole)
{
    enum { BYTES_SHOWN = 128 };
    uint8_t bytes[BYTES_SHOWN];
    uint32_t head[2];
    if (addr == 0 || mm_read(head, addr, sizeof(head))) {
        strace_address(out, addr);
        return;
    }
    uint32_t n = head[0] < BYTES_SHOWN ? head[0] : BYTES_SHOWN;
    text_str(out, "{handle_bytes=");
    if (before != UINT32_MAX && before != head[0]) {
        text_u64(out, before);
        text_str(out, " => ");
    }
    text_u64(out, head[0]);
    if (!is_whole) {
        text_char(out, '}');
        return;
    }
    strace_int(out, ", handle_type=", (int32_t)head[1]);
    text_str(out, ", f_handle=");
    if (mm_read(bytes, addr + sizeof(head), n)) {
        text_str(out, "???}");
        return;
    }
    text_char(out, '"');
    strace_bytes(out, bytes, n);
    text_str(out, head[0] > n ? "\"...}" : "\"}");
}

void strace_sigevent(TextBuf *out, uint64_t addr)
{
    enum { SIGNO = 8, NOTIFY = 12, BEHIND = 16 };
    uint8_t bytes[32];
    uint64_t value, behind[2];
    uint32_t signo, notify;
    if (addr == 0 || mm_read(bytes, addr, sizeof(bytes))) {
        strace_address(out, addr);
        return;
    }
    memcpy(&value, bytes, sizeof(value));
    memcpy(&signo, bytes + SIGNO, sizeof(signo));
    memcpy(&notify, bytes + NOTIFY, sizeof(notify));
    memcpy(behind, bytes + BEHIND, sizeof(behind));
    text_char(out, '{');
    if (value) {
        strace_int(out, "sigev_value={sival_int=", (int32_t)value);
        text_str(out, ", sival_ptr=");
        text_hex(out, value);
        text_str(out, "}, ");
    }
    text_str(out, "sigev_signo=");
    bool has_signal = notify == SIGEV_SIGNAL || notify == SIGEV_THREAD || notify == SIGEV_THREAD_ID;
    const char *name = has_signal && signo ? signal_name((int)signo) : NULL;
    if (name) {
        text_str(out, name);
    } else {
        text_u64(out, signo);
    }
    text_str(out, ", sigev_notify=");
    strace_enum(out, LIST_sigev, notify);
    if (notify == SIGEV_THREAD_ID) {
        strace_int(out, ", sigev_notify_thread_id=", (int32_t)behind[0]);
    } else if (notify == SIGEV_THREAD) {
        text_str(out, ", sigev_notify_function=");
        strace_address(out, behind[0]);
        text_str(out, ", sigev_notify_attributes=");
        strace_address(out, behind[1]);
    }
    text_char(out, '}');
}
