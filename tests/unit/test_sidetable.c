/* SPDX-License-Identifier: MIT */
/* Random rows through the side table's writer and reader. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tcg/sidetable.h"
#include "util/arena.h"

static uint64_t seed = 1;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}
static uint64_t rnd64(void) { return (uint64_t)rnd(1u << 31) << 40 ^ (uint64_t)rnd(1u << 31) << 20 ^ rnd(1u << 31); }

static void random_entry(SideEntry *e)
{
    static const uint8_t kinds[] = { LOC_REG, LOC_SPILL, LOC_HOME, LOC_CONST };
    memset(e, 0, sizeof(*e));
    e->slot = (uint16_t)rnd(IR_MAX_SLOTS);
    e->recipe = (uint8_t)rnd(M_NRECIPES);
    e->loc.kind = kinds[rnd(4)];
    if (e->loc.kind == LOC_REG) {
        e->loc.cls = (uint8_t)rnd(2);
        e->loc.index = (uint16_t)rnd(16);
    } else if (e->loc.kind == LOC_CONST) {
        e->value = rnd(2) ? rnd64() : rnd(2) ? UINT64_MAX : rnd(1000);
    } else {
        e->loc.index = (uint16_t)rnd(128);
    }
}

/* The next row: often much like the one before, as in real code. */
static void random_row(SideRow *r, uint32_t offset)
{
    r->offset = offset;
    r->pc = rnd(4) ? r->pc + rnd(3) * 2 : rnd64();
    r->ctx = rnd(10) ? r->ctx : (uint32_t)rnd64();
    r->pin_mask = rnd(3) ? r->pin_mask : rnd(1 << 10);
    r->kind = (uint8_t)rnd(4);
    r->is_store = (uint8_t)rnd(2);
    r->addr_base = r->addr_index = 0xff;
    r->addr_scale = r->mem_size = 0;
    r->addr_disp = 0;
    if (rnd(3)) {
        r->addr_base = (uint8_t)(rnd(8) ? rnd(16) : 0xff);
        r->addr_index = (uint8_t)(rnd(2) ? rnd(16) : 0xff);
        r->addr_index = r->addr_index == 4 ? 0xff : r->addr_index;
        r->addr_scale = (uint8_t)rnd(4);
        r->mem_size = (uint8_t)(1 << rnd(5));
        r->addr_disp = rnd(2) ? (int32_t)rnd(256) - 128 : (int32_t)rnd64();
    }
    if (!rnd(3)) {
        r->nentries = rnd(3) ? rnd(8) : rnd(10) ? 0 : rnd(IR_MAX_SLOTS + 1);
        for (uint32_t i = 0; i < r->nentries; i++) {
            random_entry(&r->entries[i]);
        }
    }
}

static bool rows_are_equal(const SideRow *a, const SideRow *b)
{
    bool ok = a->offset == b->offset && a->pc == b->pc && a->ctx == b->ctx && a->pin_mask == b->pin_mask && a->kind == b->kind &&
              a->addr_base == b->addr_base && a->addr_index == b->addr_index && a->addr_scale == b->addr_scale &&
              a->addr_disp == b->addr_disp && a->mem_size == b->mem_size && a->is_store == b->is_store && a->nentries == b->nentries;
    for (uint32_t i = 0; ok && i < a->nentries; i++) {
        const SideEntry *x = &a->entries[i], *y = &b->entries[i];
        ok = x->slot == y->slot && x->recipe == y->recipe && x->value == y->value && x->loc.kind == y->loc.kind &&
             x->loc.cls == y->loc.cls && x->loc.index == y->loc.index;
    }
    return ok;
}

enum { MAX_ROWS = 200 };

static bool round_trip(Arena *arena, uint32_t n)
{
    static SideRow rows[MAX_ROWS], got;
    static SideCursor cursor;
    SideWriter w;
    uint32_t offset = 0;
    arena_reset(arena);
    side_writer_init(&w, arena);
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = i ? rows[i - 1] : (SideRow){ 0 };
        offset += 1 + (rnd(4) ? rnd(20) : rnd(100000));
        random_row(&rows[i], offset);
        side_writer_add(&w, &rows[i]);
    }
    side_writer_finish(&w);
    memset(&cursor, 0, sizeof(cursor));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t before = i ? rows[i - 1].offset : 0;
        bool ok = sidetable_find(w.bytes, w.size, n, rows[i].offset, &got) && rows_are_equal(&got, &rows[i]) &&
                  sidetable_next(w.bytes, w.size, n, &cursor) && rows_are_equal(&cursor.prev, &rows[i]);
        for (uint32_t miss = rows[i].offset - 1; ok && miss > before && miss + 3 > rows[i].offset; miss--) {
            ok = !sidetable_find(w.bytes, w.size, n, miss, &got);
        }
        if (!ok) {
            printf("# row %u of %u\n", i, n);
            return false;
        }
    }
    return !sidetable_find(w.bytes, w.size, n, offset + 1, &got) && !sidetable_next(w.bytes, w.size, n, &cursor);
}

/* Cost of a typical row, for the reader of the log: no pass or fail. */
static void measure(Arena *arena)
{
    static SideRow row;
    enum { ROWS = 2000, RUNS = 50 };
    double best = 1e9;
    uint32_t size = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        struct timespec t0, t1;
        SideWriter w;
        arena_reset(arena);
        side_writer_init(&w, arena);
        clock_gettime(CLOCK_MONOTONIC, &t0);
        for (uint32_t i = 0; i < ROWS; i++) {
            row.offset = i * 5;
            row.pc = 0x10000 + i * 4;
            row.addr_base = i & 7;
            row.addr_index = 0xff;
            row.addr_disp = (int32_t)(i * 8 % 200);
            row.mem_size = 8;
            side_writer_begin(&w, &row, 5);
            for (uint32_t k = 0; k < 5; k++) {
                side_writer_entry(&w, k + i / 4 % 3, M_AS_IS, (Loc){ LOC_REG, M_GPR, (uint16_t)(k + i / 5 % 3) });
            }
            side_writer_end(&w, 0x3f0);
        }
        clock_gettime(CLOCK_MONOTONIC, &t1);
        double ns = ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) / ROWS;
        best = ns < best ? ns : best;
        side_writer_finish(&w);
        size = w.size;
    }
    printf("# %.1f ns and %.1f bytes per row of five entries\n", best, (double)size / ROWS);
}

int main(void)
{
    Arena *arena = arena_new();
    bool ok = true;
    for (uint32_t i = 0; ok && i < 400; i++) {
        ok = round_trip(arena, i < 40 ? i : rnd(MAX_ROWS));
    }
    measure(arena);
    printf("%s 1 - random rows\n1..1\n", ok ? "ok" : "not ok");
    arena_free(arena);
    return !ok;
}
