#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/cases/riscv/*.case: inputs of values.py, outcomes from an oracle (QEMU as a black box); where the manual differs, the line says so.
Usage: record.py TOOL FOLDER   (TOOL: build/tests/riscv/riscv_tool, which shows the assembly text; FOLDER: for the oracle program)"""
import os
import subprocess
import sys

import values as v
import values_fp as vf
from values import ex

BACKGROUND_X = [0] + [0x1111111100000000 + i for i in range(1, 32)]
BACKGROUND_F = [0x7ff4f0f000000000 + i for i in range(32)]
BACKGROUND_MEM = bytes((i * 7 + 3) & 255 for i in range(256))

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


def experiment(case):
    code = b''.join(w.to_bytes(r.width // 8, 'little') for r, w in case.words)
    x, f, mem = list(BACKGROUND_X), list(BACKGROUND_F), bytearray(BACKGROUND_MEM)
    for i, value in case.x.items():
        x[i] = value & ex.MASK if i else 0
    for i, value in (case.f or {}).items():
        f[i] = value & ex.MASK
    for off, data in (case.mem or {}).items():
        mem[off:off + len(data)] = data
    return ex.Experiment(code, x, f, case.fcsr, bytes(mem))


def memory_items(before, after):
    """m+OFFSET=BYTES of each changed run, in words of 8."""
    out = []
    for i in range(0, 256, 8):
        if before[i:i + 8] != after[i:i + 8]:
            out.append(f'm+{i}={after[i:i + 8].hex()}')
    return out


def inputs(case):
    items = [f'x{i}={val & ex.MASK:x}' for i, val in case.x.items() if i] + [f'f{i}={val & ex.MASK:x}' for i, val in (case.f or {}).items()]
    if case.fcsr:
        items.append(f'fcsr={case.fcsr:x}')
    return items + [f'm+{off}={data.hex()}' for off, data in (case.mem or {}).items()]


def outputs(e, o):
    """What differs from the inputs; a stop elsewhere than after the code; any other end than the c.ebreak there."""
    items = [f'x{i}={o.regs[f"x{i}"]:x}' for i in range(1, 32) if o.regs[f'x{i}'] != e.x[i]]
    items += [f'f{i}={o.regs[f"f{i}"]:x}' for i in range(32) if o.regs[f'f{i}'] != e.f[i]]
    if o.regs['fcsr'] != e.fcsr:
        items.append(f'fcsr={o.regs["fcsr"]:x}')
    items += memory_items(e.mem, o.mem)
    offset = o.regs['pc'] - ex.CODE_BASE
    sig, code = o.regs['sig'], o.regs['code']
    if offset != len(e.code):
        items.append(f'pc={offset:+d}')
    if sig == ex.SIGILL:
        items.append('ill')
    elif sig != ex.SIGTRAP:
        items.append(f'{"bus" if sig == ex.SIGBUS else "segv"}:{code}:{o.regs["addr"]:x}')
    return items


def manual_outcome(e, changes):
    """The outcome that the manual gives: nothing but `changes`."""
    o = ex.Outcome(bytes(ex.OUTCOME.size))
    for i in range(32):
        o.regs[f'x{i}'], o.regs[f'f{i}'] = e.x[i], e.f[i]
    o.regs.update(fcsr=e.fcsr, pc=ex.CODE_BASE + len(e.code), sig=ex.SIGTRAP)
    for i, value in changes.get('x', {}).items():
        o.regs[f'x{i}'] = value
    mem = bytearray(e.mem)
    for off, data in changes.get('m', {}).items():
        mem[off:off + len(data)] = data
    o.mem = bytes(mem)
    if 'sig' in changes:
        o.regs.update(pc=ex.CODE_BASE, **{k: changes[k] for k in ('sig', 'code', 'addr')})
    return o


def disassemble(tool, cases):
    words = [w for c in cases for _, w in c.words]
    text = iter(subprocess.run([tool, 'disas'], input='\n'.join(f'{w:x}' for w in words), text=True, capture_output=True, check=True).stdout.splitlines())
    return [' / '.join(next(text) for _ in c.words) for c in cases]


def write_file(path, name, oracle, tool, rows, m):
    cases = [c for row in rows for c in maker(row)(m, row)]
    tests = [experiment(c) for c in cases]
    nothing = ex.Experiment(ex.C_EBREAK)  # the oracle may not survive what only the manual defines
    outcomes = ex.run(oracle, [nothing if c.manual else e for c, e in zip(cases, tests)], 0)
    lines = [f'# SPDX-License-Identifier: MIT\n# Rows of {name}. Written by record.py; run.c reads it and explains the format.']
    for c, e, o, text in zip(cases, tests, outcomes, disassemble(tool, cases)):
        note = ''
        if c.manual:
            note = f' # manual: {c.manual[0]}'
            o = manual_outcome(e, c.manual[1])
        code = ','.join(f'{w:0{r.width // 4}x}' for r, w in c.words)
        line = f'{code} {text} ; {" ".join(inputs(c))} => {" ".join(outputs(e, o))}'
        lines.append(' '.join(line.split()) + note)
    lines = list(dict.fromkeys(lines))
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    print(f'{path}: {len(lines) - 1}')


def main():
    tool, folder = sys.argv[1:3]
    oracle = ex.build_oracle(folder)
    m = v.Maker()
    files = {}
    for row in m.isa.rows:
        if row.name != ECALL:
            files.setdefault(row.where.split(':')[0], []).append(row)
    for name, rows in files.items():
        write_file(os.path.join(v.HERE, 'riscv', name.replace('.isa', '.case')), name, oracle, tool, rows, m)


if __name__ == '__main__':
    main()
