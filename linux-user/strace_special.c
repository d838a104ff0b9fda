/* SPDX-License-Identifier: MIT */
/* -strace: buffers and sets, which have no fields: their rows name them, and other arguments or the result say how long they are. */
#include <linux/bpf.h>
#include <linux/sched.h>
#include <stddef.h>

#include "linux-user/check.h"
#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

/* Numbers of the bits that are set, in brackets. */
static void put_bits(TextBuf *out, uint64_t addr, uint64_t bytes)
{
    const char *blank = "";
    text_char(out, '[');
    for (uint64_t at = 0; at < bytes && at < 8192; at += 8) {
        uint64_t word = 0;
        if (mm_read(&word, addr + at, bytes - at < 8 ? bytes - at : 8)) {
            break;
        }
        for (; word; word &= word - 1) {
            text_str(out, blank);
            blank = " ";
            text_u64(out, at * 8 + (unsigned)__builtin_ctzll(word));
        }
    }
    text_char(out, ']');
}

void strace_fdset(TextBuf *out, uint64_t addr, uint64_t bytes) { put_bits(out, addr, bytes); }

static bool put_node_word(TextBuf *out, const void *addr, uint64_t i)
{
    uint64_t word = 0;
    if (mm_read(&word, *(const uint64_t *)addr + 8 * i, sizeof(word))) {
        return false;
    }
    text_str(out, word ? "0x" : "");
    text_digits(out, word, 16, 16);
    return true;
}

/* A mask of memory nodes: words of bits. The kernel takes one bit less than it is told. */
static void put_nodes(TextBuf *out, uint64_t addr, uint64_t maxnode)
{
    if (addr == 0) {
        text_str(out, "NULL");
    } else {
        strace_list(out, maxnode > 1 ? (maxnode - 2) / 64 + 1 : 0, put_node_word, &addr);
    }
}

/* A signal set with a size behind it that is none. */
static bool has_odd_size(const StraceCall *c, unsigned i)
{
    for (unsigned k = i + 1; k < c->row->nargs; k++) {
        if (c->row->arg[k].type == ARG_ULONG && c->args[k] != sizeof(uint64_t)) {
            return true;
        }
    }
    return false;
}

static void put_dirents(TextBuf *out, uint64_t addr, uint64_t bytes)
{
    enum { RECLEN = 16 };
    unsigned n = 0;
    for (uint64_t at = 0; at < bytes; n++) {
        uint16_t length = 0;
        if (mm_read(&length, addr + at + RECLEN, sizeof(length)) || length == 0) {
            break;
        }
        at += length;
    }
    strace_address(out, addr);
    text_str(out, " /* ");
    text_u64(out, n);
    text_str(out, n == 1 ? " entry */" : " entries */");
}

static void put_message(TextBuf *out, uint64_t addr, uint64_t bytes)
{
    int64_t type = 0;
    if (mm_read(&type, addr, sizeof(type))) {
        strace_address(out, addr);
        return;
    }
    strace_int(out, "{mtype=", type);
    text_str(out, ", mtext=");
    strace_buffer(out, addr + 8, bytes);
    text_char(out, '}');
}

static void put_name_length(TextBuf *out, uint64_t addr)
{
    uint32_t length = 0;
    if (addr == 0 || mm_read(&length, addr + 8, sizeof(length))) {
        strace_address(out, addr);
        return;
    }
    strace_uint(out, "{msg_namelen=", length);
    text_char(out, '}');
}

/* sendmmsg's argument 1. The kernel fills in the lengths of those that were sent. */
static bool put_sent(TextBuf *out, const void *call, uint64_t i)
{
    const StraceCall *c = call;
    uint64_t addr = c->args[1] + i * struct_descs[STRUCT_mmsghdr].size;
    if (c->has_result && (int64_t)i < c->result) {
        strace_element(out, STRUCT_mmsghdr, addr);
    } else {
        text_str(out, "{msg_hdr=");
        strace_msghdr(out, addr, UINT64_MAX);
        text_char(out, '}');
    }
    return true;
}

static void put_value(TextBuf *out, uint64_t addr, uint64_t n)
{
    char last = 1;
    bool has_zero = n && addr && mm_read(&last, addr + n - 1, 1) == 0 && last == 0;
    strace_buffer(out, addr, n - has_zero);
}

/* mincore: a byte for each page. */
static bool put_resident(TextBuf *out, const void *addr, uint64_t i)
{
    uint8_t page = 0;
    bool is_there = mm_read(&page, *(const uint64_t *)addr + i, 1) == 0;
    text_char(out, page & 1 ? '1' : '0');
    return is_there;
}

/* When the call failed, the kernel has filled in nothing. */
static bool put_ring_wishes(TextBuf *out, const StraceCall *c, uint64_t addr)
{
    if (!c->has_result || c->result >= 0) {
        return false;
    }
    strace_struct(out, STRUCT_io_uring_wishes, addr);
    return true;
}

/* What keys work on; the struct that keyctl's argument 1 points to says how long it is. */
static void put_key_data(TextBuf *out, const StraceCall *c, uint64_t addr, unsigned length_at)
{
    uint32_t n = 0;
    if (mm_read(&n, c->args[1] + length_at, sizeof(n))) {
        strace_address(out, addr);
    } else {
        strace_buffer(out, addr, n);
    }
}

static bool put_key_caps(TextBuf *out, const void *addr, uint64_t i)
{
    uint8_t caps = 0;
    bool is_there = mm_read(&caps, *(const uint64_t *)addr + i, 1) == 0;
    if (i < 2) {
        strace_flags(out, i ? LIST_key_caps1 : LIST_key_caps0, caps);
    } else {
        text_hex(out, caps);
    }
    return is_there;
}

/* What bpf links are given depends on what they attach to; a query that failed has written nothing. */
static unsigned bpf_form(const StraceCall *c, unsigned ref, uint64_t addr)
{
    enum { ATTACH_TYPE_AT = 8 };
    uint32_t type = UINT32_MAX;
    if (ref == STRUCT_bpf_query) {
        return c->has_result && c->result < 0 ? STRUCT_bpf_query_failed : ref;
    }
    if (ref != STRUCT_bpf_link || mm_read(&type, addr + ATTACH_TYPE_AT, sizeof(type))) {
        return ref;
    }
    switch (type) {
    case 0: return STRUCT_bpf_link; /* strace takes a type that was not given for any */
    case BPF_TRACE_ITER: return STRUCT_bpf_link_iter;
    case BPF_PERF_EVENT: return STRUCT_bpf_link_perf;
    case BPF_TRACE_KPROBE_MULTI: return STRUCT_bpf_link_kprobes;
    default: return STRUCT_bpf_link_plain;
    }
}

/* What clone3 has written through its struct's pointers. */
static void put_cloned(TextBuf *out, uint64_t addr)
{
    static const struct {
        uint64_t flag;
        unsigned at;
        const char *name;
    } written[] = { { CLONE_PIDFD, offsetof(struct clone_args, pidfd), "pidfd=" },
                    { CLONE_PARENT_SETTID, offsetof(struct clone_args, parent_tid), "parent_tid=" } };
    struct clone_args args = { 0 };
    const char *mark = " => {";
    if (mm_read(&args, addr, CLONE_ARGS_SIZE_VER0)) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_LEN(written); i++) {
        uint64_t at = *(const uint64_t *)((const char *)&args + written[i].at);
        if (args.flags & written[i].flag) {
            text_str(out, mark);
            mark = ", ";
            text_str(out, written[i].name);
            strace_struct(out, STRUCT_int, at);
        }
    }
    text_str(out, *mark == ',' ? "}" : "");
}

bool strace_has_any_size(unsigned id) { return id == STRUCT_open_how || id == STRUCT_clone_args || id == STRUCT_mount_attr; }

/* A struct in as many bytes as the call says. */
static void put_sized(TextBuf *out, const StraceCall *c, unsigned ref, uint64_t addr, uint64_t size)
{
    enum { BPF_SIZE_MAX = 4096 };
    if (!strace_has_any_size(ref) && (size == 0 || size > BPF_SIZE_MAX)) {
        strace_address(out, addr);
    } else {
        strace_sized(out, bpf_form(c, ref, addr), addr, size);
    }
    if (ref == STRUCT_clone_args && c->has_result && c->result >= 0) {
        put_cloned(out, addr);
    }
}

bool strace_special(TextBuf *out, const StraceCall *c, unsigned i, uint64_t n)
{
    enum { COMM_SHOWN = 15, PAGE = 4096 };
    const SyscallArg *arg = &c->row->arg[i];
    uint64_t addr = c->args[i], used = arg->type != ARG_IN && c->has_result && c->result >= 0 && (uint64_t)c->result < n ? (uint64_t)c->result : n;
    if (arg->unit == COUNT_BYTES) {
        put_sized(out, c, arg->ref, addr, n);
        return true;
    }
    switch (arg->ref) {
    case STRUCT_buf:
        if (arg->unit == COUNT_BITS) {
            put_nodes(out, addr, c->args[arg->count]);
        } else {
            strace_buffer(out, addr, used);
        }
        return true;
    case STRUCT_sigset:
        if (has_odd_size(c, i)) { /* the kernel refuses it unseen */
            strace_address(out, addr);
            return true;
        }
        return false;
    case STRUCT_cstr: strace_path(out, addr); return true;
    case STRUCT_comm: strace_text(out, addr, COMM_SHOWN); return true;
    case STRUCT_optval: strace_sockopt(out, c->args[1], c->args[2], addr, n); return true;
    case STRUCT_sockaddr: strace_sockaddr(out, addr, n); return true;
    case STRUCT_fdset: put_bits(out, addr, n); return true;
    case STRUCT_cpuset: put_bits(out, addr, arg->type == ARG_OUT ? used : n); return true;
    case STRUCT_dirent: put_dirents(out, addr, used); return true;
    case STRUCT_msgbuf: put_message(out, addr, used); return true;
    case STRUCT_page: strace_address(out, addr); return true;
    case STRUCT_iovec: strace_iovecs(out, addr, n, UINT64_MAX); return true;
    case STRUCT_riovec: strace_iovecs(out, addr, n, c->has_result && c->result >= 0 ? (uint64_t)c->result : 0); return true;
    case STRUCT_msghdr: strace_msghdr(out, addr, UINT64_MAX); return true;
    case STRUCT_xattr: /* most values are strings with their zero byte */
        put_value(out, addr, n);
        return true;
    case STRUCT_iocb: strace_iocb(out, addr, false); return true;
    case STRUCT_sched_attr: strace_sched_attr(out, addr, c->args[2], arg->type == ARG_IN); return true;
    case STRUCT_perf_event_attr: strace_perf_event(out, addr); return true;
    case STRUCT_file_handle: strace_file_handle(out, addr, (uint32_t)c->before[i], !c->has_result || c->result >= 0 || arg->type == ARG_IN); return true;
    case STRUCT_io_event:
        strace_array(out, arg->ref, addr, arg->count >= 0 ? used : 1);
        return true;
    case STRUCT_pkey_in: put_key_data(out, c, addr, 4); return true;
    case STRUCT_pkey_out: put_key_data(out, c, addr, 8); return true;
    case STRUCT_key_caps: strace_list(out, used, put_key_caps, &addr); return true;
    case STRUCT_iowq_workers: strace_uring_workers(out, c, i, n); return true;
    case STRUCT_sigevent: strace_sigevent(out, addr); return true;
    case STRUCT_pagevec: strace_list(out, n / PAGE + (n % PAGE != 0), put_resident, &addr); return true;
    case STRUCT_io_uring_params: return put_ring_wishes(out, c, addr);
    case STRUCT_mmsghdr: strace_list(out, n, put_sent, c); return true;
    case STRUCT_rmmsghdr:
        if (c->has_result && c->result < 0) {
            strace_address(out, addr);
            return true;
        }
        return false;
    case STRUCT_rmsghdr:
        if (c->has_result && c->result < 0) { /* all else would be what the call has not written */
            put_name_length(out, addr);
        } else {
            strace_msghdr(out, addr, c->has_result ? (uint64_t)c->result : 0);
        }
        return true;
    case STRUCT_wstatus:
        if (c->has_result && c->result == 0) { /* no child has changed: nothing was written */
            strace_address(out, addr);
            return true;
        }
        return false;
    default: return strace_ioctl_struct(out, c, i);
    }
}
