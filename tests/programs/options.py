#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line and environment of an emulator.   options.py LYRE   Prints TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest_tap

count = failed = 0


def report(is_ok, name, why):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name))
    if not is_ok:
        print('# %s' % (why,))


def main():
    lyre = os.path.abspath(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    child = guest_tap.compile_guest('exec', [os.path.join(here, 'riscv64', 'exec.c')])
    memory = guest_tap.compile_guest('memory', [os.path.join(here, 'riscv64', 'memory.c')])
    clean = {'PATH': '/bin:/usr/bin'}

    def run(*args, env=None):
        return subprocess.run([lyre, *args], env=dict(clean, **(env or {})), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors='replace', timeout=60)

    def check(name, args, status, out=None, err=None, env=None):
        """out, err: a pattern that must be found, '' for nothing at all, None for whatever."""
        d = run(*args, env=env)
        fits = lambda want, text: want is None or (text == '' if want == '' else re.search(want, text, re.M))
        report(d.returncode == status and fits(out, d.stdout) and fits(err, d.stderr), name, d)

    c = (child, 'child')
    check('-h', ['-h'], 0, r'^usage: lyre-riscv64 \[options\] program', '')
    check('--help', ['--help'], 0, r'-strace +STRACE', '')
    check('-version', ['-version'], 0, r'^lyre-riscv64 version \d+\.', '')
    check('-syscalls', ['-syscalls'], 0, 'openat', '')
    check('-d help', ['-d', 'help'], 0, r'^in_asm ', '')
    check('-cpu help', ['-cpu', 'help'], 0, 'rv64', '')
    check('no program', [], 1, '', 'no program')
    check('unknown option', ['-nonsense', child], 1, '', 'unknown option -nonsense')
    check('option without its argument', ['-L'], 1, '', '-L needs an argument')
    for option in ('-g', '-plugin', '-trace'):
        check(option, [option, 'x', child], 1, '', re.escape(option) + ' is not in this version')
    check('wrong values', ['-s', '12x', child], 1, '', '-s 12x')
    check('wrong log item', ['-d', 'exec,nonsense', child], 1, '', 'nonsense: unknown item')
    check('wrong CPU', ['-cpu', 'nonsense', child], 1, '', '-cpu nonsense')
    check('wrong CPU feature', ['-cpu', 'max,+nonsense', child], 1, '', '-cpu max')
    check('wrong host CPU', ['-host-cpu', 'v9', child], 1, '', '-host-cpu v9')
    check('wrong -x', ['-x', 'engine=steam', child], 1, '', 'engine=steam')
    check('wrong base', ['-B', '0x1000', child], 1, '', '-B 0x1000')
    check('accepted and without effect', ['-R', '4G', '-B', '0', '-t', '34 36 2', *c], 7, 'argc=2', '')
    check('end of options', ['--', *c], 7, 'argc=2', '')
    check('double dash', ['--seed', '5', *c], 7, 'argc=2', '')
    check('options of the program', [*c, '-h'], 7, r'argc=3 \[.*\] \[child\] \[-h\]', '')
    check('-0', ['-0', 'zero', *c], 7, r'argc=2 \[zero\] \[child\]', '')
    check('-E', ['-E', 'A=1,B=2', '-E', 'A=3', *c], 7, r'^env=\[PATH=[^]]*\]\[B=2\]\[A=3\]$', '')
    check('-U', ['-U', 'PATH,X', *c], 7, r'^env=\[Y=1\]$', '', env={'X': '1', 'Y': '1'})
    check('-U of an assignment', ['-U', 'X=1', *c], 1, '', 'a name is wanted')
    check('LYRE_SET_ENV', c, 7, r'\[A=1\]', '', env={'LYRE_SET_ENV': 'A=1'})
    check('QEMU_SET_ENV', c, 7, r'\[A=2\]', '', env={'QEMU_SET_ENV': 'A=2'})
    check('LYRE_ before QEMU_', c, 7, r'\[A=1\]$', '', env={'LYRE_SET_ENV': 'A=1', 'QEMU_SET_ENV': 'A=2'})
    check('command line before environment', ['-0', 'two', *c], 7, r'\[two\]', '', env={'QEMU_ARGV0': 'one'})
    check('QEMU_STRACE', c, 7, 'argc', 'exit_group', env={'QEMU_STRACE': '1'})
    check('-strace', ['-strace', *c], 7, 'argc', 'exit_group')
    check('-d strace', ['-d', 'strace', *c], 7, 'argc', 'exit_group')
    check('-d stats', ['-d', 'stats', *c], 7, 'argc', 'regions')
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, 'log-%d')
        d = run('-strace', '-D', log, *c)
        files = os.listdir(folder)
        text = open(os.path.join(folder, files[0])).read() if files else ''
        report(d.returncode == 7 and d.stderr == '' and len(files) == 1 and re.fullmatch(r'log-\d+', files[0]) and 'exit_group' in text, '-D', (d, files))
    check('-D that cannot be written', ['-D', '/nonexistent/log', *c], 1, '', 'nonexistent')
    check('-one-insn-per-tb', ['-one-insn-per-tb', *c], 7, 'argc', '')
    check('-tb-size', ['-tb-size', '1', *c], 7, 'argc', '')
    check('-tb-size that is too small', ['-tb-size', '1k', *c], 7, 'argc', '')
    check('-tb-size that is too large', ['-tb-size', '4G', *c], 7, 'argc', '')
    for x in ('engine=interp', 'engine=block', 'engine=region', 'engine=region,move', 'engine=tiered', 'hot=2'):
        check('-x ' + x, ['-x', x, *c], 7, 'argc', '')
    a, b, other = (run('-seed', n, memory, 'layout').stdout for n in ('5', '5', '6'))
    report(a and a == b and a != other, '-seed', (a, b, other))
    a, b = (run(memory, 'layout').stdout for _ in range(2))
    report(a and a != b, 'random layout', (a, b))
    if os.getuid() == 0:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(lyre, folder + '/lyre')
            shutil.copy(child, folder + '/copy')
            d = subprocess.run(['/lyre', '/copy', 'again'], env=clean, preexec_fn=lambda: os.chroot(folder), capture_output=True, text=True, timeout=60)
            report(d.returncode == 7 and 'argc=2 [x] [child]' in d.stdout, 'started without /proc, a program executes another', d)
    else:
        print('ok - started without /proc # SKIP chroot needs root')
    print('1..%d' % count)
    sys.exit(1 if failed else 0)


main()
