# SPDX-License-Identifier: MIT
"""Loops over numbers in Python: floats, small and long integers, lists."""
import math


def spectral(n):
    u = [1.0] * n
    for _ in range(3):
        v = [sum(x / ((i + j) * (i + j + 1) / 2 + i + 1) for j, x in enumerate(u)) for i in range(n)]
        u = [sum(x / ((i + j) * (i + j + 1) / 2 + j + 1) for j, x in enumerate(v)) for i in range(n)]
    return math.sqrt(sum(a * b for a, b in zip(u, v)) / sum(b * b for b in v))


def sieve(n):
    composite = [False] * n
    for i in range(2, n):
        if not composite[i]:
            for j in range(i * i, n, i):
                composite[j] = True
    return n - sum(composite) - 2


def digits(n):
    """Of pi, by long integers."""
    q, r, t, k, m, x, out = 1, 0, 1, 1, 3, 3, []
    while len(out) < n:
        if 4 * q + r - t < m * t:
            out.append(str(m))
            q, r, m = 10 * q, 10 * (r - m * t), 10 * (3 * q + r) // t - 10 * m
        else:
            q, r, t, k, m, x = q * k, (2 * q + r) * x, t * x, k + 1, (q * (7 * k + 2) + r * x) // (t * x), x + 2
    return ''.join(out)


print('%.9f' % spectral(200), sieve(1000000), digits(800)[-10:], sum(i * i % 7 for i in range(800000)))
