/* SPDX-License-Identifier: MIT */
/* hostmem.h for fuzzers: memory of exactly the size that was asked for, so that the address sanitizer sees its ends. */
#include <stdlib.h>

#include "util/hostmem.h"

void *hostmem_pages_alloc(size_t size) { return calloc(1, size); }
void hostmem_pages_free(void *p, size_t size) { free(p); }
