#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The front end: lyre PROGRAM, lyre binfmt, lyre disas.   lyre_test.py LYRE LYRE_RISCV64   Prints TAP."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'programs'))
import guest_tap

count = failed = 0


def report(is_ok, name, why=''):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name), flush=True)
    if not is_ok:
        print('# %s' % (why,))


def skip(name, reason):
    global count
    count += 1
    print('ok %d - %s # SKIP %s' % (count, name, reason))


def run(*args, env=None, **kw):
    return subprocess.run(args, env=dict({'PATH': '/bin:/usr/bin'}, **(env or {})), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors='replace', timeout=60, **kw)


def write(path, data, mode=0o755):
    with open(path, 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)
    return path


class Front:
    def __init__(self, lyre):
        self.lyre = lyre

    def check(self, name, args, status, out='', err='', env=None):
        """out, err: a pattern that must be found, '' for nothing at all."""
        d = run(self.lyre, *args, env=env)
        fits = lambda want, text: text == '' if want == '' else re.search(want, text, re.M)
        report(d.returncode == status and fits(out, d.stdout) and fits(err, d.stderr), name, d)


def header(machine, elf_class=2, data=1, flags=0):
    order = '<' if data == 1 else '>'
    ident = b'\x7fELF' + bytes([elf_class, data, 1]) + b'\0' * 9
    word = 'Q' if elf_class == 2 else 'I'
    return ident + struct.pack(order + 'HHI3' + word + 'I6H', 2, machine, 1, 0, 64, 0, flags, 64, 56, 1, 0, 0, 0)


def test_run(f, folder, child):
    at = lambda name: os.path.join(folder, name)
    f.check('help', ['-help'], 0, '^usage: lyre')
    f.check('no command line', [], 1, '', '^usage: lyre')
    f.check('version', ['--version'], 0, r'^lyre version \d')
    f.check('program', [child, 'child'], 7, 'argc=2')
    f.check('options', ['-E', 'A=5', '-0', 'zero', child, 'child', '-x'], 7, r'argc=3 \[zero\] \[child\] \[-x\]')
    f.check('end of options', ['--', child, 'child'], 7, 'argc=2')
    f.check('options without a program', ['-strace'], 1, '', 'no program is given')
    f.check('unknown option', ['-nonsense', child], 1, '', 'unknown option -nonsense')
    f.check('script', [write(at('script'), '#! %s  child\n' % child), 'b'], 7, r'argc=4 \[.*exec\] \[child\] \[.*script\] \[b\]')
    f.check('script of a script', [write(at('script2'), '#!%s\n' % at('script')), 'b'], 7, 'argc=5')
    os.makedirs(at('root/bin'), exist_ok=True)
    shutil.copy(child, at('root/bin/guest'))
    f.check('script with -L', ['-L', at('root'), write(at('script3'), '#!/bin/guest child\n'), 'b'], 7, r'argc=4 \[/bin/guest\]')
    f.check('script with LYRE_LD_PREFIX', [at('script3'), 'b'], 7, 'argc=4', env={'LYRE_LD_PREFIX': at('root')})
    f.check('missing program', [at('missing')], 127, '', 'No such file')
    f.check('directory', [folder], 126, '', 'is a directory')
    f.check('not executable', [write(at('plain'), header(243), 0o644)], 126, '', 'is not executable')
    f.check('text', [write(at('text'), 'hello')], 126, '', 'neither an ELF file nor a script')
    f.check('empty', [write(at('empty'), '')], 126, '', 'an empty file')
    f.check('damaged', [write(at('damaged'), b'\x7fELF\x07')], 126, '', 'damaged or for an unknown')
    f.check('unknown machine', [write(at('odd'), header(0x7777))], 126, '', 'damaged or for an unknown')
    f.check('own architecture', ['/bin/true'], 126, '', 'this machine runs it without Lyre')
    f.check('script for this machine', [write(at('sh'), '#!/bin/sh\n')], 126, '', 'a program for x86_64')
    f.check('script without interpreter', [write(at('none'), '#!\n')], 126, '', 'names no interpreter')
    f.check('script of nothing', [write(at('lost'), '#!/nonexistent/sh\n')], 127, '', 'interpreter /nonexistent/sh: No such file')
    f.check('script of itself', [write(at('self'), '#!%s\n' % at('self'))], 126, '', 'too often')
    for name, data in (('sparc64', header(43, 2, 2)), ('s390x', header(22, 2, 2)), ('mips', header(8, 1, 2)), ('mipsn32el', header(8, 1, 1, 0x20))):
        f.check('no emulator for ' + name, [write(at('foreign'), data)], 126, '', 'no emulator for %s: no lyre-%s in .*there are: .*riscv64' % (name, name))
    other = write(at('lyre-s390x'), '#!/bin/sh\necho "emulator $*"\n')
    f.check('emulator in PATH', ['-cpu', 'max', at('foreign'), 'a'], 126, '', 'no emulator')
    write(at('foreign'), header(22, 2, 2))
    f.check('emulator in PATH, found', ['-cpu', 'max', at('foreign'), 'a'], 0, '^emulator -cpu max .*foreign a$', env={'PATH': folder + ':/bin'})
    os.unlink(other)


def test_binfmt(f, folder, riscv64):
    rows = [l.split() for l in open(os.path.join(HERE, 'binfmt.tsv')) if not l.startswith('#')]
    escape = lambda h: ''.join('\\x' + h[i:i + 2] for i in range(0, len(h), 2))
    d = run(f.lyre, 'binfmt', 'print', '--emulators', '/e', '--flags', 'OPF', *[r[0] for r in rows if r[0] != 'x86_64'])
    lines = d.stdout.splitlines()
    want = [':lyre-%s:M::%s:%s:/e/lyre-%s:POF' % (a, escape(magic), escape(mask), a) for a, magic, mask in rows if a != 'x86_64']
    for line, wanted in zip(lines, want):
        report(line == wanted, 'pattern of ' + wanted.split(':')[1], line)
    report(len(lines) == len(want), 'all patterns', d)
    root = os.path.join(folder, 'binfmt')
    base = os.path.join(root, 'proc/sys/fs/binfmt_misc')
    os.makedirs(base)
    for name in ('register', 'status'):
        write(os.path.join(base, name), '')
    there = ['--root', root]
    f.check('help', ['binfmt', '--help'], 0, '^usage: lyre binfmt')
    f.check('no action', ['binfmt'], 1, '', '^usage: lyre binfmt')
    f.check('unknown action', ['binfmt', 'frobnicate'], 1, '', '^usage')
    f.check('unknown option', ['binfmt', 'install', '--what', 'x'], 1, '', 'unknown option')
    f.check('unknown flag', ['binfmt', 'install', '--flags', 'X'], 1, '', 'P, O, C and F')
    f.check('unknown architecture', ['binfmt', 'install', *there, 'vax'], 1, '', 'vax: unknown')
    f.check('own architecture', ['binfmt', 'install', *there, 'x86_64'], 1, '', "this machine's own architecture")
    f.check('no emulator', ['binfmt', 'install', *there, 'sh4'], 1, '', 'no emulator for sh4')
    f.check('status before', ['binfmt', 'status', *there, 'riscv64'], 3, 'not registered')
    f.check('install', ['binfmt', 'install', *there, 'riscv64'], 0, r'^lyre-riscv64: registered, .*/lyre-riscv64, flags POCF$')
    line = open(os.path.join(base, 'register')).read()
    report(re.match(r':lyre-riscv64:M::\\x7f\\x45.*:%s:POCF$' % re.escape(os.path.realpath(riscv64)), line), 'what is written', line)
    entry = os.path.join(base, 'lyre-riscv64')
    magic, mask = next(r[1:] for r in rows if r[0] == 'riscv64')
    text = 'enabled\ninterpreter %s\nflags: %s\noffset 0\nmagic %s\nmask %s\n'
    good = text % (os.path.realpath(riscv64), 'POCF', magic, mask)
    write(os.path.join(base, 'register'), '')
    write(entry, good)
    f.check('install again', ['binfmt', 'install', *there, 'riscv64'], 0, '^lyre-riscv64: already registered$')
    report(open(entry).read() == good and open(os.path.join(base, 'register')).read() == '', 'nothing is written then')
    f.check('status', ['binfmt', 'status', *there], 0, r'^lyre-riscv64: enabled, .*, flags POCF$')
    write(entry, text % ('/nonexistent/old', 'F', magic, mask))
    f.check('status of another', ['binfmt', 'status', *there], 0, r'\(missing\), flags F; differs')
    f.check('install over another', ['binfmt', 'install', *there], 0, '^lyre-riscv64: replaced')
    report(open(entry).read().startswith('-1'), 'the old one is removed', open(entry).read())
    write(entry, good.replace('enabled', 'disabled', 1))
    f.check('status of a disabled one', ['binfmt', 'status', *there, 'riscv64'], 3, 'disabled')
    f.check('install enables', ['binfmt', 'install', *there, 'all'], 0, '^lyre-riscv64: enabled$')
    report(open(entry).read().startswith('1'), 'by 1', open(entry).read())
    f.check('remove', ['binfmt', 'remove', *there], 0, '^lyre-riscv64: removed$')
    report(open(entry).read().startswith('-1'), 'by -1', open(entry).read())
    os.unlink(entry)
    f.check('remove again', ['binfmt', 'remove', *there, 'riscv64'], 0, '^lyre-riscv64: not registered$')
    f.check('remove all again', ['binfmt', 'remove', *there], 0, '', 'nothing of ours')
    f.check('not mounted', ['binfmt', 'install', '--binfmt-dir', os.path.join(folder, 'no'), 'riscv64'], 1, '', 'is binfmt_misc mounted')


REAL = r'''
set -e
lyre=$1 child=$2
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
"$lyre" binfmt install --flags POCF riscv64
"$lyre" binfmt status riscv64
echo "$0" >/dev/null
status=0
(exec -a strange "$child" child "a b") || status=$?
echo "status=$status"
"$lyre" binfmt install --flags F riscv64
status=0
(exec -a strange "$child" child) || status=$?
"$lyre" binfmt install --flags O riscv64
status=0
(exec -a strange "$child" child) || status=$?
"$lyre" binfmt remove
"$lyre" binfmt remove riscv64
"$lyre" binfmt status riscv64 || echo "status=$?"
'''


def test_real(lyre, child):
    """In a user namespace the kernel (6.7 or newer) lets anybody mount a binfmt_misc of his own."""
    probe = run('unshare', '-Urm', 'mount', '-t', 'binfmt_misc', 'binfmt_misc', '/proc/sys/fs/binfmt_misc')
    name = 'real registration'
    if probe.returncode:
        skip(name, 'no binfmt_misc in a user namespace: ' + (probe.stderr.strip().splitlines() or ['?'])[-1])
        return
    d = run('unshare', '-Urm', 'bash', '-c', REAL, 'bash', lyre, child)
    for what, want in (('is done', r'^lyre-riscv64: registered, .*\n^lyre-riscv64: enabled'), ('runs a program', r'^argc=3 \[strange\] \[child\] \[a b\]'),
                       ('its status', '^status=7$'), ('another registration replaces it', r'lyre-riscv64: replaced, .*flags F$'),
                       ('without P argv[0] is the path', r'flags F\n(.*\n)*?argc=2 \[%s\] \[child\]' % re.escape(child)),
                       ('by descriptor alone', r'flags O\n(.*\n)*?argc=2 \[%s\] \[child\]' % re.escape(child)),
                       ('is removed', r'^lyre-riscv64: removed\nlyre-riscv64: not registered\nlyre-riscv64: not registered\nstatus=3$')):
        report(re.search(want, d.stdout, re.M), '%s %s' % (name, what), d)


def test_disas(f, folder):
    f.check('help', ['disas', '--help'], 0, '^usage: lyre disas')
    f.check('guest bytes', ['disas', '--arch', 'riscv64', '--pc', '0x1000', '93080b00', '01a0'], 0,
            r'^0x0*1000: +93080b00 +addi a7, s6, 0\n0x0*1004: +01a0 +c.j 0x1004$')
    f.check('bytes of another guest', ['disas', '--arch', 'aarch64', '20008052', 'c0035fd6'], 0, r'20008052 +(mov[z]?) w0, #(0x)?1.*\n.* ret')
    f.check('guest bytes that end early', ['disas', '--arch', 'riscv64', '93080b'], 0, r'9308 ')
    f.check('host bytes', ['disas', '--arch', 'x86_64', '4889c3', '06'], 0, r'4889c3 +mov rbx, rax\n.*\.byte 0x06$')
    f.check('unknown architecture', ['disas', '--arch', 'vax', '00'], 1, '', 'vax')
    f.check('bad bytes', ['disas', '--arch', 'riscv64', '0x1'], 1, '', 'hexadecimal')
    f.check('missing file', ['disas', folder + '/missing'], 1, '', 'No such file')
    log = write(os.path.join(folder, 'log'), 'before\nOUT: region 0000000000010000 tier 1 code 7f0000001000 size 4 data 7f0000002000\n'
                'OUT: 7f0000001000: 4889c3\nOUT: 7f0000001003: c3\nafter\n')
    f.check('filter', ['disas', '--host', 'x86_64', log], 0,
            r'^before\nOUT: region .*\n0x7f0000001000: +4889c3 +mov rbx, rax\n0x7f0000001003: +c3 +ret ?\n\nafter$')


def main():
    lyre, riscv64 = (os.path.abspath(a) for a in sys.argv[1:3])
    child = guest_tap.compile_guest('riscv64', 'exec', [os.path.join(os.path.dirname(HERE), 'programs', 'guests', 'exec.c')])
    folder = tempfile.mkdtemp(prefix='lyre-front-')
    f = Front(lyre)
    try:
        test_run(f, folder, child)
        test_binfmt(f, folder, riscv64)
        test_real(lyre, child)
        test_disas(f, folder)
    finally:
        shutil.rmtree(folder)
    print('1..%d' % count)
    sys.exit(1 if failed else 0)


main()
