/* SPDX-License-Identifier: MIT */
/* What cc1 compiles: a library of one file. */
#define STB_SPRINTF_IMPLEMENTATION
#define STB_SPRINTF_NOUNALIGNED
#include <stb/stb_sprintf.h>
