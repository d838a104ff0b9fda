/* SPDX-License-Identifier: MIT */
/*
 * A test bed for emitted code: regions of machine IR are put together by hand with their registers, emitted, copied into an
 * executable buffer and run under the border ABI, with small trampolines in place of the run time's.
 */
#ifndef LYRE_TESTS_EMIT_BED_H
#define LYRE_TESTS_EMIT_BED_H

#include "tcg/code.h"
#include "tcg/state.h"
#include "tcg/x86_64/mops.h"

enum { BED_NPINS = 10, BED_SLOTS = 40, BED_PC = 0x10000 };

/* Slot i is at offset 8 * i; slots 0-9 are pinned. Slots 32-39 are F64. */
extern const IrSlotDesc bed_slots[BED_SLOTS];

typedef struct Bed {
    CpuState *s;             /* with poll page and table behind */
    uint8_t *code, *data;    /* of the region last published */
    MRegion m;
    MAlloc alloc;
    IrRegion ir;
    HostSettings settings;
    CodeBlob blob;
    struct Arena *arena;
    uint64_t regs[16];       /* general registers when code left (rax, rcx too) */
    uint32_t tramp;          /* TcgTramp by which it left */
} Bed;

Bed *bed_new(void);
void bed_free(Bed *b);
/* Starts a new region with everything empty. */
void bed_reset(Bed *b);

/* Building. Blocks are made in order; the first is the head. */
uint32_t bed_block(Bed *b, bool is_entry, uint64_t pc);
MInsn *bed_insn(Bed *b, int op, unsigned size);
/* Operands of the last operation. */
void bed_reg(Bed *b, unsigned cls, unsigned reg);
void bed_loc(Bed *b, Loc loc);
/* Base and index (X86_NOREG: none); sets mem_at, scale and disp. */
void bed_mem(Bed *b, unsigned base, unsigned index, unsigned scale, int32_t disp);
void bed_imm(Bed *b, int64_t imm);
/* [CpuState + offset] */
void bed_state_mem(Bed *b, unsigned offset);
void bed_move(Bed *b, Loc dst, Loc src, unsigned size, bool is_swap);
/* A snapshot for the last operation; entries are added with bed_snap_entry. */
void bed_snap(Bed *b, uint64_t pc);
void bed_snap_entry(Bed *b, unsigned slot, unsigned recipe, Loc loc);
/* An exit terminator to pc (EXIT_EVENT: with that event). Returns its operation. */
MInsn *bed_exit(Bed *b, int op, uint64_t pc, int event);
void bed_branch(Bed *b, uint32_t yes, uint32_t no, int cond); /* cond -1: jmp to yes */

/* Emits and publishes. */
void bed_publish(Bed *b);
/* Runs from the entry with that index; returns the trampoline it left by. */
uint32_t bed_run(Bed *b, uint32_t entry);
/* Runs at any address. */
uint32_t bed_run_at(Bed *b, void *code);

uint64_t *bed_slot(Bed *b, unsigned slot);
LinkRow *bed_link(Bed *b, uint32_t n);
IcRow *bed_ic(Bed *b, uint32_t n);
/* Patches a link to go to an address. */
void bed_set_link(Bed *b, uint32_t n, void *target);

static inline Loc bed_gpr(unsigned reg) { return (Loc){ LOC_REG, M_GPR, (uint16_t)reg }; }
static inline Loc bed_vec(unsigned reg) { return (Loc){ LOC_REG, M_VEC, (uint16_t)reg }; }
static inline Loc bed_spill(unsigned n) { return (Loc){ LOC_SPILL, 0, (uint16_t)n }; }
static inline Loc bed_home(unsigned slot) { return (Loc){ LOC_HOME, 0, (uint16_t)slot }; }

#endif
