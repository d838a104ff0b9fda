#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Limits of guest programs as ulimit sets them (RLIMIT_STACK, RLIMIT_AS), and address randomisation on and off. Prints TAP.

    limits.py LYRE SOURCE
"""
import os
import resource
import subprocess
import sys
import tempfile

INFINITE = resource.RLIM_INFINITY
count = failed = 0


def ok(is_ok, name, detail=''):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name), flush=True)
    if not is_ok:
        print('# %s' % (detail,))


def run(command, limits=(), is_random=True):
    """Standard output of a run; limits: (which, soft, hard)."""
    def prepare():
        for which, soft, hard in limits:
            resource.setrlimit(which, (soft, hard))
    command = command if is_random else ['setarch', '-R', *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=prepare)
    return done.stdout.strip() if done.returncode == 0 else 'status %s: %s' % (done.returncode, done.stderr)


def number(text):
    return int(text) if text.isdigit() else -1


def main():
    lyre, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    triple = os.path.basename(lyre).removeprefix('lyre-') + '-linux-gnu'
    sysroot = '/usr/' + triple
    where = tempfile.mkdtemp(prefix='lyre-limits-')
    static, pie = (os.path.join(where, n) for n in ('static', 'pie'))
    for out, link in ((static, ['-static']), (pie, ['-pie', '-fPIE'])):
        subprocess.run([triple + '-gcc', '-O1', '-w', *link, '-o', out, source], check=True)
    for is_random in (True, False):
        mode = 'randomised' if is_random else 'fixed'
        for kib in (1024, 8192, 65536, 1 << 20):
            text = run([lyre, static, 'depth'], [(resource.RLIMIT_STACK, kib * 1024, INFINITE)], is_random)
            ok(kib * 0.75 < number(text) <= kib, f'{mode}: a stack of {kib} KiB', text)
        text = run([lyre, static, 'depth', str(3 << 20)], [(resource.RLIMIT_STACK, INFINITE, INFINITE)], is_random)
        ok(number(text) == 3 << 20, f'{mode}: ulimit -s unlimited: 3 GiB', text)
        text = run([lyre, static, 'raise', '32768'], [(resource.RLIMIT_STACK, 8 << 20, INFINITE)], is_random)
        ok(30000 < number(text) <= 32768, f'{mode}: the limit is raised while it runs', text)
        text = run([lyre, '-L', sysroot, pie, 'depth'], [(resource.RLIMIT_STACK, 16 << 20, INFINITE)], is_random)
        ok(12000 < number(text) <= 16384, f'{mode}: a dynamic program with 16 MiB', text)
        for soft, hard in ((256, INFINITE), (2048, 2048)):
            text = run([lyre, static, 'as'], [(resource.RLIMIT_AS, soft << 20, hard if hard == INFINITE else hard << 20)], is_random)
            ok(soft * 1024 * 0.4 < number(text) <= soft * 1024, f'{mode}: ulimit -v {soft} MiB', text)
        for kib in (32768, 131072):
            text = run([lyre, static, 'depth', '100'], [(resource.RLIMIT_DATA, kib * 1024, kib * 1024)], is_random)
            ok(text == '128', f'{mode}: ulimit -d {kib}', text)
        for what in ([], ['address space']):
            text = run([lyre, static, 'data', *what], is_random=is_random)
            ok(text == '0 0 full', f'{mode}: another process limits %s' % (what or ['data'])[0], text)
        places = {tuple(run([lyre, '-L', sysroot, pie, 'where'], is_random=is_random).split()) for _ in range(4)}
        distinct = [len({p[i] for p in places}) for i in range(4)]
        ok(all(n > 1 for n in distinct) if is_random else len(places) == 1, f'{mode}: stack, heap, mappings, program', places)
    print('1..%d' % count)
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
