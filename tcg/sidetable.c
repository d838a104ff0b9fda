/* SPDX-License-Identifier: MIT */
/* Packing and unpacking of side-table rows. */
#include "tcg/sidetable.h"

#include <string.h>

#include "util/arena.h"
#include "util/assert.h"
#include "util/compiler.h"

enum {
    ROW_KIND = 3, ROW_STORE = 1 << 2, ROW_PINS = 1 << 3, ROW_ENTRIES = 1 << 4, ROW_CTX = 1 << 5, ROW_ADDRESS = 1 << 6,
    ADDR_SIZE = 31, ADDR_SCALE_SHIFT = 5, ADDR_NO_BASE = 1 << 7,
    NO_INDEX = 4, /* rsp is no index */
    ENTRY_RECIPE = 31, MAX_HEAD = 48,
};

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)v | 0x80;
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint64_t zigzag(int64_t v) { return (uint64_t)v << 1 ^ (uint64_t)(v >> 63); }
static int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1 ^ -(v & 1)); }

void side_writer_init(SideWriter *w, struct Arena *arena)
{
    memset(w, 0, sizeof(*w));
    w->arena = arena;
}

static uint8_t *put_address(uint8_t *p, const SideRow *row)
{
    bool has_base = row->addr_base != 0xff, has_index = row->addr_index != 0xff;
    lyre_assert(row->mem_size <= ADDR_SIZE && row->addr_index != NO_INDEX);
    *p++ = (uint8_t)(row->mem_size | row->addr_scale << ADDR_SCALE_SHIFT | (has_base ? 0 : ADDR_NO_BASE));
    *p++ = (uint8_t)((has_base ? row->addr_base : 0) | (has_index ? row->addr_index : NO_INDEX) << 4);
    return put_varint(p, zigzag(row->addr_disp));
}

static void start_group(SideWriter *w, uint32_t offset)
{
    uint32_t group = w->nrows / SIDE_GROUP;
    w->index = arena_grow(w->arena, w->index, sizeof(SideIndex), &w->cap_index, group + 1);
    w->index[group] = (SideIndex){ offset, w->size };
    w->pc = 0;
    w->offset = offset;
    w->ctx = w->pin_mask = 0;
    w->entries_size = 0;
}

void side_writer_begin(SideWriter *w, const SideRow *row, uint32_t max_entries)
{
    uint32_t need = w->size + MAX_HEAD + max_entries * SIDE_MAX_ENTRY;
    if (UNLIKELY(need > w->cap)) {
        w->bytes = arena_grow(w->arena, w->bytes, 1, &w->cap, need);
    }
    if (w->nrows % SIDE_GROUP == 0) {
        start_group(w, row->offset);
    }
    uint8_t *p = w->bytes + w->size;
    unsigned flags = row->kind | (row->is_store ? ROW_STORE : 0u);
    w->head = p++;
    p = put_varint(p, row->offset - w->offset);
    p = put_varint(p, zigzag((int64_t)(row->pc - w->pc)));
    if (row->ctx != w->ctx) {
        flags |= ROW_CTX;
        p = put_varint(p, row->ctx);
    }
    if (row->mem_size || row->addr_base != 0xff || row->addr_index != 0xff || row->addr_disp) {
        flags |= ROW_ADDRESS;
        p = put_address(p, row);
    }
    *w->head = (uint8_t)flags;
    w->pc = row->pc;
    w->offset = row->offset;
    w->ctx = row->ctx;
    w->count = p++;
    *w->count = 0;
    w->p = p;
}

void side_writer_entry_slow(SideWriter *w, const SideEntry *e)
{
    uint8_t *p = w->p;
    unsigned kind = 0;
    switch (e->loc.kind) {
    case LOC_REG: kind = e->loc.cls; break;
    case LOC_SPILL: kind = SIDE_ENTRY_SPILL; break;
    case LOC_HOME: kind = SIDE_ENTRY_HOME; break;
    case LOC_CONST: kind = SIDE_ENTRY_CONST; break;
    default: lyre_unreachable();
    }
    *p++ = (uint8_t)e->slot;
    *p++ = (uint8_t)(e->recipe | kind << SIDE_ENTRY_KIND_SHIFT);
    if (kind == SIDE_ENTRY_CONST) {
        p = put_varint(p, zigzag((int64_t)e->value));
    } else if (kind == SIDE_ENTRY_SPILL) {
        p = put_varint(p, e->loc.index);
    } else {
        *p++ = (uint8_t)e->loc.index;
    }
    w->p = p;
    ++*w->count;
}

void side_writer_end(SideWriter *w, uint32_t pin_mask)
{
    uint32_t size = (uint32_t)(w->p - w->count);
    bool is_same = w->entries_size ? size == w->entries_size && memcmp(w->count, w->bytes + w->entries, size) == 0 : size == 1;
    if (is_same) {
        w->p = w->count;
    } else {
        *w->head |= ROW_ENTRIES;
        w->entries = (uint32_t)(w->count - w->bytes);
        w->entries_size = size;
    }
    if (pin_mask != w->pin_mask) {
        *w->head |= ROW_PINS;
        *w->p++ = (uint8_t)pin_mask;
        *w->p++ = (uint8_t)(pin_mask >> 8);
        w->pin_mask = pin_mask;
    }
    w->size = (uint32_t)(w->p - w->bytes);
    w->nrows++;
}

void side_writer_add(SideWriter *w, const SideRow *row)
{
    side_writer_begin(w, row, row->nentries);
    for (uint32_t i = 0; i < row->nentries; i++) {
        side_writer_entry_slow(w, &row->entries[i]);
    }
    side_writer_end(w, row->pin_mask);
}

void side_writer_finish(SideWriter *w)
{
    uint32_t bytes = (w->nrows + SIDE_GROUP - 1) / SIDE_GROUP * (uint32_t)sizeof(SideIndex);
    if (!bytes) {
        return;
    }
    w->bytes = arena_grow(w->arena, w->bytes, 1, &w->cap, w->size + bytes);
    memcpy(w->bytes + w->size, w->index, bytes);
    w->size += bytes;
}

/* ---- reading */

static const uint8_t *get_varint(const uint8_t *p, uint64_t *v)
{
    uint64_t r = 0;
    unsigned shift = 0;
    uint8_t b;
    do {
        b = *p++;
        r |= (uint64_t)(b & 0x7f) << shift;
        shift += 7;
    } while (b & 0x80);
    *v = r;
    return p;
}

static const uint8_t *get_address(const uint8_t *p, SideRow *row)
{
    uint64_t v;
    row->mem_size = p[0] & ADDR_SIZE;
    row->addr_scale = p[0] >> ADDR_SCALE_SHIFT & 3;
    row->addr_base = p[0] & ADDR_NO_BASE ? 0xff : p[1] & 15;
    row->addr_index = p[1] >> 4 == NO_INDEX ? 0xff : p[1] >> 4;
    p = get_varint(p + 2, &v);
    row->addr_disp = (int32_t)unzigzag(v);
    return p;
}

static const uint8_t *get_entry(const uint8_t *p, SideEntry *e)
{
    static const Loc locs[] = {
        [SIDE_ENTRY_GPR] = { LOC_REG, M_GPR, 0 }, [SIDE_ENTRY_VEC] = { LOC_REG, M_VEC, 0 }, [SIDE_ENTRY_SPILL] = { LOC_SPILL, 0, 0 },
        [SIDE_ENTRY_HOME] = { LOC_HOME, 0, 0 },   [SIDE_ENTRY_CONST] = { LOC_CONST, 0, 0 },
    };
    uint64_t v;
    unsigned kind = p[1] >> SIDE_ENTRY_KIND_SHIFT;
    *e = (SideEntry){ .slot = p[0], .recipe = p[1] & ENTRY_RECIPE, .loc = locs[kind] };
    p += 2;
    if (kind == SIDE_ENTRY_CONST) {
        p = get_varint(p, &v);
        e->value = (uint64_t)unzigzag(v);
    } else if (kind == SIDE_ENTRY_SPILL) {
        p = get_varint(p, &v);
        e->loc.index = (uint16_t)v;
    } else {
        e->loc.index = *p++;
    }
    return p;
}

/* Decodes one row over the previous one of its group. */
static const uint8_t *get_row(const uint8_t *p, SideRow *row)
{
    uint64_t v;
    unsigned flags = *p++;
    row->kind = flags & ROW_KIND;
    row->is_store = flags & ROW_STORE ? 1 : 0;
    p = get_varint(p, &v);
    row->offset += (uint32_t)v;
    p = get_varint(p, &v);
    row->pc += (uint64_t)unzigzag(v);
    if (flags & ROW_CTX) {
        p = get_varint(p, &v);
        row->ctx = (uint32_t)v;
    }
    row->addr_base = row->addr_index = 0xff;
    row->addr_scale = row->mem_size = 0;
    row->addr_disp = 0;
    if (flags & ROW_ADDRESS) {
        p = get_address(p, row);
    }
    if (flags & ROW_ENTRIES) {
        row->nentries = *p++;
        for (uint32_t i = 0; i < row->nentries; i++) {
            p = get_entry(p, &row->entries[i]);
        }
    }
    if (flags & ROW_PINS) {
        row->pin_mask = p[0] | (uint32_t)p[1] << 8;
        p += 2;
    }
    return p;
}

static SideIndex index_at(const uint8_t *side, uint32_t size, uint32_t nrows, uint32_t group)
{
    uint32_t ngroups = (nrows + SIDE_GROUP - 1) / SIDE_GROUP;
    SideIndex x;
    memcpy(&x, side + size - (ngroups - group) * sizeof(SideIndex), sizeof(x));
    return x;
}

static void reset_row(SideRow *row, uint32_t offset)
{
    row->offset = offset;
    row->pc = 0;
    row->ctx = row->pin_mask = row->nentries = 0;
}

bool sidetable_find(const uint8_t *side, uint32_t size, uint32_t nrows, uint32_t code_offset, SideRow *out)
{
    if (!nrows) {
        return false;
    }
    uint32_t low = 0, high = (nrows + SIDE_GROUP - 1) / SIDE_GROUP;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (index_at(side, size, nrows, middle).offset <= code_offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    SideIndex x = index_at(side, size, nrows, low);
    const uint8_t *p = side + x.position;
    uint32_t end = (low + 1) * SIDE_GROUP < nrows ? (low + 1) * SIDE_GROUP : nrows;
    reset_row(out, x.offset);
    for (uint32_t i = low * SIDE_GROUP; i < end; i++) {
        p = get_row(p, out);
        if (out->offset >= code_offset) {
            return out->offset == code_offset;
        }
    }
    return false;
}

bool sidetable_next(const uint8_t *side, uint32_t size, uint32_t nrows, SideCursor *cursor)
{
    if (cursor->row == nrows) {
        return false;
    }
    if (cursor->row % SIDE_GROUP == 0) {
        SideIndex x = index_at(side, size, nrows, cursor->row / SIDE_GROUP);
        cursor->position = x.position;
        reset_row(&cursor->prev, x.offset);
    }
    cursor->position = (uint32_t)(get_row(side + cursor->position, &cursor->prev) - side);
    cursor->row++;
    return true;
}
