/* SPDX-License-Identifier: MIT */
/*
 * Self-modifying code: pages that translations were made of are write-protected in every mapping of the same memory; the first write
 * drops the translations and opens the page. Mappings alias each other when they name the same file (dev, ino) or shared object and
 * one that is written is shared. Memory shared with other processes relies on the guest's own cache maintenance.
 */
#include "linux-user/mm_code.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "util/access.h"
#include "util/hostmem.h"
#include "util/compiler.h"
#include "util/sys.h"

int mm_host_prot(uint32_t prot, uint32_t flags)
{
    if (prot == PROT_EXEC) {
        return PROT_NONE; /* executable only: fetch reads it through /proc/self/mem */
    }
    int host = (int)prot & (PROT_READ | PROT_WRITE);
    if (prot & PROT_EXEC) {
        host |= PROT_READ;
    }
    if ((flags & AREA_CODE) && (host & PROT_WRITE)) {
        host = PROT_READ;
    }
    return host;
}

/* Part of an area. */
typedef struct Piece {
    uint64_t start, end;
    bool is_writable, is_exec;
} Piece;

/* Finds the first piece at or after `from` whose memory is [offset, offset + size) of the same object as `like`. */
static bool next_alias(const Mm *mm, const MmArea *like, uint64_t offset, uint64_t size, unsigned *i, Piece *out)
{
    for (; *i < mm->map.n; ++*i) {
        const MmArea *a = &mm->map.areas[*i];
        if (a->dev != like->dev || a->ino != like->ino || (a->flags & AREA_HOST)) {
            continue;
        }
        uint64_t a_end = a->offset + (a->end - a->start);
        if (a->offset >= offset + size || a_end <= offset) {
            continue;
        }
        uint64_t from = a->offset > offset ? a->offset : offset, to = a_end < offset + size ? a_end : offset + size;
        out->start = a->start + (from - a->offset);
        out->end = a->start + (to - a->offset);
        out->is_writable = (a->flags & AREA_SHARED) && (a->prot & PROT_WRITE);
        out->is_exec = a->prot & PROT_EXEC;
        ++*i;
        return true;
    }
    return false;
}

static bool has_identity(const MmArea *a) { return a->dev | a->ino; }

/* Sets or clears AREA_CODE on whole pages and gives the host the protection that follows. Areas may be split: indices are stale after. */
static bool mark(Mm *mm, uint64_t start, uint64_t end, bool is_code)
{
    const MmArea *a = mm_map_find(&mm->map, start);
    if (!mm_map_room(&mm->map, 2)) {
        return false;
    }
    a = mm_map_find(&mm->map, start);
    uint32_t flags = is_code ? a->flags | AREA_CODE : a->flags & ~(uint32_t)AREA_CODE;
    int before = mm_host_prot(a->prot, a->flags), after = mm_host_prot(a->prot, flags);
    if (before != after && sys_call3(SYS_mprotect, start, end - start, (uint64_t)after) < 0) {
        return false;
    }
    mm_map_set_flags(&mm->map, start, end, AREA_CODE, is_code ? AREA_CODE : 0);
    return true;
}

/* The same for every alias that can be written (is_code) or every alias (not is_code). */
static bool mark_aliases(Mm *mm, const MmArea *like, uint64_t offset, uint64_t size, bool is_code)
{
    Piece p;
    for (unsigned i = 0; next_alias(mm, like, offset, size, &i, &p);) {
        const MmArea *a = mm_map_find(&mm->map, p.start);
        bool has_code = a->flags & AREA_CODE;
        if (is_code ? !p.is_writable || has_code : !has_code) {
            continue;
        }
        if (!is_code && p.is_exec) {
            tcg_invalidate(mm->tcg, p.start, p.end);
        }
        if (!mark(mm, p.start, p.end, is_code)) {
            return false;
        }
        i = mm_map_lower(&mm->map, p.end); /* may have been split or merged */
    }
    return true;
}

static bool has_writable_alias(const Mm *mm, const MmArea *a)
{
    Piece p;
    for (unsigned i = 0; next_alias(mm, a, a->offset, a->end - a->start, &i, &p);) {
        if (p.is_writable) {
            return true;
        }
    }
    return false;
}

void mm_forget_code(Mm *mm, uint64_t start, uint64_t end)
{
    while (start < end) {
        unsigned i = mm_map_lower(&mm->map, start);
        if (i == mm->map.n || mm->map.areas[i].start >= end) {
            return;
        }
        const MmArea *a = &mm->map.areas[i];
        uint64_t from = a->start > start ? a->start : start, to = a->end < end ? a->end : end;
        if (a->flags & AREA_CODE) {
            tcg_invalidate(mm->tcg, from, to);
            if (!mark(mm, from, to, false)) {
                return;
            }
        }
        start = to;
    }
}

/* Translations depend on it: those of the range, and with the first guarded page all of them. */
void mm_set_guarded(Mm *mm, uint64_t start, uint64_t end, bool is_guarded)
{
    const MmArea *a = mm_map_find(&mm->map, start);
    if (is_guarded == !!(a->flags & AREA_GUARDED)) {
        return;
    }
    mm_map_set_flags(&mm->map, start, end, AREA_GUARDED, is_guarded ? AREA_GUARDED : 0);
    if (is_guarded && !*mm->has_guards) {
        *mm->has_guards = true;
        tcg_invalidate_all(mm->tcg);
    } else {
        tcg_invalidate(mm->tcg, start, end);
    }
}

bool mm_is_guarded(void *opaque, uint64_t addr)
{
    Mm *mm = opaque;
    lock_acquire(&mm->lock);
    const MmArea *a = mm_map_find(&mm->map, addr);
    bool is_guarded = a && (a->flags & AREA_GUARDED);
    lock_release(&mm->lock);
    return is_guarded;
}

void mm_protect_new_alias(Mm *mm, const MmArea *area)
{
    if (!(area->flags & AREA_SHARED) || !(area->prot & PROT_WRITE) || !has_identity(area)) {
        return;
    }
    Piece p;
    for (unsigned i = 0; next_alias(mm, area, area->offset, area->end - area->start, &i, &p);) {
        const MmArea *a = mm_map_find(&mm->map, p.start);
        if (!(a->flags & AREA_CODE)) {
            continue;
        }
        uint64_t offset = a->offset + (p.start - a->start), size = p.end - p.start;
        MmArea *own = mm_map_find(&mm->map, area->start + (offset - area->offset));
        if (own && !(own->flags & AREA_CODE)) {
            mark(mm, area->start + (offset - area->offset), area->start + (offset - area->offset) + size, true);
            i = mm_map_lower(&mm->map, p.end);
        }
    }
}

/* Protects one piece of an executable area. */
static bool protect_piece(Mm *mm, uint64_t start, uint64_t end)
{
    MmArea a = *mm_map_find(&mm->map, start);
    if (a.flags & AREA_CODE) {
        return true;
    }
    bool by_pages = a.prot & PROT_WRITE;
    if (has_identity(&a) && ((a.flags & AREA_SHARED) || has_writable_alias(mm, &a))) {
        by_pages = true;
        if (!mark_aliases(mm, &a, a.offset + (start - a.start), end - start, true)) {
            return false;
        }
        MmArea *now = mm_map_find(&mm->map, start);
        if (now->flags & AREA_CODE) {
            return true;
        }
    }
    if (!by_pages) {
        return mark(mm, a.start, a.end, true); /* costs the host nothing, and saves splits here */
    }
    /* when mappings run out, the whole area joins its neighbours */
    return mark(mm, start, end, true) || mark(mm, a.start, a.end, true);
}

static bool protect_code(void *opaque, uint64_t start, uint64_t end)
{
    Mm *mm = opaque;
    bool is_ok = true;
    start = ALIGN_DOWN(start, MM_PAGE);
    end = ALIGN_UP(end, MM_PAGE);
    mm_lock(mm);
    while (is_ok && start < end) {
        const MmArea *a = mm_map_find(&mm->map, start);
        if (!a || !(a->prot & PROT_EXEC)) {
            is_ok = false;
            break;
        }
        uint64_t stop = a->end < end ? a->end : end;
        is_ok = protect_piece(mm, start, stop);
        start = stop;
    }
    mm_unlock(mm);
    return is_ok;
}

/* Opens [start, end) of one area for writing, in all mappings. */
static bool open_pages(Mm *mm, uint64_t start, uint64_t end)
{
    MmArea a = *mm_map_find(&mm->map, start);
    if (has_identity(&a) && (a.flags & AREA_SHARED)) {
        return mark_aliases(mm, &a, a.offset + (start - a.start), end - start, false);
    }
    tcg_invalidate(mm->tcg, start, end);
    return mark(mm, start, end, false) || mark(mm, a.start, a.end, false);
}

bool mm_write_hit(void *opaque, uint64_t addr)
{
    Mm *mm = opaque;
    if (hostmem_overlaps(addr, 1)) {
        return false;
    }
    bool is_hit = false;
    uint64_t page = ALIGN_DOWN(addr, MM_PAGE);
    mm_lock(mm);
    const MmArea *a = mm_map_find(&mm->map, addr);
    if (a && (a->prot & PROT_WRITE)) {
        /* without the flag: another thread was faster */
        is_hit = !(a->flags & AREA_CODE) || open_pages(mm, page, page + MM_PAGE);
    }
    mm_unlock(mm);
    return is_hit;
}

void mm_code_changed(Mm *mm, uint64_t addr)
{
    uint64_t page = ALIGN_DOWN(addr, MM_PAGE);
    mm_lock(mm);
    const MmArea *a = mm_map_find(&mm->map, addr);
    if (a && has_identity(a) && (a->flags & AREA_CODE)) {
        open_pages(mm, page, page + MM_PAGE);
    }
    mm_unlock(mm);
}

/* The kernel is going to write there: no page is protected because of code. */
static NOINLINE void open_range(Mm *mm, uint64_t addr, uint64_t len)
{
    uint64_t start = ALIGN_DOWN(addr, MM_PAGE), end = ALIGN_UP(addr + len, MM_PAGE);
    mm_lock(mm);
    while (start < end) {
        unsigned i = mm_map_lower(&mm->map, start);
        if (i == mm->map.n || mm->map.areas[i].start >= end) {
            break;
        }
        const MmArea *a = &mm->map.areas[i];
        uint64_t from = a->start > start ? a->start : start, to = a->end < end ? a->end : end;
        if ((a->flags & AREA_CODE) && (a->prot & PROT_WRITE)) {
            open_pages(mm, from, to);
        }
        start = to;
    }
    mm_unlock(mm);
}

int mm_check_range(Mm *mm, uint64_t addr, uint64_t len, bool is_write)
{
    uint64_t limit = mm->layout.address_end;
    if (addr > limit || len > limit - addr || hostmem_overlaps(addr, len)) {
        return -EFAULT;
    }
    if (is_write && UNLIKELY(mm->map.protected_pages) && len) {
        open_range(mm, addr, len);
    }
    return 0;
}

/* ---- fetching */

/* Of memory that may only be executed. */
static bool read_exec_only(uint64_t addr, void *buf, unsigned len)
{
    int64_t fd = sys_call3(SYS_open, SYS_PTR("/proc/self/mem"), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    int64_t n = sys_call4(SYS_pread64, (uint64_t)fd, SYS_PTR(buf), len, addr);
    sys_call1(SYS_close, (uint64_t)fd);
    return n == (int64_t)len;
}

static bool copy_code(uint64_t addr, uint32_t prot, void *buf, unsigned len, TcgFault *fault)
{
    if (prot == PROT_EXEC) {
        *fault = TCG_FAULT_ACCERR;
        return read_exec_only(addr, buf, len);
    }
    AccessResult r = access_copy(buf, (const void *)(uintptr_t)addr, len);
    *fault = (TcgFault)r.kind;
    return r.kind == ACCESS_OK;
}

static unsigned fetch(void *opaque, uint64_t pc, void *buf, unsigned len, TcgFault *fault)
{
    Mm *mm = opaque;
    unsigned done = 0;
    while (done < len) {
        uint64_t at = pc + done, end = 0;
        uint32_t prot = 0;
        *fault = TCG_FAULT_MAPERR;
        lock_acquire(&mm->lock);
        const MmArea *a = mm_map_find(&mm->map, at);
        if (a && !(a->flags & AREA_HOST)) {
            *fault = TCG_FAULT_ACCERR;
            prot = a->prot;
            end = a->end;
        }
        lock_release(&mm->lock);
        if (!(prot & PROT_EXEC)) {
            break;
        }
        /* by pages: the end of a file may lie between */
        uint64_t page_end = ALIGN_DOWN(at, MM_PAGE) + MM_PAGE;
        uint64_t stop = end < page_end ? end : page_end;
        unsigned n = stop - at < len - done ? (unsigned)(stop - at) : len - done;
        if (!copy_code(at, prot, (char *)buf + done, n, fault)) {
            break;
        }
        done += n;
    }
    return done;
}

static bool exec_range(void *opaque, uint64_t pc, uint64_t *start, uint64_t *end)
{
    Mm *mm = opaque;
    lock_acquire(&mm->lock);
    const MmArea *a = mm_map_find(&mm->map, pc);
    bool is_one = a && !(a->flags & AREA_HOST) && (a->prot & PROT_EXEC) && a->prot != PROT_EXEC;
    if (is_one) {
        *start = a->start;
        *end = a->end;
    }
    lock_release(&mm->lock);
    return is_one;
}

const TcgMemOps mm_tcg_ops = {.fetch = fetch, .exec_range = exec_range, .protect_code = protect_code};
