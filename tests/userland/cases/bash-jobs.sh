#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils bsdutils procps
#: mask: (\[[0-9]+\]|line [0-9]+:) +[0-9]+ => \1 PID (process ids)
# Job control, with and without a terminal.
set -m
sleep 60 & jobs; kill -STOP %1; wait %1 2>/dev/null; jobs; kill -CONT %1; sleep 0.1; jobs; kill %1; wait %1; echo "status $?"
(trap 'echo "got TERM"; exit 7' TERM; while :; do sleep 0.01; done) & sleep 0.2; kill -TERM -- -$!; wait $!; echo "status $?"
for s in HUP INT QUIT TERM USR1 ALRM KILL; do sleep 9 & sleep 0.1; kill -$s $!; wait $!; echo "$s $?"; done > log 2>&1; grep -v '^lyre: uncaught' log
sleep 0.2 & p=$!; disown %1; jobs; kill -0 $p && echo alive; wait -n 2>/dev/null; echo "wait -n $?"
# a terminal: ^C ends the foreground job, ^Z stops it
cat > inner.sh <<'END'
set -m; trap 'echo INT' INT
sleep 5 &
fg %1 > /dev/null
echo "fg gave $?"
tty -s && echo terminal
stty size | wc -w
trap 'echo winch' WINCH; stty rows 33 cols 77; stty size
ps -o pgid= -p $$ | tr -d ' ' > g1; sh -c 'ps -o pgid= -p $$' | tr -d ' ' > g2; cmp -s g1 g2; echo "groups differ $?"
END
(sleep 1; printf '\003') | script -qec 'bash inner.sh' /dev/null | tr -d '\r'
(sleep 1; printf '\032'; sleep 1; printf 'kill -9 %%1\nexit 3\n') | script -qec "bash --norc -i -c 'set -m; sleep 40; echo stopped with \$?; jobs; exit 3'" /dev/null | tr -d '\r'
echo "script ${PIPESTATUS[1]}"
