/* SPDX-License-Identifier: MIT */
/* Accesses as of util/access.h in line, for where each instruction counts. */
#ifndef LYRE_UTIL_ACCESS_X86_64_H
#define LYRE_UTIL_ACCESS_X86_64_H

#include "util/access.h"
#include "util/compiler.h"

/* After a fault rax is its kind and rdx the address; the access's own address is in rdi (access.c). */
#define ACCESS_FIXUP                                      \
    "\n78: .pushsection lyre_fixup, \"a\"\n.balign 4\n"   \
    ".long 77b - .\n.long 78b - .\n.popsection"
#define ACCESS_LOAD(insn)                                                                                          \
    __asm__ volatile("77: " insn ACCESS_FIXUP : "+a"(kind), "=d"(*value) : "D"(addr) : "memory")
#define ACCESS_STORE(insn)                                                                                         \
    __asm__ volatile("77: " insn ACCESS_FIXUP : "+a"(kind), "=d"(fault) : "D"(addr), "S"(value) : "memory")

/* Sizes are constants: 1, 2, 4, 8. Of a fault *value is the address. */
static ALWAYS_INLINE uint64_t access_load_inline(unsigned size, uint64_t addr, uint64_t *value)
{
    uint64_t kind = ACCESS_OK;
    switch (size) {
    case 1:
        ACCESS_LOAD("movzbl (%%rdi), %%edx");
        break;
    case 2:
        ACCESS_LOAD("movzwl (%%rdi), %%edx");
        break;
    case 4:
        ACCESS_LOAD("movl (%%rdi), %%edx");
        break;
    default:
        ACCESS_LOAD("movq (%%rdi), %%rdx");
        break;
    }
    return kind;
}

static ALWAYS_INLINE AccessResult access_store_inline(unsigned size, uint64_t addr, uint64_t value)
{
    uint64_t kind = ACCESS_OK, fault;
    switch (size) {
    case 1:
        ACCESS_STORE("movb %%sil, (%%rdi)");
        break;
    case 2:
        ACCESS_STORE("movw %%si, (%%rdi)");
        break;
    case 4:
        ACCESS_STORE("movl %%esi, (%%rdi)");
        break;
    default:
        ACCESS_STORE("movq %%rsi, (%%rdi)");
        break;
    }
    return (AccessResult){ kind, fault };
}

#undef ACCESS_FIXUP
#undef ACCESS_LOAD
#undef ACCESS_STORE

#endif
