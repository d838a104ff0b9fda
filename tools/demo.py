#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches Debian's busybox for riscv64, runs it under Lyre, and prints its time beside native and QEMU where that is installed."""
import os
import shutil
import subprocess
import sys
import time

import fetch

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LYRE = os.path.join(TOP, 'build', 'lyre-riscv64')
SCRIPT = 'i=0; s=0; while [ $i -lt 100000 ]; do s=$((s + i * i % 7)); i=$((i + 1)); done; echo "sum $s"; seq 1 300000 | sha256sum'


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit('demo: %s exited with %d' % (' '.join(command), done.returncode))
    return time.perf_counter() - start, done.stdout


def main():
    guest = os.path.join(fetch.fetch('trixie', 'riscv64', 'busybox-static'), 'usr/bin/busybox')
    native = os.path.join(fetch.fetch('trixie', 'amd64', 'busybox-static'), 'usr/bin/busybox')
    print('== the foreign program')
    subprocess.run(['file', guest] if shutil.which('file') else ['ls', '-l', guest])
    print('== lyre-riscv64 busybox uname -a; busybox echo')
    sys.stdout.flush()
    subprocess.run([LYRE, guest, 'uname', '-a'], check=True)
    subprocess.run([LYRE, guest, 'sh', '-c', 'echo "hello from $(busybox uname -m 2>/dev/null || uname -m)"'], check=True)
    print('== a shell loop and sha256sum, wall time')
    rows = [('native', [native]), ('Lyre', [LYRE, guest])]
    qemu = shutil.which('qemu-riscv64') or shutil.which('qemu-riscv64-static')
    if qemu:
        rows.append(('QEMU', [qemu, guest]))
    results = {}
    for name, command in rows:
        seconds, output = min(timed(command + ['sh', '-c', SCRIPT]) for _ in range(3))
        results[name] = output
        print('%-7s %7.3f s   %s' % (name, seconds, ' / '.join(output.split('\n')[:2])))
    if not qemu:
        print('(QEMU is not installed: apt-get install qemu-user to see its time)')
    if len(set(results.values())) != 1:
        sys.exit('demo: results differ')


if __name__ == '__main__':
    main()
