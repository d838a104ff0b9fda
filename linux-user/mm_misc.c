/* SPDX-License-Identifier: MIT */
/* Advice, locking, residency, System V shared memory, and stacks that grow. */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "linux-user/mm.h"
#include "linux-user/mm_code.h"
#include "util/compiler.h"
#include "util/sys.h"

#define STACK_GAP (1ull << 20)

/* The usual checks: *end is set; -EINVAL, or -ENOMEM when memory of ours would be touched. */
static int64_t check(Mm *mm, uint64_t addr, uint64_t len, uint64_t *end)
{
    uint64_t size = ALIGN_UP(len, MM_PAGE);
    if (addr % MM_PAGE || size < len || addr + size < addr) {
        return -EINVAL;
    }
    *end = addr + size;
    if (*end > mm->layout.address_end) {
        return -ENOMEM;
    }
    mm_lock(mm);
    bool is_ours = mm_map_has(&mm->map, addr, *end, AREA_HOST);
    mm_unlock(mm);
    return is_ours ? -ENOMEM : 0;
}

/* Advice after which the bytes are others, or that writes. */
static bool changes_bytes(int advice)
{
    enum { DONTNEED_LOCKED = 24, POPULATE_WRITE = 23, HWPOISON = 100, SOFT_OFFLINE = 101, GUARD_INSTALL = 102 };
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_REMOVE:
    case DONTNEED_LOCKED:
    case POPULATE_WRITE:
    case HWPOISON:
    case SOFT_OFFLINE:
    case GUARD_INSTALL:
        return true;
    default:
        return false;
    }
}

/* Discarding memory that is sealed and not writable: can_modify_vma_madv() of the kernel. */
static bool discards_sealed(const Mm *mm, uint64_t start, uint64_t end, int advice)
{
    bool discards = advice == MADV_FREE || advice == MADV_DONTNEED || advice == 24 /* MADV_DONTNEED_LOCKED */ || advice == MADV_REMOVE ||
                    advice == MADV_DONTFORK || advice == MADV_WIPEONFORK;
    for (unsigned i = mm_map_lower(&mm->map, start); discards && i < mm->map.n && mm->map.areas[i].start < end; i++) {
        const MmArea *a = &mm->map.areas[i];
        if ((a->flags & AREA_SEALED) && !(a->flags & (AREA_FILE | AREA_SHARED)) && !(a->prot & PROT_WRITE)) {
            return true;
        }
    }
    return false;
}

int64_t mm_mseal(Mm *mm, uint64_t addr, uint64_t len, uint64_t flags)
{
    uint64_t end = addr + ALIGN_UP(len, MM_PAGE), at = addr;
    if (flags || addr % MM_PAGE || end < addr || end - addr < len) {
        return -EINVAL;
    }
    mm_lock(mm);
    for (const MmArea *a; at < end && (a = mm_map_find(&mm->map, at)) && !(a->flags & AREA_HOST); at = a->end) {
    }
    int64_t r = at >= end && mm_map_room(&mm->map, 2) ? 0 : -ENOMEM;
    if (r == 0 && end > addr) {
        mm_map_set_flags(&mm->map, addr, end, 0, AREA_SEALED);
    }
    mm_unlock(mm);
    return r;
}

int64_t mm_madvise(Mm *mm, uint64_t addr, uint64_t len, int advice)
{
    uint64_t end;
    int64_t r = check(mm, addr, len, &end);
    if (r < 0) {
        return r;
    }
    mm_lock(mm);
    bool is_refused = discards_sealed(mm, addr, end, advice);
    if (!is_refused && changes_bytes(advice)) {
        mm_forget_code(mm, addr, end);
    }
    mm_unlock(mm);
    if (is_refused) {
        return -EPERM;
    }
    return sys_call3(SYS_madvise, addr, len, SYS_INT(advice));
}

int64_t mm_msync(Mm *mm, uint64_t addr, uint64_t len, int flags)
{
    uint64_t end;
    int64_t r = check(mm, addr, len, &end);
    return r < 0 ? r : sys_call3(SYS_msync, addr, len, SYS_INT(flags));
}

int64_t mm_mlock(Mm *mm, uint64_t addr, uint64_t len, int flags)
{
    uint64_t end, start = ALIGN_DOWN(addr, MM_PAGE);
    if (len + (addr - start) < len) {
        return -EINVAL;
    }
    int64_t r = check(mm, start, len + (addr - start), &end);
    if (r < 0) {
        return r;
    }
    return flags == MM_MUNLOCK ? sys_call2(SYS_munlock, addr, len) : sys_call3(SYS_mlock2, addr, len, SYS_INT(flags));
}

/* Each area by itself: the host's own call would count all that we reserved. */
int64_t mm_mlockall(Mm *mm, int flags)
{
    enum { CURRENT = 1, FUTURE = 2, ONFAULT = 4 };
    if (flags == 0 || flags == ONFAULT || (flags & ~(CURRENT | FUTURE | ONFAULT))) {
        return -EINVAL;
    }
    int64_t result = 0;
    mm_lock(mm);
    mm->is_locked_future = flags & FUTURE;
    for (unsigned i = 0; (flags & CURRENT) && i < mm->map.n; i++) {
        const MmArea *a = &mm->map.areas[i];
        if ((a->flags & AREA_HOST) || a->prot == 0) {
            continue;
        }
        int64_t r = sys_call3(SYS_mlock2, a->start, a->end - a->start, flags & ONFAULT ? 1 : 0);
        if (r == -EPERM || r == -ENOMEM || r == -EAGAIN) {
            result = r;
            break;
        }
    }
    mm_unlock(mm);
    return result;
}

int64_t mm_munlockall(Mm *mm)
{
    mm_lock(mm);
    mm->is_locked_future = false;
    for (unsigned i = 0; i < mm->map.n; i++) {
        const MmArea *a = &mm->map.areas[i];
        if (!(a->flags & AREA_HOST)) {
            sys_call2(SYS_munlock, a->start, a->end - a->start);
        }
    }
    mm_unlock(mm);
    return 0;
}

int64_t mm_mincore(Mm *mm, uint64_t addr, uint64_t len, uint64_t vec)
{
    uint64_t end;
    int64_t r = check(mm, addr, len, &end);
    if (r < 0) {
        return r;
    }
    if (mm_check_range(mm, vec, (end - addr) / MM_PAGE, true) < 0) {
        return -EFAULT;
    }
    return sys_call3(SYS_mincore, addr, len, vec);
}

/* ---- System V shared memory */

static int64_t shmat_locked(Mm *mm, int id, uint64_t addr, uint64_t size, int flags)
{
    MmMap *m = &mm->map;
    bool replaces = flags & SHM_REMAP;
    if (addr == 0) {
        addr = mm_find_free(mm, size, MM_PAGE);
        if (addr == 0 || replaces) {
            return replaces ? -EINVAL : -ENOMEM;
        }
    }
    if (size > mm->layout.address_end || addr > mm->layout.address_end - size ||
        (replaces ? mm_map_has(m, addr, addr + size, AREA_HOST | AREA_SEALED) : !mm_map_is_free(m, addr, addr + size))) {
        return -EINVAL;
    }
    if (m->total_pages + size / MM_PAGE > mm->limit[MM_LIMIT_AS] / MM_PAGE || !mm_map_room(m, 4)) {
        return -ENOMEM;
    }
    int64_t r = sys_call3(SYS_shmat, SYS_INT(id), addr, SYS_INT(flags & (SHM_RDONLY | SHM_REMAP)));
    if (r < 0) {
        return r;
    }
    if (replaces) {
        if (mm_map_has(m, addr, addr + size, AREA_CODE)) {
            tcg_invalidate(mm->tcg, addr, addr + size);
        }
        mm_map_remove(m, addr, addr + size);
    }
    uint32_t prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
    MmArea area = {.start = addr, .end = addr + size, .prot = prot, .flags = AREA_SHARED | AREA_SHM, .dev = MM_DEV_SHM, .ino = (uint64_t)id};
    mm_map_insert(m, area);
    mm_protect_new_alias(mm, &area);
    return r;
}

int64_t mm_shmat(Mm *mm, int id, uint64_t addr, int flags)
{
    struct shmid_ds ds;
    int64_t r = sys_call3(SYS_shmctl, SYS_INT(id), IPC_STAT, SYS_PTR(&ds));
    if (r < 0) {
        return r;
    }
    if (addr % MM_PAGE && !(flags & SHM_RND)) {
        return -EINVAL;
    }
    mm_note_shared(mm, PROT_READ | PROT_WRITE);
    mm_lock(mm);
    r = shmat_locked(mm, id, ALIGN_DOWN(addr, MM_PAGE), ALIGN_UP(ds.shm_segsz, MM_PAGE), flags);
    mm_unlock(mm);
    return r;
}

int64_t mm_shmdt(Mm *mm, uint64_t addr)
{
    mm_lock(mm);
    const MmArea *a = mm_map_find(&mm->map, addr);
    int64_t r = -EINVAL;
    if (a && (a->flags & AREA_SHM) && a->start == addr && a->offset == 0) {
        uint64_t id = a->ino, end = addr;
        /* protections may have split it */
        while (a && (a->flags & AREA_SHM) && a->ino == id && a->start == end && a->offset == end - addr) {
            end = a->end;
            a = mm_map_find(&mm->map, end);
        }
        r = mm_map_room(&mm->map, 2) ? sys_call1(SYS_shmdt, addr) : -ENOMEM;
        if (r == 0) {
            if (mm_map_has(&mm->map, addr, end, AREA_CODE)) {
                tcg_invalidate(mm->tcg, addr, end);
            }
            mm_map_remove(&mm->map, addr, end);
        }
    }
    mm_unlock(mm);
    return r;
}

/* ---- growing down */

static bool grow_locked(Mm *mm, uint64_t addr)
{
    unsigned i = mm_map_lower(&mm->map, addr);
    if (i == mm->map.n || !mm_map_room(&mm->map, 2)) {
        return false;
    }
    MmArea a = mm->map.areas[i];
    uint64_t start = ALIGN_DOWN(addr, MM_PAGE), below = i > 0 ? mm->map.areas[i - 1].end : 0;
    if (!(a.flags & AREA_GROWSDOWN) || a.start <= addr || (a.dev | a.ino) || start < below + STACK_GAP ||
        a.end - start > mm->limit[MM_LIMIT_STACK] ||
        mm->map.total_pages + (a.start - start) / MM_PAGE > mm->limit[MM_LIMIT_AS] / MM_PAGE) {
        return false;
    }
    int64_t r = sys_call(SYS_mmap, start, a.start - start, (uint64_t)mm_host_prot(a.prot, a.flags),
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, SYS_INT(-1), 0);
    if (r != (int64_t)start) {
        return false;
    }
    a.end = a.start;
    a.start = start;
    a.flags &= ~(uint32_t)AREA_CODE;
    mm_map_insert(&mm->map, a);
    return true;
}

bool mm_grow(Mm *mm, uint64_t addr)
{
    mm_lock(mm);
    bool has_grown = grow_locked(mm, addr);
    mm_unlock(mm);
    return has_grown;
}
