#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/cases/aarch64/*.case: for each row some encodings with fields at their boundaries and inputs at boundaries, outcomes from an oracle
(QEMU as a black box).  Usage: record.py TOOL FOLDER [CASES PER ROW]   (TOOL: build/tests/isa/aarch64_tool; FOLDER: for the oracle program)
Lines that the oracle cannot give stand in a64_hand.case."""
import sys

import guest  # noqa: F401, before what stands in tests/isa
import case_lines
import experiments as ex
import random_insns

BACKGROUND = ex.numbered('x', [0x1111111100000000 + i for i in range(31)]) | {'sp': ex.DATA_WINDOW + 128} | \
    ex.numbered('v', [(0x4004f0f000000000 + i) << 64 | 0x3ff4f0f000000000 + i for i in range(32)])


def registers(row, word):
    """(number, whether the vector register of that number matters) of registers that the operands name; a few more for lists."""
    out = set()
    for letter in 'dnmatus':
        if letter in row.fields and len(row.fields[letter]) >= 4:
            n = row.field(word, letter) << (5 - len(row.fields[letter]))
            out |= {n & 31, n + 1 & 31} if len(row.fields[letter]) == 4 else {n}
    is_vector = any(e in ('FP', 'SIMD', 'FP16', 'RDM', 'DOTPROD', 'I8MM', 'PMULL', 'JSCVT', 'FCMA', 'FHM', 'FRINT', 'AES', 'SHA1', 'SHA256', 'SHA512', 'SHA3', 'SM3', 'SM4', 'BF16') for e in row.exts)
    return [(i, is_vector) for i in sorted(out)]


class Case:
    def __init__(self, g, rows, words):
        self.rows, self.words = rows, words
        regs = {}
        for row, w in zip(rows, words):
            for i, is_vector in registers(row, w):
                x = 'sp' if i == 31 else f'x{i}'
                if x in regs:
                    continue
                base = row.trans.startswith(random_insns.MEMORY + ('set_', 'cpy_')) and i in g.POINTERS
                regs[x] = g.pointer() if base else g.value()
                if i == 31 or base and 'atomic' in row.where:
                    regs[x] &= ~15
                if i == random_insns.SMALL:
                    regs[x] = g.rng.randrange(40)
                if is_vector:
                    regs[f'v{i}'] = g.vector()
        regs['nzcv'] = g.rng.getrandbits(4)
        if any(r.where.startswith(('a64_fp', 'a64_vfp', 'a64_crypto')) for r in rows):
            fpcr = g.rng.choice([0, 0, 1, 2, 3]) << 22
            if fpcr == 0 and g.rng.randrange(4) == 0:
                fpcr = g.rng.choice([1 << 19, 1 << 24, 1 << 25, 1 << 26])
            if fpcr:
                regs['fpcr'] = fpcr
        self.named = regs
        code = b''.join(w.to_bytes(4, 'little') for w in words)
        self.e = ex.Experiment(code, BACKGROUND | regs, case_lines.BACKGROUND_MEM)


def draw(g, row):
    """One sequence that has the row."""
    if row.trans.startswith('store_exclusive'):
        load = g.isa.by_name[row.name.replace('stl', 'lda').replace('st', 'ld')]
        w = g.make(load)
        s = None
        while s is None:
            g.width = row.name.removeprefix('stl').removeprefix('st')[1:]
            s = g.make(row)
        return [load, row], [w, s]
    piece = None
    while not piece:
        piece = g.pieces(row)
    rows, words = piece
    for i, r in enumerate(rows):
        if r.flow in ('branch', 'b', 'bl') or r.name == 'adr' and len(rows) > 1:
            words[i] = g.set_offset(r, words[i], 4 * (len(rows) - i))
    return rows, words


def main():
    tool, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 6
    oracle = ex.build_oracle(folder)
    files = {}
    g = random_insns.Generator(1)
    for row in g.menus[0][0]:
        files.setdefault(row.where.split(':')[0], []).extend(Case(g, *draw(g, row)) for _ in range(count))
    for name, cases in files.items():
        outcomes = ex.run(oracle, [c.e for c in cases], 0)
        texts = case_lines.disassemble(tool, [c.words for c in cases])
        case_lines.write(name, [
            case_lines.line(c.words, [32] * len(c.words), text, [case_lines.item(*n) for n in c.named.items()], case_lines.outputs(c.e, o))
            for c, o, text in zip(cases, outcomes, texts)
            if o.regs['sig'] not in (ex.SIGSEGV, ex.SIGBUS)])  # faults are the random test's: the oracle's addresses are not always right


if __name__ == '__main__':
    main()
