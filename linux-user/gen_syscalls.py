#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the tables of system calls, structs, flags and ioctls from the .def files here."""
import re
import shlex
import sys

INTS = ('int uint long ulong hex fd atfd pid uid mode ftype dev sig off addr key ioctl futex_op futex_wake_op argv envp events fcntl_arg ioctl_arg '
        'futex_arg clone_args sockopt protocol sigmask6 ioprio qcmd swap iocbs errno hidden').split()
DIRS = {'in': 'ARG_IN', 'out': 'ARG_OUT', 'io': 'ARG_INOUT', 'up': 'ARG_UPDATE'}
CHECKED = {*DIRS.values(), 'ARG_STR'}  # pointers that check.c looks at
RESULTS = {'ptr', 'hex', 'octal', 'poll', 'select'}
FIRST_COMMON = 424  # from here on numbers are equal on all architectures


def lines(path):
    for n, line in enumerate(open(path), 1):
        line = line.rstrip()
        if line and not line.lstrip().startswith('#'):
            yield f'{path}:{n}', line


def fail(where, what):
    sys.exit(f'{where}: {what}')


def parse_structs(path):
    structs = {}
    for where, line in lines(path):
        words = line.split()
        if words[0] == 'struct':
            ctype = [w for w in words[3:] if not w.startswith('<') and w not in '-!']
            current = structs[words[1]] = {'size': int(words[2]), 'ctype': ctype[0] if ctype else None, 'differs': '!' in words,
                                           'headers': [w for w in words if w.startswith('<')], 'fields': [], 'is_short': False}
        else:
            if words == ['...']:
                current['is_short'] = True
                continue
            name, offset, fmt, *condition = words
            hidden = name.startswith('.') and name != '.'
            current['fields'].append((name.lstrip('.'), int(offset), fmt, hidden, parse_field_condition(where, condition)))
            if int(offset) >= current['size']:
                fail(where, 'field outside of the struct')
    return structs


def parse_field_condition(where, words):
    """`?OFFSET&MASK`, once or twice: ((offset, mask), ...)."""
    found = [re.fullmatch(r'\?(\d+)&(\w+)', w) or fail(where, w) for w in words]
    return tuple((m[1], m[2]) for m in found)


def parse_flags(path):
    lists, headers = {}, []
    for where, line in lines(path):
        name, _, rest = line.partition(' = ')
        entries = []
        for word in rest.split():
            if word.startswith('<'):
                headers.append(word)
                continue
            m = re.fullmatch(r'([\w+<]+)(?:&(\w+))?(?:=(\w+))?', word) or fail(where, word)
            flag, mask, value = m.groups()
            fix = lambda v: v if v is None or not re.fullmatch(r'0[0-7]+', v) else v
            value = fix(value) or flag
            entries.append((flag, fix(mask) or value, value))
        lists[name] = entries
    return lists, headers


def parse_rows(path, structs, lists):
    rows, seen = [], set()
    for where, line in lines(path):
        text, quote, rest = line.partition('"')
        words = text.split()
        number, name, kind = words[:3]
        flags = set(re.findall(r'[!^]', kind))
        kind = kind.rstrip('!^')
        if kind not in ('pass', 'wait', 'fn', 'none', 'arch'):
            fail(where, f'kind {kind}')
        if (kind == 'none') != bool(quote):
            fail(where, 'a reason belongs to missing calls, and only to them')
        args = [parse_arg(where, w, words[3:], structs, lists) for w in words[3:]]
        if len(args) > 6 or name in seen:
            fail(where, 'too many arguments or name twice')
        seen.add(name)
        rows.append({'number': None if number == '-' else int(number), 'name': name, 'kind': kind, 'flags': flags, 'args': args,
                     'reason': rest.rstrip('"') if quote else None})
    return rows


def parse_arg(where, word, words, structs, lists):
    name, _, kind = word.partition(':')
    kind, _, count = kind.partition('*')
    index, bits, ref = -1, 'COUNT_PLAIN', '0'
    if count:
        count, _, div = count.partition('/')
        bits = 'COUNT_BITS' if div == '8' else 'COUNT_BEHIND' if count.startswith('@') else 'COUNT_BYTES' if count.startswith('=') else 'COUNT_PLAIN'
        count = count.lstrip('@=')
        names = [w.partition(':')[0] for w in words]
        if count not in names:
            fail(where, f'no argument {count}')
        index = names.index(count)
    head, _, tail = kind.partition('.')
    if head in DIRS:
        if tail not in structs:
            fail(where, f'no struct {tail}')
        return name, DIRS[head], index, bits, f'STRUCT_{tail}', structs[tail]['size']
    if kind == 'socktype':
        head, tail = 'flags', kind
    if head in ('flags', 'flags64', 'oflags', 'enum', 'noted', 'named'):
        if tail not in lists:
            fail(where, f'no list {tail}')
        return name, 'ARG_' + head.upper(), -1, 'COUNT_PLAIN', f'LIST_{tail}', 0
    if kind in ('path', 'lpath', 'str') or kind in INTS:
        return name, 'ARG_' + kind.upper(), -1, 'COUNT_PLAIN', ref, 1 if kind == 'str' else 0
    fail(where, f'type {kind}')


def parse_condition(where, word, base, lists, ioctls):
    """`ARG=VALUE[,VALUE]`, `ARG&MASK=VALUE`: (index, mask, values); a value may be a name of the argument's list, or an ioctl."""
    m = re.fullmatch(r'(\w+)(?:&(\w+))?=([\w,]+)', word) or fail(where, word)
    index = next((i for i, a in enumerate(base['args']) if a[0] == m[1]), None)
    if index is None:
        fail(where, f'no argument {m[1]}')
    ref = base['args'][index][4]
    names = ioctls if base['args'][index][1] == 'ARG_IOCTL' else {n: v for n, _, v in lists.get(ref.removeprefix('LIST_'), [])}
    return index, m[2] or '0xffffffff', [names.get(v, v) for v in m[3].split(',')]


def parse_forms(path, rows, structs, lists, ioctls):
    """How -strace shows calls: {row's index: [(argument index, mask, value, row)]}."""
    forms = {}
    by_name = {r['name']: i for i, r in enumerate(rows)}
    for where, line in lines(path):
        words, arrow, result = line.partition(' -> ')
        name, *words = words.split()
        if name not in by_name:
            fail(where, f'no system call {name}')
        base = rows[by_name[name]]
        index, mask, values, kept = 0, '0', ['0'], base['args']
        if words:
            kept = []
            if words[0] != '*':
                index, mask, values = parse_condition(where, words[0], base, lists, ioctls)
                words = words[1:] if words[1:2] == ['*'] else words
                kept = base['args'][:index + 1] if words[0] != '*' else []
        more = ['-:hidden' if w == '-' else w for w in words[1:]]
        shown = [f'{a[0]}:int' for a in kept] + more
        args = kept + [parse_arg(where, w, shown, structs, lists) for w in more]
        head, _, tail = result.partition('.')
        if arrow and (tail not in lists if head in ('flags', 'enum') else result not in RESULTS):
            fail(where, f'result {result}')
        shape = dict(base, args=args, result=result)
        forms.setdefault(by_name[name], []).extend((index, mask, v, shape) for v in values)
    return forms


def parse_ioctls(path, structs):
    rows = []
    for where, line in lines(path):
        number, name, arg = line.split()
        if '/' in number:
            continue
        head, _, tail = arg.partition('.')
        if head in DIRS and tail not in structs or head not in (*DIRS, '-', 'int'):
            fail(where, arg)
        kind = DIRS.get(head, 'ARG_INT' if arg == 'int' else 'ARG_ADDR')
        rows.append((int(number, 0), name, kind, f'STRUCT_{tail}' if tail else '0'))
    return sorted(rows)


def parse_ioctl_families(path):
    rows = [line.split() for _, line in lines(path)]
    return [(*number.split('/'), name, index) for number, name, index in rows if '/' in number]


class Texts:
    """What is written into one string; a table has the offset."""
    def __init__(self):
        self.at, self.size = {'': 0}, 1

    def add(self, text):
        text = text or ''
        if text not in self.at:
            self.at[text] = self.size
            self.size += len(text.encode()) + 1
        return self.at[text]

    def write(self, f):
        if self.size > 0xffff:
            sys.exit('RowText is too narrow')
        f.write('const char row_texts[] =\n' + ''.join(f'    "{t}\\0"\n' for t in self.at) + '    ;\n')


texts = Texts()


def field_row(conditions, field):
    name, offset, fmt, hidden, condition = field
    base, _, ref = fmt.partition('.')
    base, _, length = base.partition(':')
    ref = f'LIST_{ref}' if base.startswith(('flags', 'enum', 'named', 'noted')) else f'STRUCT_{ref}' if base in ('struct', 'counted', 'some') else length or '0'
    return f'{{{texts.add(name)}, {offset}, {ref}, FMT_{base.upper()}, {"true" if hidden else "false"}, {conditions.index(condition)}}}'


def write_header(path, rows, structs, lists):
    with open(path, 'w') as f:
        f.write('/* Made by gen_syscalls.py. */\n#ifndef LYRE_SYSCALL_ROWS_H\n#define LYRE_SYSCALL_ROWS_H\n'
                '#include "linux-user/syscall.h"\n')
        f.write('typedef enum StructId {\n' + ''.join(f'    STRUCT_{s},\n' for s in structs) + '} StructId;\n')
        f.write('typedef enum FlagListId {\n' + ''.join(f'    LIST_{l},\n' for l in lists) + '} FlagListId;\n')
        f.write('/* generic numbers */\nenum {\n' +
                ''.join(f'    NR_{r["name"]} = {r["number"]},\n' for r in rows if r['number'] is not None) + '};\n')
        f.writelines(f'SyscallFn sys_{r["name"]};\n' for r in rows if r['kind'] == 'fn')
        f.write('#endif\n')


def host_number(row):
    if row['number'] is not None and row['number'] >= FIRST_COMMON:
        return str(row['number'])
    if row['name'] in ('riscv_hwprobe', 'riscv_flush_icache', 'sync_file_range2'):
        return '-1'
    return f'SYS_{row["name"]}'


def write_source(path, rows, structs, lists, headers, ioctls, families, forms):
    with open(path, 'w') as f:
        f.write('/* Made by gen_syscalls.py. */\n#include "linux-user/syscall_row.h"\n#include "linux-user/syscall_rows.h"\n'
                '#include <sys/syscall.h>\n')
        f.writelines(f'#include {h}\n' for h in headers)
        f.write('const FlagName flag_names[] = {\n')
        f.writelines(f'    {{{m}, {v}, {texts.add(n)}}}, /* {n} */\n' for entries in lists.values() for n, m, v in entries)
        f.write('};\nconst FlagList flag_lists[] = {\n')
        first = 0
        for n, e in lists.items():
            f.write(f'    {{{texts.add(n)}, {len(e)}, {first}}}, /* {n} */\n')
            first += len(e)
        conditions = sorted({x[4] for s in structs.values() for x in s['fields']})  # the empty one first
        f.write('};\nconst StructCondition struct_conditions[] = {\n')
        for c in conditions:
            (offset, mask), (offset2, mask2) = (*c, (0, 0), (0, 0))[:2]
            f.write(f'    {{{{{mask}, {mask2}}}, {{{offset}, {offset2}}}}},\n')
        f.write('};\nconst StructField struct_fields[] = {\n')
        f.writelines(f'    {field_row(conditions, x)}, /* {name} */\n' for name, s in structs.items() for x in s['fields'])
        f.write('};\nconst StructDesc struct_descs[] = {\n')
        first = 0
        for name, s in structs.items():
            is_short = 'true' if s['is_short'] else 'false'
            f.write(f'    {{{texts.add(name)}, {s["size"]}, {len(s["fields"])}, {first}, {is_short}}}, /* {name} */\n')
            first += len(s['fields'])
        fns = [r for r in rows if r['kind'] == 'fn']
        for i, r in enumerate(fns):
            r['fn'] = i + 1
        f.write('};\nSyscallFn *const syscall_fns[] = {\n    NULL,\n' + ''.join(f'    sys_{r["name"]},\n' for r in fns))
        f.write('};\nconst SyscallRow syscall_rows[] = {\n')
        for r in rows:
            write_row(f, r)
        f.write(f'}};\nconst unsigned syscall_nrows = {len(rows)};\n')
        numbers = ', '.join(str(0xffff if r['number'] is None else r['number']) for r in rows)
        f.write(f'const uint16_t syscall_numbers[] = {{{numbers}}};\n')
        write_index(f, rows)
        write_ioctls(f, ioctls, families)
        write_forms(f, rows, forms)
        texts.write(f)


def write_forms(f, rows, forms):
    f.write('const StraceForm strace_forms[] = {\n')
    for i in range(len(rows)):
        for index, mask, value, shape in forms.get(i, []):
            f.write(f'    {{{index}, (uint32_t){mask}, (uint32_t)({value}), {c_row(shape)}}},\n')
    f.write('};\n')
    first, total = [], 0
    for i in range(len(rows) + 1):
        first.append(total)
        total += len(forms.get(i, []))
    f.write(f'const uint16_t strace_first_form[] = {{{", ".join(map(str, first))}}};\n')


def write_ioctls(f, ioctls, families):
    f.write('const IoctlRow ioctl_rows[] = {\n')
    f.writelines(f'    {{{number:#x}, {texts.add(name)}, {kind}, {ref}}}, /* {name} */\n' for number, name, kind, ref in ioctls)
    f.write(f'}};\nconst unsigned ioctl_nrows = {len(ioctls)};\nconst IoctlFamily ioctl_families[] = {{\n')
    f.writelines(f'    {{{number}, {mask}, {texts.add(name)}, {-1 if index == "-" else f"LIST_{index}"}}}, /* {name} */\n' for number, mask, name, index in families)
    f.write(f'}};\nconst unsigned ioctl_nfamilies = {len(families)};\n')


def write_row(f, r):
    f.write(f'    {c_row(r)},\n')


def c_row(r):
    flags = [n for c, n in (('!', 'ROW_UNSAFE'), ('^', 'ROW_PRINT_FIRST')) if c in r['flags']]
    types = {a[1] for a in r['args']}
    if r['kind'] != 'none' and types & CHECKED:
        flags.append('ROW_POINTERS')
    if types & {'ARG_PATH', 'ARG_LPATH'}:
        flags.append('ROW_PATHS')
    pointers = sum(1 << i for i, a in enumerate(r['args']) if a[1] in CHECKED)
    fds = sum(1 << i for i, a in enumerate(r['args']) if a[1] in ('ARG_FD', 'ARG_ATFD'))
    if any(a[4] == 'LIST_open' for a in r['args']):
        flags.append('ROW_OPEN_FLAGS')
    args = ', '.join(f'{{{t}, {i}, {b}, {ref}, {size}}}' for _, t, i, b, ref, size in r['args']) or '{0}'
    head, _, tail = r.get('result', '').partition('.')
    result = f'RESULT_{head.upper()}' if head else 'RESULT_PLAIN'
    return (f'{{{texts.add(r["name"])} /* {r["name"]} */, {texts.add(r["reason"])}, {r.get("fn", 0)}, {host_number(r)}, SYSCALL_{r["kind"].upper()}, {len(r["args"])}, '
            f'{" | ".join(flags) or 0}, {pointers:#x}, {fds:#x}, {{{args}}}, {result}, {f"LIST_{tail}" if tail else 0}}}')


def write_index(f, rows):
    index = [0] * 512  # SYSCALL_NUMBERS of syscall_row.h
    for i, r in enumerate(rows):
        if r['number'] is not None:
            if index[r['number']]:
                sys.exit(f'number {r["number"]} twice')
            index[r['number']] = i + 1
    f.write(f'const uint16_t syscall_index[SYSCALL_NUMBERS] = {{{", ".join(map(str, index))}}};\n')


def main():
    syscalls, structs_def, flags_def, ioctls_def, strace_def, header, source = sys.argv[1:8]
    structs = parse_structs(structs_def)
    lists, headers = parse_flags(flags_def)
    rows = parse_rows(syscalls, structs, lists)
    write_header(header, rows, structs, lists)
    ioctls, families = parse_ioctls(ioctls_def, structs), parse_ioctl_families(ioctls_def)
    numbers = {name: hex(number) for number, name, *_ in ioctls} | {name: number for number, _, name, _ in families}
    write_source(source, rows, structs, lists, headers, ioctls, families, parse_forms(strace_def, rows, structs, lists, numbers))


if __name__ == '__main__':
    main()
