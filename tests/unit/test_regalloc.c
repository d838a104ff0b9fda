/* SPDX-License-Identifier: MIT */
/*
 * The register allocator: random programs under the symbolic checker, and code quality on hand-made
 * regions. Options: `test_regalloc FROM TO` checks those seeds (the long run: 0 100000);
 * `test_regalloc time` measures.
 */
#include "mir_random.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tcg/mir_print.h"

enum { LABEL = 1, JMP, JCC, EXIT, ADD, LOAD, STORE, CALL, POLL, MUL, LOAD_HOME };

static void shape_of(uint64_t seed, MirShape *shape)
{
    *shape = (MirShape){ seed % 3 == 0 ? 1 + seed / 3 % 2 : 5 + seed % 40, 1 + seed / 3 % 8, seed / 7 % 11 };
}

/* Returns 1 for a wrong allocation. Programs that need more spill slots than there are are passed
 * over. */
static unsigned run_seed(Arena *a, uint64_t seed, char *message, size_t size)
{
    arena_reset(a);
    MRegion m = { .arena = a };
    MHost h;
    MAlloc out;
    MirShape shape;
    shape_of(seed, &shape);
    if (seed & 1) {
        mir_host_x86(&h);
    } else {
        mir_host_random(&h, seed);
    }
    mir_random(&m, &h, &shape, seed);
    mir_allocate(&m, &h, &out);
    return (!out.is_failed || out.nspills < h.nspills) && !mir_check(&m, &h, &out, message, size);
}

static unsigned run_seeds(uint64_t from, uint64_t to)
{
    Arena *a = arena_new();
    unsigned wrong = 0;
    char message[256];
    for (uint64_t seed = from; seed < to; seed++) {
        if (run_seed(a, seed, message, sizeof(message))) {
            wrong++;
            printf("seed %llu: %s\n", (unsigned long long)seed, message);
        }
    }
    arena_free(a);
    return wrong;
}

START_TEST(test_random)
{
    ck_assert_uint_eq(run_seeds((uint64_t)_i * 500, (uint64_t)_i * 500 + 500), 0);
}
END_TEST

START_TEST(test_deterministic)
{
    MAlloc out[2];
    Arena *a[2];
    for (unsigned k = 0; k < 2; k++) {
        MRegion m = { .arena = a[k] = arena_new() };
        MHost h;
        MirShape shape = { 40, 6, 8 };
        mir_host_x86(&h);
        mir_random(&m, &h, &shape, 4242);
        mir_allocate(&m, &h, &out[k]);
        ck_assert(!out[k].is_failed);
    }
    ck_assert_uint_eq(out[0].nmoves, out[1].nmoves);
    for (uint32_t k = 0; k < out[0].nmoves; k++) {
        const MMove *x = &out[0].moves[k], *y = &out[1].moves[k];
        ck_assert(x->dst.kind == y->dst.kind && x->dst.index == y->dst.index &&
                  x->src.kind == y->src.kind && x->src.index == y->src.index &&
                  x->is_swap == y->is_swap);
    }
    arena_free(a[0]);
    arena_free(a[1]);
}
END_TEST

/* ---- hand-made regions */
typedef struct Fix {
    Arena *a;
    MRegion m;
    MHost h;
    MAlloc out;
} Fix;

static void fix_init(Fix *f, uint32_t pins_kept)
{
    memset(f, 0, sizeof(*f));
    f->a = arena_new();
    f->m.arena = f->a;
    f->m.pins_kept = pins_kept;
    mir_host_x86(&f->h);
}

static MOperand use(uint32_t v) { return (MOperand){ .vreg = v, .role = M_USE }; }
static MOperand use_any(uint32_t v)
{
    return (MOperand){ .vreg = v, .role = M_USE, .constraint = M_ANY };
}
static MOperand use_at(uint32_t v, uint8_t r)
{
    return (MOperand){ .vreg = v, .role = M_USE, .constraint = M_FIXED, .fixed = r };
}
static MOperand def(uint32_t v) { return (MOperand){ .vreg = v, .role = M_DEF }; }
static MOperand def_at(uint32_t v, uint8_t r)
{
    return (MOperand){ .vreg = v, .role = M_DEF, .constraint = M_FIXED, .fixed = r };
}
static MOperand tied(uint32_t v) { return (MOperand){ .vreg = v, .role = M_TIED, .tied = 1 }; }

static uint32_t gpr(Fix *f) { return mir_new_vreg(&f->m, M_GPR, 8); }
static uint32_t vec(Fix *f) { return mir_new_vreg(&f->m, M_VEC, 16); }

static MInsn *insn(Fix *f, unsigned op, unsigned n, const MOperand *ops)
{
    return mir_new_insn(&f->m, op, ops, n);
}
#define INSN(f, op, ...)                                                                           \
    insn(f, op, sizeof((MOperand[]){ __VA_ARGS__ }) / sizeof(MOperand), (MOperand[]){ __VA_ARGS__ })

static uint32_t add(Fix *f, uint32_t a, uint32_t b)
{
    uint32_t d = mir_new_vreg(&f->m, f->m.vregs[a].cls, f->m.vregs[a].size);
    if (b) {
        INSN(f, ADD, tied(d), use(a), use(b));
    } else {
        INSN(f, ADD, tied(d), use(a)); /* with an immediate */
    }
    return d;
}

static void phi(Fix *f, uint32_t block, uint32_t dest, uint32_t a, uint32_t b)
{
    MRegion *m = &f->m;
    m->phis = arena_grow(f->a, m->phis, sizeof(MPhi), &m->cap_phis, m->nphis + 1);
    m->phi_srcs =
        arena_grow(f->a, m->phi_srcs, sizeof(uint32_t), &m->cap_phi_srcs, m->nphi_srcs + 2);
    m->phis[m->nphis++] = (MPhi){ dest, m->nphi_srcs };
    m->phi_srcs[m->nphi_srcs++] = a;
    m->phi_srcs[m->nphi_srcs++] = b;
    m->blocks[block].nphis++;
}

static void link_to(Fix *f, uint32_t from, uint32_t to)
{
    f->m.blocks[from].succ[f->m.blocks[from].nsucc++] = to;
}

/* Begins the region's only entry: the first `count` pins hold values. */
static void entry(Fix *f, uint32_t *values, unsigned count)
{
    MOperand ops[16];
    uint32_t b = mir_new_block(&f->m, 0);
    f->m.blocks[b].is_entry = true;
    for (unsigned k = 0; k < count; k++) {
        values[k] = gpr(f);
        ops[k] = def_at(values[k], f->h.pins[k]);
    }
    insn(f, LABEL, count, ops);
}

static void leave(Fix *f, const uint32_t *values, unsigned count)
{
    MOperand ops[16];
    for (unsigned k = 0; k < count; k++) {
        ops[k] = use_at(values[k], f->h.pins[k]);
    }
    insn(f, EXIT, count, ops);
}

static void allocate(Fix *f)
{
    char message[256];
    mir_finish(&f->m);
    mir_allocate(&f->m, &f->h, &f->out);
    bool is_right = mir_check(&f->m, &f->h, &f->out, message, sizeof(message));
    if (getenv("LYRE_PRINT")) {
        mir_print(1, &f->m, &f->out, NULL);
    }
    ck_assert_msg(is_right, "%s", message);
}

static unsigned moves_in(const Fix *f, uint32_t first, uint32_t last)
{
    return f->out.move_start[f->m.blocks[last].end] - f->out.move_start[f->m.blocks[first].first];
}

/* head: phis; body by the caller; latch with its edge block; after. */
typedef struct Loop {
    uint32_t head, back, after, phis[12], n;
} Loop;

static void loop_begin(Fix *f, Loop *l, const uint32_t *inits, unsigned n, uint8_t depth)
{
    uint32_t before = f->m.nblocks - 1;
    insn(f, JMP, 0, NULL);
    l->head = mir_new_block(&f->m, depth);
    link_to(f, before, l->head);
    insn(f, LABEL, 0, NULL);
    l->n = n;
    for (unsigned k = 0; k < n; k++) {
        l->phis[k] = mir_new_vreg(&f->m, f->m.vregs[inits[k]].cls, f->m.vregs[inits[k]].size);
        phi(f, l->head, l->phis[k], inits[k], 0);
    }
}

static void loop_end(Fix *f, Loop *l, const uint32_t *nexts, uint8_t depth)
{
    uint32_t latch = f->m.nblocks - 1;
    insn(f, JCC, 0, NULL);
    for (unsigned k = 0; k < l->n; k++) {
        f->m.phi_srcs[f->m.phis[f->m.blocks[l->head].first_phi + k].first_src + 1] = nexts[k];
    }
    l->back = mir_new_block(&f->m, depth);
    link_to(f, latch, l->back);
    insn(f, LABEL, 0, NULL);
    insn(f, JMP, 0, NULL);
    link_to(f, l->back, l->head);
    f->m.blocks[l->head].loop_end = l->back;
    l->after = mir_new_block(&f->m, depth - 1);
    link_to(f, latch, l->after);
    insn(f, LABEL, 0, NULL);
}

/* Eight pinned guest registers go round a loop: they stay in their pins, without a move anywhere.
 */
START_TEST(test_loop_pins)
{
    Fix f;
    Loop l;
    uint32_t in[8], now[8];
    fix_init(&f, 0x300);
    entry(&f, in, 8);
    loop_begin(&f, &l, in, 8, 1);
    for (unsigned k = 0; k < 8; k++) {
        now[k] = add(&f, l.phis[k], k % 2 ? 0 : l.phis[(k + 1) % 8]);
    }
    loop_end(&f, &l, now, 1);
    leave(&f, now, 8);
    allocate(&f);
    ck_assert_uint_eq(f.out.nmoves, 0);
    ck_assert_uint_eq(f.out.borrowed, 0);
    arena_free(f.a);
}
END_TEST

/* Temporaries in the loop do not push the pinned values about either; loads as in pointer code
 * overwrite their base. */
START_TEST(test_loop_temporaries)
{
    Fix f;
    Loop l;
    uint32_t in[6], now[6];
    fix_init(&f, 0x3c0);
    entry(&f, in, 6);
    loop_begin(&f, &l, in, 6, 1);
    memcpy(now, l.phis, sizeof(now));
    uint32_t a = gpr(&f), b = gpr(&f), p = gpr(&f);
    INSN(&f, LOAD, def(a), use(now[0]), use(now[1]));
    INSN(&f, LOAD, def(b), use(a), use(now[2]));
    now[3] = add(&f, now[3], a);
    now[4] = add(&f, now[4], b);
    INSN(&f, STORE, use(now[4]), use(now[0]), use(now[1]));
    INSN(&f, LOAD, def(p), use(now[5]));
    now[5] = p;
    now[1] = add(&f, now[1], 0);
    loop_end(&f, &l, now, 1);
    leave(&f, now, 6);
    allocate(&f);
    ck_assert_uint_eq(f.out.nmoves, 0);
    arena_free(f.a);
}
END_TEST

/* Values that are not used in a loop leave the registers before it, not inside. */
START_TEST(test_spill_outside)
{
    Fix f;
    Loop l;
    uint32_t in[10], held[8], now[10], sum;
    fix_init(&f, 0);
    entry(&f, in, 10);
    for (unsigned k = 0; k < 8; k++) {
        held[k] = add(&f, in[k], 0);
        in[k] = add(&f, in[k], 0);
    }
    loop_begin(&f, &l, in, 10, 1);
    for (unsigned k = 0; k < 10; k++) {
        now[k] = add(&f, l.phis[k], l.phis[(k + 1) % 10]);
    }
    loop_end(&f, &l, now, 1);
    sum = held[0];
    for (unsigned k = 1; k < 8; k++) {
        sum = add(&f, sum, held[k]);
    }
    now[0] = add(&f, now[0], sum);
    leave(&f, now, 10);
    allocate(&f);
    /* The last addition reads a phi that the first one replaced: one copy. */
    ck_assert_uint_le(moves_in(&f, l.head, l.back), 2);
    arena_free(f.a);
}
END_TEST

/* A call in a cold block costs the hot loop nothing. */
START_TEST(test_cold_call)
{
    Fix f;
    Loop l;
    uint32_t in[10], now[10];
    fix_init(&f, 0);
    entry(&f, in, 10);
    loop_begin(&f, &l, in, 10, 1);
    uint32_t head = f.m.nblocks - 1;
    insn(&f, JCC, 0, NULL);
    uint32_t hot = mir_new_block(&f.m, 1);
    insn(&f, LABEL, 0, NULL);
    link_to(&f, head, hot);
    insn(&f, JMP, 0, NULL);
    uint32_t join = mir_new_block(&f.m, 1);
    insn(&f, LABEL, 0, NULL);
    link_to(&f, hot, join);
    for (unsigned k = 0; k < 10; k++) {
        now[k] = add(&f, l.phis[k], 0);
    }
    loop_end(&f, &l, now, 1);
    leave(&f, now, 10);
    uint32_t cold = mir_new_block(&f.m, 1);
    f.m.blocks[cold].is_cold = true;
    link_to(&f, head, cold);
    insn(&f, LABEL, 0, NULL);
    INSN(&f, CALL, use_at(l.phis[0], 7))->clobbers[M_GPR] = 0x0fc7;
    insn(&f, JMP, 0, NULL);
    link_to(&f, cold, join);
    allocate(&f);
    ck_assert_uint_eq(moves_in(&f, l.head, l.back), 0);
    arena_free(f.a);
}
END_TEST

/* Phis that exchange two registers: one xchg, and for vectors three moves through the scratch
 * register. */
START_TEST(test_swap)
{
    Fix f;
    Loop l;
    uint32_t in[2], v[4], nexts[4];
    fix_init(&f, 0x3fc);
    entry(&f, in, 2);
    v[0] = in[0];
    v[1] = in[1];
    for (unsigned k = 2; k < 4; k++) {
        v[k] = vec(&f);
        INSN(&f, LOAD, def(v[k]), use(in[0]));
    }
    loop_begin(&f, &l, v, 4, 1);
    INSN(&f, STORE, use(l.phis[2]), use(l.phis[0]), use(l.phis[1]));
    INSN(&f, STORE, use(l.phis[3]), use(l.phis[0]), use(l.phis[1]));
    for (unsigned k = 0; k < 4; k++) {
        nexts[k] = l.phis[k ^ 1];
    }
    loop_end(&f, &l, nexts, 1);
    leave(&f, l.phis, 2);
    allocate(&f);
    ck_assert_uint_eq(moves_in(&f, l.head, l.back), 4);
    ck_assert_uint_eq(f.out.nmoves, 4);
    arena_free(f.a);
}
END_TEST

/* A slot that is read once, as an operand in memory, is never loaded; one that the loop uses is
 * loaded before it. */
START_TEST(test_homes)
{
    Fix f;
    Loop l;
    uint32_t in[1], a = 0, b = 0, now[1];
    fix_init(&f, 0x3fe);
    entry(&f, in, 1);
    a = gpr(&f);
    b = gpr(&f);
    f.m.vregs[a].home = 31;
    f.m.vregs[b].home = 32;
    MOperand d = def(a);
    d.constraint = M_ANY;
    INSN(&f, LOAD_HOME, d);
    d.vreg = b;
    INSN(&f, LOAD_HOME, d);
    uint32_t x = gpr(&f);
    INSN(&f, ADD, tied(x), use(in[0]), use_any(a));
    loop_begin(&f, &l, &x, 1, 1);
    now[0] = gpr(&f);
    INSN(&f, ADD, tied(now[0]), use(l.phis[0]), use_any(b));
    loop_end(&f, &l, now, 1);
    leave(&f, now, 1);
    allocate(&f);
    ck_assert_uint_eq(f.m.operands[f.m.insns[3].first_op + 2].loc.kind, LOC_HOME);
    ck_assert_uint_eq(moves_in(&f, l.head, l.back), 0);
    uint32_t body = f.m.blocks[l.head].first + 1;
    ck_assert_uint_eq(f.m.operands[f.m.insns[body].first_op + 2].loc.kind, LOC_REG);
    arena_free(f.a);
}
END_TEST

/* Pins that the region leaves alone are borrowed only when the loop's values need them. */
START_TEST(test_borrow)
{
    for (unsigned n = 2; n <= 12; n += 5) {
        Fix f;
        Loop l;
        uint32_t in[1], v[12], now[12], sum;
        fix_init(&f, 0x3fe);
        entry(&f, in, 1);
        for (unsigned k = 0; k < n; k++) {
            v[k] = gpr(&f);
            INSN(&f, LOAD, def(v[k]), use(in[0]));
        }
        loop_begin(&f, &l, v, n, 1);
        for (unsigned k = 0; k < n; k++) {
            now[k] = add(&f, l.phis[k], k ? now[k - 1] : 0);
        }
        loop_end(&f, &l, now, 1);
        sum = in[0];
        for (unsigned k = 0; k < n; k++) {
            sum = add(&f, sum, now[k]);
        }
        leave(&f, &sum, 1);
        allocate(&f);
        ck_assert_uint_eq(f.out.borrowed != 0, n > 3);
        ck_assert_uint_eq(moves_in(&f, l.head, l.back), 0);
        arena_free(f.a);
    }
}
END_TEST

/* ---- time */
static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* A block as tier 1 sees it: `n` guest instructions on ten pinned and some memory slots, with
 * snapshots at loads and stores. */
static void guest_block(Fix *f, unsigned n)
{
    MRegion *m = &f->m;
    uint32_t slots[10], x = 12345;
    entry(f, slots, 10);
    m->snaps = arena_grow(f->a, NULL, sizeof(MSnapshot), &m->cap_snaps, n + 2);
    m->nsnaps = 1;
    uint16_t dirty = 0;
    for (unsigned k = 0; k < n; k++) {
        x = x * 1103515245 + 12345;
        unsigned a = (x >> 16) % 10, b = (x >> 20) % 10, d = (x >> 24) % 10;
        uint32_t v = gpr(f);
        if (k % 3 == 0) {
            MInsn *in = k % 2 ? INSN(f, LOAD, def(v), use(slots[a]))
                              : INSN(f, STORE, use(slots[b]), use(slots[a]));
            MSnapshot s = { .pc = k, .first = m->nsnap_entries };
            for (unsigned e = 0; e < 10; e++) {
                if (dirty >> e & 1) {
                    m->snap_entries = arena_grow(f->a, m->snap_entries, sizeof(MSnapEntry),
                                                 &m->cap_snap_entries, m->nsnap_entries + 1);
                    m->snap_entries[m->nsnap_entries++] =
                        (MSnapEntry){ .slot = e, .vreg = slots[e] };
                    s.count++;
                }
            }
            m->snaps[m->nsnaps] = s;
            in->snap = m->nsnaps++;
            in->is_snap_early = 1;
            if (!(k % 2)) {
                continue;
            }
        } else if (k % 3 == 1) {
            INSN(f, ADD, tied(v), use(slots[a]), use_any(slots[b]));
        } else {
            uint32_t t = gpr(f);
            INSN(f, ADD, tied(t), use(slots[a]));
            INSN(f, LOAD, def(v), use(t), use(slots[b]));
        }
        slots[d] = v;
        dirty |= 1u << d;
    }
    leave(f, slots, 10);
    mir_finish(m);
}

static void measure(void)
{
    static const unsigned sizes[] = { 5, 10, 20, 40, 60 };
    for (unsigned s = 0; s < 5; s++) {
        double best = 1e30;
        uint32_t moves = 0, insns = 0;
        Fix f;
        fix_init(&f, 0);
        for (unsigned round = 0; round < 5000; round++) {
            arena_reset(f.a);
            f.m = (MRegion){ .arena = f.a };
            guest_block(&f, sizes[s]);
            double t = now_ns();
            mir_allocate(&f.m, &f.h, &f.out);
            t = now_ns() - t;
            best = t < best ? t : best;
            moves = f.out.nmoves;
            insns = f.m.ninsns;
        }
        printf("%2u guest insns, %2u machine insns, %2u moves: %6.0f ns, %5.1f per guest insn, "
               "%5.1f per machine insn\n",
               sizes[s], insns, moves, best, best / sizes[s], best / insns);
        arena_free(f.a);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "time")) {
        measure();
        return 0;
    }
    if (argc == 3) {
        unsigned wrong = run_seeds(strtoull(argv[1], NULL, 0), strtoull(argv[2], NULL, 0));
        printf("%u wrong\n", wrong);
        return wrong != 0;
    }
    Suite *s = suite_create("regalloc");
    TCase *t = tcase_create("random");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_random, 0, 4);
    tcase_add_test(t, test_deterministic);
    suite_add_tcase(s, t);
    t = tcase_create("quality");
    tcase_add_test(t, test_loop_pins);
    tcase_add_test(t, test_loop_temporaries);
    tcase_add_test(t, test_spill_outside);
    tcase_add_test(t, test_cold_call);
    tcase_add_test(t, test_swap);
    tcase_add_test(t, test_homes);
    tcase_add_test(t, test_borrow);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
