/* SPDX-License-Identifier: MIT */
/* Which instructions of the host are in use: CPUID (SDM vol. 2, CPUID) cut down by -host-cpu. x86-64-v2 is the least host. */
#include <cpuid.h>
#include <string.h>

#include "tcg/code.h"
#include "tcg/fpu.h"
#include "util/compiler.h"

HostFeatures host_features;

/* Levels of the x86-64 psABI. popcnt, sse4.1 and cmpxchg16b are in v2. */
static const HostFeatures level_v2 = { .sse41 = true, .popcnt = true, .cx16 = true };
static const HostFeatures level_v3 = {
    .sse41 = true, .popcnt = true, .cx16 = true, .avx = true, .avx2 = true, .bmi1 = true, .bmi2 = true, .lzcnt = true,
    .fma = true, .f16c = true, .movbe = true,
};

#define FEATURE(name) { #name, offsetof(HostFeatures, name) }
static const struct Feature {
    const char *name;
    size_t offset;
} features[] = {
    FEATURE(sse41), FEATURE(avx), FEATURE(avx2), FEATURE(bmi1), FEATURE(bmi2), FEATURE(lzcnt), FEATURE(popcnt), FEATURE(fma),
    FEATURE(f16c), FEATURE(pclmul), FEATURE(aes), FEATURE(sha), FEATURE(movbe), FEATURE(cx16),
};

static bool *feature(HostFeatures *f, size_t i) { return (bool *)((char *)f + features[i].offset); }

/* Whether the kernel saves the upper halves of vector registers (SDM vol. 1, 14.3). */
static bool os_saves_avx(unsigned ecx)
{
    if (!(ecx & bit_OSXSAVE)) {
        return false;
    }
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

/* In a virtual machine each CPUID takes 20 to 50 us, so none of them asks which leaves there are: 1 and 0x80000001 are on every x86-64, 7 wherever
 * AVX is. */
static HostFeatures detect(void)
{
    HostFeatures f = { 0 };
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    f.sse41 = c & bit_SSE4_1;
    f.popcnt = c & bit_POPCNT;
    f.pclmul = c & bit_PCLMUL;
    f.aes = c & bit_AES;
    f.movbe = c & bit_MOVBE;
    f.cx16 = c & bit_CMPXCHG16B;
    f.avx = (c & bit_AVX) && os_saves_avx(c);
    if (f.avx) { /* what follows is VEX-coded, or newer */
        f.fma = c & bit_FMA;
        f.f16c = c & bit_F16C;
        __cpuid_count(7, 0, a, b, c, d);
        f.avx2 = b & bit_AVX2;
        f.bmi1 = b & bit_BMI;
        f.bmi2 = b & bit_BMI2;
        f.sha = b & bit_SHA;
        __cpuid(0x80000001, a, b, c, d);
        f.lzcnt = c & bit_LZCNT;
    }
    return f;
}

static void use(const HostFeatures *f)
{
    host_features = *f;
    fpu_use_hardware(f->fma, f->f16c);
}

void host_features_detect(void)
{
    HostFeatures f = detect();
    use(&f);
}

static bool set_by_name(HostFeatures *f, const char *name, size_t len, bool value)
{
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        if (strlen(features[i].name) == len && memcmp(features[i].name, name, len) == 0) {
            *feature(f, i) = value;
            return true;
        }
    }
    return false;
}

static bool apply_word(HostFeatures *f, const char *word, size_t len)
{
    if (len && (word[0] == '+' || word[0] == '-')) {
        return set_by_name(f, word + 1, len - 1, word[0] == '+');
    }
    if (len == 2 && memcmp(word, "v2", 2) == 0) {
        *f = level_v2;
    } else if (len == 2 && memcmp(word, "v3", 2) == 0) {
        *f = level_v3;
    } else if (len == 6 && memcmp(word, "native", 6) == 0) {
        *f = detect();
    } else {
        return false;
    }
    return true;
}

/* What is built on VEX goes with it. */
static void make_consistent(HostFeatures *f)
{
    f->fma &= f->avx;
    f->f16c &= f->avx;
    f->avx2 &= f->avx;
    f->bmi1 &= f->avx;
    f->bmi2 &= f->avx;
}

bool host_features_parse(const char *spec)
{
    HostFeatures f = detect(), has = f;
    for (const char *p = spec;;) {
        size_t len = strcspn(p, ",");
        if (!apply_word(&f, p, len)) {
            return false;
        }
        p += len;
        if (!*p) {
            break;
        }
        p++;
    }
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        *feature(&f, i) &= *feature(&has, i); /* never what the CPU lacks */
    }
    make_consistent(&f);
    use(&f);
    return true;
}
