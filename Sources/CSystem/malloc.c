#include "csystem.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void rc_keep_malloc_small(void) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}
