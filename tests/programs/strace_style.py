#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""-strace beside strace(1): strace/calls.c run by Lyre gives the lines that strace gave for it on amd64.

    strace_style.py LYRE             Prints TAP: a line for each call.
    strace_style.py --record         builds calls.c for this machine and writes strace/calls.expect from strace's output

What differs from run to run or between the architectures is masked in both: addresses, process and file numbers, times, sizes of the file system.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import guest_tap

SOURCE = os.path.join(HERE, 'strace', 'calls.c')
EXPECT = os.path.join(HERE, 'strace', 'calls.expect')
MASKS = [
    (r' += ', ' = '),                                        # strace pads to another column
    (r'\b0x[0-9a-f]{5,16}\b', 'ADDRESS'),
    (r'^(getpriority\(.*\) =) \d+', r'\1 N'),               # nice
    (r'^(get[pt]id|getppid)\(\) = \d+', r'\1() = PID'),
    (r'^((?:tkill|kill)\()\d{2,7}\b', r'\1PID'),
    (r'(si_pid|nl_pid)=\d+', r'\1=PID'),
    (r'^((?:msg|sem|shm)(?:get|ctl|snd|rcv|op|at)\()\d+', r'\1ID'),
    (r'^((?:msg|sem|shm)get\(.*) = \d+', r'\1 = ID'),
    (r'(tv_sec|tv_usec|tv_nsec)=\d+', r'\1=T'),
    (r'stx_size=\d+|st_size=\d+', 'SIZE'),
    (r'nodename="[^"]*"', 'nodename=NAME'),
]


def masked(text):
    """The lines between getppid and exit_group."""
    lines = [re.sub(r'^\d+ +', '', l) for l in text.splitlines()]
    start = next((i for i, l in enumerate(lines) if l.startswith('getppid')), len(lines))
    out = []
    for line in lines[start:]:
        for pattern, by in MASKS:
            line = re.sub(pattern, by, line)
        out.append(line.rstrip())
    return out


def record():
    with tempfile.TemporaryDirectory() as folder:
        program, log = os.path.join(folder, 'calls'), os.path.join(folder, 'log')
        subprocess.run(['gcc', '-D_GNU_SOURCE', '-w', '-O1', '-static', '-o', program, SOURCE], check=True)
        subprocess.run(['strace', '-f', '-o', log, program], stdin=subprocess.DEVNULL)
        with open(log, errors='replace') as f:
            lines = masked(f.read())
    with open(EXPECT, 'w') as f:
        f.write('# strace 6.1 on amd64, masked (strace_style.py --record)\n' + '\n'.join(lines) + '\n')


def main():
    if sys.argv[1] == '--record':
        return record()
    program = guest_tap.compile_guest(sys.argv[1], 'calls', [SOURCE], flags=['-D_GNU_SOURCE', '-w'])
    d = subprocess.run([os.path.abspath(sys.argv[1]), '-strace', program], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace',
                       timeout=60)
    got = masked(d.stderr)
    want = [l for l in open(EXPECT).read().splitlines() if not l.startswith('#')]
    failed = 0
    for i in range(max(len(want), len(got))):
        w, g = (x[i] if i < len(x) else '(nothing)' for x in (want, got))
        failed += w != g
        print('%sok %d - %s' % ('' if w == g else 'not ', i + 1, w.replace('#', '')[:100]))
        if w != g:
            print('# strace: %s\n# lyre:   %s' % (w, g))
    print('1..%d' % max(len(want), len(got)))
    sys.exit(failed > 0)


main()
