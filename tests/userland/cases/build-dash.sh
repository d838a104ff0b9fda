#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: gcc libc6-dev make binutils sed grep gawk coreutils findutils dash diffutils
#: source: dash
#: timeout: 900
#: mask: (x86_64|riscv64|aarch64)-(pc|unknown)-linux-gnu => TARGET (the architecture)
#: mask: ^checking how to run the C preprocessor.* => CPP (the compiler's name)
# configure, make and install of a real package; what it made then runs.
cp -a /source src && cd src || exit 1
./configure --prefix=/usr > log 2>&1; echo "configure $?"; grep -v 'for file descriptors' log
make -j2 > log 2>&1 || tail -5 log
make install DESTDIR="$PWD/out" > log 2>&1; echo "install $?"; find out -type f -printf '%P %m\n' | sort
out/usr/bin/dash -c 'i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; echo "made: $i"; exit 4'
