#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs real programs of a Debian root and storms of threads, children and signals often: each run must end as the first one did. Address randomisation
is as here (setarch -R stress.py ...).

    stress.py LYRE WHAT COUNT [--jobs N] [--root FOLDER] [--seconds N]

WHAT: ldconfig, pipeline, cc1, goroutines (of the root), threads, forks, signals, preempt. The guest follows from the emulator's name. Prints
`N passed, N failed`.
"""
import argparse
import collections
import concurrent.futures
import glob
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

PACKAGES = ['bash', 'coreutils', 'libc-bin', 'libc6-dev']
# suite, name there, packages of its C and Go, cc1's folder and options; the triple is <guest>-linux-gnu
Guest = collections.namedtuple('Guest', 'suite arch packages cc1 options')
GUESTS = {
    'riscv64': Guest('trixie', 'riscv64', ['cpp-14', 'libgcc-14-dev', 'golang-1.24-go'], 'libexec/gcc/%s/14', ['-march=rv64gc', '-mabi=lp64d']),
    'aarch64': Guest('bookworm', 'arm64', ['cpp-12', 'libgcc-12-dev', 'golang-1.19-go'], 'lib/gcc/%s/12', ['-march=armv8-a']),
}
HELLO = '#include <stdio.h>\nint main(int argc, char **argv)\n{\n    printf("hello %d\\n", argc);\n    return 0;\n}\n'
STORMS = {'threads': ['2000', '200'], 'forks': ['64'], 'signals': ['20000'], 'preempt': ['2']}
TIMEOUT = 300


def find_root(given, guest):
    if given:
        return given
    return root.make(root.named('stress', guest.suite, guest.arch), guest.suite, guest.arch, PACKAGES + guest.packages)


def compile_go(lyre, root, where):
    """The program of goroutines, made in the root's own Go; cross-compiling would not need it, but this is the guest's."""
    source, out = os.path.join(HERE, 'goroutines.go'), os.path.join(where, 'goroutines')
    tree = glob.glob(root + '/usr/lib/go-*')[0]
    env = {'PATH': '/usr/bin:/bin', 'HOME': where, 'GOROOT': tree, 'GOCACHE': where + '/cache', 'GOTOOLCHAIN': 'local', 'CGO_ENABLED': '0', 'GOFLAGS': '-p=2'}
    subprocess.run([*lyre, tree + '/bin/go', 'build', '-o', out, source], check=True, env=env)
    return out


def command(args, what, where):
    """What to run; {new} becomes a name that no other run uses."""
    name = os.path.basename(args.lyre).rsplit('-', 1)[1]
    guest, triple = GUESTS[name], name + '-linux-gnu'
    if what in STORMS:
        program = guest_tap.compile_guest(args.lyre, 'storms', [os.path.join(HERE, 'storms.c')])
        return [args.lyre, program, what, *STORMS[what]]
    root = find_root(args.root, guest)
    lyre = [args.lyre, '-L', root]
    if what == 'ldconfig':
        return [*lyre, root + '/usr/sbin/ldconfig', '-X', '-v', '-f', '/dev/null', '-C', '{new}', '/usr/lib/' + triple]
    if what == 'pipeline':
        return [*lyre, root + '/usr/bin/bash', '-c', 'cd /usr/bin; ls | wc -l']
    if what == 'goroutines':
        return [args.lyre, compile_go(lyre, root, where), str(args.seconds)]
    source = os.path.join(where, 'hello.c')
    with open(source, 'w') as f:
        f.write(HELLO)
    return [*lyre, '%s/usr/%s/cc1' % (root, guest.cc1 % triple), '-quiet', '-O2', *guest.options, '-imultiarch', triple, source, '-o', '-']


def run(words, where, number, timeout):
    words = [w.replace('{new}', os.path.join(where, 'new-%d' % number)) for w in words]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace', timeout=timeout,
                              env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C'})
    except subprocess.TimeoutExpired:
        return 'timed out', '', ''
    return done.returncode, done.stdout, done.stderr


def judged(text):
    return [line for line in text.splitlines() if not line.startswith('#')]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre', type=os.path.abspath)
    parser.add_argument('what')
    parser.add_argument('count', type=int)
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--root')
    parser.add_argument('--seconds', type=int, default=600, help='that the goroutines run')
    args = parser.parse_args()
    where = tempfile.mkdtemp(prefix='lyre-stress-')
    words = command(args, args.what, where)
    first = run(words, where, -1, args.seconds + TIMEOUT)
    passed, failed = 1, 0
    print('# ' + '\n# '.join(first[1].splitlines()[:3]))
    if first[0] != 0:
        print('# the first run ends with %s\n# %s' % (first[0], (first[1] + first[2])[-1500:].replace('\n', '\n# ')))
        passed, failed = 0, 1
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        results = pool.map(lambda i: (i, run(words, where, i, args.seconds + TIMEOUT)), range(1, 0 if failed else args.count))
        for i, result in results:
            is_same = result[0] == first[0] and judged(result[1]) == judged(first[1])
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
