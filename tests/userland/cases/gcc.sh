#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: gcc libc6-dev make coreutils binutils
# make, cc1, as, ld; what they made then runs.
cat > main.c <<'END'
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int twice(int);
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void *work(void *p) { long s = 0; for (long i = 0; i < 100000; i++) s += i ^ (long)p; return (void *)s; }
static void handler(int s) { printf("signal %d\n", s); }
int main(int argc, char **argv)
{
    int v[1000];
    unsigned x = 1;
    for (int i = 0; i < 1000; i++) v[i] = (x = x * 1103515245 + 12345) >> 8 & 0xffff;
    qsort(v, 1000, sizeof(int), compare);
    printf("%d %d %d %.12f %s\n", v[0], v[500], v[999], sin(1) * exp(2), argv[argc - 1]);
    pthread_t t[4];
    for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, work, (void *)i);
    for (int i = 0; i < 4; i++) { void *r; pthread_join(t[i], &r); printf("%ld\n", (long)r); }
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    return twice(21);
}
END
echo 'int twice(int x) { return 2 * x; }' > twice.c
cat > Makefile <<'END'
CC = gcc
CFLAGS = -O2 -Wall
all: dyn stat pie lib
lib: libtwice.so main.o
	$(CC) -o $@ main.o -L. -ltwice -lm -Wl,-rpath,'$$ORIGIN'
libtwice.so: twice.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
dyn: main.o twice.o
	$(CC) -no-pie -o $@ $^ -lm
pie: main.o twice.o
	$(CC) -pie -g -o $@ $^ -lm
stat: main.o twice.o
	$(CC) -static -o $@ $^ -lm
%.o: %.c
	$(CC) $(CFLAGS) -fPIC -c -o $@ $<
.PHONY: all
END
make -j3 --output-sync all 2>&1 | sort; for p in dyn stat pie lib; do ./$p from-$p; echo "$p $?"; done; make; touch twice.c; make -n | wc -l
for o in -O0 -O1 -Os -O3 -Og; do gcc $o main.c twice.c -o o -lm -flto && ./o $o > o.out; echo "$o $? $(md5sum < o.out | cut -c 1-8)"; done; readelf -h stat | grep -c ELF64; nm pie | grep -c ' T main'; ar rcs l.a twice.o && ranlib l.a && ar t l.a; echo 'int x = ;' | gcc -xc -c - 2>&1 | head -2; echo "${PIPESTATUS[1]}"; echo 'int main(void){return undefined_thing();}' | gcc -xc - -Wno-implicit-function-declaration -w 2>&1 | grep -c undefined; gcc -E -P - <<< '#define F(x) x*x
F(3)'; strip stat && ./stat stripped > /dev/null; echo $?; echo 'main: ; @exit 3' | make -f - ; echo $?
