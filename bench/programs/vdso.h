/* SPDX-License-Identifier: MIT */
/* A function of the kernel's vDSO by its name after __vdso_: the C library has detours of its own. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

static void *vdso(const char *name)
{
    const char *base = (const char *)getauxval(AT_SYSINFO_EHDR), *strings = 0;
    const Elf64_Phdr *p = (const void *)(base + ((const Elf64_Ehdr *)base)->e_phoff);
    const Elf64_Sym *symbols = 0;
    const Elf32_Word *hash = 0;
    while (p->p_type != PT_DYNAMIC)
        p++;
    for (const Elf64_Dyn *d = (const void *)(base + p->p_offset); d->d_tag; d++) {
        const void *at = base + d->d_un.d_ptr;
        if (d->d_tag == DT_SYMTAB)
            symbols = at;
        if (d->d_tag == DT_STRTAB)
            strings = at;
        if (d->d_tag == DT_HASH)
            hash = at;
    }
    for (unsigned i = 0; i < hash[1]; i++) {
        const char *s = strings + symbols[i].st_name;
        if (!strncmp(s, "__vdso_", 7) && !strcmp(s + 7, name))
            return (char *)base + symbols[i].st_value;
    }
    abort();
}
typedef int ClockFn(clockid_t, struct timespec *);
typedef int TimeFn(struct timeval *, struct timezone *);
typedef int CpuFn(unsigned *, unsigned *, void *);
