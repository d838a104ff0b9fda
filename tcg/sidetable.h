/* SPDX-License-Identifier: MIT */
/*
 * The side table of a region: rows (SideRow, code.h) packed as bytes. Written in order of code offset by a back end, read by the
 * fault handler. FORMAT: groups of SIDE_GROUP rows, then one SideIndex for each group but the first. A group: u64 base pc, rows,
 * each coded against the one before it. A row:
 *   byte    kind (0-1), store (2), then what follows the head: far (3), disp (4), ctx (5), entries (6), pins (7)
 *   byte    address: size (0-4), scale (5-6), no base (7)
 *   byte    address: base, index << 4; index 4 (rsp) for none
 *   byte    address: displacement, signed
 *   byte    code offset, less the previous row's (first of a group: less the index's; of the table: less 0)
 *   byte    pc, less the previous row's (first: less the group's), signed
 *   [far: u32 added to the code offset, u64 added to the pc]
 *   [disp: u32 in place of the byte]
 *   [ctx: u32]
 *   [entries: byte count, then per entry: byte slot, byte recipe (0-4) and kind (5-7), byte register or slot, varint spill or value]
 *   [pins: u16 mask]
 * What is not given is as in the previous row; in the first row of a group: ctx 0, no entries, all pins.
 */
#ifndef LYRE_TCG_SIDETABLE_H
#define LYRE_TCG_SIDETABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tcg/code.h"
#include "util/compiler.h"

enum {
    SIDE_GROUP = 16,
    SIDE_KIND = 3, SIDE_STORE = 1 << 2, SIDE_FAR = 1 << 3, SIDE_DISP = 1 << 4, SIDE_CTX = 1 << 5, SIDE_ENTRIES = 1 << 6, SIDE_PINS = 1 << 7,
    SIDE_SIZE = 31, SIDE_SCALE_SHIFT = 5, SIDE_NO_BASE = 1 << 7,
    SIDE_NO_INDEX = 4,  /* rsp is no index */
    SIDE_NO_REG = 0x10, /* in a SideHead */
    SIDE_HEAD = 6,      /* bytes */
};

typedef struct SideIndex {
    uint32_t offset;   /* code offset of the group's first row */
    uint32_t position; /* of its bytes */
} SideIndex;

typedef struct SideWriter {
    struct Arena *arena;
    uint8_t *bytes;
    uint32_t size, cap;
    SideIndex *index;
    uint32_t cap_index;
    uint32_t nrows;
    /* the row that is being written */
    uint8_t *head, *count, *p; /* first byte, number of entries, end so far */
    /* the previous row of the group */
    uint64_t pc;
    uint32_t offset, ctx, pin_mask;
    uint32_t entries, entries_size; /* where its entries stand in bytes; size 0: none were given in this group yet */
} SideWriter;

/* What every row has. */
typedef struct SideHead {
    uint32_t bytes; /* the first three: side_head_bytes */
    uint32_t offset, ctx;
    int32_t disp;
    uint64_t pc;
} SideHead;

/* Registers: SIDE_NO_REG for none. */
static inline uint32_t side_head_bytes(unsigned kind, bool is_store, unsigned size, unsigned base, unsigned index, unsigned scale)
{
    unsigned has_no_base = base >> 4, has_no_index = index >> 4;
    return kind | (is_store ? SIDE_STORE : 0u) | (size | scale << SIDE_SCALE_SHIFT | has_no_base << 7) << 8 |
           ((base & 15) | ((index & 15) | has_no_index << 2) << 4) << 16;
}

enum { /* kinds of location in a packed entry; the first two are MClass of a register */
    SIDE_ENTRY_GPR, SIDE_ENTRY_VEC, SIDE_ENTRY_SPILL, SIDE_ENTRY_HOME, SIDE_ENTRY_CONST,
    SIDE_ENTRY_KIND_SHIFT = 5, SIDE_MAX_ENTRY = 14,
};

static inline void side_writer_init(SideWriter *w, struct Arena *arena)
{
    w->arena = arena;
    w->bytes = NULL;
    w->index = NULL;
    w->size = w->cap = w->cap_index = w->nrows = 0;
}
/*
 * A row: begin (everything but entries and pins), entries (at most IR_MAX_SLOTS, as many as announced), end. Offsets must not decrease; of
 * rows with the same offset only the first can be found.
 */
void side_writer_begin(SideWriter *w, const SideRow *row, uint32_t max_entries);
void side_writer_entry_slow(SideWriter *w, const SideEntry *e);
static inline void side_writer_entry(SideWriter *w, unsigned slot, unsigned recipe, Loc loc)
{
    if (loc.kind == LOC_REG) {
        w->p[0] = (uint8_t)slot;
        w->p[1] = (uint8_t)(recipe | (unsigned)loc.cls << SIDE_ENTRY_KIND_SHIFT);
        w->p[2] = (uint8_t)loc.index;
        w->p += 3;
        ++*w->count;
    } else {
        SideEntry e = { (uint16_t)slot, (uint8_t)recipe, loc, 0 };
        side_writer_entry_slow(w, &e);
    }
}
void side_writer_end(SideWriter *w, uint32_t pin_mask);
void side_writer_add(SideWriter *w, const SideRow *row); /* all of it at once */
/* A row without entries. */
void side_writer_plain_slow(SideWriter *w, const SideHead *head, uint32_t pin_mask);
void side_writer_start_group(SideWriter *w, uint32_t offset, uint64_t pc);
static inline void side_writer_plain(SideWriter *w, const SideHead *head, uint32_t pin_mask)
{
    if (w->nrows % SIDE_GROUP == 0) {
        side_writer_start_group(w, head->offset, head->pc);
    }
    uint64_t offset = head->offset - w->offset, pc = head->pc - w->pc;
    uint64_t disp = (uint64_t)(int64_t)head->disp;
    uint64_t is_far = (offset | (pc + 128) | (disp + 128)) >> 8 | (head->ctx ^ w->ctx) | (pin_mask ^ w->pin_mask) | w->entries_size;
    if (UNLIKELY(is_far || w->cap - w->size < sizeof(uint64_t))) {
        side_writer_plain_slow(w, head, pin_mask);
        return;
    }
    uint64_t bytes = head->bytes | (uint32_t)disp << 24 | offset << 32 | pc << 40;
    memcpy(w->bytes + w->size, &bytes, sizeof bytes);
    w->size += SIDE_HEAD;
    w->nrows++;
    w->offset = head->offset;
    w->pc = head->pc;
}
/* Appends the index; afterwards w->bytes, size and nrows are the table. */
void side_writer_finish(SideWriter *w);

/* The row of the instruction at exactly this code offset. Async-signal-safe. */
bool sidetable_find(const uint8_t *side, uint32_t size, uint32_t nrows, uint32_t code_offset, SideRow *out);
/* All rows in order, in cursor->prev; a cursor starts zeroed. For logs and tests. */
typedef struct SideCursor {
    uint32_t row, position;
    SideRow prev;
} SideCursor;
bool sidetable_next(const uint8_t *side, uint32_t size, uint32_t nrows, SideCursor *cursor);

#endif
