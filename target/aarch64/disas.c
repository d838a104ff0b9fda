/* SPDX-License-Identifier: MIT */
/* Assembly text from the rows' templates, without aliases (as llvm-mc -M no-aliases). The kinds of operands are listed at the top of
 * the .isa files that use them. */
#include <string.h>

#include "target/aarch64/disas.h"
#include "util/compiler.h"

void a64_put_text(A64Out *o, const char *s)
{
    while (*s && o->p < o->end)
        *o->p++ = *s++;
}

void a64_put_number(A64Out *o, uint64_t v, unsigned base)
{
    char buf[24], *p = buf + sizeof buf;
    *--p = 0;
    do
        *--p = "0123456789abcdef"[v % base];
    while (v /= base);
    a64_put_text(o, p);
}

void a64_put_imm(A64Out *o, int64_t v)
{
    a64_put_text(o, v < 0 ? "#-" : "#");
    a64_put_number(o, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

void a64_put_hex(A64Out *o, uint64_t v)
{
    a64_put_text(o, "#0x");
    a64_put_number(o, v, 16);
}

void a64_put_reg(A64Out *o, const char *prefix, unsigned r)
{
    a64_put_text(o, prefix);
    a64_put_number(o, r & 31, 10);
}

void a64_put_gpr(A64Out *o, bool is_64, unsigned r, bool is_sp)
{
    if ((r & 31) == 31)
        a64_put_text(o, is_sp ? (is_64 ? "sp" : "wsp") : is_64 ? "xzr" : "wzr");
    else
        a64_put_reg(o, is_64 ? "x" : "w", r);
}

static const char *const conditions[] = { "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc",
                                          "hi", "ls", "ge", "lt", "gt", "le", "al", "nv" };
static const char *const shifts[] = { "lsl", "lsr", "asr", "ror" };
static const char *const extensions[] = { "uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx" };

static void put_shift(A64Out *o, const char *kind, unsigned amount)
{
    a64_put_text(o, ", ");
    a64_put_text(o, kind);
    a64_put_text(o, " ");
    a64_put_imm(o, amount);
}

/* The register of add (extended register). */
static void put_extended(A64Out *o, const A64Ops *ops)
{
    a64_put_gpr(o, ops->sf && (ops->opt & 3) == 3, ops->rm, false);
    bool is_lsl = (ops->rn == 31 || ops->rd == 31) && ops->opt == (ops->sf ? 3 : 2);
    if (is_lsl && !ops->amount && ops->rn != 31 && ops->rd != 31)
        return;
    a64_put_text(o, ", ");
    a64_put_text(o, extensions[ops->opt]);
    if (ops->amount) {
        a64_put_text(o, " ");
        a64_put_imm(o, ops->amount);
    }
}

/* log2 of the bytes that a load or store moves, from its opcode: C4.1.94. */
static unsigned access_scale(uint32_t raw)
{
    bool is_quad = (raw >> 26 & 1) && (raw >> 23 & 1);
    return is_quad ? 4 : raw >> 30;
}

static void put_index(A64Out *o, const A64Ops *ops, uint32_t raw)
{
    a64_put_gpr(o, ops->opt & 1, ops->rm, false);
    bool is_lsl = ops->opt == 3;
    if (is_lsl && !ops->amount)
        return;
    a64_put_text(o, ", ");
    a64_put_text(o, is_lsl ? "lsl" : extensions[ops->opt]);
    if (ops->amount) {
        a64_put_text(o, " ");
        a64_put_imm(o, access_scale(raw));
    }
}

static void put_indexed(A64Out *o, const A64Ops *ops)
{
    a64_put_text(o, "[");
    a64_put_gpr(o, true, ops->rn, true);
    a64_put_text(o, ops->pre ? ", " : "], ");
    a64_put_imm(o, ops->imm);
    a64_put_text(o, ops->pre ? "]!" : "");
}

static void put_prefetch(A64Out *o, unsigned v)
{
    static const char *const type[] = { "pld", "pli", "pst" };
    if (v >> 3 == 3 || (v >> 1 & 3) == 3) {
        a64_put_imm(o, v);
        return;
    }
    a64_put_text(o, type[v >> 3]);
    a64_put_text(o, (const char *[]){ "l1", "l2", "l3" }[v >> 1 & 3]);
    a64_put_text(o, v & 1 ? "strm" : "keep");
}

static void put_barrier(A64Out *o, unsigned v, bool is_isb)
{
    static const char *const names[] = { NULL, "oshld", "oshst", "osh", NULL, "nshld", "nshst", "nsh",
                                         NULL, "ishld", "ishst", "ish", NULL, "ld", "st", "sy" };
    if (names[v & 15] && (!is_isb || v == 15))
        a64_put_text(o, names[v & 15]);
    else
        a64_put_imm(o, v);
}

static void put_sysreg(A64Out *o, unsigned v)
{
    static const TargetCpu all = { .ext = ~0ull };
    const char *name = a64_sys_name(a64_find_sys(&all, v, false));
    if (name) {
        a64_put_text(o, name);
        return;
    }
    const uint8_t parts[] = { (uint8_t)(2 | v >> 14), v >> 11 & 7, v >> 7 & 15, v >> 3 & 15, v & 7 };
    static const char *const before[] = { "s", "_", "_c", "_c", "_" };
    for (unsigned i = 0; i < 5; i++) {
        a64_put_text(o, before[i]);
        a64_put_number(o, parts[i], 10);
    }
}

static void put_label(A64Out *o, const TargetInsn *insn, uint64_t base, int64_t offset)
{
    a64_put_text(o, "0x");
    a64_put_number(o, base + (uint64_t)offset, 16);
}

static void put_register(A64Out *o, const A64Ops *ops, char kind, unsigned v)
{
    switch (kind) {
    case 'x': a64_put_gpr(o, true, v, false); break;
    case 'w': a64_put_gpr(o, false, v, false); break;
    case 'X': a64_put_gpr(o, true, v, true); break;
    case 'W': a64_put_gpr(o, false, v, true); break;
    case 'r': a64_put_gpr(o, ops->sf, v, false); break;
    case 'R': a64_put_gpr(o, ops->sf, v, true); break;
    case 'T': a64_put_gpr(o, ops->bit >= 32, v, false); break;
    case 'G': a64_put_gpr(o, true, v + 1, false); break;
    case 'H': a64_put_gpr(o, false, v + 1, false); break;
    case '1': a64_put_reg(o, "b", v); break;
    case '2': a64_put_reg(o, "h", v); break;
    case '4': a64_put_reg(o, "s", v); break;
    case '8': a64_put_reg(o, "d", v); break;
    case '9': a64_put_reg(o, "q", v); break;
    }
}

static void put_operand(A64Out *o, const TargetInsn *insn, const A64Ops *ops, char kind, int32_t v)
{
    switch (kind) {
    case 'i': a64_put_imm(o, v); break;
    case 'u': a64_put_imm(o, (uint32_t)v); break;
    case 'g': a64_put_hex(o, (uint32_t)v); break;
    case 'b': a64_put_hex(o, a64_bitmask((unsigned)v, ops->sf)); break;
    case 'p': put_label(o, insn, insn->pc, v); break;
    case 'P': put_label(o, insn, insn->pc & ~0xfffull, (int64_t)v * 4096); break;
    case 'c': a64_put_text(o, conditions[v & 15]); break;
    case 'S':
        if (v)
            put_shift(o, "lsl", 12);
        break;
    case 'K':
        if (ops->amount || v)
            put_shift(o, shifts[v & 3], ops->amount);
        break;
    case 'J':
        if (v)
            put_shift(o, "lsl", 16 * (unsigned)v);
        break;
    case 'Y': put_extended(o, ops); break;
    case 'E': put_index(o, ops, insn->raw); break;
    case 'A': put_indexed(o, ops); break;
    case 'o':
        if (v) {
            a64_put_text(o, ", ");
            a64_put_imm(o, v);
        }
        break;
    case 'f': put_prefetch(o, (unsigned)v); break;
    case 'y': put_barrier(o, (unsigned)v, insn->row == A64_ISB); break;
    case 'n': put_sysreg(o, (unsigned)v); break;
    default:
        if (!a64_put_simd(o, insn, ops, kind, (unsigned)v))
            put_register(o, ops, kind, (unsigned)v);
    }
}

/* The mnemonic is the row's name up to its first dot, with the suffixes of LSE where acquire and release are fields. */
static void put_name(A64Out *o, const TargetInsn *insn, const A64Ops *ops)
{
    const char *name = a64_row_name[insn->row];
    size_t len = strcspn(name, ".");
    size_t size_at = len;
    bool has_order = a64_row_asm[insn->row][0] && ops->acqrel;
    if (has_order && len > 4 && (name[len - 1] == 'b' || name[len - 1] == 'h') && strncmp(name, "ldsmax", len) != 0)
        size_at--;
    else if (has_order && len == 4 && (!strcmp(name, "casb") || !strcmp(name, "cash") || !strcmp(name, "swpb") || !strcmp(name, "swph")))
        size_at--;
    for (size_t i = 0; i < size_at && o->p < o->end; i++)
        *o->p++ = name[i];
    if (has_order)
        a64_put_text(o, (const char *[]){ "", "l", "a", "al" }[ops->acqrel & 3]);
    for (size_t i = size_at; i < len && o->p < o->end; i++)
        *o->p++ = name[i];
}

void a64_disas(const TargetInsn *insn, char *buf, unsigned size)
{
    if (!size)
        return;
    A64Out o = { buf, buf + size - 1 };
    if (!insn->row) {
        a64_put_text(&o, ".word 0x");
        a64_put_number(&o, insn->raw, 16);
        *o.p = 0;
        return;
    }
    A64Ops ops = { 0 };
    a64_extract(insn->row, insn->raw, &ops);
    put_name(&o, insn, &ops);
    const char *t = a64_row_asm[insn->row];
    bool is_suffix = *t == '.' || !strncmp(t, "%+", 2) || !strncmp(t, "%;", 2);
    if (*t == '&') { /* the forms that work on upper halves */
        a64_put_text(&o, ops.q ? "2" : "");
        t++;
    } else if (*t && !is_suffix) {
        a64_put_text(&o, " ");
    }
    for (; *t; t++) {
        if (*t == '%') {
            put_operand(&o, insn, &ops, t[1], a64_operand(&ops, (unsigned)(t[2] - 'a')));
            t += 2;
        } else {
            a64_put_text(&o, (char[]){ *t, 0 });
        }
    }
    *o.p = 0;
}
