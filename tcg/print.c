/* SPDX-License-Identifier: MIT */
/* IR as text. No stdio: this also runs while a guest runs. */
#include "tcg/print.h"

#include <string.h>

#include "tcg/ir.h"

typedef struct Out {
    const IrRegion *r;
    IrWrite *write;
    void *opaque;
} Out;

static void text(const Out *o, const char *s)
{
    o->write(o->opaque, s, strlen(s));
}

static void number(const Out *o, uint64_t v, unsigned base)
{
    char buf[24];
    char *p = buf + sizeof(buf);
    do {
        *--p = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    o->write(o->opaque, p, (size_t)(buf + sizeof(buf) - p));
}

static void decimal(const Out *o, int64_t v)
{
    if (v < 0) {
        text(o, "-");
    }
    number(o, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

static void hex(const Out *o, uint64_t v)
{
    text(o, "0x");
    number(o, v, 16);
}

static void prefixed(const Out *o, const char *prefix, uint64_t v)
{
    text(o, prefix);
    number(o, v, 10);
}

static void constant(const Out *o, const IrInsn *i)
{
    int64_t v = i->op == IR_CONST_I32 ? (int32_t)i->imm : (int64_t)i->imm;
    if (i->op == IR_CONST_V128) {
        text(o, "{");
        hex(o, o->r->pool[i->imm].u64[0]);
        text(o, ", ");
        hex(o, o->r->pool[i->imm].u64[1]);
        text(o, "}");
    } else if ((i->op == IR_CONST_I32 || i->op == IR_CONST_I64) && v > -65536 && v < 65536) {
        decimal(o, v);
    } else {
        hex(o, i->imm);
    }
}

static void value(const Out *o, uint32_t id)
{
    const IrInsn *i = &o->r->insns[id];
    if (id && ir_has_trait(i, IR_TRAIT_FLOAT)) {
        constant(o, i);
    } else {
        prefixed(o, "%", id);
    }
}

static void snapshot(const Out *o, const IrSnapshot *s)
{
    text(o, " @ ");
    hex(o, s->pc);
    if (s->ctx) {
        prefixed(o, "/", s->ctx);
    }
    text(o, " {");
    for (uint32_t e = 0; e < s->count; e++) {
        const IrSnapEntry *entry = &o->r->snap_entries[s->first + e];
        text(o, e ? ", " : "");
        text(o, o->r->slots[entry->slot].name);
        text(o, "=");
        value(o, entry->value);
    }
    text(o, "}");
}

static void memory_attributes(const Out *o, const IrInsn *i)
{
    static const char *const orders[] = { "", " acq", " rel", " seq" };
    static const uint8_t type_bytes[] = { 0, 4, 8, 4, 8, 16, 4 };
    unsigned size = MEM_SIZE(i->mem);
    bool is_narrow = i->type != IR_VOID && size < type_bytes[i->type];
    text(o, !is_narrow ? " " : i->mem & MEM_SIGNED ? " s" : " u");
    number(o, size * 8, 10);
    text(o, i->mem & MEM_BIG_ENDIAN ? " be" : "");
    text(o, orders[MEM_ORDER(i->mem)]);
    text(o, i->mem & MEM_ALIGNED ? " aligned" : "");
    if (i->mem >> MEM_INDEX_SHIFT & 15) {
        prefixed(o, " mmu", i->mem >> MEM_INDEX_SHIFT & 15);
    }
}

static void arguments(const Out *o, const IrInsn *i)
{
    bool is_mem = ir_has_trait(i, IR_TRAIT_MAY_FAULT);
    for (unsigned a = 0; a < i->nargs; a++) {
        text(o, a ? ", " : " ");
        value(o, i->arg[a]);
        if (is_mem && a == 0 && i->aux) {
            text(o, i->aux > 0 ? "+" : "");
            decimal(o, i->aux);
        }
    }
    if (is_mem) {
        memory_attributes(o, i);
    }
}

static void auxiliary(const Out *o, const IrInsn *i)
{
    static const char *const rounds[] = { "rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn" };
    static const char *const conds[] = { "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le" };
    static const char *const orders[] = { "none", "acq", "rel", "seq" };
    switch (ir_op_info[i->op].aux) {
    case IR_AUX_SLOT:
        text(o, " ");
        text(o, o->r->slots[i->aux].name);
        break;
    case IR_AUX_RM:
        text(o, ", ");
        text(o, rounds[i->aux & 7]);
        break;
    case IR_AUX_COND:
        text(o, ", ");
        text(o, conds[i->aux]);
        break;
    case IR_AUX_ORDER:
        text(o, " ");
        text(o, orders[i->aux & 3]);
        break;
    case IR_AUX_EVENT:
        text(o, " ");
        decimal(o, i->aux);
        break;
    case IR_AUX_INDEX:
    case IR_AUX_OFFSET:
    case IR_AUX_BIT:
    case IR_AUX_COUNT:
    case IR_AUX_LANE:
        text(o, ", ");
        decimal(o, i->aux);
        break;
    default:
        break;
    }
}

static void call(const Out *o, const IrInsn *i)
{
    text(o, " ");
    text(o, o->r->helpers[i->aux].name);
    text(o, "(");
    for (uint32_t a = 0; a < i->nargs; a++) {
        text(o, a ? ", " : "");
        value(o, o->r->extra[i->arg[0] + a]);
    }
    text(o, ")");
}

static void phi(const Out *o, const IrInsn *i)
{
    const IrBlock *k = &o->r->blocks[i->block];
    text(o, " ");
    text(o, o->r->slots[i->aux].name);
    text(o, " [");
    for (uint32_t a = 0; a < i->nargs; a++) {
        prefixed(o, a ? ", b" : "b", o->r->extra[k->first_pred + a]);
        text(o, ": ");
        value(o, o->r->extra[i->arg[0] + a]);
    }
    text(o, "]");
}

static void targets(const Out *o, const IrInsn *i)
{
    bool is_call = i->op == IR_EXIT_CALL || i->op == IR_EXIT_CALL_INDIRECT;
    if (is_call) {
        text(o, " ret=");
        hex(o, i->imm);
    }
    for (int s = 0; s < 2 && i->succ[s]; s++) {
        prefixed(o, s || i->nargs ? (is_call ? " b" : ", b") : " b", i->succ[s]);
    }
}

static void insn(const Out *o, uint32_t id)
{
    const IrInsn *i = &o->r->insns[id];
    text(o, "    ");
    if (i->type != IR_VOID) {
        prefixed(o, "%", id);
        text(o, " = ");
    }
    text(o, ir_op_name[i->op]);
    if (ir_has_trait(i, IR_TRAIT_PHI)) {
        phi(o, i);
    } else if (ir_has_trait(i, IR_TRAIT_CALL)) {
        call(o, i);
    } else {
        arguments(o, i);
        auxiliary(o, i);
    }
    if (ir_has_trait(i, IR_TRAIT_TERM)) {
        targets(o, i);
    }
    if (i->snap) {
        snapshot(o, &o->r->snaps[i->snap]);
    }
    text(o, "\n");
}

void ir_print_insn(const IrRegion *r, uint32_t id, IrWrite *write, void *opaque)
{
    Out o = { r, write, opaque };
    insn(&o, id);
}

void ir_print(const IrRegion *r, IrWrite *write, void *opaque)
{
    Out o = { r, write, opaque };
    for (uint32_t id = 1; id < r->nblocks; id++) {
        const IrBlock *k = &r->blocks[id];
        prefixed(&o, "block b", id);
        text(&o, " pc=");
        hex(&o, k->pc);
        text(&o, k->is_entry ? " entry" : "");
        text(&o, k->is_cold ? " cold" : "");
        if (k->loop_head) {
            prefixed(&o, " loop=b", k->loop_head);
            prefixed(&o, " depth=", k->loop_depth);
        }
        text(&o, ":\n");
        for (uint32_t i = k->first; i; i = r->insns[i].next) {
            insn(&o, i);
        }
    }
}
