/* SPDX-License-Identifier: MIT */
/*
 * Code that wants more host registers than there are, again and again: lr and sc of addresses and values that live in registers of the guest
 * without a register of the host, then other regions that read all of these. What a translation that gave up leaves behind shows there.
 */
#include <stdint.h>
#include <stdio.h>

static int tests, failed;

static void check(int ok, const char *what)
{
    tests++;
    failed += !ok;
    printf("%sok %d - %s\n", ok ? "" : "not ", tests, what);
}

/* The loop is a region's head; what follows begins others. x: sums of what a register held after each way out. */
#define ROUND(name, value, addr, result, other)                                                                        \
    static uint64_t name(uint32_t *word, uint32_t expected, uint64_t mark)                                             \
    {                                                                                                                  \
        register uint64_t sum __asm__("a0") = (uint64_t)word;                                                          \
        register uint64_t second __asm__("a1") = expected;                                                             \
        register uint64_t third __asm__("a2") = mark;                                                                  \
        __asm__ volatile("mv " addr ", a0\n mv " other ", a2\n mv " value ", a1\n j 1f\n"                              \
                         "1: lr.w " result ", (" addr ")\n bne " result ", " value ", 2f\n"                            \
                         "sc.w " result ", zero, (" addr ")\n bnez " result ", 1b\n"                                   \
                         "2: j 3f\n 3: sub a0, " addr ", a0\n j 4f\n 4: sub a2, " other ", a2\n add a0, a0, a2\n"      \
                         "j 5f\n 5: sub a1, " value ", a1\n add a0, a0, a1\n"                                          \
                         : "+r"(sum), "+r"(second), "+r"(third)                                                        \
                         :                                                                                             \
                         : "memory", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "s2", "s3", "s4", "s5", "s6", "s7", \
                           "s8", "s9", "s10", "s11");                                                                  \
        return sum;                                                                                                    \
    }
ROUND(round_a3, "a5", "a3", "a4", "t3")
ROUND(round_t0, "t1", "t0", "t2", "t3")
ROUND(round_s2, "s3", "s2", "s4", "s5")
ROUND(round_s8, "s9", "s8", "s10", "s11")
ROUND(round_t3, "t4", "t3", "t5", "t6")
ROUND(round_a6, "a7", "a6", "s6", "s7")

typedef uint64_t Round(uint32_t *word, uint32_t expected, uint64_t mark);

int main(void)
{
    static Round *const rounds[] = { round_a3, round_t0, round_s2, round_s8, round_t3, round_a6 };
    for (unsigned pass = 0; pass < 4; pass++) {
        int ok = 1;
        for (unsigned i = 0; i < sizeof rounds / sizeof *rounds; i++) {
            uint32_t word = 5;
            ok &= rounds[i](&word, pass & 1 ? 6 : 5, 0x123456789abcull) == 0;
            ok &= word == (pass & 1 ? 5 : 0);
        }
        check(ok, pass & 1 ? "registers behind a reservation that is not used" : "registers behind a store-conditional");
    }
    printf("1..%d\n", tests);
    return failed != 0;
}
