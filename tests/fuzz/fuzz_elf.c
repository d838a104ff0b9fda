/* SPDX-License-Identifier: MIT */
/* The readers of ELF files: headers, brands, architecture, symbol tables. One input is one file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux-user/loader_elf.h"
#include "linux-user/symbols.h"
#include "tests/fuzz/fuzz.h"
#include "util/archs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ElfFile elf;
    SymbolCache cache = {0};
    SymbolPlace place;
    char text[512];
    int fd = memfd_create("elf", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        return 0;
    }
    arch_of_header(data, size);
    if (!elf_read_header(fd, &elf)) {
        elf_arch_name(&elf);
        if (!elf_read_segments(fd, &elf, 1ull << 47)) {
            elf_foreign_brand(fd, &elf);
        }
    }
    for (uint64_t offset = 0; offset < size + 4096; offset += 1024) {
        memset(&place, 0, sizeof(place));
        snprintf(place.file, sizeof(place.file), "/proc/self/fd/%d", fd);
        symbols_find_in_file(&cache, offset, &place);
        symbols_text(&place, text, sizeof(text));
    }
    symbols_drop(&cache);
    close(fd);
    return 0;
}
