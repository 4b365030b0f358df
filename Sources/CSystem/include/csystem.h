// Calls of the system that Swift doesn't see: the C library declares them only for programs that ask for
// GNU's extensions, or in a header that Swift's own module leaves out.
#ifndef REDCAPS_CSYSTEM_H
#define REDCAPS_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>

/// Copies bytes from one file to another without a detour through the program.
/// Returns how many were copied, 0 at the end of the first file, or -1 with `errno` set: ENOSYS,
/// EOPNOTSUPP, EXDEV or EINVAL where that isn't possible.
int64_t rc_copy_range(int from, int64_t offset, int to, int64_t at, size_t count);

/// Keeps glibc from raising its thresholds to the size of the largest block that was ever freed, after
/// which it no longer gives such blocks back to the system. Swift can't see mallopt.
void rc_keep_malloc_small(void);

#endif
