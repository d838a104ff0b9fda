/* SPDX-License-Identifier: MIT */
/* From bytes to a row and its flow of control; from a row to its translation. The matching itself is generated. */
#include "target/aarch64/trans.h"

static void set_undefined(TargetInsn *out)
{
    out->row = A64_UNDEFINED;
    out->flow = FLOW_END;
}

static bool is_in_vdso(const TargetCpu *cpu, uint64_t pc) { return cpu->vdso && *cpu->vdso && pc - *cpu->vdso < target_aarch64.page_size; }

/* What depends on more than the row. */
static void set_flow(const TargetCpu *cpu, TargetInsn *out)
{
    A64Ops o = { 0 };
    a64_extract(out->row, out->raw, &o);
    A64Sys reg;
    switch (a64_row_flow[out->row]) {
    case A64_FLOW_BRANCH:
        out->flow = FLOW_BRANCH;
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
        break;
    case A64_FLOW_LOOP: /* until it is done */
        out->flow = FLOW_BRANCH;
        out->target = out->pc;
        break;
    case A64_FLOW_B:
        out->flow = FLOW_JUMP;
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
        break;
    case A64_FLOW_BL: /* a call of the next instruction only reads the pc */
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
        out->flow = out->target != out->pc + out->len ? FLOW_CALL : FLOW_JUMP;
        break;
    case A64_FLOW_BR:
        out->flow = FLOW_INDIRECT;
        break;
    case A64_FLOW_BLR:
        out->flow = FLOW_CALL_INDIRECT;
        break;
    case A64_FLOW_RET:
        out->flow = FLOW_RETURN;
        break;
    case A64_FLOW_MRS:
    case A64_FLOW_MSR:
        reg = a64_find_sys(cpu, (unsigned)o.imm, a64_row_flow[out->row] == A64_FLOW_MSR);
        if (reg == A64_SYS_NONE || (reg == A64_SYS_HOST_TIME && !is_in_vdso(cpu, out->pc)))
            set_undefined(out);
        else if (a64_row_flow[out->row] == A64_FLOW_MSR && reg == A64_SYS_FPCR)
            out->flow = FLOW_END;
        break;
    default:
        out->flow = FLOW_END;
    }
}

static inline void decode(const TargetCpu *cpu, uint64_t pc, const uint8_t *bytes, TargetInsn *out)
{
    uint32_t raw = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    unsigned row = a64_match32(raw, cpu->ext);
    *out = (TargetInsn){ .pc = pc, .raw = raw, .row = (uint16_t)row, .len = 4, .flow = FLOW_NEXT };
    if (!row || (a64_row_ext[row] & ~cpu->ext))
        set_undefined(out);
    else if (a64_row_flow[row] != A64_FLOW_NEXT)
        set_flow(cpu, out);
}

bool a64_decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out)
{
    if (avail < 4)
        return false;
    decode(cpu, pc, bytes, out);
    return true;
}

unsigned a64_decode_run(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out,
                        unsigned max)
{
    unsigned n = 0;
    max = max < avail / 4 ? max : avail / 4;
    do {
        decode(cpu, pc + 4 * n, bytes + 4 * n, &out[n]);
    } while (out[n++].flow == FLOW_NEXT && n < max);
    return n;
}

/* ---- branch target identification (Arm ARM D8.4.6) */

void a64_arrive(CpuState *s)
{
    s->landing = a64_has_guards(a64_state(s)->cpu) ? s->pc >> TARGET_LANDING_SHIFT & 3 : 0;
    s->pc = (uint64_t)((int64_t)(s->pc << 8) >> 8); /* AArch64.BranchAddr() */
}

/* Linux sets SCTLR_EL1.BT0: paciasp and pacibsp are as "bti c". */
bool a64_can_land(const CpuState *s, uint32_t raw)
{
    enum { BRK = 0xd4200000, HLT = 0xd4400000, IMM16 = 0xffff << 5, BTI_C = 0xd503245f, BTI_J = 0xd503249f, BTI_JC = 0xd50324df };
    enum { PACIASP = 0xd503233f, PACIBSP = 0xd503237f };
    const A64Guards *guards = a64_state_const(s)->cpu->guards;
    if (!guards->exist || !guards->is_guarded(guards->mm, s->pc))
        return true;
    switch (raw) {
    case (uint32_t)BTI_C:
    case (uint32_t)PACIASP:
    case (uint32_t)PACIBSP:
        return s->landing != A64_BTYPE_JUMP;
    case (uint32_t)BTI_J:
        return s->landing != A64_BTYPE_CALL;
    case (uint32_t)BTI_JC:
        return true;
    default:
        return (raw & ~(uint32_t)IMM16) == (uint32_t)BRK || (raw & ~(uint32_t)IMM16) == (uint32_t)HLT;
    }
}

void a64_translate(TargetTrans *tt, const TargetInsn *insn)
{
    A64Trans t = { .t = tt, .b = tt->b, .insn = insn, .pc = insn->pc, .next = insn->pc + insn->len };
    if (!insn->row) {
        a64_undefined(&t);
        return;
    }
    a64_row_trans[insn->row](&t, insn->raw);
}
