// SPDX-License-Identifier: MIT

// Goroutines that only a signal can stop, beside others that allocate, wait and check; stress.py runs it for minutes. goroutines SECONDS.
// A collection stops the world every few milliseconds: each takes an asynchronous preemption of every loop. Prints `ok`, or says what went wrong.
package main

import (
	"fmt"
	"math/bits"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"
)

type node struct {
	next *node
	n    uint64
}

// loop has no calls, thus no place to stop of its own; any register that is lost changes the result.
func loop(x uint64, turns int) (uint64, float64) {
	a, b, c, d, f, g := x, x^1, x+2, x*3, 1.0, 0.5
	for i := 0; i < turns; i++ {
		a ^= a << 13
		a ^= a >> 7
		a ^= a << 17
		b += a
		c = bits.RotateLeft64(c, 7) ^ b
		d = d*0x9e3779b97f4a7c15 + c
		f = f*0.999 + float64(d&255)
		g = g*0.5 + f
	}
	return a ^ b ^ c ^ d, f + g
}

func list(n int) *node {
	var l *node
	for i := 0; i < n; i++ {
		l = &node{l, uint64(i)}
	}
	return l
}

func fail(what string, value ...interface{}) {
	fmt.Println("failed:", what, value)
	os.Exit(1)
}

func main() {
	seconds, _ := strconv.Atoi(os.Args[1])
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(20)
	var beats [12]uint64
	want, wantFloat := loop(88172645463325252, 200000)
	for k := range beats {
		k := k
		go func() {
			for {
				switch k % 3 {
				case 0:
					if got, f := loop(88172645463325252, 200000); got != want || f != wantFloat {
						fail("a preempted loop", got, want, f, wantFloat)
					}
				case 1:
					sum := uint64(0)
					for l := list(1000); l != nil; l = l.next {
						sum += l.n
					}
					if sum != 499500 {
						fail("a list", sum)
					}
				case 2:
					c := make(chan int)
					go func() { c <- k; time.Sleep(time.Millisecond); close(c) }()
					if got := <-c; got != k {
						fail("a channel", got)
					}
					<-c
				}
				atomic.AddUint64(&beats[k], 1)
			}
		}()
	}
	collections := 0
	last := beats
	for tick := 0; time.Now().Before(end); tick++ {
		runtime.GC()
		collections++
		time.Sleep(time.Millisecond)
		if tick%2000 == 1999 {
			for k := range beats {
				now := atomic.LoadUint64(&beats[k])
				if now == last[k] {
					fail("a goroutine stands still", k, now)
				}
				last[k] = now
			}
		}
	}
	fmt.Printf("# %d collections, beats %v\nok\n", collections, beats)
}
