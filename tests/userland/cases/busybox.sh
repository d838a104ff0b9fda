#!/usr/bin/busybox sh
# SPDX-License-Identifier: MIT
#: packages: busybox
#: small: yes
# The applets of one static-free binary, each a process of its own.
busybox=/usr/bin/busybox
$busybox echo one two | $busybox sed 's/two/three/' | $busybox tr a-z A-Z
$busybox seq 1 200 | $busybox sort -r | $busybox head -5 | $busybox wc
$busybox printf 'b 2\na 1\nc 3\n' | $busybox sort | $busybox awk '{ s += $2 } END { print s, NR }'
$busybox mkdir -p d/e && $busybox touch d/f d/e/g && $busybox find d | $busybox sort
$busybox dd if=/dev/zero bs=1k count=64 2>/dev/null | $busybox md5sum
$busybox seq 1 5000 | $busybox gzip | $busybox gunzip | $busybox sha256sum
$busybox tar cf - d | $busybox tar tvf - | $busybox awk '{ print $1, $6 }'
$busybox expr 6 \* 7
$busybox test -d nowhere; echo "status $?"
$busybox sh -c 'for i in 1 2 3; do (exit $i); echo $?; done; trap "echo bye" EXIT; kill -TERM $$' ; echo "status $?"
x=0; while [ $x -lt 3000 ]; do x=$((x + 1)); done; echo $x
exit 3
