/* SPDX-License-Identifier: MIT */
/* What the emit*.c files share: the region that is being emitted. */
#ifndef LYRE_TCG_X86_64_EMIT_STATE_H
#define LYRE_TCG_X86_64_EMIT_STATE_H

#include "tcg/sidetable.h"
#include "tcg/x86_64/emit.h"
#include "tcg/x86_64/encode.h"
#include "util/arena.h"
#include "util/compiler.h"

enum { EMIT_UNBOUND = UINT32_MAX, EMIT_ROOM = 512, EMIT_MAX_CODE = 256 * 1024 };

typedef struct Emit Emit;

/* Code that is deferred to the region's end; entered by a jump with a 4-byte field, or without one (site 0). */
typedef struct EmitStub EmitStub;
struct EmitStub {
    void (*emit)(Emit *e, const EmitStub *s);
    uint32_t site;   /* code offset of the field of the jump to it; 0: none */
    uint32_t resume; /* code offset to go on at */
    uint32_t arg;
    const MInsn *insn;
    const MOperand *ops;
};

/* A jump to a block that has no place yet. */
typedef struct EmitFixup {
    uint32_t field; /* code offset */
    uint32_t block;
    bool is_short;
} EmitFixup;

/* Where a block went. */
typedef struct EmitBlock {
    uint32_t offset;  /* of its label, behind what only entries from outside run; EMIT_UNBOUND */
    uint32_t target;  /* itself, or where it leads when it only jumps */
    uint32_t next;    /* block behind it, 0: none */
    uint32_t before, after; /* guess of the bytes up to its start and its end */
    uint32_t hoisted; /* a block whose work is done in front of this one's branch; 0: none */
    bool is_hoisted;
    bool is_link;     /* a bare exit that became the link of its predecessor's conditional jump */
} EmitBlock;

typedef struct EmitConst {
    uint64_t lo, hi;
} EmitConst;

/* Parts of a region's data whose places are known last. */
enum EmitData { EMIT_IC = 1, EMIT_IC_TARGET, EMIT_CONST16, EMIT_CONST8, EMIT_NDATA };
/* A reference to one carries its number until emit_finish_data. */
enum { EMIT_PART_SHIFT = 28 };
static inline uint32_t emit_ref_field(uint32_t ref) { return ref & ((1u << EMIT_PART_SHIFT) - 1); }

struct Emit {
    X86Asm a;
    uint8_t *limit;            /* end of the room for code */
    const MRegion *m;
    const MAlloc *alloc;
    const IrRegion *ir;
    const HostSettings *settings;
    CodeBlob *out;
    struct Arena *arena;
    EmitBlock *blocks;
    uint32_t *order, norder;   /* emitted blocks in their order */
    uint32_t current;          /* block */
    EmitFixup *fixups;
    uint32_t nfixups, cap_fixups;
    EmitStub *stubs;
    uint32_t nstubs, cap_stubs;
    EmitConst *consts[2];      /* 16 bytes, 8 bytes */
    uint32_t nconsts[2], cap_consts[2];
    uint32_t flags_start;      /* code offset of the operation before, when it may still be shifted; 0: not */
    uint32_t hot_site;         /* code offset of the field of the jump to the head's stub; 0: none */
    uint32_t miss_stub;        /* shared jump to return_miss; 0: none yet */
    uint32_t pins;             /* pins that the target uses */
    uint32_t pins_live;        /* pins in place throughout: kept and not borrowed */
    uint32_t pins_borrowed;
    bool long_only;            /* a short jump did not reach: all forward ones are long */
    SideWriter side;
    SideRow row;
    /* the general way's */
    uint16_t pin_home[X86_NPINS]; /* offsets in CpuState */
    uint32_t slot_loc[IR_MAX_SLOTS]; /* Loc of a pinned slot's pin, as bits; else 0 */
};

static inline uint32_t emit_pos(const Emit *e) { return (uint32_t)(e->a.p - e->out->code); }
/* Room for `n` bytes. */
void emit_grow(Emit *e, uint32_t n);
static inline void emit_reserve(Emit *e, uint32_t n)
{
    if (UNLIKELY((size_t)(e->limit - e->a.p) < n)) {
        emit_grow(e, n);
    }
}

/* emit.c */
/* Room for that many links, stubs, rows, and `code` bytes, so that nothing has to grow. */
void emit_make_room(Emit *e, uint32_t nlinks, uint32_t nstubs, uint32_t nrows, uint32_t code);
Emit *emit_begin(const IrRegion *ir, const HostSettings *settings, CodeBlob *out);
void emit_moves(Emit *e, uint32_t at); /* the allocator's in front of an instruction */
void emit_insn(Emit *e, const MInsn *insn);
void emit_stubs(Emit *e); /* deferred code */
void emit_end(Emit *e);   /* data and side table; `out` is complete */

/* emit_data.c: references to the data. */
static inline void emit_add_ref(Emit *e, uint32_t ref)
{
    CodeBlob *out = e->out;
    out->refs = arena_grow(e->arena, out->refs, sizeof *out->refs, &out->cap_refs, out->nrefs + 1);
    out->refs[out->nrefs++] = ref;
}
/* Called right after the instruction whose operand is rip-relative. */
void emit_ref(Emit *e, enum EmitData part, uint32_t index);
uint32_t emit_const8(Emit *e, uint64_t bits);
uint32_t emit_const16(Emit *e, uint64_t lo, uint64_t hi);
void emit_insn_const(Emit *e, const MInsn *insn);
void emit_finish_data(Emit *e);

/* emit_jump.c */
void emit_layout(Emit *e);
void emit_hoisted(Emit *e, uint32_t block); /* see EmitBlock.hoisted */
static inline void emit_patch32(Emit *e, uint32_t field, uint32_t target)
{
    uint32_t rel = target - (field + 4);
    memcpy(e->out->code + field, &rel, 4);
}
void emit_jmp_to(Emit *e, uint32_t target);            /* to a known offset */
void emit_jcc_to(Emit *e, unsigned cond, uint32_t target);
static inline uint32_t emit_jcc_long(Emit *e, unsigned cond) /* returns the field's offset */
{
    x86_put(&e->a, 0x800f | cond << 8, 6);
    return emit_pos(e) - 4;
}
void emit_jmp(Emit *e, uint32_t block);
void emit_jcc(Emit *e, const MInsn *insn);
void emit_jcc_link(Emit *e, unsigned cond, uint64_t pc, uint32_t ctx); /* to another region */
bool emit_resolve_jumps(Emit *e);                      /* false: a short one does not reach */
EmitStub *emit_stub(Emit *e, void (*fn)(Emit *, const EmitStub *), uint32_t site);
/* A conditional jump to deferred code. */
EmitStub *emit_jcc_stub(Emit *e, unsigned cond, void (*fn)(Emit *, const EmitStub *), const MInsn *insn, const MOperand *ops);
/* Start of a stub's code: makes its jump reach it. */
void emit_stub_here(Emit *e, const EmitStub *s);

/* emit_side.c: a row for the instruction that begins at `offset`; for the head's poll, which comes next. */
void emit_row(Emit *e, const MInsn *insn, const MOperand *ops, uint32_t offset, SideKind kind, bool is_store);
void emit_entry_poll_row(Emit *e, uint64_t pc);

/* emit_exit.c */
bool emit_entry_has_code(const Emit *e, uint32_t block);
void emit_exit(Emit *e, const IrInsn *exit);
/* Its kinds, within the region's context; indirect ones go to the pc in rax. ret_block: 0, or the region's block of the return site. */
void emit_exit_direct(Emit *e, uint64_t pc, uint32_t ctx);
void emit_exit_call(Emit *e, uint64_t pc, uint32_t ctx, uint64_t ret_pc, uint32_t ret_block);
void emit_exit_indirect(Emit *e);
void emit_exit_call_indirect(Emit *e, uint64_t ret_pc, uint32_t ret_block);
void emit_exit_return(Emit *e);
void emit_exit_event(Emit *e, unsigned event, uint64_t at);
void emit_link_field(Emit *e, uint64_t pc, uint32_t ctx, uint32_t field);
void emit_row_stubs(Emit *e);  /* of the head's counter and the links */
void emit_entry(Emit *e, uint64_t pc, bool is_head);   /* what runs at an entry from outside */
void emit_poll(Emit *e, const MInsn *insn, const MOperand *ops);

/* emit_call.c, emit_fp.c, emit_int.c: composites */
void emit_call(Emit *e, const MInsn *insn, const MOperand *ops);
/* save[SLOW_ARG0], [SLOW_ARG1] are set: calls the C function with all registers kept and goes on behind. */
void emit_slow_call(Emit *e, uint64_t function);
void emit_cvt_sat(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_canon(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_fminmax(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_unbox(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_fma(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_cvt_u64(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_vfp(Emit *e, const MInsn *insn, const MOperand *ops);
/* How many instructions from `first` on can be checked together (RUNS); and those. */
uint32_t emit_run_length(const Emit *e, uint32_t first, uint32_t end);
void emit_run(Emit *e, const MInsn *first, uint32_t n);
void emit_sfp(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_vcvt(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_divmod(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_align(Emit *e, const MInsn *insn, const MOperand *ops);
void emit_lock_rmw(Emit *e, const MInsn *insn, const MOperand *ops);

#endif
