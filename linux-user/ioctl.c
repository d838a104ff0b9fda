/* SPDX-License-Identifier: MIT */
/* ioctl: the argument is checked as its row, or its number, says, then the host's kernel has it. */
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
    return error ? error : syscall_blocking(t, SYS_ioctl, args[0], args[1], args[2], 0, 0, 0);
}
