/* SPDX-License-Identifier: MIT */
/* Instruction selection: 128-bit vectors. */
#include "tcg/x86_64/select.h"

#include "tcg/code.h"
#include "tcg/x86_64/calls.h"
#include "util/arena.h"

/* Legacy SSE operations fault on misaligned memory: only constants are folded into them. */
static SelArg vector_arg(Sel *s, uint32_t v)
{
    bool is_const = s->r->insns[v].op == IR_CONST_V128;
    return host_features.avx || is_const ? sel_arg_any(s, v, 16) : sel_arg_reg(sel_reg(s, v));
}

/* row->x: 1 commutes, 2 arguments exchanged. */
static void select_binary(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = i->arg[row->x == 2], b = i->arg[row->x != 2], d = sel_def(s, id);
    bool is_better = s->r->insns[a].op == IR_CONST_V128 || (!host_features.avx && !sel_dies(s, a) && sel_dies(s, b));
    if (row->x == 1 && is_better) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    SelArg y = vector_arg(s, b);
    sel_emit3(s, row->mop, 16, d, sel_arg_reg(sel_reg(s, a)), y);
}

static void select_xor(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (!sel_aes_xor(s, id, i)) {
        select_binary(s, id, i, row);
    }
}

static void select_shift(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit2(s, row->mop, 16, sel_def(s, id), sel_arg_reg(a))->imm = (unsigned)i->aux;
}

/* row->size: bytes of a lane. */
static void select_splat(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id), t = sel_new(s, M_VEC, 16), u;
    sel_emit2(s, MOP_MOVD, row->size == 8 ? 8 : 4, t, sel_arg_reg(sel_reg(s, i->arg[0])));
    if (row->size == 8) {
        sel_emit3(s, MOP_PUNPCKLQDQ, 16, d, sel_arg_reg(t), sel_arg_reg(t));
        return;
    }
    if (row->size == 1) {
        u = sel_new(s, M_VEC, 16);
        sel_emit3(s, MOP_PUNPCKLBW, 16, u, sel_arg_reg(t), sel_arg_reg(t));
        t = u;
    }
    if (row->size <= 2) {
        u = sel_new(s, M_VEC, 16);
        sel_emit2(s, MOP_PSHUFLW, 16, u, sel_arg_reg(t))->imm = 0;
        t = u;
    }
    sel_emit2(s, MOP_PSHUFD, 16, d, sel_arg_reg(t))->imm = 0;
}

static void select_unary(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg a = vector_arg(s, i->arg[0]);
    sel_emit2(s, row->mop, 16, sel_def(s, id), a);
}

static void select_ext(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t low = sel_reg(s, i->arg[0]);
    const IrInsn *above = &s->r->insns[i->arg[1]];
    const V128Bits *c = above->op == IR_CONST_V128 ? &s->r->pool[above->aux] : NULL;
    if (c && !c->u64[0] && !c->u64[1]) {
        sel_emit2(s, MOP_PSRLDQ, 16, sel_def(s, id), sel_arg_reg(low))->imm = (unsigned)i->aux & 15;
        return;
    }
    uint32_t high = sel_reg(s, i->arg[1]);
    sel_emit3(s, MOP_PALIGNR, 16, sel_def(s, id), sel_arg_reg(high), sel_arg_reg(low))->imm = (unsigned)i->aux & 15;
}

/* Between the register classes: masks, lanes. */
static void select_to_gpr(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    sel_emit2(s, row->mop, 4, sel_def(s, id), sel_arg_reg(a))->imm = (unsigned)i->aux;
}

static void select_insert(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), x = sel_reg(s, i->arg[1]);
    sel_emit3(s, row->mop, 4, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(x))->imm = (unsigned)i->aux;
}

static void select_pack64(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t t = sel_new(s, M_VEC, 16), low = sel_reg(s, i->arg[0]), high = sel_reg(s, i->arg[1]);
    sel_emit2(s, MOP_MOVD, 8, t, sel_arg_reg(low));
    sel_emit3(s, MOP_PINSRQ, 8, sel_def(s, id), sel_arg_reg(t), sel_arg_reg(high))->imm = 1;
}

static void select_extract64(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]);
    MInsn *x = sel_emit2(s, i->aux ? MOP_PEXTRQ : MOP_MOVD_R, 8, sel_def(s, id), sel_arg_reg(a));
    x->imm = i->aux != 0;
}

static void select_insert64(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t a = sel_reg(s, i->arg[0]), x = sel_reg(s, i->arg[1]);
    sel_emit3(s, MOP_PINSRQ, 8, sel_def(s, id), sel_arg_reg(a), sel_arg_reg(x))->imm = i->aux != 0;
}

static void select_from_scalar(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    const IrInsn *bits = &s->r->insns[i->arg[0]];
    if (bits->op == IR_F64_BITS_F64 && !s->vreg[i->arg[0]] && !s->is_alone) {
        uint32_t x = sel_reg(s, bits->arg[0]);
        sel_emit2(s, MOP_MOVD, 8, sel_def(s, id), sel_arg_reg(x));
        return;
    }
    uint32_t a = sel_reg(s, i->arg[0]), d = sel_def(s, id);
    if (row->size == 8) {
        sel_emit2(s, MOP_MOVQZ, 8, d, sel_arg_reg(a));
    } else {
        uint32_t t = sel_new(s, M_VEC, 16);
        sel_emit1(s, MOP_XORZ, 16, t);
        sel_emit3(s, MOP_MOVSM, 4, d, sel_arg_reg(t), sel_arg_reg(a));
    }
}

/* Of one value twice: a duplicate of its low half, which a scalar has as well. */
static void select_ziplo64(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t x = i->arg[0], y = i->arg[1];
    if (x != y) {
        select_binary(s, id, i, row);
        return;
    }
    bool is_scalar = s->r->insns[x].op == IR_VFROM64_V128 && !s->is_alone && !s->vreg[x];
    SelArg a = sel_arg_any(s, is_scalar ? s->r->insns[x].arg[0] : x, is_scalar ? 8 : 16);
    sel_emit2(s, MOP_MOVDDUP, 8, sel_def(s, id), a);
}

static void select_nothing(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row) {}

void sel_reverse_bytes(Sel *s, uint32_t d, uint32_t a)
{
    IrRegion *r = s->r;
    if (r->npool + 1 > r->cap_pool) {
        r->pool = arena_grow(r->arena, r->pool, sizeof(V128Bits), &r->cap_pool, r->npool + 1);
    }
    r->pool[r->npool].u64[0] = 0x08090a0b0c0d0e0full;
    r->pool[r->npool].u64[1] = 0x0001020304050607ull;
    SelMem mem = { .flags = MF_MEM_POOL, .imm = r->npool++ };
    sel_emit3(s, MOP_PSHUFB, 16, d, sel_arg_reg(a), sel_arg_mem(&mem));
}

/* Counts in lanes: AVX2. row->x: index of the C function. */
static void select_shift_by_lanes(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static void *const fns[] = { (void *)call_vshlv32, (void *)call_vshlv64, (void *)call_vshrv32, (void *)call_vshrv64 };
    uint32_t a = sel_reg(s, i->arg[0]), b = sel_reg(s, i->arg[1]), d = sel_def(s, id);
    if (host_features.avx2) {
        sel_emit3(s, row->mop, 16, d, sel_arg_reg(a), sel_arg_reg(b));
    } else {
        uint32_t args[] = { a, b };
        sel_call(s, fns[row->x], false, IR_V128, d, 2, args);
    }
}

bool sel_vec_calls(unsigned op) { return op >= IR_VSHLV32_V128 && op <= IR_VSHRV64_V128 && !host_features.avx2; }

#define V(name, mop, x) { IR_##name##_V128, { select_binary, mop, 16, x } }
#define SHIFT(name, mop) { IR_##name##_V128, { select_shift, mop, 16, 0 } }

const SelEntry sel_vec_rows[] = {
    V(VMULH_S16, MOP_PMULHW, 1),
    V(VMULHR_S16, MOP_PMULHRSW, 1),
    V(VMADD_S16, MOP_PMADDWD, 1),
    { IR_VSHLV32_V128, { select_shift_by_lanes, MOP_VPSLLVD, 16, 0 } },
    { IR_VSHLV64_V128, { select_shift_by_lanes, MOP_VPSLLVQ, 16, 1 } },
    { IR_VSHRV32_V128, { select_shift_by_lanes, MOP_VPSRLVD, 16, 2 } },
    { IR_VSHRV64_V128, { select_shift_by_lanes, MOP_VPSRLVQ, 16, 3 } },
    V(VAND, MOP_PAND, 1),
    V(VOR, MOP_POR, 1),
    { IR_VXOR_V128, { select_xor, MOP_PXOR, 16, 1 } },
    V(VANDN, MOP_PANDN, 2),
    V(VADD8, MOP_PADDB, 1),
    V(VADD16, MOP_PADDW, 1),
    V(VADD32, MOP_PADDD, 1),
    V(VADD64, MOP_PADDQ, 1),
    V(VSUB8, MOP_PSUBB, 0),
    V(VSUB16, MOP_PSUBW, 0),
    V(VSUB32, MOP_PSUBD, 0),
    V(VSUB64, MOP_PSUBQ, 0),
    V(VCMPEQ8, MOP_PCMPEQB, 1),
    V(VCMPEQ16, MOP_PCMPEQW, 1),
    V(VCMPEQ32, MOP_PCMPEQD, 1),
    V(VCMPEQ64, MOP_PCMPEQQ, 1),
    V(VCMPGT8, MOP_PCMPGTB, 0),
    V(VCMPGT16, MOP_PCMPGTW, 0),
    V(VCMPGT32, MOP_PCMPGTD, 0),
    V(VCMPGT64, MOP_PCMPGTQ, 0),
    V(VSMIN8, MOP_PMINSB, 1),
    V(VSMIN16, MOP_PMINSW, 1),
    V(VSMIN32, MOP_PMINSD, 1),
    V(VSMAX8, MOP_PMAXSB, 1),
    V(VSMAX16, MOP_PMAXSW, 1),
    V(VSMAX32, MOP_PMAXSD, 1),
    V(VUMIN8, MOP_PMINUB, 1),
    V(VUMIN16, MOP_PMINUW, 1),
    V(VUMIN32, MOP_PMINUD, 1),
    V(VUMAX8, MOP_PMAXUB, 1),
    V(VUMAX16, MOP_PMAXUW, 1),
    V(VUMAX32, MOP_PMAXUD, 1),
    V(VMUL16, MOP_PMULLW, 1),
    V(VMUL32, MOP_PMULLD, 1),
    V(VMULE_U32, MOP_PMULUDQ, 1),
    V(VMULE_S32, MOP_PMULDQ, 1),
    V(VADDS_S8, MOP_PADDSB, 1),
    V(VADDS_S16, MOP_PADDSW, 1),
    V(VADDS_U8, MOP_PADDUSB, 1),
    V(VADDS_U16, MOP_PADDUSW, 1),
    V(VSUBS_S8, MOP_PSUBSB, 0),
    V(VSUBS_S16, MOP_PSUBSW, 0),
    V(VSUBS_U8, MOP_PSUBUSB, 0),
    V(VSUBS_U16, MOP_PSUBUSW, 0),
    V(VAVG_U8, MOP_PAVGB, 1),
    V(VAVG_U16, MOP_PAVGW, 1),
    V(VZIPLO8, MOP_PUNPCKLBW, 0),
    V(VZIPHI8, MOP_PUNPCKHBW, 0),
    V(VZIPLO16, MOP_PUNPCKLWD, 0),
    V(VZIPHI16, MOP_PUNPCKHWD, 0),
    V(VZIPLO32, MOP_PUNPCKLDQ, 0),
    V(VZIPHI32, MOP_PUNPCKHDQ, 0),
    { IR_VZIPLO64_V128, { select_ziplo64, MOP_PUNPCKLQDQ, 16, 0 } },
    V(VZIPHI64, MOP_PUNPCKHQDQ, 0),
    V(VPACK_SS16, MOP_PACKSSWB, 0),
    V(VPACK_SU16, MOP_PACKUSWB, 0),
    V(VPACK_SS32, MOP_PACKSSDW, 0),
    V(VPACK_SU32, MOP_PACKUSDW, 0),
    { IR_VABS8_V128, { select_unary, MOP_PABSB, 16, 0 } },
    { IR_VABS16_V128, { select_unary, MOP_PABSW, 16, 0 } },
    { IR_VABS32_V128, { select_unary, MOP_PABSD, 16, 0 } },
    { IR_VEXT_V128, { select_ext, 0, 16, 0 } },
    { IR_VMASK8_I32, { select_to_gpr, MOP_PMOVMSKB, 4, 0 } },
    { IR_VEXTRACT8_I32, { select_to_gpr, MOP_PEXTRB, 4, 0 } },
    { IR_VEXTRACT16_I32, { select_to_gpr, MOP_PEXTRW, 4, 0 } },
    { IR_VEXTRACT32_I32, { select_to_gpr, MOP_PEXTRD, 4, 0 } },
    { IR_VINSERT8_V128, { select_insert, MOP_PINSRB, 16, 0 } },
    { IR_VINSERT16_V128, { select_insert, MOP_PINSRW, 16, 0 } },
    { IR_VINSERT32_V128, { select_insert, MOP_PINSRD, 16, 0 } },
    SHIFT(VSHL16, MOP_PSLLW),
    SHIFT(VSHL32, MOP_PSLLD),
    SHIFT(VSHL64, MOP_PSLLQ),
    SHIFT(VSHR16, MOP_PSRLW),
    SHIFT(VSHR32, MOP_PSRLD),
    SHIFT(VSHR64, MOP_PSRLQ),
    SHIFT(VSAR16, MOP_PSRAW),
    SHIFT(VSAR32, MOP_PSRAD),
    V(VSHUF8, MOP_PSHUFB, 0),
    { IR_VSPLAT8_V128, { select_splat, 0, 1, 0 } },
    { IR_VSPLAT16_V128, { select_splat, 0, 2, 0 } },
    { IR_VSPLAT32_V128, { select_splat, 0, 4, 0 } },
    { IR_VSPLAT64_V128, { select_splat, 0, 8, 0 } },
    { IR_VPACK64_V128, { select_pack64, 0, 16, 0 } },
    { IR_VEXTRACT64_I64, { select_extract64, 0, 8, 0 } },
    { IR_VINSERT64_V128, { select_insert64, 0, 16, 0 } },
    { IR_VLOW32_F32, { select_nothing, 0, 4, 0 } },
    { IR_VLOW64_F64, { select_nothing, 0, 8, 0 } },
    { IR_VFROM32_V128, { select_from_scalar, 0, 4, 0 } },
    { IR_VFROM64_V128, { select_from_scalar, 0, 8, 0 } },
    { 0 },
};
