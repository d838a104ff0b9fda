/* SPDX-License-Identifier: MIT */
/* A Brainf*ck-like machine: threaded code, many small handlers. class: goto */
#include <stdio.h>
#include <string.h>
static unsigned char tape[30000];
int main(void)
{
    const char *program = "++++++++[>++++++++[>++++++++[>++++++++[>++++++++[>++++[>+++>+<<-]>>[-]<<<-]<-]<-]<-]<-]";
    static short code[256], jump[256];
    int n = (int)strlen(program), depth = 0, open[64];
    static const void *const labels[] = {&&inc, &&dec, &&right, &&left, &&begin, &&end, &&stop};
    for (int i = 0; i < n; i++) {
        code[i] = (short)(strchr("+-><[]", program[i]) - "+-><[]");
        if (program[i] == '[')
            open[depth++] = i;
        if (program[i] == ']') {
            jump[i] = (short)open[--depth];
            jump[open[depth]] = (short)i;
        }
    }
    code[n] = 6;
    unsigned long steps = 0;
    int round = 0, pc;
    unsigned char *p;
again:
    pc = 0, p = tape;
    goto *labels[code[pc]];
#define NEXT do { steps++; goto *labels[code[++pc]]; } while (0)
inc: ++*p; NEXT;
dec: --*p; NEXT;
right: ++p; NEXT;
left: --p; NEXT;
begin: if (!*p) pc = jump[pc]; NEXT;
end: if (*p) pc = jump[pc]; NEXT;
stop:
    if (++round < 45)
        goto again;
    printf("%lu %d\n", steps, tape[5]);
}
