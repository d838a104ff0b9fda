/* SPDX-License-Identifier: MIT */
/* More code than a small code cache holds, run again and again: 4,000 small functions in generated code, each called in changing order, with calls between them.
 * Guest program for riscv64; prints a checksum that does not depend on the cache. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { FUNCTIONS = 4000, WORDS = 16 };
typedef long Fn(long);

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 60;
    uint32_t *code = mmap(NULL, FUNCTIONS * WORDS * 4, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < FUNCTIONS; i++) {
        uint32_t *p = code + i * WORDS;
        int n = 0;
        for (int k = 0; k < 10; k++) {
            int imm = (i * 7 + k * 13) % 2000 - 1000;
            p[n++] = (uint32_t)(imm & 0xfff) << 20 | 10u << 15 | (k % 3 == 1 ? 4u << 12 : 0u) | 10u << 7 | 0x13; /* addi or xori a0, a0, imm */
            if (k == 4) {
                p[n++] = 0x00151513; /* slli a0, a0, 1 */
                p[n++] = 0x00050463; /* beqz a0, +8 */
                p[n++] = 0xfff50513; /* addi a0, a0, -1 */
            }
        }
        p[n++] = 0x00008067;
    }
    __builtin___clear_cache((char *)code, (char *)(code + FUNCTIONS * WORDS));
    long x = 1;
    uint32_t seed = 1;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < FUNCTIONS; i++) {
            seed = seed * 1664525 + 1013904223;
            x = ((Fn *)(code + (seed >> 8) % FUNCTIONS * WORDS))(x & 0xffffffff);
        }
    }
    printf("%lx\n", (unsigned long)x);
    return 0;
}
