/* SPDX-License-Identifier: MIT */
/* Which instructions of the host are in use: CPUID (SDM vol. 2, CPUID) cut down by -host-cpu. x86-64-v2 is the least host. */
#include <string.h>
#include <sys/platform/x86.h>

#include "tcg/code.h"
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

/* By the C library, which has asked already: in a virtual machine each CPUID costs ten microseconds. */
static HostFeatures detect(void)
{
    HostFeatures f = { 0 };
#define SET(field, name) f.field = CPU_FEATURE_PRESENT(name)
    SET(sse41, SSE4_1);
    SET(popcnt, POPCNT);
    SET(pclmul, PCLMULQDQ);
    SET(aes, AES);
    SET(movbe, MOVBE);
    SET(cx16, CMPXCHG16B);
    SET(sha, SHA);
    SET(lzcnt, LZCNT);
    f.avx = CPU_FEATURE_ACTIVE(AVX); /* the kernel saves the upper halves of vector registers */
    if (f.avx) {
        SET(fma, FMA);
        SET(f16c, F16C);
        SET(avx2, AVX2);
        SET(bmi1, BMI1); /* VEX-coded */
        SET(bmi2, BMI2);
    }
#undef SET
    return f;
}

void host_features_detect(void) { host_features = detect(); }

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
    host_features = f;
    return true;
}
