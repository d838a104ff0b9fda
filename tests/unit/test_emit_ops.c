/* SPDX-License-Identifier: MIT */
/* Composite operations of the x86-64 back end, run on edge values and compared with the functions that ir.def names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit_bed.h"
#include "tcg/fpu.h"
#include "tcg/sidetable.h"
#include "tcg/x86_64/encode.h"
#include "util/compiler.h"

static Bed *b;
static unsigned failures, nchecks;

static void fail_at(const char *what, uint64_t x, uint64_t y, uint64_t got, uint64_t want, uint32_t flags, uint32_t want_flags)
{
    if (failures++ < 5) {
        printf("# %s of %lx, %lx: %lx flags %x, not %lx flags %x\n", what, (long)x, (long)y, (long)got, flags, (long)want, want_flags);
    }
}

static const uint64_t edges64[] = {
    0, 0x8000000000000000, 1, 0x8000000000000001, 0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0xbfe0000000000000,
    0x3ff8000000000000, 0xbff8000000000000, 0xbfefffffffffffff, 0xbff0000000000001, 0x41dfffffffc00000, 0x41e0000000000000,
    0x41dfffffffe00000, 0xc1e0000000000000, 0xc1e0000000100000, 0xc1e0000000200000, 0x41efffffffe00000, 0x41f0000000000000,
    0x41efffffffffffff, 0x41effffffff00000, 0x43dfffffffffffff, 0x43e0000000000000, 0xc3e0000000000000, 0xc3e0000000000001,
    0x43efffffffffffff, 0x43f0000000000000, 0x7fefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
    0xfff8000000000001, 0x7ff0000000000001, 0xfff4000000000000, 0x4340000000000001, 0x000fffffffffffff, 0x0010000000000000,
};
static const uint32_t edges32[] = {
    0, 0x80000000, 1, 0x80000001, 0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x3fc00000, 0xbfc00000, 0xbf7fffff, 0xbf800001,
    0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000, 0xdf000000, 0xdf000001,
    0x5f7fffff, 0x5f800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffa00000, 0x007fffff, 0x00800000,
};
static const uint64_t ints[] = {
    0, 1, 2, 3, 7, 10, 0x7f, 0x80000000, 0x7fffffff, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
    0x8000000000000001, 0xffffffffffffffff, 0xfffffffffffffffe, 0xffffffff80000000, 0x123456789abcdef0, 0x8000000000000400,
    0x8000000000000401, 0xfffffffffffffbff, 0xfffffffffffffc00, 0x8000008000000001, 0x20000000000001, 0x1000001,
};

static uint64_t random_bits(void) { return (uint64_t)(uint32_t)rand() << 33 ^ (uint64_t)(uint32_t)rand() << 15 ^ (uint32_t)rand() % 77; }

static uint64_t fp_value(unsigned size, unsigned i)
{
    if (size == 8) {
        return i < ARRAY_LEN(edges64) ? edges64[i] : random_bits();
    }
    return i < ARRAY_LEN(edges32) ? edges32[i] : (uint32_t)random_bits();
}

/* ---- a region around one operation: xmm0-14 are loaded from spill slots 0-14, stored to 16-30; rax rcx rdx r11 likewise from slots
 * 20-23 to 24-27 */

static const unsigned gprs[] = { X86_RAX, X86_RCX, X86_RDX, X86_R11 };

static void spill_at(MInsn *i, unsigned n) { (void)i, bed_state_mem(b, (unsigned)offsetof(CpuState, spill) + 16 * n); }

static void begin(void)
{
    bed_reset(b);
    for (unsigned i = 0; i < BED_SLOTS; i++) {
        *bed_slot(b, i) = 0x0101010101010101u * i;
    }
    bed_block(b, true, BED_PC);
    for (unsigned i = 0; i < 15; i++) {
        MInsn *load = bed_insn(b, MOP_MOVV, 16);
        bed_reg(b, M_VEC, i);
        spill_at(load, i);
    }
    for (unsigned i = 0; i < ARRAY_LEN(gprs); i++) {
        bed_insn(b, MOP_LOAD_HOME, 8)->disp = 8 * (20 + (int)i);
        bed_reg(b, M_GPR, gprs[i]);
    }
}

static void finish(void)
{
    for (unsigned i = 0; i < ARRAY_LEN(gprs); i++) {
        bed_insn(b, MOP_STORE_HOME, 8)->disp = 8 * (24 + (int)i);
        bed_reg(b, M_GPR, gprs[i]);
    }
    for (unsigned i = 0; i < 15; i++) {
        MInsn *store = bed_insn(b, MOP_STOREV, 16);
        bed_reg(b, M_VEC, i);
        spill_at(store, 16 + i);
    }
    bed_exit(b, MOP_EXIT, 0x2000, 0);
    bed_publish(b);
}

static uint64_t *vec_in(unsigned n) { return (uint64_t *)b->s->spill[n]; }
static uint64_t *vec_out(unsigned n) { return (uint64_t *)b->s->spill[16 + n]; }
static uint64_t *gpr_in(unsigned n) { return bed_slot(b, 20 + n); } /* index in gprs[] */
static uint64_t *gpr_out(unsigned n) { return bed_slot(b, 24 + n); }

/* Runs under `mxcsr`; returns the flags raised, but denormal. */
static uint32_t run(uint32_t mxcsr)
{
    uint32_t old = fpu_get_mxcsr();
    fpu_set_mxcsr(mxcsr);
    bed_run(b, 0);
    uint32_t flags = fpu_get_mxcsr() & (MXCSR_FLAGS & ~MXCSR_DENORMAL);
    fpu_set_mxcsr(old);
    if (b->tramp != TRAMP_LINK) {
        failures++;
    }
    return flags;
}

/* All registers but these are as before. */
static bool others_are_kept(int vec, int gpr)
{
    bool ok = true;
    for (int i = 0; i < 15; i++) {
        ok &= i == vec || memcmp(vec_in((unsigned)i), vec_out((unsigned)i), 16) == 0;
    }
    for (int i = 0; i < (int)ARRAY_LEN(gprs); i++) {
        ok &= i == gpr || *gpr_in((unsigned)i) == *gpr_out((unsigned)i);
    }
    for (unsigned i = 0; i < BED_NPINS; i++) {
        ok &= *bed_slot(b, i) == 0x0101010101010101u * i;
    }
    return ok;
}

static void fill_inputs(void)
{
    for (unsigned i = 0; i < 15; i++) {
        vec_in(i)[0] = random_bits();
        vec_in(i)[1] = random_bits();
    }
    for (unsigned i = 0; i < ARRAY_LEN(gprs); i++) {
        *gpr_in(i) = random_bits();
    }
}

/* ---- CVT_SAT */

static uint64_t cvt_reference(unsigned size, bool is_64, bool is_u, uint64_t x, int rm)
{
    if (size == 8) {
        return is_64 ? (is_u ? fpu_f64_to_i64_u(x, rm) : fpu_f64_to_i64_s(x, rm))
                     : (is_u ? fpu_f64_to_i32_u(x, rm) : fpu_f64_to_i32_s(x, rm));
    }
    uint32_t y = (uint32_t)x;
    return is_64 ? (is_u ? fpu_f32_to_i64_u(y, rm) : fpu_f32_to_i64_s(y, rm))
                 : (is_u ? fpu_f32_to_i32_u(y, rm) : fpu_f32_to_i32_s(y, rm));
}

static void cvt_variant(unsigned size, bool is_64, bool is_u, int rm)
{
    unsigned vec = (unsigned)rand() % 15, gpr = (unsigned)rand() % 4;
    begin();
    MInsn *i = bed_insn(b, MOP_CVT_SAT, size);
    i->flags = (uint8_t)((is_64 ? MF_DST64 : 0) | (is_u ? MF_UNSIGNED : 0));
    i->cond = (uint8_t)rm;
    bed_reg(b, M_GPR, gprs[gpr]);
    bed_reg(b, M_VEC, vec);
    finish();
    for (uint32_t mode = 0; mode < 4; mode++) {
        uint32_t mxcsr = MXCSR_MASKS | mode << MXCSR_ROUND_SHIFT;
        for (unsigned k = 0; k < 200; k++) {
            fill_inputs();
            uint64_t x = vec_in(vec)[0] = fp_value(size, k);
            uint32_t flags = run(mxcsr), old = fpu_get_mxcsr();
            fpu_set_mxcsr(mxcsr);
            uint64_t want = cvt_reference(size, is_64, is_u, x, rm);
            uint32_t want_flags = fpu_get_mxcsr() & (MXCSR_FLAGS & ~MXCSR_DENORMAL);
            fpu_set_mxcsr(old);
            uint64_t got = is_64 ? *gpr_out(gpr) : (uint32_t)*gpr_out(gpr);
            nchecks++;
            if (got != want || flags != want_flags || !others_are_kept(-1, (int)gpr)) {
                fail_at(is_u ? "cvt unsigned" : "cvt", x, (uint64_t)rm, got, want, flags, want_flags);
            }
        }
    }
}

static void test_cvt_sat(void)
{
    for (unsigned i = 0; i < 16; i++) {
        cvt_variant(i & 1 ? 8 : 4, i & 2, i & 4, i & 8 ? IR_RTZ : IR_RDYN);
    }
}

/* ---- CANON, UNBOX, FMINMAX, CVT_U64 */

static bool is_nan(unsigned size, uint64_t x)
{
    return size == 8 ? (x << 1) > 0xffe0000000000000 : (uint32_t)(x << 1) > 0xff000000;
}

static uint64_t canon(unsigned size, uint64_t x)
{
    return is_nan(size, x) ? (size == 8 ? 0x7ff8000000000000 : 0x7fc00000) : x;
}

static uint64_t low(unsigned size, uint64_t x) { return size == 8 ? x : (uint32_t)x; }

static void test_canon(void)
{
    for (unsigned size = 4; size <= 8; size += 4) {
        unsigned vec = (unsigned)rand() % 15;
        begin();
        bed_insn(b, MOP_CANON, size);
        bed_reg(b, M_VEC, vec);
        bed_reg(b, M_VEC, vec);
        finish();
        for (unsigned k = 0; k < 100; k++) {
            fill_inputs();
            uint64_t x = vec_in(vec)[0] = fp_value(size, k);
            run(MXCSR_MASKS);
            nchecks++;
            if (low(size, *vec_out(vec)) != canon(size, x) || !others_are_kept((int)vec, -1)) {
                fail_at("canon", x, 0, *vec_out(vec), canon(size, x), 0, 0);
            }
        }
    }
}

static void test_unbox(void)
{
    for (unsigned alias = 0; alias < 2; alias++) {
        unsigned src = (unsigned)rand() % 15, dst = alias ? src : (src + 1) % 15;
        begin();
        bed_insn(b, MOP_UNBOX, 4);
        bed_reg(b, M_VEC, dst);
        bed_reg(b, M_VEC, src);
        bed_reg(b, M_GPR, X86_RCX);
        finish();
        for (unsigned k = 0; k < 100; k++) {
            fill_inputs();
            uint64_t x = vec_in(src)[0] = k % 2 ? 0xffffffff00000000 | edges32[k % ARRAY_LEN(edges32)] : random_bits() & ~(1ull << (32 + k % 32));
            run(MXCSR_MASKS);
            uint32_t want = x >> 32 == 0xffffffff ? (uint32_t)x : 0x7fc00000;
            nchecks++;
            if ((uint32_t)*vec_out(dst) != want || !others_are_kept((int)dst, 1)) {
                fail_at("unbox", x, 0, (uint32_t)*vec_out(dst), want, 0, 0);
            }
        }
    }
}

static uint64_t minmax_reference(unsigned kind, unsigned size, uint64_t x, uint64_t y)
{
    uint32_t p = (uint32_t)x, q = (uint32_t)y;
    switch (kind) {
    case X86_MINNUM: return size == 8 ? fpu_minnum64(x, y) : fpu_minnum32(p, q);
    case X86_MAXNUM: return size == 8 ? fpu_maxnum64(x, y) : fpu_maxnum32(p, q);
    case X86_MIN: return size == 8 ? fpu_min64(x, y) : fpu_min32(p, q);
    default: return size == 8 ? fpu_max64(x, y) : fpu_max32(p, q);
    }
}

/* where: 0: dst = first; 1: dst = second; 2: apart (the last two with VEX only) */
static void minmax_variant(unsigned kind, unsigned size, unsigned where)
{
    unsigned x_reg = 3, y_reg = 12, dst = where == 0 ? x_reg : where == 1 ? y_reg : 9;
    begin();
    bed_insn(b, MOP_FMINMAX, size)->cond = (uint8_t)kind;
    bed_reg(b, M_VEC, dst);
    bed_reg(b, M_VEC, x_reg);
    bed_reg(b, M_VEC, y_reg);
    finish();
    unsigned n = size == 8 ? ARRAY_LEN(edges64) : ARRAY_LEN(edges32);
    for (unsigned i = 0; i < n * n; i++) {
        fill_inputs();
        uint64_t x = vec_in(x_reg)[0] = fp_value(size, i / n), y = vec_in(y_reg)[0] = fp_value(size, i % n);
        uint32_t flags = run(MXCSR_MASKS), old = fpu_get_mxcsr();
        fpu_set_mxcsr(MXCSR_MASKS);
        uint64_t want = canon(size, minmax_reference(kind, size, x, y));
        uint32_t want_flags = fpu_get_mxcsr() & (MXCSR_FLAGS & ~MXCSR_DENORMAL);
        fpu_set_mxcsr(old);
        uint64_t got = canon(size, low(size, *vec_out(dst)));
        nchecks++;
        if (got != want || flags != want_flags || !others_are_kept((int)dst, -1)) {
            fail_at("minmax", x, y, got, want, flags, want_flags);
        }
    }
}

static void test_fminmax(void)
{
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned where = 0; where < (host_features.avx ? 3 : 1); where++) {
            minmax_variant(i / 2, i % 2 ? 8 : 4, where);
        }
    }
}

static void test_cvt_u64(void)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned size = i % 2 ? 8 : 4;
        uint32_t mxcsr = MXCSR_MASKS | (i / 2) << MXCSR_ROUND_SHIFT;
        begin();
        bed_insn(b, MOP_CVT_U64, size);
        bed_reg(b, M_VEC, 7);
        bed_reg(b, M_GPR, X86_R11);
        bed_reg(b, M_GPR, X86_RDX);
        finish();
        for (unsigned k = 0; k < 100; k++) {
            fill_inputs();
            uint64_t x = *gpr_in(3) = k < ARRAY_LEN(ints) ? ints[k] : random_bits() | (uint64_t)(k % 2) << 63;
            uint32_t flags = run(mxcsr), old = fpu_get_mxcsr();
            fpu_set_mxcsr(mxcsr);
            uint64_t want = size == 8 ? fpu_i64_u_to_f64(x) : fpu_i64_u_to_f32(x);
            uint32_t want_flags = fpu_get_mxcsr() & (MXCSR_FLAGS & ~MXCSR_DENORMAL);
            fpu_set_mxcsr(old);
            nchecks++;
            if (low(size, *vec_out(7)) != want || flags != want_flags || !others_are_kept(7, 2)) {
                fail_at("u64", x, mxcsr, low(size, *vec_out(7)), want, flags, want_flags);
            }
        }
    }
}

/* ---- integer */

static void divide(bool is_s, unsigned size, uint64_t x, uint64_t y, uint64_t *q, uint64_t *r)
{
    if (size == 4) {
        x = is_s ? (uint64_t)(int32_t)x : (uint32_t)x;
        y = is_s ? (uint64_t)(int32_t)y : (uint32_t)y;
    }
    if (y == 0) {
        *q = UINT64_MAX;
        *r = x;
    } else if (is_s) {
        __int128 a = (int64_t)x, d = (int64_t)y;
        *q = (uint64_t)(a / d);
        *r = (uint64_t)(a % d);
    } else {
        *q = x / y;
        *r = x % y;
    }
    *q = low(size, *q);
    *r = low(size, *r);
}

static void test_divmod(void)
{
    for (unsigned v = 0; v < 4; v++) {
        bool is_s = v & 1;
        unsigned size = v & 2 ? 8 : 4;
        begin();
        bed_insn(b, is_s ? MOP_DIVMOD_S : MOP_DIVMOD_U, size);
        bed_reg(b, M_GPR, X86_RAX);
        bed_reg(b, M_GPR, X86_RAX);
        bed_reg(b, M_GPR, X86_RDX);
        bed_reg(b, M_GPR, v % 3 ? X86_RCX : X86_R11);
        unsigned by = v % 3 ? 1 : 3;
        finish();
        for (unsigned i = 0; i < ARRAY_LEN(ints) * ARRAY_LEN(ints); i++) {
            uint64_t q, r, x = ints[i / ARRAY_LEN(ints)], y = ints[i % ARRAY_LEN(ints)];
            *gpr_in(0) = x;
            *gpr_in(by) = y;
            run(MXCSR_MASKS);
            divide(is_s, size, x, y, &q, &r);
            nchecks++;
            if (low(size, *gpr_out(0)) != q || low(size, *gpr_out(2)) != r) {
                fail_at(is_s ? "signed division" : "division", x, y, *gpr_out(0), q, 0, 0);
            }
        }
    }
}

static uint64_t rmw(unsigned kind, unsigned size, uint64_t m, uint64_t v)
{
    int64_t sm = size == 8 ? (int64_t)m : (int32_t)m, sv = size == 8 ? (int64_t)v : (int32_t)v;
    uint64_t um = low(size, m), uv = low(size, v);
    switch (kind) {
    case X86_RMW_AND: return um & uv;
    case X86_RMW_OR: return um | uv;
    case X86_RMW_XOR: return um ^ uv;
    case X86_RMW_SMIN: return sm < sv ? um : uv;
    case X86_RMW_SMAX: return sm > sv ? um : uv;
    case X86_RMW_UMIN: return um < uv ? um : uv;
    default: return um > uv ? um : uv;
    }
}

static void test_lock_rmw(void)
{
    static uint64_t cell[4];
    for (unsigned v = 0; v < 14; v++) {
        unsigned size = v % 2 ? 8 : 4, kind = v / 2;
        begin();
        bed_insn(b, MOP_LOCK_RMW, size)->cond = (uint8_t)kind;
        bed_mem(b, X86_RDX, X86_NOREG, 0, 8);
        bed_reg(b, M_GPR, X86_RAX);
        bed_reg(b, M_GPR, X86_RCX);
        bed_reg(b, M_GPR, X86_R11);
        bed_snap(b, 0x1004);
        finish();
        if (b->blob.nrows != 2) {
            failures++;
        }
        for (unsigned i = 0; i < ARRAY_LEN(ints) * ARRAY_LEN(ints); i++) {
            uint64_t x = ints[i / ARRAY_LEN(ints)], y = ints[i % ARRAY_LEN(ints)], above = 0xabcdef01;
            cell[1] = size == 8 ? x : (uint32_t)x | above << 32;
            *gpr_in(2) = (uint64_t)cell;
            *gpr_in(1) = y;
            run(MXCSR_MASKS);
            uint64_t want = rmw(kind, size, x, y) | (size == 4 ? above << 32 : 0);
            nchecks++;
            if (cell[1] != want || low(size, *gpr_out(0)) != low(size, x)) {
                fail_at("read-modify-write", x, y, cell[1], want, 0, kind);
            }
        }
    }
}

/* A misaligned address reaches a ud2 with a row: looked at, not run. */
static void test_align(void)
{
    static SideRow row;
    for (unsigned v = 0; v < 8; v++) {
        unsigned index = v & 1 ? X86_R11 : X86_NOREG;
        int32_t disp = v & 2 ? 6 : 16;
        begin();
        MInsn *i = bed_insn(b, MOP_ALIGN, 8);
        i->imm = 7;
        i->flags = v & 4 ? MF_DST64 : 0;
        bed_mem(b, X86_RCX, index, 1, disp);
        bed_reg(b, M_GPR, X86_RDX);
        bed_snap(b, 0x1004);
        finish();
        uint32_t at = 0;
        while (at < b->blob.code_size && !sidetable_find(b->blob.side, b->blob.side_size, b->blob.nrows, at, &row)) {
            at++;
        }
        bool ok = at < b->blob.code_size && memcmp(b->code + at, "\x0f\x0b", 2) == 0 && row.kind == SIDE_ALIGN && row.mem_size == 8 &&
                  row.addr_base == X86_RCX && row.addr_index == index && row.addr_disp == disp && row.is_store == !!(v & 4);
        /* instead of the ud2: a jump behind the region, and from there to a trampoline that tells of it */
        uint32_t behind = b->blob.code_size;
        int32_t hot = (int32_t)offsetof(CpuState, tramp) + TRAMP_HOT * 8 - STATE_BIAS;
        ok &= behind - at < 100;
        memcpy(b->code + at, (uint8_t[]){ 0xeb, (uint8_t)(behind - at - 2) }, 2);
        memcpy(b->code + behind, "\xff\xa5", 2);
        memcpy(b->code + behind + 2, &hot, 4);
        for (unsigned k = 0; ok && k < 64; k++) {
            *gpr_in(1) = 0x1000 + k % 8;
            *gpr_in(3) = k / 8;
            uint64_t address = *gpr_in(1) + (uint64_t)disp + (v & 1 ? *gpr_in(3) * 2 : 0);
            bed_run(b, 0);
            ok = b->tramp == (address % 8 ? TRAMP_HOT : TRAMP_LINK);
            nchecks++;
        }
        failures += !ok;
    }
}

static const struct {
    const char *name;
    void (*fn)(void);
} tests[] = {
    { "saturating conversion", test_cvt_sat }, { "canonical NaN", test_canon }, { "unboxing", test_unbox },
    { "minimum and maximum", test_fminmax }, { "from unsigned 64", test_cvt_u64 }, { "division", test_divmod },
    { "read-modify-write", test_lock_rmw }, { "alignment", test_align },
};

int main(void)
{
    static const char *const specs[] = { "native", "v2" };
    unsigned n = 0, bad = 0;
    b = bed_new();
    for (unsigned f = 0; f < ARRAY_LEN(specs); f++) {
        host_features_parse(specs[f]);
        for (unsigned i = 0; i < ARRAY_LEN(tests); i++) {
            failures = 0;
            tests[i].fn();
            bad += failures != 0;
            printf("%s %u - %s, %s\n", failures ? "not ok" : "ok", ++n, tests[i].name, specs[f]);
        }
    }
    printf("# %u results\n1..%u\n", nchecks, n);
    bed_free(b);
    return bad != 0;
}
