# SPDX-License-Identifier: MIT
"""What the generators of faulting code for the guests share: places, whose addresses check.c provides at run time in the table `places`, and what an access to
one gives."""
SEGV, BUS = 11, 7
MAPERR, ACCERR, ADRALN, ADRERR = 1, 2, 1, 2
NULL, NONCANON, TOP, READONLY, NONE, CROSS, HOLE, EOF, GOOD, HIGH, TAGGED_HOLE, TAGGED_READONLY = range(12)


def signal_of(place):
    return {NULL: (SEGV, MAPERR), NONCANON: (SEGV, MAPERR), TOP: (SEGV, MAPERR), HIGH: (SEGV, MAPERR), READONLY: (SEGV, ACCERR), NONE: (SEGV, ACCERR),
            CROSS: (SEGV, MAPERR), HOLE: (SEGV, MAPERR), EOF: (BUS, ADRERR),
            TAGGED_HOLE: (SEGV, MAPERR), TAGGED_READONLY: (SEGV, ACCERR)}[place]
