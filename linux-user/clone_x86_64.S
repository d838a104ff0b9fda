/* SPDX-License-Identifier: MIT */
/* New host threads and their end, where C has no stack to stand on. */
        .text

/* int64_t clone_host(long number, a0, a1, a2, a3, a4, fn, arg): clone or clone3 with a new stack; the child calls fn(arg). */
        .globl  clone_host
        .type   clone_host, @function
        .p2align 4
clone_host:
        endbr64
        push    %r12
        push    %r13
        mov     24(%rsp), %r12          /* fn */
        mov     32(%rsp), %r13          /* arg */
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        mov     %r9, %r8
        syscall
        test    %rax, %rax
        jz      1f
        pop     %r13
        pop     %r12
        ret
1:      xor     %ebp, %ebp
        mov     %r13, %rdi
        call    *%r12
        ud2
        .size   clone_host, . - clone_host

/* void clone_leave(uint32_t *done, int code): ends the thread; from the store on its stack belongs to others. */
        .globl  clone_leave
        .type   clone_leave, @function
        .p2align 4
clone_leave:
        endbr64
        mov     %rdi, %rdx
        mov     %esi, %edi
        mov     $60, %eax               /* exit */
        movl    $1, (%rdx)
        syscall
        ud2
        .size   clone_leave, . - clone_leave

        .section .note.GNU-stack, "", @progbits
