/* SPDX-License-Identifier: MIT */
/* Headers of ELF files of any class and byte order, read with full checks: every field may be hostile. */
#ifndef LYRE_LINUX_USER_LOADER_ELF_H
#define LYRE_LINUX_USER_LOADER_ELF_H

#include <stdbool.h>
#include <stdint.h>

enum { ELF_MAX_SEGMENTS = 128 };

typedef struct ElfSegment {
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz, align;
} ElfSegment;

typedef struct ElfFile {
    uint8_t class, data, osabi; /* EI_* */
    uint16_t type, machine;
    uint32_t flags; /* e_flags */
    uint64_t entry, phoff;
    unsigned phentsize, nsegments;
    uint64_t size; /* of the file */
    ElfSegment segments[ELF_MAX_SEGMENTS];
} ElfFile;

/* The file header alone. NULL, or why not: a static string for the person. */
const char *elf_read_header(int fd, ElfFile *out);
/* Then the program headers: checked for overflow, ends beyond the file, alignment; and below `address_end`. */
const char *elf_read_segments(int fd, ElfFile *elf, uint64_t address_end);
/* "FreeBSD", "NetBSD", "OpenBSD", ... by EI_OSABI and notes; NULL for Linux. */
const char *elf_foreign_brand(int fd, const ElfFile *elf);

/* The value of a 4-byte property (GNU_PROPERTY_*) of PT_GNU_PROPERTY, 0 without it; negative errno where the kernel finds the note damaged. */
int64_t elf_property(int fd, const ElfFile *elf, uint32_t type);

/* "riscv64", "aarch64", ... as in the names of our emulators; NULL for what we do not know. */
const char *elf_arch_name(const ElfFile *elf);

#endif
