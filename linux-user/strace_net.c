/* SPDX-License-Identifier: MIT */
/* -strace: socket addresses, messages with their control data, socket options. */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

/* ---- addresses */

static void put_inet_address(TextBuf *out, const uint8_t a[4])
{
    for (unsigned i = 0; i < 4; i++) {
        text_str(out, i ? "." : "");
        text_u64(out, a[i]);
    }
}

static void put_inet(TextBuf *out, const struct sockaddr_in *in)
{
    text_str(out, "AF_INET, sin_port=htons(");
    text_u64(out, ntohs(in->sin_port));
    text_str(out, "), sin_addr=inet_addr(\"");
    put_inet_address(out, (const uint8_t *)&in->sin_addr);
    text_str(out, "\")");
}

static unsigned group_of(const uint8_t *a, unsigned i) { return (unsigned)a[2 * i] << 8 | a[2 * i + 1]; }

/* RFC 5952: the longest run of zeros becomes "::". */
static void put_inet6_address(TextBuf *out, const uint8_t a[16])
{
    unsigned best = 8, best_n = 1;
    for (unsigned i = 0, n; i < 8; i += n + 1) {
        for (n = 0; i + n < 8 && group_of(a, i + n) == 0; n++) {
        }
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    bool is_mapped = best == 0 && (best_n == 5 && group_of(a, 5) == 0xffff);
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            text_str(out, "::");
            i += best_n - 1;
        } else if (is_mapped && i == 6) {
            text_str(out, ":");
            put_inet_address(out, a + 12);
            break;
        } else {
            text_str(out, i && i != best + best_n ? ":" : "");
            text_digits(out, group_of(a, i), 16, 1);
        }
    }
}

static void put_inet6(TextBuf *out, const struct sockaddr_in6 *in)
{
    text_str(out, "AF_INET6, sin6_port=htons(");
    text_u64(out, ntohs(in->sin6_port));
    text_str(out, "), sin6_flowinfo=htonl(");
    text_u64(out, ntohl(in->sin6_flowinfo));
    text_str(out, "), inet_pton(AF_INET6, \"");
    put_inet6_address(out, in->sin6_addr.s6_addr);
    text_str(out, "\", &sin6_addr), sin6_scope_id=");
    text_u64(out, in->sin6_scope_id);
}

static void put_unix(TextBuf *out, const struct sockaddr_un *un, uint64_t len)
{
    size_t n = len - offsetof(struct sockaddr_un, sun_path);
    n = n < sizeof(un->sun_path) ? n : sizeof(un->sun_path);
    bool is_abstract = n && un->sun_path[0] == 0;
    text_str(out, "AF_UNIX");
    if (n) {
        text_str(out, is_abstract ? ", sun_path=@" : ", sun_path=");
        text_quoted(out, un->sun_path + is_abstract, is_abstract ? n - 1 : strnlen(un->sun_path, n), 0);
    }
}

void strace_sockaddr_bytes(TextBuf *out, const void *bytes, uint64_t len)
{
    union {
        struct sockaddr_storage any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_nl nl;
        struct sockaddr sa;
    } a;
    memset(&a, 0, sizeof(a));
    memcpy(&a, bytes, len < sizeof(a) ? len : sizeof(a));
    text_str(out, "{sa_family=");
    switch (a.sa.sa_family) {
    case AF_INET: put_inet(out, &a.in); break;
    case AF_INET6: put_inet6(out, &a.in6); break;
    case AF_UNIX: put_unix(out, &a.un, len); break;
    case AF_NETLINK:
        strace_int(out, "AF_NETLINK, nl_pid=", (int32_t)a.nl.nl_pid);
        text_str(out, ", nl_groups=");
        text_digits(out, a.nl.nl_groups, 16, 8);
        break;
    default:
        strace_enum(out, LIST_af, a.sa.sa_family);
        text_str(out, ", sa_data=");
        text_quoted(out, a.sa.sa_data, len - offsetof(struct sockaddr, sa_data), 0);
    }
    text_char(out, '}');
}

void strace_sockaddr(TextBuf *out, uint64_t addr, uint64_t len)
{
    uint8_t bytes[sizeof(struct sockaddr_storage)] = { 0 };
    len = len < sizeof(bytes) ? len : sizeof(bytes);
    if (addr == 0 || len < sizeof(sa_family_t) || mm_read(bytes, addr, len)) {
        strace_address(out, addr);
    } else {
        strace_sockaddr_bytes(out, bytes, len);
    }
}

/* Names belong to the network namespace, which is ours as well. */
void strace_ifindex(TextBuf *out, uint32_t v)
{
    struct ifreq request = { .ifr_ifindex = (int)v };
    int64_t fd = v ? sys_call3(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd >= 0 && sys_call3(SYS_ioctl, SYS_INT(fd), SIOCGIFNAME, SYS_PTR(&request)) == 0) {
        text_str(out, "if_nametoindex(");
        text_quoted(out, request.ifr_name, strnlen(request.ifr_name, IFNAMSIZ), 0);
        text_char(out, ')');
    } else {
        text_u64(out, v);
    }
    if (fd >= 0) {
        sys_call1(SYS_close, SYS_INT(fd));
    }
}

/* ---- messages */

enum { CONTROL_SHOWN = 1024, RIGHTS_SHOWN = 64 };

static void put_control_data(TextBuf *out, const struct cmsghdr *c, uint64_t at, uint64_t n)
{
    bool is_socket = c->cmsg_level == SOL_SOCKET;
    if (is_socket && c->cmsg_type == SCM_RIGHTS) {
        strace_array(out, STRUCT_int, at, n / sizeof(int));
    } else if (is_socket && c->cmsg_type == SCM_CREDENTIALS && n >= sizeof(struct ucred)) {
        strace_struct(out, STRUCT_ucred, at);
    } else {
        strace_buffer(out, at, n);
    }
}

static void put_control(TextBuf *out, uint64_t addr, uint64_t length)
{
    struct cmsghdr c;
    const char *comma = "";
    uint64_t at = 0;
    text_char(out, '[');
    for (; at + sizeof(c) <= length && at < CONTROL_SHOWN && mm_read(&c, addr + at, sizeof(c)) == 0 && c.cmsg_len >= sizeof(c);
         at += ALIGN_UP(c.cmsg_len, sizeof(size_t))) {
        uint64_t room = length - at, n = (c.cmsg_len < room ? c.cmsg_len : room) - sizeof(c);
        text_str(out, comma);
        comma = ", ";
        strace_uint(out, "{cmsg_len=", c.cmsg_len);
        text_str(out, ", cmsg_level=");
        strace_enum(out, LIST_sol, (uint32_t)c.cmsg_level);
        text_str(out, ", cmsg_type=");
        if (c.cmsg_level == SOL_SOCKET) {
            strace_enum(out, LIST_scm, (uint32_t)c.cmsg_type);
        } else {
            text_hex(out, (uint32_t)c.cmsg_type);
        }
        if (n) {
            text_str(out, ", cmsg_data=");
            put_control_data(out, &c, addr + at + sizeof(c), n);
        }
        text_char(out, '}');
    }
    text_char(out, ']');
}

void strace_msghdr(TextBuf *out, uint64_t addr, uint64_t used)
{
    struct msghdr m;
    if (addr == 0 || mm_read(&m, addr, sizeof(m))) {
        strace_address(out, addr);
        return;
    }
    text_str(out, "{msg_name=");
    strace_sockaddr(out, (uintptr_t)m.msg_name, m.msg_namelen);
    strace_uint(out, ", msg_namelen=", m.msg_namelen);
    text_str(out, ", msg_iov=");
    strace_iovecs(out, (uintptr_t)m.msg_iov, m.msg_iovlen, used);
    strace_uint(out, ", msg_iovlen=", m.msg_iovlen);
    if (m.msg_controllen) {
        text_str(out, ", msg_control=");
        put_control(out, (uintptr_t)m.msg_control, m.msg_controllen);
    }
    strace_uint(out, ", msg_controllen=", m.msg_controllen);
    text_str(out, ", msg_flags=");
    strace_flags(out, LIST_msg, (uint32_t)m.msg_flags);
    text_char(out, '}');
}

/* ---- socket options */

unsigned strace_sockopt_list(uint64_t level, bool *is_known)
{
    static const struct {
        uint32_t level, list;
    } lists[] = { { SOL_SOCKET, LIST_so }, { IPPROTO_IP, LIST_ip }, { IPPROTO_TCP, LIST_tcp }, { IPPROTO_IPV6, LIST_ipv6 } };
    for (unsigned i = 0; i < ARRAY_LEN(lists); i++) {
        if (lists[i].level == (uint32_t)level) {
            *is_known = true;
            return lists[i].list;
        }
    }
    *is_known = false;
    return 0;
}

void strace_sockopt(TextBuf *out, uint64_t level, uint64_t name, uint64_t addr, uint64_t len)
{
    static const struct {
        uint16_t level, name, type; /* StructId */
    } types[] = { { SOL_SOCKET, SO_LINGER, STRUCT_linger }, { SOL_SOCKET, SO_PEERCRED, STRUCT_ucred }, { SOL_SOCKET, SO_RCVTIMEO, STRUCT_timeval },
                  { SOL_SOCKET, SO_SNDTIMEO, STRUCT_timeval }, { SOL_SOCKET, SO_BINDTODEVICE, STRUCT_cstr }, { SOL_SOCKET, SO_PEERSEC, STRUCT_cstr },
                  { IPPROTO_TCP, 13 /* TCP_CONGESTION */, STRUCT_cstr }, { IPPROTO_TCP, 31 /* TCP_ULP */, STRUCT_cstr } };
    bool is_known;
    strace_sockopt_list(level, &is_known);
    unsigned type = is_known && len == sizeof(int) ? STRUCT_int : STRUCT_buf;
    for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].level == (uint32_t)level && types[i].name == (uint32_t)name && len >= struct_descs[types[i].type].size) {
            type = types[i].type;
        }
    }
    if (type == STRUCT_buf || type == STRUCT_cstr) {
        strace_buffer(out, addr, len);
    } else {
        strace_struct(out, type, addr);
    }
}
