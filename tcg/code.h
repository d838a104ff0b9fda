/* SPDX-License-Identifier: MIT */
/*
 * Compiled regions: what a host back end hands to the code cache, and what the cache keeps.
 *
 * Layout in the arena: a code half and a data half at a fixed distance (CODE_DATA_DISTANCE), so that rip-relative references from a
 * region's code to its data do not depend on where in the arena both lie once their offsets are fixed. Data rows of a region:
 * [RegionData][LinkRow x nlinks][IcRow x nics][constants].
 */
#ifndef LYRE_TCG_CODE_H
#define LYRE_TCG_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcg/mir.h"

typedef struct RegionKey {
    uint64_t pc;
    uint32_t ctx;
} RegionKey;

/* First data row of each region; `counter` is decremented by tier-1 code at its head. */
typedef struct RegionData {
    int32_t counter;
    uint32_t region_id;
} RegionData;

/* A direct exit. `site` kinds: rel32 (aligned 4-byte field in code, one store) or slot (this row's `target` is jumped through). */
typedef enum LinkKind { LINK_REL32, LINK_SLOT } LinkKind;
typedef struct LinkRow {
    uint64_t pc;       /* target key */
    uint32_t ctx;
    uint16_t kind;     /* LinkKind */
    uint16_t is_call;
    void *target;      /* LINK_SLOT: jumped through; starts as the exit's stub */
    int32_t site;      /* LINK_REL32: offset of the field from this row */
    uint32_t region_id;
} LinkRow;

/* Inline cache of one indirect exit: written once, target first, then key; ~0 = empty. */
typedef struct IcRow {
    uint64_t key;
    void *target;
    uint32_t misses;
    uint32_t region_id;
} IcRow;

/* ---- side table
 * One row per operation that may leave the region inside (faults, polls, helpers that fault). Rows are sorted by code offset and
 * packed as bytes; sidetable.h encodes and decodes. A decoded row: */
typedef struct SideEntry {
    uint16_t slot;
    uint8_t recipe; /* MRecipe; M_CONSTANT: value */
    Loc loc;
    uint64_t value;
} SideEntry;
typedef struct SideRow {
    uint32_t offset;     /* of the host instruction, from the start of the region's code */
    uint64_t pc;         /* guest pc */
    uint32_t ctx;
    uint32_t pin_mask;   /* pins whose register holds the slot's value; others are stale or borrowed */
    uint8_t kind;        /* SideKind */
    uint8_t addr_base, addr_index, addr_scale; /* host registers of the effective address, 0xff: none */
    int32_t addr_disp;
    uint8_t mem_size;    /* bytes accessed; 0 for polls */
    uint8_t is_store;
    uint32_t nentries;
    SideEntry entries[IR_MAX_SLOTS];
} SideRow;
/* SIDE_ALIGN: a ud2 that is reached when the address is misaligned (TCG_FAULT_ALIGN). */
typedef enum SideKind { SIDE_ACCESS, SIDE_POLL, SIDE_HELPER, SIDE_ALIGN } SideKind;

/* What a back end produces, in translation memory; the code cache copies it. Offsets are from the start of code or data. */
typedef struct CodeEntry {
    RegionKey key;
    uint32_t offset;
} CodeEntry;
typedef struct CodeDataRef {
    uint32_t code_offset; /* of a 4-byte rip-relative field, whose instruction ends at code_end */
    uint32_t code_end;
    uint32_t data_offset;
} CodeDataRef;
typedef struct CodeBlob {
    uint8_t *code;   uint32_t code_size, cap_code;
    uint8_t *data;   uint32_t data_size, cap_data;
    LinkRow *links;  uint32_t nlinks, cap_links;   /* site: code offset of the rel32 field until publishing */
    uint32_t *link_stubs; uint32_t cap_stubs;      /* code offset of each link's stub */
    uint32_t nics;                                 /* inline caches */
    CodeDataRef *refs; uint32_t nrefs, cap_refs;
    CodeEntry *entries; uint32_t nentries, cap_entries;
    uint8_t *side;   uint32_t side_size, cap_side; /* encoded side table */
    uint32_t nrows;
    uint32_t guest_insns;
    bool is_failed;  /* too large: make the region smaller */
    struct Arena *arena;
} CodeBlob;

typedef struct HostSettings {
    bool has_counter;     /* decrement RegionData.counter at the head (tier 1) */
    bool has_poll;        /* poll at the head */
    bool is_quick;        /* tier 1: time of compiling counts more than the code */
    bool is_single;       /* nobody else reaches the guest's memory: atomics need no bus lock, fences no instruction */
    int mir_fd;           /* -d mir: where to print the allocated machine IR; -1 or 0: nowhere */
} HostSettings;

/* Host features in use: what the CPU has, cut down by -host-cpu. */
typedef struct HostFeatures {
    bool sse41, avx, avx2, bmi1, bmi2, lzcnt, popcnt, fma, f16c, pclmul, aes, sha, movbe, cx16;
} HostFeatures;
extern HostFeatures host_features;
/* "v2", "v3", "native", then +name or -name; returns false for an unknown name. */
bool host_features_parse(const char *spec);
void host_features_detect(void);

/* The back end: compiles `r` into `out`. Pure function of its arguments and host_features. */
void host_compile(IrRegion *r, const HostSettings *settings, CodeBlob *out);
/* Tier 1: the region as it was built, before ir_finish. false: not of a kind that the quick way does; `b` is as it was. */
struct IrBuilder;
bool host_compile_quick(const struct IrBuilder *b, const HostSettings *settings, CodeBlob *out);

#endif
