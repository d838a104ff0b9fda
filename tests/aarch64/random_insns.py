#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random valid instructions in short blocks, by an oracle (QEMU as a black box) and by Lyre's engines: every register, flag, byte of memory
and fault must agree.  Usage: random_insns.py RUN FOLDER [INSTRUCTIONS [SEED [ROWS]]]; environment ENGINES: names of engines; LYRE: an emulator
that runs the oracle's program too, signal frames and all. ROWS: a regular expression, only those rows."""
import os
import random
import re
import sys

import experiments as ex
import insns

POINTERS = [2, 8, 15, 31]  # hold addresses and are rarely written; 31 is sp
ALIGNED = 8                # the one for atomics
SMALL = 9                  # an index, a size
BLOCK = int(os.environ.get('BLOCK', 6))  # instructions at most
BATCH = 4000
# rows that end a block, wait, or depend on the machine (the oracle's dc zva has another size, other maintenance never faults there)
SKIPPED = {'svc', 'brk', 'udf', 'wfet', 'wfit', 'dc.zva', 'dc.cvac', 'dc.cvau', 'dc.civac', 'dc.cvap', 'dc.cvadp', 'ic.ivau', 'setm', 'sete', 'cpyfm', 'cpyfe', 'cpym', 'cpye'}
SYSREGS = [0b1_011_0100_0010_000, 0b1_011_0100_0100_001]  # nzcv, fpsr
MEMORY = ('load', 'store', 'vload', 'vstore', 'atomic', 'cas', 'struct', 'replicate', 'dc_', 'ic_')
FPSR = 0x0800009f
FLOATS = {'h': (16, 5, 10), 's': (32, 8, 23), 'd': (64, 11, 52)}


class Generator(insns.Source):
    def __init__(self, seed, only=''):
        super().__init__(seed)
        self.rows = [r for r in self.isa.rows if r.name not in SKIPPED and re.search(only, r.name)]

    def value(self):
        k = self.rng.randrange(4)
        if k == 0:
            return self.rng.choice(ex.INTEGERS)
        if k == 1:
            return self.rng.getrandbits(self.rng.randrange(1, 65))
        if k == 2:
            return -self.rng.getrandbits(self.rng.randrange(1, 32)) & ex.MASK
        return self.rng.getrandbits(64)

    def float_value(self, fmt):
        bits, width, frac = FLOATS[fmt]
        k = self.rng.randrange(8)
        if k < 3:
            return self.rng.choice(ex.FLOATS[fmt])
        if k < 7:  # exponents near each other, so that sums do not vanish
            exp = ((1 << (width - 1)) - 1) + self.rng.randrange(-4, 5)
            return self.rng.getrandbits(1) << (width + frac) | exp << frac | self.rng.getrandbits(frac)
        return self.rng.getrandbits(bits)

    def vector(self):
        k = self.rng.randrange(8)
        if k == 0:
            return self.rng.getrandbits(128)
        if k == 1:
            return self.value() | self.value() << 64
        if k == 2:  # bytes at boundaries
            return int.from_bytes(bytes(self.rng.choice((0, 1, 0x7f, 0x80, 0xff, self.rng.getrandbits(8))) for _ in range(16)), 'little')
        fmt = 'hsdsd'[k - 3]
        bits = FLOATS[fmt][0]
        return sum(self.float_value(fmt) << i for i in range(0, 128, bits))

    def pointer(self):
        k = self.rng.randrange(40)
        if k == 0:
            return self.rng.choice([0, 8, ex.DATA_UNMAPPED, ex.DATA_UNMAPPED - 4, ex.DATA_READ_ONLY, ex.MASK >> 17, ex.DATA_BASE])
        return ex.DATA_WINDOW + 64 + self.rng.randrange(0, 96, 16) + (self.rng.randrange(16) if k < 4 else 0)

    def fields(self, row):
        """Choices for some fields, so that most accesses hit and pointers survive."""
        f, fixed = row.fields, {}
        memory = row.trans.startswith(MEMORY) and 'literal' not in row.trans
        if row.trans.startswith(('cpy', 'set_p')):
            d, s, n = ([2, 15] if row.name == 'cpyfp' else self.rng.sample([2, 8, 15], 2)) + [SMALL]
            return {'d': d, 's': s, 'n': n, 'o': self.rng.getrandbits(4)}
        if memory:
            base = 't' if row.trans.startswith(('dc_', 'ic_')) else 'n'
            fixed[base] = ALIGNED if 'atomic' in row.where or 'exclusive' in row.trans else self.rng.choice(POINTERS)
            if base == 't' and fixed[base] == 31:
                fixed[base] = 2
            if row.format.name == 'RO':
                fixed['m'] = SMALL
            elif 'm' in f and self.rng.randrange(2):
                fixed['m'] = 31
            if 'i' in f:
                n, signed = len(f['i']), row.format.operands['imm'].startswith('sx')
                fixed['i'] = (self.rng.randrange(-3, 4) & ((1 << n) - 1)) if signed and n == 7 else \
                    self.rng.randrange(-64, 64) & ((1 << n) - 1) if signed else self.rng.randrange(0, 4)
        for d in 'dtus':
            if d in f and len(f[d]) >= 4 and self.rng.randrange(20) and d not in fixed:
                n = len(f[d])
                fixed[d] = self.rng.choice([v for v in range(1 << n) if not {v << (5 - n), (v << (5 - n)) + (n == 4)} & set(POINTERS[:3] + [SMALL])])
        if 'r' in f and row.format.name == 'SYS':
            fixed['r'] = self.rng.choice(SYSREGS if row.name == 'mrs' else SYSREGS[:1])  # it has AArch32's flags in FPSR, too
        return fixed

    def is_defined(self, row, w):
        """What the manual leaves open: base and destination the same with write-back, equal registers of a pair or an exclusive."""
        get = {f: row.field(w, f) for f in 'tunsdm' if f in row.fields and len(row.fields[f]) >= 4}
        t, u, n, s = (get.get(f) for f in 'tuns')
        if row.format.name in ('WB',) or row.format.name.startswith('PW'):
            if n != 31 and n in (t, u) and not row.trans.startswith('v'):
                return False
        if u is not None and u == t and 'load' in row.trans:
            return False
        if row.trans.startswith('load_exclusive'):
            self.width = re.sub('^(ld|st)[al]?x', '', row.name)  # pairs, sizes: a store of another kind may or may not be done
        if row.trans.startswith('store_exclusive') and re.sub('^(ld|st)[al]?x', '', row.name) != getattr(self, 'width', ''):
            return False
        if row.trans.startswith('store_exclusive') and s in (t, u, n) and (s != 31 or s == n):
            return False
        return True

    def set_offset(self, row, word, offset):
        """A branch to pc + offset: offset bits go where the row's immediate has them."""
        spec = row.format.operands['imm']
        for i, b in enumerate(reversed(insns.gen_isa.spec_bits(spec[3:-1], row.fields))):
            if isinstance(b, int):
                word = word & ~(1 << b) | (offset >> i & 1) << b
        return word

    def make(self, row):
        for _ in range(20):
            w = self.word(row, self.fields(row))
            if self.is_defined(row, w):
                return w
        return None

    def pieces(self):
        """(rows, words) of one draw: several instructions where one alone makes no sense."""
        w = None
        while w is None:
            row = self.rng.choice(self.rows)
            w = self.make(row)
        if row.flow in ('br', 'blr', 'ret'):
            reg = self.rng.choice([1, 5, 6, 30])
            return [self.isa.by_name['adr'], row], [self.word(self.isa.by_name['adr'], {'d': reg}), self.word(row, {'n': reg})]
        if row.name in ('setp', 'cpyp', 'cpyfp'):
            rows = [row] + [self.isa.by_name[row.name[:-1] + x] for x in 'me']
            return rows, [w] + [r.match | (w & 0x001f03ff) for r in rows[1:]]
        return [row], [w]

    def block(self):
        n = self.rng.randrange(1, BLOCK + 1)
        rows, words, inside = [], [], set()
        while len(rows) < n:
            more_rows, more_words = self.pieces()
            inside |= set(range(len(rows) + 1, len(rows) + len(more_rows)))
            rows += more_rows
            words += more_words
        targets = [i for i in range(len(rows) + 1) if i not in inside]
        for i, r in enumerate(rows):
            at = i
            if r.name == 'adr' and i + 1 < len(rows) and rows[i + 1].flow in ('br', 'blr', 'ret'):
                at = i + 1
            elif r.flow not in ('branch', 'b', 'bl'):
                continue
            words[i] = self.set_offset(r, words[i], 4 * (self.rng.choice([t for t in targets if t > at]) - i))
        return b''.join(w.to_bytes(4, 'little') for w in words), rows

    def experiment(self):
        code, rows = self.block()
        x = [self.value() for _ in range(32)]
        for p in POINTERS:
            x[p] = self.pointer()
        x[31] &= ~15
        x[SMALL] = self.rng.randrange(0, 40)
        if self.rng.randrange(10):
            x[ALIGNED] &= ~15
        if any(r.name == 'cpyfp' for r in rows):  # overlap is not defined there
            x[15] = ex.DATA_BASE + self.rng.randrange(256)
        v = [self.vector() for _ in range(32)]
        fpcr = self.rng.choice([0, 0, 0, 0, 1, 2, 3]) << 22
        if self.rng.randrange(6) == 0:
            fpcr |= self.rng.choice([1 << 19, 1 << 24, 1 << 25, 1 << 26, 1 << 24 | 1 << 25])
        fpsr = self.rng.getrandbits(32) & FPSR if self.rng.randrange(3) == 0 else 0
        e = ex.Experiment(code, x, v, self.rng.getrandbits(4), fpcr, fpsr, self.rng.randbytes(256))
        e.rows = rows
        return e


def is_excused(test, ours, oracle):
    """Where the oracle is known not to do as Linux on hardware does."""
    a, b = ours.regs, oracle.regs
    if a['sig'] == ex.SIGBUS and a['code'] == 1:
        return True  # misaligned atomics: the oracle does them
    same = all(a[n] == b[n] for n in ex.NAMES if n != 'addr') and ours.mem == oracle.mem
    if a['sig'] != ex.SIGSEGV or b['sig'] != ex.SIGSEGV:
        return False
    # it passes on what x86 does not say; loads and copies may have done a part
    return (same and b['addr'] == 0) or any(r.where.startswith(('a64_mops', 'a64_struct')) for r in test.rows)


def main():
    command, folder = sys.argv[1], sys.argv[2]
    total = int(sys.argv[3]) if len(sys.argv) > 3 else 100000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    only = sys.argv[5] if len(sys.argv) > 5 else ''
    commands = {e: [command, e] for e in os.environ.get('ENGINES', 'interp').split()}
    oracle = ex.build_oracle(folder)
    if not oracle:
        print('ok 1 - random instructions # SKIP no cross compiler or no qemu-aarch64')
        return 0
    if 'LYRE' in os.environ:
        commands['program'] = [os.environ['LYRE'], oracle[-1]]
    done, failures, batch = 0, 0, 0
    while done < total and failures < 50:
        g = Generator(seed * 1000003 + batch, only)
        batch += 1
        tests = []
        while len(tests) < BATCH and done < total:
            tests.append(g.experiment())
            done += len(tests[-1].rows)
        want = ex.run(oracle, tests, 64)
        for engine, run in commands.items():
            for i, (t, a, b) in enumerate(zip(tests, want, ex.run(run, tests, 64))):
                diff = b.differences(a)
                if diff and not is_excused(t, b, a):
                    failures += 1
                    print(f'# {engine} batch {batch - 1} test {i}: {" ; ".join(r.name for r in t.rows)} code {t.code.hex()} fpcr {t.fpcr:#x}: ours/oracle {" ".join(diff)}')
    print(f'{"not ok" if failures else "ok"} 1 - {done} random instructions, {failures} blocks differ')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
