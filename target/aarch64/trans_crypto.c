/* SPDX-License-Identifier: MIT */
/* Cryptography (Arm ARM C7.2: AESE ..., SHA1C ..., SHA512H ..., SM3..., SM4...). */
#include "target/aarch64/trans.h"
#include "target/aarch64/vec.h"

static V128 call(A64Trans *t, uint32_t what, V128 d, V128 n, V128 m)
{
    I32 w = ir_const_i32(t->b, what);
    uint32_t args[] = { d.id, n.id, m.id, w.id };
    return (V128){ ir_call(t->b, A64_HELPER_crypto, 4, args) };
}

/* Bytes of v by a control of four words' worth, the same in each half or not. */
static V128 shuffle(A64Trans *t, V128 v, uint64_t low, uint64_t high)
{
    V128 control = ir_const_v128(t->b, (V128Bits){ .u64 = { low, high } });
    return ir_vshuf8_v128(t->b, v, control);
}

static V128 reverse_words(A64Trans *t, V128 v) { return shuffle(t, v, 0x0b0a09080f0e0d0c, 0x0302010007060504); }
static V128 exchange_words(A64Trans *t, V128 v) { return shuffle(t, v, 0x0302010007060504, 0x0b0a09080f0e0d0c); }

/* Lanes rotated to the left. */
static V128 rotate(A64Trans *t, unsigned size, V128 v, unsigned count)
{
    unsigned bits = 8u << size;
    if (count % bits == 0)
        return v;
    V128 up = a64_shift_v(t, size, 0, v, count), down = a64_shift_v(t, size, 1, v, bits - count);
    return ir_vor_v128(t->b, up, down);
}

/* ---- AES */

void trans_aes_round(A64Trans *t, const A64Ops *o, bool is_inverse)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    V128 keyed = ir_vxor_v128(t->b, d, n);
    V128 r = is_inverse ? ir_vaes_dec_v128(t->b, keyed) : ir_vaes_enc_v128(t->b, keyed);
    a64_put_v(t, o->rd, r);
}

void trans_aes_mix(A64Trans *t, const A64Ops *o, bool is_inverse)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = is_inverse ? ir_vaes_imix_v128(t->b, n) : ir_vaes_mix_v128(t->b, n);
    a64_put_v(t, o->rd, r);
}

/* ---- SHA-1: the IR's operation adds the constant that the guest has added already */

void trans_sha1_hash(A64Trans *t, const A64Ops *o, unsigned function)
{
    static const uint32_t constants[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc };
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 constant = a64_splat(t, 2, constants[function]), e = a64_keep_low(t, 4, n);
    V128 plain = ir_vsub32_v128(t->b, m, constant);
    V128 words = ir_vadd32_v128(t->b, plain, e);
    V128 abcd = reverse_words(t, d), w = reverse_words(t, words);
    V128 r = ir_vsha1_rounds_v128(t->b, abcd, w, (int)function);
    a64_put_v(t, o->rd, reverse_words(t, r));
}

void trans_sha1h(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn);
    V128 r = rotate(t, 2, n, 30);
    a64_put_v(t, o->rd, a64_keep_low(t, 4, r));
}

void trans_sha1su0(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 next = ir_vext_v128(t->b, d, n, 8);
    V128 both = ir_vxor_v128(t->b, d, m);
    V128 r = ir_vxor_v128(t->b, both, next);
    a64_put_v(t, o->rd, r);
}

void trans_sha1su1(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), zero = a64_zero_v(t);
    V128 next = ir_vext_v128(t->b, n, zero, 4);
    V128 sum = ir_vxor_v128(t->b, d, next);
    V128 once = rotate(t, 2, sum, 1), twice = rotate(t, 2, sum, 2);
    V128 last = ir_vext_v128(t->b, zero, twice, 4);
    V128 r = ir_vxor_v128(t->b, once, last);
    a64_put_v(t, o->rd, r);
}

/* ---- SHA-256: the state as the IR's operation has it; a pair on the same inputs shares the rounds by numbering */

void trans_sha256_hash(A64Trans *t, const A64Ops *o, bool is_second)
{
    IrBuilder *b = t->b;
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), wk = a64_get_v(t, o->rm);
    V128 abcd = exchange_words(t, is_second ? n : d), efgh = exchange_words(t, is_second ? d : n);
    V128 abef = ir_vziplo64_v128(b, efgh, abcd), cdgh = ir_vziphi64_v128(b, efgh, abcd), wk2 = ir_vziphi64_v128(b, wk, wk);
    V128 middle = ir_vsha256_rounds_v128(b, cdgh, abef, wk);
    V128 last = ir_vsha256_rounds_v128(b, abef, middle, wk2);
    V128 r = is_second ? ir_vziplo64_v128(b, last, middle) : ir_vziphi64_v128(b, last, middle);
    a64_put_v(t, o->rd, exchange_words(t, r));
}

void trans_sha256su0(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    V128 r = ir_vsha256_msg1_v128(t->b, d, n);
    a64_put_v(t, o->rd, r);
}

void trans_sha256su1(A64Trans *t, const A64Ops *o)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 seven = ir_vext_v128(t->b, n, m, 4);
    V128 sum = ir_vadd32_v128(t->b, d, seven);
    V128 r = ir_vsha256_msg2_v128(t->b, sum, m);
    a64_put_v(t, o->rd, r);
}

/* ---- by helper */

void trans_crypto2(A64Trans *t, const A64Ops *o, unsigned op)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn);
    V128 r = call(t, op, d, n, n);
    a64_put_v(t, o->rd, r);
}

void trans_crypto3(A64Trans *t, const A64Ops *o, unsigned op)
{
    V128 d = a64_get_v(t, o->rd), n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = call(t, op, d, n, m);
    a64_put_v(t, o->rd, r);
}

void trans_sm3tt(A64Trans *t, const A64Ops *o, unsigned op) { trans_crypto3(t, o, op | (unsigned)o->index << 8); }

/* Without the old destination, which it does not read. */
void trans_sm4ekey(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 r = call(t, A64_CRYPTO_SM4EKEY, n, n, m);
    a64_put_v(t, o->rd, r);
}

/* Of the upper words alone. */
void trans_sm3ss1(A64Trans *t, const A64Ops *o)
{
    IrBuilder *b = t->b;
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm), a = a64_get_v(t, o->ra);
    V128 turned = rotate(t, 2, n, 12), sum = ir_vadd32_v128(b, m, a);
    V128 all = ir_vadd32_v128(b, turned, sum), top = ir_const_v128(b, (V128Bits){ .u32 = { 0, 0, 0, ~0u } });
    V128 r = rotate(t, 2, all, 7);
    r = ir_vand_v128(b, r, top);
    a64_put_v(t, o->rd, r);
}

/* ---- SHA-3 */

void trans_rax1(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 turned = rotate(t, 3, m, 1);
    V128 r = ir_vxor_v128(t->b, n, turned);
    a64_put_v(t, o->rd, r);
}

void trans_xar(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm);
    V128 both = ir_vxor_v128(t->b, n, m);
    V128 r = rotate(t, 3, both, (64u - (unsigned)o->imm) & 63);
    a64_put_v(t, o->rd, r);
}

void trans_eor3(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm), a = a64_get_v(t, o->ra);
    V128 both = ir_vxor_v128(t->b, n, m);
    V128 r = ir_vxor_v128(t->b, both, a);
    a64_put_v(t, o->rd, r);
}

void trans_bcax(A64Trans *t, const A64Ops *o)
{
    V128 n = a64_get_v(t, o->rn), m = a64_get_v(t, o->rm), a = a64_get_v(t, o->ra);
    V128 cleared = ir_vandn_v128(t->b, m, a);
    V128 r = ir_vxor_v128(t->b, n, cleared);
    a64_put_v(t, o->rd, r);
}

/* ---- CRC32 (C4.1.95), a helper as well */

void trans_crc(A64Trans *t, const A64Ops *o, unsigned helper, unsigned bytes)
{
    I32 acc = a64_get_w(t, o->rn), size = ir_const_i32(t->b, bytes);
    I64 data = a64_get_x(t, o->rm);
    uint32_t args[] = { acc.id, data.id, size.id };
    I32 r = { ir_call(t->b, helper, 3, args) };
    a64_put_w(t, o->rd, r);
}
