/* SPDX-License-Identifier: MIT */
/*
 * Assembly text from the rows' templates, without aliases. Kinds of operand in a template:
 * x f registers; i signed, u unsigned, U upper immediate; p target address; c CSR; r rounding mode;
 * F fence set; l fli constant.
 */
#include <string.h>

#include "target/riscv/trans.h"
#include "util/compiler.h"

typedef struct Out {
    char *p, *end; /* end: last byte, for the NUL */
} Out;

static void put_text(Out *o, const char *s)
{
    while (*s && o->p < o->end)
        *o->p++ = *s++;
}

static void put_number(Out *o, uint64_t v, unsigned base)
{
    char buf[24], *p = buf + sizeof buf;
    *--p = 0;
    do
        *--p = "0123456789abcdef"[v % base];
    while (v /= base);
    put_text(o, p);
}

static void put_signed(Out *o, int64_t v)
{
    if (v < 0)
        put_text(o, "-");
    put_number(o, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

/* clang-format off */
static const char x_names[32][5] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};
static const char f_names[32][5] = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};
static const char rm_names[8][4] = { "rne", "rtz", "rdn", "rup", "rmm", "?", "?", "dyn" };
static const char *const fli_names[32] = {
    "-1.0", "min", "1.52587890625e-05", "3.0517578125e-05", "0.00390625", "0.0078125", "0.0625", "0.125",
    "0.25", "0.3125", "0.375", "0.4375", "0.5", "0.625", "0.75", "0.875",
    "1.0", "1.25", "1.5", "1.75", "2.0", "2.5", "3.0", "4.0", "8.0", "16.0", "128.0", "256.0", "32768.0", "65536.0", "inf", "nan",
};
static const struct { uint16_t number; const char *name; } csr_names[] = {
    { 0x001, "fflags" }, { 0x002, "frm" }, { 0x003, "fcsr" }, { 0xc00, "cycle" }, { 0xc01, "time" }, { 0xc02, "instret" },
};
/* clang-format on */

static void put_csr(Out *o, unsigned number)
{
    for (unsigned i = 0; i < ARRAY_LEN(csr_names); i++) {
        if (csr_names[i].number == number) {
            put_text(o, csr_names[i].name);
            return;
        }
    }
    put_number(o, number, 10);
}

static void put_fence_set(Out *o, unsigned set)
{
    if (!set)
        put_text(o, "0");
    for (unsigned i = 0; i < 4; i++) {
        if (set >> (3 - i) & 1)
            put_text(o, (const char *[]){ "i", "o", "r", "w" }[i]);
    }
}

static void put_operand(Out *o, const TargetInsn *insn, char kind, int32_t v)
{
    switch (kind) {
    case 'x':
        put_text(o, x_names[v & 31]);
        break;
    case 'f':
        put_text(o, f_names[v & 31]);
        break;
    case 'i':
        put_signed(o, v);
        break;
    case 'u':
        put_number(o, (uint32_t)v, 10);
        break;
    case 'U':
        put_number(o, (uint32_t)v >> 12, 10);
        break;
    case 'p':
        put_text(o, "0x");
        put_number(o, insn->pc + (uint64_t)(int64_t)v, 16);
        break;
    case 'c':
        put_csr(o, (unsigned)v);
        break;
    case 'r':
        put_text(o, ", ");
        put_text(o, rm_names[v & 7]);
        break;
    case 'F':
        put_fence_set(o, (unsigned)v);
        break;
    case 'l':
        put_text(o, fli_names[v & 31]);
        break;
    }
}

static void put_name(Out *o, unsigned row, const RvOps *ops)
{
    const char *name = rv_row_name[row];
    size_t len = strlen(name);
    if (name[len - 1] == 'N') { /* numbered: mop.r.N */
        for (size_t i = 0; i < len - 1 && o->p < o->end; i++)
            *o->p++ = name[i];
        put_number(o, (uint32_t)ops->imm, 10);
        return;
    }
    put_text(o, row == RV_C_NOP_HINT ? "c.nop" : name);
    put_text(o, (const char *[]){ "", ".rl", ".aq", ".aqrl" }[ops->aqrl & 3]);
}

void riscv_disas(const TargetInsn *insn, char *buf, unsigned size)
{
    if (!size)
        return;
    Out o = { buf, buf + size - 1 };
    if (!insn->row) {
        put_text(&o, insn->len == 2 ? ".half 0x" : ".word 0x");
        put_number(&o, insn->raw, 16);
        *o.p = 0;
        return;
    }
    RvOps ops = { 0 };
    rv_extract(insn->row, insn->raw, &ops);
    put_name(&o, insn->row, &ops);
    const char *t = rv_row_asm[insn->row];
    if (*t)
        put_text(&o, " ");
    for (; *t; t++) {
        if (*t == '%') {
            put_operand(&o, insn, t[1], rv_operand(&ops, (unsigned)(t[2] - 'a')));
            t += 2;
        } else {
            put_text(&o, (char[]){ *t, 0 });
        }
    }
    *o.p = 0;
}
