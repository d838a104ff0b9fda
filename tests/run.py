#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests that meson knows and counts what they report.

A test prints TAP (`ok 1 - name`, `not ok 2 - name`, `ok 3 - name # SKIP reason`), or Check's summary, or a line `N passed, N failed`; one that
prints none of these counts as one test by its exit status. Tests of the suite `fast` run in `test fast`.
"""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, 'build')
BUSY = 3  # time limits are those of a machine that does nothing else


def count(text, status):
    """(passed, failed, skipped) of one test program's output."""
    passed = failed = skipped = 0
    seen = False
    for line in text.splitlines():
        if m := re.match(r'(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$', line):
            seen = True
            passed, failed, skipped = passed + int(m[1]), failed + int(m[2]), skipped + int(m[3] or 0)
        elif m := re.match(r'\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)', line):
            seen = True
            bad = int(m[2]) + int(m[3])
            passed, failed = passed + int(m[1]) - bad, failed + bad
        elif m := re.match(r'(not )?ok\b(.*)', line):
            seen = True
            if m[1]:
                failed += 1
            elif '# SKIP' in m[2]:
                skipped += 1
            else:
                passed += 1
    if not seen:
        return (1, 0, 0) if status == 0 else (0, 1, 0)
    if status != 0 and failed == 0:
        failed += 1  # it died after its last report
    return passed, failed, skipped


def run_one(test):
    start = time.time()
    env = dict(os.environ, **test['env'])
    try:
        done = subprocess.run(test['cmd'], cwd=test['workdir'] or BUILD, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=(test['timeout'] or 0) * BUSY or None, errors='replace', text=True)
        text, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as e:
        text = (e.stdout or b'').decode(errors='replace') if isinstance(e.stdout, bytes) else (e.stdout or '')
        text, status = text + '\ntimed out', 1
    return text, status, time.time() - start


def main():
    for sig in (signal.SIGINT, signal.SIGQUIT):  # a script's background jobs ignore them: tests of terminals would wait for ever
        if signal.getsignal(sig) == signal.SIG_IGN:
            signal.signal(sig, signal.SIG_DFL)
    fast = 'fast' in sys.argv[1:]
    only = [a for a in sys.argv[1:] if a != 'fast']
    tests = json.loads(subprocess.check_output(['meson', 'introspect', '--tests', BUILD]))
    tests = [t for t in tests if (not fast or any(s.endswith('fast') for s in t['suite'])) and (not only or t['name'] in only)]
    if not tests:
        sys.exit('run.py: no such test')
    alone = [t for t in tests if not t['is_parallel']]
    beside = [t for t in tests if t['is_parallel']]
    total = [0, 0, 0]
    failures = []

    def report(test, result):
        text, status, seconds = result
        counts = count(text, status)
        for i in range(3):
            total[i] += counts[i]
        print('%-4s %-28s %7d passed %4d failed %4d skipped  %6.1f s' % ('ok' if counts[1] == 0 else 'FAIL', test['name'], *counts, seconds), flush=True)
        for line in text.splitlines():
            if '# SKIP' in line:
                print('     ' + line)
        if counts[1]:
            failures.append(test['name'])
            lines = [l for l in text.splitlines() if not re.match(r'ok\b', l)]
            print('\n'.join('     | ' + l for l in lines[-60:]), flush=True)

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        jobs = {pool.submit(run_one, t): t for t in beside}
        for job in concurrent.futures.as_completed(jobs):
            report(jobs[job], job.result())
    for test in alone:
        report(test, run_one(test))
    if failures:
        print('failed: ' + ' '.join(sorted(failures)))
    print('%d passed, %d failed, %d skipped' % tuple(total))
    sys.exit(1 if total[1] else 0)


if __name__ == '__main__':
    main()
