#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/cases/aarch64/*.case: for each row some encodings with fields at their boundaries and inputs at boundaries, outcomes from an oracle
(QEMU as a black box).  Usage: record.py TOOL FOLDER [CASES PER ROW]   (TOOL: build/tests/aarch64/aarch64_tool; FOLDER: for the oracle program)
Lines that the oracle cannot give stand in a64_hand.case."""
import os
import subprocess
import sys

import experiments as ex
import random_insns

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(os.path.dirname(HERE), 'cases', 'aarch64')
BACK_X = [0x1111111100000000 + i for i in range(31)] + [ex.DATA_WINDOW + 128]
BACK_V = [(0x4004f0f000000000 + i) << 64 | 0x3ff4f0f000000000 + i for i in range(32)]
BACK_MEM = bytes((i * 7 + 3) & 255 for i in range(256))


def x_name(i):
    return 'sp' if i == 31 else f'x{i}'


def registers(row, word):
    """(general, vector) registers that the operands name; a few more for lists."""
    out = set()
    for letter in 'dnmatus':
        if letter in row.fields and len(row.fields[letter]) >= 4:
            n = row.field(word, letter) << (5 - len(row.fields[letter]))
            out |= {n & 31, n + 1 & 31} if len(row.fields[letter]) == 4 else {n}
    is_vector = any(e in ('FP', 'SIMD', 'FP16', 'RDM', 'DOTPROD', 'I8MM', 'PMULL', 'JSCVT', 'FCMA', 'FHM', 'FRINT', 'AES', 'SHA1', 'SHA256', 'SHA512', 'SHA3', 'SM3', 'SM4', 'BF16') for e in row.exts)
    return sorted(out), is_vector


class Case:
    def __init__(self, g, rows, words):
        self.words = words
        x, v, self.items = list(BACK_X), list(BACK_V), []
        for row, w in zip(rows, words):
            regs, is_vector = registers(row, w)
            for i in regs:
                if f'{x_name(i)}=' in ' '.join(self.items):
                    continue
                base = row.trans.startswith(random_insns.MEMORY + ('set_', 'cpy_')) and i in random_insns.POINTERS
                x[i] = g.pointer() if base else g.value()
                if i == 31:
                    x[i] &= ~15
                if base and 'atomic' in row.where:
                    x[i] &= ~15
                if i == random_insns.SMALL:
                    x[i] = g.rng.randrange(40)
                self.items.append(f'{x_name(i)}={x[i]:x}')
                if is_vector:
                    v[i] = g.vector()
                    self.items.append(f'v{i}={v[i]:032x}')
        nzcv = g.rng.getrandbits(4)
        fpcr = g.rng.choice([0, 0, 1, 2, 3]) << 22 if any(r.where.startswith(('a64_fp', 'a64_vfp', 'a64_crypto')) for r in rows) else 0
        if fpcr == 0 and g.rng.randrange(4) == 0 and any(r.where.startswith(('a64_fp', 'a64_vfp', 'a64_crypto')) for r in rows):
            fpcr = g.rng.choice([1 << 19, 1 << 24, 1 << 25, 1 << 26])
        self.items += [f'nzcv={nzcv:x}'] + ([f'fpcr={fpcr:x}'] if fpcr else [])
        code = b''.join(w.to_bytes(4, 'little') for w in words)
        self.e = ex.Experiment(code, x, v, nzcv, fpcr, 0, BACK_MEM)


def outputs(e, o):
    """What differs from the inputs; a stop elsewhere than after the code; any other end than the brk there."""
    r = o.regs
    items = [f'{x_name(i)}={r[x_name(i)]:x}' for i in range(32) if r[x_name(i)] != e.x[i]]
    for i in range(32):
        value = r[f'v{i}h'] << 64 | r[f'v{i}l']
        if value != e.v[i]:
            items.append(f'v{i}={value:032x}')
    items += [f'{n}={r[n]:x}' for n in ('nzcv', 'fpcr', 'fpsr') if r[n] != getattr(e, n)]
    items += [f'm+{i}={o.mem[i:i + 8].hex()}' for i in range(0, 256, 8) if e.mem[i:i + 8] != o.mem[i:i + 8]]
    offset = r['pc'] - ex.CODE_BASE
    if offset != len(e.code):
        items.append(f'pc={offset:+d}')
    if r['sig'] == ex.SIGILL:
        items.append('ill')
    elif r['sig'] != ex.SIGTRAP:
        items.append(f'{"bus" if r["sig"] == ex.SIGBUS else "segv"}:{r["code"]}:{r["addr"]:x}')
    return items


def draw(g, row):
    """One sequence that has the row."""
    g.rows = [row]
    if row.trans.startswith('store_exclusive'):
        load = g.isa.by_name[row.name.replace('stl', 'lda').replace('st', 'ld')]
        w = g.make(load)
        s = None
        while s is None:
            g.width = row.name.removeprefix('stl').removeprefix('st')[1:]
            s = g.make(row)
        return [load, row], [w, s]
    rows, words = g.pieces()
    for i, r in enumerate(rows):
        if r.flow in ('branch', 'b', 'bl') or r.name == 'adr' and len(rows) > 1:
            words[i] = g.set_offset(r, words[i], 4 * (len(rows) - i))
    return rows, words


def main():
    tool, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 6
    oracle = ex.build_oracle(folder)
    files = {}
    g = random_insns.Generator(1)
    for row in list(g.rows):
        files.setdefault(row.where.split(':')[0], []).extend(Case(g, *draw(g, row)) for _ in range(count))
    os.makedirs(CASES, exist_ok=True)
    for name, cases in files.items():
        outcomes = ex.run(oracle, [c.e for c in cases], 0)
        words = [w for c in cases for w in c.words]
        text = iter(subprocess.run([tool, 'disas'], input='\n'.join(f'{w:x}' for w in words), text=True, capture_output=True, check=True).stdout.splitlines())
        lines = [f'# SPDX-License-Identifier: MIT\n# Rows of {name}. Written by record.py; run_cases.c reads it and explains the format.']
        for c, o in zip(cases, outcomes):
            shown = ' / '.join(next(text) for _ in c.words)
            if o.regs['sig'] in (ex.SIGSEGV, ex.SIGBUS):
                continue  # faults are the random test's: the oracle's addresses are not always right
            code = ','.join(f'{w:08x}' for w in c.words)
            lines.append(' '.join(f'{code} {shown} ; {" ".join(c.items)} => {" ".join(outputs(c.e, o))}'.split()))
        path = os.path.join(CASES, name.replace('.isa', '.case'))
        with open(path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(dict.fromkeys(lines)) + '\n')
        print(f'{path}: {len(lines) - 1}')


if __name__ == '__main__':
    main()
