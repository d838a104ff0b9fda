# SPDX-License-Identifier: MIT
# Entering and leaving a case: every register that C expects to keep is saved in `saved`.
    .option norelax
    .text
    .globl run_case, save_registers, restore_registers
run_case:
    addi sp, sp, -16
    sd ra, 0(sp)
    jr a0
save_registers:                 # called at the start of a case (ra = the case, the caller's ra is on the stack)
    la t0, saved
    sd sp, 16(t0)
    sd s0, 64(t0)
    sd s1, 72(t0)
    sd s2, 144(t0)
    sd s3, 152(t0)
    sd s4, 160(t0)
    sd s5, 168(t0)
    sd s6, 176(t0)
    sd s7, 184(t0)
    sd s8, 192(t0)
    sd s9, 200(t0)
    sd s10, 208(t0)
    sd s11, 216(t0)
    ret
restore_registers:
    la t0, saved
    ld sp, 16(t0)
    ld s0, 64(t0)
    ld s1, 72(t0)
    ld s2, 144(t0)
    ld s3, 152(t0)
    ld s4, 160(t0)
    ld s5, 168(t0)
    ld s6, 176(t0)
    ld s7, 184(t0)
    ld s8, 192(t0)
    ld s9, 200(t0)
    ld s10, 208(t0)
    ld s11, 216(t0)
    ld ra, 0(sp)
    addi sp, sp, 16
    ret
