/* SPDX-License-Identifier: MIT */
/* Look-ups in the table of architectures. */
#include "util/archs.h"

#include <elf.h>
#include <string.h>

#include "util/compiler.h"

#define ARCH(name, machine, elf_class, data, osabi, quirk) {#name, machine, elf_class, data, osabi, ARCH_QUIRK_##quirk},
const ArchDesc archs[] = {
#include "util/archs.def"
};
#undef ARCH
const unsigned narchs = ARRAY_LEN(archs);

const ArchDesc *arch_find(uint16_t machine, uint8_t elf_class, uint8_t data, uint32_t flags)
{
    for (unsigned i = 0; i < narchs; i++) {
        const ArchDesc *a = &archs[i];
        bool has_abi2 = flags & ARCH_EF_MIPS_ABI2;
        bool is_other_abi = a->quirk == ARCH_QUIRK_MIPS_O32 ? has_abi2 : a->quirk == ARCH_QUIRK_MIPS_N32 && !has_abi2;
        if (a->machine == machine && a->elf_class == elf_class && a->data == data && !is_other_abi) {
            return a;
        }
    }
    return NULL;
}

const ArchDesc *arch_by_name(const char *name)
{
    for (unsigned i = 0; i < narchs; i++) {
        if (strcmp(archs[i].name, name) == 0) {
            return &archs[i];
        }
    }
    return NULL;
}

static uint32_t field(const uint8_t *p, unsigned size, bool is_big)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        v = v << 8 | p[is_big ? i : size - 1 - i];
    }
    return v;
}

const ArchDesc *arch_of_header(const uint8_t *header, size_t size)
{
    if (size < sizeof(Elf32_Ehdr) || memcmp(header, ELFMAG, SELFMAG) != 0) {
        return NULL;
    }
    bool is_big = header[EI_DATA] == ELFDATA2MSB;
    size_t flags = header[EI_CLASS] == ELFCLASS64 ? offsetof(Elf64_Ehdr, e_flags) : offsetof(Elf32_Ehdr, e_flags);
    uint32_t machine = field(header + offsetof(Elf32_Ehdr, e_machine), 2, is_big);
    return arch_find((uint16_t)machine, header[EI_CLASS], header[EI_DATA], size >= flags + 4 ? field(header + flags, 4, is_big) : 0);
}
