/* SPDX-License-Identifier: MIT */
/* The test bed of emitted code. */
#include "emit_bed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcg/x86_64/emit.h"
#include "tcg/x86_64/encode.h"
#include "util/arena.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { STATE_SIZE = 128 * 1024, CODE_SIZE = 1 << 20, STACK_SIZE = 64 * 1024, TRAMP_SIZE = 4096 };

#define S(i) { "s", IR_I64, -1, 8 * (i) }
#define P(i) { "p", IR_I64, (i), 8 * (i) }
#define F(i) { "f", IR_F64, -1, 8 * (i) }
const IrSlotDesc bed_slots[BED_SLOTS] = {
    P(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), P(8), P(9), S(10), S(11), S(12), S(13), S(14), S(15), S(16), S(17), S(18), S(19),
    S(20), S(21), S(22), S(23), S(24), S(25), S(26), S(27), S(28), S(29), S(30), S(31), F(32), F(33), F(34), F(35), F(36), F(37),
    F(38), F(39),
};

static uint8_t *buffer;   /* trampolines, then code, then data at CODE_SIZE */
static uint8_t *stack;
static uint32_t (*enter)(CpuState *s, void *code);

/* Stores all registers and the trampoline's number, goes back to the C stack. */
static void make_leave(X86Asm *a, unsigned n, uint8_t *common)
{
    X86Rm number = x86_rm_state(offsetof(CpuState, event_arg));
    x86_store_imm(a, 4, (int32_t)n, number);
    x86_put8(a, 0xe9);
    x86_put32(a, (uint32_t)(common - (a->p + 4)));
}

static const uint8_t callee_saved[] = { X86_RBX, X86_RBP, X86_R12, X86_R13, X86_R14, X86_R15 };

static void make_enter(X86Asm *a)
{
    for (unsigned i = 0; i < ARRAY_LEN(callee_saved); i++) {
        unsigned r = callee_saved[i];
        if (r >= 8) {
            x86_put8(a, 0x41);
        }
        x86_put8(a, 0x50 | (r & 7));
    }
    x86_alu_imm(a, X86_ALU_SUB, 8, x86_rm_reg(X86_RSP), 8);
    x86_lea(a, X86_RBP, x86_rm_mem(X86_RDI, STATE_BIAS));
    x86_store(a, 8, X86_RSP, x86_rm_state(offsetof(CpuState, c_stack)));
    x86_mov_rr(a, 8, X86_RAX, X86_RSI);
    x86_load(a, 8, X86_RSP, x86_rm_state(offsetof(CpuState, return_bottom)));
    for (unsigned p = 0; p < BED_NPINS; p++) {
        x86_load(a, 8, x86_pin_reg[p], x86_rm_state(8 * p));
    }
    X86Rm rax = x86_rm_reg(X86_RAX);
    x86_op_rm(a, 0xff, 4, &rax);
}

static void make_common(X86Asm *a)
{
    for (unsigned r = 0; r < 16; r++) {
        x86_store(a, 8, r, x86_rm_state((unsigned)offsetof(CpuState, save) + 8 * (48 + r)));
    }
    for (unsigned p = 0; p < BED_NPINS; p++) {
        x86_store(a, 8, x86_pin_reg[p], x86_rm_state(8 * p));
    }
    x86_load(a, 4, X86_RAX, x86_rm_state(offsetof(CpuState, event_arg)));
    x86_load(a, 8, X86_RSP, x86_rm_state(offsetof(CpuState, c_stack)));
    x86_alu_imm(a, X86_ALU_ADD, 8, x86_rm_reg(X86_RSP), 8);
    for (unsigned i = ARRAY_LEN(callee_saved); i-- > 0;) {
        unsigned r = callee_saved[i];
        if (r >= 8) {
            x86_put8(a, 0x41);
        }
        x86_put8(a, 0x58 | (r & 7));
    }
    x86_put8(a, 0xc3);
}

/* rax = function; destroys what C may destroy besides. */
static void make_helper(X86Asm *a)
{
    X86Rm save = x86_rm_state((unsigned)offsetof(CpuState, save) + 8 * 47), rax = x86_rm_reg(X86_RAX);
    x86_store(a, 8, X86_RSP, save);
    x86_load(a, 8, X86_RSP, x86_rm_state(offsetof(CpuState, c_stack)));
    x86_op_rm(a, 0xff, 2, &rax);
    static const uint8_t lost[] = { X86_RCX, X86_RDX, X86_RSI, X86_RDI, X86_R8, X86_R9, X86_R10, X86_R11 };
    for (unsigned i = 0; i < ARRAY_LEN(lost); i++) {
        x86_mov_imm(a, lost[i], 0xdead0000 + i);
    }
    x86_load(a, 8, X86_RSP, save);
    x86_put8(a, 0xc3);
}

static void make_trampolines(CpuState *s)
{
    X86Asm a = { .p = buffer };
    enter = (uint32_t (*)(CpuState *, void *))(uintptr_t)a.p;
    make_enter(&a);
    uint8_t *common = a.p;
    make_common(&a);
    for (unsigned t = TRAMP_LEAVE; t <= TRAMP_HOT; t++) {
        s->tramp[t] = a.p;
        make_leave(&a, t, common);
    }
    s->tramp[TRAMP_CALL_HELPER] = s->tramp[TRAMP_CALL_HELPER_FP] = a.p;
    make_helper(&a);
    lyre_assert(a.p - buffer < TRAMP_SIZE);
    uint64_t *bottom = (uint64_t *)(stack + STACK_SIZE - 64);
    *bottom = (uint64_t)s->tramp[TRAMP_RETURN_MISS];
    s->return_bottom = bottom;
}

static void *map(size_t size, int prot)
{
    void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    lyre_assert(p != MAP_FAILED);
    return p;
}

Bed *bed_new(void)
{
    Bed *b = calloc(1, sizeof(Bed));
    if (!buffer) {
        buffer = map(2 * CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
        stack = map(STACK_SIZE, PROT_READ | PROT_WRITE);
    }
    b->s = map(STATE_SIZE, PROT_READ | PROT_WRITE);
    make_trampolines(b->s);
    b->arena = arena_new();
    bed_reset(b);
    return b;
}

void bed_free(Bed *b)
{
    munmap(b->s, STATE_SIZE);
    arena_free(b->arena);
    free(b);
}

#define GROW(b, array, n, cap) ((array) = arena_grow((b)->arena, (array), sizeof(*(array)), &(cap), (n) + 1))

void bed_reset(Bed *b)
{
    arena_reset(b->arena);
    memset(&b->m, 0, sizeof(b->m));
    memset(&b->alloc, 0, sizeof(b->alloc));
    memset(&b->ir, 0, sizeof(b->ir));
    b->settings = (HostSettings){ 0 };
    b->m.arena = b->ir.arena = b->arena;
    b->m.ir = &b->ir;
    b->m.pins_kept = (1 << BED_NPINS) - 1;
    b->ir.slots = bed_slots;
    b->ir.nslots = BED_SLOTS;
    GROW(b, b->m.blocks, 0, b->m.cap_blocks);
    GROW(b, b->m.snaps, 0, b->m.cap_snaps);
    GROW(b, b->ir.insns, 0, b->ir.cap_insns);
    GROW(b, b->ir.snaps, 0, b->ir.cap_snaps);
    b->m.nblocks = b->m.nsnaps = b->ir.ninsns = b->ir.nsnaps = 1;
    enum { MAX = 65536 };
    b->alloc.move_start = arena_alloc0(b->arena, MAX * sizeof(uint32_t));
    b->alloc.snap_start = arena_alloc0(b->arena, MAX * sizeof(uint32_t));
    b->alloc.snap_locs = arena_alloc0(b->arena, MAX * sizeof(Loc));
}

uint32_t bed_block(Bed *b, bool is_entry, uint64_t pc)
{
    uint32_t id = b->m.nblocks++;
    GROW(b, b->m.blocks, id, b->m.cap_blocks);
    b->m.blocks[id] = (MBlock){ .first = b->m.ninsns, .end = b->m.ninsns, .is_entry = is_entry, .npreds = 2 };
    bed_insn(b, MOP_LABEL, 0)->imm = pc;
    return id;
}

static MInsn *last(Bed *b) { return &b->m.insns[b->m.ninsns - 1]; }

MInsn *bed_insn(Bed *b, int op, unsigned size)
{
    uint32_t n = b->m.ninsns++;
    GROW(b, b->m.insns, n, b->m.cap_insns);
    b->m.insns[n] = (MInsn){ .op = (uint16_t)op, .size = (uint8_t)size, .mem_at = 0xff, .first_op = b->m.noperands };
    b->m.blocks[b->m.nblocks - 1].end = n + 1;
    b->alloc.move_start[n + 1] = b->alloc.nmoves;
    return &b->m.insns[n];
}

void bed_loc(Bed *b, Loc loc)
{
    uint32_t n = b->m.noperands++;
    GROW(b, b->m.operands, n, b->m.cap_operands);
    b->m.operands[n] = (MOperand){ .vreg = loc.kind != LOC_NONE, .loc = loc };
    last(b)->nops++;
}

void bed_reg(Bed *b, unsigned cls, unsigned reg) { bed_loc(b, (Loc){ LOC_REG, (uint8_t)cls, (uint16_t)reg }); }

void bed_mem(Bed *b, unsigned base, unsigned index, unsigned scale, int32_t disp)
{
    MInsn *i = last(b);
    i->mem_at = i->nops;
    i->scale = (uint8_t)scale;
    i->disp = disp;
    bed_loc(b, base == X86_NOREG ? (Loc){ 0 } : bed_gpr(base));
    bed_loc(b, index == X86_NOREG ? (Loc){ 0 } : bed_gpr(index));
}

void bed_imm(Bed *b, int64_t imm)
{
    last(b)->flags |= MF_IMM;
    last(b)->imm = (uint64_t)imm;
}

void bed_state_mem(Bed *b, unsigned offset)
{
    bed_mem(b, X86_NOREG, X86_NOREG, 0, (int32_t)offset);
    last(b)->flags |= MF_MEM_STATE;
}

void bed_move(Bed *b, Loc dst, Loc src, unsigned size, bool is_swap)
{
    uint32_t n = b->alloc.nmoves++;
    GROW(b, b->alloc.moves, n, b->alloc.cap_moves);
    b->alloc.moves[n] = (MMove){ dst, src, (uint8_t)size, is_swap };
}

void bed_snap(Bed *b, uint64_t pc)
{
    uint32_t n = b->m.nsnaps++;
    GROW(b, b->m.snaps, n, b->m.cap_snaps);
    b->m.snaps[n] = (MSnapshot){ .pc = pc, .ctx = b->ir.ctx, .first = b->m.nsnap_entries };
    last(b)->snap = n;
    uint32_t next = n > 1 ? b->m.snaps[n - 1].first + b->m.snaps[n - 1].count : 0;
    b->alloc.snap_start[b->m.ninsns - 1] = next;
}

void bed_snap_entry(Bed *b, unsigned slot, unsigned recipe, Loc loc)
{
    uint32_t n = b->m.nsnap_entries++;
    GROW(b, b->m.snap_entries, n, b->m.cap_snap_entries);
    uint32_t vreg = recipe == M_CONSTANT || recipe == M_PLUS_CONSTANT ? loc.index : 1;
    b->m.snap_entries[n] = (MSnapEntry){ (uint16_t)slot, (uint8_t)recipe, vreg };
    b->m.snaps[b->m.nsnaps - 1].count++;
    b->alloc.snap_locs[n] = loc;
}

MInsn *bed_exit(Bed *b, int op, uint64_t pc, int event)
{
    static const uint16_t ir_ops[MOP_COUNT] = {
        [MOP_EXIT] = IR_EXIT, [MOP_EXIT_CALL] = IR_EXIT_CALL, [MOP_EXIT_INDIRECT] = IR_EXIT_INDIRECT,
        [MOP_EXIT_CALL_INDIRECT] = IR_EXIT_CALL_INDIRECT, [MOP_EXIT_RETURN] = IR_EXIT_RETURN, [MOP_EXIT_EVENT] = IR_EXIT_EVENT,
    };
    uint32_t snap = b->ir.nsnaps++, id = b->ir.ninsns++;
    GROW(b, b->ir.snaps, snap, b->ir.cap_snaps);
    GROW(b, b->ir.insns, id, b->ir.cap_insns);
    b->ir.snaps[snap] = (IrSnapshot){ .pc = pc, .ctx = b->ir.ctx };
    b->ir.insns[id] = (IrInsn){ .op = ir_ops[op], .snap = snap, .aux = event };
    MInsn *i = bed_insn(b, op, 0);
    i->imm = id;
    return i;
}

void bed_branch(Bed *b, uint32_t yes, uint32_t no, int cond)
{
    MBlock *block = &b->m.blocks[b->m.nblocks - 1];
    block->succ[0] = yes;
    block->succ[1] = no;
    block->nsucc = cond < 0 ? 1 : 2;
    bed_insn(b, cond < 0 ? MOP_JMP : MOP_JCC, 0)->cond = (uint8_t)(cond < 0 ? 0 : cond);
}

static void check_links(Bed *b)
{
    for (uint32_t i = 0; i < b->blob.nlinks; i++) {
        lyre_assert(bed_link(b, i)->site % 4 == 0);
    }
}

void bed_publish(Bed *b)
{
    b->blob = (CodeBlob){ .arena = b->arena };
    x86_emit(&b->m, &b->alloc, &b->ir, &b->settings, &b->blob);
    lyre_assert(!b->blob.is_failed);
    b->code = buffer + TRAMP_SIZE;
    b->data = buffer + CODE_SIZE;
    memset(b->code, 0xcc, CODE_SIZE - TRAMP_SIZE);
    memcpy(b->code, b->blob.code, b->blob.code_size);
    memcpy(b->data, b->blob.data, b->blob.data_size);
    for (uint32_t i = 0; i < b->blob.nrefs; i++) {
        int32_t rel;
        memcpy(&rel, b->code + b->blob.refs[i], 4);
        rel += (int32_t)(b->data - b->code);
        memcpy(b->code + b->blob.refs[i], &rel, 4);
    }
    check_links(b);
}

uint32_t bed_run_at(Bed *b, void *code)
{
    b->tramp = enter(b->s, code);
    memcpy(b->regs, &b->s->save[48], sizeof(b->regs));
    return b->tramp;
}

uint32_t bed_run(Bed *b, uint32_t entry) { return bed_run_at(b, b->code + b->blob.entries[entry].offset); }

uint64_t *bed_slot(Bed *b, unsigned slot) { return (uint64_t *)(b->s->guest + bed_slots[slot].offset); }
LinkRow *bed_link(Bed *b, uint32_t n) { return code_links(b->data) + n; }
IcRow *bed_ic(Bed *b, uint32_t n) { return (IcRow *)(b->data + sizeof(RegionData) + b->blob.nlinks * sizeof(LinkRow)) + n; }

void bed_set_link(Bed *b, uint32_t n, void *target)
{
    uint8_t *field = b->code + bed_link(b, n)->site;
    int32_t rel = (int32_t)((uint8_t *)target - (field + 4));
    memcpy(field, &rel, 4);
}
