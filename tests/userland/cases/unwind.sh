#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: g++ libc6-dev binutils coreutils rustc
#: guests: aarch64
#: timeout: 900
# Exceptions of C++ and panics of Rust: the compilers, and what they made: through frames, threads, signals, destructors, foreign frames, to the end.
cat > e.cpp <<'END'
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <future>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
struct Noisy { std::string name; ~Noisy() { std::printf("~%s ", name.c_str()); } };
struct Base { virtual ~Base() = default; virtual int f(int n) = 0; };
struct Left : virtual Base { int f(int n) override { if (n == 0) throw std::out_of_range("left"); return f(n - 1) + 1; } };
struct Thrown : std::runtime_error { double d; std::vector<int> v; Thrown(double d) : runtime_error("thrown"), d(d), v{1, 2, 3} {} };
__attribute__((noinline)) static double deep(int n, double a, double b) { Noisy x{n % 10 ? "" : std::to_string(n)}; if (n == 0) throw Thrown(a * b); double r = deep(n - 1, a + 1, b * 1.5); return r + a; }
static int nothrow() noexcept { throw 1; }
static long rounds(int k) { long s = 0; for (int i = 0; i < 3000; i++) try { if (i % 3 == k % 3) throw i; if (i % 3 == 1) throw std::string("s"); s++; } catch (int n) { s += n; } catch (const std::string &t) { s += t.size(); } return s; }
int main()
{
    try { deep(25, 1, 2); } catch (const Thrown &t) { std::printf("%s %.3f %zu\n", t.what(), t.d, t.v.size()); }
    try { std::unique_ptr<Base> p(new Left); p->f(40); } catch (const std::exception &e) { std::printf("%s\n", e.what()); }
    try { try { throw 5; } catch (...) { std::throw_with_nested(std::logic_error("outer")); } } catch (const std::logic_error &e) { try { std::rethrow_if_nested(e); } catch (int n) { std::printf("%s of %d\n", e.what(), n); } }
    std::vector<std::future<long>> f; for (int i = 0; i < 8; i++) f.push_back(std::async(std::launch::async, rounds, i)); long s = 0; for (auto &x : f) s += x.get(); std::printf("%ld\n", s);
    auto bad = std::async(std::launch::async, []() -> int { throw std::invalid_argument("from a thread"); }); try { bad.get(); } catch (const std::exception &e) { std::printf("%s\n", e.what()); }
    std::signal(SIGSEGV, [](int) { sigset_t m; sigemptyset(&m); sigprocmask(SIG_SETMASK, &m, nullptr); throw std::runtime_error("out of a handler"); });
    for (int i = 0; i < 3; i++) try { Noisy n{"n"}; *(volatile int *)8 = 1; } catch (const std::exception &e) { std::printf("%s\n", e.what()); }
    try { std::regex("("); } catch (const std::regex_error &e) { std::printf("regex %d\n", (int)e.code()); } try { (void)std::stoi("x"); } catch (const std::invalid_argument &e) { std::printf("%s\n", e.what()); } try { std::vector<int>().at(1); } catch (const std::out_of_range &) { std::printf("at\n"); } try { static volatile size_t huge = ~0ul >> 2; delete[] new char[huge]; } catch (const std::bad_alloc &) { std::printf("bad_alloc\n"); } try { dynamic_cast<Left &>(*(Base *)std::make_unique<Left>().release()).f(0); } catch (...) { std::printf("%d\n", std::uncaught_exceptions()); }
    std::set_terminate([] { std::printf("terminate\n"); std::fflush(stdout); std::_Exit(42); }); return nothrow();
}
END
for o in "-O0 -fnon-call-exceptions" "-O2 -fnon-call-exceptions -static -flto"; do g++ -w $o -o e e.cpp; echo "g++ $?"; ./e; echo "e $?"; done
cat > p.rs <<'END'
use std::{panic::{self, AssertUnwindSafe}, sync::{mpsc, Arc, Mutex}, thread};
struct Noisy(&'static str);
impl Drop for Noisy { fn drop(&mut self) { println!("drop {} {}", self.0, thread::panicking()); } }
#[inline(never)] fn deep(n: u32, a: f64) -> f64 { if n == 0 { panic!("bottom {a:.2}") } deep(n - 1, a * 1.25) + a }
extern "C" fn compare(a: *const i32, b: *const i32) -> i32 { unsafe { (*a).cmp(&*b) as i32 } }
extern "C" { fn qsort(base: *mut i32, n: usize, size: usize, f: extern "C" fn(*const i32, *const i32) -> i32); }
fn text(e: Box<dyn std::any::Any + Send>) -> String { e.downcast_ref::<String>().cloned().or(e.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or("?".into()) }
fn main() {
    panic::set_hook(Box::new(|i| println!("hook line {}", i.location().unwrap().line())));
    let zero = std::env::args().count() - 1; let few = vec![1u8, 2, 3];
    println!("{}", text(panic::catch_unwind(|| { let _n = Noisy("outer"); deep(40, 1.0) }).unwrap_err()));
    println!("{}", text(panic::catch_unwind(AssertUnwindSafe(|| few[zero + 3])).unwrap_err())); println!("{}", text(panic::catch_unwind(|| 1 / zero).unwrap_err())); println!("{}", text(panic::catch_unwind(|| None::<u8>.expect("none")).unwrap_err()));
    println!("{}", text(panic::catch_unwind(AssertUnwindSafe(|| "x".parse::<i32>().unwrap())).unwrap_err())); println!("{}", text(panic::catch_unwind(|| std::cell::RefCell::new(0)).map(|c| { let _a = c.borrow_mut(); panic::catch_unwind(AssertUnwindSafe(|| *c.borrow_mut())).unwrap_err() }).unwrap()));
    let m = Arc::new(Mutex::new(0)); let handles: Vec<_> = (0..8).map(|i| { let m = m.clone(); thread::spawn(move || { for k in 0..500u64 { let r = panic::catch_unwind(|| if k % 2 == 0 { panic::resume_unwind(Box::new(k)) } else { k }); *m.lock().unwrap() += match r { Ok(k) => k, Err(e) => *e.downcast::<u64>().unwrap() * 2 } } i }) }).collect();
    println!("{} {}", handles.into_iter().map(|h| h.join().unwrap()).sum::<i32>(), m.lock().unwrap());
    let p = m.clone(); println!("{:?}", thread::spawn(move || { let _g = p.lock().unwrap(); panic!("poison") }).join().is_err()); println!("poisoned {}", m.is_poisoned());
    let (tx, rx) = mpsc::channel(); for i in 0..4 { let tx = tx.clone(); thread::spawn(move || for k in 0..1000 { tx.send(i * k).unwrap() }); } drop(tx); println!("{}", rx.iter().sum::<i32>());
    let mut v: Vec<i32> = (0..1000).map(|i| (i * 7919) % 1009).collect(); unsafe { qsort(v.as_mut_ptr(), v.len(), 4, compare) }; println!("{:?} {:?}", &v[..3], (i32::MAX.checked_add(1), 300u32 as u8, -1.5e30f64 as i32, f32::NAN as u8, u128::MAX / 12345678901234567890u128));
    let _last = Noisy("main"); panic!("end")
}
END
for o in "" "-O -Cpanic=abort"; do rustc --edition 2021 -Clinker=g++ $o -o p p.rs; echo "rustc $?"; ./p; echo "p $?"; done; exit 3
