/* SPDX-License-Identifier: MIT */
/* ioctls for strace_sweep.py: each command of ioctls.def (ioctl_numbers) with structs of zeros, letters and small numbers; those of networks, terminals,
 * file systems and block devices with each flag and kind. All twice: a call that fails, and one that does not. */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/random.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <termios.h>

static void call_ioctl(unsigned long command, const void *arg)
{
    syscall(SYS_ioctl, 3L, command, arg, 0L, 0L, 0L);
    syscall(SYS_ioctl, 3L, command, arg, 0L, 0L, DONE);
}

static void filled_any(void)
{
    enum { SIZE = 8192 };
    char *zeros = (char *)(P + 32768), *letters = zeros + SIZE, *numbers = letters + SIZE;
    for (int i = 0; i < SIZE; i++) {
        letters[i] = i % 16 == 15 ? 0 : 'a' + i % 16;
        numbers[i] = i % 4 ? 0 : i / 4 + 1;
    }
    memset(zeros, 0, SIZE);
    const void *args[] = { NULL, (void *)5, zeros, letters, numbers };
    for (unsigned n = 0; n < sizeof(ioctl_numbers) / sizeof(*ioctl_numbers); n++) {
        for (unsigned i = 0; i < sizeof(args) / sizeof(*args); i++) {
            call_ioctl(ioctl_numbers[n], args[i]);
        }
    }
}

static void filled_network(void)
{
    static const unsigned commands[] = { SIOCGIFADDR, SIOCSIFADDR, SIOCGIFDSTADDR, SIOCSIFDSTADDR, SIOCGIFBRDADDR, SIOCSIFBRDADDR, SIOCGIFNETMASK, SIOCSIFNETMASK };
    struct ifreq *r = (struct ifreq *)(P + 57344);
    struct ifconf *c = (struct ifconf *)(r + 8);
    memset(r, 0, 512);
    strcpy(r->ifr_name, "eth0");
    for (int i = 0; i < 16; i++) {
        r->ifr_flags = 1 << i;
        call_ioctl(SIOCGIFFLAGS, r);
        call_ioctl(SIOCSIFFLAGS, r);
    }
    for (int i = 0; i < 840; i++) {
        r->ifr_hwaddr.sa_family = i == 839 ? 65535 : i == 838 ? 65534 : i;
        call_ioctl(SIOCGIFHWADDR, r);
    }
    strcpy(r->ifr_newname, "lan0");
    call_ioctl(SIOCSIFNAME, r);
    r[1] = r[0];
    for (unsigned i = 0; i < 8; i++) {
        *(struct sockaddr_in *)&r->ifr_addr = (struct sockaddr_in) { AF_INET, 0, { htonl(0xc0a80001) } };
        call_ioctl(commands[i], r);
    }
    r[1].ifr_addr = r[0].ifr_addr;
    for (int i = 0; i < 4; i++) {
        c->ifc_len = i == 3 ? 50 : i * sizeof(*r);
        c->ifc_req = r;
        call_ioctl(SIOCGIFCONF, c);
        c->ifc_req = NULL;
        call_ioctl(SIOCGIFCONF, c);
    }
}

static void filled_terminal(void)
{
    static const unsigned sets[] = { TCSETS, TCSETSW, TCSETSF, 0x402c542b, 0x402c542c, 0x402c542d, TIOCSLCKTRMIOS }, gets[] = { TCGETS, 0x802c542a, TIOCGLCKTRMIOS };
    unsigned *modes = (unsigned *)(P + 57344);
    memset(modes, 0, 64);
    for (int i = 0; i < 32; i++) {
        modes[0] = 1u << i | ICRNL;
        modes[1] = 1u << i | OPOST;
        modes[2] = (1u << i & ~CIBAUD) | B38400 | CREAD;
        modes[3] = 1u << i | ISIG;
        call_ioctl(sets[i % 7], modes);
        call_ioctl(gets[i % 3], modes);
    }
    for (unsigned i = 1; i < 16; i++) {
        unsigned short *old = (unsigned short *)modes;
        old[0] = old[1] = old[3] = 1 << i | 1;
        old[2] = B9600 | CREAD | 1 << i;
        call_ioctl(TCSETA, old);
        call_ioctl(TCGETA, old);
        modes[4] = 1 << i;
        call_ioctl(TIOCMGET, modes + 4);
        call_ioctl(TIOCMSET, modes + 4);
    }
    for (long i = 0; i < 5; i++) {
        call_ioctl(TCFLSH, (void *)i);
        call_ioctl(TCXONC, (void *)i);
        call_ioctl(0x4b3a /* KDSETMODE */, (void *)i);
        call_ioctl(0x4b45 /* KDSKBMODE */, (void *)i);
    }
    struct winsize w = { 24, 80, 640, 480 };
    call_ioctl(TIOCGWINSZ, &w);
    call_ioctl(TIOCSWINSZ, &w);
    call_ioctl(TIOCSTI, "x");
}

static void filled_files(void)
{
    struct file_dedupe_range *d = (struct file_dedupe_range *)(P + 57344);
    struct rand_pool_info *pool = (struct rand_pool_info *)(P + 57344 + 1024);
    for (int i = 0; i < 32; i++) {
        struct fiemap f = { .fm_start = 4096, .fm_length = -1L, .fm_flags = 1u << i, .fm_extent_count = i, .fm_mapped_extents = i };
        struct fsxattr x = { .fsx_xflags = 1u << i, .fsx_projid = 12 };
        long flags = 1L << i;
        call_ioctl(FS_IOC_FIEMAP, &f);
        call_ioctl(FS_IOC_GETFLAGS, &flags);
        call_ioctl(FS_IOC_SETFLAGS, &flags);
        call_ioctl(FS_IOC_FSGETXATTR, &x);
        call_ioctl(FS_IOC_FSSETXATTR, &x);
        call_ioctl(0x2400 /* PERF_EVENT_IOC_ENABLE */, (void *)(1L << i));
        call_ioctl(0xab0a /* NBD_SET_FLAGS */, (void *)(1L << i));
    }
    call_ioctl(FICLONERANGE, &(struct file_clone_range) { 4, 4096, 8192, 12288 });
    call_ioctl(FITRIM, &(struct fstrim_range) { 4096, -1UL, 512 });
    for (int i = 0; i < 4; i++) {
        *d = (struct file_dedupe_range) { .src_offset = 1, .src_length = 2, .dest_count = i };
        for (int k = 0; k < i; k++) {
            d->info[k] = (struct file_dedupe_range_info) { .dest_fd = 4 + k, .dest_offset = 8, .bytes_deduped = 9, .status = 1 - k };
        }
        call_ioctl(FIDEDUPERANGE, d);
    }
    *pool = (struct rand_pool_info) { 64, 8 };
    memcpy(pool->buf, "\1\2random", 8);
    call_ioctl(RNDADDENTROPY, pool);
}

static void filled_loop(void)
{
    for (int i = 0; i < 32; i++) {
        struct loop_config c = { .fd = 4, .block_size = 512, .info = { .lo_offset = 1 << i, .lo_sizelimit = 4096, .lo_number = i, .lo_flags = 1u << i } };
        struct loop_info old = { .lo_number = i, .lo_offset = 1 << i, .lo_flags = 1 << i };
        memset(c.info.lo_file_name, 'a', i * 2);
        memset(old.lo_name, 'b', i * 2);
        call_ioctl(LOOP_CONFIGURE, &c);
        call_ioctl(LOOP_GET_STATUS64, &c.info);
        call_ioctl(LOOP_SET_STATUS64, &c.info);
        call_ioctl(LOOP_GET_STATUS, &old);
        call_ioctl(LOOP_SET_STATUS, &old);
    }
}

static void filled_ioctls(void)
{
    filled_any();
    filled_network();
    filled_terminal();
    filled_files();
    filled_loop();
}
