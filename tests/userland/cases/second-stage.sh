#!/bin/sh
#: root: foreign
#: needs: root
#: ways: chroot
#: timeout: 900
# debootstrap's second stage: dpkg, its maintainer scripts, perl, ldconfig; then the system that came of it.
/debootstrap/debootstrap --second-stage > log 2>&1 || { tail -20 log /debootstrap/debootstrap.log; exit 1; }
tail -1 log
dpkg -l
dpkg --audit
apt-get --version | head -1
apt-cache policy | head -2
