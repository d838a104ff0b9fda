/* SPDX-License-Identifier: MIT */
/* The builder at its edges: joins of hundreds of ways, deep nests of loops, long regions, what the parser refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/builder.h"
#include "tcg/interp.h"
#include "tcg/print.h"
#include "tcg/verify.h"
#include "util/arena.h"

enum { A, B, C, NSLOTS = 3 };
static const IrSlotDesc slots[NSLOTS] = { { "a", IR_I64, 0, 8 }, { "b", IR_I64, -1, 16 }, { "c", IR_I64, -1, 24 } };

static IrBuilder *b;
static Arena *arena;
static IrRegion region;
static CpuState state;
static unsigned ntests, failures;

static void report(const char *name, bool ok)
{
    printf("%sok %u - %s\n", ok ? "" : "not ", ++ntests, name);
    failures += !ok;
}

static void begin(void)
{
    static const IrSettings settings;
    arena_reset(arena);
    ir_begin(b, &region, arena, slots, NSLOTS, NULL, 0, 0, &settings);
}

static bool finish(void)
{
    uint32_t insn, block;
    ir_finish(b);
    const char *error = ir_verify(&region, &insn, &block);
    if (error) {
        printf("# %s: %%%u in b%u\n", error, insn, block);
    }
    return !error;
}

static uint64_t *slot(unsigned s)
{
    return (uint64_t *)(void *)(state.guest + slots[s].offset);
}

static TcgEvent run(void)
{
    state.guest_mxcsr = 0x1f80;
    return interp_run(&region, 1, &state, NULL);
}

static void put_const(unsigned s, uint64_t v)
{
    ir_put_i64(b, s, ir_const_i64(b, v));
}

/* A chain of tests, each of which jumps to one join with its own value. */
static void test_wide_join(void)
{
    enum { WAYS = 900 };
    begin();
    uint32_t join_block, at = ir_block_new(b, 0x1000, true);
    join_block = ir_block_new(b, 0x2000, false);
    for (unsigned i = 0; i < WAYS; i++) {
        uint32_t hit = ir_block_new(b, 0x3000 + i, false), next = ir_block_new(b, 0x4000 + i, false);
        ir_block_begin(b, at, 0);
        ir_insn_begin(b, 0x1000 + i);
        I64 a = ir_get_i64(b, A), n = ir_const_i64(b, i);
        ir_br(b, ir_cmp_eq_i64(b, a, n), hit, next);
        ir_block_begin(b, hit, 0);
        put_const(B, i * 3 + 1);
        ir_goto(b, join_block);
        at = next;
    }
    ir_block_begin(b, at, 0);
    ir_exit(b, 0x9000);
    ir_block_begin(b, join_block, 0);
    I64 value = ir_get_i64(b, B);
    ir_put_i64(b, C, ir_add_i64(b, value, value));
    ir_exit(b, 0x8000);
    bool ok = finish();
    static const unsigned ways[] = { 0, 1, 199, 200, 201, 500, WAYS - 1 };
    for (unsigned i = 0; ok && i < sizeof(ways) / sizeof(ways[0]); i++) {
        *slot(A) = ways[i];
        ok = run() == TCG_EVENT_LOOKUP && state.pc == 0x8000 && *slot(C) == 2 * (ways[i] * 3 + 1);
    }
    *slot(A) = WAYS;
    report("a join of 900 ways", ok && run() == TCG_EVENT_LOOKUP && state.pc == 0x9000);
}

/* Loops in loops: each counts b up once more on its way out. */
static void test_deep_loops(void)
{
    enum { DEPTH = 300 };
    uint32_t heads[DEPTH], tails[DEPTH];
    begin();
    uint32_t first = ir_block_new(b, 0x1000, true);
    for (unsigned i = 0; i < DEPTH; i++) {
        heads[i] = ir_block_new(b, 0x2000 + i, false);
        tails[i] = ir_block_new(b, 0x3000 + i, false);
    }
    uint32_t out = ir_block_new(b, 0x4000, false);
    ir_block_begin(b, first, 0);
    put_const(B, 0);
    ir_goto(b, heads[0]);
    for (unsigned i = 0; i < DEPTH; i++) {
        ir_block_begin(b, heads[i], 0);
        ir_goto(b, i + 1 < DEPTH ? heads[i + 1] : tails[i]);
    }
    for (unsigned i = DEPTH; i-- > 0;) {
        ir_block_begin(b, tails[i], 0);
        ir_insn_begin(b, 0x3000 + i);
        I64 one = ir_const_i64(b, 1), n = ir_add_i64(b, ir_get_i64(b, B), one);
        ir_put_i64(b, B, n);
        I64 limit = ir_get_i64(b, A);
        ir_br(b, ir_cmp_ult_i64(b, n, limit), heads[i], i ? tails[i - 1] : out);
    }
    ir_block_begin(b, out, 0);
    ir_exit(b, 0x5000);
    bool ok = finish() && region.blocks[2].loop_depth == 1;
    unsigned deepest = 0;
    for (uint32_t i = 1; i < region.nblocks; i++) {
        deepest = region.blocks[i].loop_depth > deepest ? region.blocks[i].loop_depth : deepest;
    }
    *slot(A) = 2000;
    ok = ok && deepest == 255 && run() == TCG_EVENT_LOOKUP && *slot(B) == 2000 + DEPTH - 1;
    report("300 loops in one another", ok);
}

/* Straight code whose values need more room than the interpreter has on its stack. */
static void test_long(void)
{
    enum { STEPS = 20000 };
    begin();
    ir_block_begin(b, ir_block_new(b, 0x1000, true), 0);
    for (unsigned i = 0; i < STEPS; i++) {
        ir_insn_begin(b, 0x1000 + 4 * i);
        I64 x = ir_get_i64(b, A), y = ir_get_i64(b, B);
        ir_put_i64(b, A, ir_add_i64(b, x, y));
        ir_put_i64(b, B, ir_xor_i64(b, x, ir_const_i64(b, i)));
    }
    ir_exit(b, 0x9000);
    bool ok = finish() && region.guest_insns == STEPS;
    uint64_t x = *slot(A) = 5, y = *slot(B) = 7;
    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t sum = x + y;
        y = x ^ i;
        x = sum;
    }
    report("20000 instructions", ok && run() == TCG_EVENT_LOOKUP && *slot(A) == x && *slot(B) == y);
}

/* A block in the midst of an instruction has that instruction's state; the walk stops where asked. */
static void test_stop(void)
{
    static const char text[] = "block head entry pc=0x1000:\ninsn 0x1000\n%1 = get a\n%2 = add.i64 %1, 1\nput a, %2\n"
                               "insn 0x1004\npoll\n%3 = get b\n%4 = cmp_ne.i64 %2, %3\nbr %4, head, out\n"
                               "block out:\nexit 0x2000\n";
    _Atomic uint32_t stop = 1;
    unsigned line;
    begin();
    bool ok = !ir_parse(b, text, &line) && finish();
    *slot(A) = 0;
    *slot(B) = 10;
    ok = ok && interp_run(&region, 1, &state, &stop) == TCG_EVENT_STOP && state.pc == 0x1004 && *slot(A) == 1;
    stop = 0;
    report("a poll stops with the exact state", ok && interp_run(&region, 1, &state, &stop) == TCG_EVENT_LOOKUP && *slot(A) == 10);
}

static void test_parser(void)
{
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        { "block a:\n%1 = get x\nexit 1\n", 2 },          { "block a:\n%1 = add.i64 1\nexit 1\n", 2 },
        { "block a:\nfrobnicate 1\nexit 1\n", 2 },        { "%1 = get a\n", 1 },
        { "block a:\n%1 = get a\n", 2 },                  { "block a:\ngoto b\n", 2 },
        { "block a:\n%1 = load.i64 %2 64\nexit 1\n", 2 }, { "block a:\n%1 = load.i64 1 63\nexit 1\n", 2 },
        { "block a:\nexit 1 2\n", 2 },                    { "block a:\n%1 = trunc.i32 1\nput a, %1\nexit 1\n", 3 },
        { "block a:\nbr 1, a\n", 2 },                     { "block a: entry\n", 1 },
    };
    bool ok = true;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned line;
        begin();
        const char *error = ir_parse(b, rows[i].text, &line);
        if (!error || line != rows[i].line) {
            printf("# row %u: %s at line %u\n", i, error ? error : "accepted", line);
            ok = false;
        }
    }
    report("the parser refuses with the line", ok);
}

int main(void)
{
    b = ir_builder_new();
    arena = arena_new();
    test_wide_join();
    test_deep_loops();
    test_long();
    test_stop();
    test_parser();
    printf("1..%u\n", ntests);
    ir_builder_free(b);
    arena_free(arena);
    return failures != 0;
}
