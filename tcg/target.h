/* SPDX-License-Identifier: MIT */
/* What a guest ISA gives to the translator: one constant of type Target. The ISAs stand in target/<isa>. */
#ifndef LYRE_TCG_TARGET_H
#define LYRE_TCG_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "tcg/builder.h"
#include "tcg/ir.h"
#include "tcg/state.h"

/* How an instruction changes the flow of control, for region formation. */
typedef enum TargetFlow {
    FLOW_NEXT,
    FLOW_BRANCH,        /* conditional, to `target` or the next */
    FLOW_JUMP,          /* to `target` */
    FLOW_CALL,          /* to `target`, returning to the next */
    FLOW_INDIRECT,
    FLOW_CALL_INDIRECT,
    FLOW_RETURN,
    FLOW_END,           /* ends the block otherwise: system call, trap, context change, barrier, undefined */
} TargetFlow;

/* One fetched and decoded instruction. */
typedef struct TargetInsn {
    uint64_t pc;
    uint32_t raw;       /* its bits (compressed ones as they are) */
    uint16_t row;       /* row of the .isa file; 0: undefined */
    uint8_t len;        /* bytes */
    uint8_t flow;       /* TargetFlow */
    uint64_t target;
} TargetInsn;

typedef struct TargetCpu TargetCpu; /* one CPU model and its enabled extensions, parsed from -cpu */

/* What translation of one region needs beside the builder. `block_of` gives the block that starts at a guest address for a terminator
 * (perhaps IR_GO_ON), 0 if it is outside. */
typedef struct TargetTrans {
    IrBuilder *b;
    const TargetCpu *cpu;
    uint32_t ctx;
    void *opaque;
    uint32_t (*block_of)(void *opaque, uint64_t pc);
    const TargetInsn *insn; /* the one in hand, for the target's own use */
} TargetTrans;

static inline uint32_t target_block_of(TargetTrans *t, uint64_t pc) { return t->block_of(t->opaque, pc); }

enum { TARGET_LANDING_SHIFT = 56 };

struct Direct;
typedef struct Onepass Onepass;

typedef struct Target {
    const char *name;           /* "riscv64" */
    uint16_t elf_machine;       /* EM_* */
    uint8_t elf_class, elf_data;/* ELFCLASS*, ELFDATA* */
    uint32_t page_size;
    uint8_t min_insn, max_insn; /* bytes */
    bool is_tso;
    const IrSlotDesc *slots;
    unsigned nslots;
    const HelperDesc *helpers;
    unsigned nhelpers;
    uint64_t pc_mask;           /* addresses that a pc can have */
    uint8_t align_window;       /* what must be aligned may also lie anywhere within so many aligned bytes, 0: no */
    uint8_t tag_bits;           /* top bits that data accesses ignore (AArch64: top byte) */

    /* CPU model: NULL with a message in *error (static string) for an unknown name; freed by the process's end. */
    const TargetCpu *(*cpu_parse)(const char *spec, const char **error);
    void (*cpu_list)(int fd);
    void (*reset)(CpuState *s, const TargetCpu *cpu);

    /* Decodes the instruction at pc from `avail` bytes; false: more bytes are needed than there are (fetch fault there). */
    bool (*decode)(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out);
    /* As decode, of instructions one behind the other: up to the first that does not simply go on (its flow is not FLOW_NEXT), to `max`, or
     * to where less than max_insn bytes are left, but one at least: there are bytes for that. Returns their number. */
    unsigned (*decode_run)(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out,
                           unsigned max);
    /* Of a guest that checks where indirect branches land (else NULL). The IR of such a branch gives its target with a kind from 1 to 3 at
     * TARGET_LANDING_SHIFT, where pcs have nothing; tables and inline caches have it in their keys, so that C sees each pair of kind and
     * target first. arrive: what an exit left as the state's pc is split into pc and CpuState.landing. can_land: whether a branch of that
     * kind may lead to the instruction `raw` at the state's pc; if not, that is TCG_EVENT_ILLEGAL. What the answer depends on changes
     * together with a tcg_invalidate. */
    void (*arrive)(CpuState *s);
    bool (*can_land)(const CpuState *s, uint32_t raw);
    /* Emits its IR; ends the block (terminator) when its flow says so. Falls through otherwise. */
    void (*translate)(TargetTrans *t, const TargetInsn *insn);
    /* Executes from the state's pc on, as long as direct_goes_on says, up to what it cannot do (tcg/direct.h); returns how many instructions
     * it did; the state's pc is that of the next one. NULL: never. */
    unsigned (*direct)(struct Direct *d, const TargetCpu *cpu);
    /* Translates n instructions of a line in one pass (tcg/onepass.h). false: there are some that this cannot do. NULL: never. */
    bool (*onepass)(Onepass *p, const TargetCpu *cpu, uint32_t ctx, const TargetInsn *insns, unsigned n);
    /* One line of assembly text. */
    void (*disas)(const TargetInsn *insn, char *buf, unsigned size);
    /* Slots, pc and context in a form for -d cpu and crash reports, by raw system call. */
    void (*dump)(const CpuState *s, int fd, bool has_fpu);
} Target;

#endif
