#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random valid AArch64 instructions in short blocks and in chains.  Usage: random_insns.py RUN FOLDER [INSTRUCTIONS [SEED [ROWS]]] [--chains];
environment ENGINES: names of engines; LYRE: an emulator that runs the oracle's program too, signal frames and all. ROWS: a regular expression."""
import re
import sys

import guest  # noqa: F401, before what stands in tests/isa
import blocks
import experiments as ex

ALIGNED = 8                # the pointer for atomics
SMALL = 9                  # an index, a size
SYSREGS = [0b1_011_0100_0010_000, 0b1_011_0100_0100_001]  # nzcv, fpsr
MEMORY = ('load', 'store', 'vload', 'vstore', 'atomic', 'cas', 'struct', 'replicate', 'dc_', 'ic_')
INDIRECT = ('br', 'blr', 'ret')
FPSR = 0x0800009f


def is_integer_memory(row):
    return row.where.startswith('a64_ldst') and row.trans.startswith(('load', 'store')) and 'exclusive' not in row.trans


def pure_weight(row):
    """How often a chain of integer instructions has the row."""
    return 2 if row.trans.startswith('crc') else 6 if row.where.startswith('a64_dp') else 0


def seen_weight(row):
    """The same, with what makes the guest's state visible."""
    return 10 if row.flow == 'branch' else 3 if is_integer_memory(row) else pure_weight(row)


def lanes_weight(row):
    """Floating point on vectors, which tier 2 checks together."""
    return 8 if re.match(r'f(add|sub|mul|div|mla|mls|sqrt)\.v$', row.name) else 0.2 if row.name in ('fneg.v', 'fmax.v', 'ldr.q') else 0


def mixed_weight(row):
    return 0 if row.flow not in ('next', 'branch') else seen_weight(row) or 0.25


class Generator(blocks.Generator):
    SHORT = blocks.Shape(1, 6, 4000, 20, [lambda row: 1])
    CHAIN = blocks.Shape(20, 36, 400, 200, [pure_weight, seen_weight, seen_weight, mixed_weight, lanes_weight])
    # rows that end a block, wait, or depend on the machine (the oracle's dc zva has another size, other maintenance never faults there)
    SKIPPED = {'svc', 'brk', 'udf', 'wfet', 'wfit', 'dc.zva', 'dc.cvac', 'dc.cvau', 'dc.civac', 'dc.cvap', 'dc.cvadp', 'ic.ivau',
               'setm', 'sete', 'cpyfm', 'cpyfe', 'cpym', 'cpye'}
    UNKNOWN = ('a64_pauth',)  # files whose results depend on what only the oracle knows
    POINTERS = {2, 8, 15, 31}  # 31 is sp
    PINNED = {0, 1, 2, 19, 20, 21, 22, 29, 30}
    BAD_POINTERS = blocks.Generator.BAD_POINTERS + [ex.MASK >> 17]
    MOVE, FORGET = 'orr.s', 'movz'
    UNIT = 16

    def vector(self):
        k = self.rng.randrange(8)
        if k == 0:
            return self.rng.getrandbits(128)
        if k == 1:
            return self.value() | self.value() << 64
        if k == 2:  # bytes at boundaries
            return int.from_bytes(bytes(self.rng.choice((0, 1, 0x7f, 0x80, 0xff, self.rng.getrandbits(8))) for _ in range(16)), 'little')
        fmt = 'hsdsd'[k - 3]
        return sum(self.float_value(fmt) << i for i in range(0, 128, 1 + sum(ex.FORMATS[fmt])))

    def fields(self, row):
        """Choices for some fields, so that most accesses hit and pointers survive."""
        f, fixed = row.fields, {}
        memory = row.trans.startswith(MEMORY) and 'literal' not in row.trans
        if row.trans.startswith(('cpy', 'set_p')):
            d, s, n = ([2, 15] if row.name == 'cpyfp' else self.rng.sample([2, 8, 15], 2)) + [SMALL]
            return {'d': d, 's': s, 'n': n, 'o': self.rng.getrandbits(4)}
        if memory:
            base = 't' if row.trans.startswith(('dc_', 'ic_')) else 'n'
            fixed[base] = ALIGNED if 'atomic' in row.where or 'exclusive' in row.trans else self.rng.choice(sorted(self.POINTERS))
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
        if self.shape is self.CHAIN and seen_weight(row):
            self.depend_by_role(row, fixed)
            return fixed
        for d in 'dtus':
            if d in f and len(f[d]) >= 4 and not self.is_rare() and d not in fixed:
                n = len(f[d])
                fixed[d] = self.rng.choice([v for v in range(1 << n) if not {v << (5 - n), (v << (5 - n)) + (n == 4)} & (self.POINTERS - {31} | {SMALL})])
        if 'r' in f and row.format.name == 'SYS':
            fixed['r'] = self.rng.choice(SYSREGS if row.name == 'mrs' else SYSREGS[:1])  # it has AArch32's flags in FPSR, too
        return fixed

    def depend_by_role(self, row, fixed):
        """Of an instruction of a chain. Most orr are moves."""
        if row.name == self.MOVE and self.rng.randrange(3):
            fixed.update(n=31, k=0, i=0)
        is_load = row.trans.startswith('load')
        self.depend(row, fixed, 'nma' if is_load else 'nmatu', 'dtu' if is_load else 'd')

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

    def make(self, row):
        for _ in range(20):
            w = self.word(row, self.fields(row))
            if self.is_defined(row, w):
                return w
        return None

    def pieces(self, row):
        """(rows, words) of one draw: several instructions where one alone makes no sense. None: not this time."""
        w = self.make(row)
        if w is None:
            return None
        if row.flow in INDIRECT:
            reg = self.rng.choice([1, 5, 6, 30])
            return [self.isa.by_name['adr'], row], [self.word(self.isa.by_name['adr'], {'d': reg}), self.word(row, {'n': reg})]
        if row.name in ('setp', 'cpyp', 'cpyfp'):
            rows = [row] + [self.isa.by_name[row.name[:-1] + x] for x in 'me']
            return rows, [w] + [r.match | (w & 0x001f03ff) for r in rows[1:]]
        return [row], [w]

    def block(self):
        n = self.rng.randint(self.shape.least, self.shape.most)
        rows, words, inside = [], [], set()
        for row in self.draw_rows(n):
            piece = self.pieces(row)
            if not piece:
                continue
            inside |= set(range(len(rows) + 1, len(rows) + len(piece[0])))
            rows += piece[0]
            words += piece[1]
            if len(rows) >= n:
                break
        targets = [i for i in range(len(rows) + 1) if i not in inside]
        for i, r in enumerate(rows):
            at = i
            if r.name == 'adr' and i + 1 < len(rows) and rows[i + 1].flow in INDIRECT:
                at = i + 1
            elif r.flow not in ('branch', 'b', 'bl'):
                continue
            words[i] = self.set_offset(r, words[i], 4 * (self.rng.choice([t for t in targets if t > at]) - i))
        return b''.join(w.to_bytes(4, 'little') for w in words), rows

    def registers(self, rows):
        x = [self.value() for _ in range(32)]
        for p in sorted(self.POINTERS):
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
        return ex.numbered('x', x[:31]) | {'sp': x[31]} | ex.numbered('v', v) | {'nzcv': self.rng.getrandbits(4), 'fpcr': fpcr, 'fpsr': fpsr}

    def is_excused(self, test, ours, oracle):
        a, b = ours.regs, oracle.regs
        if a['sig'] == ex.SIGBUS and a['code'] == 1:
            return True  # misaligned atomics: the oracle does them
        if a['sig'] == ex.SIGSEGV and a['addr'] in ex.ORACLE:
            return True
        if a['sig'] != ex.SIGSEGV or b['sig'] != ex.SIGSEGV:
            return False
        same = ours.mem == oracle.mem and a | {'addr': 0} == b
        if a['addr'] in ex.HOST:  # the oracle has other memory of its own there than we do
            unknown = {'code': 0, 'addr': 0}
            same |= ours.mem == oracle.mem and a | unknown == b | unknown
        # it passes on what x86 does not say; loads of several registers and copies may have done a part
        return same or any(r.where.startswith(('a64_mops', 'a64_struct')) or 'load_pair' in r.trans for r in test.rows)


if __name__ == '__main__':
    sys.exit(blocks.main(Generator))
