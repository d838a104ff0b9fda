#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: python3 gawk coreutils
# Programs by links to absolute paths, from a folder that is not the system's: what an unpacked program or a virtual environment looks like.
mkdir -p tools/bin far; ln -s /usr/bin/gawk tools/bin/awk; ln -s tools/bin near; ln -s /etc/alternatives/none tools/bin/none; ln -s ../tools/bin far/bin; ln -s /usr/bin system
./tools/bin/awk 'BEGIN { print 6 * 7 }'; near/awk 'BEGIN { print "by two links" }'; far/bin/awk 'BEGIN { print "by three" }'; system/gawk 'BEGIN { print "by a folder" }'
PATH=$PWD/tools/bin:$PATH awk 'BEGIN { print "by PATH" }'; tools/bin/none; echo "none $?"; (cd system && ./gawk 'BEGIN { print "from there" }'; cd ../lib && ../bin/gawk 'BEGIN { print "beside" }')
printf '#!%s/tools/bin/awk -f\nBEGIN { print "a script", ARGV[1] }\n' "$PWD" > script; chmod 755 script; ./script word; exec 5< system/gawk; cmp /dev/fd/5 /usr/bin/gawk && echo same; [ tools/bin/awk -ef /usr/bin/gawk ] && echo 'the same file'
python3 -m venv --without-pip venv; venv/bin/python -c 'import sys, json; print(json.dumps([sys.prefix != sys.base_prefix, sys.version_info[:2]]))'; . venv/bin/activate; python -c 'import sys; print(sys.prefix.endswith("venv"))'; printf '#!%s\nimport sys, subprocess\nprint(subprocess.run([sys.executable, "-c", "print(1 + 1)"], capture_output=True, text=True).stdout.strip())\n' "$VIRTUAL_ENV/bin/python" > venv/bin/tool; chmod 755 venv/bin/tool; tool; deactivate; cd venv/bin && ./python3 -c 'import ssl, sqlite3; print("modules")'; exit 4
