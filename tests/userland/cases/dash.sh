#!/bin/sh
# SPDX-License-Identifier: MIT
#: packages: dash coreutils
#: small: yes
# dash with coreutils: pipelines, here-documents, functions, traps, background processes, redirections, signals' statuses.
fib() { if [ "$1" -lt 2 ]; then echo "$1"; else echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); fi; }
fib 7
cat <<END | tac | nl
first
second $((6 * 7))
END
trap 'echo caught USR1' USR1
kill -USR1 $$
(sleep 0.05; echo child; exit 4) & wait $!; echo "status $?"
sh -c 'kill -SEGV $$; echo not reached' & wait $!; echo "status $?"
sh -c 'kill -KILL $$'; echo "status $?"
exec 5>out; echo to five >&5; exec 5>&-; cat out
ls /nonexistent 2>/dev/null || echo "ls failed with $?"
seq 10 | while read -r n; do [ "$n" = 5 ] && break; printf '%s ' "$n"; done; echo
yes | head -3
seq 1 2000 | sort -rn | uniq | md5sum
echo 'x y z' | { read -r a b c; echo "$c$b$a"; }
/bin/echo "done"; ./nothing 2>/dev/null; echo "status $?"; ./out 2>/dev/null; echo "status $?"
exit 5
