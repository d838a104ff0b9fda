/* SPDX-License-Identifier: MIT */
/*
 * Tier 1 with more values than registers: one that is evicted where a slot is written is loaded again from where it still is. The loop is the
 * symbol hash of glibc's dynamic linker as compiled for it (_dl_new_hash). Prints TAP.
 */
#include <stdint.h>
#include <stdio.h>

uint32_t hash(const char *s);
__asm__(".text\n"
        ".comm counter, 8, 8\n"
        "hash:\n"
        "    addi sp, sp, -288\n"
        "    sd s2, 208(sp)\n"
        "    sd s3, 216(sp)\n"
        "    sd s4, 224(sp)\n"
        "    sd s7, 232(sp)\n"
        "    sd s8, 240(sp)\n"
        "    sd s9, 248(sp)\n"
        "    sd s10, 256(sp)\n"
        "    sd s11, 264(sp)\n"
        "    addi a5, sp, 48\n"
        "    sd a5, 40(sp)\n"
        "    sd a5, 48(sp)\n"
        "    li s2, 0\n"
        "    li s3, 1\n"
        "    li s4, 0\n"
        "    mv a3, a0\n"
        "    li s10, 5381\n"
        "    lbu a4, 0(a3)\n"
        "    beqz a4, 3f\n"
        "1:  lbu a5, 1(a3)\n" /* from here on as in the dynamic linker */
        "    mv a2, a5\n"
        "    beqz a5, 2f\n"
        "    slliw a5, s10, 4\n"
        "    addw a5, a5, s10\n"
        "    slliw a5, a5, 6\n"
        "    addw a5, a5, s10\n"
        "    slliw a1, a4, 5\n"
        "    addi a3, a3, 2\n"
        "    addw a1, a1, a5\n"
        "    addw a1, a1, a4\n"
        "    lbu a4, 0(a3)\n"
        "    addw s10, a2, a1\n"
        "    bnez a4, 1b\n"
        "    la a4, counter\n"
        "    ld a5, 0(a4)\n"
        "    ld a3, 64(sp)\n"
        "    addi a5, a5, 1\n"
        "    sd a3, 96(sp)\n"
        "    sd a5, 0(a4)\n"
        "    beqz s3, 3f\n"
        "    andi a5, s4, 2\n"
        "    bnez a5, 3f\n"
        "    ld a5, 40(sp)\n"
        "    li s9, 0\n"
        "    ld a3, 0(a5)\n"
        "    mv a5, a3\n"
        "    bnez s2, 3f\n"
        "    beqz a3, 3f\n"
        "    sd s7, 200(sp)\n"
        "    sd s8, 192(sp)\n"
        "    sd s11, 168(sp)\n"
        "    ld s11, 40(sp)\n"
        "    mv a6, s9\n"
        "    li t3, 0\n"
        "    li t4, 0\n"
        "    addi s8, sp, 104\n"
        "    addi s7, sp, 96\n"
        "    j 3f\n"
        "2:  slliw a5, s10, 5\n"
        "    addw a5, a5, s10\n"
        "    addw s10, a5, a4\n"
        "3:  mv a0, s10\n"
        "    ld s2, 208(sp)\n"
        "    ld s3, 216(sp)\n"
        "    ld s4, 224(sp)\n"
        "    ld s7, 232(sp)\n"
        "    ld s8, 240(sp)\n"
        "    ld s9, 248(sp)\n"
        "    ld s10, 256(sp)\n"
        "    ld s11, 264(sp)\n"
        "    addi sp, sp, 288\n"
        "    ret\n");

int main(void)
{
    static const char *const names[] = {"", "a", "_res", "printf", "pthread_create", "a name of forty characters or even more"};
    int failed = 0;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint32_t want = 5381;
        for (const char *p = names[i]; *p; p++) {
            want = want * 33 + (unsigned char)*p;
        }
        for (int k = 0; k < 3; k++) {
            failed += hash(names[i]) != want;
        }
        printf("%sok %u - hash of \"%s\"\n", failed ? "not " : "", i + 1, names[i]);
    }
    printf("1..%zu\n", sizeof(names) / sizeof(names[0]));
    return failed > 0;
}
