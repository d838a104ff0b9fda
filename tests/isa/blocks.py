# SPDX-License-Identifier: MIT
"""Random blocks of instructions by an oracle (QEMU as a black box) and by Lyre's engines: every register, flag, byte of memory and fault must agree.
The guest's random_insns.py has the rows that may stand in a block, and their operands; it calls main()."""
import argparse
import collections
import itertools
import os
import re

import experiments as ex
import guest
import insns

# A block has least..most instructions, a run `batch` blocks. One in `stray` pointers leads elsewhere, and so many destinations are pointers. weights:
# functions row -> weight, of which one is drawn per block.
Shape = collections.namedtuple('Shape', 'least most batch stray weights')


class Generator(insns.Source):
    SHORT = CHAIN = None  # Shapes
    SKIPPED = set()       # names of rows
    UNKNOWN = ()          # beginnings of the rows' places, for files that are skipped whole
    POINTERS = set()      # registers that hold addresses and are rarely written
    PINNED = set()        # registers of the guest that have one of the host
    BAD_POINTERS = [0, 8, ex.DATA_UNMAPPED, ex.DATA_UNMAPPED - 4, ex.DATA_READ_ONLY, ex.DATA_BASE]
    UNIT = 8              # alignment of most pointers
    MOVE = FORGET = ''    # rows that copy a register, that set one to a constant
    BASES = {5: 0}        # bits of a register's field -> the first register that it can name

    def __init__(self, seed, shape=None, only=''):
        super().__init__(seed)
        self.shape = shape or self.SHORT
        rows = [r for r in self.isa.rows if r.name not in self.SKIPPED and not r.where.startswith(self.UNKNOWN) and re.search(only, r.name)]
        self.menus = [(rows, list(itertools.accumulate(map(weigh, rows)))) for weigh in self.shape.weights]  # rows, sums of weights

    def block(self):
        """code, its rows"""
        raise NotImplementedError

    def registers(self, rows):
        """name -> value"""
        raise NotImplementedError

    def is_excused(self, test, ours, oracle):
        """Where the oracle is known not to do as Linux on hardware does."""
        raise NotImplementedError

    # ---- values

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
        width, frac = ex.FORMATS[fmt]
        k = self.rng.randrange(8)
        if k < 3:
            return self.rng.choice(ex.FLOATS[fmt])
        if k < 7:  # exponents near each other, so that sums do not vanish
            exp = ((1 << (width - 1)) - 1) + self.rng.randrange(-4, 5)
            return self.rng.getrandbits(1) << (width + frac) | exp << frac | self.rng.getrandbits(frac)
        return self.rng.getrandbits(1 + width + frac)

    def pointer(self):
        k = self.rng.randrange(2 * self.shape.stray)
        if k == 0:
            return self.rng.choice(self.BAD_POINTERS)
        return ex.DATA_WINDOW + 64 + self.rng.randrange(0, 96, self.UNIT) + (self.rng.randrange(self.UNIT) if k < 4 else 0)

    # ---- instructions

    def is_rare(self):
        return self.rng.randrange(self.shape.stray) == 0

    def set_offset(self, row, word, offset):
        """A branch to pc + offset: offset bits go where the row's immediate has them."""
        spec = row.format.operands['imm']
        for i, b in enumerate(reversed(insns.gen_isa.spec_bits(spec[3:-1], row.fields))):
            if isinstance(b, int):
                word = word & ~(1 << b) | (offset >> i & 1) << b
        return word

    def draw_rows(self, count):
        """Endless rows for a block of `count`. A chain has few kinds of rows and few registers, so that what goes wrong together comes together. It ends
        with writes of FORGET: by then many values were never seen outside. Some chains begin with moves of registers that they then write: more values
        than tier 1 has registers live on in copies that are forgotten."""
        rows, sums = self.rng.choice(self.menus)
        if self.shape is not self.CHAIN:
            while True:
                yield self.rng.choices(rows, cum_weights=sums)[0]
        rows = self.rng.choices(rows, cum_weights=sums, k=self.rng.randrange(5, 40))
        pool = list(dict.fromkeys(self.rng.sample(sorted(range(32)) + sorted(self.PINNED - self.POINTERS), self.rng.randrange(3, 14))))
        self.copies = set(pool[:len(pool) // 2]) if self.rng.randrange(3) == 0 else set()
        self.pool = set(pool)
        self.near = self.rng.choice([2, 3, 8])  # how often registers follow from the ones before
        self.recent = []
        first, last = (len(self.copies),) * 2 if self.copies else (0, self.rng.randrange(len(pool)))
        for i in range(count - last):
            yield self.isa.by_name[self.MOVE] if i < first else self.rng.choice(rows)
        while True:
            yield self.isa.by_name[self.FORGET]

    def depend(self, row, fixed, sources, destinations):
        """Registers of an instruction of a chain, where they are not fixed: results are read soon and forgotten soon, a destination is often a source too."""
        def base(letter):
            return self.BASES[len(row.fields[letter])]

        def choose(letter, values):
            low = base(letter)
            numbers = range(low, low + (1 << len(row.fields[letter])))
            possible = sorted(v for v in values if v in numbers) or [v for v in numbers if v not in self.POINTERS]
            fixed[letter] = self.rng.choice(possible) - low
        sources, destinations = ([c for c in letters if c in row.fields and len(row.fields[c]) in self.BASES and c not in fixed]
                                 for letters in (sources, destinations))
        is_copy = row.name in (self.MOVE, self.FORGET)
        for letter in sources:
            choose(letter, self.pool - self.copies if is_copy else self.recent if self.rng.randrange(self.near) == 0 else self.pool)
        read = {fixed[c] + base(c) for c in sources}
        written = self.copies or self.pool if is_copy else read if self.rng.randrange(self.near) == 0 else self.pool
        for letter in destinations:
            choose(letter, written - (set() if is_copy else self.copies) - (set() if self.is_rare() else self.POINTERS))
        self.recent = ([fixed[c] + base(c) for c in destinations] + self.recent)[:2]

    def experiment(self):
        code, rows = self.block()
        e = ex.Experiment(code, self.registers(rows), self.rng.randbytes(ex.MEM_SIZE))
        e.rows = rows
        return e


def reduce(test, differ):
    """The test with nops for all instructions that its difference does without."""
    starts = [0]
    for r in test.rows:
        starts.append(starts[-1] + r.width // 8)
    while True:
        shorter = [test.with_code(test.code[:a] + guest.NOPS[b - a] + test.code[b:]) for a, b in zip(starts, starts[1:]) if test.code[a:b] != guest.NOPS[b - a]]
        found = [t for t, diff in zip(shorter, differ(shorter)) if diff]
        if not found:
            return test
        test = found[0]


def compare(generator, oracle, run, tests, want=None):
    """Differences of each test that nothing excuses."""
    pairs = zip(tests, want or ex.run(oracle, tests), ex.run(run, tests))
    return [[] if generator.is_excused(t, b, a) else b.differences(a) for t, a, b in pairs]


def show(engine, batch, index, test, diff):
    regs = ' '.join(f'{n}={v:x}' for n, v in test.regs.items() if f'{n}=' in ' '.join(diff))
    print(f'# {engine} batch {batch} test {index}: {" ; ".join(r.name for r in test.rows)} code {test.code.hex()} of {regs}: ours/oracle {" ".join(diff)}')


def main(generator_class):
    parser = argparse.ArgumentParser()
    parser.add_argument('command', help='tests/isa/<guest>_run')
    parser.add_argument('folder', help='for the oracle program')
    parser.add_argument('total', type=int, nargs='?', default=100000, help='instructions')
    parser.add_argument('seed', type=int, nargs='?', default=1)
    parser.add_argument('only', nargs='?', default='', help='a regular expression: only these rows')
    parser.add_argument('--chains', action='store_true', help='long straight blocks, mostly of integer rows, for the allocation of registers')
    args = parser.parse_args()
    shape = generator_class.CHAIN if args.chains else generator_class.SHORT
    fixed = ['setarch', '-R']  # experiments.HOST
    commands = {e: [*fixed, args.command, e] for e in os.environ.get('ENGINES', 'interp').split()}
    oracle = ex.build_oracle(args.folder)
    if not oracle:
        print('ok 1 - random instructions # SKIP no cross compiler or no qemu-' + guest.ARCH)
        return 0
    oracle = [*fixed, *oracle]
    if 'LYRE' in os.environ:
        commands['program'] = [*fixed, os.environ['LYRE'], oracle[-1]]
    done, failures, batch = 0, 0, 0
    while done < args.total and failures < 50:
        g = generator_class(args.seed * 1000003 + batch, shape, args.only)
        tests = []
        while len(tests) < shape.batch and done < args.total:
            tests.append(g.experiment())
            done += len(tests[-1].rows)
        want = ex.run(oracle, tests)
        for engine, run in commands.items():
            for i, diff in enumerate(compare(g, oracle, run, tests, want)):
                if diff:
                    failures += 1
                    test = tests[i] if failures > 3 else reduce(tests[i], lambda shorter: compare(g, oracle, run, shorter))
                    show(engine, batch, i, test, diff)
        batch += 1
    print(f'{"not ok" if failures else "ok"} 1 - {done} random instructions, {failures} blocks differ')
    return 1 if failures else 0
