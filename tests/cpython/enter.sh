#!/bin/bash
# SPDX-License-Identifier: MIT
# enter.sh ROOT SCRATCH RESULTS COMMAND...: runs COMMAND in a writable overlay of ROOT. Start it under
# `unshare --user --map-root-user --mount --pid --fork --net --ipc`; all that it mounts goes away with the namespace.
set -e
root=$1 scratch=$2 results=$3
shift 3
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work,userxattr" "$scratch/root"
cd "$scratch/root"
mount --rbind /dev dev
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs tmp
mount -t proc proc proc
mkdir results
mount --bind "$results" results
ip link set lo up
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 TERM=dumb TZ=UTC /usr/sbin/chroot . "$@"
