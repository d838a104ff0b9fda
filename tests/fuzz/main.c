/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzzer over its corpus, then over N random changes of it:  FUZZER CORPUS-DIR N [SEED].  An input that fails is left in
 * /tmp/lyre-fuzz-input. Prints `N passed, N failed`.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { INPUTS_MAX = 4096, SIZE_MAX_INPUT = 1 << 16 };

static struct {
    uint8_t *data;
    size_t size;
} inputs[INPUTS_MAX];
static unsigned ninputs;
static uint8_t current[SIZE_MAX_INPUT];
static size_t current_size;
static uint64_t state;

static uint64_t rnd(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void on_crash(int sig)
{
    FILE *f = fopen("/tmp/lyre-fuzz-input", "wb");
    if (f) {
        fwrite(current, 1, current_size, f);
        fclose(f);
    }
    puts("0 passed, 1 failed\n# the input is /tmp/lyre-fuzz-input");
    fflush(stdout);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void load(const char *dir)
{
    char path[4096];
    struct dirent *e;
    DIR *d = opendir(dir);
    while (d && (e = readdir(d)) && ninputs < INPUTS_MAX) {
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (f) {
            inputs[ninputs].data = malloc(SIZE_MAX_INPUT);
            inputs[ninputs].size = fread(inputs[ninputs].data, 1, SIZE_MAX_INPUT, f);
            ninputs++;
            fclose(f);
        }
    }
    if (d) {
        closedir(d);
    }
}

/* A byte, a bit, a number that borders on something, a piece of another input, or an end that is cut off. */
static void mutate(void)
{
    static const uint64_t odd[] = { 0, 1, 0x7f, 0xff, 0x1000, 0xfff, 1ull << 31, 0xffffffff, 1ull << 47, 1ull << 63, ~0ull, ~0ull - 7 };
    size_t at = rnd() % (current_size ? current_size : 1), n = 1 + rnd() % 8;
    uint64_t v = rnd() & 1 ? odd[rnd() % (sizeof(odd) / sizeof(odd[0]))] : rnd();
    switch (rnd() % 5) {
    case 0: current[at] ^= (uint8_t)(1 << rnd() % 8); break;
    case 1: current[at] = (uint8_t)rnd(); break;
    case 2:
        at &= ~(size_t)7;
        memcpy(current + at, &v, at + n <= current_size ? n : current_size - at);
        break;
    case 3: {
        unsigned other = (unsigned)(rnd() % ninputs);
        size_t from = rnd() % (inputs[other].size + 1), length = rnd() % 64;
        length = from + length > inputs[other].size ? inputs[other].size - from : length;
        length = at + length > current_size ? current_size - at : length;
        memcpy(current + at, inputs[other].data + from, length);
        break;
    }
    default: current_size = rnd() % 4 ? current_size : at; break;
    }
}

int main(int argc, char **argv)
{
    unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 0) : 0, done = 0;
    state = (argc > 3 ? strtoull(argv[3], NULL, 0) : 1) * 0x9e3779b97f4a7c15ull | 1;
    signal(SIGSEGV, on_crash);
    signal(SIGABRT, on_crash);
    signal(SIGBUS, on_crash);
    if (argc > 1) {
        load(argv[1]);
    }
    for (unsigned i = 0; i < ninputs; i++, done++) {
        current_size = inputs[i].size;
        memcpy(current, inputs[i].data, current_size);
        LLVMFuzzerTestOneInput(current, current_size);
    }
    for (unsigned long i = 0; ninputs && i < n; i++, done++) {
        unsigned from = (unsigned)(rnd() % ninputs);
        current_size = inputs[from].size;
        memcpy(current, inputs[from].data, current_size);
        for (unsigned k = 1 + (unsigned)(rnd() % 4); k; k--) {
            mutate();
        }
        LLVMFuzzerTestOneInput(current, current_size);
    }
    printf("%lu passed, %d failed\n", done, done == 0);
    return done == 0;
}
