#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the .isa files of one guest and writes its decoder, operand extraction, disassembly templates and dispatch.

Also a module: `load(paths)` returns an Isa for the tests (random valid instructions, coverage).

GRAMMAR of .isa files. '#' begins a comment line; a line that ends in '\\' goes on. Three kinds of lines:

  index WIDTH high:low ...     bits that index the decoder's first table for words of that width; widths without one do not exist.
                               high:low=n: bits that whoever asks for that width has seen already
  format NAME | operands | constraints | assembly
  name | bits | format | extensions | flow | translation [| options [| assembly]]

  bits         one character per bit, most significant first; blanks are ignored. 0 and 1 are fixed, letters are fields
               (the field's value is all its bits joined from high to low), '-' is ignored by the hardware.
  operands     `op=spec ...`; spec: parts joined from high to low, separated by commas. A part is a field `d`, bits of a
               field `i[11]`, `i[10:5]`, or literal bits `000`. `sx(spec)` sign-extends, `8+spec` adds, `=2` is a constant.
  constraints  `m!=5 m!=6 d!=0 z,i[5]!=1`: a field, or bits joined as in operands; also as row options
  assembly     text with operands as kind:op, or {kind:op} within a word. A kind is a letter, a digit or one of @$^~!*?=+;<-: see disas.c of the target. `.` for none. Rows may override it
  extensions   `A+B`: all are needed
  flow         a name of the target's (target/riscv: next, branch, jal, jalr, csr, end; `next` is what most are)
  translation  `fn` or `fn(args)`: the row extracts its operands and calls trans_fn(t, o, args)
  options      constraints, `over=row` (wins over that row where both match; where this row's extensions are off, that row counts)

Two rows that match the same word without `over` fail the build.
"""
import os
import re
import sys


class IsaError(Exception):
    pass


class Format:
    def __init__(self, name, operands, constraints, asm):
        self.name, self.operands, self.constraints, self.asm = name, operands, constraints, asm
        self.layout = None  # field letter -> bit positions; the same for every row of the format


class Row:
    def __init__(self, name, bits, where):
        self.name, self.where, self.bits = name, where, bits
        self.width = len(bits)
        self.mask = self.match = 0
        self.fields = {}
        for i, c in enumerate(bits):
            pos = self.width - 1 - i
            if c in '01':
                self.mask |= 1 << pos
                self.match |= int(c) << pos
            elif c != '-':
                self.fields.setdefault(c, []).append(pos)  # high to low

    @property
    def ident(self):
        return re.sub(r'[^a-z0-9]', '_', self.name)

    def field(self, word, letter):
        v = 0
        for pos in self.fields[letter]:
            v = v << 1 | (word >> pos & 1)
        return v

    def spec_value(self, word, spec):
        v = 0
        for pos in spec_bits(spec, self.fields):
            v = v << 1 | (word >> pos & 1)
        return v

    def set_field(self, word, letter, value):
        return self.set_spec(word, letter, value)

    def set_spec(self, word, spec, value):
        for pos in reversed(spec_bits(spec, self.fields)):
            word = word & ~(1 << pos) | (value & 1) << pos
            value >>= 1
        return word

    def is_legal(self, word):
        """Whether fixed bits and constraints hold (rows that win over this one aside)."""
        return word & self.mask == self.match and all(
            (self.spec_value(word, f) == v) == (op == '==') for f, op, v in self.constraints)


class Isa:
    def __init__(self):
        self.formats, self.rows, self.by_name, self.index, self.known = {}, [], {}, {}, {}


CONSTRAINT = re.compile(r'^([a-zA-Z][a-zA-Z0-9\[\]:,]*)(!=|==)(\d+)$')


def parse_constraints(words, where):
    out = []
    for w in words:
        m = CONSTRAINT.match(w)
        if not m:
            raise IsaError(f'{where}: bad constraint {w}')
        out.append((m[1], m[2], int(m[3])))
    return out


def logical_lines(path):
    """(number, text) of each line; a trailing backslash joins lines."""
    text, start = '', 0
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            line = line.rstrip()
            if not text:
                start = n
                if not line or line.startswith('#'):
                    continue
            text += line.rstrip('\\')
            if not line.endswith('\\'):
                yield start, text
                text = ''


def load(paths):
    isa = Isa()
    for path in paths:
        for n, line in logical_lines(path):
            where = f'{os.path.basename(path)}:{n}'
            cols = [c.strip() for c in line.split('|')]
            if cols[0].startswith('index '):
                add_index(isa, line.split()[1:])
            elif cols[0].startswith('format '):
                add_format(isa, cols, where)
            else:
                add_row(isa, cols, where)
    for row in isa.rows:
        row.over = [isa.by_name[n] for n in row.over_names]
    return isa


def add_index(isa, words):
    width = int(words[0])
    parts = [[int(n) for n in re.split('[:=]', w)] for w in words[1:]]
    isa.index[width] = [(p[0], p[1]) for p in parts if len(p) == 2]
    isa.known[width] = (sum(((1 << (p[0] - p[1] + 1)) - 1) << p[1] for p in parts if len(p) == 3),
                        sum(p[2] << p[1] for p in parts if len(p) == 3))


def add_format(isa, cols, where):
    if len(cols) != 4:
        raise IsaError(f'{where}: a format has 4 columns')
    name = cols[0].split()[1]
    operands = dict(w.split('=', 1) for w in cols[1].split())
    isa.formats[name] = Format(name, operands, parse_constraints(cols[2].split(), where), cols[3])


def add_row(isa, cols, where):
    if len(cols) < 6:
        raise IsaError(f'{where}: a row has 6 to 8 columns')
    cols += [''] * (8 - len(cols))
    row = Row(cols[0], cols[1].replace(' ', ''), where)
    if row.width not in isa.index:
        raise IsaError(f'{where}: {row.width} bits')
    row.number = len(isa.rows) + 1
    row.format = isa.formats[cols[2]]
    row.exts, row.flow, row.trans = cols[3].split('+'), cols[4], cols[5]
    options = cols[6].split()
    row.over_names = [o[5:] for o in options if o.startswith('over=')]
    row.constraints = row.format.constraints + parse_constraints(
        [o for o in options if not o.startswith('over=')], where)
    row.asm = cols[7] or row.format.asm
    fmt = row.format
    used = set(re.findall(r'\b([a-zA-Z])\b', ' '.join(
        re.sub(r'\bsx\b', '', s) for s in fmt.operands.values())))
    layout = {f: tuple(row.fields[f]) for f in sorted(used) if f in row.fields}
    if len(layout) != len(used):
        raise IsaError(f'{where}: {row.name} lacks a field of format {fmt.name}')
    if fmt.layout is None:
        fmt.layout = (row.width, layout)
    elif layout and fmt.layout != (row.width, layout):
        raise IsaError(f'{where}: fields of {row.name} lie elsewhere than in other rows of {fmt.name}')
    if row.name in isa.by_name:
        raise IsaError(f'{where}: second row {row.name}')
    isa.rows.append(row)
    isa.by_name[row.name] = row


# ---- proof that no two rows match the same word

def overlap_word(a, b):
    """A word that both rows match, or None. Exact: constraint fields are enumerated."""
    if a.width != b.width or (a.match ^ b.match) & a.mask & b.mask:
        return None
    mask, base = a.mask | b.mask, a.match | b.match
    free = set()
    for row in (a, b):
        for f, _, _ in row.constraints:
            free.update(p for p in spec_bits(f, row.fields) if not mask >> p & 1)
    free = sorted(free)
    if len(free) > 18:
        raise IsaError(f'{a.name}, {b.name}: constraints too wide to prove')
    for n in range(1 << len(free)):
        word = base
        for i, p in enumerate(free):
            word |= (n >> i & 1) << p
        if a.is_legal(word) and b.is_legal(word):
            return word
    return None


def check_overlaps(isa):
    for i, a in enumerate(isa.rows):
        for b in isa.rows[i + 1:]:
            if b in a.over or a in b.over:
                continue
            word = overlap_word(a, b)
            if word is not None:
                raise IsaError(f'{a.where}: {a.name} and {b.name} ({b.where}) both match {word:#x}')


# ---- C output

def runs(bits):
    """[(high, low, count)] of maximal descending runs of bit numbers; None entries are literal zeros or ones."""
    out = []
    for b in bits:
        if out and isinstance(b, int) and isinstance(out[-1][0], int) and out[-1][1] - 1 == b:
            out[-1][1] = b
        else:
            out.append([b, b])
    return out


def spec_bits(spec, layout):
    """Bits of an operand spec from high to low: raw bit numbers or '0'/'1'."""
    bits = []
    for part in spec.split(','):
        m = re.match(r'^([a-zA-Z])(?:\[(\d+)(?::(\d+))?\])?$', part)
        if m:
            pos = layout[m[1]]
            if m[2] is None:
                bits += pos
            else:
                hi = int(m[2])
                lo = int(m[3]) if m[3] else hi
                bits += pos[len(pos) - 1 - hi:len(pos) - lo]
        elif re.match(r'^[01]+$', part):
            bits += list(part)
        else:
            raise IsaError(f'bad operand part {part}')
    return bits


def spec_expr(spec, layout):
    if spec.startswith('='):
        return spec[1:]
    m = re.match(r'^(\d+)\+(.*)$', spec)
    if m:
        return f'{m[1]} + ({spec_expr(m[2], layout)})'
    m = re.match(r'^sx\((.*)\)$', spec)
    bits = spec_bits(m[1] if m else spec, layout)
    terms, pos = [], len(bits)
    for hi, lo in runs(bits):
        if not isinstance(hi, int):
            pos -= 1
            if hi == '1':
                terms.append(f'1u << {pos}')
            continue
        n = hi - lo + 1
        pos -= n
        t = f'(raw >> {lo} & {(1 << n) - 1:#x}u)' if lo else f'(raw & {(1 << n) - 1:#x}u)'
        terms.append(f'{t} << {pos}' if pos else t)
    expr = ' | '.join(terms) or '0'
    if m:
        return f'(int32_t)(({expr}) << {32 - len(bits)}) >> {32 - len(bits)}' if len(bits) < 32 else f'(int32_t)({expr})'
    return expr


def operand_names(isa):
    """All operands with whether they need a wide (int32_t) member."""
    out = {}
    for f in isa.formats.values():
        for op, spec in f.operands.items():
            wide = spec.startswith('sx(') or (
                not spec.startswith('=') and f.layout is not None
                and len(spec_bits(re.sub(r'^\d+\+', '', spec), f.layout[1])) > 8)
            out[op] = out.get(op, False) or wide
    return out


def extraction(fmt, indent):
    return [f'{indent}o->{op} = {spec_expr(spec, fmt.layout[1])};' for op, spec in fmt.operands.items()]


def extract_switch(p, formats):
    """The last one is for all others."""
    out = [f'    switch ({p}_row_format[row]) {{']
    for f in formats:
        label = f'case {p.upper()}_FORMAT_{f.name}' if f is not formats[-1] else f'default /* {f.name} */'
        out += [f'    {label}:'] + extraction(f, '        ') + ['        break;']
    return out + ['    }', '}\n']


def emit_extract(isa, p, out):
    out.append(f'void {p}_extract(unsigned row, uint32_t raw, {p.capitalize()}Ops *o)\n{{')
    out += extract_switch(p, [f for f in isa.formats.values() if f.layout is not None])


FEW_FORMATS = 3


def flow_extracts(isa, p):
    """Extraction for the rows of one flow, in place, for flows of few formats."""
    out = []
    for flow in flows(isa)[1:]:
        formats = list(dict.fromkeys(r.format for r in isa.rows if r.flow == flow))
        if len(formats) <= FEW_FORMATS and all(f.layout is not None and f.operands for f in formats):
            out.append(f'static inline void {p}_extract_{flow}(unsigned row, uint32_t raw, {p.capitalize()}Ops *o)\n{{')
            out += extract_switch(p, formats)
    return out


def best_run(rows, common):
    """The run of common bits (at most 7) that splits the rows best: (low, length)."""
    best, lo = None, 0
    while lo < 32:
        if not common >> lo & 1:
            lo += 1
            continue
        n = 0
        while common >> (lo + n) & 1 and n < 7:
            n += 1
        kinds = len({r.match >> lo & ((1 << n) - 1) for r in rows})
        if best is None or kinds > best[0]:
            best = (kinds, lo, n)
        lo += n
    return best


MAX_TESTED = 5  # bits of a constraint that get a table


class Trie:
    """The decoder's tables. An entry of a table is, by its two top bits: 0 a row to check; 3 a row that is sure; 1 a chain (index into `chains`, rows to try in order, 0
    ends); 2 a node (base of its entries in bits 0-15, shift in bits 16-20, mask in bits 21-27)."""
    CHAIN, NODE, SURE = 1 << 30, 2 << 30, 3 << 30

    def __init__(self):
        self.entries, self.chains, self.bases = [], [], {}

    def holds(self, row, constraint, tested, word):
        """Of words with these tested bits: True, False, or None where it depends on others."""
        spec, op, value = constraint
        want = row.set_spec(0, spec, value)
        is_open = False
        for b in spec_bits(spec, row.fields):
            if not tested >> b & 1:
                is_open = True
            elif (word ^ want) >> b & 1:
                return op == '!='
        return None if is_open else op == '=='

    def may_match(self, row, tested, word):
        """Whether a word with these tested bits can be the row's."""
        if (row.match ^ word) & row.mask & tested:
            return False
        return all(self.holds(row, c, tested, word) is not False for c in row.constraints)

    def is_sure(self, row, tested, word):
        return not (row.mask & ~tested or row.over) and all(self.holds(row, c, tested, word) for c in row.constraints)

    def chain(self, rows, tested, word):
        order = []
        for row in rows:  # winners first
            at = len(order)
            for i, other in enumerate(order):
                if other in row.over:
                    at = min(at, i)
            order.insert(at, row)
        if len(order) <= 1:
            return (self.SURE if order and self.is_sure(order[0], tested, word) else 0) | order[0].number if order else 0
        self.chains += [r.number for r in order] + [0]
        return self.CHAIN | len(self.chains) - len(order) - 1

    def split(self, rows, tested, word):
        """(low, length) of the bits to look at next: fixed ones that tell rows apart, else those of a constraint or of a row that wins over
        another. None: there are none."""
        common = ~tested
        for r in rows:
            common &= r.mask
        best = best_run(rows, common) if len(rows) > 1 else None
        if best and best[0] > 1:
            return best[1:]
        for r in rows:
            for c in r.constraints:
                bits = [b for b in spec_bits(c[0], r.fields) if not tested >> b & 1]
                is_run = bits == list(range(bits[0], bits[0] - len(bits), -1)) if bits else False
                if is_run and len(bits) <= MAX_TESTED and self.holds(r, c, tested, word) is None:
                    return bits[-1], len(bits)
        for r in rows:
            left = r.mask & ~tested
            if r.over and left:
                low = (left & -left).bit_length() - 1
                return low, min(MAX_TESTED, (~(left >> low) & -~(left >> low)).bit_length() - 1)
        return None

    def node(self, rows, tested, word):
        run = self.split(rows, tested, word)
        if run is None:
            return self.chain(rows, tested, word)
        lo, n = run
        bits = (1 << n) - 1
        below = []
        for v in range(bits + 1):
            tested_v, word_v = tested | bits << lo, word | v << lo
            below.append(self.node([r for r in rows if self.may_match(r, tested_v, word_v)], tested_v, word_v))
        base = self.place(below)
        return self.NODE | bits << 21 | lo << 16 | base

    def place(self, below):
        """Equal nodes share their entries."""
        at = self.bases.get(tuple(below))
        if at is None:
            at = self.bases[tuple(below)] = len(self.entries)
            self.entries += below
        return at

    def root(self, rows, index, known):
        """A table over the bits of `index` [(high, low)], first one most significant."""
        size = sum(hi - lo + 1 for hi, lo in index)
        table, mask = [], sum(((1 << (hi - lo + 1)) - 1) << lo for hi, lo in index) | known[0]
        for v in range(1 << size):
            word, left = known[1], size
            for hi, lo in index:
                left -= hi - lo + 1
                word |= (v >> left & ((1 << (hi - lo + 1)) - 1)) << lo
            table.append(self.node([r for r in rows if self.may_match(r, mask, word)], mask, word))
        return table


def index_expr(index):
    """C for the index of a root table."""
    terms, left = [], sum(hi - lo + 1 for hi, lo in index)
    for hi, lo in index:
        n = hi - lo + 1
        left -= n
        mask = ((1 << n) - 1) << left
        shift = f'raw >> {lo - left}' if lo > left else f'raw << {left - lo}' if lo < left else 'raw'
        terms.append(f'({shift} & {mask:#x})')
    return ' | '.join(terms)


MATCHER = '''
typedef struct Check {
    uint32_t mask, match;
    uint8_t first, count;   /* constraints */
    uint8_t by_ext;         /* wins over another row only where its extensions are on */
} Check;
typedef struct Constraint {
    uint32_t mask, match;
    uint8_t is_equal;
} Constraint;

static const Constraint constraints[] = {
@CONSTRAINTS@
};
static const Check checks[] = {
@CHECKS@
};
static const uint16_t chains[] = {
@CHAINS@
};
const uint32_t @P@_entries[] = {
@ENTRIES@
};
@ROOTS@

static inline __attribute__((always_inline)) bool holds(const Check *c, unsigned row, uint32_t raw, uint64_t ext)
{
    if ((raw & c->mask) != c->match || (c->by_ext && (@P@_row_ext[row] & ~ext)))
        return false;
    for (unsigned i = c->first; i < c->first + c->count; i++) {
        const Constraint *k = &constraints[i];
        if (((raw & k->mask) == k->match) != k->is_equal)
            return false;
    }
    return true;
}

unsigned @P@_check(uint32_t entry, uint32_t raw, uint64_t ext)
{
    if (!(entry >> 30))
        return holds(&checks[entry], entry, raw, ext) ? entry : 0;
    for (const uint16_t *row = &chains[entry & 0xffff]; *row; row++)
        if (holds(&checks[*row], *row, raw, ext))
            return *row;
    return 0;
}
'''


def number_lines(numbers):
    e = [f'{x:#x},' for x in numbers]
    return '\n'.join('    ' + ' '.join(e[i:i + 8]) for i in range(0, len(e), 8))


def emit_matcher(isa, p, out):
    trie = Trie()
    roots = {w: trie.root([r for r in isa.rows if r.width == w], index, isa.known[w]) for w, index in isa.index.items()}
    cons, lists, checks = [], {}, ['    { 0 },']
    for r in isa.rows:
        mine = tuple(f'    {{ {sum(1 << b for b in spec_bits(f, r.fields)):#x}, {r.set_spec(0, f, v):#x}, {int(op == "==")} }},'
                     for f, op, v in r.constraints)
        if mine not in lists:  # rows with the same list share it
            lists[mine] = len(cons)
            cons += mine
        first = lists[mine]
        checks.append(f'    {{ {r.mask:#x}, {r.match:#x}, {first}, {len(r.constraints)}, '
                      f'{int(bool(r.over))} }}, /* {r.number} {r.name} */')
    text = MATCHER
    for key, value in (('CONSTRAINTS', '\n'.join(cons)), ('CHECKS', '\n'.join(checks)), ('P', p),
                       ('CHAINS', number_lines(trie.chains or [0])), ('ENTRIES', number_lines(trie.entries)),
                       ('ROOTS', '\n'.join(f'const uint32_t {p}_root{w}[] = {{\n{number_lines(t)}\n}};' for w, t in roots.items()))):
        text = text.replace(f'@{key}@', value)
    out.append(text)


def c_template(row, ops):
    """Assembly text with %<kind><operand index as a letter> escapes."""
    def sub(m):
        if m[2] not in ops:
            raise IsaError(f'{row.where}: no operand {m[2]}')
        return f'%{m[1]}{chr(ord("a") + ops.index(m[2]))}'
    text = '' if row.asm == '.' else re.sub(r'\{?([a-zA-Z0-9@$^~!*?=+;<-]):(\w+)\}?', sub, row.asm)
    return text.replace('\\', '\\\\').replace('"', '\\"')


def asm_width(isa):
    ops = list(operand_names(isa))
    return 1 + max(len(c_template(r, ops)) for r in isa.rows)


MATCH = """
/* Entries of the decoder's tables, by their two top bits: 0 a row to check, 1 a chain (rows to try), 2 a node {base: 16, shift: 5, mask: 7},
 * 3 a row whose bits were all tested on the way. */
extern const uint32_t @P@_entries[];
unsigned @P@_check(uint32_t entry, uint32_t raw, uint64_t ext);
static inline unsigned @P@_match(uint32_t entry, uint32_t raw, uint64_t ext)
{
    while (entry >> 30 == 2)
        entry = @P@_entries[(entry & 0xffff) + (raw >> (entry >> 16 & 31) & (entry >> 21 & 127))];
    return __builtin_expect(entry >> 30 == 3, 1) ? entry & 0xffff : @P@_check(entry, raw, ext);
}
/* Row of the instruction, 0 where no row matches; ext: extensions that are on. */"""

HEAD = '/* SPDX-License-Identifier: MIT */\n/* Generated by gen_isa.py: do not edit. */\n'


def write_header(isa, p, path):
    ops = operand_names(isa)
    cap = p.capitalize()
    o = [HEAD, f'#ifndef LYRE_{p.upper()}_ROWS_H\n#define LYRE_{p.upper()}_ROWS_H\n', '#include <stdint.h>\n',
         f'enum {cap}Row {{', f'    {p.upper()}_UNDEFINED,']
    o += [f'    {p.upper()}_{r.ident.upper()},' for r in isa.rows]
    o += [f'    {p.upper()}_ROW_COUNT', '};\n', f'/* Operands of one instruction; each format fills in its own. */',
          f'typedef struct {cap}Ops {{']
    o += [f'    {"int32_t" if wide else "uint8_t"} {op};' for op, wide in ops.items()]
    o += [f'}} {cap}Ops;\n',
          f'enum {cap}Flow {{ ' + ', '.join(f'{p.upper()}_FLOW_{f.upper()}' for f in flows(isa)) + ' };\n',
          MATCH.replace('@P@', p),
          '\n'.join(f'extern const uint32_t {p}_root{w}[];\nstatic inline unsigned {p}_match{w}(uint32_t raw, uint64_t ext)\n{{\n'
                    f'    return {p}_match({p}_root{w}[{index_expr(i)}], raw, ext);\n}}' for w, i in isa.index.items()),
          f'void {p}_extract(unsigned row, uint32_t raw, {cap}Ops *o);',
          f'int32_t {p}_operand(const {cap}Ops *o, unsigned index); /* in the order of the struct */\n',
          f'extern const uint64_t {p}_row_ext[{p.upper()}_ROW_COUNT];   /* extensions that the row needs */',
          f'extern const uint8_t {p}_row_flow[{p.upper()}_ROW_COUNT];   /* {cap}Flow */',
          f'enum {cap}Format {{ ' + ', '.join(f'{p.upper()}_FORMAT_{f.name}' for f in isa.formats.values()) + ' };',
          f'extern const uint8_t {p}_row_format[{p.upper()}_ROW_COUNT]; /* {cap}Format */',
          '/* Operands of a row whose flow is known. */', *flow_extracts(isa, p),
          f'extern const char {p}_row_name[{p.upper()}_ROW_COUNT][32]; /* no pointers, which would have to be relocated at each start */',
          f'extern const char {p}_row_asm[{p.upper()}_ROW_COUNT][{asm_width(isa)}]; /* %<kind><operand letter> escapes */\n',
          '#endif']
    write(path, o)


def flows(isa):
    return list(dict.fromkeys(['next'] + [r.flow for r in isa.rows]))


def write_source(isa, p, path):
    ops = list(operand_names(isa))
    P = p.upper()
    o = [HEAD, f'#include "target/{sys.argv[1]}/{p}_rows.h"\n', f'#include "target/{sys.argv[1]}/cpu.h"\n']
    o.append(f'const uint8_t {p}_row_format[{P}_ROW_COUNT] = {{')
    o += [f'    [{r.number}] = {P}_FORMAT_{r.format.name},' for r in isa.rows]
    o.append(f'}};\nconst uint64_t {p}_row_ext[{P}_ROW_COUNT] = {{')
    o += [f'    [{r.number}] = ' + ' | '.join(f'1ull << {P}_EXT_{e.upper()}' for e in r.exts) + ',' for r in isa.rows]
    o.append(f'}};\nconst uint8_t {p}_row_flow[{P}_ROW_COUNT] = {{')
    o += [f'    [{r.number}] = {P}_FLOW_{r.flow.upper()},' for r in isa.rows]
    o.append(f'}};\nconst char {p}_row_name[{P}_ROW_COUNT][32] = {{\n    "undefined",')
    o += [f'    "{r.name}",' for r in isa.rows]
    o.append(f'}};\nconst char {p}_row_asm[{P}_ROW_COUNT][{asm_width(isa)}] = {{\n    "",')
    o += [f'    "{c_template(r, ops)}",' for r in isa.rows]
    o.append('};\n')
    emit_extract(isa, p, o)
    o.append(f'int32_t {p}_operand(const {p.capitalize()}Ops *o, unsigned index)\n{{\n    switch (index) {{')
    o += [f'    case {i}:\n        return o->{op};' for i, op in enumerate(ops)]
    o.append('    default:\n        return 0;\n    }\n}\n')
    emit_matcher(isa, p, o)
    write(path, o)


def write_trans(isa, p, path, only=None):
    """Functions of the rows, and the table of them; `only`: of those rows whose translation is one of these."""
    cap = p.capitalize()
    o = [HEAD, f'#include "target/{sys.argv[1]}/trans.h"\n']
    for f in isa.formats.values():
        if f.layout is not None:
            o.append(f'static inline void extract_{f.name}(uint32_t raw, {cap}Ops *o)\n{{')
            o += extraction(f, '    ') + ['}']
    o.append('')
    rows = [r for r in isa.rows if only is None or re.match(r'\w*', r.trans)[0] in only]
    for r in rows:
        m = re.match(r'^(\w+)(?:\((.*)\))?$', r.trans)
        if not m:
            raise IsaError(f'{r.where}: bad translation {r.trans}')
        args = ', ' + m[2] if m[2] else ''
        o.append(f'static void row_{r.ident}({cap}Trans *t, uint32_t raw)\n{{\n    {cap}Ops ops = {{ 0 }}, *o = &ops;\n'
                 f'    extract_{r.format.name}(raw, o);\n    trans_{m[1]}(t, o{args});\n}}')
    o.append(f'\n{cap}TransFn *const {p}_row_trans[{p.upper()}_ROW_COUNT] = {{')
    o += [f'    [{r.number}] = row_{r.ident},' for r in rows]
    o.append('};')
    write(path, o)


def defined_in(chapters):
    """Names of the translations that these files define."""
    names = set()
    for path in chapters:
        with open(path, encoding='utf-8') as f:
            names |= set(re.findall(r'^void trans_(\w+)\(', f.read(), re.M))
    return names


def write(path, lines):
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')


def main():
    """gen_isa.py FOLDER PREFIX OUTDIR FILE.isa... [NAME: CHAPTER.c...]...: PREFIX_NAME.c has the rows of these chapters alone, for a file that
    compiles them once more (tcg/direct.h, tcg/onepass.h)"""
    prefix, outdir = sys.argv[2], sys.argv[3]
    paths = [a for a in sys.argv[4:] if a.endswith('.isa')]
    chapters = {}
    for a in sys.argv[4:]:
        if a.endswith(':'):
            chapters[a[:-1]] = []
        elif a.endswith('.c'):
            list(chapters.values())[-1].append(a)
    try:
        isa = load(paths)
        check_overlaps(isa)
        write_header(isa, prefix, os.path.join(outdir, f'{prefix}_rows.h'))
        write_source(isa, prefix, os.path.join(outdir, f'{prefix}_rows.c'))
        write_trans(isa, prefix, os.path.join(outdir, f'{prefix}_trans.c'))
        for name, files in chapters.items():
            write_trans(isa, prefix, os.path.join(outdir, f'{prefix}_{name}.c'), defined_in(files))
    except IsaError as e:
        sys.exit(f'gen_isa.py: {e}')


if __name__ == '__main__':
    main()
