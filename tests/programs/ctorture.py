#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Suites of GCC's own tests, cross-compiled statically for the guest of the emulator given, run under it.

    ctorture.py LYRE [--suite execute|target|simd] [--opt O0,O2] [--engine WAY,...] [--sample N --sample-engine WAY,...] [--only REGEX] [--limit N]

WAY: interp, block, region, tiered, direct; move and v2 are region with moved code and without the host's newer features, tmove and tv2 the same of tiered.
Suites: gcc.c-torture/execute; what is to be run of gcc.target/<guest>; its programs for the intrinsics of AdvSIMD.
Every program runs in each way of --engine; N of them, spread over the suite, also in each way of --sample-engine.

A program passes when it exits with 0. Expected failures stand in ctorture.expect (name, reason): programs that fail on the architecture itself, too.
Binaries are kept under ${XDG_CACHE_HOME:-~/.cache}/lyre/ctorture by guest and compiler version.
"""
import argparse
import concurrent.futures
import fcntl
import glob
import os
import re
import subprocess
import sys
import tarfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, 'tools'))
import fetch  # noqa: E402

WAYS = {'': []}
for engine in ('interp', 'block', 'region', 'tiered', 'direct'):
    WAYS[engine] = ['-x', 'engine=' + engine]
for name, engine in (('', 'region'), ('t', 'tiered')):
    WAYS[name + 'move'] = WAYS[engine] + ['-x', 'move']
    WAYS[name + 'v2'] = WAYS[engine] + ['-host-cpu', 'v2']
# folder of gcc/testsuite (with the guest's name for %s), folders in it, whether a program that does not say what to do with it is to be run
SUITES = {
    'execute': ('gcc.c-torture/execute/', ['', 'ieee/'], True),  # builtins/ needs a library of the suite's own
    'target': ('gcc.target/%s/', ['', 'simd/'], False),
    'simd': ('gcc.target/%s/advsimd-intrinsics/', [''], True),
}
# -march of what dg-add-options and dg-require-effective-target name
FEATURES = {'v8_1a_neon': 'armv8.1-a', 'v8_2a_fp16_scalar': 'armv8.2-a+fp16', 'v8_2a_fp16_neon': 'armv8.2-a+fp16', 'v8_2a_dotprod_neon': 'armv8.2-a+dotprod',
            'v8_2a_i8mm': 'armv8.2-a+i8mm', 'v8_2a_bf16_neon': 'armv8.2-a+bf16', 'v8_3a_complex_neon': 'armv8.3-a', 'v8_3a_fp16_complex_neon': 'armv8.3-a+fp16',
            'fp16fml_neon': 'armv8.2-a+fp16fml'}


def unpack_sources(where, prefix):
    """The suite's folder from Debian's gcc-12-source, unpacked once."""
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, '.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(where, 'unpacked')):
            unpack_anew(where, prefix)
            open(os.path.join(where, 'unpacked'), 'w').close()


def unpack_anew(where, prefix):
    archives = glob.glob('/usr/src/gcc-12/gcc-12*.tar.xz')
    if not archives:
        sys.exit('ctorture.py: package gcc-12-source is not installed')
    with tarfile.open(archives[0]) as tar:
        for member in tar:
            at = member.name.find('gcc/testsuite/' + prefix)
            if at >= 0 and member.isfile():
                path = os.path.join(where, member.name[at + len('gcc/testsuite/' + prefix):])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'wb') as f:
                    f.write(tar.extractfile(member).read())


def dg_options(text, guest):
    options = ['-march=' + march for m in re.finditer(r'dg-add-options\s+(?:arm_)?(\w+)', text) if (march := FEATURES.get(m[1]))]
    for m in re.finditer(r'dg-(?:additional-)?options\s+\{?\s*"([^"]*)"(.*)', text):
        if 'target' not in m[2] or guest in m[2]:
            options += m[1].split()
    return options


def is_to_run(text, guest, default):
    """Whether dg-do and its like say so."""
    does = re.findall(r'dg-do\s+(?:"\s*)?(\w+)(.*)', text)
    if any(guest in m for m in re.findall(r'dg-skip-if(.*)', text)) or re.search(r'dg-require-effective-target\s+\w*(sve|sme|mte)', text):
        return False
    return any(what == 'run' and ('target' not in rest or guest in rest or 'lp64' in rest) for what, rest in does) if does else default


def compile_one(compiler, guest, source, opt, out):
    if os.path.exists(out) or os.path.exists(out + '.failed'):
        return os.path.exists(out)
    text = open(source, errors='replace').read()
    extra = dg_options(text, guest)
    if '/ieee/' in source:
        extra += ['-ffloat-store']
    new = '%s.%d' % (out, os.getpid())  # another test may make it at the same time
    command = [compiler, '-w', opt, '-static', '-o', new, source] + extra + ['-lm']
    if 'dg-additional-sources' in text:
        for m in re.finditer(r'dg-additional-sources\s+"([^"]*)"', text):
            command[6:6] = [os.path.join(os.path.dirname(source), s) for s in m[1].split()]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    if done.returncode:
        with open(out + '.failed', 'w') as f:
            f.write(done.stdout)
        return False
    os.rename(new, out)
    return True


def run_one(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, cwd='/tmp')
        return done.returncode, done.stdout[-300:]
    except subprocess.TimeoutExpired:
        return 'timeout', b''


def expected_failures():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ctorture.expect')
    rows = {}
    for line in open(path):
        if line.strip() and not line.startswith('#'):
            name, reason = line.split(None, 1)
            rows[name] = reason.strip()
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('--suite', default='execute', choices=SUITES)
    parser.add_argument('--opt', default='O0,O2', help='comma separated, without the dash')
    parser.add_argument('--engine', default='')
    parser.add_argument('--sample', type=int, default=0)
    parser.add_argument('--sample-engine', default='')
    parser.add_argument('--only', default='')
    parser.add_argument('--limit', type=int, default=0)
    parser.add_argument('--runner', default='', help='another program to run them, for comparison')
    args = parser.parse_args()
    args.lyre = os.path.abspath(args.lyre)
    guest = os.path.basename(args.lyre).removeprefix('lyre-')
    compiler = guest + '-linux-gnu-gcc'
    version = subprocess.check_output([compiler, '-dumpfullversion'], text=True).strip()
    prefix, folders, default = SUITES[args.suite]
    where = os.path.join(fetch.CACHE, 'ctorture', guest + '-' + version + ('' if args.suite == 'execute' else '-' + args.suite))
    unpack_sources(os.path.join(where, 'src'), prefix % guest if '%' in prefix else prefix)
    sources = sorted(s for f in folders for s in glob.glob(os.path.join(where, 'src', f, '*.c')))
    if args.suite != 'execute':
        sources = [s for s in sources if is_to_run(open(s, errors='replace').read(), guest, default)]
    if args.only:
        sources = [s for s in sources if re.search(args.only, s)]
    if args.limit:
        sources = sources[:args.limit]
    expect = expected_failures()
    jobs = []
    for opt in ['-' + o for o in args.opt.split(',')]:
        os.makedirs(os.path.join(where, 'bin' + opt), exist_ok=True)
        for s in sources:
            name = os.path.relpath(s, where + '/src')[:-2]
            jobs.append((name, opt, s, os.path.join(where, 'bin' + opt, name.replace('/', '-'))))
    engines = args.engine.split(',')
    step = max(1, len(jobs) // args.sample) if args.sample else 0
    sampled = set(jobs[::step]) if step else set()
    passed = failed = not_compiled = expected = 0
    unexpected_pass = set(expect)

    def work(job):
        name, opt, source, out = job
        if not compile_one(compiler, guest, source, opt, out):
            return job, None
        results = []
        for engine in engines + (args.sample_engine.split(',') if job in sampled else []):
            command = [args.runner] if args.runner else [args.lyre] + WAYS[engine]
            results.append((engine, run_one(command + [out])))
        return job, results

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for job, results in pool.map(work, jobs):
            name, opt = job[0], job[1]
            if results is None:
                not_compiled += 1
                continue
            for engine, (status, output) in results:
                if status == 0:
                    passed += 1
                elif name in expect or name + opt in expect:
                    expected += 1
                    unexpected_pass.discard(name if name in expect else name + opt)
                else:
                    failed += 1
                    print('not ok %s %s %s: status %s %s' % (name, opt, engine, status, output.decode(errors='replace').strip()[-200:]), flush=True)
    print('# %d programs run, %d expected failures, %d do not compile for this target' % (passed + failed + expected, expected, not_compiled))
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
