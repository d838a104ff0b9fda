/* SPDX-License-Identifier: MIT */
/* The AdvSIMD part of trans.h (which includes it). */
#ifndef LYRE_TARGET_AARCH64_TRANS_SIMD_H
#define LYRE_TARGET_AARCH64_TRANS_SIMD_H

#include "target/aarch64/vec.h"

/* An operation on whole vectors of lanes of 8 << size bits; d: the destination's old value. */
typedef V128 A64Vec3(A64Trans *t, unsigned size, V128 d, V128 n, V128 m);
typedef V128 A64Vec2(A64Trans *t, unsigned size, V128 d, V128 n);
typedef V128 A64Logic(A64Trans *t, V128 d, V128 n, V128 m);

/* simd_ops.c */
TRANS A64Vec3 a64_vadd, a64_vsub, a64_vmul, a64_mla, a64_mls, a64_mull, a64_mlal, a64_mlsl, a64_shadd, a64_uhadd, a64_srhadd, a64_urhadd,
    a64_shsub, a64_uhsub, a64_cmgt, a64_cmge, a64_cmhi, a64_cmhs, a64_cmeq, a64_cmtst, a64_smax, a64_smin, a64_umax, a64_umin, a64_sabd,
    a64_uabd, a64_saba, a64_uaba;
TRANS A64Vec2 a64_cmgt0, a64_cmge0, a64_cmeq0, a64_cmle0, a64_cmlt0, a64_vabs, a64_vneg, a64_vcnt, a64_vnot, a64_vrbit;
TRANS A64Logic a64_vand, a64_vbic, a64_vorr, a64_vorn, a64_veor, a64_vbsl, a64_vbit, a64_vbif;
TRANS V128 a64_splat(A64Trans *t, unsigned size, uint64_t v);
TRANS V128 a64_shift_v(A64Trans *t, unsigned size, unsigned kind, V128 v, unsigned count); /* kind: LSL LSR ASR; count up to the lane's width */
TRANS V128 a64_widen(A64Trans *t, unsigned size, bool is_unsigned, bool is_high, V128 v);
TRANS V128 a64_uzp(A64Trans *t, unsigned size, bool is_odd, V128 n, V128 m);
TRANS V128 a64_duplicate(A64Trans *t, unsigned size, unsigned lane, V128 v);
TRANS I64 a64_get_lane(A64Trans *t, unsigned size, unsigned lane, V128 v);            /* zero-extended */
TRANS V128 a64_set_lane(A64Trans *t, unsigned size, unsigned lane, V128 v, I64 x);
TRANS V128 a64_keep_low(A64Trans *t, unsigned bytes, V128 v);                         /* the rest is cleared: 1 2 4 8 16 */

/* simd_sat.c: saturating operations note in FPSR.QC what t->active bytes of the result say; simd_lanes.c */
TRANS A64Vec3 a64_sqadd, a64_uqadd, a64_sqsub, a64_uqsub, a64_sshl, a64_ushl, a64_srshl, a64_urshl, a64_sqshl, a64_uqshl, a64_sqrshl, a64_uqrshl,
    a64_sqdmulh, a64_sqrdmulh, a64_sqrdmlah, a64_sqrdmlsh, a64_sqdmull, a64_sqdmlal, a64_sqdmlsl, a64_sdot, a64_udot, a64_usdot,
    a64_sudot, a64_smmla, a64_ummla, a64_usmmla;
TRANS A64Vec2 a64_suqadd, a64_usqadd, a64_sqabs, a64_sqneg, a64_vclz, a64_vcls;
TRANS A64Logic a64_pmul;
TRANS V128 a64_multiply_polynomials(A64Trans *t, unsigned size, V128 n, V128 m); /* of bytes */
enum A64Narrow { A64_NARROW, A64_NARROW_S, A64_NARROW_U, A64_NARROW_SU };
TRANS V128 a64_qshl_const(A64Trans *t, unsigned size, enum A64Narrow kind, V128 n, unsigned count); /* to the left, saturating */
TRANS V128 a64_narrow(A64Trans *t, unsigned size, unsigned kind, V128 v); /* lanes of size + 1 to size, in the low half */

/* trans_simd.c */
TRANS void a64_put_q(A64Trans *t, const A64Ops *o, V128 v); /* clears the upper half where q is not set */
TRANS void trans_v3(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_s3(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_p3(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_l3(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn);
TRANS void trans_w3(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn);
TRANS void trans_sl3(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_e3(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size);
TRANS void trans_se3(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size);
TRANS void trans_el3(A64Trans *t, const A64Ops *o, bool is_unsigned, A64Vec3 *fn, unsigned size);
TRANS void trans_sel3(A64Trans *t, const A64Ops *o, A64Vec3 *fn, unsigned size);
TRANS void trans_logic3(A64Trans *t, const A64Ops *o, A64Logic *fn);
TRANS void trans_dot(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_dot_element(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_mmla(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_v2(A64Trans *t, const A64Ops *o, A64Vec2 *fn);
TRANS void trans_s2(A64Trans *t, const A64Ops *o, unsigned size, A64Vec2 *fn);
TRANS void trans_byte2(A64Trans *t, const A64Ops *o, A64Vec2 *fn);
TRANS void trans_addhn(A64Trans *t, const A64Ops *o, bool is_sub, bool is_rounded);
TRANS void trans_pmull8(A64Trans *t, const A64Ops *o);
TRANS void trans_pmull64(A64Trans *t, const A64Ops *o);
TRANS void trans_addp_scalar(A64Trans *t, const A64Ops *o);
TRANS void trans_addlp(A64Trans *t, const A64Ops *o, bool is_unsigned, bool is_added);
TRANS void trans_addlv(A64Trans *t, const A64Ops *o, bool is_unsigned);
TRANS void trans_across(A64Trans *t, const A64Ops *o, A64Vec3 *fn);
TRANS void trans_narrow(A64Trans *t, const A64Ops *o, unsigned kind);
TRANS void trans_narrow_scalar(A64Trans *t, const A64Ops *o, unsigned kind);
/* trans_simd_move.c: copies, permutations, immediates, shifts */
TRANS void trans_rev(A64Trans *t, const A64Ops *o, unsigned container);
TRANS void trans_dup_element(A64Trans *t, const A64Ops *o);
TRANS void trans_dup_general(A64Trans *t, const A64Ops *o);
TRANS void trans_dup_scalar(A64Trans *t, const A64Ops *o);
TRANS void trans_smov(A64Trans *t, const A64Ops *o);
TRANS void trans_umov(A64Trans *t, const A64Ops *o);
TRANS void trans_ins_general(A64Trans *t, const A64Ops *o);
TRANS void trans_ins_element(A64Trans *t, const A64Ops *o);
TRANS void trans_ext(A64Trans *t, const A64Ops *o);
TRANS void trans_tbl(A64Trans *t, const A64Ops *o, bool is_tbx);
TRANS void trans_uzp(A64Trans *t, const A64Ops *o, bool is_odd);
TRANS void trans_trn(A64Trans *t, const A64Ops *o, bool is_odd);
TRANS void trans_zip(A64Trans *t, const A64Ops *o, bool is_high);
TRANS void trans_modimm(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_not(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_or(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_bic(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_64(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_f16(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_f32(A64Trans *t, const A64Ops *o);
TRANS void trans_modimm_f64(A64Trans *t, const A64Ops *o);
TRANS void trans_shr(A64Trans *t, const A64Ops *o, bool is_unsigned, bool is_rounded, bool is_added);
TRANS void trans_sri(A64Trans *t, const A64Ops *o);
TRANS void trans_shl(A64Trans *t, const A64Ops *o);
TRANS void trans_sli(A64Trans *t, const A64Ops *o);
TRANS void trans_qshl(A64Trans *t, const A64Ops *o, enum A64Narrow kind);
TRANS void trans_shrn(A64Trans *t, const A64Ops *o, unsigned kind, bool is_rounded);
TRANS void trans_shll(A64Trans *t, const A64Ops *o, bool is_unsigned);
TRANS void trans_shll_size(A64Trans *t, const A64Ops *o);
/* trans_struct.c: loads and stores of structures; elems: registers of one structure, 1: none */
TRANS void trans_structures(A64Trans *t, const A64Ops *o, bool is_load, unsigned regs, unsigned elems, bool is_post);
TRANS void trans_structure(A64Trans *t, const A64Ops *o, bool is_load, unsigned regs, unsigned size, bool is_post);
TRANS void trans_replicate(A64Trans *t, const A64Ops *o, unsigned regs, bool is_post);
/* trans_crypto.c */
TRANS void trans_crc(A64Trans *t, const A64Ops *o, unsigned helper, unsigned bytes);
TRANS void trans_aes_round(A64Trans *t, const A64Ops *o, bool is_inverse);
TRANS void trans_aes_mix(A64Trans *t, const A64Ops *o, bool is_inverse);
TRANS void trans_sha1_hash(A64Trans *t, const A64Ops *o, unsigned function);
TRANS void trans_sha1h(A64Trans *t, const A64Ops *o);
TRANS void trans_sha1su0(A64Trans *t, const A64Ops *o);
TRANS void trans_sha1su1(A64Trans *t, const A64Ops *o);
TRANS void trans_sha256_hash(A64Trans *t, const A64Ops *o, bool is_second);
TRANS void trans_sha256su0(A64Trans *t, const A64Ops *o);
TRANS void trans_sha256su1(A64Trans *t, const A64Ops *o);
TRANS void trans_crypto2(A64Trans *t, const A64Ops *o, unsigned op);
TRANS void trans_crypto3(A64Trans *t, const A64Ops *o, unsigned op);
TRANS void trans_rax1(A64Trans *t, const A64Ops *o);
TRANS void trans_xar(A64Trans *t, const A64Ops *o);
TRANS void trans_eor3(A64Trans *t, const A64Ops *o);
TRANS void trans_bcax(A64Trans *t, const A64Ops *o);
TRANS void trans_sm3ss1(A64Trans *t, const A64Ops *o);
TRANS void trans_sm3tt(A64Trans *t, const A64Ops *o, unsigned op);
TRANS void trans_sm4ekey(A64Trans *t, const A64Ops *o);
/* trans_bf16.c */
TRANS void trans_bfdot(A64Trans *t, const A64Ops *o);
TRANS void trans_bfdot_element(A64Trans *t, const A64Ops *o);
TRANS void trans_bfmmla(A64Trans *t, const A64Ops *o);
TRANS void trans_bfmlal(A64Trans *t, const A64Ops *o, bool is_top);
TRANS void trans_bfmlal_element(A64Trans *t, const A64Ops *o, bool is_top);
TRANS void trans_bfcvt(A64Trans *t, const A64Ops *o);
TRANS void trans_bfcvtn(A64Trans *t, const A64Ops *o);
/* AdvSIMDExpandImm() of the manual: cmode, op, abcdefgh. */
TRANS uint64_t a64_expand_imm(unsigned cmode, bool op, unsigned imm);
TRANS uint64_t a64_expand_fp(unsigned size, unsigned imm); /* VFPExpandImm(): size 1 2 3 for half, single, double */

#endif
