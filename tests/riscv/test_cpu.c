/* SPDX-License-Identifier: MIT */
/* CPU models and extensions: parsing, what needs what, undefined instructions without their
 * extension, flow of control, fcsr. */
#include <stdio.h>
#include <string.h>

#include "target/riscv/trans.h"

static unsigned count, failed;

static void check(bool ok, const char *name)
{
    failed += !ok;
    printf("%sok %u - %s\n", ok ? "" : "not ", ++count, name);
}

static const TargetCpu *parse(const char *spec)
{
    const char *error = NULL;
    return riscv_cpu_parse(spec, &error);
}

static TargetInsn decode(const char *spec, uint32_t ctx, uint32_t raw)
{
    TargetInsn insn;
    riscv_decode(parse(spec), ctx, 0x1000, (const uint8_t *)&raw, 4, &insn);
    return insn;
}

static void test_parse(void)
{
    static const char *const bad[] = { "",        "rv65",  "rv64,foo", "rv64,zba=maybe",
                                       "rv64,-i", "rv64,", "rv64,+",   "rv64,=on" };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *error = NULL;
        check(!riscv_cpu_parse(bad[i], &error) && error, bad[i]);
    }
    check(parse(NULL)->ext == parse("max")->ext && parse("rv64")->ext == parse("max")->ext,
          "the default is all");
    check(!riscv_has(parse("sifive-u54"), RV_EXT_ZBA) &&
              riscv_has(parse("sifive-u54,+zba"), RV_EXT_ZBA),
          "+zba");
    check(riscv_has(parse("sifive-u54,zfh=on"), RV_EXT_ZFHMIN), "Zfh brings Zfhmin");
    const TargetCpu *no_f = parse("max,f=off");
    check(!riscv_has(no_f, RV_EXT_D) && !riscv_has(no_f, RV_EXT_ZFH) &&
              !riscv_has(no_f, RV_EXT_ZFA) && riscv_has(no_f, RV_EXT_M),
          "without F no D, Zfh, Zfa");
    check(riscv_has(parse("max,-f,+d"), RV_EXT_F), "D brings F");
    check(riscv_hwcap(parse("sifive-u54")) ==
              (1 << 0 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 12),
          "hwcap of RV64GC");
    check(riscv_hwprobe_ima_ext_0(parse("sifive-u54")) ==
              (3ull | 1ull << 43 | 1ull << 45 | 1ull << 50 | 1ull << 56 | 1ull << 57),
          "hwprobe of RV64GC");
}

static void test_undefined(void)
{
    check(decode("max", 0, 0x20c5a533).row == RV_SH1ADD && !decode("max,-zba", 0, 0x20c5a533).row,
          "sh1add without Zba");
    check(decode("max", 0, 0x9002).row == RV_C_EBREAK && !decode("max,-c", 0, 0x9002).row,
          "c.ebreak without C");
    check(!decode("max,-d", 0, 0x2188).row && decode("max,-d", 0, 0x4188).row == RV_C_LW,
          "c.fld without D");
    check(decode("max", 0, 0x0005e013).row == RV_PREFETCH_I &&
              decode("max,-zicbop", 0, 0x0005e013).row == RV_ORI,
          "prefetch.i is an ori without Zicbop");
    check(decode("max", 0, 0x0100000f).row == RV_PAUSE &&
              decode("max,-zihintpause", 0, 0x0100000f).row == RV_FENCE,
          "pause is a fence");
    check(!decode("max", 0, 0).row && !decode("max", 0, 0xffffffff).row, "all zeros and all ones");
    check(!decode("max,-f", 0, 0x00102573).row && decode("max", 0, 0x00102573).row == RV_CSRRS,
          "fflags without F");
    check(decode("max", RV_CTX_FRM_INVALID, 0x02c5f553).row == 0,
          "dynamic rounding with an invalid frm");
    check(decode("max", RV_CTX_FRM_INVALID, 0x02c58553).row == RV_FADD_D,
          "static rounding with an invalid frm");
    check(!decode("max", 0, 0x02c5d553).row && !decode("max", 0, 0x02c5e553).row,
          "reserved rounding modes");
    TargetInsn insn;
    check(!riscv_decode(parse("max"), 0, 0, (const uint8_t *)"\x13", 1, &insn), "one byte");
    check(!riscv_decode(parse("max"), 0, 0, (const uint8_t *)"\x13\x00\x00", 3, &insn),
          "three bytes of four");
    check(riscv_decode(parse("max"), 0, 0, (const uint8_t *)"\x02\x90", 2, &insn) && insn.len == 2,
          "two bytes of a compressed one");
}

static void test_flow(void)
{
    static const struct {
        uint32_t raw;
        uint8_t flow;
        uint64_t target;
        const char *name;
    } rows[] = {
        { 0x008000ef, FLOW_CALL, 0x1008, "jal ra" },
        { 0x008002ef, FLOW_CALL, 0x1008, "jal t0" },
        { 0x0080006f, FLOW_JUMP, 0x1008, "jal zero" },
        { 0x0080056f, FLOW_JUMP, 0x1008, "jal a0" },
        { 0x004000ef, FLOW_JUMP, 0x1004, "a call to the next instruction" },
        { 0x00008067, FLOW_RETURN, 0, "ret" },
        { 0x00028067, FLOW_RETURN, 0, "jr t0" },
        { 0x00050067, FLOW_INDIRECT, 0, "jr a0" },
        { 0x000500e7, FLOW_CALL_INDIRECT, 0, "jalr a0" },
        { 0x000080e7, FLOW_CALL_INDIRECT, 0, "jalr ra" },
        { 0x000282e7, FLOW_CALL_INDIRECT, 0, "jalr t0, t0" },
        { 0x8082, FLOW_RETURN, 0, "c.jr ra" },
        { 0x9502 | 0, FLOW_CALL_INDIRECT, 0, "c.jalr a0" },
        { 0x00b50463, FLOW_BRANCH, 0x1008, "beq" },
        { 0x00000073, FLOW_END, 0, "ecall" },
        { 0x0000100f, FLOW_END, 0, "fence.i" },
        { 0x00259073, FLOW_END, 0, "csrw frm" },
        { 0x00202573, FLOW_NEXT, 0, "csrr frm" },
        { 0x00159073, FLOW_NEXT, 0, "csrw fflags" },
        { 0xfffff06f, FLOW_JUMP, 0xffe, "jal to before" },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        TargetInsn insn = decode("max", 0, rows[i].raw);
        bool has_target =
            insn.flow == FLOW_CALL || insn.flow == FLOW_JUMP || insn.flow == FLOW_BRANCH;
        check(insn.row && insn.flow == rows[i].flow &&
                  (!has_target || insn.target == rows[i].target),
              rows[i].name);
    }
}

static void test_fcsr(void)
{
    static CpuState s;
    bool ok = true;
    for (uint32_t v = 0; v < 256; v++) {
        riscv_set_fcsr(&s, v | 0x100);
        ok &= riscv_get_fcsr(&s) == v && s.ctx == riscv_ctx_of_frm(v >> 5) &&
              (s.guest_mxcsr & 0x1f80) == 0x1f80;
    }
    check(ok, "fcsr keeps its eight bits");
}

int main(void)
{
    test_parse();
    test_undefined();
    test_flow();
    test_fcsr();
    printf("1..%u\n", count);
    return failed != 0;
}
