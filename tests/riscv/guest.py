# SPDX-License-Identifier: MIT
"""RISC-V for the scripts of tests/isa, which import this as `guest`."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'isa'))
NAME, ARCH = 'riscv', 'riscv64'  # of the folders; of the toolchain and QEMU
ROWS = ['rv_i', 'rv_a', 'rv_c', 'rv_b', 'rv_fd', 'rv_zfh', 'rv_zfa']
ORACLE_CPU = 'max'
NOPS = {2: b'\x01\0', 4: b'\x13\0\0\0'}  # by size
