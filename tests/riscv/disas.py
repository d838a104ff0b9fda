#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the disassembler with llvm-mc over random valid encodings of every row.  Usage: disas.py TOOL [COUNT PER ROW [SEED]]"""
import re
import shutil
import subprocess
import sys

import guest  # noqa: F401, before what stands in tests/isa
import insns

ATTRS = ('m a f d c zba zbb zbs zbc zfh zfa experimental-zacas zicond zcb zawrs zicbom zicboz zicbop zihintntl zihintpause zimop '
         'zcmop').split()
CSRS = [1, 2, 3, 0xc00, 0xc01, 0xc02]
# llvm shows the instructions that these hints are encoded as
HINTS = {'ntl.p1': 'add zero, zero, sp', 'ntl.pall': 'add zero, zero, gp', 'ntl.s1': 'add zero, zero, tp', 'ntl.all': 'add zero, zero, t0'}
# exact conversions: llvm leaves out their rounding mode where it is rne
WIDENING = re.compile(r'^(fcvt\.d\.[sw]u?|fcvt\.[sd]\.h) .*')


def normal(text):
    text = ' '.join(text.split())
    text = re.sub(r'0x([0-9a-f]+)$', lambda m: str(int(m[1], 16) - (1 << 64 if int(m[1], 16) >> 63 else 0)), text)
    text = re.sub(r'\bunknown\b', '0', text)
    text = re.sub(r'^(c\.s[rl][la]i)64 (\w+)$', r'\1 \2, 0', text)
    text = re.sub(r'^c\.lui zero, (\d+)$', lambda m: f'c.lui zero, {int(m[1]) - (1 << 20)}', text)
    if text == 'pause':
        return 'fence w, 0'
    name = text.removeprefix('c.')
    if name in HINTS:
        return HINTS[name] if name == text else 'c.' + re.sub('zero, zero', 'zero', HINTS[name])
    if WIDENING.match(text):
        text = text.removesuffix(', rne')
    return text


def llvm(items):
    lines = [' '.join(f'0x{b:02x}' for b in w.to_bytes(row.width // 8, 'little')) for row, w in items]
    done = subprocess.run(['llvm-mc-19', '-triple=riscv64', '-mattr=' + ','.join('+' + a for a in ATTRS), '-disassemble', '-M', 'no-aliases'],
                          input='\n'.join(lines), text=True, capture_output=True)
    bad = {int(m[1]) - 1 for m in re.finditer(r'^<stdin>:(\d+):1: warning: invalid', done.stderr, re.M)}
    good = iter(line for line in done.stdout.splitlines() if line.strip() and line.strip() != '.text')
    return ['invalid' if i in bad else next(good) for i in range(len(items))]


def main():
    tool = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    if not shutil.which('llvm-mc-19'):
        print('ok 1 - disassembler # SKIP no llvm-mc-19')
        return 0
    source = insns.Source(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    items = []
    for row in source.isa.rows:
        for _ in range(count):
            fixed = {'c': source.rng.choice(CSRS)} if row.format.name in ('CSR', 'CSRI') else None
            if fixed and fixed['c'] >= 0xc00:  # read-only: ours shows a write as undefined
                fixed['s' if row.format.name == 'CSR' else 'u'] = 0
                if row.name in ('csrrw', 'csrrwi'):
                    fixed['c'] = 3
            if row.name == 'fence':
                fixed = {'f': 0}  # llvm refuses reserved modes
            items.append((row, source.word(row, fixed, ignored=False)))
    ours = subprocess.run([tool, 'disas'], input='\n'.join(f'{w:x}' for _, w in items), text=True, capture_output=True, check=True).stdout.splitlines()
    theirs = llvm(items)
    failed = {}
    for (row, w), a, b in zip(items, ours, theirs):
        if normal(a) != normal(b):
            failed.setdefault(row.name, f'{w:#x}: {a!r}, llvm {b.strip()!r}')
    for i, row in enumerate(source.isa.rows, 1):
        bad = failed.get(row.name)
        print(f'{"not ok" if bad else "ok"} {i} - {row.name}' + (f': {bad}' if bad else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
