/* SPDX-License-Identifier: MIT */
/* Faulting guest accesses (util/access.h). A fault continues at access_fault_return with rax = kind, rdx = address. */

/* FixupRow of access.c */
.macro FIXUP insn
    .pushsection lyre_fixup, "a"
    .balign 4
    .long \insn - .
    .long access_fault_return - .
    .popsection
.endm

.macro FUNCTION name
    .globl \name
    .hidden \name
    .type \name, @function
    .balign 16
\name:
.endm

    .text
    .hidden access_fault_return
    .globl access_fault_return
access_fault_return:
    ret

/* rdi = address, rsi = where to put it */
.macro LOAD name, insn, reg
FUNCTION \name
77: \insn (%rdi), %\reg
    FIXUP 77b
    mov %rax, (%rsi)
    xor %eax, %eax
    ret
.endm
LOAD access_load_1, movzbl, eax
LOAD access_load_2, movzwl, eax
LOAD access_load_4, movl, eax
LOAD access_load_8, movq, rax

/* rdi = address, rsi = value */
.macro STORE name, insn, reg
FUNCTION \name
77: \insn %\reg, (%rdi)
    FIXUP 77b
    xor %eax, %eax
    ret
.endm
STORE access_store_1, movb, sil
STORE access_store_2, movw, si
STORE access_store_4, movl, esi
STORE access_store_8, movq, rsi

FUNCTION access_load16
77: movups (%rdi), %xmm0
    FIXUP 77b
    movups %xmm0, (%rsi)
    xor %eax, %eax
    ret

FUNCTION access_store16
    movups (%rsi), %xmm0
77: movups %xmm0, (%rdi)
    FIXUP 77b
    xor %eax, %eax
    ret

/* rdi = address, rsi = expected (in and out), rdx = desired */
.macro CAS name, reg
FUNCTION \name
    mov (%rsi), %rax
77: lock cmpxchg %\reg, (%rdi)
    FIXUP 77b
    mov %rax, (%rsi)
    xor %eax, %eax
    ret
.endm
CAS access_cas_1, dl
CAS access_cas_2, dx
CAS access_cas_4, edx
CAS access_cas_8, rdx

/* rdi = address, rsi = expected[2] (in and out), rdx = desired[2]; rbx is kept in r8 across the access */
FUNCTION access_cas16
    mov %rbx, %r8
    mov (%rdx), %rbx
    mov 8(%rdx), %rcx
    mov (%rsi), %rax
    mov 8(%rsi), %rdx
77: lock cmpxchg16b (%rdi)
    FIXUP 77b
    mov %r8, %rbx
    mov %rax, (%rsi)
    mov %rdx, 8(%rsi)
    xor %eax, %eax
    ret

/* rdi = dst, rsi = src, rdx = len */
FUNCTION access_copy
    mov %rdx, %rcx
77: rep movsb
    FIXUP 77b
    xor %eax, %eax
    ret

    .section .note.GNU-stack, "", @progbits
