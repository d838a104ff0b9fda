/* SPDX-License-Identifier: MIT */
/* Thread-local storage of host threads: ELF TLS variant II (x86-64 psABI): the image lies below the thread pointer, the control block above. */
#include "linux-user/host_tls.h"

#include <elf.h>
#include <string.h>

#include "util/compiler.h"

/* The C library's struct pthread: begins with its own address; locale, stack guard and errno are among the rest. musl's has some 200 bytes, and more of
 * its own memory behind it in the first thread. */
enum { HEADER_SIZE = 256 };

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static const Elf64_Phdr *find_header(uint32_t type)
{
    const Elf64_Ehdr *e = (const void *)__ehdr_start;
    const Elf64_Phdr *p = (const void *)(__ehdr_start + e->e_phoff);
    for (unsigned i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == type) {
            return &p[i];
        }
    }
    return NULL;
}

uint64_t host_tls_make(char *block)
{
    const Elf64_Phdr *tls = find_header(PT_TLS);
    if (find_header(PT_INTERP) || !tls) {
        return 0;
    }
    uint64_t align = tls->p_align > 64 ? tls->p_align : 64, size = ALIGN_UP(tls->p_memsz, align);
    if (size + HEADER_SIZE + align > HOST_TLS_SIZE) {
        return 0;
    }
    char *pointer = (char *)ALIGN_DOWN((uintptr_t)block + HOST_TLS_SIZE - HEADER_SIZE, align), *own;
    memset(block, 0, HOST_TLS_SIZE);
    /* the image begins so far below the pointer that its alignment is kept */
    memcpy(pointer - ALIGN_UP(tls->p_memsz, tls->p_align), __ehdr_start + tls->p_vaddr, tls->p_filesz);
    __asm__("mov %%fs:0, %0" : "=r"(own));
    memcpy(pointer, own, HEADER_SIZE);
    memcpy(pointer, &pointer, sizeof(pointer));
    return (uint64_t)(uintptr_t)pointer;
}
