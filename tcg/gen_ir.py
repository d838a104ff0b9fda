#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the IR's enum, traits, constructors and evaluator from ir.def.  Usage: gen_ir.py ir.def OUTDIR"""
import os
import sys

CTYPE = {'i32': 'I32', 'i64': 'I64', 'f32': 'F32', 'f64': 'F64', 'v128': 'V128', 'cc': 'CC'}
BITS = {'i32': 'uint32_t', 'f32': 'uint32_t', 'cc': 'uint32_t', 'i64': 'uint64_t', 'f64': 'uint64_t',
        'v128': 'V128Bits'}
FIELD = {'i32': 'u32', 'f32': 'u32', 'cc': 'u32', 'i64': 'u64', 'f64': 'u64', 'v128': 'v'}
TRAITS = {'pure', 'comm', 'fp', 'fpenv', 'load', 'store', 'rmw', 'fence', 'term', 'exit', 'phi', 'slotin', 'call',
          'poll', 'float', 'indexed'}
BUILT = {'pure', 'fp', 'fpenv', 'indexed'}  # traits whose rows have a generated constructor
HEAD = '/* SPDX-License-Identifier: MIT */\n/* Generated from ir.def by gen_ir.py. */\n'


class Row:
    def __init__(self, line, where):
        fields = [f.strip() for f in line.split('|', 4)]
        if len(fields) < 4:
            sys.exit(f'{where}: fields missing')
        self.name = fields[0]
        self.results = fields[1].split()
        self.args = fields[2].split()
        words = fields[3].split()
        self.traits = [w for w in words if not w.startswith('aux:')]
        aux = [w[4:] for w in words if w.startswith('aux:')]
        self.aux = aux[0] if aux else 'none'
        self.expr = fields[4].strip() if len(fields) > 4 else ''
        bad = [t for t in self.traits if t not in TRAITS]
        bad += [t for t in self.results + self.args if t not in CTYPE and t != 'any']
        if bad:
            sys.exit(f'{where}: unknown {bad}')
        self.id = self.name.replace('.', '_')
        self.enum = 'IR_' + self.id.upper()

    def has_constructor(self):
        return bool(BUILT & set(self.traits)) and 'float' not in self.traits and 'any' not in self.args

    def prototype(self):
        ret = CTYPE[self.results[0]] if self.results else 'void'
        params = ['IrBuilder *b'] + [f'{CTYPE[t]} {n}' for t, n in zip(self.args, 'xyz')]
        if self.aux != 'none':
            params.append('int aux')
        return f'{ret} ir_{self.id}({", ".join(params)})'


def read_rows(path):
    rows = []
    with open(path, encoding='utf-8') as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if line and not line.startswith('#'):
                rows.append(Row(line, f'{path}:{number}'))
    return rows


def ops_h(rows):
    out = HEAD + '#ifndef LYRE_TCG_IR_OPS_H\n#define LYRE_TCG_IR_OPS_H\n\ntypedef enum IrOp {\n    IR_OP_INVALID,\n'
    out += ''.join(f'    {r.enum},\n' for r in rows)
    return out + '    IR_OP_COUNT,\n} IrOp;\n\n#endif\n'


def ops_c(rows):
    out = HEAD + '#include "tcg/ir.h"\n\nconst IrOpInfo ir_op_info[IR_OP_COUNT] = {\n'
    for r in rows:
        def types(names):
            return ', '.join('IR_VOID' if t == 'any' else 'IR_' + t.upper() for t in names) or '0'
        traits = ' | '.join('IR_TRAIT_' + t.upper() for t in r.traits) or '0'
        out += (f'    [{r.enum}] = {{ {traits}, {{ {types(r.results)} }}, {{ {types(r.args)} }}, '
                f'{len(r.args)}, {len(r.results)}, IR_AUX_{r.aux.upper()} }},\n')
    out += '};\n\nconst IrHead ir_op_head[IR_OP_COUNT] = {\n'
    for r in rows:
        result = 'IR_VOID' if not r.results or r.results[0] == 'any' else 'IR_' + r.results[0].upper()
        out += f'    [{r.enum}] = {{ {r.enum}, {result}, {len(r.args)} }},\n'
    out += '};\n\nconst char ir_op_name[IR_OP_COUNT][24] = {\n'
    out += ''.join(f'    [{r.enum}] = "{r.name}",\n' for r in rows)
    return out + '};\n'


def builders_h(rows):
    out = HEAD + '#ifndef LYRE_TCG_IR_BUILDERS_H\n#define LYRE_TCG_IR_BUILDERS_H\n\n'
    out += ''.join(r.prototype() + ';\n' for r in rows if r.has_constructor())
    return out + '\n#endif\n'


def builders_c(rows):
    out = HEAD + '#include "tcg/builder.h"\n\n#include "tcg/builder_state.h"\n'
    for r in rows:
        if not r.has_constructor():
            continue
        names = [n + '.id' for n in 'xyz'[:len(r.args)]] + ['0'] * (3 - len(r.args))
        call = f'ir_build(b, {r.enum}, {"aux" if r.aux != "none" else "0"}, {", ".join(names)})'
        body = f'return ({CTYPE[r.results[0]]}){{ {call} }};' if r.results else call + ';'
        out += f'\n{r.prototype()}\n{{\n    {body}\n}}\n'
    return out


def eval_h(rows):
    out = HEAD + '''#ifndef LYRE_TCG_IR_EVAL_H
#define LYRE_TCG_IR_EVAL_H

#include "tcg/eval.h"

/* Computes one operation from its row's expression. False: the row has none. */
static inline bool ir_eval(IrOp op, const IrValue *in, int aux, IrValue *out)
{
    switch (op) {
'''
    for r in rows:
        if not r.expr:
            continue
        out += f'    case {r.enum}: {{\n'
        for i, t in enumerate(r.args):
            out += f'        {BITS[t]} {"abc"[i]} = in[{i}].{FIELD[t]};\n'
        if len(r.results) > 1:
            out += ''.join(f'        {BITS[t]} r{i};\n' for i, t in enumerate(r.results))
            out += f'        {r.expr};\n'
            out += ''.join(f'        out[{i}].{FIELD[t]} = r{i};\n' for i, t in enumerate(r.results))
        elif r.results:
            t = r.results[0]
            cast = '' if t == 'v128' else f'({BITS[t]})'
            out += f'        out[0].{FIELD[t]} = {cast}({r.expr});\n'
        else:
            out += f'        {r.expr};\n'
        out += '        return true;\n    }\n'
    return out + '    default:\n        return false;\n    }\n}\n\n#endif\n'


def direct_h(rows):
    """Constructors that compute at once (direct.h), of the rows that are pure."""
    out = HEAD + '#ifndef LYRE_TCG_IR_DIRECT_H\n#define LYRE_TCG_IR_DIRECT_H\n\n'
    names = []
    for r in rows:
        if not r.has_constructor() or 'pure' not in r.traits or not r.expr:
            continue
        ret = 'Direct' + CTYPE[r.results[0]]
        params = ['Direct *d'] + [f'Direct{CTYPE[t]} {n}' for t, n in zip(r.args, 'xyz')]
        params += ['int aux'] if r.aux != 'none' else []
        out += f'static inline {ret} direct_{r.id}({", ".join(params)})\n{{\n'
        out += ''.join(f'    {BITS[t]} {"abc"[i]} = {"xyz"[i]}.v;\n' for i, t in enumerate(r.args))
        if len(r.results) > 1:
            out += ''.join(f'    {BITS[t]} r{i};\n' for i, t in enumerate(r.results)) + f'    {r.expr};\n'
            out += ''.join(f'    d->more[{i}] = r{i};\n' for i in range(1, len(r.results)))
            out += f'    return ({ret}){{ r0 }};\n}}\n'
        else:
            cast = '' if r.results[0] == 'v128' else f'({BITS[r.results[0]]})'
            out += f'    return ({ret}){{ {cast}({r.expr}) }};\n}}\n'
        names.append(r.id)
    out += '\n' + ''.join(f'#define ir_{n} direct_{n}\n' for n in names)
    return out + '\n#endif\n'


def onepass_h(rows):
    """Constructors of one-pass translation (onepass_words.h): of pure rows, and of those that raise flags, which are computed at once."""
    out = HEAD + '#ifndef LYRE_TCG_IR_ONEPASS_H\n#define LYRE_TCG_IR_ONEPASS_H\n\n'
    names = []
    for r in rows:
        if not r.has_constructor() or not {'pure', 'fp'} & set(r.traits) or len(r.results) > 3:
            continue
        is_float = 'fp' in r.traits or r.id.startswith('fcanon')
        ret = CTYPE[r.results[0]]
        params = ['Onepass *p'] + [f'{CTYPE[t]} {n}' for t, n in zip(r.args, 'xyz')] + (['int aux'] if r.aux != 'none' else [])
        is_done = r.aux == 'none' and 1 <= len(r.args) <= (2 if is_float else 3)
        args = ''.join(f', {n}.id' for n in 'xyz'[:len(r.args)])
        value = f'onepass_{"fp" if is_float else "op"}{len(r.args)}(p, {r.enum}{args})' if is_done else 'onepass_give_up(p)'
        out += f'static inline {ret} onepass_{r.id}({", ".join(params)}) {{ return ({ret}){{ {value} }}; }}\n'
        names.append(r.id)
    out += '\n' + ''.join(f'#define ir_{n} onepass_{n}\n' for n in names)
    return out + '\n#endif\n'


def main():
    rows = read_rows(sys.argv[1])
    outputs = {'ir_ops.h': ops_h, 'ir_builders.h': builders_h, 'ir_ops.c': ops_c, 'ir_builders.c': builders_c,
               'ir_eval.h': eval_h, 'ir_direct.h': direct_h, 'ir_onepass.h': onepass_h}
    for name, make in outputs.items():
        with open(os.path.join(sys.argv[2], name), 'w', encoding='utf-8') as f:
            f.write(make(rows))


main()
