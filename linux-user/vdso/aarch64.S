// SPDX-License-Identifier: MIT
// The vDSO of aarch64 guests: what arch/arm64/kernel/vdso of the kernel exports, by our own means. The host's clocks are read through a system
// register of the range for implementations (s3_3_c15_c0_0), which exists in the page of the vDSO only (target/aarch64/sysregs.c).
        .arch   armv8-a

// time of clock x0, as seconds << 30 | nanoseconds; -1: ask the kernel
.macro HOST_TIME to
        mrs     \to, s3_3_c15_c0_0
.endm
        .include "head.inc"

.macro SYSTEM_CALL number
        mov     x8, #\number
        svc     #0
.endm
// \sec, \rest: the parts of HOST_TIME in \rest
.macro UNPACK sec, rest
        lsr     \sec, \rest, #30
        and     \rest, \rest, #0x3fffffff
.endm

        SIGRETURN __kernel_rt_sigreturn

// int clock_gettime(clockid_t, struct timespec *)
FUNCTION __kernel_clock_gettime
        HOST_TIME x2
        cmn     x2, #1
        b.eq    1f
        UNPACK  x3, x2
        stp     x3, x2, [x1]
        mov     x0, #0
        ret
1:      SYSTEM_CALL NR_clock_gettime
        ret
END __kernel_clock_gettime

// int clock_getres(clockid_t, struct timespec *)
FUNCTION __kernel_clock_getres
        cmp     w0, #CLOCKS
        b.hs    2f
        adr     x2, vdso_resolution
        ldr     x2, [x2, w0, uxtw #3]
        tbnz    x2, #63, 2f
        cbz     x1, 1f
        stp     xzr, x2, [x1]
1:      mov     x0, #0
        ret
2:      SYSTEM_CALL NR_clock_getres
        ret
END __kernel_clock_getres

// int gettimeofday(struct timeval *, struct timezone *)
FUNCTION __kernel_gettimeofday
        cbnz    x1, 2f
        cbz     x0, 1f
        mov     x4, x0
        mov     x0, #0                  // CLOCK_REALTIME
        HOST_TIME x2
        UNPACK  x3, x2
        movz    x5, #0x1062, lsl #16    // 2^38 / 1000, rounded up: the quotient is exact for what is below 2^30
        movk    x5, #0x4dd3
        mul     x2, x2, x5
        lsr     x2, x2, #38
        stp     x3, x2, [x4]
1:      mov     x0, #0
        ret
2:      SYSTEM_CALL NR_gettimeofday
        ret
END __kernel_gettimeofday

        RESOLUTIONS
