/* SPDX-License-Identifier: MIT */
/* `lyre binfmt`: lets the kernel run programs of other architectures by our emulators. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tools/lyre/binfmt_entry.h"
#include "tools/lyre/commands.h"
#include "tools/lyre/emulators.h"
#include "util/compiler.h"

#define DEFAULT_DIR "/proc/sys/fs/binfmt_misc"
#define DEFAULT_FLAGS "POCF"

typedef struct Settings {
    char dir[PATH_MAX];      /* of binfmt_misc */
    bool is_default_dir;
    const char *flags;
    const char *emulators;   /* --emulators DIR, or NULL: where they are found */
} Settings;

typedef enum Outcome { DONE, NOTHING /* status: not registered */, FAILED } Outcome;
typedef Outcome Action(const Settings *s, const ArchDesc *arch, const BinfmtEntry *wanted, const char *name);

static Outcome complain(const Settings *s, const char *name, const char *file)
{
    bool is_absent = errno == ENOENT;
    fprintf(stderr, "lyre: %s: %s/%s: %s%s\n", name, s->dir, file, strerror(errno),
            is_absent ? "; is binfmt_misc mounted? (mount -t binfmt_misc binfmt_misc " DEFAULT_DIR ")" : "");
    return FAILED;
}

/* ---- the actions, for one architecture each; all may be repeated */

static Outcome install(const Settings *s, const ArchDesc *arch, const BinfmtEntry *wanted, const char *name)
{
    BinfmtEntry there;
    char line[BINFMT_LINE];
    BinfmtRead r = binfmt_read(s->dir, name, &there);
    if (r == BINFMT_UNREADABLE) {
        return complain(s, name, name);
    }
    if (r == BINFMT_READ && binfmt_is_same(&there, wanted)) {
        if (!there.is_enabled && !binfmt_write(s->dir, name, "1")) {
            return complain(s, name, name);
        }
        printf("%s: %s\n", name, there.is_enabled ? "already registered" : "enabled");
        return DONE;
    }
    if (r == BINFMT_READ && !binfmt_write(s->dir, name, "-1")) {
        return complain(s, name, name);
    }
    binfmt_line(wanted, name, line);
    if (!binfmt_write(s->dir, "register", line)) {
        return complain(s, name, "register");
    }
    printf("%s: %s, %s, flags %s\n", name, r == BINFMT_READ ? "replaced" : "registered", wanted->interpreter, wanted->flags);
    return DONE;
}

static Outcome uninstall(const Settings *s, const ArchDesc *arch, const BinfmtEntry *wanted, const char *name)
{
    BinfmtEntry there;
    if (binfmt_read(s->dir, name, &there) == BINFMT_ABSENT) {
        printf("%s: not registered\n", name);
        return DONE;
    }
    if (!binfmt_write(s->dir, name, "-1")) {
        return complain(s, name, name);
    }
    printf("%s: removed\n", name);
    return DONE;
}

static Outcome show(const Settings *s, const ArchDesc *arch, const BinfmtEntry *wanted, const char *name)
{
    BinfmtEntry there;
    switch (binfmt_read(s->dir, name, &there)) {
    case BINFMT_ABSENT:
        printf("%s: not registered%s\n", name, *wanted->interpreter ? "" : "; no emulator");
        return NOTHING;
    case BINFMT_UNREADABLE:
        return complain(s, name, name);
    case BINFMT_READ:
        break;
    }
    bool is_missing = access(there.interpreter, X_OK) != 0;
    printf("%s: %s, %s%s, flags %s%s\n", name, there.is_enabled ? "enabled" : "disabled", there.interpreter, is_missing ? " (missing)" : "", there.flags,
           *wanted->interpreter && !binfmt_is_same(&there, wanted) ? "; differs from what install would register" : "");
    return there.is_enabled ? DONE : NOTHING;
}

static Outcome print(const Settings *s, const ArchDesc *arch, const BinfmtEntry *wanted, const char *name)
{
    char line[BINFMT_LINE];
    binfmt_line(wanted, name, line);
    puts(line);
    return DONE;
}

/* ---- command line */

static const struct {
    const char *name;
    Action *run;
    bool needs_emulator, needs_dir;
} actions[] = {
    {"install", install, true, true},
    {"remove", uninstall, false, true},
    {"status", show, false, false},
    {"print", print, true, false},
};

static void usage(FILE *out)
{
    fputs("usage: lyre binfmt install|remove|status|print [options] [architecture...]\n"
          "\n"
          "Registers emulators with the kernel's binfmt_misc, so that programs of other architectures run whoever starts them.\n"
          "Without an architecture, or with `all`: each that has an emulator (remove: each that is registered as lyre-ARCH).\n"
          "  install              registers lyre-ARCH; what is there already is left, or replaced when it differs\n"
          "  remove               removes lyre-ARCH\n"
          "  status               what is registered\n"
          "  print                the lines that install would write, as for /etc/binfmt.d/lyre.conf\n"
          "options:\n"
          "  --flags FLAGS        of P (argv[0] is kept), O (the program is opened by the kernel), C (its set-user-ID bits count),\n"
          "                       F (the emulator is opened now: works in chroots and containers); default " DEFAULT_FLAGS "\n"
          "  --emulators DIR      where the emulators are, on the machine that is to run them\n"
          "  --binfmt-dir DIR     where binfmt_misc is mounted; default " DEFAULT_DIR "\n"
          "  --root DIR           the same below DIR\n"
          "Exit status: 0 done; 1 an error; status: 3 when an architecture that was asked for is not registered.\n",
          out);
}

static bool bad_usage(const char *what, const char *word)
{
    fprintf(stderr, "lyre binfmt: %s%s; lyre binfmt --help\n", what, word);
    return false;
}

/* Options; the architectures that remain are moved to the front of argv, and argc becomes their number. */
static bool parse(Settings *s, int *argc, char **argv)
{
    int n = 0;
    BinfmtEntry scratch;
    *s = (Settings){.dir = DEFAULT_DIR, .is_default_dir = true, .flags = DEFAULT_FLAGS};
    for (int i = 0; i < *argc; i++) {
        char *word = argv[i], *value = i + 1 < *argc ? argv[i + 1] : NULL;
        if (word[0] != '-') {
            argv[n++] = word;
            continue;
        }
        word += 1 + (word[1] == '-');
        if (!value) {
            return bad_usage("an argument is missing, or the option is unknown: ", argv[i]);
        }
        i++;
        if (strcmp(word, "flags") == 0) {
            if (!binfmt_set_flags(&scratch, value)) {
                return bad_usage("flags are of P, O, C and F: ", value);
            }
            s->flags = value;
        } else if (strcmp(word, "emulators") == 0) {
            s->emulators = value;
        } else if (strcmp(word, "binfmt-dir") == 0 || strcmp(word, "root") == 0) {
            snprintf(s->dir, sizeof(s->dir), "%s%s", value, word[0] == 'r' ? DEFAULT_DIR : "");
            s->is_default_dir = false;
        } else {
            return bad_usage("unknown option ", argv[i - 1]);
        }
    }
    *argc = n;
    return true;
}

/* The entry that install would make; false: there is no emulator, or its name is too long for the kernel (then with a message). */
static bool make_entry(const Settings *s, const ArchDesc *arch, BinfmtEntry *out)
{
    enum { KERNEL_MAX = 255 }; /* BINPRM_BUF_SIZE */
    memset(out, 0, sizeof(*out));
    binfmt_pattern(arch, out);
    binfmt_set_flags(out, s->flags);
    if (s->emulators) {
        snprintf(out->interpreter, sizeof(out->interpreter), "%s/lyre-%s", s->emulators, arch->name);
    } else if (!emulator_find(arch->name, out->interpreter)) {
        out->interpreter[0] = 0;
        return false;
    }
    if (strlen(out->interpreter) > KERNEL_MAX || strchr(out->interpreter, ':')) {
        fprintf(stderr, "lyre: %s: binfmt_misc takes no such name (longer than %d bytes, or with a colon)\n", out->interpreter, KERNEL_MAX);
        return false;
    }
    return true;
}

static bool is_native(const ArchDesc *arch)
{
    const char *host = emulator_host_arch();
    return strcmp(arch->name, host) == 0 || (strcmp(arch->name, "i386") == 0 && strcmp(host, "x86_64") == 0);
}

static Outcome act_on_all(const Settings *s, unsigned action)
{
    Outcome worst = DONE;
    bool is_any = false;
    for (unsigned i = 0; i < narchs; i++) {
        BinfmtEntry wanted, there;
        char name[64];
        snprintf(name, sizeof(name), "lyre-%s", archs[i].name);
        bool has_emulator = make_entry(s, &archs[i], &wanted) && !is_native(&archs[i]);
        bool is_there = !actions[action].needs_emulator && binfmt_read(s->dir, name, &there) != BINFMT_ABSENT;
        bool is_meant = actions[action].run == uninstall ? is_there : has_emulator || is_there;
        if (is_meant) {
            Outcome o = actions[action].run(s, &archs[i], &wanted, name);
            worst = o == FAILED ? FAILED : worst;
            is_any = true;
        }
    }
    if (!is_any) {
        fprintf(stderr, "lyre binfmt: %s\n", actions[action].run == uninstall ? "nothing of ours is registered" : "there are no emulators");
    }
    return is_any || actions[action].run == uninstall ? worst : FAILED;
}

static Outcome act_on_one(const Settings *s, unsigned action, const char *word)
{
    BinfmtEntry wanted;
    char name[64];
    const ArchDesc *arch = arch_by_name(strncmp(word, "lyre-", 5) == 0 ? word + 5 : word);
    if (!arch) {
        fprintf(stderr, "lyre binfmt: %s: unknown architecture\n", word);
        return FAILED;
    }
    snprintf(name, sizeof(name), "lyre-%s", arch->name);
    bool has_emulator = make_entry(s, arch, &wanted);
    if (actions[action].needs_emulator && strcmp(arch->name, emulator_host_arch()) == 0) {
        fprintf(stderr, "lyre binfmt: %s is this machine's own architecture: registering it would run every program, the emulator too, by the emulator\n",
                arch->name);
        return FAILED;
    }
    if (actions[action].needs_emulator && !has_emulator) {
        emulator_complain(arch->name);
        return FAILED;
    }
    return actions[action].run(s, arch, &wanted, name);
}

int command_binfmt(int argc, char **argv)
{
    Settings s;
    Outcome worst = DONE;
    unsigned action = 0;
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        usage(stdout);
        return 0;
    }
    while (action < ARRAY_LEN(actions) && strcmp(actions[action].name, word) != 0) {
        action++;
    }
    if (action == ARRAY_LEN(actions)) {
        usage(stderr);
        return 1;
    }
    argc -= 2;
    argv += 2;
    if (!parse(&s, &argc, argv)) {
        return 1;
    }
    char file[PATH_MAX + 16];
    snprintf(file, sizeof(file), "%s/register", s.dir);
    if (actions[action].needs_dir && s.is_default_dir && access(file, F_OK) != 0) {
        (void)mount("binfmt_misc", s.dir, "binfmt_misc", 0, NULL); /* as root; else the message comes with the first write */
    }
    if (argc == 0) {
        worst = act_on_all(&s, action);
    }
    for (int i = 0; i < argc; i++) {
        Outcome o = strcmp(argv[i], "all") == 0 ? act_on_all(&s, action) : act_on_one(&s, action, argv[i]);
        worst = o > worst ? o : worst;
    }
    return worst == FAILED ? 1 : worst == NOTHING ? 3 : 0;
}
