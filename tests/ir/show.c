/* SPDX-License-Identifier: MIT */
/* Printing the steps of a compilation. */
#include "tests/ir/show.h"

#include <capstone/capstone.h>
#include <stdio.h>

#include "tcg/mir_print.h"
#include "tcg/print.h"
#include "tcg/x86_64/select.h"

static void write_out(void *opaque, const char *text, size_t len) { fwrite(text, 1, len, stdout); }

void show_ir(const IrRegion *r)
{
    ir_print(r, write_out, NULL);
    fflush(stdout);
}

void show_mir(IrRegion *r, struct Arena *arena)
{
    static const char *names[MOP_COUNT];
    static const char *const gprs[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };
    for (unsigned i = 0; i < MOP_COUNT; i++) {
        names[i] = mop_name[i];
    }
    MirNames words = { .ops = names, .regs = { gprs } };
    MRegion m = { .arena = arena };
    mir_select(r, &(HostSettings){ 0 }, &m);
    MAlloc alloc = { 0 };
    mir_allocate(&m, &x86_mhost, &alloc);
    mir_print(1, &m, alloc.is_failed ? NULL : &alloc, &words);
}

void show_code(const CodeBlob *blob)
{
    csh cs;
    cs_insn *insns;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK) {
        return;
    }
    size_t n = cs_disasm(cs, blob->code, blob->code_size, 0, 0, &insns);
    for (size_t i = 0; i < n; i++) {
        printf("%6lx  %s %s\n", insns[i].address, insns[i].mnemonic, insns[i].op_str);
    }
    cs_free(insns, n);
    cs_close(&cs);
    fflush(stdout);
}
