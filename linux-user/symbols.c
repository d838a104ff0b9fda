/* SPDX-License-Identifier: MIT */
/* Symbol tables of ELF files (gABI, chapter 4), read when a name is wanted. Every field may be damaged. */
#include "linux-user/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "linux-user/loader_elf.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"
#include "util/textbuf.h"

enum { TABLE_MAX = 256 << 20, SECTIONS_MAX = 65536 };

typedef struct SymbolEntry {
    uint64_t value;
    uint32_t name; /* offset in the strings */
    bool is_function;
} SymbolEntry;

struct SymbolFile {
    char path[256];
    SymbolEntry *entries;       /* functions and labels by address; of several the one that is to be shown comes last */
    uint32_t nentries, room;
    uint8_t *symbols, *strings; /* NULL: it has none */
    uint64_t symbols_size, strings_size;
    ElfFile elf;
};

/* ---- reading a file */

static uint64_t get(const ElfFile *e, const uint8_t *p, unsigned size)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        v = v << 8 | p[e->data == ELFDATA2MSB ? i : size - 1 - i];
    }
    return v;
}

/* A field of a 32- or 64-bit structure. */
#define GET(e, p, type, member)                                                                                 \
    ((e)->class == ELFCLASS64 ? get(e, (p) + offsetof(Elf64_##type, member), sizeof(((Elf64_##type *)0)->member)) \
                              : get(e, (p) + offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)0)->member)))
#define SIZE(e, type) ((e)->class == ELFCLASS64 ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

/* size bytes of the file, with a NUL behind them; NULL: no. */
static uint8_t *read_part(int fd, uint64_t offset, uint64_t size)
{
    uint8_t *p = size && size <= TABLE_MAX ? hostmem_pages_alloc(size + 1) : NULL;
    if (p && sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(p), size, offset) != (int64_t)size) {
        hostmem_pages_free(p, size + 1);
        p = NULL;
    }
    return p;
}

/* .symtab with its strings, else .dynsym. */
static void read_tables(SymbolFile *f, int fd)
{
    uint8_t header[sizeof(Elf64_Ehdr)];
    ElfFile *e = &f->elf;
    if (sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(header), sizeof(header), 0) != sizeof(header)) {
        return;
    }
    uint64_t at = GET(e, header, Ehdr, e_shoff), n = GET(e, header, Ehdr, e_shnum), each = SIZE(e, Shdr);
    uint8_t *sections = n && n < SECTIONS_MAX && GET(e, header, Ehdr, e_shentsize) == each ? read_part(fd, at, n * each) : NULL;
    for (uint64_t i = 0; sections && i < n; i++) {
        const uint8_t *s = sections + i * each;
        uint64_t type = GET(e, s, Shdr, sh_type), link = GET(e, s, Shdr, sh_link);
        if ((type != SHT_SYMTAB && (type != SHT_DYNSYM || f->symbols)) || link >= n) {
            continue;
        }
        if (f->symbols) {
            hostmem_pages_free(f->symbols, f->symbols_size + 1);
            hostmem_pages_free(f->strings, f->strings_size + 1);
        }
        const uint8_t *names = sections + link * each;
        f->symbols_size = GET(e, s, Shdr, sh_size);
        f->strings_size = GET(e, names, Shdr, sh_size);
        f->symbols = read_part(fd, GET(e, s, Shdr, sh_offset), f->symbols_size);
        f->strings = f->symbols ? read_part(fd, GET(e, names, Shdr, sh_offset), f->strings_size) : NULL;
        if (f->symbols && !f->strings) {
            hostmem_pages_free(f->symbols, f->symbols_size + 1);
            f->symbols = NULL;
        }
        if (type == SHT_SYMTAB && f->symbols) {
            break;
        }
    }
    if (sections) {
        hostmem_pages_free(sections, n * each + 1);
    }
}

static bool comes_before(const SymbolEntry *a, const SymbolEntry *b)
{
    return a->value != b->value ? a->value < b->value : !a->is_function && b->is_function;
}

/* Shell's method with Ciura's gaps, continued: in place, and no worse for input that is sorted already. */
static void sort(SymbolEntry *a, uint32_t n)
{
    static const uint32_t gaps[] = {797161, 265720, 88573, 29524, 9841, 3280, 1093, 701, 301, 132, 57, 23, 10, 4, 1};
    for (unsigned g = 0; g < ARRAY_LEN(gaps); g++) {
        for (uint32_t i = gaps[g]; i < n; i++) {
            SymbolEntry e = a[i];
            uint32_t k = i;
            for (; k >= gaps[g] && comes_before(&e, &a[k - gaps[g]]); k -= gaps[g]) {
                a[k] = a[k - gaps[g]];
            }
            a[k] = e;
        }
    }
}

static void index_symbols(SymbolFile *f)
{
    const ElfFile *e = &f->elf;
    uint64_t each = SIZE(e, Sym);
    f->room = f->symbols ? (uint32_t)(f->symbols_size / each) : 0;
    f->entries = f->room ? hostmem_pages_alloc(f->room * sizeof(*f->entries)) : NULL;
    for (uint64_t i = 0; f->entries && i < f->room; i++) {
        const uint8_t *s = f->symbols + i * each;
        uint64_t name = GET(e, s, Sym, st_name);
        unsigned type = GET(e, s, Sym, st_info) & 15;
        bool is_code = type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC;
        if (is_code && GET(e, s, Sym, st_shndx) != SHN_UNDEF && name < f->strings_size && !strchr("$.", f->strings[name])) { /* not "", $x, .L1 */
            f->entries[f->nentries++] = (SymbolEntry){GET(e, s, Sym, st_value), (uint32_t)name, type != STT_NOTYPE};
        }
    }
    sort(f->entries, f->nentries);
}

static SymbolFile *load(const char *path)
{
    SymbolFile *f = hostmem_pages_alloc(sizeof(*f));
    if (!f) {
        return NULL;
    }
    strcpy(f->path, path);
    int64_t fd = sys_call3(SYS_open, SYS_PTR(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0) {
        return f;
    }
    if (!elf_read_header((int)fd, &f->elf) && !elf_read_segments((int)fd, &f->elf, UINT64_MAX)) {
        read_tables(f, (int)fd);
        index_symbols(f);
    } else {
        f->elf.nsegments = 0;
    }
    sys_call1(SYS_close, (uint64_t)fd);
    return f;
}

static void unload(SymbolFile *f)
{
    if (f && f->symbols) {
        hostmem_pages_free(f->symbols, f->symbols_size + 1);
        hostmem_pages_free(f->strings, f->strings_size + 1);
    }
    if (f && f->entries) {
        hostmem_pages_free(f->entries, f->room * sizeof(*f->entries));
    }
    if (f) {
        hostmem_pages_free(f, sizeof(*f));
    }
}

void symbols_drop(SymbolCache *cache)
{
    for (unsigned i = 0; i < SYMBOL_FILES; i++) {
        unload(cache->file[i]);
        cache->file[i] = NULL;
    }
}

static SymbolFile *find_file(SymbolCache *cache, const char *path)
{
    for (unsigned i = 0; i < SYMBOL_FILES; i++) {
        if (cache->file[i] && strcmp(cache->file[i]->path, path) == 0) {
            return cache->file[i];
        }
    }
    SymbolFile **slot = &cache->file[cache->next++ % SYMBOL_FILES];
    unload(*slot);
    return *slot = load(path);
}

/* ---- looking up */

/* The function that `address` lies in, or the nearest one before it. */
static void find_symbol(const SymbolFile *f, uint64_t address, SymbolPlace *out)
{
    uint32_t low = 0, high = f->nentries;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (f->entries[mid].value <= address) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low) {
        const SymbolEntry *e = &f->entries[low - 1];
        strncpy(out->name, (const char *)f->strings + e->name, sizeof(out->name) - 1);
        out->offset = address - e->value;
    }
}

void symbols_find_in_file(SymbolCache *cache, uint64_t file_offset, SymbolPlace *out)
{
    const SymbolFile *f = find_file(cache, out->file);
    out->address = file_offset;
    for (unsigned i = 0; f && i < f->elf.nsegments; i++) {
        const ElfSegment *s = &f->elf.segments[i];
        if (s->type == PT_LOAD && file_offset >= ALIGN_DOWN(s->offset, 4096) && file_offset < s->offset + s->filesz && (s->flags & PF_X)) {
            out->address = s->vaddr + (file_offset - s->offset);
            find_symbol(f, out->address, out);
            return;
        }
    }
}

static const char *parse_hex(const char *p, uint64_t *out)
{
    for (*out = 0;; p++) {
        int c = *p, digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) {
            return p;
        }
        *out = *out << 4 | (uint64_t)digit;
    }
}

/* `line` of /proc/self/maps holds pc: *offset in the file, and its name. */
static bool parse_line(char *line, uint64_t pc, uint64_t *offset, SymbolPlace *out)
{
    uint64_t start, end;
    const char *p = parse_hex(line, &start);
    p = *p == '-' ? parse_hex(p + 1, &end) : NULL;
    if (!p || pc < start || pc >= end || strlen(p) < 7) {
        return false;
    }
    p = parse_hex(p + 6, offset);
    *offset += pc - start;
    const char *name = strpbrk(p, "/[");
    strncpy(out->file, name ? name : "", sizeof(out->file) - 1);
    return true;
}

void symbols_find(SymbolCache *cache, uint64_t pc, SymbolPlace *out)
{
    char buf[PATH_MAX + 256], *end;
    size_t used = 0;
    int64_t n, fd = sys_call3(SYS_open, SYS_PTR("/proc/self/maps"), O_RDONLY | O_CLOEXEC, 0);
    bool is_found = false;
    uint64_t offset = 0;
    memset(out, 0, sizeof(*out));
    while (fd >= 0 && !is_found && used < sizeof(buf) - 1 && (n = sys_call3(SYS_read, (uint64_t)fd, SYS_PTR(buf + used), sizeof(buf) - 1 - used)) > 0) {
        char *line = buf;
        used += (size_t)n;
        buf[used] = 0;
        for (; !is_found && (end = strchr(line, '\n')); line = end + 1) {
            *end = 0;
            is_found = parse_line(line, pc, &offset, out);
        }
        used -= (size_t)(line - buf);
        memmove(buf, line, used);
    }
    if (fd >= 0) {
        sys_call1(SYS_close, (uint64_t)fd);
    }
    if (is_found && out->file[0] == '/') {
        symbols_find_in_file(cache, offset, out);
    }
}

void symbols_text(const SymbolPlace *place, char *buf, size_t size)
{
    TextBuf out = text_init(buf, size);
    if (place->name[0]) {
        text_str(&out, place->name);
        text_char(&out, '+');
        text_hex(&out, place->offset);
    }
    if (place->file[0]) {
        text_str(&out, place->name[0] ? " (" : "(");
        text_str(&out, place->file);
        if (place->file[0] == '/') {
            text_char(&out, '+');
            text_hex(&out, place->address);
        }
        text_char(&out, ')');
    }
}
