/* SPDX-License-Identifier: MIT */
/* What translated code calls has the state as its first argument; the work is done by fpu.h and eval.h. */
#include "tcg/x86_64/calls.h"

#include <string.h>

#include "tcg/eval.h"
#include "tcg/state.h"
#include "tcg/x86_64/slow.h"

uint32_t call_fma32(struct CpuState *s, uint32_t a, uint32_t b, uint32_t c) { return fpu_fma32(a, b, c); }
uint64_t call_fma64(struct CpuState *s, uint64_t a, uint64_t b, uint64_t c) { return fpu_fma64(a, b, c); }

void call_fma_nan32(uint64_t a, uint64_t b) { fpu_fma32((uint32_t)a, (uint32_t)b, 0x7fc00000); }
void call_fma_nan64(uint64_t a, uint64_t b) { fpu_fma64(a, b, 0x7ff8000000000000); }

uint32_t call_f32_to_i32_s(struct CpuState *s, uint32_t a, int rm) { return fpu_f32_to_i32_s(a, rm); }
uint32_t call_f32_to_i32_u(struct CpuState *s, uint32_t a, int rm) { return fpu_f32_to_i32_u(a, rm); }
uint64_t call_f32_to_i64_s(struct CpuState *s, uint32_t a, int rm) { return fpu_f32_to_i64_s(a, rm); }
uint64_t call_f32_to_i64_u(struct CpuState *s, uint32_t a, int rm) { return fpu_f32_to_i64_u(a, rm); }
uint32_t call_f64_to_i32_s(struct CpuState *s, uint64_t a, int rm) { return fpu_f64_to_i32_s(a, rm); }
uint32_t call_f64_to_i32_u(struct CpuState *s, uint64_t a, int rm) { return fpu_f64_to_i32_u(a, rm); }
uint64_t call_f64_to_i64_s(struct CpuState *s, uint64_t a, int rm) { return fpu_f64_to_i64_s(a, rm); }
uint64_t call_f64_to_i64_u(struct CpuState *s, uint64_t a, int rm) { return fpu_f64_to_i64_u(a, rm); }
uint32_t call_round32(struct CpuState *s, uint32_t a, int rm) { return fpu_round32(a, rm); }
uint32_t call_rint32(struct CpuState *s, uint32_t a, int rm) { return fpu_rint32(a, rm); }
uint64_t call_round64(struct CpuState *s, uint64_t a, int rm) { return fpu_round64(a, rm); }
uint64_t call_rint64(struct CpuState *s, uint64_t a, int rm) { return fpu_rint64(a, rm); }
uint32_t call_f16_to_f32(struct CpuState *s, uint32_t a) { return fpu_f16_to_f32(a); }
uint32_t call_f32_to_f16(struct CpuState *s, uint32_t a) { return fpu_f32_to_f16(a); }
uint64_t call_clmul(struct CpuState *s, uint64_t a, uint64_t b) { return ir_eval_clmul(a, b); }
uint64_t call_clmulh(struct CpuState *s, uint64_t a, uint64_t b) { return ir_eval_clmulh(a, b); }

static V128Bits bits(CallVec v) { return (V128Bits){ .u64 = { (uint64_t)v[0], (uint64_t)v[1] } }; }
static CallVec vec(V128Bits v) { return (CallVec){ (long long)v.u64[0], (long long)v.u64[1] }; }

CallVec call_vclmul(struct CpuState *s, CallVec a, CallVec b, int halves) { return vec(ir_eval_vclmul(bits(a), bits(b), halves)); }
CallVec call_aes_enc(struct CpuState *s, CallVec a) { return vec(crypto_aes_enc(bits(a))); }
CallVec call_aes_dec(struct CpuState *s, CallVec a) { return vec(crypto_aes_dec(bits(a))); }
CallVec call_aes_mix(struct CpuState *s, CallVec a) { return vec(crypto_aes_mix(bits(a))); }
CallVec call_aes_imix(struct CpuState *s, CallVec a) { return vec(crypto_aes_imix(bits(a))); }
CallVec call_sha1_rounds(struct CpuState *s, CallVec a, CallVec b, int function)
{
    return vec(crypto_sha1_rounds(bits(a), bits(b), function & 3));
}
CallVec call_sha256_rounds(struct CpuState *s, CallVec a, CallVec b, CallVec c)
{
    return vec(crypto_sha256_rounds(bits(a), bits(b), bits(c)));
}
CallVec call_sha256_msg1(struct CpuState *s, CallVec a, CallVec b) { return vec(crypto_sha256_msg1(bits(a), bits(b))); }
CallVec call_sha256_msg2(struct CpuState *s, CallVec a, CallVec b) { return vec(crypto_sha256_msg2(bits(a), bits(b))); }

CallVec call_vec_fp(struct CpuState *s, CallVec a, CallVec b, CallVec c, uint32_t what)
{
    return vec(fpu_vec((FpuVecOp)(what & 0xff), what >> 8 & 0xff, (int)(what >> 16), bits(a), bits(b), bits(c)));
}

void call_vec_slow(uint64_t state, uint64_t what)
{
    uint64_t *saved = ((CpuState *)(state - STATE_BIAS))->save + SLOW_VECS;
    V128Bits in[3], r;
    for (unsigned i = 0; i < 3; i++) {
        memcpy(&in[i], saved + (what >> (16 + 4 * i) & 15) * 2, sizeof in[i]);
    }
    FpuVecOp op = (FpuVecOp)(what & 15);
    unsigned size = what >> 4 & 15;
    if (what & CALL_VEC_SLOW_SCALAR) {
        uint64_t mask = ~0ull >> (64 - (8u << size));
        r = (V128Bits){ .u64 = { fpu_vec_lane(op, size, in[0].u64[0] & mask, in[1].u64[0] & mask, in[2].u64[0] & mask), 0 } };
    } else {
        r = fpu_vec(op, size, (int)(what >> 8 & 15), in[0], in[1], in[2]);
    }
    memcpy(saved + (what >> 12 & 15) * 2, &r, sizeof r);
}

CallVec call_vec_round(struct CpuState *s, CallVec a, uint32_t what)
{
    return vec(fpu_vec_round(what & 0xff, bits(a), (int)(what >> 8 & 0xff), (int)(what >> 16)));
}
CallVec call_vec_compare(struct CpuState *s, CallVec a, CallVec b, uint32_t op)
{
    return vec(fpu_vec_compare((FpuVecCompare)op, 1, bits(a), bits(b)));
}
CallVec call_vec_widen(struct CpuState *s, CallVec a) { return vec(fpu_vec_widen(1, bits(a))); }

CallVec call_vshlv32(struct CpuState *s, CallVec a, CallVec b) { return vec(ir_eval_vshlv32(bits(a), bits(b))); }
CallVec call_vshlv64(struct CpuState *s, CallVec a, CallVec b) { return vec(ir_eval_vshlv64(bits(a), bits(b))); }
CallVec call_vshrv32(struct CpuState *s, CallVec a, CallVec b) { return vec(ir_eval_vshrv32(bits(a), bits(b))); }
CallVec call_vshrv64(struct CpuState *s, CallVec a, CallVec b) { return vec(ir_eval_vshrv64(bits(a), bits(b))); }
uint32_t call_lane32(struct CpuState *s, uint32_t a, uint32_t b, uint32_t c, uint32_t op)
{
    return (uint32_t)fpu_vec_lane((FpuVecOp)op, 2, a, b, c);
}
uint64_t call_lane64(struct CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t op) { return fpu_vec_lane((FpuVecOp)op, 3, a, b, c); }
