/* SPDX-License-Identifier: MIT */
/*
 * `lyre disas`: a filter for the emulators' -d output. Host code (lines `OUT: ADDRESS: HEX`, after a line that tells the region's size) becomes text;
 * everything else passes. With --arch: the bytes given, of one architecture.
 */
#include <capstone/capstone.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#include "target/target.h"
#include "tools/lyre/commands.h"
#include "tools/lyre/emulators.h"
#include "util/compiler.h"

/* ---- bytes to text */

/* Others are left to Capstone: the functions of two ISAs have equal names and cannot be linked into one program yet. */
static const Target *const targets[] = {&target_riscv64};

/* What Capstone calls the architectures of hosts. */
static const struct {
    const char *name;
    cs_arch arch;
    cs_mode mode;
} hosts[] = {
    {"x86_64", CS_ARCH_X86, CS_MODE_64},
    {"aarch64", CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN},
};

static void print_line(uint64_t pc, const uint8_t *bytes, size_t n, const char *name, const char *operands)
{
    int column = printf("0x%012" PRIx64 ":  ", pc);
    for (size_t i = 0; i < n; i++) {
        column += printf("%02x", bytes[i]);
    }
    printf("%*s%s%s%s\n", column < 44 ? 44 - column : 2, "", name, *operands ? " " : "", operands);
}

/* By Capstone; false: it does not know the architecture. Bytes that are no instruction come as .byte. */
static bool print_host_code(const char *arch, uint64_t pc, const uint8_t *bytes, size_t n)
{
    unsigned k = 0;
    csh handle;
    while (k < ARRAY_LEN(hosts) && strcmp(hosts[k].name, arch) != 0) {
        k++;
    }
    if (k == ARRAY_LEN(hosts) || cs_open(hosts[k].arch, hosts[k].mode, &handle) != CS_ERR_OK) {
        return false;
    }
    cs_insn *insn = cs_malloc(handle);
    while (n) {
        if (cs_disasm_iter(handle, &bytes, &n, &pc, insn)) {
            print_line(insn->address, insn->bytes, insn->size, insn->mnemonic, insn->op_str);
        } else {
            char value[8];
            snprintf(value, sizeof(value), "0x%02x", *bytes);
            print_line(pc++, bytes++, 1, ".byte", value);
            n--;
        }
    }
    cs_free(insn, 1);
    cs_close(&handle);
    return true;
}

/* By our own rows; false: it is no guest of ours. */
static bool print_guest_code(const char *arch, uint64_t pc, const uint8_t *bytes, size_t n)
{
    const Target *target = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(targets); i++) {
        target = strcmp(targets[i]->name, arch) == 0 ? targets[i] : target;
    }
    if (!target) {
        return false;
    }
    const char *error;
    const TargetCpu *cpu = target->cpu_parse("max", &error);
    while (n) {
        TargetInsn insn;
        char text[128];
        memset(&insn, 0, sizeof(insn));
        target->decode(cpu, 0, pc, bytes, n < target->max_insn ? (unsigned)n : target->max_insn, &insn);
        size_t len = insn.len && insn.len <= n ? insn.len : target->min_insn < n ? target->min_insn : n;
        if (insn.len == len) {
            target->disas(&insn, text, sizeof(text));
        } else {
            snprintf(text, sizeof(text), ".byte (the instruction goes on)");
        }
        print_line(pc, bytes, len, text, "");
        bytes += len;
        pc += len;
        n -= len;
    }
    return true;
}

/* ---- the filter */

/* Host code of the region whose lines are being read. */
typedef struct Region {
    uint64_t start;
    size_t used, size; /* bytes read; as its first line says */
    uint8_t *bytes;
} Region;

static size_t read_hex(const char *hex, uint8_t *out, size_t max)
{
    size_t n = 0;
    unsigned byte;
    while (n < max && sscanf(hex + 2 * n, "%2x", &byte) == 1) {
        out[n++] = (uint8_t)byte;
    }
    return n;
}

static void finish(Region *r, const char *arch)
{
    if (r->used && !print_host_code(arch, r->start, r->bytes, r->used)) {
        fprintf(stderr, "lyre disas: Capstone does not know %s\n", arch);
        exit(1);
    }
    if (r->used) {
        putchar('\n');
    }
    r->used = r->size = 0;
}

/* A line that belongs to a region's host code is taken; false: it is to be shown. */
static bool take(Region *r, const char *line)
{
    uint64_t address;
    int at = 0;
    if (!r->size || sscanf(line, "OUT: %" SCNx64 ": %n", &address, &at) != 1 || !at) {
        return false;
    }
    if (r->used == 0) {
        r->start = address;
    }
    r->used += read_hex(line + at, r->bytes + r->used, r->size - r->used);
    return true;
}

static int filter(FILE *in, const char *arch)
{
    enum { REGION_MAX = 16 << 20 };
    Region r = {0};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) > 0) {
        size_t size;
        if (take(&r, line)) {
            if (r.used == r.size) {
                finish(&r, arch);
            }
            continue;
        }
        if (strncmp(line, "OUT: region ", 12) == 0) {
            finish(&r, arch);
            const char *text = strstr(line, " size ");
            if (text && sscanf(text, " size %zu", &size) == 1 && size <= REGION_MAX) {
                r.bytes = realloc(r.bytes, size + 1);
                r.size = r.bytes ? size : 0;
            }
        }
        fputs(line, stdout);
        fflush(stdout);
    }
    finish(&r, arch);
    free(line);
    free(r.bytes);
    return ferror(in) ? 1 : 0;
}

/* ---- command line */

static void usage(FILE *out)
{
    fputs("usage: lyre disas [--host ARCH] [FILE]\n"
          "       lyre disas --arch ARCH [--pc ADDRESS] HEX...\n"
          "\n"
          "Without --arch: a filter for what emulators write under -d out_asm; host code becomes text, everything else passes. Emulators that find\n"
          "lyre beside themselves run it so by themselves, unless told -x raw.\n"
          "With --arch: disassembles bytes; ARCH is a guest of ours (aarch64, riscv64) or x86_64.\n",
          out);
}

static int disassemble(const char *arch, uint64_t pc, int n, char **words)
{
    uint8_t bytes[4096];
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        const char *hex = words[i] + 2 * (strncmp(words[i], "0x", 2) == 0);
        size_t length = strlen(hex);
        if (length % 2 || read_hex(hex, bytes + used, sizeof(bytes) - used) != length / 2) {
            fprintf(stderr, "lyre disas: %s: hexadecimal bytes in the order of memory are wanted\n", words[i]);
            return 1;
        }
        used += length / 2;
    }
    if (!print_guest_code(arch, pc, bytes, used) && !print_host_code(arch, pc, bytes, used)) {
        fprintf(stderr, "lyre disas: %s: an architecture that cannot be disassembled\n", arch);
        return 1;
    }
    return 0;
}

int command_disas(int argc, char **argv)
{
    const char *arch = NULL, *host = emulator_host_arch();
    uint64_t pc = 0;
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *word = argv[i] + 1 + (argv[i][1] == '-');
        if (strcmp(word, "h") == 0 || strcmp(word, "help") == 0) {
            usage(stdout);
            return 0;
        }
        if (i + 1 == argc || (strcmp(word, "arch") && strcmp(word, "host") && strcmp(word, "pc"))) {
            usage(stderr);
            return 1;
        }
        i++;
        arch = word[0] == 'a' ? argv[i] : arch;
        host = word[0] == 'h' ? argv[i] : host;
        pc = word[0] == 'p' ? strtoull(argv[i], NULL, 0) : pc;
    }
    if (arch) {
        return disassemble(arch, pc, argc - i, argv + i);
    }
    FILE *in = i < argc && strcmp(argv[i], "-") ? fopen(argv[i], "re") : stdin;
    if (!in) {
        fprintf(stderr, "lyre disas: %s: %s\n", argv[i], strerror(errno));
        return 1;
    }
    signal(SIGINT, SIG_IGN); /* it ends when those end that write to it */
    return filter(in, host);
}
