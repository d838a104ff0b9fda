#!/bin/sh
# SPDX-License-Identifier: MIT
#: root: foreign
#: needs: root
#: ways: chroot
#: timeout: 1500
#: mask: amd64|riscv64|arm64 => ARCH (the architecture)
#: mask: (\+b[0-9]+)+ =>  (rebuilds of one architecture)
#: mask: ^libseccomp2 .* =>  (a dependency on one architecture)
# debootstrap's second stage: dpkg, its maintainer scripts, perl, ldconfig; then the system that came of it.
/debootstrap/debootstrap --second-stage > log 2>&1 || { tail -20 log /debootstrap/debootstrap.log; exit 1; }
tail -1 log
dpkg -l > list; grep -q "^ii  apt " list; echo "dpkg -l $?"
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n'
dpkg --audit
apt-get --version | head -1
apt-cache policy | head -2
md5sum < /etc/passwd; ls -l /etc/alternatives | tr -s ' ' | cut -d ' ' -f 9-
