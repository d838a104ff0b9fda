# SPDX-License-Identifier: MIT
"""Lines of tests/cases/<guest>/*.case (run_cases.c explains them) from experiments and their outcomes."""
import os
import subprocess

import experiments as ex
import guest

FOLDER = os.path.join(ex.TOP, 'tests', 'cases', guest.NAME)
BACKGROUND_MEM = bytes((i * 7 + 3) & 255 for i in range(ex.MEM_SIZE))
DIGITS = {n: 2 * w for n, w in zip(ex.NAMES, ex.WIDTHS)}


def item(name, value):
    return f'{name}={value:032x}' if DIGITS[name] == 32 else f'{name}={value:x}'


def outputs(e, o):
    """What differs from the inputs; a stop elsewhere than after the code; any other end than the breakpoint there."""
    items = [item(n, o.regs[n]) for n in ex.NAMES if o.regs[n] != e.regs[n]]
    items += [f'm+{i}={o.mem[i:i + 8].hex()}' for i in range(0, ex.MEM_SIZE, 8) if e.mem[i:i + 8] != o.mem[i:i + 8]]
    offset = o.regs['pc'] - ex.CODE_BASE
    sig, code = o.regs['sig'], o.regs['code']
    if offset != len(e.code):
        items.append(f'pc={offset:+d}')
    if sig == ex.SIGILL:
        items.append('ill')
    elif sig != ex.SIGTRAP:
        items.append(f'{"bus" if sig == ex.SIGBUS else "segv"}:{code}:{o.regs["addr"]:x}')
    return items


def disassemble(tool, sequences):
    """Text of each sequence of words."""
    words = '\n'.join(f'{w:x}' for words in sequences for w in words)
    text = iter(subprocess.run([tool, 'disas'], input=words, text=True, capture_output=True, check=True).stdout.splitlines())
    return [' / '.join(next(text) for _ in words) for words in sequences]


def line(words, widths, text, inputs, outcome):
    """words with their widths in bits."""
    code = ','.join(f'{w:0{width // 4}x}' for w, width in zip(words, widths))
    return ' '.join(f'{code} {text} ; {" ".join(inputs)} => {" ".join(outcome)}'.split())


def write(isa_file, lines):
    path = os.path.join(FOLDER, isa_file.replace('.isa', '.case'))
    head = f'# SPDX-License-Identifier: MIT\n# Rows of {isa_file}. Written by record.py; run_cases.c reads it and explains the format.'
    lines = list(dict.fromkeys(lines))
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join([head] + lines) + '\n')
    print(f'{path}: {len(lines)}')
