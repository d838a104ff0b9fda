#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A code cache of 64 KiB: guests/evict.c must run right while it evicts a thousand times, by the counters of `-d stats`. Prints TAP.

    evict_test.py LYRE SOURCE [--short]    --short: every third way
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest_tap import compile_guest  # noqa: E402

LEAST = 1000
# way, rounds, threads: rounds are chosen so that 64 KiB are recycled often enough
RUNS = [
    (['-x', 'engine=block'], 20, 1),
    (['-x', 'engine=region'], 42, 1),
    (['-x', 'cold=0'], 26, 1),
    (['-x', 'engine=region', '-x', 'move'], 42, 1),
    (['-x', 'cold=0', '-x', 'move'], 26, 1),
    (['-x', 'engine=region', '-host-cpu', 'v2'], 42, 1),
    (['-x', 'engine=block'], 7, 4),
    (['-x', 'engine=region'], 14, 4),
    (['-x', 'cold=0'], 9, 4),
    (['-x', 'cold=0', '-x', 'move'], 9, 4),
]


def main():
    lyre, source = sys.argv[1:3]
    runs = RUNS[::3] if '--short' in sys.argv else RUNS
    program = compile_guest(lyre, 'evict', [source])
    failed = False
    print('1..%d' % len(runs))
    for number, (way, rounds, threads) in enumerate(runs, 1):
        command = [lyre] + way + ['-tb-size', '64k', '-d', 'stats', program, str(rounds), str(threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
        evictions = re.search(r'(\d+) evictions', done.stdout)
        evictions = int(evictions[1]) if evictions else 0
        right = done.returncode == 0 and 'not ok' not in done.stdout
        is_ok = right and evictions >= LEAST
        failed |= not is_ok
        print('%sok %d - %s, %d threads: %d evictions' % ('' if is_ok else 'not ', number, ' '.join(way), threads, evictions), flush=True)
        if not right:
            print('# status %d\n# %s' % (done.returncode, done.stdout.replace('\n', '\n# ')))
    sys.exit(failed)


if __name__ == '__main__':
    main()
