# SPDX-License-Identifier: MIT
"""Operands of the RISC-V case lines: which encodings and which inputs each row is tried with (record.py writes the lines)."""
import guest  # noqa: F401, before what stands in tests/isa
import experiments as ex
import insns

MASK = ex.MASK
BOX = {'h': MASK ^ 0xffff, 's': MASK ^ 0xffffffff, 'd': 0}
NOT_BOXED = [0x3f800000, 0x7fffffff3f800000, 0xfffffffe3f800000, 0xffff00003f803c00, 0xfffffffffffe3c00, 0x3c00]  # of floats
RD, RS1, RS2, RS3 = 10, 11, 12, 13  # also of FP registers
MIDDLE = ex.DATA_WINDOW + 128       # the border between two pages

PAIRS = [(0, 0), (1, 1), (1, 2), (2, 1), (MASK, 1), (1, MASK), (MASK, MASK), (1 << 63, MASK), (1 << 63, 1), ((1 << 63) - 1, 1), (1 << 63, 1 << 63),
         (0x80000000, 0xffffffff), (0xffffffff80000000, MASK), (0x7fffffff, 1), (0xffffffff, 1), (0x123456789abcdef0, 0x0fedcba987654321),
         (0x0f0f0f0f0f0f0f0f, 0x00ff00ff00ff00ff), (0x8000000000000001, 63), (0x80000001, 31), (0x80000001, 32), (0x123456789abcdef0, 64),
         (0x8080808000ff0100, 0x7fff8000), (5, 0), (1 << 63, 0)]
SINGLES = [0, 1, MASK, 1 << 63, (1 << 63) - 1, 0x80, 0x7f, 0xff80, 0x8000, 0x7fff, 0x80000000, 0x7fffffff, 0xffffffff, 1 << 32, 0x0100000000000010,
           0x123456789abcdef0, 0xff00ff0000010080, 0xaaaaaaaaaaaaaaaa]
IMMEDIATES = [0, 1, -1, 7, 2047, -2048]


class Case:
    """Code words [(row, word)], inputs. manual: why the expected outcome is not the oracle's, and what it is."""
    def __init__(self, words, x=None, f=None, fcsr=0, mem=None, manual=None):
        self.words, self.x, self.f, self.fcsr, self.mem, self.manual = words, x or {}, f or {}, fcsr, mem or {}, manual


class Maker:
    def __init__(self):
        self.isa = insns.load()

    def word(self, name, **fields):
        row = self.isa.by_name[name]
        w = row.match
        for f in row.fields:
            w = row.set_field(w, f, fields.get(f, 0) & ((1 << len(row.fields[f])) - 1))
        assert row.is_legal(w), (name, fields, hex(w))
        return row, w

    def immediate(self, row, word, value):
        """word with the immediate that the row's format scrambles."""
        spec = row.format.operands['imm']
        bits = insns.gen_isa.spec_bits(spec[3:-1] if spec.startswith('sx(') else spec, row.fields)
        for i, b in enumerate(reversed(bits)):
            if isinstance(b, int):
                word = word & ~(1 << b) | (value >> i & 1) << b
        return word

    def offsets(self, row):
        """Immediates at the ends of the row's range, in its unit."""
        spec = row.format.operands['imm']
        signed = spec.startswith('sx(')
        bits = insns.gen_isa.spec_bits(spec[3:-1] if signed else spec, row.fields)
        unit = 1
        while not isinstance(bits[-1], int):
            bits, unit = bits[:-1], unit * 2
        n = 1 << len(bits)
        return [0, unit, (n // 2 - 1) * unit, -n // 2 * unit, -unit] if signed else [0, unit, (n - 1) * unit, n // 2 * unit]

    def registers(self, row, **fields):
        """Field values for the usual registers: letters d s t r; compressed ones count from 8."""
        out = dict(fields)
        for letter, reg in (('d', RD), ('s', RS1), ('t', RS2), ('r', RS3)):
            if letter in row.fields and letter not in out:
                n = len(row.fields[letter])
                out[letter] = reg - 8 if n == 3 else reg // 2 if n == 4 else reg
        return out

    def plain(self, row, **fields):
        return self.word(row.name, **self.registers(row, **fields))


def alu_cases(m, row):
    """Two registers or one."""
    two = 't' in row.fields
    accumulates = 's' not in row.fields  # compressed: rd is the first source
    a = RD if accumulates else RS1
    word = m.plain(row)
    for p, q in PAIRS if two else [(v, 0) for v in SINGLES]:
        yield Case([word], {a: p, RS2: q} if two else {a: p})
    if len(row.fields['d']) != 5:
        return
    p, q = 0x8000000012345678, 0xffffffff87654321
    if accumulates:
        yield Case([m.plain(row, d=31, t=31)], {31: p})
    elif two:
        yield Case([m.plain(row, d=0)], {RS1: p, RS2: q})
        yield Case([m.plain(row, s=0)], {RS2: q})
        yield Case([m.plain(row, t=0)], {RS1: p})
        yield Case([m.plain(row, d=5, s=5, t=5)], {5: p})
        yield Case([m.plain(row, d=31, s=31, t=1)], {31: p, 1: q})
    else:
        yield Case([m.plain(row, d=0)], {RS1: p})
        yield Case([m.plain(row, d=31, s=31)], {31: p})


def imm_cases(m, row):
    accumulates = 's' not in row.fields
    a = RD if accumulates else RS1
    if row.format.operands.get('rs1') == '=2':
        a = 2
    letter = 'h' if 'h' in row.fields else 'i'
    for i in m.offsets(row) + ([IMMEDIATES[3]] if len(row.fields[letter]) == 12 else [31] if letter == 'h' else []):
        r, w = row, row.match
        for f, v in m.registers(row).items():
            w = row.set_field(w, f, v)
        w = m.immediate(row, w, i)
        if not r.is_legal(w):
            continue
        for v in (0, 1, MASK, 1 << 63, 0x7fffffff, 0x80000001, 0xfedcba9876543210):
            yield Case([(r, w)], {a: v})
    if not accumulates and len(row.fields.get('d', ())) == 5:
        w = m.immediate(row, m.plain(row, d=0)[1], 5)
        yield Case([(row, w)], {RS1: 77})
        w = m.immediate(row, m.plain(row, s=0)[1], 5)
        yield Case([(row, w)])


def upper_cases(m, row):
    for i in (1, 2, 0x1f, 0x7ffff, 0x80000, 0xfffff) if len(row.fields['i']) == 20 else (1, 31, 32, 63):
        yield Case([m.plain(row, i=i)])
    yield Case([m.plain(row, d=0 if row.name != 'c.li' else 31, i=3)])


def pairs_of(m, row):
    yield Case([m.plain(row, s=0)] if 's' in row.fields else [m.plain(row)])


def mv_cases(m, row):
    for v in (0, MASK, 0x8000000000000000):
        yield Case([m.plain(row)], {RS2: v})


def nothing_cases(m, row):
    fields = {'i': 5, 'n': 3, 'p': 3, 'q': 3, 's': RS1}
    words = {f: v for f, v in fields.items() if f in row.fields}
    yield Case([m.plain(row, **words)])
    if row.name == 'fence':
        for p, q in ((15, 15), (2, 3), (3, 1), (1, 2), (8, 4)):
            yield Case([m.plain(row, p=p, q=q)])
        yield Case([m.plain(row, p=15, q=15, f=5, )])


def zero_cases(m, row):
    for n in (0, 7 if 't' in row.fields else 31):
        yield Case([m.plain(row, n=n)], {RS1: 5, RS2: 6})


SIZES = {'MEM_8': 1, 'MEM_16': 2, 'MEM_32': 4, 'MEM_64': 8}


def access_size(row):
    if '(' in row.trans and row.trans.startswith(('load', 'store')):
        return SIZES[row.trans[row.trans.index('(') + 1:].split(')')[0].split()[0]]
    return {'s': 4, 'd': 8, 'h': 2}[row.trans[-1]]


def memory_cases(m, row):
    """Offsets at the ends; every alignment; across pages; each sign; unmapped, half mapped and read-only memory."""
    is_store = 'store' in row.trans
    size = access_size(row)
    base_reg = 2 if row.format.operands['rs1'] == '=2' else RS1
    data = {('f' if row.trans.startswith('f') else 'x'): {RS2: 0xfedcba9876543218}} if is_store else {}

    def case(base, imm, mem=None):
        w = m.plain(row)
        w = (row, m.immediate(row, w[1], imm))
        x = dict(data.get('x', {}))
        x[base_reg] = base & MASK
        return Case([w], x, data.get('f'), 0, mem)

    for imm in m.offsets(row):
        yield case(MIDDLE - 64 - imm, imm)
    offset = size if not row.name.startswith('c.') else m.offsets(row)[1]
    for shift in range(1, 8):
        yield case(MIDDLE - 48 + shift, 0)
    for back in range(1, size):
        yield case(MIDDLE - back, 0)
    if not is_store:
        for pattern in ('0000000000000080', '8000000000000000', '8080000000000000', '7f00000000000000', 'ffffffffffffffff', '0080000000000000', '0000008000000000'):
            yield case(MIDDLE - 32, 0, {96: bytes.fromhex(pattern)})
    yield case(0, offset)
    yield case(ex.DATA_UNMAPPED, 0)
    if size > 1:
        yield case(ex.DATA_UNMAPPED - 1, 0)
    yield case(ex.DATA_READ_ONLY, 0)
    if is_store and row.trans.startswith('f'):
        for v in NOT_BOXED[:3]:
            c = case(MIDDLE - 16, 0)
            c.f = {RS2: v}
            yield c
    if not row.name.startswith('c.'):
        yield Case([m.plain(row, d=0, t=0)], {RS1: MIDDLE - 24})


def branch_cases(m, row):
    single = row.name.startswith('c.')
    for p, q in PAIRS:
        w = m.plain(row)
        yield Case([(row, m.immediate(row, w[1], 8))], {RS1: p, RS2: q})
    for off in m.offsets(row)[1:]:
        for p, q in ((0, 0), (0, 1), (1, 0)):
            w = m.plain(row)
            yield Case([(row, m.immediate(row, w[1], off))], {RS1: p, RS2: q})
    if not single:
        w = m.plain(row, t=0)
        yield Case([(row, m.immediate(row, w[1], 6))], {RS1: 0})


def jal_cases(m, row):
    for off in m.offsets(row)[1:]:
        for d in (0, 1, 5, RD) if 'd' in row.fields else (0,):
            yield Case([(row, m.immediate(row, m.plain(row, d=d)[1], off))])


def jalr_cases(m, row):
    if row.name.startswith('c.'):
        for s in (1, 5, RS1, 31):
            for t in (8, 9, 0x1000):
                yield Case([m.plain(row, s=s)], {s: ex.CODE_BASE + t})
        return
    for imm in IMMEDIATES:
        yield Case([m.plain(row, i=imm)], {RS1: ex.CODE_BASE + 0x2000 - imm + (imm & 1)})
    for d in (0, 1, 5, RD):
        for s in (1, 5, RS1):
            yield Case([m.plain(row, d=d, s=s, i=2)], {s: ex.CODE_BASE + 6})
    yield Case([m.plain(row, d=RS1, i=3)], {RS1: ex.CODE_BASE + 8})
    pc = m.word('auipc', d=1)
    yield Case([pc, m.plain(row, d=1, s=1, i=0x40)])
    yield Case([pc, m.plain(row, d=0, s=1, i=0x40)])
    yield Case([m.plain(row, d=0)], {RS1: 0x1000})  # nothing can be fetched there


def atomic_cases(m, row):
    is_d = row.name.split('.')[1] == 'd'
    size = 8 if is_d else 4
    for a in range(4):
        yield Case([m.plain(row, a=a)], {RS1: MIDDLE - 16, RS2: 0x1234567890abcdef})
    for p, q in PAIRS[:16]:
        mem = {96: (p & MASK).to_bytes(8, 'little')}
        yield Case([m.plain(row)], {RS1: MIDDLE - 32, RS2: q, RD: p}, None, 0, mem)
    if row.name.startswith('amocas'):
        yield Case([m.plain(row)], {RS1: MIDDLE - 32, RS2: 5, RD: 7}, None, 0, {96: (7).to_bytes(8, 'little')})
        yield Case([m.plain(row, d=0)], {RS1: MIDDLE - 32, RS2: 5}, None, 0, {96: bytes(8)}, manual=('rd is x0: only memory changes', {'m': {96: (5).to_bytes(8, 'little')}}))
    else:
        yield Case([m.plain(row, d=0)], {RS1: MIDDLE - 32, RS2: 5})
        yield Case([m.plain(row, d=RS1)], {RS1: MIDDLE - 32, RS2: 5})
        yield Case([m.plain(row, d=RS2)], {RS1: MIDDLE - 32, RS2: 5})
        yield Case([m.plain(row, t=0)], {RS1: MIDDLE - 32})
    yield from atomic_faults(m, row, size)


def atomic_faults(m, row, size):
    for off in (1, size // 2):
        addr = MIDDLE - 32 + off
        yield Case([m.plain(row)], {RS1: addr}, manual=('misaligned atomics fault', {'sig': ex.SIGBUS, 'code': 1, 'addr': addr}))
    yield Case([m.plain(row)], {RS1: ex.DATA_UNMAPPED})
    yield Case([m.plain(row)], {RS1: ex.DATA_READ_ONLY})
    yield Case([m.plain(row)], {RS1: 0})


def cas_quad_cases(m, row):
    low, high = 0x1122334455667788, 0x99aabbccddeeff00
    mem = {96: low.to_bytes(8, 'little') + high.to_bytes(8, 'little')}
    for x in ({10: low, 11: high}, {10: low, 11: 0}, {10: 0, 11: high}, {10: low ^ 1, 11: high}):
        yield Case([m.word(row.name, d=5, s=13, t=6)], {13: MIDDLE - 32, 12: 5, 13: MIDDLE - 32, **x}, None, 0, mem)
    yield Case([m.word(row.name, d=5, s=14, t=0)], {14: MIDDLE - 32, 10: low, 11: high}, None, 0, mem)
    done = {'m': {96: (5).to_bytes(8, 'little') + (6).to_bytes(8, 'little')}}
    yield Case([m.word(row.name, d=0, s=14, t=6)], {14: MIDDLE - 32, 12: 5, 13: 6}, None, 0, {96: bytes(16)}, manual=('rd is x0: only memory changes', done))
    addr = MIDDLE - 24
    yield Case([m.word(row.name, d=5, s=14, t=6)], {14: addr}, manual=('misaligned atomics fault', {'sig': ex.SIGBUS, 'code': 1, 'addr': addr}))
    yield Case([m.word(row.name, d=5, s=14, t=6)], {14: ex.DATA_UNMAPPED})
    yield Case([m.word(row.name, d=5, s=14, t=6)], {14: ex.DATA_READ_ONLY})


def lr_cases(m, row):
    size = 8 if row.name.endswith('d') else 4
    for a in range(4):
        yield Case([m.plain(row, a=a)], {RS1: MIDDLE - 16}, None, 0, {112: bytes.fromhex('00000080010000ff')})
    yield Case([m.plain(row, d=0)], {RS1: MIDDLE - 16})
    yield Case([m.plain(row, d=RS1)], {RS1: MIDDLE - 16})
    for off in (1, size // 2):
        addr = MIDDLE - 32 + off
        yield Case([m.plain(row)], {RS1: addr}, manual=('misaligned atomics fault', {'sig': ex.SIGBUS, 'code': 1, 'addr': addr}))
    yield Case([m.plain(row)], {RS1: ex.DATA_UNMAPPED})
    yield Case([m.plain(row)], {RS1: ex.DATA_READ_ONLY})


def sc_cases(m, row):
    width = row.name[3:]
    lr = m.word('lr.' + width, d=5, s=RS1)
    store = 'sd' if width == 'd' else 'sw'
    for a in range(4):
        yield Case([lr, m.plain(row, a=a)], {RS1: MIDDLE - 16, RS2: 0x1234567890abcdef})
    yield Case([m.plain(row)], {RS1: MIDDLE - 16, RS2: 3})                                        # no reservation
    yield Case([lr, m.plain(row), m.plain(row, d=6)], {RS1: MIDDLE - 16, RS2: 3})                  # only once
    yield Case([lr, m.plain(row, s=RS3)], {RS1: MIDDLE - 16, RS3: MIDDLE - 32, RS2: 3})            # another address
    s = m.isa.by_name[store]
    yield Case([lr, (s, m.word(store, s=RS1, t=RS3)[1]), m.plain(row)], {RS1: MIDDLE - 16, RS2: 3, RS3: 99})  # changed in between
    yield Case([lr, m.plain(row, d=0)], {RS1: MIDDLE - 16, RS2: 3})
    yield Case([lr, m.plain(row, d=RS1)], {RS1: MIDDLE - 16, RS2: 3})
    yield Case([lr, m.plain(row, d=RS2)], {RS1: MIDDLE - 16, RS2: 3})
    other = m.word('lr.' + ('w' if width == 'd' else 'd'), d=5, s=RS1)
    why = 'widths differ: no store'
    yield Case([other, m.plain(row)], {RS1: MIDDLE - 16, RS2: 3}, None, 0, {112: bytes.fromhex('0100000000000000')}, manual=(why, {'x': {5: 1, RD: 1}}))
    for addr in (ex.DATA_READ_ONLY, ex.DATA_UNMAPPED, 0):
        yield Case([lr, m.plain(row)], {RS1: addr})
        yield Case([lr, m.plain(row, s=RS3)], {RS1: MIDDLE - 16, RS3: addr})
    bad = MIDDLE - 31
    yield Case([m.plain(row)], {RS1: bad}, manual=('misaligned atomics fault', {'sig': ex.SIGBUS, 'code': 1, 'addr': bad}))


def cbo_cases(m, row):
    if row.name == 'cbo.zero':
        for off in (0, 1, 63, 64, 127):
            yield Case([m.plain(row)], {RS1: MIDDLE - 128 + off})
        yield Case([m.plain(row)], {RS1: ex.DATA_UNMAPPED})
        yield Case([m.plain(row)], {RS1: ex.DATA_READ_ONLY})
        return
    why = 'user mode may, as under Linux'
    yield Case([m.plain(row)], {RS1: MIDDLE}, manual=(why, {}))
    yield Case([m.plain(row)], {RS1: ex.DATA_UNMAPPED}, manual=(why, {'sig': ex.SIGSEGV, 'code': 1, 'addr': ex.DATA_UNMAPPED}))


def csr_cases(m, row):
    is_imm = row.name.endswith('i')
    source = 'u' if is_imm else 's'
    for csr in (1, 2, 3):
        for fcsr in (0, 0x1f, 0xe0, 0x75):
            values = (0, 1, 5, 0x1f) if is_imm else (0, 1, 4, 0x1f, 0x85, 0x62, MASK)
            for v in values:
                if is_imm:
                    yield Case([m.plain(row, c=csr, u=v)], fcsr=fcsr)
                else:
                    yield Case([m.plain(row, c=csr)], {RS1: v}, fcsr=fcsr)
        yield Case([m.plain(row, c=csr, d=0, **{source: 3})], {3: 0x62}, fcsr=0x15)
        yield Case([m.plain(row, c=csr, **{source: 0})], fcsr=0x55)
        if not is_imm:
            yield Case([m.plain(row, c=csr, d=RS1)], {RS1: 0x42}, fcsr=0x21)
        # what follows runs in the new mode: 1 / 3
        div = m.word('fdiv.d', d=RD, s=RS1, t=RS2, m=7)
        for v in (0, 1, 2, 3, 4, 5):
            operands = {RS1: 0x3ff0000000000000, RS2: 0x4008000000000000}
            if is_imm:
                yield Case([m.plain(row, c=csr, u=v), div], f=operands)
            else:
                yield Case([m.plain(row, c=csr), div], {RS1: v << 5 if csr == 3 else v}, operands)
    for csr in (0xc00, 0xc01, 0xc02, 0x003 + 1, 0x300, 0x7c0):  # read-only or absent
        yield Case([m.plain(row, c=csr, **{source: 1})], {1: 1})
