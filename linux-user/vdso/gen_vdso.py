#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Assembles and links the vDSO of a guest and writes it as a C array with the offsets of some of its symbols.

    gen_vdso.py AS LD NM SOURCE SCRIPT OUT.c OUT.h SYMBOL...   (VDSO_<SYMBOL> in OUT.h; the image is vdso_image)
"""
import os
import subprocess
import sys
import tempfile


def build(assembler, linker, nm, source, script):
    """(bytes of the image, {symbol: address})"""
    with tempfile.TemporaryDirectory() as folder:
        obj, full, image = (os.path.join(folder, n) for n in ('vdso.o', 'vdso.full', 'vdso.so'))
        folder_of_sources = os.path.dirname(source)
        subprocess.run([assembler, '-I', folder_of_sources, '-o', obj, source], check=True)
        link = [linker, '-shared', '-soname=linux-vdso.so.1', '--hash-style=both', '--eh-frame-hdr', '--build-id=none', '-Bsymbolic',
                '-z', 'max-page-size=4096', '-z', 'noexecstack', '--no-undefined', '-L', folder_of_sources, '-T', script, obj, '-o']
        subprocess.run([*link, full], check=True)
        subprocess.run([*link, image, '--strip-all'], check=True)
        symbols = {}
        for line in subprocess.check_output([nm, full], text=True).splitlines():
            address, _, name = line.split()
            symbols[name] = int(address, 16)
        with open(image, 'rb') as f:
            return f.read(), symbols


def main():
    assembler, linker, nm, source, script, c_file, h_file, *wanted = sys.argv[1:]
    image, symbols = build(assembler, linker, nm, source, script)
    with open(h_file, 'w') as f:
        f.write('/* Made by gen_vdso.py. */\n#include <stdint.h>\n'
                f'enum {{ VDSO_SIZE = {len(image)} }};\nextern const uint8_t vdso_image[VDSO_SIZE];\n')
        f.writelines(f'enum {{ VDSO_{name} = {symbols[name]:#x} }};\n' for name in wanted)
    with open(c_file, 'w') as f:
        f.write(f'/* Made by gen_vdso.py. */\n#include "{os.path.basename(h_file)}"\nconst uint8_t vdso_image[VDSO_SIZE] = {{\n')
        f.writelines('    ' + ', '.join(map(str, image[i:i + 24])) + ',\n' for i in range(0, len(image), 24))
        f.write('};\n')


if __name__ == '__main__':
    main()
