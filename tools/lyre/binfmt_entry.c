/* SPDX-License-Identifier: MIT */
/* Entries of binfmt_misc: made from the table of architectures, read back from the kernel. */
#include "tools/lyre/binfmt_entry.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Offsets in the header of a 32-bit file. The first twenty bytes are alike in both classes. */
enum { TYPE = 16, MACHINE = 18, HEAD = 20, FLAGS32 = 36 };

static void put_half(const ArchDesc *arch, uint8_t *p, unsigned v)
{
    bool is_big = arch->data == ELFDATA2MSB;
    p[is_big] = (uint8_t)v;
    p[!is_big] = (uint8_t)(v >> 8);
}

/* mips' o32 and n32: e_version and the ABI's bit of e_flags are compared, too; entry and offsets are not. */
static void add_mips_flags(const ArchDesc *arch, BinfmtEntry *out)
{
    bool is_big = arch->data == ELFDATA2MSB;
    unsigned low = is_big ? FLAGS32 + 3 : FLAGS32; /* the byte of e_flags with the bit */
    out->size = FLAGS32 + 4;
    out->mask[low] = ARCH_EF_MIPS_ABI2;
    out->magic[low] = arch->quirk == ARCH_QUIRK_MIPS_N32 ? ARCH_EF_MIPS_ABI2 : 0;
    memset(out->mask + HEAD, 0xff, 4);
    out->magic[is_big ? HEAD + 3 : HEAD] = EV_CURRENT;
}

void binfmt_pattern(const ArchDesc *arch, BinfmtEntry *out)
{
    uint8_t *magic = out->magic, *mask = out->mask;
    memset(magic, 0, BINFMT_MAX_MAGIC);
    memset(mask, 0, BINFMT_MAX_MAGIC);
    memset(mask, 0xff, HEAD);
    memcpy(magic, ELFMAG, SELFMAG);
    magic[EI_CLASS] = arch->elf_class;
    magic[EI_DATA] = arch->data;
    magic[EI_VERSION] = EV_CURRENT;
    mask[EI_OSABI] = arch->osabi_mask;
    put_half(arch, magic + TYPE, ET_EXEC);
    put_half(arch, mask + TYPE, 0xfffe); /* ET_DYN, too */
    put_half(arch, magic + MACHINE, arch->machine);
    out->size = HEAD;
    switch ((ArchQuirk)arch->quirk) {
    case ARCH_QUIRK_NONE:
        break;
    case ARCH_QUIRK_X86:
        mask[EI_DATA] = mask[EI_VERSION] = 0xfe;
        break;
    case ARCH_QUIRK_LOW_MACHINE:
        put_half(arch, mask + MACHINE, 0x00ff);
        break;
    case ARCH_QUIRK_ABIVERSION:
        mask[EI_ABIVERSION] = 0;
        break;
    case ARCH_QUIRK_MIPS_O32:
    case ARCH_QUIRK_MIPS_N32:
        mask[EI_ABIVERSION] = 0;
        add_mips_flags(arch, out);
        break;
    }
}

static char *put_bytes(char *to, const uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        to += sprintf(to, "\\x%02x", p[i]);
    }
    return to;
}

void binfmt_line(const BinfmtEntry *e, const char *name, char line[BINFMT_LINE])
{
    char magic[4 * BINFMT_MAX_MAGIC + 1], mask[4 * BINFMT_MAX_MAGIC + 1];
    *put_bytes(magic, e->magic, e->size) = 0;
    *put_bytes(mask, e->mask, e->size) = 0;
    snprintf(line, BINFMT_LINE, ":%s:M::%s:%s:%.255s:%s", name, magic, mask, e->interpreter, e->flags);
}

bool binfmt_set_flags(BinfmtEntry *e, const char *flags)
{
    bool has_o = strpbrk(flags, "OoCc"); /* C implies O */
    char *to = e->flags;
    if (flags[strspn(flags, "OPCFopcf")]) {
        return false;
    }
    for (const char *known = "POCF"; *known; known++) {
        if (strchr(flags, *known) || strchr(flags, *known | 0x20) || (*known == 'O' && has_o)) {
            *to++ = *known;
        }
    }
    *to = 0;
    return true;
}

static unsigned read_bytes(const char *hex, uint8_t out[BINFMT_MAX_MAGIC])
{
    unsigned n = 0, byte;
    while (n < BINFMT_MAX_MAGIC && sscanf(hex + 2 * n, "%2x", &byte) == 1) {
        out[n++] = (uint8_t)byte;
    }
    return n;
}

BinfmtRead binfmt_read(const char *dir, const char *name, BinfmtEntry *e)
{
    char path[2 * PATH_MAX], line[PATH_MAX + 40];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    memset(e, 0, sizeof(*e));
    memset(e->mask, 0xff, sizeof(e->mask));
    FILE *f = fopen(path, "re");
    if (!f) {
        return errno == ENOENT || errno == ENOTDIR ? BINFMT_ABSENT : BINFMT_UNREADABLE;
    }
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = 0;
        char *value = line + strcspn(line, " ");
        value += *value == ' ';
        if (strcmp(line, "enabled") == 0) {
            e->is_enabled = true;
        } else if (strncmp(line, "interpreter ", 12) == 0) {
            snprintf(e->interpreter, sizeof(e->interpreter), "%.*s", PATH_MAX - 1, value);
        } else if (strncmp(line, "flags: ", 7) == 0) {
            binfmt_set_flags(e, value);
        } else if (strncmp(line, "magic ", 6) == 0) {
            e->size = read_bytes(value, e->magic);
        } else if (strncmp(line, "mask ", 5) == 0) {
            read_bytes(value, e->mask);
        }
    }
    fclose(f);
    return BINFMT_READ;
}

/* A magic byte counts where its mask is set. */
bool binfmt_is_same(const BinfmtEntry *a, const BinfmtEntry *b)
{
    bool is_same = a->size == b->size && strcmp(a->interpreter, b->interpreter) == 0 && strcmp(a->flags, b->flags) == 0;
    for (unsigned i = 0; is_same && i < a->size; i++) {
        is_same = a->mask[i] == b->mask[i] && ((a->magic[i] ^ b->magic[i]) & a->mask[i]) == 0;
    }
    return is_same;
}

bool binfmt_write(const char *dir, const char *file, const char *text)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    size_t n = strlen(text);
    bool is_done = write(fd, text, n) == (ssize_t)n;
    int error = errno;
    close(fd);
    errno = error;
    return is_done;
}
