/* SPDX-License-Identifier: MIT */
/* The RISC-V guest's constant of type Target: slots, reset, dump. */
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "target/riscv/trans.h"
#include "util/compiler.h"

_Static_assert(sizeof(RiscvState) <= STATE_GUEST_SIZE, "the guest's registers fit");

/* Pins by border traffic (refs/translator.md): sp ra a0 s0 a5 | s1 s2 a4 | a1 s3. */
/* clang-format off */
#define X(n, p) { "x" #n, IR_I64, p, offsetof(RiscvState, x) + 8 * n }
#define F(n) { "f" #n, IR_F64, -1, offsetof(RiscvState, f) + 8 * n }
const IrSlotDesc riscv_slots[RV_SLOT_COUNT] = {
    X(1, 1), X(2, 0), X(3, -1), X(4, -1), X(5, -1), X(6, -1), X(7, -1), X(8, 3), X(9, 5), X(10, 2), X(11, 8),
    X(12, -1), X(13, -1), X(14, 7), X(15, 4), X(16, -1), X(17, -1), X(18, 6), X(19, 9), X(20, -1), X(21, -1),
    X(22, -1), X(23, -1), X(24, -1), X(25, -1), X(26, -1), X(27, -1), X(28, -1), X(29, -1), X(30, -1), X(31, -1),
    F(0), F(1), F(2), F(3), F(4), F(5), F(6), F(7), F(8), F(9), F(10), F(11), F(12), F(13), F(14), F(15),
    F(16), F(17), F(18), F(19), F(20), F(21), F(22), F(23), F(24), F(25), F(26), F(27), F(28), F(29), F(30), F(31),
    [RV_SLOT_RES_ADDR] = { "res_addr", IR_I64, -1, offsetof(CpuState, ll_addr) },
    [RV_SLOT_RES_VALUE] = { "res_value", IR_I64, -1, offsetof(CpuState, ll_value) },
    [RV_SLOT_FRM] = { "frm", IR_I32, -1, offsetof(RiscvState, frm) },
    [RV_SLOT_HOST_CPU] = { "host_cpu", IR_I32, -1, offsetof(CpuState, host_cpu.cpu) },
    [RV_SLOT_HOST_NODE] = { "host_node", IR_I32, -1, offsetof(CpuState, host_cpu.node) },
};
#undef X
#undef F
/* clang-format on */

static void reset(CpuState *s, const TargetCpu *cpu)
{
    RiscvState *r = riscv_state(s);
    memset(r, 0, sizeof *r);
    r->cpu = cpu;
    s->ll_addr = ~0ull;
    riscv_set_fcsr(s, 0);
}

static char *hex(char *p, uint64_t v, unsigned digits)
{
    while (digits--)
        *p++ = "0123456789abcdef"[v >> (4 * digits) & 15];
    return p;
}

static char *text(char *p, const char *s)
{
    size_t n = strlen(s);
    memcpy(p, s, n);
    return p + n;
}

static void dump_line(int fd, const char *name, uint64_t v, char end)
{
    char buf[64], *p = text(buf, name);
    while (p < buf + 9)
        *p++ = ' ';
    p = hex(p, v, 16);
    *p++ = end;
    if (write(fd, buf, (size_t)(p - buf)) < 0)
        return;
}

static void dump(const CpuState *s, int fd, bool has_fpu)
{
    const RiscvState *r = riscv_state_const(s);
    dump_line(fd, "pc", s->pc, ' ');
    dump_line(fd, "fcsr", riscv_get_fcsr(s), '\n');
    for (unsigned i = 1; i < 32; i++)
        dump_line(fd, riscv_slots[RV_SLOT_X1 + i - 1].name, r->x[i], i % 4 == 3 ? '\n' : ' ');
    for (unsigned i = 0; has_fpu && i < 32; i++)
        dump_line(fd, riscv_slots[RV_SLOT_F0 + i].name, r->f[i], i % 4 == 3 ? '\n' : ' ');
}

const Target target_riscv64 = {
    .name = "riscv64",
    .elf_machine = EM_RISCV,
    .elf_class = ELFCLASS64,
    .elf_data = ELFDATA2LSB,
    .page_size = 4096,
    .min_insn = 2,
    .max_insn = 4,
    .is_tso = false,
    .slots = riscv_slots,
    .nslots = RV_SLOT_COUNT,
    .helpers = riscv_helpers,
    .nhelpers = RV_HELPER_COUNT,
    .pc_mask = ~1ull,
    .cpu_parse = riscv_cpu_parse,
    .cpu_list = riscv_cpu_list,
    .reset = reset,
    .decode = riscv_decode,
    .decode_run = riscv_decode_run,
    .translate = riscv_translate,
    .direct = riscv_direct,
    .onepass = riscv_onepass,
    .disas = riscv_disas,
    .dump = dump,
};
