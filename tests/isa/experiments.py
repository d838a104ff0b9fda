# SPDX-License-Identifier: MIT
"""Experiments (state.h) in Python: packing, running under the oracle or an engine of Lyre, unpacking; values at boundaries."""
import copy
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import guest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, 'tools'))
import fetch  # noqa: E402

CODE_BASE, DATA_BASE = 0x50000000, 0x40000000
DATA_WINDOW = DATA_BASE + 4096 - 128
DATA_UNMAPPED, DATA_READ_ONLY = DATA_BASE + 0x2000, DATA_BASE + 0x3000
CODE_SIZE, MEM_SIZE = 256, 256
MASK = (1 << 64) - 1
ORACLE = range(0x70000000, 0x71000000)  # where the oracle has its own program, and we have nothing
HOST = range(0x7ff000000000, 0x7ffffffff000)  # without address randomisation an emulator's own memory lies there, up to the end of the host's addresses
SIGILL, SIGTRAP, SIGBUS, SIGSEGV = 4, 5, 7, 11

with open(os.path.join(guest.HERE, 'guest.def'), encoding='utf-8') as _f:
    _text = _f.read()
BREAK = int(re.search(r'^BREAK\((\w+)\)', _text, re.M)[1], 16).to_bytes(4, 'little')
REGS = [(name, int(count), int(words)) for name, count, words in re.findall(r'^REG\((\w+), (\d+), (\d+)\)', _text, re.M)]
NAMES = [name if count == 1 else f'{name}{i}' for name, count, _ in REGS for i in range(count)]
WIDTHS = [words * 8 for _, count, words in REGS for _ in range(count)]
ENDS = ['pc', 'sig', 'code', 'addr']


class Experiment:
    """code, mem: bytes; regs: name -> integer; those that are not named are 0."""
    def __init__(self, code, regs, mem=bytes(MEM_SIZE)):
        self.code, self.regs, self.mem = code, dict.fromkeys(NAMES, 0) | regs, mem

    def with_code(self, code):
        other = copy.copy(self)
        other.code = code
        return other

    def pack(self):
        assert len(self.code) < CODE_SIZE and len(self.regs) == len(NAMES), self.regs.keys()
        code = self.code + (BREAK * (CODE_SIZE // 4))[len(self.code) % 4:][:CODE_SIZE - len(self.code)]
        return code + b''.join(self.regs[n].to_bytes(w, 'little') for n, w in zip(NAMES, WIDTHS)) + self.mem


class Outcome:
    """regs: name -> integer, those of ENDS too."""
    SIZE = sum(WIDTHS) + 8 * len(ENDS) + MEM_SIZE

    def __init__(self, data):
        words = iter(struct.unpack_from(f'<{(self.SIZE - MEM_SIZE) // 8}Q', data))
        self.regs = {n: next(words) | (next(words) << 64 if w == 16 else 0) for n, w in zip(NAMES + ENDS, WIDTHS + [8] * len(ENDS))}
        self.mem = data[-MEM_SIZE:]

    def differences(self, other):
        """Names that differ, with both values."""
        out = [f'{n}={self.regs[n]:#x}/{other.regs[n]:#x}' for n in self.regs if self.regs[n] != other.regs[n]]
        for i in range(0, MEM_SIZE, 8):
            a, b = self.mem[i:i + 8], other.mem[i:i + 8]
            if a != b:
                out.append(f'm+{i}={a.hex()}/{b.hex()}')
        return out


def numbered(name, values):
    """name0, name1, ... -> values"""
    return {f'{name}{i}': v for i, v in enumerate(values)}


def run(command, experiments, stride=CODE_SIZE):
    """Runs them by `command IN OUT` and returns Outcomes."""
    with tempfile.TemporaryDirectory() as d:
        src, dst = os.path.join(d, 'in'), os.path.join(d, 'out')
        with open(src, 'wb') as f:
            f.write(struct.pack('<2I', len(experiments), stride))
            for e in experiments:
                f.write(e.pack())
        done = subprocess.run(command + [src, dst], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f'{command}: {done.returncode}: {done.stderr[-2000:]}')
        with open(dst, 'rb') as f:
            data = f.read()
    return [Outcome(data[i:i + Outcome.SIZE]) for i in range(0, len(data), Outcome.SIZE)]


def qemu():
    """The oracle's QEMU, or None."""
    try:
        return os.environ.get('LYRE_ORACLE') or fetch.qemu(guest.ARCH)
    except SystemExit:
        return shutil.which('qemu-' + guest.ARCH)


def build_oracle(folder):
    """The command that runs the oracle program, compiled once into folder; None where compiler or QEMU are missing."""
    cc, emulator = shutil.which(guest.ARCH + '-linux-gnu-gcc'), qemu()
    if not cc or not emulator:
        return None
    path, src = os.path.join(folder, guest.NAME + '_oracle'), os.path.join(HERE, 'oracle.c')
    sources = [src, os.path.join(HERE, 'state.h')] + [os.path.join(guest.HERE, n) for n in ('frame.h', 'guest.def')]
    if not os.path.exists(path) or os.path.getmtime(path) < max(map(os.path.getmtime, sources)):
        new = '%s.%d' % (path, os.getpid())  # another test may make it at the same time
        subprocess.run([cc, '-O2', '-static', '-I', guest.HERE, '-Wl,-Ttext-segment=%#x' % ORACLE.start, '-o', new, src], check=True)
        os.rename(new, path)
    return [emulator, '-cpu', os.environ.get('LYRE_ORACLE_CPU', guest.ORACLE_CPU), path]


# ---- values at boundaries

INTEGERS = [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
            0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, MASK, MASK - 1, 0xffffffff80000000, 0xffffffff7fffffff,
            0x0123456789abcdef, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 31, 32, 33, 63, 64, 0xff00ff0000ff00ff]


def floats(exp_bits, frac_bits):
    """Bits of the interesting values of a format."""
    e, f = (1 << exp_bits) - 1, frac_bits
    bias = e >> 1
    one = bias << f
    pos = [0, 1, (1 << f) - 1, 1 << f, (1 << f) + 1, ((e - 1) << f) | ((1 << f) - 1), e << f,        # 0 denormals normals max inf
           one, one + 1, one - 1, one | 1 << (f - 1), (bias + 1) << f, (bias - 1) << f, (bias - 2) << f,  # 1 1+ 1- 1.5 2 .5 .25
           (bias + f) << f | 1, (bias + f - 1) << f | 1, (bias + f + 1) << f]
    for n in (31, 32, 63, 64, 15):  # around the integers' ends
        if n < e - bias:
            top = (bias + n) << f
            pos += [top, top - 1, top + 1]
    pos += [(bias + 1) << f | 1 << (f - 2), (bias + 1) << f | 3 << (f - 2)]  # 2.5, 3.5
    out = pos + [v | 1 << (exp_bits + f) for v in pos]
    nan = [e << f | 1 << (f - 1), e << f | 1, e << f | 1 << (f - 1) | 5, e << f | 1 << (f - 2)]  # quiet, signalling, payloads
    return list(dict.fromkeys(out + nan + [v | 1 << (exp_bits + f) for v in nan]))


FORMATS = {'h': (5, 10), 's': (8, 23), 'd': (11, 52)}  # bits of exponent and fraction
FLOATS = {name: floats(*bits) for name, bits in FORMATS.items()}
