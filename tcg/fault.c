/* SPDX-License-Identifier: MIT */
/*
 * The signal handler's side: from a host fault in translated code to exact guest state, by the side table. Runs on the alternate
 * stack of a thread that is online, so regions and tables stay where they are.
 */
#include <string.h>
#include <ucontext.h>

#include "tcg/crypto.h"
#include "tcg/epoch.h"
#include "tcg/eval.h"
#include "tcg/log.h"
#include "tcg/sidetable.h"
#include "tcg/x86_64/hostregs.h"
#include "util/access.h"
#include "util/assert.h"

enum { PAGE = 4096 };

typedef union SlotBits {
    uint64_t u64[2];
    uint32_t u32[4];
} SlotBits;

/* ---- applying a row */

static unsigned slot_size(const IrSlotDesc *slot)
{
    switch (slot->type) {
    case IR_V128:
        return 16;
    case IR_I64:
    case IR_F64:
        return 8;
    default:
        return 4;
    }
}

static SlotBits value_at(const CpuState *s, const SideEntry *e, const HostRegs *regs)
{
    SlotBits v = { { 0, 0 } };
    if (e->recipe == M_HOST_FLAGS) {
        v.u64[0] = hostregs_nzcv(regs);
        return v;
    }
    switch (e->loc.kind) {
    case LOC_REG:
        if (e->loc.cls == M_GPR) {
            v.u64[0] = hostregs_gpr(regs, e->loc.index);
        } else {
            hostregs_vec(regs, e->loc.index, &v);
        }
        break;
    case LOC_SPILL:
        memcpy(&v, s->spill[e->loc.index], sizeof v);
        break;
    case LOC_HOME: {
        const IrSlotDesc *slot = &s->tcg->tcg->target->slots[e->loc.index];
        memcpy(&v, (const char *)s + slot->offset, slot_size(slot));
        break;
    }
    default:
        v.u64[0] = e->value;
        break;
    }
    return v;
}

static uint32_t canon32(uint32_t v)
{
    return (v & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : v;
}

static uint64_t canon64(uint64_t v)
{
    return (v & 0x7fffffffffffffffull) > 0x7ff0000000000000ull ? 0x7ff8000000000000ull : v;
}

/* `sum`: what the entry before gave, for the recipes that add to it. */
static SlotBits apply_recipe(SlotBits v, const SideEntry *e, uint64_t sum)
{
    const uint64_t box = 0xffffffff00000000ull;
    switch (e->recipe) {
    case M_AS_IS:
    case M_HOST_FLAGS:
        break;
    case M_SHL1:
    case M_SHL2:
    case M_SHL3:
        v.u64[0] <<= e->recipe - M_SHL1 + 1;
        break;
    case M_LOW32:
        v.u64[0] = v.u32[0];
        v.u64[1] = 0;
        break;
    case M_LOW64:
        v.u64[1] = 0;
        break;
    case M_PLUS:
    case M_PLUS_SHL1:
    case M_PLUS_SHL2:
    case M_PLUS_SHL3:
        v.u64[0] = sum + (v.u64[0] << (e->recipe - M_PLUS));
        break;
    case M_PLUS_SEXT32:
        v.u64[0] = sum + (uint64_t)(int32_t)v.u32[0];
        break;
    case M_PLUS_ZEXT32:
        v.u64[0] = sum + v.u32[0];
        break;
    case M_SEXT32:
        v.u64[0] = (uint64_t)(int32_t)v.u32[0];
        break;
    case M_ZEXT32:
        v.u64[0] = v.u32[0];
        break;
    case M_CANON32:
        v.u32[0] = canon32(v.u32[0]);
        break;
    case M_CANON64:
        v.u64[0] = canon64(v.u64[0]);
        break;
    case M_BOX32:
        v.u64[0] = box | v.u32[0];
        break;
    case M_BOX_CANON32:
        v.u64[0] = box | canon32(v.u32[0]);
        break;
    case M_CC_ADD32:
        v.u64[0] = ir_eval_cc_add32((uint32_t)sum, v.u32[0]);
        break;
    case M_CC_ADD64:
        v.u64[0] = ir_eval_cc_add64(sum, v.u64[0]);
        break;
    case M_CC_SUB32:
        v.u64[0] = ir_eval_cc_sub32((uint32_t)sum, v.u32[0]);
        break;
    case M_CC_SUB64:
        v.u64[0] = ir_eval_cc_sub64(sum, v.u64[0]);
        break;
    case M_CC_LOGIC32:
        v.u64[0] = (uint64_t)(v.u32[0] >> 31) << 3 | (uint64_t)(v.u32[0] == 0) << 2;
        break;
    case M_CC_LOGIC64:
        v.u64[0] = v.u64[0] >> 63 << 3 | (uint64_t)(v.u64[0] == 0) << 2;
        break;
    case M_AES_ROUND: {
        V128Bits x = { .u64 = { v.u64[0], v.u64[1] } };
        x = crypto_aes_mix(crypto_aes_enc(x));
        v.u64[0] = x.u64[0];
        v.u64[1] = x.u64[1];
        break;
    }
    case M_CC_ADC64:
        v.u64[0] = ir_eval_cc_carried64((uint32_t)sum, v.u64[0]);
        break;
    case M_CC_FCMP32:
        v.u64[0] = ir_eval_cc_fcmp32(v.u32[0], (uint32_t)sum);
        break;
    case M_CC_FCMP64:
        v.u64[0] = ir_eval_cc_fcmp64(v.u64[0], sum);
        break;
    case M_CC_XOR:
        v.u64[0] = sum ^ v.u32[0];
        break;
    default:
        lyre_unreachable();
    }
    return v;
}

/* All values are read before the first is written: one's place may be another's home. */
static void apply_row(CpuState *s, const SideRow *row, const HostRegs *regs)
{
    const IrSlotDesc *slots = s->tcg->tcg->target->slots;
    SlotBits values[IR_MAX_SLOTS];
    for (uint32_t i = 0; i < row->nentries; i++) {
        values[i] = apply_recipe(value_at(s, &row->entries[i], regs), &row->entries[i], i ? values[i - 1].u64[0] : 0);
    }
    for (unsigned i = 0; i < STATE_PINS; i++) {
        if (row->pin_mask >> i & 1) {
            uint64_t v = hostregs_pin(regs, i);
            memcpy((char *)s + s->pin_home[i], &v, sizeof v);
        }
    }
    for (uint32_t i = 0; i < row->nentries; i++) {
        const IrSlotDesc *slot = &slots[row->entries[i].slot];
        memcpy((char *)s + slot->offset, &values[i], slot_size(slot));
    }
    s->pc = row->pc;
    s->ctx = row->ctx;
    s->guest_mxcsr = hostregs_mxcsr(regs);
    s->return_sp = (void *)hostregs_sp(regs);
}

/* Ends tcg_enter with the event once the handler returns. */
static bool leave(CpuState *s, const SideRow *row, HostRegs *regs, TcgEvent event)
{
    apply_row(s, row, regs);
    hostregs_resume(regs, s->fault_resume, event);
    return true;
}

/* ---- kinds of fault */

/* The kernel gives no address for non-canonical ones and for #GP. */
static uint64_t effective_address(const SideRow *row, const HostRegs *regs)
{
    uint64_t addr = (uint64_t)(int64_t)row->addr_disp;
    if (row->addr_base != 0xff) {
        addr += hostregs_gpr(regs, row->addr_base);
    }
    if (row->addr_index != 0xff) {
        addr += hostregs_gpr(regs, row->addr_index) << row->addr_scale;
    }
    return addr;
}

static bool memory_fault(CpuState *s, const SideRow *row, const siginfo_t *info, HostRegs *regs)
{
    uint64_t addr = effective_address(row, regs);
    bool is_canonical = (int64_t)(addr << 16) >> 16 == (int64_t)addr;
    bool has_addr = info->si_code > 0 && info->si_code != SI_KERNEL;
    if (row->kind == SIDE_ALIGN || (!has_addr && is_canonical)) {
        s->fault_kind = TCG_FAULT_ALIGN; /* the latter: #GP of a 16-byte access */
    } else {
        s->fault_kind = (uint32_t)access_kind(info);
        addr = has_addr ? (uint64_t)(uintptr_t)info->si_addr : addr;
    }
    s->fault_addr = addr;
    s->fault_is_write = has_addr && row->kind != SIDE_ALIGN ? hostregs_is_write(regs) : row->is_store;
    s->tcg->stats.faults++;
    return leave(s, row, regs, TCG_EVENT_FAULT);
}

/* A write that the personality has made possible. If code was retired because of it, this region or one on the return stack may be
 * among it: the store is interpreted and code looked up again. */
static bool write_hit(CpuState *s, const SideRow *row, const siginfo_t *info, HostRegs *regs)
{
    Tcg *t = s->tcg->tcg;
    uint64_t epoch = atomic_load(&t->epoch);
    if (!t->write_hit(t->mm, (uint64_t)(uintptr_t)info->si_addr)) {
        return memory_fault(s, row, info, regs);
    }
    return atomic_load(&t->epoch) == epoch || leave(s, row, regs, TCG_EVENT_INTERPRET);
}

void tcg_describe_fault(const CpuState *s, const void *uc)
{
    const HostRegs *regs = uc;
    const CodeCache *c = &s->tcg->tcg->cache;
    if (!codecache_has(c, (void *)hostregs_pc(regs))) {
        return;
    }
    const Region *r = codecache_find_code(c, (void *)hostregs_pc(regs));
    LogLine l = { .len = 0 };
    log_str(&l, "lyre: in translated code, without a side row");
    if (r) {
        log_str(&l, ": region ");
        log_hex(&l, r->key.pc, 16);
        log_str(&l, " + ");
        log_hex(&l, hostregs_pc(regs) - (uintptr_t)r->code, 6);
    }
    log_flush(&l, 2);
}

static bool code_fault(CpuState *s, siginfo_t *info, HostRegs *regs)
{
    Tcg *t = s->tcg->tcg;
    const Region *r = codecache_find_code(&t->cache, (void *)hostregs_pc(regs));
    SideRow row;
    if (!r || !sidetable_find(region_side(r), r->side_size, r->nrows, (uint32_t)(hostregs_pc(regs) - (uintptr_t)r->code), &row)) {
        uintptr_t sp = hostregs_sp(regs);
        if (info->si_signo == SIGSEGV && (uintptr_t)info->si_addr == sp - 8 && (sp & (PAGE - 1)) == 0) {
            hostregs_set_sp(regs, (uintptr_t)s->return_bottom); /* the return stack is full: forget it */
            return true;
        }
        return false;
    }
    if (row.kind == SIDE_POLL) {
        return leave(s, &row, regs, TCG_EVENT_STOP);
    }
    if (info->si_signo == SIGSEGV && info->si_code == SEGV_ACCERR && hostregs_is_write(regs) && t->write_hit) {
        return write_hit(s, &row, info, regs);
    }
    return memory_fault(s, &row, info, regs);
}

bool tcg_handle_fault(CpuState *s, int sig, siginfo_t *info, void *uc)
{
    HostRegs *regs = uc;
    Tcg *t = s ? s->tcg->tcg : NULL;
    if (t && codecache_has(&t->cache, (void *)hostregs_pc(regs))) {
        return code_fault(s, info, regs);
    }
    if (t && t->write_hit && sig == SIGSEGV && info->si_code == SEGV_ACCERR && hostregs_is_write(regs) &&
        t->write_hit(t->mm, (uint64_t)(uintptr_t)info->si_addr)) {
        return true;
    }
    return (sig == SIGSEGV || sig == SIGBUS) && access_fixup(info, uc);
}

/* In C the state is exact; in translated code only a row says what it is, and applying one would change what the code goes on with. */
bool tcg_state_at(CpuState *s, void *uc)
{
    const HostRegs *regs = uc;
    return !s->is_in_code && !codecache_has(&s->tcg->tcg->cache, (void *)hostregs_pc(regs));
}
