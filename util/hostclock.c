/* SPDX-License-Identifier: MIT */
/* The host's vDSO: its functions are looked up at first use (vdso(7)), its data are never read. */
#include "util/hostclock.h"

#include <elf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>

#include "util/compiler.h"
#include "util/sys.h"

typedef int GetTime(clockid_t clock, struct timespec *out);

/* Without a vDSO. */
static int system_time(clockid_t clock, struct timespec *out) { return (int)sys_call2(SYS_clock_gettime, SYS_INT(clock), SYS_PTR(out)); }

typedef struct Image {
    const char *bias;      /* add an address in the file */
    const Elf64_Sym *symbols;
    const char *strings;
    const Elf32_Word *hash; /* NULL: only a DT_GNU_HASH; the strings then follow the symbols */
} Image;

static bool find_tables(Image *im, const Elf64_Ehdr *e)
{
    const Elf64_Phdr *p = (const void *)((const char *)e + e->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    for (unsigned i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && !im->bias) {
            im->bias = (const char *)e + p[i].p_offset - p[i].p_vaddr;
        } else if (p[i].p_type == PT_DYNAMIC) {
            dynamic = (const void *)((const char *)e + p[i].p_offset);
        }
    }
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        const void *at = im->bias + dynamic->d_un.d_ptr;
        switch (dynamic->d_tag) {
        case DT_SYMTAB: im->symbols = at; break;
        case DT_STRTAB: im->strings = at; break;
        case DT_HASH: im->hash = at; break;
        default: break;
        }
    }
    return im->symbols && im->strings;
}

static void *find(const char *name, void *otherwise)
{
    const Elf64_Ehdr *e = (const void *)getauxval(AT_SYSINFO_EHDR);
    Image im = { 0 };
    if (!e || !find_tables(&im, e)) {
        return otherwise;
    }
    size_t n = im.hash ? im.hash[1] /* nchain */ : (size_t)(im.strings - (const char *)im.symbols) / sizeof(*im.symbols);
    for (size_t i = 0; i < n; i++) {
        if (im.symbols[i].st_shndx != SHN_UNDEF && !strcmp(im.strings + im.symbols[i].st_name, name)) {
            return (void *)(uintptr_t)(im.bias + im.symbols[i].st_value);
        }
    }
    return otherwise;
}

int hostclock_get(clockid_t clock, struct timespec *out)
{
    static _Atomic(GetTime *) function;
    GetTime *f = atomic_load_explicit(&function, memory_order_relaxed);
    if (UNLIKELY(!f)) {
        f = (GetTime *)find("__vdso_clock_gettime", (void *)system_time);
        atomic_store_explicit(&function, f, memory_order_relaxed);
    }
    return f(clock, out);
}
