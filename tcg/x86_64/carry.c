/* SPDX-License-Identifier: MIT */
/*
 * Carries that stay in the host's flags, between selection and allocation. Selection takes a carry from a register (BT) and
 * leaves it in one (SETCC) at each sum of a chain. Here what stands between two sums of a chain is made to leave the flags alone
 * (LEA for ADD, MULX for IMUL) or is moved in front of the chain; the second sum's BT then goes, and the SETCC that no one reads.
 * Snapshots in a chain name the host's flags instead of what the flags follow from.
 */
#include "tcg/code.h"
#include "tcg/x86_64/carry.h"
#include "tcg/x86_64/encode.h"
#include "tcg/x86_64/mops.h"
#include "util/arena.h"

typedef struct Carry {
    MRegion *m;
    uint32_t *uses;     /* per value */
    uint32_t *wanted;   /* per value: index of the last BT in the block that takes it as a carry */
    uint32_t *in_chain; /* per value: number of the chain in which it was made */
    uint32_t out;       /* end of what has been done; never beyond what is to be done */
    uint32_t nchains;
    /* the chain: */
    uint32_t start;     /* its first operation */
    uint32_t carry;     /* CF is bit 0 of this, 0: of none */
    bool is_live;       /* CF is that of the last sum */
    bool is_inverted;   /* CF is the inverse of `carry` */
    uint32_t owner;     /* all flags are those of this ADD or ADC, an index of operations; 0: of none */
    /* the snapshot changed last, and its entries now */
    uint32_t old_first, old_count, old_owner, new_first, new_count;
} Carry;

static MInsn *insn_at(const Carry *c, uint32_t at) { return &c->m->insns[at]; }
static MOperand *operands(const Carry *c, const MInsn *i) { return &c->m->operands[i->first_op]; }
static uint32_t operand(const Carry *c, const MInsn *i, unsigned n) { return operands(c, i)[n].vreg; }

static bool is_carry_in(const MInsn *i) { return i->op == MOP_BT && i->cond == X86_CARRY_IN; }
static bool is_carry_out(const MInsn *i) { return i->op == MOP_SETCC && (i->cond == X86_B || i->cond == X86_AE); }
static bool reads_flags(const MInsn *i)
{
    return i->op == MOP_SETCC || i->op == MOP_CMOV || i->op == MOP_JCC || i->op == MOP_LAHF || i->op == MOP_ADC || i->op == MOP_SBB;
}

/* Whether the flags are after it as they were before. */
static bool keeps_flags(const MInsn *i)
{
    switch (i->op) {
    case MOP_MOV: case MOP_MOVABS: case MOP_MOVZX8: case MOP_MOVZX16: case MOP_MOVSX8: case MOP_MOVSX16: case MOP_MOVSX32:
    case MOP_STORE: case MOP_MOVBE_LD: case MOP_MOVBE_ST: case MOP_LEA: case MOP_NOT: case MOP_SHLX: case MOP_SHRX:
    case MOP_SARX: case MOP_RORX: case MOP_BSWAP: case MOP_MULX: case MOP_SETCC: case MOP_CMOV: case MOP_MOVF: case MOP_STOREF:
    case MOP_MOVD: case MOP_MOVD_R: case MOP_MOVQZ: case MOP_LABEL:
        return true;
    default:
        return i->op >= MOP_MOVV && i->op <= MOP_AESIMC;
    }
}

/* ---- tables */

static void count_uses(Carry *c)
{
    const MRegion *m = c->m;
    for (uint32_t at = 0; at < m->ninsns; at++) {
        const MInsn *i = &m->insns[at];
        for (unsigned n = 0; n < i->nops; n++) {
            c->uses[operand(c, i, n)] += operands(c, i)[n].role <= M_USE_LATE;
        }
    }
    for (uint32_t n = 0; n < m->nphi_srcs; n++) {
        c->uses[m->phi_srcs[n]]++;
    }
    for (uint32_t n = 0; n < m->nsnap_entries; n++) {
        if (!mir_recipe_is_const(m->snap_entries[n].recipe)) {
            c->uses[m->snap_entries[n].vreg]++;
        }
    }
}

static void note_results(Carry *c, const MInsn *i)
{
    for (unsigned n = 0; n < i->nops; n++) {
        if (operands(c, i)[n].role > M_USE_LATE) {
            c->in_chain[operand(c, i, n)] = c->nchains;
        }
    }
}

/* ---- operations in a chain that are none of it */

static uint32_t new_operands(MRegion *m, const MOperand *ops, unsigned n)
{
    uint32_t first = m->noperands;
    m->operands = arena_grow(m->arena, m->operands, sizeof(MOperand), &m->cap_operands, first + n);
    for (unsigned k = 0; k < n; k++) {
        m->operands[first + k] = ops[k];
    }
    m->noperands += n;
    return first;
}

static uint32_t new_vreg(MRegion *m)
{
    m->vregs = arena_grow(m->arena, m->vregs, sizeof(MVreg), &m->cap_vregs, m->nvregs + 1);
    m->vregs[m->nvregs] = (MVreg){ .cls = M_GPR, .size = 8, .hint = -1 };
    return m->nvregs++;
}

/* A sum or product that leaves the flags alone. */
static bool convert(Carry *c, MInsn *i)
{
    const MOperand *ops = operands(c, i);
    bool is_imm = i->flags & MF_IMM;
    if ((i->op == MOP_ADD || (i->op == MOP_SUB && is_imm && i->imm != (uint64_t)INT32_MIN)) && i->mem_at == 0xff) {
        MOperand new[] = { { .vreg = ops[0].vreg, .role = M_DEF }, { .vreg = ops[1].vreg, .role = M_USE },
                           { .vreg = is_imm ? 0 : ops[2].vreg, .role = M_USE } };
        i->disp = !is_imm ? 0 : i->op == MOP_ADD ? (int32_t)i->imm : -(int32_t)i->imm;
        i->op = MOP_LEA;
        i->flags &= ~MF_IMM;
        i->mem_at = 1;
        i->scale = 0;
        i->nops = 3;
        i->first_op = new_operands(c->m, new, 3);
        return true;
    }
    if (i->op == MOP_IMUL && i->size == 8 && i->mem_at == 0xff && host_features.bmi2) {
        MOperand new[] = { { .vreg = ops[0].vreg, .role = M_DEF }, { .vreg = new_vreg(c->m), .role = M_DEF },
                           { .vreg = ops[1].vreg, .role = M_USE, .constraint = M_FIXED, .fixed = X86_RDX },
                           { .vreg = ops[2].vreg, .role = M_USE, .constraint = ops[2].vreg == ops[1].vreg ? M_REG : M_ANY } };
        i->op = MOP_MULX;
        i->nops = 4;
        i->first_op = new_operands(c->m, new, 4);
        return true;
    }
    return false;
}

/* What may be moved: all that it reads are registers. */
static bool is_pure(const MInsn *i)
{
    return ((i->op >= MOP_ADD && i->op <= MOP_ROR && i->op != MOP_ADC && i->op != MOP_SBB) || i->op == MOP_POPCNT) && i->mem_at == 0xff;
}

/* In front of the chain, where its operands come from there. */
static bool hoist(Carry *c, const MInsn *i, const MInsn *next)
{
    bool is_sum = i->op == MOP_LEA && !(i->flags & MF_MEM_STATE);
    if (!(is_pure(i) || is_sum) || i->snap || reads_flags(next)) {
        return false;
    }
    for (unsigned n = 0; n < i->nops; n++) {
        if (operands(c, i)[n].role <= M_USE_LATE && c->in_chain[operand(c, i, n)] == c->nchains) {
            return false;
        }
    }
    MInsn moved = *i;
    for (uint32_t at = c->out++; at > c->start; at--) {
        *insn_at(c, at) = *insn_at(c, at - 1);
    }
    *insn_at(c, c->start++) = moved;
    c->owner += c->owner != 0;
    return true;
}

/* ---- snapshots */

/* Number of entries from `e` on that are flags of the sum's operation. */
static unsigned match_flags(const Carry *c, const MSnapEntry *e, unsigned n)
{
    const MInsn *sum = insn_at(c, c->owner);
    if (n < 2 || e[1].slot != e[0].slot || e[1].recipe != M_CC_ADD64) {
        return 0;
    }
    bool has_carry = n > 2 && e[2].slot == e[0].slot && e[2].recipe == M_CC_ADC64;
    if (has_carry || sum->op == MOP_ADC) {
        return has_carry && e[2].vreg == operand(c, sum, 0) ? 3 : 0;
    }
    if (e[0].recipe != M_AS_IS || sum->mem_at != 0xff || sum->flags & MF_IMM) {
        return 0;
    }
    uint32_t x = operand(c, sum, 1), y = operand(c, sum, 2);
    return (e[0].vreg == x && e[1].vreg == y) || (e[0].vreg == y && e[1].vreg == x) ? 2 : 0;
}

static void add_entry(MRegion *m, MSnapEntry e)
{
    m->snap_entries = arena_grow(m->arena, m->snap_entries, sizeof(MSnapEntry), &m->cap_snap_entries, m->nsnap_entries + 1);
    m->snap_entries[m->nsnap_entries++] = e;
}

/* The snapshot of an operation that faults, if it does, before it changes flags. */
static void name_flags(Carry *c, MInsn *i)
{
    MRegion *m = c->m;
    MSnapshot s = m->snaps[i->snap];
    uint32_t at = 0;
    while (at < s.count && !match_flags(c, &m->snap_entries[s.first + at], s.count - at)) {
        at++;
    }
    if (at == s.count) {
        return;
    }
    if (c->old_first != s.first || c->old_count != s.count || c->old_owner != operand(c, insn_at(c, c->owner), 0) || c->new_count == 0) {
        unsigned n = match_flags(c, &m->snap_entries[s.first + at], s.count - at);
        c->new_first = m->nsnap_entries;
        c->new_count = s.count - n + 1;
        for (uint32_t k = 0; k < s.count; k += k == at ? n : 1) {
            MSnapEntry e = m->snap_entries[s.first + k];
            add_entry(m, k == at ? (MSnapEntry){ .slot = e.slot, .recipe = M_HOST_FLAGS } : e);
        }
        c->old_first = s.first;
        c->old_count = s.count;
        c->old_owner = operand(c, insn_at(c, c->owner), 0);
    }
    m->snaps = arena_grow(m->arena, m->snaps, sizeof(MSnapshot), &m->cap_snaps, m->nsnaps + 1);
    s.first = c->new_first;
    s.count = c->new_count;
    m->snaps[m->nsnaps] = s;
    i->snap = m->nsnaps++;
}

/* ---- the walk */

static void append(Carry *c, const MInsn *i)
{
    note_results(c, i);
    *insn_at(c, c->out++) = *i;
}

static void forget(Carry *c)
{
    c->is_live = false;
    c->carry = c->owner = 0;
}

static void begin_chain(Carry *c)
{
    c->nchains++;
    c->start = c->out;
    forget(c);
}

/* CF = bit 0 of a value. */
static void take_carry(Carry *c, const MInsn *i)
{
    uint32_t v = operand(c, i, 0);
    if (c->is_live && c->carry == v) {
        c->uses[v]--;
        if (c->is_inverted) {
            MInsn cmc = { .op = MOP_CMC, .mem_at = 0xff, .ir = i->ir, .first_op = i->first_op };
            append(c, &cmc);
            c->carry = c->owner = 0;
        }
        return;
    }
    begin_chain(c);
    append(c, i);
}

static void make_sum(Carry *c, const MInsn *i, uint32_t at, uint32_t carry_out)
{
    bool is_new = i->op != MOP_ADC;
    if (is_new && !(c->is_live && c->wanted[c->carry] > at)) {
        begin_chain(c);
    }
    append(c, i);
    c->is_live = carry_out != 0 || i->op == MOP_ADC;
    c->carry = 0;
    c->owner = i->size == 8 && (i->op == MOP_ADD || i->op == MOP_ADC) ? c->out - 1 : 0;
}

static void do_insn(Carry *c, uint32_t at, uint32_t end)
{
    MInsn i = *insn_at(c, at), *next = at + 1 < end ? insn_at(c, at + 1) : &i;
    bool faults_first = i.is_snap_early && x86_form_is_simple(mop_info[i.op].form);
    if (i.snap && c->owner && (faults_first || i.op == MOP_POLL)) {
        name_flags(c, &i);
    }
    if (is_carry_in(&i)) {
        take_carry(c, &i);
    } else if (i.op == MOP_ADC) {
        make_sum(c, &i, at, 0);
    } else if ((i.op == MOP_ADD || i.op == MOP_CMP) && is_carry_out(next) && c->wanted[operand(c, next, 0)] > at) {
        make_sum(c, &i, at, operand(c, next, 0));
    } else if (is_carry_out(&i) && c->is_live && !c->carry) {
        append(c, &i);
        c->carry = operand(c, &i, 0);
        c->is_inverted = i.cond == X86_AE;
    } else if (c->is_live && c->wanted[c->carry] > at) {
        if (!hoist(c, &i, next)) {
            bool is_kept = keeps_flags(&i) || convert(c, &i);
            append(c, &i);
            if (!is_kept) {
                forget(c);
            }
        }
    } else if (keeps_flags(&i)) {
        append(c, &i);
    } else {
        append(c, &i);
        forget(c);
    }
}

/* SETCC of what no one reads any more. */
static void remove_unused(Carry *c, uint32_t first)
{
    uint32_t to = first;
    for (uint32_t at = first; at < c->out; at++) {
        MInsn *i = insn_at(c, at);
        if (!is_carry_out(i) || c->uses[operand(c, i, 0)]) {
            *insn_at(c, to++) = *i;
        }
    }
    c->out = to;
}

static void do_block(Carry *c, MBlock *b)
{
    uint32_t first = c->out, begin = b->first, end = b->end;
    for (uint32_t at = begin; at < end; at++) {
        const MInsn *i = insn_at(c, at);
        if (is_carry_in(i)) {
            c->wanted[operand(c, i, 0)] = at;
        }
    }
    begin_chain(c);
    for (uint32_t at = begin; at < end; at++) {
        do_insn(c, at, end);
    }
    remove_unused(c, first);
    b->first = first;
    b->end = c->out;
}

void mir_keep_carries(MRegion *m)
{
    uint32_t n = m->nvregs + m->ninsns; /* at most one new value for each operation */
    Carry c = { .m = m };
    c.uses = arena_alloc0(m->arena, 3 * sizeof(uint32_t) * n);
    c.wanted = c.uses + n;
    c.in_chain = c.wanted + n;
    count_uses(&c);
    for (uint32_t b = 1; b < m->nblocks; b++) {
        do_block(&c, &m->blocks[b]);
    }
    m->ninsns = c.out;
}
