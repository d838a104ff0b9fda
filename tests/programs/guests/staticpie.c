/* SPDX-License-Identifier: MIT */
/* A static PIE without a C library: it finds itself by its auxiliary vector and relocates itself, as rcrt1.o does. */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
extern Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
void _start(void);

static int word = 5;
static int *volatile pointer = &word; /* R_*_RELATIVE */
static int number;

static long call3(long n, long a, long b, long c)
{
    return guest_call(n, (uint64_t[6]){(uint64_t)a, (uint64_t)b, (uint64_t)c});
}

static void ok(int is_ok, const char *name)
{
    char line[100], *p = line;
    for (const char *s = is_ok ? "ok " : "not ok "; *s;) {
        *p++ = *s++;
    }
    *p++ = (char)('0' + ++number);
    for (const char *s = " - "; *s;) {
        *p++ = *s++;
    }
    while (*name) {
        *p++ = *name++;
    }
    *p++ = '\n';
    call3(64, 1, (long)line, p - line);
}

static uint64_t aux(const uint64_t *auxv, uint64_t type)
{
    while (auxv[0] != AT_NULL && auxv[0] != type) {
        auxv += 2;
    }
    return auxv[1];
}

static void relocate(uint64_t base)
{
    uint64_t rela = 0, size = 0;
    for (const Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
        rela = d->d_tag == DT_RELA ? d->d_un.d_ptr : rela;
        size = d->d_tag == DT_RELASZ ? d->d_un.d_val : size;
    }
    for (const Elf64_Rela *r = (void *)(base + rela); size; r++, size -= sizeof(*r)) {
        *(uint64_t *)(base + r->r_offset) = base + (uint64_t)r->r_addend;
    }
}

__attribute__((used)) void start_c(uint64_t *sp)
{
    uint64_t base = (uint64_t)&__ehdr_start;
    uint64_t *p = sp + 1 + sp[0] + 1;
    while (*p) {
        p++;
    }
    const uint64_t *auxv = p + 1;
    relocate(base);
    ok(sp[0] == 1 && base >= 0x10000 && base % 4096 == 0, "it lies on a page of its own");
    ok(aux(auxv, AT_ENTRY) == (uint64_t)_start, "AT_ENTRY");
    ok(aux(auxv, AT_PHDR) == base + __ehdr_start.e_phoff && aux(auxv, AT_PHNUM) == __ehdr_start.e_phnum, "AT_PHDR");
    ok(aux(auxv, AT_BASE) == 0, "AT_BASE: no interpreter");
    ok(__ehdr_start.e_type == ET_DYN && pointer == &word && *pointer == 5, "its relocations");
    uint64_t brk = (uint64_t)call3(214, 0, 0, 0);
    ok((uint64_t)call3(214, (long)brk + 8192, 0, 0) == brk + 8192 && (*(volatile int *)(brk + 5000) = 1), "brk");
    call3(64, 1, (long)"1..6\n", 5);
    call3(94, 0, 0, 0);
}

__asm__(".globl _start\n_start: " GUEST_START);
