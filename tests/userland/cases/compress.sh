#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: xz-utils zstd gzip bzip2 tar coreutils
# The programs are of one version in both roots, so compressed bytes are compared, too.
seq 1 60000 > numbers
for c in 'gzip -n' 'gzip -n9' 'gzip -n1' 'xz -2' 'xz -e6 -T1' 'bzip2' 'zstd -q -3' 'zstd -q -19 --single-thread' 'xz --format=lzma -1'; do $c < numbers > out; md5sum < out; done
for c in 'gzip gunzip' 'xz -T2 xz -d' 'bzip2 bunzip2' 'zstd -q -T2 zstd -q -d'; do set -- $c; case $c in xz*) xz -T2 -1 < numbers | xz -dc ;; zstd*) zstd -q -T2 < numbers | zstd -q -dc ;; *) $1 < numbers | $2 -c ;; esac | cmp - numbers && echo "$1 round"; done
tar czf a.tgz numbers; tar cJf a.txz numbers; tar --zstd -cf a.tzst numbers; for t in a.tgz a.txz a.tzst; do tar tf $t; done; gzip -t a.tgz; echo $?; xz --robot -l a.txz | head -1 | cut -f 1-2; printf 'broken' | gzip -d 2>&1; echo $?; head -c 1000 a.txz | xz -dc 2>&1 > /dev/null; echo $?; zcat a.tgz | wc -c
