#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cross-compiles a self-checking guest program (it prints TAP or `N passed, N failed`) and runs it in every way of execution.

    guest_tap.py LYRE NAME SOURCE... [--ways interp,block,region,move,tiered] [--args "..."] [--options "..."] [--private] [--link=OPTIONS]

--options: of the emulator. --private: the emulator is a copy that nobody else may read or execute.
"""
import argparse
import atexit
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, 'build', 'guest')
WAYS = {'interp': ['-x', 'engine=interp'], 'block': ['-x', 'engine=block'], 'region': ['-x', 'engine=region'],
        'move': ['-x', 'engine=region', '-x', 'move'], 'tiered': [], 'direct': ['-x', 'engine=direct'], 'v2': ['-x', 'engine=region', '-host-cpu', 'v2']}


def compile_guest(name, sources, compiler='riscv64-linux-gnu-gcc', flags=(), link='-static'):
    """The static program build/guest/NAME, made anew when a source is newer."""
    os.makedirs(OUT, exist_ok=True)
    out = os.path.join(OUT, name)
    with open(out + '.lock', 'w') as lock:  # tests that run at the same time share it: the second waits, and does not replace what the first runs
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(out) or any(os.path.getmtime(s) > os.path.getmtime(out) for s in sources):
            new = '%s.%d' % (out, os.getpid())  # whole or not there
            subprocess.run([compiler, '-O1', *link.split(), '-pthread', *flags, '-o', new] + sources, check=True)
            os.rename(new, out)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('name')
    parser.add_argument('sources', nargs='+')
    parser.add_argument('--ways', default='interp,block,region,move,tiered,direct')
    parser.add_argument('--args', default='')
    parser.add_argument('--options', default='')
    parser.add_argument('--private', action='store_true')
    parser.add_argument('--link', default='-static', help='how the program is linked: --link=-shared')
    parser.add_argument('--timeout', type=int, default=120)
    args = parser.parse_args()
    sources = []
    for s in args.sources:
        if s.endswith('gen_faults.py'):
            os.makedirs(OUT, exist_ok=True)
            generated = os.path.join(OUT, 'faults.S')
            text = subprocess.check_output([sys.executable, s], text=True)
            if not os.path.exists(generated) or open(generated).read() != text:
                new = '%s.%d' % (generated, os.getpid())
                with open(new, 'w') as f:
                    f.write(text)
                os.rename(new, generated)
            s = generated
        sources.append(s)
    guest = os.path.basename(args.lyre).removeprefix('lyre-')
    program = compile_guest(args.name, sources, guest + '-linux-gnu-gcc', link=args.link)
    if args.private:
        folder = tempfile.mkdtemp(prefix='lyre-private-')
        atexit.register(shutil.rmtree, folder)
        args.lyre = shutil.copy(args.lyre, folder)
        os.chmod(args.lyre, 0o700)
    bad = False
    for way in args.ways.split(','):
        command = [args.lyre] + WAYS[way] + args.options.split() + [program] + args.args.split()
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', timeout=args.timeout)
            text, status = done.stdout, done.returncode
        except subprocess.TimeoutExpired as e:
            text, status = (e.stdout or b'').decode(errors='replace'), 'timed out'
        for line in text.splitlines():
            print(re.sub(r'^((not )?ok \d+ - )', r'\1%s: ' % way, line))
            bad |= bool(re.match(r'not ok |\d+ passed, [1-9]', line))
        if status:
            bad = True
            print('not ok %s: %s: status %s' % (way, args.name, status))
    sys.exit(bad)


if __name__ == '__main__':
    main()
