#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random valid RISC-V instructions in short blocks and in chains.  Usage: random_insns.py RUN FOLDER [INSTRUCTIONS [SEED [ROWS]]] [--chains];
environment ENGINES: names of engines; LYRE: an emulator that runs the oracle's program too, signal frames and all. ROWS: a regular expression."""
import sys

import guest  # noqa: F401, before what stands in tests/isa
import blocks
import experiments as ex
import values

ALIGNED = 8               # the pointer for atomics
CSRS = [1, 2, 3]


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


class Generator(blocks.Generator):
    SHORT = blocks.Shape(1, 6, 4000, 20, [short_weight])
    CHAIN = blocks.Shape(20, 36, 400, 200, [pure_weight, seen_weight, seen_weight, mixed_weight])
    # rows that end a block or wait; the oracle's user mode refuses cache management, Linux allows it
    SKIPPED = {'ecall', 'ebreak', 'c.ebreak', 'wrs.nto', 'wrs.sto', 'cbo.inval', 'cbo.clean', 'cbo.flush'}
    POINTERS = {2, 8, 15}  # sp, s0, a5
    PINNED = {1, 2, 8, 9, 10, 11, 14, 15, 18, 19}
    BAD_POINTERS = blocks.Generator.BAD_POINTERS + [ex.MASK, 1 << 63]
    MOVE, FORGET = 'c.mv', 'c.li'
    BASES = {3: 8, 5: 0}

    def boxed_float(self):
        fmt = self.rng.choice('hssddd')
        v = self.float_value(fmt)
        return self.rng.choice(values.NOT_BOXED) if self.rng.randrange(20) == 0 else v | values.BOX[fmt]

    def fields(self, row):
        """Choices for some fields, so that most accesses hit and pointers survive."""
        f = row.fields
        fixed = {}
        memory = row.trans.startswith(('load', 'store', 'fload', 'fstore', 'lr', 'sc', 'amo', 'cbo'))
        if row.name.startswith(('lr', 'sc', 'amo')) and not self.is_rare():
            fixed['s'] = ALIGNED
        elif memory and 's' in f:
            if len(f['s']) == 3:
                fixed['s'] = self.rng.choice([0, 7])
            elif not self.is_rare():
                fixed['s'] = self.rng.choice(sorted(self.POINTERS))
        if memory and 'i' in f and len(f['i']) == 12:
            fixed['i'] = self.rng.randrange(-64, 64) & 0xfff
        is_chain = self.shape is self.CHAIN
        if 'd' in f and not (is_chain and len(f['d']) in self.BASES) and not self.is_rare():
            names = [v for v in range(1 << len(f['d'])) if (v + 8 if len(f['d']) == 3 else v * (2 if len(f['d']) == 4 else 1)) not in self.POINTERS]
            if len(f['d']) == 4:
                names = [v for v in names if 2 * v + 1 not in self.POINTERS]
            fixed['d'] = self.rng.choice(names)
            if row.name == 'c.addi16sp':
                fixed = {}
        if 'c' in f:
            fixed['c'] = self.rng.choice(CSRS)
        if is_chain:
            self.depend(row, fixed, 'st', 'd')
        return fixed

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

    def rows_of_block(self):
        n = self.rng.randint(self.shape.least, self.shape.most)
        rows, lr = [], ''
        for row in self.draw_rows(n):
            if row.flow == 'jalr':
                rows += [self.isa.by_name['auipc'], self.isa.by_name['addi'], row]
            elif row.name.startswith('sc.') and row.name[2:] != lr[2:]:
                continue  # the oracle stores and reports failure where the widths differ
            else:
                lr = row.name if row.name.startswith('lr.') else lr
                rows.append(row)
            if len(rows) >= n:
                return rows

    def try_block(self):
        rows = self.rows_of_block()
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

    def registers(self, rows):
        x = [0] + [self.value() for _ in range(31)]
        for p in sorted(self.POINTERS):
            x[p] = self.pointer()
        if self.rng.randrange(10):
            x[ALIGNED] &= ~15
        f = [self.boxed_float() for _ in range(32)]
        frm = self.rng.choice([0, 0, 0, 0, 1, 2, 3, 4, 4, 5, 6, 7])
        flags = self.rng.getrandbits(5) if self.rng.randrange(3) == 0 else 0
        return ex.numbered('x', x) | ex.numbered('f', f) | {'fcsr': frm << 5 | flags}

    def is_excused(self, test, ours, oracle):
        a, b = ours.regs, oracle.regs
        if a['sig'] == ex.SIGBUS and a['code'] == 1:
            return True  # misaligned atomics: the oracle does them
        if a['sig'] == ex.SIGSEGV and a['addr'] in ex.ORACLE:
            return True
        canonical = (a['addr'] + (1 << 47)) & ex.MASK < 1 << 48
        same = ours.mem == oracle.mem and a | {'addr': 0} == b
        return same and a['sig'] == ex.SIGSEGV and not canonical  # it passes on what x86 does not say


if __name__ == '__main__':
    sys.exit(blocks.main(Generator))
