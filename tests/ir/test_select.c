/* SPDX-License-Identifier: MIT */
/*
 * What the back end makes of small pieces of IR: the instructions' names in order, from the entry to the exit's jump; `m`
 * marks a memory operand. The machine's slots: x0-x9 are in rbx r12-r15 rsi rdi r8-r10, the others in memory.
 * test_select -p prints what comes out, for new rows.
 */
#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

#include "tcg/print.h"
#include "tests/ir/ir_machine.h"
#include "util/arena.h"

typedef struct Row {
    const char *name, *cpu, *ir, *code;
} Row;

#define HEAD "block b1 pc=0x1000 entry:\n insn 0x1000\n"
#define EXIT "\n exit 0x2000\n"

static const Row rows[] = {
    { "base, scaled index and displacement", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = shl.i64 %2, 3\n %4 = add.i64 %1, %3\n %5 = load.i64 %4+16 64\n put x2, %5" EXIT,
      "mov m" },
    { "an address that is a constant", "v3", HEAD "%1 = load.i64 0x10002000+8 64\n put x0, %1" EXIT, "mov m" },
    { "a folded address in the row of a later slot", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = add.i64 %1, %2\n put x3, %3\n insn 0x1004\n %4 = load.i64 %3 64\n put x3, %4" EXIT,
      "mov m" },
    { "load and sign extension", "v3", HEAD "%1 = get x0\n %2 = load.i32 %1 32\n %3 = sext.i64 %2\n put x1, %3" EXIT, "movsxd m" },
    { "load and zero extension", "v3", HEAD "%1 = get x0\n %2 = load.i32 %1 u8\n %3 = zext.i64 %2\n put x1, %3" EXIT, "movzx m" },
    { "zero extension of a 32-bit result", "v3",
      HEAD "%1 = get x0\n %2 = trunc.i32 %1\n %3 = mul.i32 %2, 7\n %4 = zext.i64 %3\n put x1, %4" EXIT, "imul" },
    { "a load as the operand of an addition", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = load.i64 %1 64\n %4 = add.i64 %2, %3\n put x1, %4" EXIT, "add m" },
    { "but not behind a store", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = load.i64 %1 64\n store.i64 %1, 5 64\n %4 = add.i64 %2, %3\n put x1, %4" EXIT,
      "mov m; mov m; add" },
    { "load, change, store stay three operations", "v3",
      HEAD "%1 = get x0\n %2 = load.i64 %1 64\n %3 = add.i64 %2, 1\n store.i64 %1, %3 64" EXIT, "mov m; add; mov m" },
    { "a sum of three", "v3", HEAD "%1 = get x0\n %2 = get x1\n %3 = add.i64 %1, %2\n %4 = add.i64 %3, 5\n put x2, %4" EXIT, "lea m" },
    { "in place", "v3", HEAD "%1 = get x0\n %2 = add.i64 %1, 1\n put x0, %2" EXIT, "add" },
    { "compare and branch", "v3",
      HEAD "%1 = get x0\n %2 = cmp_slt.i64 %1, 7\n br %2, b2, b3\nblock b2 pc=0x1100:\n insn 0x1100\n exit 0x2000\n"
           "block b3 pc=0x1200:\n insn 0x1200\n exit 0x3000\n",
      "cmp; jl" },
    { "compare of sign extensions", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = sext32.i64 %1\n %4 = sext32.i64 %2\n %5 = cmp_ult.i64 %3, %4\n br %5, b2, b3\n"
           "block b2 pc=0x1100:\n insn 0x1100\n exit 0x2000\nblock b3 pc=0x1200:\n insn 0x1200\n exit 0x3000\n",
      "cmp; jb" },
    { "compare with a load", "v3",
      HEAD "%1 = get x0\n %3 = load.i32 %1 32\n %2 = cmp_eq.i32 %3, 7\n br %2, b2, b3\nblock b2 pc=0x1100:\n insn 0x1100\n exit "
           "0x2000\nblock b3 pc=0x1200:\n insn 0x1200\n exit 0x3000\n",
      "cmp m; je" },
    { "test of bits", "v3",
      HEAD "%1 = get x0\n %2 = and.i64 %1, 0x30\n %3 = cmp_ne.i64 %2, 0\n br %3, b2, b3\nblock b2 pc=0x1100:\n insn 0x1100\n exit "
           "0x2000\nblock b3 pc=0x1200:\n insn 0x1200\n exit 0x3000\n",
      "test; jne" },
    { "test of one high bit", "v3",
      HEAD "%1 = get x0\n %2 = shr.i64 %1, 40\n %4 = and.i64 %2, 1\n %3 = cmp_ne.i64 %4, 0\n br %3, b2, b3\nblock b2 pc=0x1100:\n"
           " insn 0x1100\n exit 0x2000\nblock b3 pc=0x1200:\n insn 0x1200\n exit 0x3000\n",
      "bt; jb" },
    { "select", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = cmp_ult.i64 %1, %2\n %4 = select.i64 %3, %1, %2\n put x0, %4" EXIT, "cmp; cmovae" },
    { "minimum", "v3", HEAD "%1 = get x0\n %2 = get x1\n %3 = smin.i64 %1, %2\n put x0, %3" EXIT, "cmp; cmovg" },
    { "rotation of shifts", "v3",
      HEAD "%1 = get x0\n %2 = trunc.i32 %1\n %3 = shl.i32 %2, 7\n %4 = shr.i32 %2, 25\n %5 = or.i32 %3, %4\n %6 = zext.i64 %5\n put "
           "x1, %6" EXIT,
      "rorx" },
    { "the upper half is not wanted", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = add.i64 %1, %2\n %4 = xor.i64 %3, %1\n store.i64 %1, %4 32" EXIT, "lea m; xor; mov m" },
    { "set a bit", "v3", HEAD "%1 = get x0\n %2 = get x1\n %3 = shl.i64 1, %2\n %4 = or.i64 %1, %3\n put x0, %4" EXIT, "bts" },
    { "clear a bit", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = shl.i64 1, %2\n %4 = andn.i64 %1, %3\n put x0, %4" EXIT, "btr" },
    { "shift by a register", "v3", HEAD "%1 = get x0\n %2 = get x1\n %3 = shl.i64 %1, %2\n put x0, %3" EXIT, "shlx" },
    { "shift without BMI2", "v2", HEAD "%1 = get x0\n %2 = get x1\n %3 = shl.i64 %1, %2\n put x0, %3" EXIT, "mov; shl" },
    { "upper half of a product", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = mul2_u.i64 %1, %2\n %4 = result.i64 %3, 1\n put x2, %4" EXIT, "mov; mulx" },
    { "a carry stays in the flags; what lies between leaves them alone", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = get x2\n %4 = add.i64 %1, %2\n %5 = cmp_ult.i64 %4, %1\n %6 = adc.i64 %2, %3, %5\n"
           "%7 = result.i32 %6, 1\n %8 = mul.i64 %4, %6\n %9 = adc.i64 %3, %1, %7\n put x0, %4\n put x1, %6\n put x2, %9\n put x3, %8" EXIT,
      "mov; add; adc; mulx; adc; mov; mov" },
    { "store of an immediate", "v3", HEAD "%1 = get x0\n store.i64 %1+8, -5 64" EXIT, "mov m" },
    { "store of a narrow value", "v3", HEAD "%1 = get x0\n %2 = get x1\n %3 = sext8.i64 %2\n store.i64 %1, %3 8" EXIT, "mov m" },
    { "sequentially consistent store", "v3", HEAD "%1 = get x0\n %2 = get x1\n store.i64 %1, %2 64 seq" EXIT, "mov; xchg m" },
    { "acquire and release", "v3", HEAD "%1 = get x0\n %2 = load.i64 %1 64 acq\n store.i64 %1+8, %2 64 rel" EXIT, "mov m; mov m" },
    { "alignment is checked", "v3", HEAD "%1 = get x0\n %2 = load.i64 %1 64 aligned\n put x1, %2" EXIT, "test; jne; mov m" },
    { "atomic addition", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = fetch_add.i64 %1, %2 64 seq\n put x1, %3" EXIT, "lock xadd m" },
    { "atomic addition whose result no one wants", "v3",
      HEAD "%1 = get x0\n %2 = get x1\n %3 = fetch_add.i64 %1, %2 64 seq" EXIT, "lock add m" },
    { "big-endian load", "v3", HEAD "%1 = get x0\n %2 = load.i64 %1 64 be\n put x1, %2" EXIT, "movbe m" },
    { "a home as an operand", "v3", HEAD "%1 = get x0\n %2 = get x12\n %3 = add.i64 %1, %2\n put x0, %3" EXIT, "add m" },
    { "floating point from memory to memory", "v3",
      HEAD "%1 = get d0\n %2 = get d1\n %3 = fadd.f64 %1, %2\n %4 = fcanon.f64 %3\n put d0, %4" EXIT,
      "vmovsd m; vaddsd m; vucomisd; jp; vmovsd m" },
    { "a chain is checked once", "v3",
      HEAD "%1 = get d0\n %2 = get d1\n %3 = fadd.f64 %1, %2\n %4 = fcanon.f64 %3\n %5 = fmul.f64 %4, %2\n %6 = fcanon.f64 %5\n put "
           "d0, %6" EXIT,
      "vmovsd m; vmovsd m; vaddsd; vmulsd; vucomisd; jp; vmovsd m" },
    { "fused multiply and subtract", "v3",
      HEAD "%1 = get d0\n %2 = get d1\n %3 = get d2\n %4 = fneg.f64 %3\n %5 = fma.f64 %1, %2, %4\n %6 = fcanon.f64 %5\n put d3, %6" EXIT,
      "vmovsd m; vmovsd m; vmovsd m; vfmsub231sd; vucomisd; jp; vmovsd m" },
    { "floating-point compare and branch", "v3",
      HEAD "%1 = get d0\n %2 = get d1\n %3 = fcmp_lt.f64 %1, %2\n br %3, b2, b3\nblock b2 pc=0x1100:\n insn 0x1100\n exit 0x2000\n"
           "block b3 pc=0x1200:\n insn 0x1200\n exit 0x3000\n",
      "vmovsd m; vcomisd m; ja" },
    { "negation", "v3", HEAD "%1 = get d0\n %2 = fneg.f64 %1\n put d0, %2" EXIT, "vmovsd m; vxorps m; vmovsd m" },
    { "vectors", "v3",
      HEAD "%1 = get v0\n %2 = get v1\n %3 = vadd32.v128 %1, %2\n %4 = vxor.v128 %3, %1\n put v0, %4" EXIT,
      "vmovups m; vpaddd m; vpxor; vmovups m" },
};

static const char *instructions(const CodeBlob *blob)
{
    static char text[1024];
    csh cs;
    cs_insn *insns;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK) {
        return "no disassembler";
    }
    size_t n = cs_disasm(cs, blob->code, blob->code_size, 0, 0, &insns), at = 0;
    text[0] = 0;
    for (size_t i = 0; i < n && at < sizeof text - 64; i++) {
        const char *name = insns[i].mnemonic;
        if (!strcmp(name, "nop")) { /* before links */
            continue;
        }
        if (!strcmp(name, "jmp")) {
            break;
        }
        bool has_memory = strchr(insns[i].op_str, '[') != NULL;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%s", at ? "; " : "", name, has_memory ? " m" : "");
    }
    cs_free(insns, n);
    cs_close(&cs);
    return text;
}

int main(int argc, char **argv)
{
    static IrMachine m;
    unsigned failed = 0, count = sizeof rows / sizeof *rows;
    bool is_printing = argc > 1 && !strcmp(argv[1], "-p");
    irm_init(&m, irm_slots, IRM_NSLOTS, irm_helpers, IRM_NHELPERS);
    for (unsigned i = 0; i < count; i++) {
        IrRegion r;
        CodeBlob blob;
        IrSettings settings = { 0 };
        unsigned line;
        memset(&r, 0, sizeof r);
        arena_reset(m.arena);
        host_features_parse(rows[i].cpu);
        ir_begin(m.builder, &r, m.arena, irm_slots, IRM_NSLOTS, irm_helpers, IRM_NHELPERS, 0, &settings);
        const char *error = ir_parse(m.builder, rows[i].ir, &line);
        if (error) {
            printf("not ok %u - %s: line %u: %s\n", i + 1, rows[i].name, line, error);
            return 1;
        }
        ir_finish(m.builder);
        irm_compile(&m, &r, &blob);
        const char *got = instructions(&blob);
        bool is_ok = !strcmp(got, rows[i].code);
        if (is_printing || !is_ok) {
            printf("# %s\n#   %s\n#   %s\n", rows[i].name, rows[i].code, got);
        }
        printf("%sok %u - %s\n", is_ok ? "" : "not ", i + 1, rows[i].name);
        failed += !is_ok;
    }
    printf("1..%u\n", count);
    return failed != 0;
}
