/* SPDX-License-Identifier: MIT */
/* The C functions of helpers.def. */
#include "target/riscv/trans.h"

#include <time.h>

#include "tcg/fpu.h"
#include "util/hostclock.h"

static uint64_t riscv_helper_soft_fp(CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t what)
{
    uint32_t flags = 0;
    uint64_t r = softfp_run(what, a, b, c, &flags);
    if (flags)
        fpu_set_flags(fpu_get_flags() | flags);
    return r;
}

/* Zfa: truncates, modulo 2^32, sign-extended. Raises as fcvt.w.d would. */
static uint64_t riscv_helper_fcvtmod(CpuState *s, uint64_t bits)
{
    int exp = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t sig = (bits & ((1ull << 52) - 1)) | 1ull << 52, r = 0;
    bool sign = bits >> 63, inexact = false, is_invalid = false;
    if (exp == 1024) {
        is_invalid = true;
    } else if (exp < 0) {
        inexact = (bits & ~(1ull << 63)) != 0;
    } else if (exp <= 52) {
        r = sig >> (52 - exp);
        inexact = (sig & ((1ull << (52 - exp)) - 1)) != 0;
        is_invalid = r > 0x7fffffffull + sign;
    } else {
        r = exp < 52 + 64 ? sig << (exp - 52) : 0;
        is_invalid = true;
    }
    if (is_invalid)
        fpu_set_flags(fpu_get_flags() | MXCSR_INVALID);
    else if (inexact)
        fpu_set_flags(fpu_get_flags() | MXCSR_INEXACT);
    return (uint64_t)(int32_t)(sign ? -r : r);
}

/* RV unpriv. 21.9: one bit out of ten. */
static uint64_t riscv_helper_fclass(CpuState *s, uint64_t bits, uint32_t format)
{
    static const uint8_t exp_bits[] = { [SOFT_H] = 5, [SOFT_S] = 8, [SOFT_D] = 11 };
    static const uint8_t frac_bits[] = { [SOFT_H] = 10, [SOFT_S] = 23, [SOFT_D] = 52 };
    unsigned fb = frac_bits[format];
    uint64_t frac = bits & ((1ull << fb) - 1), max = (1ull << exp_bits[format]) - 1,
             exp = bits >> fb & max;
    bool sign = bits >> (fb + exp_bits[format]) & 1;
    if (exp == max && frac)
        return frac >> (fb - 1) ? 1u << 9 : 1u << 8;
    unsigned magnitude = exp == max ? 3
                         : exp      ? 2
                         : frac     ? 1
                                    : 0; /* infinity, normal, subnormal, zero */
    return 1u << (sign ? 3 - magnitude : 4 + magnitude);
}

static uint64_t riscv_helper_counter(CpuState *s)
{
    struct timespec now;
    hostclock_get(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * RISCV_TIME_FREQUENCY + (uint64_t)now.tv_nsec;
}

/* The clocks that the kernel's vDSO knows (lib/vdso/gettimeofday.c): all others take a system call there, too. */
static bool is_vdso_clock(uint64_t clock)
{
    const uint32_t known = 1u << CLOCK_REALTIME | 1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW |
                           1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_MONOTONIC_COARSE |
                           1u << CLOCK_BOOTTIME | 1u << CLOCK_TAI;
    return (uint32_t)clock < 32 && known >> clock & 1;
}

/* Seconds fit into 34 bits: kernel times are nanoseconds in 63. */
static uint64_t riscv_helper_host_time(CpuState *s, uint64_t clock)
{
    struct timespec now;
    if (!is_vdso_clock(clock) || hostclock_get((clockid_t)clock, &now))
        return ~0ull;
    return (uint64_t)now.tv_sec << 30 | (uint64_t)now.tv_nsec;
}

const HelperDesc riscv_helpers[RV_HELPER_COUNT] = {
#define HELPER(id, res, eff, n, ...)                                                               \
    [RV_HELPER_##id] = { .name = #id,                                                              \
                         .fn = (void *)riscv_helper_##id,                                          \
                         .result = res,                                                            \
                         .nargs = n,                                                               \
                         .arg = { __VA_ARGS__ },                                                   \
                         .effects = eff },
#include "target/riscv/helpers.def"
#undef HELPER
};
