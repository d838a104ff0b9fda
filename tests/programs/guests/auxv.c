/* SPDX-License-Identifier: MIT */
/* The auxiliary vector: entries and order as a kernel 6.12 without rseq gives them (ARCH_DLINFO of asm/elf.h, create_elf_tables() of
 * fs/binfmt_elf.c), and their values. Prints TAP. */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;
extern const char _start[], __ehdr_start[];

enum { MINSIGSTKSZ = 51 };

#if defined(__riscv)
enum { FRAME_SIZE = 1088, HWCAP_LEAST = 0x112d /* imafdc */, IS_EXACT = 1 };
#define FIRST \
    AT_SYSINFO_EHDR, AT_L1I_CACHESIZE, AT_L1I_CACHEGEOMETRY, AT_L1D_CACHESIZE, AT_L1D_CACHEGEOMETRY, AT_L2_CACHESIZE, AT_L2_CACHEGEOMETRY, \
        AT_L3_CACHESIZE, AT_L3_CACHEGEOMETRY, MINSIGSTKSZ
#define LAST AT_EXECFN
#else
enum { FRAME_SIZE = 4720, HWCAP_LEAST = 0x3 /* fp, asimd */, IS_EXACT = 0 };
#define FIRST AT_SYSINFO_EHDR, MINSIGSTKSZ
#define LAST AT_HWCAP2, AT_EXECFN, AT_PLATFORM
#endif

static const uint64_t order[] = {
    FIRST, AT_HWCAP, AT_PAGESZ, AT_CLKTCK, AT_PHDR, AT_PHENT, AT_PHNUM, AT_BASE, AT_FLAGS, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE,
    AT_RANDOM, LAST, AT_NULL,
};
enum { N = sizeof(order) / sizeof(order[0]) };

static void ok(int good, const char *name)
{
    static int count;
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
}

static void is(uint64_t tag, uint64_t value, const char *name)
{
    ok(getauxval(tag) == value, name);
    if (getauxval(tag) != value)
        printf("# %#lx instead of %#lx\n", getauxval(tag), value);
}

#if defined(__riscv)
static int is_geometry(uint64_t tag)
{
    uint64_t v = getauxval(tag), line = v & 0xffff;
    return line <= 1024 && (line & (line - 1)) == 0 && v >> 32 == 0;
}
#endif

int main(int argc, char **argv)
{
    char **end = environ;
    while (*end)
        end++;
    const Elf64_auxv_t *aux = (void *)(end + 1);
    int same = 1;
    for (int i = 0; i < N; i++)
        same &= aux[i].a_type == order[i];
    ok(same, "entries and their order");
    Elf64_auxv_t file[N + 1];
    int fd = open("/proc/self/auxv", O_RDONLY);
    ok(read(fd, file, sizeof(file)) >= (long)sizeof(file[0]) * N && !memcmp(file, aux, sizeof(file[0]) * N), "/proc/self/auxv is the same");
    is(MINSIGSTKSZ, FRAME_SIZE, "AT_MINSIGSTKSZ is a signal frame");
    ok((getauxval(AT_HWCAP) & HWCAP_LEAST) == HWCAP_LEAST && (!IS_EXACT || getauxval(AT_HWCAP) == HWCAP_LEAST), "AT_HWCAP");
    is(AT_PAGESZ, 4096, "AT_PAGESZ");
    is(AT_CLKTCK, 100, "AT_CLKTCK");
    const Elf64_Ehdr *e = (const void *)__ehdr_start;
    is(AT_PHDR, (uintptr_t)__ehdr_start + e->e_phoff, "AT_PHDR");
    is(AT_PHENT, sizeof(Elf64_Phdr), "AT_PHENT");
    is(AT_PHNUM, e->e_phnum, "AT_PHNUM");
    is(AT_BASE, 0, "AT_BASE");
    is(AT_FLAGS, 0, "AT_FLAGS");
    is(AT_ENTRY, (uintptr_t)_start, "AT_ENTRY");
    is(AT_UID, getuid(), "AT_UID");
    is(AT_EUID, geteuid(), "AT_EUID");
    is(AT_GID, getgid(), "AT_GID");
    is(AT_EGID, getegid(), "AT_EGID");
    is(AT_SECURE, 0, "AT_SECURE");
    ok(!strcmp((char *)getauxval(AT_EXECFN), argv[0]), "AT_EXECFN");
    const uint8_t *random = (void *)getauxval(AT_RANDOM);
    int bits = 0;
    for (int i = 0; i < 16; i++)
        bits |= random[i];
    ok(bits && random > (uint8_t *)aux, "AT_RANDOM");
    ok(!memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG), "AT_SYSINFO_EHDR");
#if defined(__riscv)
    ok(is_geometry(AT_L1I_CACHEGEOMETRY) && is_geometry(AT_L1D_CACHEGEOMETRY) && is_geometry(AT_L2_CACHEGEOMETRY) && is_geometry(AT_L3_CACHEGEOMETRY),
       "cache geometry");
#else
    ok(!strcmp((char *)getauxval(AT_PLATFORM), "aarch64"), "AT_PLATFORM");
#endif
    printf("1..21\n");
}
