#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3
# libffi: calls with every class of argument, callbacks (code made at run time), structures by value, errno.
import ctypes as c, ctypes.util, math, struct
libc, libm = c.CDLL('libc.so.6', use_errno=True), c.CDLL('libm.so.6')
libm.pow.restype, libm.pow.argtypes = c.c_double, [c.c_double] * 2; print(libm.pow(2, 0.5)); libm.sinf.restype, libm.sinf.argtypes = c.c_float, [c.c_float]; print(libm.sinf(1.5))
print(libc.strlen(b'hello'), libc.abs(-7), libc.atoi(b'123')); buf = c.create_string_buffer(200); libc.snprintf(buf, 200, b'%d %s %ld %x %c|', -5, b'str', c.c_long(1 << 40), 255, 65); print(buf.value); libc.snprintf.argtypes = [c.c_char_p, c.c_size_t, c.c_char_p]  # tells libffi where the variable arguments begin
libc.snprintf(buf, 200, b'%.3f %g %d %d %d %d %d %d', c.c_double(3.14159), c.c_double(1e100), 1, 2, 3, 4, 5, 6); print(buf.value)
CMP = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_int), c.POINTER(c.c_int)); a = (c.c_int * 50)(*[i * 37 % 101 for i in range(50)]); calls = [0]
def compare(x, y): calls[0] += 1; return x[0] - y[0]
libc.qsort(a, 50, c.sizeof(c.c_int), CMP(compare)); print(list(a)[:8], calls[0] > 50)
class Div(c.Structure): _fields_ = [('quot', c.c_int), ('rem', c.c_int)]
class LDiv(c.Structure): _fields_ = [('quot', c.c_long), ('rem', c.c_long)]
libc.div.restype = Div; r = libc.div(17, 5); print(r.quot, r.rem); libc.ldiv.restype = LDiv; r = libc.ldiv(c.c_long(10**15), c.c_long(7)); print(r.quot, r.rem)
class Big(c.Structure): _fields_ = [('a', c.c_double), ('b', c.c_float), ('c', c.c_longlong), ('d', c.c_char * 20)]
class Pair(c.Structure): _fields_ = [('x', c.c_float), ('y', c.c_float)]
F = c.CFUNCTYPE(c.c_double, c.c_double, c.c_float, c.c_longlong, c.c_byte, Pair, Big); f = F(lambda a, b, l, s, p, g: a + b + l + s + p.x * p.y + g.a + g.c + len(g.d)); print(f(1.5, 2.5, 10**10, -3, Pair(2, 3), Big(0.25, 1, 5, b'twenty')))
D = c.CFUNCTYPE(c.c_double, *[c.c_double] * 12, *[c.c_int] * 12); print(D(lambda *v: sum(v))(*[i / 4 for i in range(12)], *range(12)))
print(libc.open(b'/nonexistent', 0), c.get_errno(), c.cast(c.pointer(c.c_uint32(0x11223344)), c.POINTER(c.c_ubyte))[0], c.string_at(buf, 5), c.sizeof(Big), c.alignment(Big), struct.calcsize('lPd'))
class U(c.Union): _fields_ = [('d', c.c_double), ('q', c.c_uint64)]
print(hex(U(d=math.pi).q), c.c_int8(200).value, (c.c_char * 3)(*b'abc').raw, bool(ctypes.util.find_library), c.pythonapi.PyLong_AsLong(c.py_object(42)))
t = c.c_long(); libc.time(c.byref(t)); print(t.value > 10**9); x = c.c_int * 3; print(sum(x(1, 2, 3)), list(map(c.sizeof, (c.c_long, c.c_wchar, c.c_longdouble, c.c_void_p)))); raise SystemExit(8)
