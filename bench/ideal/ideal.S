/* SPDX-License-Identifier: MIT */
/*
 * The bar: kernels.c's riscv64 code as an ideal region compiler would emit it under the border ABI of tcg/state.h, by hand. The compiler's code for the
 * same guest code may have at most 1.15 times these instructions.
 *
 * pins: rbx sp, r12 ra, r13 a0, r14 s0, r15 a5, rsi s1, rdi s2, r8 a4, r9 a1, r10 s3; other slots: [rbp + n * 8 - 128]
 */
    .set POLL, 8192 - 128
    .set TABLE, 12288 - 128
    .set SLOT_A2, 12 * 8 - 128
    .set SLOT_A3, 13 * 8 - 128
    .set SLOT_A6, 16 * 8 - 128
    .set SLOT_A7, 17 * 8 - 128
    .intel_syntax noprefix
    .text

.macro FUNCTION name
    .globl \name
    .balign 16
\name:
.endm
.macro POLL_HERE
    test dword ptr [rbp + POLL], eax
.endm

/* long ideal_enter(void *state, void *code, uint64_t pins[10]): a0 afterwards */
FUNCTION ideal_enter
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    lea rbp, [rdi + 128]
    mov rax, rsi
    mov rcx, rdx
    mov rbx, [rcx]
    mov r12, [rcx + 8]
    mov r13, [rcx + 16]
    mov r14, [rcx + 24]
    mov r15, [rcx + 32]
    mov rsi, [rcx + 40]
    mov rdi, [rcx + 48]
    mov r8, [rcx + 56]
    mov r9, [rcx + 64]
    mov r10, [rcx + 72]
    call rax
    mov rax, r13
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
mismatch:
    ud2

    .set RET1, 0x10018
    .set RET2, 0x10028
FUNCTION ideal_fib
    POLL_HERE
    lea rax, [rbx - 16]
    mov [rax], r14
    mov [rax + 8], r12
    mov rbx, rax
    mov r15d, 1
    mov r14, r13
    cmp r13, 1
    jle 2f
    dec r13
    mov r12d, RET1
    call ideal_fib
    cmp rax, RET1
    jne mismatch
    mov r15, r13
    lea r13, [r14 - 2]
    mov r14, r15
    mov r12d, RET2
    call ideal_fib
    cmp rax, RET2
    jne mismatch
    add r14, r13
2:  mov r12, [rbx + 8]
    mov r13, r14
    mov r14, [rbx]
    add rbx, 16
    mov rax, r12
    ret

/* a2 array, a1 n, a4 i, a6 2i, a0 count, a7 1; s1 (rsi), s2 (rdi) borrowed for a2 and a6 */
FUNCTION ideal_sieve
    POLL_HERE
    mov [rbp + 9 * 8 - 128], rsi
    mov [rbp + 18 * 8 - 128], rdi
    mov rsi, r13
    mov r8d, 2
    xor r13d, r13d
    mov edi, 4
    mov r15d, 2
    cmp r9, 2
    jg 3f
    jmp 9f
    .balign 16
1:  POLL_HERE
    inc r8
    add rdi, 2
    cmp r8, r9
    je 9f
3:  movzx r15d, byte ptr [rsi + r8]
    test r15, r15
    jne 1b
    inc r13
    mov r15, rdi
    cmp rdi, r9
    jge 1b
    .balign 16
4:  POLL_HERE
    lea rax, [rsi + r15]
    mov byte ptr [rax], 1
    add r15, r8
    cmp r15, r9
    jl 4b
    jmp 1b
9:  mov [rbp + SLOT_A2], rsi
    mov [rbp + SLOT_A6], rdi
    mov qword ptr [rbp + SLOT_A7], 1
    mov rsi, [rbp + 9 * 8 - 128]
    mov rdi, [rbp + 18 * 8 - 128]
    mov rax, r12
    ret

/* indirect jump to the guest pc in r8 through the per-thread table; a miss is a bug here */
.macro DISPATCH
    mov rax, r8
    mov ecx, eax
    and ecx, 0x1ffe
    cmp [rbp + rcx * 8 + TABLE], rax
    jne mismatch
    jmp [rbp + rcx * 8 + TABLE + 8]
.endm
.macro NEXT
    inc r15
    mov rax, [rbp + SLOT_A3]
    lea rcx, [rax + r8 * 8]
    mov r8, [rcx]
    DISPATCH
.endm
FUNCTION ideal_goto
    POLL_HERE
    movzx r8d, byte ptr [r13]
    lea r15, [r13 + 1]
    mov rax, [rbp + SLOT_A3]
    mov r8, [rax + r8 * 8]
    inc r15
    mov r13d, 1
    DISPATCH
FUNCTION ideal_goto_shl
    POLL_HERE
    movzx r8d, byte ptr [r15 - 1]
    lea r13, [r13 * 2 + 1]
    NEXT
FUNCTION ideal_goto_xor
    POLL_HERE
    movzx r8d, byte ptr [r15 - 1]
    xor r13, 0x55
    NEXT
FUNCTION ideal_goto_add
    POLL_HERE
    movzx r8d, byte ptr [r15 - 1]
    add r13, r9
    NEXT
FUNCTION ideal_goto_end
    POLL_HERE
    mov rax, r12
    ret

/* fa0 += a[i] * b[i], compiled with -ffp-contract=off as the native one; the accumulator's NaN is made canonical at the exit only */
    .set SLOT_FA0, 512 - 128
FUNCTION ideal_dot
    POLL_HERE
    mov rax, [rbp + SLOT_A2]
    vxorpd xmm0, xmm0, xmm0
    test rax, rax
    jle 9f
    shl rax, 3
    lea r15, [r13 + rax]
    .balign 16
1:  POLL_HERE
    vmovsd xmm1, [r13]
    vmulsd xmm1, xmm1, [r9]
    add r13, 8
    add r9, 8
    vaddsd xmm0, xmm0, xmm1
    cmp r13, r15
    jne 1b
9:  vucomisd xmm0, xmm0
    jp mismatch
    vmovsd [rbp + SLOT_FA0], xmm0
    mov rax, r12
    ret
    .section .note.GNU-stack, "", @progbits
