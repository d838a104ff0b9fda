#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes an aarch64 assembly file of faulting code: each kind of fault at each position of a region, in straight code, loops, after branches and after calls, by
plain and paired loads and stores with and without writeback, exclusives, atomics, SIMD, at tagged addresses too.

    gen_faults_aarch64.py [--seed N] [--rounds N] > cases.S
"""
import argparse
import random

from places import BUS, CROSS, EOF, HIGH, HOLE, NONCANON, NONE, NULL, READONLY, SEGV, TAGGED_HOLE, TAGGED_READONLY, TOP, signal_of

REGS = [*range(31)]
LINK = 30
MASK = 2**64 - 1
# name, bytes, registers: x or w, of SIMD b, h, s, d, q; is it a store
PLAIN = [('ldrb', 1, 'w', 0), ('ldrsb', 1, 'x', 0), ('ldrh', 2, 'w', 0), ('ldrsh', 2, 'w', 0), ('ldrsw', 4, 'x', 0), ('ldr', 4, 'w', 0), ('ldr', 8, 'x', 0),
         ('strb', 1, 'w', 1), ('strh', 2, 'w', 1), ('str', 4, 'w', 1), ('str', 8, 'x', 1),
         *(('ldr', 1 << i, c, 0) for i, c in enumerate('bhsdq')), *(('str', 1 << i, c, 1) for i, c in enumerate('bhsdq'))]
PAIRS = [('ldp', 8, 'w', 0), ('ldp', 16, 'x', 0), ('ldpsw', 8, 'x', 0), ('stp', 8, 'w', 1), ('stp', 16, 'x', 1),
         ('ldp', 8, 's', 0), ('ldp', 16, 'd', 0), ('ldp', 32, 'q', 0), ('stp', 8, 's', 1), ('stp', 16, 'd', 1), ('stp', 32, 'q', 1)]
# {d} {e} data registers, {b} another, {a} address
ORDERED = [('ldxr x{d}, [x{a}]', 8, 0), ('ldaxr w{d}, [x{a}]', 4, 0), ('ldxp x{d}, x{e}, [x{a}]', 16, 0), ('ldar x{d}, [x{a}]', 8, 0),
           ('ldarb w{d}, [x{a}]', 1, 0), ('ldapr x{d}, [x{a}]', 8, 0), ('stlr x{d}, [x{a}]', 8, 1), ('stlrh w{d}, [x{a}]', 2, 1)]
ATOMICS = [('ldadd%s %s{b}, %s{d}, [x{a}]' % (order, r, r), 8 if r == 'x' else 4, 1) for order in ('', 'a', 'l', 'al') for r in 'xw'] + [
    ('swpal x{b}, x{d}, [x{a}]', 8, 1), ('ldset w{b}, w{d}, [x{a}]', 4, 1), ('ldsmax x{b}, x{d}, [x{a}]', 8, 1), ('casal x{d}, x{b}, [x{a}]', 8, 1),
    ('stadd x{b}, [x{a}]', 8, 1)]
STRUCTS = [('ld1 {{v{v}.16b}}, [x{a}]', 16, 0), ('ld1 {{v{v}.8b, v{w}.8b}}, [x{a}]', 16, 0), ('ld2 {{v{v}.4s, v{w}.4s}}, [x{a}]', 32, 0),
           ('ld1r {{v{v}.2d}}, [x{a}]', 8, 0), ('ld1 {{v{v}.s}}[1], [x{a}]', 4, 0), ('st1 {{v{v}.16b}}, [x{a}]', 16, 1),
           ('st2 {{v{v}.8h, v{w}.8h}}, [x{a}]', 32, 1), ('st1 {{v{v}.d}}[1], [x{a}]', 8, 1)]
MAINTENANCE = [(text + ', x{a}', 1, 1) for text in ('dc cvau', 'dc cvac', 'dc civac', 'ic ivau')]  # the syndrome says write
OFFSET, PRE, POST = 'offset', 'pre', 'post'


class Access:
    """text with {d}, {e}, {b}, {a}, {v}, {w} and the offset {o}; `is_atomic`: it reads and writes."""

    def __init__(self, text, size, is_store, mode=OFFSET, unit=0, is_atomic=False):
        self.text, self.size, self.is_store, self.mode, self.unit, self.is_atomic = text, size, is_store, mode, unit, is_atomic
        self.step = max(8, size)
        self.is_load_x = not is_store and ('x{d}' in text or 'w{d}' in text) or is_atomic and '{d}' in text


def choose_access(rng, place):
    mode = rng.choice([OFFSET, OFFSET, PRE, POST])
    form = {OFFSET: ', [x{a}, #{o}]', PRE: ', [x{a}, #{o}]!', POST: ', [x{a}], #{o}'}[mode]
    while True:
        kind = rng.choice(['plain', 'plain', 'pair', 'struct'] + (['ordered', 'atomic', 'zva'] if place != CROSS else [])
                          + (['maintenance'] if place not in (CROSS, READONLY, TAGGED_READONLY) else []))
        if kind == 'plain':
            name, size, r, is_store = rng.choice(PLAIN)
            access = Access(name + ' ' + (r + '{d}' if r in 'xw' else r + '{v}') + form, size, is_store, mode, 1)
        elif kind == 'pair':
            name, size, r, is_store = rng.choice(PAIRS)
            two = (r + '{d}, ' + r + '{e}') if r in 'xw' else r + '{v}, ' + r + '{w}'
            access = Access(name + ' ' + two + form, size, is_store, mode, size // 2 if name != 'ldpsw' else 4)
        elif kind == 'zva':
            if place not in (READONLY, NONE, HOLE, EOF, TAGGED_HOLE, TAGGED_READONLY):
                continue  # the others are no multiples of 64
            access = Access('dc zva, x{a}', 64, 1)
        else:
            access = Access(*rng.choice({'struct': STRUCTS, 'ordered': ORDERED, 'atomic': ATOMICS, 'maintenance': MAINTENANCE}[kind]), is_atomic=kind == 'atomic')
        if (access.is_store or place not in (READONLY, TAGGED_READONLY)) and (access.size > 1 or place != CROSS):
            return access


class Case:
    """One function; `values` simulates x registers."""

    def __init__(self, rng):
        self.rng, self.lines, self.values = rng, [], {}

    def emit(self, text):
        self.lines.append('    ' + text)

    def set_register(self, r, v):
        v &= MASK
        self.emit('movz x%d, #%#x' % (r, v & 0xffff))
        for shift in (16, 32, 48):
            if v >> shift & 0xffff:
                self.emit('movk x%d, #%#x, lsl #%d' % (r, v >> shift & 0xffff, shift))
        self.values[r] = v

    def add(self, r, n):
        if n:
            self.emit('%s x%d, x%d, #%d' % ('add' if n > 0 else 'sub', r, r, abs(n)))

    def alu(self, base):
        known = [r for r in self.values if r != base]
        rd, a, b = (self.rng.choice(known) for _ in range(3))
        op = self.rng.choice(['add', 'sub', 'eor', 'and', 'orr', 'addw', 'mul', 'lsl', 'adds', 'subs'])
        x, y = self.values[a], self.values[b]
        sh = self.rng.randrange(64)
        v = {'add': x + y, 'sub': x - y, 'eor': x ^ y, 'and': x & y, 'orr': x | y, 'mul': x * y, 'adds': x + y, 'subs': x - y, 'lsl': x << sh,
             'addw': (x + y) & 0xffffffff}[op]
        if op == 'lsl':
            self.emit('lsl x%d, x%d, #%d' % (rd, a, sh))
        elif op == 'addw':
            self.emit('add w%d, w%d, w%d' % (rd, a, b))
        else:
            self.emit('%s x%d, x%d, x%d' % (op, rd, a, b))
        self.values[rd] = v & MASK


def make(rng, n, place, position, shape):
    c = Case(rng)
    regs = REGS[:]
    rng.shuffle(regs)
    if shape == 'call':
        regs.remove(LINK)
        regs.append(LINK)
    base, data, second, counter = regs[:4]
    access = choose_access(rng, place)
    for r in regs[1:]:
        c.set_register(r, rng.choice([rng.randrange(-2048, 2048), rng.getrandbits(31), -rng.getrandbits(31), rng.getrandbits(64)]))
    offset = 0
    if access.unit and shape == 'loop' and access.mode != OFFSET:
        offset = access.step
    elif access.unit and place != CROSS:
        offset = rng.choice([0, 1, -1, 5, -16]) * access.unit if access.unit > 1 else rng.choice([0, 0, 8, -8, 248, -256])
    if (place, offset) == (NULL, 16):
        offset = 0  # the base must not be 0: branches test it
    before = 0 if access.mode == POST else offset  # what the access adds to the base to find its address
    addr_delta = -rng.randrange(1, access.size) if place == CROSS else 0
    delta = addr_delta - before
    c.emit('adrp x%d, places' % base)
    c.emit('add x%d, x%d, :lo12:places' % (base, base))
    c.emit('ldr x%d, [x%d, #%d]' % (base, base, place * 8))
    c.add(base, delta)
    if shape == 'loop':
        iterations = rng.randrange(1, 40)
        c.add(base, -access.step * iterations)
        c.set_register(counter, 0)
        c.lines.append('1:')
        c.values[counter] = iterations
        for _ in range(position):
            rd, imm = rng.choice(regs[4:]), rng.randrange(-100, 100)
            c.add(rd, imm)
            c.values[rd] = (c.values[rd] + imm * (iterations + 1)) & MASK
    elif shape == 'branch':
        for i in range(position):
            c.alu(base)
            if i % 2:
                c.emit('cbnz x%d, 2f' % base)
                c.emit('brk #0')
                c.lines.append('2:')
    elif shape == 'call':
        c.emit('bl helper_%d' % n)
        del c.values[LINK]
    else:
        for _ in range(position):
            c.alu(base)
    v = rng.randrange(31)
    c.lines.append('fault_%d:' % n)
    c.emit(access.text.format(a=base, d=data, e=second, b=counter if shape != 'loop' else regs[4], o=offset, v=v, w=v + 1))
    if shape == 'loop':
        if access.is_load_x:  # loaded in earlier rounds: not compared
            del c.values[data]
            c.values.pop(second) if '{e}' in access.text else None
        if access.mode == OFFSET:
            c.add(base, access.step)
        c.add(counter, 1)
        c.emit('b 1b')
    for _ in range(3):
        c.emit('mov x%d, #77' % rng.choice(REGS))
    c.emit('brk #0')
    out = ['    .globl case_%d' % n, 'case_%d:' % n, '    bl save_registers'] + c.lines
    if shape == 'call':
        out += ['helper_%d:' % n] + ['    nop'] * position + ['    ret']
    sig, code = signal_of(place)
    is_store = access.is_store and (not access.is_atomic or place in (READONLY, TAGGED_READONLY))  # it counts as a read where a read fails as well
    values = [c.values.get(r, 0) for r in range(32)]
    mask = sum(1 << r for r in REGS if r in c.values and r != base)
    row = ['    .dword case_%d, fault_%d, %d, 0, %d, %d, %d, %d, %#x, %d' % (n, n, place, sig, code, base, delta, mask, is_store)]
    return out, row + ['    .dword ' + ', '.join('%#x' % x for x in values[i:i + 8]) for i in range(0, 32, 8)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=3)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    text, table = [], []
    n = 0
    for _ in range(args.rounds):
        for place in (NULL, NONCANON, TOP, HIGH, READONLY, NONE, CROSS, HOLE, EOF, TAGGED_HOLE, TAGGED_READONLY):
            for shape in ('straight', 'branch', 'call', 'loop'):
                if shape == 'loop' and place not in (HOLE, NONE, EOF, TAGGED_HOLE):
                    continue  # only these have good memory below
                for position in range(9):
                    out, row = make(rng, n, place, position, shape)
                    text, table, n = text + out, table + row, n + 1
    print('# SPDX-License-Identifier: MIT\n# made by gen_faults_aarch64.py --seed %d --rounds %d' % (args.seed, args.rounds))
    print('    .arch armv8.4-a\n    .text')
    print('\n'.join(text))
    print('    .data\n    .balign 8\n    .globl cases, ncases\ncases:')
    print('\n'.join(table))
    print('ncases: .dword %d' % n)


if __name__ == '__main__':
    main()
