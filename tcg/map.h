/* SPDX-License-Identifier: MIT */
/*
 * Region key -> host code. Open addressing; readers take no lock and are online (epoch.h); writers hold Tcg.publish. An entry belongs to
 * one key for the life of its table: removal leaves the key with no code, so a reader never pairs one key with another's code.
 */
#ifndef LYRE_TCG_MAP_H
#define LYRE_TCG_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcg/code.h"

typedef struct MapTable MapTable;
typedef struct CodeMap {
    _Atomic(MapTable *) table;
    uint32_t live;      /* keys with code */
    MapTable *retired;  /* readers may still hold them */
    uint8_t *base;      /* of the code cache: entries hold distances */
} CodeMap;

struct Tcg;
struct Region;
bool map_init(CodeMap *m, uint8_t *base); /* false: no memory */
void map_finish(CodeMap *m);
void *map_find(const CodeMap *m, RegionKey key);
/* The same with the region that the code lies in; publish is held. */
void *map_find_region(const CodeMap *m, RegionKey key, struct Region **region);
/* The place of a key, found or free; publish is held. It is good until the map changes. */
typedef struct MapEntry MapEntry;
MapEntry *map_place(const CodeMap *m, RegionKey key);
struct Region *map_region_at(const CodeMap *m, const MapEntry *place);
/* No key has code any more, in a map that a dead thread left in any state. */
void map_clear(struct Tcg *t);
/* Room for so many new keys. May grow the table; the old one is freed when no reader can have it. False: no memory. */
bool map_reserve(struct Tcg *t, uint32_t nkeys);
/* For a new key there is room: map_reserve. */
void map_put(struct Tcg *t, MapEntry *place, RegionKey key, void *code, struct Region *region);
/* The key has no code from now on. */
void map_remove(struct Tcg *t, RegionKey key);

#endif
