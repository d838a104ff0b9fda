/* SPDX-License-Identifier: MIT */
/* Looking for emulators. */
#include "tools/lyre/emulators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/archs.h"

/* "DIR/lyre-ARCH", made absolute. */
static bool try(const char *dir, size_t length, const char *arch, char path[PATH_MAX])
{
    char name[PATH_MAX];
    int n = snprintf(name, sizeof(name), "%.*s/lyre-%s", (int)length, dir, arch);
    return n < (int)sizeof(name) && access(name, X_OK) == 0 && realpath(name, path);
}

/* The folder that this program lies in, without the last slash; empty when unknown. */
static const char *own_folder(void)
{
    static char folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
    folder[n > 0 ? n : 0] = 0;
    char *slash = strrchr(folder, '/');
    if (slash) {
        *slash = 0;
    }
    return folder;
}

bool emulator_find(const char *arch, char path[PATH_MAX])
{
    const char *own = own_folder();
    char libexec[PATH_MAX + 20];
    snprintf(libexec, sizeof(libexec), "%s/../libexec/lyre", own);
    if (*own && (try(own, strlen(own), arch, path) || try(libexec, strlen(libexec), arch, path))) {
        return true;
    }
    for (const char *p = getenv("PATH"); p && *p;) {
        size_t n = strcspn(p, ":");
        if (try(n ? p : ".", n ? n : 1, arch, path)) {
            return true;
        }
        p += n + (p[n] == ':');
    }
    return false;
}

void emulator_complain(const char *arch)
{
    char path[PATH_MAX];
    const char *own = own_folder();
    fprintf(stderr, "lyre: there is no emulator for %s: no lyre-%s in %s, %s/../libexec/lyre or PATH", arch, arch, own, own);
    const char *before = "; there are: ";
    for (unsigned i = 0; i < narchs; i++) {
        if (emulator_find(archs[i].name, path)) {
            fprintf(stderr, "%s%s", before, archs[i].name);
            before = ", ";
        }
    }
    fprintf(stderr, "\n");
}

const char *emulator_host_arch(void)
{
    static struct utsname name;
    uname(&name);
    return name.machine;
}
