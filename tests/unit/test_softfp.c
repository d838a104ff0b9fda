/* SPDX-License-Identifier: MIT */
/* softfp.c against the host's unit: single and double, four rounding modes, results and flags. Ties
 * away and half precision are compared with the oracle by the random instruction test. */
#include <fenv.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "target/riscv/softfp.h"
#include "tcg/fpu.h"
#include "tcg/ir.h"

static const int host_modes[] = {
    [IR_RNE] = FE_TONEAREST, [IR_RTZ] = FE_TOWARDZERO, [IR_RDN] = FE_DOWNWARD, [IR_RUP] = FE_UPWARD
};
static unsigned passed, failed;

static uint32_t host_flags(void)
{
    int f = fetestexcept(FE_ALL_EXCEPT);
    return (f & FE_INVALID ? MXCSR_INVALID : 0) | (f & FE_DIVBYZERO ? MXCSR_DIVZERO : 0) |
           (f & FE_OVERFLOW ? MXCSR_OVERFLOW : 0) | (f & FE_UNDERFLOW ? MXCSR_UNDERFLOW : 0) |
           (f & FE_INEXACT ? MXCSR_INEXACT : 0);
}

static uint64_t random_bits(void)
{
    static uint64_t s = 88172645463325252ull;
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s;
}

static float as_float(uint64_t v)
{
    float f;
    uint32_t w = (uint32_t)v;
    memcpy(&f, &w, 4);
    return f;
}
static double as_double(uint64_t v)
{
    double d;
    memcpy(&d, &v, 8);
    return d;
}

static uint64_t host_s(SoftOp op, uint64_t a, uint64_t b, uint64_t c)
{
    volatile float x = as_float(a), y = as_float(b), z = as_float(c), r = 0;
    switch (op) {
    case SOFT_ADD:
        r = x + y;
        break;
    case SOFT_SUB:
        r = x - y;
        break;
    case SOFT_MUL:
        r = x * y;
        break;
    case SOFT_DIV:
        r = x / y;
        break;
    case SOFT_SQRT:
        r = sqrtf(x);
        break;
    case SOFT_FMA:
        r = fmaf(x, y, z);
        break;
    case SOFT_CONVERT:
        r = (float)as_double(a);
        break;
    default:
        r = (float)(int64_t)a;
    }
    uint32_t w;
    float f = r;
    memcpy(&w, &f, 4);
    return isnan(f) ? 0x7fc00000 : w;
}

static uint64_t host_d(SoftOp op, uint64_t a, uint64_t b, uint64_t c)
{
    volatile double x = as_double(a), y = as_double(b), z = as_double(c), r = 0;
    switch (op) {
    case SOFT_ADD:
        r = x + y;
        break;
    case SOFT_SUB:
        r = x - y;
        break;
    case SOFT_MUL:
        r = x * y;
        break;
    case SOFT_DIV:
        r = x / y;
        break;
    case SOFT_SQRT:
        r = sqrt(x);
        break;
    case SOFT_FMA:
        r = fma(x, y, z);
        break;
    case SOFT_CONVERT:
        r = (double)as_float(a);
        break;
    default:
        r = (double)a;
    }
    uint64_t w;
    double d = r;
    memcpy(&w, &d, 8);
    return isnan(d) ? 0x7ff8000000000000 : w;
}

/* Exponents near each other and near both ends of the range, short and long significands, specials.
 */
static uint64_t operand(unsigned frac_bits, unsigned exp_bits, uint64_t near)
{
    uint64_t r = random_bits(), max = (1ull << exp_bits) - 1,
             frac = random_bits() & ((1ull << frac_bits) - 1), exp;
    switch (r & 7) {
    case 0:
        exp = 0;
        break;
    case 1:
        exp = max;
        break;
    case 2:
        exp = (r >> 8) % 3;
        break;
    case 3:
        exp = max - 1 - (r >> 8) % 3;
        break;
    case 4:
        exp = (r >> 8) % max;
        break;
    default:
        exp = (near + (r >> 8) % 9 - 4) % max;
        break;
    }
    if (r >> 20 & 1)
        frac &= ~0ull << (r >> 24) % (frac_bits + 1);
    if (!(r >> 32 & 7))
        frac = 0;
    return (r >> 63) << (frac_bits + exp_bits) | exp << frac_bits | frac;
}

static void compare(SoftFormat format, SoftOp op, int rm, uint64_t a, uint64_t b, uint64_t c)
{
    unsigned from = op == SOFT_CONVERT ? (format == SOFT_S ? SOFT_D : SOFT_S)
                    : format == SOFT_S ? SOFT_I64
                                       : SOFT_U64;
    fesetround(host_modes[rm]);
    feclearexcept(FE_ALL_EXCEPT);
    uint64_t want = format == SOFT_S ? host_s(op, a, b, c) : host_d(op, a, b, c);
    uint32_t want_flags = host_flags(), flags = 0;
    fesetround(FE_TONEAREST);
    uint64_t got = softfp_run(SOFT_WHAT(format, op, rm, from), a, b, c, &flags);
    if (op == SOFT_FMA && (got ^ want) == 0 && (flags ^ want_flags) == MXCSR_INVALID &&
        isnan(format == SOFT_S ? as_float(c) : as_double(c)))
        flags =
            want_flags; /* infinity times zero plus a quiet NaN: the host need not raise invalid */
    if (got == want && flags == want_flags) {
        passed++;
    } else if (failed++ < 20) {
        printf("# format %d op %d rm %d: %llx %llx %llx: %llx flags %x, host %llx flags %x\n",
               format, op, rm, (unsigned long long)a, (unsigned long long)b, (unsigned long long)c,
               (unsigned long long)got, flags, (unsigned long long)want, want_flags);
    }
}

int main(void)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t near = random_bits() >> 40;
        for (SoftOp op = SOFT_ADD; op <= SOFT_FROM_INT; op++) {
            bool is_int = op == SOFT_FROM_INT, is_conv = op == SOFT_CONVERT;
            uint64_t narrow = operand(23, 8, near), wide = operand(52, 11, near),
                     n = random_bits() >> (near & 63);
            compare(SOFT_S, op, i & 3,
                    is_int    ? n
                    : is_conv ? (i & 4 ? wide : operand(52, 11, 1023 - 127 - 12))
                              : narrow,
                    operand(23, 8, near), operand(23, 8, 2 * near - 127));
            compare(SOFT_D, op, i & 3,
                    is_int    ? n
                    : is_conv ? narrow
                              : wide,
                    operand(52, 11, near), operand(52, 11, 2 * near - 1023));
        }
    }
    printf("# %u random operations agree, %u do not\n", passed, failed);
    printf("%sok 1 - soft floating point against the host's unit\n1..1\n", failed ? "not " : "");
    return failed != 0;
}
