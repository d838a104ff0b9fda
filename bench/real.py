# SPDX-License-Identifier: MIT
"""Real programs for run.py: those of Debian's packages for the guest under an emulator against those of its amd64 packages, each in a root of its release
(tests/userland/enter.py enters them). What they run is in bench/real; CPU time includes the emulator's own start."""
import functools
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tools'))
import fetch  # noqa: E402
import root   # noqa: E402

PACKAGES = ['bash', 'coreutils', 'gawk', 'gcc', 'git', 'libc6-dev', 'libstb-dev', 'nodejs', 'openssl', 'perl', 'python3', 'sqlite3']
FILES = os.path.join(TOP, 'bench', 'real')
ENTER = os.path.join(TOP, 'tests', 'userland', 'enter.py')
REPOSITORY = os.path.join(TOP, 'build', 'bench', 'repository')
# guest: suite, its name there, folder of its (and amd64's) compiler for TRIPLE
GUESTS = {'riscv64': ('trixie', 'riscv64', '/usr/libexec/gcc/TRIPLE/14'), 'aarch64': ('bookworm', 'arm64', '/usr/lib/gcc/TRIPLE/12')}
# what commands call TRIPLE and MACHINE
ARCHS = {'amd64': ('x86_64-linux-gnu', ''), 'riscv64': ('riscv64-linux-gnu', '-march=rv64gc -mabi=lp64d'), 'arm64': ('aarch64-linux-gnu', '-march=armv8-a')}
CC1 = 'COMPILER/cc1 -quiet -imultiarch TRIPLE MACHINE -O2 -o /dev/null /bench/'
GIT = '/usr/bin/git -c safe.directory=* --no-pager -C /repository '
# class: {name: command}
COMMANDS = {
    'real': {
        'python objects': '/usr/bin/python3 /bench/objects.py',
        'python numbers': '/usr/bin/python3 /bench/numbers.py',
        'bash': '/usr/bin/bash /bench/shell.sh',
        'perl': '/usr/bin/perl /bench/text.pl',
        'gawk': '/usr/bin/gawk -f /bench/fields.awk',
        'sqlite3': '/usr/bin/sqlite3 -init /bench/tables.sql :memory: .exit',
        'cc1': CC1 + 'compile.c',
        'git log': GIT + 'log -p --stat --format=%H',
        'node': '/usr/bin/node /bench/script.js',
    },
    'starts': {
        'python3 pass': '/usr/bin/python3 -c pass',
        'bash :': '/usr/bin/bash -c :',
        'cc1 hello.c': CC1 + 'hello.c',
    },
}
# Cryptography that has instructions of its own on both: openssl speed, of which the times are those of one operation. Native `limited` has AES-NI, PCLMUL,
# SSSE3, BMI and ADX, but neither AVX (nor FMA, XOP, OSXSAVE) nor SHA: words of CPUID 1 EDX:ECX, then 7 EBX:ECX, of which `~` takes bits away (OPENSSL_ia32cap(3)).
CRYPTO_GUESTS = ('aarch64',)
CRYPTO = {'sha256': '-evp sha256 -bytes 16384', 'aes-128-gcm': '-evp aes-128-gcm -bytes 16384', 'chacha20-poly1305': '-evp chacha20-poly1305 -bytes 16384',
          'rsa2048 sign': 'rsa2048', 'rsa2048 verify': 'rsa2048'}
CRYPTO_CLASSES = {'openssl': 'OPENSSL_ia32cap=~0x1800180000000000:~0xfffffffffc230020', 'openssl, unlimited': None}


def repository():
    """800 commits to 20 files, always the same."""
    if os.path.exists(REPOSITORY):
        return REPOSITORY
    stream, texts, x = [], {}, 1
    for n in range(800):
        x = (x * 1103515245 + 12345) & 0x7fffffff
        lines = texts.setdefault(x % 20, ['line %d of %d' % (i, x % 20) for i in range(300)])
        for _ in range(1 + n % 9):
            x = (x * 1103515245 + 12345) & 0x7fffffff
            lines[(x >> 8) % len(lines)] = 'changed by %d to %d' % (n, x)
        if n % 3 == 0:
            lines.insert((x >> 4) % len(lines), 'added by %d' % n)
        text = '\n'.join(lines) + '\n'
        stream.append('commit refs/heads/main\ncommitter a <a@b> %d +0000\ndata 8\nchange %d\nM 644 inline file%d.c\ndata %d\n%s\n' % (
            1600000000 + n * 60, n % 10, x % 20, len(text), text))
    subprocess.run(['git', 'init', '-q', '-b', 'main', REPOSITORY], check=True)
    subprocess.run(['git', 'fast-import', '--quiet'], cwd=REPOSITORY, input=''.join(stream).encode(), check=True)
    return REPOSITORY


@functools.cache
def root_of(suite, arch):
    """The userland tests use the same ones."""
    return root.make(root.named('userland', suite, arch), suite, arch, PACKAGES)


def run(command, guest, emulator, options, error):
    """(CPU seconds, standard output) of one run; natively without an emulator."""
    suite, arch, compiler = GUESTS[guest]
    arch = arch if emulator else 'amd64'
    triple, machine = ARCHS[arch]
    words = command.replace('COMPILER', compiler).replace('TRIPLE', triple).replace('MACHINE', machine).split()
    spec = {'root': root_of(suite, arch), 'way': 'chroot' if emulator else 'native', 'emulator': emulator, 'options': options, 'files': {},
            'folders': {'/bench': FILES, '/repository': repository()}, 'command': words}
    read, write = os.pipe()
    done = subprocess.run(['sh', '-c', 'exec "$0" "$@" 3>&%d' % write, sys.executable, ENTER, json.dumps(spec)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[write])
    os.close(write)
    with os.fdopen(read) as f:
        status, seconds = f.read().split() or (None, 0)
    if status != '0':
        raise error('%s: status %s\n%s' % (command, status, done.stderr.decode(errors='replace')))
    return float(seconds), done.stdout


def run_crypto(name, environment, guest, emulator, options, error):
    """(CPU seconds of ten thousand operations or times 16 KiB, nothing), from a second of openssl speed."""
    limit = '/usr/bin/env %s ' % environment if environment and not emulator else ''
    _, out = run(limit + '/usr/bin/openssl speed -mr -seconds 1 ' + CRYPTO[name], guest, emulator, options, error)
    fields = out.decode().strip().splitlines()[-1].split(':')  # +F:ID:NAME:BYTES PER SECOND or +F2:ID:BITS:SIGNATURES:VERIFICATIONS
    rate = float(fields[4 if 'verify' in name else 3])
    return (16384 if 'rsa' not in name else 1) / rate * 1e4, b''


def programs(lyre, qemu, guest, error):
    """[(class, name, [a function that runs it natively, under Lyre, under QEMU])]; `error` is raised when a run fails."""
    ways = [(None, []), (os.path.abspath(lyre[0]), lyre[1:]), (qemu, [])]
    return [(cls, name, [lambda c=command, w=way: run(c, guest, *w, error) for way in ways])
            for cls, of_class in COMMANDS.items() for name, command in of_class.items()] + [
            (cls, name, [lambda n=name, e=environment, w=way: run_crypto(n, e, guest, *w, error) for way in ways])
            for cls, environment in CRYPTO_CLASSES.items() for name in CRYPTO if guest in CRYPTO_GUESTS]
