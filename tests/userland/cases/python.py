#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3 libpython3-stdlib
# Numbers, text, containers, compression, files, memory maps, sqlite, decimal, regular expressions, pickles; a bit of computing.
import bz2, collections, decimal, fractions, functools, hashlib, io, itertools, json, lzma, math, mmap, os, pathlib, pickle, platform, random, re, shutil, sqlite3, statistics, struct, sys, tempfile, time, zipfile, zlib
fib = functools.lru_cache(None)(lambda n: n if n < 2 else fib(n - 1) + fib(n - 2)); print(fib(300), math.factorial(60), 2**200 % 10**9, pow(3, 10**9, 10**9 + 7))
for f in (math.sin, math.exp, math.gamma, math.erf, math.sqrt, math.atan, math.log1p): print(f.__name__, repr(f(0.7)), f(2.5).hex())
print(float('nan'), -0.0, 1e308 * 10, round(2.5), round(-3.567, 2), divmod(-7, 3), 7 // -2, 0.1 + 0.2, 1 / 3, int('7' * 50) // 3, hash(1.5), float.fromhex('0x1.8p-1070'), math.fsum([0.1] * 10), struct.pack('<eHfdq', 1.5, 2, 3.25, -4.5, -5).hex())
decimal.getcontext().prec = 50; print(decimal.Decimal(2).sqrt(), fractions.Fraction(355, 113) ** 3, statistics.stdev(range(100)), random.Random(7).random(), random.Random(7).sample(range(1000), 5))
data = json.dumps({str(i): [i, i / 7, None, True, 'ü' * (i % 5)] for i in range(2000)}); print(hashlib.sha256(data.encode()).hexdigest(), len(json.loads(data)), len(pickle.dumps(json.loads(data))), zlib.adler32(data.encode()))
for m in (bz2, lzma, zlib): print(m.__name__, len(m.decompress(m.compress(data.encode()))))
print(re.sub(r'(\w+) (\w+)', r'\2 \1', 'hello world ' * 3), re.findall(r'(?i)\b[a-z]{4}\b', 'This IS some text With words'), collections.Counter('abracadabra').most_common(2), list(itertools.islice(itertools.permutations('abcd'), 20, 24)))
def sieve(n):
    s = bytearray([1]) * (n + 1)
    for i in range(2, int(n ** 0.5) + 1):
        if s[i]: s[i * i::i] = bytes(len(range(i * i, n + 1, i)))
    return sum(s) - 2
print(sieve(200000)); grid = [[(i * j) % 17 for j in range(60)] for i in range(60)]; print(sum(sum(a * b for a, b in zip(r, c)) for r in grid for c in zip(*grid)))
with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d); (p / 'sub').mkdir(); (p / 'sub' / 'f').write_text('text\n' * 100); shutil.copytree(p / 'sub', p / 'copy'); os.symlink('f', p / 'sub' / 'l'); print(sorted(x.relative_to(p).as_posix() for x in p.rglob('*')), os.stat(p / 'sub/f').st_size, oct(os.stat(p / 'sub').st_mode), os.path.realpath(p / 'sub/l').endswith('sub/f'))
    with open(p / 'map', 'w+b') as f:
        f.truncate(10000); m = mmap.mmap(f.fileno(), 0); m[5000:5005] = b'hello'; m.flush(); m.close(); f.seek(5000); print(f.read(5))
    with zipfile.ZipFile(p / 'z', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a', data)
    print(zipfile.ZipFile(p / 'z').testzip(), [e.name for e in sorted(os.scandir(p), key=lambda e: e.name)])
db = sqlite3.connect(':memory:'); db.execute('create table t(a, b)'); db.executemany('insert into t values(?, ?)', ((i, i * i) for i in range(3000))); db.create_function('twice', 1, lambda x: 2 * x); print(db.execute('select sum(twice(b)) from t where a % 3 = 0').fetchone())
print(platform.system(), sys.byteorder, sys.maxsize, sys.version_info[:2], time.gmtime(0)[:6], time.strftime('%c', time.gmtime(86400 * 365)), time.monotonic() > 0, os.cpu_count() > 0); print(io.StringIO('a\nb').readlines(), sorted(os.environ)[:4])
class A:
    def __init__(self): self.x = 1
    def __del__(self): print('deleted')
a = A(); del a
try: (lambda f: f(f))(lambda f: f(f))
except RecursionError as e: print(type(e).__name__)
try: exec('1 +')
except SyntaxError as e: print(e.msg)
print(eval('sum(x**2 for x in range(10))'), sys.getrecursionlimit()); assert os.system('exit 3') == 768; sys.exit('message and status 1')
