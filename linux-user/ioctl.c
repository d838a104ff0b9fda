/* SPDX-License-Identifier: MIT */
/* ioctl: the argument is checked as its row, or its number, says, then the host's kernel has it; one struct is converted. */
#include <errno.h>
#include <linux/loop.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "linux-user/check.h"
#include "linux-user/mm.h"
#include "linux-user/syscall_rows.h"
#include "util/sys.h"

const IoctlRow *ioctl_row(uint32_t number)
{
    unsigned low = 0, high = ioctl_nrows;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (ioctl_rows[mid].number < number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < ioctl_nrows && ioctl_rows[low].number == number ? &ioctl_rows[low] : NULL;
}

/* SIOCGIFCONF has a buffer behind its struct. */
static int check_ifconf(Task *t, uint64_t arg)
{
    struct {
        int32_t len, pad;
        uint64_t buf;
    } conf;
    return mm_read(&conf, arg, sizeof(conf)) || (conf.len > 0 && check_write(t, conf.buf, (uint64_t)conf.len));
}

/* The old status of a loop device, the one struct of an ioctl that amd64 has in another shape: there __kernel_old_dev_t is unsigned long, here
 * unsigned int (include/uapi/asm-generic/posix_types.h). */
typedef struct {
    int32_t number;
    uint32_t device;
    uint64_t inode;
    uint32_t rdevice;
    struct {
        int32_t offset, encrypt_type, encrypt_key_size, flags;
        char name[LO_NAME_SIZE];
        unsigned char encrypt_key[LO_KEY_SIZE];
    } common;
    uint64_t init[2];
    char reserved[4];
} GuestLoopInfo;

_Static_assert(sizeof(((GuestLoopInfo *)NULL)->common) == offsetof(struct loop_info, lo_init) - offsetof(struct loop_info, lo_offset), "linux/loop.h");

static int64_t ioctl_loop_status(Task *t, const uint64_t args[6])
{
    GuestLoopInfo guest = {0};
    struct loop_info host = {0};
    bool is_set = (uint32_t)args[1] == LOOP_SET_STATUS;
    if (is_set) {
        if (mm_read(&guest, args[2], sizeof(guest))) {
            return -EFAULT;
        }
        host.lo_number = guest.number, host.lo_device = guest.device, host.lo_inode = guest.inode, host.lo_rdevice = guest.rdevice;
        memcpy(&host.lo_offset, &guest.common, sizeof(guest.common));
        memcpy(host.lo_init, guest.init, sizeof(guest.init));
    }
    int64_t result = syscall_blocking(t, SYS_ioctl, args[0], args[1], (uint64_t)&host, 0, 0, 0);
    if (is_set || result < 0) {
        return result;
    }
    guest.number = host.lo_number, guest.device = (uint32_t)host.lo_device, guest.inode = host.lo_inode, guest.rdevice = (uint32_t)host.lo_rdevice;
    if (guest.device != host.lo_device || guest.rdevice != host.lo_rdevice) {
        return -EOVERFLOW;
    }
    memcpy(&guest.common, &host.lo_offset, sizeof(guest.common));
    memcpy(guest.init, host.lo_init, sizeof(guest.init));
    return mm_write(args[2], &guest, sizeof(guest)) ? -EFAULT : result;
}

int64_t sys_ioctl(Task *t, const uint64_t args[6])
{
    uint32_t cmd = (uint32_t)args[1];
    const IoctlRow *row = ioctl_row(cmd);
    int error = 0;
    if (!row) {
        error = check_read(t, args[2], 1);
        if (!error && _IOC_DIR(cmd) != _IOC_NONE) {
            error = _IOC_DIR(cmd) & _IOC_READ ? check_write(t, args[2], _IOC_SIZE(cmd)) : check_read(t, args[2], _IOC_SIZE(cmd));
        }
    } else if (row->type == ARG_IN) {
        error = check_read(t, args[2], struct_descs[row->ref].size);
    } else if (row->type == ARG_OUT || row->type == ARG_INOUT) {
        error = check_write(t, args[2], struct_descs[row->ref].size);
        if (!error && row->ref == STRUCT_ifconf) {
            error = check_ifconf(t, args[2]) ? -14 : 0;
        }
    }
    if (!error && (cmd == LOOP_SET_STATUS || cmd == LOOP_GET_STATUS)) {
        return ioctl_loop_status(t, args);
    }
    return error ? error : syscall_blocking(t, SYS_ioctl, args[0], args[1], args[2], 0, 0, 0);
}
