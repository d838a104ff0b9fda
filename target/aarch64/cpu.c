/* SPDX-License-Identifier: MIT */
/* CPU models and features: -cpu, hardware capabilities, ID registers. */
#include "target/aarch64/cpu.h"

#include <string.h>
#include <unistd.h>

#include "util/compiler.h"
#include "util/hostmem.h"

static const struct {
    const char *name;
    int8_t hwcap, hwcap2;
    uint8_t id, shift, value;
} extensions[A64_EXT_COUNT] = {
#define EXT(id, name, hwcap, hwcap2, reg, shift, value) [A64_EXT_##id] = { name, hwcap, hwcap2, A64_ID_##reg, shift, value },
#include "target/aarch64/features.def"
#undef EXT
};
_Static_assert(A64_EXT_COUNT < 64, "a bit per feature");

#define B(id) (1ull << A64_EXT_##id)
#define MODEL_MAX (((1ull << A64_EXT_COUNT) - 1) & ~(B(PAUTH) | B(PACGA)))
#define MODEL_V8 (B(BASE) | B(FP) | B(SIMD) | B(CRC32) | B(AES) | B(PMULL) | B(SHA1) | B(SHA256))
#define MODEL_V82 (MODEL_V8 | B(LSE) | B(LOR) | B(LRCPC) | B(DCPOP) | B(SSBS) | B(RDM) | B(FP16) | B(DOTPROD))
#define MODEL_V84 (MODEL_V82 | B(LSE2) | B(LRCPC2) | B(DIT) | B(FLAGM) | B(DCPODP) | B(SB) | B(JSCVT) | B(FCMA) | B(FHM) | B(I8MM) | \
                   B(RNG) | B(SHA3) | B(SHA512) | B(SM3) | B(SM4))

static const struct {
    const char *name;
    uint64_t ext, midr;
    const char *about;
} models[] = {
    { "max", MODEL_MAX, 0x000f0510, "all that Lyre has (default)" },
    { "cortex-a53", MODEL_V8, 0x410fd034, "Armv8.0" },
    { "cortex-a57", MODEL_V8, 0x411fd070, "Armv8.0" },
    { "cortex-a72", MODEL_V8, 0x410fd083, "Armv8.0" },
    { "cortex-a76", MODEL_V82, 0x414fd0b1, "Armv8.2" },
    { "neoverse-n1", MODEL_V82, 0x414fd0c1, "Armv8.2" },
    { "neoverse-v1", MODEL_V84, 0x411fd402, "Armv8.4 without SVE" },
};
#undef B

/* One item behind the model: lse=on, lse=off, +lse, -lse, lse. */
static bool parse_item(const char *s, size_t len, uint64_t *ext)
{
    bool on = true;
    const char *eq = memchr(s, '=', len);
    if (len && (*s == '+' || *s == '-')) {
        on = *s == '+';
        s++, len--;
    } else if (eq) {
        size_t n = len - (size_t)(eq + 1 - s);
        bool is_on = (n == 2 && !memcmp(eq + 1, "on", 2)) || (n == 4 && !memcmp(eq + 1, "true", 4));
        bool is_off = (n == 3 && !memcmp(eq + 1, "off", 3)) || (n == 5 && !memcmp(eq + 1, "false", 5));
        if (!is_on && !is_off)
            return false;
        on = is_on;
        len = (size_t)(eq - s);
    }
    for (unsigned e = A64_EXT_SIMD + 1; e < A64_EXT_COUNT; e++) {
        if (strlen(extensions[e].name) == len && !memcmp(extensions[e].name, s, len)) {
            *ext = on ? *ext | 1ull << e : *ext & ~(1ull << e);
            return true;
        }
    }
    return false;
}

static void set_id_registers(TargetCpu *cpu)
{
    for (unsigned e = 0; e < A64_EXT_COUNT; e++) {
        uint64_t *id = &cpu->id[extensions[e].id];
        unsigned shift = extensions[e].shift;
        if (a64_has(cpu, e) && extensions[e].value > (*id >> shift & 15))
            *id = (*id & ~(15ull << shift)) | (uint64_t)extensions[e].value << shift;
    }
    cpu->id[A64_ID_PFR0] |= 0x11; /* EL0 and EL1 in AArch64 only */
    cpu->id[A64_ID_MMFR0] |= 0xff000000; /* granules: the kernel hides them, as "none" */
}

/* Two bits of AT_HWCAP that are one feature of -cpu. */
static void couple(uint64_t *ext, unsigned feature, unsigned with)
{
    *ext = (*ext & ~(1ull << with)) | (*ext >> feature & 1) << with;
}

const TargetCpu *a64_cpu_parse(const char *spec, const char **error)
{
    if (!spec)
        spec = models[0].name;
    size_t len = strcspn(spec, ",");
    unsigned m = 0;
    while (m < ARRAY_LEN(models) && !(strlen(models[m].name) == len && !memcmp(models[m].name, spec, len)))
        m++;
    if (m == ARRAY_LEN(models)) {
        *error = "unknown CPU model (-cpu help lists them)";
        return NULL;
    }
    uint64_t ext = models[m].ext;
    for (const char *s = spec + len; *s;) {
        s++;
        len = strcspn(s, ",");
        if (!parse_item(s, len, &ext)) {
            *error = "unknown CPU property (-cpu help lists them)";
            return NULL;
        }
        s += len;
    }
    couple(&ext, A64_EXT_FP16, A64_EXT_ASIMDHP);
    couple(&ext, A64_EXT_PAUTH, A64_EXT_PACGA);
    TargetCpu *cpu = host_alloc(sizeof *cpu);
    *cpu = (TargetCpu){ .name = models[m].name, .ext = ext, .midr = models[m].midr, .guards = host_alloc(sizeof(A64Guards)) };
    *cpu->guards = (A64Guards){ 0 };
    set_id_registers(cpu);
    return cpu;
}

void a64_cpu_set_vdso(const TargetCpu *cpu, const uint64_t *page)
{
    ((TargetCpu *)cpu)->vdso = page; /* all that changes after start */
}

static void put(int fd, const char *s)
{
    if (write(fd, s, strlen(s)) < 0)
        return; /* nobody is left to be told */
}

void a64_cpu_list(int fd)
{
    put(fd, "CPU models:\n");
    for (unsigned i = 0; i < ARRAY_LEN(models); i++) {
        put(fd, "  ");
        put(fd, models[i].name);
        put(fd, ": ");
        put(fd, models[i].about);
        put(fd, "\n");
    }
    put(fd, "Features (MODEL,lse=on or +lse; lse=off or -lse):\n ");
    for (unsigned e = A64_EXT_SIMD + 1; e < A64_EXT_COUNT; e++) {
        put(fd, " ");
        put(fd, extensions[e].name);
    }
    put(fd, "\n");
}

uint64_t a64_hwcap(const TargetCpu *cpu)
{
    uint64_t cap = 0;
    for (unsigned e = 0; e < A64_EXT_COUNT; e++)
        if (a64_has(cpu, e) && extensions[e].hwcap >= 0)
            cap |= 1ull << extensions[e].hwcap;
    return cap;
}

uint64_t a64_hwcap2(const TargetCpu *cpu)
{
    uint64_t cap = 0;
    for (unsigned e = 0; e < A64_EXT_COUNT; e++)
        if (a64_has(cpu, e) && extensions[e].hwcap2 >= 0)
            cap |= 1ull << extensions[e].hwcap2;
    return cap;
}
