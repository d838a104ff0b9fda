# SPDX-License-Identifier: MIT
"""Experiments (state.h) in Python: packing, running under the oracle or an engine of Lyre, unpacking; pools of operand values."""
import copy
import os
import shutil
import struct
import subprocess
import tempfile

CODE_BASE, DATA_BASE = 0x50000000, 0x40000000
DATA_WINDOW = DATA_BASE + 4096 - 128
DATA_UNMAPPED, DATA_READ_ONLY = DATA_BASE + 0x2000, DATA_BASE + 0x3000
C_EBREAK = b'\x02\x90'
CODE_SIZE = 256
MASK = (1 << 64) - 1
SIGILL, SIGTRAP, SIGBUS, SIGSEGV = 4, 5, 7, 11
OUTCOME = struct.Struct('<32Q32Q5Q32Q')
NAMES = [f'x{i}' for i in range(32)] + [f'f{i}' for i in range(32)] + ['fcsr', 'pc', 'sig', 'code', 'addr']
HERE = os.path.dirname(os.path.abspath(__file__))
QEMU = os.environ.get('LYRE_ORACLE') or next((p for p in (
    os.path.expanduser('~/.cache/lyre/qemu/usr/bin/qemu-riscv64'), shutil.which('qemu-riscv64') or '') if p and os.path.exists(p)), None)


class Experiment:
    def __init__(self, code, x=None, f=None, fcsr=0, mem=None):
        self.code = code            # bytes
        self.x = x or [0] * 32
        self.f = f or [0] * 32
        self.fcsr = fcsr
        self.mem = mem or bytes(256)

    def with_code(self, code):
        other = copy.copy(self)
        other.code = code
        return other

    def pack(self):
        assert len(self.code) < CODE_SIZE
        code = self.code + C_EBREAK * ((CODE_SIZE - len(self.code)) // 2)
        return code + struct.pack('<65Q', *self.x, *self.f, self.fcsr) + self.mem


class Outcome:
    def __init__(self, data):
        v = OUTCOME.unpack(data)
        self.regs = dict(zip(NAMES, v))
        self.mem = data[69 * 8:]

    def differences(self, other):
        """Names that differ, with both values."""
        out = [f'{n}={self.regs[n]:#x}/{other.regs[n]:#x}' for n in NAMES if self.regs[n] != other.regs[n]]
        for i in range(0, 256, 8):
            a, b = self.mem[i:i + 8], other.mem[i:i + 8]
            if a != b:
                out.append(f'm+{i}={a.hex()}/{b.hex()}')
        return out


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
    return [Outcome(data[i:i + OUTCOME.size]) for i in range(0, len(data), OUTCOME.size)]


def build_oracle(folder):
    """The oracle program, compiled once into folder; None where compiler or QEMU are missing."""
    cc = shutil.which('riscv64-linux-gnu-gcc')
    if not cc or not QEMU:
        return None
    path, src = os.path.join(folder, 'riscv_oracle'), os.path.join(HERE, 'oracle.c')
    newest = max(os.path.getmtime(src), os.path.getmtime(os.path.join(HERE, 'state.h')))
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        subprocess.run([cc, '-O2', '-static', '-Wl,-Ttext-segment=0x70000000', '-o', path, src], check=True)
    return [QEMU, '-cpu', os.environ.get('LYRE_ORACLE_CPU', 'max'), path]


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


FLOATS = {'h': floats(5, 10), 's': floats(8, 23), 'd': floats(11, 52)}
BOX = {'h': MASK ^ 0xffff, 's': MASK ^ 0xffffffff, 'd': 0}
NOT_BOXED = [0x3f800000, 0x7fffffff3f800000, 0xfffffffe3f800000, 0xffff00003f803c00, 0xfffffffffffe3c00, 0x3c00]
