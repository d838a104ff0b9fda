/* SPDX-License-Identifier: MIT */
/* Paths of system calls. */
#include "linux-user/path.h"

#include <errno.h>
#include <string.h>

#include "linux-user/mm.h"

int64_t path_get(Task *t, int dirfd, uint64_t addr, bool is_followed, PathBuf *out)
{
    out->path = NULL;
    out->proc = PROC_NONE;
    if (addr == 0) {
        return 0; /* EFAULT, or utimensat of a descriptor: the kernel knows */
    }
    int64_t len = mm_read_string(out->copy, addr, sizeof(out->copy));
    if (len < 0) {
        return len;
    }
    out->proc = procfs_classify(t, dirfd, out->copy);
    if (out->proc == PROC_EXE && is_followed) {
        int64_t n = procfs_readlink(t, PROC_EXE, out->translated, sizeof(out->translated) - 1);
        if (n > 0) {
            out->translated[n] = 0;
            out->path = out->translated;
            return 0;
        }
    }
    out->path = path_translate(t, out->copy, out->translated, sizeof(out->translated));
    return 0;
}
