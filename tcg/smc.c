/* SPDX-License-Identifier: MIT */
/* The page index, and invalidation of regions whose guest code changed. */
#include "tcg/smc.h"

#include "tcg/epoch.h"
#include "tcg/interp_cache.h"

static uint32_t bucket_of(uint64_t page)
{
    return (uint32_t)((page * 0x9e3779b97f4a7c15ull) >> 54) % SMC_BUCKETS;
}

/* The first page of a range that the one before it has not touched. */
static uint64_t first_page(const IrSource *s, uint64_t last)
{
    uint64_t page = s->start >> SMC_PAGE_BITS;
    return page + (page == last);
}

static uint64_t last_page(const IrSource *s) { return (s->end - 1) >> SMC_PAGE_BITS; }

uint32_t smc_count_pages(const IrSource *sources, uint32_t n)
{
    uint64_t count = 0, last = ~0ull;
    for (uint32_t i = 0; i < n; i++) {
        count += last_page(&sources[i]) + 1 - first_page(&sources[i], last);
        last = last_page(&sources[i]);
    }
    return (uint32_t)count;
}

static void insert(PageIndex *index, PageNode *node, uint64_t page, Region *r)
{
    PageNode **head = &index->buckets[bucket_of(page)];
    *node = (PageNode){ .next = *head, .pprev = head, .region = r };
    if (node->next) {
        node->next->pprev = &node->next;
    }
    *head = node;
}

void smc_add(PageIndex *index, Region *r)
{
    PageNode *node = region_pages(r);
    const IrSource *ranges = region_ranges(r);
    uint64_t last = ~0ull;
    for (uint32_t i = 0; i < r->nsources; i++) {
        uint64_t page = first_page(&ranges[i], last);
        last = last_page(&ranges[i]);
        while (page <= last) {
            insert(index, node++, page++, r);
        }
    }
}

void smc_remove(Region *r)
{
    for (uint32_t i = 0; i < r->npages; i++) {
        PageNode *node = &region_pages(r)[i];
        *node->pprev = node->next;
        if (node->next) {
            node->next->pprev = node->pprev;
        }
    }
}

static bool overlaps(const Region *r, uint64_t start, uint64_t end)
{
    const IrSource *ranges = region_ranges(r);
    for (uint32_t i = 0; i < r->nsources; i++) {
        if (ranges[i].start < end && start < ranges[i].end) {
            return true;
        }
    }
    return false;
}

/* Retires the regions of one bucket that overlap; a retirement changes the list, so it starts again. */
static bool sweep_bucket(Tcg *t, uint32_t bucket, uint64_t start, uint64_t end)
{
    bool is_any = false;
    for (PageNode *node = t->pages.buckets[bucket]; node;) {
        if (overlaps(node->region, start, end)) {
            region_retire(t, node->region);
            is_any = true;
            node = t->pages.buckets[bucket];
        } else {
            node = node->next;
        }
    }
    return is_any;
}

void tcg_invalidate(Tcg *t, uint64_t start, uint64_t end)
{
    if (start >= end) {
        return;
    }
    if (tcg_is_interpreted(t)) {
        interp_cache_invalidate(t, start, end);
        return;
    }
    uint64_t first = start >> SMC_PAGE_BITS, last = (end - 1) >> SMC_PAGE_BITS;
    bool is_any = false;
    lock_acquire(&t->publish);
    atomic_fetch_add(&t->invalidations, 1);
    t->shared.invalidations++;
    if (last - first >= SMC_BUCKETS) {
        for (uint32_t i = 0; i < SMC_BUCKETS; i++) {
            is_any |= sweep_bucket(t, i, start, end);
        }
    } else {
        for (uint64_t page = first; page <= last; page++) {
            is_any |= sweep_bucket(t, bucket_of(page), start, end);
        }
    }
    if (is_any) {
        epoch_kick(t, epoch_advance(t));
    }
    lock_release(&t->publish);
}

void tcg_set_parallel(Tcg *t)
{
    if (!t->is_parallel) {
        t->is_parallel = true;
        tcg_invalidate_all(t);
    }
}

void tcg_invalidate_all(Tcg *t)
{
    tcg_invalidate(t, 0, ~0ull);
}
