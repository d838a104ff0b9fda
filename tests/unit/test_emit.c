/* SPDX-License-Identifier: MIT */
/* Emitted regions run in a buffer: exits, links, calls, pins, rows, layout of random graphs. Composites are in test_emit_ops.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/jumptable.h"
#include "emit_bed.h"
#include "tcg/sidetable.h"
#include "tcg/x86_64/encode.h"
#include "util/compiler.h"

static Bed *b;
static unsigned failures;

#define EXPECT(e) \
    do { \
        if (!(e)) { \
            printf("# %s:%d: %s\n", __func__, __LINE__, #e); \
            failures++; \
        } \
    } while (0)

static uint64_t initial(unsigned slot) { return 0x1111111100000000u * (slot + 1) + slot; }

static void begin(void)
{
    bed_reset(b);
    for (unsigned i = 0; i < BED_SLOTS; i++) {
        *bed_slot(b, i) = initial(i);
    }
}

static bool slots_are_initial(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (*bed_slot(b, i) != initial(i)) {
            printf("# slot %u: %lx\n", i, (long)*bed_slot(b, i));
            return false;
        }
    }
    return true;
}

static void test_event(void)
{
    static const uint64_t pcs[] = { 0, 0x1234, 0x7fffffff, 0x80000000, 0x5555555555554444, UINT64_MAX };
    for (unsigned i = 0; i < ARRAY_LEN(pcs); i++) {
        begin();
        bed_block(b, true, BED_PC);
        bed_exit(b, MOP_EXIT_EVENT, pcs[i], TCG_EVENT_SYSCALL);
        bed_publish(b);
        EXPECT(bed_run(b, 0) == TRAMP_LEAVE);
        EXPECT(b->s->pc == pcs[i]);
        EXPECT((uint32_t)b->regs[X86_RAX] == TCG_EVENT_SYSCALL);
        EXPECT(slots_are_initial(0, BED_SLOTS));
        EXPECT(b->blob.nentries == 1 && b->blob.entries[0].key.pc == BED_PC);
    }
}

/* Borrowed registers may be destroyed; at exits they have their slots' values again. */
static void test_borrowed(void)
{
    begin();
    b->alloc.borrowed = 1 << 2 | 1 << 7;
    bed_block(b, true, BED_PC);
    bed_insn(b, MOP_MOV, 8);
    bed_reg(b, M_GPR, x86_pin_reg[2]);
    bed_imm(b, 77);
    bed_insn(b, MOP_STORE_HOME, 8)->disp = 8 * 20;
    bed_reg(b, M_GPR, x86_pin_reg[2]);
    bed_insn(b, MOP_MOV, 8);
    bed_reg(b, M_GPR, x86_pin_reg[7]);
    bed_imm(b, 78);
    bed_exit(b, MOP_EXIT, 0x2000, 0);
    bed_publish(b);
    EXPECT(bed_run(b, 0) == TRAMP_LINK);
    EXPECT(*bed_slot(b, 20) == 77);
    *bed_slot(b, 20) = initial(20);
    EXPECT(slots_are_initial(0, BED_SLOTS));
    EXPECT(b->regs[X86_RAX] == (uint64_t)bed_link(b, 0));
    EXPECT(bed_link(b, 0)->pc == 0x2000 && b->code[bed_link(b, 0)->site - 1] == 0xe9);
    EXPECT(b->blob.link_stubs + LINK_STUB_SIZE == b->blob.code_size);
}

static uint8_t *put_code(unsigned at, const void *bytes, unsigned n) { return memcpy(b->code + 0x8000 + at, bytes, n); }

/* A callee: rax = pc; ret */
static uint8_t *put_callee(uint64_t pc)
{
    uint8_t code[16];
    X86Asm a = { .p = code };
    x86_mov_imm(&a, X86_RAX, pc);
    x86_put8(&a, 0xc3);
    return put_code(0, code, (unsigned)(a.p - code));
}

static void build_call(int op, uint64_t return_pc, bool has_block)
{
    begin();
    bed_block(b, true, BED_PC);
    if (op == MOP_EXIT_CALL_INDIRECT) {
        bed_insn(b, MOP_MOV, 8);
        bed_reg(b, M_GPR, X86_RAX);
        bed_imm(b, 0x3000);
    }
    MInsn *call = bed_exit(b, op, 0x3000, 0);
    b->ir.insns[call->imm].imm = return_pc;
    b->ir.insns[call->imm].succ[0] = has_block ? 3 : 0;
    bed_block(b, false, 0); /* between, so that nothing falls through */
    bed_exit(b, MOP_EXIT_EVENT, 0x999, TCG_EVENT_BREAK);
    bed_block(b, true, return_pc);
    bed_exit(b, MOP_EXIT_EVENT, 0x4000, TCG_EVENT_SYSCALL);
    bed_publish(b);
}

static void test_call(void)
{
    static const uint64_t pcs[] = { 0x1234, 0x7fffffff, 0x80000000, 0x123456789a };
    for (unsigned i = 0; i < ARRAY_LEN(pcs) * 2; i++) {
        uint64_t pc = pcs[i / 2];
        bool has_block = i % 2;
        build_call(MOP_EXIT_CALL, pc, has_block);
        EXPECT(b->code[bed_link(b, 0)->site - 1] == 0xe8 && bed_link(b, 0)->pc == 0x3000);
        EXPECT(bed_run(b, 0) == TRAMP_LINK && b->regs[X86_RAX] == (uint64_t)bed_link(b, 0));
        bed_set_link(b, 0, put_callee(pc));
        uint32_t left = bed_run(b, 0);
        if (has_block) {
            EXPECT(left == TRAMP_LEAVE && b->s->pc == 0x4000);
            EXPECT(b->blob.nentries == 2 && b->blob.entries[1].key.pc == pc);
            EXPECT(bed_run(b, 1) == TRAMP_LEAVE && b->s->pc == 0x4000); /* by the table: rax is not compared */
        } else {
            EXPECT(left == TRAMP_LINK && b->regs[X86_RAX] == (uint64_t)bed_link(b, 1) && bed_link(b, 1)->pc == pc);
        }
        bed_set_link(b, 0, put_callee(pc + 4));
        EXPECT(bed_run(b, 0) == TRAMP_RETURN_MISS && b->regs[X86_RAX] == pc + 4);
    }
}

static void test_call_indirect(void)
{
    build_call(MOP_EXIT_CALL_INDIRECT, 0x1234, true);
    EXPECT(bed_run(b, 0) == TRAMP_INDIRECT);
    EXPECT(b->regs[X86_RAX] == 0x3000 && b->regs[X86_RCX] == (uint64_t)bed_ic(b, 0));
    EXPECT(bed_ic(b, 0)->key == UINT64_MAX);
    /* the miss's return address leads to the return site */
    EXPECT(b->regs[X86_RSP] == (uint64_t)b->s->return_bottom - 8);
    bed_ic(b, 0)->target = put_callee(0x1234);
    bed_ic(b, 0)->key = 0x3000;
    EXPECT(bed_run(b, 0) == TRAMP_LEAVE && b->s->pc == 0x4000);
    bed_ic(b, 0)->key = 0x3004;
    void *tramp = b->s->tramp[TRAMP_INDIRECT];
    b->s->tramp[TRAMP_INDIRECT] = bed_ic(b, 0)->target;
    EXPECT(bed_run(b, 0) == TRAMP_LEAVE && b->s->pc == 0x4000);
    b->s->tramp[TRAMP_INDIRECT] = tramp;
}

static void test_indirect_and_return(void)
{
    for (unsigned is_return = 0; is_return < 2; is_return++) {
        begin();
        bed_block(b, true, BED_PC);
        bed_insn(b, MOP_MOV, 8);
        bed_reg(b, M_GPR, X86_RAX);
        bed_imm(b, 0x5000);
        bed_exit(b, is_return ? MOP_EXIT_RETURN : MOP_EXIT_INDIRECT, 0, 0);
        bed_publish(b);
        EXPECT(bed_run(b, 0) == (is_return ? TRAMP_RETURN_MISS : TRAMP_INDIRECT) && b->regs[X86_RAX] == 0x5000);
        if (!is_return) {
            EXPECT(b->regs[X86_RCX] == 0);
            jumptable_set(b->s, 0x5000, b->s->tramp[TRAMP_HOT]); /* any address */
            EXPECT(bed_run(b, 0) == TRAMP_HOT);
            jumptable_forget(b->s, 0x5000);
            EXPECT(bed_run(b, 0) == TRAMP_INDIRECT);
        }
    }
}

/* Another context: stored, the return stack emptied, no inline cache. */
static void test_context(void)
{
    static const int ops[] = { MOP_EXIT, MOP_EXIT_CALL, MOP_EXIT_INDIRECT, MOP_EXIT_CALL_INDIRECT, MOP_EXIT_RETURN, MOP_EXIT_EVENT };
    static const uint32_t tramps[] = { TRAMP_LINK, TRAMP_LINK, TRAMP_INDIRECT, TRAMP_INDIRECT, TRAMP_INDIRECT, TRAMP_LEAVE };
    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        begin();
        bed_block(b, true, BED_PC);
        bed_exit(b, ops[i], 0x6000, TCG_EVENT_SYSCALL);
        b->ir.snaps[1].ctx = 5;
        bed_publish(b);
        b->s->ctx = 0;
        EXPECT(bed_run(b, 0) == tramps[i] && b->s->ctx == 5);
        EXPECT(b->regs[X86_RSP] == (uint64_t)b->s->return_bottom);
        if (tramps[i] == TRAMP_INDIRECT) {
            EXPECT(b->regs[X86_RCX] == 0);
        }
    }
}

static void test_counter_and_poll(void)
{
    begin();
    b->settings.has_counter = b->settings.has_poll = true;
    bed_block(b, true, BED_PC);
    bed_exit(b, MOP_EXIT, 0x2000, 0);
    bed_publish(b);
    ((RegionData *)b->data)->counter = 2;
    EXPECT(bed_run(b, 0) == TRAMP_LINK);
    EXPECT(bed_run(b, 0) == TRAMP_LINK);
    EXPECT(bed_run(b, 0) == TRAMP_HOT && b->regs[X86_RAX] == (uint64_t)b->data);
    SideRow *row = malloc(sizeof(SideRow));
    SideCursor *cursor = calloc(1, sizeof(SideCursor));
    EXPECT(b->blob.nrows == 1 && sidetable_next(b->blob.side, b->blob.side_size, 1, cursor));
    EXPECT(sidetable_find(b->blob.side, b->blob.side_size, 1, cursor->prev.offset, row));
    EXPECT(row->kind == SIDE_POLL && row->pc == BED_PC && row->pin_mask == 0x3ff && row->nentries == 0);
    EXPECT(b->code[row->offset] == 0x85); /* test [rbp + disp32], eax */
    free(row);
    free(cursor);
}

static uint64_t helper(CpuState *s, uint64_t x, uint64_t y) { return (uint64_t)s ^ x * 3 ^ y; }

static void test_helper(void)
{
    for (unsigned fp = 0; fp < 2; fp++) {
        begin();
        b->m.pins_kept &= ~(1u << 5); /* rsi is an argument: its slot is a value of the region */
        bed_block(b, true, BED_PC);
        bed_insn(b, MOP_STORE_HOME, 8)->disp = 8 * 5;
        bed_reg(b, M_GPR, X86_RSI);
        bed_insn(b, MOP_MOV, 8);
        bed_reg(b, M_GPR, X86_RSI);
        bed_imm(b, 1000);
        bed_insn(b, MOP_MOV, 8);
        bed_reg(b, M_GPR, X86_RDX);
        bed_imm(b, -5);
        MInsn *call = bed_insn(b, MOP_CALL, 8);
        call->imm = (uint64_t)helper;
        call->flags = fp ? MF_HELPER_FP : 0;
        bed_reg(b, M_GPR, X86_RAX);
        bed_reg(b, M_GPR, X86_RSI);
        bed_reg(b, M_GPR, X86_RDX);
        bed_insn(b, MOP_STORE_HOME, 8)->disp = 8 * 20;
        bed_reg(b, M_GPR, X86_RAX);
        bed_insn(b, MOP_LOAD_HOME, 8)->disp = 8 * 5;
        bed_reg(b, M_GPR, X86_RSI);
        bed_exit(b, MOP_EXIT, 0x2000, 0);
        bed_publish(b);
        EXPECT(bed_run(b, 0) == TRAMP_LINK);
        EXPECT(*bed_slot(b, 20) == helper(b->s, 1000, (uint64_t)-5));
        *bed_slot(b, 20) = initial(20);
        EXPECT(slots_are_initial(0, BED_SLOTS));
    }
}

/* Every kind of move; slots 20-29 see what went where. */
static void test_moves(void)
{
    begin();
    bed_block(b, true, BED_PC);
    bed_move(b, bed_gpr(X86_RAX), bed_home(20), 8, false);
    bed_move(b, bed_gpr(X86_RCX), bed_home(21), 8, false);
    bed_move(b, bed_gpr(X86_RAX), bed_gpr(X86_RCX), 8, true);
    bed_move(b, bed_gpr(X86_RDX), bed_gpr(X86_RAX), 8, false);    /* 21 */
    bed_move(b, bed_spill(3), bed_gpr(X86_RDX), 8, false);
    bed_move(b, bed_spill(127), bed_spill(3), 8, false);
    bed_move(b, bed_vec(9), bed_spill(127), 8, false);
    bed_move(b, bed_vec(2), bed_vec(9), 8, false);
    bed_move(b, bed_gpr(X86_R11), bed_vec(2), 8, false);          /* 21 */
    bed_move(b, bed_vec(8), bed_gpr(X86_RCX), 8, false);          /* 20 */
    bed_move(b, bed_spill(5), bed_vec(8), 16, false);
    bed_move(b, bed_gpr(X86_RAX), bed_spill(5), 4, false);        /* low half of 20 */
    static const unsigned regs[] = { X86_R11, X86_RAX, X86_RCX, X86_RDX };
    for (unsigned i = 0; i < ARRAY_LEN(regs); i++) {
        bed_insn(b, MOP_STORE_HOME, 8)->disp = 8 * (24 + (int)i);
        bed_reg(b, M_GPR, regs[i]);
    }
    bed_exit(b, MOP_EXIT, 0x2000, 0);
    bed_publish(b);
    EXPECT(bed_run(b, 0) == TRAMP_LINK);
    EXPECT(*bed_slot(b, 24) == initial(21) && *bed_slot(b, 25) == (uint32_t)initial(20));
    EXPECT(*bed_slot(b, 26) == initial(20) && *bed_slot(b, 27) == initial(21));
    EXPECT(slots_are_initial(0, 24));
}

static void test_rows(void)
{
    begin();
    b->m.pins_kept = 0x3ff & ~(1u << 0 | 1u << 1 | 1u << 2);
    b->alloc.borrowed = 1 << 9;
    uint32_t k = b->ir.ninsns++;
    b->ir.insns[k].imm = 0x123456789abc;
    bed_block(b, true, BED_PC);
    bed_insn(b, MOP_MOVZX16, 4);
    bed_reg(b, M_GPR, X86_RAX);
    bed_mem(b, X86_R12, X86_R9, 2, -40);
    bed_snap(b, 0x1004);
    bed_snap_entry(b, 0, M_AS_IS, bed_gpr(X86_RBX)); /* its own pin */
    bed_snap_entry(b, 1, M_AS_IS, bed_gpr(X86_RDX));
    bed_snap_entry(b, 2, M_AS_IS, bed_gpr(X86_R13)); /* its own pin, but more is added */
    bed_snap_entry(b, 2, M_PLUS_SHL3, bed_gpr(X86_RCX));
    bed_snap_entry(b, 12, M_CONSTANT, (Loc){ LOC_CONST, 0, (uint16_t)k });
    bed_snap_entry(b, 13, M_SEXT32, bed_spill(100));
    bed_snap_entry(b, 14, M_AS_IS, bed_home(14)); /* at home */
    bed_snap_entry(b, 32, M_BOX32, bed_vec(14));
    bed_insn(b, MOP_STOREF, 8);
    bed_reg(b, M_VEC, 3);
    bed_mem(b, X86_RAX, X86_NOREG, 0, 8);
    bed_snap(b, 0x1008);
    bed_exit(b, MOP_EXIT, 0x2000, 0);
    bed_publish(b);
    SideCursor *c = calloc(1, sizeof(SideCursor));
    SideRow *r = &c->prev;
    EXPECT(b->blob.nrows == 2 && sidetable_next(b->blob.side, b->blob.side_size, 2, c));
    EXPECT(r->pc == 0x1004 && r->kind == SIDE_ACCESS && !r->is_store && r->mem_size == 2);
    EXPECT(r->addr_base == X86_R12 && r->addr_index == X86_R9 && r->addr_scale == 2 && r->addr_disp == -40);
    EXPECT(r->pin_mask == (0x1f8 | 1));
    static const SideEntry want[] = {
        { 1, M_AS_IS, { LOC_REG, M_GPR, X86_RDX }, 0 },
        { 2, M_AS_IS, { LOC_REG, M_GPR, X86_R13 }, 0 },
        { 2, M_PLUS_SHL3, { LOC_REG, M_GPR, X86_RCX }, 0 },
        { 12, M_AS_IS, { LOC_CONST, 0, 0 }, 0x123456789abc },
        { 13, M_SEXT32, { LOC_SPILL, 0, 100 }, 0 },
        { 32, M_BOX32, { LOC_REG, M_VEC, 14 }, 0 },
    };
    EXPECT(r->nentries == ARRAY_LEN(want));
    for (unsigned i = 0; i < r->nentries; i++) {
        const SideEntry *g = &r->entries[i], *w = &want[i];
        EXPECT(g->slot == w->slot && g->recipe == w->recipe && g->value == w->value);
        EXPECT(g->loc.kind == w->loc.kind && g->loc.cls == w->loc.cls && g->loc.index == w->loc.index);
    }
    EXPECT(memcmp(b->code + r->offset, "\x43\x0f\xb7\x44\x8c\xd8", 6) == 0); /* movzx eax, word [r12 + r9 * 4 - 40] */
    EXPECT(sidetable_next(b->blob.side, b->blob.side_size, 2, c));
    EXPECT(r->pc == 0x1008 && r->is_store && r->mem_size == 8 && r->addr_index == 0xff && r->nentries == 0);
    EXPECT(r->pin_mask == 0x1f8);
    EXPECT(!sidetable_next(b->blob.side, b->blob.side_size, 2, c));
    free(c);
}

static void test_constants(void)
{
    begin();
    V128Bits pool[1] = { { .u64 = { 0x1111, 0x2222 } } };
    b->ir.pool = pool;
    bed_block(b, true, BED_PC);
    bed_insn(b, MOP_MOVF, 8);
    bed_reg(b, M_VEC, 1);
    bed_mem(b, X86_NOREG, X86_NOREG, 0, 0);
    b->m.insns[b->m.ninsns - 1].flags = MF_MEM_CONST;
    b->m.insns[b->m.ninsns - 1].imm = 0x4000000000000000;
    bed_insn(b, MOP_XORPS, 16);
    bed_reg(b, M_VEC, 1);
    bed_reg(b, M_VEC, 1);
    bed_mem(b, X86_NOREG, X86_NOREG, 0, 0);
    b->m.insns[b->m.ninsns - 1].flags = MF_MEM_CONST;
    b->m.insns[b->m.ninsns - 1].imm = 0x8000000000000000;
    bed_insn(b, MOP_STORE_HOME, 16)->disp = 8 * 20;
    bed_reg(b, M_VEC, 1);
    bed_insn(b, MOP_MOVV, 16);
    bed_reg(b, M_VEC, 12);
    bed_mem(b, X86_NOREG, X86_NOREG, 0, 0);
    b->m.insns[b->m.ninsns - 1].flags = MF_MEM_POOL;
    bed_insn(b, MOP_STORE_HOME, 16)->disp = 8 * 22;
    bed_reg(b, M_VEC, 12);
    bed_exit(b, MOP_EXIT, 0x2000, 0);
    bed_publish(b);
    EXPECT(bed_run(b, 0) == TRAMP_LINK);
    EXPECT(*bed_slot(b, 20) == 0xc000000000000000 && *bed_slot(b, 21) == 0x8000000000000000);
    EXPECT(*bed_slot(b, 22) == 0x1111 && *bed_slot(b, 23) == 0x2222);
}

/* ---- random graphs: rcx takes a hash of the blocks passed, rdx has random bits */

static uint32_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

enum { MAX_BLOCKS = 40 };
typedef struct Node {
    int kind; /* 0 jmp, 1 jcc, 2 exit, 3 empty jmp */
    uint32_t succ[2], npreds, bit;
    unsigned filler;
    bool is_cold, cond;
} Node;

static void make_graph(Node *g, unsigned n)
{
    for (unsigned i = 1; i <= n; i++) {
        g[i] = (Node){ .kind = (int)rnd(4), .succ = { 1 + rnd(n), 1 + rnd(n) }, .bit = rnd(30), .filler = rnd(3) ? rnd(4) : rnd(40),
                       .is_cold = i > 1 && !rnd(5), .cond = rnd(2) };
        if (g[i].kind == 3 && i == 1) {
            g[i].kind = 0;
        }
        if (i > 1 && !rnd(3)) {
            g[i].kind = 2;
        }
    }
    for (unsigned i = 1; i <= n; i++) {
        if (g[i].kind != 2) {
            g[g[i].succ[0]].npreds++;
        }
        if (g[i].kind == 1) {
            g[g[i].succ[1]].npreds++;
        }
    }
}

static void alu_imm(int op, unsigned reg, int32_t imm)
{
    bed_insn(b, op, 8);
    bed_reg(b, M_GPR, reg);
    bed_reg(b, M_GPR, reg);
    bed_imm(b, imm);
}

static void build_graph(const Node *g, unsigned n)
{
    for (unsigned i = 1; i <= n; i++) {
        uint32_t id = bed_block(b, i == 1, BED_PC);
        b->m.blocks[id].is_cold = g[i].is_cold;
        b->m.blocks[id].npreds = g[i].npreds + (i == 1);
        b->m.blocks[id].loop_end = g[i].bit == 3;
        if (g[i].kind == 3) {
            bed_branch(b, g[i].succ[0], 0, -1);
            continue;
        }
        if (g[i].kind == 2 && g[i].filler % 2) { /* a bare exit */
            bed_exit(b, MOP_EXIT, 0x1000 + i, 0);
            continue;
        }
        alu_imm(MOP_ADD, X86_RCX, (int32_t)i);
        alu_imm(MOP_ROL, X86_RCX, 7);
        for (unsigned k = 0; k < g[i].filler; k++) {
            alu_imm(MOP_XOR, X86_RCX, (int32_t)(k % 2 ? 0x12345678 : k));
        }
        if (g[i].kind == 2) {
            bed_exit(b, MOP_EXIT, 0x1000 + i, 0);
        } else if (g[i].kind == 0) {
            bed_branch(b, g[i].succ[0], 0, -1);
        } else {
            alu_imm(MOP_ROR, X86_RDX, 1);
            bed_insn(b, MOP_BT, 8);
            bed_reg(b, M_GPR, X86_RDX);
            bed_imm(b, (int32_t)g[i].bit);
            bed_branch(b, g[i].succ[0], g[i].succ[1], g[i].cond ? X86_B : X86_AE);
        }
    }
}

/* What the graph does, in C; false: too many steps (the graph may run for ever). */
static bool run_graph(const Node *g, uint64_t *hash, uint64_t bits, uint64_t *pc)
{
    uint32_t at = 1;
    for (unsigned step = 0; step < 1000; step++) {
        const Node *x = &g[at];
        if (x->kind == 3) {
            at = x->succ[0];
            continue;
        }
        if (!(x->kind == 2 && x->filler % 2)) {
            *hash += at;
            *hash = *hash << 7 | *hash >> 57;
            for (unsigned k = 0; k < x->filler; k++) {
                *hash ^= k % 2 ? 0x12345678 : k;
            }
        }
        if (x->kind == 2) {
            *pc = 0x1000 + at;
            return true;
        }
        if (x->kind == 1) {
            bits = bits >> 1 | bits << 63;
            bool is_set = bits >> x->bit & 1;
            at = x->succ[is_set == x->cond ? 0 : 1];
        } else {
            at = x->succ[0];
        }
    }
    return false;
}

static void test_graphs(void)
{
    static Node g[MAX_BLOCKS + 1];
    unsigned nran = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        seed = i;
        unsigned n = 1 + rnd(MAX_BLOCKS);
        begin();
        b->settings.has_counter = i % 2;
        b->alloc.borrowed = i % 3 ? 0 : 1 << 4;
        make_graph(g, n);
        build_graph(g, n);
        bed_publish(b);
        ((RegionData *)b->data)->counter = 1000;
        for (unsigned k = 0; k < 4; k++) {
            uint64_t hash, bits = (uint64_t)rnd(1 << 24) << 40 | (uint64_t)rnd(1 << 24) << 20 | rnd(1 << 24), pc = 0;
            hash = bits * 3;
            uint64_t start = hash;
            if (!run_graph(g, &hash, bits, &pc)) {
                continue;
            }
            /* enters with rdx = bits: through a small piece of code */
            uint8_t code[48];
            X86Asm a = { .p = code };
            x86_mov_imm(&a, X86_RDX, bits);
            x86_mov_imm(&a, X86_RCX, start);
            x86_mov_imm(&a, X86_R11, (uint64_t)b->code + b->blob.entries[0].offset);
            memcpy(a.p, "\x41\xff\xe3", 3);
            bed_run_at(b, put_code(0x4000, code, (unsigned)(a.p + 3 - code)));
            LinkRow *link = (LinkRow *)b->regs[X86_RAX];
            bool ok = b->tramp == TRAMP_LINK && link->pc == pc && b->regs[X86_RCX] == hash && slots_are_initial(0, BED_SLOTS);
            nran++;
            if (!ok) {
                printf("# graph %u: left by %u\n", i, b->tramp);
                failures++;
                return;
            }
        }
    }
    printf("# %u runs of random graphs\n", nran);
}

/* -host-cpu */
static void test_features(void)
{
    HostFeatures before = host_features;
    EXPECT(!host_features_parse("v4") && !host_features_parse("v2,avx") && !host_features_parse("+nothing") &&
           !host_features_parse("v2,,v3") && !host_features_parse("v2,") && !host_features_parse(""));
    EXPECT(memcmp(&before, &host_features, sizeof(before)) == 0);
    EXPECT(host_features_parse("v2") && !host_features.avx && !host_features.bmi2 && !host_features.aes && host_features.sse41);
    EXPECT(host_features_parse("native,-avx") && !host_features.avx && !host_features.fma && !host_features.bmi1);
    host_features_detect();
    HostFeatures native = host_features;
    EXPECT(host_features_parse("v2,+aes") && host_features.aes == native.aes);
    EXPECT(host_features_parse("v3,-fma") && host_features.avx == native.avx && !host_features.fma && !host_features.aes);
    host_features = before;
}

static const struct {
    const char *name;
    void (*fn)(void);
} tests[] = {
    { "event", test_event }, { "borrowed", test_borrowed }, { "call", test_call }, { "call_indirect", test_call_indirect },
    { "indirect and return", test_indirect_and_return }, { "context", test_context }, { "counter and poll", test_counter_and_poll },
    { "helper", test_helper }, { "moves", test_moves }, { "rows", test_rows }, { "constants", test_constants },
    { "features", test_features }, { "graphs", test_graphs },
};

int main(void)
{
    static const char *const specs[] = { "native", "v2" };
    unsigned n = 0, bad = 0;
    b = bed_new();
    for (unsigned f = 0; f < ARRAY_LEN(specs); f++) {
        host_features_parse(specs[f]);
        for (unsigned i = 0; i < ARRAY_LEN(tests); i++) {
            failures = 0;
            tests[i].fn();
            bad += failures != 0;
            printf("%s %u - %s, %s\n", failures ? "not ok" : "ok", ++n, tests[i].name, specs[f]);
        }
    }
    printf("1..%u\n", n);
    bed_free(b);
    return bad != 0;
}
