#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: golang-1.24-go coreutils
#: timeout: 900
# The compiler, linker and vet (rounding is spelt out: x * y + z is one operation for riscv64); what they made: goroutines, preemption by signals, maps, a server of its own, exec of itself.
cd "$(mktemp -d)" || exit 1; export GOCACHE=$PWD/cache GOPATH=$PWD/path GOFLAGS="-mod=mod -trimpath" GOTOOLCHAIN=local CGO_ENABLED=0 GOTELEMETRY=off; go=$(echo /usr/lib/go-*/bin/go)
cat > main.go <<'END'
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

type node struct{ l, r *node }

func tree(n int) *node { if n == 0 { return &node{} }; return &node{tree(n - 1), tree(n - 1)} }
func (n *node) count() int { if n.l == nil { return 1 }; return 1 + n.l.count() + n.r.count() }
func try(f func()) { defer func() { fmt.Println("recovered:", recover()) }(); f() }

func main() {
	if len(os.Args) > 1 { fmt.Println("child", os.Args[1]); os.Exit(9) }
	spinning := true; runtime.GOMAXPROCS(2)
	for i := 0; i < 2; i++ { go func() { x := 0; for spinning { x++ } }() } // only a signal stops these
	time.Sleep(50 * time.Millisecond); runtime.GC(); fmt.Println("collected beside loops"); spinning = false
	var wg sync.WaitGroup; var mu sync.Mutex; sum := 0; c := make(chan int, 10)
	for i := 0; i < 1000; i++ { i := i; wg.Add(1); go func() { defer wg.Done(); mu.Lock(); sum += i; mu.Unlock(); c <- i }() }
	got := 0; for i := 0; i < 1000; i++ { got += <-c }; wg.Wait(); fmt.Println(sum, got)
	total := 0; for i := 0; i < 20; i++ { total += tree(12).count() }; fmt.Println(total)
	try(func() { var p *node; _ = p.l }); try(func() { var a []int; _ = a[len(os.Args)] }); try(func() { z := 0; fmt.Println(1 / z) }); try(func() { panic("own") })
	m := map[string]int{}; for i := 0; i < 50000; i++ { m[fmt.Sprint(i%1013)] += i }; keys := make([]string, 0); for k := range m { keys = append(keys, k) }; sort.Strings(keys); fmt.Println(keys[17], m[keys[17]])
	fmt.Printf("%x %v\n", crc32.ChecksumIEEE(bytes.Repeat([]byte("x"), 300000)), new(big.Int).Exp(big.NewInt(3), big.NewInt(4000), nil).Text(36)[:30])
	var b bytes.Buffer; z := gzip.NewWriter(&b); z.Write(bytes.Repeat([]byte("ab"), 50000)); z.Close(); r, _ := gzip.NewReader(&b); n, _ := io.Copy(io.Discard, r); fmt.Println(n)
	l, _ := net.Listen("tcp", "127.0.0.1:0"); go func() { for { k, err := l.Accept(); if err != nil { return }; go func() { io.Copy(k, k); k.Close() }() } }()
	for i := 0; i < 20; i++ { k, err := net.Dial("tcp", l.Addr().String()); if err != nil { panic(err) }; go func() { io.WriteString(k, strings.Repeat("word ", 5000)); k.(*net.TCPConn).CloseWrite() }(); t, _ := io.ReadAll(k); got += len(t) }; l.Close(); fmt.Println(got)
	o, err := exec.Command("/proc/self/exe", "argument").Output(); fmt.Printf("%s%v\n", o, err); _, err = exec.Command("/nonexistent").Output(); fmt.Println(err)
	ch := make(chan os.Signal, 1); signal.Notify(ch, syscall.SIGUSR1); syscall.Kill(os.Getpid(), syscall.SIGUSR1); fmt.Println(<-ch)
	debug.SetGCPercent(5); for i := 0; i < 2000; i++ { _ = make([]byte, 20000) }; t := time.NewTimer(10 * time.Millisecond); select { case <-t.C: fmt.Println("timer") }
	var f float64; for i := 1; i < 100000; i++ { f += float64(1 / float64(i) * float64(float32(i)/3)) }; fmt.Println(f, uint8(f), int64(-f)); os.Exit(7)
}
END
cat > go.mod <<'END'
module example
go 1.19
END
$go build -o prog . ; echo "build $?"; ./prog; echo "prog $?"; $go vet . 2>&1 | grep -c main.go; $go run main.go argument 2>&1; echo 'package main; func main() { x }' > bad.go; $go build bad.go 2>&1 | tail -1; exit 3
