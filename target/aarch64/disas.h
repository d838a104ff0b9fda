/* SPDX-License-Identifier: MIT */
/* Where the disassembler writes. */
#ifndef LYRE_TARGET_AARCH64_DISAS_H
#define LYRE_TARGET_AARCH64_DISAS_H

typedef struct A64Out {
    char *p, *end; /* end: last byte, for the NUL */
} A64Out;

#endif
