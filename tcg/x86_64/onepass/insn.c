/* SPDX-License-Identifier: MIT */
/* Operations: one function per shape of instruction, one row per IR operation. */
#include "tcg/x86_64/onepass/state.h"

/* ---- host instructions */

static uint32_t width(unsigned size) { return size == 8 ? X86_W : 0; }

static NOINLINE void put_op(Onepass *p, uint32_t opcode, unsigned reg, X86Rm rm)
{
    X86Asm *a = &p->e->a;
    if (LIKELY(x86_is_plain(opcode, &rm))) {
        a->p = x86_put_plain(a->p, opcode, reg, &rm);
    } else {
        x86_op_rm(a, opcode, reg, &rm);
    }
}

/* The same in place, for an opcode that is plain and operands that are known to be of a kind. */
static inline void put_reg(Onepass *p, uint32_t opcode, unsigned reg, unsigned rm)
{
    X86Asm *a = &p->e->a;
    X86Rm operand = x86_rm_reg(rm);
    a->p = x86_put_plain(a->p, opcode, reg, &operand);
}

static inline void put_mem(Onepass *p, uint32_t opcode, unsigned reg, unsigned base, int32_t disp)
{
    X86Asm *a = &p->e->a;
    X86Rm operand = x86_rm_mem(base, disp);
    a->p = x86_put_plain(a->p, opcode, reg, &operand);
}

static inline void put_imm(Onepass *p, int32_t imm, unsigned size) { x86_put(&p->e->a, (uint32_t)imm, size); }

void one_mov(Onepass *p, unsigned dst, unsigned src) { put_reg(p, 0x8b | X86_W, dst, src); }
static inline int32_t slot_disp(const Onepass *p, unsigned slot) { return (int32_t)p->region.slots[slot].offset - STATE_BIAS; }
void one_load_slot(Onepass *p, unsigned dst, unsigned slot) { put_mem(p, 0x8b | X86_W, dst, X86_RBP, slot_disp(p, slot)); }
void one_store_slot(Onepass *p, unsigned slot, unsigned reg) { put_mem(p, 0x89 | X86_W, reg, X86_RBP, slot_disp(p, slot)); }
void one_store_slot_imm(Onepass *p, unsigned slot, int32_t imm)
{
    put_mem(p, 0xc7 | X86_W, 0, X86_RBP, slot_disp(p, slot));
    put_imm(p, imm, 4);
}

static void put_alu_imm(Onepass *p, unsigned alu, unsigned size, X86Rm rm, int32_t imm)
{
    bool is_short = x86_fits8(imm);
    put_op(p, (is_short ? 0x83u : 0x81u) | width(size), alu, rm);
    put_imm(p, imm, is_short ? 1 : 4);
}

static inline bool is_reg(X86Rm rm, unsigned reg) { return rm.kind == X86_RM_REG && rm.base == reg; }
static inline void swap(uint32_t *a, uint32_t *b)
{
    uint32_t t = *a;
    *a = *b;
    *b = t;
}
static inline bool is_const(const Onepass *p, uint32_t v) { return p->vals[v].kind == ONE_CONST || p->vals[v].is_known; }
static inline bool is_in_register(const Onepass *p, uint32_t v) { return p->vals[v].kind == ONE_REG; }

/* ---- two operands */

static NOINLINE void alu_imm(Onepass *p, const OneRow *row, uint32_t a, int32_t imm, unsigned dst)
{
    const OneVal *x = &p->vals[a];
    const uint32_t w = width(row->size);
    if (x->kind != ONE_REG) {
        one_into(p, a, dst);
    } else if (x->reg != dst) {
        if (row->x == X86_ALU_ADD) {
            put_mem(p, 0x8d | w, dst, x->reg, imm);
            return;
        }
        put_reg(p, 0x8b | X86_W, dst, x->reg);
    }
    bool is_short = x86_fits8(imm);
    put_reg(p, (is_short ? 0x83u : 0x81u) | w, row->x, dst);
    put_imm(p, imm, is_short ? 1 : 4);
}

/* dst op= b, where b is not in dst. */
static void alu_rm(Onepass *p, const OneRow *row, uint32_t a, X86Rm b, unsigned dst)
{
    const OneVal *x = &p->vals[a];
    if (row->x == X86_ALU_ADD && x->kind == ONE_REG && x->reg != dst && b.kind == X86_RM_REG) {
        X86Rm sum = x86_rm_mem(x->reg, 0);
        sum.index = b.base;
        put_op(p, 0x8d | width(row->size), dst, sum);
        return;
    }
    one_into(p, a, dst);
    put_op(p, row->opcode | width(row->size), dst, b);
}

/* opcode: of the form reg op= rm; x: the digit of the immediate form */
static void alu(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    uint32_t a = i->a, b = i->b;
    int32_t imm;
    bool is_sub = row->x == X86_ALU_SUB;
    if (!is_sub && is_const(p, a)) {
        swap(&a, &b);
    }
    if (one_as_imm(p, b, row->size, &imm)) {
        alu_imm(p, row, a, imm, dst);
        return;
    }
    X86Rm rm = one_rm(p, b);
    if (UNLIKELY(is_reg(rm, dst))) {
        if (!is_sub) {
            rm = one_rm(p, a);
            put_op(p, row->opcode | width(row->size), dst, rm);
            return;
        }
        unsigned copy = one_allocate(p);
        one_into(p, a, copy);
        put_op(p, row->opcode | width(row->size), copy, rm);
        one_mov(p, dst, copy);
        return;
    }
    alu_rm(p, row, a, rm, dst);
}

static void mul(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    uint32_t a = i->a, b = i->b;
    int32_t imm;
    if (one_as_imm(p, b, row->size, &imm)) {
        X86Rm rm = one_rm(p, a);
        bool is_short = x86_fits8(imm);
        put_op(p, (is_short ? 0x6bu : 0x69u) | width(row->size), dst, rm);
        put_imm(p, imm, is_short ? 1 : 4);
        return;
    }
    X86Rm rm = one_rm(p, b);
    if (is_reg(rm, dst)) {
        rm = one_rm(p, a);
    } else {
        one_into(p, a, dst);
    }
    put_op(p, 0xaf | X86_0F | width(row->size), dst, rm);
}

/* x: the digit; opcode: of the BMI2 form */
static void shift(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    int32_t imm;
    if (one_as_imm(p, i->b, 4, &imm)) {
        one_into(p, i->a, dst);
        put_reg(p, 0xc1 | width(row->size), row->x, dst);
        put_imm(p, imm & (row->size * 8 - 1), 1);
        return;
    }
    if (!host_features.bmi2) {
        p->top.is_failed = true;
        return;
    }
    unsigned count = one_reg(p, i->b);
    X86Rm rm = one_rm(p, i->a);
    x86_vex_rm(&p->e->a, row->opcode | width(row->size), dst, count, &rm);
}

/* ---- one operand */

/* An operand that waits is computed in dst. */
static inline X86Rm rm_through(Onepass *p, uint32_t v, unsigned dst)
{
    if (p->vals[v].kind == ONE_OP || p->vals[v].kind == ONE_LOAD) {
        one_into(p, v, dst);
        return x86_rm_reg(dst);
    }
    return one_rm(p, v);
}

static void unary(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    X86Rm rm = rm_through(p, i->a, dst);
    put_op(p, row->opcode, dst, rm);
}

/* ---- conditions */

static bool is_compare(const OneVal *x) { return x->kind == ONE_OP && x->op >= IR_CMP_EQ_I32 && x->op <= IR_CMP_ULE_I64; }

static const uint8_t mirrored[16] = {
    [X86_E] = X86_E, [X86_NE] = X86_NE, [X86_B] = X86_A,  [X86_BE] = X86_AE, [X86_A] = X86_B, [X86_AE] = X86_BE,
    [X86_L] = X86_G, [X86_LE] = X86_GE, [X86_G] = X86_L, [X86_GE] = X86_LE,
};

/* The last instruction before a jump, which both become one micro-operation. */
static inline void begin_compare(Onepass *p) { p->e->flags_start = emit_pos(p->e); }

static unsigned compare(Onepass *p, uint32_t a, uint32_t b, unsigned size, unsigned cond)
{
    int32_t imm;
    if (is_const(p, a)) {
        swap(&a, &b);
        cond = mirrored[cond];
    }
    X86Rm x = one_rm(p, a);
    if (one_as_imm(p, b, size, &imm)) {
        begin_compare(p);
        if (imm == 0 && x.kind == X86_RM_REG) {
            put_op(p, 0x85 | width(size), x.base, x); /* test */
        } else {
            put_alu_imm(p, X86_ALU_CMP, size, x, imm);
        }
    } else if (x.kind == X86_RM_REG) {
        X86Rm y = one_rm(p, b);
        begin_compare(p);
        put_op(p, 0x3b | width(size), x.base, y);
    } else {
        unsigned y = one_reg(p, b);
        begin_compare(p);
        put_op(p, 0x39 | width(size), y, x);
    }
    return cond;
}

unsigned one_condition(Onepass *p, uint32_t v)
{
    const OneVal *x = &p->vals[v];
    if (is_compare(x)) {
        const OneRow *row = &one_rows[x->op];
        return compare(p, x->a, x->b, row->size, row->x);
    }
    unsigned reg = one_reg(p, v);
    begin_compare(p);
    put_op(p, 0x85, reg, x86_rm_reg(reg));
    return X86_NE;
}

/* size: of what is compared; x: X86Cond */
static void compare_value(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    unsigned cond = compare(p, i->a, i->b, row->size, row->x);
    put_op(p, 0x90 | cond | X86_0F | X86_BYTE_RM, 0, x86_rm_reg(dst));
    put_op(p, 0xb6 | X86_0F | X86_BYTE_RM, dst, x86_rm_reg(dst));
}

/* A condition is 0 or 1 in all of its register already. */
static void zext(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    const OneVal *x = &p->vals[i->a];
    if (is_compare(x)) {
        compare_value(p, x, &one_rows[x->op], dst);
    } else {
        unary(p, i, row, dst);
    }
}

/* dst = c ? x : y */
static void select(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst)
{
    X86Rm x = one_rm(p, i->b), y = one_rm(p, i->c);
    unsigned cond = one_condition(p, i->a);
    if (is_reg(x, dst)) {
        cond ^= 1;
        x = y;
    } else if (!is_reg(y, dst)) {
        put_op(p, 0x8b | width(row->size), dst, y);
    }
    put_op(p, 0x40 | cond | X86_0F | width(row->size), dst, x);
}

/* ---- memory */

static X86Rm address(Onepass *p, uint32_t v, int32_t disp)
{
    uint64_t c;
    if (UNLIKELY(one_as_const(p, v, &c))) {
        int64_t sum = (int64_t)(c + (uint64_t)(int64_t)disp);
        if (x86_fits32(sum)) {
            return x86_rm_mem(X86_RM_NONE, (int32_t)sum);
        }
    }
    return x86_rm_mem(one_reg(p, v), disp);
}

static ALWAYS_INLINE void add_row(Onepass *p, X86Rm rm, unsigned size, bool is_store)
{
    _Static_assert((int)X86_RM_NONE == (int)SIDE_NO_REG, "the row takes over the operand's registers");
    Emit *e = p->e;
    SideHead head = { side_head_bytes(SIDE_ACCESS, is_store, size, rm.base, rm.index, rm.scale), emit_pos(e), p->region.ctx, rm.disp, p->top.pc };
    side_writer_plain(&e->side, &head, p->pins);
}

void one_add_row(Onepass *p, const X86Rm *rm, unsigned size, bool is_store) { add_row(p, *rm, size, is_store); }

void one_load(Onepass *p, const OneVal *i, unsigned dst)
{
    static const uint32_t opcodes[2][4] = { { 0xb6 | X86_0F, 0xb7 | X86_0F, 0x8b, 0x8b | X86_W },
                                            { 0xbe | X86_0F | X86_W, 0xbf | X86_0F | X86_W, 0x63 | X86_W, 0x8b | X86_W } };
    const unsigned log = i->mem & MEM_SIZE_MASK;
    const uint32_t opcode = opcodes[(i->mem & MEM_SIGNED) != 0][log];
    const OneVal *x = &p->vals[i->a];
    if (LIKELY(x->kind == ONE_REG && !x->is_known && !(i->mem & MEM_ALIGNED))) {
        p->locked |= 1u << x->reg;
        add_row(p, x86_rm_mem(x->reg, i->disp), 1u << log, false);
        put_mem(p, opcode, dst, x->reg, i->disp);
        return;
    }
    X86Rm rm;
    if (i->mem & MEM_ALIGNED) {
        rm = x86_rm_mem(one_reg(p, i->a), 0);
        one_check_aligned(p, rm.base, 1u << log, false);
    } else {
        rm = address(p, i->a, i->disp);
    }
    one_add_row(p, &rm, 1u << log, false);
    put_op(p, opcode, dst, rm);
}

void onepass_store(Onepass *p, uint32_t addr, int32_t disp, uint32_t v, unsigned mem)
{
    static const uint32_t opcodes[] = { 0x88 | X86_BYTE_REG, 0x89 | X86_OSZ, 0x89, 0x89 | X86_W };
    static const uint32_t imm_opcodes[] = { 0xc6, 0xc7 | X86_OSZ, 0xc7, 0xc7 | X86_W };
    unsigned log = mem & MEM_SIZE_MASK, size = 1u << log;
    int32_t imm;
    if (mem & ~(unsigned)(MEM_SIZE_MASK | MEM_SIGNED)) {
        p->top.is_failed = true;
        return;
    }
    one_flush_load(p);
    X86Rm rm = address(p, addr, disp);
    if (one_as_imm(p, v, size, &imm)) {
        one_add_row(p, &rm, size, true);
        put_op(p, imm_opcodes[log], 0, rm);
        put_imm(p, imm, size < 8 ? size : 4);
    } else {
        unsigned reg = one_reg(p, v);
        add_row(p, rm, size, true);
        if (LIKELY(log >= MEM_32 && rm.base != X86_RM_NONE)) {
            put_mem(p, opcodes[log], reg, rm.base, rm.disp);
        } else {
            put_op(p, opcodes[log], reg, rm);
        }
    }
}

#define BOTH(name, x, ...) [IR_##name##_I32] = { __VA_ARGS__, 4, x }, [IR_##name##_I64] = { __VA_ARGS__, 8, x }

const OneRow one_rows[IR_OP_COUNT] = {
    BOTH(ADD, X86_ALU_ADD, alu, 0x03),
    BOTH(SUB, X86_ALU_SUB, alu, 0x2b),
    BOTH(AND, X86_ALU_AND, alu, 0x23),
    BOTH(OR, X86_ALU_OR, alu, 0x0b),
    BOTH(XOR, X86_ALU_XOR, alu, 0x33),
    BOTH(MUL, 0, mul, 0),
    [IR_MUL2_U_I64] = { one_wide, 4, 8, 0 },
    [IR_MUL2_S_I64] = { one_wide, 5, 8, 0 },
    BOTH(DIV_U, X86_RAX, one_divide, 6),
    BOTH(REM_U, X86_RDX, one_divide, 6),
    BOTH(DIV_S, X86_RAX, one_divide, 7),
    BOTH(REM_S, X86_RDX, one_divide, 7),
    BOTH(SHL, X86_SHL, shift, 0xf7 | X86_0F38 | X86_PP_66),
    BOTH(SHR, X86_SHR, shift, 0xf7 | X86_0F38 | X86_PP_F2),
    BOTH(SAR, X86_SAR, shift, 0xf7 | X86_0F38 | X86_PP_F3),
    BOTH(CMP_EQ, X86_E, compare_value, 0),
    BOTH(CMP_NE, X86_NE, compare_value, 0),
    BOTH(CMP_SLT, X86_L, compare_value, 0),
    BOTH(CMP_SLE, X86_LE, compare_value, 0),
    BOTH(CMP_ULT, X86_B, compare_value, 0),
    BOTH(CMP_ULE, X86_BE, compare_value, 0),
    BOTH(SELECT, 0, select, 0),
    [IR_SEXT8_I64] = { unary, 0xbe | X86_0F | X86_BYTE_RM | X86_W, 8, 0 },
    [IR_SEXT16_I64] = { unary, 0xbf | X86_0F | X86_W, 8, 0 },
    [IR_SEXT32_I64] = { unary, 0x63 | X86_W, 8, 0 },
    [IR_ZEXT8_I64] = { unary, 0xb6 | X86_0F | X86_BYTE_RM, 8, 0 },
    [IR_ZEXT16_I64] = { unary, 0xb7 | X86_0F, 8, 0 },
    [IR_ZEXT32_I64] = { unary, 0x8b, 8, 0 },
    [IR_SEXT_I64] = { unary, 0x63 | X86_W, 8, 0 },
    [IR_ZEXT_I64] = { zext, 0x8b, 8, 0 },
    [IR_BOX_F64] = { one_box, 0, 8, 0 },
    [IR_UNBOX_F32] = { one_unbox, 0, 4, 0 },
    [IR_FNEG_F32] = { one_sign_bit, 0, 4, 7 },
    [IR_FNEG_F64] = { one_sign_bit, 0, 8, 7 },
    [IR_FABS_F32] = { one_sign_bit, 0, 4, 6 },
    [IR_FABS_F64] = { one_sign_bit, 0, 8, 6 },
    [IR_FCOPYSIGN_F32] = { one_copysign, 0, 4, 0 },
    [IR_FCOPYSIGN_F64] = { one_copysign, 0, 8, 0 },
};
