/* SPDX-License-Identifier: MIT */
/*
 * Machine IR as text. One line per insn:  `17  op4.8  v3:def@rax  v1:use@[spill 2]  #imm  {slot =
 * v7@rbx, ...}`; the moves of the allocator stand before it.
 */
#include "tcg/mir_print.h"

#include <string.h>
#include <unistd.h>

typedef struct Printer {
    int fd;
    unsigned used;
    const MRegion *m;
    const MAlloc *alloc;
    const MirNames *names;
    char buf[1024];
} Printer;

static void flush(Printer *p)
{
    for (unsigned done = 0; done < p->used;) {
        ssize_t n = write(p->fd, p->buf + done, p->used - done);
        if (n <= 0) {
            break;
        }
        done += n;
    }
    p->used = 0;
}

static void put(Printer *p, const char *s)
{
    for (; *s; s++) {
        if (p->used == sizeof(p->buf)) {
            flush(p);
        }
        p->buf[p->used++] = *s;
    }
}

static void put_number(Printer *p, uint64_t n, unsigned base)
{
    char digits[24];
    char *d = digits + sizeof(digits);
    *--d = 0;
    do {
        *--d = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    put(p, d);
}

static void put_with(Printer *p, const char *prefix, uint64_t n)
{
    put(p, prefix);
    put_number(p, n, 10);
}

static void put_reg(Printer *p, uint8_t cls, unsigned r)
{
    const char *const *names = p->names ? p->names->regs[cls] : NULL;
    if (names) {
        put(p, names[r]);
    } else {
        put_with(p, cls == M_GPR ? "r" : "x", r);
    }
}

static void put_loc(Printer *p, Loc l)
{
    switch (l.kind) {
    case LOC_NONE:
        put(p, "none");
        break;
    case LOC_REG:
        put_reg(p, l.cls, l.index);
        break;
    case LOC_SPILL:
        put_with(p, "[spill ", l.index);
        put(p, "]");
        break;
    case LOC_HOME:
        put_with(p, "[slot ", l.index);
        put(p, "]");
        break;
    case LOC_CONST:
        put_with(p, "const %", l.index);
        break;
    }
}

static void put_operand(Printer *p, const MOperand *o)
{
    static const char *const roles[] = { "use", "late", "def", "early", "tied", "temp" };
    if (!o->vreg) {
        put(p, "  -");
        return;
    }
    put_with(p, "  v", o->vreg);
    put(p, ":");
    put(p, roles[o->role]);
    if (o->role == M_TIED) {
        put_number(p, o->tied, 10);
    }
    if (o->constraint == M_FIXED) {
        put(p, "=");
        put_reg(p, p->m->vregs[o->vreg].cls, o->fixed);
    } else if (o->constraint == M_ANY) {
        put(p, "/m");
    }
    if (p->alloc) {
        put(p, "@");
        put_loc(p, o->loc);
    }
}

static void put_moves(Printer *p, uint32_t i)
{
    const MAlloc *a = p->alloc;
    for (uint32_t k = a->move_start[i]; k < a->move_start[i + 1]; k++) {
        const MMove *m = &a->moves[k];
        put_with(p, m->is_swap ? "        swap." : "        move.", m->size);
        put(p, " ");
        put_loc(p, m->dst);
        put(p, m->is_swap ? " <-> " : " <- ");
        put_loc(p, m->src);
        put(p, "\n");
    }
}

static void put_snapshot(Printer *p, uint32_t i)
{
    const MInsn *in = &p->m->insns[i];
    const MSnapshot *s = &p->m->snaps[in->snap];
    put(p, in->is_snap_early ? "  early {pc 0x" : "  {pc 0x");
    put_number(p, s->pc, 16);
    for (uint32_t k = 0; k < s->count; k++) {
        const MSnapEntry *e = &p->m->snap_entries[s->first + k];
        put_with(p, ", s", e->slot);
        put_with(p, e->recipe == M_CONSTANT ? " = %" : " = v", e->vreg);
        if (e->recipe != M_AS_IS) {
            put_with(p, "~", e->recipe);
        }
        if (p->alloc) {
            put(p, "@");
            put_loc(p, p->alloc->snap_locs[p->alloc->snap_start[i] + k]);
        }
    }
    put(p, "}");
}

static void put_mask(Printer *p, const char *word, uint8_t cls, uint32_t mask)
{
    if (mask) {
        put(p, word);
    }
    for (; mask; mask &= mask - 1) {
        put(p, " ");
        put_reg(p, cls, __builtin_ctz(mask));
    }
}

static void put_insn(Printer *p, uint32_t i)
{
    const MInsn *in = &p->m->insns[i];
    put_with(p, "  ", i);
    put(p, "\t");
    if (p->names && p->names->ops) {
        put(p, p->names->ops[in->op]);
    } else {
        put_with(p, "op", in->op);
    }
    put_with(p, ".", in->size);
    for (unsigned k = 0; k < in->nops; k++) {
        put_operand(p, &p->m->operands[in->first_op + k]);
    }
    if (in->disp) {
        put(p, in->disp < 0 ? "  disp -0x" : "  disp 0x");
        put_number(p, in->disp < 0 ? -(int64_t)in->disp : in->disp, 16);
    }
    if (in->imm) {
        put(p, "  #0x");
        put_number(p, in->imm, 16);
    }
    put_mask(p, "  clobbers", M_GPR, in->clobbers[M_GPR]);
    put_mask(p, "  clobbers", M_VEC, in->clobbers[M_VEC]);
    if (in->snap) {
        put_snapshot(p, i);
    }
    put(p, "\n");
}

static void put_block(Printer *p, uint32_t id)
{
    const MRegion *m = p->m;
    const MBlock *b = &m->blocks[id];
    put_with(p, "block ", id);
    put(p, b->is_entry ? " entry" : "");
    put(p, b->is_cold ? " cold" : "");
    put_with(p, " depth ", b->loop_depth);
    for (uint32_t k = 0; k < b->npreds; k++) {
        put_with(p, k ? ", " : " from ", m->preds[b->first_pred + k]);
    }
    for (uint32_t k = 0; k < b->nsucc; k++) {
        put_with(p, k ? ", " : " to ", b->succ[k]);
    }
    put(p, "\n");
    for (uint32_t k = 0; k < b->nphis; k++) {
        const MPhi *phi = &m->phis[b->first_phi + k];
        put_with(p, "        v", phi->dest);
        put(p, " = phi");
        for (uint32_t s = 0; s < b->npreds; s++) {
            put_with(p, " v", m->phi_srcs[phi->first_src + s]);
        }
        put(p, "\n");
    }
}

void mir_print(int fd, const MRegion *m, const MAlloc *alloc, const MirNames *names)
{
    Printer p = {
        .fd = fd, .m = m, .alloc = alloc && !alloc->is_failed ? alloc : NULL, .names = names
    };
    for (uint32_t b = 1; b < m->nblocks; b++) {
        put_block(&p, b);
        for (uint32_t i = m->blocks[b].first; i < m->blocks[b].end; i++) {
            if (p.alloc) {
                put_moves(&p, i);
            }
            put_insn(&p, i);
        }
    }
    if (p.alloc) {
        put_with(&p, "spill slots ", alloc->nspills);
        put_with(&p, ", pins borrowed ", __builtin_popcount(alloc->borrowed));
        put(&p, "\n");
    } else if (alloc) {
        put(&p, "allocation failed\n");
    }
    flush(&p);
}
