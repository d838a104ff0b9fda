/* SPDX-License-Identifier: MIT */
/* System calls on the address space: mm.h does the work. */
#include "linux-user/mm.h"
#include "linux-user/syscall_rows.h"

int64_t sys_brk(Task *t, const uint64_t args[6]) { return mm_brk(t->mm, args[0]); }

int64_t sys_mmap(Task *t, const uint64_t args[6])
{
    return mm_mmap(t->mm, args[0], args[1], (int)args[2], (int)args[3], (int)args[4], args[5]);
}

int64_t sys_munmap(Task *t, const uint64_t args[6]) { return mm_munmap(t->mm, args[0], args[1]); }
int64_t sys_mprotect(Task *t, const uint64_t args[6]) { return mm_mprotect(t->mm, args[0], args[1], (int)args[2]); }

int64_t sys_mremap(Task *t, const uint64_t args[6])
{
    return mm_mremap(t->mm, args[0], args[1], args[2], (int)args[3], args[4]);
}

int64_t sys_madvise(Task *t, const uint64_t args[6]) { return mm_madvise(t->mm, args[0], args[1], (int)args[2]); }
int64_t sys_mseal(Task *t, const uint64_t args[6]) { return mm_mseal(t->mm, args[0], args[1], args[2]); }
int64_t sys_msync(Task *t, const uint64_t args[6]) { return mm_msync(t->mm, args[0], args[1], (int)args[2]); }
int64_t sys_mincore(Task *t, const uint64_t args[6]) { return mm_mincore(t->mm, args[0], args[1], args[2]); }
int64_t sys_shmat(Task *t, const uint64_t args[6]) { return mm_shmat(t->mm, (int)args[0], args[1], (int)args[2]); }
int64_t sys_shmdt(Task *t, const uint64_t args[6]) { return mm_shmdt(t->mm, args[0]); }

int64_t sys_mlock(Task *t, const uint64_t args[6]) { return mm_mlock(t->mm, args[0], args[1], 0); }
int64_t sys_mlock2(Task *t, const uint64_t args[6]) { return mm_mlock(t->mm, args[0], args[1], (int)args[2]); }
int64_t sys_munlock(Task *t, const uint64_t args[6]) { return mm_mlock(t->mm, args[0], args[1], MM_MUNLOCK); }
int64_t sys_mlockall(Task *t, const uint64_t args[6]) { return mm_mlockall(t->mm, (int)args[0]); }
int64_t sys_munlockall(Task *t, const uint64_t args[6]) { return mm_munlockall(t->mm); }
