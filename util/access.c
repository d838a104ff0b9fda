/* SPDX-License-Identifier: MIT */
/* Sizes of faulting accesses, and the signal handler's side of the fix-up table. */
#include "util/access.h"

#include <ucontext.h>

#include "util/assert.h"
#include "util/compiler.h"
#include "util/hostmem.h"

/* The instruction that may fault and where it goes on then, each from its own field on. */
typedef struct FixupRow {
    int32_t insn, landing;
} FixupRow;
extern const FixupRow __start_lyre_fixup[], __stop_lyre_fixup[];

static greg_t place(const int32_t *field) { return (greg_t)((intptr_t)field + *field); }

#define DECLARE(size)                                                     \
    AccessResult access_load_##size(uint64_t addr, uint64_t *out);        \
    AccessResult access_store_##size(uint64_t addr, uint64_t value);      \
    AccessResult access_cas_##size(uint64_t addr, uint64_t *expected, uint64_t desired);
DECLARE(1)
DECLARE(2)
DECLARE(4)
DECLARE(8)

AccessResult access_load(unsigned size, uint64_t addr, uint64_t *out)
{
    switch (size) {
    case 1:
        return access_load_1(addr, out);
    case 2:
        return access_load_2(addr, out);
    case 4:
        return access_load_4(addr, out);
    default:
        lyre_assert(size == 8);
        return access_load_8(addr, out);
    }
}

AccessResult access_store(unsigned size, uint64_t addr, uint64_t value)
{
    switch (size) {
    case 1:
        return access_store_1(addr, value);
    case 2:
        return access_store_2(addr, value);
    case 4:
        return access_store_4(addr, value);
    default:
        lyre_assert(size == 8);
        return access_store_8(addr, value);
    }
}

AccessResult access_cas(unsigned size, uint64_t addr, uint64_t *expected, uint64_t desired)
{
    switch (size) {
    case 1:
        return access_cas_1(addr, expected, desired);
    case 2:
        return access_cas_2(addr, expected, desired);
    case 4:
        return access_cas_4(addr, expected, desired);
    default:
        lyre_assert(size == 8);
        return access_cas_8(addr, expected, desired);
    }
}

AccessKind access_kind(const siginfo_t *info)
{
    if (info->si_signo == SIGBUS) {
        switch (info->si_code) {
        case BUS_ADRALN:
            return ACCESS_ALIGN;
        case BUS_MCEERR_AR:
        case BUS_MCEERR_AO:
            return ACCESS_HWPOISON;
        case SI_KERNEL: /* stack segment, non-canonical */
            return ACCESS_MAPERR;
        default:
            return ACCESS_BUS;
        }
    }
    /* what we have reserved is not mapped for the guest */
    bool is_ours = hostmem_overlaps((uint64_t)(uintptr_t)info->si_addr, 1);
    return info->si_code == SEGV_ACCERR && !is_ours ? ACCESS_ACCERR : ACCESS_MAPERR;
}

/* si_addr is not given for non-canonical addresses (SI_KERNEL): all accessors keep the address in rdi; a copy's source may also be it. */
static uint64_t fault_address(const siginfo_t *info, const greg_t *regs)
{
    if (info->si_code != SI_KERNEL) {
        return (uint64_t)(uintptr_t)info->si_addr;
    }
    uint64_t dst = (uint64_t)regs[REG_RDI], src = (uint64_t)regs[REG_RSI];
    bool is_canonical = (int64_t)(dst << 16) >> 16 == (int64_t)dst;
    return is_canonical ? src : dst;
}

bool access_fixup(siginfo_t *info, void *uc)
{
    greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;
    for (const FixupRow *row = __start_lyre_fixup; row < __stop_lyre_fixup; row++) {
        if (place(&row->insn) != regs[REG_RIP]) {
            continue;
        }
        /* cmpxchg16b keeps the caller's rbx in r8, and nothing else of ours is in r8 then */
        const uint8_t *insn = (const uint8_t *)(uintptr_t)regs[REG_RIP];
        if (insn[0] == 0xf0 && insn[1] == 0x48 && insn[2] == 0x0f && insn[3] == 0xc7) {
            regs[REG_RBX] = regs[REG_R8];
        }
        uint64_t addr = fault_address(info, regs);
        regs[REG_RAX] = (greg_t)access_kind(info);
        regs[REG_RDX] = (greg_t)addr;
        regs[REG_RIP] = place(&row->landing);
        return true;
    }
    return false;
}
