# SPDX-License-Identifier: MIT
"""Operands of the floating-point case lines: every sticky flag, kind of NaN and rounding mode."""
import experiments as ex
from values import BOX, MASK, NOT_BOXED, RD, RS1, RS2, RS3, Case

DYN = 7


class Values:
    """Bits of named values of a format, boxed."""
    def __init__(self, fmt):
        e, f = ex.FORMATS[fmt]
        bias, top = (1 << (e - 1)) - 1, (1 << e) - 1
        sign = 1 << (e + f)
        v = {'0': 0, 'least': 1, 'denormal': (1 << f) - 1, 'normal': 1 << f, 'max': (top - 1) << f | ((1 << f) - 1), 'inf': top << f,
             '1': bias << f, '1+': bias << f | 1, '1-': (bias << f) - 1, '1.5': bias << f | 1 << (f - 1), '2': (bias + 1) << f, '3': (bias + 1) << f | 1 << (f - 1),
             '.5': (bias - 1) << f, '.25': (bias - 2) << f, 'half ulp': (bias - f - 1) << f if bias > f + 1 else 1, 'tiny': 2 << f,
             'big': (top - 2) << f, 'qnan': top << f | 1 << (f - 1), 'snan': top << f | 1, 'payload': top << f | 1 << (f - 1) | 0x15,
             'snan2': top << f | 1 << (f - 2)}
        self.v = {n: b | BOX[fmt] for n, b in v.items()}
        self.v.update({'-' + n: b ^ sign for n, b in self.v.items()})
        if fmt != 'd':
            self.v['unboxed'] = v['1'] | (BOX[fmt] & (BOX[fmt] - 1))
            self.v['narrow'] = v['1']

    def get(self, name):
        return self.v[name]

    def has(self, *names):
        return all(n in self.v for n in names)


PAIRS = [('1', '2'), ('1', '-1'), ('-1', '1'), ('0', '-0'), ('-0', '0'), ('-0', '-0'), ('0', '0'), ('1', '0'), ('-1', '0'), ('0', '1'), ('inf', '1'), ('1', 'inf'),
         ('inf', 'inf'), ('inf', '-inf'), ('-inf', '-inf'), ('inf', '0'), ('0', 'inf'), ('-0', 'inf'), ('max', 'max'), ('-max', 'max'), ('max', '2'), ('max', '.5'),
         ('big', 'big'), ('1', '3'), ('-1', '3'), ('1', 'half ulp'), ('1+', 'half ulp'), ('-1+', 'half ulp'), ('1', 'least'), ('1', '-least'), ('-1', 'least'),
         ('least', 'least'), ('least', '-least'), ('denormal', 'least'), ('normal', '-least'), ('normal', '1-'), ('normal', '.5'), ('denormal', '1'), ('denormal', '.5'),
         ('normal', 'normal'), ('least', '.5'), ('least', '2'), ('least', '-3'), ('tiny', '1.5'), ('normal', '3'), ('1.5', '1+'), ('2', '1-'), ('max', 'least'), ('least', 'max'),
         ('qnan', '1'), ('1', 'qnan'), ('snan', '1'), ('1', 'snan'), ('-snan2', '1'), ('payload', '-payload'), ('-qnan', 'snan'), ('snan', 'qnan'), ('qnan', 'inf'),
         ('qnan', '0'), ('snan', '0'), ('unboxed', '1'), ('1', 'unboxed'), ('narrow', '1'), ('1', 'narrow')]
ROUNDED = [('1', '3'), ('-1', '3'), ('1', 'half ulp'), ('1+', 'half ulp'), ('-1+', 'half ulp'), ('1', 'least'), ('-1', '-least'), ('max', 'max'), ('-max', 'max'),
           ('denormal', '.5'), ('normal', '1-'), ('least', '.5'), ('1', '-1')]
TRIPLES = [('1', '2', '3'), ('1', '1', '-1'), ('-1', '1', '1'), ('0', '1', '-0'), ('-0', '1', '-0'), ('0', '0', '0'), ('inf', '0', '1'), ('0', 'inf', 'qnan'), ('inf', '0', 'snan'),
           ('-inf', '0', 'qnan'), ('inf', '1', '-inf'), ('inf', '1', 'inf'), ('1', '1', 'inf'), ('max', 'max', '1'), ('max', '2', '-max'), ('1+', '1+', '-1'), ('1+', '1-', '-1'),
           ('1', 'half ulp', '1'), ('1', 'least', '1'), ('1', 'least', '-1'), ('normal', '.5', 'least'), ('least', 'least', '0'), ('least', '.5', '-0'), ('normal', '1-', '0'),
           ('normal', 'normal', 'least'), ('least', '-least', 'normal'), ('tiny', 'tiny', 'max'), ('3', '1-', '1'), ('qnan', '1', '1'), ('1', 'qnan', '1'), ('1', '1', 'qnan'),
           ('snan', '1', '1'), ('1', 'snan', '1'), ('1', '1', 'snan'), ('payload', '-payload', 'qnan'), ('qnan', 'snan', '1'), ('unboxed', '1', '1'), ('1', 'narrow', '1'),
           ('1', '1', 'unboxed')]
ROUNDED3 = [('1+', '1+', '-1'), ('1', 'half ulp', '1'), ('1', 'least', '1'), ('1', 'least', '-1'), ('max', '2', '1'), ('-max', '2', '1'), ('normal', '1-', '0'),
            ('least', '.5', '0'), ('-least', '.5', '0'), ('1', '1', '-1'), ('0', 'inf', 'qnan')]
SINGLES = ['0', '-0', '1', '-1', '2', '3', '1+', '1-', '.5', '.25', 'inf', '-inf', 'max', '-max', 'normal', '-normal', 'denormal', '-denormal', 'least', '-least',
           'qnan', '-qnan', 'snan', '-snan', 'snan2', 'payload', '-payload', 'unboxed', 'narrow']
SIGNS = [('1', '2'), ('1', '-2'), ('-1', '2'), ('-1', '-2'), ('qnan', '-1'), ('-snan', '1'), ('1', '-snan2'), ('-payload', '1'), ('0', '-0'), ('unboxed', '-1'), ('-1', 'unboxed'),
         ('narrow', '-1'), ('-1', 'narrow')]


def modes(items):
    """(rm field, fcsr, items): each static mode, each dynamic one; with a few items a static one under another dynamic one."""
    for rm in range(5):
        yield rm, 0, items
        yield DYN, rm << 5, items
    for rm, frm in ((0, 1), (1, 2), (4, 3), (3, 4), (2, 5)):  # the last is invalid: a static mode still works
        yield rm, frm << 5, items[:3]


def operand_sets(values, sets):
    regs = (RS1, RS2, RS3)
    for names in sets:
        if values.has(*names):
            yield dict(zip(regs, (values.get(n) for n in names)))


def arith_cases(m, row, sets, rounded):
    values = Values(row.name[-1])
    for f in operand_sets(values, sets):
        yield Case([m.plain(row, m=DYN)], f=f)
    for rm, fcsr, sets in modes(rounded):
        for f in operand_sets(values, sets):
            yield Case([m.plain(row, m=rm)], f=f, fcsr=fcsr)
    one = next(operand_sets(values, sets))
    for frm in (5, 6, 7):
        yield Case([m.plain(row, m=DYN)], f=one, fcsr=frm << 5)
    yield Case([m.plain(row, m=DYN)], f=one, fcsr=0x1f)  # flags stay
    if 't' in row.fields:
        yield Case([m.plain(row, d=31, s=31, t=0, m=DYN)], f={31: one[RS1], 0: one[RS1]})


def two_cases(m, row):
    yield from arith_cases(m, row, PAIRS, ROUNDED)


def fma_cases(m, row):
    yield from arith_cases(m, row, TRIPLES, ROUNDED3)


def one_cases(m, row):
    yield from arith_cases(m, row, [(s,) for s in SINGLES], [('2',), ('3',), ('max',), ('least',), ('1-',), ('-1',)])


def unrounded_pairs(m, row):
    values = Values(row.name[-1])
    for f in operand_sets(values, PAIRS):
        yield Case([m.plain(row)], f=f)
    yield Case([m.plain(row)], f=next(operand_sets(values, PAIRS)), fcsr=0xff)
    if row.asm.startswith('x:rd'):
        yield Case([m.plain(row, d=0)], f=next(operand_sets(values, [('snan', '1')])))


def sign_cases(m, row):
    values = Values(row.name[-1])
    for f in operand_sets(values, SIGNS):
        yield Case([m.plain(row)], f=f)
    for f in operand_sets(values, [(s,) for s in SINGLES]):
        yield Case([m.plain(row, t=RS1)], f=f)  # fmv, fneg, fabs


def class_cases(m, row):
    values = Values(row.name[-1])
    for f in operand_sets(values, [(s,) for s in SINGLES]):
        yield Case([m.plain(row)], f=f)


def move_cases(m, row):
    if row.asm.startswith('x:rd'):
        for v in (0, 1, MASK, 0x8000, 0x7fff, 0x80000000, 0x7fffffff, 0xffffffff7fc00000, 0x123456789abcdef0, 0xffffffffffff8000, 0x7ff4000000000000):
            yield Case([m.plain(row)], f={RS1: v})
    else:
        for v in (0, 1, MASK, 0x8000, 0x80000000, 0x7fc00001, 0x123456789abcdef0, 0x7ff4000000000000):
            yield Case([m.plain(row)], {RS1: v})
        yield Case([m.plain(row, s=0)])


def conversion_values(fmt):
    out = [v | BOX[fmt] for v in ex.FLOATS[fmt]]
    return out + (NOT_BOXED if fmt != 'd' else [])


HALVES = ['.5', '1.5', '-.5', '-1.5', '1+', '-1+', 'least', '-least', 'snan', '-inf', 'max']


def to_int_cases(m, row):
    fmt = row.name[-1]
    for v in conversion_values(fmt):
        yield Case([m.plain(row, m=1)], f={RS1: v})
    values = Values(fmt)
    for rm, fcsr, names in modes(HALVES):
        for f in operand_sets(values, [(s,) for s in names]):
            yield Case([m.plain(row, m=rm)], f=f, fcsr=fcsr)
    yield Case([m.plain(row, m=1, d=0)], f={RS1: values.get('.5')})
    yield Case([m.plain(row, m=DYN)], f={RS1: values.get('1')}, fcsr=0xa0)


INTS = ex.INTEGERS + [(1 << 24) + 1, (1 << 53) + 1, (1 << 24) + 3, (1 << 53) + 3, 2049, 2051, 65519, 65520, 0xfffffffffffff7ff, 0xfffffffffefffffe]
ROUNDED_INTS = [(1 << 24) + 1, (1 << 24) + 3, (1 << 53) + 1, MASK - (1 << 24), 2049, 2051, 65520, MASK - 65519, 0x7fffffffffffffff, 0]


def from_int_cases(m, row):
    for v in INTS:
        yield Case([m.plain(row, m=DYN)], {RS1: v})
    for rm, fcsr, ints in modes(ROUNDED_INTS):
        for v in ints:
            yield Case([m.plain(row, m=rm)], {RS1: v}, fcsr=fcsr)
    yield Case([m.plain(row, m=DYN)], {RS1: 1}, fcsr=0xe0)
    yield Case([m.plain(row, m=0, s=0)])


# doubles and singles near the ends of the narrower formats: overflow, ties, underflow before and after rounding
NARROWING = {
    'd': [0x47efffffe0000000, 0x47efffffefffffff, 0x47effffff0000000, 0x47f0000000000000, 0x3810000000000000, 0x380fffffffffffff, 0x380fffffe0000000, 0x380ffffff0000000,
          0x36a0000000000000, 0x3690000000000000, 0x3690000000000001, 0x3ff0000010000000, 0x3ff0000030000000, 0x3ff0000010000001, 0x40effc0000000000, 0x40effe0000000000,
          0x40effdffffffffff, 0x3f10000000000000, 0x3f0ffc0000000000, 0x3f0ffe0000000000, 0x3e70000000000000, 0x3e60000000000000, 0x3e60000000000001, 0x3ff0020000000000],
    's': [0x477fe000, 0x477ff000, 0x477fefff, 0x38800000, 0x387fe000, 0x387ff000, 0x33800000, 0x33000000, 0x33000001, 0x3f801000, 0x3f803000, 0x3f801001],
    'h': [0x0001, 0x03ff, 0x0400, 0x7bff],
}


def convert_cases(m, row):
    to, fmt = row.name.split('.')[1:]
    values = [v | BOX[fmt] for v in NARROWING[fmt]]
    for v in conversion_values(fmt) + values:
        yield Case([m.plain(row, m=DYN)], f={RS1: v})
    sign = {'h': 1 << 15, 's': 1 << 31, 'd': 1 << 63}[fmt]
    for rm, fcsr, some in modes(values):
        for v in some:
            yield Case([m.plain(row, m=rm)], f={RS1: v}, fcsr=fcsr)
            if rm in (2, 3):
                yield Case([m.plain(row, m=rm)], f={RS1: v ^ sign}, fcsr=fcsr)
    yield Case([m.plain(row, m=DYN)], f={RS1: values[0]}, fcsr=0xc0)


def round_cases(m, row):
    fmt = row.name[-1]
    for v in conversion_values(fmt):
        yield Case([m.plain(row, m=DYN)], f={RS1: v})
    values = Values(fmt)
    for rm, fcsr, names in modes(HALVES):
        for f in operand_sets(values, [(s,) for s in names]):
            yield Case([m.plain(row, m=rm)], f=f, fcsr=fcsr)


def constant_cases(m, row):
    for s in range(32):
        yield Case([m.plain(row, s=s)])


def modular_cases(m, row):
    more = [0x41f0000000000000, 0x41efffffffe00000, 0x41efffffffffffff, 0xc1e0000000200000, 0xc1e00000001fffff, 0x41dfffffffc00000, 0x41dfffffffffffff, 0x4330000000000001,
            0x433fffffffffffff, 0x4340000000000001, 0x4500000000000001, 0x4520000000000001, 0x4540000000000001, 0x7fefffffffffffff, 0xc3e8000000000123]
    for v in conversion_values('d') + more:
        yield Case([m.plain(row)], f={RS1: v})
