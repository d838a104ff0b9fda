/* SPDX-License-Identifier: MIT */
/* Entries of the kernel's binfmt_misc (Documentation/admin-guide/binfmt-misc.rst): what one says, and the files that hold them. */
#ifndef LYRE_TOOLS_LYRE_BINFMT_ENTRY_H
#define LYRE_TOOLS_LYRE_BINFMT_ENTRY_H

#include <limits.h>
#include <stdbool.h>

#include "util/archs.h"

enum { BINFMT_MAX_MAGIC = 40, BINFMT_LINE = 1920 /* the kernel takes no more */ };

typedef struct BinfmtEntry {
    bool is_enabled;
    char interpreter[PATH_MAX];
    char flags[8];               /* of "OPCF", in the order in which the kernel shows them: POCF */
    unsigned size;
    uint8_t magic[BINFMT_MAX_MAGIC], mask[BINFMT_MAX_MAGIC];
} BinfmtEntry;

/* Magic and mask of an architecture's programs. */
void binfmt_pattern(const ArchDesc *arch, BinfmtEntry *out);
/* The line that registers it. */
void binfmt_line(const BinfmtEntry *entry, const char *name, char line[BINFMT_LINE]);
/* "POCF" of any order and case; false: another letter. C implies O. */
bool binfmt_set_flags(BinfmtEntry *entry, const char *flags);

typedef enum BinfmtRead { BINFMT_READ, BINFMT_ABSENT, BINFMT_UNREADABLE /* errno */ } BinfmtRead;
/* What the kernel says of an entry. */
BinfmtRead binfmt_read(const char *dir, const char *name, BinfmtEntry *out);
bool binfmt_is_same(const BinfmtEntry *a, const BinfmtEntry *b); /* but for is_enabled */
/* Writes to DIR/FILE (register, or an entry's control file): false with errno. */
bool binfmt_write(const char *dir, const char *file, const char *text);

#endif
