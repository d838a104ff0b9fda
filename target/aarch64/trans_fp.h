/* SPDX-License-Identifier: MIT */
/* The floating-point part of trans.h (which includes it). size: log2 of bytes. */
#ifndef LYRE_TARGET_AARCH64_TRANS_FP_H
#define LYRE_TARGET_AARCH64_TRANS_FP_H

#include "target/aarch64/softfp.h"

/* One operation in a word, for the helpers. arg: what the operation's own argument is. */
#define A64_FP_WHAT(op, size, arg) ((uint32_t)(op) | (uint32_t)(size) << 8 | (uint32_t)(arg) << 16)
enum A64FpKind { /* beside A64FpOp, in helper fp */
    A64_FP_CONVERT = 64,   /* arg: from size, A64Round << 8 */
    A64_FP_TO_FIXED,       /* arg: bits 6 and 7: 64 bits, unsigned; fraction bits in 0-5 less one, bit 8: there are; A64Round << 9 */
    A64_FP_FROM_FIXED,     /* the same */
    A64_FP_COMPARE,        /* arg: signaling; gives NZCV */
    A64_FP_JS,             /* gives the integer, bit 32: exact */
    A64_FP_ESTIMATE_U,     /* arg: square root */
    A64_FP_FMLAL,          /* c, a single, plus the product of halves a and b */
};
#define A64_FIXED(is_64, is_unsigned, fraction, round) \
    ((uint32_t)((fraction) ? (fraction)-1 : 0) | (uint32_t)(is_64) << 6 | (uint32_t)(is_unsigned) << 7 | (uint32_t)((fraction) != 0) << 8 | \
     (uint32_t)(round) << 9)

I64 a64_call_fp(A64Trans *t, uint32_t what, I64 a, I64 b, I64 c);
V128 a64_call_vfp(A64Trans *t, uint32_t what, V128 d, V128 n, V128 m);
/* trans_vfp.c: `bytes` of the operands count; the rest of the result is zero */
V128 a64_fp_lanes(A64Trans *t, uint32_t what, unsigned bytes, V128 d, V128 n, V128 m);
V128 a64_fp_change_width(A64Trans *t, unsigned to, unsigned from, A64Round round, V128 n); /* of the low half's lanes, or to them */

/* trans_fp_host.c: false where the host's unit does not do it */
bool a64_fp_is_host(const A64Trans *t, unsigned size);
bool a64_fp_host_arith(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op);
bool a64_fp_host_fma(A64Trans *t, const A64Ops *o, unsigned size, bool neg_product, bool neg_sum);
bool a64_fp_host_compare(A64Trans *t, const A64Ops *o, unsigned size, bool is_zero, bool is_signaling, CC *out);
bool a64_fp_host_from_int(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction);
bool a64_fp_host_to_int(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, unsigned fraction, A64Round round);
/* trans_vfp_host.c: the same for vectors; lanes that do not count must raise nothing */
bool a64_vfp_host(A64Trans *t, A64FpOp op, unsigned size, unsigned arg, V128 d, V128 n, V128 m, V128 *out);
bool a64_vfp_host_to_int(A64Trans *t, unsigned size, bool is_unsigned, unsigned fraction, A64Round round, V128 n, V128 *out);
bool a64_vfp_host_from_int(A64Trans *t, unsigned size, bool is_unsigned, unsigned fraction, V128 n, V128 *out);
bool a64_vfp_host_resize(A64Trans *t, unsigned to, unsigned from, A64Round round, V128 n, V128 *out);
/* trans_fp.c */
void trans_fp2(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op);
void trans_fp1(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op);
void trans_fma(A64Trans *t, const A64Ops *o, unsigned size, bool neg_product, bool neg_sum);
void trans_frint(A64Trans *t, const A64Ops *o, unsigned size, unsigned round);
void trans_frint_int(A64Trans *t, const A64Ops *o, unsigned size, unsigned arg);
void trans_fcvt(A64Trans *t, const A64Ops *o, unsigned to, unsigned from);
void trans_fcmp(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling);
void trans_fcmp_zero(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling);
void trans_fccmp(A64Trans *t, const A64Ops *o, unsigned size, bool is_signaling);
void trans_fcvt_int(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned, A64Round round);
void trans_fcvt_fixed(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned);
void trans_cvtf(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned);
void trans_cvtf_fixed(A64Trans *t, const A64Ops *o, unsigned size, bool is_unsigned);
void trans_fjcvtzs(A64Trans *t, const A64Ops *o);
/* trans_vfp.c: v whole vectors, s the low lane */
void trans_vfp3(A64Trans *t, const A64Ops *o, A64FpOp op);
void trans_sfp3(A64Trans *t, const A64Ops *o, A64FpOp op);
void trans_vfp3_pair(A64Trans *t, const A64Ops *o, A64FpOp op);
void trans_vfp3_element(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op);
void trans_sfp3_element(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op);
void trans_vfmla(A64Trans *t, const A64Ops *o, bool is_neg);
void trans_vfmla_element(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg);
void trans_sfmla_element(A64Trans *t, const A64Ops *o, unsigned size, bool is_neg);
void trans_vfp2(A64Trans *t, const A64Ops *o, A64FpOp op, unsigned arg);
void trans_sfp2(A64Trans *t, const A64Ops *o, A64FpOp op, unsigned arg);
void trans_vfcvt_int(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Round round);
void trans_sfcvt_int(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Round round);
void trans_vcvtf(A64Trans *t, const A64Ops *o, bool is_unsigned);
void trans_scvtf(A64Trans *t, const A64Ops *o, bool is_unsigned);
void trans_vfcmp_zero(A64Trans *t, const A64Ops *o, A64FpOp op, bool is_swapped);
void trans_sfcmp_zero(A64Trans *t, const A64Ops *o, A64FpOp op, bool is_swapped);
void trans_vfp_sign(A64Trans *t, const A64Ops *o, bool is_neg);
void trans_estimate_u(A64Trans *t, const A64Ops *o, bool is_rsqrt);
void trans_fcvtl(A64Trans *t, const A64Ops *o, unsigned to);
void trans_fcvtn(A64Trans *t, const A64Ops *o, unsigned to, A64Round round);
void trans_fcvtxn_scalar(A64Trans *t, const A64Ops *o);
void trans_fp_pair_scalar(A64Trans *t, const A64Ops *o, A64FpOp op);
void trans_fp_across(A64Trans *t, const A64Ops *o, unsigned size, A64FpOp op);
void trans_vcvtf_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned);
void trans_scvtf_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned);
void trans_vfcvt_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned);
void trans_sfcvt_fixed(A64Trans *t, const A64Ops *o, bool is_unsigned);
void trans_fmlal(A64Trans *t, const A64Ops *o, bool is_high, bool is_neg);
void trans_fmlal_element(A64Trans *t, const A64Ops *o, bool is_high, bool is_neg);
void trans_fcmla(A64Trans *t, const A64Ops *o);
void trans_fcmla_element(A64Trans *t, const A64Ops *o, unsigned size);
void trans_fcadd(A64Trans *t, const A64Ops *o);

#endif
