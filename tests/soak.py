#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The long tests, outside of CI. Each appends a row to docs/soak.tsv: date, commit, what, count, seed, result.

    soak.py [NAME...] [--seconds N] [--count N]     all, or those named; how long `fuzz` runs, how many blocks, programs, storms

NAME-fixed is the same without address randomisation (setarch -R).
"""
import argparse
import os
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD, PROGRAMS = os.path.join(TOP, 'build'), os.path.join(TOP, 'tests', 'programs')
LYRE, LYRE_AARCH64 = os.path.join(BUILD, 'lyre-riscv64'), os.path.join(BUILD, 'lyre-aarch64')


STRESS = {'ldconfig': 1000, 'pipeline': 1000, 'cc1': 200, 'threads': 20, 'forks': 40, 'signals': 30, 'preempt': 30}  # runs
RANDOMISED = [name + guest for name in (*STRESS, 'fuzz', 'faults', 'sharing') for guest in ('', '-aarch64')]  # where it matters what lies where: these have a row without as well


def stress(name, count, emulator=LYRE, *options):
    return count, [sys.executable, os.path.join(TOP, 'tests/programs/stress.py'), emulator, name, str(count), *options]


def random_blocks(guest, emulator, count, seed, *options):
    return count, ['env', 'ENGINES=interp block region moved direct tiered', 'LYRE=' + emulator, sys.executable, os.path.join(TOP, 'tests', guest, 'random_insns.py'),
                   os.path.join(BUILD, 'tests/isa', guest + '_run'), os.path.join(BUILD, 'tests/isa'), str(count), str(seed), *options]


def gcc_suite(suite):
    return 3, [sys.executable, os.path.join(TOP, 'tests/programs/ctorture.py'), LYRE_AARCH64, '--suite', suite, '--opt', 'O0,O2,O3', '--engine', 'tiered']


def safety(suffix, emulator, seed, args):
    """What must hold for bad input, bad calls, faults and signals anywhere, for one guest."""
    script = lambda name, *rest: [sys.executable, os.path.join(PROGRAMS, name), emulator, *rest]
    guest_tap = lambda name, *rest: script('guest_tap.py', name, *rest, '--timeout', '3000')
    files, guest = args.count or 20000, os.path.basename(emulator).removeprefix('lyre-')
    rows = {
        'bad-input': (files, script('bad_input.py', str(files), str(seed))),
        'faults': (27, guest_tap('faults-soak', *(os.path.join(PROGRAMS, 'faults', f) for f in ('check.c', 'entry_%s.S' % guest, 'gen_faults_%s.py' % guest)),
                                 '--args', str(args.count or 50))),
        'sharing': (5, guest_tap('sharing', os.path.join(PROGRAMS, 'guests/sharing.c'), '--args', str(args.count or 1000))),
        'fuzz': (args.seconds, script('fuzz.py', '--seconds', str(args.seconds), '--seed', str(seed))),
        'windows': (1, script('window.py', os.path.join(BUILD, 'tests/programs/window_step'), os.path.join(PROGRAMS, 'guests/window.c'),
                              *(['--coarse', str(args.count)] if args.count else ['--full']))),
    }
    return {name + suffix: row for name, row in rows.items()}


def soaks(seed, args):
    """name -> (count, command): a command fails by its exit status; it runs batches of a thousand or more per process."""
    million = args.count or 1000000
    return {
        'random-ir': (million, [os.path.join(BUILD, 'tests/ir/test_compiled'), '-n', str(million), '-seed', str(seed)]),
        'random-insn': random_blocks('riscv', LYRE, million, seed),
        'random-chains': random_blocks('riscv', LYRE, million, seed, '--chains'),
        'random-insn-aarch64': random_blocks('aarch64', LYRE_AARCH64, million, seed),
        'random-chains-aarch64': random_blocks('aarch64', LYRE_AARCH64, million, seed, '--chains'),
        'litmus': (10 * million, [sys.executable, os.path.join(TOP, 'tests/programs/guest_tap.py'), LYRE_AARCH64, 'litmus',
                                  os.path.join(TOP, 'tests/programs/aarch64/litmus.c'), '--ways', 'tiered', '--args', str(10 * million), '--timeout', '7200']),
        **{'gcc-' + suite + '-aarch64': gcc_suite(suite) for suite in ('execute', 'target', 'simd')},
        'fuzz-elf': (million, ['env', 'ASAN_OPTIONS=detect_leaks=0', os.path.join(BUILD, 'tests/fuzz/fuzz_elf'), os.path.join(TOP, 'tests/fuzz/corpus/elf'),
                               str(million), str(seed)]),
        **safety('', LYRE, seed, args),
        **safety('-aarch64', LYRE_AARCH64, seed, args),
        **{name: stress(name, args.count or runs) for name, runs in STRESS.items()},
        **{name + '-aarch64': stress(name, args.count or runs, LYRE_AARCH64) for name, runs in STRESS.items()},
        'goroutines-aarch64': stress('goroutines', 1, LYRE_AARCH64, '--seconds', str(min(args.seconds, 600))),
        'cpython': (68, [sys.executable, os.path.join(TOP, 'tests/cpython/run.py'), LYRE]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('names', nargs='*')
    parser.add_argument('--seconds', type=int, default=3600)
    parser.add_argument('--count', type=int)
    args = parser.parse_args()
    seed = int(time.time())
    commit = subprocess.check_output(['git', '-C', TOP, 'rev-parse', '--short', 'HEAD'], text=True).strip()
    bad = False
    rows = soaks(seed, args)
    rows.update({name + '-fixed': (rows[name][0], ['setarch', '-R', *rows[name][1]]) for name in RANDOMISED})
    if set(args.names) - set(rows):
        parser.error('there are ' + ' '.join(sorted(rows)))
    for name, (count, command) in rows.items():
        if args.names and name not in args.names:
            continue
        print('== %s: %d, seed %d' % (name, count, seed), flush=True)
        status = subprocess.run(command).returncode
        bad |= status != 0
        with open(os.path.join(TOP, 'docs', 'soak.tsv'), 'a') as f:
            f.write('\t'.join([time.strftime('%Y-%m-%d'), commit, name, str(count), str(seed), 'pass' if status == 0 else 'FAIL']) + '\n')
    sys.exit(bad)


if __name__ == '__main__':
    main()
