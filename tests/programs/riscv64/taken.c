/* SPDX-License-Identifier: MIT */
/*
 * Tier 1: an operation whose result and one operand are of the same guest register, its other operand made just before. The other one must not be
 * made where the register's old value still is (the JVM's garbage collector met it at a shift). Prints TAP.
 */
#include <stdint.h>
#include <stdio.h>

#define CZERO_EQZ(d, a, b) ".insn r 0x33, 5, 0x07, " d ", " a ", " b "\n"
#define ANDN(d, a, b) ".insn r 0x33, 7, 0x20, " d ", " a ", " b "\n"

/* a4 comes from memory; a load behind it makes it seen; a5 is made of that and forgotten after the operation. */
#define OPERATION(name, text)                                                                                                    \
    uint64_t name(const uint64_t *p);                                                                                            \
    __asm__(".text\n" #name ":\n"                                                                                                \
            "    ld a4, 0(a0)\n"                                                                                                 \
            "    ld a3, 8(a0)\n"                                                                                                 \
            "    addi a5, a3, 7\n" text                                                                                          \
            "    li a5, 0\n"                                                                                                     \
            "    mv a0, a4\n"                                                                                                    \
            "    ret\n")

OPERATION(shift_left, "    sll a4, a5, a4\n");
OPERATION(shift_right, "    srl a4, a5, a4\n");
OPERATION(shift_signed, "    sra a4, a5, a4\n");
OPERATION(shift_word, "    srlw a4, a5, a4\n");
OPERATION(subtract, "    sub a4, a5, a4\n");
OPERATION(add, "    add a4, a5, a4\n");
OPERATION(multiply, "    mul a4, a5, a4\n");
OPERATION(less, "    slt a4, a5, a4\n");
OPERATION(and_not, ANDN("a4", "a5", "a4"));
OPERATION(zero_if, CZERO_EQZ("a4", "a5", "a4"));
OPERATION(zero_unless, CZERO_EQZ("a4", "a4", "a5"));

static const struct {
    const char *name;
    uint64_t (*function)(const uint64_t *);
    uint64_t want; /* for a4 = 3, a5 = -993 */
} rows[] = {
    {"sll", shift_left, (uint64_t)-993 << 3},
    {"srl", shift_right, (uint64_t)-993 >> 3},
    {"sra", shift_signed, (uint64_t)(-993 >> 3)},
    {"srlw", shift_word, (uint32_t)-993 >> 3},
    {"sub", subtract, (uint64_t)-996},
    {"add", add, (uint64_t)-990},
    {"mul", multiply, (uint64_t)-2979},
    {"slt", less, 1},
    {"andn", and_not, (uint64_t)-993 & ~3ull},
    {"czero.eqz, the condition's register", zero_if, (uint64_t)-993},
    {"czero.eqz, the value's register", zero_unless, 3},
};

int main(void)
{
    static const uint64_t memory[2] = {3, -1000};
    unsigned n = sizeof(rows) / sizeof(rows[0]);
    for (unsigned i = 0; i < n; i++) {
        int ok = 1;
        for (int round = 0; round < 100; round++) {
            ok &= rows[i].function(memory) == rows[i].want;
        }
        printf("%sok %u - %s\n", ok ? "" : "not ", i + 1, rows[i].name);
    }
    printf("1..%u\n", n);
    return 0;
}
