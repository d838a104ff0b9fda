/* SPDX-License-Identifier: MIT */
/* What is known of an integer's bits from the operations that made it, a few levels deep. */
#include "tcg/opt/fold_rules.h"

enum { MAX_DEPTH = 3 };

static unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
static unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }

static unsigned bit_length(uint64_t v)
{
    return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static unsigned width(const IrBuilder *b, uint32_t v, unsigned depth)
{
    const IrInsn *i = build_insn(b, v);
    unsigned full = i->type == IR_I64 ? 64 : 32;
    uint64_t c;
    if (i->op == IR_CONST_I32 || i->op == IR_CONST_I64) {
        return bit_length(i->imm);
    }
    if (depth == 0) {
        return full;
    }
    depth--;
    switch (i->op) {
    case IR_ZEXT8_I32:
    case IR_ZEXT8_I64:
        return min(8, width(b, i->arg[0], depth));
    case IR_ZEXT16_I32:
    case IR_ZEXT16_I64:
        return min(16, width(b, i->arg[0], depth));
    case IR_ZEXT32_I64:
    case IR_TRUNC_I32:
        return min(32, width(b, i->arg[0], depth));
    case IR_ZEXT_I64:
        return width(b, i->arg[0], depth);
    case IR_AND_I32:
    case IR_AND_I64:
    case IR_UMIN_I32:
    case IR_UMIN_I64:
        return min(width(b, i->arg[0], depth), width(b, i->arg[1], depth));
    case IR_OR_I32:
    case IR_OR_I64:
    case IR_XOR_I32:
    case IR_XOR_I64:
    case IR_UMAX_I32:
    case IR_UMAX_I64:
        return max(width(b, i->arg[0], depth), width(b, i->arg[1], depth));
    case IR_SELECT_I32:
    case IR_SELECT_I64:
        return max(width(b, i->arg[1], depth), width(b, i->arg[2], depth));
    case IR_ANDN_I32:
    case IR_ANDN_I64:
    case IR_REM_U_I32: /* x % 0 is x */
    case IR_REM_U_I64:
        return width(b, i->arg[0], depth);
    case IR_SHR_I32:
    case IR_SHR_I64: {
        unsigned w = width(b, i->arg[0], depth);
        return get_const(b, i->arg[1], &c) ? w - min(w, (unsigned)c) : w;
    }
    case IR_SHL_I32:
    case IR_SHL_I64:
        return get_const(b, i->arg[1], &c) ? min(full, width(b, i->arg[0], depth) + (unsigned)c) : full;
    case IR_ADD_I32:
    case IR_ADD_I64:
        return min(full, 1 + max(width(b, i->arg[0], depth), width(b, i->arg[1], depth)));
    case IR_CLZ_I32:
    case IR_CTZ_I32:
    case IR_POPCNT_I32:
        return 6;
    case IR_CLZ_I64:
    case IR_CTZ_I64:
    case IR_POPCNT_I64:
        return 7;
    case IR_LOAD_I32:
    case IR_LOAD_I64:
        return i->mem & MEM_SIGNED ? full : min(full, 8 * MEM_SIZE(i->mem));
    case IR_F32_TO_F16_I32:
        return 16;
    case IR_CC_PACK_I32:
        return 4;
    case IR_CC_TEST_I32:
    case IR_CC_BIT_I32:
        return 1;
    default:
        return (i->op >= IR_CMP_EQ_I32 && i->op <= IR_CMP_ULE_I64) || (i->op >= IR_FCMP_EQ_F32 && i->op <= IR_FCMP_LEQ_F64)
                   ? 1
                   : full;
    }
}

static unsigned signed_width(const IrBuilder *b, uint32_t v, unsigned depth)
{
    const IrInsn *i = build_insn(b, v);
    unsigned full = i->type == IR_I64 ? 64 : 32;
    uint64_t c;
    if (i->op == IR_CONST_I32 || i->op == IR_CONST_I64) {
        int64_t s = full == 32 ? (int32_t)i->imm : (int64_t)i->imm;
        return 1 + bit_length((uint64_t)(s < 0 ? ~s : s));
    }
    if (depth == 0) {
        return full;
    }
    depth--;
    switch (i->op) {
    case IR_SEXT8_I32:
    case IR_SEXT8_I64:
        return min(8, signed_width(b, i->arg[0], depth));
    case IR_SEXT16_I32:
    case IR_SEXT16_I64:
        return min(16, signed_width(b, i->arg[0], depth));
    case IR_SEXT32_I64:
        return min(32, signed_width(b, i->arg[0], depth));
    case IR_SEXT_I64:
        return signed_width(b, i->arg[0], depth);
    case IR_AND_I32:
    case IR_AND_I64:
    case IR_OR_I32:
    case IR_OR_I64:
    case IR_XOR_I32:
    case IR_XOR_I64:
    case IR_SMIN_I32:
    case IR_SMIN_I64:
    case IR_SMAX_I32:
    case IR_SMAX_I64: {
        unsigned s = max(signed_width(b, i->arg[0], depth), signed_width(b, i->arg[1], depth));
        unsigned w = width(b, v, depth + 1);
        return min(s, w == full ? full : w + 1);
    }
    case IR_SELECT_I32:
    case IR_SELECT_I64:
        return max(signed_width(b, i->arg[1], depth), signed_width(b, i->arg[2], depth));
    case IR_SAR_I32:
    case IR_SAR_I64: {
        unsigned w = signed_width(b, i->arg[0], depth);
        return get_const(b, i->arg[1], &c) ? (w > c ? max(1, w - (unsigned)c) : 1) : w;
    }
    case IR_LOAD_I32:
    case IR_LOAD_I64:
        if (i->mem & MEM_SIGNED) {
            return min(full, 8 * MEM_SIZE(i->mem));
        }
        break;
    default:
        break;
    }
    unsigned w = width(b, v, depth + 1);
    return w == full ? full : w + 1;
}

unsigned known_width(const IrBuilder *b, uint32_t v)
{
    return width(b, v, MAX_DEPTH);
}

unsigned known_signed_width(const IrBuilder *b, uint32_t v)
{
    return signed_width(b, v, MAX_DEPTH);
}

uint32_t strip_extension(const IrBuilder *b, uint32_t v, unsigned bits)
{
    for (;;) {
        const IrInsn *i = build_insn(b, v);
        unsigned kept = 0;
        uint64_t c;
        switch (i->op) {
        case IR_ZEXT8_I32:
        case IR_ZEXT8_I64:
        case IR_SEXT8_I32:
        case IR_SEXT8_I64:
            kept = 8;
            break;
        case IR_ZEXT16_I32:
        case IR_ZEXT16_I64:
        case IR_SEXT16_I32:
        case IR_SEXT16_I64:
            kept = 16;
            break;
        case IR_ZEXT32_I64:
        case IR_SEXT32_I64:
            kept = 32;
            break;
        case IR_AND_I32:
        case IR_AND_I64:
            kept = get_const(b, i->arg[1], &c) ? (unsigned)__builtin_ctzll(~c | 1ull << 63) : 0;
            break;
        default:
            break;
        }
        if (kept < bits || kept == 0) {
            return v;
        }
        v = i->arg[0];
    }
}
