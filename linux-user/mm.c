/* SPDX-License-Identifier: MIT */
/* An address space: its layout, the program break, and copies between guest and our memory. Mappings: mm_mmap.c. Code pages: mm_code.c. */
#include "linux-user/mm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "util/access.h"
#include "util/assert.h"
#include "util/hostmem.h"
#include "util/sys.h"

#define ADDRESS_END (1ull << 47)
#define STACK_TOP 0x7dfffffff000ull /* below all that the kernel places for us, unless its layout is the legacy one */
#define PIE_BASE 0x400000000000ull
#define MMAP_GAP_MIN (128ull << 20)
#define MMAP_GAP_MAX (1ull << 44)

/* splitmix64 */
uint64_t mm_random(Mm *mm)
{
    if (!mm->random) {
        return 0;
    }
    uint64_t z = mm->random += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint64_t random_pages(Mm *mm, unsigned bits) { return (mm_random(mm) >> (64 - bits)) * MM_PAGE; }

static void choose_layout(Mm *mm)
{
    uint64_t stack = mm->limit[MM_LIMIT_STACK];
    uint64_t gap = stack < MMAP_GAP_MIN ? MMAP_GAP_MIN : stack > MMAP_GAP_MAX ? MMAP_GAP_MAX : ALIGN_UP(stack, MM_PAGE);
    MmLayout *l = &mm->layout;
    l->address_end = ADDRESS_END;
    l->stack_top = STACK_TOP - random_pages(mm, 22);
    l->mmap_base = l->stack_top - gap - (2ull << 20) - random_pages(mm, 28);
    l->pie_base = PIE_BASE + random_pages(mm, 28);
    l->interp_base = 0; /* by mm_find_free */
}

Mm *mm_new(const struct Target *target, const TcgSettings *settings, uint64_t seed)
{
    Mm *mm = host_alloc(sizeof(*mm));
    atomic_init(&mm->refs, 1);
    mm_lock_init(mm);
    mm->random = seed;
    for (unsigned i = 0; i < MM_LIMIT_COUNT; i++) {
        mm->limit[i] = hostmem_start_limit(i);
    }
    mm_map_init(&mm->map);
    HostInterval ours[8];
    unsigned n = hostmem_intervals(ours, ARRAY_LEN(ours));
    if (!mm_map_room(&mm->map, n)) {
        host_free(mm);
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        if (mm_map_is_free(&mm->map, ours[i].start, ours[i].end)) {
            mm_map_insert(&mm->map, (MmArea){.start = ours[i].start, .end = ours[i].end, .flags = AREA_HOST});
        }
    }
    choose_layout(mm);
    mm->tcg = tcg_new(target, settings, &mm_tcg_ops, mm);
    if (!mm->tcg) {
        mm_map_finish(&mm->map);
        host_free(mm);
        return NULL;
    }
    tcg_set_write_hit(mm->tcg, mm_write_hit);
    return mm;
}

void mm_ref(Mm *mm) { atomic_fetch_add(&mm->refs, 1); }

/* The guest's mappings stay: the process ends, or (a vfork child that calls execve) they belong to somebody else too. */
void mm_unref(Mm *mm)
{
    if (mm && atomic_fetch_sub(&mm->refs, 1) == 1) {
        tcg_free(mm->tcg);
        mm_map_finish(&mm->map);
        host_free(mm);
    }
}

void mm_set_limit(Mm *mm, MmLimit which, uint64_t value) { atomic_store(&mm->limit[which], value); }

uint64_t mm_find_free(Mm *mm, uint64_t size, uint64_t align)
{
    uint64_t at = mm_map_gap_below(&mm->map, MM_PAGE * 16, mm->layout.mmap_base, size, align);
    return at ? at : mm_map_gap_above(&mm->map, mm->layout.mmap_base, mm->layout.address_end, size, align);
}

void mm_set_brk(Mm *mm, uint64_t end)
{
    mm->brk_start = mm->brk = ALIGN_UP(end, MM_PAGE) + random_pages(mm, 13);
}

static int64_t brk_grow(Mm *mm, uint64_t from, uint64_t to)
{
    uint64_t pages = (to - from) / MM_PAGE;
    if (to > mm->layout.address_end || to - mm->brk_start > mm->limit[MM_LIMIT_DATA] ||
        (mm->map.total_pages + pages) > mm->limit[MM_LIMIT_AS] / MM_PAGE) {
        return -ENOMEM;
    }
    if (!mm_map_is_free(&mm->map, from, to + MM_PAGE) || !mm_map_room(&mm->map, 2)) {
        return -ENOMEM;
    }
    int64_t r = sys_call(SYS_mmap, from, to - from, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | (mm->is_locked_future ? MAP_LOCKED : 0), SYS_INT(-1), 0);
    if (r < 0) {
        return r;
    }
    mm_map_insert(&mm->map, (MmArea){.start = from, .end = to, .prot = PROT_READ | PROT_WRITE, .flags = AREA_BRK});
    return 0;
}

int64_t mm_brk(Mm *mm, uint64_t addr)
{
    mm_lock(mm);
    uint64_t old_end = ALIGN_UP(mm->brk, MM_PAGE), new_end = ALIGN_UP(addr, MM_PAGE);
    if (addr >= mm->brk_start && new_end >= addr) {
        if (new_end > old_end) {
            if (brk_grow(mm, old_end, new_end) == 0) {
                mm->brk = addr;
            }
        } else if (new_end == old_end) {
            mm->brk = addr;
        } else if (!mm_map_has(&mm->map, new_end, old_end, AREA_HOST | AREA_SEALED) && mm_map_room(&mm->map, 2) &&
                   sys_call2(SYS_munmap, new_end, old_end - new_end) == 0) {
            if (mm_map_has(&mm->map, new_end, old_end, AREA_CODE)) {
                tcg_invalidate(mm->tcg, new_end, old_end);
            }
            mm_map_remove(&mm->map, new_end, old_end);
            mm->brk = addr;
        }
    }
    int64_t result = (int64_t)mm->brk;
    mm_unlock(mm);
    return result;
}

/* ---- copies */

static bool is_bad_range(uint64_t addr, uint64_t len)
{
    return addr > ADDRESS_END || len > ADDRESS_END - addr || hostmem_overlaps(addr, len);
}

int mm_read(void *dst, uint64_t src, size_t len)
{
    if (is_bad_range(src, len)) {
        return -EFAULT;
    }
    return access_copy(dst, (const void *)(uintptr_t)src, len).kind ? -EFAULT : 0;
}

int mm_write(uint64_t dst, const void *src, size_t len)
{
    if (is_bad_range(dst, len)) {
        return -EFAULT;
    }
    return access_copy((void *)(uintptr_t)dst, src, len).kind ? -EFAULT : 0;
}

int64_t mm_strnlen(uint64_t addr, size_t max)
{
    char chunk[256];
    for (size_t done = 0; done < max;) {
        uint64_t at = addr + done;
        size_t n = sizeof(chunk) - at % sizeof(chunk);
        if (mm_read(chunk, at, n) < 0) {
            return -EFAULT;
        }
        size_t len = strnlen(chunk, n);
        if (len < n) {
            return done + len <= max ? (int64_t)(done + len) : -ENAMETOOLONG;
        }
        done += n;
    }
    return -ENAMETOOLONG;
}

int64_t mm_read_string(char *buf, uint64_t addr, size_t size)
{
    for (size_t done = 0; done < size;) {
        uint64_t at = addr + done;
        size_t n = MM_PAGE - at % MM_PAGE;
        n = n < 256 ? n : 256 - at % 256;
        n = n < size - done ? n : size - done;
        if (mm_read(buf + done, at, n) < 0) {
            return -EFAULT;
        }
        size_t len = strnlen(buf + done, n);
        if (len < n) {
            return (int64_t)(done + len);
        }
        done += n;
    }
    return -ENAMETOOLONG;
}
