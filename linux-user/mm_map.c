/* SPDX-License-Identifier: MIT */
/* Interval map: binary search in a sorted array; changes split at the ends of their range and merge neighbours that became equal. */
#include "linux-user/mm_map.h"

#include <string.h>
#include <sys/mman.h>

#include "util/assert.h"
#include "util/hostmem.h"

#define STACK_GAP (1ull << 20) /* kept free below a stack, as the kernel does */

enum { FIRST_CAP = 128 };

void mm_map_init(MmMap *m)
{
    memset(m, 0, sizeof(*m));
    m->hint_size = UINT64_MAX;
}

void mm_map_finish(MmMap *m)
{
    hostmem_pages_free(m->areas, m->cap * sizeof(MmArea));
    mm_map_init(m);
}

bool mm_map_room(MmMap *m, unsigned extra)
{
    if (LIKELY(m->n + extra <= m->cap)) {
        return true;
    }
    unsigned cap = m->cap ? m->cap * 2 : FIRST_CAP;
    while (cap < m->n + extra) {
        cap *= 2;
    }
    MmArea *areas = hostmem_pages_alloc(cap * sizeof(MmArea));
    if (!areas) {
        return false;
    }
    MmArea *old = m->areas;
    size_t old_size = m->cap * sizeof(MmArea);
    if (old) {
        memcpy(areas, old, m->n * sizeof(MmArea));
    }
    m->areas = areas;
    m->cap = cap;
    in_order(); /* what a map points to is never free: mm_lock.c relies on it when the thread is killed here */
    hostmem_pages_free(old, old_size);
    return true;
}

unsigned mm_map_lower(const MmMap *m, uint64_t addr)
{
    unsigned lo = 0, hi = m->n;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (m->areas[mid].end <= addr) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

MmArea *mm_map_find(const MmMap *m, uint64_t addr)
{
    unsigned i = mm_map_lower(m, addr);
    return i < m->n && m->areas[i].start <= addr ? &m->areas[i] : NULL;
}

bool mm_map_is_free(const MmMap *m, uint64_t start, uint64_t end)
{
    unsigned i = mm_map_lower(m, start);
    return i == m->n || m->areas[i].start >= end;
}

bool mm_map_has(const MmMap *m, uint64_t start, uint64_t end, uint32_t flags)
{
    for (unsigned i = mm_map_lower(m, start); i < m->n && m->areas[i].start < end; i++) {
        if (m->areas[i].flags & flags) {
            return true;
        }
    }
    return false;
}

/* Adds (sign 1) or takes (sign -1) an area to and from the sums. */
static void account(MmMap *m, const MmArea *a, int sign)
{
    if (a->flags & AREA_HOST) {
        return;
    }
    uint64_t pages = (a->end - a->start) / MM_PAGE * (uint64_t)sign;
    m->total_pages += pages;
    if ((a->prot & PROT_WRITE) && !(a->flags & (AREA_SHARED | AREA_STACK))) {
        m->data_pages += pages;
    }
    if ((a->prot & PROT_WRITE) && (a->flags & AREA_CODE)) {
        m->protected_pages += pages;
    }
}

static void insert_at(MmMap *m, unsigned i, MmArea area)
{
    lyre_assert(m->n < m->cap);
    memmove(&m->areas[i + 1], &m->areas[i], (m->n - i) * sizeof(MmArea));
    m->areas[i] = area;
    m->n++;
}

static void remove_at(MmMap *m, unsigned i, unsigned count)
{
    m->n -= count;
    memmove(&m->areas[i], &m->areas[i + count], (m->n - i) * sizeof(MmArea));
}

/* Makes addr a boundary; the index of the first area at or above it. */
static unsigned split(MmMap *m, uint64_t addr)
{
    unsigned i = mm_map_lower(m, addr);
    if (i == m->n || m->areas[i].start >= addr) {
        return i;
    }
    MmArea upper = m->areas[i];
    if (upper.dev | upper.ino) {
        upper.offset += addr - upper.start;
    }
    upper.start = addr;
    m->areas[i].end = addr;
    insert_at(m, i + 1, upper);
    return i + 1;
}

static bool can_join(const MmArea *a, const MmArea *b)
{
    return a->end == b->start && a->prot == b->prot && a->flags == b->flags && a->dev == b->dev && a->ino == b->ino &&
           (!(a->dev | a->ino) || a->offset + (a->end - a->start) == b->offset) && !(a->flags & AREA_HOST);
}

/* Joins equal neighbours among the areas that touch [start, end]. */
static void merge(MmMap *m, uint64_t start, uint64_t end)
{
    unsigned i = mm_map_lower(m, start ? start - 1 : 0);
    unsigned kept = i;
    if (i >= m->n) {
        return;
    }
    unsigned j = i + 1;
    for (; j < m->n && m->areas[j].start <= end; j++) {
        if (can_join(&m->areas[kept], &m->areas[j])) {
            m->areas[kept].end = m->areas[j].end;
        } else {
            m->areas[++kept] = m->areas[j];
        }
    }
    if (kept + 1 < j) {
        remove_at(m, kept + 1, j - kept - 1);
    }
}

void mm_map_insert(MmMap *m, MmArea area)
{
    unsigned i = mm_map_lower(m, area.start);
    lyre_assert(i == m->n || m->areas[i].start >= area.end);
    insert_at(m, i, area);
    account(m, &area, 1);
    merge(m, area.start, area.end);
}

void mm_map_remove(MmMap *m, uint64_t start, uint64_t end)
{
    unsigned first = split(m, start), last = split(m, end), kept = first;
    for (unsigned i = first; i < last; i++) {
        if (m->areas[i].flags & AREA_HOST) {
            m->areas[kept++] = m->areas[i];
        } else {
            account(m, &m->areas[i], -1);
        }
    }
    remove_at(m, kept, last - kept);
    if (end > m->hint_top) {
        m->hint_top = end;
    }
}

void mm_map_set_prot(MmMap *m, uint64_t start, uint64_t end, uint32_t prot)
{
    unsigned first = split(m, start), last = split(m, end);
    for (unsigned i = first; i < last; i++) {
        account(m, &m->areas[i], -1);
        m->areas[i].prot = prot;
        account(m, &m->areas[i], 1);
    }
    merge(m, start, end);
}

void mm_map_set_flags(MmMap *m, uint64_t start, uint64_t end, uint32_t clear, uint32_t set)
{
    unsigned first = split(m, start), last = split(m, end);
    for (unsigned i = first; i < last; i++) {
        account(m, &m->areas[i], -1);
        m->areas[i].flags = (m->areas[i].flags & ~clear) | set;
        account(m, &m->areas[i], 1);
    }
    merge(m, start, end);
}

static uint64_t start_with_gap(const MmArea *a)
{
    bool is_stack = a->flags & (AREA_STACK | AREA_GROWSDOWN);
    return is_stack && a->start > STACK_GAP ? a->start - STACK_GAP : a->start;
}

uint64_t mm_map_gap_below(MmMap *m, uint64_t bottom, uint64_t top, uint64_t size, uint64_t align)
{
    if (size >= m->hint_size && m->hint_top < top) {
        top = m->hint_top;
    }
    unsigned i = mm_map_lower(m, top);
    if (i < m->n && start_with_gap(&m->areas[i]) < top) {
        top = start_with_gap(&m->areas[i]);
    }
    for (;; i--) {
        uint64_t floor = i > 0 && m->areas[i - 1].end > bottom ? m->areas[i - 1].end : bottom;
        uint64_t at = top >= size ? ALIGN_DOWN(top - size, align) : 0;
        if (at && at >= floor) {
            m->hint_size = size;
            m->hint_top = at + size;
            return at;
        }
        if (i == 0 || floor == bottom) {
            return 0;
        }
        uint64_t start = start_with_gap(&m->areas[i - 1]);
        top = start < top ? start : top;
    }
}

uint64_t mm_map_gap_above(const MmMap *m, uint64_t bottom, uint64_t top, uint64_t size, uint64_t align)
{
    uint64_t at = ALIGN_UP(bottom, align);
    for (unsigned i = mm_map_lower(m, bottom); at >= bottom && at + size >= at && at + size <= top; i++) {
        if (i == m->n || start_with_gap(&m->areas[i]) >= at + size) {
            return at;
        }
        at = ALIGN_UP(m->areas[i].end, align);
    }
    return 0;
}
