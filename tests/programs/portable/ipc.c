/* SPDX-License-Identifier: MIT */
/* Sockets with ancillary data, epoll, eventfd, timerfd, signalfd, System V and POSIX IPC, shared memory between processes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *err(long r) { return r >= 0 ? "ok" : strerrorname_np(errno); }

static void test_tcp(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, b, c;
    socklen_t len = sizeof(a);
    int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    printf("tcp %s %s\n", err(s), err(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))));
    printf("bind %s", err(bind(s, (struct sockaddr *)&a, sizeof(a))));
    printf(" listen %s\n", err(listen(s, 5)));
    getsockname(s, (struct sockaddr *)&a, &len);
    int cl = socket(AF_INET, SOCK_STREAM, 0);
    printf("connect %s\n", err(connect(cl, (struct sockaddr *)&a, sizeof(a))));
    len = sizeof(b);
    int sv = accept4(s, (struct sockaddr *)&b, &len, SOCK_NONBLOCK);
    len = sizeof(c);
    getsockname(cl, (struct sockaddr *)&c, &len);
    printf("accept %s len %d peer %d\n", err(sv), (int)len, b.sin_port == c.sin_port);
    char buf[32] = "";
    printf("nothing yet %s\n", err(recv(sv, buf, sizeof(buf), 0)));
    printf("send %ld\n", (long)send(cl, "over tcp", 8, MSG_NOSIGNAL));
    poll(&(struct pollfd){ .fd = sv, .events = POLLIN }, 1, 1000);
    printf("peek %ld", (long)recv(sv, buf, 4, MSG_PEEK));
    printf(" recv %ld", (long)recv(sv, buf, sizeof(buf), 0));
    printf(" %s\n", buf);
    int value = 0;
    len = sizeof(value);
    printf("nodelay %s", err(setsockopt(cl, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))));
    getsockopt(cl, IPPROTO_TCP, TCP_NODELAY, &value, &len);
    printf(" %d len %d\n", value != 0, (int)len);
    printf("shutdown %s", err(shutdown(cl, SHUT_WR)));
    poll(&(struct pollfd){ .fd = sv, .events = POLLIN }, 1, 1000);
    printf(" eof %ld\n", (long)recv(sv, buf, sizeof(buf), 0));
    signal(SIGPIPE, SIG_IGN);
    close(cl);
    printf("refused %s\n", err(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, sizeof(a))));
    printf("bad fd %s bad pointer %s\n", err(bind(999, (struct sockaddr *)&a, sizeof(a))), err(bind(s, (struct sockaddr *)8, sizeof(a))));
    close(sv);
    close(s);
}

static void test_unix(void)
{
    int sv[2];
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv);
    int p[2], on = 1;
    if (pipe(p)) {
        exit(1);
    }
    setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    char control[CMSG_SPACE(sizeof(int))], data[] = "with a descriptor";
    struct iovec iov = { data, sizeof(data) };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &p[1], sizeof(int));
    printf("sendmsg %ld\n", (long)sendmsg(sv[0], &m, 0));
    char buf[64] = "", in[256];
    struct iovec iov2 = { buf, sizeof(buf) };
    struct msghdr r = { .msg_iov = &iov2, .msg_iovlen = 1, .msg_control = in, .msg_controllen = sizeof(in) };
    printf("recvmsg %ld", (long)recvmsg(sv[1], &r, MSG_CMSG_CLOEXEC));
    printf(" %s flags %x\n", buf, r.msg_flags & ~MSG_CMSG_CLOEXEC);
    int fd = -1, is_me = 0;
    for (c = CMSG_FIRSTHDR(&r); c; c = CMSG_NXTHDR(&r, c)) {
        if (c->cmsg_type == SCM_RIGHTS) {
            memcpy(&fd, CMSG_DATA(c), sizeof(fd));
        } else if (c->cmsg_type == SCM_CREDENTIALS) {
            is_me = ((struct ucred *)CMSG_DATA(c))->pid == getpid();
        }
    }
    printf("passed %d me %d", (int)write(fd, "!", 1), is_me);
    printf(" read %ld", (long)read(p[0], buf, 1));
    printf(" %c\n", buf[0]);
    struct mmsghdr mm[2] = { { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } } };
    printf("sendmmsg %d", sendmmsg(sv[0], mm, 2, 0));
    printf(" %u", mm[1].msg_len);
    mm[0].msg_hdr.msg_iov = &iov2;
    printf(" recvmmsg %d\n", recvmmsg(sv[1], mm, 1, 0, NULL));
    struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0lyre-test" };
    int d = socket(AF_UNIX, SOCK_DGRAM, 0);
    snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "lyre-test-%d", getpid());
    printf("abstract %s", err(bind(d, (struct sockaddr *)&un, sizeof(un))));
    printf(" sendto %ld", (long)sendto(d, "dg", 2, 0, (struct sockaddr *)&un, sizeof(un)));
    struct sockaddr_un from;
    socklen_t len = sizeof(from);
    printf(" recvfrom %ld", (long)recvfrom(d, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
    printf(" len %d same %d\n", (int)len, memcmp(&from, &un, sizeof(un)) == 0);
}

/* More events than fit on any stack, with data that tells which. */
static void test_many_events(void)
{
    enum { N = 900 };
    static struct epoll_event got[N];
    static char seen[N];
    int ep = epoll_create1(EPOLL_CLOEXEC), fds[N], right = 0;
    for (int i = 0; i < N; i++) {
        struct epoll_event e = { .events = EPOLLIN, .data.u64 = 0x123456789ull << 20 | (unsigned)i };
        fds[i] = eventfd(1, EFD_NONBLOCK);
        epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e);
    }
    int n = epoll_wait(ep, got, N, 0);
    for (int i = 0; i < n; i++) {
        unsigned which = got[i].data.u64 & 0xfffff;
        right += got[i].events == EPOLLIN && got[i].data.u64 >> 20 == 0x123456789ull && which < N && !seen[which];
        seen[which < N ? which : 0] = 1;
    }
    printf("many events %d of them right %d, few %d\n", n, right, epoll_wait(ep, got, 5, 0));
    for (int i = 0; i < N; i++) {
        close(fds[i]);
    }
    close(ep);
}

static void test_fds(void)
{
    int ep = epoll_create1(EPOLL_CLOEXEC), ev = eventfd(3, EFD_NONBLOCK), tf = timerfd_create(CLOCK_MONOTONIC, 0);
    struct epoll_event e = { .events = EPOLLIN, .data.u64 = 0x1122334455667788 }, got[4];
    printf("add %s", err(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e)));
    printf(" again %s\n", err(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e)));
    int n = epoll_wait(ep, got, 4, 0);
    printf("wait %d %x %llx\n", n, got[0].events, (unsigned long long)got[0].data.u64);
    uint64_t v;
    printf("eventfd %ld", (long)read(ev, &v, 8));
    printf(" %d", (int)v);
    printf(" then %s\n", err(read(ev, &v, 8)));
    e.data.fd = tf;
    epoll_ctl(ep, EPOLL_CTL_ADD, tf, &e);
    e.events = EPOLLOUT | EPOLLET;
    e.data.u32 = 9;
    printf("modify %s\n", err(epoll_ctl(ep, EPOLL_CTL_MOD, ev, &e)));
    struct itimerspec its = { { 0, 0 }, { 0, 20000000 } };
    timerfd_settime(tf, 0, &its, NULL);
    epoll_wait(ep, got, 4, 0);
    printf("edge %x %d\n", got[0].events, got[0].data.u32);
    n = epoll_wait(ep, got, 4, 1000);
    printf("timer %d %d", n, got[0].data.fd == tf);
    printf(" read %ld", (long)read(tf, &v, 8));
    printf(" %d\n", (int)v);
    printf("delete %s\n", err(epoll_ctl(ep, EPOLL_CTL_DEL, tf, NULL)));
    printf("bad %s %s\n", err(epoll_wait(ep, got, 0, 0)), err(epoll_ctl(ep, 77, tf, &e)));
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGRTMIN + 4);
    sigprocmask(SIG_BLOCK, &s, NULL);
    int sf = signalfd(-1, &s, SFD_NONBLOCK);
    raise(SIGUSR1);
    sigqueue(getpid(), SIGRTMIN + 4, (union sigval){ .sival_int = 55 });
    struct signalfd_siginfo si[2];
    printf("signalfd %d", (int)(read(sf, si, sizeof(si)) / (long)sizeof(si[0])));
    printf(" %d %d value %d\n", si[0].ssi_signo, si[1].ssi_signo, si[1].ssi_int);
}

static void test_sysv(void)
{
    int id = semget(IPC_PRIVATE, 2, 0600 | IPC_CREAT), status;
    unsigned short values[2] = { 4, 5 };
    struct semid_ds ds;
    printf("semaphores %s", err(id));
    printf(" setall %s", err(semctl(id, 0, SETALL, values)));
    printf(" getval %d", semctl(id, 1, GETVAL));
    printf(" %s", err(semctl(id, 0, IPC_STAT, &ds)));
    printf(" nsems %d\n", (int)ds.sem_nsems);
    printf("ctime %d otime %d\n", ds.sem_ctime > 1000000000, (int)ds.sem_otime);
    ds.sem_perm.mode = 0640;
    printf("set %s", err(semctl(id, 0, IPC_SET, &ds)));
    semctl(id, 0, IPC_STAT, &ds);
    printf(" mode %o\n", ds.sem_perm.mode & 0777);
    struct sembuf op = { 0, -4, 0 }, wait = { 0, -1, 0 };
    printf("semop %s", err(semop(id, &op, 1)));
    op.sem_flg = IPC_NOWAIT;
    printf(" %s\n", err(semop(id, &op, 1)));
    int shm = shmget(IPC_PRIVATE, 8192, 0600 | IPC_CREAT);
    volatile int *p = shmat(shm, NULL, 0);
    struct shmid_ds sds;
    shmctl(shm, IPC_STAT, &sds);
    printf("shm %s size %d attached %d\n", p == (void *)-1 ? "failed" : "ok", (int)sds.shm_segsz, (int)sds.shm_nattch);
    pid_t pid = fork();
    if (pid == 0) {
        p[1] = 99;
        op = (struct sembuf){ 0, 1, 0 };
        _exit(semop(id, &op, 1));
    }
    printf("wait %s", err(semop(id, &wait, 1)));
    printf(" %d\n", p[1]);
    waitpid(pid, &status, 0);
    printf("detach %s", err(shmdt((void *)p)));
    printf(" remove %s\n", err(shmctl(shm, IPC_RMID, NULL)));
    struct {
        long type;
        char text[16];
    } m = { 7, "message" };
    int q = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
    printf("msgsnd %s", err(msgsnd(q, &m, 8, 0)));
    m.type = 0;
    m.text[0] = 0;
    printf(" msgrcv %ld", (long)msgrcv(q, &m, sizeof(m.text), 7, 0));
    printf(" %ld %s", m.type, m.text);
    printf(" none %s\n", err(msgrcv(q, &m, sizeof(m.text), 0, IPC_NOWAIT)));
    msgctl(q, IPC_RMID, NULL);
    semctl(id, 0, IPC_RMID);
}

static void test_posix(void)
{
    char name[32];
    snprintf(name, sizeof(name), "/lyre-%d", getpid());
    struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 32 }, got;
    mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
    if (q == (mqd_t)-1) {
        printf("no mqueue\n");
    } else {
        char buf[32] = "";
        unsigned prio;
        mq_send(q, "low", 4, 1);
        mq_send(q, "high", 5, 9);
        mq_getattr(q, &got);
        long n = mq_receive(q, buf, sizeof(buf), &prio);
        printf("mq %ld %s prio %u queued %ld\n", n, buf, prio, got.mq_curmsgs);
        mq_unlink(name);
    }
    int *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        *p = 123;
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    printf("shared memory %d\n", *p);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_tcp();
    test_unix();
    test_fds();
    test_many_events();
    test_sysv();
    test_posix();
    return 0;
}
