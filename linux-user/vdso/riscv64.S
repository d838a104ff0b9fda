# SPDX-License-Identifier: MIT
# The vDSO of riscv64 guests: what arch/riscv/kernel/vdso of the kernel exports, by our own means. The host's clocks and CPU number are read through
# CSRs of the range for custom read-only use (0xcc0...), which exist in the page of the vDSO only (target/riscv/trans_csr.c).
        .attribute arch, "rv64i2p1_m2p0_zicsr2p0"
        .option norvc

        .equ    HOST_TIME, 0xcc0        # time of clock a0, as seconds << 30 | nanoseconds; -1: ask the kernel
        .equ    HOST_CPU, 0xcc1         # negative: ask the kernel
        .equ    HOST_NODE, 0xcc2        # the CPU's NUMA node

        .equ    NR_getcpu, 168
        .equ    NR_riscv_hwprobe, 258
        .equ    NR_riscv_flush_icache, 259
        .equ    HWPROBE_KEYS, 13

        .include "head.inc"

.macro SYSTEM_CALL number
        li      a7, \number
        ecall
.endm
# \sec, \rest: the parts of HOST_TIME in \rest
.macro UNPACK sec, rest
        srli    \sec, \rest, 30
        slli    \rest, \rest, 34
        srli    \rest, \rest, 34
.endm

        SIGRETURN __vdso_rt_sigreturn

# int clock_gettime(clockid_t, struct timespec *)
FUNCTION __vdso_clock_gettime
        csrr    a2, HOST_TIME
        addi    a3, a2, 1
        beqz    a3, 1f
        UNPACK  a3, a2
        sd      a3, 0(a1)
        sd      a2, 8(a1)
        li      a0, 0
        ret
1:      SYSTEM_CALL NR_clock_gettime
        ret
END __vdso_clock_gettime

# int clock_getres(clockid_t, struct timespec *)
FUNCTION __vdso_clock_getres
        li      a2, CLOCKS
        bgeu    a0, a2, 2f
        lla     a3, vdso_resolution
        slli    a0, a0, 3
        add     a3, a3, a0
        ld      a2, 0(a3)
        bltz    a2, 3f
        beqz    a1, 1f
        sd      zero, 0(a1)
        sd      a2, 8(a1)
1:      li      a0, 0
        ret
3:      srli    a0, a0, 3
2:      SYSTEM_CALL NR_clock_getres
        ret
END __vdso_clock_getres

# int gettimeofday(struct timeval *, struct timezone *)
FUNCTION __vdso_gettimeofday
        bnez    a1, 2f
        beqz    a0, 1f
        mv      a4, a0
        li      a0, 0                   # CLOCK_REALTIME
        csrr    a2, HOST_TIME
        UNPACK  a3, a2
        li      a5, 274877907           # 2^38 / 1000, rounded up: the quotient is exact for what is below 2^30
        mul     a2, a2, a5
        srli    a2, a2, 38
        sd      a3, 0(a4)
        sd      a2, 8(a4)
1:      li      a0, 0
        ret
2:      SYSTEM_CALL NR_gettimeofday
        ret
END __vdso_gettimeofday

# int getcpu(unsigned *cpu, unsigned *node, void *unused)
FUNCTION __vdso_getcpu
        csrr    a3, HOST_CPU
        csrr    a4, HOST_NODE
        bltz    a3, 3f
        beqz    a0, 1f
        sw      a3, 0(a0)
1:      beqz    a1, 2f
        sw      a4, 0(a1)
2:      li      a0, 0
        ret
3:      SYSTEM_CALL NR_getcpu
        ret
END __vdso_getcpu

# int flush_icache(void *start, void *end, uintptr_t flags)
FUNCTION __vdso_flush_icache
        SYSTEM_CALL NR_riscv_flush_icache
        ret
END __vdso_flush_icache

# int riscv_hwprobe(struct riscv_hwprobe *pairs, size_t count, size_t cpusetsize, unsigned long *cpus, unsigned flags): all CPUs are alike
FUNCTION __vdso_riscv_hwprobe
        or      a5, a2, a3
        or      a5, a5, a4
        bnez    a5, 4f
        lla     a5, vdso_hwprobe
        li      a2, HWPROBE_KEYS
1:      beqz    a1, 3f
        ld      a3, 0(a0)
        li      a4, 0
        bgeu    a3, a2, 2f
        slli    a3, a3, 3
        add     a3, a3, a5
        ld      a4, 0(a3)
        j       5f
2:      li      a3, -1                  # an unknown key
        sd      a3, 0(a0)
5:      sd      a4, 8(a0)
        addi    a0, a0, 16
        addi    a1, a1, -1
        j       1b
3:      li      a0, 0
        ret
4:      SYSTEM_CALL NR_riscv_hwprobe
        ret
END __vdso_riscv_hwprobe

# Filled in when the image is mapped.
        .section .rodata, "a"
        .p2align 3
vdso_hwprobe:                           # values by key
        .zero   8 * HWPROBE_KEYS
        RESOLUTIONS
