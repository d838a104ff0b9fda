#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs of tests/programs/portable, built for the guest and for the host: standard output and exit status must be equal.

    run.py LYRE [--engine interp,block,region,tiered] [--only NAME,...] [--repeat N] [--keep]

Binaries are kept under ${XDG_CACHE_HOME:-~/.cache}/lyre/programs by the source's content. Prints TAP.
"""
import argparse
import difflib
import glob
import hashlib
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-static', '-pthread', '-w', '-ffp-contract=off']
TIMEOUT = 120


def build(compiler, source, cache):
    """Path of the program, compiled unless the cache has it."""
    with open(source, 'rb') as f:
        key = hashlib.sha256(f.read() + repr((compiler, OPTIONS)).encode()).hexdigest()[:16]
    out = os.path.join(cache, key, os.path.basename(source)[:-2])
    if not os.path.exists(out):
        os.makedirs(os.path.dirname(out), exist_ok=True)
        new = '%s.%d' % (out, os.getpid())  # another test may make it at the same time
        subprocess.run([compiler, *OPTIONS, source, '-o', new, '-lm'], check=True)
        os.rename(new, out)
    return out


def run(command):
    """(standard output, exit status or signal's name, standard error)"""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, errors='replace', text=True)
    except subprocess.TimeoutExpired as e:
        return (e.stdout or b'').decode(errors='replace'), 'timeout', ''
    status = done.returncode
    return done.stdout, signal.Signals(-status).name if status < 0 else status, done.stderr


def compare(name, want, got):
    if want[:2] == got[:2]:
        return True
    print(f'# {name}: exit {want[1]} wanted, {got[1]} got')
    for line in list(difflib.unified_diff(want[0].splitlines(), got[0].splitlines(), 'native', 'lyre', lineterm='', n=1))[:20]:
        print('#   ' + line)
    for line in got[2].splitlines()[:5]:
        print('#   stderr: ' + line)
    return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('--engine', default='')
    parser.add_argument('--only', default='')
    parser.add_argument('--repeat', type=int, default=1)
    args = parser.parse_args()
    cache = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'lyre', 'programs')
    guest = os.path.basename(args.lyre).removeprefix('lyre-')
    sources = sorted(glob.glob(os.path.join(HERE, 'portable', '*.c')))
    if args.only:
        sources = [s for s in sources if os.path.basename(s)[:-2] in args.only.split(',')]
    count = failed = 0
    for source in sources:
        name = os.path.basename(source)[:-2]
        native, foreign = build('gcc', source, cache), build(guest + '-linux-gnu-gcc', source, cache)
        want = run([native])
        for engine in args.engine.split(','):
            extra = ['-x', f'engine={engine}'] if engine else []
            is_ok = all(compare(name, want, run([os.path.abspath(args.lyre), *extra, foreign])) for _ in range(args.repeat))
            count += 1
            failed += not is_ok
            print(f'{"" if is_ok else "not "}ok {count} - {name}{" " + engine if engine else ""}', flush=True)
    print(f'1..{count}')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
