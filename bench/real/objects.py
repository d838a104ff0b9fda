# SPDX-License-Identifier: MIT
"""What scripts in Python do: objects, dictionaries, strings, sorting, regular expressions, JSON, generators."""
import collections
import json
import re


class Account:
    def __init__(self, name, balance):
        self.name, self.balance, self.history = name, balance, []

    def move(self, amount, other):
        if amount > self.balance:
            raise ValueError(self.name)
        self.balance -= amount
        other.balance += amount
        self.history.append((amount, other.name))


def bank(n):
    accounts = [Account('a%d' % i, 1000) for i in range(100)]
    refused, x = 0, 1
    for _ in range(n):
        x = x * 1103515245 + 12345 & 0x7fffffff
        try:
            accounts[x % 100].move(x >> 8 & 255, accounts[(x >> 16) % 100])
        except ValueError:
            refused += 1
    return refused, sum(a.balance * (i + 1) for i, a in enumerate(accounts))


def words(n):
    text = ' '.join('%s%d' % ('abcdefghij'[i * 7 % 10], i * i % 91) for i in range(n))
    counts = collections.Counter(re.findall(r'[a-e]\d+', text))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:3], len(re.sub(r'(\w)(\d)', r'\2\1', text))


def queens(n, row=0, columns=0, left=0, right=0):
    if row == n:
        yield 1
    free = ~(columns | left | right) & (1 << n) - 1
    while free:
        bit = free & -free
        free ^= bit
        yield from queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)


def records(n):
    data = [{'id': i, 'tags': [str(i % k) for k in range(1, 5)], 'value': i / 7, 'nested': {'even': i % 2 == 0, 'none': None}} for i in range(n)]
    again = json.loads(json.dumps(data))
    return again == data, sum(len(''.join(r['tags'])) for r in again if r['nested']['even'])


print(bank(120000), words(60000), sum(queens(7)), records(6000))
