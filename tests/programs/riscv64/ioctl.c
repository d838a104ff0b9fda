/* SPDX-License-Identifier: MIT */
/* The ioctls whose struct has another shape on this architecture than on the host: the old status of loop devices. Guest program for riscv64;
 * prints TAP, and skips where no loop device can be had. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int count;

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name);
}

/* A loop device with that file behind it; -1: none to be had. Another program may take the free one first. */
static int loop_device(int file)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    for (int tries = 0; control >= 0 && tries < 20; tries++) {
        char path[32];
        snprintf(path, sizeof(path), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
        int loop = open(path, O_RDWR | O_CLOEXEC);
        if (loop >= 0 && ioctl(loop, LOOP_SET_FD, file) == 0) {
            return loop;
        }
        close(loop);
    }
    return -1;
}

static void check_status(int loop, int file)
{
    struct loop_info set = {.lo_offset = 4096, .lo_flags = LO_FLAGS_AUTOCLEAR, .lo_name = "a name", .lo_init = {5, 6}}, got;
    struct loop_info64 wide;
    struct stat st;
    fstat(file, &st);
    ok(sizeof(set) == 160 && offsetof(struct loop_info, lo_offset) == 20, "the struct is this architecture's");
    ok(ioctl(loop, LOOP_SET_STATUS, &set) == 0, "LOOP_SET_STATUS");
    ok(ioctl(loop, LOOP_GET_STATUS64, &wide) == 0 && wide.lo_offset == 4096 && !strcmp((char *)wide.lo_file_name, "a name") &&
           (wide.lo_flags & LO_FLAGS_AUTOCLEAR),
       "offset, name and flags are set");
    memset(&got, 0xaa, sizeof(got));
    ok(ioctl(loop, LOOP_GET_STATUS, &got) == 0, "LOOP_GET_STATUS");
    ok(got.lo_offset == 4096 && !strcmp(got.lo_name, "a name") && got.lo_flags == (int)wide.lo_flags && got.lo_number == (int)wide.lo_number, "the same read back");
    ok(got.lo_inode == st.st_ino && got.lo_device == (unsigned)wide.lo_device && got.lo_rdevice == (unsigned)wide.lo_rdevice, "device and inode");
    wide.lo_offset = 1ULL << 40;
    ok(ioctl(loop, LOOP_SET_STATUS64, &wide) == 0 && ioctl(loop, LOOP_GET_STATUS, &got) == -1 && errno == EOVERFLOW, "an offset too large for it: EOVERFLOW");
    ok(ioctl(loop, LOOP_SET_STATUS, (void *)8) == -1 && errno == EFAULT, "LOOP_SET_STATUS of a bad pointer");
    ok(ioctl(loop, LOOP_GET_STATUS, (void *)-4096L) == -1 && errno == EFAULT, "LOOP_GET_STATUS to a bad pointer");
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    set.lo_offset = 0;
    memcpy(page + 4096 - sizeof(set), &set, sizeof(set));
    ok(ioctl(loop, LOOP_SET_STATUS, page + 4096 - sizeof(set)) == 0 && ioctl(loop, LOOP_GET_STATUS, page + 4096 - sizeof(set)) == 0, "no byte beyond the struct is touched");
    ok(ioctl(loop, LOOP_GET_STATUS, page + 4096 - sizeof(set) + 8) == -1 && errno == EFAULT, "one that reaches beyond the page: EFAULT");
}

int main(void)
{
    int file = memfd_create("disk", MFD_CLOEXEC);
    int loop = ftruncate(file, 1 << 20) ? -1 : loop_device(file);
    if (loop < 0) {
        printf("ok 1 - loop devices # SKIP %s\n1..1\n", strerror(errno));
        return 0;
    }
    check_status(loop, file);
    ioctl(loop, LOOP_CLR_FD);
    printf("1..%d\n", count);
    return 0;
}
