#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/cases/riscv/*.case: inputs of values.py, outcomes from an oracle (QEMU as a black box); where the manual differs, the line says so.
Usage: record.py TOOL FOLDER   (TOOL: build/tests/isa/riscv_tool, which shows the assembly text; FOLDER: for the oracle program)"""
import sys

import guest  # noqa: F401, before what stands in tests/isa
import case_lines
import experiments as ex
import values as v
import values_fp as vf

BACKGROUND = ex.numbered('x', [0] + [0x1111111100000000 + i for i in range(1, 32)]) | ex.numbered('f', [0x7ff4f0f000000000 + i for i in range(32)])

# translation of the row (up to its parenthesis) -> maker of its cases
MAKERS = {
    'alu': v.alu_cases, 'alu_w': v.alu_cases, 'unary': v.alu_cases, 'unary_w': v.alu_cases, 'compare': v.alu_cases, 'czero': v.alu_cases,
    'shift_add': v.alu_cases, 'shift_add_uw': v.alu_cases, 'alu_imm': v.imm_cases, 'alu_imm_w': v.imm_cases, 'compare_imm': v.imm_cases,
    'lui': v.upper_cases, 'auipc': v.upper_cases, 'li': v.upper_cases, 'mv': v.mv_cases, 'nop': v.nothing_cases, 'zero': v.zero_cases,
    'fence': v.nothing_cases, 'fence_tso': v.nothing_cases, 'fence_i': v.nothing_cases, 'ebreak': v.nothing_cases,
    'load': v.memory_cases, 'store': v.memory_cases, 'branch': v.branch_cases, 'branch_swapped': v.branch_cases, 'jal': v.jal_cases, 'jalr': v.jalr_cases,
    'amo_w': v.atomic_cases, 'amo_d': v.atomic_cases, 'amocas_w': v.atomic_cases, 'amocas_d': v.atomic_cases, 'amocas_q': v.cas_quad_cases,
    'lr': v.lr_cases, 'sc': v.sc_cases, 'cbo_touch': v.cbo_cases, 'cbo_zero': v.cbo_cases, 'csr': v.csr_cases, 'csr_imm': v.csr_cases,
    'fcvtmod_w_d': vf.modular_cases, 'fcvt_s_d': vf.convert_cases, 'fcvt_d_s': vf.convert_cases, 'fcvt_s_h': vf.convert_cases, 'fcvt_h_s': vf.convert_cases,
    'fcvt_d_h': vf.convert_cases, 'fcvt_h_d': vf.convert_cases,
}
PREFIXES = [('fload', v.memory_cases), ('fstore', v.memory_cases), ('farith', vf.two_cases), ('fma', vf.fma_cases), ('fsgn', vf.sign_cases), ('fminmax', vf.unrounded_pairs),
            ('fcmp', vf.unrounded_pairs), ('fclass', vf.class_cases), ('fcvt_int', vf.to_int_cases), ('fcvt', vf.from_int_cases), ('fmv', vf.move_cases),
            ('fround', vf.round_cases), ('fli', vf.constant_cases)]
ECALL = 'ecall'  # no oracle: it would be a system call


def maker(row):
    name = row.trans.split('(')[0]
    if name in MAKERS:
        return MAKERS[name]
    if row.trans.endswith('(SOFT_SQRT)'):
        return vf.one_cases
    return next(m for p, m in PREFIXES if name.startswith(p))


def named(case):
    """The registers that a case sets."""
    out = {f'x{i}': val & ex.MASK for i, val in case.x.items() if i} | {f'f{i}': val & ex.MASK for i, val in (case.f or {}).items()}
    return out | ({'fcsr': case.fcsr} if case.fcsr else {})


def experiment(case):
    code = b''.join(w.to_bytes(r.width // 8, 'little') for r, w in case.words)
    mem = bytearray(case_lines.BACKGROUND_MEM)
    for off, data in (case.mem or {}).items():
        mem[off:off + len(data)] = data
    return ex.Experiment(code, BACKGROUND | named(case), bytes(mem))


def inputs(case):
    return [case_lines.item(*n) for n in named(case).items()] + [f'm+{off}={data.hex()}' for off, data in (case.mem or {}).items()]


def manual_outcome(e, changes):
    """The outcome that the manual gives: nothing but `changes`."""
    o = ex.Outcome(bytes(ex.Outcome.SIZE))
    o.regs |= e.regs | {'pc': ex.CODE_BASE + len(e.code), 'sig': ex.SIGTRAP} | {f'x{i}': value for i, value in changes.get('x', {}).items()}
    mem = bytearray(e.mem)
    for off, data in changes.get('m', {}).items():
        mem[off:off + len(data)] = data
    o.mem = bytes(mem)
    if 'sig' in changes:
        o.regs.update(pc=ex.CODE_BASE, **{k: changes[k] for k in ('sig', 'code', 'addr')})
    return o


def write_file(name, oracle, tool, rows, m):
    cases = [c for row in rows for c in maker(row)(m, row)]
    tests = [experiment(c) for c in cases]
    nothing = ex.Experiment(ex.BREAK, {})  # the oracle may not survive what only the manual defines
    outcomes = ex.run(oracle, [nothing if c.manual else e for c, e in zip(cases, tests)], 0)
    lines = []
    for c, e, o, text in zip(cases, tests, outcomes, case_lines.disassemble(tool, [[w for _, w in c.words] for c in cases])):
        note = ''
        if c.manual:
            note = f' # manual: {c.manual[0]}'
            o = manual_outcome(e, c.manual[1])
        lines.append(case_lines.line([w for _, w in c.words], [r.width for r, _ in c.words], text, inputs(c), case_lines.outputs(e, o)) + note)
    case_lines.write(name, lines)


def main():
    tool, folder = sys.argv[1:3]
    oracle = ex.build_oracle(folder)
    m = v.Maker()
    files = {}
    for row in m.isa.rows:
        if row.name != ECALL:
            files.setdefault(row.where.split(':')[0], []).append(row)
    for name, rows in files.items():
        write_file(name, oracle, tool, rows, m)


if __name__ == '__main__':
    main()
