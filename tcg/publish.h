/* SPDX-License-Identifier: MIT */
/* Putting compiled regions where threads find and run them. */
#ifndef LYRE_TCG_PUBLISH_H
#define LYRE_TCG_PUBLISH_H

#include "tcg/runtime.h"

typedef struct PublishPlan {
    RegionKey key;
    unsigned tier;
    const IrSource *sources;    /* sorted */
    uint32_t nsources;
    uint32_t guest_insns;
    int32_t counter;            /* first value of RegionData.counter */
    uint64_t seen_invalidations;/* Tcg.invalidations before the guest's pages were protected */
} PublishPlan;

typedef enum PublishResult {
    PUBLISH_DONE,
    PUBLISH_EXISTS,    /* another thread was faster */
    PUBLISH_STALE,     /* something was invalidated meanwhile: guest code is to be compared again */
    PUBLISH_CHANGED,   /* it is not what was translated */
    PUBLISH_TOO_LARGE, /* for this cache */
    PUBLISH_NO_MEMORY,
} PublishResult;

/* Copies the blob into the cache and makes it findable. The caller is offline. */
PublishResult publish_region(TcgThread *th, const PublishPlan *plan, const CodeBlob *blob);

#endif
