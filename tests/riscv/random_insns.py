#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random valid instructions in short blocks, by an oracle (QEMU as a black box) and by Lyre's engines: every register, flag, byte of memory
and fault must agree.  Usage: random_insns.py RUN FOLDER [INSTRUCTIONS [SEED]] [--chains]; environment ENGINES: names of engines; LYRE: an emulator
that runs the oracle's program too, signal frames and all. --chains: long straight blocks, mostly of integer rows, for the allocation of registers."""
import argparse
import collections
import os
import re
import sys

import experiments as ex
import insns

POINTERS = {2, 8, 15}     # sp, s0, a5: hold addresses and are rarely written
OFTEN = list(range(32)) + [1, 9, 10, 11, 14, 18, 19]  # registers of chains; twice: those with a register of the host
ALIGNED = 8               # the one for atomics
# rows that end a block or wait; the oracle's user mode refuses cache management, Linux allows it
SKIPPED = {'ecall', 'ebreak', 'c.ebreak', 'wrs.nto', 'wrs.sto', 'cbo.inval', 'cbo.clean', 'cbo.flush'}
CSRS = [1, 2, 3]
NOPS = {2: b'\x01\0', 4: b'\x13\0\0\0'}


def pure_weight(row):
    """How often a chain of integer instructions has the row: none that ends a region or needs a C helper, which keeps a chain from tier 1's quick compiler."""
    if row.flow != 'next' or not row.where.startswith(('rv_i', 'rv_b', 'rv_c')) or row.trans.startswith(('fence', 'cbo', 'fload', 'fstore', 'load', 'store')):
        return 0
    return {'nop': 1, 'mv': 80, 'li': 30}.get(row.trans, 20 if row.format.name in ('R', 'CA', 'CR') else 6)


def seen_weight(row):
    """The same, with what makes the guest's state visible."""
    return 8 if row.flow == 'branch' or row.trans.startswith(('load', 'store')) else pure_weight(row)


def mixed_weight(row):
    return 0 if row.flow in ('jal', 'jalr') else seen_weight(row) or 1


def short_weight(row):
    return 3 if row.format.name.startswith('C') else 2


# a block: instructions; blocks in a run; one in `stray` pointers or destinations of instructions is a bad one; what its rows weigh: one function is drawn per block
Shape = collections.namedtuple('Shape', 'least most batch stray weights')
SHORT = Shape(1, 6, 4000, 20, [short_weight])
CHAIN = Shape(20, 36, 400, 200, [pure_weight, seen_weight, seen_weight, mixed_weight])


class Generator(insns.Source):
    def __init__(self, seed, shape):
        super().__init__(seed)
        self.shape = shape
        rows = [r for r in self.isa.rows if r.name not in SKIPPED]
        self.menus = [(rows, [weigh(r) for r in rows]) for weigh in shape.weights]

    def value(self):
        k = self.rng.randrange(4)
        if k == 0:
            return self.rng.choice(ex.INTEGERS)
        if k == 1:
            return self.rng.getrandbits(self.rng.randrange(1, 65))
        if k == 2:
            return -self.rng.getrandbits(self.rng.randrange(1, 32)) & ex.MASK
        return self.rng.getrandbits(64)

    def float_value(self):
        fmt = self.rng.choice('hssddd')
        k = self.rng.randrange(8)
        if k < 4:
            v = self.rng.choice(ex.FLOATS[fmt])
        elif k < 7:  # exponents near each other, so that sums do not vanish
            width, frac = {'h': (5, 10), 's': (8, 23), 'd': (11, 52)}[fmt]
            exp = ((1 << (width - 1)) - 1) + self.rng.randrange(-4, 5)
            v = self.rng.getrandbits(1) << (width + frac) | exp << frac | self.rng.getrandbits(frac)
        else:
            v = self.rng.getrandbits({'h': 16, 's': 32, 'd': 64}[fmt])
        if self.rng.randrange(20) == 0:
            return self.rng.choice(ex.NOT_BOXED)
        return v | ex.BOX[fmt]

    def pointer(self):
        k = self.rng.randrange(2 * self.shape.stray)
        if k == 0:
            return self.rng.choice([0, 8, ex.DATA_UNMAPPED, ex.DATA_UNMAPPED - 4, ex.DATA_READ_ONLY, ex.MASK, 1 << 63, ex.DATA_BASE])
        return ex.DATA_WINDOW + 64 + self.rng.randrange(0, 96, 8) + (self.rng.randrange(8) if k < 4 else 0)

    def fields(self, row):
        """Choices for some fields, so that most accesses hit and pointers survive."""
        f = row.fields
        fixed = {}
        memory = row.trans.startswith(('load', 'store', 'fload', 'fstore', 'lr', 'sc', 'amo', 'cbo'))
        if row.name.startswith(('lr', 'sc', 'amo')) and self.rng.randrange(30):
            fixed['s'] = ALIGNED
        elif memory and 's' in f:
            if len(f['s']) == 3:
                fixed['s'] = self.rng.choice([0, 7])
            elif self.rng.randrange(self.shape.stray):
                fixed['s'] = self.rng.choice(sorted(POINTERS))
        if memory and 'i' in f and len(f['i']) == 12:
            fixed['i'] = self.rng.randrange(-64, 64) & 0xfff
        if 'd' in f and self.rng.randrange(self.shape.stray):
            names = [v for v in range(1 << len(f['d'])) if (v + 8 if len(f['d']) == 3 else v * (2 if len(f['d']) == 4 else 1)) not in POINTERS]
            if len(f['d']) == 4:
                names = [v for v in names if 2 * v + 1 not in POINTERS]
            fixed['d'] = self.rng.choice(names)
            if row.name == 'c.addi16sp':
                fixed = {}
        if 'c' in f:
            fixed['c'] = self.rng.choice(CSRS)
        if self.shape is CHAIN:
            self.depend(f, fixed)
        return fixed

    def depend(self, f, fixed):
        """Registers of an instruction of a chain: results are read soon and forgotten soon, a destination is often a source too."""
        def number(letter, values):
            base = {3: 8, 5: 0}[len(f[letter])]
            possible = [v - base for v in values if 0 <= v - base < 1 << len(f[letter])]
            return {letter: self.rng.choice(sorted(possible))} if possible else {}
        for letter in 'st':
            if letter in f and letter not in fixed and len(f[letter]) in (3, 5):
                fixed.update(number(letter, self.recent if self.rng.randrange(self.near) == 0 else self.pool))
        if 'd' in fixed and len(f['d']) in (3, 5):
            sources = [fixed[letter] + 8 * (len(f[letter]) == 3) for letter in 'st' if letter in fixed]
            fixed.update(number('d', set(sources if self.rng.randrange(self.near) == 0 else self.pool) - POINTERS))
            self.recent = [fixed['d'] + 8 * (len(f['d']) == 3)] + self.recent[:1]

    def set_offset(self, row, word, offset):
        """A branch to pc + offset: offset bits go where the row's immediate has them."""
        spec = row.format.operands['imm']
        bits = insns.gen_isa.spec_bits(spec[3:-1], row.fields)
        for i, b in enumerate(reversed(bits)):
            if isinstance(b, int):
                word = word & ~(1 << b) | (offset >> i & 1) << b
        return word

    def oracle_errs(self, rows, words):
        """QEMU 11 forgets the flags of fround and froundnx where the result is dead, and lets amocas write x0."""
        rounded = set()
        for r, w in zip(rows, words):
            d = r.field(w, 'd') if 'd' in r.fields else None
            if r.asm.startswith('f:rd'):
                if d in rounded or (r.width == 16 and rounded):
                    return True
                if r.name.startswith('fround'):
                    rounded.add(d)
            if r.name.startswith('amocas') and d == 0:
                return True
        return False

    def block(self):
        while True:
            code, rows, is_good = self.try_block()
            if is_good:
                return code, rows

    def computed_jump(self, row, starts, targets, i):
        """auipc and addi before a jalr, so that it leads to an instruction ahead (bit 0 does not matter)."""
        reg = self.rng.choice([1, 5, 6, 31])
        disp = self.rng.choice([0, 0, 16, -2048, 2047]) if row.width == 32 else 0
        ahead = [n for n in targets if n > starts[i]]
        offset = self.rng.choice(ahead) - starts[i - 2] - disp
        auipc, addi = self.isa.by_name['auipc'], self.isa.by_name['addi']
        if not -2048 <= offset < 2048:
            offset, disp = self.rng.choice(ahead) - starts[i - 2], 0
        fields = {'s': reg, 'i': disp & 0xfff, 'd': self.rng.choice([0, 1, 5, 7])}
        return [self.word(auipc, {'d': reg, 'i': 0}), self.word(addi, {'d': reg, 's': reg, 'i': offset & 0xfff}),
                self.word(row, {f: fields[f] for f in fields if f in row.fields})]

    def try_block(self):
        n = self.rng.randint(self.shape.least, self.shape.most)
        rows, lr = [], ''
        menu, forget = self.rng.choice(self.menus), n
        if self.shape is CHAIN:  # few registers and kinds of rows, so that what goes wrong together comes together
            menu = [self.rng.choices(*menu, k=self.rng.randrange(5, 40))]
            self.pool = set(self.rng.sample(OFTEN, self.rng.randrange(3, 14)))
            self.near = self.rng.choice([2, 3, 8])
            self.recent = []
            forget = n - self.rng.randrange(len(self.pool))
        while len(rows) < n:
            row = self.isa.by_name['c.li'] if len(rows) > forget else self.rng.choices(*menu)[0]
            if row.flow == 'jalr':
                rows += [self.isa.by_name['auipc'], self.isa.by_name['addi'], row]
                continue
            if (row.name.startswith('sc.') and row.name[2:] != lr[2:]):
                continue  # the oracle stores and reports failure where the widths differ
            if row.name.startswith('lr.'):
                lr = row.name
            rows.append(row)
        words = [self.word(r, self.fields(r)) for r in rows]
        starts = [0]
        for r in rows:
            starts.append(starts[-1] + r.width // 8)
        # not into the middle of a computed jump
        inside = {starts[i - k] for i, r in enumerate(rows) if r.flow == 'jalr' for k in (0, 1)}
        targets = [n for n in starts if n not in inside]
        for i, r in enumerate(rows):
            if r.flow == 'jalr':
                words[i - 2:i + 1] = self.computed_jump(r, starts, targets, i)
        code = b''
        for i, (r, w) in enumerate(zip(rows, words)):
            if r.flow in ('branch', 'jal'):
                w = self.set_offset(r, w, self.rng.choice([n for n in targets if n > starts[i]]) - starts[i])
            code += w.to_bytes(r.width // 8, 'little')
        return code, rows, not self.oracle_errs(rows, words)

    def experiment(self):
        code, rows = self.block()
        x = [0] + [self.value() for _ in range(31)]
        for p in POINTERS:
            x[p] = self.pointer()
        if self.rng.randrange(10):
            x[ALIGNED] &= ~15
        f = [self.float_value() for _ in range(32)]
        frm = self.rng.choice([0, 0, 0, 0, 1, 2, 3, 4, 4, 5, 6, 7])
        flags = self.rng.getrandbits(5) if self.rng.randrange(3) == 0 else 0
        e = ex.Experiment(code, x, f, frm << 5 | flags, self.rng.randbytes(256))
        e.rows = rows
        return e


def is_excused(ours, oracle):
    """Where the oracle is known not to do as Linux on hardware does."""
    a, b = ours.regs, oracle.regs
    if a['sig'] == ex.SIGBUS and a['code'] == 1:
        return True  # misaligned atomics: the oracle does them
    canonical = (a['addr'] + (1 << 47)) & ex.MASK < 1 << 48
    same = all(a[n] == b[n] for n in ex.NAMES if n != 'addr') and ours.mem == oracle.mem
    return same and a['sig'] == ex.SIGSEGV and not canonical and b['addr'] == 0  # it passes on what x86 does not say


def reduce(test, oracle, run):
    """The test with nops for all instructions that its difference does without."""
    def differs(tests):
        return [b.differences(a) and not is_excused(b, a) for a, b in zip(ex.run(oracle, tests), ex.run(run, tests))]
    starts = [0]
    for r in test.rows:
        starts.append(starts[-1] + r.width // 8)
    while True:
        shorter = [test.with_code(test.code[:a] + NOPS[b - a] + test.code[b:]) for a, b in zip(starts, starts[1:]) if test.code[a:b] != NOPS[b - a]]
        found = [t for t, is_bad in zip(shorter, differs(shorter)) if is_bad]
        if not found:
            return test
        test = found[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('command')
    parser.add_argument('folder')
    parser.add_argument('total', type=int, nargs='?', default=100000)
    parser.add_argument('seed', type=int, nargs='?', default=1)
    parser.add_argument('--chains', action='store_true')
    args = parser.parse_args()
    shape = CHAIN if args.chains else SHORT
    commands = {e: [args.command, e] for e in os.environ.get('ENGINES', 'interp').split()}
    oracle = ex.build_oracle(args.folder)
    if not oracle:
        print('ok 1 - random instructions # SKIP no cross compiler or no qemu-riscv64')
        return 0
    if 'LYRE' in os.environ:
        commands['program'] = [os.environ['LYRE'], oracle[-1]]
    done, failures, batch = 0, 0, 0
    while done < args.total and failures < 50:
        g = Generator(args.seed * 1000003 + batch, shape)
        batch += 1
        tests = []
        while len(tests) < shape.batch and done < args.total:
            tests.append(g.experiment())
            done += len(tests[-1].rows)
        want = ex.run(oracle, tests)
        for engine, run in commands.items():
            for i, (t, a, b) in enumerate(zip(tests, want, ex.run(run, tests))):
                diff = b.differences(a)
                if diff and not is_excused(b, a):
                    failures += 1
                    code = t.code if failures > 3 else reduce(t, oracle, run).code
                    print(f'# {engine} batch {batch - 1} test {i}: {" ; ".join(r.name for r in t.rows)} code {code.hex()}: ours/oracle {" ".join(diff)}')
    print(f'{"not ok" if failures else "ok"} 1 - {done} random instructions, {failures} blocks differ')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
