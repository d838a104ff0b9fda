/* SPDX-License-Identifier: MIT */
/* Names for guest addresses, from the symbol tables of mapped ELF files: for crash reports and perf. Takes no locks; raw system calls. */
#ifndef LYRE_LINUX_USER_SYMBOLS_H
#define LYRE_LINUX_USER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last files that were asked for, with their tables. Zero at first; one thread at a time. */
enum { SYMBOL_FILES = 8 };
typedef struct SymbolFile SymbolFile;
typedef struct SymbolCache {
    SymbolFile *file[SYMBOL_FILES];
    unsigned next;
} SymbolCache;

typedef struct SymbolPlace {
    char name[160];    /* of the nearest symbol; empty: none is known */
    uint64_t offset;   /* from it */
    char file[256];    /* that is mapped there; "[heap]" and so on; empty: nothing is */
    uint64_t address;  /* in the file, as objdump shows it */
} SymbolPlace;

void symbols_find(SymbolCache *cache, uint64_t pc, SymbolPlace *out);
/* The same for an address in a file: out->file names it, and `offset` is where the address's byte lies in it. */
void symbols_find_in_file(SymbolCache *cache, uint64_t offset, SymbolPlace *out);
void symbols_drop(SymbolCache *cache);
/* "main+0x10 (/bin/program+0x1234)", as much of it as is known; size bytes with the NUL. */
void symbols_text(const SymbolPlace *place, char *buf, size_t size);

#endif
