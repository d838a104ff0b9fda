#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs real programs of a Debian root and storms of threads, children and signals often: each run must end as the first one did. Address randomisation
is as here (setarch -R stress.py ...).

    stress.py LYRE WHAT COUNT [--jobs N] [--root FOLDER]

WHAT: ldconfig, pipeline, cc1 (of the root), threads, forks, signals, preempt. Prints `N passed, N failed`.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, 'tools')]
import guest_tap  # noqa: E402
import root  # noqa: E402

PACKAGES = ['bash', 'coreutils', 'libc-bin', 'cpp-14', 'libgcc-14-dev', 'libc6-dev']
HELLO = '#include <stdio.h>\nint main(int argc, char **argv)\n{\n    printf("hello %d\\n", argc);\n    return 0;\n}\n'
STORMS = {'threads': ['2000', '200'], 'forks': ['64'], 'signals': ['20000'], 'preempt': ['2']}
TIMEOUT = 300


def find_root(given):
    if given:
        return given
    return root.make('stress-riscv64', 'trixie', 'riscv64', PACKAGES)


def command(args, what, where):
    """What to run; {new} becomes a name that no other run uses."""
    if what in STORMS:
        program = guest_tap.compile_guest('storms', [os.path.join(HERE, 'riscv64', 'storms.c')])
        return [args.lyre, program, what, *STORMS[what]]
    root = find_root(args.root)
    lyre = [args.lyre, '-L', root]
    if what == 'ldconfig':
        return [*lyre, root + '/usr/sbin/ldconfig', '-X', '-v', '-f', '/dev/null', '-C', '{new}', '/usr/lib/riscv64-linux-gnu']
    if what == 'pipeline':
        return [*lyre, root + '/usr/bin/bash', '-c', 'cd /usr/bin; ls | wc -l']
    source = os.path.join(where, 'hello.c')
    with open(source, 'w') as f:
        f.write(HELLO)
    return [*lyre, root + '/usr/libexec/gcc/riscv64-linux-gnu/14/cc1', '-quiet', '-O2', '-march=rv64gc', '-mabi=lp64d', '-imultiarch', 'riscv64-linux-gnu', source, '-o', '-']


def run(words, where, number):
    words = [w.replace('{new}', os.path.join(where, 'new-%d' % number)) for w in words]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace', timeout=TIMEOUT,
                              env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C'})
    except subprocess.TimeoutExpired:
        return 'timed out', '', ''
    text = '\n'.join(line for line in done.stdout.splitlines() if not line.startswith('#'))
    return done.returncode, text, done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre', type=os.path.abspath)
    parser.add_argument('what')
    parser.add_argument('count', type=int)
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--root')
    args = parser.parse_args()
    where = tempfile.mkdtemp(prefix='lyre-stress-')
    words = command(args, args.what, where)
    first = run(words, where, -1)
    passed = failed = 0
    if first[0] != 0:
        print('# the first run ends with %s\n# %s' % (first[0], (first[1] + first[2])[-1500:].replace('\n', '\n# ')))
        failed = 1
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        results = pool.map(lambda i: (i, run(words, where, i)), range(0 if failed else args.count))
        for i, result in results:
            is_same = result[:2] == first[:2]
            passed += is_same
            failed += not is_same
            if not is_same and failed <= 5:
                print('# run %d: %s\n# %s' % (i, result[0], (result[1] + result[2])[-1500:].replace('\n', '\n# ')))
                sys.stdout.flush()
    shutil.rmtree(where, ignore_errors=True)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
