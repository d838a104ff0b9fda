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

static NOINLINE void set_csr_flow(const TargetCpu *cpu, TargetInsn *out)
{
    RvOps o;
    rv_extract_csr(out->row, out->raw, &o);
    if (!rv_csr_is_legal(cpu, out->pc, out->row, &o))
        set_undefined(out);
    else
        out->flow = rv_csr_ends_block(out->row, &o) ? FLOW_END : FLOW_NEXT;
}

static NOINLINE void set_rm_flow(uint32_t ctx, TargetInsn *out)
{
    RvOps o;
    rv_extract(out->row, out->raw, &o);
    if ((ctx & RV_CTX_FRM_MASK) == RV_CTX_FRM_INVALID && o.rm == IR_RDYN)
        set_undefined(out);
}

/* What depends on more than the row. */
static NOINLINE void set_flow(const TargetCpu *cpu, uint32_t ctx, TargetInsn *out, unsigned flow)
{
    RvOps o;
    if (LIKELY(flow == RV_FLOW_BRANCH)) {
        rv_extract_branch(out->row, out->raw, &o);
        out->flow = FLOW_BRANCH;
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
    } else if (flow == RV_FLOW_JAL) { /* a call to the next instruction only reads the pc */
        rv_extract_jal(out->row, out->raw, &o);
        out->target = out->pc + (uint64_t)(int64_t)o.imm;
        out->flow = is_link(o.rd) && out->target != out->pc + out->len ? FLOW_CALL : FLOW_JUMP;
    } else if (flow == RV_FLOW_JALR) {
        rv_extract_jalr(out->row, out->raw, &o);
        out->flow = (uint8_t)jalr_flow(&o);
    } else if (flow == RV_FLOW_CSR) {
        set_csr_flow(cpu, out);
    } else if (flow == RV_FLOW_RM) {
        set_rm_flow(ctx, out);
    } else {
        out->flow = FLOW_END;
    }
}

/* There are bytes for it. */
static ALWAYS_INLINE void decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, TargetInsn *out)
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
    unsigned flow = rv_row_flow[row];
    if (UNLIKELY(!row || (rv_row_ext[row] & ~ext)))
        set_undefined(out);
    else if (flow != RV_FLOW_NEXT)
        set_flow(cpu, ctx, out, flow);
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
    unsigned n = 0, at = 0;
    do {
        decode(cpu, ctx, pc + at, bytes + at, &out[n]);
        at += out[n].len;
    } while (out[n++].flow == FLOW_NEXT && n < max && at + 4 <= avail);
    return n;
}

void riscv_translate(TargetTrans *t, const TargetInsn *insn)
{
    t->insn = insn;
    if (LIKELY(insn->row))
        rv_row_trans[insn->row](t, insn->raw);
    else
        rv_illegal(t);
}
