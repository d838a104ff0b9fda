/* SPDX-License-Identifier: MIT */
/* Offsets in CpuState for assembly; offsets_check.c asserts that they are the compiler's. */
#ifndef LYRE_TCG_X86_64_OFFSETS_H
#define LYRE_TCG_X86_64_OFFSETS_H

#define OFF_PC 2048
#define OFF_CTX 2056
#define OFF_EVENT 2060
#define OFF_EVENT_ARG 2064
#define OFF_GUEST_MXCSR 2084
#define OFF_HOST_MXCSR 2088
#define OFF_IS_IN_CODE 2092
#define OFF_C_STACK 2096
#define OFF_RETURN_BOTTOM 2104
#define OFF_RETURN_SP 2264
#define OFF_PIN_HOME 2280
#define OFF_PC_IGNORED 2304
#define OFF_TABLE 12288
#define OFF_TABLE2 77824
#define OFF_BIAS 128
#define MXCSR_FLAGS 63
#define TABLE_BITS 12
#define TABLE_MASK 0x1ffe /* JUMPTABLE_MASK */
#define EVENT_LINK 16
#define EVENT_INDIRECT 17
#define EVENT_RETURN 18
#define EVENT_HOT 19

#endif
