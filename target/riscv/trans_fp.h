/* SPDX-License-Identifier: MIT */
/* The floating-point part of trans.h (which includes it): F, D, Zfh, Zfa. */
#ifndef LYRE_TARGET_RISCV_TRANS_FP_H
#define LYRE_TARGET_RISCV_TRANS_FP_H

/* How an instruction with a rounding mode field is done. */
typedef enum RvRounding {
    RV_ROUND_DYNAMIC, /* MXCSR has the mode */
    RV_ROUND_STATIC,  /* *mode: IrRound */
} RvRounding;
/* The mode that the field `rm` stands for in this context; decode has refused illegal ones. */
TRANS RvRounding rv_rounding(const RvTrans *t, unsigned rm, unsigned *mode);
/* The aux:rm argument of conversions. */
TRANS int rv_rounding_aux(const RvTrans *t, unsigned rm);

/* Registers as narrower values: NaN boxing (RV unpriv. 21.2). Half precision is an I32. */
static inline F64 rv_get_d(RvTrans *t, unsigned r) { return ir_get_f64(t->b, RV_SLOT_F0 + r); }
static inline void rv_put_d(RvTrans *t, unsigned r, F64 v) { ir_put_f64(t->b, RV_SLOT_F0 + r, v); }
static inline F32 rv_get_s(RvTrans *t, unsigned r)
{
    F64 wide = rv_get_d(t, r);
    return ir_unbox_f32(t->b, wide);
}
static inline void rv_put_s(RvTrans *t, unsigned r, F32 v)
{
    F64 wide = ir_box_f64(t->b, v);
    rv_put_d(t, r, wide);
}
TRANS I32 rv_get_h(RvTrans *t, unsigned r);
TRANS void rv_put_h(RvTrans *t, unsigned r, I32 v);
/* A half register widened to F32 (raises invalid for a signalling NaN); an F32 result, made
 * canonical, narrowed. */
TRANS F32 rv_get_h_f32(RvTrans *t, unsigned r);
TRANS void rv_put_h_f32(RvTrans *t, unsigned r, F32 v);

/* Calls the software routine: bits in, bits out. what: SOFT_WHAT. */
TRANS I64 rv_soft(RvTrans *t, I64 a, I64 b, I64 c, uint32_t what);

enum RvFma { RV_FMA, RV_FMA_NEG_A = 1, RV_FMA_NEG_C = 2 };
enum RvSign { RV_FSGNJ, RV_FSGNJN, RV_FSGNJX };
typedef F32 RvFp2S(IrBuilder *b, F32 x, F32 y);
typedef F64 RvFp2D(IrBuilder *b, F64 x, F64 y);
typedef I32 RvFcmpS(IrBuilder *b, F32 x, F32 y);
typedef I32 RvFcmpD(IrBuilder *b, F64 x, F64 y);
typedef I32 RvToW_S(IrBuilder *b, F32 x, int rm);
typedef I64 RvToL_S(IrBuilder *b, F32 x, int rm);
typedef I32 RvToW_D(IrBuilder *b, F64 x, int rm);
typedef I64 RvToL_D(IrBuilder *b, F64 x, int rm);
typedef F32 RvFromW_S(IrBuilder *b, I32 x);
typedef F32 RvFromL_S(IrBuilder *b, I64 x);
typedef F64 RvFromW_D(IrBuilder *b, I32 x);
typedef F64 RvFromL_D(IrBuilder *b, I64 x);
typedef F32 RvRoundS(IrBuilder *b, F32 x, int rm);
typedef F64 RvRoundD(IrBuilder *b, F64 x, int rm);

/* trans_f.c */
TRANS void trans_fload_s(RvTrans *t, const RvOps *o);
TRANS void trans_fstore_s(RvTrans *t, const RvOps *o);
TRANS void trans_farith_s(RvTrans *t, const RvOps *o, SoftOp op);
TRANS void trans_fma_s(RvTrans *t, const RvOps *o, unsigned negate);
TRANS void trans_fsgn_s(RvTrans *t, const RvOps *o, enum RvSign how);
TRANS void trans_fminmax_s(RvTrans *t, const RvOps *o, RvFp2S *op);
TRANS void trans_fcmp_s(RvTrans *t, const RvOps *o, RvFcmpS *op);
TRANS void trans_fclass_s(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_int_s(RvTrans *t, const RvOps *o, RvToL_S *op);
TRANS void trans_fcvt_int_s_w(RvTrans *t, const RvOps *o, RvToW_S *op);
TRANS void trans_fcvt_s_int(RvTrans *t, const RvOps *o, RvFromL_S *op, SoftInt kind);
TRANS void trans_fcvt_s_int_w(RvTrans *t, const RvOps *o, RvFromW_S *op, SoftInt kind);
TRANS void trans_fmv_x_w(RvTrans *t, const RvOps *o);
TRANS void trans_fmv_w_x(RvTrans *t, const RvOps *o);
/* trans_d.c */
TRANS void trans_fload_d(RvTrans *t, const RvOps *o);
TRANS void trans_fstore_d(RvTrans *t, const RvOps *o);
TRANS void trans_farith_d(RvTrans *t, const RvOps *o, SoftOp op);
TRANS void trans_fma_d(RvTrans *t, const RvOps *o, unsigned negate);
TRANS void trans_fsgn_d(RvTrans *t, const RvOps *o, enum RvSign how);
TRANS void trans_fminmax_d(RvTrans *t, const RvOps *o, RvFp2D *op);
TRANS void trans_fcmp_d(RvTrans *t, const RvOps *o, RvFcmpD *op);
TRANS void trans_fclass_d(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_int_d(RvTrans *t, const RvOps *o, RvToL_D *op);
TRANS void trans_fcvt_int_d_w(RvTrans *t, const RvOps *o, RvToW_D *op);
TRANS void trans_fcvt_d_int(RvTrans *t, const RvOps *o, RvFromL_D *op, SoftInt kind);
TRANS void trans_fcvt_d_int_w(RvTrans *t, const RvOps *o, RvFromW_D *op, SoftInt kind);
TRANS void trans_fcvt_s_d(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_d_s(RvTrans *t, const RvOps *o);
TRANS void trans_fmv_x_d(RvTrans *t, const RvOps *o);
TRANS void trans_fmv_d_x(RvTrans *t, const RvOps *o);
/* trans_zfh.c */
TRANS void trans_fload_h(RvTrans *t, const RvOps *o);
TRANS void trans_fstore_h(RvTrans *t, const RvOps *o);
TRANS void trans_farith_h(RvTrans *t, const RvOps *o, SoftOp op);
TRANS void trans_fma_h(RvTrans *t, const RvOps *o, unsigned negate);
TRANS void trans_fsgn_h(RvTrans *t, const RvOps *o, enum RvSign how);
TRANS void trans_fminmax_h(RvTrans *t, const RvOps *o, RvFp2S *op);
TRANS void trans_fcmp_h(RvTrans *t, const RvOps *o, RvFcmpS *op);
TRANS void trans_fclass_h(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_int_h(RvTrans *t, const RvOps *o, RvToL_S *op);
TRANS void trans_fcvt_int_h_w(RvTrans *t, const RvOps *o, RvToW_S *op);
TRANS void trans_fcvt_h_int(RvTrans *t, const RvOps *o, SoftInt kind);
TRANS void trans_fcvt_s_h(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_h_s(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_d_h(RvTrans *t, const RvOps *o);
TRANS void trans_fcvt_h_d(RvTrans *t, const RvOps *o);
TRANS void trans_fmv_x_h(RvTrans *t, const RvOps *o);
TRANS void trans_fmv_h_x(RvTrans *t, const RvOps *o);
/* trans_zfa.c */
TRANS void trans_fli_s(RvTrans *t, const RvOps *o);
TRANS void trans_fli_d(RvTrans *t, const RvOps *o);
TRANS void trans_fli_h(RvTrans *t, const RvOps *o);
TRANS void trans_fround_s(RvTrans *t, const RvOps *o, RvRoundS *op);
TRANS void trans_fround_d(RvTrans *t, const RvOps *o, RvRoundD *op);
TRANS void trans_fround_h(RvTrans *t, const RvOps *o, RvRoundS *op);
TRANS void trans_fcvtmod_w_d(RvTrans *t, const RvOps *o);

#endif
