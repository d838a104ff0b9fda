#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Flags of binfmt_misc: what programs see of them. In a user namespace with many users, so it needs root.

    binfmt_flags.py LYRE        Prints TAP; SKIP where the kernel or the rights do not allow it.
"""
import ctypes
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'programs'))
import guest_tap

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
BINFMT = '/proc/sys/fs/binfmt_misc'
CALLER, OWNER = 2000, 3000
libc = ctypes.CDLL(None, use_errno=True)
count = failed = 0


def report(is_ok, name, why=''):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name), flush=True)
    if not is_ok:
        print('# %s' % (why,))


def skip(reason):
    print('ok 1 - flags of binfmt_misc # SKIP %s\n1..1' % reason, flush=True)
    os._exit(0)


def in_namespaces(fn):
    """Runs fn in a child with user and mount namespaces of its own in which all users are what they are outside."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        done = libc.unshare(CLONE_NEWUSER | CLONE_NEWNS)
        os.write(ready[1], b'n' if done else b'y')
        os.read(go[0], 1)
        try:
            fn()
        except OSError as e:
            report(False, 'set-up', e)
        print('1..%d' % count, flush=True)
        os._exit(failed > 0)
    if os.read(ready[0], 1) == b'y':
        for kind in ('uid', 'gid'):
            with open('/proc/%d/%s_map' % (pid, kind), 'w') as f:
                f.write('0 0 65536')
        os.write(go[1], b'x')
    else:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        skip('no user namespaces')
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def mount(kind, where):
    return libc.mount(kind.encode(), where.encode(), kind.encode(), 0, None) == 0


def as_caller(path, env=None):
    def become():
        os.setgroups([])
        os.setgid(CALLER)
        os.setuid(CALLER)
    return subprocess.run(['strange', 'child', 'a b'], executable=path, env=dict({'A': '1'}, **(env or {})), preexec_fn=become, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors='replace', timeout=60)


def test(lyre, guest):
    if not mount('binfmt_misc', BINFMT) or not mount('tmpfs', '/mnt'):
        skip('no binfmt_misc in a user namespace: ' + os.strerror(ctypes.get_errno()))
    os.chmod('/mnt', 0o755)
    bin_dir = '/mnt/bin'  # others may be unable to reach the build folder
    os.mkdir(bin_dir)
    for name in ('lyre', 'lyre-riscv64'):
        shutil.copy(os.path.join(os.path.dirname(lyre), name), bin_dir)
    program = '/mnt/program'
    shutil.copy(guest, program)

    def run(flags, mode, env=None):
        d = subprocess.run([bin_dir + '/lyre', 'binfmt', 'install', '--flags', flags, 'riscv64'], capture_output=True, text=True)
        if d.returncode:
            report(False, 'install with ' + flags, d)
        os.chown(program, OWNER, OWNER)
        os.chmod(program, mode)
        try:
            return as_caller(program, env)
        except OSError as e:
            return e

    def check(name, d, *patterns):
        text = getattr(d, 'stdout', '')
        report(getattr(d, 'returncode', -1) == 7 and all(re.search(p, text, re.M) for p in patterns), name, d)

    plain = 'ids=%d,%d secure=0' % (CALLER, CALLER)
    secure = 'ids=%d,%d secure=1' % (CALLER, OWNER)
    for flags, argv0 in (('F', re.escape(program)), ('O', re.escape(program)), ('P', 'strange'), ('PO', 'strange'), ('POCF', 'strange'), ('C', re.escape(program))):
        d = run(flags, 0o755)
        check('%s: arguments, AT_EXECFN, descriptors' % flags, d, r'^argc=3 \[%s\] \[child\] \[a b\]$' % argv0, '^execfn=%s$' % program, '^exe=self$|^exe=%s$' % program,
              r'^fds=0 1 2 $', '^' + plain + ' flags=0$')
    check('POC: a program that may not be read', run('POC', 0o711), plain)
    d = run('P', 0o711)
    report(getattr(d, 'returncode', 0) == 126 and 'Permission denied' in d.stderr, 'P: a program that may not be read', d)
    check('POCF: set-user-ID', run('POCF', 0o4755), secure)
    check('POF: set-user-ID counts for nothing', run('POF', 0o4755), plain)
    options = {'LYRE_STRACE': '1', 'LYRE_SET_ENV': 'B=2', 'LYRE_ARGV0': 'other', 'QEMU_STRACE': '1', 'LYRE_LOG_FILENAME': '/mnt/log', 'LYRE_LD_PREFIX': '/tmp',
               'LYRE_EXEC': '1:0:/etc/passwd'}
    d = run('POCF', 0o4755, options)
    check('set-user-ID: no options from the environment', d, secure, r'^argc=3 \[strange\] ')
    report(d.stderr == '' and '[B=2]' not in d.stdout, 'set-user-ID: nothing of them is done', d)
    del options['LYRE_LOG_FILENAME']
    d = run('POCF', 0o755, options)
    check('else they are taken', d, plain, r'\[B=2\]')
    d = run('POCF', 0o4711)
    check('set-user-ID and not readable', d, secure)
    os.makedirs('/mnt/root')
    shutil.copy(guest, '/mnt/root/program')
    for flags, is_found in (('POF', True), ('PO', False)):
        subprocess.run([bin_dir + '/lyre', 'binfmt', 'install', '--flags', flags, 'riscv64'], capture_output=True)
        d = subprocess.run(['chroot', '/mnt/root', '/program', 'child'], capture_output=True, text=True)
        report((d.returncode == 7) == is_found, '%s: chroot without the emulator %s' % (flags, 'works' if is_found else 'fails'), d)
    d = subprocess.run([bin_dir + '/lyre', 'binfmt', 'remove', 'riscv64'], capture_output=True, text=True)
    report(d.returncode == 0 and not os.path.exists(BINFMT + '/lyre-riscv64'), 'removed', d)


def main():
    lyre = os.path.abspath(sys.argv[1])
    guest = guest_tap.compile_guest('riscv64', 'exec', [os.path.join(os.path.dirname(HERE), 'programs', 'guests', 'exec.c')])
    if os.geteuid():
        skip('only root can make a namespace with several users')
    sys.exit(in_namespaces(lambda: test(lyre, guest)))


main()
