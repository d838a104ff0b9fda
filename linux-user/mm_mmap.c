/* SPDX-License-Identifier: MIT */
/* Mapping, unmapping, protecting and moving guest memory. The host is always asked for a fixed place that we chose. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "linux-user/mm.h"
#include "linux-user/mm_code.h"
#include "util/compiler.h"
#include "util/sys.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#define PROT_SEM 8
#define HUGE_SHIFT 26
#define HUGE_DEFAULT 21

enum { PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC, FOREIGN_TRIES = 8 };

static bool is_over(uint64_t limit_bytes, uint64_t pages) { return pages > limit_bytes / MM_PAGE; }

/* RLIMIT_AS and RLIMIT_DATA for `pages` more, of which the range [start, end) replaces some. */
static bool is_over_limits(Mm *mm, uint64_t start, uint64_t end, uint32_t prot, uint32_t flags)
{
    uint64_t pages = (end - start) / MM_PAGE, replaced = 0, replaced_data = 0;
    const MmMap *m = &mm->map;
    for (unsigned i = mm_map_lower(m, start); i < m->n && m->areas[i].start < end; i++) {
        const MmArea *a = &m->areas[i];
        uint64_t from = a->start > start ? a->start : start, to = a->end < end ? a->end : end;
        replaced += (to - from) / MM_PAGE;
        if ((a->prot & PROT_WRITE) && !(a->flags & (AREA_SHARED | AREA_STACK))) {
            replaced_data += (to - from) / MM_PAGE;
        }
    }
    bool is_data = (prot & PROT_WRITE) && !(flags & (AREA_SHARED | AREA_STACK));
    return is_over(mm->limit[MM_LIMIT_AS], m->total_pages - replaced + pages) ||
           (is_data && is_over(mm->limit[MM_LIMIT_DATA], m->data_pages - replaced_data + pages));
}

/* What an area of this mapping is: flags and identity. */
static int64_t describe(Mm *mm, MmArea *a, int flags, int fd, uint64_t offset)
{
    bool is_shared = (flags & MAP_TYPE) != MAP_PRIVATE && (flags & MAP_TYPE) != MAP_DROPPABLE;
    a->flags = is_shared ? AREA_SHARED : 0;
    if (flags & MAP_GROWSDOWN) {
        a->flags |= AREA_GROWSDOWN;
    }
    if (flags & MAP_HUGETLB) {
        a->flags |= AREA_HUGETLB;
    }
    if (flags & MAP_ANONYMOUS) {
        if (is_shared) {
            a->dev = MM_DEV_ANON;
            a->ino = ++mm->anon_serial;
        }
        return 0;
    }
    struct stat st;
    int64_t r = sys_call2(SYS_fstat, SYS_INT(fd), SYS_PTR(&st));
    if (r < 0) {
        return r;
    }
    a->flags |= AREA_FILE;
    a->dev = st.st_dev;
    a->ino = st.st_ino;
    a->offset = offset;
    return 0;
}

static uint64_t alignment(int flags)
{
    if (!(flags & MAP_HUGETLB)) {
        return MM_PAGE;
    }
    unsigned shift = (unsigned)flags >> HUGE_SHIFT & 63;
    return 1ull << (shift ? shift : HUGE_DEFAULT);
}

/* A free place for a mapping without MAP_FIXED: the hint when it is free, else top-down. */
static uint64_t place(Mm *mm, uint64_t hint, uint64_t len, uint64_t align)
{
    hint = ALIGN_UP(hint, align);
    if (hint >= MM_PAGE * 16 && hint + len >= hint && hint + len <= mm->layout.address_end && mm_map_is_free(&mm->map, hint, hint + len)) {
        return hint;
    }
    return mm_find_free(mm, len, align);
}

/* Maps at a->start on the host. With `is_free` nothing may be there; when the kernel put something there on its own, that is noted as
 * foreign and -EEXIST returned. */
static int64_t host_map(Mm *mm, const MmArea *a, int flags, int fd, uint64_t offset, bool is_free)
{
    /* MAP_SHARED_VALIDATE refuses the other flag */
    bool can_ask = is_free && (flags & MAP_TYPE) != MAP_SHARED_VALIDATE;
    int host_flags = (flags & ~(MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN)) | (can_ask ? MAP_FIXED_NOREPLACE : MAP_FIXED);
    if (mm->is_locked_future) {
        host_flags |= MAP_LOCKED;
    }
    uint64_t len = a->end - a->start;
    int64_t r = sys_call(SYS_mmap, a->start, len, (uint64_t)mm_host_prot(a->prot, a->flags), (uint64_t)host_flags, SYS_INT(fd), offset);
    if (r >= 0 && (uint64_t)r != a->start) {
        sys_call2(SYS_munmap, (uint64_t)r, len);
        r = -EEXIST;
    }
    if (r == -EEXIST && is_free) {
        mm_map_insert(&mm->map, (MmArea){.start = a->start, .end = a->end, .prot = PROT_READ | PROT_WRITE, .flags = AREA_FOREIGN});
    }
    return r;
}

/* Where the kernel likes it: rings of io_uring take no address. */
static int64_t host_map_anywhere(Mm *mm, MmArea *a, int flags, int fd, uint64_t offset)
{
    uint64_t len = a->end - a->start;
    int64_t r = sys_call(SYS_mmap, 0, len, (uint64_t)mm_host_prot(a->prot, a->flags), (uint64_t)flags, SYS_INT(fd), offset);
    if (r >= 0 && !mm_map_is_free(&mm->map, (uint64_t)r, (uint64_t)r + len)) {
        sys_call2(SYS_munmap, (uint64_t)r, len);
        r = -ENOMEM;
    }
    if (r >= 0) {
        a->start = (uint64_t)r;
        a->end = a->start + len;
    }
    return r;
}

/* The checks of arguments that the kernel does before it looks at the address space. */
static int64_t check_arguments(const Mm *mm, uint64_t addr, uint64_t *len, int flags, uint64_t offset)
{
    bool is_fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (*len == 0 || offset % MM_PAGE || (is_fixed && addr % alignment(flags))) {
        return -EINVAL;
    }
    *len = ALIGN_UP(*len, alignment(flags));
    if (*len == 0 || *len > mm->layout.address_end || (is_fixed && addr > mm->layout.address_end - *len) ||
        (offset + *len < offset && !(flags & MAP_ANONYMOUS))) {
        return -ENOMEM;
    }
    unsigned type = (unsigned)flags & MAP_TYPE;
    if (type == MAP_SHARED_VALIDATE && (flags & MAP_FIXED_NOREPLACE)) {
        return -EOPNOTSUPP;
    }
    bool is_type = type == MAP_SHARED || type == MAP_PRIVATE || type == MAP_SHARED_VALIDATE || type == MAP_DROPPABLE;
    return is_type ? 0 : -EINVAL;
}

static int64_t mmap_locked(Mm *mm, uint64_t addr, uint64_t len, uint32_t prot, int flags, int fd, uint64_t offset)
{
    MmMap *m = &mm->map;
    bool is_fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    bool is_replacing = (flags & MAP_FIXED) && !(flags & MAP_FIXED_NOREPLACE);
    MmArea area = {.prot = prot & PROT_ALL};
    int64_t r = describe(mm, &area, flags, fd, offset);
    if (r < 0) {
        return r;
    }
    if (is_replacing && mm_map_has(m, addr, addr + len, AREA_HOST)) {
        return -ENOMEM;
    }
    if (is_replacing && mm_map_has(m, addr, addr + len, AREA_SEALED)) {
        return -EPERM;
    }
    if (is_fixed && !is_replacing && !mm_map_is_free(m, addr, addr + len)) {
        return -EEXIST;
    }
    uint64_t align = alignment(flags);
    for (unsigned tries = 0;; tries++) {
        area.start = is_fixed ? addr : place(mm, addr, len, align);
        area.end = area.start + len;
        if (area.start == 0 && !is_fixed) {
            return -ENOMEM;
        }
        if (is_over_limits(mm, area.start, area.end, prot, area.flags) || !mm_map_room(m, 6)) {
            return -ENOMEM;
        }
        r = host_map(mm, &area, flags, fd, offset, !is_replacing);
        bool is_huge = r == -EINVAL && (area.flags & AREA_FILE) && align == MM_PAGE && !is_fixed;
        if (is_huge) {
            align = 1ull << HUGE_DEFAULT; /* a file of hugetlbfs, perhaps */
        } else if (r != -EEXIST || is_fixed || tries == FOREIGN_TRIES) {
            break;
        }
    }
    if (r == -EINVAL && (area.flags & AREA_FILE) && !is_fixed) {
        r = host_map_anywhere(mm, &area, flags, fd, offset);
    }
    if (r < 0) {
        return r;
    }
    if (is_replacing) {
        if (mm_map_has(m, area.start, area.end, AREA_CODE)) {
            tcg_invalidate(mm->tcg, area.start, area.end);
        }
        mm_map_remove(m, area.start, area.end);
    }
    mm_map_insert(m, area);
    mm_protect_new_alias(mm, &area);
    mm_set_guarded(mm, area.start, area.end, prot & (uint32_t)mm->prot_guard);
    return (int64_t)area.start;
}

void mm_note_shared(Mm *mm, int prot)
{
    mm->has_shared = true;
    if (prot & PROT_WRITE) {
        tcg_set_parallel(mm->tcg);
    }
}

int64_t mm_mmap(Mm *mm, uint64_t addr, uint64_t len, int prot, int flags, int fd, uint64_t offset)
{
    int64_t r = check_arguments(mm, addr, &len, flags, offset);
    if (r < 0) {
        return r;
    }
    if ((flags & MAP_TYPE) != MAP_PRIVATE) {
        mm_note_shared(mm, prot);
    }
    mm_lock(mm);
    r = mmap_locked(mm, addr, len, (uint32_t)(prot & (PROT_ALL | mm->prot_guard)), flags, fd, offset);
    mm_unlock(mm);
    return r;
}

/* ---- munmap */

/* Host memory in [start, end) goes, piecewise round what is ours. */
static int64_t host_unmap(Mm *mm, uint64_t start, uint64_t end)
{
    const MmMap *m = &mm->map;
    uint64_t from = start;
    for (unsigned i = mm_map_lower(m, start); i < m->n && m->areas[i].start < end; i++) {
        if (!(m->areas[i].flags & AREA_HOST)) {
            continue;
        }
        if (m->areas[i].start > from) {
            int64_t r = sys_call2(SYS_munmap, from, m->areas[i].start - from);
            if (r < 0) {
                return r;
            }
        }
        from = m->areas[i].end;
    }
    return from < end ? sys_call2(SYS_munmap, from, end - from) : 0;
}

static int64_t unmap_locked(Mm *mm, uint64_t start, uint64_t end)
{
    if (mm_map_has(&mm->map, start, end, AREA_SEALED)) {
        return -EPERM;
    }
    if (!mm_map_room(&mm->map, 2)) {
        return -ENOMEM;
    }
    int64_t r = host_unmap(mm, start, end);
    if (r < 0) {
        return r;
    }
    if (mm_map_has(&mm->map, start, end, AREA_CODE)) {
        tcg_invalidate(mm->tcg, start, end);
    }
    mm_map_remove(&mm->map, start, end);
    return 0;
}

int64_t mm_munmap(Mm *mm, uint64_t addr, uint64_t len)
{
    if (addr % MM_PAGE || addr > mm->layout.address_end || len > mm->layout.address_end - addr || len == 0) {
        return -EINVAL;
    }
    mm_lock(mm);
    int64_t r = unmap_locked(mm, addr, addr + ALIGN_UP(len, MM_PAGE));
    mm_unlock(mm);
    return r;
}

/* ---- mprotect */

static int64_t protect_piece(Mm *mm, uint64_t start, uint64_t end, uint32_t prot)
{
    MmMap *m = &mm->map;
    if (!mm_map_room(m, 6)) {
        return -ENOMEM;
    }
    MmArea a = *mm_map_find(m, start);
    uint32_t flags = a.flags;
    bool loses_code = (a.flags & AREA_CODE) && (a.prot & PROT_EXEC) && !(prot & PROT_EXEC);
    if (loses_code && !(a.flags & AREA_SHARED)) {
        flags &= ~(uint32_t)AREA_CODE;
    }
    if (a.prot == prot) {
        return 0;
    }
    bool asks_file = (prot & PROT_WRITE) && (a.flags & AREA_SHARED) && (a.flags & AREA_CODE);
    if (asks_file) {
        mm_forget_code(mm, start, end); /* whether a file may be written is for the host to say */
        a = *mm_map_find(m, start);
        flags = a.flags;
        loses_code = false;
    }
    int host = mm_host_prot(prot, flags);
    if (host != mm_host_prot(a.prot, a.flags)) {
        int64_t r = sys_call3(SYS_mprotect, start, end - start, (uint64_t)host);
        if (r < 0) {
            return r;
        }
    }
    if (loses_code) {
        tcg_invalidate(mm->tcg, start, end);
    }
    if (flags != a.flags) {
        mm_map_set_flags(m, start, end, AREA_CODE, 0);
    }
    mm_map_set_prot(m, start, end, prot);
    if ((prot & PROT_WRITE) && (a.flags & AREA_SHARED)) {
        MmArea now = *mm_map_find(m, start);
        now.offset += start - now.start;
        now.start = start;
        now.end = end;
        mm_protect_new_alias(mm, &now);
    }
    return 0;
}

/* Widens the start for PROT_GROWSDOWN: to the start of the growing area that holds it. */
static int64_t widen_down(Mm *mm, uint64_t *start)
{
    const MmArea *a = mm_map_find(&mm->map, *start);
    if (!a) {
        return -ENOMEM;
    }
    if (!(a->flags & (AREA_GROWSDOWN | AREA_STACK))) {
        return -EINVAL;
    }
    *start = a->start;
    return 0;
}

int64_t mm_mprotect(Mm *mm, uint64_t addr, uint64_t len, int prot)
{
    bool is_down = prot & PROT_GROWSDOWN;
    if (addr % MM_PAGE || (is_down && (prot & PROT_GROWSUP)) ||
        (prot & ~(PROT_ALL | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP | mm->prot_guard)) || (prot & PROT_GROWSUP)) {
        return -EINVAL;
    }
    if (len == 0) {
        return 0;
    }
    uint64_t start = addr, end = addr + ALIGN_UP(len, MM_PAGE);
    if (end <= start || end > mm->layout.address_end) {
        return -ENOMEM;
    }
    if (mm->has_shared) {
        mm_note_shared(mm, prot);
    }
    mm_lock(mm);
    int64_t r = is_down ? widen_down(mm, &start) : 0;
    if (r == 0 && mm_map_has(&mm->map, start, end, AREA_SEALED)) {
        r = -EPERM;
    }
    while (r == 0 && start < end) {
        const MmArea *a = mm_map_find(&mm->map, start);
        if (!a || (a->flags & AREA_HOST)) {
            r = -ENOMEM;
            break;
        }
        uint64_t stop = a->end < end ? a->end : end;
        r = protect_piece(mm, start, stop, (uint32_t)prot & PROT_ALL);
        if (r == 0) {
            mm_set_guarded(mm, start, stop, prot & mm->prot_guard);
        }
        start = stop;
    }
    mm_unlock(mm);
    return r;
}

/* ---- mremap */

/* The area that holds all of [start, end), with its start and end cut to it and AREA_CODE put aside; false when it is none or several. */
static bool one_area(Mm *mm, uint64_t start, uint64_t end, MmArea *out)
{
    if (mm_map_has(&mm->map, start, end, AREA_CODE)) {
        mm_forget_code(mm, start, end);
    }
    const MmArea *a = mm_map_find(&mm->map, start);
    if (!a || (a->flags & AREA_HOST) || a->end < end) {
        return false;
    }
    *out = *a;
    if (out->dev | out->ino) {
        out->offset += start - out->start;
    }
    out->start = start;
    out->end = end;
    return true;
}

static bool can_grow_in_place(Mm *mm, const MmArea *a, uint64_t new_end)
{
    return new_end <= mm->layout.address_end && mm_map_is_free(&mm->map, a->end, new_end);
}

/* Moves or copies `a` (old_len bytes, 0: another mapping of shared memory) to `to`. */
static int64_t move_area(Mm *mm, MmArea a, uint64_t old_len, uint64_t new_len, uint64_t to, int flags)
{
    MmMap *m = &mm->map;
    int64_t r = sys_call(SYS_mremap, a.start, old_len, new_len, (uint64_t)((flags & MREMAP_DONTUNMAP) | MREMAP_MAYMOVE | MREMAP_FIXED),
                         to, 0);
    if (r < 0) {
        return r;
    }
    if (mm_map_has(m, to, to + new_len, AREA_CODE)) {
        tcg_invalidate(mm->tcg, to, to + new_len);
    }
    mm_map_remove(m, to, to + new_len);
    if (old_len && !(flags & MREMAP_DONTUNMAP)) {
        mm_map_remove(m, a.start, a.start + old_len);
    }
    if ((a.flags & AREA_VDSO) && a.start == mm->layout.vdso) {
        mm->layout.vdso = to; /* vdso_mremap() of the kernel */
    }
    a.start = to;
    a.end = to + new_len;
    a.flags &= ~(uint32_t)(AREA_BRK | AREA_STACK);
    mm_map_insert(m, a);
    mm_protect_new_alias(mm, &a);
    return r;
}

static int64_t remap_locked(Mm *mm, uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr)
{
    MmMap *m = &mm->map;
    MmArea a;
    bool is_fixed = flags & MREMAP_FIXED;
    if (!mm_map_room(m, 8)) {
        return -ENOMEM;
    }
    if (is_fixed && mm_map_has(m, new_addr, new_addr + new_len, AREA_HOST)) {
        return -ENOMEM;
    }
    bool is_moving = is_fixed || new_len != old_len || (flags & MREMAP_DONTUNMAP);
    if ((is_moving && mm_map_has(m, old, old + (old_len ? old_len : MM_PAGE), AREA_SEALED)) ||
        (is_fixed && mm_map_has(m, new_addr, new_addr + new_len, AREA_SEALED))) {
        return -EPERM;
    }
    if (!is_fixed && !(flags & MREMAP_DONTUNMAP) && new_len <= old_len && new_len) {
        if (!one_area(mm, old, old + new_len, &a)) {
            return -EFAULT;
        }
        int64_t r = new_len < old_len ? unmap_locked(mm, old + new_len, old + old_len) : 0;
        return r < 0 ? r : (int64_t)old;
    }
    if (!one_area(mm, old, old + (old_len ? old_len : MM_PAGE), &a)) {
        return -EFAULT;
    }
    if (old_len == 0 && !(a.flags & AREA_SHARED)) {
        return -EINVAL;
    }
    uint64_t extra = (flags & MREMAP_DONTUNMAP) || !old_len ? new_len : new_len > old_len ? new_len - old_len : 0;
    if (extra && is_over_limits(mm, mm->layout.address_end, mm->layout.address_end + extra, a.prot, a.flags)) {
        return -ENOMEM;
    }
    if (!is_fixed && !(flags & MREMAP_DONTUNMAP) && old_len && can_grow_in_place(mm, &a, old + new_len)) {
        int64_t r = sys_call4(SYS_mremap, old, old_len, new_len, 0);
        if (r >= 0) {
            MmArea more = a;
            more.start = old + old_len;
            more.end = old + new_len;
            more.offset += a.dev | a.ino ? old_len : 0;
            mm_map_insert(m, more);
            mm_protect_new_alias(mm, &more);
            return r;
        }
        if (r != -ENOMEM && r != -EFAULT) {
            return r;
        }
    }
    if (!(flags & MREMAP_MAYMOVE)) {
        return -ENOMEM;
    }
    uint64_t to = is_fixed ? new_addr : place(mm, new_addr * !!(flags & MREMAP_DONTUNMAP), new_len, MM_PAGE);
    return to ? move_area(mm, a, old_len, new_len, to, flags) : -ENOMEM;
}

int64_t mm_mremap(Mm *mm, uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr)
{
    old_len = ALIGN_UP(old_len, MM_PAGE);
    new_len = ALIGN_UP(new_len, MM_PAGE);
    uint64_t end = mm->layout.address_end;
    bool is_fixed = flags & MREMAP_FIXED, is_kept = flags & MREMAP_DONTUNMAP;
    if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) || old % MM_PAGE || new_len == 0 || new_len > end ||
        ((is_fixed || is_kept) && !(flags & MREMAP_MAYMOVE)) || (is_kept && old_len != new_len)) {
        return -EINVAL;
    }
    if (is_fixed && (new_addr % MM_PAGE || new_addr > end - new_len || (new_addr < old + old_len && old < new_addr + new_len))) {
        return -EINVAL;
    }
    if (old > end || old_len > end - old) {
        return -EFAULT;
    }
    mm_lock(mm);
    int64_t r = remap_locked(mm, old, old_len, new_len, flags, new_addr);
    mm_unlock(mm);
    return r;
}
