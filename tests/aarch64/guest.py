# SPDX-License-Identifier: MIT
"""AArch64 for the scripts of tests/isa, which import this as `guest`."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'isa'))
NAME, ARCH = 'aarch64', 'aarch64'  # of the folders; of the toolchain and QEMU
ROWS = ['a64_dp', 'a64_sys', 'a64_ldst', 'a64_atomic', 'a64_mops', 'a64_simd', 'a64_struct', 'a64_fp', 'a64_vfp', 'a64_crypto', 'a64_pauth']
ORACLE_CPU = 'max,pauth=off,sve=off,sme=off'
NOPS = {4: b'\x1f\x20\x03\xd5'}  # by size
