/* SPDX-License-Identifier: MIT */
/* CPU models and extensions: -cpu, hardware capabilities. */
#include "target/riscv/cpu.h"

#include <string.h>
#include <unistd.h>

#include "util/compiler.h"
#include "util/hostmem.h"

static const struct {
    const char *name;
    uint64_t needs;
    int hwprobe;
} extensions[RV_EXT_COUNT] = {
#define EXT(id, name, needs, hwprobe) [RV_EXT_##id] = { name, needs, hwprobe },
#include "target/riscv/extensions.def"
#undef EXT
};

#define B(id) (1ull << RV_EXT_##id)
_Static_assert(RV_EXT_COUNT < 64, "a bit per extension");
#define MODEL_MAX ((1ull << RV_EXT_COUNT) - 1)
#define MODEL_GC  (B(I) | B(M) | B(A) | B(ZICSR) | B(ZIFENCEI) | B(F) | B(D) | B(C) | B(ZICNTR))

static const struct {
    const char *name;
    uint64_t ext;
    const char *about;
} models[] = {
    { "rv64", MODEL_MAX, "all that Lyre has (default)" },
    { "max", MODEL_MAX, "the same" },
    { "rva22u64",
      MODEL_GC | B(ZIHINTPAUSE) | B(ZBA) | B(ZBB) | B(ZBS) | B(ZICBOM) | B(ZICBOP) | B(ZICBOZ) |
          B(ZFHMIN),
      "profile RVA22U64" },
    { "rva23u64", 0, "profile RVA23U64: not yet, it needs the vector extension" },
    { "sifive-u54", MODEL_GC, "RV64GC" },
    { "thead-c906", MODEL_GC | B(ZFHMIN) | B(ZFH),
      "RV64GC with half precision, without its custom instructions" },
};
#undef B

static void switch_on(uint64_t *ext, unsigned e)
{
    *ext |= 1ull << e | extensions[e].needs;
    for (int i = RV_EXT_COUNT - 1; i >= 0; i--) /* needs stand above: downwards reaches all */
        if (*ext >> i & 1)
            *ext |= extensions[i].needs;
}

static void switch_off(uint64_t *ext, unsigned e)
{
    *ext &= ~(1ull << e);
    for (unsigned i = 0; i < RV_EXT_COUNT; i++)
        if (extensions[i].needs & ~*ext)
            *ext &= ~(1ull << i);
}

/* One item behind the model: zba=on, zba=off, +zba, -zba, zba. */
static bool parse_item(const char *s, size_t len, uint64_t *ext)
{
    bool on = true;
    if (len && (*s == '+' || *s == '-')) {
        on = *s == '+';
        s++, len--;
    } else {
        const char *eq = memchr(s, '=', len);
        if (eq) {
            size_t n = len - (size_t)(eq + 1 - s);
            const char *v = eq + 1;
            if ((n == 2 && !memcmp(v, "on", 2)) || (n == 4 && !memcmp(v, "true", 4)))
                on = true;
            else if ((n == 3 && !memcmp(v, "off", 3)) || (n == 5 && !memcmp(v, "false", 5)))
                on = false;
            else
                return false;
            len = (size_t)(eq - s);
        }
    }
    for (unsigned e = 0; e < RV_EXT_COUNT; e++) {
        if (strlen(extensions[e].name) == len && !memcmp(extensions[e].name, s, len)) {
            if (on)
                switch_on(ext, e);
            else
                switch_off(ext, e);
            return true;
        }
    }
    return false;
}

const TargetCpu *riscv_cpu_parse(const char *spec, const char **error)
{
    if (!spec)
        spec = models[0].name;
    size_t len = strcspn(spec, ",");
    unsigned m = 0;
    while (m < ARRAY_LEN(models) &&
           !(strlen(models[m].name) == len && !memcmp(models[m].name, spec, len)))
        m++;
    if (m == ARRAY_LEN(models)) {
        *error = "unknown CPU model (-cpu help lists them)";
        return NULL;
    }
    uint64_t ext = models[m].ext;
    if (!ext) {
        *error = "this CPU model needs the vector extension, which this version does not have";
        return NULL;
    }
    for (const char *s = spec + len; *s;) {
        s++;
        len = strcspn(s, ",");
        if (!parse_item(s, len, &ext)) {
            *error = "unknown CPU property (-cpu help lists them)";
            return NULL;
        }
        s += len;
    }
    if (!(ext >> RV_EXT_I & 1)) {
        *error = "the base instruction set cannot be switched off";
        return NULL;
    }
    TargetCpu *cpu = host_alloc(sizeof *cpu);
    cpu->name = models[m].name;
    cpu->ext = ext;
    return cpu;
}

void riscv_cpu_set_vdso(const TargetCpu *cpu, const uint64_t *page)
{
    ((TargetCpu *)cpu)->vdso = page; /* all that changes after start */
}

static void put(int fd, const char *s)
{
    if (write(fd, s, strlen(s)) < 0)
        return; /* nobody is left to be told */
}

void riscv_cpu_list(int fd)
{
    put(fd, "CPU models:\n");
    for (unsigned i = 0; i < ARRAY_LEN(models); i++) {
        put(fd, "  ");
        put(fd, models[i].name);
        put(fd, ": ");
        put(fd, models[i].about);
        put(fd, "\n");
    }
    put(fd, "Extensions (MODEL,zba=on or +zba; zba=off or -zba):\n ");
    for (unsigned e = 0; e < RV_EXT_COUNT; e++) {
        put(fd, " ");
        put(fd, extensions[e].name);
    }
    put(fd, "\n");
}

uint64_t riscv_hwcap(const TargetCpu *cpu)
{
    static const struct {
        uint8_t ext;
        char letter;
    } letters[] = {
        { RV_EXT_I, 'I' }, { RV_EXT_M, 'M' }, { RV_EXT_A, 'A' },
        { RV_EXT_F, 'F' }, { RV_EXT_D, 'D' }, { RV_EXT_C, 'C' },
    };
    uint64_t cap = 0;
    for (unsigned i = 0; i < ARRAY_LEN(letters); i++)
        if (riscv_has(cpu, letters[i].ext))
            cap |= 1ull << (letters[i].letter - 'A');
    return cap;
}

/* Bits of the kernel's asm/hwprobe.h that follow from others here. */
enum { HWPROBE_ZCA = 43, HWPROBE_ZCD = 45, HWPROBE_ZAAMO = 56, HWPROBE_ZALRSC = 57 };

uint64_t riscv_hwprobe_ima_ext_0(const TargetCpu *cpu)
{
    uint64_t bits = 0;
    for (unsigned e = 0; e < RV_EXT_COUNT; e++)
        if (riscv_has(cpu, e) && extensions[e].hwprobe >= 0)
            bits |= 1ull << extensions[e].hwprobe;
    if (riscv_has(cpu, RV_EXT_C))
        bits |= 1ull << HWPROBE_ZCA | (uint64_t)riscv_has(cpu, RV_EXT_D) << HWPROBE_ZCD;
    if (riscv_has(cpu, RV_EXT_A))
        bits |= 1ull << HWPROBE_ZAAMO | 1ull << HWPROBE_ZALRSC;
    return bits;
}

uint32_t riscv_flags_of_mxcsr(uint32_t m)
{
    return (m >> 5 & 1) | (m >> 3 & 2) | (m >> 1 & 4) | (m << 1 & 8) | (m << 4 & 16);
}

uint32_t riscv_mxcsr_of_flags(uint32_t f)
{
    return (f << 5 & 32) | (f << 3 & 16) | (f << 1 & 8) | (f >> 1 & 4) | (f >> 4 & 1);
}

uint32_t riscv_get_fcsr(const CpuState *s)
{
    return riscv_flags_of_mxcsr(s->guest_mxcsr) | riscv_state_const(s)->frm << 5;
}

void riscv_set_fcsr(CpuState *s, uint32_t fcsr)
{
    uint32_t frm = fcsr >> 5 & 7;
    static const uint8_t host_round[8] = {
        0, 3, 1, 2
    }; /* MXCSR.RC of RNE, RTZ, RDN, RUP; nearest for the others */
    riscv_state(s)->frm = frm;
    s->guest_mxcsr = 0x1f80 | riscv_mxcsr_of_flags(fcsr & 31) | (uint32_t)host_round[frm] << 13;
    s->ctx = (s->ctx & ~(uint32_t)RV_CTX_FRM_MASK) | riscv_ctx_of_frm(frm);
}
