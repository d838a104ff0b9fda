#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bar for the compiler: host instructions that Lyre's code executes for the kernels, against the hand-written code for the same guest code (ideal.S).

    count.py [LYRE]     builds what it needs in build/ideal; prints ratios; fails above 1.15

Two sizes of each kernel are counted by single-stepping and subtracted, so entry and exit do not matter.
"""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(TOP, 'bench', 'ideal')
OUT = os.path.join(TOP, 'build', 'ideal')
KERNELS = (('fib', 9, 11), ('sieve', 300, 900), ('goto', 200, 700), ('dot', 200, 700))


def build():
    os.makedirs(OUT, exist_ok=True)
    src = lambda *names: [os.path.join(HERE, n) for n in names]  # noqa: E731
    subprocess.run(['gcc-12', '-O2', '-o', OUT + '/steps'] + src('steps.c'), check=True)
    subprocess.run(['gcc-12', '-O2', '-o', OUT + '/ideal'] + src('main.c', 'kernels.c', 'ideal.S'), check=True)
    subprocess.run(['riscv64-linux-gnu-gcc-12', '-O2', '-static', '-ffp-contract=off', '-o', OUT + '/guest'] + src('guest.c', 'kernels.c'), check=True)


def count(command):
    return int(subprocess.check_output([OUT + '/steps'] + command, text=True))


def main():
    lyre = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(TOP, 'build', 'lyre-riscv64')
    build()
    bad = 0
    for number, (name, small, large) in enumerate(KERNELS):
        ours = [count([lyre, '-x', 'engine=region', OUT + '/guest', name, str(n)]) for n in (small, large)]
        ideal = [count([OUT + '/ideal', str(number), str(n)]) for n in (small, large)]
        ratio = (ours[1] - ours[0]) / (ideal[1] - ideal[0])
        ok = ratio <= 1.15
        bad += not ok
        print('%sok %d - %s: %d instructions, ideal %d, ratio %.2f (bar 1.15)' % ('' if ok else 'not ', number + 1, name, ours[1] - ours[0], ideal[1] - ideal[0], ratio))
    sys.exit(bad > 0)


if __name__ == '__main__':
    main()
