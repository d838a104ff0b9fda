# SPDX-License-Identifier: MIT
"""Random valid instructions from the rows of target/<guest>/*.isa."""
import glob
import itertools
import os
import random
import sys

import guest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'target'))
import gen_isa  # noqa: E402


def load():
    folder = os.path.join(ROOT, 'target', guest.NAME)
    paths = [os.path.join(folder, f'{n}.isa') for n in guest.ROWS]
    missing = set(glob.glob(os.path.join(folder, '*.isa'))) - set(paths)
    assert not missing, missing
    return gen_isa.load(paths)


def winners(isa):
    """Row -> rows that win over it where both match."""
    out = {row.name: [] for row in isa.rows}
    for row in isa.rows:
        for loser in row.over:
            out[loser.name].append(row)
    return out


class Source:
    def __init__(self, seed):
        self.isa = load()
        self.wins = winners(self.isa)
        self.rng = random.Random(seed)

    def field_value(self, width):
        """Boundaries more often than chance would give them."""
        kind = self.rng.randrange(6)
        top = (1 << width) - 1
        if kind == 0:
            return self.rng.choice([0, 1, top, top >> 1, (top >> 1) + 1, top - 1]) & top
        return self.rng.getrandbits(width)

    def word(self, row, fixed=None, ignored=True):
        """A valid encoding of row; fixed: field letter -> value, kept where it can be; ignored: bits without meaning are random, not 0."""
        for attempt in itertools.count():
            if attempt == 20:
                fixed = None
            w = row.match
            for f, bits in row.fields.items():
                v = fixed[f] if fixed and f in fixed else self.field_value(len(bits))
                w = row.set_field(w, f, v)
            for i, c in enumerate(row.bits):
                if c == '-' and ignored and self.rng.getrandbits(1):
                    w |= 1 << (row.width - 1 - i)
            if row.is_legal(w) and not any(x.is_legal(w) for x in self.wins[row.name]):
                return w
