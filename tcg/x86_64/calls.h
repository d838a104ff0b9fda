/* SPDX-License-Identifier: MIT */
/* C functions that translated code calls for operations without an inline form; arguments and results are bits. */
#ifndef LYRE_TCG_X86_64_CALLS_H
#define LYRE_TCG_X86_64_CALLS_H

#include <stdint.h>

struct CpuState;

uint32_t call_fma32(struct CpuState *s, uint32_t a, uint32_t b, uint32_t c);
uint64_t call_fma64(struct CpuState *s, uint64_t a, uint64_t b, uint64_t c);
/* After a fused multiply-add whose result is a NaN: raises invalid if the factors (without a state) call for it. */
void call_fma_nan32(uint64_t a, uint64_t b);
void call_fma_nan64(uint64_t a, uint64_t b);
uint32_t call_f32_to_i32_s(struct CpuState *s, uint32_t a, int rm);
uint32_t call_f32_to_i32_u(struct CpuState *s, uint32_t a, int rm);
uint64_t call_f32_to_i64_s(struct CpuState *s, uint32_t a, int rm);
uint64_t call_f32_to_i64_u(struct CpuState *s, uint32_t a, int rm);
uint32_t call_f64_to_i32_s(struct CpuState *s, uint64_t a, int rm);
uint32_t call_f64_to_i32_u(struct CpuState *s, uint64_t a, int rm);
uint64_t call_f64_to_i64_s(struct CpuState *s, uint64_t a, int rm);
uint64_t call_f64_to_i64_u(struct CpuState *s, uint64_t a, int rm);
uint32_t call_round32(struct CpuState *s, uint32_t a, int rm);
uint32_t call_rint32(struct CpuState *s, uint32_t a, int rm);
uint64_t call_round64(struct CpuState *s, uint64_t a, int rm);
uint64_t call_rint64(struct CpuState *s, uint64_t a, int rm);
uint32_t call_f16_to_f32(struct CpuState *s, uint32_t a);
uint32_t call_f32_to_f16(struct CpuState *s, uint32_t a);
uint64_t call_clmul(struct CpuState *s, uint64_t a, uint64_t b);
uint64_t call_clmulh(struct CpuState *s, uint64_t a, uint64_t b);

/* 128-bit values as the C ABI passes them. */
typedef long long CallVec __attribute__((vector_size(16)));
/* fpu_vec; what: CALL_VEC_FP */
#define CALL_VEC_FP(op, size, rm) ((uint32_t)(op) | (uint32_t)(size) << 8 | (uint32_t)(rm) << 16)
CallVec call_vec_fp(struct CpuState *s, CallVec a, CallVec b, CallVec c, uint32_t what);
/* fpu_vec on vector registers that x86_slow_call has saved; the first is the result's. */
#define CALL_VEC_SLOW(op, size, rm, d, a, b, c) \
    ((uint32_t)(op) | (uint32_t)(size) << 4 | (uint32_t)(rm) << 8 | (uint32_t)(d) << 12 | (uint32_t)(a) << 16 | (uint32_t)(b) << 20 | (uint32_t)(c) << 24)
#define CALL_VEC_SLOW_SCALAR (1u << 28) /* the low lane alone; the rest becomes zero */
void call_vec_slow(uint64_t state, uint64_t what);
uint32_t call_lane32(struct CpuState *s, uint32_t a, uint32_t b, uint32_t c, uint32_t op);
uint64_t call_lane64(struct CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t op);
CallVec call_vec_round(struct CpuState *s, CallVec a, uint32_t what); /* size | rm << 8 | exact << 16 */
CallVec call_vec_compare(struct CpuState *s, CallVec a, CallVec b, uint32_t op); /* halves */
CallVec call_vec_widen(struct CpuState *s, CallVec a); /* halves */
CallVec call_vshlv32(struct CpuState *s, CallVec a, CallVec b);
CallVec call_vshlv64(struct CpuState *s, CallVec a, CallVec b);
CallVec call_vshrv32(struct CpuState *s, CallVec a, CallVec b);
CallVec call_vshrv64(struct CpuState *s, CallVec a, CallVec b);
CallVec call_vclmul(struct CpuState *s, CallVec a, CallVec b, int halves);
CallVec call_aes_enc(struct CpuState *s, CallVec a);
CallVec call_aes_dec(struct CpuState *s, CallVec a);
CallVec call_aes_mix(struct CpuState *s, CallVec a);
CallVec call_aes_imix(struct CpuState *s, CallVec a);
CallVec call_sha1_rounds(struct CpuState *s, CallVec a, CallVec b, int function);
CallVec call_sha256_rounds(struct CpuState *s, CallVec a, CallVec b, CallVec c);
CallVec call_sha256_msg1(struct CpuState *s, CallVec a, CallVec b);
CallVec call_sha256_msg2(struct CpuState *s, CallVec a, CallVec b);

#endif
