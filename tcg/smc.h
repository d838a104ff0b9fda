/* SPDX-License-Identifier: MIT */
/* Guest pages that have code: which regions must go when their bytes change. */
#ifndef LYRE_TCG_SMC_H
#define LYRE_TCG_SMC_H

#include <stdint.h>

struct PageNode;
struct Region;
enum { SMC_PAGE_BITS = 12, SMC_BUCKETS = 1024 };
typedef struct PageIndex {
    struct PageNode *buckets[SMC_BUCKETS];
} PageIndex;

/* Number of pages that the source ranges touch (sorted ranges; a page counts once). */
struct IrSource;
uint32_t smc_count_pages(const struct IrSource *sources, uint32_t n);
/* Publish is held. */
void smc_add(PageIndex *index, struct Region *r);
void smc_remove(struct Region *r);

#endif
