/* SPDX-License-Identifier: MIT */
/* Instruction selection: AES, SHA, carry-less products; calls of C where the host has no such instructions. */
#include "tcg/code.h"
#include "tcg/x86_64/calls.h"
#include "tcg/x86_64/select.h"

bool sel_crypto_calls(unsigned op)
{
    switch (op) {
    case IR_VAES_ENC_V128:
    case IR_VAES_DEC_V128:
    case IR_VAES_MIX_V128:
    case IR_VAES_IMIX_V128:
        return !host_features.aes;
    case IR_VSHA1_ROUNDS_V128:
    case IR_VSHA256_ROUNDS_V128:
    case IR_VSHA256_MSG1_V128:
    case IR_VSHA256_MSG2_V128:
        return !host_features.sha;
    case IR_VCLMUL_V128:
    case IR_CLMUL_I64:
    case IR_CLMULH_I64:
        return !host_features.pclmul;
    default:
        return false;
    }
}

static void call(Sel *s, uint32_t id, const IrInsn *i, void *fn, bool has_aux)
{
    uint32_t args[4];
    unsigned n = 0;
    for (; n < i->nargs; n++) {
        args[n] = sel_reg(s, i->arg[n]);
    }
    if (has_aux) {
        args[n++] = sel_const_reg(s, (unsigned)i->aux, 4);
    }
    sel_call(s, fn, false, i->type, sel_def(s, id), n, args);
}

/* ---- AES: the host's operations do a whole round and add a key, which may be zero */

static bool is_alone(const Sel *s, uint32_t v, IrOp op) { return s->r->insns[v].op == op && !s->is_alone && !s->vreg[v]; }

/* What v is a round of, and by which operation; 0: it is none, or its value is wanted by itself. */
static uint32_t round_source(const Sel *s, uint32_t v, MOp *op)
{
    static const struct {
        uint16_t outer, inner, mop;
    } rounds[] = {
        { IR_VAES_MIX_V128, IR_VAES_ENC_V128, MOP_AESENC },
        { IR_VAES_IMIX_V128, IR_VAES_DEC_V128, MOP_AESDEC },
    };
    const IrInsn *i = &s->r->insns[v];
    for (unsigned n = 0; n < 2; n++) {
        if (i->op == rounds[n].outer && is_alone(s, i->arg[0], rounds[n].inner)) {
            *op = rounds[n].mop;
            return s->r->insns[i->arg[0]].arg[0];
        }
    }
    *op = i->op == IR_VAES_ENC_V128 ? MOP_AESENCLAST : MOP_AESDECLAST;
    return i->op == IR_VAES_ENC_V128 || i->op == IR_VAES_DEC_V128 ? i->arg[0] : 0;
}

static void emit_round(Sel *s, MOp op, uint32_t d, uint32_t a)
{
    sel_emit3(s, op, 16, d, sel_arg_reg(a), sel_arg_const(0));
}

/* A round's result and a key: one operation. */
bool sel_aes_xor(Sel *s, uint32_t id, const IrInsn *i)
{
    if (!host_features.aes || s->is_alone) {
        return false;
    }
    for (unsigned n = 0; n < 2; n++) {
        MOp op;
        uint32_t source = s->vreg[i->arg[n]] ? 0 : round_source(s, i->arg[n], &op);
        if (source) {
            uint32_t key = sel_reg(s, i->arg[!n]), a = sel_reg(s, source);
            sel_emit3(s, op, 16, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(key));
            return true;
        }
    }
    return false;
}

/* ENC, DEC. row->x: DEC */
static void select_aes(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.aes) {
        call(s, id, i, row->x ? (void *)call_aes_dec : (void *)call_aes_enc, false);
        return;
    }
    emit_round(s, row->mop, sel_def(s, id), sel_reg(s, i->arg[0]));
}

/* MIX undoes what a round does besides. */
static void select_aes_mix(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    MOp op;
    if (!host_features.aes) {
        call(s, id, i, row->x ? (void *)call_aes_imix : (void *)call_aes_mix, false);
        return;
    }
    uint32_t source = round_source(s, id, &op), d = sel_def(s, id);
    if (source) {
        emit_round(s, op, d, sel_reg(s, source));
    } else if (row->x) {
        sel_emit2(s, MOP_AESIMC, 16, d, sel_arg_reg(sel_reg(s, i->arg[0])));
    } else {
        uint32_t t = sel_new(s, M_VEC, 16);
        emit_round(s, MOP_AESDECLAST, t, sel_reg(s, i->arg[0]));
        emit_round(s, MOP_AESENC, d, t);
    }
}

/* ---- SHA */

static void select_sha1(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.sha) {
        call(s, id, i, (void *)call_sha1_rounds, true);
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]), w = sel_reg(s, i->arg[1]);
    sel_emit3(s, MOP_SHA1RNDS4, 16, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(w))->imm = (unsigned)i->aux & 3;
}

static void select_sha256(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.sha) {
        call(s, id, i, (void *)call_sha256_rounds, false);
        return;
    }
    SelArg args[] = { sel_arg_reg(sel_def(s, id)), sel_arg_reg(sel_reg(s, i->arg[0])), sel_arg_reg(sel_reg(s, i->arg[1])),
                      sel_arg_reg(sel_reg(s, i->arg[2])) };
    sel_emit(s, MOP_SHA256RNDS2, 16, 4, args);
}

static void select_sha256_msg(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.sha) {
        call(s, id, i, row->x ? (void *)call_sha256_msg2 : (void *)call_sha256_msg1, false);
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]);
    sel_emit3(s, row->mop, 16, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(b));
}

/* ---- carry-less products */

static void select_vclmul(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.pclmul) {
        call(s, id, i, (void *)call_vclmul, true);
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]);
    unsigned halves = ((unsigned)i->aux & 1) | ((unsigned)i->aux & 2) << 3;
    sel_emit3(s, MOP_PCLMULQDQ, 16, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(b))->imm = halves;
}

/* row->x: the high half. */
static void select_clmul(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!host_features.pclmul) {
        call(s, id, i, row->x ? (void *)call_clmulh : (void *)call_clmul, false);
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]), d = sel_def(s, id);
    uint32_t x = sel_new(s, M_VEC, 16), y = sel_new(s, M_VEC, 16), p = sel_new(s, M_VEC, 16);
    sel_emit2(s, MOP_MOVD, 8, x, sel_arg_reg(a));
    sel_emit2(s, MOP_MOVD, 8, y, sel_arg_reg(b));
    sel_emit3(s, MOP_PCLMULQDQ, 16, p, sel_arg_reg(x), sel_arg_reg(y))->imm = 0;
    sel_emit2(s, row->x ? MOP_PEXTRQ : MOP_MOVD_R, 8, d, sel_arg_reg(p))->imm = row->x;
}

const SelEntry sel_crypto_rows[] = {
    { IR_VAES_ENC_V128, { select_aes, MOP_AESENCLAST, 16, 0 } },
    { IR_VAES_DEC_V128, { select_aes, MOP_AESDECLAST, 16, 1 } },
    { IR_VAES_MIX_V128, { select_aes_mix, 0, 16, 0 } },
    { IR_VAES_IMIX_V128, { select_aes_mix, 0, 16, 1 } },
    { IR_VSHA1_ROUNDS_V128, { select_sha1, 0, 16, 0 } },
    { IR_VSHA256_ROUNDS_V128, { select_sha256, 0, 16, 0 } },
    { IR_VSHA256_MSG1_V128, { select_sha256_msg, MOP_SHA256MSG1, 16, 0 } },
    { IR_VSHA256_MSG2_V128, { select_sha256_msg, MOP_SHA256MSG2, 16, 1 } },
    { IR_VCLMUL_V128, { select_vclmul, 0, 16, 0 } },
    { IR_CLMUL_I64, { select_clmul, 0, 8, 0 } },
    { IR_CLMULH_I64, { select_clmul, 0, 8, 1 } },
    { 0 },
};
