#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: openjdk-21-jdk-headless coreutils
#: timeout: 900
# A JIT with tiers, garbage collectors that stop threads by faults on a page, threads in numbers, exceptions by signals (null, division, stack).
cd "$(mktemp -d)" || exit 1; J=$(echo /usr/lib/jvm/java-[12]?-openjdk-*/bin)
cat > Main.java <<'END'
import java.math.BigInteger;
import java.net.*;
import java.nio.file.*;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.stream.*;

public class Main {
    record Point(int x, int y) {}
    sealed interface Shape permits Circle, Square {}
    record Circle(double r) implements Shape {}
    record Square(double a) implements Shape {}
    static double area(Shape s) { return s instanceof Circle c ? Math.PI * c.r() * c.r() : ((Square) s).a() * ((Square) s).a(); } // before 21
    static double area(Shape s) { return switch (s) { case Circle c -> Math.PI * c.r() * c.r(); case Square q -> q.a() * q.a(); }; } // since 21
    static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
    static int deep(int n) { return deep(n + 1) + 1; }
    static int sieve(int n) { boolean[] a = new boolean[n + 1]; int c = 0; for (int i = 2; i <= n; i++) { if (!a[i]) { c++; for (long j = (long) i * i; j <= n; j += i) a[(int) j] = true; } } return c; }
    static String caught(Runnable r) { try { r.run(); return "nothing"; } catch (Throwable t) { return t.getClass().getSimpleName(); } }

    public static void main(String[] args) throws Exception {
        System.out.println(fib(27) + " " + sieve(1000000) + " " + area(new Circle(2)) + " " + area(new Square(3)));
        Object nothing = null; int zero = args.length; int[] few = new int[3];
        for (int i = 0; i < 3; i++) System.out.println(caught(() -> nothing.toString()) + " " + caught(() -> System.out.println(1 / zero)) + " " + caught(() -> deep(0)) + " " + caught(() -> few[zero + 3]++) + " " + caught(() -> { Object o = "x"; Integer n = (Integer) o; }));
        System.out.println(IntStream.range(0, 200000).parallel().mapToObj(i -> new Point(i, -i)).filter(p -> p.x() % 3 == 0).mapToLong(p -> p.x() + 2L * p.y()).sum());
        Map<String, Integer> words = new TreeMap<>(); for (int i = 0; i < 100000; i++) words.merge("w" + i % 97, i, Integer::sum); System.out.println(words.get("w13"));
        List<byte[]> junk = new ArrayList<>(); long kept = 0; for (int i = 0; i < 3000; i++) { junk.add(new byte[50000]); if (junk.size() > 100) { kept += junk.get(7).length; junk.clear(); } } System.out.println(kept); System.gc();
        ExecutorService pool = Executors.newFixedThreadPool(6); AtomicLong total = new AtomicLong(); CountDownLatch latch = new CountDownLatch(200);
        for (int i = 0; i < 200; i++) { int k = i; pool.submit(() -> { long s = 0; for (int j = 0; j < 5000; j++) s += j ^ k; total.addAndGet(s); latch.countDown(); }); } latch.await(); pool.shutdown(); System.out.println(total);
        try (var v = Executors.newVirtualThreadPerTaskExecutor()) { var f = IntStream.range(0, 300).mapToObj(i -> v.submit(() -> { Thread.sleep(5); return i; })).toList(); int s = 0; for (var x : f) s += x.get(); System.out.println("virtual " + s); } // since 21
        System.out.println(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest("x".repeat(300000).getBytes())) + " " + BigInteger.TWO.pow(521).subtract(BigInteger.ONE).isProbablePrime(20) + " " + BigInteger.valueOf(3).modPow(BigInteger.valueOf(1000003), BigInteger.TEN.pow(30)));
        double d = 0; for (int i = 1; i < 200000; i++) d += Math.sin(i) / i + Math.fma(i, 0.5, 1e-9) % 3 + (float) i / 7; System.out.println(d + " " + (int) 1e20 + " " + (long) Double.NaN + " " + Float.MIN_VALUE / 2 + " " + 5.0 % 0);
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) { Thread t = new Thread(() -> { try (Socket c = server.accept()) { c.getInputStream().transferTo(c.getOutputStream()); } catch (Exception e) { System.out.println(e); } }); t.start(); try (Socket c = new Socket(server.getInetAddress(), server.getLocalPort())) { c.getOutputStream().write(new byte[100000]); c.shutdownOutput(); System.out.println("echoed " + c.getInputStream().readAllBytes().length); } t.join(); }
        Process p = new ProcessBuilder("sh", "-c", "cat; exit 5").redirectErrorStream(true).start(); p.getOutputStream().write("through a pipe".getBytes()); p.getOutputStream().close(); System.out.println(new String(p.getInputStream().readAllBytes()) + " " + p.waitFor()); System.out.println(caught(() -> { try { new ProcessBuilder("/nonexistent").start(); } catch (java.io.IOException e) { throw new RuntimeException(e); } }));
        Path f = Files.writeString(Path.of("file"), "line\n".repeat(1000)); System.out.println(Files.lines(f).count() + " " + Files.size(f)); Thread w = new Thread(() -> { try { Thread.sleep(100000); } catch (InterruptedException e) { System.out.println("interrupted"); } }); w.start(); w.interrupt(); w.join();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("bye"))); System.exit(6);
    }
}
END
case $J in */java-17-*) sed -i '/ since 21$/d' Main.java ;; *) sed -i '/ before 21$/d' Main.java ;; esac
$J/javac Main.java; echo "javac $?"; for o in -XX:+UseSerialGC -XX:+UseG1GC -XX:TieredStopAtLevel=1 -Xint; do $J/java -Xmx300m $o -cp . Main | md5sum; done; $J/java -Xmx300m -cp . Main; echo "java $?"; echo 'int x = ;' > Bad.java; $J/javac Bad.java 2>&1 | head -2; exit 3
