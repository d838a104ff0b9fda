#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: coreutils bash
#: small: yes
#: mask: [0-9]+ \. => INODE . (numbers of inodes)
# Nearly every program of coreutils.
mkdir -p a/b/c && cd a || exit 1
seq 1 1000 > numbers; cp numbers copy; ln copy hard; ln -s copy soft; readlink soft; realpath -m --relative-to=. ../a/b/../x
stat -c '%n %s %h %F %a' numbers hard soft b
chmod 640 copy; stat -c %A copy; touch -d '2001-02-03 04:05:06' b/c/t; stat -c %y b/c/t; date -r b/c/t +%s
mv copy b/moved; install -m 755 numbers b/installed; ls -lR --time-style=+ --block-size=1 | tr -s " " | cut -d " " -f 1,2,5,6
head -c 20 numbers | od -c; tail -n 3 numbers; cut -c 2- numbers | sort -n | uniq -c | tail -3
split -l 300 numbers part.; wc part.*; cat part.* | cmp - numbers; echo "cmp $?"
paste <(seq 3) <(seq 4 6) | tr '\t' ' '; join <(printf 'a 1\nb 2\n') <(printf 'a x\nb y\n'); comm -12 <(seq 1 5) <(seq 3 9)
fold -w 7 <<< 'a long line that is folded'; fmt -w 20 <<< 'words to be filled into lines of a given width'; expand <<< $'a\tb'; pr -t -2 <(seq 6)
for s in md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum; do $s numbers; done
base64 numbers | head -2; base64 numbers | base64 -d | cmp - numbers; base32 <<< x
factor 12345678901234567890 1000000007; seq -f %.3f 0 0.1 0.5; numfmt --to=iec 123456789; expr length abc + 1; printf '%5.2f|%-5s|%x\n' 3.14159 ab 255
shuf -i 1-100 --random-source=numbers | head -4; tsort <<< 'a b b c'; nl numbers | tail -1; tac numbers | head -1
dd if=numbers of=dd.out bs=100 count=7 skip=2 conv=fsync status=none; sum dd.out; truncate -s 12345 t; stat -c %s t
env -i A=1 B=2 env | sort; basename /x/y.z .z; dirname /x/y; pathchk -p 'a b'; echo $?; test -x b/installed; echo $?
timeout 0.1 sleep 5; echo "timeout $?"; nohup true; nice -n 3 nice; id -u; whoami; groups; uname -s; nproc --ignore=1000; tty; arch > /dev/null
csplit -s numbers 500 '{0}'; wc -l xx*; ptx -G <<< 'hello world' ; stdbuf -oL echo buffered; tee x1 x2 <<< tee > /dev/null; cat x1 x2
df . > /dev/null && echo df; du -b numbers; sync; mktemp -u XXXXXX | wc -c; mkfifo f; cat f & echo through > f; wait; rm -rf b; rmdir b 2>&1; ls
chown 0:0 numbers; shred -u x1; unlink x2; link numbers l2; vdir --time-style=+ l2 | wc -l; dircolors -b | head -c 9; logname 2>&1 | wc -l; false; echo $?
