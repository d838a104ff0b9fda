# SPDX-License-Identifier: MIT
# Entering and leaving a case: every register that C expects to keep is saved in `saved`.
    .text
    .globl run_case, save_registers, restore_registers
run_case:
    stp x29, x30, [sp, #-16]!
    br x0
save_registers:                 // called at the start of a case (x30 = the case, the caller's is on the stack)
    adrp x0, saved
    add x0, x0, :lo12:saved
    mov x1, sp
    str x1, [x0]
    stp x19, x20, [x0, #16]
    stp x21, x22, [x0, #32]
    stp x23, x24, [x0, #48]
    stp x25, x26, [x0, #64]
    stp x27, x28, [x0, #80]
    stp d8, d9, [x0, #96]
    stp d10, d11, [x0, #112]
    stp d12, d13, [x0, #128]
    stp d14, d15, [x0, #144]
    ret
restore_registers:
    adrp x0, saved
    add x0, x0, :lo12:saved
    ldr x1, [x0]
    mov sp, x1
    ldp x19, x20, [x0, #16]
    ldp x21, x22, [x0, #32]
    ldp x23, x24, [x0, #48]
    ldp x25, x26, [x0, #64]
    ldp x27, x28, [x0, #80]
    ldp d8, d9, [x0, #96]
    ldp d10, d11, [x0, #112]
    ldp d12, d13, [x0, #128]
    ldp d14, d15, [x0, #144]
    ldp x29, x30, [sp], #16
    ret
