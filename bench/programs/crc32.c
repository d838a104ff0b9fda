/* SPDX-License-Identifier: MIT */
/* Bitwise and table CRC-32, mixed. class: integer */
#include <stdint.h>
#include <stdio.h>
static uint32_t table[256];
static unsigned char buf[1 << 16];
int main(void)
{
    uint32_t crc = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int b = 0; b < 8; b++)
            c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
        table[i] = c;
    }
    for (unsigned i = 0; i < sizeof(buf); i++)
        buf[i] = (unsigned char)(i ^ i >> 5);
    for (int round = 0; round < 700; round++)
        for (unsigned i = 0; i < sizeof(buf); i++)
            crc = table[(crc ^ buf[i]) & 255] ^ crc >> 8;
    printf("%08x\n", crc);
}
