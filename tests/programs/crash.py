#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is said when a program dies by a signal.   crash.py LYRE   Prints TAP."""
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import guest_tap

# way, signal, description, where it was (None: nothing is said)
WAYS = [
    ('segv', 'SEGV', 'Segmentation fault', r'read_bad\+0x?\w* \(.*crash\+0x\w+\): {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10}'),
    ('thread', 'SEGV', 'Segmentation fault', r'(read_bad|in_thread)\+0x?\w* \(.*crash\+0x\w+\): {si_signo=SIGSEGV, .*si_addr=0x20}'),
    ('jump', 'SEGV', 'Segmentation fault', r'0x123456: {si_signo=SIGSEGV, .*si_addr=0x123456}'),
    ('ill', 'ILL', 'Illegal instruction', r'illegal\+0x?\w* .*{si_signo=SIGILL, si_code=ILL_ILLOPC, si_addr=0x\w+}'),
    ('trap', 'TRAP', 'Trace/breakpoint trap', r'breakpoint\+0x?\w* .*{si_signo=SIGTRAP, si_code=TRAP_BRKPT, si_addr=0x\w+}'),
    ('abort', 'ABRT', 'Aborted', None),
]


def main():
    lyre = os.path.abspath(sys.argv[1])
    crash = guest_tap.compile_guest(lyre, 'crash', [os.path.join(HERE, 'guests', 'crash.c')])
    run = lambda *args: subprocess.run([lyre, *args], capture_output=True, text=True, timeout=60)
    count = failed = 0

    def report(is_ok, name, why):
        nonlocal count, failed
        count += 1
        failed += not is_ok
        print('%sok %d - %s' % ('' if is_ok else 'not ', count, name))
        if not is_ok:
            print('\n'.join('# ' + l for l in str(why).replace('\\n', '\n').splitlines()))

    for way, name, text, where in WAYS:
        d = run(crash, way)
        number = getattr(signal, 'SIG' + name)
        lines = d.stderr.splitlines()
        first = 'lyre: uncaught target signal %d (%s) - core dumped' % (number, text)
        report(d.returncode == -number and lines[:1] == [first], '%s: the line that scripts know' % way, d)
        if where:
            report(len(lines) == 2 and re.match('lyre: at (0x\\w+ )?' + where + '$', lines[1]), '%s: where it was' % way, d)
        else:
            report(len(lines) == 1, '%s: no more' % way, d)
    d = run(crash, 'term')
    report(d.returncode == -signal.SIGTERM and d.stderr == '', 'a signal without a core: nothing', d)
    d = run('-d', 'crash', crash, 'segv')
    for what, pattern in (('registers', r'^pc +\w{16} (fcsr|sp) .*\nx[01] '), ('system calls', r'^lyre: last system calls:\n(  .*\n)*  getppid\(\) += \d+\n'),
                          ('memory map', r'^lyre: memory map:\n[0-9a-f]+-[0-9a-f]+ r-xp .*crash\n')):
        report(re.search(pattern, d.stderr, re.M), '-d crash: ' + what, d)
    for how, number, first in (('assert', signal.SIGABRT, 'lyre: .*main.c:\\d+: internal error: '), ('fault', signal.SIGSEGV, 'lyre: internal error: signal 11 at host pc 0x')):
        d = run('-x', 'fail=' + how, crash, 'x')
        what = [first, r'lyre: guest pc 0x\w+ _start\+0', r'pc +\w{16} ', 'lyre: last system calls:', r'lyre: memory map:\n.*crash$', 'lyre: this is an error in Lyre']
        report(d.returncode == -number and all(re.search('^' + w, d.stderr, re.M) for w in what) and 'uncaught' not in d.stderr, 'an error of ours: ' + how, d)
    for engine in ('interp', 'block', 'region'):
        d = run('-x', 'engine=' + engine, crash, 'segv')
        report('read_bad' in d.stderr, 'engine=%s: where it was' % engine, d)
    print('1..%d' % count)
    sys.exit(failed > 0)


main()
