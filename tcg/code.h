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
    _Alignas(8) int32_t counter;
} RegionData;

/* A direct exit: an aligned rel32 field in the code, which is changed by one store. While it is not linked it leads to its stub. */
typedef struct LinkRow {
    uint64_t pc;       /* target key */
    uint32_t ctx;
    uint32_t site;     /* code offset of the field */
} LinkRow;
enum { LINK_STUB_SIZE = 13 }; /* bytes: the host's */

/* Inline cache of one indirect exit: written once, target first, then key; ~0 = empty. */
typedef struct IcRow {
    uint64_t key;
    void *target;
} IcRow;

/* ---- side table
 * One row per operation that may leave the region inside (faults, polls, helpers that fault). Rows are sorted by code offset and
 * packed as bytes; sidetable.h encodes and decodes. A decoded row: */
typedef struct SideEntry {
    uint16_t slot;
    uint8_t recipe; /* MRecipe, below M_NRECIPES; LOC_CONST: value */
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
typedef struct CodeBlob {
    uint8_t *code;   uint32_t code_size, cap_code;
    uint8_t *data;   uint32_t data_size, cap_data; /* all but RegionData is as it will be */
    uint32_t nlinks, nics;
    uint32_t link_stubs;                           /* code offset of the first link's stub; the others follow */
    /* Code offsets of the rip-relative fields that lead into the data. They are as if it began where the code does. */
    uint32_t *refs;  uint32_t nrefs, cap_refs;
    CodeEntry *entries; uint32_t nentries, cap_entries;
    uint8_t *side;   uint32_t side_size, cap_side; /* encoded side table */
    uint32_t nrows;
    uint32_t guest_insns;
    bool is_failed;  /* too large: make the region smaller */
    struct Arena *arena;
} CodeBlob;

static inline uint32_t code_link_offset(uint32_t n) { return (uint32_t)(sizeof(RegionData) + n * sizeof(LinkRow)); }
static inline LinkRow *code_links(uint8_t *data) { return (LinkRow *)(data + code_link_offset(0)); }

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
