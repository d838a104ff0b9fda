/* SPDX-License-Identifier: MIT */
/* tcg/fpu.c: software forms against the host's instructions in all rounding modes, flags included, and tables of rules. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tcg/fpu.h"
#include "tcg/ir.h"

enum { SEEN_FLAGS = MXCSR_FLAGS & ~MXCSR_DENORMAL };

static unsigned ntests, failures;
static uint64_t rng_state = 12345;

static uint64_t next(void)
{
    uint64_t x = rng_state += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static void report(const char *name, unsigned bad)
{
    printf("%sok %u - %s\n", bad ? "not " : "", ++ntests, name);
    failures += bad != 0;
}

static void begin(int rm)
{
    fpu_set_mxcsr(MXCSR_MASKS);
    fpu_set_round((uint32_t)rm);
}

static uint32_t flags(void) { return fpu_get_flags() & SEEN_FLAGS; }

/* ---- interesting operands */

static uint64_t operand64(void)
{
    static const uint64_t special[] = { 0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000, 0x7fefffffffffffff,
                                        0x7ff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 0x3ca0000000000000,
                                        0x4340000000000000, 0x3fefffffffffffff, 0x41dfffffffe00000, 0x43e0000000000000 };
    uint64_t v = next(), sign = v & 1ull << 63;
    switch (v >> 8 & 7) {
    case 0:
        return special[(v >> 16) % (sizeof(special) / 8)] | sign;
    case 1: /* any exponent, few fraction bits */
        return (v & 0xfff0000000000000ull) | (next() & 3) | (next() & 3) << 50;
    case 2: /* subnormals */
        return sign | (next() & 0xfffffffffffffull) >> (next() % 52);
    case 3:
        return v;
    default: /* near one another */
        return sign | (uint64_t)(1023 - 30 + next() % 60) << 52 | (next() & 0xfffffffffffffull & (~0ull << next() % 52));
    }
}

static uint32_t operand32(void)
{
    static const uint32_t special[] = { 0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001,
                                        0x33800000, 0x4b000000, 0x3f7fffff, 0x4effffff, 0x477fe000, 0x477ff000, 0x387fc000 };
    uint64_t v = next();
    uint32_t sign = (uint32_t)v & 0x80000000u;
    switch (v >> 40 & 7) {
    case 0:
        return special[(v >> 48) % (sizeof(special) / 4)] | sign;
    case 1:
        return sign | ((uint32_t)next() & 0x7fffff) >> (next() % 23);
    case 2:
        return (uint32_t)v;
    case 3: /* the range of halves and below */
        return sign | (uint32_t)(127 - 28 + next() % 46) << 23 | ((uint32_t)next() & 0x7fffff & (~0u << next() % 23));
    default:
        return sign | (uint32_t)(127 - 30 + next() % 60) << 23 | ((uint32_t)next() & 0x7fffff & (~0u << next() % 23));
    }
}

static bool is_nan32(uint32_t a) { return (a & 0x7fffffffu) > 0x7f800000u; }
static bool is_nan64(uint64_t a) { return (a & 0x7fffffffffffffffull) > 0x7ff0000000000000ull; }
static bool same32(uint32_t a, uint32_t b) { return a == b || (is_nan32(a) && is_nan32(b)); }
static bool same64(uint64_t a, uint64_t b) { return a == b || (is_nan64(a) && is_nan64(b)); }

/* ---- software against hardware */

static unsigned compare_fma(unsigned n)
{
    unsigned bad = 0;
    fpu_use_hardware(1, 1);
    for (unsigned i = 0; i < n && bad < 5; i++) {
        int rm = (int)(i % 4);
        uint64_t a = operand64(), b = operand64(), c = operand64();
        if (i % 8 == 0) { /* cancellation */
            begin(IR_RNE);
            c = fpu_mul64(a, b) ^ 1ull << 63;
        }
        begin(rm);
        uint64_t hard = fpu_fma64(a, b, c);
        uint32_t hard_flags = flags();
        begin(rm);
        uint64_t soft = fpu_soft_fma64(a, b, c);
        if (!same64(hard, soft) || flags() != hard_flags) {
            printf("# fma64 rm %d %#lx %#lx %#lx: %#lx/%#x, software %#lx/%#x\n", rm, a, b, c, hard, hard_flags, soft, flags());
            bad++;
        }
        uint32_t x = operand32(), y = operand32(), z = operand32();
        begin(rm);
        uint32_t h = fpu_fma32(x, y, z);
        hard_flags = flags();
        begin(rm);
        uint32_t s = fpu_soft_fma32(x, y, z);
        if (!same32(h, s) || flags() != hard_flags) {
            printf("# fma32 rm %d %#x %#x %#x: %#x/%#x, software %#x/%#x\n", rm, x, y, z, h, hard_flags, s, flags());
            bad++;
        }
    }
    return bad;
}

static unsigned compare_half(unsigned n)
{
    unsigned bad = 0;
    fpu_use_hardware(1, 1);
    for (unsigned i = 0; i < n && bad < 5; i++) {
        int rm = (int)(i % 4);
        uint32_t a = operand32();
        begin(rm);
        uint32_t hard = fpu_f32_to_f16(a), hard_flags = flags();
        begin(rm);
        uint32_t soft = fpu_soft_f32_to_f16(a), soft_flags = flags();
        bool is_nan = is_nan32(a) && (hard & 0x7e00) == 0x7e00 && (soft & 0x7e00) == 0x7e00;
        if ((hard != soft && !is_nan) || hard_flags != soft_flags) {
            printf("# f32_to_f16 rm %d %#x: %#x/%#x, software %#x/%#x\n", rm, a, hard, hard_flags, soft, soft_flags);
            bad++;
        }
        /* every double that is a float converts as the float does */
        begin(rm);
        uint32_t wide = fpu_f64_to_f16(fpu_f32_to_f64(a));
        bad += wide != soft || flags() != soft_flags;
    }
    for (uint32_t a = 0; a < 0x10000 && bad < 5; a++) {
        begin(IR_RNE);
        uint32_t hard = fpu_f16_to_f32(a), hard_flags = flags();
        begin(IR_RNE);
        uint32_t soft = fpu_soft_f16_to_f32(a);
        bad += !same32(hard, soft) || flags() != hard_flags;
    }
    return bad;
}

/* Where the sum is exact in double precision, fma16 is its conversion. */
static unsigned compare_fma16(unsigned n)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < n && bad < 5; i++) {
        int rm = (int)(i % 4);
        uint32_t a = (uint32_t)next() & 0xffff, b = (uint32_t)next() & 0xffff, c = (uint32_t)next() & 0xffff;
        begin(rm);
        uint64_t sum = fpu_fma64(fpu_f32_to_f64(fpu_f16_to_f32(a)), fpu_f32_to_f64(fpu_f16_to_f32(b)),
                                 fpu_f32_to_f64(fpu_f16_to_f32(c)));
        if (flags() & MXCSR_INEXACT) {
            continue;
        }
        uint32_t want = fpu_f64_to_f16(sum), want_flags = flags();
        begin(rm);
        uint32_t got = fpu_fma16(a, b, c);
        if (got != want || flags() != want_flags) {
            printf("# fma16 rm %d %#x %#x %#x: %#x/%#x, not %#x/%#x\n", rm, a, b, c, got, flags(), want, want_flags);
            bad++;
        }
    }
    return bad;
}

static uint64_t convert_by_host(uint64_t a)
{
    uint64_t r;
    double d = (union { uint64_t u; double f; }){ .u = a }.f;
    __asm__ volatile("cvtsd2siq %1, %0" : "=r"(r) : "x"(d));
    return r;
}

static uint64_t round_by_host(uint64_t a, bool is_exact)
{
    union { uint64_t u; double f; } x = { .u = a }, r;
    if (is_exact) {
        __asm__ volatile("roundsd $4, %1, %0" : "=x"(r.f) : "x"(x.f));
    } else {
        __asm__ volatile("roundsd $12, %1, %0" : "=x"(r.f) : "x"(x.f));
    }
    return r.u;
}

static unsigned compare_integers(unsigned n)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < n && bad < 5; i++) {
        int rm = (int)(i % 4);
        uint64_t a = operand64();
        begin(rm);
        uint64_t host = convert_by_host(a);
        uint32_t host_flags = flags();
        begin(rm ^ 1); /* a static mode wins over the dynamic one */
        uint64_t got = fpu_f64_to_i64_s(a, rm);
        if (host_flags & MXCSR_INVALID) { /* the host's indefinite value: ours saturates */
            host = a >> 63 && !is_nan64(a) ? 1ull << 63 : INT64_MAX;
        }
        if (got != host || flags() != host_flags) {
            printf("# f64_to_i64_s rm %d %#lx: %#lx/%#x, host %#lx/%#x\n", rm, a, got, flags(), host, host_flags);
            bad++;
        }
        for (int exact = 0; exact < 2; exact++) {
            begin(rm);
            host = round_by_host(a, exact);
            host_flags = flags();
            begin(rm);
            got = exact ? fpu_rint64(a, IR_RDYN) : fpu_round64(a, rm);
            if (!same64(got, host) || flags() != host_flags) {
                printf("# round rm %d %#lx: %#lx/%#x, host %#lx/%#x\n", rm, a, got, flags(), host, host_flags);
                bad++;
            }
        }
        /* a float rounds as the double of its value does */
        uint32_t f = operand32();
        begin(rm);
        uint64_t wide = fpu_rint64(fpu_f32_to_f64(f), rm);
        uint32_t wide_flags = flags();
        begin(rm);
        uint64_t narrow = fpu_f32_to_f64(fpu_rint32(f, rm));
        if (!same64(wide, narrow) || flags() != wide_flags) {
            printf("# rint32 rm %d %#x: %#lx, not %#lx\n", rm, f, narrow, wide);
            bad++;
        }
    }
    return bad;
}

/* ---- tables */

typedef struct ToInt {
    double a;
    int rm;
    uint32_t s32, u32;
    uint64_t s64, u64;
    uint32_t flags[4]; /* of the four conversions */
} ToInt;

static unsigned check_to_int(void)
{
    enum { NV = MXCSR_INVALID, NX = MXCSR_INEXACT };
    static const ToInt rows[] = {
        { 2.5, IR_RMM, 3, 3, 3, 3, { NX, NX, NX, NX } },
        { 2.5, IR_RNE, 2, 2, 2, 2, { NX, NX, NX, NX } },
        { -2.5, IR_RMM, -3, 0, -3, 0, { NX, NV, NX, NV } },
        { -0.5, IR_RMM, -1, 0, -1, 0, { NX, NV, NX, NV } },
        { -0.5, IR_RNE, 0, 0, 0, 0, { NX, NX, NX, NX } },
        { -0.25, IR_RMM, 0, 0, 0, 0, { NX, NX, NX, NX } },
        { 0.49999999999999994, IR_RMM, 0, 0, 0, 0, { NX, NX, NX, NX } },
        { -0.75, IR_RDN, -1, 0, -1, 0, { NX, NV, NX, NV } },
        { -0.75, IR_RTZ, 0, 0, 0, 0, { NX, NX, NX, NX } },
        { 2147483647.5, IR_RNE, INT32_MAX, 2147483648u, 2147483648u, 2147483648u, { NV, NX, NX, NX } },
        { 2147483647.5, IR_RTZ, INT32_MAX, 2147483647u, 2147483647u, 2147483647u, { NX, NX, NX, NX } },
        { -2147483648.5, IR_RNE, 0x80000000u, 0, -2147483648ull, 0, { NX, NV, NX, NV } },
        { -2147483649.0, IR_RNE, 0x80000000u, 0, -2147483649ull, 0, { NV, NV, 0, NV } },
        { 4294967295.5, IR_RUP, INT32_MAX, UINT32_MAX, 1ull << 32, 1ull << 32, { NV, NV, NX, NX } },
        { 9223372036854775808.0, IR_RNE, INT32_MAX, UINT32_MAX, INT64_MAX, 1ull << 63, { NV, NV, NV, 0 } },
        { -9223372036854775808.0, IR_RNE, 0x80000000u, 0, 1ull << 63, 0, { NV, NV, 0, NV } },
        { 18446744073709551616.0, IR_RNE, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX, { NV, NV, NV, NV } },
        { -1.0 / 0.0, IR_RNE, 0x80000000u, 0, 1ull << 63, 0, { NV, NV, NV, NV } },
        { 0.0 / 0.0, IR_RNE, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX, { NV, NV, NV, NV } },
    };
    unsigned bad = 0;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const ToInt *r = &rows[i];
        uint64_t a = (union { double f; uint64_t u; }){ .f = r->a }.u;
        uint32_t got[4];
        begin(IR_RNE);
        bool ok = fpu_f64_to_i32_s(a, r->rm) == r->s32;
        got[0] = flags();
        begin(IR_RNE);
        ok &= fpu_f64_to_i32_u(a, r->rm) == r->u32;
        got[1] = flags();
        begin(IR_RNE);
        ok &= fpu_f64_to_i64_s(a, r->rm) == r->s64;
        got[2] = flags();
        begin(IR_RNE);
        ok &= fpu_f64_to_i64_u(a, r->rm) == r->u64;
        got[3] = flags();
        for (int k = 0; k < 4; k++) {
            ok &= got[k] == r->flags[k];
        }
        if (!ok) {
            printf("# row %u: %g rm %d, flags %#x %#x %#x %#x\n", i, r->a, r->rm, got[0], got[1], got[2], got[3]);
            bad++;
        }
    }
    return bad;
}

static unsigned check_minmax(void)
{
    enum { QN = 0x7fc00000, SN = 0x7f800001, M0 = (int)0x80000000, ONE = 0x3f800000 };
    static const struct {
        uint32_t a, b, minnum, maxnum, min, max;
        bool is_invalid;
    } rows[] = {
        { 0, (uint32_t)M0, (uint32_t)M0, 0, (uint32_t)M0, 0, false },
        { (uint32_t)M0, 0, (uint32_t)M0, 0, (uint32_t)M0, 0, false },
        { QN, ONE, ONE, ONE, QN, QN, false },
        { ONE, QN, ONE, ONE, QN, QN, false },
        { SN, ONE, ONE, ONE, QN, QN, true },
        { ONE, SN, ONE, ONE, QN, QN, true },
        { QN, SN, QN, QN, QN, QN, true },
        { ONE, 0xbf800000, 0xbf800000, ONE, 0xbf800000, ONE, false },
        { 0x7f800000, 0xff800000, 0xff800000, 0x7f800000, 0xff800000, 0x7f800000, false },
    };
    unsigned bad = 0;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t a = rows[i].a, b = rows[i].b;
        uint32_t got[4], want[4] = { rows[i].minnum, rows[i].maxnum, rows[i].min, rows[i].max };
        for (int k = 0; k < 4; k++) {
            begin(IR_RNE);
            got[k] = k == 0 ? fpu_minnum32(a, b) : k == 1 ? fpu_maxnum32(a, b) : k == 2 ? fpu_min32(a, b) : fpu_max32(a, b);
            bad += got[k] != want[k] || (flags() != 0) != rows[i].is_invalid;
        }
    }
    return bad;
}

static unsigned check_rules(void)
{
    unsigned bad = 0;
    for (int hard = 0; hard < 2; hard++) { /* infinity times zero plus a quiet NaN */
        fpu_use_hardware(hard, hard);
        begin(IR_RNE);
        bad += !is_nan32(fpu_fma32(0x7f800000, 0, 0x7fc00000)) || flags() != MXCSR_INVALID;
        begin(IR_RNE);
        bad += !is_nan64(fpu_fma64(0, 0xfff0000000000000, 0x7ff8000000000000)) || flags() != MXCSR_INVALID;
        begin(IR_RNE);
        bad += !is_nan64(fpu_fma64(0, 0x3ff0000000000000, 0x7ff8000000000000)) || flags() != 0;
    }
    begin(IR_RNE); /* quiet and signalling comparisons */
    bad += fpu_lt32(0x7fc00000, 0) || flags() != MXCSR_INVALID;
    begin(IR_RNE);
    bad += fpu_ltq32(0x7fc00000, 0) || fpu_leq64(0x7ff8000000000000, 0) || fpu_eq32(0x7fc00000, 0x7fc00000) || flags() != 0;
    begin(IR_RNE);
    bad += fpu_eq64(0x7ff0000000000001, 0) || flags() != MXCSR_INVALID;
    bad += !fpu_eq64(1ull << 63, 0) || !fpu_le32(0x80000000, 0) || fpu_lt32(0x80000000, 0) || !fpu_lt64(1ull << 63, 1);
    begin(IR_RUP); /* unsigned to float keeps the lost bit */
    bad += fpu_i64_u_to_f64(0x8000000000000401ull) != 0x43e0000000000001ull || flags() != MXCSR_INEXACT;
    begin(IR_RNE);
    bad += fpu_i64_u_to_f32(UINT64_MAX) != 0x5f800000 || fpu_i32_u_to_f32(UINT32_MAX) != 0x4f800000;
    for (int rm = IR_RNE; rm <= IR_RUP; rm++) {
        fpu_set_round((uint32_t)rm);
        bad += fpu_get_round() != rm;
    }
    return bad;
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 200000;
    bool has_fma = __builtin_cpu_supports("fma"), has_f16c = __builtin_cpu_supports("f16c");
    if (has_fma) {
        report("fused multiply-add in software and hardware", compare_fma(n));
    }
    if (has_f16c) {
        report("halves in software and hardware", compare_half(n));
    }
    report("fused multiply-add of halves", compare_fma16(n));
    report("to integers and integral values as the host does", compare_integers(n));
    report("to integers at the limits, ties to away", check_to_int());
    report("minimum and maximum", check_minmax());
    report("rules of NaNs, zeros, modes", check_rules());
    printf("1..%u\n", ntests);
    return failures != 0;
}
