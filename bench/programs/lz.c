/* SPDX-License-Identifier: MIT */
/* A small LZ77 compressor with a hash chain. class: integer */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static unsigned char in[1 << 18], out[1 << 19];
static int head[1 << 14];
static unsigned compress(const unsigned char *p, unsigned n, unsigned char *o)
{
    unsigned pos = 0, len = 0;
    memset(head, -1, sizeof(head));
    while (pos + 4 < n) {
        uint32_t v;
        memcpy(&v, p + pos, 4);
        unsigned h = v * 2654435761u >> 18;
        int cand = head[h];
        head[h] = (int)pos;
        unsigned match = 0;
        if (cand >= 0 && pos - (unsigned)cand < 65535)
            while (pos + match < n && match < 255 && p[cand + match] == p[pos + match])
                match++;
        if (match >= 4) {
            o[len++] = 255, o[len++] = (unsigned char)match;
            o[len++] = (unsigned char)(pos - (unsigned)cand), o[len++] = (unsigned char)((pos - (unsigned)cand) >> 8);
            pos += match;
        } else {
            o[len++] = p[pos++];
        }
    }
    return len;
}
int main(void)
{
    uint32_t x = 1, sum = 0;
    for (unsigned i = 0; i < sizeof(in); i++) {
        x = x * 1103515245 + 12345;
        in[i] = (x >> 16) % 3 ? in[i > 100 ? i - 97 : 0] : (unsigned char)(x >> 24 & 15);
    }
    for (int round = 0; round < 40; round++) {
        unsigned n = compress(in, sizeof(in), out);
        for (unsigned i = 0; i < n; i += 97)
            sum = sum * 31 + out[i];
        in[round] ^= 1;
    }
    printf("%u\n", sum);
}
