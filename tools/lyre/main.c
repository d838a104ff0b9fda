/* SPDX-License-Identifier: MIT */
/* The front end: `lyre PROGRAM`, `lyre binfmt`, `lyre disas`. */
#include <stdio.h>
#include <string.h>

#include "tools/lyre/commands.h"
#include "util/compiler.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"binfmt", command_binfmt},
    {"disas", command_disas},
};

static void usage(FILE *out)
{
    fputs("usage: lyre [options] program [arguments]\n"
          "       lyre binfmt install|remove|status|print [options] [architecture...]\n"
          "       lyre disas [options] [file]\n"
          "\n"
          "Runs a Linux program that was made for another CPU: finds out for which one, and runs lyre-ARCH.\n"
          "  options         are the emulator's: lyre-ARCH -help lists them\n"
          "  binfmt          lets the kernel run such programs by Lyre, whoever starts them\n"
          "  disas           turns the code in the emulators' -d out_asm output into text\n"
          "  -h, -version    this text; the version\n"
          "\n"
          "A program named binfmt or disas is given as ./binfmt. Exit status: the program's; 127 when it does not exist, 126 when it\n"
          "cannot be run, 1 for a wrong command line.\n",
          out);
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(first, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    const char *word = first + (first[0] == '-') + (first[0] == '-' && first[1] == '-');
    if (word != first && (strcmp(word, "h") == 0 || strcmp(word, "help") == 0)) {
        usage(stdout);
        return 0;
    }
    if (word != first && strcmp(word, "version") == 0) {
        printf("lyre version %s\n", LYRE_VERSION);
        return 0;
    }
    if (argc < 2) {
        usage(stderr);
        return 1;
    }
    return command_run(argc, argv);
}
