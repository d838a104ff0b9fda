/* SPDX-License-Identifier: MIT */
/* System calls about the process: name of the machine, limits, prctl, exec. exit and clone are clone.c's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "linux-user/abi.h"
#include "linux-user/check.h"
#include "linux-user/exec.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/seccomp.h"
#include "linux-user/syscall_rows.h"
#include "linux-user/thread.h"
#include "util/compiler.h"
#include "util/lock.h"
#include "util/sys.h"

static void put_field(char field[65], const char *value)
{
    memset(field, 0, 65);
    memcpy(field, value, strnlen(value, 64));
}

/* Under -seed the numbers follow from it. */
int64_t sys_getrandom(Task *t, const uint64_t args[6])
{
    enum { KNOWN_FLAGS = GRND_NONBLOCK | GRND_RANDOM | 4 /* GRND_INSECURE */, MOST = 256 };
    if (!t->options->has_seed || (args[2] & ~(uint64_t)KNOWN_FLAGS)) {
        return syscall_blocking(t, SYS_getrandom, args[0], args[1], args[2], 0, 0, 0);
    }
    uint64_t n = args[1] < MOST ? args[1] : MOST; /* no more is promised at once */
    for (uint64_t done = 0; done < n; done += 8) {
        uint64_t value = mm_random(t->mm);
        if (mm_write(args[0] + done, &value, n - done < 8 ? n - done : 8)) {
            return -EFAULT;
        }
    }
    return (int64_t)n;
}

int64_t sys_uname(Task *t, const uint64_t args[6])
{
    struct utsname u;
    int64_t error = sys_call1(SYS_uname, SYS_PTR(&u));
    if (error) {
        return error;
    }
    put_field(u.machine, t->abi->uname_machine);
    if (t->options && t->options->uname) {
        put_field(u.release, t->options->uname);
    }
    return mm_write(args[0], &u, sizeof(u));
}

int64_t sys_execve(Task *t, const uint64_t args[6]) { return exec_execve(t, AT_FDCWD, args[0], args[1], args[2], 0); }

int64_t sys_execveat(Task *t, const uint64_t args[6])
{
    return exec_execve(t, (int)args[0], args[1], args[2], args[3], (int)args[4]);
}

/* A child whose end is learned may have left a task of ours. */
static int64_t after_wait(Task *t, int64_t result)
{
    if (result >= 0) {
        thread_reap(t);
    }
    return result;
}

int64_t sys_wait4(Task *t, const uint64_t args[6])
{
    return after_wait(t, syscall_blocking(t, SYS_wait4, args[0], args[1], args[2], args[3], 0, 0));
}

int64_t sys_waitid(Task *t, const uint64_t args[6])
{
    return after_wait(t, syscall_blocking(t, SYS_waitid, args[0], args[1], args[2], args[3], args[4], 0));
}

/* Limits that would hit our own memory are kept for the guest alone: soft and hard ones guarded by group->lock, the soft ones in Mm as well. */
static uint64_t *own_limit(Task *t, unsigned resource, unsigned *mm_limit)
{
    switch (resource) {
    case RLIMIT_AS: *mm_limit = MM_LIMIT_AS; return t->group->rlimit_as;
    case RLIMIT_DATA: *mm_limit = MM_LIMIT_DATA; return t->group->rlimit_data;
    case RLIMIT_STACK: *mm_limit = MM_LIMIT_STACK; return t->group->rlimit_stack;
    default: return NULL;
    }
}

static bool is_own_pid(const Task *t, int pid)
{
    return pid == 0 || pid == t->tid || pid == (int)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static bool may_raise_limits(void)
{
    return (int)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0) == 0; /* stands for CAP_SYS_RESOURCE */
}

/* do_prlimit() of the kernel on a limit of ours. */
static int64_t change_own_limit(Task *t, uint64_t *limit, unsigned mm_limit, const uint64_t *new, uint64_t old[2])
{
    int64_t error = 0;
    lock_acquire(&t->group->lock);
    old[0] = limit[0];
    old[1] = limit[1];
    if (new) {
        if (new[0] > new[1]) {
            error = -EINVAL;
        } else if (new[1] > limit[1] && !may_raise_limits()) {
            error = -EPERM;
        } else {
            limit[0] = new[0];
            limit[1] = new[1];
            atomic_store(&t->mm->limit[mm_limit], new[0]);
        }
    }
    lock_release(&t->group->lock);
    return error;
}

static int64_t do_prlimit(Task *t, int pid, unsigned resource, uint64_t new_addr, uint64_t old_addr)
{
    unsigned mm_limit = 0;
    uint64_t *limit = is_own_pid(t, pid) ? own_limit(t, resource, &mm_limit) : NULL;
    uint64_t new[2], old[2];
    if (!limit) {
        return sys_call4(SYS_prlimit64, SYS_INT(pid), resource, new_addr, old_addr);
    }
    if (new_addr && mm_read(new, new_addr, sizeof(new))) {
        return -EFAULT;
    }
    int64_t error = change_own_limit(t, limit, mm_limit, new_addr ? new : NULL, old);
    return error || !old_addr ? error : mm_write(old_addr, old, sizeof(old));
}

int64_t sys_prlimit64(Task *t, const uint64_t args[6])
{
    return do_prlimit(t, (int)args[0], (unsigned)args[1], args[2], args[3]);
}

int64_t sys_getrlimit(Task *t, const uint64_t args[6])
{
    return args[1] ? do_prlimit(t, 0, (unsigned)args[0], 0, args[1]) : -EFAULT;
}

int64_t sys_setrlimit(Task *t, const uint64_t args[6])
{
    return args[1] ? do_prlimit(t, 0, (unsigned)args[0], args[1], 0) : -EFAULT;
}

/* prctl options by what their second argument is. Those that are not here take integers only and are passed. */
typedef struct PrctlRow {
    int option;
    enum { PRCTL_OUT, PRCTL_IN, PRCTL_REFUSED } kind;
    int value; /* size, or errno */
} PrctlRow;

static const PrctlRow prctl_rows[] = {
    { PR_GET_PDEATHSIG, PRCTL_OUT, 4 },
    { PR_SET_NAME, PRCTL_IN, 16 },
    { PR_GET_NAME, PRCTL_OUT, 16 },
    { PR_GET_CHILD_SUBREAPER, PRCTL_OUT, 4 },
    { PR_GET_TID_ADDRESS, PRCTL_OUT, 8 },
    /* not on this architecture */
    { PR_GET_UNALIGN, PRCTL_REFUSED, EINVAL },
    { PR_SET_UNALIGN, PRCTL_REFUSED, EINVAL },
    { PR_GET_FPEMU, PRCTL_REFUSED, EINVAL },
    { PR_SET_FPEMU, PRCTL_REFUSED, EINVAL },
    { PR_GET_FPEXC, PRCTL_REFUSED, EINVAL },
    { PR_SET_FPEXC, PRCTL_REFUSED, EINVAL },
    { PR_GET_ENDIAN, PRCTL_REFUSED, EINVAL },
    { PR_SET_ENDIAN, PRCTL_REFUSED, EINVAL },
    { PR_GET_TSC, PRCTL_REFUSED, EINVAL },
    { PR_SET_TSC, PRCTL_REFUSED, EINVAL },
    /* they would speak of the host's system calls or of our own memory */
    { PR_SET_SYSCALL_USER_DISPATCH, PRCTL_REFUSED, EINVAL },
    { PR_SET_MM, PRCTL_REFUSED, EPERM },
    { 65 /* PR_SET_MDWE */, PRCTL_REFUSED, EINVAL },
};

static int64_t tagged_addresses(Task *t, const uint64_t args[6])
{
    bool is_set = (int)args[0] == PR_SET_TAGGED_ADDR_CTRL;
    uint64_t rest = args[2] | args[3] | args[4] | (is_set ? args[1] & ~(uint64_t)PR_TAGGED_ADDR_ENABLE : args[1]);
    if (!t->abi->target->tag_bits || rest) {
        return -EINVAL;
    }
    if (!is_set) {
        return t->ignores_tags ? PR_TAGGED_ADDR_ENABLE : 0;
    }
    t->ignores_tags = args[1] & PR_TAGGED_ADDR_ENABLE;
    return 0;
}

int64_t sys_prctl(Task *t, const uint64_t args[6])
{
    if ((int)args[0] == PR_SET_TAGGED_ADDR_CTRL || (int)args[0] == PR_GET_TAGGED_ADDR_CTRL) {
        return tagged_addresses(t, args);
    }
    if ((int)args[0] == PR_SET_SECCOMP || (int)args[0] == PR_GET_SECCOMP) {
        return (int)args[0] == PR_GET_SECCOMP ? seccomp_mode(t) : seccomp_set_mode(t, args[1], args[2]);
    }
    bool is_known = t->abi->arch_prctl != NULL;
    int64_t result = is_known ? t->abi->arch_prctl(t, args, &is_known) : 0;
    if (is_known) {
        return result;
    }
    for (unsigned i = 0; i < ARRAY_LEN(prctl_rows); i++) {
        const PrctlRow *row = &prctl_rows[i];
        if (row->option != (int)args[0]) {
            continue;
        }
        if (row->kind == PRCTL_REFUSED) {
            return -row->value;
        }
        uint64_t len = (uint64_t)row->value;
        if (row->kind == PRCTL_OUT ? check_write(t, args[1], len) : check_read(t, args[1], len)) {
            return -EFAULT;
        }
    }
    return sys_call(SYS_prctl, args[0], args[1], args[2], args[3], args[4], 0);
}
