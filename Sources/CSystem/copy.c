#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "csystem.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

int64_t rc_copy_range(int from, int64_t offset, int to, int64_t at, size_t count) {
#if defined(__linux__)
    off_t in = offset, out = at;
    return copy_file_range(from, &in, to, &out, count, 0);
#else
    (void)from, (void)offset, (void)to, (void)at, (void)count;
    errno = ENOSYS;
    return -1;
#endif
}
