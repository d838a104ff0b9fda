/* SPDX-License-Identifier: MIT */
/* Assembly text: operands of AdvSIMD and floating point. */
#include "target/aarch64/disas.h"

static const char *const full[] = { "16b", "8h", "4s", "2d" };
static const char *const half[] = { "8b", "4h", "2s", "1d" };

static void put_vector(A64Out *o, unsigned r, const char *arrangement)
{
    a64_put_reg(o, "v", r);
    a64_put_text(o, ".");
    a64_put_text(o, arrangement);
}

static void put_lanes(A64Out *o, unsigned r, unsigned size, bool q) { put_vector(o, r, (q ? full : half)[size & 3]); }

static void put_element(A64Out *o, unsigned r, const char *lane, unsigned index)
{
    put_vector(o, r, lane);
    a64_put_text(o, "[");
    a64_put_number(o, index, 10);
    a64_put_text(o, "]");
}

static const char *const lane_names[] = { "b", "h", "s", "d" };
static void put_scalar(A64Out *o, unsigned size, unsigned r) { a64_put_reg(o, lane_names[size & 3], r); }

/* (16 + fraction) / 16 * 2^exponent, in decimal with 8 places as llvm has it. */
static void put_float(A64Out *o, unsigned imm)
{
    int exp = (int)(imm >> 4 & 7);
    exp = exp < 4 ? exp + 1 : exp - 7;
    uint64_t scaled = (16 + (imm & 15)) * 6250000ull; /* 10^8 / 16 */
    scaled = exp >= 0 ? scaled << exp : scaled >> -exp;
    a64_put_text(o, imm >> 7 ? "#-" : "#");
    a64_put_number(o, scaled / 100000000, 10);
    a64_put_text(o, ".");
    for (uint64_t unit = 10000000; unit; unit /= 10)
        a64_put_number(o, scaled / unit % 10, 10);
}

static void put_modified(A64Out *o, uint32_t raw, const A64Ops *ops)
{
    unsigned cmode = raw >> 12 & 15, op = raw >> 29 & 1, imm = (unsigned)ops->imm;
    bool q = raw >> 30 & 1;
    if (cmode == 14 && op) {
        if (q)
            put_vector(o, ops->rd, "2d");
        else
            a64_put_reg(o, "d", ops->rd);
        a64_put_text(o, ", ");
        a64_put_hex(o, a64_expand_imm(14, true, imm));
        return;
    }
    unsigned size = cmode == 15 ? (raw >> 11 & 1 ? 1 : op ? 3 : 2) : cmode == 14 ? 0 : cmode >= 8 && cmode < 12 ? 1 : 2;
    put_lanes(o, ops->rd, size, q);
    a64_put_text(o, ", ");
    if (cmode == 15) {
        put_float(o, imm);
        return;
    }
    a64_put_imm(o, imm);
    unsigned shift = cmode < 8 ? 8 * (cmode >> 1) : cmode < 12 ? 8 * (cmode >> 1 & 1) : cmode < 14 ? 8 * (1 + (cmode & 1)) : 0;
    if (shift) {
        a64_put_text(o, cmode >= 12 ? ", msl " : ", lsl ");
        a64_put_imm(o, shift);
    }
}

static void put_list(A64Out *o, unsigned first, unsigned n, const char *arrangement)
{
    for (unsigned i = 0; i < n; i++) {
        a64_put_text(o, i ? ", " : "{ ");
        put_vector(o, first + i, arrangement);
    }
    a64_put_text(o, " }");
}

/* Loads and stores of structures: C4.1.94. */
static void put_structure(A64Out *o, uint32_t raw, const A64Ops *ops)
{
    bool q = raw >> 30 & 1, is_single = raw >> 24 & 1, is_post = raw >> 23 & 1;
    unsigned opcode = raw >> 12 & 15, size = raw >> 10 & 3, regs, bytes = q ? 16 : 8;
    if (!is_single) {
        static const uint8_t counts[] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2, [15] = 0 };
        regs = counts[opcode];
        put_list(o, ops->rt, regs, (q ? full : half)[size]);
    } else {
        regs = ((opcode >> 1 & 1) << 1 | (raw >> 21 & 1)) + 1;
        unsigned kind = opcode >> 2, scale = kind == 3 ? size : kind == 2 && (size & 1) ? 3 : kind;
        put_list(o, ops->rt, regs, kind == 3 ? (q ? full : half)[size] : lane_names[scale]);
        if (kind != 3) {
            a64_put_text(o, "[");
            a64_put_number(o, ops->index, 10);
            a64_put_text(o, "]");
        }
        bytes = 1u << scale;
    }
    a64_put_text(o, ", [");
    a64_put_gpr(o, true, ops->rn, true);
    a64_put_text(o, "]");
    if (is_post) {
        a64_put_text(o, ", ");
        if (ops->rm == 31)
            a64_put_imm(o, regs * bytes);
        else
            a64_put_gpr(o, true, ops->rm, false);
    }
}

static void put_copy_suffix(A64Out *o, unsigned options)
{
    static const char *const names[] = { "", "wt", "rt", "t", "wn", "wtwn", "rtwn", "twn", "rn", "wtrn", "rtrn", "trn", "n", "wtn", "rtn", "tn" };
    a64_put_text(o, names[options & 15]);
}

/* By the immediate of copies (imm5) and of shifts (immh:immb). */
static bool put_by_immediate(A64Out *o, const A64Ops *ops, char kind, unsigned v)
{
    unsigned imm = (unsigned)ops->imm, size5 = imm ? (unsigned)__builtin_ctz(imm) & 3 : 0, lane = imm >> (size5 + 1);
    unsigned size = imm >> 3 ? (31u - (unsigned)__builtin_clz(imm >> 3)) & 3 : 0;
    switch (kind) {
    case 'Z': put_lanes(o, v, size5, ops->q); return true;
    case 'z': put_element(o, v, lane_names[size5], lane); return true;
    case 'j': put_element(o, ops->rn, lane_names[size5], (unsigned)ops->index >> size5); return true;
    case 'U': a64_put_gpr(o, size5 == 3, v, false); return true;
    case 'C': put_scalar(o, size5, v); return true;
    case 'a': put_lanes(o, v, size, ops->q); return true;
    case 'I': put_lanes(o, v, size + 1, true); return true;
    case 'd': put_scalar(o, size, v); return true;
    case 'h': put_scalar(o, size + 1, v); return true;
    case 's': a64_put_imm(o, (int64_t)(16u << size) - imm); return true;
    case 't': a64_put_imm(o, (int64_t)imm - (8u << size)); return true;
    default: return false;
    }
}

static bool put_lane_operand(A64Out *o, const A64Ops *ops, char kind, unsigned v)
{
    switch (kind) {
    case 'Q': put_element(o, v, "h", ops->index); return true;
    case 'q': put_element(o, v, "s", ops->index); return true;
    case '!': put_element(o, v, "d", ops->index); return true;
    case '*': put_element(o, v, "d", 1); return true;
    case 'N': put_element(o, v, "2h", ops->index); return true;
    case '?': put_element(o, v, "4b", ops->index); return true;
    case '^': put_element(o, v, lane_names[1], ops->index); return true;
    case 'O': a64_put_gpr(o, ops->q, v, false); return true;
    case 'L': a64_put_imm(o, 8 << ops->size); return true;
    case '@': a64_put_imm(o, 90 * (int)ops->rot); return true;
    case '$': a64_put_imm(o, ops->rot ? 270 : 90); return true;
    case '=': a64_put_imm(o, 64 - (int)v); return true;
    case '+': put_copy_suffix(o, v); return true;
    case ';': a64_put_text(o, (const char *[]){ "", "t", "n", "tn" }[v & 3]); return true;
    case 'k': put_list(o, v, ops->len + 1u, "16b"); return true;
    default: return false;
    }
}

bool a64_put_simd(A64Out *o, const TargetInsn *insn, const A64Ops *ops, char kind, unsigned v)
{
    switch (kind) {
    case 'v': put_lanes(o, v, ops->size, ops->q); return true;
    case 'V': put_lanes(o, v, ops->size + 1u, true); return true;
    case 'M': put_lanes(o, v, ops->size + 1u, ops->q); return true;
    case 'B': put_lanes(o, v, 0, ops->q); return true;
    case 'l': put_lanes(o, v, 1, ops->q); return true;
    case 'm': put_lanes(o, v, 2, ops->q); return true;
    case '3': put_lanes(o, v, 3, ops->q); return true;
    case '-': put_vector(o, v, "1q"); return true;
    case '0': put_vector(o, v, "8h"); return true;
    case '5': put_vector(o, v, "4s"); return true;
    case '6': put_vector(o, v, "16b"); return true;
    case '7': put_vector(o, v, "2d"); return true;
    case '~': put_vector(o, v, ops->q ? "4h" : "2h"); return true;
    case 'D': put_scalar(o, ops->size, v); return true;
    case 'e': put_scalar(o, ops->size + 1u, v); return true;
    case 'F':
        if ((insn->raw >> 24 & 31) == 15)
            put_modified(o, insn->raw, ops);
        else
            put_float(o, (unsigned)ops->imm);
        return true;
    case '<': put_structure(o, insn->raw, ops); return true;
    default: return put_by_immediate(o, ops, kind, v) || put_lane_operand(o, ops, kind, v);
    }
}
