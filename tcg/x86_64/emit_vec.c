/* SPDX-License-Identifier: MIT */
/*
 * Composite floating-point operations on vectors: the host's operation, a check of the result (or the arguments) that sees every lane for
 * which the host may not do what fpu_vec.h says, and out of line the whole operation again by C. In tier 2 one check serves several: RUNS.
 */
#include <stddef.h>

#include "tcg/fpu_vec.h"
#include "tcg/state.h"
#include "tcg/x86_64/calls.h"
#include "tcg/x86_64/emit_state.h"
#include "tcg/x86_64/slow.h"
#include "util/assert.h"

enum { /* opcodes; ps and pd forms differ by the prefix */
    V_MUL = 0x59 | X86_0F, V_ADD = 0x58 | X86_0F, V_SUB = 0x5c | X86_0F, V_DIV = 0x5e | X86_0F, V_MIN = 0x5d | X86_0F, V_MAX = 0x5f | X86_0F,
    V_SQRT = 0x51 | X86_0F, V_UCOMIS = 0x2e | X86_0F, V_AND = 0x54 | X86_0F, V_OR = 0x56 | X86_0F, V_CMP = 0xc2 | X86_0F,
    V_PAND = 0xdb | X86_0F | X86_PP_66, V_POR = 0xeb | X86_0F | X86_PP_66, V_PCMPEQW = 0x75 | X86_0F | X86_PP_66,
    V_PCMPEQD = 0x76 | X86_0F | X86_PP_66, V_PCMPEQQ = 0x29 | X86_0F38 | X86_PP_66, V_PCMPGTW = 0x65 | X86_0F | X86_PP_66,
    V_PTEST = 0x17 | X86_0F38 | X86_PP_66, V_FMADD231 = 0xb8 | X86_0F38 | X86_PP_66, V_CVTPH2PS = 0x13 | X86_0F38 | X86_PP_66,
    V_CVTPS2PH = 0x1d | X86_0F3A | X86_PP_66, V_CVTPD2PS = 0x5a | X86_0F | X86_PP_66, V_CVTTPS2DQ = 0x5b | X86_0F | X86_PP_F3,
    V_ROUNDPS = 0x08 | X86_0F3A | X86_PP_66, V_SHIFT = 0x73 | X86_0F | X86_PP_66, V_UNPACK = 0x6c | X86_0F | X86_PP_66,
    V_SHIFTW = 0x71 | X86_0F | X86_PP_66, V_PXOR = 0xef | X86_0F | X86_PP_66, V_PADDQ = 0xd4 | X86_0F | X86_PP_66,
    V_PMINSW = 0xea | X86_0F | X86_PP_66, V_PMAXSW = 0xee | X86_0F | X86_PP_66, V_CVTPS2PD = 0x5a | X86_0F,
};
enum { CMP_UNORD = 3, CMP_NLT = 5, CMP_EQ_UQ = 8 /* equal or unordered; VEX only */, SCRATCH = X86_SCRATCH_VEC };

static uint32_t packed(const MInsn *insn, uint32_t op) { return op | (insn->size == 8 ? X86_PP_66 : 0); }

/* dst = x op y; dst is not y, unless it is x too. */
static void op3(Emit *e, uint32_t op, unsigned dst, unsigned x, unsigned y)
{
    if (!e->a.use_vex && dst != x)
        x86_movv_rr(&e->a, dst, x);
    X86Rm rm = x86_rm_reg(y);
    x86_sse_rm(&e->a, op, dst, x, &rm);
}

static void op2(Emit *e, uint32_t op, unsigned dst, unsigned x)
{
    X86Rm rm = x86_rm_reg(x);
    x86_sse_rm(&e->a, op, dst, X86_NO_VVVV, &rm);
}

enum { NO_IMM = -1 };

/* y: a constant, the same in every lane of `size` bytes. */
static void op3_const_imm(Emit *e, uint32_t op, unsigned dst, unsigned x, unsigned size, uint64_t y, int imm)
{
    if (!e->a.use_vex && dst != x)
        x86_movv_rr(&e->a, dst, x);
    for (unsigned bits = size * 8; bits < 64; bits *= 2)
        y |= y << bits;
    X86Rm rm = x86_rm_rip();
    x86_sse_rm(&e->a, op, dst, op == V_PTEST ? X86_NO_VVVV : x, &rm);
    if (imm != NO_IMM)
        x86_put8(&e->a, (unsigned)imm);
    emit_ref(e, EMIT_CONST16, emit_const16(e, y, y));
}

static void op3_const(Emit *e, uint32_t op, unsigned dst, unsigned x, unsigned size, uint64_t y)
{
    op3_const_imm(e, op, dst, x, size, y, NO_IMM);
}

/* ---- out of line: C finds the registers where x86_slow_call saves them */

static void call_slow(Emit *e, uint32_t what)
{
    x86_store(&e->a, 8, X86_STATE, x86_rm_state((unsigned)offsetof(CpuState, save) + SLOW_ARG0 * 8));
    x86_store_imm(&e->a, 4, (int32_t)what, x86_rm_state((unsigned)offsetof(CpuState, save) + SLOW_ARG1 * 8));
    emit_slow_call(e, (uintptr_t)call_vec_slow);
}

static void stub_slow(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    call_slow(e, s->arg);
    emit_jmp_to(e, s->resume);
}

static uint32_t slow_what(const MInsn *insn, const MOperand *ops, unsigned third)
{
    unsigned log = insn->size == 8 ? 3 : insn->size == 4 ? 2 : 1;
    return CALL_VEC_SLOW(insn->cond, log, insn->imm, ops[0].loc.index, ops[1].loc.index, ops[2].loc.index, third);
}

static EmitStub *leave(Emit *e, X86Cond cond, const MInsn *insn, const MOperand *ops, unsigned third)
{
    EmitStub *s = emit_jcc_stub(e, cond, stub_slow, insn, ops);
    s->arg = slow_what(insn, ops, third);
    return s;
}

/* When PTEST has found a bit. */
static EmitStub *leave_if_any(Emit *e, const MInsn *insn, const MOperand *ops, unsigned third) { return leave(e, X86_NE, insn, ops, third); }

static const struct {
    uint64_t magnitude, least_normal, infinity;
    uint32_t equal;
} formats[] = {
    [2] = { 0x7fff, 0x0400, 0x7c00, V_PCMPEQW },
    [4] = { 0x7fffffff, 0x00800000, 0x7f800000, V_PCMPEQD },
    [8] = { 0x7fffffffffffffff, 0x0010000000000000, 0x7ff0000000000000, V_PCMPEQQ },
};

/* SCRATCH: lanes that are the least normal number of either sign. */
static void find_least_normal(Emit *e, unsigned reg, unsigned size)
{
    op3_const(e, V_PAND, SCRATCH, reg, size, formats[size].magnitude);
    op3_const(e, formats[size].equal, SCRATCH, SCRATCH, size, formats[size].least_normal);
}

static void find_unordered(Emit *e, const MInsn *insn, unsigned dst, unsigned x, unsigned y)
{
    op3(e, packed(insn, V_CMP), dst, x, y);
    x86_put8(&e->a, CMP_UNORD);
}

/* ---- arithmetic: ops are the result, a, b, (c), a temporary */

static bool can_be_tiny(unsigned op) { return op == FPU_MUL || op == FPU_DIV || op == FPU_FMA; }

static void compute(Emit *e, const MInsn *insn, unsigned dst, unsigned x, unsigned y)
{
    static const uint32_t opcodes[] = { [FPU_ADD] = V_ADD, [FPU_SUB] = V_SUB, [FPU_MUL] = V_MUL, [FPU_DIV] = V_DIV };
    if (insn->cond == FPU_SQRT)
        op2(e, packed(insn, V_SQRT), dst, x);
    else
        op3(e, packed(insn, opcodes[insn->cond]), dst, x, y);
}

static void compute_any(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index, b = ops[2].loc.index;
    if (insn->cond == FPU_FMA) {
        X86Rm rm = x86_rm_reg(b);
        x86_movv_rr(&e->a, dst, ops[3].loc.index);
        x86_vex_rm(&e->a, V_FMADD231 | (insn->size == 8 ? X86_W : 0), dst, a, &rm);
    } else {
        compute(e, insn, dst, a, b);
    }
}

/* Then the result is not negative, unless it is a NaN: its sign need not be taken off. */
static bool is_square(const MInsn *insn, const MOperand *ops) { return insn->cond == FPU_MUL && ops[1].loc.index == ops[2].loc.index; }

/* mask: lanes of the result to look at again. With VEX one comparison finds both the least normal number and NaNs. */
static void find_doubtful(Emit *e, const MInsn *insn, const MOperand *ops, unsigned mask)
{
    unsigned dst = ops[0].loc.index, magnitude = is_square(insn, ops) ? dst : mask;
    if (can_be_tiny(insn->cond)) {
        if (magnitude == mask)
            op3_const(e, V_PAND, mask, dst, insn->size, formats[insn->size].magnitude);
        op3_const_imm(e, packed(insn, V_CMP), mask, magnitude, insn->size, formats[insn->size].least_normal, CMP_EQ_UQ);
    } else {
        find_unordered(e, insn, mask, dst, dst);
    }
}

static void emit_arithmetic(Emit *e, const MInsn *insn, const MOperand *ops)
{
    bool is_fma = insn->cond == FPU_FMA;
    unsigned dst = ops[0].loc.index, c = ops[3].loc.index, t = ops[3 + is_fma].loc.index;
    compute_any(e, insn, ops);
    if (e->a.use_vex) {
        find_doubtful(e, insn, ops, SCRATCH);
    } else if (can_be_tiny(insn->cond)) {
        find_least_normal(e, dst, insn->size);
        find_unordered(e, insn, t, dst, dst);
        op3(e, V_POR, SCRATCH, SCRATCH, t);
    } else {
        find_unordered(e, insn, SCRATCH, dst, dst);
    }
    op2(e, V_PTEST, SCRATCH, SCRATCH);
    EmitStub *s = leave_if_any(e, insn, ops, is_fma ? c : 0);
    s->resume = emit_pos(e);
}

/*
 * RUNS  Operations one behind the other are checked once, by the sum of their masks, and done again by C one after the other. A NaN shows in
 * what is computed from it, so who has a reader among them needs no look for NaNs. What C reads must be there still at the end: no result
 * and no temporary of one is a register of one before it. Vectors that are loaded from our own data may come between.
 */

enum { MAX_RUN = 12, MAX_KEPT = 10 };

static bool is_member(const MInsn *insn) { return (insn->op == MOP_VFP2 || insn->op == MOP_VFP3) && insn->size != 2 && insn->cond <= FPU_FMA; }
static bool may_be_between(const MInsn *insn) { return insn->op == MOP_MOVV && insn->mem_at != 0xff && !insn->snap; }
static unsigned last_source(const MInsn *insn) { return insn->cond == FPU_FMA ? 3 : 2; }

/* Length of the run from `first` on, by what `can_add` says of each instruction but the first. Its ends are members. */
static uint32_t run_length(const MRegion *m, uint32_t first, uint32_t end, bool (*can_add)(void *opaque, uint32_t at), void *opaque)
{
    const MInsn *insns = m->insns;
    uint32_t n = 0;
    end = end < first + MAX_RUN ? end : first + MAX_RUN;
    for (uint32_t at = first; at < end && is_member(&insns[first]); at++) {
        bool is_next = is_member(&insns[at]) && insns[at].size == insns[first].size;
        if (!(is_next || may_be_between(&insns[at])) || !can_add(opaque, at)) {
            break;
        }
        n = is_next ? at + 1 - first : n;
    }
    return n;
}

/* ---- before allocation: the last one keeps what C may read */

typedef struct Keeper {
    const MRegion *m;
    uint32_t n, kept[MAX_KEPT];
    uint32_t before; /* of the last member added */
} Keeper;

static bool add_kept(Keeper *k, uint32_t vreg)
{
    for (uint32_t i = 0; i < k->n; i++) {
        if (k->kept[i] == vreg) {
            return true;
        }
    }
    if (k->n == MAX_KEPT) {
        return false;
    }
    k->kept[k->n++] = vreg;
    return true;
}

static bool keeper_add(void *opaque, uint32_t at)
{
    Keeper *k = opaque;
    const MInsn *insn = &k->m->insns[at];
    uint32_t before = k->n;
    for (unsigned i = 0; i <= last_source(insn) && is_member(insn); i++) {
        if (!add_kept(k, k->m->operands[insn->first_op + i].vreg)) {
            k->n = before;
            return false;
        }
    }
    k->before = is_member(insn) ? before : k->before;
    return true;
}

static void keep(MRegion *m, MInsn *insn, const uint32_t *kept, uint32_t n)
{
    uint32_t first = m->noperands;
    m->operands = arena_grow(m->arena, m->operands, sizeof *m->operands, &m->cap_operands, first + insn->nops + n);
    memcpy(&m->operands[first], &m->operands[insn->first_op], insn->nops * sizeof *m->operands);
    insn->first_op = first;
    for (uint32_t i = 0; i < n; i++) {
        m->operands[first + insn->nops++] = (MOperand){ .vreg = kept[i], .role = M_USE_LATE, .constraint = M_ANY };
    }
    m->noperands = first + insn->nops;
}

void emit_keep_runs(MRegion *m)
{
    for (uint32_t b = 1; b < m->nblocks && host_features.avx; b++) {
        for (uint32_t i = m->blocks[b].first, n; i < m->blocks[b].end; i += n ? n : 1) {
            Keeper k = { .m = m };
            n = run_length(m, i, m->blocks[b].end, keeper_add, &k);
            if (n > 1) {
                keep(m, &m->insns[i + n - 1], k.kept, k.before);
            }
        }
    }
}

/* ---- after it: as far as registers are kept */

static const MOperand *operands(const Emit *e, const MInsn *insn) { return &e->m->operands[insn->first_op]; }
static uint32_t result(const Emit *e, const MInsn *insn) { return 1u << operands(e, insn)[0].loc.index; }
static unsigned temporary(const Emit *e, const MInsn *insn) { return operands(e, insn)[last_source(insn) + 1].loc.index; }

static uint32_t sources(const Emit *e, const MInsn *insn)
{
    uint32_t mask = 0;
    for (unsigned k = 1; k <= last_source(insn); k++) {
        mask |= 1u << operands(e, insn)[k].loc.index;
    }
    return mask;
}

typedef struct Checker {
    const Emit *e;
    uint32_t first;
    uint32_t used;    /* registers that C reads, and the sum of masks */
    uint32_t results;
} Checker;

/* Moves in front of an instruction inside: into registers that nothing here uses, of what is no result. */
static bool has_harmless_moves(const Checker *c, uint32_t at)
{
    const MAlloc *alloc = c->e->alloc;
    for (uint32_t k = alloc->move_start[at]; k < alloc->move_start[at + 1]; k++) {
        const MMove *mv = &alloc->moves[k];
        bool is_copy = mv->src.kind == LOC_REG && (mv->src.cls != M_VEC || (c->results & 1u << mv->src.index));
        if (mv->is_swap || is_copy || mv->dst.kind != LOC_REG || mv->dst.cls != M_VEC || (c->used & 1u << mv->dst.index)) {
            return false;
        }
    }
    return true;
}

static bool checker_add(void *opaque, uint32_t at)
{
    Checker *c = opaque;
    const MInsn *insn = &c->e->m->insns[at];
    uint32_t writes = result(c->e, insn) | (is_member(insn) ? 1u << temporary(c->e, insn) : 0);
    if ((at != c->first && !has_harmless_moves(c, at)) || (writes & c->used)) {
        return false;
    }
    if (is_member(insn)) {
        c->used |= sources(c->e, insn) | result(c->e, insn);
        c->results |= result(c->e, insn);
    }
    return true;
}

uint32_t emit_run_length(const Emit *e, uint32_t first, uint32_t end)
{
    Checker c = { .e = e, .first = first, .used = 1u << SCRATCH };
    return e->a.use_vex ? run_length(e->m, first, end, checker_add, &c) : 0;
}

static void stub_run(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    for (const MInsn *insn = s->insn, *end = insn + s->arg; insn != end; insn++) {
        const MOperand *ops = operands(e, insn);
        emit_reserve(e, EMIT_ROOM);
        if (is_member(insn)) {
            call_slow(e, slow_what(insn, ops, insn->cond == FPU_FMA ? ops[3].loc.index : 0));
        }
    }
    emit_jmp_to(e, s->resume);
}

static bool has_reader(const Emit *e, const MInsn *insn, const MInsn *end)
{
    uint32_t mask = result(e, insn);
    while (++insn != end) {
        if (is_member(insn) && (sources(e, insn) & mask)) {
            return true;
        }
    }
    return false;
}

void emit_run(Emit *e, const MInsn *first, uint32_t n)
{
    const MInsn *end = first + n;
    bool is_any = false;
    for (const MInsn *insn = first; insn != end; insn++) {
        if (insn != first) {
            emit_moves(e, (uint32_t)(insn - e->m->insns));
        }
        emit_reserve(e, EMIT_ROOM);
        if (!is_member(insn)) {
            emit_insn(e, insn);
            continue;
        }
        compute_any(e, insn, operands(e, insn));
        if (!can_be_tiny(insn->cond) && has_reader(e, insn, end)) {
            continue;
        }
        unsigned mask = is_any ? temporary(e, insn) : SCRATCH;
        find_doubtful(e, insn, operands(e, insn), mask);
        if (is_any) {
            op3(e, V_POR, SCRATCH, SCRATCH, mask);
        }
        is_any = true;
    }
    op2(e, V_PTEST, SCRATCH, SCRATCH);
    EmitStub *s = emit_jcc_stub(e, X86_NE, stub_run, first, NULL);
    s->arg = n;
    s->resume = emit_pos(e);
    e->flags_start = 0;
}

/* The host gives the second argument where they are equal, zeros of either sign: so both ways, and what either says of the sign. */
static void emit_minmax(Emit *e, const MInsn *insn, const MOperand *ops)
{
    bool is_min = insn->cond == FPU_MIN || insn->cond == FPU_MINNUM;
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index, b = ops[2].loc.index;
    uint32_t op = packed(insn, is_min ? V_MIN : V_MAX);
    find_unordered(e, insn, SCRATCH, a, b);
    op2(e, V_PTEST, SCRATCH, SCRATCH);
    EmitStub *s = leave_if_any(e, insn, ops, 0);
    op3(e, op, dst, a, b);
    op3(e, op, SCRATCH, b, a);
    op3(e, packed(insn, is_min ? V_OR : V_AND), dst, dst, SCRATCH);
    s->resume = emit_pos(e);
}

/* Four halves as singles, from the low or the high half. */
static void widen_halves(Emit *e, unsigned dst, unsigned src, bool is_high)
{
    if (is_high) {
        X86Rm rm = x86_rm_reg(src);
        x86_vex_rm(&e->a, V_SHIFT, 3, dst, &rm);
        x86_put8(&e->a, 8);
        src = dst;
    }
    op2(e, V_CVTPH2PS, dst, src);
}

static void narrow_to_halves(Emit *e, unsigned dst, unsigned src)
{
    op2(e, V_CVTPS2PH, src, dst);
    x86_put8(&e->a, 4); /* MXCSR's rounding mode */
}

static void look_at_halves(Emit *e, const MInsn *insn, const MOperand *ops, unsigned t, unsigned third)
{
    op3_const(e, V_PAND, SCRATCH, ops[0].loc.index, 2, formats[2].magnitude);
    op3_const(e, V_PCMPGTW, t, SCRATCH, 2, formats[2].infinity);
    if (can_be_tiny(insn->cond)) {
        op3_const(e, V_PCMPEQW, SCRATCH, SCRATCH, 2, formats[2].least_normal);
        op3(e, V_POR, SCRATCH, SCRATCH, t);
        op2(e, V_PTEST, SCRATCH, SCRATCH);
    } else {
        op2(e, V_PTEST, t, t);
    }
    EmitStub *s = leave_if_any(e, insn, ops, third);
    s->resume = emit_pos(e);
}

/* By singles: they have enough bits for the second rounding to be the only one that shows. */
static void emit_halves(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index, b = ops[2].loc.index, t = ops[3].loc.index;
    for (unsigned is_high = 0; is_high < 2; is_high++) {
        widen_halves(e, t, a, is_high);
        if (insn->cond != FPU_SQRT)
            widen_halves(e, SCRATCH, b, is_high);
        compute(e, insn, t, t, SCRATCH);
        narrow_to_halves(e, is_high ? t : dst, t);
    }
    op3(e, V_UNPACK, dst, dst, t);
    look_at_halves(e, insn, ops, t, 0);
}

static void shift_bytes(Emit *e, unsigned digit, unsigned dst, unsigned src, unsigned count)
{
    X86Rm rm = x86_rm_reg(src);
    x86_vex_rm(&e->a, V_SHIFT, digit, dst, &rm);
    x86_put8(&e->a, count);
}

/* Two halves as doubles. */
static void widen_two(Emit *e, unsigned dst, unsigned src, unsigned at)
{
    if (at)
        shift_bytes(e, 3, dst, src, 4 * at);
    op2(e, V_CVTPH2PS, dst, at ? dst : src);
    op2(e, V_CVTPS2PD, dst, dst);
}

/*
 * By doubles: the product is exact. So is the sum, but where the product is below the last place of a half by far, or above all halves; neither
 * can make a double that rounds otherwise. What a single has no room for is kept as its last bit (rounding to odd), so the last rounding alone shows.
 */
static void emit_halves_fma(Emit *e, const MInsn *insn, const MOperand *ops)
{
    static const uint64_t rest = (1ull << 29) - 1;
    unsigned dst = ops[0].loc.index, t = ops[4].loc.index;
    for (unsigned at = 0; at < 4; at++) {
        emit_reserve(e, EMIT_ROOM);
        widen_two(e, t, ops[1].loc.index, at);
        widen_two(e, SCRATCH, ops[2].loc.index, at);
        op3(e, V_MUL | X86_PP_66, t, t, SCRATCH);
        widen_two(e, SCRATCH, ops[3].loc.index, at);
        op3(e, V_ADD | X86_PP_66, t, t, SCRATCH);
        op3_const(e, V_PAND, SCRATCH, t, 8, rest);
        op3_const(e, V_PADDQ, SCRATCH, SCRATCH, 8, rest);
        op3(e, V_POR, t, t, SCRATCH);
        op3_const(e, V_PAND, t, t, 8, ~rest);
        op2(e, V_CVTPD2PS, t, t);
        narrow_to_halves(e, at ? t : dst, t);
        if (at) {
            shift_bytes(e, 7, t, t, 4 * at);
            op3(e, V_POR, dst, dst, t);
        }
    }
    emit_reserve(e, EMIT_ROOM);
    look_at_halves(e, insn, ops, t, ops[3].loc.index);
}

/* Halves as integers of the same order, -0 below 0; or back. */
static void order_halves(Emit *e, unsigned dst, unsigned src)
{
    X86Rm rm = x86_rm_reg(src);
    x86_vex_rm(&e->a, V_SHIFTW, 4, SCRATCH, &rm);
    x86_put8(&e->a, 15);
    op3_const(e, V_PAND, SCRATCH, SCRATCH, 2, formats[2].magnitude);
    op3(e, V_PXOR, dst, src, SCRATCH);
}

static void find_half_nans(Emit *e, unsigned dst, unsigned src)
{
    op3_const(e, V_PAND, dst, src, 2, formats[2].magnitude);
    op3_const(e, V_PCMPGTW, dst, dst, 2, formats[2].infinity);
}

static void emit_halves_minmax(Emit *e, const MInsn *insn, const MOperand *ops)
{
    bool is_min = insn->cond == FPU_MIN || insn->cond == FPU_MINNUM;
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index, b = ops[2].loc.index, t = ops[3].loc.index;
    find_half_nans(e, SCRATCH, a);
    find_half_nans(e, t, b);
    op3(e, V_POR, SCRATCH, SCRATCH, t);
    op2(e, V_PTEST, SCRATCH, SCRATCH);
    EmitStub *s = leave_if_any(e, insn, ops, 0);
    order_halves(e, dst, a);
    order_halves(e, t, b);
    op3(e, is_min ? V_PMINSW : V_PMAXSW, dst, dst, t);
    order_halves(e, dst, dst);
    s->resume = emit_pos(e);
}

/* ---- scalars: one comparison finds both a NaN and the least normal number */

static uint32_t scalar(const MInsn *insn, uint32_t op) { return op | (insn->size == 8 ? X86_PP_F2 : X86_PP_F3); }

static void compute_scalar(Emit *e, const MInsn *insn, const MOperand *ops)
{
    static const uint32_t opcodes[] = { [FPU_ADD] = V_ADD, [FPU_SUB] = V_SUB, [FPU_MUL] = V_MUL, [FPU_DIV] = V_DIV, [FPU_SQRT] = V_SQRT };
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index, b = ops[2].loc.index;
    if (insn->cond != FPU_FMA) {
        op3(e, scalar(insn, opcodes[insn->cond]), dst, a, b);
        return;
    }
    X86Rm rm = x86_rm_reg(b);
    x86_movv_rr(&e->a, dst, ops[3].loc.index);
    x86_vex_rm(&e->a, (V_FMADD231 + 1) | (insn->size == 8 ? X86_W : 0), dst, a, &rm);
}

void emit_sfp(Emit *e, const MInsn *insn, const MOperand *ops)
{
    bool is_tiny = can_be_tiny(insn->cond), is_fma = insn->cond == FPU_FMA;
    unsigned dst = ops[0].loc.index;
    uint32_t ucomis = V_UCOMIS | (insn->size == 8 ? X86_PP_66 : 0);
    compute_scalar(e, insn, ops);
    if (is_tiny) {
        X86Rm rip = x86_rm_rip();
        unsigned magnitude = is_square(insn, ops) ? dst : SCRATCH;
        if (magnitude == SCRATCH)
            op3_const(e, V_AND, SCRATCH, dst, insn->size, formats[insn->size].magnitude);
        x86_sse_rm(&e->a, ucomis, magnitude, X86_NO_VVVV, &rip);
        emit_ref(e, EMIT_CONST8, emit_const8(e, formats[insn->size].least_normal));
    } else {
        op2(e, ucomis, dst, dst);
    }
    EmitStub *s = leave(e, is_tiny ? X86_E : X86_P, insn, ops, is_fma ? ops[3].loc.index : 0);
    s->arg |= CALL_VEC_SLOW_SCALAR;
    s->resume = emit_pos(e);
}

void emit_vfp(Emit *e, const MInsn *insn, const MOperand *ops)
{
    bool is_minmax = insn->cond >= FPU_MIN && insn->cond <= FPU_MAXNUM;
    if (insn->size == 2 && insn->cond == FPU_FMA)
        emit_halves_fma(e, insn, ops);
    else if (insn->size == 2 && is_minmax)
        emit_halves_minmax(e, insn, ops);
    else if (insn->size == 2)
        emit_halves(e, insn, ops);
    else if (is_minmax)
        emit_minmax(e, insn, ops);
    else
        emit_arithmetic(e, insn, ops);
}

/* ---- conversions: ops are the result, the argument twice; imm: IrRound */

static unsigned rounded(Emit *e, const MInsn *insn, unsigned dst, unsigned src)
{
    static const uint8_t modes[] = { [IR_RNE] = 0, [IR_RDN] = 1, [IR_RUP] = 2, [IR_RDYN] = 4 };
    if (insn->imm == IR_RTZ)
        return src;
    op2(e, V_ROUNDPS, dst, src);
    x86_put8(&e->a, modes[insn->imm]);
    return dst;
}

/* What does not fit becomes the most negative integer. */
static void emit_to_signed(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = ops[0].loc.index;
    op2(e, V_CVTTPS2DQ, dst, rounded(e, insn, dst, ops[1].loc.index));
    op3_const(e, V_PCMPEQD, SCRATCH, dst, 4, 0x80000000);
    op2(e, V_PTEST, SCRATCH, SCRATCH);
    leave_if_any(e, insn, ops, 0)->resume = emit_pos(e);
}

/* From 0 to below 2^31 it is the same. */
static void emit_to_unsigned(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index;
    op3_const_imm(e, V_CMP, SCRATCH, a, 4, 0x4f000000, CMP_NLT);
    op3(e, V_POR, SCRATCH, SCRATCH, a);
    op3_const(e, V_PTEST, SCRATCH, SCRATCH, 4, 0x80000000);
    EmitStub *s = leave_if_any(e, insn, ops, 0);
    op2(e, V_CVTTPS2DQ, dst, rounded(e, insn, dst, a));
    s->resume = emit_pos(e);
}

static void emit_narrow(Emit *e, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = ops[0].loc.index, a = ops[1].loc.index;
    if (insn->size == 8)
        op2(e, V_CVTPD2PS, dst, a);
    else
        narrow_to_halves(e, dst, a);
    find_least_normal(e, dst, insn->size / 2);
    op2(e, V_PTEST, SCRATCH, SCRATCH);
    leave_if_any(e, insn, ops, 0)->resume = emit_pos(e);
}

void emit_vcvt(Emit *e, const MInsn *insn, const MOperand *ops)
{
    if (insn->cond == FPU_TO_INT_S)
        emit_to_signed(e, insn, ops);
    else if (insn->cond == FPU_TO_INT_U)
        emit_to_unsigned(e, insn, ops);
    else
        emit_narrow(e, insn, ops);
}
