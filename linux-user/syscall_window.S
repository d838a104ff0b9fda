/* SPDX-License-Identifier: MIT */
/*
 * The one place where the host's kernel may block for the guest. Between syscall_window_start and syscall_window_insn no signal has been acted on:
 * a handler that finds the host pc there sends it to syscall_window_exit. At syscall_window_insn it may also stand because the kernel wants a
 * restart (the handler has SA_RESTART): the same answer is right. No stack is used, so that leaving is one change of pc.
 *
 * int64_t syscall_blocking(Task *t, long number, a0, a1, a2, a3, a4, a5)
 */
#define TASK_PENDING 8      /* Task.has_pending, checked in signal.c */
#define ERESTARTNOINTR 513

        .text
        .globl  syscall_blocking, syscall_window_start, syscall_window_insn, syscall_window_exit
        .type   syscall_blocking, @function
        .p2align 4
syscall_blocking:
        endbr64
syscall_window_start:
        cmpl    $0, TASK_PENDING(%rdi)
        jne     syscall_window_exit
        mov     %rsi, %rax
        mov     %rdx, %rdi
        mov     %rcx, %rsi
        mov     %r8, %rdx
        mov     %r9, %r10
        mov     8(%rsp), %r8
        mov     16(%rsp), %r9
syscall_window_insn:
        syscall
        ret
syscall_window_exit:
        mov     $-ERESTARTNOINTR, %rax
        ret
        .size   syscall_blocking, . - syscall_blocking

        .section .note.GNU-stack, "", @progbits
