/* SPDX-License-Identifier: MIT */
/* Files, directories, links, times, locks, vectors, maps of files, descriptors. Everything happens in a new directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* O_LARGEFILE of the kernel: the C library's is 0 on 64-bit machines */
#ifdef __aarch64__
#define LARGE_FILE 0400000
#else
#define LARGE_FILE 0100000
#endif

static const char *err(long r) { return r >= 0 ? "ok" : strerrorname_np(errno); }

static void test_open(void)
{
    struct stat st, st2;
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    printf("create %s\n", err(fd));
    printf("again %s\n", err(open("file", O_RDWR | O_CREAT | O_EXCL, 0640)));
    printf("directory %s\n", err(open("file", O_DIRECTORY)));
    printf("dir for writing %s\n", err(open(".", O_WRONLY)));
    printf("path below a file %s\n", err(open("file/x", O_RDONLY)));
    printf("bad pointer %s\n", err(open((char *)8, O_RDONLY)));
    printf("write %ld\n", (long)write(fd, "hello, world\n", 13));
    printf("bad buffer %s\n", err(write(fd, (char *)8, 13)));
    fchmod(fd, 0644);
    fstat(fd, &st);
    stat("file", &st2);
    printf("stat %o %ld %ld %d %d\n", st.st_mode, (long)st.st_size, (long)st.st_nlink, st.st_ino == st2.st_ino, st.st_uid == getuid());
    printf("blksize %ld blocks %ld dev %d\n", (long)st.st_blksize, (long)st.st_blocks, st.st_dev == st2.st_dev);
    symlink("file", "link");
    lstat("link", &st);
    printf("link %o %ld\n", st.st_mode & S_IFMT, (long)st.st_size);
    printf("nofollow %s\n", err(open("link", O_NOFOLLOW)));
    char buf[64];
    long n = readlink("link", buf, sizeof(buf));
    printf("readlink %ld %.4s\n", n, buf);
    printf("hard link %s\n", err(link("file", "hard")));
    stat("file", &st);
    printf("nlink %ld\n", (long)st.st_nlink);
    struct timespec times[2] = { { 1000000, 5 }, { 2000000, 7 } };
    printf("utimensat %s", err(utimensat(AT_FDCWD, "file", times, 0)));
    stat("file", &st);
    printf(" %ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    printf("futimens %s\n", err(futimens(fd, NULL)));
    struct statx sx;
    printf("statx %s", err(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &sx)));
    printf(" %o %ld\n", sx.stx_mode, (long)sx.stx_size);
    printf("truncate %s", err(ftruncate(fd, 5)));
    printf(" %s", err(truncate("file", 7)));
    printf(" size %ld\n", (long)lseek(fd, 0, SEEK_END));
    struct statfs sf;
    printf("statfs %s", err(statfs(".", &sf)));
    printf(" %d\n", sf.f_bsize > 0 && sf.f_namelen == 255);
    printf("access %s %s %s\n", err(access("file", R_OK)), err(access("none", F_OK)), err(faccessat(AT_FDCWD, "file", X_OK, AT_EACCESS)));
    close(fd);
    printf("closed %s\n", err(close(fd)));
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void test_dirs(void)
{
    char *names[64], cwd[PATH_MAX];
    int n = 0;
    printf("mkdir %s", err(mkdir("dir", 0755)));
    printf(" %s\n", err(mkdir("dir", 0755)));
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof(name), "dir/entry%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    DIR *d = opendir("dir");
    for (struct dirent *e; (e = readdir(d));) {
        names[n++] = strdup(e->d_name);
    }
    closedir(d);
    qsort(names, (size_t)n, sizeof(names[0]), compare);
    for (int i = 0; i < n; i++) {
        printf("%s%s", i ? " " : "", names[i]);
    }
    printf("\n");
    printf("rmdir %s\n", err(rmdir("dir")));
    printf("rename %s\n", err(rename("dir/entry1", "moved")));
    printf("renameat2 %s\n", err(syscall(SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "file", RENAME_NOREPLACE)));
    printf("chdir %s", err(chdir("dir")));
    printf(" %s\n", getcwd(cwd, sizeof(cwd)) ? strrchr(cwd, '/') : "none");
    printf("small %s\n", getcwd(cwd, 3) ? "ok" : strerrorname_np(errno));
    int dfd = open("..", O_RDONLY | O_DIRECTORY);
    printf("openat %s\n", err(openat(dfd, "dir/entry2", O_RDONLY)));
    printf("unlinkat %s %s\n", err(unlinkat(dfd, "dir/entry2", 0)), err(unlinkat(dfd, "dir", AT_REMOVEDIR)));
    fchdir(dfd);
    printf("mkfifo %s\n", err(mkfifo("fifo", 0600)));
    printf("nonblocking %s\n", err(open("fifo", O_WRONLY | O_NONBLOCK)));
    printf("umask %o\n", umask(077));
    printf("umask %o\n", umask(022));
}

static void test_descriptors(void)
{
    int fd = open("file", O_RDWR | O_CLOEXEC), a = dup(fd), b = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    printf("cloexec %d %d %d at %d\n", fcntl(fd, F_GETFD), fcntl(a, F_GETFD), fcntl(b, F_GETFD), b);
    printf("flags %o\n", fcntl(fd, F_GETFL) & ~LARGE_FILE);
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    printf("flags %o\n", fcntl(a, F_GETFL) & ~LARGE_FILE);
    printf("dup2 %d dup3 %s\n", dup2(fd, 50), err(dup3(fd, fd, 0)));
    close(a);
    struct flock fl = { .l_type = F_WRLCK, .l_start = 3, .l_len = 4 };
    printf("lock %s", err(fcntl(fd, F_SETLK, &fl)));
    fl.l_type = F_RDLCK;
    printf(" %s", err(fcntl(fd, F_GETLK, &fl)));
    printf(" type %d\n", fl.l_type);
    printf("flock %s\n", err(flock(fd, LOCK_EX | LOCK_NB)));
    int p[2];
    pipe2(p, O_CLOEXEC | O_NONBLOCK);
    char c;
    printf("empty pipe %s\n", err(read(p[0], &c, 1)));
    int avail = 0;
    if (write(p[1], "abc", 3) == 3) {
        ioctl(p[0], FIONREAD, &avail);
    }
    printf("fionread %d\n", avail);
    printf("tty %s\n", err(ioctl(p[0], TCGETS, &c)));
    printf("pipe size %d\n", fcntl(p[0], F_SETPIPE_SZ, 65536));
    struct pollfd pf[2] = { { .fd = p[0], .events = POLLIN }, { .fd = p[1], .events = POLLOUT } };
    printf("poll %d", poll(pf, 2, 0));
    printf(" %x %x\n", pf[0].revents, pf[1].revents);
    close_range(60, 1000, 0);
    printf("close_range %s %s\n", err(fcntl(b, F_GETFD)), err(fcntl(50, F_GETFD)));
}

static void test_data(void)
{
    char x[8] = "", y[8] = "", big[3000];
    int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec out[2] = { { "abcd", 4 }, { "efgh", 4 } }, in[2] = { { x, 3 }, { y, 5 } };
    printf("writev %ld\n", (long)writev(fd, out, 2));
    lseek(fd, 0, SEEK_SET);
    printf("readv %ld %s %s\n", (long)readv(fd, in, 2), x, y);
    printf("pwrite %ld", (long)pwrite(fd, "ZZ", 2, 3));
    printf(" pread %ld", (long)pread(fd, x, 4, 2));
    printf(" %.4s\n", x);
    printf("preadv %ld\n", (long)preadv(fd, in, 2, 1));
    printf("too many %s\n", err(readv(fd, in, 5000)));
    out[0].iov_base = (void *)8;
    printf("bad vector %s\n", err(writev(fd, out, 2)));
    printf("lseek %s\n", err(lseek(fd, -5, SEEK_SET)));
    printf("fallocate %s\n", err(fallocate(fd, 0, 0, 8192)));
    char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    printf("mapped %.8s\n", m);
    m[0] = 'M';
    m[5000] = 'N';
    printf("msync %s\n", err(msync(m, 8192, MS_SYNC)));
    printf("seen %ld", (long)pread(fd, x, 1, 5000));
    printf(" %c\n", x[0]);
    m = mremap(m, 8192, 4096, 0);
    printf("mremap %c\n", m[0]);
    munmap(m, 4096);
    int to = open("copy", O_RDWR | O_CREAT, 0600);
    off_t off = 2;
    printf("sendfile %ld", (long)sendfile(to, fd, &off, 6));
    printf(" at %ld\n", (long)off);
    loff_t from = 0;
    printf("copy_file_range %ld\n", (long)copy_file_range(fd, &from, to, NULL, 4, 0));
    printf("fsync %s %s\n", err(fsync(fd)), err(fdatasync(to)));
    memset(big, 'q', sizeof(big));
    FILE *f = fopen("stream", "w+");
    for (int i = 0; i < 100; i++) {
        fwrite(big, 1, sizeof(big), f);
    }
    printf("stream %ld\n", ftell(f));
    fclose(f);
    printf("xattr %s\n", setxattr("data", "user.lyre", "value", 5, 0) ? "none" : getxattr("data", "user.lyre", big, 100) == 5 ? "ok" : "bad");
    int ino = inotify_init1(IN_NONBLOCK);
    inotify_add_watch(ino, ".", IN_CREATE | IN_DELETE);
    close(open("watched", O_CREAT | O_WRONLY, 0600));
    unlink("watched");
    struct inotify_event ev[16];
    long n = read(ino, ev, sizeof(ev));
    printf("inotify %ld %x %s\n", n, ev[0].mask, ev[0].name);
    int mem = memfd_create("name", MFD_ALLOW_SEALING);
    printf("memfd %s seal %s", err(ftruncate(mem, 100)), err(fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK)));
    printf(" %s\n", err(ftruncate(mem, 10)));
}

int main(void)
{
    char dir[] = "/tmp/lyre-files-XXXXXX", command[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(dir) || chdir(dir)) {
        return 1;
    }
    umask(022);
    test_open();
    test_dirs();
    test_descriptors();
    test_data();
    for (int i = 0; i < 20; i++) {
        snprintf(command, sizeof(command), "dir/entry%d", i);
        unlink(command);
    }
    static const char *const left[] = { "file", "link", "hard", "moved", "fifo", "data", "copy", "stream" };
    for (unsigned i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        unlink(left[i]);
    }
    printf("left %s", err(rmdir("dir")));
    printf(" %s\n", err(rmdir(dir)));
    return 0;
}
