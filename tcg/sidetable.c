/* SPDX-License-Identifier: MIT */
/* Packing and unpacking of side-table rows. */
#include "tcg/sidetable.h"

#include "tcg/state.h"
#include "util/arena.h"
#include "util/assert.h"
#include "util/compiler.h"

enum {
    ENTRY_RECIPE = 31,
    ALL_PINS = (1 << STATE_PINS) - 1,
    MAX_GROUP = 8, MAX_ROW = 40, /* bytes: what a group begins with; a row without entries, and what is written behind it */
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

static uint8_t *put_bytes(uint8_t *p, const void *value, unsigned n)
{
    memcpy(p, value, n);
    return p + n;
}

static void reserve(SideWriter *w, uint32_t n)
{
    if (UNLIKELY(w->cap - w->size < n)) {
        w->bytes = arena_grow(w->arena, w->bytes, 1, &w->cap, w->size + n);
    }
}

void side_writer_start_group(SideWriter *w, uint32_t offset, uint64_t pc)
{
    uint32_t group = w->nrows / SIDE_GROUP;
    w->offset = 0;
    if (group) {
        w->index = arena_grow(w->arena, w->index, sizeof(SideIndex), &w->cap_index, group);
        w->index[group - 1] = (SideIndex){ offset, w->size };
        w->offset = offset;
    }
    reserve(w, MAX_GROUP + MAX_ROW);
    put_bytes(w->bytes + w->size, &pc, 8);
    w->size += 8;
    w->pc = pc;
    w->ctx = 0;
    w->pin_mask = ALL_PINS;
    w->entries_size = 0;
}

/* Everything up to the entries; a group has been started. */
static void begin(SideWriter *w, const SideHead *head, uint32_t max_entries)
{
    reserve(w, MAX_ROW + max_entries * SIDE_MAX_ENTRY);
    uint32_t offset = head->offset - w->offset;
    uint64_t pc = head->pc - w->pc;
    uint8_t *p = w->head = w->bytes + w->size;
    put_bytes(p, &head->bytes, 4);
    p[3] = (uint8_t)head->disp;
    p[4] = (uint8_t)offset;
    p[5] = (uint8_t)pc;
    p += SIDE_HEAD;
    if (offset >> 8 || (pc + 128) >> 8) {
        uint32_t far_offset = offset - (uint8_t)offset;
        uint64_t far_pc = pc - (uint64_t)(int8_t)pc;
        *w->head |= SIDE_FAR;
        p = put_bytes(put_bytes(p, &far_offset, 4), &far_pc, 8);
    }
    if (head->disp != (int8_t)head->disp) {
        *w->head |= SIDE_DISP;
        p = put_bytes(p, &head->disp, 4);
    }
    if (head->ctx != w->ctx) {
        *w->head |= SIDE_CTX;
        p = put_bytes(p, &head->ctx, 4);
    }
    w->pc = head->pc;
    w->offset = head->offset;
    w->ctx = head->ctx;
    w->count = p++;
    *w->count = 0;
    w->p = p;
}

static unsigned reg_or_none(unsigned reg) { return reg == 0xff ? SIDE_NO_REG : reg; }

void side_writer_begin(SideWriter *w, const SideRow *row, uint32_t max_entries)
{
    lyre_assert(row->mem_size <= SIDE_SIZE && row->addr_index != SIDE_NO_INDEX);
    SideHead head = { .offset = row->offset, .ctx = row->ctx, .disp = row->addr_disp, .pc = row->pc };
    head.bytes = side_head_bytes(row->kind, row->is_store, row->mem_size, reg_or_none(row->addr_base), reg_or_none(row->addr_index),
                                 row->addr_scale);
    if (w->nrows % SIDE_GROUP == 0) {
        side_writer_start_group(w, row->offset, row->pc);
    }
    begin(w, &head, max_entries);
}

void side_writer_plain_slow(SideWriter *w, const SideHead *head, uint32_t pin_mask)
{
    begin(w, head, 0);
    side_writer_end(w, pin_mask);
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
        *w->head |= SIDE_ENTRIES;
        w->entries = (uint32_t)(w->count - w->bytes);
        w->entries_size = size;
    }
    if (pin_mask != w->pin_mask) {
        *w->head |= SIDE_PINS;
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

static uint32_t ngroups(uint32_t nrows) { return (nrows + SIDE_GROUP - 1) / SIDE_GROUP; }

void side_writer_finish(SideWriter *w)
{
    if (w->nrows > SIDE_GROUP) {
        uint32_t bytes = (ngroups(w->nrows) - 1) * (uint32_t)sizeof(SideIndex);
        reserve(w, bytes);
        memcpy(w->bytes + w->size, w->index, bytes);
        w->size += bytes;
    }
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

static uint32_t get_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t get_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
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
    unsigned flags = p[0];
    row->kind = flags & SIDE_KIND;
    row->is_store = flags & SIDE_STORE ? 1 : 0;
    row->mem_size = p[1] & SIDE_SIZE;
    row->addr_scale = p[1] >> SIDE_SCALE_SHIFT & 3;
    row->addr_base = p[1] & SIDE_NO_BASE ? 0xff : p[2] & 15;
    row->addr_index = p[2] >> 4 == SIDE_NO_INDEX ? 0xff : p[2] >> 4;
    row->addr_disp = (int8_t)p[3];
    row->offset += p[4];
    row->pc += (uint64_t)(int8_t)p[5];
    p += SIDE_HEAD;
    if (flags & SIDE_FAR) {
        row->offset += get_u32(p);
        row->pc += get_u64(p + 4);
        p += 12;
    }
    if (flags & SIDE_DISP) {
        row->addr_disp = (int32_t)get_u32(p);
        p += 4;
    }
    if (flags & SIDE_CTX) {
        row->ctx = get_u32(p);
        p += 4;
    }
    if (flags & SIDE_ENTRIES) {
        row->nentries = *p++;
        for (uint32_t i = 0; i < row->nentries; i++) {
            p = get_entry(p, &row->entries[i]);
        }
    }
    if (flags & SIDE_PINS) {
        row->pin_mask = p[0] | (uint32_t)p[1] << 8;
        p += 2;
    }
    return p;
}

/* Code offset and bytes of a group. */
static SideIndex index_at(const uint8_t *side, uint32_t size, uint32_t nrows, uint32_t group)
{
    SideIndex x = { 0, 0 };
    if (group) {
        memcpy(&x, side + size - (ngroups(nrows) - group) * sizeof(SideIndex), sizeof(x));
    }
    return x;
}

/* The row before the group's first one. */
static const uint8_t *get_group(const uint8_t *side, SideIndex x, SideRow *row)
{
    row->offset = x.offset;
    row->pc = get_u64(side + x.position);
    row->ctx = row->nentries = 0;
    row->pin_mask = ALL_PINS;
    return side + x.position + sizeof(uint64_t);
}

bool sidetable_find(const uint8_t *side, uint32_t size, uint32_t nrows, uint32_t code_offset, SideRow *out)
{
    if (!nrows) {
        return false;
    }
    uint32_t low = 0, high = ngroups(nrows);
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (index_at(side, size, nrows, middle).offset <= code_offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const uint8_t *p = get_group(side, index_at(side, size, nrows, low), out);
    uint32_t end = (low + 1) * SIDE_GROUP < nrows ? (low + 1) * SIDE_GROUP : nrows;
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
    const uint8_t *p = side + cursor->position;
    if (cursor->row % SIDE_GROUP == 0) {
        p = get_group(side, index_at(side, size, nrows, cursor->row / SIDE_GROUP), &cursor->prev);
    }
    cursor->position = (uint32_t)(get_row(p, &cursor->prev) - side);
    cursor->row++;
    return true;
}
