/* SPDX-License-Identifier: MIT */
/* ELF headers by pread, converted field by field. ELF specification (gABI), chapters 4 and 5. */
#include "linux-user/loader_elf.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "util/archs.h"
#include "util/compiler.h"
#include "util/sys.h"

enum { PAGE = 4096, MAX_NOTES = 4096 };

/* Where fields lie in the two classes, and how wide they are. */
typedef struct Field {
    uint8_t offset32, size32, offset64, size64;
} Field;
#define FIELD(type, member)                                                                                  \
    {offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)0)->member), offsetof(Elf64_##type, member), \
     sizeof(((Elf64_##type *)0)->member)}

static const Field EHDR_TYPE = FIELD(Ehdr, e_type), EHDR_MACHINE = FIELD(Ehdr, e_machine), EHDR_VERSION = FIELD(Ehdr, e_version),
                   EHDR_ENTRY = FIELD(Ehdr, e_entry), EHDR_PHOFF = FIELD(Ehdr, e_phoff), EHDR_PHENTSIZE = FIELD(Ehdr, e_phentsize),
                   EHDR_PHNUM = FIELD(Ehdr, e_phnum), EHDR_FLAGS = FIELD(Ehdr, e_flags);
static const Field PHDR_TYPE = FIELD(Phdr, p_type), PHDR_FLAGS = FIELD(Phdr, p_flags), PHDR_OFFSET = FIELD(Phdr, p_offset),
                   PHDR_VADDR = FIELD(Phdr, p_vaddr), PHDR_FILESZ = FIELD(Phdr, p_filesz), PHDR_MEMSZ = FIELD(Phdr, p_memsz),
                   PHDR_ALIGN = FIELD(Phdr, p_align);

static uint64_t get(const ElfFile *e, const uint8_t *p, Field f)
{
    bool is64 = e->class == ELFCLASS64;
    unsigned offset = is64 ? f.offset64 : f.offset32, size = is64 ? f.size64 : f.size32;
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = e->data == ELFDATA2MSB ? i : size - 1 - i;
        v = v << 8 | p[offset + at];
    }
    return v;
}

static bool read_at(int fd, void *buf, uint64_t size, uint64_t offset)
{
    return sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(buf), size, offset) == (int64_t)size;
}

const char *elf_read_header(int fd, ElfFile *e)
{
    uint8_t h[sizeof(Elf64_Ehdr)] = {0};
    struct stat st;
    memset(e, 0, offsetof(ElfFile, segments));
    int64_t n = sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(h), sizeof(h), 0);
    if (n < 0 || sys_call2(SYS_fstat, SYS_INT(fd), SYS_PTR(&st)) < 0) {
        return "cannot be read";
    }
    e->size = (uint64_t)st.st_size;
    if (n == 0) {
        return "empty file";
    }
    if (n < SELFMAG || memcmp(h, ELFMAG, SELFMAG) != 0) {
        return "not an ELF file";
    }
    e->class = h[EI_CLASS];
    e->data = h[EI_DATA];
    e->osabi = h[EI_OSABI];
    if (n < EI_NIDENT || (uint64_t)n < (e->class == ELFCLASS32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr))) {
        return "truncated ELF header";
    }
    if ((e->class != ELFCLASS32 && e->class != ELFCLASS64) || (e->data != ELFDATA2LSB && e->data != ELFDATA2MSB)) {
        return "damaged ELF header: unknown class or byte order";
    }
    if (h[EI_VERSION] != EV_CURRENT || get(e, h, EHDR_VERSION) != EV_CURRENT) {
        return "damaged ELF header: unknown version";
    }
    e->type = (uint16_t)get(e, h, EHDR_TYPE);
    e->machine = (uint16_t)get(e, h, EHDR_MACHINE);
    e->flags = (uint32_t)get(e, h, EHDR_FLAGS);
    e->entry = get(e, h, EHDR_ENTRY);
    e->phoff = get(e, h, EHDR_PHOFF);
    e->phentsize = (unsigned)get(e, h, EHDR_PHENTSIZE);
    e->nsegments = (unsigned)get(e, h, EHDR_PHNUM);
    return NULL;
}

static const char *check_load(const ElfFile *e, const ElfSegment *s, uint64_t address_end)
{
    if (s->filesz > s->memsz) {
        return "damaged ELF file: a segment is larger in the file than in memory";
    }
    if (s->offset + s->filesz < s->offset || s->offset + s->filesz > e->size) {
        return "truncated ELF file: a segment lies beyond the end";
    }
    if (s->memsz > address_end || s->vaddr > address_end - s->memsz) {
        return "damaged ELF file: a segment lies beyond the address space";
    }
    if (s->filesz && (s->vaddr - s->offset) % PAGE) {
        return "a segment's address and file offset differ by less than a page (made for a smaller page size, or damaged)";
    }
    return NULL;
}

const char *elf_read_segments(int fd, ElfFile *e, uint64_t address_end)
{
    uint8_t raw[ELF_MAX_SEGMENTS * sizeof(Elf64_Phdr)];
    unsigned size = e->class == ELFCLASS64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    bool has_load = false;
    if (e->nsegments == 0) {
        return "ELF file without program headers";
    }
    if (e->phentsize != size || e->nsegments > ELF_MAX_SEGMENTS) {
        return "damaged ELF header: number or size of program headers";
    }
    if (e->phoff > e->size || (uint64_t)e->nsegments * size > e->size - e->phoff ||
        !read_at(fd, raw, (uint64_t)e->nsegments * size, e->phoff)) {
        return "truncated ELF file: program headers lie beyond the end";
    }
    for (unsigned i = 0; i < e->nsegments; i++) {
        const uint8_t *p = raw + i * size;
        ElfSegment *s = &e->segments[i];
        s->type = (uint32_t)get(e, p, PHDR_TYPE);
        s->flags = (uint32_t)get(e, p, PHDR_FLAGS);
        s->offset = get(e, p, PHDR_OFFSET);
        s->vaddr = get(e, p, PHDR_VADDR);
        s->filesz = get(e, p, PHDR_FILESZ);
        s->memsz = get(e, p, PHDR_MEMSZ);
        s->align = get(e, p, PHDR_ALIGN);
        if (s->type == PT_LOAD && s->memsz) {
            const char *why = check_load(e, s, address_end);
            if (why) {
                return why;
            }
            has_load = true;
        }
    }
    return has_load ? NULL : "ELF file without a loadable segment";
}

/* ---- brands */

static const struct {
    const char *note; /* name in an ABI note, or NULL */
    uint8_t osabi;    /* 0: none */
    const char *name;
} brands[] = {
    {"FreeBSD", ELFOSABI_FREEBSD, "FreeBSD"}, {"NetBSD", ELFOSABI_NETBSD, "NetBSD"},  {"OpenBSD", ELFOSABI_OPENBSD, "OpenBSD"},
    {"DragonFly", 0, "DragonFly BSD"},        {NULL, ELFOSABI_SOLARIS, "Solaris"},    {NULL, ELFOSABI_HPUX, "HP-UX"},
    {NULL, ELFOSABI_AIX, "AIX"},              {NULL, ELFOSABI_STANDALONE, "standalone"},
};

static uint32_t word(const ElfFile *e, const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return e->data == ELFDATA2MSB ? __builtin_bswap32(v) : v;
}

/* The owner's brand of a note section; type 1 is the ABI tag of all of them. */
static const char *scan_notes(const ElfFile *e, const uint8_t *p, uint64_t size)
{
    while (size >= 12) {
        uint64_t namesz = word(e, p), descsz = word(e, p + 4), type = word(e, p + 8);
        uint64_t all = 12 + ALIGN_UP(namesz, 4) + ALIGN_UP(descsz, 4);
        if (all > size) {
            return NULL;
        }
        for (unsigned i = 0; type == 1 && i < ARRAY_LEN(brands); i++) {
            const char *note = brands[i].note;
            if (note && namesz == strlen(note) + 1 && memcmp(p + 12, note, namesz) == 0) {
                return brands[i].name;
            }
        }
        p += all;
        size -= all;
    }
    return NULL;
}

const char *elf_foreign_brand(int fd, const ElfFile *e)
{
    for (unsigned i = 0; i < ARRAY_LEN(brands); i++) {
        if (e->osabi && e->osabi == brands[i].osabi) {
            return brands[i].name;
        }
    }
    for (unsigned i = 0; i < e->nsegments; i++) {
        const ElfSegment *s = &e->segments[i];
        uint8_t notes[MAX_NOTES];
        if (s->type != PT_NOTE) {
            continue;
        }
        uint64_t size = s->filesz < sizeof(notes) ? s->filesz : sizeof(notes);
        const char *brand = read_at(fd, notes, size, s->offset) ? scan_notes(e, notes, size) : NULL;
        if (brand) {
            return brand;
        }
    }
    return NULL;
}

/* Properties in rising order, each type, size, data, padding to 8 bytes in ELFCLASS64. *value: of the wanted one. */
static int scan_properties(const ElfFile *e, const uint8_t *p, uint64_t size, uint32_t wanted, int64_t *value)
{
    const unsigned align = e->class == ELFCLASS64 ? 8 : 4;
    for (int64_t last = -1; size;) {
        if (size < 8) {
            return -EIO;
        }
        uint32_t type = word(e, p), len = word(e, p + 4);
        uint64_t step = 8 + ALIGN_UP((uint64_t)len, align);
        if (step > size || type <= last) {
            return -EIO;
        }
        if (type == wanted) {
            if (len != 4) {
                return -ENOEXEC;
            }
            *value = word(e, p + 8);
        }
        last = type;
        p += step;
        size -= step;
    }
    return 0;
}

int64_t elf_property(int fd, const ElfFile *e, uint32_t type)
{
    enum { MAX_SIZE = 0x400, HEAD = 16 };
    for (unsigned i = 0; i < e->nsegments; i++) {
        const ElfSegment *s = &e->segments[i];
        uint8_t note[MAX_SIZE];
        if (s->type != PT_GNU_PROPERTY) {
            continue;
        }
        if (s->filesz > sizeof(note)) {
            return -ENOEXEC;
        }
        if (s->filesz < HEAD || !read_at(fd, note, s->filesz, s->offset)) {
            return -EIO;
        }
        uint32_t size = word(e, note + 4);
        if (word(e, note) != 4 || word(e, note + 8) != NT_GNU_PROPERTY_TYPE_0 || memcmp(note + 12, "GNU", 4) || size > s->filesz - HEAD) {
            return -ENOEXEC;
        }
        int64_t value = 0;
        int r = scan_properties(e, note + HEAD, size, type, &value);
        return r < 0 ? r : value;
    }
    return 0;
}

const char *elf_arch_name(const ElfFile *e)
{
    const ArchDesc *arch = arch_find(e->machine, e->class, e->data, e->flags);
    return arch ? arch->name : NULL;
}
