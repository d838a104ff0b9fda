/* SPDX-License-Identifier: MIT */
/* -strace: ioctl: commands by their rows or the parts of their numbers, and structs that a row cannot tell: what a call is given beside what it fills in. */
#include <linux/if_arp.h>
#include <sys/ioctl.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

static const IoctlFamily *find_family(uint32_t cmd)
{
    for (unsigned i = 0; i < ioctl_nfamilies; i++) {
        if ((cmd & ioctl_families[i].mask) == ioctl_families[i].number) {
            return &ioctl_families[i];
        }
    }
    return NULL;
}

/* NAME(index, length), as far as the number says them. */
static void put_family(TextBuf *out, const IoctlFamily *f, uint32_t cmd)
{
    bool has_index = _IOC_NR(f->mask) != _IOC_NRMASK, has_length = _IOC_SIZE(f->mask) == 0;
    text_str(out, row_text(f->name));
    text_str(out, has_index || has_length ? "(" : "");
    if (has_index && f->index >= 0) {
        strace_enum(out, (unsigned)f->index, _IOC_NR(cmd & ~f->mask));
    } else if (has_index) {
        text_hex(out, _IOC_NR(cmd & ~f->mask));
    }
    text_str(out, has_index && has_length ? ", " : "");
    if (has_length) {
        text_u64(out, _IOC_SIZE(cmd));
    }
    text_str(out, has_index || has_length ? ")" : "");
}

void strace_ioctl(TextBuf *out, uint32_t cmd)
{
    static const char *const directions[] = { "_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE" };
    const IoctlRow *row = ioctl_row(cmd);
    const IoctlFamily *family = find_family(cmd);
    if (row) {
        text_str(out, row_text(row->name));
        return;
    }
    if (family) {
        put_family(out, family, cmd);
        return;
    }
    text_str(out, "_IOC(");
    text_str(out, directions[_IOC_DIR(cmd)]);
    const unsigned parts[] = { _IOC_TYPE(cmd), _IOC_NR(cmd), _IOC_SIZE(cmd) };
    for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
        text_str(out, ", ");
        text_hex(out, parts[i]);
    }
    text_char(out, ')');
}

void strace_ioctl_arg(TextBuf *out, const StraceCall *c, unsigned i)
{
    uint32_t cmd = (uint32_t)c->args[1];
    const IoctlRow *row = ioctl_row(cmd);
    uint64_t v = c->args[i];
    bool has_failed = !c->has_result || c->result < 0;
    if (!row && !find_family(cmd)) {
        text_hex(out, v);
    } else if (row && row->type == ARG_INT) {
        text_i64(out, (int32_t)v);
    } else if (!row || row->type == ARG_ADDR || (row->type == ARG_OUT && has_failed)) {
        strace_address(out, v);
    } else if (row->type == ARG_INOUT && has_failed) {
        strace_given(out, row->ref, v);
    } else {
        strace_struct(out, row->ref, v);
    }
}

/* ---- structs */

/* A hardware address: as many bytes as its kind (ARPHRD_*) has. */
void strace_hwaddr(TextBuf *out, const uint8_t bytes[16])
{
    static const uint8_t kinds[] = { /* those whose length is known; 0: all of sa_data */
        [ARPHRD_NETROM] = 7, [ARPHRD_ETHER] = 6, [ARPHRD_AX25] = 7, [ARPHRD_IEEE802] = 6, [ARPHRD_ARCNET] = 1, [ARPHRD_DLCI] = 2, [ARPHRD_EUI64] = 8,
        [ARPHRD_ROSE] = 5, [ARPHRD_X25] = 5, [290 /* ARPHRD_MCTP */] = 1, [ARPHRD_TUNNEL] = 4, [ARPHRD_LOOPBACK] = 6, [ARPHRD_LOCALTLK] = 1,
        [ARPHRD_FDDI] = 6, [ARPHRD_SIT] = 4, [ARPHRD_IPDDP] = 4, [ARPHRD_IPGRE] = 4, [ARPHRD_PIMREG] = 4, [ARPHRD_HIPPI] = 6, [ARPHRD_IRDA] = 4,
        [ARPHRD_IEEE80211] = 6, [ARPHRD_IEEE80211_PRISM] = 6, [ARPHRD_IEEE80211_RADIOTAP] = 6, [ARPHRD_IEEE802154] = 8,
        [ARPHRD_IEEE802154_MONITOR] = 8, [ARPHRD_PHONET] = 1, [ARPHRD_PHONET_PIPE] = 1, [ARPHRD_CAIF] = 1, [ARPHRD_6LOWPAN] = 8, [ARPHRD_VSOCKMON] = 8,
    };
    enum { LONGEST = 14 };
    unsigned kind = bytes[0] | bytes[1] << 8, n = kind < ARRAY_LEN(kinds) && kinds[kind] ? kinds[kind] : LONGEST;
    text_str(out, "{sa_family=");
    strace_enum(out, LIST_arphrd, kind);
    for (unsigned i = 0; i < n; i++) {
        text_str(out, i ? ":" : ", sa_data=");
        text_digits(out, bytes[2 + i], 16, 2);
    }
    text_char(out, '}');
}

static void put_ifreqs_length(TextBuf *out, uint32_t n)
{
    unsigned size = struct_descs[STRUCT_ifreq].size;
    text_u64(out, n);
    if (n && n % size == 0) {
        strace_uint(out, " /* ", n / size);
        text_str(out, " * sizeof(struct ifreq) */");
    }
}

/* struct ifconf of <net/if.h>: the room for addresses becomes their length. `before`: it, ~0: not known. */
static void put_ifreqs(TextBuf *out, uint64_t addr, uint64_t before, bool has_failed)
{
    struct {
        uint32_t length, pad;
        uint64_t list;
    } conf;
    if (addr == 0 || mm_read(&conf, addr, sizeof(conf))) {
        strace_address(out, addr);
        return;
    }
    text_str(out, "{ifc_len=");
    if (before != UINT64_MAX && before != conf.length && conf.list) {
        put_ifreqs_length(out, (uint32_t)before);
        text_str(out, " => ");
    }
    put_ifreqs_length(out, conf.length);
    text_str(out, ", ifc_buf=");
    if (has_failed) {
        strace_address(out, conf.list);
    } else {
        strace_array(out, STRUCT_ifreq_addr, conf.list, conf.length / struct_descs[STRUCT_ifreq_addr].size);
    }
    text_char(out, '}');
}

/* struct fiemap of <linux/fiemap.h>; its extents are not shown. */
static void put_fiemap(TextBuf *out, uint64_t addr, bool has_failed)
{
    char c;
    strace_struct(out, STRUCT_fiemap, addr);
    if (!has_failed && mm_read(&c, addr, 1) == 0) {
        text_str(out, " => ");
        strace_struct(out, STRUCT_fiemap_filled, addr);
    }
}

enum { DEDUPE_INFOS_SHOWN = 2 };

static void put_dedupe_infos(TextBuf *out, unsigned id, uint64_t addr, unsigned n)
{
    text_str(out, "info=[");
    for (unsigned i = 0; i < n && i < DEDUPE_INFOS_SHOWN; i++) {
        text_str(out, i ? ", " : "");
        strace_element(out, id, addr + i * (uint64_t)struct_descs[id].size);
    }
    text_str(out, n > DEDUPE_INFOS_SHOWN ? ", ...]}" : "]}");
}

/* struct file_dedupe_range of <linux/fs.h>: its infos stand behind it. */
static void put_dedupe(TextBuf *out, uint64_t addr, bool has_failed)
{
    struct {
        uint64_t offset, length;
        uint16_t count, reserved[3];
    } range;
    if (mm_read(&range, addr, sizeof(range))) {
        strace_address(out, addr);
        return;
    }
    strace_uint(out, "{src_offset=", range.offset);
    strace_uint(out, ", src_length=", range.length);
    strace_uint(out, ", dest_count=", range.count);
    text_str(out, ", ");
    put_dedupe_infos(out, STRUCT_dedupe_info, addr + sizeof(range), range.count);
    if (!has_failed && range.count) {
        text_str(out, " => {");
        put_dedupe_infos(out, STRUCT_dedupe_filled, addr + sizeof(range), range.count);
    }
}

/* struct rand_pool_info of <linux/random.h>. */
static void put_rand_pool(TextBuf *out, uint64_t addr)
{
    int32_t head[2]; /* entropy, bytes */
    if (mm_read(head, addr, sizeof(head))) {
        strace_address(out, addr);
        return;
    }
    strace_int(out, "{entropy_count=", head[0]);
    strace_int(out, ", buf_size=", head[1]);
    text_str(out, ", buf=");
    strace_buffer(out, addr + sizeof(head), (uint32_t)head[1]);
    text_char(out, '}');
}

bool strace_ioctl_struct(TextBuf *out, const StraceCall *c, unsigned i)
{
    uint64_t addr = c->args[i];
    bool has_failed = c->has_result && c->result < 0;
    switch (c->row->arg[i].ref) {
    case STRUCT_ifreqs: put_ifreqs(out, addr, c->before[i], has_failed); return true;
    case STRUCT_fiemap: put_fiemap(out, addr, has_failed); return true;
    case STRUCT_dedupe: put_dedupe(out, addr, has_failed); return true;
    case STRUCT_rand_pool: put_rand_pool(out, addr); return true;
    default: return false;
    }
}
