#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: redis-server redis-tools coreutils
#: mask: [0-9.]+ requests per second.* => RATE (speed)
# A server under load on loopback, persistence by fork.
redis-server --port 6399 --dir . --save '' --appendonly yes --io-threads 3 --daemonize no --ignore-warnings ARM64-COW-BUG > server.log 2>&1 & p=$!
r() { redis-cli -p 6399 "$@"; }
for i in $(seq 100); do r ping > /dev/null 2>&1 && break; sleep 0.1; done
redis-benchmark -p 6399 -c 20 -n 4000 -P 4 -q -t set,get,incr,lpush,zadd,mset 2>&1 | tr '\r' '\n' | grep 'per second' | sort
r set k v; r get k; r incrby n 41; r rpush l a b c; r lrange l 0 -1; r zadd z 1.5 a 2.5 b; r zrange z 0 -1 withscores; r eval 'local s = 0; for i = 1, 20000 do s = s + i end; return s' 0
for i in $(seq 1 500); do echo "set key:$i $((i * i))"; done | r --pipe | tail -1; r dbsize; r bgsave > /dev/null; sleep 1; r lastsave | wc -l; r bgrewriteaof > /dev/null; sleep 1; r debug reload 2>&1 | head -c 3; echo; r get key:77; r shutdown nosave; wait $p; echo "server $?"; ls *.rdb | wc -l
