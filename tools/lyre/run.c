/* SPDX-License-Identifier: MIT */
/* `lyre PROGRAM`: the emulator is chosen by the program's ELF header, or by that of a script's interpreter. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lyre/commands.h"
#include "tools/lyre/emulators.h"
#include "util/archs.h"
#include "util/compiler.h"

enum { EXIT_USAGE = 1, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, HEAD = 256, MAX_SCRIPTS = 5 };

/* The emulators' options: which take an argument. */
static const struct {
    const char *name;
    bool has_argument;
} options[] = {
#define OPTION(name, env, argument, handler, is_inherited, help) {name, (argument) != NULL},
#include "linux-user/options.def"
#undef OPTION
};

/* Index of the program's name; *prefix: the value of -L. Leaves with a message when there is none. */
static int find_program(int argc, char **argv, const char **prefix)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *name = argv[i] + 1 + (argv[i][1] == '-');
        unsigned k = 0;
        if (*name == 0) {
            i++;
            break;
        }
        while (k < ARRAY_LEN(options) && strcmp(options[k].name, name) != 0) {
            k++;
        }
        if (k == ARRAY_LEN(options)) {
            fprintf(stderr, "lyre: unknown option %s; lyre-ARCH -help lists them\n", argv[i]);
            exit(EXIT_USAGE);
        }
        if (options[k].has_argument && ++i < argc && strcmp(name, "L") == 0) {
            *prefix = argv[i];
        }
    }
    if (i >= argc) {
        fprintf(stderr, "lyre: no program is given, so it cannot be told which emulator is meant; lyre -help\n");
        exit(EXIT_USAGE);
    }
    return i;
}

/* The first bytes of an executable file; false: the message has been printed, and *status is what to leave with. */
static bool read_head(const char *path, const char *shown, uint8_t head[HEAD], ssize_t *n, int *status)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *why = NULL;
    if (fd < 0 || fstat(fd, &st) < 0) {
        why = strerror(errno);
    } else if (!S_ISREG(st.st_mode)) {
        why = S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file";
    } else if (!(st.st_mode & 0111)) {
        why = "is not executable";
    } else if ((*n = read(fd, head, HEAD)) < 0) {
        why = strerror(errno);
    }
    *status = fd < 0 && errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    if (why) {
        fprintf(stderr, "lyre: %s: %s\n", shown, why);
    }
    if (fd >= 0) {
        close(fd);
    }
    return !why;
}

/* The interpreter that a script names, below `prefix` if it is there; false: none. */
static bool find_interpreter(const uint8_t *head, size_t n, const char *prefix, char path[PATH_MAX])
{
    char line[HEAD + 1], below[PATH_MAX];
    memcpy(line, head, n);
    line[n] = 0;
    line[strcspn(line, "\n")] = 0;
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t")] = 0;
    if (*name == 0) {
        return false;
    }
    bool is_below = prefix && *name == '/' && snprintf(below, sizeof(below), "%s%s", prefix, name) < PATH_MAX && access(below, F_OK) == 0;
    strcpy(path, is_below ? below : name);
    return true;
}

/* The architecture that `program` needs; NULL: the message has been printed. */
static const ArchDesc *find_arch(const char *program, const char *prefix, int *status)
{
    char path[PATH_MAX], shown[2 * PATH_MAX + 40];
    snprintf(path, sizeof(path), "%s", program);
    snprintf(shown, sizeof(shown), "%s", program);
    for (unsigned depth = 0; depth <= MAX_SCRIPTS; depth++) {
        uint8_t head[HEAD];
        ssize_t n = 0;
        if (!read_head(path, shown, head, &n, status)) {
            return NULL;
        }
        if (n < 2 || head[0] != '#' || head[1] != '!') {
            const ArchDesc *arch = arch_of_header(head, (size_t)n);
            if (!arch) {
                bool is_elf = n >= 4 && memcmp(head, "\177ELF", 4) == 0;
                fprintf(stderr, "lyre: %s: %s\n", shown, is_elf ? "an ELF file that is damaged or for an unknown architecture"
                                                        : n == 0 ? "an empty file" : "neither an ELF file nor a script");
            }
            return arch;
        }
        if (!find_interpreter(head, (size_t)n, prefix, path)) {
            fprintf(stderr, "lyre: %s: a script whose first line names no interpreter\n", shown);
            return NULL;
        }
        snprintf(shown, sizeof(shown), "%s: its interpreter %s", program, path);
    }
    fprintf(stderr, "lyre: %s: a script whose interpreter is a script, too often\n", program);
    return NULL;
}

int command_run(int argc, char **argv)
{
    const char *prefix = getenv("LYRE_LD_PREFIX") ? getenv("LYRE_LD_PREFIX") : getenv("QEMU_LD_PREFIX");
    const char *program = argv[find_program(argc, argv, &prefix)];
    int status = EXIT_CANNOT_RUN;
    char emulator[PATH_MAX];
    const ArchDesc *arch = find_arch(program, prefix, &status);
    if (!arch) {
        return status;
    }
    if (!emulator_find(arch->name, emulator)) {
        if (strcmp(arch->name, emulator_host_arch()) == 0) {
            fprintf(stderr, "lyre: %s: a program for %s: this machine runs it without Lyre\n", program, arch->name);
        } else {
            fprintf(stderr, "lyre: %s: a program for %s\n", program, arch->name);
            emulator_complain(arch->name);
        }
        return EXIT_CANNOT_RUN;
    }
    argv[0] = emulator;
    execv(emulator, argv);
    fprintf(stderr, "lyre: %s: %s\n", emulator, strerror(errno));
    return EXIT_CANNOT_RUN;
}
