#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The row generator refuses what is wrong: overlaps without a stated priority, fields in other places, words of no length.  TAP."""
import os
import sys
import tempfile

import guest  # noqa: F401, before what stands in tests/isa
import insns
from insns import gen_isa

FORMAT = 'index 32 14:12 6:2\nindex 16 15:13 1:0\nformat A | rd=d | | x:rd\nformat B | rd=d | d!=0 | x:rd\n'
ROW = '{} | {} 000000000000000000 ddddd {} | {} | I | next | nop {}\n'
CASES = [
    ('two rows that match the same word', ROW.format('a', '00-', '000001', 'A', '') + ROW.format('b', '0-0', '000001', 'A', ''), 'both match 0x1'),
    ('a stated priority', ROW.format('a', '00-', '000001', 'A', '') + ROW.format('b', '0-0', '000001', 'A', '| over=a'), None),
    ('rows apart in one bit', ROW.format('a', '00-', '000001', 'A', '') + ROW.format('b', '010', '000001', 'A', ''), None),
    ('a constraint keeps them apart', ROW.format('a', '00-', '000001', 'B', '') + ROW.format('b', '0-0', '000001', 'A', '| d==0'), None),
    ('a constraint that does not', ROW.format('a', '00-', '000001', 'B', '') + ROW.format('b', '0-0', '000001', 'A', '| d!=1'), 'both match'),
    ('31 bits', ROW.format('a', '00', '000001', 'A', ''), '31 bits'),
    ('one name twice', ROW.format('a', '000', '000001', 'A', '') + ROW.format('a', '010', '000001', 'A', ''), 'second row a'),
    ('fields elsewhere', ROW.format('a', '000', '000001', 'A', '') + 'b | 010 ddddd 000000000000000000 000001 | A | I | next | nop\n', 'lie elsewhere'),
    ('a format without its field', 'b | 00000000000000000000000000000001 | A | I | next | nop\n', 'lacks a field'),
]


def complaint(text):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 'x.isa')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(FORMAT + text)
        try:
            gen_isa.check_overlaps(gen_isa.load([path]))
        except gen_isa.IsaError as e:
            return str(e)
    return None


def main():
    bad = 0
    for n, (name, text, want) in enumerate(CASES, 1):
        got = complaint(text)
        ok = got is None if want is None else got is not None and want in got
        bad += not ok
        print(f'{"ok" if ok else "not ok"} {n} - {name}' + ('' if ok else f': {got}'))
    gen_isa.check_overlaps(insns.load())
    print(f'ok {len(CASES) + 1} - no overlap among the rows of RISC-V')
    return bad != 0


if __name__ == '__main__':
    sys.exit(main())
