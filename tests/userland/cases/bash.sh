#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils
# Pipelines, arrays, arithmetic, substitutions, patterns, coprocesses, traps, here-strings.
set -o pipefail; shopt -s extglob
declare -A map; for i in {1..300}; do map[k$i]=$((i * i)); done
s=0; for k in "${!map[@]}"; do ((s += ${map[$k]})); done; echo "sum $s of ${#map[@]}"
seq 1 5000 | grep 7 | sed 's/7/seven/' | sort -r | sed -n 1,2p; echo "${PIPESTATUS[@]}"
false | true; echo "pipefail $?"
x='The Quick brown'; echo "${x,,} ${x^^} ${x/Quick/slow} ${x: -5} ${x#* } ${x%% *} ${#x}"
[[ foo123 =~ ^([a-z]+)([0-9]+)$ ]] && echo "${BASH_REMATCH[@]}"
printf '%q %(%Y-%m-%d)T %s\n' 'a b' 86400 end
coproc cat; echo "to the coprocess" >&"${COPROC[1]}"; read -r line <&"${COPROC[0]}"; echo "$line"; eval "exec ${COPROC[1]}>&-"; wait
diff <(echo one; echo two) <(echo one; echo three); echo "diff $?"
trap 'echo "trap on line with status $?"' ERR; false; trap - ERR
trap 'echo "INT taken"' INT; kill -INT $BASHPID; trap - INT
f() { local -n ref=$1; ref+=(more); }; arr=(1 2); f arr; echo "${arr[@]}"
mapfile -t lines < <(seq 5); echo "${lines[3]} ${#lines[@]}"
i=0; while ((i < 20000)); do ((i += 3, i % 5 == 0 ? i++ : 0)); done; echo "$i"
select_case() { case $1 in [0-9]*) echo number ;;& *5*) echo five ;; +(a|b)) echo ab ;; *) echo other ;; esac; }; select_case 15; select_case abba; select_case '?'
echo {a..e}{1,2}; echo $((16#ff)) $((2**40)) $((7 / 2)) $((-7 % 3)); let 'z = 3 << 4'; echo "$z"
(ulimit -n 64; ulimit -n); umask 027; umask -S; (exec 3<>/dev/null; echo three >&3); cat <<'END'
literal $x
END
for i in 1 2 3; do (sleep 0.0$((4 - i)); echo "bg $i" >> log) & done; wait; sort log; wait 99999 2>/dev/null; echo "wait $?"
bash -c 'exit 42'; echo $?; bash -c 'kill -ABRT $$' 2>/dev/null; echo $?; set -e; exec -a renamed bash -c 'echo "$0"; exit 9'
