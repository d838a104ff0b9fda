/* SPDX-License-Identifier: MIT */
/* Decoding and translation of the toy ISA. */
#include "tests/unit/toy_target.h"

#include <stdio.h>
#include <string.h>

#include "tcg/state.h"

enum { LINK_REG = 1 };

#define SLOT(n, p) { "r" #n, IR_I64, p, 8 * n }
static const IrSlotDesc toy_slots[] = {
    SLOT(0, -1), SLOT(1, 0),  SLOT(2, 1),  SLOT(3, 2),  SLOT(4, 3),  SLOT(5, 4),  SLOT(6, 5),  SLOT(7, 6),
    SLOT(8, 7),  SLOT(9, 8),  SLOT(10, 9), SLOT(11, -1), SLOT(12, -1), SLOT(13, -1), SLOT(14, -1), SLOT(15, -1),
    SLOT(16, -1), SLOT(17, -1), SLOT(18, -1), SLOT(19, -1), SLOT(20, -1), SLOT(21, -1), SLOT(22, -1), SLOT(23, -1),
    SLOT(24, -1), SLOT(25, -1), SLOT(26, -1), SLOT(27, -1), SLOT(28, -1), SLOT(29, -1), SLOT(30, -1), SLOT(31, -1),
};

static const uint8_t flows[] = {
    [TOY_ILLEGAL] = FLOW_END, [TOY_BNE] = FLOW_BRANCH, [TOY_BLT] = FLOW_BRANCH, [TOY_JUMP] = FLOW_JUMP, [TOY_CALL] = FLOW_CALL,
    [TOY_RET] = FLOW_RETURN, [TOY_JR] = FLOW_INDIRECT, [TOY_CALLR] = FLOW_CALL_INDIRECT, [TOY_ECALL] = FLOW_END,
    [TOY_SYNC] = FLOW_END, [TOY_NOPS] = FLOW_END,
};

static bool toy_decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out)
{
    if (avail < 4) {
        return false;
    }
    uint32_t raw;
    memcpy(&raw, bytes, 4);
    unsigned op = raw & 63;
    *out = (TargetInsn){ .pc = pc, .raw = raw, .len = 4, .row = op < TOY_NOPS ? (uint16_t)op : TOY_ILLEGAL };
    out->flow = flows[out->row];
    out->target = pc + (uint64_t)((int64_t)(int16_t)(raw >> 16) * 4);
    return true;
}

/* One by one. */
static unsigned toy_decode_run(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out,
                               unsigned max)
{
    return toy_decode(cpu, ctx, pc, bytes, avail, out);
}

static void branch(TargetTrans *t, const TargetInsn *insn, I32 cond)
{
    const uint64_t pcs[2] = { insn->target, insn->pc + 4 };
    const uint32_t blocks[2] = { t->block_of(t->opaque, pcs[0]), t->block_of(t->opaque, pcs[1]) };
    ir_branch(t->b, cond, pcs, blocks);
}

static void jump(TargetTrans *t, uint64_t pc)
{
    uint32_t block = t->block_of(t->opaque, pc);
    if (block) {
        ir_goto(t->b, block);
    } else {
        ir_exit(t->b, pc);
    }
}

static void toy_translate(TargetTrans *t, const TargetInsn *insn)
{
    IrBuilder *b = t->b;
    unsigned rd = insn->raw >> 6 & 31, rs = insn->raw >> 11 & 31;
    int32_t imm = (int16_t)(insn->raw >> 16);
    uint64_t next = insn->pc + 4;
    I64 s = ir_get_i64(b, rs), d, ret;
    I32 cond, low;
    switch (insn->row) {
    case TOY_ADDI:
        d = ir_const_i64(b, (uint64_t)(int64_t)imm);
        ir_put_i64(b, rd, ir_add_i64(b, s, d));
        break;
    case TOY_ADD:
        d = ir_get_i64(b, rd);
        ir_put_i64(b, rd, ir_add_i64(b, d, s));
        break;
    case TOY_MUL:
        d = ir_get_i64(b, rd);
        ir_put_i64(b, rd, ir_mul_i64(b, d, s));
        break;
    case TOY_LOAD:
        ir_put_i64(b, rd, ir_load_i64(b, s, imm, MEM_64));
        break;
    case TOY_STORE:
        d = ir_get_i64(b, rd);
        ir_store_i64(b, s, imm, d, MEM_64);
        break;
    case TOY_STORE32:
        d = ir_get_i64(b, rd);
        low = ir_trunc_i32(b, d);
        ir_store_i32(b, s, imm, low, MEM_32);
        break;
    case TOY_BNE:
    case TOY_BLT:
        d = ir_get_i64(b, rd);
        cond = insn->row == TOY_BNE ? ir_cmp_ne_i64(b, d, s) : ir_cmp_slt_i64(b, d, s);
        branch(t, insn, cond);
        break;
    case TOY_JUMP:
        jump(t, insn->target);
        break;
    case TOY_CALL:
        ret = ir_const_i64(b, next);
        ir_put_i64(b, LINK_REG, ret);
        ir_exit_call(b, insn->target, next, t->block_of(t->opaque, next));
        break;
    case TOY_CALLR:
        ret = ir_const_i64(b, next);
        ir_put_i64(b, LINK_REG, ret);
        ir_exit_call_indirect(b, s, next, t->block_of(t->opaque, next));
        break;
    case TOY_RET:
        d = ir_get_i64(b, LINK_REG);
        ir_exit_return(b, d);
        break;
    case TOY_JR:
        ir_exit_indirect(b, s);
        break;
    case TOY_ECALL:
        ir_exit_event(b, TCG_EVENT_SYSCALL, next);
        break;
    case TOY_SYNC:
        ir_exit_event(b, TCG_EVENT_LOOKUP, next);
        break;
    default:
        ir_exit_event(b, TCG_EVENT_ILLEGAL, insn->pc);
        break;
    }
}

static void toy_disas(const TargetInsn *insn, char *buf, unsigned size)
{
    snprintf(buf, size, "toy%u r%u, r%u, %d", insn->row, insn->raw >> 6 & 31, insn->raw >> 11 & 31, (int16_t)(insn->raw >> 16));
}

static void toy_dump(const CpuState *s, int fd, bool has_fpu)
{
}

static void toy_reset(CpuState *s, const TargetCpu *cpu)
{
}

const Target target_toy = {
    .name = "toy",
    .page_size = 4096,
    .min_insn = 4,
    .max_insn = 4,
    .slots = toy_slots,
    .nslots = 32,
    .pc_mask = ~0ull,
    .reset = toy_reset,
    .decode = toy_decode,
    .decode_run = toy_decode_run,
    .translate = toy_translate,
    .disas = toy_disas,
    .dump = toy_dump,
};
