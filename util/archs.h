/* SPDX-License-Identifier: MIT */
/* Names of architectures by what the header of an ELF file says (archs.def). */
#ifndef LYRE_UTIL_ARCHS_H
#define LYRE_UTIL_ARCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ArchQuirk {
    ARCH_QUIRK_NONE,
    ARCH_QUIRK_X86,         /* old linkers left EI_DATA, EI_VERSION and EI_OSABI loose: binfmt_misc ignores their low bits */
    ARCH_QUIRK_LOW_MACHINE, /* binfmt_misc compares the low byte of e_machine only */
    ARCH_QUIRK_ABIVERSION,  /* EI_ABIVERSION may be anything */
    ARCH_QUIRK_MIPS_O32,    /* so, and e_flags lacks EF_MIPS_ABI2 */
    ARCH_QUIRK_MIPS_N32,    /* so, and e_flags has it */
} ArchQuirk;

typedef struct ArchDesc {
    const char *name;
    uint16_t machine;         /* e_machine */
    uint8_t elf_class, data;  /* EI_CLASS, EI_DATA */
    uint8_t osabi_mask;
    uint8_t quirk;            /* ArchQuirk */
} ArchDesc;

extern const ArchDesc archs[];
extern const unsigned narchs;

enum { ARCH_EF_MIPS_ABI2 = 0x20 };

/* By the fields of an ELF header; NULL: unknown. */
const ArchDesc *arch_find(uint16_t machine, uint8_t elf_class, uint8_t data, uint32_t flags);
const ArchDesc *arch_by_name(const char *name);
/* The first `size` bytes of a file: its architecture; NULL when it is no ELF file or of an unknown one. */
const ArchDesc *arch_of_header(const uint8_t *header, size_t size);

#endif
