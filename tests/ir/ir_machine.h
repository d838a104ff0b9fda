/* SPDX-License-Identifier: MIT */
/*
 * A machine without an ISA: regions of IR are run on it by the interpreter and as compiled code, from equal states, and what
 * they leave is compared.
 */
#ifndef LYRE_TESTS_IR_MACHINE_H
#define LYRE_TESTS_IR_MACHINE_H

#include "tcg/builder.h"
#include "tcg/code.h"
#include "tcg/exec.h"
#include "tcg/target.h"

/* Slots of its own programs: x0-x15 i64 (x0-x9 pinned), w0-w3 i32, d0-d3 f64, s0-s1 f32, v0-v1 v128, c0 cc. */
enum {
    IRM_X = 0, IRM_NX = 16, IRM_W = 16, IRM_NW = 4, IRM_D = 20, IRM_ND = 4, IRM_S = 24, IRM_NS = 2, IRM_V = 26, IRM_NV = 2,
    IRM_C = 28, IRM_NSLOTS = 29,
};
extern const IrSlotDesc irm_slots[IRM_NSLOTS];
enum { IRM_MARK_HELPER, IRM_MIX_HELPER, IRM_FP_HELPER, IRM_NHELPERS };
extern const HelperDesc irm_helpers[IRM_NHELPERS];

/* Memory: IRM_RW bytes that may be written, then IRM_RO that may not, with unmapped pages round them. */
enum { IRM_RW = 8192, IRM_RO = 4096, IRM_MEMORY = IRM_RW + IRM_RO };

typedef enum IrmProtect { IRM_ALL, IRM_HALF, IRM_HALF_READ, IRM_NPROTECTS } IrmProtect; /* of the second page */
typedef struct IrmState {
    uint8_t guest[STATE_GUEST_SIZE];
    uint8_t memory[IRM_RW];
    uint64_t pc, fault_addr;
    uint32_t ctx, fault_kind, mxcsr, event;
    uint8_t protect; /* IrmProtect */
    bool has_stop;   /* polls stop */
} IrmState;

typedef struct IrMachine {
    Tcg *tcg;
    CpuState *s;
    uint8_t *memory;
    struct Arena *arena;
    IrBuilder *builder;
    Target target;
    uint8_t protect;
    bool has_poll; /* at the heads of regions */
} IrMachine;

void irm_init(IrMachine *m, const IrSlotDesc *slots, unsigned nslots, const HelperDesc *helpers, unsigned nhelpers);

void irm_load(IrMachine *m, const IrmState *in);
void irm_interpret(IrMachine *m, const IrRegion *r, uint32_t block, const IrmState *in, IrmState *out);
/* Makes the region's entries runnable; the blob stays for printing. */
void irm_publish(IrMachine *m, const IrRegion *r, CodeBlob *blob);
void irm_run(IrMachine *m, uint64_t pc, const IrmState *in, IrmState *out);
void irm_forget(IrMachine *m, const IrRegion *r); /* the published code */
void irm_compile(IrMachine *m, IrRegion *r, CodeBlob *blob);

/* The first difference as text in `buf`; false: none. */
bool irm_differ(const IrMachine *m, const IrmState *a, const IrmState *b, char *buf, unsigned size);

#endif
