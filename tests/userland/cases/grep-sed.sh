#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: grep sed coreutils
seq 1 20000 | sed 's/$/ the quick brown fox/;3~5s/fox/dog/g' > text
grep -c dog text; grep -n '^1*2 ' text | head; grep -E '(7|9){3}' text | wc -l; grep -o '[0-9]*5 ' text | tail -1; grep -P '\b(\d)\1{3}\b' text; grep -F -v -w fox text | tail -2; grep -A1 -B1 '^500 ' text; printf 'a\0b\0' | grep -zc .
grep -ri 'QUICK' --include=te* -l .; grep -q nothing text; echo "grep $?"; grep x /nonexistent 2>&1; echo "grep $?"; grep -E '^(.*)(.)\2(.*)$' -m 3 text; LC_ALL=C.UTF-8 grep -o 'ü.' <<< 'für üben'
sed -n '100,105p;$=' text; sed '1~2d;s/\([0-9]*\) \(the\)/\2 \1/;6q' text; sed -E 's/(.)(.)/\2\1/g' <<< abcdef; sed ':a;N;$!ba;s/\n/,/g' <(seq 9); sed -e '/3/{h;d}' -e G <(seq 5); sed 'y/abc/xyz/;l' <<< $'aabbcc\t\x01'; sed -i.bak 's/the/THE/' text; head -1 text text.bak; sed --debug -n 's/x/y/w out' <<< x > /dev/null; cat out; sed '/^$/d;a\
appended' <<< $'1\n\n2'; sed 's/a/b/e' <<< 'echo a'; sed 'bad' <<< x 2>&1; echo "sed $?"
