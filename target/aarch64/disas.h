/* SPDX-License-Identifier: MIT */
/* What the files of the disassembler share. */
#ifndef LYRE_TARGET_AARCH64_DISAS_H
#define LYRE_TARGET_AARCH64_DISAS_H

#include "target/aarch64/trans.h"

typedef struct A64Out {
    char *p, *end; /* end: last byte, for the NUL */
} A64Out;

void a64_put_text(A64Out *o, const char *s);
void a64_put_number(A64Out *o, uint64_t v, unsigned base);
void a64_put_imm(A64Out *o, int64_t v);
void a64_put_hex(A64Out *o, uint64_t v);
void a64_put_reg(A64Out *o, const char *prefix, unsigned r);
void a64_put_gpr(A64Out *o, bool is_64, unsigned r, bool is_sp); /* is_sp: what register 31 is */
/* disas_simd.c: false where it does not know the kind of operand. */
bool a64_put_simd(A64Out *o, const TargetInsn *insn, const A64Ops *ops, char kind, unsigned v);

#endif
