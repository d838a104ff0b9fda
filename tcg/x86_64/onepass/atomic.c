/* SPDX-License-Identifier: MIT */
/* Accesses that must be aligned, read-modify-write, compare and swap. All that the host does is sequentially consistent but plain stores. */
#include "tcg/x86_64/onepass/state.h"

/* ---- alignment: checked before the access, as its own fault */

enum { STUB_REG_BITS = 5 }; /* EmitStub.arg: the register with the address, | whether it is a store << 4, | the instruction's place << 5 */

static void stub_align(Emit *e, const EmitStub *s)
{
    unsigned reg = s->arg & 15;
    bool is_store = s->arg >> 4 & 1;
    uint64_t pc = e->out->entries[0].key.pc + (s->arg >> STUB_REG_BITS);
    emit_stub_here(e, s);
    SideHead head = { side_head_bytes(SIDE_ALIGN, is_store, 0, reg, SIDE_NO_REG, 0), emit_pos(e), e->ir->ctx, 0, pc };
    side_writer_plain(&e->side, &head, e->pins);
    x86_put(&e->a, 0x0b0f, 2); /* ud2 */
}

void one_check_aligned(Onepass *p, unsigned reg, unsigned size, bool is_store)
{
    Emit *e = p->e;
    X86Rm rm = x86_rm_reg(reg);
    x86_op_rm(&e->a, 0xf6 | X86_BYTE_RM, 0, &rm); /* test */
    x86_put8(&e->a, size - 1);
    uint32_t place = (uint32_t)(p->top.pc - e->out->entries[0].key.pc);
    emit_jcc_stub(e, X86_NE, stub_align, NULL, NULL)->arg = reg | (uint32_t)is_store << 4 | place << STUB_REG_BITS;
}

/* ---- read-modify-write */

/* The address, checked; what else the operation needs has been computed. */
static X86Rm address(Onepass *p, uint32_t addr, unsigned mem)
{
    unsigned reg = one_reg(p, addr);
    if (mem & MEM_ALIGNED) {
        one_check_aligned(p, reg, MEM_SIZE(mem), true);
    }
    return x86_rm_mem(reg, 0);
}

static bool is_word(unsigned mem) { return (mem & MEM_SIZE_MASK) == MEM_32 || (mem & MEM_SIZE_MASK) == MEM_64; }

static void access(Onepass *p, uint32_t opcode, unsigned reg, const X86Rm *rm, unsigned mem)
{
    unsigned size = MEM_SIZE(mem);
    one_add_row(p, rm, size, true);
    x86_op_rm(&p->e->a, opcode | (size == 8 ? X86_W : 0), reg, rm);
}

static uint32_t lock_prefix(const Onepass *p) { return p->e->settings->is_single ? 0 : X86_LOCK; }

uint32_t onepass_rmw(Onepass *p, IrOp op, uint32_t addr, uint32_t v, unsigned mem)
{
    bool is_add = op == IR_FETCH_ADD_I32 || op == IR_FETCH_ADD_I64;
    if (!is_word(mem) || !(is_add || op == IR_XCHG_I32 || op == IR_XCHG_I64)) {
        return onepass_give_up(p);
    }
    one_flush_load(p);
    unsigned old = one_allocate(p);
    one_into(p, v, old);
    X86Rm rm = address(p, addr, mem);
    access(p, is_add ? 0xc1 | X86_0F | lock_prefix(p) : 0x87, old, &rm, mem);
    return one_new_register(p, old);
}

uint32_t onepass_cas(Onepass *p, uint32_t addr, uint32_t expected, uint32_t desired, unsigned mem)
{
    if (!is_word(mem)) {
        return onepass_give_up(p);
    }
    one_flush_load(p);
    uint32_t before = p->locked;
    one_take(p, X86_RAX);
    unsigned reg = one_reg(p, desired);
    X86Rm rm = address(p, addr, mem);
    one_into(p, expected, X86_RAX);
    access(p, 0xb1 | X86_0F | lock_prefix(p), reg, &rm, mem);
    one_release(p, p->locked & ~before & ~(1u << X86_RAX));
    return one_new_register(p, X86_RAX);
}
