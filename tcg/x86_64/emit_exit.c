/* SPDX-License-Identifier: MIT */
/* Ways in and out of a region: entries, polls, links, calls, returns, indirect jumps, events (state.h, BORDER ABI). */
#include "tcg/jumptable.h"
#include "tcg/state.h"
#include "tcg/x86_64/emit_state.h"
#include "util/arena.h"
#include "util/assert.h"

/* These stand in every region, several times: by bytes, in words. */

/* lea reg, [rip + data] */
static void lea_data(Emit *e, unsigned reg, enum EmitData part, uint32_t index)
{
    lyre_assert(reg < 8);
    e->a.rip_field = e->a.p + 3;
    x86_put(&e->a, 0x058d48 | reg << 19, 7);
    emit_ref(e, part, index);
}

static uint64_t tramp_disp(enum TcgTramp t) { return (uint32_t)offsetof(CpuState, tramp) + (uint32_t)t * 8 - STATE_BIAS; }

/* jmp (digit 4) or call (2) [rbp + disp32] */
static void by_tramp(Emit *e, unsigned digit, enum TcgTramp t)
{
    x86_put(&e->a, 0x85ff | digit << 11 | tramp_disp(t) << 16, 6);
}

static void jmp_tramp(Emit *e, enum TcgTramp t) { by_tramp(e, 4, t); }

/* Borrowed pins: from registers to memory at entries, back at exits. */
static void save_borrowed(Emit *e)
{
    for (unsigned p = 0; e->pins_borrowed >> p; p++) {
        if (e->pins_borrowed >> p & 1) {
            x86_store(&e->a, 8, x86_pin_reg[p], x86_rm_state(e->pin_home[p]));
        }
    }
}

static void reload_borrowed(Emit *e)
{
    for (unsigned p = 0; e->pins_borrowed >> p; p++) {
        if (e->pins_borrowed >> p & 1) {
            x86_load(&e->a, 8, x86_pin_reg[p], x86_rm_state(e->pin_home[p]));
        }
    }
}

/* ---- entries */

bool emit_entry_has_code(const Emit *e, uint32_t block)
{
    bool has_head = block == 1 && (e->settings->has_counter || e->settings->has_poll);
    return e->m->blocks[block].is_entry && (has_head || e->pins_borrowed);
}

/* test [rbp + disp32], eax */
static void poll_insn(Emit *e)
{
    x86_put(&e->a, 0x8585 | (uint64_t)(STATE_POLL_PAGE - STATE_BIAS) << 16, 6);
}

/* sub dword [counter], 1; js to the stub */
static void count(Emit *e)
{
    uint32_t at = emit_pos(e), field = 0 - (at + 7);
    emit_add_ref(e, at + 2);
    x86_put(&e->a, 0x2d83 | (uint64_t)field << 16 | 1ull << 48 | 0x0full << 56, 8);
    x86_put(&e->a, 0x88, 5);
    e->hot_site = at + 9;
}

void emit_entry(Emit *e, uint64_t pc, bool is_head)
{
    CodeBlob *out = e->out;
    out->entries = arena_grow(e->arena, out->entries, sizeof(CodeEntry), &out->cap_entries, out->nentries + 1);
    out->entries[out->nentries++] = (CodeEntry){ { .pc = pc, .ctx = e->ir->ctx }, emit_pos(e) };
    if (is_head && e->settings->has_counter) {
        count(e);
    }
    if (is_head && e->settings->has_poll) {
        emit_entry_poll_row(e, pc);
        poll_insn(e);
    }
    save_borrowed(e);
}

void emit_poll(Emit *e, const MInsn *insn, const MOperand *ops)
{
    emit_row(e, insn, ops, emit_pos(e), SIDE_POLL, false);
    poll_insn(e);
}

/* ---- links */

/* lea rax, [row]; jmp to the trampoline: LINK_STUB_SIZE bytes. For the jump whose field is at `site`. */
static void row_stub(Emit *e, uint32_t *ref, uint32_t site, uint32_t row, enum TcgTramp t)
{
    uint32_t at = emit_pos(e), field = row - (at + 7);
    *ref = at + 3;
    emit_patch32(e, site, at);
    x86_put(&e->a, 0x058d48 | (uint64_t)field << 24 | 0xffull << 56, 8);
    x86_put(&e->a, 0xa5 | tramp_disp(t) << 8, 5);
}

void emit_row_stubs(Emit *e)
{
    CodeBlob *out = e->out;
    uint32_t n = out->nlinks;
    const LinkRow *links = code_links(out->data);
    emit_reserve(e, EMIT_ROOM + n * LINK_STUB_SIZE);
    out->refs = arena_grow(e->arena, out->refs, sizeof *out->refs, &out->cap_refs, out->nrefs + 1 + n);
    if (e->hot_site) {
        row_stub(e, &out->refs[out->nrefs++], e->hot_site, 0, TRAMP_HOT);
    }
    out->link_stubs = emit_pos(e);
    uint32_t *refs = out->refs + out->nrefs;
    out->nrefs += n;
    for (uint32_t i = 0; i < n; i++) {
        row_stub(e, &refs[i], links[i].site, code_link_offset(i), TRAMP_LINK);
    }
}

void emit_link_field(Emit *e, uint64_t pc, uint32_t ctx, uint32_t field)
{
    CodeBlob *out = e->out;
    uint32_t n = out->nlinks++;
    lyre_assert(field % 4 == 0);
    out->data = arena_grow(e->arena, out->data, 1, &out->cap_data, code_link_offset(n + 1));
    code_links(out->data)[n] = (LinkRow){ .pc = pc, .ctx = ctx, .site = field };
}

/* jmp or call rel32 whose field is aligned, so that it can be changed by one store while others run it. */
static void link_jump(Emit *e, uint64_t pc, uint32_t ctx, bool is_call)
{
    x86_nop(&e->a, -(emit_pos(e) + 1) & 3);
    x86_put(&e->a, is_call ? 0xe8 : 0xe9, 5);
    emit_link_field(e, pc, ctx, emit_pos(e) - 4);
}

/* ---- return sites */

static void stub_miss(Emit *e, const EmitStub *s)
{
    if (e->miss_stub) {
        emit_patch32(e, s->site, e->miss_stub);
        return;
    }
    e->miss_stub = emit_pos(e);
    emit_stub_here(e, s);
    jmp_tramp(e, TRAMP_RETURN_MISS);
}

static void cmp_rax(Emit *e, uint64_t pc)
{
    if (x86_fits32((int64_t)pc)) {
        x86_alu_imm(&e->a, X86_ALU_CMP, 8, x86_rm_reg(X86_RAX), (int32_t)pc);
        return;
    }
    X86Rm rm = x86_rm_rip();
    uint32_t k = emit_const8(e, pc);
    x86_op_rm(&e->a, 0x3b | X86_W, X86_RAX, &rm);
    emit_ref(e, EMIT_CONST8, k);
}

/* Behind a call: the callee returned to rax. Goes on at the block of the return site, or links to it. */
static void return_site(Emit *e, uint64_t pc, uint32_t block)
{
    cmp_rax(e, pc);
    emit_jcc_stub(e, X86_NE, stub_miss, NULL, NULL);
    if (!block) {
        link_jump(e, pc, e->ir->ctx, false);
        return;
    }
    lyre_assert(e->m->blocks[block].is_entry);
    if (block != e->blocks[e->current].next) {
        /* Its entry, not its label: borrowed pins are in their registers here. */
        save_borrowed(e);
        emit_jmp(e, block);
    }
}

/* ---- the kinds of exit */

void emit_exit_direct(Emit *e, uint64_t pc, uint32_t ctx) { link_jump(e, pc, ctx, false); }

void emit_exit_call(Emit *e, uint64_t pc, uint32_t ctx, uint64_t ret_pc, uint32_t ret_block)
{
    link_jump(e, pc, ctx, true);
    return_site(e, ret_pc, ret_block);
}

void emit_exit_return(Emit *e) { x86_put8(&e->a, 0xc3); }

static void cmp_ic(Emit *e, uint32_t ic)
{
    X86Rm rm = x86_rm_rip();
    _Static_assert(offsetof(IcRow, key) == 0, "the row's address is its key's");
    x86_op_rm(&e->a, 0x3b | X86_W, X86_RAX, &rm);
    emit_ref(e, EMIT_IC, ic);
}

static void to_ic_target(Emit *e, uint32_t ic, bool is_call)
{
    if (is_call) {
        x86_call_mem(&e->a, x86_rm_rip());
    } else {
        x86_jmp_mem(&e->a, x86_rm_rip());
    }
    emit_ref(e, EMIT_IC_TARGET, ic);
}

static void stub_ic_jump(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    lea_data(e, X86_RCX, EMIT_IC, s->arg);
    jmp_tramp(e, TRAMP_INDIRECT);
}

static void stub_ic_call(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    lea_data(e, X86_RCX, EMIT_IC, s->arg);
    by_tramp(e, 2, TRAMP_INDIRECT);
    emit_jmp_to(e, s->resume);
}

static void stub_table_miss(Emit *e, const EmitStub *s)
{
    emit_stub_here(e, s);
    x86_alu_rr(&e->a, X86_ALU_XOR, 4, X86_RCX, X86_RCX);
    jmp_tramp(e, TRAMP_INDIRECT);
}

/* Jumps to the pc in rax through the thread's jump table (tcg/jumptable.h): each site has an indirect jump of its own to be predicted. */
static void probe_table(Emit *e)
{
    X86Rm entry = { X86_RM_MEM, X86_RBP, X86_RCX, 3, STATE_TABLE - STATE_BIAS };
    x86_mov_rr(&e->a, 4, X86_RCX, X86_RAX);
    x86_alu_imm(&e->a, X86_ALU_AND, 4, x86_rm_reg(X86_RCX), JUMPTABLE_MASK);
    x86_op_rm(&e->a, 0x3b | X86_W, X86_RAX, &entry);
    emit_jcc_stub(e, X86_NE, stub_table_miss, NULL, NULL);
    entry.disp += offsetof(TcgTableEntry, code);
    x86_jmp_mem(&e->a, entry);
}

/* Switches and interpreters jump to many places: the table serves them better than an inline cache (docs/decisions.md). It holds
 * context 0 only. */
void emit_exit_indirect(Emit *e)
{
    if (e->ir->ctx == 0) {
        probe_table(e);
        return;
    }
    uint32_t ic = e->out->nics++;
    cmp_ic(e, ic);
    emit_jcc_stub(e, X86_NE, stub_ic_jump, NULL, NULL)->arg = ic;
    to_ic_target(e, ic, false);
}

void emit_exit_call_indirect(Emit *e, uint64_t ret_pc, uint32_t ret_block)
{
    uint32_t ic = e->out->nics++;
    cmp_ic(e, ic);
    EmitStub *s = emit_jcc_stub(e, X86_NE, stub_ic_call, NULL, NULL);
    s->arg = ic;
    to_ic_target(e, ic, true);
    s->resume = emit_pos(e);
    return_site(e, ret_pc, ret_block);
}

void emit_exit_event(Emit *e, unsigned event, uint64_t at)
{
    X86Rm pc = x86_rm_state(offsetof(CpuState, pc));
    if (x86_fits32((int64_t)at)) {
        x86_store_imm(&e->a, 8, (int32_t)at, pc);
    } else {
        x86_mov_imm(&e->a, X86_RAX, at);
        x86_store(&e->a, 8, X86_RAX, pc);
    }
    x86_mov_imm(&e->a, X86_RAX, event);
    jmp_tramp(e, TRAMP_LEAVE);
}

/*
 * The context changes: return sites on the stack and inline caches know nothing of contexts, so the stack is emptied and
 * everything but a link goes by the table.
 */
static void exit_other_context(Emit *e, IrOp op, const IrSnapshot *snap)
{
    x86_store_imm(&e->a, 4, (int32_t)snap->ctx, x86_rm_state(offsetof(CpuState, ctx)));
    x86_load(&e->a, 8, X86_RSP, x86_rm_state(offsetof(CpuState, return_bottom)));
    if (op == IR_EXIT || op == IR_EXIT_CALL) {
        link_jump(e, snap->pc, snap->ctx, false);
    } else {
        x86_alu_rr(&e->a, X86_ALU_XOR, 4, X86_RCX, X86_RCX);
        jmp_tramp(e, TRAMP_INDIRECT);
    }
}

void emit_exit(Emit *e, const IrInsn *exit)
{
    const IrSnapshot *snap = &e->ir->snaps[exit->snap];
    reload_borrowed(e);
    if (exit->op == IR_EXIT_EVENT) {
        if (snap->ctx != e->ir->ctx) {
            x86_store_imm(&e->a, 4, (int32_t)snap->ctx, x86_rm_state(offsetof(CpuState, ctx)));
            x86_load(&e->a, 8, X86_RSP, x86_rm_state(offsetof(CpuState, return_bottom)));
        }
        emit_exit_event(e, (unsigned)exit->aux, snap->pc);
        return;
    }
    if (snap->ctx != e->ir->ctx) {
        exit_other_context(e, exit->op, snap);
        return;
    }
    switch (exit->op) {
    case IR_EXIT: emit_exit_direct(e, snap->pc, snap->ctx); break;
    case IR_EXIT_CALL: emit_exit_call(e, snap->pc, snap->ctx, exit->imm, exit->succ[0]); break;
    case IR_EXIT_INDIRECT: emit_exit_indirect(e); break;
    case IR_EXIT_CALL_INDIRECT: emit_exit_call_indirect(e, exit->imm, exit->succ[0]); break;
    case IR_EXIT_RETURN: emit_exit_return(e); break;
    default: lyre_unreachable();
    }
}
