/* SPDX-License-Identifier: MIT */
/* A fuzzer is one function with this name: linked with main.c here, or with libFuzzer (clang -fsanitize=fuzzer). */
#ifndef LYRE_TESTS_FUZZ_H
#define LYRE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
