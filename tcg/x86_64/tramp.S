/* SPDX-License-Identifier: MIT */
/*
 * Entering and leaving translated code. tcg/state.h has the border ABI. rbp = state block + bias in translated code; rsp is the
 * thread's return stack there. Pins' homes differ between guests: CpuState.pin_home has their offsets.
 * Loading another value into MXCSR can take hundreds of cycles, so C code runs with the guest's sticky flags, which mean nothing to it;
 * only rounding and masks are made the host's.
 */
#include "tcg/x86_64/offsets.h"

#define S(offset) (offset - OFF_BIAS)(%rbp)

        .text

/* home <- pin i; rdx is free */
.macro STORE_PIN i, reg
        movzwl  S(OFF_PIN_HOME + 2 * \i), %edx
        movq    \reg, -OFF_BIAS(%rbp, %rdx)
.endm
.macro LOAD_PIN i, reg
        movzwl  S(OFF_PIN_HOME + 2 * \i), %edx
        movq    -OFF_BIAS(%rbp, %rdx), \reg
.endm
.macro EACH_PIN what
        \what 0, %rbx
        \what 1, %r12
        \what 2, %r13
        \what 3, %r14
        \what 4, %r15
        \what 5, %rsi
        \what 6, %rdi
        \what 7, %r8
        \what 8, %r9
        \what 9, %r10
.endm
.macro FUNCTION name
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
.endm

/* TcgEvent tcg_enter(CpuState *s, void *code) */
FUNCTION tcg_enter
        .cfi_startproc
        push    %rbp
        .cfi_adjust_cfa_offset 8
        push    %rbx
        .cfi_adjust_cfa_offset 8
        push    %r12
        .cfi_adjust_cfa_offset 8
        push    %r13
        .cfi_adjust_cfa_offset 8
        push    %r14
        .cfi_adjust_cfa_offset 8
        push    %r15
        .cfi_adjust_cfa_offset 8
        sub     $8, %rsp /* 16-aligned for helpers */
        .cfi_adjust_cfa_offset 8
        lea     OFF_BIAS(%rdi), %rbp
        mov     %rsi, %rax
        mov     %rsp, S(OFF_C_STACK)
        stmxcsr S(OFF_HOST_MXCSR)
        mov     S(OFF_HOST_MXCSR), %ecx
        cmp     S(OFF_GUEST_MXCSR), %ecx
        je      1f
        ldmxcsr S(OFF_GUEST_MXCSR)
1:      EACH_PIN LOAD_PIN
        mov     S(OFF_RETURN_SP), %rsp
        movl    $1, S(OFF_IS_IN_CODE)
        jmp     *%rax
        .cfi_endproc
        .size   tcg_enter, . - tcg_enter

/* rax = row of the link */
FUNCTION tramp_link
        mov     %rax, S(OFF_EVENT_ARG)
        mov     $EVENT_LINK, %eax
        jmp     tramp_leave

/* rax = the region's first data row */
FUNCTION tramp_hot
        mov     %rax, S(OFF_EVENT_ARG)
        mov     $EVENT_HOT, %eax
        jmp     tramp_leave

/* rax = guest pc: the return stack is empty or leads elsewhere */
FUNCTION tramp_return_miss
        mov     S(OFF_RETURN_BOTTOM), %rsp
        mov     S(OFF_PC_IGNORED), %rdx
        not     %rdx
        and     %rdx, %rax
        /* fall through */

/* rax = guest pc, no inline cache */
        .globl  tramp_relookup
        .type   tramp_relookup, @function
tramp_relookup:
        xor     %ecx, %ecx
        jmp     .Lprobe

/* rax = guest pc, rcx = inline cache row or 0. An empty cache is C's to fill. */
FUNCTION tramp_indirect
        test    %rcx, %rcx
        jz      .Lprobe
        cmpq    $-1, (%rcx)
        je      .Lindirect_leave
.Lprobe:
        cmpl    $0, S(OFF_CTX) /* the table has context 0 only */
        jne     .Lindirect_leave
        mov     %eax, %edx
        and     $TABLE_MASK, %edx
        cmp     %rax, (OFF_TABLE - OFF_BIAS)(%rbp, %rdx, 8)
        jne     .Lsecond_probe
        jmp     *(OFF_TABLE + 8 - OFF_BIAS)(%rbp, %rdx, 8)
.Lsecond_probe:
        mov     %rax, %rdx
        shr     $TABLE_BITS, %rdx
        xor     %eax, %edx
        and     $TABLE_MASK, %edx
        cmp     %rax, (OFF_TABLE2 - OFF_BIAS)(%rbp, %rdx, 8)
        jne     .Lindirect_leave
        jmp     *(OFF_TABLE2 + 8 - OFF_BIAS)(%rbp, %rdx, 8)
.Lindirect_leave:
        mov     %rax, S(OFF_PC)
        mov     %rcx, S(OFF_EVENT_ARG)
        mov     $EVENT_INDIRECT, %eax
        /* fall through */

/* eax = TcgEvent */
FUNCTION tramp_leave
        EACH_PIN STORE_PIN
        mov     %rsp, S(OFF_RETURN_SP)
        stmxcsr S(OFF_GUEST_MXCSR)
        .globl  tramp_fault_resume
tramp_fault_resume:
        mov     S(OFF_GUEST_MXCSR), %ecx
        xor     S(OFF_HOST_MXCSR), %ecx
        test    $~MXCSR_FLAGS, %ecx
        jz      1f
        ldmxcsr S(OFF_HOST_MXCSR)
1:
        mov     %eax, S(OFF_EVENT)
        movl    $0, S(OFF_IS_IN_CODE)
        mov     S(OFF_C_STACK), %rsp
        add     $8, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        pop     %rcx /* no `ret`: see enter.h */
        jmp     *%rcx
        .size   tramp_leave, . - tramp_leave

/* Called from translated code: rax = function, arguments in place. Pins in callee-saved registers live on. */
FUNCTION tramp_call_helper
        mov     %rsp, S(OFF_RETURN_SP)
        mov     S(OFF_C_STACK), %rsp
        call    *%rax
        mov     S(OFF_RETURN_SP), %rsp
        ret
        .size   tramp_call_helper, . - tramp_call_helper

        .section .note.GNU-stack, "", @progbits
