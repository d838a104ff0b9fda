#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A signal at each host instruction round a system call (window_step.c) is neither lost nor doubled: for calls that wait, that do not, that change the
mask, and for the delivery and return of another signal. Prints TAP.

    window.py LYRE STEPPER GUEST.c [--full] [--coarse N]
"""
import argparse
import subprocess
import sys

import guest_tap

# mode: every how many instructions; the ways that run some thousands are not stepped one by one
STRIDES = {'eintr': 1, 'restart': 1, 'suspend': 2, 'ppoll': 3, 'timedwait': 5, 'futex': 2, 'ready': 17, 'mask': 19, 'handler': 67}
ENGINES = {'tiered': list(STRIDES), 'block': ['eintr', 'suspend'], 'interp': ['eintr', 'mask']}
FACTOR = {'tiered': 1, 'block': 7, 'interp': 61}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('stepper')
    parser.add_argument('guest')
    parser.add_argument('--full', action='store_true', help='every instruction')
    parser.add_argument('--coarse', type=int, default=1, help='only every so many of the places')
    args = parser.parse_args()
    program = guest_tap.compile_guest(args.lyre, 'window', [args.guest])
    bad = count = 0
    for engine, modes in ENGINES.items():
        for mode in modes:
            stride = FACTOR[engine] * (1 if args.full else STRIDES[mode] * args.coarse)
            options = [] if engine == 'tiered' else ['-x', 'engine=' + engine]
            done = subprocess.run([args.stepper, str(stride), args.lyre, *options, program, mode], stdout=subprocess.PIPE, text=True)
            count += 1
            bad += done.returncode != 0
            print('%sok %d - %s %s: %s' % ('not ' if done.returncode else '', count, engine, mode, ' / '.join(done.stdout.split('\n')).strip(' /')), flush=True)
    print('1..%d' % count)
    sys.exit(bad > 0)


if __name__ == '__main__':
    main()
