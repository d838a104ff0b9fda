/* SPDX-License-Identifier: MIT */
/* "#!" lines: a program is followed to the file that is to be loaded, as Linux's binfmt_script does. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "linux-user/exec.h"
#include "linux-user/path.h"
#include "util/compiler.h"
#include "util/sys.h"

/* Opens an interpreter by its guest path: what execve checks, then a descriptor. */
static int64_t open_program(const char *host_path)
{
    enum { EACCESS = 0x200 };
    int64_t r = sys_call4(SYS_faccessat2, SYS_INT(AT_FDCWD), SYS_PTR(host_path), 1 /* X_OK */, EACCESS);
    if (r < 0 && r != -ENOSYS) {
        return r;
    }
    return sys_call3(SYS_open, SYS_PTR(host_path), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Splits the line in place: interpreter and its one optional argument (NULL). Kernel limits: the interpreter's name must end within the line. */
static int parse(char line[EXEC_SCRIPT_LINE], size_t length, char **interp, char **arg)
{
    char *end = memchr(line, '\n', length);
    bool is_cut = !end;
    if (is_cut) {
        end = line + (length < EXEC_SCRIPT_LINE - 1 ? length : EXEC_SCRIPT_LINE - 1);
    }
    while (end > line + 2 && is_blank(end[-1])) {
        end--;
    }
    *end = 0;
    char *p = line + 2;
    while (is_blank(*p)) {
        p++;
    }
    if (*p == 0) {
        return -ENOEXEC;
    }
    *interp = p;
    while (*p && !is_blank(*p)) {
        p++;
    }
    if (*p == 0 && is_cut && length == EXEC_SCRIPT_LINE) {
        return -ENOEXEC; /* the name may go on */
    }
    *arg = NULL;
    if (*p) {
        *p++ = 0;
        while (is_blank(*p)) {
            p++;
        }
        *arg = *p ? p : NULL;
    }
    return 0;
}

/* One script: p->fd becomes its interpreter, and p->args begin with it. `name` is the script's name as an argument. */
static int follow(Task *t, unsigned depth, char *name, ExecProgram *p)
{
    char *line = p->text[depth], *interp = NULL, *arg = NULL;
    int64_t length = sys_call4(SYS_pread64, SYS_INT(p->fd), SYS_PTR(line), EXEC_SCRIPT_LINE, 0);
    int r = length < 0 ? (int)length : parse(line, (size_t)length, &interp, &arg);
    if (r < 0) {
        p->why = "script whose first line names no interpreter";
        return r;
    }
    const char *host = path_translate(t, AT_FDCWD, interp, true, p->path, sizeof(p->path));
    if (host != p->path) {
        strcpy(p->path, host);
    }
    int64_t fd = open_program(p->path);
    if (fd < 0) {
        p->why = "script whose interpreter cannot be run";
        return (int)fd;
    }
    sys_call1(SYS_close, SYS_INT(p->fd));
    p->fd = (int)fd;
    /* interpreter, argument, script, then what was there before but for its first word, which the script's name replaces */
    unsigned before = p->nargs ? p->nargs - 1 : 0, more = arg ? 3 : 2;
    memmove(&p->args[more], &p->args[1], before * sizeof(p->args[0]));
    unsigned n = 0;
    p->args[n++] = interp;
    if (arg) {
        p->args[n++] = arg;
    }
    p->args[n++] = name;
    p->nargs = n + before;
    return 0;
}

int exec_resolve(Task *t, int fd, const char *name, ExecProgram *p)
{
    char *script = (char *)(uintptr_t)name;
    p->fd = fd;
    p->nargs = 0;
    p->why = NULL;
    for (unsigned depth = 0;; depth++) {
        int error = ENOEXEC;
        p->kind = loader_classify(p->fd, t->abi, &p->why, &error);
        int r = p->kind == PROGRAM_INVALID ? -error : 0;
        if (p->kind == PROGRAM_SCRIPT) {
            p->why = "script whose interpreter is a script, too often";
            r = depth < EXEC_MAX_SCRIPTS ? follow(t, depth, script, p) : -ELOOP;
        }
        if (r < 0) {
            sys_call1(SYS_close, SYS_INT(p->fd));
            p->fd = -1;
            return r;
        }
        if (p->kind != PROGRAM_SCRIPT) {
            return 0;
        }
        script = p->args[0]; /* an interpreter that is a script is named as the line named it */
    }
}
