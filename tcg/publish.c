/* SPDX-License-Identifier: MIT */
/* Publishing: space, copy, addresses between code and data, links, map. All under Tcg.publish; translation itself is not. */
#include "tcg/publish.h"

#include <string.h>

#include "tcg/link.h"
#include "tcg/log.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { TRAP_BYTE = 0xcc };

static RegionSize size_of(const PublishPlan *plan, const CodeBlob *blob)
{
    return (RegionSize){ blob->code_size, blob->data_size, blob->side_size, blob->nlinks, blob->nics, blob->nentries,
                         plan->nsources, smc_count_pages(plan->sources, plan->nsources) };
}

static void copy_code(CodeCache *c, Region *r, const CodeBlob *blob)
{
    uint8_t *code = r->code - c->moved_by, *data = r->data - c->moved_by;
    memcpy(code, blob->code, blob->code_size);
    memcpy(data, blob->data, blob->data_size);
    int32_t distance = (int32_t)(data - code);
    for (uint32_t i = 0; i < blob->nrefs; i++) { /* read from where it was: what was just copied is long in coming */
        uint32_t at = blob->refs[i];
        *(int32_t *)(code + at) = *(const int32_t *)(blob->code + at) + distance;
    }
    if (c->moved_by) { /* -x move: nothing may depend on where it was put first */
        memcpy(r->code, code, blob->code_size);
        memcpy(r->data, data, blob->data_size);
        memset(code, TRAP_BYTE, blob->code_size);
        memset(data, TRAP_BYTE, blob->data_size);
    }
}

static void fill(Tcg *t, Region *r, const PublishPlan *plan, const CodeBlob *blob)
{
    r->key = plan->key;
    r->tier = (uint8_t)plan->tier;
    r->guest_insns = plan->guest_insns;
    r->nrows = blob->nrows;
    r->link_stubs = blob->link_stubs;
    copy_code(&t->cache, r, blob);
    memcpy(region_side(r), blob->side, blob->side_size);
    *region_entries(r) = *blob->entries; /* mostly the only one of each */
    *region_ranges(r) = *plan->sources;
    if (UNLIKELY(blob->nentries > 1 || plan->nsources > 1)) {
        memcpy(region_entries(r), blob->entries, blob->nentries * sizeof *blob->entries);
        memcpy(region_ranges(r), plan->sources, plan->nsources * sizeof *plan->sources);
    }
    *(RegionData *)r->data = (RegionData){ .counter = plan->counter };
    smc_add(&t->pages, r);
}

/* Enters each of the region's entries into the map unless code of its tier is there; what it replaces is retired, so that links and
 * caches follow. `head`: place of the first entry, which is the region's key. */
static void make_findable(Tcg *t, Region *r, MapEntry *head)
{
    const CodeEntry *entries = region_entries(r);
    lyre_assert(entries[0].key.pc == r->key.pc && entries[0].key.ctx == r->key.ctx);
    for (uint32_t i = 0; i < r->nentries; i++) {
        const CodeEntry *e = &entries[i];
        MapEntry *place = i == 0 ? head : map_place(&t->map, e->key);
        Region *old = map_region_at(&t->map, place);
        if (old && old->tier >= r->tier) {
            continue;
        }
        map_put(t, place, e->key, r->code + e->offset, r);
        if (old && old->key.pc == e->key.pc && old->key.ctx == e->key.ctx) {
            region_retire(t, old);
        }
    }
}

static void log_region(const Tcg *t, const Region *r)
{
    LogLine l = { .len = 0 };
    log_str(&l, "OUT: region ");
    log_hex(&l, r->key.pc, 16);
    log_str(&l, " tier ");
    log_dec(&l, r->tier);
    log_str(&l, " code ");
    log_hex(&l, (uintptr_t)r->code, 12);
    log_str(&l, " size ");
    log_dec(&l, r->code_size);
    log_str(&l, " data ");
    log_hex(&l, (uintptr_t)r->data, 12);
    log_flush(&l, tcg_log_fd(t));
    for (uint32_t at = 0; at < r->code_size; at += 32) {
        log_str(&l, "OUT: ");
        log_hex(&l, (uintptr_t)r->code + at, 12);
        log_str(&l, ": ");
        for (uint32_t i = at; i < at + 32 && i < r->code_size; i++) {
            log_hex(&l, r->code[i], 2);
        }
        log_flush(&l, tcg_log_fd(t));
    }
}

static bool is_done(const Tcg *t, const MapEntry *head, const PublishPlan *plan)
{
    const Region *r = map_region_at(&t->map, head);
    return r && r->tier >= plan->tier;
}

PublishResult publish_region(TcgThread *th, const PublishPlan *plan, const CodeBlob *blob)
{
    Tcg *t = th->tcg;
    RegionSize size = size_of(plan, blob);
    Region *r = NULL;
    MapEntry *head = NULL;
    PublishResult result = PUBLISH_DONE;
    lock_acquire(&t->publish);
    while (!r) {
        if (atomic_load(&t->invalidations) != plan->seen_invalidations) {
            result = PUBLISH_STALE;
            break;
        }
        if (!map_reserve(t, size.nentries)) {
            result = PUBLISH_NO_MEMORY;
            break;
        }
        head = map_place(&t->map, plan->key);
        if (is_done(t, head, plan)) {
            result = PUBLISH_EXISTS;
            break;
        }
        r = codecache_reserve(&t->cache, &size);
        if (!r && !codecache_can_hold(&t->cache, &size)) {
            result = PUBLISH_TOO_LARGE;
            break;
        }
        if (!r) {
            codecache_make_room(t);
        }
    }
    if (r) {
        fill(t, r, plan, blob);
        codecache_commit(&t->cache, r);
        make_findable(t, r, head);
        th->stats.host_bytes[plan->tier] += r->code_size;
        if (tcg_is_logged(t, TCG_LOG_OUT_ASM, plan->key.pc)) {
            log_region(t, r);
        }
        if (t->settings.on_region) {
            t->settings.on_region(r->key.pc, r->tier, r->code, r->code_size);
        }
    }
    lock_release(&t->publish);
    return result;
}
