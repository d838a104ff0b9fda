#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a riscv64 assembly file of faulting code: each kind of fault, at each position of a region, from each base register, in straight code, loops, after
branches and after calls; with the exact registers, pc, address, signal and code that the handler in check.c must see.

    gen_faults_riscv64.py [--seed N] > cases.S
"""
import argparse
import random

from places import CROSS, EOF, HIGH, HOLE, NONCANON, NONE, NULL, READONLY, TOP, signal_of

# registers that a case may use: not zero, gp, tp
REGS = [1, 2] + list(range(5, 32))

LOADS = ['lb', 'lh', 'lw', 'ld', 'lbu', 'lhu', 'lwu']
STORES = ['sb', 'sh', 'sw', 'sd']
SIZE = {'b': 1, 'h': 2, 'w': 4, 'd': 8}
AMOS = ['amoadd', 'amoswap', 'amoxor', 'amoand', 'amoor', 'amomin', 'amomax', 'amominu', 'amomaxu']


def size_of(op):
    return SIZE[op.rstrip('u')[-1]]


class Case:
    """One function; `regs` simulates x registers symbolically as (place index or None, value)."""

    def __init__(self, rng, number):
        self.rng, self.number = rng, number
        self.lines = []
        self.values = {}
        self.place_of = {}

    def emit(self, text):
        self.lines.append('    ' + text)

    def set_constant(self, r):
        v = self.rng.choice([self.rng.randrange(-2048, 2048), self.rng.getrandbits(31), -self.rng.getrandbits(31)])
        self.emit('li x%d, %d' % (r, v))
        self.values[r] = v & (2**64 - 1)

    def alu(self, avoid):
        rd = self.rng.choice([r for r in REGS if r not in avoid])
        known = [r for r in self.values if r in REGS]
        a, b = self.rng.choice(known), self.rng.choice(known)
        if a in self.place_of or b in self.place_of:
            imm = self.rng.randrange(-2048, 2048)
            self.emit('addi x%d, x0, %d' % (rd, imm))
            v = imm
        else:
            op = self.rng.choice(['add', 'sub', 'xor', 'and', 'or', 'addw', 'mul', 'addi', 'slli', 'sltu'])
            x, y = self.values[a], self.values[b]
            if op == 'addi':
                imm = self.rng.randrange(-2048, 2048)
                self.emit('addi x%d, x%d, %d' % (rd, a, imm))
                v = x + imm
            elif op == 'slli':
                sh = self.rng.randrange(64)
                self.emit('slli x%d, x%d, %d' % (rd, a, sh))
                v = x << sh
            else:
                self.emit('%s x%d, x%d, x%d' % (op, rd, a, b))
                v = {'add': x + y, 'sub': x - y, 'xor': x ^ y, 'and': x & y, 'or': x | y, 'mul': x * y, 'sltu': int(x < y)}.get(op)
                if op == 'addw':
                    v = ((x + y + 2**31) & (2**32 - 1)) - 2**31
        self.values[rd] = v & (2**64 - 1)
        self.place_of.pop(rd, None)


def choose_access(rng, place):
    """(assembly with {d} data register and {a} operand, is it a store, size, has an offset)"""
    if place == READONLY:
        kind = rng.choice(['store', 'fstore', 'amo'])
    elif place == CROSS:
        kind = rng.choice(['load', 'store', 'fload', 'fstore'])
    else:
        kind = rng.choice(['load', 'load', 'store', 'store', 'fload', 'fstore', 'amo', 'lr'])
    if kind == 'load':
        op = rng.choice(LOADS if place != CROSS else ['lh', 'lw', 'ld', 'lwu'])
        return op + ' x{d}, {o}(x{a})', False, size_of(op), True
    if kind == 'store':
        op = rng.choice(STORES if place != CROSS else ['sh', 'sw', 'sd'])
        return op + ' x{d}, {o}(x{a})', True, size_of(op), True
    if kind == 'fload':
        op = rng.choice(['flw', 'fld'])
        return op + ' f{d}, {o}(x{a})', False, size_of(op), True
    if kind == 'fstore':
        op = rng.choice(['fsw', 'fsd'])
        return op + ' f{d}, {o}(x{a})', True, size_of(op), True
    if kind == 'amo':
        suffix = rng.choice(['.w', '.d'])
        return rng.choice(AMOS) + suffix + rng.choice(['', '.aq', '.rl', '.aqrl']) + ' x{d}, x{b}, (x{a})', True, 4 if suffix == '.w' else 8, False
    suffix = rng.choice(['.w', '.d'])
    return 'lr' + suffix + ' x{d}, (x{a})', False, 4 if suffix == '.w' else 8, False


def make(rng, number, place, position, shape):
    c = Case(rng, number)
    n = number
    regs = REGS[:]
    rng.shuffle(regs)
    if shape == 'call' and 5 in regs[:3]:
        regs = [r for r in regs if r != 5] + [5]  # the link register
    base, data, counter = regs[0], regs[1], regs[2]
    text, _, size, has_offset = choose_access(rng, place)
    out = ['    .globl case_%d' % n, 'case_%d:' % n, '    call save_registers']
    for r in regs[1:]:
        c.set_constant(r)
    offset = rng.choice([0, 0, 8, -8, 2040, -2040]) if has_offset and place not in (CROSS,) else 0
    # base = address of the place - offset, loaded from the table (t-registers do not survive: base itself is used)
    c.emit('la x%d, places' % base)
    c.emit('ld x%d, %d(x%d)' % (base, place * 8, base))
    delta = -offset
    if place == CROSS:
        delta = -rng.randrange(1, size)
    c.emit('addi x%d, x%d, %d' % (base, base, delta))
    c.values[base] = delta & (2**64 - 1)
    c.place_of[base] = place
    iterations = 0
    if shape == 'loop':
        iterations = rng.randrange(1, 40)
        # walk towards the place from below
        c.emit('addi x%d, x%d, %d' % (base, base, -8 * iterations))
        c.emit('li x%d, 0' % counter)
        c.lines.append('1:')
        c.values[counter] = iterations
        for _ in range(position):
            rd = rng.choice([r for r in regs[3:]])
            imm = rng.randrange(-100, 100)
            c.emit('addi x%d, x%d, %d' % (rd, rd, imm))
            c.values[rd] = (c.values[rd] + imm * (iterations + 1)) & (2**64 - 1)
        bump = base
    elif shape == 'branch':
        for i in range(position):
            c.alu([base])
            if i % 2:
                c.emit('bne x%d, x0, 2f' % base)
                c.emit('ebreak')
                c.lines.append('2:')
    elif shape == 'call':
        c.emit('jal x5, helper_%d' % n)
        c.lines.append('back_%d:' % n)
        c.values[5] = None
        c.place_of.pop(5, None)
    else:
        for _ in range(position):
            c.alu([base])
    known = [r for r in REGS if c.values.get(r) is not None and r != base]
    d = rng.choice(known if text[0] != 'f' else list(range(32)))
    if shape == 'loop' and text[0] != 'f':
        d = data
    b = data
    c.lines.append('fault_%d:' % n)
    c.emit(text.format(a=base, d=d, b=b, o=offset))
    if shape == 'loop':
        if text.startswith('l') and text[0] != 'f' or text.startswith('amo'):
            c.values[data] = None  # loaded in earlier rounds: not compared
        c.emit('addi x%d, x%d, 8' % (base, base))
        c.emit('addi x%d, x%d, 1' % (counter, counter))
        c.emit('j 1b')
    for _ in range(3):
        c.emit('addi x%d, x0, 77' % rng.choice(REGS))
    c.emit('ebreak')
    out += c.lines
    if shape == 'call':
        out += ['helper_%d:' % n] + ['    addi x0, x0, 0'] * position + ['    jr x5']
    sig, code = signal_of(place)
    # table row: pc, place, address delta from the place, signal, code, then 32 values and a mask of those compared, base register and its delta
    mask = 0
    vals = [0] * 32
    for r in REGS:
        if c.values.get(r) is not None and r != base and r not in c.place_of:
            mask |= 1 << r
            vals[r] = c.values[r]
    addr_delta = delta + offset
    if place == CROSS:
        addr_delta = 0
    row = ['    .dword case_%d, fault_%d, %d, %d, %d, %d, %d, %d, %#x, 2' % (n, n, place, addr_delta, sig, code, base, delta, mask)]
    row += ['    .dword ' + ', '.join('%#x' % v for v in vals[i:i + 8]) for i in range(0, 32, 8)]
    return out, row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=3)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    text, table = [], []
    number = 0
    for _ in range(args.rounds):
        for place in (NULL, NONCANON, TOP, HIGH, READONLY, NONE, CROSS, HOLE, EOF):
            for shape in ('straight', 'branch', 'call', 'loop'):
                if shape == 'loop' and place not in (HOLE, NONE, EOF):
                    continue  # only these have good memory below
                for position in range(0, 9):
                    while True:
                        state = rng.getstate()
                        made = make(rng, number, place, position, shape)
                        if 'xNone' not in '\n'.join(made[0]):
                            break
                    text += made[0]
                    table += made[1]
                    number += 1
    print('# SPDX-License-Identifier: MIT\n# made by gen_faults_riscv64.py --seed %d --rounds %d' % (args.seed, args.rounds))
    print('    .option norelax\n    .text')
    print('\n'.join(text))
    print('    .data\n    .balign 8\n    .globl cases, ncases\ncases:')
    print('\n'.join(table))
    print('ncases: .dword %d' % number)


if __name__ == '__main__':
    main()
