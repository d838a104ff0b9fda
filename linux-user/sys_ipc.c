/* SPDX-License-Identifier: MIT */
/* System V semaphores: semctl's fourth argument is a union, and x86-64 has a semid_ds of its own. */
#include <errno.h>
#include <string.h>
#include <sys/sem.h>

#include "linux-user/check.h"
#include "linux-user/mm.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"
#include "util/sys.h"

/* asm-generic/sembuf.h on a 64-bit architecture */
typedef struct GenericSemid {
    struct ipc_perm perm;
    int64_t otime, ctime;
    uint64_t nsems, unused[2];
} GenericSemid;
_Static_assert(sizeof(GenericSemid) == 88, "asm-generic/sembuf.h");

static int64_t stat_semaphores(const uint64_t args[6])
{
    struct semid_ds host;
    GenericSemid g;
    memset(&g, 0, sizeof(g));
    int64_t result = sys_call4(SYS_semctl, args[0], args[1], args[2], SYS_PTR(&host));
    if (result < 0) {
        return result;
    }
    g.perm = host.sem_perm;
    g.otime = host.sem_otime;
    g.ctime = host.sem_ctime;
    g.nsems = host.sem_nsems;
    return mm_write(args[3], &g, sizeof(g)) ? -EFAULT : result;
}

static int64_t set_semaphores(const uint64_t args[6])
{
    struct semid_ds host;
    GenericSemid g;
    if (mm_read(&g, args[3], sizeof(g))) {
        return -EFAULT;
    }
    memset(&host, 0, sizeof(host));
    host.sem_perm = g.perm;
    return sys_call4(SYS_semctl, args[0], args[1], args[2], SYS_PTR(&host));
}

int64_t sys_semctl(Task *t, const uint64_t args[6])
{
    enum { SEM_STAT_ANY_CMD = 20, MAX_SEMAPHORES = 32000 };
    int error = 0;
    switch ((int)args[2] & ~0x100 /* IPC_64 */) {
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY_CMD:
        return stat_semaphores(args);
    case IPC_SET:
        return set_semaphores(args);
    case GETALL:
        error = check_write(t, args[3], MAX_SEMAPHORES * sizeof(uint16_t));
        break;
    case SETALL:
        error = check_read(t, args[3], MAX_SEMAPHORES * sizeof(uint16_t));
        break;
    case IPC_INFO:
    case SEM_INFO:
        error = check_write(t, args[3], sizeof(struct seminfo));
        break;
    default:
        break;
    }
    return error ? error : sys_call4(SYS_semctl, args[0], args[1], args[2], args[3]);
}
