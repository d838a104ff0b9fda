/* SPDX-License-Identifier: MIT */
/* What the programs of this folder have to say differently on each guest: system calls without the C library, registers of a context, and
 * instructions that they write into memory. Generated functions have one argument, and change it in place to their result. */
#pragma once
#include <stdint.h>
#include <ucontext.h>

#if defined(__riscv)

#define GUEST "riscv64"
#define GUEST_CPUINFO "isa\t\t: rv64imafdc_"
#define GUEST_BREAKPOINT "ebreak"
#define GUEST_KEPT "s7"     /* a register that calls keep */
#define GUEST_KEPT_FP "fs3" /* and one of floating point */
#define GUEST_FP "f"        /* constraint of an operand there */
#define GUEST_START ".option push\n .option norelax\n lla gp, __global_pointer$\n .option pop\n mv a0, sp\n andi sp, sp, -16\n j start_c"
enum { BREAKPOINT_SIZE = 2 /* c.ebreak */ };

static inline unsigned long *guest_pc(ucontext_t *uc) { return &uc->uc_mcontext.__gregs[0]; }
/* Register n is at [n]; [0] is something else here. */
static inline unsigned long *guest_x(ucontext_t *uc) { return uc->uc_mcontext.__gregs; }
/* The address that the kernel says for an access there. */
static inline uint64_t guest_untagged(uint64_t addr) { return addr; }

static inline long guest_call(long nr, const uint64_t a[6])
{
    register long a0 __asm__("a0") = a[0], a1 __asm__("a1") = a[1], a2 __asm__("a2") = a[2], a3 __asm__("a3") = a[3], a4 __asm__("a4") = a[4],
         a5 __asm__("a5") = a[5], a7 __asm__("a7") = nr;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return a0;
}

enum {
    CODE_RET = 0x8067,
    CODE_NEXT = 0x0040006f,         /* j .+4: the end of a block */
    CODE_DOUBLE = 0x00151513,       /* slli a0, a0, 1 */
    CODE_SKIP_IF_ZERO = 0x00050463, /* beqz a0, .+8 */
};
/* -2048 <= n < 2048 */
static inline uint32_t code_add(int n) { return (uint32_t)(n & 0xfff) << 20 | 10u << 15 | 10u << 7 | 0x13; }
static inline uint32_t *code_xor(uint32_t *p, int n)
{
    *p = (uint32_t)(n & 0xfff) << 20 | 10u << 15 | 4u << 12 | 10u << 7 | 0x13;
    return p + 1;
}
/* The return address onto the stack, and from there. */
static inline uint32_t *code_enter(uint32_t *p)
{
    p[0] = 0xff010113; /* addi sp, sp, -16 */
    p[1] = 0x00113423; /* sd ra, 8(sp) */
    return p + 2;
}
static inline uint32_t *code_leave(uint32_t *p)
{
    p[0] = 0x00813083; /* ld ra, 8(sp) */
    p[1] = 0x01010113; /* addi sp, sp, 16 */
    return p + 2;
}
/* A call over that many bytes. */
static inline uint32_t code_call(int distance)
{
    uint32_t d = (uint32_t)distance;
    return (d >> 20 & 1) << 31 | (d >> 1 & 0x3ff) << 21 | (d >> 11 & 1) << 20 | (d >> 12 & 0xff) << 12 | 1u << 7 | 0x6f;
}
/* Stores the second argument into the word at the third, which is code from then on. */
static inline uint32_t *code_store(uint32_t *p)
{
    p[0] = 0x00b62023; /* sw a1, 0(a2) */
    p[1] = 0x0000100f; /* fence.i */
    return p + 2;
}
/* The first argument + 1, as often as the second says. */
static const uint32_t code_loop[] = { 0x00150513 /* 1: addi a0, a0, 1 */, 0xfff58593 /* addi a1, a1, -1 */, 0xfe059ce3 /* bnez a1, 1b */, CODE_RET };
/* Adds 0, 1, 2 ... 19: the loop adds its second argument to the word at the first, which is its own addition at CHANGED. */
static const uint32_t code_growing[] = {
    0x00000293, /* li t0, 0 */
    0x01400313, /* li t1, 20 */
    0x00028293, /* 1: addi t0, t0, 0 */
    0x00052383, /* lw t2, 0(a0) */
    0x00b383b3, /* add t2, t2, a1 */
    0x00752023, /* sw t2, 0(a0) */
    0x0000100f, /* fence.i */
    0xfff30313, /* addi t1, t1, -1 */
    0xfe0314e3, /* bnez t1, 1b */
    0x00028513, /* mv a0, t0 */
    CODE_RET,
};
enum { CHANGED = 2, ADD_ONE_MORE = 1 << 20 };

#elif defined(__aarch64__)

#define GUEST "aarch64"
#define GUEST_CPUINFO "Features\t: fp asimd "
#define GUEST_BREAKPOINT "brk #0"
#define GUEST_KEPT "x21"
#define GUEST_KEPT_FP "d11"
#define GUEST_FP "w"
#define GUEST_START "mov x0, sp\n b start_c"
enum { BREAKPOINT_SIZE = 4 };

static inline unsigned long *guest_pc(ucontext_t *uc) { return (unsigned long *)&uc->uc_mcontext.pc; }
static inline unsigned long *guest_x(ucontext_t *uc) { return (unsigned long *)uc->uc_mcontext.regs; }
static inline uint64_t guest_untagged(uint64_t addr) { return (uint64_t)((int64_t)(addr << 8) >> 8); }

static inline long guest_call(long nr, const uint64_t a[6])
{
    register long x0 __asm__("x0") = a[0], x1 __asm__("x1") = a[1], x2 __asm__("x2") = a[2], x3 __asm__("x3") = a[3], x4 __asm__("x4") = a[4],
         x5 __asm__("x5") = a[5], x8 __asm__("x8") = nr;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8) : "memory");
    return x0;
}

enum {
    CODE_RET = (int)0xd65f03c0,
    CODE_NEXT = 0x14000001,              /* b .+4 */
    CODE_DOUBLE = (int)0xd37ff800,       /* lsl x0, x0, #1 */
    CODE_SKIP_IF_ZERO = (int)0xb4000040, /* cbz x0, .+8 */
};
/* -4096 < n < 4096: add or sub x0, x0, #n */
static inline uint32_t code_add(int n) { return n < 0 ? 0xd1000000 | (uint32_t)-n << 10 : 0x91000000 | (uint32_t)n << 10; }
static inline uint32_t *code_xor(uint32_t *p, int n)
{
    p[0] = n < 0 ? 0x92800009 | (uint32_t)~n << 5 : 0xd2800009 | (uint32_t)n << 5; /* movn or movz x9 */
    p[1] = 0xca090000;                                                              /* eor x0, x0, x9 */
    return p + 2;
}
static inline uint32_t *code_enter(uint32_t *p)
{
    *p = 0xa9bf7bfd; /* stp x29, x30, [sp, #-16]! */
    return p + 1;
}
static inline uint32_t *code_leave(uint32_t *p)
{
    *p = 0xa8c17bfd; /* ldp x29, x30, [sp], #16 */
    return p + 1;
}
static inline uint32_t code_call(int distance) { return 0x94000000 | ((uint32_t)(distance / 4) & 0x3ffffff); }
static inline uint32_t *code_store(uint32_t *p)
{
    static const uint32_t code[] = { 0xb9000041 /* str w1, [x2] */, 0xd50b7b22 /* dc cvau, x2 */, 0xd5033b9f /* dsb ish */,
                                     0xd50b7522 /* ic ivau, x2 */,  0xd5033b9f /* dsb ish */,     0xd5033fdf /* isb */ };
    for (unsigned i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
        *p++ = code[i];
    }
    return p;
}
static const uint32_t code_loop[] = { 0x91000400 /* 1: add x0, x0, #1 */, 0xf1000421 /* subs x1, x1, #1 */, 0x54ffffc1 /* b.ne 1b */, CODE_RET };
static const uint32_t code_growing[] = {
    0xd2800009, /* mov x9, #0 */
    0xd280028a, /* mov x10, #20 */
    0x91000129, /* 1: add x9, x9, #0 */
    0xb940000b, /* ldr w11, [x0] */
    0x0b01016b, /* add w11, w11, w1 */
    0xb900000b, /* str w11, [x0] */
    0xd50b7b20, /* dc cvau, x0 */
    0xd5033b9f, /* dsb ish */
    0xd50b7520, /* ic ivau, x0 */
    0xd5033b9f, /* dsb ish */
    0xd5033fdf, /* isb */
    0xf100054a, /* subs x10, x10, #1 */
    0x54fffec1, /* b.ne 1b */
    0xaa0903e0, /* mov x0, x9 */
    CODE_RET,
};
enum { CHANGED = 2, ADD_ONE_MORE = 1 << 10 };

#else
#error "tests/programs/guests/guest.h does not know this guest"
#endif
