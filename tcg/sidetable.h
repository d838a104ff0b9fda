/* SPDX-License-Identifier: MIT */
/*
 * The side table of a region: rows (SideRow, code.h) packed as bytes. Written in order of code offset by a back end, read by the
 * fault handler. FORMAT: groups of SIDE_GROUP rows, each row coded against the one before it in its group; then one
 * SideIndex per group. A row:
 *   byte    kind (0-1), store (2), pins given (3), entries given (4), ctx given (5), address given (6)
 *   varint  code offset, less the previous row's (first of a group: less the index's)
 *   zigzag  pc, less the previous row's (first: less 0)
 *   [varint ctx]
 *   [address: byte size (0-4) scale (5-6); byte base | index << 4, index 4 (rsp) for none; no base by bit 7 of the size byte; zigzag disp]
 *   [byte count, then per entry: byte slot, byte recipe (0-4) and kind (5-7), byte register or slot, varint spill or value]
 *   [u16 pin mask]
 * What is not given is as in the previous row; in the first row of a group: 0, none.
 */
#ifndef LYRE_TCG_SIDETABLE_H
#define LYRE_TCG_SIDETABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcg/code.h"

enum { SIDE_GROUP = 16 };

typedef struct SideIndex {
    uint32_t offset;   /* code offset of the group's first row */
    uint32_t position; /* of its bytes */
} SideIndex;

typedef struct SideWriter {
    struct Arena *arena;
    uint8_t *bytes;
    uint32_t size, cap;
    uint32_t nrows;
    SideIndex *index;
    uint32_t cap_index;
    /* the row that is being written */
    uint8_t *head, *count, *p; /* first byte, number of entries, end so far */
    /* the previous row */
    uint64_t pc;
    uint32_t offset, ctx, pin_mask;
    uint32_t entries, entries_size; /* where its entries stand in bytes; size 0: none were given in this group yet */
} SideWriter;

enum { /* kinds of location in a packed entry; the first two are MClass of a register */
    SIDE_ENTRY_GPR, SIDE_ENTRY_VEC, SIDE_ENTRY_SPILL, SIDE_ENTRY_HOME, SIDE_ENTRY_CONST,
    SIDE_ENTRY_KIND_SHIFT = 5, SIDE_MAX_ENTRY = 14,
};

void side_writer_init(SideWriter *w, struct Arena *arena);
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
/* All of it at once. */
void side_writer_add(SideWriter *w, const SideRow *row);
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
