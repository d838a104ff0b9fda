#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that are no programs, or damaged ones, as program: a clear message and exit status, never a crash of the emulator.

    bad_input.py LYRE [RUNS [SEED]]

RUNS mutated ELF files are run at the end, and those that the fuzzer of the loader has kept (tests/fuzz). Prints TAP.
"""
import glob
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest_tap  # noqa: E402

X86_64 = 62


class Guest:
    """Machine number, the other guest, the 32-bit relative, and instructions."""

    def __init__(self, name, machine, other, small, nop, exit_0, endless_push):
        self.name, self.machine, self.other, self.small = name, machine, other, small
        self.nop, self.exit_0, self.endless_push = (struct.pack('<%dI' % len(code), *code) for code in (nop, exit_0, endless_push))


GUESTS = {
    # nop; li a7, 93; li a0, 0; ecall; addi sp, sp, -32; sd ra, 0(sp); j .-8
    'riscv64': Guest('riscv64', 243, ('aarch64', 183), ('riscv32', 243), [0x13], [0x05D00893, 0x513, 0x73], [0xFE010113, 0x00113023, 0xFF9FF06F]),
    # nop; mov x8, #93; mov x0, #0; svc #0; stp x29, x30, [sp, #-32]!; b .-4
    'aarch64': Guest('aarch64', 183, ('riscv64', 243), ('arm', 40), [0xD503201F], [0xD2800BA8, 0xD2800000, 0xD4000001], [0xA9BE7BFD, 0x17FFFFFF]),
}
GUEST = GUESTS[guest_tap.guest_of(sys.argv[1])]
PT_LOAD, PT_INTERP, PT_NOTE, PT_GNU_STACK = 1, 3, 4, 0x6474E551
BASE = 0x10000

count = 0
failed = 0


def ehdr(e_type=2, machine=GUEST.machine, entry=BASE + 0x1000, phoff=64, phentsize=56, phnum=1, ident=b'\x7fELF\x02\x01\x01\x00', version=1):
    return ident.ljust(16, b'\0') + struct.pack('<HHIQQQIHHHHHH', e_type, machine, version, entry, phoff, 0, 0, 64, phentsize, phnum, 0, 0, 0)


def phdr(p_type=PT_LOAD, flags=5, offset=0, vaddr=BASE, filesz=0x2000, memsz=None, align=0x1000):
    return struct.pack('<IIQQQQQQ', p_type, flags, offset, vaddr, vaddr, filesz, filesz if memsz is None else memsz, align)


def elf(headers=None, code=GUEST.exit_0, size=0x2000, extra=b'', **fields):
    headers = [phdr()] if headers is None else headers
    fields.setdefault('phnum', len(headers))
    head = (ehdr(**fields) + b''.join(headers)).ljust(0x400, b'\0') + extra
    return (head.ljust(0x1000, b'\0') + code).ljust(size, b'\0')[:size]


def note(name, desc=b'\1\0\0\0', kind=1):
    name = name + b'\0'
    pad = lambda b: b + b'\0' * (-len(b) % 4)
    return struct.pack('<III', len(name), len(desc), kind) + pad(name) + pad(desc)


def branded(name):
    data = note(name)
    return elf([phdr(), phdr(PT_NOTE, 4, 0x400, BASE + 0x400, len(data))], extra=data)


def interp(path):
    return elf([phdr(PT_INTERP, 4, 0x400, BASE + 0x400, len(path)), phdr()], extra=path)


def report(is_ok, name, *why):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name))
    if not is_ok:
        for w in why:
            print('# %s' % (w,))


def run(lyre, *args, **kw):
    return subprocess.run([lyre, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, text=True,
                          errors='replace', **kw)


def write(path, data, mode=0o755):
    with open(path, 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)
    return path


# name, contents, status, words of the message (None: no message, the program runs)
FILES = [
    ('a good program', elf(), 0, None),
    ('empty file', b'', 126, 'empty file'),
    ('one byte', b'\x7f', 126, 'not an ELF file'),
    ('text', 'hello\n', 126, 'not an ELF file'),
    ('header of 5 bytes', elf()[:5], 126, 'truncated ELF header'),
    ('header of 40 bytes', elf()[:40], 126, 'truncated ELF header'),
    ('header of 63 bytes', elf()[:63], 126, 'truncated ELF header'),
    ('header alone', elf()[:64], 126, 'truncated'),
    ('half of the program headers', elf()[:90], 126, 'truncated'),
    ('segment beyond the end', elf(size=0x1800), 126, 'truncated'),
    ('class 3', elf(ident=b'\x7fELF\x03\x01\x01\x00'), 126, 'class or byte order'),
    ('byte order 0', elf(ident=b'\x7fELF\x02\x00\x01\x00'), 126, 'class or byte order'),
    ('version 2', elf(ident=b'\x7fELF\x02\x01\x02\x00'), 126, 'version'),
    ('e_version 7', elf(version=7), 126, 'version'),
    ('32-bit', ehdr(machine=GUEST.small[1], ident=b'\x7fELF\x01\x01\x01\x00'), 126, GUEST.small[0]),
    ('big-endian', elf(ident=b'\x7fELF\x02\x02\x01\x00'), 126, 'version'),
    (GUEST.other[0], elf(machine=GUEST.other[1]), 126, 'program for ' + GUEST.other[0]),
    ('x86_64', elf(machine=X86_64), 126, 'program for x86_64'),
    ('unknown machine', elf(machine=0x7777), 126, 'unknown architecture'),
    ('object file', elf(e_type=1), 126, 'object file'),
    ('core dump', elf(e_type=4), 126, 'core dump'),
    ('type 99', elf(e_type=99), 126, 'unknown type'),
    ('FreeBSD by OSABI', elf(ident=b'\x7fELF\x02\x01\x01\x09'), 126, 'FreeBSD'),
    ('NetBSD by OSABI', elf(ident=b'\x7fELF\x02\x01\x01\x02'), 126, 'NetBSD'),
    ('OpenBSD by OSABI', elf(ident=b'\x7fELF\x02\x01\x01\x0c'), 126, 'OpenBSD'),
    ('Solaris by OSABI', elf(ident=b'\x7fELF\x02\x01\x01\x06'), 126, 'another operating system'),
    ('GNU OSABI', elf(ident=b'\x7fELF\x02\x01\x01\x03'), 0, None),
    ('FreeBSD by note', branded(b'FreeBSD'), 126, 'FreeBSD'),
    ('NetBSD by note', branded(b'NetBSD'), 126, 'NetBSD'),
    ('OpenBSD by note', branded(b'OpenBSD'), 126, 'OpenBSD'),
    ('GNU note', branded(b'GNU'), 0, None),
    ('note with huge sizes', elf([phdr(), phdr(PT_NOTE, 4, 0x400, BASE, 0x100)], extra=struct.pack('<III', 0xFFFFFFFF, 0xFFFFFFFF, 1)), 0, None),
    ('note beyond the end', elf([phdr(), phdr(PT_NOTE, 4, 1 << 62, BASE, 1 << 62)]), 0, None),
    ('no program headers', elf(phnum=0), 126, 'without program headers'),
    ('65535 program headers', elf(phnum=65535), 126, 'number or size'),
    ('size of program headers', elf(phentsize=32), 126, 'number or size'),
    ('program headers at the end of 64 bits', elf(phoff=(1 << 64) - 8), 126, 'beyond the end'),
    ('no loadable segment', elf([phdr(PT_GNU_STACK)]), 126, 'without a loadable segment'),
    ('file larger than memory', elf([phdr(memsz=0x100)]), 126, 'larger in the file'),
    ('offset wraps', elf([phdr(offset=(1 << 64) - 0x1000, vaddr=0)]), 126, 'truncated'),
    ('address wraps', elf([phdr(vaddr=(1 << 64) - 0x1000)]), 126, 'beyond the address space'),
    ('size wraps', elf([phdr(memsz=(1 << 64) - 0x1000)]), 126, 'beyond the address space'),
    ('address above 47 bits', elf([phdr(vaddr=1 << 47)]), 126, 'beyond the address space'),
    ('64 TiB of data', elf([phdr(flags=7, memsz=1 << 46)]), 126, 'memory'),
    ('address and offset differ within a page', elf([phdr(offset=0x10, filesz=0x1000)]), 126, 'page size'),
    ('address 0', elf([phdr(vaddr=0)], entry=0x1000), *((126, 'mmap_min_addr') if os.geteuid() else (0, None))),
    ('odd alignment', elf([phdr(align=12345)]), 0, None),
    ('huge alignment', elf([phdr(align=1 << 63)], e_type=3), 0, None),
    ('segments that overlap', elf([phdr(), phdr(flags=6, vaddr=BASE + 0x800, offset=0x800, filesz=0x200), phdr()]), 0, None),
    ('segments in falling order', elf([phdr(flags=6, vaddr=BASE + 0x10000, filesz=0x10, memsz=0x5000), phdr()]), 0, None),
    ('memory after the file', elf([phdr(flags=7, memsz=0x100000)]), 0, None),
    ('only memory, in the same page', elf([phdr(), phdr(flags=6, vaddr=BASE + 0x1800, filesz=0, memsz=0x4000)]), 0, None),
    ('position independent', elf([phdr(vaddr=0)], e_type=3, entry=0x1000), 0, None),
    ('interpreter that does not exist', interp(b'/nonexistent/ld.so\0'), 127, 'interpreter'),
    ('interpreter without its end', interp(b'/lib/ld.so'), 126, 'interpreter'),
    ('interpreter of no length', interp(b''), 126, 'interpreter'),
    ('interpreter that is a directory', interp(b'/\0'), 126, 'interpreter'),
    ('interpreter for the host', interp(b'/bin/true\0'), 126, 'another architecture'),
    ('entry outside', elf(entry=0x7777000), -11, 'uncaught target signal 11 (Segmentation fault) - core dumped'),
    ('entry above 47 bits', elf(entry=(1 << 64) - 2), -11, 'uncaught target signal 11'),
    ('undefined instruction', elf(code=b'\0\0\0\0'), -4, 'uncaught target signal 4 (Illegal instruction)'),
    ('code that ends with the file', elf(code=GUEST.nop * 0x400), -11, 'uncaught target signal 11'),
    ('stack overflow', elf(code=GUEST.endless_push), -11, 'uncaught target signal 11'),
    ('script without an interpreter', '#!\n', 126, 'interpreter'),
    ('script of blanks', '#!   \t \n', 126, 'interpreter'),
    ('script with an unknown interpreter', '#!/nonexistent/sh\n', 127, 'interpreter'),
    ('script whose interpreter is a directory', '#!/\n', 126, 'directory'),
    ('script whose interpreter is for the host', '#!/bin/true\n', 126, 'program for'),
    ('script with a line of 1000 bytes', '#!/' + 'x' * 1000 + '\n', 126, 'interpreter'),
]


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.choice([rng.randrange(64), rng.randrange(64, 64 + 56 * 3)])
        kind = rng.randrange(4)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        else:
            value = rng.choice([0, 1, 0xFF, 0x1000, 0xFFF, 1 << 31, (1 << 32) - 1, 1 << 46, 1 << 47, 1 << 63, (1 << 64) - 1, rng.getrandbits(64)])
            at &= ~7
            data[at:at + 8] = struct.pack('<Q', value)
    return bytes(data[:rng.choice([len(data)] * 8 + [rng.randrange(len(data))])])


def made_ours(data):
    """With the start of a header that is fit to be loaded."""
    return data if len(data) < 64 else ehdr()[:24] + data[24:]


def run_all(lyre, path, name, files):
    bad = None
    for i, data in enumerate(files):
        try:
            done = run(lyre, write(path, data))
            if 'internal' in done.stderr or (done.returncode < 0 and 'uncaught target signal' not in done.stderr):
                bad = (i, done)
        except subprocess.TimeoutExpired:
            bad = (i, 'timed out')
        if bad:
            shutil.copy(path, '/tmp/lyre-bad-input')
            break
    report(not bad, name, bad, 'the file is /tmp/lyre-bad-input')


def main():
    lyre = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    folder = tempfile.mkdtemp(prefix='lyre-bad-')
    try:
        path = os.path.join(folder, 'program')
        for name, data, status, words in FILES:
            write(path, data)
            done = run(lyre, path)
            is_ok = done.returncode == status and (words in done.stderr if words else done.stderr == '') and 'internal' not in done.stderr
            report(is_ok, name, 'status %d, message %r' % (done.returncode, done.stderr))
        directory = run(lyre, folder)
        report(directory.returncode == 126 and 'is a directory' in directory.stderr, 'directory', directory)
        report(run(lyre, '/dev/null').returncode == 126, 'device')
        missing = run(lyre, folder + '/missing')
        report(missing.returncode == 127 and 'No such file' in missing.stderr, 'missing', missing)
        mode = run(lyre, write(path, elf(), 0o644))
        report(mode.returncode == 126 and 'not executable' in mode.stderr, 'not executable', mode)
        if os.geteuid():
            report(run(lyre, write(path, elf(), 0o311)).returncode == 126, 'unreadable')
        else:
            print('ok %d - unreadable # SKIP root reads everything' % (count + 1))
            globals()['count'] += 1
        loop = write(os.path.join(folder, 'loop'), '#!%s/loop\n' % folder)
        done = run(lyre, loop)
        report(done.returncode == 126 and 'too often' in done.stderr, 'script that is its own interpreter', done)
        write(path, elf())
        chain = path
        for i in range(4):
            chain = write(os.path.join(folder, 'script%d' % i), '#! %s  arg%d  \n' % (chain, i))
        report(run(lyre, chain).returncode == 0, 'script of script of script of script', run(lyre, chain))
        for limit in (20000, 60000, 200000):
            done = subprocess.run(['sh', '-c', 'ulimit -v %d; exec "$0" "$1"' % limit, lyre, path], stderr=subprocess.PIPE, text=True)
            report(done.returncode == 0 or (done.returncode > 0 and done.stderr.startswith('lyre: ')), 'ulimit -v %d' % limit, done)
        rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
        seeds = [elf([phdr(), phdr(flags=6, vaddr=BASE + 0x10000, filesz=0x100, memsz=0x5000), phdr(PT_GNU_STACK, 6)]),
                 elf([phdr(vaddr=0)], e_type=3, entry=0x1000), interp(b'/bin/true\0'), branded(b'GNU')]
        run_all(lyre, path, '%d mutated files' % runs, (mutate(rng, rng.choice(seeds)) for _ in range(runs)))
        kept = sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fuzz', 'corpus', 'elf', '*')))
        run_all(lyre, path, '%d files of the corpus' % len(kept), (open(f, 'rb').read() for f in kept))
        run_all(lyre, path, 'the same, made into %s programs' % GUEST.name, (made_ours(open(f, 'rb').read()) for f in kept))
    finally:
        shutil.rmtree(folder)
    print('1..%d' % count)
    sys.exit(1 if failed else 0)


main()
