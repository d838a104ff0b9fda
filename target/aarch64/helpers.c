/* SPDX-License-Identifier: MIT */
/* The C functions of helpers.def: checksums and system registers. */
#include "target/aarch64/helpers.h"

#include "target/aarch64/trans.h"
#include "util/hostclock.h"

static uint32_t crc(uint32_t acc, uint64_t data, uint32_t bytes, uint32_t polynomial)
{
    if (bytes < 8)
        data &= (1ull << 8 * bytes) - 1;
    data ^= acc;
    for (unsigned bit = 0; bit < 8 * bytes; bit++)
        data = data >> 1 ^ (data & 1 ? polynomial : 0);
    return (uint32_t)data;
}

uint32_t a64_helper_crc32(CpuState *s, uint32_t acc, uint64_t data, uint32_t bytes)
{
    return crc(acc, data, bytes, 0xedb88320);
}

uint32_t a64_helper_crc32c(CpuState *s, uint32_t acc, uint64_t data, uint32_t bytes)
{
    return crc(acc, data, bytes, 0x82f63b78);
}

uint64_t a64_helper_read_sys(CpuState *s, uint32_t reg) { return a64_read_sys(s, reg); }
/* The clocks that the kernel's vDSO knows (lib/vdso/gettimeofday.c): all others take a system call there, too. */
static bool is_vdso_clock(uint64_t clock)
{
    const uint32_t known = 1u << CLOCK_REALTIME | 1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_REALTIME_COARSE |
                           1u << CLOCK_MONOTONIC_COARSE | 1u << CLOCK_BOOTTIME | 1u << CLOCK_TAI;
    return (uint32_t)clock < 32 && known >> clock & 1;
}

/* Seconds fit into 34 bits: kernel times are nanoseconds in 63. */
uint64_t a64_helper_host_time(CpuState *s, uint64_t clock)
{
    struct timespec now;
    if (!is_vdso_clock((uint32_t)clock) || hostclock_get((clockid_t)clock, &now))
        return ~0ull;
    return (uint64_t)now.tv_sec << 30 | (uint64_t)now.tv_nsec;
}

uint64_t a64_helper_get_idc(CpuState *s) { return a64_state(s)->idc; }
void a64_helper_set_idc(CpuState *s, uint64_t v) { a64_state(s)->idc = v & A64_FPSR_IDC; }
uint64_t a64_helper_get_fpcr(CpuState *s) { return a64_state(s)->fpcr; }
void a64_helper_set_fpcr(CpuState *s, uint64_t v) { a64_state(s)->fpcr = v & A64_FPCR_MASK; }
uint64_t a64_helper_get_pstate(CpuState *s, uint32_t bit) { return (a64_state(s)->pstate & bit) != 0; }

void a64_helper_set_pstate(CpuState *s, uint32_t bit, uint64_t is_set)
{
    A64State *r = a64_state(s);
    r->pstate = (r->pstate & ~bit) | (is_set ? bit : 0);
}

const HelperDesc a64_helpers[A64_HELPER_COUNT] = {
#define HELPER(id, res, eff, n, ...) \
    [A64_HELPER_##id] = { .name = #id, .fn = (void *)a64_helper_##id, .result = res, .nargs = n, .arg = { __VA_ARGS__ }, .effects = eff },
#include "target/aarch64/helpers.def"
#undef HELPER
};
