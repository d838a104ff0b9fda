/* SPDX-License-Identifier: MIT */
/* The AArch64 guest's constant of type Target: slots, reset, dump. */
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "target/aarch64/trans.h"
#include "util/compiler.h"

_Static_assert(sizeof(A64State) <= STATE_GUEST_SIZE, "the guest's registers fit");

/* Pins by border traffic (refs/translator.md): sp x30 x0 x19 x1 | x20 x29 x2 | x21 x22. */
/* clang-format off */
#define X(n, p) { "x" #n, IR_I64, p, offsetof(A64State, x) + 8 * n }
#define V(n) { "v" #n, IR_V128, -1, offsetof(A64State, v) + 16 * n }
const IrSlotDesc a64_slots[A64_SLOT_COUNT] = {
    X(0, 2), X(1, 4), X(2, 7), X(3, -1), X(4, -1), X(5, -1), X(6, -1), X(7, -1), X(8, -1), X(9, -1), X(10, -1),
    X(11, -1), X(12, -1), X(13, -1), X(14, -1), X(15, -1), X(16, -1), X(17, -1), X(18, -1), X(19, 3), X(20, 5),
    X(21, 8), X(22, 9), X(23, -1), X(24, -1), X(25, -1), X(26, -1), X(27, -1), X(28, -1), X(29, 6), X(30, 1),
    [A64_SLOT_SP] = { "sp", IR_I64, 0, offsetof(A64State, sp) },
    [A64_SLOT_NZCV] = { "nzcv", IR_CC, -1, offsetof(A64State, nzcv) },
    [A64_SLOT_TPIDR] = { "tpidr", IR_I64, -1, offsetof(A64State, tpidr) },
    [A64_SLOT_LL_ADDR] = { "ll_addr", IR_I64, -1, offsetof(CpuState, ll_addr) },
    [A64_SLOT_LL_VALUE] = { "ll_value", IR_I64, -1, offsetof(CpuState, ll_value) },
    [A64_SLOT_LL_VALUE2] = { "ll_value2", IR_I64, -1, offsetof(CpuState, ll_value2) },
    [A64_SLOT_EVENT_ARG] = { "event_arg", IR_I64, -1, offsetof(CpuState, event_arg) },
    [A64_SLOT_QC] = { "qc", IR_V128, -1, offsetof(A64State, qc) },
    [A64_SLOT_V0] =
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), V(8), V(9), V(10), V(11), V(12), V(13), V(14), V(15),
    V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23), V(24), V(25), V(26), V(27), V(28), V(29), V(30), V(31),
};
#undef X
#undef V
/* clang-format on */

static void reset(CpuState *s, const TargetCpu *cpu)
{
    A64State *r = a64_state(s);
    memset(r, 0, sizeof *r);
    r->cpu = cpu;
    s->ll_addr = ~0ull;
    if (a64_has(cpu, A64_EXT_PAUTH))
        a64_reset_keys(s, (1u << A64_KEYS) - 1);
    a64_set_fpcr(s, 0);
    a64_set_fpsr(s, 0);
}

static char *hex(char *p, uint64_t v, unsigned digits)
{
    while (digits--)
        *p++ = "0123456789abcdef"[v >> (4 * digits) & 15];
    return p;
}

static void dump_line(int fd, const char *name, const uint64_t *v, unsigned words, char end)
{
    char buf[64], *p = buf;
    size_t n = strlen(name);
    memcpy(p, name, n);
    for (p += n; p < buf + 9;)
        *p++ = ' ';
    while (words--)
        p = hex(p, v[words], 16);
    *p++ = end;
    if (write(fd, buf, (size_t)(p - buf)) < 0)
        return;
}

static void dump(const CpuState *s, int fd, bool has_fpu)
{
    const A64State *r = a64_state_const(s);
    uint64_t nzcv = r->nzcv, fpcr = r->fpcr, fpsr = a64_get_fpsr(s);
    dump_line(fd, "pc", &s->pc, 1, ' ');
    dump_line(fd, "sp", &r->sp, 1, ' ');
    dump_line(fd, "nzcv", &nzcv, 1, '\n');
    for (unsigned i = 0; i < 31; i++)
        dump_line(fd, a64_slots[A64_SLOT_X0 + i].name, &r->x[i], 1, i % 4 == 3 || i == 30 ? '\n' : ' ');
    dump_line(fd, "fpcr", &fpcr, 1, ' ');
    dump_line(fd, "fpsr", &fpsr, 1, '\n');
    for (unsigned i = 0; has_fpu && i < 32; i++)
        dump_line(fd, a64_slots[A64_SLOT_V0 + i].name, r->v[i], 2, i % 2 ? '\n' : ' ');
}

const Target target_aarch64 = {
    .name = "aarch64",
    .elf_machine = EM_AARCH64,
    .elf_class = ELFCLASS64,
    .elf_data = ELFDATA2LSB,
    .page_size = 4096,
    .min_insn = 4,
    .max_insn = 4,
    .is_tso = false,
    .slots = a64_slots,
    .nslots = A64_SLOT_COUNT,
    .helpers = a64_helpers,
    .nhelpers = A64_HELPER_COUNT,
    .pc_mask = A64_PC_MASK,
    .tag_bits = 8,
    .align_window = 16, /* FEAT_LSE2 */
    .cpu_parse = a64_cpu_parse,
    .cpu_list = a64_cpu_list,
    .reset = reset,
    .decode = a64_decode,
    .decode_run = a64_decode_run,
    .arrive = a64_arrive,
    .can_land = a64_can_land,
    .translate = a64_translate,
    .direct = a64_direct,
    .disas = a64_disas,
    .dump = dump,
};
