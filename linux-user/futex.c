/* SPDX-License-Identifier: MIT */
/* futex: guest addresses are host addresses and tasks are host threads, so the host's kernel does all of it once the pointers are checked. */
#include <errno.h>
#include <linux/futex.h>
#include <time.h>

#include "linux-user/check.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

enum { HAS_TIMEOUT = 1, HAS_SECOND = 2, WRITES = 4, WAITS = 8 };

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static const uint8_t operations[] = {
    [FUTEX_WAIT] = HAS_TIMEOUT | WAITS,
    [FUTEX_WAKE] = 0,
    [FUTEX_REQUEUE] = HAS_SECOND,
    [FUTEX_CMP_REQUEUE] = HAS_SECOND,
    [FUTEX_WAKE_OP] = HAS_SECOND | WRITES,
    [FUTEX_LOCK_PI] = HAS_TIMEOUT | WRITES | WAITS,
    [FUTEX_UNLOCK_PI] = WRITES,
    [FUTEX_TRYLOCK_PI] = WRITES,
    [FUTEX_WAIT_BITSET] = HAS_TIMEOUT | WAITS,
    [FUTEX_WAKE_BITSET] = 0,
    [FUTEX_WAIT_REQUEUE_PI] = HAS_TIMEOUT | HAS_SECOND | WRITES | WAITS,
    [FUTEX_CMP_REQUEUE_PI] = HAS_SECOND | WRITES,
    [FUTEX_LOCK_PI2] = HAS_TIMEOUT | WRITES | WAITS,
};

int64_t sys_futex(Task *t, const uint64_t args[6])
{
    unsigned command = (unsigned)args[1] & FUTEX_CMD_MASK;
    if (command >= ARRAY_LEN(operations)) {
        return -ENOSYS;
    }
    unsigned op = operations[command];
    int error = op & WRITES ? check_write(t, args[0], 4) : check_read(t, args[0], 4);
    if (!error && (op & HAS_TIMEOUT)) {
        error = check_read(t, args[3], sizeof(struct timespec));
    }
    if (!error && (op & HAS_SECOND)) {
        error = op & WRITES ? check_write(t, args[4], 4) : check_read(t, args[4], 4);
    }
    if (error) {
        return error;
    }
    if (op & WAITS) {
        return syscall_blocking(t, SYS_futex, args[0], args[1], args[2], args[3], args[4], args[5]);
    }
    return sys_call(SYS_futex, args[0], args[1], args[2], args[3], args[4], args[5]);
}
