#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed as ratios to native and to QEMU 11, from one run (refs: metric is user + system CPU time of the whole process).

    run.py [--guest riscv64|aarch64] [--runs N] [--only REGEX] [--class CLASS] [--lyre PATH] [--flags "..."]

Every program runs A (native), B (Lyre), C (QEMU), A, B, C, ... at least nine times; ratios are taken round by round, the median is printed with the
95 % bounds of the median. Results (standard output) must agree. Start-up is wall time and maximum resident memory of a program that does nothing.
The classes `real`, `starts` and `openssl` are Debian's programs (real.py), which need namespaces.
"""
import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tools'))
import fetch  # noqa: E402
import real   # noqa: E402

PROGRAMS = os.path.join(TOP, 'bench', 'programs')
OUT = os.path.join(TOP, 'build', 'bench')
NATIVE_CC, FLAGS = 'gcc-12', ['-O2', '-static', '-w', '-ffp-contract=off']  # contraction would give the guest other results
# upper bounds that the project promises for a class: ratio to native
BARS = {'integer': 1.7, 'calls': 2.0, 'goto': 2.5, 'fp': 2.2, 'simd': 2.5, 'vdso': 1.5, 'syscalls': 1.4, 'real': 4.0, 'openssl': 2.5, 'all CPU programs': 2.5}
QEMU_BARS = {'starts': 1 / 3}  # ratio to QEMU, of each program
NOT_CPU = ('syscalls', 'vdso', 'cold', 'start', 'real', 'starts', 'openssl', 'openssl, unlimited')


def compilers(guest):
    return (('native', NATIVE_CC), (guest, guest + '-linux-gnu-gcc-12'))


def build(name, guest):
    os.makedirs(OUT, exist_ok=True)
    source = os.path.join(PROGRAMS, name + '.c')
    paths = []
    for kind, cc in compilers(guest):
        out = os.path.join(OUT, name + '.' + kind)
        if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
            subprocess.run([cc] + FLAGS + ['-o', out, source, '-lm'], check=True)
        paths.append(out)
    return paths


class Died(Exception):
    pass


def run(command):
    """(CPU seconds, wall seconds, max resident KiB, output) of one run."""
    r, w = os.pipe()
    done = subprocess.Popen([OUT + '/launch', str(w)] + command, stdout=subprocess.PIPE, pass_fds=[w])
    os.close(w)
    output = done.communicate()[0]
    with os.fdopen(r) as f:
        cpu, wall, memory, status = map(int, f.read().split())
    if status:
        raise Died('%s: status %#x' % (' '.join(command), status))
    return cpu / 1e6, wall / 1e6, memory, output


def bounds(values):
    """95 % bounds of the median by order statistics."""
    v = sorted(values)
    n = len(v)
    k = max(0, int(n / 2 - 0.98 * math.sqrt(n)))
    return v[k], v[n - 1 - k]


def geomean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def small_programs(lyre, qemu, guest):
    """[(class, name, [a function that gives CPU seconds and output, natively, under Lyre, under QEMU])]; built at the first run."""
    for source in sorted(p for p in os.listdir(PROGRAMS) if p.endswith('.c')):
        name = source[:-2]
        text = open(os.path.join(PROGRAMS, source)).read()
        cls, only = re.search(r'class: (\w+)', text)[1], re.search(r'guest: (\w+)', text)
        if only and only[1] != guest:
            continue
        yield cls, name, [lambda b=before, n=name, which=which: run(b + [build(n, guest)[which]])[::3] for before, which in (([], 0), (lyre, 1), ([qemu], 1))]


def measure(ways, runs):
    times = [[] for _ in ways]
    for i in range(runs):
        outputs = []
        for t, way in zip(times, ways):
            cpu, out = way()
            t.append(max(cpu, 1e-4))
            outputs.append(out)
        if any(o != outputs[0] for o in outputs):
            raise Died('results differ')
    return times


def measure_program(cls, name, ways, runs):
    """Prints a line; ratios (Lyre/native, Lyre/QEMU, QEMU/native), each run by run, or None when QEMU cannot run it."""
    try:
        ways[2]()
    except Died as death:
        a, b = measure(ways[:2], runs)
        print('%-14s %-9s native %6.0f ms   Lyre/native %5.2f   QEMU fails: %s; not in the means' % (
            name, cls, statistics.median(a) * 1e3, statistics.median(y / x for x, y in zip(a, b)), str(death).split('\n')[0]), flush=True)
        return None
    a, b, c = measure(ways, runs)
    ratios = [[y / x for x, y in zip(p, q)] for p, q in ((a, b), (c, b), (a, c))]
    lo, hi = bounds(ratios[0])
    to_native, to_qemu, qemu_native = map(statistics.median, ratios)
    missed = ' MISSED (bar %.2f)' % QEMU_BARS[cls] if to_qemu > QEMU_BARS.get(cls, 1e9) else ''
    print('%-14s %-9s native %6.0f ms   Lyre/native %5.2f [%.2f %.2f]   Lyre/QEMU %5.3f%s   QEMU/native %6.2f' % (
        name, cls, statistics.median(a) * 1e3, to_native, lo, hi, to_qemu, missed, qemu_native), flush=True)
    return ratios


def start_up(lyre, qemu, guest, runs):
    source = os.path.join(OUT, 'nothing.c')
    os.makedirs(OUT, exist_ok=True)
    with open(source, 'w') as f:
        f.write('int main(void) { return 0; }\n')
    for kind, cc in compilers(guest):
        subprocess.run([cc] + FLAGS + ['-o', os.path.join(OUT, 'nothing.' + kind), source], check=True)
    commands = [[OUT + '/nothing.native'], lyre + [f'{OUT}/nothing.{guest}'], [qemu, f'{OUT}/nothing.{guest}']]
    wall = [[] for _ in commands]
    memory = [[] for _ in commands]
    for _ in range(runs):
        for i, c in enumerate(commands):
            _, w, m, _ = run(c)
            wall[i].append(w)
            memory[i].append(m)
    print('start-up, static, median of %d: native %.2f ms %.1f MB, Lyre %.2f ms %.1f MB, QEMU %.2f ms %.1f MB' % (
        runs, *(x for i in range(3) for x in (statistics.median(wall[i]) * 1e3, statistics.median(memory[i]) / 1024))))


def cpu_name():
    for line in open('/proc/cpuinfo'):
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return 'unknown'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--guest', default='riscv64')
    parser.add_argument('--runs', type=int, default=9)
    parser.add_argument('--only', default='')
    parser.add_argument('--class', dest='cls', default='')
    parser.add_argument('--lyre', help='the emulator, if not the one in build')
    parser.add_argument('--flags', default='', help='options for Lyre')
    args = parser.parse_args()
    os.makedirs(OUT, exist_ok=True)
    subprocess.run([NATIVE_CC, '-O2', '-static', '-o', OUT + '/launch', os.path.join(TOP, 'bench', 'launch.c')], check=True)
    qemu = fetch.qemu(args.guest)
    lyre = [args.lyre or os.path.join(TOP, 'build', 'lyre-' + args.guest)] + args.flags.split()
    first = lambda c: subprocess.run(c, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]  # noqa: E731
    print('native: %s %s; guest: %s' % (first([NATIVE_CC, '--version']), ' '.join(FLAGS), first([compilers(args.guest)[1][1], '--version'])))
    print('QEMU: %s; CPU: %s; CPU time, median of %d interleaved runs [95 %%]; cold' % (first([qemu, '--version']), cpu_name(), args.runs))
    classes = {}
    slower = []
    programs = list(small_programs(lyre, qemu, args.guest))
    programs += real.programs(lyre, qemu, args.guest, Died)
    for cls, name, ways in programs:
        if not re.search(args.only, name) or (args.cls and cls != args.cls):
            continue
        ratios = measure_program(cls, name, ways, args.runs)
        if ratios:
            classes.setdefault(cls, []).append([statistics.median(r) for r in ratios])
            if bounds(ratios[1])[1] > 1.06:
                slower.append(name)
    rows = dict(classes)
    rows['all CPU programs'] = [r for k, v in classes.items() if k not in NOT_CPU for r in v]
    print()
    for cls, values in rows.items():
        if values:
            ratio = geomean([v[0] for v in values])
            bar = BARS.get(cls)
            print('%-17s Lyre/native %5.2f%-13s Lyre/QEMU %5.3f   QEMU/native %6.2f   (%d programs)' % (
                cls, ratio, '' if bar is None else (' (bar %.1f%s)' % (bar, '' if ratio <= bar else ' MISSED')), geomean([v[1] for v in values]),
                geomean([v[2] for v in values]), len(values)))
    if slower:
        print('slower than QEMU: ' + ' '.join(slower))
    if (not args.only and not args.cls) or args.only == 'start':
        start_up(lyre, qemu, args.guest, 50)


if __name__ == '__main__':
    main()
