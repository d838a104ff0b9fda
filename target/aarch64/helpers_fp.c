/* SPDX-License-Identifier: MIT */
/* Floating point by helper: one value, or the lanes of a vector. They run under the guest's MXCSR, where sticky flags go. */
#include <string.h>

#include "target/aarch64/helpers.h"
#include "target/aarch64/trans.h"
#include "tcg/fpu.h"

static A64Fp begin(const CpuState *s) { return (A64Fp){ .fpcr = a64_state_const(s)->fpcr }; }

static void end(CpuState *s, const A64Fp *f)
{
    if (f->flags & 0x1f)
        fpu_set_flags(fpu_get_flags() | (f->flags & A64_IOC) | (f->flags & 0x1e) << 1);
    if (f->flags & A64_IDC)
        a64_state(s)->idc |= A64_FPSR_IDC;
}

static uint64_t run(A64Fp *f, uint32_t what, uint64_t a, uint64_t b, uint64_t c)
{
    unsigned op = what & 0xff, size = what >> 8 & 0xff, arg = what >> 16;
    unsigned bits = arg >> 6 & 1 ? 64 : size == 1 && arg >> 13 & 1 ? 16 : 32, fraction = arg >> 8 & 1 ? (arg & 63) + 1 : 0;
    bool is_exact;
    uint64_t r;
    switch (op) {
    case A64_FP_CONVERT: return a64_fp_convert(f, size, arg & 0xff, a, arg >> 8);
    case A64_FP_TO_FIXED: return a64_fp_to_fixed(f, size, a, bits, arg >> 7 & 1, fraction, arg >> 9 & 7);
    case A64_FP_FROM_FIXED: return a64_fp_from_fixed(f, size, a, bits, arg >> 7 & 1, fraction);
    case A64_FP_COMPARE: return a64_fp_compare(f, size, a & ~0ull >> (64 - (8u << size)), b & ~0ull >> (64 - (8u << size)), arg);
    case A64_FP_JS:
        r = a64_fp_to_js(f, a, &is_exact);
        return r | (uint64_t)is_exact << 32;
    case A64_FP_FMLAL: return a64_fp_multiply_halves(f, a, b, c);
    case A64_FP_ESTIMATE_U: return arg ? a64_rsqrt_estimate((uint32_t)a) : a64_recip_estimate((uint32_t)a);
    default: return a64_fp_arith(f, op, size, arg, a, b, c);
    }
}

uint64_t a64_helper_fp(CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t what)
{
    A64Fp f = begin(s);
    uint64_t r = run(&f, what, a, b, c);
    end(s, &f);
    return r;
}

uint64_t a64_helper_fp_odd(CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t what) { return a64_helper_fp(s, a, b, c, what); }

/* FMLA's addend is d, the third operand of a64_fp_arith. */
A64Vec a64_helper_vfp(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what)
{
    unsigned bytes = 1u << (what >> 8 & 3);
    uint8_t in[3][16], out[16];
    A64Fp f = begin(s);
    memcpy(in[0], &d, 16);
    memcpy(in[1], &n, 16);
    memcpy(in[2], &m, 16);
    for (unsigned i = 0; i < 16; i += bytes) {
        uint64_t x[3] = { 0 };
        for (unsigned k = 0; k < 3; k++)
            memcpy(&x[k], in[k] + i, bytes);
        uint64_t r = run(&f, what, x[1], x[2], x[0]);
        memcpy(out + i, &r, bytes);
    }
    end(s, &f);
    A64Vec r;
    memcpy(&r, out, 16);
    return r;
}

A64Vec a64_helper_vfp_odd(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what) { return a64_helper_vfp(s, d, n, m, what); }

/* Between lanes of different widths, in the low halves: what: A64_FP_CONVERT, the result's size, the source's. */
A64Vec a64_helper_vfp_convert(CpuState *s, A64Vec n, uint32_t what)
{
    unsigned to = what >> 8 & 3, from = what >> 16 & 3, lanes = 16u >> (to > from ? to : from);
    uint8_t in[16], out[16] = { 0 };
    A64Fp f = begin(s);
    memcpy(in, &n, 16);
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t x = 0;
        memcpy(&x, in + (i << from), (size_t)1 << from);
        uint64_t r = run(&f, what, x, 0, 0);
        unsigned log = to ? to : 1; /* BF16 */
        memcpy(out + (i << log), &r, (size_t)1 << log);
    }
    end(s, &f);
    A64Vec r;
    memcpy(&r, out, 16);
    return r;
}
