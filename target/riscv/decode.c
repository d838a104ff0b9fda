/* SPDX-License-Identifier: MIT */
/* From bytes to a row and its flow of control; from a row to its translation. The matching itself
 * is generated. */
#include "target/riscv/trans.h"
#include "util/compiler.h"

static bool is_link(unsigned r) { return r == 1 || r == 5; }

/* Hints of the return-address stack (RV unpriv. 2.5.1, table 3). A pop and push in one is taken as
 * a call. */
static TargetFlow jalr_flow(const RvOps *o)
{
    if (is_link(o->rd))
        return FLOW_CALL_INDIRECT;
    return is_link(o->rs1) && o->rd == 0 ? FLOW_RETURN : FLOW_INDIRECT;
}

static void set_undefined(TargetInsn *out)
{
    out->row = RV_UNDEFINED;
    out->flow = FLOW_END;
}

/* What depends on more than the row. */
static NOINLINE void set_flow(const TargetCpu *cpu, uint32_t ctx, TargetInsn *out)
{
    RvOps o = { 0 };
    rv_extract(out->row, out->raw, &o);
    switch (rv_row_flow[out->row]) {
    case RV_FLOW_BRANCH:
        out->flow = FLOW_BRANCH;
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
        break;
    case RV_FLOW_JAL: /* a call to the next instruction only reads the pc */
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
        out->flow = is_link(o.rd) && out->target != out->pc + out->len ? FLOW_CALL : FLOW_JUMP;
        break;
    case RV_FLOW_JALR:
        out->flow = (uint8_t)jalr_flow(&o);
        break;
    case RV_FLOW_CSR:
        if (!rv_csr_is_legal(cpu, out->pc, out->row, &o))
            set_undefined(out);
        else
            out->flow = rv_csr_ends_block(out->row, &o) ? FLOW_END : FLOW_NEXT;
        break;
    case RV_FLOW_RM:
        if ((ctx & RV_CTX_FRM_MASK) == RV_CTX_FRM_INVALID && o.rm == IR_RDYN)
            set_undefined(out);
        break;
    default:
        out->flow = FLOW_END;
    }
}

/* There are bytes for it. */
static inline void decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, TargetInsn *out)
{
    const uint64_t ext = cpu->ext;
    uint32_t raw = bytes[0] | (uint32_t)bytes[1] << 8;
    unsigned row;
    out->pc = pc;
    out->target = 0;
    out->flow = FLOW_NEXT;
    if ((raw & 3) == 3) {
        raw |= (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        row = rv_match32(raw, ext);
        out->len = 4;
    } else {
        row = rv_match16(raw, ext);
        out->len = 2;
    }
    out->raw = raw;
    out->row = (uint16_t)row;
    if (UNLIKELY(!row || (rv_row_ext[row] & ~ext)))
        set_undefined(out);
    else if (UNLIKELY(rv_row_flow[row] != RV_FLOW_NEXT))
        set_flow(cpu, ctx, out);
}

bool riscv_decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes,
                  unsigned avail, TargetInsn *out)
{
    if (avail < 2 || ((bytes[0] & 3) == 3 && avail < 4))
        return false;
    decode(cpu, ctx, pc, bytes, out);
    return true;
}

unsigned riscv_decode_run(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes,
                          unsigned avail, TargetInsn *out, unsigned max)
{
    const uint8_t *last = bytes + avail - 4;
    TargetInsn *at = out, *end = out + max;
    do {
        decode(cpu, ctx, pc, bytes, at);
        pc += at->len;
        bytes += at->len;
    } while (at++->flow == FLOW_NEXT && at != end && bytes <= last);
    return (unsigned)(at - out);
}

void riscv_translate(TargetTrans *t, const TargetInsn *insn)
{
    t->insn = insn;
    if (LIKELY(insn->row))
        rv_row_trans[insn->row](t, insn->raw);
    else
        rv_illegal(t);
}
