/* SPDX-License-Identifier: MIT */
/* Families of sockets beside TCP and unix (ipc.c), what stands beside their data, and options; the same words natively and in the guest. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *err(long r) { return r < 0 ? strerrorname_np(errno) : "ok"; }

/* Levels and types of the control messages, in order, and what those with addresses say. */
static void show_control(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        printf(" [%d %d %d", c->cmsg_level, c->cmsg_type, (int)c->cmsg_len);
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            printf(" to %x", ntohl(((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr.s_addr));
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            printf(" to me %d", IN6_IS_ADDR_LOOPBACK(&((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr));
        } else if (c->cmsg_type == IP_TTL || c->cmsg_type == IPV6_HOPLIMIT) {
            printf(" %d", *(int *)CMSG_DATA(c));
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            printf(" sane %d", labs(((struct timespec *)CMSG_DATA(c))->tv_sec - time(NULL)) < 100);
        } else if (c->cmsg_type == IP_RECVERR) {
            printf(" errno %u origin %u", ((struct sock_extended_err *)CMSG_DATA(c))->ee_errno, ((struct sock_extended_err *)CMSG_DATA(c))->ee_origin);
        }
        printf("]");
    }
    printf("\n");
}

static void receive(const char *what, int fd, int flags)
{
    char data[256], control[512];
    struct sockaddr_storage from;
    struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &(struct iovec){ data, sizeof(data) }, .msg_iovlen = 1,
                        .msg_control = control, .msg_controllen = sizeof(control) };
    poll(&(struct pollfd){ .fd = fd, .events = flags & MSG_ERRQUEUE ? 0 : POLLIN }, 1, 1000);
    long n = recvmsg(fd, &m, flags | MSG_DONTWAIT);
    printf("%s %ld %s flags %x", what, n, err(n), n < 0 ? 0 : m.msg_flags);
    if (n >= 0) {
        show_control(&m);
    } else {
        printf("\n");
    }
}

static void on(int fd, int level, int name)
{
    int one = 1;
    printf("option %d %d %s\n", level, name, err(setsockopt(fd, level, name, &one, sizeof(one))));
}

static void test_udp(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(a);
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    on(in, IPPROTO_IP, IP_PKTINFO);
    on(in, IPPROTO_IP, IP_RECVTTL);
    on(in, IPPROTO_IP, IP_RECVTOS);
    on(in, SOL_SOCKET, SO_TIMESTAMPNS);
    on(out, IPPROTO_IP, IP_RECVERR);
    printf("bind %s", err(bind(in, (struct sockaddr *)&a, len)));
    printf(" name %s\n", err(getsockname(in, (struct sockaddr *)&a, &len)));
    connect(out, (struct sockaddr *)&a, len);
    printf("send %ld\n", (long)send(out, "datagram", 8, 0));
    receive("udp", in, 0);
    printf("truncated: send %ld\n", (long)send(out, memset((char[1000]){ 0 }, 'x', 1000), 1000, 0));
    receive("udp", in, MSG_TRUNC);
    close(in);
    printf("nobody there: %ld", (long)send(out, "x", 1, 0));
    usleep(1000);
    printf(" then %s\n", err(send(out, "x", 1, 0)));
    receive("error queue", out, MSG_ERRQUEUE);
    close(out);
    struct sockaddr_in6 b = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    len = sizeof(b);
    in = socket(AF_INET6, SOCK_DGRAM, 0);
    on(in, IPPROTO_IPV6, IPV6_RECVPKTINFO);
    on(in, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
    printf("bind6 %s\n", err(bind(in, (struct sockaddr *)&b, len)));
    getsockname(in, (struct sockaddr *)&b, &len);
    printf("send6 %s\n", err(sendto(in, "six", 3, 0, (struct sockaddr *)&b, len)));
    receive("udp6", in, 0);
    close(in);
}

static void test_netlink(void)
{
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), links = 0, is_done = 0;
    struct {
        struct nlmsghdr h;
        struct rtgenmsg g;
    } request = { { sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { AF_UNSPEC } };
    printf("netlink send %s\n", err(send(s, &request, sizeof(request), 0)));
    static char buf[65536];
    while (!is_done) {
        long n = recv(s, buf, sizeof(buf), 0);
        is_done = n <= 0;
        for (struct nlmsghdr *h = (void *)buf; !is_done && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
            links += h->nlmsg_type == RTM_NEWLINK;
            is_done = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
        }
    }
    printf("links %d\n", links > 0);
    close(s);
}

static void test_others(void)
{
    struct sockaddr_alg alg = { .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256" };
    int a = socket(AF_ALG, SOCK_SEQPACKET, 0), op;
    printf("alg %s", err(a));
    printf(" bind %s", err(bind(a, (struct sockaddr *)&alg, sizeof(alg))));
    printf(" accept %s", err(op = accept4(a, NULL, 0, SOCK_CLOEXEC)));
    unsigned char digest[32] = { 0 };
    printf(" send %s", err(send(op, "abc", 3, 0)));
    printf(" read %ld %02x%02x\n", (long)read(op, digest, sizeof(digest)), digest[0], digest[31]);
    int v = socket(AF_VSOCK, SOCK_STREAM, 0);
    printf("vsock %s", err(v));
    printf(" bind %s\n", err(bind(v, (struct sockaddr *)&(struct sockaddr_vm){ .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY }, sizeof(struct sockaddr_vm))));
    int p = socket(AF_PACKET, SOCK_RAW, htons(3));
    printf("packet %s", err(p));
    struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(3), .sll_ifindex = (int)if_nametoindex("lo") };
    printf(" bind %s\n", err(bind(p, (struct sockaddr *)&ll, sizeof(ll))));
    printf("raw %s", err(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)));
    printf(" ping %s", err(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)));
    printf(" unknown %s", err(socket(12345, SOCK_STREAM, 0)));
    printf(" %s\n", err(socket(AF_INET, 77, 0)));
}

static void test_options(void)
{
    static const struct {
        int level, name;
    } all[] = { { SOL_SOCKET, SO_TYPE }, { SOL_SOCKET, SO_DOMAIN }, { SOL_SOCKET, SO_PROTOCOL }, { SOL_SOCKET, SO_ACCEPTCONN }, { SOL_SOCKET, SO_REUSEADDR },
                { SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_LINGER }, { SOL_SOCKET, SO_RCVTIMEO }, { SOL_SOCKET, SO_PEERCRED },
                { SOL_SOCKET, SO_BUSY_POLL }, { SOL_SOCKET, SO_MARK }, { IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_CONGESTION },
                { IPPROTO_TCP, TCP_USER_TIMEOUT }, { IPPROTO_IP, IP_TTL }, { IPPROTO_IP, IP_MTU_DISCOVER }, { 12345, 1 } };
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct linger l = { 1, 7 };
    setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 3, 0 }, sizeof(struct timeval));
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &(int){ 20000 }, sizeof(int));
    for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
        char value[64] = "";
        socklen_t len = sizeof(value);
        int r = getsockopt(s, all[i].level, all[i].name, value, &len);
        printf("get %d %d: %s %u", all[i].level, all[i].name, err(r), r ? 0 : len);
        for (unsigned k = 0; r == 0 && k < len && all[i].name != SO_PEERCRED; k++) {
            printf(" %02x", (unsigned char)value[k]);
        }
        printf("\n");
    }
    socklen_t len = 2;
    char two[2];
    printf("short %s", err(getsockopt(s, SOL_SOCKET, SO_TYPE, two, &len)));
    printf(" %u length NULL %s\n", len, err(getsockopt(s, SOL_SOCKET, SO_TYPE, two, NULL)));
    struct tcp_info info;
    len = sizeof(info);
    printf("tcp_info %s", err(getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &len)));
    struct ifconf ifc = { 0 };
    printf(" state %d SIOCGIFCONF %s", info.tcpi_state, err(ioctl(s, SIOCGIFCONF, &ifc)));
    printf(" %d\n", ifc.ifc_len > 0);
}

int main(void)
{
    test_udp();
    test_netlink();
    test_others();
    test_options();
    return 0;
}
