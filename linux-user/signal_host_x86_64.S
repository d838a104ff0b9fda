/* SPDX-License-Identifier: MIT */
/* Where host signal handlers return to. The unwind tables of the C library's own are not needed: nothing unwinds through handlers. */
        .text
        .globl  signal_host_restorer
        .type   signal_host_restorer, @function
        .p2align 4
        nop
signal_host_restorer:
        mov     $15, %eax               /* rt_sigreturn */
        syscall
        .size   signal_host_restorer, . - signal_host_restorer
        .section .note.GNU-stack, "", @progbits
